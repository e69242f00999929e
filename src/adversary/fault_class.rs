//! In what way traitors are faulty.

use std::fmt;

use crate::general::Generals;

/// In what way traitors are faulty. In everything else they obey the protocol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum FaultClass {
    /// They may send any message to any general, or none.
    #[default]
    Byzantine,
    /// They stop for good in any round, and reach any subset of their recipients in that round.
    Crash,
    /// Any message they send may be dropped.
    SendOmission,
    /// Any message sent to them may be dropped.
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

    /// Whether traitors may send any message.
    #[must_use]
    pub fn is_byzantine(&self) -> bool {
        *self == FaultClass::Byzantine
    }

    /// Which of n generals are bound by their inputs when these are the traitors: see
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
