//! The parameters of the event-driven protocols.

use clap::Args;

use super::answer::{BadInput, whole_number};
use super::views::few;
use crate::{BenOr, BinaryAgreement, BrachaAgreement, ReliableBroadcast};

#[derive(Args)]
pub struct BrachaArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// ECHOs after which a general sends READY [default: (n + m) / 2 + 1]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    ready_at: Option<usize>,
    /// READYs after which a general sends READY itself; 0 for never [default: m + 1]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    amplify_at: Option<usize>,
    /// READYs after which a general delivers [default: 2m + 1]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    deliver_at: Option<usize>,
    /// Generals do not store what they say, and vote again after a crash (see --restarts)
    #[arg(long)]
    forgetful: bool,
}

/// The parameters of reliable broadcast.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bracha {
    m: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ready_at: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amplify_at: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deliver_at: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    forgetful: bool,
}

impl BrachaArguments {
    pub fn given(&self, f: usize) -> Bracha {
        let BrachaArguments { m, ready_at, amplify_at, deliver_at, forgetful } = *self;
        Bracha { m: m.unwrap_or(f), ready_at, amplify_at, deliver_at, forgetful }
    }
}

impl Bracha {
    pub fn protocol(&self) -> ReliableBroadcast {
        let Bracha { m, ready_at, amplify_at, deliver_at, forgetful } = *self;
        let usual = ReliableBroadcast::new().tolerating(m);
        let usual = if forgetful { usual.forgetful() } else { usual };
        let ready = ready_at.map_or(usual, |echoes| usual.ready_at(echoes));
        let amplified = amplify_at.map_or(ready, |readies| ready.amplify_at(readies));
        deliver_at.map_or(amplified, |readies| amplified.deliver_at(readies))
    }
}

#[derive(Args)]
pub struct BenOrArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of rounds after which everybody stops [default: never]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    rounds: Option<usize>,
    /// Use the thresholds for traitors who only crash
    #[arg(long)]
    against_crashes: bool,
}

/// The parameters of Ben-Or's agreement.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenOrs {
    m: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounds: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    against_crashes: bool,
}

impl BenOrArguments {
    pub fn given(&self, f: usize) -> BenOrs {
        let BenOrArguments { m, rounds, against_crashes } = *self;
        BenOrs { m: m.unwrap_or(f), rounds, against_crashes }
    }
}

impl BenOrs {
    pub fn protocol(&self) -> Result<BenOr, BadInput> {
        let usual = BenOr::new().tolerating(self.m);
        let usual = rounds(self.rounds)?.map_or(usual, |rounds| usual.rounds(rounds));
        Ok(if self.against_crashes { usual.against_crashes() } else { usual })
    }
}

#[derive(Args)]
pub struct MmrArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of rounds after which everybody stops [default: never]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    rounds: Option<usize>,
    /// BVALs after which a general sends the same BVAL [default: m + 1]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    relay_at: Option<usize>,
    /// BVALs after which a general accepts an order [default: 2m + 1]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    accept_at: Option<usize>,
    /// Number of AUXs to wait for [default: n - m]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    wait_for: Option<usize>,
    /// Count an AUX even if its order was not accepted
    #[arg(long)]
    any_aux: bool,
    /// Add the CONF step that HoneyBadgerBFT has before the coin
    #[arg(long)]
    conf: bool,
    /// Also ask whether all decide in the end: the verdict is then bounded at best
    #[arg(long)]
    live: bool,
}

/// The parameters of binary agreement.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mmr {
    m: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounds: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    relay_at: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accept_at: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait_for: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    any_aux: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    conf: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    live: bool,
}

impl MmrArguments {
    pub fn given(&self, f: usize) -> Mmr {
        let MmrArguments { m, rounds, relay_at, accept_at, wait_for, any_aux, conf, live } = *self;
        Mmr { m: m.unwrap_or(f), rounds, relay_at, accept_at, wait_for, any_aux, conf, live }
    }
}

impl Mmr {
    pub fn protocol(&self) -> Result<BinaryAgreement, BadInput> {
        let Mmr { m, relay_at, accept_at, wait_for, .. } = *self;
        let usual = BinaryAgreement::new().tolerating(m);
        let usual = rounds(self.rounds)?.map_or(usual, |rounds| usual.rounds(rounds));
        let relaying = relay_at.map_or(usual, |bvals| usual.relay_at(bvals));
        let accepting = accept_at.map_or(relaying, |bvals| relaying.accept_at(bvals));
        let waiting = wait_for.map_or(accepting, |auxes| accepting.wait_for(auxes));
        let gullible = if self.any_aux { waiting.any_aux() } else { waiting };
        let confirming = if self.conf { gullible.confirming() } else { gullible };
        Ok(if self.live { confirming.live() } else { confirming })
    }
}

/// The rounds of Bracha's agreement, if it is not said.
const ROUNDS: usize = 2;

#[derive(Args)]
pub struct BrachaAgreementArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of rounds after which everybody stops
    #[arg(long, value_name = "K", default_value_t = ROUNDS, value_parser = whole_number)]
    rounds: usize,
    /// Send votes as they are, without reliable broadcast
    #[arg(long)]
    plain: bool,
    /// Count votes that no earlier votes justify
    #[arg(long)]
    no_validation: bool,
}

/// The parameters of Bracha's agreement.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrachaAgreements {
    m: usize,
    rounds: usize,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    plain: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    no_validation: bool,
}

impl BrachaAgreementArguments {
    pub fn given(&self, f: usize) -> BrachaAgreements {
        let BrachaAgreementArguments { m, rounds, plain, no_validation } = *self;
        BrachaAgreements { m: m.unwrap_or(f), rounds, plain, no_validation }
    }
}

impl BrachaAgreements {
    pub fn protocol(&self) -> Result<BrachaAgreement, BadInput> {
        let usual = BrachaAgreement::new().tolerating(self.m).rounds(few("--rounds", self.rounds)?);
        let sending = if self.plain { usual.plainly() } else { usual };
        Ok(if self.no_validation { sending.without_validation() } else { sending })
    }
}

/// The most rounds for which these protocols are run.
const MOST_ROUNDS: usize = 64;

fn rounds(rounds: Option<usize>) -> Result<Option<u32>, BadInput> {
    match rounds {
        None => Ok(None),
        Some(rounds @ 1..=MOST_ROUNDS) => Ok(Some(rounds as u32)),
        Some(rounds) => {
            let allowed = format!("there must be from 1 to {MOST_ROUNDS}");
            Err(BadInput(format!("--rounds is {rounds}: {allowed}")))
        }
    }
}
