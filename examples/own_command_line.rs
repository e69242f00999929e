//! A command line for your own protocols, beside the built-in ones: one in rounds, which has an argument, and an
//! event-driven one.
//!
//! ```console
//! $ cargo run --example own_command_line -- check quorum -n 4 -f 1 --quorum 3
//! $ cargo run --example own_command_line -- sweep gossip -n 3..=4 -f 1
//! ```

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use turncoat::cli::{self, Protocol};
use turncoat::{
    Effects, EventDriven, EventTestable, General, Graph, Lockstep, Order, Problem, Repertoire,
    Round, Seat, Termination, Testable, Wire,
};

/// The arguments of `quorum`: what clap shows in its help, and what stands in attack files.
#[derive(clap::Args, Serialize, Deserialize)]
struct QuorumArguments {
    /// Number of votes to attack that are enough, one's own included
    #[arg(long, value_name = "K", default_value_t = 2)]
    quorum: usize,
}

fn main() -> ExitCode {
    cli::main_with([
        Protocol::with_arguments("quorum", |arguments: &QuorumArguments, _| Quorum {
            quorum: arguments.quorum,
        })
        .about("All tell each other their orders, and attack if enough of them were told to"),
        Protocol::new("gossip", |_| Gossip)
            .about("Whoever hears an order obeys it and passes it on"),
    ])
}

/// The commander announces his order, the lieutenants tell each other, and a lieutenant who counts enough votes to
/// attack attacks.
#[derive(Debug)]
struct Quorum {
    quorum: usize,
}

/// What I was told, and how many votes to attack I know of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Notes {
    me: General,
    order: Order,
    attacks: usize,
}

impl Lockstep for Quorum {
    type Value = Order;
    type Decision = Order;
    type Message = Order;
    type State = Notes;

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Notes {
        Notes { me: seat.me, order: order.copied().unwrap_or(Order::RETREAT), attacks: 0 }
    }

    fn send(&self, notes: &Notes, round: Round, _to: General) -> impl IntoIterator<Item = Order> {
        let my_turn = notes.me.is_commander() == (round == 1);
        my_turn.then_some(notes.order)
    }

    fn receive(&self, notes: &mut Notes, round: Round, from: General, order: &Order) {
        match round {
            1 if from.is_commander() => notes.order = *order,
            2 if *order == Order::ATTACK => notes.attacks += 1,
            _ => {}
        }
    }

    fn decide(&self, notes: &Notes) -> Option<Order> {
        let mine = usize::from(notes.order == Order::ATTACK);
        let enough = mine + notes.attacks >= self.quorum;
        Some(if enough { Order::ATTACK } else { Order::RETREAT })
    }
}

impl Testable for Quorum {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Order> {
        match wire.from.is_commander() == (wire.round == 1) {
            true => Repertoire::one_of(Order::first(2)),
            false => Repertoire::silent(),
        }
    }
}

/// Whoever hears an order first obeys it, and passes it on.
#[derive(Debug)]
struct Gossip;

impl EventDriven for Gossip {
    type Value = Order;
    type Decision = Order;
    type Message = Order;
    type State = Option<Order>;

    fn begin(&self, _: Seat, order: Option<&Order>, effects: &mut Effects<Order>) -> Option<Order> {
        order.iter().for_each(|order| effects.broadcast(**order));
        order.copied()
    }

    fn receive(
        &self,
        obeyed: &mut Option<Order>,
        _from: General,
        order: &Order,
        effects: &mut Effects<Order>,
    ) {
        if obeyed.is_none() {
            *obeyed = Some(*order);
            effects.broadcast(*order);
        }
    }

    fn decision(&self, obeyed: &Option<Order>) -> Option<Order> {
        *obeyed
    }
}

impl EventTestable for Gossip {
    fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)).deciding(Termination::AllOrNone))
    }

    fn alphabet(&self, _n: usize, _from: General, _to: General) -> Vec<Order> {
        Order::first(2)
    }
}
