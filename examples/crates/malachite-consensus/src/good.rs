//! 0.8.2.

use good_consensus as consensus;
use good_types as types;

use consensus::{Effect, Input, Params, Resume, State};
use context::{AllSeated, Ctx, Number};
use types::{Height, ValuePayload, VoteExtensionPolicy};

#[macro_use]
#[path = "../../malachite/src/newer_types.rs"]
mod newer_types;
#[path = "asked.rs"]
pub mod asked;
#[path = "../../malachite/src/context.rs"]
mod context;
#[path = "../../malachite/src/said.rs"]
mod said;

/// A node before its first height, and the input with which that begins.
fn begin(address: Number, all: AllSeated) -> (State<Ctx>, Input<Ctx>) {
    let params = Params {
        address,
        threshold_params: Default::default(),
        value_payload: ValuePayload::ProposalOnly,
        enabled: true,
    };
    let state = State::new(Ctx, Number::INITIAL, all.clone(), params, 100, 100);
    let policy = VoteExtensionPolicy::default();
    (state, Input::StartHeight(Number::INITIAL, all, false, None, policy))
}

/// The answer to what only this version asks.
fn answered(_: Effect<Ctx>, _: usize) -> Resume<Ctx> {
    Resume::Continue
}
