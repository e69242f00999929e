//! The coordinator's vote, as systems use it that tolerate crashes: one general proposes, all vote, and n - m votes
//! decide. Oki and Liskov, "Viewstamped Replication", PODC 1988, and many since. This is the normal case, in lock-step
//! rounds: general 0 is the only coordinator.
//!
//! Round 1: the coordinator proposes his order. Round 2: whoever has received it votes for it. Whoever counts n - m
//! votes has decided. In each later round those who have decided say so, and those who hear it have decided, too.
//! (There are m + 1 rounds in all, and at least 2, so with m = 1 there are no later rounds.) At the end the others
//! decide the default.
//!
//! Bound: n > 2m, so that two quorums of n - m meet, and m crashes are survived. If the coordinator does not crash in
//! round 1, all the loyal vote, and all of them count n - m votes. Suppose that he does, and that one general decides
//! in the last round while another never does. Then a voter crashed in round 2, and in each later round a general who
//! had just decided: m + 1 crashes in all. (That quorums meet matters only if another coordinator may propose something
//! else. With just one coordinator a smaller n is enough.)
//!
//! It is not made for Byzantine traitors. Two quorums of n - m meet in n - 2m generals, who may all be traitors and
//! vote for one value here and for another there: then both quorums count. And a traitor who sends its vote only to
//! some makes a quorum that only some can count. If votes may be lies, a larger threshold, n > 3m, and more rounds are
//! needed.

use std::collections::BTreeMap;
use std::fmt::Display;

use itertools::Itertools;

use super::over_values;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::testable::{Problem, Repertoire, Testable, Wire, Words};

/// The vote over a finite set of values, the first of which is the default, RETREAT.
///
/// ```
/// use turncoat::{CoordinatorVote, check};
///
/// check(CoordinatorVote::new(1)).generals(3).traitors(1).assert_broken();
/// ```
#[derive(Clone, Debug)]
pub struct CoordinatorVote<V = Order> {
    m: usize,
    values: Vec<V>,
}

/// What is said in the vote.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ballot<V> {
    /// The coordinator proposes this.
    Propose(V),
    /// The sender votes for this.
    Vote(V),
    /// The sender knows that n - m have voted for this.
    Decided(V),
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Poll<V> {
    seat: Seat,
    /// What was proposed to me.
    proposal: Option<V>,
    /// Who voted for what, I included.
    votes: BTreeMap<V, Generals>,
    /// What is decided, as far as I know.
    decided: Option<V>,
}

impl CoordinatorVote {
    /// The vote against m crashes, in which n - m votes decide, over the orders RETREAT and ATTACK.
    #[must_use]
    pub fn new(m: usize) -> CoordinatorVote {
        CoordinatorVote { m, values: Order::first(2) }
    }
}

impl<V> CoordinatorVote<V> {
    /// The same over these values; the first is the default.
    #[must_use]
    pub fn over<U>(self, values: impl IntoIterator<Item = U>) -> CoordinatorVote<U> {
        CoordinatorVote { m: self.m, values: values.into_iter().collect() }
    }

    /// All generals but those who may have crashed: nobody can wait for more votes than that.
    fn quorum(&self, n: usize) -> usize {
        n.saturating_sub(self.m)
    }
}

impl<V: Plain> Lockstep for CoordinatorVote<V> {
    type Value = V;
    type Decision = V;
    type Message = Ballot<V>;
    type State = Poll<V>;

    /// One round to propose, one to vote, and then one for each crash except the coordinator's.
    fn rounds(&self, _n: usize) -> usize {
        self.m.saturating_add(1).max(2)
    }

    /// The coordinator starts as if he had proposed his order to himself.
    fn start(&self, seat: Seat, input: Option<&V>) -> Poll<V> {
        let proposal = input.cloned();
        Poll { seat, proposal, votes: BTreeMap::new(), decided: None }
    }

    fn send(
        &self,
        poll: &Poll<V>,
        round: Round,
        _to: General,
    ) -> impl IntoIterator<Item = Ballot<V>> {
        let Poll { seat, proposal, decided, .. } = poll;
        match round {
            1 => proposal.clone().filter(|_| seat.me.is_commander()).map(Ballot::Propose),
            2 => proposal.clone().map(Ballot::Vote),
            _ => decided.clone().map(Ballot::Decided),
        }
    }

    /// A proposal counts in round 1 from the coordinator, a vote in round 2, a decision later. Of several, the first
    /// counts.
    fn receive(&self, poll: &mut Poll<V>, round: Round, from: General, ballot: &Ballot<V>) {
        let (Ballot::Propose(value) | Ballot::Vote(value) | Ballot::Decided(value)) = ballot;
        if !self.values.contains(value) {
            return;
        }
        match ballot {
            Ballot::Propose(_) if round == 1 && from.is_commander() => {
                poll.proposal.get_or_insert_with(|| value.clone());
            }
            Ballot::Vote(_) if round == 2 => poll.vote(from, value.clone()),
            Ballot::Decided(_) if round > 2 => {
                poll.decided.get_or_insert_with(|| value.clone());
            }
            _ => {}
        }
    }

