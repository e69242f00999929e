//! Protocols without a last phase: verdicts on all phases, compared with known results and with the naive engine; and
//! false claims about phases.

use std::collections::BTreeMap;

use turncoat::protocol::events::{Effects, EventDriven};
use turncoat::search::{Engine, Reduction};
use turncoat::{
    Adversary, BenOr, BinaryAgreement, Check, EventTestable, General, Generals, Graph, InWaves,
    Order, Phased, Problem, Seat, Task, Termination, Validity, check,
};

use crate::altered::Altered;

/// The last general is a traitor, and the others have these inputs.
fn with_inputs<P: EventTestable>(protocol: P, inputs: &[Order]) -> Check<InWaves<P>> {
    let n = inputs.len() + 1;
    let mut adversary = Adversary::byzantine(1).exactly();
    adversary.suspects = Some(Generals::NONE.with(General::new(n - 1)));
    let asked = check(protocol).generals(n).against(adversary);
    let given = inputs.iter().enumerate();
    given.fold(asked, |asked, (id, input)| asked.given(General::new(id), *input))
}

const A: Order = Order::ATTACK;
const R: Order = Order::RETREAT;

/// How many vectors are carried from round to round: 13 if the loyal begin with the same order and 42 if not, each in
/// two cases.
#[test]
fn as_much_is_carried_as_is_known() {
    let asked =
        check(BinaryAgreement::new()).generals(4).against(Adversary::byzantine(1).exactly());
    let verdict = asked.without(Reduction::Antichains).run().unwrap();
    assert_eq!((verdict.name(), verdict.carried), ("holds", Some(2 * (13 + 42))));
}

/// A search of all rounds: the bugs show in the second or the third round.
#[test]
fn mutants_are_broken_in_later_rounds() {
    let mmr = BinaryAgreement::new();
    let of_mmr = [
        (mmr.relay_at(1), [R, R, R], "validity", true),
        (mmr.wait_for(2), [R, R, A], "agreement", true),
        (mmr.wait_for(2), [R, R, R], "agreement", false),
        (mmr.any_aux(), [R, R, R], "validity", true),
        (mmr.accept_at(2), [R, R, R], "validity", false),
    ];
    for (mutant, inputs, property, broken) in of_mmr {
        let found = with_inputs(mutant, &inputs).violating(property).run().unwrap();
        assert_eq!(found.name(), if broken { "broken" } else { "holds" }, "{mutant:?}");
    }
    for (inputs, property) in [([R, R, R, R], "validity"), ([R, R, A, A], "agreement")] {
        let found = with_inputs(BenOr::new(), &inputs).violating(property).run().unwrap();
        assert_eq!(found.name(), "broken", "Ben-Or among five: {property}");
    }
    assert_eq!(with_inputs(BenOr::new(), &[A; 5]).run().unwrap().name(), "holds");
}

/// The default engine reaches phase by phase what the naive engine reaches.
#[test]
fn the_naive_engine_carries_the_same() {
    fn both<P: EventTestable + Copy>(protocol: P, n: usize, f: usize) {
        let asked = check(protocol).generals(n).traitors(f);
        let naive = asked.clone().engine(Engine::Naive).run().unwrap();
        let whole = asked.clone().without(Reduction::Renaming).without(Reduction::Antichains);
        let whole = whole.run().unwrap();
        assert_eq!((whole.name(), whole.carried), (naive.name(), naive.carried), "{protocol:?}");
        for reduction in Reduction::ASYNCHRONOUS {
            let verdict = asked.clone().without(reduction).run().unwrap();
            assert_eq!(verdict.name(), naive.name(), "{protocol:?} without {reduction}");
        }
        assert_eq!(asked.run().unwrap().name(), naive.name());
    }
    both(BinaryAgreement::new(), 2, 0);
    both(BinaryAgreement::new().tolerating(1), 3, 1);
    both(BinaryAgreement::new().relay_at(1), 2, 1);
    both(BenOr::new().tolerating(0), 3, 0);
    both(BenOr::new(), 3, 1);
}

/// In each phase everybody sends the order that it holds, and goes on when it has heard one other general. In its
/// second phase a general decides on the order that it holds.
#[derive(Clone, Copy, Debug)]
struct Chatter(Misclaim);

/// What is wrong with the claims about its phases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Misclaim {
    Nothing,
    /// It acts at once on messages of later phases.
    HearsAhead,
    /// It acts on messages of earlier phases.
    MindsThePast,
    /// Renumbering forgets the decision.
    Forgets,
    /// Phases from the third on are different.
    CountsPhases,
    /// It skips phases.
    Skips,
    /// It sends a message of the next phase too early.
    SaysAhead,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Talk {
    phase: u32,
    holds: Order,
    decided: Option<Order>,
    /// Messages of later phases.
    later: BTreeMap<(u32, General), Order>,
}

