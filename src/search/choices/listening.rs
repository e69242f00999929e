//! Listening: learns what a traitor could say if the protocol's author has not described it. It runs the protocol with
//! other inputs and other traitors, and recombines what was said.
//!
//! In waves, each traitor can say in any wave everything that any general was heard to say.
//!
//! The traitors of those runs are mimics: they repeat what was said in other runs. To each general they show the face
//! of one run or of another, as in the proofs that no protocol exists among too few generals (Fischer, Lynch, Merritt
//! 1986).

use std::collections::BTreeMap;

use indexmap::IndexSet;
use itertools::Itertools;
use num_integer::Integer;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::relisting::relisted;
use crate::adversary::{Adversary, FaultClass};
use crate::execution::Delivery;
use crate::execution::simulate::{Eavesdropper, Enemy, Roles, simulate};
use crate::general::{General, Generals};
use crate::machine::{Machine, MessageId, Terms, ValueId, Worker};
use crate::protocol::Round;
use crate::search::progress::Progress;
use crate::testable::{Repertoire, Wire};

/// The most assignments of inputs that are tried with all generals loyal.
const INPUTS: usize = 64;

/// The most of those assignments that are tried with traitors.
const INPUTS_OF_MIMICS: usize = 8;

/// The most sets of traitors of one size that are tried.
const SETS: usize = 256;

/// The most runs with traitors.
const RUNS: usize = 1000;

/// The most messages that are sent in all runs with traitors.
const SENT: usize = 50_000;

/// The most runs that mimics can imitate.
const FACES: usize = 64;

/// The last round at which mimics can switch from one face to another.
const LAST_TURN: Round = 5;

/// The most messages that are heard and become strays of a wire.
const STRAYS: usize = 128;

/// How much was heard of a protocol that does not say what a traitor could say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Harvested {
    /// How many different messages there are.
    pub messages: usize,
    /// In how many runs they were heard; none if they are on the menu of an [opaque](crate::Opaque) protocol's author.
    pub runs: usize,
    /// How many of the messages are not tried out of place, because there are too many.
    pub left_out: usize,
}

/// The messages that were heard, made into repertoires.
#[derive(Debug)]
pub(crate) struct Harvest {
    /// By speaker and round: the slots, with each message in one of them.
    slots: BTreeMap<(General, Round), Vec<Vec<MessageId>>>,
    strays: Vec<MessageId>,
    pub harvested: Harvested,
    /// Whether the protocol failed in some run.
    pub failed: bool,
}

impl Harvest {
    /// Listens to a protocol; `None` if it is stopped before it is done.
    ///
    /// First all generals are loyal, with all inputs. Then come the [mimics](Mimic). A run in which somebody said
    /// something new can be imitated from then on.
    pub fn of(
        machine: &dyn Machine,
        terms: &Terms,
        adversary: Adversary,
        progress: &Progress,
    ) -> Option<Harvest> {
        let (heard, runs) = (BTreeMap::new(), vec![RecordedRun::default()]);
        let mut listener =
            Listener { machine, terms, heard, runs, listened: 0, sent: 0, failed: false };
        let mut inputs = inputs(terms);
        for inputs in &inputs {
            progress.go_on().ok()?;
            listener.listen(Generals::NONE, inputs, MimicPlan::single(None));
        }
        inputs.truncate(INPUTS_OF_MIMICS);
        let (obedient, sent) = (listener.listened, listener.sent);
        let suspects = adversary.suspects_among(terms.graph.everybody());
        for size in 1..=adversary.traitors {
            let share = |all: usize| all * size / adversary.traitors;
            let sets = suspects.subsets(size).take(SETS).collect_vec();
            let mut known = 0;
            while known < listener.runs.len() {
                let runs = listener.runs.len();
                let plans = MimicPlan::all(terms.n(), terms.rounds, known, runs);
                let choices = [plans.len(), sets.len(), inputs.len()];
                // Half of the runs are left for plans that imitate the new runs of this pass.
                let left = (obedient + share(RUNS)).saturating_sub(listener.listened);
                for [plan, set, order] in scattered(choices).take(left.div_ceil(2)) {
                    progress.go_on().ok()?;
                    if listener.sent < sent + share(SENT) {
                        listener.listen(sets[set], &inputs[order], plans[plan]);
                    }
                }
                known = runs;
            }
        }
        Some(listener.harvest())
    }

