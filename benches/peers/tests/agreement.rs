//! All tools that can answer a question agree, and their answer is the known one.

use peers::broadcast_natural::BroadcastNatural;
use peers::ours;
use peers::question::{Question, Verdict};
use peers::tools::{Effort, Tool};

/// Asks each of these tools that takes at most seconds.
fn assert_all_say(verdict: Verdict, question: Question, tools: &[Tool]) {
    let able = tools.iter().filter(|tool| tool.effort(question) == Some(Effort::Quick));
    let mut asked = 0;
    for tool in able {
        assert_eq!(tool.answer(question), verdict, "{} on {question}", tool.title());
        asked += 1;
    }
    assert!(asked > 1, "{question}: nobody to agree with");
}

/// The tools that are fast at n = 6 and 7, too.
const FAST: [Tool; 7] = [
    Tool::Folded,
    Tool::Symmetric,
    Tool::Representative,
    Tool::Circuit,
    Tool::FoldedCircuit,
    Tool::Compositional,
    Tool::ComposedSameSpace,
];

#[test]
fn oral_messages_need_three_generals_for_each_traitor_and_one_more() {
    assert_all_say(Verdict::Broken, Question::oral(1, 3, 1), &Tool::ALL);
    assert_all_say(Verdict::Holds, Question::oral(1, 4, 1), &Tool::ALL);
    assert_all_say(Verdict::Broken, Question::oral(2, 6, 2), &FAST);
    assert_all_say(Verdict::Holds, Question::oral(2, 7, 2), &FAST);
}

#[test]
fn oral_messages_need_a_round_for_each_traitor_and_no_more() {
    assert_all_say(Verdict::Broken, Question::oral(1, 7, 2), &FAST);
    assert_all_say(Verdict::Broken, Question::oral(1, 5, 2), &Tool::ALL);
    // More rounds than f + 1 are no safer.
    assert_all_say(Verdict::Broken, Question::oral(2, 4, 1), &Tool::ALL);
    assert_all_say(Verdict::Holds, Question::oral(2, 5, 1), &Tool::ALL);
}

/// Any small question for which no tool needs more than a moment.
#[test]
fn all_say_the_same_of_everything_small() {
    for n in 2..=5 {
        for f in 0..n - 1 {
            for m in 0..=2 {
                let oral = Question::oral(m, n, f);
                assert_all_say(Tool::FoldedCircuit.answer(oral), oral, &Tool::ALL);
            }
        }
    }
    for n in 2..=4 {
        for f in 0..n - 1 {
            for m in 0..=2 {
                let signed = Question::signed(m, n, f);
                assert_all_say(Tool::Symmetric.answer(signed), signed, &Tool::ALL);
            }
        }
    }
}

#[test]
fn signed_messages_need_a_round_for_each_traitor() {
    assert_all_say(Verdict::Broken, Question::signed(0, 3, 1), &Tool::ALL);
    assert_all_say(Verdict::Holds, Question::signed(1, 3, 1), &Tool::ALL);
    assert_all_say(Verdict::Broken, Question::signed(1, 4, 2), &Tool::ALL);
    assert_all_say(Verdict::Holds, Question::signed(2, 4, 2), &Tool::ALL);
}

#[test]
fn two_readies_are_too_few_to_deliver() {
    let (holds, _) = BroadcastNatural { n: 4, deliver: 2 }.answer();
    assert_eq!((holds, ours::broadcast(2).0), (false, false));
}
