//! The types of one height over small numbers, with signatures that are worth nothing: who says what is known by
//! the wire on which it comes.

use std::fmt;

use super::types::{
    Address, Context, Extension, Height, NilOrVal, Proposal, ProposalPart, Round, SignedExtension,
    SigningScheme, Validator, ValidatorSet, Value, Vote, VoteType,
};

#[derive(Clone, Debug)]
pub struct Ctx;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Number(pub u64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Default for Number {
    fn default() -> Number {
        Number(0)
    }
}

impl Address for Number {}

impl Height for Number {
    const ZERO: Number = Number(0);
    const INITIAL: Number = Number(1);
    fn increment_by(&self, n: u64) -> Number {
        Number(self.0 + n)
    }
    fn decrement_by(&self, n: u64) -> Option<Number> {
        self.0.checked_sub(n).map(Number)
    }
    fn as_u64(&self) -> u64 {
        self.0
    }
}

impl Value for Number {
    type Id = Number;
    fn id(&self) -> Number {
        *self
    }
}

impl ProposalPart<Ctx> for Number {
    fn is_first(&self) -> bool {
        true
    }
    fn is_last(&self) -> bool {
        true
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposed {
    pub round: Round,
    pub value: Number,
    pub pol_round: Round,
    pub by: Number,
}

impl Proposal<Ctx> for Proposed {
    fn height(&self) -> Number {
        Number::INITIAL
    }
    fn round(&self) -> Round {
        self.round
    }
    fn value(&self) -> &Number {
        &self.value
    }
    fn take_value(self) -> Number {
        self.value
    }
    fn pol_round(&self) -> Round {
        self.pol_round
    }
    fn validator_address(&self) -> &Number {
        &self.by
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Voted {
    pub kind: VoteType,
    pub round: Round,
    pub value: NilOrVal<Number>,
    pub by: Number,
}

impl Vote<Ctx> for Voted {
    fn height(&self) -> Number {
        Number::INITIAL
    }
    fn round(&self) -> Round {
        self.round
    }
    fn value(&self) -> &NilOrVal<Number> {
        &self.value
    }
    fn take_value(self) -> NilOrVal<Number> {
        self.value
    }
    fn vote_type(&self) -> VoteType {
        self.kind
    }
    fn validator_address(&self) -> &Number {
        &self.by
    }
    fn extension(&self) -> Option<&SignedExtension<Ctx>> {
        None
    }
    fn take_extension(&mut self) -> Option<SignedExtension<Ctx>> {
        None
    }
    fn extend(self, _: SignedExtension<Ctx>) -> Voted {
        self
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seated(pub Number);

impl Validator<Ctx> for Seated {
    fn address(&self) -> &Number {
        &self.0
    }
    fn public_key(&self) -> &() {
        &()
    }
    fn voting_power(&self) -> u64 {
        1
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AllSeated(Vec<Seated>);

impl AllSeated {
    pub fn of(n: usize) -> AllSeated {
        AllSeated((0..n as u64).map(|id| Seated(Number(id))).collect())
    }
}

impl ValidatorSet<Ctx> for AllSeated {
    fn count(&self) -> usize {
        self.0.len()
    }
    fn total_voting_power(&self) -> u64 {
        self.0.len() as u64
    }
    fn get_by_address(&self, address: &Number) -> Option<&Seated> {
        self.0.get(address.0 as usize)
    }
    fn get_by_index(&self, index: usize) -> Option<&Seated> {
        self.0.get(index)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoSignatures;

impl SigningScheme for NoSignatures {
    type DecodingError = String;
    type Signature = ();
    type PublicKey = ();
    type PrivateKey = ();
    fn decode_signature(_: &[u8]) -> Result<(), String> {
        Ok(())
    }
    fn encode_signature(_: &()) -> Vec<u8> {
        Vec::new()
    }
    public_keys!();
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoExtension;

impl Extension for NoExtension {
    fn size_bytes(&self) -> usize {
        0
    }
}

impl Context for Ctx {
    type Address = Number;
    type Height = Number;
    type ProposalPart = Number;
    type Proposal = Proposed;
    type Validator = Seated;
    type ValidatorSet = AllSeated;
    type Value = Number;
    type Vote = Voted;
    type Extension = NoExtension;
    type SigningScheme = NoSignatures;
    timeouts!();

    fn select_proposer<'a>(&self, all: &'a AllSeated, _: Number, round: Round) -> &'a Seated {
        &all.0[round.as_u32().unwrap_or(0) as usize % all.0.len()]
    }
    fn new_proposal(
        &self,
        _: Number,
        round: Round,
        value: Number,
        pol_round: Round,
        by: Number,
    ) -> Proposed {
        Proposed { round, value, pol_round, by }
    }
    fn new_prevote(&self, _: Number, round: Round, value: NilOrVal<Number>, by: Number) -> Voted {
        Voted { kind: VoteType::Prevote, round, value, by }
    }
    fn new_precommit(&self, _: Number, round: Round, value: NilOrVal<Number>, by: Number) -> Voted {
        Voted { kind: VoteType::Precommit, round, value, by }
    }
}
