//! The parameters of PBFT, and of its successors IBFT and dBFT.

use clap::Args;

use super::answer::{BadInput, whole_number};
use super::views::few;
use crate::{Dbft, Ibft, Pbft};

/// The default number of views or rounds.
const VIEWS: usize = 2;

#[derive(Args)]
pub struct PbftArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of views after which everybody stops
    #[arg(long, value_name = "K", default_value_t = VIEWS, value_parser = whole_number)]
    views: usize,
    /// Size of every quorum [default: n - m]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    quorum: Option<usize>,
    /// Forget what was prepared when a new view begins
    #[arg(long)]
    forget: bool,
    /// Decide what is prepared at once, without COMMIT
    #[arg(long)]
    decide_prepared: bool,
    /// A new view adopts what was prepared in the lowest view, not the highest
    #[arg(long)]
    pick_lowest: bool,
    /// Accept NEW-VIEW without checking it
    #[arg(long)]
    trust_new_view: bool,
    /// Also ask whether all decide in the last view, if its primary is loyal
    #[arg(long)]
    live: bool,
}

/// The parameters of PBFT.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pbfts {
    m: usize,
    views: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quorum: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    forget: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    decide_prepared: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pick_lowest: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    trust_new_view: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    live: bool,
}

impl PbftArguments {
    pub fn given(&self, f: usize) -> Pbfts {
        let PbftArguments { views, quorum, forget, decide_prepared, .. } = *self;
        let PbftArguments { pick_lowest, trust_new_view, live, .. } = *self;
        let m = self.m.unwrap_or(f);
        Pbfts { m, views, quorum, forget, decide_prepared, pick_lowest, trust_new_view, live }
    }
}

impl Pbfts {
    pub fn protocol(&self) -> Result<Pbft, BadInput> {
        let usual = Pbft::new().tolerating(self.m).views(few("--views", self.views)?);
        let counting = self.quorum.map_or(usual, |signers| usual.quorum(signers));
        let keeping = if self.forget { counting.forgetting() } else { counting };
        let hasty = if self.decide_prepared { keeping.deciding_when_prepared() } else { keeping };
        let picking = if self.pick_lowest { hasty.picking_lowest() } else { hasty };
        let trusting = if self.trust_new_view { picking.trusting_new_views() } else { picking };
        Ok(if self.live { trusting.live() } else { trusting })
    }
}

#[derive(Args)]
pub struct IbftArguments {
    /// Number of traitors the algorithm is designed for [default: f]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of rounds after which everybody stops
    #[arg(long, value_name = "K", default_value_t = VIEWS, value_parser = whole_number)]
    rounds: usize,
    /// Size of every quorum [default: n - m]
    #[arg(long, value_name = "K", value_parser = whole_number)]
    quorum: Option<usize>,
    /// Never lock
    #[arg(long)]
    no_lock: bool,
    /// Also ask whether all decide in the last round, if its proposer is loyal
    #[arg(long)]
    live: bool,
}

/// The parameters of IBFT.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ibfts {
    m: usize,
    rounds: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quorum: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    no_lock: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    live: bool,
}

impl IbftArguments {
    pub fn given(&self, f: usize) -> Ibfts {
        let IbftArguments { m, rounds, quorum, no_lock, live } = *self;
        Ibfts { m: m.unwrap_or(f), rounds, quorum, no_lock, live }
    }
}

impl Ibfts {
    pub fn protocol(&self) -> Result<Ibft, BadInput> {
        let usual = Ibft::new().tolerating(self.m).rounds(few("--rounds", self.rounds)?);
        let counting = self.quorum.map_or(usual, |votes| usual.quorum(votes));
        let free = if self.no_lock { counting.without_lock() } else { counting };
        Ok(if self.live { free.live() } else { free })
    }
}

#[derive(Args)]
pub struct DbftArguments {
    /// Number of traitors the algorithm is designed for [default: (n - 1) / 3]
    #[arg(short, value_parser = whole_number)]
    m: Option<usize>,
    /// Number of views after which everybody stops
    #[arg(long, value_name = "K", default_value_t = VIEWS, value_parser = whole_number)]
    views: usize,
    /// Never count a silent general as lost
    #[arg(long)]
    ignore_lost: bool,
    /// Let generals who have committed change view
    #[arg(long)]
    leave_commits: bool,
    /// Also ask whether all decide in the last view, if its primary is loyal
    #[arg(long)]
    live: bool,
}

/// The parameters of dBFT.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dbfts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    m: Option<usize>,
    views: usize,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ignore_lost: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    leave_commits: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    live: bool,
}

impl DbftArguments {
    pub fn given(&self) -> Dbfts {
        let DbftArguments { m, views, ignore_lost, leave_commits, live } = *self;
        Dbfts { m, views, ignore_lost, leave_commits, live }
    }
}

impl Dbfts {
    pub fn protocol(&self) -> Result<Dbft, BadInput> {
        let usual = Dbft::new().views(few("--views", self.views)?);
        let made_for = self.m.map_or(usual, |f| usual.tolerating(f));
        let minding = if self.ignore_lost { made_for.ignoring_lost() } else { made_for };
        let leaving = if self.leave_commits { minding.leaving_commits() } else { minding };
        Ok(if self.live { leaving.live() } else { leaving })
    }
}
