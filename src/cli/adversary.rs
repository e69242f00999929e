//! The adversary as arguments: the same for `check`, `hunt` and `sweep`.

use clap::Args;
use itertools::Itertools;

use super::answer::whole_number;
use super::parameters::unless;
use crate::adversary::Timing;
use crate::{Adversary, FaultClass, General};

/// What the enemy may do, but for how many generals it may turn.
#[derive(Args)]
#[command(next_help_heading = "Adversary")]
pub struct AdversaryArguments {
    /// How traitors are faulty
    #[arg(long, value_enum, default_value_t = FaultClass::Byzantine)]
    faults: FaultClass,
    /// Exactly f generals are traitors, never fewer
    #[arg(long)]
    exactly: bool,
    /// The commander is loyal
    #[arg(long)]
    loyal_commander: bool,
    /// Only these generals can be traitors, such as 0,4 [default: any of them]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = general)]
    suspects: Vec<General>,
    /// Traitors are never silent: they send a message in every slot
    #[arg(long)]
    no_silence: bool,
    /// Traitors send no out-of-protocol messages and no replays
    #[arg(long)]
    no_strays: bool,
    /// Traitors send no duplicates and no messages from other rounds
    #[arg(long)]
    no_replays: bool,
    /// The messages of a round arrive in any order, not ordered by sender
    #[arg(long)]
    any_order: bool,
    /// Break synchrony: up to K messages between loyal generals may be lost or late
    #[arg(long, value_name = "K", default_value_t = 0, value_parser = whole_number)]
    disruptions: usize,
    /// Most rounds by which such a message may be late
    #[arg(long, value_name = "R", default_value_t = 0, value_parser = whole_number)]
    latest: usize,
    /// Power of the adversary over mail, timers and coins of an event-driven protocol [default:
    /// asynchronous]
    #[arg(long, value_enum)]
    timing: Option<Timing>,
    /// Each loyal general of an event-driven protocol may crash K times, and restart with what it had stored
    #[arg(long, value_name = "K", default_value_t = 0, value_parser = whole_number)]
    restarts: usize,
}

impl AdversaryArguments {
    /// The adversary with these powers, who turns at most `f` generals.
    pub fn adversary(&self, f: usize) -> Adversary {
        Adversary {
            exactly: self.exactly,
            loyal_commander: self.loyal_commander,
            suspects: (!self.suspects.is_empty()).then(|| self.suspects.iter().copied().collect()),
            silence: !self.no_silence,
            strays: !self.no_strays,
            replays: !self.no_strays && !self.no_replays,
            any_order: self.any_order,
            disruptions: self.disruptions,
            latest: self.latest,
            timing: self.timing,
            restarts: self.restarts,
            ..Adversary::new(self.faults, f)
        }
    }

    /// The same on a command line, without the defaults.
    pub fn arguments(&self) -> String {
        let faults = (!self.faults.is_byzantine()).then(|| format!(" --faults {}", self.faults));
        let flags = [
            (self.exactly, " --exactly"),
            (self.loyal_commander, " --loyal-commander"),
            (self.no_silence, " --no-silence"),
            (self.no_strays, " --no-strays"),
            (self.no_replays, " --no-replays"),
            (self.any_order, " --any-order"),
        ];
        let flags = flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag.to_owned());
        let suspects = (!self.suspects.is_empty()).then(|| {
            format!(" --suspects {}", self.suspects.iter().map(|general| general.id()).join(","))
        });
        let numbers = [
            ("--disruptions", self.disruptions),
            ("--latest", self.latest),
            ("--restarts", self.restarts),
        ];
        let numbers = numbers.map(|(flag, number)| unless(flag, number, 0));
        let timing = self.timing.map(|timing| format!(" --timing {timing}"));
        faults.into_iter().chain(timing).chain(flags).chain(suspects).chain(numbers).collect()
    }
}

fn general(text: &str) -> Result<General, String> {
    let number: usize = text.parse().map_err(|_| "give numbers of generals, such as 0,4")?;
    General::try_from(number).map_err(|error| error.to_string())
}