    /// Nothing was heard: the protocol's author gave a menu of this many messages.
    pub fn on_menu(messages: usize) -> Harvest {
        let harvested = Harvested { messages, runs: 0, left_out: 0 };
        let failed = false;
        Harvest { slots: BTreeMap::new(), strays: Vec::new(), harvested, failed }
    }

    /// Whether listening is needed: it is not known what traitors could say, and it matters.
    pub fn is_needed(
        repertoires: &[(Wire, Repertoire<MessageId>)],
        n: usize,
        adversary: Adversary,
    ) -> bool {
        let suspects = adversary.suspects_among(Generals::first(n));
        let mut wires = repertoires.iter().filter(|(wire, _)| suspects.contains(wire.from));
        let lies = adversary.faults.is_byzantine() && adversary.traitors > 0;
        lies && wires.any(|(_, repertoire)| repertoire.unknown)
    }

    /// Adds what was heard to the repertoire of a wire, unless that is complete.
    pub fn add_to(&self, wire: Wire, repertoire: &mut Repertoire<MessageId>) {
        if !repertoire.unknown {
            return;
        }
        let Repertoire { slots, strays, forgeries, .. } = repertoire;
        let forged = forgeries.iter().map(|forgery| forgery.message);
        let described: FxHashSet<_> = slots.iter().flatten().copied().chain(forged).collect();
        let heard = self.slots.get(&(wire.from, wire.round)).into_iter().flatten();
        let heard =
            heard.map(|slot| slot.iter().filter(|m| !described.contains(m)).cloned().collect_vec());
        let heard = heard.filter(|slot| !slot.is_empty()).collect_vec();
        slots.extend(heard);
        strays.extend(self.strays.iter().cloned());
    }
}

/// Assignments of inputs: first those in which all generals are given the same value, then those in which one is given
/// another value, and then all others.
fn inputs(terms: &Terms) -> Vec<BTreeMap<General, ValueId>> {
    let Terms { values, inputs, .. } = terms;
    let uniform = |value: &ValueId| inputs.iter().map(|general| (general, *value)).collect();
    let alike = values.iter().map(uniform).collect_vec();
    let but_one = alike.iter().flat_map(|alike: &BTreeMap<General, ValueId>| {
        inputs.iter().cartesian_product(values).map(|(general, value)| {
            let mut but_one = alike.clone();
            but_one.insert(general, *value);
            but_one
        })
    });
    let choices = inputs.iter().map(|general| values.iter().map(move |v| (general, *v)));
    let all = choices.multi_cartesian_product().map(BTreeMap::from_iter);
    alike.iter().cloned().chain(but_one).chain(all).unique().take(INPUTS).collect()
}

/// What was said on every wire of a run.
type RecordedRun = FxHashMap<Wire, Vec<MessageId>>;

/// What a traitor does: it says what was said in its place in the run of this number, or it obeys.
type MimicFace = Option<usize>;

/// On which wires the first of two faces is shown.
#[derive(Clone, Copy, Debug)]
enum Towards {
    /// Towards one general.
    One(General),
    /// Towards generals with an even number.
    Even,
    /// Before this round.
    Before(Round),
}

/// What all traitors of a run do: they show one face on some wires, and another on the others.
#[derive(Clone, Copy, Debug)]
struct MimicPlan {
    one: MimicFace,
    other: MimicFace,
    towards: Towards,
}

impl MimicPlan {
    /// The traitors show one face everywhere.
    fn single(face: MimicFace) -> MimicPlan {
        MimicPlan { one: face, other: face, towards: Towards::Even }
    }

    /// Every plan with the faces of these runs and obedience in which at least one face is new. The first `known` runs
    /// are not new.
    fn all(n: usize, rounds: Round, known: usize, runs: usize) -> Vec<MimicPlan> {
        let faces = || [None].into_iter().chain((0..runs).map(Some));
        let is_new = |face: &MimicFace| face.is_some_and(|run| run >= known);
        let turns = (2..=rounds.min(LAST_TURN)).map(Towards::Before);
        let towards = Generals::first(n).iter().map(Towards::One).chain([Towards::Even]);
        let pairs = faces().cartesian_product(faces());
        let pairs = pairs.filter(|(one, other)| one != other && (is_new(one) || is_new(other)));
        let two_faced = pairs.cartesian_product(towards.chain(turns));
        let two_faced = two_faced.map(|((one, other), towards)| MimicPlan { one, other, towards });
        faces().filter(is_new).map(MimicPlan::single).chain(two_faced).collect()
    }

