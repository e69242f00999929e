//! Attacks drawn at random: what is found, how small it gets, and that the same seed finds the same.

use std::thread;
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuilder;
use serde_json::Value;
use turncoat::execution::Size;
use turncoat::search::progress::Progress;
use turncoat::{
    Adversary, CheckError, Effects, EventDriven, EventTestable, FaultClass, General, Graph, Hunt,
    Ideal, OralMessages, Problem, Repertoire, Seat, SignedMessages, Termination, hunt,
};

use crate::command_line::{scratch, turncoat};
use crate::pared::Pared;
use crate::signed_textbook::{Mutation as Signed, Rule, Textbook as SignedTextbook};

#[test]
fn where_a_protocol_holds_nothing_is_found() {
    let any_order = |f| Adversary::byzantine(f).any_order();
    let hunt = |protocol, n, f| hunt(protocol).generals(n).against(any_order(f)).cases(2_000);
    hunt(OralMessages::new(1), 4, 1).assert_finds_nothing();
    hunt(OralMessages::new(2), 7, 2).assert_finds_nothing();
    let hunted = hunt(OralMessages::new(1), 4, 1).run().unwrap();
    let coverage = &hunted.coverage;
    assert_eq!((hunted.name(), coverage.cases), ("bounded", 2_000));
    assert!(coverage.views > 500 && !coverage.more_views, "{hunted}");
    assert!(coverage.swayed > 100 && coverage.obedient < 400, "{hunted}");
    for (m, n, f) in [(1, 3, 1), (2, 4, 2)] {
        let protocol = SignedMessages::new(m);
        let hunt = turncoat::hunt(protocol).generals(n).against(any_order(f));
        hunt.cases(2_000).assert_finds_nothing();
    }
}

#[test]
fn every_class_of_faults_is_hunted() {
    for faults in FaultClass::ALL {
        let adversary = Adversary::new(faults, 1).any_order();
        let question = hunt(OralMessages::new(1)).generals(4).against(adversary);
        let hunted = question.cases(500).run().unwrap();
        assert_eq!(hunted.name(), "bounded", "{hunted}");
        assert!(hunted.coverage.obedient < 250, "{hunted}");
        // One round is not enough if the commander's order does not reach everybody.
        let found = hunt(OralMessages::new(0)).generals(3).against(adversary);
        let broken = faults != FaultClass::ReceiveOmission;
        assert_eq!(found.run().unwrap().finding.is_some(), broken, "{faults}");
    }
}

/// One lost message between loyal generals is more than OM(1) survives among four with a traitor.
#[test]
fn disruptions_are_hunted() {
    let adversary = Adversary::byzantine(1).any_order();
    let question = |adversary| hunt(OralMessages::new(1)).generals(4).against(adversary);
    let found = question(adversary.disrupted(1, 1)).assert_finds();
    assert!(!found.attack.schedule.is_empty(), "{found}");
    question(adversary).cases(500).assert_finds_nothing();
}

/// A general that hears something sends more, and takes a while over each message: one execution would take minutes.
#[derive(Debug)]
struct Flood;

impl EventDriven for Flood {
    type Value = u8;
    type Decision = u8;
    type Message = u32;
    type State = u32;

    fn begin(&self, _: Seat, _: Option<&u8>, effects: &mut Effects<u32>) -> u32 {
        (0..200).for_each(|number| effects.broadcast(number));
        0
    }

    fn receive(&self, heard: &mut u32, _: General, said: &u32, effects: &mut Effects<u32>) {
        std::thread::sleep(Duration::from_millis(1));
        *heard += 1;
        (1..4).for_each(|more| effects.broadcast((7 * said + more) % 200));
    }

    fn decision(&self, _: &u32) -> Option<u8> {
        None
    }
}

impl EventTestable for Flood {
    fn problem(&self, _: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::consensus([0, 1]).deciding(Termination::Free))
    }

    fn alphabet(&self, _n: usize, _from: General, _to: General) -> Vec<u32> {
        (0..200).collect()
    }
}

#[test]
fn a_hunt_stops_in_the_middle_of_an_execution() {
    let (progress, start) = (Progress::new(), Instant::now());
    let hunted = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(50));
            progress.stop();
        });
        hunt(Flood).generals(4).traitors(1).run_watched(&progress).unwrap()
    });
    assert_eq!((hunted.name(), hunted.coverage.cases), ("bounded", 0));
    // A generous limit, for a busy machine.
    assert!(start.elapsed().as_secs() < 15, "{:?}", start.elapsed());
}

fn small() -> Hunt<SignedTextbook> {
    let mutant = SignedTextbook::new(1, Signed::Skips(Rule::Length), Ideal);
    hunt(mutant).generals(3).against(Adversary::byzantine(1).any_order()).seed(3)
}

#[test]
fn the_answer_does_not_depend_on_threads() {
    let with = |threads, question: Hunt<SignedTextbook>| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let hunted = pool.install(|| question.run().unwrap());
        (hunted.to_string(), hunted.coverage, hunted.finding.map(|finding| finding.drawn))
    };
    let weaker = Adversary::byzantine(1).without_replays();
    for question in [small(), small().cases(700), small().against(weaker)] {
        let one = with(1, question.clone());
        for threads in [2, 3] {
            assert_eq!(one, with(threads, question.clone()));
        }
    }
}

