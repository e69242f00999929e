//! Makes a finding as small as possible: it is shrunk bit by bit, and then the fewest lies with which the protocol can
//! be broken at all are determined. If that takes too long, the smallest of several attacks is taken.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::budget::{MOST_STATES, StepBudget};
use super::choices::initial::{InitialChoices, TraitorsOrders};
use super::choices::space::Space;
use super::driver::Driver;
use super::exhaustive::context::Lies;
use super::exhaustive::uniform_cost::{MOST_LIES, UniformCost};
use super::outcome::SearchOutcome;
use super::progress::Phase;
use super::random::random_search::RandomSearch;
use super::{Found, Search};
use crate::execution::Size;
use crate::fault::unless_interrupted;
use crate::property::Violation;

/// The most steps spent on finding the fewest lies that break the protocol.
const PROOF_OF_LIES: u64 = 20_000_000;

/// The most attacks that are drawn at random if that takes too long.
const DRAWN: u64 = 4_096;

/// The most choices of traitors and disrupted messages that are searched side by side.
const MOST_SEARCHES: usize = 1 << 14;

/// The searches of all such choices, in order.
type Searches<'a> = BTreeMap<(usize, usize), Mutex<UniformCost<'a>>>;

/// The fewest lies with which a number of traitors can break a protocol.
struct Fewest {
    /// It is proved that fewer lies than this are not enough.
    least: usize,
    /// The first attack with this many lies, if one was found.
    found: Option<Found>,
}

impl Search<'_> {
    /// The first of the attacks with as many traitors and the fewest lies, if it is found in this many steps; otherwise
    /// the attack that was found.
    pub fn smaller(&self, space: &Space<'_>, found: Found, steps: u64) -> Found {
        let (traitors, size) = (found.attack.traitors.len(), found.attack.size());
        let fewest = || Driver::new(self, space).fewest(traitors, size, steps).found;
        let fewest = unless_interrupted(fewest).flatten();
        fewest.map_or(found, |found| Found { size: Size::LocallyMinimal, ..found })
    }
}

impl<'a> Driver<'a> {
    /// The same attack or a smaller one: as small as can be shown. `fewest_traitors` says whether it is proved that
    /// fewer traitors are not enough.
    pub fn minimal(&mut self, found: Found, fewest_traitors: bool) -> Found {
        if found.is_undetermined() {
            return found;
        }
        let progress = self.search.progress;
        progress.enter(Phase::Shrinking);
        let (local, _) = self.space.shrunk(found, progress, u64::MAX);
        // Other runs search other parts; what all of them find is shrunk afterwards.
        if self.search.part.is_some() {
            return local;
        }
        let (traitors, size) = (local.attack.traitors.len(), local.attack.size());
        let sizes = self.search.adversary.sizes();
        let sizes = sizes.filter(|size| *size == traitors || *size < traitors && !fewest_traitors);
        let sizes: Vec<_> = sizes.filter(|_| self.space.harvested().is_none()).collect();
        let share = PROOF_OF_LIES / sizes.len().max(1) as u64;
        let mut least = 0;
        for size_of in sizes {
            let Fewest { least: fewer, found } = self.fewest(size_of, size, share);
            match found {
                Some(found) if fewest_traitors => return Found { size: Size::Smallest, ..found },
                Some(found) => return self.space.shrunk(found, progress, u64::MAX).0,
                None => least = fewer,
            }
        }
        let hunted = self.hunted(traitors);
        let measure = |found: &Found| (found.attack.traitors.len(), found.attack.size());
        let smaller = hunted.filter(|hunted| measure(hunted) < measure(&local));
        let best = smaller.unwrap_or(local);
        match fewest_traitors && measure(&best) <= (traitors, least) {
            true => Found { size: Size::Smallest, ..best },
            false => best,
        }
    }

