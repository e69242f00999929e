//! An event-driven protocol of your own, with a bug that a quiet network hides: the commander sends his order,
//! everybody confirms to everybody what they heard, and whoever has two confirmations of an order acts on it.
//!
//! `cargo run --example own_event_protocol` prints turncoat's verdict.

use turncoat::{
    Effects, EventDriven, EventTestable, General, Generals, Graph, Order, Problem, Seat,
    Termination, check,
};

/// Two confirmations are enough. (One of them can be a traitor's.)
#[derive(Debug)]
struct TwoConfirm;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Said {
    Order(Order),
    Confirmed(Order),
}

/// Whether I confirmed something, who confirmed what, and what I acted on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Notes {
    confirmed: bool,
    confirmations: [Generals; 2],
    acted: Option<Order>,
}

impl EventDriven for TwoConfirm {
    type Value = Order;
    type Decision = Order;
    type Message = Said;
    type State = Notes;

    fn begin(&self, _: Seat, order: Option<&Order>, effects: &mut Effects<Said>) -> Notes {
        if let Some(order) = order {
            effects.broadcast(Said::Order(*order));
        }
        Notes { confirmed: order.is_some(), confirmations: [Generals::NONE; 2], acted: None }
    }

    fn receive(&self, notes: &mut Notes, from: General, said: &Said, effects: &mut Effects<Said>) {
        match *said {
            Said::Order(order) if from.is_commander() && !notes.confirmed => {
                notes.confirmed = true;
                effects.broadcast(Said::Confirmed(order));
            }
            Said::Order(_) => {}
            Said::Confirmed(order) => {
                let who = &mut notes.confirmations[usize::from(order == Order::ATTACK)];
                *who = who.with(from);
                if who.len() == 2 && notes.acted.is_none() {
                    notes.acted = Some(order);
                }
            }
        }
    }

    fn decision(&self, notes: &Notes) -> Option<Order> {
        notes.acted
    }
}

/// The testing side: what is agreed on, and what a traitor can say. Nobody need act if the commander is a traitor.
impl EventTestable for TwoConfirm {
    fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)).deciding(Termination::Free))
    }

    fn alphabet(&self, _n: usize, _from: General, _to: General) -> Vec<Said> {
        Order::first(2).into_iter().flat_map(|it| [Said::Order(it), Said::Confirmed(it)]).collect()
    }
}

fn main() {
    let verdict = check(TwoConfirm).generals(4).traitors(1).run();
    println!("{}", verdict.expect("the question makes sense"));
}
