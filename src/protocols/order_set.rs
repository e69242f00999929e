//! The set V of properly signed orders in SM(m) and its relatives: what a general remembers, and the choice from V when
//! it decides.

use std::fmt::{self, Display};

use itertools::Itertools;

use super::chain::{Chain, Sealer};
use crate::forgery::Forge;
use crate::general::General;
use crate::protocol::{Plain, Seat};
use crate::signature::Signatures;

/// The most different chains that may exist in one round, over all generals.
pub(super) const MOST_CHAINS: usize = 1 << 18;

/// The common function that chooses one order from the set V of properly signed orders. Any function works that is the
/// same for everybody and returns v for {v} and RETREAT for the empty set. (The median is the paper's example.)
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum SetChoice {
    /// The only order, or RETREAT if there is none or more than one.
    #[default]
    Only,
    /// The median of the orders.
    Median,
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SignedState<V, G> {
    pub(super) seat: Seat,
    /// V: the properly signed orders, sorted and without duplicates. (The commander's V holds his own order.)
    pub(super) orders: Vec<V>,
    /// What is to be sent in this round.
    pub(super) outbox: Vec<Chain<V, G>>,
    /// What is to be sent in the next round.
    pub(super) next: Vec<Chain<V, G>>,
}

impl<V: Plain + Display, G: Plain> SignedState<V, G> {
    /// Step 1: the commander signs his order, to send it; the others have none.
    pub(super) fn start<S>(seat: Seat, input: Option<&V>, sealer: &Sealer<S>) -> SignedState<V, G>
    where
        S: Signatures<Signature = G>,
    {
        let outbox = input.map(|order| sealer.chain(order, [seat.me]));
        SignedState {
            seat,
            orders: Vec::from_iter(input.cloned()),
            outbox: Vec::from_iter(outbox),
            next: Vec::new(),
        }
    }
}

impl SetChoice {
    /// The chosen one of these orders, which are sorted and without duplicates; `default` stands for no order.
    pub(super) fn of<V: Clone>(self, orders: &[V], default: &V) -> V {
        let chosen = match (self, orders) {
            (SetChoice::Only, [only]) => Some(only),
            (SetChoice::Only, _) => None,
            // The lower one of the two middle orders.
            (SetChoice::Median, _) => orders.get(orders.len().saturating_sub(1) / 2),
        };
        chosen.unwrap_or(default).clone()
    }
}

/// Inserts an element into a sorted list.
pub(super) fn insert<T: Ord>(list: &mut Vec<T>, one: T) {
    let place = list.partition_point(|other| *other < one);
    list.insert(place, one);
}

/// Whether SM(m) or a relative can be run with these numbers.
pub(super) fn admits<V: Display, S: Forge>(
    values: &[V],
    sealer: &Sealer<S>,
    n: usize,
    lengths: impl Iterator<Item = usize>,
) -> Result<(), String> {
    let commander = sealer.session.commander;
    if let Some(alike) = values.iter().map(ToString::to_string).duplicates().next() {
        return Err(format!("two orders are both written {alike}, so a signature can't tell them"));
    }
    if commander.id() >= n {
        return Err(format!("its commander is general {}, and there are {n}", commander.id()));
    }
    // In how many ways each general can sign.
    let ways = 1 + sealer.scheme.odd(commander, b"").len() as u128;
    let of_length = |length: usize| {
        let relays = (1..length).map(|signed| ways * n.saturating_sub(1 + signed) as u128);
        relays.fold(ways * (n * n * values.len()) as u128, u128::saturating_mul)
    };
    let chains = lengths.map(of_length).fold(0, u128::saturating_add);
    let most = MOST_CHAINS;
    if chains > most as u128 {
        return Err(format!(
            "among {n} generals there would be {chains} chains of signatures to be shown: there can \
             be at most {most}: choose a smaller m or n"
        ));
    }
    Ok(())
}

/// What a general holds at the end of SM(m) or a relative.
pub(super) fn explained<V: Plain + Display, G>(
    commander: General,
    SignedState { seat, orders, .. }: &SignedState<V, G>,
    choice: SetChoice,
) -> Vec<String> {
    let held = orders.iter().format(", ");
    if seat.me == commander {
        return vec![format!("gave the order {held}")];
    }
    vec![format!("V = {{{held}}}; {choice}")]
}

impl Display for SetChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SetChoice::Only => "the only order, else the default",
            SetChoice::Median => "the median, or the default if there is none",
        })
    }
}
