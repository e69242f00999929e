//! Which views occur together: every execution in which all that is known is relayed, represented by the views that
//! the loyal lieutenants have in it.

use std::iter;

use indexmap::IndexSet;

use crate::count::Count;
use crate::general::{General, Generals};
use crate::protocol::Seat;
use crate::protocols::path::{Path, paths};

/// How many generals, traitors, rounds and values there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scope {
    pub n: usize,
    pub f: usize,
    pub rounds: usize,
    pub values: usize,
}

impl Scope {
    pub fn lieutenants(self) -> Generals {
        Generals::first(self.n).without(General::COMMANDER)
    }

    /// The paths on which a lieutenant is told something, in order of rank.
    pub fn paths_to(self, lieutenant: General) -> impl Iterator<Item = Path> {
        let relays = Seat::new(lieutenant, self.n).neighbours;
        (1..=self.rounds.min(self.n - 1)).flat_map(move |len| paths(len, relays))
    }

    /// How many such paths there are: the sum over k < rounds of (n-2)(n-3)..(n-1-k).
    fn paths(self) -> u128 {
        let levels = (1..self.rounds.min(self.n - 1)).scan(1_u128, |level, relays| {
            *level = level.saturating_mul((self.n - 1 - relays) as u128);
            Some(*level)
        });
        levels.fold(1, u128::saturating_add)
    }

    /// How many views there are: a value for each path, for each lieutenant.
    pub fn views(self) -> Count {
        let paths = u32::try_from(self.paths()).unwrap_or(u32::MAX);
        let each = Count::from(self.values as u64).pow(paths.into());
        [Count::from(self.n as u64 - 1), each].into_iter().product()
    }

    /// How many views one lieutenant can have. Call it only if they are few enough.
    fn views_each(self) -> usize {
        self.values.pow(self.paths() as u32)
    }

    /// How many executions there are. For given traitors this depends only on how many there are, and on whether the
    /// commander is one.
    pub fn executions(self) -> Count {
        let sizes = (0..=self.f).flat_map(|size| [(size, false), (size, true)]);
        let executions = sizes.filter_map(|(size, commander)| {
            let among = size.checked_sub(usize::from(commander))?;
            let traitors =
                self.lieutenants().subsets(among).next().filter(|_| among < self.n - 1)?;
            let traitors = if commander { traitors.with(General::COMMANDER) } else { traitors };
            let choices = num_integer::binomial(self.n as u128 - 1, among as u128);
            let each =
                Count::from(self.values as u64).pow(Plot::of(self, traitors).said.len() as u128);
            let choices = u64::try_from(choices).expect("64 generals have fewer subsets");
            Some([Count::from(choices), each].into_iter().product::<Count>())
        });
        executions.sum()
    }

    /// How many views there are. Call it only if they are few enough.
    pub fn number_of_views(self) -> usize {
        (self.n - 1) * self.views_each()
    }

    /// All choices of traitors that leave a lieutenant loyal, fewer traitors first.
    pub fn traitors(self) -> impl Iterator<Item = Generals> {
        let traitors = (0..=self.f).flat_map(move |size| Generals::first(self.n).subsets(size));
        let matter = move |traitors: &Generals| !self.lieutenants().minus(*traitors).is_empty();
        traitors.filter(matter)
    }

    /// For each choice of traitors, what is free to be said.
    pub fn plots(self) -> impl Iterator<Item = Plot> {
        self.traitors().map(move |traitors| Plot::of(self, traitors))
    }

    /// The lieutenant whose view has this number, and what he was told on each path to him, as numbers of values.
    pub fn view(self, number: usize) -> (General, Vec<usize>) {
        let (lieutenant, mut rest) = (number / self.views_each(), number % self.views_each());
        let told = iter::repeat_with(|| {
            let value = rest % self.values;
            rest /= self.values;
            value
        });
        (General::new(lieutenant + 1), told.take(self.paths() as usize).collect())
    }

    /// The number of a view.
    pub fn number(
        self,
        lieutenant: General,
        told: impl DoubleEndedIterator<Item = usize>,
    ) -> usize {
        let rest = told.rev().fold(0, |rest, value| rest * self.values + value);
        (lieutenant.id() - 1) * self.views_each() + rest
    }
}

/// Something that is said once, and that loyal generals then relay.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum SaidOnce {
    /// The order of a loyal commander.
    Order,
    /// What the last general on this path, a traitor, tells a loyal lieutenant on it.
    Told(Path, General),
}

/// A choice of traitors, and what is free to be said: an execution assigns a value to each of those.
///
/// What traitors tell each other is left out, as no loyal general sees it. Everything else that they say is seen by
/// some loyal lieutenant, so different executions differ in the view of one.
#[derive(Debug)]
pub(super) struct Plot {
    pub traitors: Generals,
    pub said: IndexSet<SaidOnce>,
    /// For each loyal lieutenant, the number of the view in which every value is the first one, and how much that
    /// number grows with each value that is said.
    sees: Vec<(usize, Vec<usize>)>,
}

impl Plot {
    fn of(scope: Scope, traitors: Generals) -> Plot {
        let (mut said, mut sees) = (IndexSet::new(), Vec::new());
        for lieutenant in scope.lieutenants().minus(traitors).iter() {
            let mut grows = Vec::new();
            let mut place = 1_usize;
            for path in scope.paths_to(lieutenant) {
                let (said, _) = said.insert_full(origin(traitors, path, lieutenant));
                grows.resize(grows.len().max(said + 1), 0);
                grows[said] += place;
                place = place.saturating_mul(scope.values);
            }
            sees.push((scope.number(lieutenant, iter::empty()), grows));
        }
        for (_, grows) in &mut sees {
            grows.resize(said.len(), 0);
        }
        Plot { traitors, said, sees }
    }

    /// The execution in which everything that is said is the first value.
    pub fn first(&self) -> Seen<'_> {
        let views = self.sees.iter().map(|(first, _)| *first).collect();
        Seen { plot: self, values: vec![0; self.said.len()], views }
    }

    /// The index of a loyal commander's order among the things said.
    pub fn order(&self) -> Option<usize> {
        self.said.get_index_of(&SaidOnce::Order)
    }
}

/// Where a value that a loyal lieutenant is told on a path comes from: loyal generals relay what they are told.
pub(super) fn origin(traitors: Generals, mut path: Path, mut to: General) -> SaidOnce {
    while let Some(relay) = path.last().filter(|last| !traitors.contains(*last)) {
        if relay.is_commander() {
            return SaidOnce::Order;
        }
        (path, to) = (path.parent(), relay);
    }
    SaidOnce::Told(path, to)
}

/// One execution, as far as the loyal see it.
pub(super) struct Seen<'a> {
    pub plot: &'a Plot,
    /// What is said, as numbers of values.
    pub values: Vec<usize>,
    /// The numbers of the loyal lieutenants' views.
    pub views: Vec<usize>,
}

impl Seen<'_> {
    /// Goes on to the next execution of the same traitors, like counting up by one; false after the last.
    pub fn advance(&mut self, Scope { values, .. }: Scope) -> bool {
        for place in (0..self.values.len()).rev() {
            let before = self.values[place];
            let after = if before + 1 == values { 0 } else { before + 1 };
            self.values[place] = after;
            for (view, (_, grows)) in self.views.iter_mut().zip(&self.plot.sees) {
                *view = *view + after * grows[place] - before * grows[place];
            }
            if after != 0 {
                return true;
            }
        }
        false
    }
}
