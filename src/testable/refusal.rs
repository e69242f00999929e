//! Why a protocol cannot be run, or cannot be asked.

use super::Wire;
use crate::count::grouped;
use crate::fault::Misbehaved;
use crate::general::{General, Generals};
use crate::protocol::Round;
use crate::signature::Signed;

/// The most messages that are prepared, on all wires together, as estimated from a few wires.
pub(crate) const MOST_MESSAGES: u64 = 50_000_000;

/// The most rounds times generals: a search recurses that deep.
pub(crate) const MOST_ROUNDS: usize = 512;

/// The most messages that a protocol may send on one wire in one round. Without a limit, a protocol that sends
/// without end would never be found out.
pub(crate) const MOST_SENT: usize = 1 << 15;

/// Why a protocol can't be run among so many generals.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Refusal {
    #[error("n is {0}: there must be from 1 to {max} generals", max = Generals::MAX)]
    Generals(usize),
    /// The protocol says so itself.
    #[error("{0}")]
    Protocol(String),
    #[error("the commander, general 0, is given no input: it is his order that is asked after")]
    NoOrder,
    #[error("general {0} is given no input: in consensus everybody has one")]
    NoProposal(usize),
    #[error("general {general} is given an input, and there are {n} generals, numbered from 0")]
    InputOfNobody { general: usize, n: usize },
    #[error("there must be at least one value to agree on")]
    NoValues,
    #[error(
        "the repertoire has no place for what {} says to {} in round {} when it obeys: {message}",
        wire.from, wire.to, wire.round
    )]
    Undescribed { wire: Wire, message: String },
    #[error(
        "{} says nothing to {} in round {} in a slot of the repertoire, when it obeys: without \
         silence not even a traitor could obey", wire.from, wire.to, wire.round
    )]
    Silent { wire: Wire },
    #[error(
        "the protocol says that generals {one} and {other} are alike, and they come to different \
         states by what is alike: test it with assert_symmetric"
    )]
    Unlike { one: General, other: General },
    #[error(
        "the protocol says that generals {one} and {other} are alike, and when they change places \
         {message} becomes {renamed}, which has not as many signatures that can be shown: see \
         `swapped_message`"
    )]
    Unsigned { one: General, other: General, message: String, renamed: String },
    #[error(
        "{} shows {} in round {} the signature of {} on {}, which that one has shown to nobody \
         before: leave it out of `signatures` if it is there from the start",
        wire.from, wire.to, wire.round, signed.by, signed.statement.escape_ascii()
    )]
    Unheard { wire: Wire, signed: Signed },
    #[error(
        "its messages are signed, so traitors must be free to be silent: they can't say what needs \
         a signature that they lack"
    )]
    SignedSilence,
    #[error(
        "the repertoire has {message} in two slots of the wire from {} to {} in round {}: a message \
         must belong to one slot", wire.from, wire.to, wire.round
    )]
    Shared { wire: Wire, message: String },
    #[error(
        "the repertoire has {message} both in a slot and among the forgeries of the wire from {} \
         to {} in round {}", wire.from, wire.to, wire.round
    )]
    Genuine { wire: Wire, message: String },
    #[error(
        "there are {rounds} rounds among {n} generals: rounds times generals can be at most {}",
        MOST_ROUNDS
    )]
    Rounds { rounds: usize, n: usize },
    #[error(
        "the repertoire has more than 64 slots on one wire whose messages are entangled in their \
         order: order messages by their slot first"
    )]
    Entangled,
    #[error(
        "more than 64 messages can arrive at {to} in round {round}: they have too many orders of \
         arrival to try them all"
    )]
    Crowded { to: General, round: Round },
    #[error(
        "about {} messages can be said on all wires: at most {} can be prepared, so ask about fewer \
         generals, rounds or values",
        grouped(&messages.to_string()), grouped(&MOST_MESSAGES.to_string())
    )]
    Vast { messages: u64 },
    #[error("{0} for protocols in rounds, and this one is event-driven")]
    InWaves(&'static str),
    #[error("the alphabet lacks what {} says to {} when it obeys: {message}", wire.from, wire.to)]
    NotInAlphabet { wire: Wire, message: String },
    #[error(
        "no alphabet is given, and nothing was heard: there is nothing that a traitor could say"
    )]
    NoAlphabet,
    #[error("its phases are not as is claimed: {0}")]
    Phases(String),
    #[error("{name:?} is not asked of this protocol: what is asked is {asked}")]
    NotAsked { name: String, asked: String },
    #[error("general {0} has no input here: it can be given none")]
    GivenNothing(usize),
    #[error("general {0} can't be given two inputs")]
    GivenTwice(usize),
    #[error("general {general} can't be given {value}: the values are {values}")]
    GivenNoValue { general: usize, value: String, values: String },
    #[error("the protocol panics in {call}: {message}")]
    Panicked { call: &'static str, message: String },
    /// A method of a value, message or state, or a demand.
    #[error("{0}")]
    Misbehaved(String),
    #[error(
        "the search finds {found} where a run finds nothing, under {attack}: either equal messages, or \
         equal states, of the protocol do not behave alike (see `eq` and `hash` of their types), or \
         that is a bug in turncoat"
    )]
    Contradicted { found: String, attack: String },
}

impl From<Misbehaved> for Refusal {
    fn from(misbehaved: Misbehaved) -> Refusal {
        Refusal::Misbehaved(misbehaved.0)
    }
}
