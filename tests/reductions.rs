//! Every reduction of the exhaustive engine can be left out, and changes neither the verdict nor the number of
//! behaviours; and a protocol's claims of symmetry are tested.

use std::panic::catch_unwind;

use expect_test::expect;
use turncoat::search::Reduction;
use turncoat::{
    Adversary, Check, Claims, ClaimsOf, General, Generals, Graph, InteractiveConsistency, Lockstep,
    OralMessages, Order, Problem, Repertoire, Round, Seat, Swap, Symmetric, Testable, Wire,
    assert_symmetric, check,
};

use crate::panics;

/// Checks with all reductions, and without each reduction that applies. Returns the number of steps with all of them,
/// and without each.
fn each_left_out<P: Testable + Clone>(asked: Check<P>) -> (u64, Vec<(Reduction, u64)>) {
    let reduced = asked.clone().run().unwrap();
    let without = reduced.reductions.iter().map(|reduction| {
        let verdict = asked.clone().without(*reduction).run().unwrap();
        assert!(!verdict.reductions.contains(reduction));
        assert_eq!(verdict.name(), reduced.name(), "without {reduction}");
        assert_eq!(
            verdict.behaviours.exact(),
            reduced.behaviours.exact(),
            "without {reduction} there are as many behaviours"
        );
        let [one, other] = [&verdict, &reduced]
            .map(|verdict| verdict.counterexample().map(|found| found.attack.size()));
        assert_eq!(one, other, "without {reduction} the smallest attack is as small");
        (*reduction, verdict.steps)
    });
    (reduced.steps, without.collect())
}

#[test]
fn without_a_reduction_the_verdict_is_the_same_and_takes_longer() {
    let byzantine = |f| Adversary::byzantine(f).without_strays();
    let mut saved = Vec::new();
    for (m, n, adversary) in [
        (1, 4, Adversary::byzantine(1).without_replays()),
        (1, 4, byzantine(2)),
        (1, 6, byzantine(2).loyal_commander()),
        (2, 5, byzantine(1)),
        (2, 5, byzantine(2).exactly()),
    ] {
        let asked = check(OralMessages::new(m)).generals(n).against(adversary);
        let (reduced, without) = each_left_out(asked);
        let longer = without.into_iter().filter(|(_, steps)| *steps > reduced);
        saved.extend(longer.map(|(reduction, _)| reduction));
    }
    for reduction in Reduction::ALL {
        assert!(saved.contains(&reduction), "{reduction} saves nothing anywhere");
    }
}

#[test]
fn so_it_is_in_consensus() {
    let consensus = check(InteractiveConsistency::new(1)).generals(4);
    let consensus = consensus.against(Adversary::byzantine(1).without_strays());
    let (_, without) = each_left_out(consensus);
    assert!(without.len() >= 5);
}

#[test]
fn what_can_be_renamed_is_gone_through_once() {
    let adversary = Adversary::byzantine(2).without_strays().loyal_commander();
    let asked = check(OralMessages::new(2)).generals(7).against(adversary);
    let renamed = asked.clone().run().unwrap();
    let whole = asked.without(Reduction::Renaming).run().unwrap();
    assert_eq!(renamed.name(), whole.name());
    assert!(renamed.steps * 20 < whole.steps, "{} steps of {}", renamed.steps, whole.steps);
}

/// How a protocol departs from symmetry.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Flaw {
    /// It does not.
    None,
    /// It believes the neighbour with the lowest number.
    Favourite,
    /// It renames messages, and forgets what it holds.
    Forgetful,
    /// Traitors can say more to one lieutenant than to others.
    Lopsided,
}

/// The commander sends his order, everybody relays it, and whoever has heard ATTACK more often than RETREAT attacks.
#[derive(Clone, Debug)]
struct Tally(Flaw);

/// What one lieutenant was told, and by whom.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Heard {
    me: General,
    by: Vec<Option<Order>>,
}

impl Lockstep for Tally {
    type Value = Order;
    type Decision = Order;
    type Message = Order;
    type State = Heard;

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Heard {
        let mut by = vec![None; seat.n];
        by[0] = order.copied();
        Heard { me: seat.me, by }
    }

    fn send(&self, state: &Heard, round: Round, _: General) -> impl IntoIterator<Item = Order> {
        let speaks = state.me.is_commander() == (round == 1);
        state.by[0].filter(|_| speaks)
    }

    fn receive(&self, state: &mut Heard, round: Round, from: General, order: &Order) {
        if from.is_commander() == (round == 1) {
            state.by[from.id()].get_or_insert(*order);
        }
    }

