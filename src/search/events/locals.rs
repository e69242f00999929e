//! The local states of the loyal by number, and what each becomes when something happens to it. The protocol is asked
//! every question only once.
//!
//! A local state is what a general remembers, and which messages of the loyal it has heard that made a difference.
//! (Hearing a message that changes nothing is as good as hearing it later: so nothing is heard twice, and a message
//! that makes no difference need never be heard.)

mod claim;
mod delivering;
mod phases;
mod renumbered;
mod scope;
mod state;
mod swapped;

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

pub(super) use self::scope::Scope;
pub(super) use self::state::{CoinFace, EndedId, LocalEvent, LocalId, Reaction, SendingId, Stage};
use self::state::{Ended, Local, Packed};
use super::endless::comes_back;
use super::mail::MailSet;
use super::stop::Stop;
use crate::fault::{Fault, FaultKind};
use crate::general::{General, Generals};
use crate::machine::{Caught, DecisionId, MessageId, StateId, Worker};
use crate::property::Violation;
use crate::protocol::Seat;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::space::Space;
use crate::testable::{Refusal, Wire};

/// A message of a loyal general. Each of several equal messages has a number of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Mail {
    pub from: General,
    pub message: MessageId,
    /// How many equal messages were sent before it.
    pub copy: u32,
}

/// What a traitor can say to a general.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Tale {
    pub from: General,
    pub message: MessageId,
    /// The signatures in it, by number.
    pub needs: Box<[u32]>,
}

/// What is sent at once: receivers and messages, in order of the receivers.
pub(super) type SentAtOnce = Arc<[(General, MessageId)]>;

pub(super) struct Locals<'a> {
    pub space: &'a Space<'a>,
    pub case: &'a InitialChoices,
    /// The generals who obey, at least for some time: the loyal, and those who may crash.
    pub acting: Generals,
    pub worker: Worker<'a>,
    pub scope: Scope,
    /// Whether some general was seen to wait for a local coin.
    pub tossed_alone: bool,
    /// What common coins show, by name.
    faces: BTreeMap<u32, Face>,
    /// The ways in which generals have ended a phase, by number.
    ended: IndexSet<Ended, FxBuildHasher>,
    /// By general: what it can hear of the next two phases, if phases are searched one by one.
    later: Vec<Vec<(General, MessageId)>>,
    /// How many steps counted towards the test of the claim of phases.
    tried: usize,
    /// The states in which generals went on to the next phase.
    walked: FxHashSet<StateId>,
    locals: IndexSet<Local, FxBuildHasher>,
    pub mail: IndexSet<Mail, FxBuildHasher>,
    /// By message: its number when two generals have changed places.
    swapped_mail: Vec<Box<[u32]>>,
    /// By general: what traitors can say to it.
    pub tales: Vec<Vec<Tale>>,
    sendings: IndexSet<SentAtOnce, FxBuildHasher>,
    pub faults: Vec<Fault>,
    /// By local state: the reactions to messages of the loyal, and to what traitors say.
    rows: Vec<LocalRow>,
    happened: FxHashMap<(LocalId, OwnEvent), Reaction>,
    pub signatures: IndexSet<SignatureSet, FxBuildHasher>,
    is_signed: bool,
    /// The messages that are known to have a place in the repertoire.
    described: FxHashMap<(General, General, MessageId), ()>,
}

#[derive(Default)]
struct LocalRow {
    mail: Vec<Packed>,
    tales: Box<[Packed]>,
    own: Option<Arc<[OwnEvent]>>,
    decision: Option<Option<DecisionId>>,
    /// By pair of generals: the local state when the two have changed places.
    swapped: Box<[u32]>,
}

/// By general: what these traitors can say to it, by sender and then in the order of messages.
pub(super) fn tales(
    space: &Space<'_>,
    liars: Generals,
    scope: Scope,
) -> Result<Vec<Vec<Tale>>, Refusal> {
    let mut tales = Vec::new();
    for to in space.everybody().iter() {
        let mut told = Vec::new();
        for from in liars.iter().filter(|from| space.terms.graph.has_edge(*from, to)) {
            let wire = Wire { round: 1, from, to };
            told.extend(scope.said(space, wire)?.into_iter().map(|message| {
                let needs = space.wire_choices(wire).signatures(&message).into();
                Tale { from, message, needs }
            }));
        }
        tales.push(told);
    }
    Ok(tales)
}

