//! The compositional search, for protocols that are [recursive](Recursive): the outcomes of a subtree are composed from
//! the outcomes of the subtrees below it, and never enumerated.
//!
//! An outcome of a subtree says, for each loyal general in it, which of the two values it takes from the subtree. Since
//! the adversary can rename the loyal generals among whom it chooses, only counts matter: how many of them take the
//! second value, and the fewest lies for that. The subtrees below share no messages, and what each relay was told is
//! fixed beforehand, so they are independent of each other. (What a traitor is told matters too when lies are counted,
//! since it may relay that without a lie.)
//!
//! Most of it is settled before votes are counted. Where no relay has a choice, everybody hears the same number of
//! votes in every case. Where a general's value is the same for all the votes that it can hear, that is so for all
//! generals who were told the same.

use std::rc::Rc;

use itertools::Itertools;

use super::CompositionError;
use super::outcomes::{IMPOSSIBLE, Node, Outcomes, bits};
use super::vote_classes::{Below, OrderSplit, VoteClasses, VoteThresholds, thresholds};
use super::vote_counting::VoteCounting;
use crate::search::progress::{Halt, Progress};
use crate::testable::{Recursive, described};

/// A protocol's recursion among n generals.
pub(super) struct Composition<'a> {
    n: usize,
    depth: usize,
    /// Indexed by the number of generals on the path, less one.
    thresholds: Vec<VoteThresholds>,
    /// Whether lies are counted; otherwise all lies are free.
    priced: bool,
    /// The outcomes of subtrees that are already known: see [`Composition::place`].
    known: Vec<Option<Rc<Outcomes>>>,
    pub vote_counting: VoteCounting,
    /// Counts the vote counts that were made, and the ways in which the first relays, or all of them, can vote.
    pub steps: u64,
    limit: u64,
    progress: &'a Progress,
}

impl<'a> Composition<'a> {
    /// The recursion of this protocol over these two values.
    pub fn of<V: Eq + Clone, M>(
        recursive: &dyn Recursive<V, M>,
        values: &[V; 2],
        n: usize,
        limit: u64,
        progress: &'a Progress,
    ) -> Result<Composition<'a>, CompositionError> {
        let depth = described("depth", || recursive.depth(n))?.min(n.saturating_sub(1));
        // At the end of a longest path, nobody relays anything.
        let others = |named| if named < depth { n - named - 1 } else { 0 };
        let thresholds =
            (1..=depth.max(1)).map(|named| thresholds(recursive, values, others(named)));
        let thresholds = thresholds.collect::<Result<_, CompositionError>>()?;
        Ok(Composition {
            n,
            depth,
            thresholds,
            priced: false,
            known: vec![None; 4 * n * n],
            vote_counting: VoteCounting::default(),
            steps: 0,
            limit,
            progress,
        })
    }

    /// From now on lies are counted.
    pub fn price_lies(&mut self) {
        self.priced = true;
        self.known.fill(None);
    }

    /// Whether it matters what a commander was told: it does not if he is a traitor and all lies are free.
    pub fn matters(&self, node: Node) -> bool {
        node.honest || self.priced
    }

    /// The outcomes of a subtree.
    fn outcomes(&mut self, node: Node) -> Result<Rc<Outcomes>, Halt> {
        let node = Node { told: node.told && self.matters(node), ..node };
        let place = self.place(node);
        if let Some(known) = &self.known[place] {
            return Ok(known.clone());
        }
        let outcomes = Rc::new(Outcomes::of(self.prices(node, u64::MAX)?));
        self.known[place] = Some(outcomes.clone());
        Ok(outcomes)
    }

    fn place(&self, Node { loyal, traitors, honest, told }: Node) -> usize {
        4 * (loyal * self.n + traitors) + 2 * usize::from(honest) + usize::from(told)
    }

    /// For each number of loyal generals in a subtree, the fewest lies with which that many take the second value from
    /// it. Only the numbers in `asked` (bits) are computed; the others are impossible.
    pub fn prices(&mut self, node: Node, asked: u64) -> Result<Vec<u64>, Halt> {
        let below = self.below(node)?;
        let before = self.steps;
        let mut prices = vec![IMPOSSIBLE; node.loyal + 1];
        let left_out = bits(!asked).take_while(|count| *count <= node.loyal);
        // A price of 0 for now, so that no search is made to beat it.
        left_out.clone().for_each(|count| prices[count] = 0);
        for split in self.splits(node) {
            let voter_groups = below.voter_groups(node, split);
            let least = split.lies + voter_groups.least();
            let seconds = voter_groups.span(true);
            let second = voter_groups
                .span(false)
                .flat_map(|first| seconds.clone().map(move |second| [first, second]));
            for second in second {
                let known = &mut prices[second[0] + second[1]];
                if least >= *known {
                    continue;
                }
                if voter_groups.is_settled() {
                    self.steps += 1;
                    *known = least;
                    continue;
                }
                let vote_classes = voter_groups.vote_classes(second);
                let Some(VoteClasses { classes, voters, .. }) = vote_classes else { continue };
                if self.progress.is_stopped() {
                    return Err(self.progress.halt());
                }
                let bound = *known - split.lies;
                let price =
                    self.vote_counting.cheapest(&classes, &voters, bound, &mut self.steps)?;
                *known = price.map_or(*known, |price| split.lies + price);
            }
            if self.steps > self.limit {
                return Err(Halt::Steps);
            }
        }
        self.progress.worked(self.steps - before);
        left_out.for_each(|count| prices[count] = IMPOSSIBLE);
        Ok(prices)
    }

    /// The outcomes of the subtrees below this one.
    pub fn below(&mut self, node: Node) -> Result<Below, Halt> {
        let Node { loyal, traitors, honest, .. } = node;
        let named = self.n - loyal - traitors;
        let mut below = Below::new(self.thresholds[named - 1]);
        if named >= self.depth || loyal == 0 {
            return Ok(below);
        }
        // A loyal commander tells everybody the same.
        for told in [false, true].into_iter().filter(|told| !honest || *told == node.told) {
            let of_loyal = Node { loyal: loyal - 1, traitors, honest: true, told };
            below.loyal[usize::from(told)] = Some(self.outcomes(of_loyal)?);
            if traitors > 0 {
                let of_traitor = Node { loyal, traitors: traitors - 1, honest: false, told };
                below.traitors[usize::from(told)] = Some(self.outcomes(of_traitor)?);
            }
        }
        Ok(below)
    }

    /// All ways in which the commander of a subtree can split the others by what he tells them.
    pub fn splits(&self, node: Node) -> impl Iterator<Item = OrderSplit> + use<> {
        let Node { loyal, traitors, honest, told } = node;
        let priced = self.priced;
        let all = |count, free: bool| match (honest, told) {
            (true, true) => count..=count,
            (false, _) if free => 0..=count,
            _ => 0..=0,
        };
        let (to_loyal, to_traitors) = (all(loyal, true), all(traitors, priced));
        let splits = to_loyal.cartesian_product(to_traitors);
        splits.map(move |(second, to)| {
            let lies = if told { loyal - second + traitors - to } else { second + to };
            let lies = if priced { lies as u64 } else { 0 };
            OrderSplit { loyal: second, traitors: to, lies }
        })
    }
}
