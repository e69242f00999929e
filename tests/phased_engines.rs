//! Random protocols without a last phase: the engines are compared with each other, and with the same protocols cut off
//! after a last phase; and wrong claims about phases are refused.

use turncoat::search::{Engine, Reduction};
use turncoat::{Adversary, Check, EventTestable, InWaves, check, hunt};

use crate::phased_tables::{Misclaim, PhasedTables};

/// The verdict in a word, the violated property, and how many vectors were carried.
type Told = (&'static str, Option<&'static str>, Option<u64>);

fn told<P: EventTestable>(asked: Check<InWaves<P>>, what: &str) -> Told {
    let verdict = asked.run().unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = verdict.counterexample().map(|found| found.violation.name());
    (verdict.name(), found, verdict.carried)
}

/// Compares the engines on a random protocol with the naive one, and with the protocol's first two phases. Returns the
/// verdict in a word.
pub fn engines_agree(seed: u64, most: u64) -> &'static str {
    let protocol = PhasedTables::new(seed);
    let adversary = Adversary::byzantine(protocol.traitors());
    let asked = |protocol: PhasedTables| check(protocol).generals(protocol.n).against(adversary);
    let phased = asked(protocol).steps(most);
    let (name, _, carried) =
        told(phased.clone().engine(Engine::Naive), &format!("seed {seed}, naive"));
    let same = |found: Told, expected: Option<u64>, what: &str| {
        let same = found.0 == name && (expected.is_none() || found.2 == expected);
        let gave_up = found.0 == "bounded" || name == "bounded";
        assert!(same || gave_up, "seed {seed}: {what}: {found:?}, not {name} {expected:?}");
    };
    let what = |what: &str| format!("seed {seed}, {what}");
    let board = told(phased.clone(), &what("board"));
    same(board, None, "the board");
    let whole = phased.clone().without(Reduction::Renaming).without(Reduction::Antichains);
    same(told(whole, &what("whole")), carried, "whole");
    // Shrinking takes longest where the protocol is broken: there only one reduction is left out.
    let one = seed as usize % Reduction::ASYNCHRONOUS.len();
    for (place, reduction) in Reduction::ASYNCHRONOUS.into_iter().enumerate() {
        if name != "broken" || place == one {
            let without = what(&format!("without {reduction}"));
            same(told(phased.clone().without(reduction), &without), None, &without);
        }
    }
    let last = PhasedTables { last: Some(2), ..protocol };
    let in_two = told(asked(last).steps(most), &what("two phases"));
    let missed = in_two.0 == "broken" && [board.0, name].contains(&"holds");
    assert!(!missed, "seed {seed}: within two phases {in_two:?}, and without a last {name}");
    if board.0 == "holds" {
        let hunted =
            hunt(protocol).generals(protocol.n).against(adversary).cases(20).run().unwrap();
        let found = hunted.counterexample().map(|found| found.violation.name());
        assert_eq!(found, None, "seed {seed}: found by hunt");
    }
    if name == "bounded" { board.0 } else { name }
}

#[test]
fn all_engines_agree_on_random_phased_protocols() {
    let ends: Vec<_> = (0..16).map(|seed| engines_agree(seed, 3_000)).collect();
    for (end, least) in [("holds", 1), ("broken", 4)] {
        let many = ends.iter().filter(|other| **other == end).count();
        assert!(many >= least, "{many} end with {end}");
    }
}

/// Each kind of wrong claim is noticed in one of the first few protocols.
#[test]
fn wrong_claims_of_random_protocols_are_refused() {
    let all = [
        Misclaim::HearsAhead,
        Misclaim::HearsFarAhead,
        Misclaim::MindsThePast,
        Misclaim::MindsFarPast,
        Misclaim::AnswersFromNow,
        Misclaim::LosesWhatIsPutOff,
        Misclaim::ForgetsTheDecision,
        Misclaim::ForgetsTheNumber,
        Misclaim::ForgetsWho,
        Misclaim::TellsEvenPhases,
        Misclaim::TellsTheThirdPhase,
        Misclaim::Skips,
        Misclaim::SaysAhead,
        Misclaim::SaysBehind,
        Misclaim::CoinOfTheNext,
        Misclaim::CoinOfNone,
        Misclaim::CoinFarOff,
        Misclaim::TimerOfTheNext,
        Misclaim::TimerFarOff,
        Misclaim::AlwaysFirst,
        Misclaim::PhaseAhead,
        Misclaim::SaidInFirst,
        Misclaim::SaysOther,
    ];
    for misclaim in all {
        let refused = (0..12).find_map(|seed| {
            let protocol = PhasedTables { misclaim, ..PhasedTables::new(seed) };
            let asked = check(protocol).generals(protocol.n).traitors(protocol.traitors());
            asked.steps(3_000).run().err().map(|error| error.to_string())
        });
        let refused = refused.unwrap_or_else(|| panic!("{misclaim:?} is not noticed"));
        assert!(refused.starts_with("its phases are not as is claimed: "), "{refused}");
    }
}
