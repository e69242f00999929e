//! Draws an attack of the adversary at random, and runs it while it is drawn, so that a single execution is enough.

use std::collections::BTreeMap;

use itertools::Itertools;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{Rng, RngExt};
use rustc_hash::FxHashMap;

use super::Dice;
use super::behaviour::Behaviour;
use super::copies::Copies;
use super::lateness::RandomEvents;
use super::random_adversary::RandomAdversary;
use super::random_schedule::RandomSchedule;
use crate::adversary::FaultClass;
use crate::attack::{Attack, Item};
use crate::execution::NumberedExecution;
use crate::execution::simulate::{Roles, simulate};
use crate::general::{General, Generals};
use crate::machine::{NumberedAttack, ValueId};
use crate::protocol::events::OwnEvent;
use crate::schedule::{Crash, Happening};
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::space::Space;
use crate::testable::Refusal;

/// An attack of the adversary, and its execution.
pub(crate) type Drawn = (NumberedAttack, NumberedExecution);

/// Draws an attack and runs it. The simulator repeats the same execution from the attack.
///
/// # Errors
///
/// The repertoire has no place for what an obeying traitor would say.
pub(crate) fn drawn(space: &Space<'_>, rng: &mut Dice) -> Result<Drawn, Refusal> {
    let case = any_case(space, rng);
    drawn_in(space, &case, rng)
}

/// Draws an attack by the traitors of this case, with its inputs, and runs it. (Disruptions are drawn as well.)
///
/// # Errors
///
/// As [`drawn`].
pub(crate) fn drawn_in(
    space: &Space<'_>,
    case: &InitialChoices,
    rng: &mut Dice,
) -> Result<Drawn, Refusal> {
    let (behaviour, random_schedule) = profile(space, case, rng);
    // If all mail is in time, nothing happens early.
    let gst = if space.adversary.delays() { random_schedule.gst } else { Some(1) };
    let events = space.terms.in_waves.then(|| RandomEvents::drawn(space, case.traitors, gst, rng));
    let crashes = crashes(space, case, rng);
    let InitialChoices { faults, traitors, inputs, .. } = case.clone();
    let twins = behaviour.twins.clone();
    let roles = Roles { twins: &twins, ..case.roles() };
    let attack = Attack::new(&space.terms.graph, traitors, inputs);
    let attack = Attack { faults, crashes, twins: twins.clone(), ..attack };
    let mut worker = space.worker(case.traitors);
    worker.make_room();
    let plans = &behaviour.copies;
    let copies = (!plans.is_empty()).then(|| Copies::new(space, plans.clone(), case.traitors));
    let mut enemy = RandomAdversary {
        space,
        behaviour,
        copies,
        random_schedule,
        events,
        rng,
        attack,
        silenced: Generals::NONE,
        unshifted: Vec::new(),
        named: FxHashMap::default(),
        refusal: None,
    };
    let labels = space.labels();
    let mut execution = simulate(&mut worker, space.terms, roles, &mut enemy, &labels);
    let RandomAdversary { mut attack, copies, silenced, unshifted, refusal, .. } = enemy;
    // The worker that is returned last is reused first: so, as a rule, copies keep a memory of their own.
    copies.into_iter().for_each(|copies| space.lay_down(copies.into_worker()));
    space.lay_down(worker);
    // In waves, nobody waits for the timers and coins of those who have crashed.
    let counts = |general| space.terms.in_waves || silenced.contains(general);
    attack.crashes.retain(|crash| counts(crash.general));
    tell_timers(&mut attack, &execution);
    // If the protocol had a fault, not everything that was sent has arrived.
    let unshifted = unshifted.iter().positions(|unshifted| *unshifted);
    execution.idle = unshifted.map(|index| Item::Shift(index + 1)).collect();
    // A general who has accepted a forgery may say what nobody thought of.
    let refusal = refusal.filter(|_| execution.accepted.is_none());
    refusal.map_or(Ok((attack, execution)), Err)
}

