//! The adversary as arguments: the same for `check`, `hunt` and `sweep`.

use crate::{Adversary, FaultClass, General};
use clap::{Args, ValueEnum};

use super::answer::whole_number;

/// What the enemy may do, but for how many generals it may turn.
#[derive(Args)]
#[command(next_help_heading = "Adversary")]
pub struct AdversaryArguments {
    /// How traitors are faulty
    #[arg(long, value_enum, default_value_t = FaultsName::Byzantine)]
    faults: FaultsName,
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
}

#[derive(Clone, Copy, ValueEnum)]
enum FaultsName {
    /// They may send any message to any general, or none
    Byzantine,
    /// They stop for good in any round, and reach any subset of their recipients in that round
    Crash,
    /// Any message they send may be dropped
    SendOmission,
    /// Any message sent to them may be dropped
    ReceiveOmission,
}

impl FaultsName {
    fn class(self) -> FaultClass {
        match self {
            FaultsName::Byzantine => FaultClass::Byzantine,
            FaultsName::Crash => FaultClass::Crash,
            FaultsName::SendOmission => FaultClass::SendOmission,
            FaultsName::ReceiveOmission => FaultClass::ReceiveOmission,
        }
    }
}

impl AdversaryArguments {
    /// The adversary who may do this, and turn so many generals at most.
    pub fn adversary(&self, f: usize) -> Adversary {
        let mut adversary = Adversary::new(self.faults.class(), f);
        if self.exactly {
            adversary = adversary.exactly();
        }
        if self.loyal_commander {
            adversary = adversary.loyal_commander();
        }
        if !self.suspects.is_empty() {
            adversary = adversary.suspects(self.suspects.iter().copied().collect());
        }
        if self.no_silence {
            adversary = adversary.without_silence();
        }
        if self.no_strays {
            adversary = adversary.without_strays();
        }
        if self.no_replays {
            adversary = adversary.without_replays();
        }
        if self.any_order {
            adversary = adversary.any_order();
        }
        adversary.disrupted(self.disruptions, self.latest)
    }

    /// The same as arguments, those that are not the defaults.
    pub fn arguments(&self) -> String {
        let faults = match self.faults.class() {
            FaultClass::Byzantine => String::new(),
            faults => format!(" --faults {faults}"),
        };
        let flags = [
            (self.exactly, " --exactly"),
            (self.loyal_commander, " --loyal-commander"),
            (self.no_silence, " --no-silence"),
            (self.no_strays, " --no-strays"),
            (self.no_replays, " --no-replays"),
            (self.any_order, " --any-order"),
        ];
        let flags = flags.into_iter().filter_map(|(given, flag)| given.then_some(flag));
        let numbers = [("--disruptions", self.disruptions), ("--latest", self.latest)];
        let numbers = numbers.into_iter().filter(|(_, number)| *number > 0);
        let numbers = numbers.map(|(flag, number)| format!(" {flag} {number}"));
        let suspects = self.suspects.iter().map(|general| general.id().to_string());
        let suspects = match self.suspects.is_empty() {
            true => String::new(),
            false => format!(" --suspects {}", suspects.collect::<Vec<_>>().join(",")),
        };
        let flags = flags.map(str::to_owned);
        [faults].into_iter().chain(flags).chain([suspects]).chain(numbers).collect()
    }
}

/// The number of a general.
fn general(text: &str) -> Result<General, String> {
    let number: usize = text.parse().map_err(|_| "give numbers of generals, such as 0,4")?;
    General::try_from(number).map_err(|error| error.to_string())
}