    fn face(self, wire: Wire) -> MimicFace {
        let first = match self.towards {
            Towards::One(general) => wire.to == general,
            Towards::Even => wire.to.id().is_multiple_of(2),
            Towards::Before(round) => wire.round < round,
        };
        if first { self.one } else { self.other }
    }
}

/// The traitors, who follow a plan. They leave out what needs a signature that they lack.
struct Mimic<'a> {
    machine: &'a dyn Machine,
    runs: &'a [RecordedRun],
    plan: MimicPlan,
}

impl Enemy for Mimic<'_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        let said = self.runs[self.plan.face(wire)?].get(&wire).into_iter().flatten();
        let can_be_said = |message: &&MessageId| {
            let signatures = self.machine.signatures(**message);
            signatures.is_ok_and(|signatures| overhears.lacks(&signatures).is_none())
                || honest.contains(message)
        };
        Some(said.filter(can_be_said).cloned().collect())
    }
}

/// What one general said in one round of all runs.
#[derive(Default)]
struct HeardMessages {
    messages: IndexSet<MessageId, FxBuildHasher>,
    /// The sets of messages, by number, that were said together on one wire in one run.
    together: IndexSet<Vec<usize>, FxBuildHasher>,
}

/// Every choice of a number below each of `choices`, ordered so that any few from the start are spread over all of
/// them.
fn scattered<const N: usize>(choices: [usize; N]) -> impl Iterator<Item = [usize; N]> {
    let all: usize = choices.iter().product();
    // Near the golden section, whose multiples are spread as evenly as possible.
    let golden = (all as f64 * 0.618) as usize;
    let step = (golden..).find(|step| step.gcd(&all) == 1).unwrap_or(1);
    (0..all).map(move |number| {
        let mut rest = (number as u128 * step as u128 % all as u128) as usize;
        choices.map(|choices| {
            let chosen = rest % choices;
            rest /= choices;
            chosen
        })
    })
}

/// Runs the protocol and listens.
struct Listener<'a> {
    machine: &'a dyn Machine,
    terms: &'a Terms,
    heard: BTreeMap<(General, Round), HeardMessages>,
    /// First a run in which all are silent, then the runs in which somebody said something new.
    runs: Vec<RecordedRun>,
    /// How many runs it has listened to.
    listened: usize,
    /// How many messages were sent.
    sent: usize,
    /// Whether the protocol failed.
    failed: bool,
}

impl Listener<'_> {
    /// Runs the protocol once. If the protocol fails, what was said until then is still heard: the search judges
    /// whether it may fail so.
    fn listen(&mut self, traitors: Generals, inputs: &BTreeMap<General, ValueId>, plan: MimicPlan) {
        let mut worker = Worker::new(self.machine, self.terms, traitors);
        let mut mimic = Mimic { machine: self.machine, runs: &self.runs, plan };
        let roles = Roles { faults: FaultClass::Byzantine, traitors, inputs, twins: &[] };
        let execution = simulate(&mut worker, self.terms, roles, &mut mimic, &|_, _| None);
        self.listened += 1;
        self.sent += execution.messages();
        self.failed |= execution.fault.is_some();
        let mut new = false;
        for Delivery { wire, said, loyal } in &execution.deliveries {
            let place = (wire.from, self.terms.key(wire.round));
            let heard = self.heard.entry(place).or_default();
            for said in [Some(said), loyal].into_iter().flatten() {
                let before = heard.messages.len();
                let number = |message: &MessageId| heard.messages.insert_full(*message).0;
                let together = said.iter().map(number).sorted_unstable().dedup().collect();
                heard.together.insert(together);
                new |= heard.messages.len() > before;
            }
        }
        if new && self.runs.len() < FACES {
            let said = execution.deliveries.iter();
            let said = said.map(|delivery| (delivery.wire, delivery.said.to_vec()));
            self.runs.push(said.collect());
        }
    }

    fn harvest(self) -> Harvest {
        let by_round = self.heard.iter().sorted_by_key(|((from, round), _)| (*round, *from));
        let all = by_round.flat_map(|(_, heard)| &heard.messages).unique().cloned().collect_vec();
        let messages = all.len();
        let relisted = relisted(self.machine, self.terms.n(), &all);
        let mut strays = all.into_iter().take(STRAYS).collect_vec();
        let left_out = messages - strays.len();
        strays.extend(relisted);
        let harvested = Harvested { messages, runs: self.listened, left_out };
        let mut slots: BTreeMap<_, _> = self
            .heard
            .into_iter()
            .map(|(place, heard)| (place, heard.slots(self.machine)))
            .collect();
        if self.terms.in_waves {
            // As in an alphabet, each message has a slot of its own, and no message is out of place.
            for me in self.terms.graph.everybody().iter() {
                let own = slots.remove(&(me, 1)).into_iter().flatten().flatten();
                let all = own.chain(strays.iter().copied()).unique();
                slots.insert((me, 1), all.map(|message| vec![message]).collect());
            }
        }
        Harvest { slots, strays, harvested, failed: self.failed }
    }
}

