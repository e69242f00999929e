//! What all generals held after each round: an execution keeps only how they ended.

use super::Sent;
use super::simulate::{Eavesdropper, Enemy, Roles, simulate};
use super::written::Written;
use crate::attack::AttackOn;
use crate::fault::Guarded;
use crate::protocol::{Lockstep, Round};
use crate::schedule::Shift;
use crate::testable::{Terms, Testable, Wire};

/// The states of all generals, by number; nothing for a traitor whose own run has panicked.
pub(crate) type States<P> = Vec<Option<<P as Lockstep>::State>>;

/// The states in which all begin, and those after each round that came to an end, under an attack
/// that fits the protocol. It is run once.
pub(crate) fn history<P: Testable>(
    protocol: &P,
    terms: &Terms<P::Value>,
    attack: &AttackOn<P>,
) -> Vec<States<P>> {
    let protocol = &Guarded::new(protocol, &terms.values, attack.traitors);
    let mut historian = Historian { written: Written::new(protocol, attack), states: Vec::new() };
    simulate(protocol, terms, Roles::of(attack), &mut historian, &|_, _| None);
    historian.states
}

/// The enemy that does what is written, and keeps what it sees.
struct Historian<'a, P: Testable> {
    written: Written<'a, P>,
    states: Vec<States<P>>,
}

impl<P: Testable> Enemy<P> for Historian<'_, P> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[P::Message],
        overhears: &Eavesdropper<'_, P>,
    ) -> Option<Vec<P::Message>> {
        self.written.tamper(wire, honest, overhears)
    }

    fn shifts(
        &mut self,
        round: Round,
        sent: Sent<'_, P::Message>,
    ) -> Vec<(usize, Shift<P::Message>)> {
        self.written.shifts(round, sent)
    }

    fn ended(&mut self, states: &[Option<P::State>]) {
        self.states.push(states.to_vec());
    }
}