    fn decide(&self, state: &Heard) -> Option<Order> {
        let votes = || state.by.iter().flatten();
        if self.0 == Flaw::Favourite {
            return votes().next().copied().or(Some(Order::RETREAT));
        }
        let attack = votes().filter(|order| **order == Order::ATTACK).count();
        Some(if 2 * attack > votes().count() { Order::ATTACK } else { Order::RETREAT })
    }
}

impl Testable for Tally {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Order> {
        let speaks = wire.from.is_commander() == (wire.round == 1);
        let lopsided = self.0 == Flaw::Lopsided && wire.to.id() == 2;
        match (speaks, lopsided) {
            (true, true) => Repertoire::one_of([Order::RETREAT]),
            (true, false) => Repertoire::one_of(Order::first(2)),
            (false, _) => Repertoire::silent(),
        }
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        Claims::none().symmetric(self)
    }
}

impl Symmetric<Order, Heard> for Tally {
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n).without(General::COMMANDER)
    }

    fn swapped_message(&self, message: &Order, _: Swap) -> Order {
        *message
    }

    fn swapped_state(&self, state: &Heard, swap: Swap) -> Heard {
        let by = (0..state.by.len()).map(|place| state.by[swap.of(General::new(place)).id()]);
        let by = if self.0 == Flaw::Forgetful { state.by.clone() } else { by.collect() };
        Heard { me: swap.of(state.me), by }
    }
}

/// The message about a wrong claim of symmetry.
fn caught(flaw: Flaw) -> String {
    panics::told(|| assert_symmetric(&Tally(flaw), 4))
}

#[test]
fn a_claim_of_symmetry_is_tested() {
    for n in 2..=5 {
        assert_symmetric(&Tally(Flaw::None), n);
        assert_symmetric(&OralMessages::new(n - 1), n);
        assert_symmetric(&OralMessages::new(1).over(Order::first(3)), n);
    }
    for n in 2..=4 {
        assert_symmetric(&InteractiveConsistency::new(1), n);
    }
    expect![[r#"
        lieutenant 1 and lieutenant 2 are not alike, as `symmetry` says. When they change places:
        Not the same is decided:
          before, by lieutenant 3: ATTACK
          after that, by lieutenant 3: RETREAT"#]]
    .assert_eq(&caught(Flaw::Favourite));
    expect![[r#"
        lieutenant 1 and lieutenant 2 are not alike, as `symmetry` says. When they change places:
        After round 2 not the same is held:
          before, lieutenant 2 holds: Heard { me: 2, by: [Some(RETREAT), Some(RETREAT), None, Some(RETREAT)] }
          so after that lieutenant 1 should hold, by `swapped_state`: Heard { me: 1, by: [Some(RETREAT), Some(RETREAT), None, Some(RETREAT)] }
          but it holds: Heard { me: 1, by: [Some(RETREAT), None, Some(RETREAT), Some(RETREAT)] }"#]].assert_eq(&caught(Flaw::Forgetful));
    expect![[r#"
        lieutenant 1 and lieutenant 2 are not alike, as `symmetry` says. When they change places:
        By `repertoire` not the same can be said:
          by the commander to lieutenant 1, in round 1: Repertoire { slots: [[RETREAT, ATTACK]], strays: [], forgeries: [], unknown: false }
          by the commander to lieutenant 2, in round 1: Repertoire { slots: [[RETREAT]], strays: [], forgeries: [], unknown: false }"#]].assert_eq(&caught(Flaw::Lopsided));
    let none = catch_unwind(|| assert_symmetric(&turncoat::FloodSet::new(1), 4));
    assert!(none.is_err(), "it makes no claim");
}

#[test]
fn where_the_claim_is_true_the_search_makes_use_of_it() {
    for (n, f) in [(3, 1), (4, 1), (5, 1), (4, 2)] {
        let (reduced, without) = each_left_out(check(Tally(Flaw::None)).generals(n).traitors(f));
        let renaming = without.iter().find(|(reduction, _)| *reduction == Reduction::Renaming);
        assert!(renaming.is_some_and(|(_, steps)| *steps >= reduced));
    }
}

#[test]
fn a_graph_or_suspects_that_tell_generals_apart_are_heeded() {
    let suspects = Generals::NONE.with(General::new(1)).with(General::new(2));
    let adversary = Adversary::byzantine(1).suspects(suspects);
    let asked = check(OralMessages::new(1)).generals(4).against(adversary);
    let (_, without) = each_left_out(asked);
    assert_eq!(without.len(), Reduction::ALL.len());
    let ring = turncoat::Graph::ring(4);
    let on_a_ring = check(Tally(Flaw::None)).on(ring).traitors(1);
    each_left_out(on_a_ring);
}
