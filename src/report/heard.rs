//! What a general is told in two worlds, side by side.

use itertools::Itertools;

use super::story::Story;
use crate::protocol::Round;

/// Something that a general is told in a world.
pub(super) struct Heard<'a> {
    /// When, and by whom.
    pub wire: (Round, usize),
    /// The same in words.
    pub from: String,
    /// What.
    pub text: &'a str,
}

/// All that a general is told in a world in which everything arrives in its turn.
pub(super) fn heard(story: &Story, general: usize) -> Vec<Heard<'_>> {
    let heard = story.rounds.iter().flat_map(|step| {
        let messages = step.messages.iter();
        let heard = messages.filter(|message| message.to == general && !message.withheld);
        heard.map(|message| Heard {
            wire: (step.round, message.from),
            from: format!("round {}, {}:", step.round, story.name(message.from)),
            text: &message.text,
        })
    });
    heard.collect()
}

/// What is heard in two worlds on one wire beside each other.
pub(super) fn side_by_side<'a>(
    one: &'a [Heard<'a>],
    other: &'a [Heard<'a>],
) -> Vec<[Option<&'a Heard<'a>>; 2]> {
    let wires = one.iter().chain(other).map(|heard| heard.wire).sorted().dedup();
    let rows = wires.flat_map(|wire| {
        let on_it = |heard: &&Heard<'_>| heard.wire == wire;
        let rows = one.iter().filter(on_it).zip_longest(other.iter().filter(on_it));
        rows.map(|row| row.left_and_right().into()).collect_vec()
    });
    rows.collect()
}
