//! Every attack of generals who crash, or who fail to send or to receive, tried one after the other
//! with the simulator and nothing else; and the verdicts of section 2 by that: FloodSet, the vote.

use std::collections::BTreeMap;

use itertools::Itertools;
use turncoat::execution::Simulator;
use turncoat::protocols::vote::Ballot;
use turncoat::{
    Arrival, Attack, AttackOn, CoordinatorVote, Crash, Edit, FaultClass, FloodSet, General,
    Generals, Graph, Lie, Order, Property, Round, Shift, Testable, Wire, check, run,
};

/// The smallest attack of at most f generals with such faults that breaks a protocol, by traitors
/// and then by size, if there is any. All attacks are tried, with all inputs: those with as few
/// traitors as possible, at any rate. (Of Byzantine generals there are no such attacks.)
pub fn smallest<P: Testable>(
    protocol: &P,
    n: usize,
    f: usize,
    faults: FaultClass,
) -> Option<AttackOn<P>> {
    let twin = Twin { protocol, simulator: Simulator::new(protocol, n).unwrap(), faults };
    let problem = protocol.problem(&Graph::complete(n)).unwrap();
    let inputs = problem.given(n).iter().map(|general| {
        problem.values.iter().cloned().map(move |value| (general, value)).collect_vec()
    });
    let inputs = inputs.multi_cartesian_product().collect_vec();
    (0..=f).find_map(|size| {
        let traitors = Generals::first(n).subsets(size);
        let obedient = traitors.cartesian_product(&inputs).map(|(traitors, inputs)| Attack {
            faults,
            ..Attack::new(n, traitors, inputs.iter().cloned().collect())
        });
        let breaking = obedient.flat_map(|obedient| match faults {
            FaultClass::Crash => twin.crashed(&obedient),
            _ => twin.omitted(&obedient, 1),
        });
        breaking.min_by_key(Attack::size)
    })
}

/// The enumerator for one protocol and one class of faults.
struct Twin<'a, P: Testable> {
    protocol: &'a P,
    simulator: Simulator<'a, P>,
    faults: FaultClass,
}

impl<P: Testable> Twin<'_, P> {
    /// All ways in which the traitors crash, or do not, that break the protocol.
    fn crashed(&self, obedient: &AttackOn<P>) -> Vec<AttackOn<P>> {
        let rounds = self.protocol.rounds(obedient.n());
        let each = obedient.traitors.iter().map(|general| {
            let others = Generals::first(obedient.n()).without(general).iter().powerset();
            let reached = others.map(Generals::from_iter).cartesian_product(1..=rounds);
            let crash = |(reaches, round)| Some(Crash { general, round, reaches });
            [None].into_iter().chain(reached.map(crash)).collect_vec()
        });
        let all = each.multi_cartesian_product().map(|crashes| Attack {
            crashes: crashes.into_iter().flatten().collect(),
            ..obedient.clone()
        });
        all.filter(|attack| self.breaks(attack)).collect()
    }

    /// All ways in which something is omitted in this round or later that break the protocol.
    fn omitted(&self, attack: &AttackOn<P>, round: Round) -> Vec<AttackOn<P>> {
        if round > self.protocol.rounds(attack.n()) {
            return Vec::from_iter(Some(attack.clone()).filter(|attack| self.breaks(attack)));
        }
        let execution = self.simulator.run(attack).unwrap();
        let sending = self.faults == FaultClass::SendOmission;
        let omissible = execution.deliveries.iter().filter(|delivery| {
            let Wire { from, to, .. } = delivery.wire;
            delivery.wire.round == round
                && attack.traitors.contains(if sending { from } else { to })
        });
        let omissible = omissible.flat_map(|delivery| {
            delivery.said.iter().map(move |message| (delivery.wire, message.clone()))
        });
        let choices = omissible.powerset().flat_map(|omitted| {
            let mut attack = attack.clone();
            for (wire, message) in omitted {
                if sending {
                    attack.lies.push(Lie { wire, edit: Edit::Withhold(message) });
                } else {
                    attack.schedule.push(Shift { wire, message, arrival: Arrival::Never });
                }
            }
            self.omitted(&attack, round + 1)
        });
        choices.collect()
    }

    fn breaks(&self, attack: &AttackOn<P>) -> bool {
        let execution = self.simulator.run(attack).unwrap();
        assert_eq!(execution.idle, [], "each part of {attack:?} changes something");
        execution.violation().is_some()
    }
}

