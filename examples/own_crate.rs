//! Tests a crate as it is shipped: nothing in it is changed, and a thin adapter hands its nodes one event at a time.

use turncoat::{General, Graph, Opaque, Outputs, Reactions, Seat, StreamProblem, Task, hunt};

/// This stands for a dependency. Its nodes are neither `Clone` nor `Debug`.
mod shipped {
    #[derive(Clone, Debug)]
    pub struct Vote(pub bool);

    pub struct Node {
        quorum: usize,
        votes: Vec<(usize, bool)>,
        decided: bool,
    }

    impl Node {
        pub fn new(n: usize) -> Node {
            let f = (n - 1) / 3;
            Node { quorum: 2 * f + 1, votes: Vec::new(), decided: false }
        }

        /// Counts a vote, and decides once a quorum has voted for the same.
        pub fn handle(&mut self, from: usize, Vote(value): Vote) -> Result<Option<bool>, String> {
            if self.votes.iter().any(|(voter, _)| *voter == from) {
                return Err(format!("{from} has voted"));
            }
            self.votes.push((from, value));
            let votes = self.votes.iter().filter(|(_, other)| *other == value).count();
            let decides = !self.decided && votes >= self.quorum;
            self.decided |= decides;
            Ok(decides.then_some(value))
        }
    }
}

use shipped::{Node, Vote};

#[derive(Debug)]
struct Votes;

impl Opaque for Votes {
    type Value = bool;
    type Output = bool;
    type Message = Vote;
    type Node = Node;

    fn begin(&self, seat: Seat, value: Option<&bool>, does: &mut Reactions<Vote, bool>) -> Node {
        does.send_to_all(Vote(value.copied().unwrap_or_default()));
        Node::new(seat.n)
    }

    fn receive(
        &self,
        node: &mut Node,
        from: General,
        vote: &Vote,
        does: &mut Reactions<Vote, bool>,
    ) {
        match node.handle(from.id(), vote.clone()) {
            Ok(decided) => decided.into_iter().for_each(|value| does.output(value)),
            Err(why) => does.refuse(why),
        }
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Votes>, String> {
        // Votes can be split: so not all need decide.
        Ok(Outputs::safety(Task::Consensus, [false, true]))
    }

    fn lies(&self, _n: usize, _from: General, _to: General) -> Vec<Vec<Vote>> {
        vec![vec![Vote(false), Vote(true)]]
    }
}

fn main() {
    hunt(Votes).generals(4).traitors(1).cases(2_000).assert_finds_nothing();
    // A quorum of 2f + 1 is one of n - f only where n = 3f + 1: here two of them can meet in the traitor alone.
    println!("{}", hunt(Votes).generals(5).traitors(1).assert_finds());
}
