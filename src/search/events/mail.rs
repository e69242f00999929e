//! What one general can hear: the messages that the loyal have sent to it, as a set of numbers, and what traitors can
//! say.

/// How many messages of traitors were heard: the price of a run.
pub(super) type HeardPrice = u32;

/// What a general can hear: its mail, and the signatures that traitors can show.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Snapshot {
    pub mail: MailSet,
    pub signatures: u32,
    /// The part of its mail that belongs to the last sending of a general who may crash: it may never arrive.
    pub last: MailSet,
}

impl Snapshot {
    /// Nothing has been sent.
    pub const NONE: Snapshot = Snapshot { mail: MailSet::NONE, signatures: 0, last: MailSet::NONE };
}

/// How many words, of 64 messages each, a set has.
const WORDS: usize = 4;

/// A set of messages, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct MailSet([u64; WORDS]);

impl MailSet {
    pub const NONE: MailSet = MailSet([0; WORDS]);

    /// How many messages can be numbered.
    pub const MAX: usize = WORDS * 64;

    pub fn has(self, message: u32) -> bool {
        self.0[message as usize / 64] >> (message % 64) & 1 == 1
    }

    #[must_use]
    pub fn with(mut self, message: u32) -> MailSet {
        self.0[message as usize / 64] |= 1 << (message % 64);
        self
    }

    /// The messages that are not in the other set.
    #[must_use]
    pub fn minus(self, other: MailSet) -> MailSet {
        let mut left = self;
        left.0.iter_mut().zip(other.0).for_each(|(word, other)| *word &= !other);
        left
    }

    /// The messages that are in at least one of the sets.
    #[must_use]
    pub fn plus(mut self, other: MailSet) -> MailSet {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
        self
    }

    /// Whether all messages are in the other set.
    pub fn is_within(self, other: MailSet) -> bool {
        self.minus(other) == MailSet::NONE
    }

    pub fn iter(self) -> impl Iterator<Item = u32> {
        self.0.into_iter().enumerate().flat_map(|(place, mut word)| {
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros())?;
                word &= word - 1;
                Some(64 * place as u32 + bit)
            })
        })
    }
}

impl FromIterator<u32> for MailSet {
    fn from_iter<I: IntoIterator<Item = u32>>(messages: I) -> MailSet {
        messages.into_iter().fold(MailSet::NONE, MailSet::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_into_it() {
        let set = MailSet::from_iter([200, 3, 64]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 64, 200]);
        assert!(set.has(64) && !set.has(65));
        let less = set.minus(MailSet::NONE.with(64));
        assert!(less.is_within(set) && !set.is_within(less));
    }
}