impl<'a> Locals<'a> {
    pub fn new(
        space: &'a Space<'a>,
        case: &'a InitialChoices,
        faces: &BTreeMap<u32, Face>,
        scope: Scope,
    ) -> Result<Locals<'a>, Refusal> {
        let liars = case.liars();
        let tales = tales(space, liars, scope)?;
        if scope == Scope::OnePhase && space.is_signed() {
            self::scope::signs_anew(space, liars)?;
        }
        let mut signatures = IndexSet::default();
        signatures.insert(space.made_by(liars));
        Ok(Locals {
            space,
            case,
            acting: space.everybody().minus(liars),
            // The faults of those who may crash are reported as well: they then count as crashed.
            worker: space.worker(liars),
            scope,
            tossed_alone: false,
            faces: faces.clone(),
            ended: IndexSet::default(),
            later: scope.later(space)?,
            tried: 0,
            walked: FxHashSet::default(),
            locals: IndexSet::default(),
            mail: IndexSet::default(),
            swapped_mail: Vec::new(),
            tales,
            sendings: IndexSet::default(),
            faults: Vec::new(),
            rows: Vec::new(),
            happened: FxHashMap::default(),
            signatures,
            is_signed: space.is_signed(),
            described: FxHashMap::default(),
        })
    }

    /// The last fault that was found.
    pub fn fault(&self) -> Violation {
        Violation::Fault(self.faults.last().expect("there was a fault").clone())
    }

    /// Whether a fault is a panic of a general who may crash: then it has crashed.
    fn is_forgiven(&self, fault: &Fault) -> bool {
        matches!(fault.kind, FaultKind::Panicked(_)) && self.case.traitors.contains(fault.general)
    }

    pub fn general(&self, local: LocalId) -> General {
        self.locals[local as usize].general
    }

    /// The messages of the loyal that made a difference to the general.
    pub fn heard(&self, local: LocalId) -> MailSet {
        self.locals[local as usize].heard
    }

    pub fn sent(&self, sending: SendingId) -> SentAtOnce {
        Arc::clone(&self.sendings[sending as usize])
    }

    /// Whether traitors can say this to a general, if they can show these signatures.
    pub fn can_be_said(&self, general: General, tale: u32, signatures: u32) -> bool {
        let Tale { needs, .. } = &self.tales[general.id()][tale as usize];
        needs.is_empty() || self.signatures[signatures as usize].has_all(needs)
    }

    /// The messages in `mail` that a general has not heard; of equal messages only the first.
    pub fn unheard(&self, local: LocalId, mail: MailSet) -> impl Iterator<Item = u32> + '_ {
        let left = mail.minus(self.heard(local));
        left.iter().filter(move |number| {
            let mail = self.mail[*number as usize];
            let before = mail.copy.checked_sub(1).map(|copy| Mail { copy, ..mail });
            let before = before.and_then(|before| self.mail.get_index_of(&before));
            before.is_none_or(|before| !left.has(before as u32))
        })
    }

    /// A general begins.
    pub fn begin(&mut self, me: General) -> Result<Reaction, Stop> {
        let seat = Seat::on(&self.space.terms.graph, me);
        let input = self.case.inputs.get(&me).copied();
        let begun = self.worker.start(seat, input);
        let stage = Stage::Present;
        let begun = begun.map(|state| state.expect("a loyal general has a state"));
        let first = begun.map(|state| Local {
            general: me,
            state,
            heard: MailSet::NONE,
            stage,
            face: CoinFace::Open,
        });
        self.settled(None, first)
    }

    /// Something happens.
    pub fn happens(&mut self, local: LocalId, event: LocalEvent) -> Result<Reaction, Stop> {
        let row = &self.rows[local as usize];
        let known = match event {
            LocalEvent::Mail(mail) => {
                row.mail.get(mail as usize).copied().and_then(Packed::reaction)
            }
            LocalEvent::Tale(tale) => row.tales[tale as usize].reaction(),
            LocalEvent::Own(event) => self.happened.get(&(local, event)).copied(),
        };
        match known {
            Some(known) => Ok(known),
            None => self.asked(local, event),
        }
    }

    fn asked(&mut self, local: LocalId, event: LocalEvent) -> Result<Reaction, Stop> {
        let before = self.locals[local as usize];
        let next = self.next(before.general, before.state, event);
        let heard = match event {
            LocalEvent::Mail(number) => before.heard.with(number),
            LocalEvent::Tale(_) | LocalEvent::Own(_) => before.heard,
        };
        // A message that changes nothing counts as not heard.
        let is_heard = matches!(event, LocalEvent::Mail(_) | LocalEvent::Tale(_));
        let reaction = match next {
            Ok(next) if next == before.state && is_heard => Reaction::Nothing,
            next => {
                let next = next.map(|state| Local { state, heard, ..before });
                self.settled(Some((local, event)), next)?
            }
        };
        let row = &mut self.rows[local as usize];
        match event {
            LocalEvent::Mail(mail) => {
                if row.mail.len() <= mail as usize {
                    row.mail.resize(self.mail.len().max(mail as usize + 1), Packed::default());
                }
                row.mail[mail as usize] = Packed::of(reaction);
            }
            LocalEvent::Tale(tale) => row.tales[tale as usize] = Packed::of(reaction),
            LocalEvent::Own(event) => drop(self.happened.insert((local, event), reaction)),
        }
        Ok(reaction)
    }

    /// The state after an event, before what it causes is sent.
    fn next(&mut self, me: General, state: StateId, event: LocalEvent) -> Caught<StateId> {
        let next = match event {
            LocalEvent::Mail(number) => {
                let Mail { from, message, .. } = self.mail[number as usize];
                return self.hears(me, state, from, message);
            }
            LocalEvent::Tale(tale) => {
                let Tale { from, message, .. } = self.tales[me.id()][tale as usize];
                return self.hears(me, state, from, message);
            }
            LocalEvent::Own(event) => self.worker.happens(me, Some(state), event),
        };
        next.map(|next| next.expect("a loyal general has a state"))
    }

    /// The same for hearing a message: what it causes is sent in the next wave.
    fn hears(
        &mut self,
        me: General,
        state: StateId,
        from: General,
        message: MessageId,
    ) -> Caught<StateId> {
        let next = self.worker.receive_anew(me, state, 1, from, message)?;
        let next = self.worker.end_round(me, next, 1)?;
        Ok(next.expect("a loyal general has a state"))
    }

    /// What is sent in a state, and the state after it is sent.
    fn sends(
        &mut self,
        me: General,
        state: StateId,
    ) -> Caught<(StateId, Vec<(General, MessageId)>)> {
        let mut sent = Vec::new();
        if self.worker.is_silent(me, Some(state))? {
            return Ok((state, sent));
        }
        for to in self.space.neighbours(me).iter() {
            let said = self.worker.send(me, Some(state), 1, to)?;
            sent.extend(said.iter().map(|message| (to, *message)));
        }
        let after = self.worker.end_round(me, Some(state), 1)?;
        Ok((after.expect("a loyal general has a state"), sent))
    }

    /// The reaction when this state is reached, in which something may be about to be sent.
    fn settled(
        &mut self,
        before: Option<(LocalId, LocalEvent)>,
        next: Caught<Local>,
    ) -> Result<Reaction, Stop> {
        let settled = next.and_then(|next| {
            let (state, sent) = self.sends(next.general, next.state)?;
            Ok((Local { state, ..next }, sent))
        });
        let (mut next, mut sent) = match settled {
            Ok(settled) => settled,
            Err(fault) if self.is_forgiven(&fault) => {
                return Ok(Reaction::Moves(self.stuck(fault.general, None)));
            }
            Err(fault) => {
                self.faults.push(*fault);
                return Ok(Reaction::Fails(self.faults.len() as u32 - 1));
            }
        };
        let me = next.general;
        for (to, message) in &sent {
            let key = (me, *to, *message);
            if !self.described.contains_key(&key) {
                self.space.placed(Wire { round: 1, from: me, to: *to }, &[*message])?;
                self.described.insert(key, ());
            }
        }
        if !self.is_signed {
            // What a Byzantine traitor hears changes nothing.
            sent.retain(|(to, _)| self.acting.contains(*to));
        }
        if self.scope == Scope::OnePhase {
            sent = self.within_phase(before, &mut next, sent)?;
        }
        let asks = next.face == CoinFace::Hidden && self.asks(before, &next);
        let next = self.number(next);
        Ok(if !sent.is_empty() || asks {
            Reaction::Sends(next, self.sendings.insert_full(sent.into()).0 as u32)
        } else if before.is_some_and(|(before, _)| before == next) {
            Reaction::Nothing
        } else {
            Reaction::Moves(next)
        })
    }

    fn number(&mut self, local: Local) -> LocalId {
        let (number, is_new) = self.locals.insert_full(local);
        if is_new {
            let tales = vec![Packed::default(); self.tales[local.general.id()].len()].into();
            self.rows.push(LocalRow { tales, ..LocalRow::default() });
        }
        number as u32
    }

    /// The timers that can go off, and the coins that can show a face; a common coin shows only one face.
    pub fn own(&mut self, local: LocalId) -> Result<Arc<[OwnEvent]>, Stop> {
        if let Some(known) = &self.rows[local as usize].own {
            return Ok(Arc::clone(known));
        }
        let Local { general, state, stage, face: of_phase, .. } = self.locals[local as usize];
        let one_phase = self.scope == Scope::OnePhase;
        let pending = match stage {
            Stage::Stuck(_) => Ok(Arc::default()),
            Stage::Present | Stage::Ended(_) => self.worker.pending(general, Some(state)),
        };
        let mut can = Vec::new();
        let alone = |event: &OwnEvent| matches!(event, OwnEvent::Shows(Coin::Local(_), _));
        self.tossed_alone |= pending.iter().flat_map(|pending| pending.iter()).any(alone);
        for event in pending.expect("no code of the protocol's runs there").iter() {
            match event {
                // It happens in its own phase.
                _ if one_phase && event.name() != 1 => {}
                OwnEvent::Shows(Coin::Common(_), _) if of_phase == CoinFace::Hidden => {}
                OwnEvent::Shows(Coin::Common(name), face) => match self.shown(*name, of_phase) {
                    Some(shown) if shown == *face => can.push(*event),
                    Some(_) => {}
                    None => return Err(Stop::Tossed(*name)),
                },
                _ => can.push(*event),
            }
        }
        let restarts = self.space.adversary.restarts;
        if restarts > 0 && self.worker.table.restarted(state) < restarts {
            can.push(OwnEvent::Restarts);
        }
        let can: Arc<[_]> = can.into();
        self.rows[local as usize].own = Some(Arc::clone(&can));
        Ok(can)
    }

    /// What a general decides in a local state, if it is one of those who decide; a fault is given by number.
    pub fn decision(&mut self, local: LocalId) -> Result<Option<DecisionId>, u32> {
        let row = &mut self.rows[local as usize];
        if let Some(known) = row.decision {
            return Ok(known);
        }
        let Local { general, state, stage, .. } = self.locals[local as usize];
        if let Stage::Stuck(decision) = stage {
            return Ok(decision);
        }
        let decides = self.space.terms.task.deciders(self.space.terms.n()).contains(general);
        let decision = match decides.then(|| self.worker.decide(general, Some(state))) {
            None => None,
            Some(Ok(decision)) => decision,
            Some(Err(fault)) if self.is_forgiven(&fault) => None,
            Some(Err(fault)) => {
                self.faults.push(*fault);
                return Err(self.faults.len() as u32 - 1);
            }
        };
        // The decisions of faulty generals are not judged.
        let judged = !self.case.traitors.contains(general);
        let row = &mut self.rows[local as usize];
        row.decision = Some(decision.filter(|_| judged));
        Ok(decision.filter(|_| judged))
    }

    /// Whether a timer can go off again and again for ever, while nothing is heard in between but traitors.
    pub fn ticks_for_ever(&self) -> bool {
        let own = self.happened.iter().map(|((local, _), reaction)| (*local, *reaction));
        let rows = self.rows.iter().zip(0..);
        let told =
            rows.flat_map(|(row, local)| row.tales.iter().map(move |it| (local, it.reaction())));
        let told = told.filter_map(|(local, reaction)| match reaction {
            Some(Reaction::Moves(next)) => Some((local, next)),
            _ => None,
        });
        let own = own.filter_map(|(local, reaction)| match reaction {
            Reaction::Moves(next) => Some((local, next)),
            Reaction::Nothing => Some((local, local)),
            Reaction::Sends(..) | Reaction::Fails(_) => None,
        });
        let own: Vec<_> = own.collect();
        comes_back(&own, told)
    }

    /// Returns the worker: the next one knows what it has learned.
    pub fn lay_down(self) {
        self.space.lay_down(self.worker);
    }
}
