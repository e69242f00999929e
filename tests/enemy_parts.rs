//! The parts of which the twin of the enemy builds up its attacks.

use turncoat::execution::Delivery;
use turncoat::execution::ExecutionOf;
use turncoat::{Arrival, Attack, Crash, Lie, Lockstep, Round, Shift, Wire};

/// What can be said in each slot of a wire, and beside them.
#[derive(Clone)]
pub struct Slots<M> {
    pub regular: Vec<Vec<M>>,
    pub strays: Vec<M>,
}

/// One thing that the enemy does.
#[derive(Clone, Debug)]
pub enum Part<M> {
    Crash(Crash),
    Lie(Lie<M>),
    Shift(Shift<M>),
}

/// Where a part has its place: it hangs on those before it, and on none after it. In each round
/// some crash, then lies are told, then something is lost or late, and then something arrives first.
pub type Place = (Round, usize, usize, usize);

pub const CRASH: usize = 0;
pub const LIE: usize = 1;
pub const LOSS: usize = 2;
pub const FIRST: usize = 3;

/// Whether something that the loyal say to each other does not arrive in its round.
pub fn is_disruption<V, M>(attack: &Attack<V, M>, shift: &Shift<M>) -> bool {
    let loyal = |general| !attack.traitors.contains(general);
    shift.arrival != Arrival::First && loyal(shift.wire.from) && loyal(shift.wire.to)
}

/// What was said on a wire, and what loyalty would have said.
pub fn carried<P: Lockstep>(
    execution: &ExecutionOf<P>,
    wire: Wire,
) -> (Vec<P::Message>, Vec<P::Message>) {
    let delivery = execution.deliveries.on(wire);
    let Some(Delivery { said, loyal, .. }) = delivery else { return (vec![], vec![]) };
    (said.to_vec(), loyal.unwrap_or(said).to_vec())
}