/// The traitors and the size of the smallest attack.
fn measured<P: Testable>(
    protocol: &P,
    n: usize,
    f: usize,
    faults: FaultClass,
) -> Option<(usize, usize)> {
    smallest(protocol, n, f, faults).map(|attack| (attack.traitors.len(), attack.size()))
}

fn general(id: usize) -> General {
    General::new(id)
}

fn inputs(orders: &[Order]) -> BTreeMap<General, Order> {
    orders.iter().enumerate().map(|(id, order)| (general(id), *order)).collect()
}

const A: Order = Order::ATTACK;
const R: Order = Order::RETREAT;

/// f + 1 rounds are enough, and needed where n >= f + 2; among f + 1 generals f are enough.
#[test]
fn flood_set_survives_f_crashes_in_f_plus_1_rounds() {
    for (n, f, rounds, broken_by) in [
        (3, 1, 2, None),
        (3, 1, 1, Some((1, 1))),
        (4, 1, 2, None),
        (4, 1, 1, Some((1, 1))),
        (4, 2, 3, None),
        (4, 2, 2, Some((2, 2))),
        (3, 2, 2, None),
        (3, 2, 1, Some((1, 1))),
        (2, 1, 1, None),
        (2, 1, 0, Some((0, 0))),
        (1, 0, 0, None),
    ] {
        let found = measured(&FloodSet::new(rounds), n, f, FaultClass::Crash);
        assert_eq!(found, broken_by, "n = {n}, f = {f}, {rounds} rounds");
    }
    let three_values = FloodSet::new(2).over(Order::first(3));
    assert_eq!(measured(&three_values, 3, 1, FaultClass::Crash), None);
}

/// General 0 alone has the input RETREAT, and crashes after it has told that to general 1 only.
#[test]
fn one_round_of_flood_set_is_too_few_for_one_crash() {
    let reaches = Generals::NONE.with(general(1));
    let attack = Attack {
        faults: FaultClass::Crash,
        crashes: vec![Crash { general: general(0), round: 1, reaches }],
        ..Attack::new(3, Generals::NONE.with(general(0)), inputs(&[R, A, A]))
    };
    let execution = run(&FloodSet::new(1), &attack).unwrap();
    assert_eq!(execution.decisions, [None, Some(R), Some(A)]);
    assert_eq!(execution.lacks, Some(Property::Agreement));
    let execution = run(&FloodSet::new(2), &attack).unwrap();
    assert_eq!(execution.decisions, [None, Some(R), Some(R)]);
}

/// Whoever fails to receive is of as little harm as one who crashes. Whoever fails to send can hold
/// his input back until the last round, and then tell it to one general.
#[test]
fn flood_set_survives_those_who_are_deaf_and_not_those_who_are_dumb() {
    for (n, f, rounds, deaf, dumb) in [
        (2, 1, 1, None, None),
        (3, 1, 1, None, Some((1, 1))),
        (3, 1, 2, None, Some((1, 3))),
        (4, 1, 2, None, Some((1, 4))),
        (3, 2, 2, None, Some((1, 3))),
    ] {
        let protocol = FloodSet::new(rounds);
        let setting = format!("n = {n}, f = {f}, {rounds} rounds");
        assert_eq!(measured(&protocol, n, f, FaultClass::ReceiveOmission), deaf, "{setting}");
        assert_eq!(measured(&protocol, n, f, FaultClass::SendOmission), dumb, "{setting}");
    }
}

