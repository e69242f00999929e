//! A protocol of your own, with a bug that looks like prudence: everybody tells everybody what the commander said,
//! and a lieutenant attacks only if nobody says otherwise.
//!
//! `cargo run --example own_protocol` prints turncoat's verdict.

use turncoat::{
    General, Graph, Lockstep, Order, Problem, Repertoire, Round, Seat, Testable, Wire, check,
};

/// Attack only if all say so.
#[derive(Debug)]
struct Unanimous;

/// Who I am, what the commander told me, and whether anybody said RETREAT.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Notes {
    me: General,
    order: Order,
    warned: bool,
}

impl Lockstep for Unanimous {
    type Value = Order;
    type Decision = Order;
    type Message = Order;
    type State = Notes;

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Notes {
        let order = order.copied().unwrap_or(Order::RETREAT);
        Notes { me: seat.me, order, warned: false }
    }

    fn send(&self, notes: &Notes, round: Round, _to: General) -> impl IntoIterator<Item = Order> {
        let my_turn = notes.me.is_commander() == (round == 1);
        my_turn.then_some(notes.order)
    }

    fn receive(&self, notes: &mut Notes, round: Round, from: General, order: &Order) {
        match round {
            1 if from.is_commander() => notes.order = *order,
            2 => notes.warned |= *order == Order::RETREAT,
            _ => {}
        }
    }

    fn decide(&self, notes: &Notes) -> Option<Order> {
        Some(if notes.warned { Order::RETREAT } else { notes.order })
    }
}

/// The testing side: what is agreed on, and what a traitor could say.
impl Testable for Unanimous {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast([Order::RETREAT, Order::ATTACK]))
    }

    fn repertoire(&self, _n: usize, _wire: Wire) -> Repertoire<Order> {
        Repertoire::one_of([Order::RETREAT, Order::ATTACK])
    }
}

fn main() {
    let verdict = check(Unanimous).generals(4).traitors(1).run();
    println!("{}", verdict.expect("the question makes sense"));
}
