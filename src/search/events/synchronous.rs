//! The engine for event-driven protocols in which all mail takes one wave: each wave is a step of all generals.
//!
//! Fix what everybody has sent in each wave. Then the states that one general can be in depend only on what traitors
//! have told it, and not on what they have told others. So a node of the search has a set of states for each general,
//! all of which have sent the same so far and send the same next; and what can be reached is the product of these sets.
//! The children of a node are made by the adversary's choices that all can see (when somebody crashes, what a coin
//! shows), and by what the generals send next. No step depends on the number of its wave, so of equal nodes only one is
//! visited. A larger set makes all sets that follow from it larger: so of nodes that look the same to all, only those
//! are visited that no other covers.

mod hearing;
mod judging;
mod node;
mod path;
mod wave_mail;

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use itertools::Itertools;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use self::node::{
    HeardFault, HeardInbox, NextSets, Outlook, PublicPart, ReachedNode, SetId, WaveInbox, WaveNode,
    WaveStep,
};
use super::columns::{Profile, ProfileId};
use super::endless::comes_back;
use super::judge::{ProductJudge, Wanted};
use super::locals::{Scope, Tale, tales};
use super::stop::Stop;
use crate::fault::Fault;
use crate::general::General;
use crate::machine::{Caught, DecisionId, MessageId, StateId, Worker};
use crate::property::Violation;
use crate::protocol::events::{Coin, FACES, OwnEvent};
use crate::protocol::{Round, Seat};
use crate::search::budget::StepBudget;
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::search::progress::Halt;

/// The most nodes that are held at a time.
const MOST_NODES: usize = 1 << 24;

/// A violation, and the node in which it happens.
pub(super) struct WaveFinding {
    node: u32,
    /// A step from that node that is a fault, and the general whose fault it is.
    fails: Option<(WaveStep, General)>,
    /// What each of those who obey is to reach there.
    wanted: Vec<Wanted>,
    pub violation: Violation,
}

/// Which reductions are used.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaveOptions {
    /// Whether states go in sets, and not one by one.
    pub in_sets: bool,
    pub antichains: bool,
}

pub(super) struct Synchronous<'a> {
    space: &'a Space<'a>,
    case: &'a InitialChoices,
    worker: Worker<'a>,
    judge: ProductJudge<'a>,
    /// The generals who obey, at least for some time.
    acting: Vec<General>,
    options: WaveOptions,
    /// By general: what Byzantine traitors can say to it.
    tales: Vec<Vec<Tale>>,
    sets: IndexSet<Box<[StateId]>, FxBuildHasher>,
    signatures: IndexSet<SignatureSet, FxBuildHasher>,
    nodes: Vec<ReachedNode>,
    /// By what all can see of them: the nodes that nothing covers.
    antichains: FxHashMap<PublicPart, Vec<u32>>,
    outlooks: IndexSet<Outlook, FxBuildHasher>,
    /// By state: the number of its outlook.
    looks_out: FxHashMap<StateId, u32>,
    decisions: IndexSet<DecisionId, FxBuildHasher>,
    profiles: IndexSet<Profile, FxBuildHasher>,
    /// By general, set, and whether all is quiet: the profile of the set.
    profiled: FxHashMap<(General, SetId, bool), ProfileId>,
    /// By general, set and inbox: the sets in which the general can be after it has heard that.
    known: FxHashMap<(General, SetId, WaveInbox), NextSets>,
    described: FxHashSet<(General, General, MessageId)>,
    /// The steps between nodes, by number: those in which a timer goes off, and the others. They are kept if it is
    /// asked who decides in the end.
    ticks: Vec<(u32, u32)>,
    others: Vec<(u32, u32)>,
    fault: Option<Box<Fault>>,
}

