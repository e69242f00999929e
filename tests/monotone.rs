//! Where the last round is monotone the search tries only its extremes: the verdict is the same as without that
//! reduction, and as the naive engine's; and the claim is tested.

use std::panic::catch_unwind;

use expect_test::expect;
use turncoat::search::{Engine, Reduction};
use turncoat::{
    Adversary, Claims, ClaimsOf, General, Graph, Lockstep, OralMessages, Order, Problem,
    Repertoire, Round, Seat, Testable, Wire, assert_monotone, check,
};

use crate::panics;
use crate::tables::Tables;

/// How a protocol departs from its claim.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Flaw {
    /// It has no flaw.
    None,
    /// It decides against the votes.
    Contrary,
    /// It counts silence as much as the two highest votes.
    HeedsSilence,
    /// It panics if there are votes for all values.
    Panics,
}

/// The commander sends a value, and everybody relays it. Votes are weighted by voter, and a lieutenant decides the
/// highest value such that the votes for it or for a higher one are enough. Half of these rules are medians.
#[derive(Clone, Debug)]
struct Weighed {
    tables: Tables,
    flaw: Flaw,
}

/// Who I am, the commander's value, and the votes of the others.
type Heard = (General, Option<u8>, Vec<Option<u8>>);

const VALUES: u8 = 3;

/// With this seed the rule is a median.
const MEDIAN: Tables = Tables(0);

impl Lockstep for Weighed {
    type Value = u8;
    type Decision = u8;
    type Message = u8;
    type State = Heard;

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, order: Option<&u8>) -> Heard {
        (seat.me, order.copied(), vec![None; seat.n])
    }

    fn send(
        &self,
        (me, order, _): &Heard,
        round: Round,
        _: General,
    ) -> impl IntoIterator<Item = u8> {
        order.filter(|_| me.is_commander() == (round == 1))
    }

    fn receive(&self, (_, order, votes): &mut Heard, round: Round, from: General, value: &u8) {
        match (round, from.is_commander()) {
            (1, true) => *order = Some(*value),
            // The last vote counts.
            (2, false) => votes[from.id()] = Some(*value),
            _ => {}
        }
    }

    fn decide(&self, (me, order, votes): &Heard) -> Option<u8> {
        let panics = self.flaw == Flaw::Panics;
        let shocked = panics && (0..VALUES).all(|value| votes.contains(&Some(value)));
        assert!(!shocked, "votes for all");
        let is_median = self.tables.0.is_multiple_of(2);
        let draw = |what, entry, end: u8, else_| match is_median {
            true => else_,
            false => self.tables.draw(what, [entry], end.into()) as u8,
        };
        let weight = |voter| draw("weight", 10 * me.id() + voter, 3, 1);
        let silence = draw("silence", me.id(), VALUES, 0);
        let others = (1..votes.len()).filter(|voter| *voter != me.id());
        let others = others.map(|voter| (weight(voter), votes[voter]));
        let reaches = |value: u8| {
            let own = if order.unwrap_or(0) >= value { weight(0) } else { 0 };
            let for_it = others.clone().map(|(weight, vote)| match vote {
                None if self.flaw == Flaw::HeedsSilence => 2 * weight,
                _ if vote.unwrap_or(silence) >= value => weight,
                _ => 0,
            });
            own + for_it.sum::<u8>() > draw("enough", value.into(), 4, votes.len() as u8 / 2 - 1)
        };
        let highest = (1..VALUES).rev().find(|value| reaches(*value)).unwrap_or(0);
        Some(if self.flaw == Flaw::Contrary { VALUES - 1 - highest } else { highest })
    }
}

impl Testable for Weighed {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast(0..VALUES))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<u8> {
        let speaks = wire.from.is_commander() == (wire.round == 1);
        let strays =
            (0..VALUES).filter(|value| self.tables.one_in(3, "stray", [usize::from(*value)]));
        if speaks {
            Repertoire::one_of(0..VALUES).with_strays(strays)
        } else {
            Repertoire::silent()
        }
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        Claims::none().monotone(true)
    }
}

#[test]
fn a_median_holds() {
    check(Weighed { tables: MEDIAN, flaw: Flaw::None }).generals(4).traitors(1).assert_holds();
}

