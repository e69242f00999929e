//! The driver: what is searched in which order. First the canned attacks, then everything, with more and more traitors;
//! a finding is then made [as small as possible](super::minimal). Whatever an engine finds is run again by the
//! simulator before it is believed.

use itertools::Itertools;

use super::budget::StepBudget;
use super::choices::initial::{InitialChoices, TraitorsOrders};
use super::choices::space::Space;
use super::confirm::another_end;
use super::decisions::{self, Decisions};
use super::exhaustive::context::Lies;
use super::exhaustive::explorer::{Exploration, Explorer};
use super::exhaustive::thread::Pool;
use super::milestone::{CaseUnderWay, Milestone};
use super::outcome::{Explored, SearchOutcome};
use super::progress::{Halt, Phase};
use super::reduction::Reduction;
use super::symmetry::Symmetry;
use super::{Answer, Engine, Found, Search, canned_attacks, events, naive};
use crate::count::Count;
use crate::fault::Fault;
use crate::general::Generals;
use crate::machine::NumberedAttack;
use crate::property::Violation;
use crate::testable::{Lacking, Refusal};

/// How many cases are handed to the threads at a time.
const AT_A_TIME: usize = 256;

/// The most steps spent on proving that fewer traitors than in a known attack are not enough.
const PROOF_OF_TRAITORS: u64 = 20_000_000;

impl Search<'_> {
    /// Looks for an attack, and makes one that is found as small as possible.
    pub fn run(&self) -> Result<Answer, Refusal> {
        let space = Space::new(self.machine, self.terms, self.adversary, self.progress)?;
        let Some(space) = space else { return Ok(self.stopped()) };
        self.run_in(&space)
    }

    /// The same in a space that was prepared before.
    pub fn run_in(&self, space: &Space<'_>) -> Result<Answer, Refusal> {
        if self.terms.in_waves {
            return events::run_events(self, space);
        }
        match self.driver(space)? {
            Some(driver) => driver.run(),
            None => Ok(self.stopped()),
        }
    }

    /// The answer if the search was stopped before anything was searched.
    fn stopped(&self) -> Answer {
        Answer { halt: Some(self.progress.halt()), ..Answer::default() }
    }

    /// Any attack in this space with as many traitors as allowed, exactly as it was found.
    pub fn any_in(&self, space: &Space<'_>) -> Result<Answer, Refusal> {
        if self.terms.in_waves {
            return events::run_events(self, space);
        }
        let Some(mut driver) = self.driver(space)? else { return Ok(self.stopped()) };
        let (mut found, mut halt) = driver.canned_attacks()?;
        if found.is_none() && halt.is_none() {
            (found, halt) = driver.explored(self.adversary.traitors, u64::MAX)?;
        }
        let halt = halt.or(space.harvested().filter(|_| found.is_none()).map(|_| Halt::Harvest));
        Ok(driver.answer(Count::ZERO, found, halt))
    }

    /// The answer when every part was searched, in `steps` steps, and these attacks were found; `None` if one of the
    /// attacks breaks nothing.
    pub fn settled(
        &self,
        steps: u64,
        attacks: Vec<NumberedAttack>,
    ) -> Result<Option<Answer>, Refusal> {
        let space = Space::new(self.machine, self.terms, self.adversary, self.progress)?;
        let Some(space) = space else { return Ok(Some(self.stopped())) };
        let Some(mut driver) = self.driver(&space)? else { return Ok(Some(self.stopped())) };
        driver.steps = steps;
        let mut found = Vec::new();
        for attack in attacks {
            let Some(confirmed) = space.confirmed(&attack) else { return Ok(None) };
            found.push(confirmed);
        }
        // As in one undivided search, the attack with the fewest traitors counts.
        let size = |found: &Found| (found.attack.traitors.len(), found.attack.size());
        let known = space.harvested().is_none();
        let found = found.into_iter().min_by_key(size);
        let found = found.map(|found| driver.minimal(found, known));
        let halt = (!known && found.is_none()).then_some(Halt::Harvest);
        Ok(Some(driver.answer(driver.whole.clone(), found, halt)))
    }

    /// An answer that only describes this space.
    pub fn of_space(&self, space: &Space<'_>) -> Answer {
        let (signed, forgeries) = (space.is_signed(), space.has_forgeries());
        Answer { signed, forgeries, harvested: space.harvested(), ..Answer::default() }
    }

    /// A search of a whole space; `None` if it was stopped before its size was known.
    fn driver<'a>(&'a self, space: &'a Space<'a>) -> Result<Option<Driver<'a>>, Refusal> {
        self.progress.enter(Phase::Counting);
        let renames = self.engine == Engine::Exhaustive && self.reductions.has(Reduction::Renaming);
        let symmetry = space.symmetry(self.progress)?.filter(|_| renames);
        let Some(whole) = space.behaviours(self.progress) else { return Ok(None) };
        self.progress.enter(Phase::Searching);
        Ok(Some(Driver { symmetry, whole, ..Driver::new(self, space) }))
    }
}

