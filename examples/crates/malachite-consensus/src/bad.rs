//! 0.5.0, in which agreement is violated.

use bad_consensus as consensus;
use bad_types as types;

use consensus::{Effect, Input, Params, Resume, State};
use context::{AllSeated, Ctx, Number};
use types::{Height, ValuePayload};

/// What a context has since.
macro_rules! timeouts {
    () => {};
}

/// What a scheme of signatures has since.
macro_rules! public_keys {
    () => {};
}

#[path = "asked.rs"]
pub mod asked;
#[path = "../../malachite/src/context.rs"]
mod context;
#[path = "../../malachite/src/said.rs"]
mod said;

/// A node before its first height, and the input with which that begins.
fn begin(address: Number, all: AllSeated) -> (State<Ctx>, Input<Ctx>) {
    let params = Params {
        initial_height: Number::INITIAL,
        initial_validator_set: all.clone(),
        address,
        threshold_params: Default::default(),
        value_payload: ValuePayload::ProposalOnly,
    };
    (State::new(Ctx, params, 100), Input::StartHeight(Number::INITIAL, all))
}

/// The answer to what only this version asks.
fn answered(effect: Effect<Ctx>, n: usize) -> Resume<Ctx> {
    match effect {
        Effect::GetValidatorSet(..) => Resume::ValidatorSet(Some(AllSeated::of(n))),
        _ => Resume::Continue,
    }
}