impl Chatter {
    fn go_on(&self, talk: &mut Talk, effects: &mut Effects<(u32, Order)>) {
        loop {
            talk.phase += if self.0 == Misclaim::Skips { 2 } else { 1 };
            if talk.decided.is_none() {
                talk.decided = Some(talk.holds);
            }
            let odd = self.0 == Misclaim::CountsPhases && talk.phase > 2;
            effects.broadcast((talk.phase, if odd { Order::RETREAT } else { talk.holds }));
            let heard = talk.later.iter().find(|((phase, _), _)| *phase == talk.phase);
            let Some((key, _)) = heard.map(|(key, order)| (*key, *order)) else { return };
            talk.later.remove(&key);
            talk.later.retain(|(phase, _), _| *phase > key.0);
        }
    }
}

impl EventDriven for Chatter {
    type Value = Order;
    type Decision = Order;
    type Message = (u32, Order);
    type State = Talk;

    fn begin(&self, _: Seat, input: Option<&Order>, effects: &mut Effects<(u32, Order)>) -> Talk {
        let holds = input.copied().unwrap_or(Order::RETREAT);
        effects.broadcast((1, holds));
        if self.0 == Misclaim::SaysAhead {
            effects.broadcast((2, holds));
        }
        Talk { phase: 1, holds, decided: None, later: BTreeMap::new() }
    }

    fn receive(
        &self,
        talk: &mut Talk,
        from: General,
        (phase, order): &(u32, Order),
        effects: &mut Effects<(u32, Order)>,
    ) {
        if self.0 == Misclaim::HearsAhead && *phase > talk.phase {
            talk.holds = *order;
        } else if *phase > talk.phase {
            talk.later.insert((*phase, from), *order);
        } else if *phase == talk.phase {
            self.go_on(talk, effects);
        } else if self.0 == Misclaim::MindsThePast {
            talk.holds = *order;
        }
    }

    fn decision(&self, talk: &Talk) -> Option<Order> {
        talk.decided
    }
}

impl EventTestable for Chatter {
    fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
        let validity = Validity::equal().of_those_who_decide();
        let problem = Problem::new(Task::Consensus, Order::first(2), validity);
        Ok(problem.deciding(Termination::Free))
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<(u32, Order)> {
        Order::first(2).into_iter().map(|order| (1, order)).collect()
    }

    fn phases(&self) -> Option<&dyn Phased<(u32, Order), Talk>> {
        Some(self)
    }
}

impl Phased<(u32, Order), Talk> for Chatter {
    fn phase_of(&self, (phase, _): &(u32, Order)) -> u32 {
        *phase
    }

    fn said_in(&self, (_, order): &(u32, Order), phase: u32) -> (u32, Order) {
        (phase, *order)
    }

    fn phase(&self, talk: &Talk) -> u32 {
        talk.phase
    }

    fn renumbered(&self, talk: &Talk) -> Talk {
        let forgets = self.0 == Misclaim::Forgets;
        let later = talk.later.iter().map(|((phase, from), order)| ((phase - 1, *from), *order));
        Talk {
            phase: talk.phase - 1,
            decided: talk.decided.filter(|_| !forgets),
            later: later.collect(),
            ..talk.clone()
        }
    }
}

#[test]
fn wrong_claims_are_refused() {
    let cases = [
        (Misclaim::HearsAhead, "it does not put off"),
        (Misclaim::MindsThePast, "or when it has heard of the phase before"),
        (Misclaim::Forgets, "and renumbered no decision"),
        (Misclaim::CountsPhases, "it says other things when it is renumbered"),
        (Misclaim::Skips, "it says something of phase 3"),
        (Misclaim::SaysAhead, "it says something of the next phase before it is there"),
    ];
    for (misclaim, expected) in cases {
        let asked = check(Chatter(misclaim)).generals(3).traitors(0).violating("validity");
        let refused = match asked.run() {
            Ok(verdict) => format!("{misclaim:?} is not noticed: {verdict}"),
            Err(error) => error.to_string(),
        };
        let begins = refused.starts_with("its phases are not as is claimed: when ");
        assert!(begins && refused.contains(expected), "{misclaim:?}: {refused}");
    }
    let found = check(Chatter(Misclaim::Nothing)).generals(3).traitors(0).assert_broken();
    assert_eq!(found.violation.name(), "agreement");
}

/// Without a last phase the search shows that traitors can't keep everybody undecided in phases that all end; and the
/// verdict says that this is not all.
#[test]
fn who_decides_in_the_end_is_half_judged() {
    let all = check(Altered::live(Chatter(Misclaim::Nothing))).generals(3).traitors(0);
    let given = all.given(General::new(0), A).given(General::new(1), A).given(General::new(2), A);
    let verdict = given.run().unwrap();
    assert_eq!(verdict.name(), "bounded");
    let told = verdict.to_string();
    assert!(told.contains("traitors can't keep all undecided for ever"), "{told}");
    assert!(told.contains("left behind for ever was not looked for"), "{told}");
}

/// Local coins would show what the traitors like, and such a run would say nothing about the protocol: so it is not
/// judged.
#[test]
fn coins_of_ones_own_are_not_judged() {
    let all = check(Altered::live(BenOr::new().tolerating(1))).generals(4).traitors(0);
    let inputs = [A, A, R, R].into_iter().enumerate();
    let given = inputs.fold(all, |all, (id, input)| all.given(General::new(id), input));
    let told = given.run().unwrap().to_string();
    assert!(told.contains("who decides in the end is not judged"), "{told}");
}
