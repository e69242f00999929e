//! Whether this many rounds can be enough: the answer is a protocol, synthesized here, or a chain of executions along
//! which every protocol must fail.
//!
//! Fischer, Lynch: A lower bound for the time to assure interactive consistency. Inf. Process. Lett. 14(4), 1982.
//! Dolev, Strong: Authenticated algorithms for Byzantine agreement. SIAM J. Comput. 12(4), 1983. Two views are joined
//! if two loyal lieutenants have them in the same execution: then their decisions must be the same.

use rustc_hash::FxHashMap;

use super::chain::ViewChain;
use super::graph::{ViewGraph, shortest};
use super::table::DecisionTable;
use super::views::Scope;
use crate::count::{Count, grouped, many};
use crate::general::Generals;
use crate::order::Order;
use crate::protocol::Round;
use crate::search::progress::Progress;

/// Decides whether `n` generals, at most `f` of whom are traitors, can reach Byzantine agreement on one of two orders
/// in `rounds` rounds of oral messages.
///
/// Everything that can be known is relayed: in each round a loyal lieutenant tells all others everything that he was
/// told in the round before, on paths that name nobody twice. What he has been told by the end is his
/// [view](super::View), and a protocol is a decision for each view. Two views are joined if two loyal lieutenants have
/// them in the same execution: then they must decide the same, and if the commander is loyal, his order.
///
/// An execution is a choice of at most `f` traitors (not all the lieutenants), of the order if the commander is loyal,
/// and of a value for each path on which a traitor tells a loyal lieutenant something. (Silence counts as the
/// default order.) Each choice is seen by some loyal lieutenant.
///
/// "There is a protocol" is unconditional: [`check`](crate::Check) confirms it. "There is none" speaks of all
/// protocols whose loyal lieutenants decide by what they were told along paths that name nobody twice. Its chain is a
/// shortest one, and each execution in it is an ordinary attack on [`OralMessages`](crate::OralMessages), which relays
/// everything that is known, and was run by the simulator.
///
/// The cost is one step for every loyal lieutenant in every execution, and as much again for every link of the chain.
///
/// ```
/// use turncoat::check;
/// use turncoat::impossibility::{Existence, rounds};
///
/// let one = rounds(4, 1, 1)?;
/// assert_eq!((one.views, one.executions), (6, 16));
/// let Existence::None(chain) = one.existence else { panic!("one round is too few") };
/// assert_eq!(chain.links[0].attack.traitors.to_string(), "the commander");
///
/// let Existence::Protocol(table) = rounds(4, 1, 2)?.existence else { panic!("two are enough") };
/// check(table).generals(4).traitors(1).assert_holds();
/// # Ok::<(), turncoat::impossibility::RoundsError>(())
/// ```
///
/// # Errors
///
/// The numbers make no sense, or the search would exceed [`MOST_VIEWS`] or [`MOST_STEPS`].
pub fn rounds(n: usize, f: usize, rounds: Round) -> Result<Rounds, RoundsError> {
    rounds_over(2, n, f, rounds)
}

/// The same with `values` orders to choose from, of which the first is the default.
///
/// # Errors
///
/// As [`rounds`](rounds()).
pub fn rounds_over(
    values: usize,
    n: usize,
    f: usize,
    rounds: Round,
) -> Result<Rounds, RoundsError> {
    rounds_watched(values, n, f, rounds, &Progress::new())
}

/// As [`rounds_over`], where another thread may watch the progress: one step per execution. It cannot be stopped.
///
/// # Errors
///
/// As [`rounds`](rounds()).
pub fn rounds_watched(
    values: usize,
    n: usize,
    f: usize,
    rounds: Round,
    progress: &Progress,
) -> Result<Rounds, RoundsError> {
    let scope = Scope { n, f, rounds, values };
    let executions = executions(scope)?;
    let orders = Order::first(values);
    let all = 10_f64.powf(executions.log10());
    let ViewGraph { mut classes, forced, executions: seen } = ViewGraph::of(scope, all, progress);
    assert_eq!(executions.exact(), Some(&seen.into()), "bug in turncoat: executions are lost");
    let mut decisions = FxHashMap::default();
    let mut contradicted = false;
    for (view, order) in forced.iter().enumerate() {
        let Some(order) = order else { continue };
        let before = decisions.insert(classes.find_mut(view), *order);
        contradicted |= before.is_some_and(|before| before != *order);
    }
    let roots = (0..forced.len()).map(|view| classes.find_mut(view)).collect::<Vec<_>>();
    let existence = if contradicted {
        let edges = shortest(scope, &forced).expect("a class is forced both ways");
        Existence::None(Box::new(ViewChain::told(scope, &orders, &edges)))
    } else {
        let decided = |root| orders[decisions.get(root).copied().unwrap_or(0)];
        Existence::Protocol(DecisionTable::new(scope, roots.iter().map(decided).collect()))
    };
    let classes = roots.iter().enumerate().filter(|(view, root)| view == *root).count();
    let free = classes - decisions.len();
    Ok(Rounds {
        n,
        f,
        rounds,
        values,
        views: roots.len(),
        executions: seen,
        classes,
        free,
        existence,
    })
}