impl HeardMessages {
    /// Puts every message in one slot, and messages that were said together in different slots: in their order, each
    /// takes the first slot that is free for it.
    fn slots(self, machine: &dyn Machine) -> Vec<Vec<MessageId>> {
        let HeardMessages { messages, together } = self;
        let mut said_in: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for (saying, numbers) in together.iter().enumerate() {
            numbers.iter().for_each(|number| said_in.entry(*number).or_default().push(saying));
        }
        let mut slots: Vec<Vec<MessageId>> = Vec::new();
        let mut taken: Vec<Vec<bool>> = vec![Vec::new(); together.len()];
        for (number, message) in
            messages.into_iter().enumerate().sorted_by(|one, other| machine.compare(one.1, other.1))
        {
            let sayings = &said_in[&number];
            let is_taken = |slot: usize| {
                let mut taken = sayings.iter().map(|saying| taken[*saying].get(slot));
                taken.any(|taken| taken == Some(&true))
            };
            let slot = (0..slots.len()).find(|slot| !is_taken(*slot)).unwrap_or(slots.len());
            for saying in sayings {
                let taken = &mut taken[*saying];
                taken.resize(taken.len().max(slot + 1), false);
                taken[slot] = true;
            }
            if slot == slots.len() {
                slots.push(Vec::new());
            }
            slots[slot].push(message);
        }
        slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::counting::counting;

    fn slots(sayings: &[&[char]]) -> Vec<String> {
        let mut messages = IndexSet::default();
        let id = |message: &char| MessageId::from(u32::from(*message));
        let mut number = |message: &char| messages.insert_full(id(message)).0;
        let together = sayings.iter().map(|said| said.iter().map(&mut number).collect()).collect();
        let numbered = counting();
        let letter = |id: MessageId| char::from_u32(*numbered.message(id)).unwrap();
        let slots = HeardMessages { messages, together }.slots(&numbered);
        slots.into_iter().map(|slot| slot.into_iter().map(letter).collect()).collect()
    }

    #[test]
    fn all_is_chosen_and_early_choices_are_spread() {
        let all = scattered([7, 5, 4]).collect_vec();
        assert_eq!(all.len(), 140);
        assert!(all.iter().all_unique());
        for (place, choices) in [7, 5, 4].into_iter().enumerate() {
            let few = all[..25].iter().map(|choice| choice[place]);
            assert_eq!(few.unique().count(), choices);
        }
        assert_eq!(scattered([3, 0]).count(), 0);
        assert_eq!(scattered([1, 1]).collect_vec(), [[0, 0]]);
    }

    #[test]
    fn what_is_said_together_stands_in_different_slots() {
        assert_eq!(slots(&[&['a'], &['b'], &[]]), ["ab"]);
        assert_eq!(slots(&[&['a', 'b'], &['c', 'd']]), ["ac", "bd"]);
        assert_eq!(slots(&[&['d', 'a'], &['c', 'a'], &['b']]), ["ab", "cd"]);
        assert_eq!(slots(&[&['a', 'b'], &['b', 'c'], &['a', 'c']]), ["a", "b", "c"]);
    }
}