/// A Byzantine general is not bound by its input, so it need not even lie: the loyal were all given
/// the same, and yet fall back to the default.
#[test]
fn one_traitor_is_too_many_for_flood_set() {
    let broken = check(FloodSet::new(2)).generals(4).traitors(1).assert_broken();
    assert_eq!((broken.attack.traitors.len(), broken.attack.size()), (1, 0));
    assert_eq!(broken.violation.property(), Some(Property::Validity));
    // And if it does lie, in the last round and to one general, they do not even agree.
    let wire = Wire { round: 2, from: general(0), to: general(3) };
    let [of, say] = [&[A] as &[Order], &[R, A]].map(|set| set.iter().copied().collect());
    let attack = Attack {
        lies: vec![Lie { wire, edit: Edit::Instead { of, say } }],
        ..Attack::new(4, Generals::NONE.with(general(0)), inputs(&[A; 4]))
    };
    let execution = run(&FloodSet::new(2), &attack).unwrap();
    assert_eq!(execution.decisions, [None, Some(A), Some(A), Some(R)]);
}

/// The vote by n - m survives m crashes, and not one more.
#[test]
fn the_vote_survives_crashes() {
    for (n, m, f, broken_by) in [
        (3, 1, 1, None),
        (4, 1, 1, None),
        (5, 1, 1, None),
        (5, 2, 2, None),
        (3, 0, 0, None),
        (3, 0, 1, Some((1, 1))),
        (4, 1, 2, Some((2, 2))),
        (5, 1, 2, Some((2, 2))),
        // Below the bound, n <= 2m: one coordinator is not what it is there for.
        (2, 1, 1, None),
        (3, 2, 2, None),
        (4, 2, 2, None),
    ] {
        let found = measured(&CoordinatorVote::new(m), n, f, FaultClass::Crash);
        assert_eq!(found, broken_by, "n = {n}, m = {m}, f = {f}");
    }
}

/// A coordinator whose proposal and vote fail to reach one general makes a quorum that the others
/// can count and this one can't. Who fails to receive only harms himself.
#[test]
fn the_vote_survives_those_who_are_deaf_and_not_those_who_are_dumb() {
    for n in [3, 4] {
        let found = measured(&CoordinatorVote::new(1), n, 1, FaultClass::SendOmission);
        assert_eq!(found, Some((1, 2)), "n = {n}");
        let found = measured(&CoordinatorVote::new(1), n, 1, FaultClass::ReceiveOmission);
        assert_eq!(found, None, "n = {n}");
    }
}

/// Two quorums of 2 among 3 generals meet in one, who votes for both.
#[test]
fn both_quorums_count_where_they_meet_in_a_traitor() {
    let wire = |round| Wire { round, from: general(0), to: general(2) };
    let instead = |of, say| Edit::Instead { of, say };
    let proposes = instead(Ballot::Propose(A), Ballot::Propose(R));
    let votes = instead(Ballot::Vote(A), Ballot::Vote(R));
    let attack = Attack {
        lies: vec![Lie { wire: wire(1), edit: proposes }, Lie { wire: wire(2), edit: votes }],
        ..Attack::new(3, Generals::NONE.with(general(0)), inputs(&[A]))
    };
    let execution = run(&CoordinatorVote::new(1), &attack).unwrap();
    assert_eq!(execution.decisions, [None, Some(A), Some(R)]);
}

/// One traitor is too many for the vote, however many vote.
#[test]
fn the_vote_breaks_by_one_traitor() {
    for (n, m) in [(3, 1), (4, 1), (5, 1), (5, 2)] {
        let broken = check(CoordinatorVote::new(m)).generals(n).traitors(1).assert_broken();
        assert_eq!(broken.attack.traitors.len(), 1, "n = {n}, m = {m}");
    }
}
