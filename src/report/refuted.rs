//! An argument that no protocol can be correct, as the paper draws it: worlds side by side, what one general sees in
//! both, and what that forces.

mod partition;
mod prose;

use super::story::Story;
use crate::adversary::Adversary;
use crate::general::Generals;
use crate::graph::Graph;
use crate::impossibility::argument::{Conclusion, Construction, Witness};
use crate::impossibility::covering::Double;
use crate::impossibility::world::{Must, Needed};
use crate::outcome::Task;
use crate::protocol::Round;

/// The result of an attempt to refute a protocol, in words, for any protocol. It contains no markup, just as a
/// [story](Story) contains none.
#[derive(Clone, Debug)]
pub struct RefutationInWords {
    /// The result in one word.
    pub verdict: &'static str,
    /// The name of the protocol.
    pub protocol: String,
    /// What the protocol is for.
    pub task: Task,
    /// Who can talk to whom.
    pub graph: Graph,
    /// What the adversary may do.
    pub adversary: Adversary,
    /// The argument; none if no theorem rules out every protocol here.
    pub argument: Option<ArgumentInWords>,
}

/// An argument in words.
#[derive(Clone, Debug)]
pub struct ArgumentInWords {
    /// Which construction the argument uses.
    pub theorem: Construction,
    /// Whether traitors can keep everything that one part of the graph says from the other part.
    pub is_stopped: bool,
    /// The generals, around the ring.
    pub groups: Vec<Generals>,
    /// The inputs of the copies in layer 0 and in layer 1, or of the first half and the second.
    pub values: [String; 2],
    /// The worlds. Each shares a general with the next.
    pub worlds: Vec<WorldInWords>,
    /// The generals who live in two worlds.
    pub witnesses: Vec<Witness>,
    /// Until which wave they see the same in both worlds, if not to the end.
    pub until: Option<Round>,
    /// The conclusion.
    pub conclusion: Conclusion,
}

/// A world in words.
#[derive(Clone, Debug)]
pub struct WorldInWords {
    /// Which copy each loyal general is, by number.
    pub loyal: Vec<Double>,
    /// What the loyal must do here.
    pub must: Must<String>,
    /// What is said here, and how it ends.
    pub story: Story,
    /// The first message that can't be said here: the traitors lack a signature in it.
    pub forgery: Option<Needed<String>>,
}

/// A message that a general hears in a world.
pub(super) struct Heard<'a> {
    /// In which round, and from whom.
    pub wire: (Round, usize),
    /// The same in words.
    pub from: String,
    /// The message.
    pub text: &'a str,
}

/// What a general hears up to this wave, in a world in which every message arrives at its usual time or after this
/// wave.
pub(super) fn heard(story: &Story, general: usize, until: Option<Round>) -> Vec<Heard<'_>> {
    let last = until.unwrap_or(Round::MAX);
    let heard = story.rounds.iter().flat_map(|step| {
        let messages = step.messages.iter().filter(move |message| {
            message.to == general
                && !message.withheld
                && message.arrives.is_some_and(|arrives| arrives <= last)
        });
        messages.map(|message| Heard {
            wire: (step.round, message.from),
            from: format!("{}, {}:", step.title().to_lowercase(), story.name(message.from)),
            text: &message.text,
        })
    });
    heard.collect()
}