/// Draws what the traitors do, and what is done to the schedule.
fn profile(
    space: &Space<'_>,
    case: &InitialChoices,
    rng: &mut Dice,
) -> (Behaviour, RandomSchedule) {
    (Behaviour::drawn(space, case, rng), RandomSchedule::drawn(space, case.traitors, rng))
}

/// Describes that profile of the attack that is [`drawn`].
pub(crate) fn profile_in_words(space: &Space<'_>, rng: &mut Dice) -> String {
    let case = any_case(space, rng);
    let (behaviour, random_schedule) = profile(space, &case, rng);
    let words = behaviour.in_words().into_iter().chain(random_schedule.in_words()).join(", ");
    if words.is_empty() { "neither lies nor late mail".to_owned() } else { words }
}

/// Writes timers into the attack that went off by themselves before the attack was over: when an attack that is written
/// down is replayed, timers wait for whatever is still to come.
fn tell_timers(attack: &mut NumberedAttack, execution: &NumberedExecution) {
    let said = attack.lies.iter().filter(|lie| lie.edit.said().is_some());
    let said = said.map(|lie| lie.wire.round).max();
    let told = attack.happenings.iter().map(|happening| happening.wave).max();
    let Some(last) = said.max(told) else { return };
    let early = || execution.happened.iter().filter(|happening| happening.wave <= last);
    let is_timer = |happening: &&Happening| matches!(happening.event, OwnEvent::GoesOff(_));
    let timers = attack.happenings.iter().filter(is_timer).count();
    if early().filter(is_timer).count() > timers {
        attack.happenings = early().copied().collect();
    }
}

/// Draws the traitors and the inputs. As a rule there are as many traitors as allowed, and half of the time the
/// commander is one.
pub(crate) fn any_case(space: &Space<'_>, rng: &mut Dice) -> InitialChoices {
    let (fewest, most) = space.adversary.sizes().into_inner();
    let size = match rng.random_range(0..16) {
        0 => fewest,
        1..5 => rng.random_range(fewest.max(1).min(most)..=most),
        _ => most,
    };
    any_case_of(space, size, rng)
}

/// The same with exactly `size` traitors.
pub(crate) fn any_case_of(space: &Space<'_>, size: usize, rng: &mut Dice) -> InitialChoices {
    let suspects = space.suspects();
    let lieutenants = suspects.without(General::COMMANDER);
    let with_commander = suspects.contains(General::COMMANDER)
        && size > 0
        && (size > lieutenants.len() || rng.random_ratio(1, 2));
    let chosen = lieutenants.iter().sample(rng, size - usize::from(with_commander));
    let commander = with_commander.then_some(General::COMMANDER);
    let traitors = chosen.into_iter().chain(commander).collect();
    let (faults, disruptions) = (space.adversary.faults, Vec::new());
    InitialChoices { faults, traitors, inputs: any_inputs(space, rng), disruptions }
}

/// Draws Byzantine traitors, each general being one with this probability, and any inputs.
pub(crate) fn any_roles(space: &Space<'_>, turned: f64, rng: &mut impl Rng) -> InitialChoices {
    let traitors = space.everybody().iter().filter(|_| rng.random_bool(turned)).collect();
    let value = |general, rng: &mut _| {
        *space.terms.inputs_of(general).choose(rng).expect("there is a value")
    };
    let inputs = space.terms.inputs.iter();
    let inputs = inputs.map(|general| (general, value(general, rng))).collect();
    InitialChoices { faults: FaultClass::Byzantine, traitors, inputs, disruptions: Vec::new() }
}

