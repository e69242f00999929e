//! OM(m) once more, as naively as the paper's recursion can be written: a twin to compare the crate's own protocol
//! with, and the basis of the mutants.

use std::collections::BTreeMap;

use turncoat::protocols::oral::Relay;
use turncoat::protocols::path::Path;
use turncoat::{
    General, Generals, Graph, Lockstep, OralMessages, Order, Problem, Repertoire, Round, Seat,
    Testable, Wire,
};

/// The bug of a mutant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mutation {
    /// No bug: it is the paper's algorithm.
    None,
    /// Without a majority, half of the lieutenants take ATTACK as the default.
    DefaultDiffers,
    /// Without a majority, a lieutenant keeps his own value.
    TieKeepsOwn,
    /// A lieutenant leaves out his own vote.
    OwnVoteOmitted,
    /// If a sender says two things on a path, both votes count.
    VotesCountTwice,
    /// A message counts as that of the last general on its path, whoever sent it.
    LinkUnchecked,
    /// The commander is counted among the lieutenants, as one who relays nothing.
    CommanderVotes,
}

impl Mutation {
    /// The algorithm and all its mutants.
    pub const ALL: [Mutation; 7] = [
        Mutation::None,
        Mutation::DefaultDiffers,
        Mutation::TieKeepsOwn,
        Mutation::OwnVoteOmitted,
        Mutation::VotesCountTwice,
        Mutation::LinkUnchecked,
        Mutation::CommanderVotes,
    ];
}

/// The paper's OM(m), or a mutant of it.
#[derive(Clone, Debug)]
pub struct Textbook {
    pub m: usize,
    pub values: usize,
    pub mutation: Mutation,
}

/// Everything that was told on each path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Told {
    seat: Seat,
    order: Option<Order>,
    paths: BTreeMap<Path, Vec<Order>>,
}

impl Textbook {
    pub fn new(m: usize, mutation: Mutation) -> Textbook {
        Textbook { m, values: 2, mutation }
    }

    fn twin(&self) -> OralMessages {
        OralMessages::new(self.m).over(Order::first(self.values))
    }

    /// OM(k): the value that a lieutenant obtains for this path.
    fn value(&self, told: &Told, path: &Path, k: usize) -> Order {
        let own = told.paths.get(path).cloned().unwrap_or(vec![Order::RETREAT]);
        if k == 0 {
            return self.common(told.seat.me, &own, own[0]);
        }
        let mut votes =
            if self.mutation == Mutation::OwnVoteOmitted { vec![] } else { own.clone() };
        for other in Generals::first(told.seat.n).without(told.seat.me).iter() {
            let commander = other.is_commander() && self.mutation == Mutation::CommanderVotes;
            if commander {
                votes.push(Order::RETREAT);
            } else if !path.generals().contains(other) {
                let relayed = path.then(other);
                let twice = told.paths.get(&relayed).filter(|votes| k == 1 && votes.len() > 1);
                match twice {
                    Some(twice) => votes.extend(twice),
                    None => votes.push(self.value(told, &relayed, k - 1)),
                }
            }
        }
        self.common(told.seat.me, &votes, own[0])
    }

    /// The strict majority, else RETREAT.
    fn common(&self, me: General, votes: &[Order], own: Order) -> Order {
        let majority =
            |order: &&Order| 2 * votes.iter().filter(|vote| vote == order).count() > votes.len();
        let default = match self.mutation {
            Mutation::DefaultDiffers if me.id() % 2 == 1 => Order::ATTACK,
            Mutation::TieKeepsOwn => own,
            _ => Order::RETREAT,
        };
        votes.iter().find(majority).copied().unwrap_or(default)
    }
}

impl Lockstep for Textbook {
    type Value = Order;
    type Decision = Order;
    type Message = Relay<Order>;
    type State = Told;

    fn rounds(&self, _n: usize) -> usize {
        self.m + 1
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Told {
        Told { seat, order: order.copied(), paths: BTreeMap::new() }
    }

    fn send(
        &self,
        told: &Told,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Relay<Order>> {
        let me = told.seat.me;
        if to.is_commander() {
            return vec![];
        }
        if let Some(value) = told.order {
            let first = (round == 1).then(|| Relay { path: Path::root(), value });
            return first.into_iter().collect();
        }
        // Every path on which I could have been told something in the previous round.
        let everybody = Generals::first(told.seat.n);
        let mut heard = vec![Path::root()];
        for _ in 2..round {
            let longer = |path: Path| {
                let free = everybody.minus(path.generals()).without(me).iter();
                free.map(|relay| path.then(relay)).collect::<Vec<_>>()
            };
            heard = heard.into_iter().flat_map(longer).collect();
        }
        heard.retain(|path| round > 1 && !path.generals().contains(to));
        let relay = |path: Path| {
            let said = told.paths.get(&path).and_then(|said| said.last());
            Relay { path: path.then(me), value: said.copied().unwrap_or(Order::RETREAT) }
        };
        heard.into_iter().map(relay).collect()
    }

    fn receive(&self, told: &mut Told, round: Round, from: General, relay: &Relay<Order>) {
        let Relay { path, value } = relay;
        let generals: Vec<General> = path.iter().collect();
        let linked = generals.last() == Some(&from) || self.mutation == Mutation::LinkUnchecked;
        let distinct = path.generals().len() == generals.len();
        let known = generals.iter().all(|general| general.id() < told.seat.n);
        let fits = generals.first() == Some(&General::COMMANDER)
            && generals.len() == round
            && !generals.contains(&told.seat.me);
        if linked && distinct && known && fits && told.order.is_none() {
            let said = told.paths.entry(*path).or_default();
            if self.mutation != Mutation::VotesCountTwice {
                said.clear();
            }
            said.push(*value);
        }
    }

    fn decide(&self, told: &Told) -> Option<Order> {
        Some(told.order.unwrap_or_else(|| self.value(told, &Path::root(), self.m)))
    }
}

impl Testable for Textbook {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(self.values)))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Relay<Order>> {
        self.twin().repertoire(n, wire)
    }
}
