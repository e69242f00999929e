//! Bracha's reliable broadcast (Information and Computation 75, 1987) as a stateright model, written as a newcomer to
//! the tool would write it.
//!
//! The state is what each loyal lieutenant remembers, and the loyal messages in transit. An action delivers one of
//! these, or has the traitor, who is the commander, send somebody any message of the protocol, at any time. Once
//! nothing is in transit, either every loyal lieutenant has delivered or none has; and no two ever deliver different
//! orders.

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model, Property};

/// Reliable broadcast among n generals, of whom the commander is a traitor.
#[derive(Clone, Copy, Debug)]
pub struct BroadcastNatural {
    /// How many generals there are.
    pub n: usize,
    /// How many READYs are enough to deliver: three is correct among four generals.
    pub deliver: usize,
}

/// The messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Said {
    /// The commander's order.
    Initial(bool),
    /// The order that the sender heard from the commander.
    Echo(bool),
    /// Enough generals have echoed this order.
    Ready(bool),
}

/// What one lieutenant remembers: the first ECHO and the first READY from each general.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lieutenant {
    echoed: bool,
    ready: bool,
    delivered: Option<bool>,
    echoes: Vec<Option<bool>>,
    readies: Vec<Option<bool>>,
}

/// All lieutenants, numbered from 1, and the messages in transit: sender, receiver, message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    lieutenants: Vec<Lieutenant>,
    mail: BTreeSet<(usize, usize, Said)>,
}

/// A message is delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hears {
    from: usize,
    to: usize,
    said: Said,
}

impl BroadcastNatural {
    /// What a lieutenant does when a message arrives: it returns what it sends to all others.
    fn react(self, lieutenant: &mut Lieutenant, me: usize, from: usize, said: Said) -> Vec<Said> {
        let f = (self.n - 1) / 3;
        let mut says = Vec::new();
        let order = match said {
            Said::Initial(order) => {
                if from == 0 && !lieutenant.echoed {
                    lieutenant.echoed = true;
                    lieutenant.echoes[me] = Some(order);
                    says.push(Said::Echo(order));
                }
                order
            }
            Said::Echo(order) => *lieutenant.echoes[from].get_or_insert(order),
            Said::Ready(order) => *lieutenant.readies[from].get_or_insert(order),
        };
        let count =
            |votes: &[Option<bool>]| votes.iter().filter(|vote| **vote == Some(order)).count();
        let enough = count(&lieutenant.echoes) > (self.n + f) / 2 || count(&lieutenant.readies) > f;
        if !lieutenant.ready && enough {
            lieutenant.ready = true;
            lieutenant.readies[me] = Some(order);
            says.push(Said::Ready(order));
        }
        if lieutenant.delivered.is_none() && count(&lieutenant.readies) >= self.deliver {
            lieutenant.delivered = Some(order);
        }
        says
    }

    /// Whether the protocol is correct, and how many states stateright explored to find out.
    #[must_use]
    pub fn answer(self) -> (bool, usize) {
        let checker = self.checker().finish_when(HasDiscoveries::Any).spawn_bfs().join();
        (checker.discoveries().is_empty(), checker.unique_state_count())
    }
}

impl Model for BroadcastNatural {
    type State = State;
    type Action = Hears;

    fn init_states(&self) -> Vec<State> {
        let nothing = vec![None; self.n];
        let lieutenant = Lieutenant {
            echoed: false,
            ready: false,
            delivered: None,
            echoes: nothing.clone(),
            readies: nothing,
        };
        vec![State { lieutenants: vec![lieutenant; self.n - 1], mail: BTreeSet::new() }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Hears>) {
        actions.extend(state.mail.iter().map(|&(from, to, said)| Hears { from, to, said }));
        for to in 1..self.n {
            for order in [false, true] {
                let all = [Said::Initial(order), Said::Echo(order), Said::Ready(order)];
                actions.extend(all.map(|said| Hears { from: 0, to, said }));
            }
        }
    }

    fn next_state(&self, state: &State, Hears { from, to, said }: Hears) -> Option<State> {
        let mut next = state.clone();
        next.mail.remove(&(from, to, said));
        let says = self.react(&mut next.lieutenants[to - 1], to, from, said);
        let others = (1..self.n).filter(|other| *other != to);
        next.mail.extend(others.flat_map(|other| says.iter().map(move |said| (to, other, *said))));
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<BroadcastNatural>> {
        vec![
            Property::always("agreement (IC1)", |_, state: &State| {
                let orders: BTreeSet<bool> = state
                    .lieutenants
                    .iter()
                    .filter_map(|lieutenant| lieutenant.delivered)
                    .collect();
                orders.len() < 2
            }),
            Property::always("totality", |_, state: &State| {
                let delivered =
                    state.lieutenants.iter().filter(|lieutenant| lieutenant.delivered.is_some());
                let count = delivered.count();
                !state.mail.is_empty() || count == 0 || count == state.lieutenants.len()
            }),
        ]
    }
}