/// Draws inputs. If there are several, they are often all the same, or all but one.
fn any_inputs(space: &Space<'_>, rng: &mut Dice) -> BTreeMap<General, ValueId> {
    let mut any = || *space.terms.values.choose(rng).expect("there is a value");
    let (common, odd) = (any(), any());
    let inputs = space.terms.inputs.iter();
    let mut inputs: BTreeMap<_, _> = inputs.map(|general| (general, any())).collect();
    let kind = rng.random_range(0..4);
    if kind < 2 {
        inputs.values_mut().for_each(|input| *input = common);
    }
    if kind == 0
        && let Some(input) = inputs.values_mut().choose(rng)
    {
        *input = odd;
    }
    for (general, input) in &space.terms.fixed {
        inputs.insert(*general, *input);
    }
    inputs
}

/// Draws when each traitor crashes, if it does, and whom it still reaches: nobody, one, all but one, or any.
fn crashes(space: &Space<'_>, case: &InitialChoices, rng: &mut Dice) -> Vec<Crash> {
    let rounds = space.terms.rounds;
    let crash = case.faults == FaultClass::Crash && rounds > 0;
    let mut crashes = Vec::new();
    for general in case.traitors.iter().filter(|_| crash) {
        let round = rng.random_range(1..=rounds);
        let others = space.neighbours(general);
        let one: Generals = others.iter().choose(rng).into_iter().collect();
        let reaches = match rng.random_range(0..4) {
            0 => Generals::NONE,
            1 => one,
            2 => others.minus(one),
            _ => others.iter().filter(|_| rng.random_ratio(1, 2)).collect(),
        };
        if rng.random_ratio(7, 8) {
            crashes.push(Crash { general, round, reaches });
        }
    }
    crashes
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::adversary::{Adversary, Timing};
    use crate::graph::Graph;
    use crate::machine::{Machine, Numbered, fits};
    use crate::order::Order;
    use crate::outcome::Task;
    use crate::protocol::{Lockstep, Round, Seat};
    use crate::protocols::binary_agreement::BinaryAgreement;
    use crate::protocols::chain::Binding;
    use crate::protocols::in_waves::InWaves;
    use crate::protocols::oral::OralMessages;
    use crate::protocols::parallel::Parallel;
    use crate::protocols::reliable_broadcast::ReliableBroadcast;
    use crate::protocols::signed::SignedMessages;
    use crate::protocols::tendermint::Tendermint;
    use crate::schedule::{Arrival, Shift};
    use crate::search::progress::Progress;
    use crate::signature::Signed;
    use crate::signature::ed25519::Ed25519;
    use crate::testable::{Forgery, Problem, Repertoire, Signing, Testable, Wire};

    /// Adversaries with every combination of powers.
    fn adversaries(f: usize) -> impl Iterator<Item = Adversary> + Clone {
        let powers = itertools::iproduct!(FaultClass::ALL, 0..16);
        powers.map(move |(faults, flags)| {
            let flag = |bit: u32| flags >> bit & 1 == 1;
            Adversary {
                faults,
                exactly: flag(0),
                loyal_commander: flag(1),
                any_order: flag(2),
                disruptions: if flag(3) { 3 } else { 0 },
                latest: flags % 3,
                ..Adversary::byzantine(f)
            }
        })
    }

    /// Draws attacks: each is within the adversary's powers, and replaying it gives the same execution. Returns how
    /// many were more than mere obedience.
    fn draws<P: Testable>(protocol: &P, n: usize, adversary: Adversary, draws: u64) -> usize {
        let numbered = Numbered::new(protocol);
        let terms = numbered.terms(&n.into(), true).unwrap();
        let space = Space::new(&numbered, &terms, adversary, &Progress::new()).unwrap().unwrap();
        let sound = |seed: &u64| is_sound(&space, &mut Dice::seed_from_u64(*seed));
        (0..draws).filter(sound).count()
    }

    fn is_sound(space: &Space<'_>, rng: &mut Dice) -> bool {
        let (attack, execution) = drawn(space, rng).unwrap();
        let Space { machine, terms, adversary, .. } = *space;
        let setting = format!("{:?}, {adversary}\n{attack:#?}", machine.name());
        fits(machine, terms, &attack).unwrap_or_else(|misfit| panic!("{misfit}: {setting}"));
        let turned = attack.traitors;
        let again = space.run(&mut space.worker(turned), &attack);
        // The states are of another worker.
        let states = Vec::new();
        let stateless = |execution| NumberedExecution { states: states.clone(), ..execution };
        assert_eq!(stateless(execution.clone()), stateless(again), "{setting}");
        assert_eq!(execution.lacking, [], "{setting}");
        assert!(execution.fault.is_some() || execution.idle.is_empty(), "{setting}");
        assert!(adversary.sizes().contains(&turned.len()), "{setting}");
        assert_eq!(turned.minus(space.suspects()), Generals::NONE, "{setting}");
        let Adversary { faults, disruptions, latest, .. } = adversary;
        let said = execution.deliveries.iter().filter(|said| turned.contains(said.wire.from));
        for delivery in said.filter(|_| faults == FaultClass::Byzantine) {
            assert!(
                space.wire_choices(delivery.wire).allows(delivery.said),
                "{delivery:?}: {setting}"
            );
        }
        let deaf = |wire: Wire| faults == FaultClass::ReceiveOmission && turned.contains(wire.to);
        let (untimely, in_turn): (Vec<_>, Vec<_>) =
            attack.schedule.iter().partition(|shift| shift.arrival.is_asynchronous());
        assert!(adversary.any_order || in_turn.is_empty(), "{setting}");
        let disrupted = untimely.into_iter().filter(|shift| !deaf(shift.wire)).collect_vec();
        assert!(disrupted.len() <= disruptions, "{setting}");
        for Shift { wire, arrival, .. } in disrupted {
            let too_late = matches!(arrival, Arrival::Late(rounds) if *rounds > latest);
            assert!(!too_late && !turned.contains(wire.from), "{setting}");
            assert!(!turned.contains(wire.to), "{setting}");
        }
        attack.size() > 0
    }

    #[test]
    fn what_is_drawn_comes_to_the_same_when_it_is_written_down() {
        let sm = SignedMessages::new(2);
        let unbound = Parallel::of(2, |instance, commander| {
            sm.clone().instance(instance, commander).binding(Binding::Order)
        });
        let mut attacks = 0;
        for adversary in adversaries(2) {
            let bound = Adversary { silence: false, ..adversary };
            attacks += draws(&OralMessages::new(1), 5, bound, 10);
            attacks += draws(&OralMessages::new(2), 5, adversary, 10);
            attacks += draws(&sm, 4, adversary, 10);
            attacks += draws(&unbound, 3, adversary, 10);
        }
        let dalek = sm.signatures(Ed25519::from_seed(7));
        attacks += draws(&dalek, 4, Adversary::byzantine(2), 100);
        assert!(attacks > 2000, "only {attacks} were attacks at all");
    }

    /// The same for event-driven protocols: mail that waits from wave to wave, late coins, and timers.
    #[test]
    fn what_is_drawn_in_waves_comes_to_the_same() {
        fn late<P: Testable>(protocol: &P, timing: Timing) -> [usize; 2] {
            let numbered = Numbered::new(protocol);
            let terms = numbered.terms(&4.into(), true).unwrap();
            let adversary = Adversary::byzantine(1).timed(timing);
            let space =
                Space::new(&numbered, &terms, adversary, &Progress::new()).unwrap().unwrap();
            let draw = |seed| {
                let (attack, execution) = drawn(&space, &mut Dice::seed_from_u64(seed)).unwrap();
                let again = space.run(&mut space.worker(attack.traitors), &attack);
                // Once all have decided, a replay that still has something to say may go on for one more wave.
                let seen = |it: &NumberedExecution| {
                    let deliveries = it.deliveries.iter().map(|it| (it.wire, it.said.to_vec()));
                    let deliveries = deliveries.filter(|(wire, _)| wire.round <= execution.rounds);
                    (deliveries.collect_vec(), it.decisions.clone())
                };
                assert_eq!(seen(&execution), seen(&again), "{timing:?}, seed {seed}: {attack:#?}");
                [attack.schedule.len(), attack.happenings.len()]
            };
            (0..150).map(draw).fold([0; 2], |[one, two], [more, others]| [one + more, two + others])
        }
        for timing in [Timing::PartiallySynchronous, Timing::Asynchronous] {
            let late = [
                late(&InWaves(ReliableBroadcast::new()), timing),
                late(&InWaves(BinaryAgreement::new()), timing),
                late(&InWaves(Tendermint::new()), timing),
            ];
            assert!(late.iter().all(|[held, _]| *held > 100), "{late:?}");
            assert!(late[1..].iter().all(|[_, happenings]| *happenings > 100), "{late:?}");
        }
    }

    /// Keeps all that it hears, in order; what it says, and whether it panics, depends on that.
    #[derive(Debug)]
    struct Scribe {
        task: Task,
        signed: bool,
        panics: bool,
    }

    /// The messages of two slots; besides them there are strays and a forgery.
    const MESSAGES: [[u8; 2]; 2] = [[1, 3], [4, 6]];

    impl Lockstep for Scribe {
        type Value = Order;
        type Decision = Order;
        type Message = u8;
        type State = Vec<u8>;

        fn rounds(&self, _: usize) -> usize {
            3
        }
        fn start(&self, seat: Seat, order: Option<&Order>) -> Vec<u8> {
            vec![seat.me.id() as u8, u8::from(order == Some(&Order::ATTACK))]
        }
        fn send(&self, heard: &Vec<u8>, _: Round, to: General) -> impl IntoIterator<Item = u8> {
            let hash = heard.iter().fold(to.id() as u8, |hash, heard| hash.wrapping_mul(5) ^ heard);
            let slots = (0..2).filter(move |slot| hash >> slot & 1 == 0 || self.panics);
            slots.map(move |slot| MESSAGES[slot][usize::from(hash >> (2 + slot) & 1)])
        }
        fn receive(&self, heard: &mut Vec<u8>, _: Round, from: General, message: &u8) {
            heard.push(*message * 8 + from.id() as u8);
            let sum = heard.iter().fold(0, |sum: u8, heard| sum.wrapping_mul(3) ^ heard);
            assert!(!self.panics || sum % 64 != 0, "{sum}");
        }
        fn decide(&self, heard: &Vec<u8>) -> Option<Order> {
            Some(Order::first(2)[usize::from(heard.last().is_some_and(|last| last % 16 > 8))])
        }
    }

    impl Testable for Scribe {
        fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
            Ok(match self.task {
                Task::Broadcast => Problem::broadcast(Order::first(2)),
                Task::Consensus => Problem::consensus(Order::first(2)),
            })
        }
        fn repertoire(&self, _: usize, _: Wire) -> Repertoire<u8> {
            let forgery = Forgery { label: "forged", message: 9 };
            let slots = MESSAGES.map(|slot| slot.to_vec());
            Repertoire::of(slots).with_strays([0, 3, 4]).with_forgeries([forgery])
        }
        fn signing(&self) -> &dyn Signing<u8> {
            self
        }
    }

    impl Signing<u8> for Scribe {
        fn signatures(&self, message: &u8) -> Vec<Signed> {
            let by = General::new(1);
            let signed = Signed { by, statement: Box::from([*message]) };
            Vec::from_iter((self.signed && [3, 6].contains(message)).then_some(signed))
        }
    }

    #[test]
    fn order_signatures_and_panics_come_to_the_same_again() {
        let mut attacks = 0;
        for (task, signed) in [(Task::Broadcast, true), (Task::Consensus, false)] {
            for (panics, silence) in [(false, true), (true, true), (true, signed)] {
                let scribe = Scribe { task, signed, panics };
                for adversary in adversaries(3) {
                    attacks += draws(&scribe, 4, Adversary { silence, ..adversary }, 20);
                }
            }
        }
        assert!(attacks > 6000, "only {attacks} were attacks at all");
    }
}
