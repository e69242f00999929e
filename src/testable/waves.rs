//! What turncoat asks of a protocol whose rounds are the waves of an event-driven one.

use super::phased::Phased;
use crate::protocol::events::OwnEvent;

/// What turncoat asks of event-driven protocols, and of no others.
pub trait Waves<M, S> {
    /// Whether nothing is about to be sent in this state.
    fn is_silent(&self, state: &S) -> bool;

    /// The timers that can go off, and the coins that can show a face, each with all its faces. (A restart is never waited
    /// for.)
    fn pending(&self, state: &S) -> Vec<OwnEvent>;

    /// One of these events happens.
    fn happens(&self, state: &mut S, event: OwnEvent);

    /// How each phase is like the first, if there is no last phase.
    fn phases(&self) -> Option<&dyn Phased<M, S>>;

    /// Whether messages come from an implementation: then a traitor can say what was said before and what is on the
    /// author's menu, and messages on one wire arrive in the order in which they are sent.
    fn is_opaque(&self) -> bool;

    /// Whether mail between the loyal can be lost, but is never late.
    fn in_order(&self) -> bool;

    /// How often this general has crashed and restarted.
    fn restarted(&self, state: &S) -> usize;
}
