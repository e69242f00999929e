//! How an execution went, as far as a demand can see it: rounds, and numbers of messages.

use crate::general::General;

/// How an execution went: how many rounds it took, how many messages the loyal sent, and when each of them had
/// decided. Messages of traitors are not counted: they can send as many as they like.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Course {
    /// How many messages each loyal general sent in each round.
    sent: Vec<Vec<usize>>,
    /// For each general, the round after which it had decided what it decided in the end.
    decided: Vec<Option<usize>>,
}

impl Course {
    /// A course in which nothing is sent and nobody decides.
    pub(crate) fn quiet(n: usize, rounds: usize) -> Course {
        Course { sent: vec![vec![0; n]; rounds], decided: vec![None; n] }
    }

    /// Records that a loyal general sends more messages.
    pub(crate) fn sends(&mut self, from: General, round: usize, messages: usize) {
        self.sent[round - 1][from.id()] += messages;
    }

    /// Records that a loyal general had decided after this round.
    pub(crate) fn decides(&mut self, general: General, after: usize) {
        self.decided[general.id()] = Some(after);
    }

    /// How many rounds there were.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.sent.len()
    }

    /// How many messages the loyal sent.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.sent.iter().flatten().sum()
    }

    /// How many of these messages one general sent; 0 for a traitor.
    #[must_use]
    pub fn sent_by(&self, general: General) -> usize {
        self.sent.iter().filter_map(|sent| sent.get(general.id())).sum()
    }

    /// How many of these messages were sent in a round, counted from 1.
    #[must_use]
    pub fn sent_in(&self, round: usize) -> usize {
        let place = round.checked_sub(1);
        place.and_then(|place| self.sent.get(place)).map_or(0, |sent| sent.iter().sum())
    }

    /// The round after which a loyal general had decided what it decided in the end, 0 if it had from the start; none
    /// if it has not decided, or need not decide.
    #[must_use]
    pub fn decided_after(&self, general: General) -> Option<usize> {
        self.decided.get(general.id()).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_adds_up() {
        let [one, two] = [1, 2].map(General::new);
        let mut course = Course::quiet(3, 2);
        course.sends(one, 1, 2);
        course.sends(one, 2, 3);
        course.sends(two, 2, 4);
        course.decides(two, 1);
        assert_eq!((course.rounds(), course.messages()), (2, 9));
        assert_eq!([one, two, General::new(9)].map(|general| course.sent_by(general)), [5, 4, 0]);
        assert_eq!([0, 1, 2, 3].map(|round| course.sent_in(round)), [0, 2, 7, 0]);
        assert_eq!([one, two].map(|general| course.decided_after(general)), [None, Some(1)]);
    }
}