/// The case in which something was found finds it again when run alone, and the case before it does not.
#[test]
fn a_case_can_be_played_again_alone() {
    let hunted = small().run().unwrap();
    let finding = hunted.finding.unwrap();
    let alone = small().starting_at(finding.case).cases(1).run().unwrap();
    assert_eq!(alone.coverage.cases, 1);
    let again = alone.finding.unwrap();
    assert_eq!(again.case, finding.case);
    assert_eq!(again.drawn, finding.drawn);
    assert_eq!(again.counterexample.attack, finding.counterexample.attack);
    small().starting_at(finding.case - 1).cases(1).assert_finds_nothing();
    assert_ne!(small().seed(4).run().unwrap().finding.unwrap().drawn, finding.drawn);
}

#[test]
fn a_hunt_can_be_stopped() {
    let progress = Progress::new();
    progress.stop();
    let question = hunt(OralMessages::new(2)).generals(7).traitors(2);
    let hunted = question.clone().run_watched(&progress).unwrap();
    assert_eq!((hunted.name(), hunted.coverage.cases), ("bounded", 0));
    let progress = Progress::new();
    let hunted = std::thread::scope(|scope| {
        let hunted = scope.spawn(|| question.cases(u64::MAX).run_watched(&progress).unwrap());
        while progress.steps() < 500 {
            std::thread::sleep(Duration::from_millis(1));
        }
        progress.stop();
        hunted.join().unwrap()
    });
    assert!(hunted.coverage.cases > 0 && hunted.coverage.cases <= progress.steps(), "{hunted}");
    assert!(hunted.to_string().contains("then it was stopped"), "{hunted}");
}

/// No time is left for shrinking, and the answer says so.
#[test]
fn shrinking_ends_when_its_time_is_up() {
    let question = hunt(OralMessages::new(4)).generals(9).traitors(3).shrinking_for(Duration::ZERO);
    let hunted = question.run().unwrap();
    let text = hunted.to_string();
    let found = hunted.counterexample().unwrap_or_else(|| panic!("{text}"));
    assert_eq!(found.size, Size::NotMinimal, "{text}");
    assert!(text.contains("when the time was up"), "{text}");
}

/// A hunt refuses what `check` refuses.
#[test]
fn what_is_not_described_is_refused() {
    let protocol = Pared::new(OralMessages::new(1), |_, _| Repertoire::silent());
    let refusal = hunt(protocol).generals(3).traitors(1).run().unwrap_err();
    assert!(refusal.to_string().starts_with("the repertoire has no place for what"), "{refusal}");
}

#[test]
fn what_cannot_be_hunted_is_said_in_a_line() {
    let ask = || hunt(OralMessages::new(1));
    for (question, line) in [
        (ask().generals(4).traitors(1).cases(0), "cases is 0: at least one attack must be drawn"),
        (ask().traitors(1), "how many generals? say .generals(..)"),
        (ask().generals(4), "how many traitors? say .traitors(..)"),
        (ask().generals(4).traitors(4), "f is 4: with n = 4 there can be at most 3 traitors"),
        (ask().generals(0).traitors(0), "n is 0: there must be from 1 to 64 generals"),
    ] {
        let error: CheckError = question.run().unwrap_err();
        assert_eq!(error.to_string(), line);
    }
}

/// The commands that the answer names find the case alone, and show its attack.
#[test]
fn what_was_found_is_found_again_alone() {
    let file = scratch("hunted.json");
    let question = "hunt oral -n 7 -f 2 -m 1 --seed 3 --any-order";
    let hunted = turncoat(&format!("{question} --save {file}"));
    assert_eq!((hunted.code, hunted.err.as_str()), (1, ""));
    let named = |label: &str| {
        let line = hunted.out.lines().find(|line| line.starts_with(label)).unwrap();
        line.strip_prefix(label).unwrap().trim().strip_prefix("turncoat ").unwrap().to_owned()
    };
    let story = |text: &str| {
        let story = text.split_once("\n\n").unwrap().1;
        story.split("\nLocally minimal").next().unwrap().to_owned()
    };
    let again = turncoat(&named("Again"));
    assert_eq!(again.code, 1, "{}", again.err);
    assert_eq!(story(&again.out), story(&hunted.out));
    let replayed = turncoat(&named("Replay"));
    assert_eq!(replayed.code, 1, "{}", replayed.err);
    assert_eq!(story(&replayed.out), story(&hunted.out));
}

#[test]
fn json_and_text_tell_the_same() {
    let text = turncoat("hunt oral -n 7 -f 2 -m 1").out;
    let json: Value =
        serde_json::from_str(&turncoat("hunt oral -n 7 -f 2 -m 1 --format json").out).unwrap();
    assert_eq!(json["verdict"], "broken");
    let found = format!(
        "Found at case {} with {} lies, shrunk to {} lies in {} executions.",
        json["found_at_case"],
        json["drawn_size"],
        json["counterexample"]["lies"].as_array().unwrap().len(),
        json["shrinking_executions"],
    );
    assert!(text.contains(&found), "{found}\n{text}");
    let with = format!("It was drawn with {}.", json["drawn_with"].as_str().unwrap());
    assert!(text.contains(&with), "{with}\n{text}");
    assert_eq!(json["coverage"]["cases"], json["found_at_case"].as_u64().unwrap() + 1);
}
