//! The adversary that a verdict speaks of: what it may do, in a sentence.

use std::fmt;
use std::ops::RangeInclusive;

use serde::Serialize;

use crate::general::{General, Generals};

/// What the enemy may do.
///
/// It is Byzantine, knows everything, and speaks last in each round. In every slot of every wire
/// from a traitor it says any message of the protocol's [repertoire](crate::Repertoire). It has no
/// say in the order of arrival, which is [fixed](crate::Lockstep).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Adversary {
    /// How many generals it may turn.
    pub traitors: usize,
    /// It turns exactly so many, and not fewer.
    pub exactly: bool,
    /// It can't turn the commander.
    pub loyal_commander: bool,
    /// In any slot it may also say nothing.
    pub silence: bool,
    /// In any round it may also throw in one of the [strays](crate::Repertoire::strays) on each
    /// wire.
    pub strays: bool,
}

impl Adversary {
    /// With all its powers over at most so many traitors.
    #[must_use]
    pub fn at_most(traitors: usize) -> Adversary {
        let (exactly, loyal_commander, silence, strays) = (false, false, true, true);
        Adversary { traitors, exactly, loyal_commander, silence, strays }
    }

    /// Who of these generals it can turn.
    #[must_use]
    pub fn suspects(&self, generals: Generals) -> Generals {
        if self.loyal_commander { generals.without(General::COMMANDER) } else { generals }
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
        let bound = if self.exactly { "exactly" } else { "at most" };
        let noun = if self.traitors == 1 { "traitor" } else { "traitors" };
        write!(f, "every set of {bound} {} {noun}", self.traitors)?;
        if self.loyal_commander {
            write!(f, " without the commander")?;
        }
        write!(f, "; in each slot any message")?;
        if self.silence {
            write!(f, " or silence")?;
        }
        if self.strays {
            write!(f, "; beside them at most one stray message a wire and round")?;
        }
        write!(f, "; all arrives by sender")
    }
}
