//! The parameters of the protocols that proceed in views or iterations.

use clap::Args;

use super::answer::{BadInput, whole_number};
use crate::{ChainedHotStuff, HotStuff, Simplex, Tendermint};

/// The default numbers of views and of phases of HotStuff.
const VIEWS: usize = 2;
const PHASES: usize = 3;

#[derive(Args)]
pub struct HotStuffArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of views after which everybody stops
    #[arg(long, value_name = "K", default_value_t = VIEWS, value_parser = whole_number)]
    views: usize,
    /// Number of phases of each view
    #[arg(long, value_name = "K", default_value_t = PHASES, value_parser = whole_number)]
    phases: usize,
    /// Number of signatures in a certificate [default: n - m]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    quorum: Option<usize>,
    /// A lock is released by a certificate from any view
    #[arg(long, conflicts_with = "no_lock")]
    any_unlocks: bool,
    /// Vote without checking the lock
    #[arg(long)]
    no_lock: bool,
    /// Leave the view out of what is signed
    #[arg(long)]
    unsigned_view: bool,
    /// Also ask whether all decide in the last view, if its leader is loyal
    #[arg(long)]
    live: bool,
}

/// The parameters of HotStuff.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HotStuffs {
    m: usize,
    views: usize,
    phases: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quorum: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    any_unlocks: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    no_lock: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unsigned_view: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    live: bool,
}

impl HotStuffArguments {
    pub fn given(&self, f: usize) -> HotStuffs {
        let HotStuffArguments { views, phases, quorum, any_unlocks, no_lock, .. } = *self;
        let HotStuffArguments { m, unsigned_view, live, .. } = *self;
        let m = m.unwrap_or(f);
        HotStuffs { m, views, phases, quorum, any_unlocks, no_lock, unsigned_view, live }
    }
}

impl HotStuffs {
    pub fn protocol(&self) -> Result<HotStuff, BadInput> {
        let HotStuffs { m, quorum, any_unlocks, no_lock, .. } = *self;
        let (views, phases) = (few("--views", self.views)?, few("--phases", self.phases)?);
        let usual = HotStuff::new().tolerating(m).views(views).phases(phases);
        let counting = quorum.map_or(usual, |signers| usual.quorum(signers));
        let unlocking = if any_unlocks { counting.unlocking_by_any() } else { counting };
        let free = if no_lock { unlocking.without_lock() } else { unlocking };
        let signing = if self.unsigned_view { free.unsigned_view() } else { free };
        Ok(if self.live { signing.live() } else { signing })
    }
}

/// The default number of views of chained HotStuff.
const CHAINED_VIEWS: usize = 4;

#[derive(Args)]
pub struct ChainedHotStuffArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of views after which everybody stops
    #[arg(long, value_name = "K", default_value_t = CHAINED_VIEWS, value_parser = whole_number)]
    views: usize,
    /// Number of signatures in a certificate [default: n - m]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    quorum: Option<usize>,
    /// Decide by the links between blocks, whether or not their views are consecutive
    #[arg(long)]
    any_links: bool,
}

/// The parameters of chained HotStuff.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainedHotStuffs {
    m: usize,
    views: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quorum: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    any_links: bool,
}

impl ChainedHotStuffArguments {
    pub fn given(&self, f: usize) -> ChainedHotStuffs {
        let ChainedHotStuffArguments { m, views, quorum, any_links } = *self;
        ChainedHotStuffs { m: m.unwrap_or(f), views, quorum, any_links }
    }
}

impl ChainedHotStuffs {
    pub fn protocol(&self) -> Result<ChainedHotStuff, BadInput> {
        let views = few("--views", self.views)?;
        let usual = ChainedHotStuff::new().tolerating(self.m).views(views);
        let counting = self.quorum.map_or(usual, |signers| usual.quorum(signers));
        Ok(if self.any_links { counting.any_links() } else { counting })
    }
}

/// The default number of rounds of Tendermint.
const ROUNDS: usize = 2;

#[derive(Args)]
pub struct TendermintArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of rounds after which everybody stops
    #[arg(long, value_name = "K", default_value_t = ROUNDS, value_parser = whole_number)]
    rounds: usize,
    /// Size of every quorum [default: n - m]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    quorum: Option<usize>,
    /// PREVOTEs after which a general locks and sends PRECOMMIT [default: n - m]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    lock_at: Option<usize>,
    /// Vote without checking the lock
    #[arg(long)]
    no_lock: bool,
    /// Accept PREVOTEs for another order as proof of a valid round
    #[arg(long)]
    any_polka: bool,
    /// Also ask whether all decide in the last round, if its proposer is loyal
    #[arg(long)]
    live: bool,
}

/// The parameters of Tendermint.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tendermints {
    m: usize,
    rounds: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quorum: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock_at: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    no_lock: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    any_polka: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    live: bool,
}

impl TendermintArguments {
    pub fn given(&self, f: usize) -> Tendermints {
        let TendermintArguments { rounds, quorum, lock_at, no_lock, any_polka, live, .. } = *self;
        let m = self.m.unwrap_or(f);
        Tendermints { m, rounds, quorum, lock_at, no_lock, any_polka, live }
    }
}

impl Tendermints {
    pub fn protocol(&self) -> Result<Tendermint, BadInput> {
        let Tendermints { m, quorum, lock_at, no_lock, any_polka, .. } = *self;
        let usual = Tendermint::new().tolerating(m).rounds(few("--rounds", self.rounds)?);
        let counting = quorum.map_or(usual, |votes| usual.quorum(votes));
        let locking = lock_at.map_or(counting, |prevotes| counting.lock_at(prevotes));
        let free = if no_lock { locking.without_lock() } else { locking };
        let gullible = if any_polka { free.any_polka() } else { free };
        Ok(if self.live { gullible.live() } else { gullible })
    }
}

/// The default number of iterations of Simplex.
const ITERATIONS: usize = 2;

#[derive(Args)]
pub struct SimplexArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of iterations after which everybody stops
    #[arg(long, value_name = "K", default_value_t = ITERATIONS, value_parser = whole_number)]
    iterations: usize,
    /// Size of every quorum [default: n - m]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    quorum: Option<usize>,
    /// Believe a leader that the iterations since the parent of its block were empty
    #[arg(long)]
    trust_gaps: bool,
}

/// The parameters of Simplex.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simplexes {
    m: usize,
    iterations: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quorum: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    trust_gaps: bool,
}

impl SimplexArguments {
    pub fn given(&self, f: usize) -> Simplexes {
        let SimplexArguments { m, iterations, quorum, trust_gaps } = *self;
        Simplexes { m: m.unwrap_or(f), iterations, quorum, trust_gaps }
    }
}

impl Simplexes {
    pub fn protocol(&self) -> Result<Simplex, BadInput> {
        let iterations = few("--iterations", self.iterations)?;
        let usual = Simplex::new().tolerating(self.m).iterations(iterations);
        let counting = self.quorum.map_or(usual, |votes| usual.quorum(votes));
        Ok(if self.trust_gaps { counting.trusting_gaps() } else { counting })
    }
}

/// The most views, rounds, iterations or phases for which these protocols are run.
const MOST: usize = 16;

pub(super) fn few(flag: &str, number: usize) -> Result<u32, BadInput> {
    match number {
        1..=MOST => Ok(number as u32),
        _ => Err(BadInput(format!("{flag} is {number}: there must be from 1 to {MOST}"))),
    }
}