#[test]
fn the_extremes_of_the_last_round_are_enough() {
    let (mut told, mut saved) = ([0; 2], 0);
    for seed in 0..150 {
        let protocol = Weighed { tables: Tables(seed), flaw: Flaw::None };
        let n = if seed % 7 == 0 { 3 } else { 4 };
        let few = seed % 3 == 0;
        let byzantine = Adversary::byzantine(if few { 1 } else { 2 });
        let mut adversary =
            if few { byzantine.without_replays() } else { byzantine.without_strays() };
        adversary.loyal_commander = seed % 5 == 0;
        let asked = check(&protocol).generals(n).against(adversary);
        let verdict = asked.clone().run().unwrap();
        assert!(verdict.reductions.contains(&Reduction::Extremes));
        let all = asked.clone().without(Reduction::Extremes).run().unwrap();
        let naive = asked.engine(Engine::Naive).run().unwrap();
        let size =
            |v: &turncoat::VerdictOn<&Weighed>| v.counterexample().map(|found| found.attack.size());
        for other in [&all, &naive] {
            assert_eq!((verdict.name(), size(&verdict)), (other.name(), size(other)), "{seed}");
            assert_eq!(verdict.behaviours.exact(), other.behaviours.exact(), "{seed}");
        }
        told[usize::from(verdict.counterexample().is_some())] += 1;
        saved += u32::from(verdict.steps < all.steps);
    }
    assert!(told.iter().all(|told| *told > 20) && saved > 10, "{told:?}, {saved}");
}

#[test]
fn they_are_left_alone_where_more_hangs_on_the_order_or_on_what_is_demanded() {
    let asked = |adversary| {
        check(Weighed { tables: MEDIAN, flaw: Flaw::None }).generals(3).against(adversary)
    };
    let has = |adversary: Adversary| {
        asked(adversary).run().unwrap().reductions.contains(&Reduction::Extremes)
    };
    assert!(has(Adversary::byzantine(1)) && !has(Adversary::byzantine(1).any_order()));
    assert!(!has(Adversary::send_omission(1)));
    let demand = turncoat::Demand::new("anything", |_| true);
    let demanding = turncoat::protocols::asking::asking(OralMessages::new(1), [demand]);
    let verdict = check(demanding).generals(4).traitors(1).run().unwrap();
    assert!(!verdict.reductions.contains(&Reduction::Extremes));
    let without = asked(Adversary::byzantine(1)).without(Reduction::LastRound).run().unwrap();
    assert!(!without.reductions.contains(&Reduction::Extremes));
    // With three orders a vote for the highest can take the majority from the middle one.
    assert!(!OralMessages::new(1).over(Order::first(3)).claims().monotone);
}

/// The message about a wrong claim.
fn caught(flaw: Flaw, n: usize) -> String {
    let protocol = Weighed { tables: MEDIAN, flaw };
    panics::told(|| assert_monotone(&protocol, n))
}

#[test]
fn the_claim_is_tested() {
    for seed in 0..10 {
        assert_monotone(&Weighed { tables: Tables(seed), flaw: Flaw::None }, 4);
    }
    for n in 2..=6 {
        assert_monotone(&OralMessages::new(n - 1), n.min(5));
        let median = OralMessages::new(1).over(Order::first(3));
        assert_monotone(&median.choice(turncoat::protocols::oral::Choice::Median), n);
        let plurality = OralMessages::new(2);
        assert_monotone(&plurality.choice(turncoat::protocols::oral::Choice::Plurality), n);
    }
    expect![[r#"
        Weighed is not monotone, as it says: lieutenant 1 decides 1 when it is told
          round 1, by the commander: 2
          round 2, by lieutenant 2: 1
          round 2, by lieutenant 3: 1
          round 2, by lieutenant 3: 1
        and it decides 0 when it is told
          round 1, by the commander: 2
          round 2, by lieutenant 2: 1
          round 2, by lieutenant 3: 1
          round 2, by lieutenant 3: 2"#]]
    .assert_eq(&caught(Flaw::Contrary, 4));
    expect![[r#"
        Weighed is not monotone, as it says: lieutenant 3 decides 2 when it is told
          round 1, by the commander: 1
          round 2, by lieutenant 2: 1
        and it decides 1 when it is told
          round 1, by the commander: 1
          round 2, by lieutenant 1: 2
          round 2, by lieutenant 2: 1"#]]
    .assert_eq(&caught(Flaw::HeedsSilence, 4));
    expect![[r#"
        Weighed has a fault, and may have none: the protocol panics in decide, run by lieutenant 3: votes for all (at tests/monotone.rs:80:9), when it is told
          round 1, by the commander: 2
          round 2, by the commander: 2
          round 2, by lieutenant 1: 2
          round 2, by lieutenant 2: 0
          round 2, by lieutenant 4: 1"#]].assert_eq(&caught(Flaw::Panics, 5));
    let none = catch_unwind(|| assert_monotone(&turncoat::SignedMessages::new(1), 4));
    assert!(none.is_err(), "it makes no claim");
}

#[test]
fn a_wrong_claim_is_believed() {
    // The panic takes a vote for 1, which is no extreme, among others.
    let asked = || {
        let adversary = Adversary::byzantine(2).loyal_commander().without_strays();
        check(Weighed { tables: MEDIAN, flaw: Flaw::Panics }).generals(6).against(adversary)
    };
    let verdicts = [asked(), asked().without(Reduction::Extremes)];
    assert_eq!(verdicts.map(|asked| asked.run().unwrap().name()), ["holds", "broken"]);
}
