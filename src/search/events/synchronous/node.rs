//! What a node of the search is where all mail takes one wave, what leads from one to the next, and what one general hears
//! on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::fault::Fault;
use crate::general::{General, Generals};
use crate::machine::{MessageId, StateId};
use crate::protocol::Round;
use crate::protocol::events::{Face, OwnEvent};
use crate::search::events::locals::SentAtOnce;

pub(super) type SetId = u32;

/// What a general does next, as all can see it: what it sends, and what it waits for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Outlook {
    pub sends: SentAtOnce,
    pub pending: Arc<[OwnEvent]>,
}

/// A wave begins, or has begun.
#[derive(Clone, Debug)]
pub(super) struct WaveNode {
    /// By place among those who obey; nothing of those who have crashed, or have had a fault of their own.
    pub sets: Vec<Option<SetId>>,
    /// The signatures that traitors can show, by number.
    pub signatures: u32,
    /// What common coins have shown.
    pub shown: BTreeMap<u32, Face>,
    /// Whether timers have gone off in it: what coins they made somebody ask for are shown in the next.
    pub has_begun: bool,
}

/// What all can see of a node: nodes with the same are equal, or one can cover the other.
pub(super) type PublicPart = (Vec<Option<u32>>, u32, BTreeMap<u32, Face>, bool);

/// A node, and how it was reached.
#[derive(Clone, Debug)]
pub(super) struct ReachedNode {
    pub node: WaveNode,
    pub before: Option<(u32, WaveStep)>,
    pub wave: Round,
    /// Whether nothing covers it.
    pub is_alive: bool,
}

/// What leads from a node to the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum WaveStep {
    /// A timer goes off, or a coin shows a face, at the start of the wave.
    Own(General, OwnEvent),
    /// All is sent and heard, but for what those who are faulty leave out.
    Mail(LeftOut),
}

/// From whom, to whom, and what.
pub(super) type Letter = (General, General, MessageId);

/// What those leave out who are faulty, and obey otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct LeftOut {
    /// Who crashes, and whom it still reaches.
    pub crashes: Vec<(General, Generals)>,
    /// What is not sent.
    pub unsent: Vec<Letter>,
}

/// What can be heard, in order: from whom, what, and if it is a choice whether to hear it is one that is told of.
pub(super) type WaveInbox = Vec<(General, MessageId, Option<bool>)>;

/// The sets in which a general can be after a wave; nothing if it has had a fault of its own.
pub(super) type NextSets = Arc<[Option<SetId>]>;

/// The number of a choice that was made.
pub(super) type TrailId = u32;

/// Where a general can be after a wave.
pub(super) struct HeardInbox {
    /// Each state, with how it was reached; none, if it is faulty and comes to a fault of its own.
    pub ends: Vec<(Option<StateId>, Trail)>,
    /// A choice, and the one before it.
    pub choices: Vec<(Option<TrailId>, u32)>,
}

/// A state at the start of a wave, and the last choice that was made in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trail {
    pub from: StateId,
    pub last: Option<TrailId>,
}

/// A fault of a general that hears its inbox.
pub(super) struct HeardFault {
    pub fault: Box<Fault>,
    /// Its state at the start of the wave.
    pub from: StateId,
    /// The places in the inbox of what is told of, in order.
    pub told: Vec<usize>,
}

impl HeardInbox {
    /// The places in the inbox of what is told of, in order.
    pub fn told(&self, trail: Trail) -> Vec<usize> {
        let mut told = Vec::new();
        let mut at = trail.last;
        while let Some(choice) = at {
            let (before, place) = self.choices[choice as usize];
            told.push(place as usize);
            at = before;
        }
        told.reverse();
        told
    }
}