    /// When round 2 is over, I vote as well, and count the votes.
    fn end_round(&self, poll: &mut Poll<V>, round: Round) {
        if round == 2 {
            if let Some(proposal) = poll.proposal.clone() {
                poll.vote(poll.seat.me, proposal);
            }
            let quorum = self.quorum(poll.seat.n);
            let elected = poll.votes.iter().find(|(_, voters)| voters.len() >= quorum);
            poll.decided = elected.map(|(value, _)| value.clone());
        }
    }

    /// What is decided; the default, if I know of nothing.
    fn decide(&self, poll: &Poll<V>) -> Option<V> {
        Some(poll.decided.as_ref().unwrap_or(&self.values[0]).clone())
    }
}

impl<V: Plain> Poll<V> {
    /// Counts a general's vote, unless it has voted already.
    fn vote(&mut self, voter: General, value: V) {
        if !self.votes.values().any(|voters| voters.contains(voter)) {
            let voters = self.votes.entry(value).or_default();
            *voters = voters.with(voter);
        }
    }
}

impl<V: Plain + Display> Testable for CoordinatorVote<V> {
    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String> {
        let n = graph.n();
        if self.m >= n {
            return Err(format!(
                "m is {}: among {n} generals the quorum n - m must be at least 1",
                self.m
            ));
        }
        Ok(Problem::broadcast(self.values.clone()))
    }

    /// Messages that fit the round. Strays are a second such message, and messages that fit only another round, or only
    /// the coordinator.
    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Ballot<V>> {
        let kinds = [Ballot::Propose, Ballot::Vote, Ballot::Decided];
        let fitting = match wire.round {
            1 => wire.from.is_commander().then_some(0),
            2 => Some(1),
            _ => Some(2),
        };
        let of_kind = |kind: usize| self.values.iter().cloned().map(kinds[kind]).collect_vec();
        let slots = fitting.into_iter().map(of_kind);
        Repertoire::of(slots).with_strays((0..kinds.len()).flat_map(of_kind))
    }

    fn words(&self) -> &dyn Words<Ballot<V>, Poll<V>> {
        self
    }
}

impl<V: Plain + Display> Words<Ballot<V>, Poll<V>> for CoordinatorVote<V> {
    fn name(&self) -> String {
        let values = over_values(&self.values);
        format!("coordinator's vote by n - {}{values}", self.m)
    }

    fn tell(&self, _from: General, ballot: &Ballot<V>) -> String {
        match ballot {
            Ballot::Propose(value) => format!("I propose {value}"),
            Ballot::Vote(value) => format!("I vote for {value}"),
            Ballot::Decided(value) => format!("decided: {value}"),
        }
    }

    fn explain(&self, poll: &Poll<V>) -> Vec<String> {
        let votes = poll.votes.iter().map(|(value, voters)| {
            format!("{value} by {}", voters.iter().map(General::id).format(", "))
        });
        let votes =
            if poll.votes.is_empty() { "none".to_owned() } else { votes.format("; ").to_string() };
        let quorum = self.quorum(poll.seat.n);
        let decided = poll.decided.as_ref().map_or("nothing".to_owned(), ToString::to_string);
        vec![format!("votes: {votes}; it takes {quorum}; decided: {decided}")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ballot::{Decided, Propose, Vote};

    /// What general 1 of three decides after it has heard these messages, each in a round, from a general.
    fn after(heard: &[(Round, usize, Ballot<Order>)]) -> Order {
        let protocol = CoordinatorVote::new(1);
        let mut poll = protocol.start(Seat::new(General::new(1), 3), None);
        for round in 1..=3 {
            for (_, from, ballot) in heard.iter().filter(|(heard_in, ..)| *heard_in == round) {
                protocol.receive(&mut poll, round, General::new(*from), ballot);
            }
            protocol.end_round(&mut poll, round);
        }
        protocol.decide(&poll).expect("all decide")
    }

    #[test]
    fn what_counts_is_a_quorum_or_word_of_one() {
        use Order as O;
        let [attack, retreat] = [O::ATTACK, O::RETREAT];
        assert_eq!(after(&[]), retreat);
        assert_eq!(after(&[(1, 0, Propose(attack))]), retreat);
        assert_eq!(after(&[(1, 0, Propose(attack)), (2, 2, Vote(attack))]), attack);
        assert_eq!(after(&[(1, 2, Propose(attack)), (2, 2, Vote(attack))]), retreat);
        assert_eq!(after(&[(2, 0, Vote(attack)), (2, 2, Vote(attack))]), attack);
        assert_eq!(after(&[(2, 2, Vote(attack)), (2, 2, Vote(attack))]), retreat, "it votes once");
        let for_both = [(2, 2, Vote(retreat)), (2, 2, Vote(attack)), (2, 0, Vote(attack))];
        assert_eq!(after(&for_both), retreat, "its first vote counts");
        assert_eq!(after(&[(1, 0, Vote(attack)), (3, 2, Vote(attack))]), retreat);
        assert_eq!(after(&[(3, 2, Decided(attack))]), attack);
        assert_eq!(after(&[(2, 2, Decided(attack))]), retreat);
    }

    #[test]
    fn a_quorum_of_nobody_is_refused() {
        let graph = Graph::complete(3);
        assert!(CoordinatorVote::new(2).problem(&graph).is_ok());
        assert!(CoordinatorVote::new(3).problem(&graph).is_err());
    }
}
