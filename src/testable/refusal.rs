//! Why a protocol can't be run so, or can't be asked.

use super::Wire;
use crate::general::{General, Generals};
use crate::protocol::Round;
use crate::signature::Signed;

/// The most rounds, times generals: a search goes as deep as that.
pub(crate) const MOST_ROUNDS: usize = 512;

/// Why a protocol can't be run among so many generals.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// There are no generals, or more than sets of them hold.
    #[error("n is {0}: there must be from 1 to {max} generals", max = Generals::MAX)]
    Generals(usize),
    /// The protocol says so itself.
    #[error("{0}")]
    Protocol(String),
    /// Nobody's order is there to be obeyed.
    #[error("the commander, general 0, is given no input: it is his order that is asked after")]
    NoOrder,
    /// In consensus somebody has nothing to propose.
    #[error("general {0} is given no input: in consensus everybody has one")]
    NoProposal(usize),
    /// Somebody is given an input who is not there.
    #[error("general {general} is given an input, and there are {n} generals, numbered from 0")]
    InputOfNobody {
        /// Who.
        general: usize,
        /// How many generals there are.
        n: usize,
    },
    /// There is nothing to agree on.
    #[error("there must be at least one value to agree on")]
    NoValues,
    /// A repertoire leaves out what a general says who obeys the protocol.
    #[error(
        "the repertoire has no place for what {} says to {} in round {} when it obeys: {message}",
        wire.from, wire.to, wire.round
    )]
    Undescribed {
        /// Where it is said.
        wire: Wire,
        /// What.
        message: String,
    },
    /// Traitors must not be silent in a slot in which loyal generals are.
    #[error(
        "{} says nothing to {} in round {} in a slot of the repertoire, when it obeys: without \
         silence not even a traitor could obey", wire.from, wire.to, wire.round
    )]
    Silent {
        /// Where nothing is said.
        wire: Wire,
    },
    /// Generals are not as alike as the protocol says.
    #[error(
        "the protocol says that generals {one} and {other} are alike, and they come to different \
         states by what is alike: test it with assert_symmetric"
    )]
    Unlike {
        /// One of them.
        one: General,
        /// The other.
        other: General,
    },
    /// What is renamed has not the signatures of what it was, renamed.
    #[error(
        "the protocol says that generals {one} and {other} are alike, and when they change places \
         {message} becomes {renamed}, which has not as many signatures that can be shown: see \
         `swapped_message`"
    )]
    Unsigned {
        /// One of them.
        one: General,
        /// The other.
        other: General,
        /// What can be said.
        message: String,
        /// What it becomes.
        renamed: String,
    },
    /// Somebody shows a signature that nobody could have from its owner.
    #[error(
        "{} shows {} in round {} the signature of {} on {}, which that one has shown to nobody \
         before: leave it out of `signatures` if it is there from the start",
        wire.from, wire.to, wire.round, signed.by, signed.statement.escape_ascii()
    )]
    Unheard {
        /// Where it is shown.
        wire: Wire,
        /// The signature.
        signed: Signed,
    },
    /// Where signatures are needed, silence is too.
    #[error(
        "its messages are signed, so traitors must be free to be silent: they can't say what needs \
         a signature that they lack"
    )]
    SignedSilence,
    /// A message can stand in two slots of one wire, so it is not clear which it fills.
    #[error(
        "the repertoire has {message} in two slots of the wire from {} to {} in round {}: a message \
         must belong to one slot", wire.from, wire.to, wire.round
    )]
    Shared {
        /// Where it is said.
        wire: Wire,
        /// What.
        message: String,
    },
    /// A message is a forgery, and yet something that may be said.
    #[error(
        "the repertoire has {message} both in a slot and among the forgeries of the wire from {} \
         to {} in round {}", wire.from, wire.to, wire.round
    )]
    Genuine {
        /// Where it is said.
        wire: Wire,
        /// What.
        message: String,
    },
    /// There are more rounds than can be gone through.
    #[error(
        "there are {rounds} rounds among {n} generals: rounds times generals can be at most {}",
        MOST_ROUNDS
    )]
    Rounds {
        /// How many rounds.
        rounds: usize,
        /// How many generals.
        n: usize,
    },
    /// A repertoire can't be searched.
    #[error(
        "the repertoire has more than 64 slots on one wire whose messages are entangled in their \
         order: order messages by their slot first"
    )]
    Entangled,
    /// There are too many orders of arrival to go through.
    #[error(
        "more than 64 messages can arrive at {to} in round {round}: they have too many orders of \
         arrival to go through them all"
    )]
    Crowded {
        /// Who hears them.
        to: General,
        /// In which round.
        round: Round,
    },
    /// A method that describes the protocol panics.
    #[error("the protocol panics in {call}: {message}")]
    Panicked {
        /// Which method.
        call: &'static str,
        /// Its message.
        message: String,
    },
}
