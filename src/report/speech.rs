//! Groups the equal messages of one general to several others in a round.

use indexmap::IndexMap;
use itertools::Itertools;

use super::story::{Mark, Message};

/// A message that one general sends to some others in a round.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Speech<'a> {
    /// Who says it.
    pub from: usize,
    /// What is said.
    pub text: &'a str,
    /// What is wrong with it, if anything.
    pub mark: Option<Mark>,
    /// Whether anything is sent at all.
    pub silent: bool,
    /// What a loyal general would have said, if this is a lie.
    pub loyal: Option<&'a str>,
    /// How it is forged, if it is.
    pub forged: Option<&'a str>,
    /// What becomes of it, if it does not arrive at its usual time.
    pub arrival: Option<&'a str>,
    /// To whom.
    pub to: Vec<usize>,
}

/// All speeches of a round, in the order in which they are first made.
pub(super) fn speeches(messages: &[Message]) -> Vec<Speech<'_>> {
    let mut alike: IndexMap<Speech<'_>, Vec<usize>> = IndexMap::new();
    for message in messages {
        alike.entry(Speech::of(message)).or_default().push(message.to);
    }
    alike.into_iter().map(|(speech, to)| Speech { to, ..speech }).collect()
}

/// A round with more speeches than this is crowded.
pub(super) const CROWD: usize = 24;

/// The speeches of a round, and which of them to write out: all, or, if there are more than `most`, only those with
/// which something is wrong. The others are returned separately.
pub(super) fn told_in_words(
    messages: &[Message],
    most: usize,
) -> (Vec<Speech<'_>>, Option<Vec<Speech<'_>>>) {
    let speeches = speeches(messages);
    if speeches.len() <= most {
        return (speeches, None);
    }
    let (told, plain) = speeches.into_iter().partition(|speech| speech.mark.is_some());
    (told, Some(plain))
}

/// How many messages these are.
pub(super) fn count(speeches: &[Speech<'_>]) -> usize {
    speeches.iter().map(|speech| speech.to.len()).sum()
}

impl Speech<'_> {
    /// A speech without receivers yet.
    fn of(message: &Message) -> Speech<'_> {
        let Message { from, text, withheld, mark, loyal, forged, arrival, .. } = message;
        Speech {
            from: *from,
            text,
            mark: *mark,
            silent: *withheld,
            loyal: loyal.as_deref(),
            forged: forged.as_deref(),
            arrival: arrival.as_deref(),
            to: Vec::new(),
        }
    }

    /// What is said, and what would be right: "RETREAT (loyal: ATTACK)".
    pub fn told(&self) -> String {
        let loyal = self.loyal.map(|loyal| format!("loyal: {loyal}"));
        let forged = self.forged.map(|label| format!("forged: {label}"));
        let arrival = self.arrival.map(str::to_owned);
        let notes = loyal.into_iter().chain(forged).chain(arrival).join("; ");
        if notes.is_empty() { self.text.to_owned() } else { format!("{} ({notes})", self.text) }
    }

    /// The receivers by number: "1, 2".
    pub fn receivers(&self) -> String {
        self.to.iter().join(", ")
    }
}
