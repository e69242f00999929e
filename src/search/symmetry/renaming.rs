//! The renaming of generals who are alike: who is alike in a global state, and which of its successors can be renamed
//! into each other.
//!
//! Two generals are alike in a global state if the state stays the same when they change places. Whatever the adversary
//! does to one of them it can do to the other. A successor is one choice for each general. Only those successors are
//! explored that come before whatever they become when two such generals change places. (All that is explored happens
//! to generals under their own names, so nothing has to be renamed in what is found.)

use std::cmp::Ordering;

use indexmap::IndexSet;
use itertools::Itertools;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::Symmetry;
use crate::general::{General, Generals, Swap};
use crate::machine::StateId;
use crate::search::exhaustive::global_state::{GlobalState, Store};
use crate::testable::Refusal;

/// Renames the states of a store.
pub(crate) struct Renamer<'a> {
    symmetry: Option<&'a Symmetry<'a>>,
    /// The states that were renamed before, by number.
    renamed: FxHashMap<(StateId, Swap), StateId>,
    /// Whether what was overheard, by number, stays the same when two generals change places.
    shown: FxHashMap<(u32, Swap), bool>,
}

impl<'a> Renamer<'a> {
    /// Without a symmetry nobody is alike.
    pub fn new(symmetry: Option<&'a Symmetry<'a>>) -> Renamer<'a> {
        Renamer { symmetry, renamed: FxHashMap::default(), shown: FxHashMap::default() }
    }

    /// What a general's state becomes when two generals change places.
    pub(super) fn swapped(
        &mut self,
        state: Option<StateId>,
        swap: Swap,
        store: &mut Store<'_>,
    ) -> Result<Option<StateId>, Refusal> {
        let Some(state) = state.filter(|_| self.symmetry.is_some()) else { return Ok(state) };
        if let Some(renamed) = self.renamed.get(&(state, swap)) {
            return Ok(Some(*renamed));
        }
        let renamed = store.table.swapped(state, swap);
        let panicked = |message| Refusal::Panicked { call: "swapped_state", message };
        let renamed = renamed.map_err(panicked)?.unwrap_or(state);
        self.renamed.insert((state, swap), renamed);
        Ok(Some(renamed))
    }

    /// Whether what the adversary has overheard stays the same when two generals change places.
    fn shows_the_same(&mut self, overheard: u32, swap: Swap, store: &Store<'_>) -> bool {
        let Some(symmetry) = self.symmetry else { return true };
        *self.shown.entry((overheard, swap)).or_insert_with(|| {
            let shown = &store.overheard[overheard as usize];
            symmetry.beside(shown, shown, swap).is_none()
        })
    }

    /// Whether a global state stays the same when two generals change places.
    fn changes_nothing(
        &mut self,
        global: &GlobalState,
        swap: Swap,
        store: &mut Store<'_>,
    ) -> Result<bool, Refusal> {
        let GlobalState { states, overheard, .. } = global;
        if !self.shows_the_same(*overheard, swap, store) {
            return Ok(false);
        }
        for (general, state) in states.iter().enumerate() {
            if state.is_some() {
                let there = states[swap.of(General::new(general)).id()];
                if self.swapped(*state, swap, store)? != there {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Which of these generals are alike in a global state, in groups of at least two.
    pub fn alike(
        &mut self,
        global: &GlobalState,
        these: Generals,
        store: &mut Store<'_>,
    ) -> Result<Vec<Generals>, Refusal> {
        let mut all = Vec::new();
        let Some(symmetry) = self.symmetry else { return Ok(all) };
        for kind in &symmetry.kinds {
            let mut left = kind.minus(kind.minus(these));
            while let Some(first) = left.iter().next() {
                let mut alike = Generals::NONE.with(first);
                for other in left.without(first).iter() {
                    if self.changes_nothing(global, Swap::between(first, other), store)? {
                        alike = alike.with(other);
                    }
                }
                left = left.minus(alike);
                if alike.len() > 1 {
                    all.push(alike);
                }
            }
        }
        Ok(all)
    }

    /// How the choices of generals who are alike are exchanged when two of them change places. `choices` has the states
    /// that each receiver can reach.
    pub fn exchanges(
        &mut self,
        global: &GlobalState,
        (loyal, traitors): (Generals, Generals),
        choices: &[(General, IndexSet<Option<StateId>, FxBuildHasher>)],
        store: &mut Store<'_>,
    ) -> Result<Exchanges, Refusal> {
        let mut exchanges = Vec::new();
        let mut alike = self.alike(global, loyal, store)?;
        alike.extend(self.alike(global, traitors, store)?);
        for alike in alike {
            for (one, other) in alike.iter().tuple_windows() {
                let swap = Swap::between(one, other);
                let place = |to: General| choices.iter().position(|(other, _)| *other == to);
                let exchange = choices.iter().map(|own| {
                    let source = place(swap.of(own.0)).expect("both listen, or neither");
                    let renamed = self.renamed(&choices[source], own, swap, store)?;
                    Ok((source, renamed))
                });
                exchanges.push(Exchange(exchange.collect::<Result<_, Refusal>>()?));
            }
        }
        Ok(Exchanges(exchanges))
    }

    /// What the choices of one general become when two generals change places: their numbers among the choices of the
    /// general who then stands there.
    fn renamed(
        &mut self,
        (one, from): &(General, IndexSet<Option<StateId>, FxBuildHasher>),
        (other, to): &(General, IndexSet<Option<StateId>, FxBuildHasher>),
        swap: Swap,
        store: &mut Store<'_>,
    ) -> Result<Vec<usize>, Refusal> {
        let renamed = from.iter().map(|state| {
            let renamed = self.swapped(*state, swap, store)?;
            let unlike = Refusal::Unlike { one: *one, other: *other };
            to.get_index_of(&renamed).ok_or(unlike)
        });
        renamed.collect()
    }
}

/// What becomes of choices, one for each receiver, when two generals who are alike change places.
///
/// Of all choices that these exchanges, one after the other, can turn into each other, the first one has to be
/// explored. It is never left out, because nothing that it can be turned into comes before it.
pub(crate) struct Exchanges(Vec<Exchange>);

/// For each receiver: whose choice it takes over, and what each choice of that general becomes.
struct Exchange(Vec<(usize, Vec<usize>)>);

impl Exchanges {
    /// Nobody is alike.
    pub fn none() -> Exchanges {
        Exchanges(Vec::new())
    }

    /// Whether these picks, and this one for the next receiver, do not come after what each exchange makes of them, as
    /// far as that is settled.
    pub fn in_order(&self, picks: &[usize], pick: usize) -> bool {
        let picked = |place| match picks.get(place) {
            None if place == picks.len() => Some(pick),
            picked => picked.copied(),
        };
        self.0.iter().all(|Exchange(exchange)| {
            let pairs = exchange.iter().enumerate().map_while(|(place, (source, renamed))| {
                Some((picked(place)?, renamed[picked(*source)?]))
            });
            let first = pairs.map(|(own, other)| own.cmp(&other)).find(|order| order.is_ne());
            first.is_none_or(Ordering::is_lt)
        })
    }

    /// Whether these picks do not come after what any exchange makes of them, even if other exchanges then make that
    /// smaller.
    pub fn come_first(&self, picks: &[usize]) -> bool {
        self.0.iter().all(|exchange| {
            let mut renamed = exchange.of(picks);
            while let Some(before) =
                self.0.iter().map(|next| next.of(&renamed)).find(|next| *next < renamed)
            {
                renamed = before;
            }
            *picks <= *renamed
        })
    }
}

impl Exchange {
    /// What these picks become.
    fn of(&self, picks: &[usize]) -> Vec<usize> {
        self.0.iter().map(|(source, renamed)| renamed[picks[*source]]).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::adversary::Adversary;
    use crate::machine::{Machine, Numbered};
    use crate::order::Order;
    use crate::protocol::{Lockstep, Round};
    use crate::protocols::oral::OralMessages;
    use crate::protocols::signed::SignedMessages;
    use crate::search::budget::StepBudget;
    use crate::search::choices::initial::TraitorsOrders;
    use crate::search::choices::signature_set::SignatureSet;
    use crate::search::choices::space::Space;
    use crate::search::exhaustive::context::Lies;
    use crate::search::exhaustive::explorer::{Exploration, Explorer};
    use crate::search::exhaustive::thread::Pool;
    use crate::search::progress::Progress;
    use crate::search::reduction::Reductions;
    use crate::testable::Testable;

    /// The round that begins, everybody's state, and what the adversary can show.
    type Visited<P> = (Round, Vec<Option<<P as Lockstep>::State>>, Option<SignatureSet>);

    /// How many global states of these cases are explored when generals are renamed, and how many there are. Asserts
    /// that the explored ones can be renamed to all that there are.
    fn renamed<P: Testable>(protocol: &P, n: usize, f: usize) -> [usize; 2] {
        let (numbered, progress) = (Numbered::new(protocol), Progress::new());
        let terms = numbered.terms(&n.into(), true).unwrap();
        let symmetric = protocol.claims().symmetry.unwrap();
        let adversary = Adversary::byzantine(f).without_strays().exactly();
        let space = Space::new(&numbered, &terms, adversary, &progress).unwrap().unwrap();
        let symmetry = space.symmetry(&progress).unwrap().unwrap();
        let cases = space.cases(f, TraitorsOrders::One, 0, None);
        let cases = cases.filter(|case| symmetry.stands_for(case, &terms.values).is_some());
        let mut counts = [0, 0];
        for case in cases {
            let swaps = symmetry.swaps().filter(|swap| {
                let [one, other] = [swap.one, swap.other]
                    .map(|general| (case.traitors.contains(general), case.inputs.get(&general)));
                one == other
            });
            let swaps = swaps.collect_vec();
            let change = |(round, states, shown): &Visited<P>, swap: Swap| -> Visited<P> {
                let place = |place: usize| swap.of(General::new(place)).id();
                let states = (0..n).map(|at| states[place(at)].as_ref());
                let states = states.map(|state| Some(symmetric.swapped_state(state?, swap)));
                let shown = shown.as_ref().and_then(|shown| symmetry.overheard(shown, swap));
                (*round, states.collect(), shown)
            };
            let met = |symmetry| -> HashSet<Visited<P>> {
                let (lies, reductions, part) = (Lies::Free, Reductions::ALL, None);
                let pool = &Pool::default();
                let exploration =
                    Exploration { lies, reductions, symmetry, pool, part, under_way: None };
                let mut explorer =
                    Explorer::new(&space, &case, exploration, StepBudget::new(&progress, u64::MAX));
                explorer.begin().unwrap();
                let store = &explorer.store;
                let table = numbered.states(&*store.table);
                let visited = explorer.visited.iter().enumerate();
                let visited =
                    visited.flat_map(|(round, met)| met.keys().map(move |key| (round, key)));
                let met = visited.map(|(round, global)| {
                    let states = global.states.iter();
                    let states = states.map(|state| state.map(|state| table.get(state).clone()));
                    let states = states.collect();
                    let shown = space.is_signed().then(|| store.signatures(global).clone());
                    (round, states, shown)
                });
                met.collect()
            };
            // Swapped twice, a state is as it was, except for signatures that are not renamed.
            let whole: HashSet<_> =
                met(None).iter().map(|met| change(&change(met, swaps[0]), swaps[0])).collect();
            let mut left = met(Some(&symmetry)).into_iter().collect_vec();
            counts[0] += left.len();
            counts[1] += whole.len();
            let mut reached = HashSet::new();
            while let Some(one) = left.pop() {
                let others = swaps.iter().map(|swap| change(&one, *swap)).collect_vec();
                left.extend(others.into_iter().filter(|other| reached.insert(other.clone())));
            }
            assert!(reached == whole, "{:?}: {} of {}", case.traitors, reached.len(), whole.len());
        }
        counts
    }

    #[test]
    fn what_is_gone_through_can_be_renamed_to_all_that_there_is() {
        let three = OralMessages::new(1).over(Order::first(3));
        let oral = [renamed(&OralMessages::new(2), 7, 2), renamed(&three, 5, 1)];
        assert_eq!(oral, [[108, 1570], [18, 84]]);
        // Among six generals, two pairs can be alike whose choices refer to each other.
        let signed = [(2, 5, 2), (3, 5, 3), (2, 6, 2)];
        let signed = signed.map(|(m, n, f)| renamed(&SignedMessages::new(m), n, f));
        assert_eq!(signed, [[209, 968], [376, 1302], [824, 14421]]);
    }
}