/// A search under way.
pub(super) struct Driver<'a> {
    pub search: &'a Search<'a>,
    pub space: &'a Space<'a>,
    /// The symmetry that is used, if any.
    symmetry: Option<Symmetry<'a>>,
    /// The states learned in other cases.
    pub pool: Pool,
    /// How many raw behaviours there are in all.
    whole: Count,
    /// The raw behaviours that are covered so far.
    covered: Count,
    pub steps: u64,
    /// What the repertoire lacks: messages that an obeying traitor would have said in smaller attacks.
    pub lacking: Option<Lacking>,
}

/// What a part of a search found, or why it ended before it found anything.
pub(super) type FoundOrHalt = (Option<Found>, Option<Halt>);

impl<'a> Driver<'a> {
    /// A driver that renames nobody, and does not count what it covers.
    pub fn new(search: &'a Search<'a>, space: &'a Space<'a>) -> Driver<'a> {
        let (pool, whole, covered) = (Pool::default(), Count::ZERO, Count::ZERO);
        let (symmetry, steps, lacking) = (None, 0, None);
        Driver { search, space, symmetry, pool, whole, covered, steps, lacking }
    }

    fn run(mut self) -> Result<Answer, Refusal> {
        self.fault_free()?;
        let (obvious, mut halt) = self.canned_attacks()?;
        let mut found = None;
        for size in self.search.adversary.sizes() {
            let obvious = obvious.as_ref().map(|found| found.attack.traitors.len());
            if halt.is_some() || found.is_some() || obvious.is_some_and(|known| known <= size) {
                break;
            }
            let most = if obvious.is_some() { PROOF_OF_TRAITORS } else { u64::MAX };
            (found, halt) = self.explored(size, most)?;
        }
        let Some(found) = found.or(obvious) else {
            let behaviours = self.covered.clone();
            let halt = halt.or(self.space.harvested().map(|_| Halt::Harvest));
            let halt = halt.or(self.search.part.map(|_| Halt::Part));
            return Ok(self.answer(behaviours, None, halt));
        };
        // It is proved that fewer traitors are not enough, unless the search was halted, it is not known what traitors
        // could say, or it covers only a part.
        let proved =
            halt.is_none() && self.space.harvested().is_none() && self.search.part.is_none();
        let found = self.minimal(found, proved);
        Ok(self.answer(self.whole.clone(), Some(found), None))
    }

    fn answer(&self, behaviours: Count, found: Option<Found>, halt: Option<Halt>) -> Answer {
        let sound = match self.search.engine {
            Engine::Exhaustive => Reduction::against(self.search.adversary.faults),
            Engine::Compositional | Engine::Naive => &[],
        };
        let mut reductions = self.search.reductions.of(sound);
        let extremes = self.space.has_extremes(self.search.reductions);
        reductions.retain(|reduction| match reduction {
            Reduction::Renaming => self.symmetry.is_some(),
            Reduction::Extremes => extremes,
            _ => true,
        });
        let (lacking, steps) = (self.lacking.clone(), self.steps);
        let of_space = self.search.of_space(self.space);
        Answer { behaviours, lacking, reductions, steps, found, halt, ..of_space }
    }

    /// How many raw behaviours are covered when this case is; `None` if another case represents it.
    fn covers(&self, case: &InitialChoices) -> Option<Count> {
        let values = &self.search.terms.values;
        let cases = match &self.symmetry {
            None => Count::from(1),
            Some(symmetry) => symmetry.stands_for(case, values)?,
        };
        // The input of a Byzantine traitor makes no new behaviour.
        let free = case.inputs.iter().filter(|_| case.faults.is_byzantine());
        let mut free = free.filter(|(general, _)| case.traitors.contains(**general));
        if free.any(|(general, input)| *input != self.search.terms.inputs_of(*general)[0]) {
            return Some(Count::ZERO);
        }
        Some([cases, self.space.behaviours_of(case.traitors)].into_iter().product())
    }

    /// Checks, with no traitors, that the repertoire describes the signatures which are shown. Where there are always
    /// traitors, a mistake would not be noticed otherwise.
    fn fault_free(&self) -> Result<(), Refusal> {
        if !self.space.is_signed() || !self.search.adversary.exactly {
            return Ok(());
        }
        let disruptions = self.search.adversary.disruptions;
        for case in self.space.cases_of(Generals::NONE, TraitorsOrders::Each, disruptions, None) {
            if self.search.progress.is_stopped() {
                return Ok(());
            }
            let budget = StepBudget::new(self.search.progress, u64::MAX);
            let explored = self.explorer(&case, Lies::Free, None, budget).explore();
            if let Err(SearchOutcome::Refused(refusal)) = explored.1 {
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// The first canned attack that breaks the protocol.
    fn canned_attacks(&mut self) -> Result<FoundOrHalt, Refusal> {
        let Search { limit, progress, .. } = *self.search;
        for size in self.search.adversary.sizes() {
            for attack in canned_attacks::attacks(self.space, size) {
                if progress.is_stopped() || self.steps == limit {
                    let halt = if progress.is_stopped() { progress.halt() } else { Halt::Steps };
                    return Ok((None, Some(halt)));
                }
                let (attack, execution) = attack?;
                self.steps = limit.min(self.steps + execution.messages() as u64);
                if execution.violation().is_some() {
                    let found = self.space.confirmed(&attack);
                    if found.is_some() {
                        return Ok((found, None));
                    }
                }
            }
        }
        Ok((None, None))
    }

    /// Searches all cases with exactly `size` traitors. Lies are free.
    fn explored(&mut self, size: usize, most: u64) -> Result<FoundOrHalt, Refusal> {
        let one = self.search.engine != Engine::Exhaustive
            || self.search.reductions.has(Reduction::TraitorsOrder);
        let orders = if one { TraitorsOrders::One } else { TraitorsOrders::Each };
        let (disruptions, symmetry) = (self.search.adversary.disruptions, self.symmetry.clone());
        let cases = self.space.cases(size, orders, disruptions, symmetry.as_ref());
        let values = &self.search.terms.values;
        let stands = |case: &InitialChoices| {
            symmetry.as_ref().is_none_or(|symmetry| symmetry.stands_for(case, values).is_some())
        };
        let progress = self.search.progress;
        let mut cases = cases.take_while(|_| !progress.is_stopped()).filter(stands);
        // Cases that an earlier run of the same search has done are skipped.
        let from = progress.milestones.from().filter(|from| from.traitors >= size);
        let skipped =
            from.map_or(0, |from| if from.traitors > size { usize::MAX } else { from.cases });
        for case in cases.by_ref().take(skipped) {
            self.cover(&case);
            progress.covered(self.share(&case));
        }
        if from.is_some_and(|from| from.traitors > size) {
            return Ok((None, progress.go_on().err()));
        }
        let begun = from.unwrap_or_else(|| Milestone::beginning(size, self.steps));
        self.steps = begun.steps;
        progress.milestones.begin(begun);
        let most = most.saturating_sub(begun.steps - begun.before);
        self.gone_through(cases, Lies::Free, most)
    }

    /// The share of the whole question that a case represents.
    fn share(&self, case: &InitialChoices) -> f64 {
        let parts = self.search.part.map_or(1.0, |part| part.of() as f64);
        let behaviours =
            self.covers(case).map(|behaviours| behaviours.log10() - self.whole.log10());
        behaviours.map_or(0.0, |log10| 10_f64.powf(log10) / parts)
    }

    /// Counts a case as covered.
    fn cover(&mut self, case: &InitialChoices) {
        if let Some(behaviours) = self.covers(case) {
            self.covered = [std::mem::take(&mut self.covered), behaviours].into_iter().sum();
        }
    }

    /// Searches these cases, with at most `most` more steps, on all threads, as if one after the other, up to the first
    /// that ends early.
    pub fn gone_through(
        &mut self,
        cases: impl Iterator<Item = InitialChoices>,
        lies: Lies,
        most: u64,
    ) -> Result<FoundOrHalt, Refusal> {
        let Search { limit, progress, .. } = *self.search;
        let mut budget = StepBudget::new(progress, most.min(limit.saturating_sub(self.steps)));
        let (is_free, mut end) = (lies == Lies::Free, None);
        let mut first = 0;
        for cases in &cases.chunks(AT_A_TIME) {
            let mut cases = cases.collect_vec();
            let explored = budget.in_order(cases.len(), |place, budget| {
                let case = &cases[place];
                let under_way = progress.milestones.case(first + place).filter(|_| is_free);
                let explored = self.explore(case, lies, under_way, budget);
                if explored.1.is_ok() && is_free {
                    progress.covered(self.share(case));
                }
                if let (Some(case), Ok(())) = (under_way, &explored.1) {
                    case.is_done(explored.0);
                }
                explored
            });
            first += cases.len();
            if let Err((place, why)) = explored {
                end = Some((cases.swap_remove(place), why));
                cases.truncate(place);
            }
            cases.iter().filter(|_| is_free).for_each(|case| self.cover(case));
            if end.is_some() {
                break;
            }
        }
        self.steps += budget.steps();
        let outcome = match end {
            None => (None, progress.go_on().err()),
            Some((case, SearchOutcome::Found(violation, decisions))) => {
                (Some(self.confirmed(&case, lies, violation, *decisions)?), None)
            }
            Some((_, SearchOutcome::Halted(halt))) => (None, Some(halt)),
            Some((_, SearchOutcome::Refused(refusal))) => return Err(refusal),
        };
        Ok(outcome)
    }

    /// Searches one case. Only the exhaustive engine counts lies.
    fn explore(
        &self,
        case: &InitialChoices,
        lies: Lies,
        under_way: Option<CaseUnderWay<'_>>,
        budget: StepBudget<'_>,
    ) -> Explored {
        match (self.search.engine, lies) {
            (Engine::Naive, Lies::Free) => naive::explore(self.space, case, budget),
            _ => self.explorer(case, lies, under_way, budget).explore(),
        }
    }

    fn explorer<'e>(
        &'e self,
        case: &'e InitialChoices,
        lies: Lies,
        under_way: Option<CaseUnderWay<'e>>,
        budget: StepBudget<'e>,
    ) -> Explorer<'e> {
        let symmetry = self.symmetry.as_ref().filter(|_| lies == Lies::Free);
        let part = self.search.part.filter(|_| lies == Lies::Free);
        let (reductions, pool) = (self.search.reductions, &self.pool);
        let plan = Exploration { lies, reductions, symmetry, pool, part, under_way };
        Explorer::new(self.space, case, plan, budget)
    }

    /// The attack that an engine found, run again by the simulator.
    fn confirmed(
        &self,
        case: &InitialChoices,
        lies: Lies,
        violation: Violation,
        decisions: Decisions,
    ) -> Result<Found, Refusal> {
        let attack = decisions::attack(self.space, case, &decisions, lies != Lies::Free)?;
        self.space.believed(&attack, violation, |violation| {
            Ok(self.inconsistency(case, lies, violation, &decisions))
        })
    }

    /// How the engine contradicts itself when it is repeated, if it does.
    fn inconsistency(
        &self,
        case: &InitialChoices,
        lies: Lies,
        violation: &Violation,
        decisions: &Decisions,
    ) -> Option<Fault> {
        let budget = || StepBudget::new(self.search.progress, u64::MAX);
        let thorough = self.explorer(case, lies, None, budget()).thorough().explore().1;
        if let Err(SearchOutcome::Found(Violation::Fault(fault), _)) = thorough {
            return Some(fault);
        }
        // The repeated search must not remember the first answers.
        self.space.forget();
        self.pool.forget();
        let again: Result<(), SearchOutcome> = self.explore(case, lies, None, budget()).1;
        let same = matches!(&again, Err(SearchOutcome::Found(again, said))
            if again == violation && **said == *decisions);
        (!same).then(|| another_end(violation))
    }
}
