//! Loyal generals who crash and restart with what they had stored: published and own protocols, attacks with crashes in
//! files, and what is refused.

use expect_test::expect;
use turncoat::adversary::Timing;
use turncoat::search::Engine;
use turncoat::testable::{Termination, Validity};
use turncoat::{
    Adversary, Agreement, BinaryAgreement, CheckError, Effects, EventDriven, EventTestable,
    General, Graph, OralMessages, Problem, ReliableBroadcast, Seat, Task, check, hunt, run,
};

/// An election among three: generals 0 and 1 stand and vote for themselves, general 2 votes for whoever asks first, and
/// whoever has two votes has won. It is right if a vote is stored before it is sent.
#[derive(Clone, Copy, Debug)]
struct Election {
    stores_votes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Said {
    VoteForMe,
    Vote,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Notes {
    me: usize,
    has_voted: bool,
    won: bool,
}

impl EventDriven for Election {
    type Value = ();
    type Decision = usize;
    type Message = Said;
    type State = Notes;

    fn begin(&self, seat: Seat, _: Option<&()>, effects: &mut Effects<Said>) -> Notes {
        let stands = seat.me.id() < 2;
        if stands {
            effects.send(General::new(2), Said::VoteForMe);
        }
        Notes { me: seat.me.id(), has_voted: stands, won: false }
    }

    fn receive(&self, notes: &mut Notes, from: General, said: &Said, effects: &mut Effects<Said>) {
        match said {
            Said::VoteForMe if !notes.has_voted => {
                notes.has_voted = true;
                effects.send(from, Said::Vote);
            }
            Said::VoteForMe => {}
            Said::Vote => notes.won = true,
        }
    }

    fn restart(&self, notes: &Notes, _: &mut Effects<Said>) -> Notes {
        Notes { has_voted: notes.has_voted && self.stores_votes, ..notes.clone() }
    }

    fn decision(&self, notes: &Notes) -> Option<usize> {
        notes.won.then_some(notes.me)
    }
}

impl EventTestable for Election {
    fn problem(&self, _: &Graph) -> Result<Problem<(), usize>, String> {
        let problem = Problem::new(Task::Consensus, [()], Validity::any_decision());
        Ok(problem.agreeing(Agreement::equal()).deciding(Termination::Free))
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<Said> {
        vec![Said::VoteForMe, Said::Vote]
    }
}

/// Nobody is a traitor, and each crashes so often.
fn crashing(restarts: usize) -> Adversary {
    Adversary::byzantine(0).restarting(restarts)
}

#[test]
fn a_vote_that_is_not_stored_counts_twice() {
    for engine in [Engine::Exhaustive, Engine::Naive] {
        for (stores_votes, restarts, verdict) in
            [(false, 0, "holds"), (false, 1, "broken"), (true, 1, "holds"), (true, 2, "holds")]
        {
            let asked = check(Election { stores_votes }).generals(3).against(crashing(restarts));
            assert_eq!(asked.engine(engine).run().unwrap().name(), verdict, "{restarts}");
        }
    }
    let found = check(Election { stores_votes: false }).generals(3).against(crashing(1));
    expect![[r#"
        BROKEN: Election among 3 generals, at most 0 traitors

        Nobody is a traitor.
        Generals 0, 1 and 2, who are loyal, have the input ().

        Wave 1
              general 0 tells 2: VoteForMe
         LATE general 1 tells 2: VoteForMe  (arrives in wave 2)

        Wave 2
              CRASH of general 2, and a restart from what is stored
              general 2 hears what general 1 told it in wave 1: VoteForMe
              general 2 tells 0: Vote

        Wave 3
              general 2 tells 1: Vote

        Messages sent: 4; in an honest run: 3.

        What the loyal held in the end
          general 0      Notes { me: 0, has_voted: true, won: true }
                         decides 0
          general 1      Notes { me: 1, has_voted: true, won: true }
                         decides 1
          general 2      Notes { me: 2, has_voted: true, won: false }
                         has not decided

        Violated: agreement. The loyal generals do not agree: general 0 decides 0, and general 1 decides 1.

        Locally minimal (1 change of the schedule and 1 restart): each of these, taken back, removes the violation, or leads out of what the adversary may do.

        Adversary   every set of at most 0 traitors; any message of the alphabet to anybody at any time,
                    or none; each loyal general may crash once and restart; mail is late without bound,
                    in any order; timers go off at any time, and coins show any face.
        Least       in every attack by so few traitors the loyal hear 0 messages of theirs or more.
        Space       executions of any schedule, in 115 steps.
        Reductions  a board of what the loyal send; antichains of what could be heard; equal sets
                    raised; inputs with equal initial states merged.
    "#]]
    .assert_eq(&found.run().unwrap().to_string());
}

#[test]
fn hunts_find_it_and_say_nothing_of_who_stores_everything() {
    let election = |stores_votes| hunt(Election { stores_votes }).generals(3).against(crashing(1));
    let found = election(false).assert_finds();
    assert_eq!(found.violation.name(), "agreement");
    // A crash alone does it, and the mail that is late with it.
    assert!(found.attack.lies.is_empty() && found.attack.happenings.len() == 1, "{found}");
    election(true).assert_finds_nothing();
    hunt(Election { stores_votes: false }).generals(3).traitors(0).assert_finds_nothing();
}

#[test]
fn an_attack_with_a_crash_comes_to_the_same_from_its_file() {
    let forgetful = ReliableBroadcast::new().forgetful();
    let crashing = Adversary::byzantine(1).restarting(1);
    let found = hunt(forgetful).generals(4).against(crashing).assert_finds();
    let written = serde_json::to_string(&found.attack).unwrap();
    assert!(written.contains(r#""event":"restarts""#), "{written}");
    let read = serde_json::from_str(&written).unwrap();
    let again = run(&found.protocol, &read).unwrap();
    assert_eq!((read, again.decisions), (found.attack, found.execution.decisions));
}

/// A general that stores everything loses nothing but its timers.
#[test]
fn reliable_broadcast_survives_crashes() {
    let crashing = Adversary::byzantine(1).restarting(1);
    check(ReliableBroadcast::new()).generals(4).against(crashing).assert_holds();
}

#[test]
fn what_cannot_restart_is_refused() {
    let crashing = Adversary::byzantine(1).restarting(1);
    let rounds = check(OralMessages::new(1)).generals(4).against(crashing).run();
    assert!(matches!(rounds, Err(CheckError::Restarts)));
    let endless = check(BinaryAgreement::new()).generals(4).against(crashing).run();
    assert!(matches!(endless, Err(CheckError::RestartsHunted)));
    let punctual = crashing.timed(Timing::Synchronous);
    let punctual = check(ReliableBroadcast::new()).generals(4).against(punctual).run();
    assert!(matches!(punctual, Err(CheckError::RestartsHunted)));
    hunt(BinaryAgreement::new()).generals(4).against(crashing).cases(200).assert_finds_nothing();
}
