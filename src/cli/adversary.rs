//! What the enemy may do, as arguments.

use clap::{Args, ValueEnum};

use super::whole_number;
use crate::{FaultClass, General, Question, Testable};

/// What the enemy may do, however the question is answered.
#[derive(Args)]
pub struct Powers {
    /// In what way traitors are faulty
    #[arg(long, value_enum, default_value_t = FaultsName::Byzantine)]
    faults: FaultsName,
    /// Exactly f are traitors, and not fewer
    #[arg(long)]
    exactly: bool,
    /// The commander is not among the traitors
    #[arg(long)]
    loyal_commander: bool,
    /// Nobody but these can be a traitor, such as 0,4 [default: anybody]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = general)]
    suspects: Vec<General>,
    /// Traitors say something in every slot
    #[arg(long)]
    no_silence: bool,
    /// Traitors throw in nothing that has no place
    #[arg(long)]
    no_strays: bool,
    /// Against synchrony: so many messages between the loyal may be lost, or late
    #[arg(long, value_name = "K", default_value_t = 0, value_parser = whole_number)]
    disruptions: usize,
    /// By how many rounds such a message may be late
    #[arg(long, value_name = "R", default_value_t = 0, value_parser = whole_number)]
    latest: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum FaultsName {
    /// They say what they like
    Byzantine,
    /// They stop for good, and reach any of the others in the round in which they do
    Crash,
    /// Any message that they send may be left out
    SendOmission,
    /// Any message that they should receive may be left out
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

impl Powers {
    /// The question about an enemy that may do this.
    pub fn given_to<P: Testable, H>(&self, question: Question<P, H>) -> Question<P, H> {
        let mut question = question.faults(self.faults.class());
        if self.exactly {
            question = question.exactly();
        }
        if self.loyal_commander {
            question = question.loyal_commander();
        }
        if !self.suspects.is_empty() {
            question = question.suspects(self.suspects.iter().copied().collect());
        }
        if self.no_silence {
            question = question.without_silence();
        }
        if self.no_strays {
            question = question.without_strays();
        }
        question.disrupted(self.disruptions, self.latest)
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
