//! A traitor can show what it overhears: in the same round, from wires that are not its own, and even when nobody
//! remembers that it was said.

use turncoat::execution::Size;
use turncoat::search::Engine;
use turncoat::signature::Signed;
use turncoat::testable::Refusal;
use turncoat::{Adversary, CheckError, Edit, General, Generals, Repertoire, check, run};

use crate::by_functions::ByFunctions;

const QUESTION: u8 = 1;
const ANSWER: u8 = 2;

/// A signature of the commander.
fn signed(statement: &[u8]) -> Signed {
    Signed { by: General::COMMANDER, statement: statement.into() }
}

/// A general who asks the commander in round 1 makes him send a signature in round 2, to lieutenant 1, who ignores it;
/// and the commander forgets it. If lieutenant 2 shows that signature to lieutenant 1 in the last round, lieutenant 1
/// decides on nonsense.
fn oracle<const ROUNDS: usize>() -> ByFunctions {
    ByFunctions {
        rounds: ROUNDS,
        send: |seen, round, to| match (seen.me, round, to.id()) {
            (0, 2, 1) if seen.heard[0] == 1 => vec![ANSWER],
            _ => vec![],
        },
        receive: |seen, round, from, message| {
            let asked = seen.me == 0 && round == 1 && message == QUESTION;
            let shown = seen.me == 1 && from.id() == 2 && round == ROUNDS && message == ANSWER;
            if asked || shown {
                seen.heard[0] = 1;
            }
        },
        end_round: |seen, round| {
            if seen.me == 0 && round == 2 {
                seen.heard[0] = 0;
            }
        },
        decide: |seen| 9 * seen.heard[0],
        repertoire: |wire| match (wire.round, wire.from.id(), wire.to.id()) {
            (1, 2, 0) => Repertoire::one_of([QUESTION]),
            (2, 0, 1) => Repertoire::one_of([ANSWER]),
            (last, 2, 1) if last == ROUNDS => Repertoire::one_of([ANSWER]),
            _ => Repertoire::silent(),
        },
        signatures: |message| if message == ANSWER { vec![signed(b"answer")] } else { vec![] },
        ..ByFunctions::plain()
    }
}

#[test]
fn what_was_overheard_can_be_shown() {
    for oracle in [oracle::<2>(), oracle::<3>(), oracle::<4>()] {
        let adversary = Adversary::byzantine(1).without_replays().loyal_commander();
        let ask = |oracle: ByFunctions| check(oracle).generals(3).against(adversary);
        for engine in [Engine::Exhaustive, Engine::Naive] {
            let found = ask(oracle.clone()).engine(engine).assert_broken();
            assert_eq!(found.size, Size::Smallest, "{engine:?}");
            assert_eq!(found.attack.traitors, Generals::NONE.with(General::new(2)));
            let said = found.attack.lies.iter().map(|lie| lie.edit.clone()).collect::<Vec<_>>();
            let [question, answer] = [QUESTION, ANSWER].map(Edit::Say);
            assert_eq!(said, [question, answer], "{} rounds, {engine:?}", oracle.rounds);
            // A traitor who has not asked has nothing to show.
            let mut unasked = found.attack.clone();
            unasked.lies.remove(0);
            let execution = run(&oracle, &unasked).unwrap();
            assert_eq!(execution.lacking.len(), 1);
            assert_eq!(execution.violation(), None);
            let mute = ByFunctions { send: |_, _, _| vec![], ..oracle.clone() };
            ask(mute).engine(engine).assert_holds();
        }
    }
}

/// General 1 shows from the start what another general has signed: a certificate that everybody could have. A signature
/// that its owner has shown to nobody is refused, because the search could not tell who has it.
#[test]
fn a_signature_from_nowhere_is_refused() {
    let certified = ByFunctions {
        send: |seen, _, _| if seen.me == 1 { vec![0] } else { vec![] },
        repertoire: |wire| match wire.from.id() {
            1 => Repertoire::of([vec![0], vec![1, 2]]),
            _ => Repertoire::silent(),
        },
        signatures: |message| if message == 0 { vec![signed(b"certificate")] } else { vec![] },
        ..ByFunctions::plain()
    };
    for (n, exactly) in [(2, true), (2, false), (3, true), (3, false)] {
        let mut adversary = Adversary::byzantine(1);
        adversary.exactly = exactly;
        let refused = check(certified.clone()).generals(n).against(adversary).run().unwrap_err();
        let CheckError::Refused(Refusal::Unheard { wire, signed }) = &refused else {
            panic!("{refused}")
        };
        assert_eq!((wire.from.id(), signed.by.id()), (1, 0), "{refused}");
    }
}
