//! The adversary that a verdict speaks of: what it may do, in a sentence.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::general::{General, Generals};
use crate::protocol::Round;

/// In what way traitors are faulty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultClass {
    /// They say what they like.
    #[default]
    Byzantine,
    /// They obey until they stop for good: in the round in which they do, what they say reaches
    /// any subset of the others.
    Crash,
    /// They obey, but any message that they send may be left out.
    SendOmission,
    /// They obey, but any message that they should receive may be left out.
    ReceiveOmission,
}

impl FaultClass {
    /// All of them.
    pub const ALL: [FaultClass; 4] = [
        FaultClass::Byzantine,
        FaultClass::Crash,
        FaultClass::SendOmission,
        FaultClass::ReceiveOmission,
    ];

    /// Whether traitors say what they like.
    #[must_use]
    pub fn is_byzantine(&self) -> bool {
        *self == FaultClass::Byzantine
    }

    /// Who of n generals is bound by its input when these are the traitors: see
    /// [`Outcome::bound`](crate::outcome::Outcome::bound).
    #[must_use]
    pub fn bound(self, n: usize, traitors: Generals) -> Generals {
        let everybody = Generals::first(n);
        if self.is_byzantine() { everybody.minus(traitors) } else { everybody }
    }
}

/// "byzantine", "crash", "send-omission", "receive-omission".
impl fmt::Display for FaultClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultClass::Byzantine => "byzantine",
            FaultClass::Crash => "crash",
            FaultClass::SendOmission => "send-omission",
            FaultClass::ReceiveOmission => "receive-omission",
        })
    }
}

/// What the enemy may do.
///
/// If its traitors are Byzantine, it knows everything, and speaks last in each round. In every slot
/// of every wire from a traitor it says any message of the protocol's
/// [repertoire](crate::Repertoire). It overhears all that is said, and of signatures it can show
/// those that traitors make and those that it has overheard. If they are faulty in another
/// [way](FaultClass), that is all that it decides.
///
/// What is said in a round arrives in it, by sender, unless the enemy has power over the order of
/// arrival or over synchrony.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adversary {
    /// In what way its traitors are faulty.
    pub faults: FaultClass,
    /// How many generals it may turn.
    pub traitors: usize,
    /// It turns exactly so many, and not fewer.
    pub exactly: bool,
    /// It can't turn the commander.
    pub loyal_commander: bool,
    /// It can turn nobody but these, if they are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspects: Option<Generals>,
    /// In any slot it may also say nothing.
    pub silence: bool,
    /// In any round it may also throw in one of the [strays](crate::Repertoire::strays) or
    /// [forgeries](crate::Repertoire::forgeries) on each wire.
    pub strays: bool,
    /// Beside the protocol's own strays it may throw in a second copy of any message of the wire,
    /// and messages of another round: early, late, or once more.
    pub replays: bool,
    /// At each receiver, what is said in a round arrives in any order.
    pub any_order: bool,
    /// How many messages between the loyal it may keep from arriving in their round, against the promise
    /// of synchrony.
    pub disruptions: usize,
    /// By how many rounds such a message may be late; it may always be lost.
    pub latest: Round,
}

impl Adversary {
    /// At most so many traitors, who are Byzantine, with all powers over what they say and none over
    /// the schedule.
    #[must_use]
    pub fn at_most(traitors: usize) -> Adversary {
        Adversary {
            faults: FaultClass::Byzantine,
            traitors,
            exactly: false,
            loyal_commander: false,
            suspects: None,
            silence: true,
            strays: true,
            replays: false,
            any_order: false,
            disruptions: 0,
            latest: 0,
        }
    }

    /// Who of these generals it can turn.
    #[must_use]
    pub fn suspects(&self, generals: Generals) -> Generals {
        let but_for = generals.minus(self.suspects.unwrap_or(generals));
        let suspects = generals.minus(but_for);
        if self.loyal_commander { suspects.without(General::COMMANDER) } else { suspects }
    }

    /// How many traitors there can be.
    #[must_use]
    pub fn sizes(&self) -> RangeInclusive<usize> {
        if self.exactly { self.traitors..=self.traitors } else { 0..=self.traitors }
    }
}

/// "every set of at most 1 traitor; in each slot any message or silence; at most one stray ..."
impl fmt::Display for Adversary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(false, false))
    }
}

impl Adversary {
    /// ", who can only be generals 0 and 4", if only some can be turned.
    pub(crate) fn only(&self) -> String {
        let names = self.suspects.map(|suspects| suspects.numbered("general"));
        names.map(|names| format!(", who can only be {names}")).unwrap_or_default()
    }

    /// What it may do, in a sentence; more is to be said where messages are signed, or forged.
    pub(crate) fn told(&self, signed: bool, forgeries: bool) -> String {
        let bound = if self.exactly { "exactly" } else { "at most" };
        let noun = if self.traitors == 1 { "traitor" } else { "traitors" };
        let commander = if self.loyal_commander { " without the commander" } else { "" };
        let only = self.only();
        let who = format!("every set of {bound} {} {noun}{commander}{only}", self.traitors);
        let mut told = vec![who];
        match self.faults {
            FaultClass::Byzantine => {
                let silence = if self.silence { " or silence" } else { "" };
                told.push(format!("in each slot any message{silence}"));
                let stray = if forgeries { "stray or forged" } else { "stray" };
                let replays =
                    if self.replays { ", duplicates and other rounds' among them" } else { "" };
                if self.strays {
                    let most = format!("beside them at most one {stray} message a wire and round");
                    told.push(most + replays);
                }
                if signed {
                    let signatures =
                        "of signatures those that traitors make or that were overheard";
                    told.push(signatures.to_owned());
                }
            }
            FaultClass::Crash => told.push(
                "each crashes in any round or never, and any of the others are reached in it"
                    .to_owned(),
            ),
            FaultClass::SendOmission => told.push("any of what they send is left out".to_owned()),
            FaultClass::ReceiveOmission => {
                told.push("any of what they should receive is left out".to_owned());
            }
        }
        told.push(
            if self.any_order { "all arrives in any order" } else { "all arrives by sender" }
                .to_owned(),
        );
        if self.disruptions > 0 {
            let messages = if self.disruptions == 1 { "message" } else { "messages" };
            let late = match self.latest {
                0 => String::new(),
                1 => " or a round late".to_owned(),
                latest => format!(" or up to {latest} rounds late"),
            };
            told.push(format!(
                "against synchrony, at most {} {messages} between the loyal lost{late}",
                self.disruptions
            ));
        }
        told.join("; ")
    }
}
