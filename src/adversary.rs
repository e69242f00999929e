//! The adversary that a verdict speaks of: what it may do, in a sentence.

use std::fmt;
use std::ops::RangeInclusive;

use serde::Serialize;

use crate::general::{General, Generals};

/// What the enemy may do.
///
/// It is Byzantine, knows everything, and speaks last in each round. In every slot of every wire
/// from a traitor it says any message of the protocol's [repertoire](crate::Repertoire). It has no
/// say in the order of arrival, which is [fixed](crate::Lockstep). It overhears all that is said,
/// and of signatures it can show those that traitors make and those that it has overheard.
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
    /// In any round it may also throw in one of the [strays](crate::Repertoire::strays) or
    /// [forgeries](crate::Repertoire::forgeries) on each wire.
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
        f.write_str(&self.told(false, false))
    }
}

impl Adversary {
    /// What it may do, in a sentence; more is to be said where messages are signed, or forged.
    pub(crate) fn told(&self, signed: bool, forgeries: bool) -> String {
        let bound = if self.exactly { "exactly" } else { "at most" };
        let noun = if self.traitors == 1 { "traitor" } else { "traitors" };
        let commander = if self.loyal_commander { " without the commander" } else { "" };
        let silence = if self.silence { " or silence" } else { "" };
        let stray = if forgeries { "stray or forged" } else { "stray" };
        let strays = format!("; beside them at most one {stray} message a wire and round");
        let strays = if self.strays { strays } else { String::new() };
        let signatures = "; of signatures those that traitors make or that were overheard";
        let signatures = if signed { signatures } else { "" };
        format!(
            "every set of {bound} {} {noun}{commander}; in each slot any \
             message{silence}{strays}{signatures}; all arrives by sender",
            self.traitors
        )
    }
}