impl<'a> Synchronous<'a> {
    pub fn new(
        space: &'a Space<'a>,
        case: &'a InitialChoices,
        options: WaveOptions,
    ) -> Result<Synchronous<'a>, Stop> {
        let liars = case.liars();
        let mut signatures = IndexSet::default();
        signatures.insert(space.made_by(liars));
        Ok(Synchronous {
            space,
            case,
            worker: space.worker(case.traitors),
            judge: ProductJudge::new(space, case, space.everybody().minus(case.traitors)),
            acting: space.everybody().minus(liars).iter().collect(),
            options,
            tales: tales(space, liars, Scope::Whole)?,
            sets: IndexSet::default(),
            signatures,
            nodes: Vec::new(),
            antichains: FxHashMap::default(),
            outlooks: IndexSet::default(),
            looks_out: FxHashMap::default(),
            decisions: IndexSet::default(),
            profiles: IndexSet::default(),
            profiled: FxHashMap::default(),
            known: FxHashMap::default(),
            described: FxHashSet::default(),
            ticks: Vec::new(),
            others: Vec::new(),
            fault: None,
        })
    }

    /// Visits all nodes, wave by wave, up to the first violation.
    ///
    /// # Errors
    ///
    /// It takes too much work, or too many waves: then some nodes were not visited.
    pub fn explored(&mut self, budget: &mut StepBudget<'_>) -> Result<Option<WaveFinding>, Stop> {
        let mut sets = Vec::new();
        for me in self.acting.clone() {
            let seat = Seat::on(&self.space.terms.graph, me);
            let input = self.case.inputs.get(&me).copied();
            let begun = self.worker.start(seat, input);
            let looks_out = |state: Option<StateId>| match state {
                Some(_) => self.outlook(me, state).map(|_| state),
                None => Ok(None),
            };
            match begun.and_then(looks_out) {
                Ok(state) => sets.push(state.map(|state| self.set(vec![state]))),
                Err(fault) => {
                    let violation = Violation::Fault(*fault);
                    let wanted = vec![Wanted::Anything; self.acting.len()];
                    return Ok(Some(WaveFinding { node: 0, fails: None, wanted, violation }));
                }
            }
        }
        let first = WaveNode { sets, signatures: 0, shown: BTreeMap::new(), has_begun: false };
        self.nodes.push(ReachedNode { node: first, before: None, wave: 1, is_alive: true });
        let (mut number, mut is_cut) = (0, false);
        while (number as usize) < self.nodes.len() {
            budget.step()?;
            let ReachedNode { node, wave, is_alive, .. } = self.nodes[number as usize].clone();
            if !is_alive {
                number += 1;
                continue;
            }
            if let Some(found) = self.breach(number, &node)? {
                return Ok(Some(found));
            }
            let own = self.own_steps(&node);
            for (me, event) in &own {
                let found = self.happens(number, &node, wave, *me, *event, budget)?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            // While traitors can talk, their messages may come before a timer goes off: so the wave may pass as well.
            let mut coins = own.iter().filter(|(_, event)| matches!(event, OwnEvent::Shows(..)));
            let can_talk = self.tales.iter().any(|told| !told.is_empty());
            if own.is_empty() || can_talk && coins.next().is_none() {
                if wave > self.space.terms.rounds {
                    is_cut = true;
                } else if let Some(found) = self.passes(number, &node, wave, budget)? {
                    return Ok(Some(found));
                }
            }
            number += 1;
        }
        if is_cut { Err(Halt::Waves.into()) } else { Ok(None) }
    }

    fn set(&mut self, mut states: Vec<StateId>) -> SetId {
        states.sort_unstable_by_key(|state| state.number());
        states.dedup();
        self.sets.insert_full(states.into()).0 as SetId
    }

    fn states(&self, set: SetId) -> Vec<StateId> {
        self.sets[set as usize].to_vec()
    }

    /// The number of what a general sends in a state and waits for (its outlook).
    fn outlook(&mut self, me: General, state: Option<StateId>) -> Caught<u32> {
        let state = state.expect("whoever obeys has a state");
        if let Some(known) = self.looks_out.get(&state) {
            return Ok(*known);
        }
        let mut sends = Vec::new();
        if !self.worker.is_silent(me, Some(state))? {
            for to in self.space.neighbours(me).iter() {
                let said = self.worker.send(me, Some(state), 1, to)?;
                sends.extend(said.iter().map(|message| (to, *message)));
            }
        }
        let pending = self.worker.pending(me, Some(state))?;
        let outlook = Outlook { sends: sends.into(), pending };
        let outlook = self.outlooks.insert_full(outlook).0 as u32;
        self.looks_out.insert(state, outlook);
        Ok(outlook)
    }

    /// The number of the outlook that all states of a set have.
    fn outlook_of(&self, set: SetId) -> u32 {
        self.looks_out[&self.sets[set as usize][0]]
    }

    /// By place: what each general sends and waits for in a node.
    fn outlooks_in(&self, node: &WaveNode) -> Vec<Option<Outlook>> {
        let outlook = |set| self.outlooks[self.outlook_of(set) as usize].clone();
        node.sets.iter().map(|set| set.map(outlook)).collect()
    }

    /// What happens by itself at the start of a wave, and to whom: one step for each face that a coin can show. Coins
    /// come first, as soon as they are waited for; timers go off only when nobody has anything to send.
    fn own_steps(&self, node: &WaveNode) -> Vec<(General, OwnEvent)> {
        let outlooks = self.outlooks_in(node);
        let here = || {
            let all = self.acting.iter().zip(&outlooks);
            all.filter_map(|(me, outlook)| Some((*me, outlook.as_ref()?)))
        };
        for (me, Outlook { pending, .. }) in here().filter(|_| !node.has_begun) {
            let coin = pending.iter().find_map(|event| match event {
                OwnEvent::Shows(coin, _) => Some(*coin),
                OwnEvent::GoesOff(_) | OwnEvent::Restarts => None,
            });
            let Some(coin) = coin else { continue };
            let known = match coin {
                Coin::Common(name) => node.shown.get(&name).copied(),
                Coin::Local(_) => None,
            };
            let faces = FACES.into_iter().filter(|face| known.is_none_or(|known| known == *face));
            return faces.map(|face| (me, OwnEvent::Shows(coin, face))).collect();
        }
        if here().any(|(_, outlook)| !outlook.sends.is_empty()) {
            return Vec::new();
        }
        let timers = here().filter_map(|(me, Outlook { pending, .. })| {
            let timers = pending.iter().filter(|event| matches!(event, OwnEvent::GoesOff(_)));
            timers.min().map(|timer| (me, *timer))
        });
        let first = match self.space.terms.opaque {
            // The nodes of an implementation tick: the others' clocks go on as well.
            true => timers.min_by_key(|(me, timer)| (*timer, *me)),
            false => timers.min_by_key(|(me, _)| *me),
        };
        first.into_iter().collect()
    }

    /// A general's timer goes off, or its coin shows a face, at the start of a wave.
    fn happens(
        &mut self,
        number: u32,
        node: &WaveNode,
        wave: Round,
        me: General,
        event: OwnEvent,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<WaveFinding>, Stop> {
        let place = self.place(me);
        let states = self.states(node.sets[place].expect("who is there has a state"));
        let step = WaveStep::Own(me, event);
        let mut after = Vec::new();
        for state in states {
            budget.step()?;
            match self.worker.happens(me, Some(state), event) {
                Ok(next) => after.push(next),
                Err(fault) => return Ok(Some(self.fails(number, step, me, *fault))),
            }
        }
        let groups = match self.grouped(me, after, budget)? {
            Ok(groups) => groups,
            Err(fault) => return Ok(Some(self.fails(number, step, me, *fault))),
        };
        for group in groups {
            let mut next = node.clone();
            next.sets[place] = group;
            match event {
                OwnEvent::Shows(Coin::Common(name), face) => drop(next.shown.insert(name, face)),
                OwnEvent::Shows(Coin::Local(_), _) => {}
                OwnEvent::GoesOff(_) | OwnEvent::Restarts => next.has_begun = true,
            }
            self.meet(next, number, &step, wave)?;
        }
        Ok(None)
    }

    /// A wave passes: everything is sent and heard.
    fn passes(
        &mut self,
        number: u32,
        node: &WaveNode,
        wave: Round,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<WaveFinding>, Stop> {
        let outlooks = self.outlooks_in(node);
        for left_out in self.left_out(&outlooks)? {
            let (sent, signatures) = self.sent(node, &outlooks, &left_out)?;
            let gone = |me: &General| left_out.crashes.iter().any(|(gone, _)| gone == me);
            let mut choices = Vec::new();
            for (place, me) in self.acting.clone().into_iter().enumerate() {
                let Some(set) = node.sets[place].filter(|_| !gone(&me)) else {
                    choices.push(vec![None]);
                    continue;
                };
                let inbox = self.inbox(me, &sent, signatures);
                match self.after(me, set, inbox, budget)? {
                    Ok(groups) => choices.push(groups.to_vec()),
                    Err(fault) => {
                        let step = WaveStep::Mail(left_out);
                        return Ok(Some(self.fails(number, step, me, *fault)));
                    }
                }
            }
            let step = WaveStep::Mail(left_out);
            for sets in choices.into_iter().multi_cartesian_product() {
                budget.step()?;
                let shown = node.shown.clone();
                let next = WaveNode { sets, signatures, shown, has_begun: false };
                self.meet(next, number, &step, wave + 1)?;
            }
        }
        Ok(None)
    }

    /// The sets in which a general can be after it has heard what it must hear of an inbox, and any of the rest.
    fn after(
        &mut self,
        me: General,
        set: SetId,
        inbox: WaveInbox,
        budget: &mut StepBudget<'_>,
    ) -> Result<Caught<NextSets>, Stop> {
        let question = (me, set, inbox);
        if let Some(known) = self.known.get(&question) {
            return Ok(Ok(Arc::clone(known)));
        }
        let heard = self.hear(me, &self.states(set), &question.2, budget)?;
        let groups = match heard {
            Ok(HeardInbox { ends, .. }) => {
                let states = ends.iter().map(|(state, _)| *state).collect();
                self.grouped(me, states, budget)?
            }
            Err(HeardFault { fault, .. }) => Err(fault),
        };
        Ok(groups.map(|groups| {
            let groups: NextSets = groups.into();
            self.known.insert(question, Arc::clone(&groups));
            groups
        }))
    }

    /// Splits states into sets in which all send the same next and wait for the same.
    fn grouped(
        &mut self,
        me: General,
        states: Vec<Option<StateId>>,
        budget: &mut StepBudget<'_>,
    ) -> Result<Caught<Vec<Option<SetId>>>, Stop> {
        let mut groups: IndexMap<(u32, Option<StateId>), Vec<StateId>> = IndexMap::new();
        for state in states.iter().copied().flatten() {
            budget.go_on()?;
            match self.outlook(me, Some(state)) {
                Ok(outlook) => {
                    let alone = (!self.options.in_sets).then_some(state);
                    groups.entry((outlook, alone)).or_default().push(state);
                }
                Err(fault) => return Ok(Err(fault)),
            }
        }
        let fails = states.contains(&None).then_some(None);
        let sets = groups.into_values().map(|states| Some(self.set(states)));
        Ok(Ok(sets.chain(fails).collect()))
    }

    fn meet(
        &mut self,
        node: WaveNode,
        from: u32,
        step: &WaveStep,
        wave: Round,
    ) -> Result<(), Stop> {
        if self.nodes.len() >= MOST_NODES {
            return Err(Halt::Room.into());
        }
        let outlooks = node.sets.iter().map(|set| set.map(|set| self.outlook_of(set)));
        let public = (outlooks.collect(), node.signatures, node.shown.clone(), node.has_begun);
        let Synchronous { nodes, antichains, sets, options, .. } = self;
        let covers = |one: &WaveNode, other: &WaveNode| {
            let mut pairs = one.sets.iter().zip(&other.sets);
            pairs.all(|(one, other)| match (one, other) {
                (Some(one), Some(other)) if options.antichains && one != other => {
                    is_within(&sets[*other as usize], &sets[*one as usize])
                }
                (one, other) => one == other,
            })
        };
        let known = antichains.entry(public).or_default();
        let mut covered = known.iter().filter(|other| covers(&nodes[**other as usize].node, &node));
        let covered = covered.next().copied();
        if self.space.terms.asked.ask_who_decides() {
            let is_tick = matches!(step, WaveStep::Own(_, OwnEvent::GoesOff(_)));
            let steps = if is_tick { &mut self.ticks } else { &mut self.others };
            steps.push((from, covered.unwrap_or(nodes.len() as u32)));
        }
        if covered.is_some() {
            return Ok(());
        }
        known.retain(|other| {
            let other = &mut nodes[*other as usize];
            let covered = covers(&node, &other.node);
            other.is_alive &= !covered;
            !covered
        });
        known.push(nodes.len() as u32);
        nodes.push(ReachedNode { node, before: Some((from, step.clone())), wave, is_alive: true });
        Ok(())
    }

    fn place(&self, me: General) -> usize {
        self.acting.iter().position(|other| *other == me).expect("it is there")
    }

    fn fails(&self, node: u32, step: WaveStep, me: General, fault: Fault) -> WaveFinding {
        let wanted = vec![Wanted::Anything; self.acting.len()];
        let violation = Violation::Fault(fault);
        WaveFinding { node, fails: Some((step, me)), wanted, violation }
    }

    /// Whether timers can go off again and again for ever.
    pub fn ticks_for_ever(&self) -> bool {
        comes_back(&self.ticks, self.others.iter().copied())
    }

    /// Returns the worker: the next one knows what it has learned.
    pub fn lay_down(self) {
        self.space.lay_down(self.worker);
    }
}

/// Whether all of these states are among the others; both lists are in order.
fn is_within(these: &[StateId], others: &[StateId]) -> bool {
    let mut others = others.iter();
    these.iter().all(|state| others.any(|other| other == state))
}