    /// The smallest of several attacks that are drawn at random and shrunk, half of them with this many traitors.
    fn hunted(&self, traitors: usize) -> Option<Found> {
        let Search { progress, limit, .. } = *self.search;
        if self.steps >= limit {
            return None;
        }
        let search = RandomSearch { space: self.space, seed: 0, cases: 0..DRAWN, progress };
        search.smallest(traitors)
    }

    /// The fewest lies, up to `most`, with which this many traitors can break the protocol, as far as that can be found
    /// out in this many steps.
    fn fewest(&mut self, traitors: usize, most: usize, steps: u64) -> Fewest {
        let Search { limit, progress, reductions, terms, .. } = *self.search;
        if terms.asked.of_course().is_some() || terms.in_waves {
            // The course of an execution is lost where executions that reach the same states are merged; and waves are
            // no rounds.
            return Fewest { least: 0, found: None };
        }
        let mut budget = StepBudget::new(progress, steps.min(limit.saturating_sub(self.steps)));
        let mut searches = Searches::new();
        let (mut least, mut first, mut lacking) = (0, None, None);
        for lies in 0..=most.min(MOST_LIES) {
            if !self.begin(&mut searches, traitors, lies) {
                break;
            }
            let these: Vec<_> = searches.values().collect();
            let ended = budget.in_order(these.len(), |place, budget| {
                let mut search = these[place].lock().unwrap_or_else(PoisonError::into_inner);
                search.go_through(lies as u32, reductions, &self.pool, budget)
            });
            let (done, found) = match ended {
                Ok(()) => (these.len(), false),
                Err((place, SearchOutcome::Found(..))) => (place + 1, true),
                Err((place, SearchOutcome::Halted(_) | SearchOutcome::Refused(_))) => {
                    (place, false)
                }
            };
            let mut held = 0;
            for search in &these[..done] {
                let search = search.lock().unwrap_or_else(PoisonError::into_inner);
                held += search.held();
                if lacking.is_none() {
                    lacking.clone_from(&search.lacking);
                }
            }
            if found {
                let search = these[done - 1].lock().unwrap_or_else(PoisonError::into_inner);
                first = Some((search.traitors(), search.disruptions().to_vec()));
            }
            if found || done < these.len() {
                break;
            }
            least = lies + 1;
            if held > MOST_STATES {
                break;
            }
        }
        self.steps += budget.steps();
        self.lacking = self.lacking.take().or(lacking);
        let found = first.and_then(|(traitors, disruptions)| {
            let cases = self.space.cases_with(traitors, disruptions, TraitorsOrders::Each);
            self.first(cases, least)
        });
        Fewest { least, found }
    }

    /// Begins the searches of cases in which this many messages are disrupted; false if there are too many.
    fn begin(&self, searches: &mut Searches<'a>, traitors: usize, disrupted: usize) -> bool {
        let space = self.space;
        if disrupted > space.adversary.disruptions {
            return true;
        }
        for (number, traitors) in space.suspects().subsets(traitors).enumerate() {
            let disruptions = space.disruptions(traitors, disrupted).enumerate();
            let these = disruptions.skip_while(|(_, these)| these.len() < disrupted);
            for (place, disruptions) in these.take_while(|(_, these)| these.len() == disrupted) {
                if searches.len() >= MOST_SEARCHES || self.search.progress.is_stopped() {
                    return false;
                }
                let search = UniformCost::new(space, traitors, disruptions, &self.pool);
                searches.insert((number, place), Mutex::new(search));
            }
        }
        true
    }

    /// The first attack with at most this many lies in these cases, one of which has such an attack.
    fn first(&mut self, cases: impl Iterator<Item = InitialChoices>, lies: usize) -> Option<Found> {
        let (found, _) = self.gone_through(cases, Lies::AtMost(lies as u32), PROOF_OF_LIES).ok()?;
        let found = found?;
        let told = found.attack.size();
        let again = (told > lies).then(|| self.space.inquired(&found.attack));
        if let Some(Found { violation: Violation::Fault(_), .. }) = again.flatten() {
            return None;
        }
        assert!(told <= lies, "bug in turncoat: {told} lies at the price of {lies}");
        Some(found)
    }
}
