//! A signed protocol of your own: votes that nobody can forge, and a quorum that is too small.

use turncoat::signature::ideal::Token;
use turncoat::signature::{Signatures, Signed};
use turncoat::testable::Forgery;
use turncoat::{
    General, Generals, Graph, Ideal, Lockstep, Order, Problem, Repertoire, Round, Seat, Signing,
    Testable, Wire, Words, check,
};

/// The commander signs his order, and every lieutenant votes for it. An order that n - f generals have signed is
/// obeyed, otherwise RETREAT. (There must be four generals, one of them a traitor.)
#[derive(Debug)]
struct Votes;

/// An order, and who has signed it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Vote {
    order: Order,
    by: General,
    signature: Token,
}

/// The first order that the commander gave me, and who has voted for what.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Ballot {
    seat: Seat,
    order: Option<Order>,
    votes: Vec<(Order, Generals)>,
}

/// What is signed.
fn statement(order: Order) -> String {
    format!("vote for {order}")
}

fn vote(by: General, order: Order) -> Vote {
    Vote { order, by, signature: Ideal.sign(by, statement(order).as_bytes()) }
}

fn is_signed(Vote { order, by, signature }: &Vote) -> bool {
    Ideal.verify(*by, *by, statement(*order).as_bytes(), signature)
}

impl Lockstep for Votes {
    type Value = Order;
    type Decision = Order;
    type Message = Vote;
    type State = Ballot;

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Ballot {
        let votes = Order::first(2).into_iter().map(|order| (order, Generals::NONE)).collect();
        Ballot { seat, order: order.copied(), votes }
    }

    fn send(&self, ballot: &Ballot, round: Round, _to: General) -> impl IntoIterator<Item = Vote> {
        let my_turn = ballot.seat.me.is_commander() == (round == 1);
        ballot.order.filter(|_| my_turn).map(|order| vote(ballot.seat.me, order))
    }

    fn receive(&self, ballot: &mut Ballot, round: Round, from: General, vote: &Vote) {
        let first = round == 1 && from.is_commander();
        if vote.by != from || !is_signed(vote) || (round == 1 && !first) {
            return;
        }
        if first {
            ballot.order.get_or_insert(vote.order);
        }
        for (order, voters) in &mut ballot.votes {
            if *order == vote.order {
                *voters = voters.with(from);
            }
        }
    }

    fn decide(&self, ballot: &Ballot) -> Option<Order> {
        let me = ballot.seat.me;
        let quorum = ballot.seat.n - 1;
        let obeyed = ballot.votes.iter().find(|(order, voters)| {
            let own = ballot.order == Some(*order);
            let voters = if own { voters.with(me) } else { *voters };
            voters.len() >= quorum
        });
        Some(obeyed.map_or(Order::RETREAT, |(order, _)| *order))
    }
}

/// The testing side: also which signatures a message contains, and what no loyal general may accept.
impl Testable for Votes {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Vote> {
        let forged = |order| Forgery {
            label: "another's vote",
            message: Vote { by: General::new(n - 1), ..vote(wire.from, order) },
        };
        let others = wire.from.id() != n - 1;
        Repertoire::one_of(Order::first(2).into_iter().map(|order| vote(wire.from, order)))
            .with_forgeries(Order::first(2).into_iter().filter(|_| others).map(forged))
    }

    fn signing(&self) -> &dyn Signing<Vote> {
        self
    }

    fn words(&self) -> &dyn Words<Vote, Ballot> {
        self
    }
}

impl Signing<Vote> for Votes {
    fn signatures(&self, vote: &Vote) -> Vec<Signed> {
        let statement = statement(vote.order).into_bytes().into();
        let signed = Signed { by: vote.by, statement };
        Vec::from_iter(is_signed(vote).then_some(signed))
    }
}

impl Words<Vote, Ballot> for Votes {
    fn tell(&self, _from: General, Vote { order, by, .. }: &Vote) -> String {
        format!("{order}, signed by {}", by.id())
    }

    fn explain(&self, ballot: &Ballot) -> Vec<String> {
        let votes = ballot.votes.iter().map(|(order, by)| format!("{order}: {by}"));
        votes.collect()
    }
}

fn main() {
    println!("{}", check(Votes).generals(4).traitors(1).run().expect("it can be asked"));
}
