//! An argument that no protocol can be right, as the paper draws it: worlds side by side, what one
//! general sees in both, and what that forces.

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

/// What came of an attempt to refute a protocol, in words, whatever the protocol is. It holds no markup,
/// as a [story](Story) does not.
#[derive(Clone, Debug)]
pub struct RefutationInWords {
    /// In a word.
    pub verdict: &'static str,
    /// The name of the protocol.
    pub protocol: String,
    /// What it is for.
    pub task: Task,
    /// Who can talk to whom.
    pub graph: Graph,
    /// What the enemy may do.
    pub adversary: Adversary,
    /// The argument; nothing where none of the theorems says that there is no protocol.
    pub argument: Option<ArgumentInWords>,
}

/// An argument in words.
#[derive(Clone, Debug)]
pub struct ArgumentInWords {
    /// What is shown by it.
    pub theorem: Construction,
    /// Whether traitors can keep from one part of the graph all that the other says.
    pub is_stopped: bool,
    /// The generals, around the ring.
    pub groups: Vec<Generals>,
    /// What is given to the copies in layer 0 and in layer 1, or to the first half and the second.
    pub values: [String; 2],
    /// The worlds, each with a general in common with the next.
    pub worlds: Vec<WorldInWords>,
    /// Who lives in two of them.
    pub witnesses: Vec<Witness>,
    /// Until which wave they see the same there, if not to the end.
    pub until: Option<Round>,
    /// What came of it.
    pub conclusion: Conclusion,
}

/// A world in words.
#[derive(Clone, Debug)]
pub struct WorldInWords {
    /// Which copy each loyal general is, by number.
    pub loyal: Vec<Double>,
    /// What the loyal must do here.
    pub must: Must<String>,
    /// What is said here, and what came of it.
    pub story: Story,
    /// The first message that can't be said here: the traitors lack a signature in it.
    pub forgery: Option<Needed<String>>,
}

/// Something that a general is told in a world.
pub(super) struct Heard<'a> {
    /// When, and by whom.
    pub wire: (Round, usize),
    /// The same in words.
    pub from: String,
    /// What.
    pub text: &'a str,
}

/// What a general is told in a world in which everything arrives in its turn, but for what is late until
/// after this wave; up to there.
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
