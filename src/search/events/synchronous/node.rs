//! The nodes of the search in which all mail takes one wave, the steps between them, and what one general hears in a
//! step.

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

/// A node: a wave that begins or has begun.
#[derive(Clone, Debug)]
pub(super) struct WaveNode {
    /// By place among those who obey; `None` for a faulty general who has crashed, or whose own run has failed.
    pub sets: Vec<Option<SetId>>,
    /// The signatures that traitors can show, by number.
    pub signatures: u32,
    /// What common coins have shown.
    pub shown: BTreeMap<u32, Face>,
    /// Whether timers have gone off in this wave: coins that somebody waits for because of them show a face only in the
    /// next.
    pub has_begun: bool,
}

/// What all can see of a node. Only nodes that look the same can be equal, or cover each other.
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

/// A step from a node to the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum WaveStep {
    /// A timer goes off, or a coin shows a face, at the start of the wave.
    Own(General, OwnEvent),
    /// Everything is sent and heard, except what faulty generals leave out.
    Mail(LeftOut),
}

/// A message with its sender and receiver.
pub(super) type Letter = (General, General, MessageId);

/// What is left out by faulty generals who otherwise obey.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct LeftOut {
    /// Who crashes, and whom each still reaches.
    pub crashes: Vec<(General, Generals)>,
    /// The messages that are not sent.
    pub unsent: Vec<Letter>,
}

/// What can be heard, in order: the sender and the message. If hearing it is a choice, the flag says which choice is
/// recorded: that it is heard (`true`), or that it is not.
pub(super) type WaveInbox = Vec<(General, MessageId, Option<bool>)>;

/// The sets in which a general can be after a wave; `None` stands for a faulty general whose own run has failed.
pub(super) type NextSets = Arc<[Option<SetId>]>;

/// The number of a recorded choice.
pub(super) type TrailId = u32;

/// The states that a general can be in after a wave.
pub(super) struct HeardInbox {
    /// Each state, and how it was reached. The state is `None` for a faulty general whose own run has failed.
    pub ends: Vec<(Option<StateId>, Trail)>,
    /// Each recorded choice: the one before it, and its place in the inbox.
    pub choices: Vec<(Option<TrailId>, u32)>,
}

/// A state at the start of the wave, and the last choice that was recorded from there.
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
    /// The places in the inbox of the recorded choices, in order.
    pub told: Vec<usize>,
}

impl HeardInbox {
    /// The places in the inbox of the recorded choices that a trail has, in order.
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