/// The answer to whether this many rounds can be enough.
#[derive(Clone, Debug)]
#[must_use]
pub struct Rounds {
    /// How many generals there are.
    pub n: usize,
    /// How many of them can be traitors.
    pub f: usize,
    /// How many rounds there are.
    pub rounds: Round,
    /// How many orders there are to choose from.
    pub values: usize,
    /// How many views the lieutenants can have when the rounds are over.
    pub views: usize,
    /// How many executions there are.
    pub executions: u64,
    /// How many classes of views there are: views that are joined by a chain must lead to the same decision.
    pub classes: usize,
    /// In how many classes validity forces nothing.
    pub free: usize,
    /// The answer.
    pub existence: Existence,
}

/// Whether there is a protocol.
#[derive(Clone, Debug)]
pub enum Existence {
    /// There is: this one.
    Protocol(DecisionTable),
    /// There is none. Every decision along this chain would have to be the same, but validity forces different ones at
    /// its ends.
    None(Box<ViewChain>),
}

impl Rounds {
    /// Whether there is a protocol.
    #[must_use]
    pub fn exists(&self) -> bool {
        matches!(self.existence, Existence::Protocol(_))
    }
}

/// Why it cannot be decided whether this many rounds are enough.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum RoundsError {
    /// There must be two lieutenants, and no more generals than a set can hold.
    #[error(
        "n is {0}: there must be from 3 to {max} generals, as one lieutenant agrees with himself",
        max = Generals::MAX
    )]
    Generals(usize),
    /// Nobody would be loyal.
    #[error("f is {f}: with n = {n} there can be at most {}", many(n.saturating_sub(1) as u64, "traitor"))]
    AllTraitors {
        /// How many generals.
        n: usize,
        /// How many traitors.
        f: usize,
    },
    /// Nobody would be told anything.
    #[error("r is 0: there must be at least one round, or no lieutenant is told anything")]
    NoRound,
    /// There must be orders to choose from.
    #[error("values is {0}: there must be from 1 to 256 orders")]
    Values(usize),
    /// There are too many views to keep.
    #[error(
        "there are {0} views to search, and there can be at most {most}: choose a smaller n or r",
        most = grouped(&MOST_VIEWS.to_string())
    )]
    Views(Count),
    /// There are too many executions to search.
    #[error(
        "there are {executions} executions to search, times {lieutenants} lieutenants, and that \
         product can be at most {most}: choose a smaller n, f or r",
        most = grouped(&MOST_STEPS.to_string())
    )]
    Executions {
        /// How many.
        executions: Count,
        /// How many lieutenants.
        lieutenants: usize,
    },
}

/// The most views that are kept.
pub const MOST_VIEWS: u64 = 1 << 22;

/// The most steps that are taken: executions times lieutenants.
pub const MOST_STEPS: u64 = 1 << 31;

/// Whether [`rounds`](rounds()) can answer for these numbers: they make sense, and the search is not too large.
#[must_use]
pub fn affordable(n: usize, f: usize, rounds: Round) -> bool {
    executions(Scope { n, f, rounds, values: 2 }).is_ok()
}

/// How many executions there are to search, if that is possible.
fn executions(scope: Scope) -> Result<Count, RoundsError> {
    let Scope { n, f, rounds, values } = scope;
    if !(3..=Generals::MAX).contains(&n) {
        return Err(RoundsError::Generals(n));
    } else if f >= n {
        return Err(RoundsError::AllTraitors { n, f });
    } else if rounds == 0 {
        return Err(RoundsError::NoRound);
    } else if !(1..=Order::first(usize::MAX).len()).contains(&values) {
        return Err(RoundsError::Values(values));
    }
    let views = scope.views();
    if views > Count::from(MOST_VIEWS) {
        return Err(RoundsError::Views(views));
    }
    let executions = scope.executions();
    let steps: Count = [executions.clone(), Count::from(n as u64 - 1)].into_iter().product();
    if steps > Count::from(MOST_STEPS) {
        return Err(RoundsError::Executions { executions, lieutenants: n - 1 });
    }
    Ok(executions)
}
