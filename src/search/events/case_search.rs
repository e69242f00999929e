//! How one case is searched, and by which engine.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::attack::EndlessRun;
use super::board::{Board, BoardFinding, BoardOptions};
use super::columns::Columns;
use super::driver::{CaseFinding, EventSearch, FoundWay};
use super::game::GameRules;
use super::group::Group;
use super::locals::{Locals, Scope};
use super::mail::HeardPrice;
use super::naive::Naive;
use super::phase_run::PhasedFinding;
use super::phases::{NoFinding, PhaseSearch};
use super::run::{LinearRun, RunGoal, linear_run};
use super::start::Start;
use super::stop::Stop;
use super::synchronous::{Synchronous, WaveOptions};
use crate::property::{Property, Violation};
use crate::protocol::events::FACES;
use crate::search::budget::StepBudget;
use crate::search::choices::initial::InitialChoices;
use crate::search::reduction::Reduction;
use crate::search::{Engine, Search};

impl EventSearch<'_> {
    /// A violation in a case: any, or the cheapest of at most this price. Each face that a common coin can show is
    /// tried, so the adversary knows it in advance.
    pub(super) fn in_case(
        &self,
        case: &InitialChoices,
        place: usize,
        most: Option<HeardPrice>,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<CaseFinding>, Stop> {
        if !self.search.adversary.delays() {
            return self.in_waves(case, place, budget);
        }
        if self.in_phases() {
            return self.by_phases(case, place, budget);
        }
        let mut best: Option<CaseFinding> = None;
        let mut left = vec![BTreeMap::new()];
        let mut bursts = !self.search.reductions.has(Reduction::Board);
        while let Some(faces) = left.pop() {
            let cheaper = best.as_ref().map(|best| best.price);
            if cheaper == Some(0) || cheaper.is_some() && most.is_none() {
                break;
            }
            let most = cheaper.map_or(most, |price| Some(price - 1));
            let mut locals = Locals::new(self.space, case, &faces, Scope::Whole)?;
            let found = match (Start::first(&mut locals)?, self.search.engine) {
                (None, _) => Ok(Some((LinearRun::new(), 0, locals.fault()))),
                (Some(start), Engine::Naive) => self.naive(locals, &start, most, budget),
                (Some(start), _) => self.on_the_board(locals, &start, case, bursts, most, budget),
            };
            match found {
                Err(Stop::Tossed(name)) => {
                    for face in FACES.into_iter().rev() {
                        let mut settled = faces.clone();
                        settled.insert(name, face);
                        left.push(settled);
                    }
                }
                Err(Stop::Small) => {
                    bursts = true;
                    left.push(faces);
                }
                Err(stop) => return Err(stop),
                Ok(None) => {}
                Ok(Some((run, price, violation))) => {
                    let (scope, endless) = (Scope::Whole, None);
                    let way = FoundWay::Events { scope, faces, run, endless };
                    let case = case.clone();
                    best = Some(CaseFinding { case, place, price, violation, way });
                }
            }
        }
        Ok(best)
    }

    /// A violation in a case in which all mail takes one wave.
    fn in_waves(
        &self,
        case: &InitialChoices,
        place: usize,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<CaseFinding>, Stop> {
        let left_out = |reduction| {
            self.search.engine != Engine::Naive && self.search.reductions.has(reduction)
        };
        let options = WaveOptions {
            in_sets: left_out(Reduction::PerReceiver),
            antichains: left_out(Reduction::Antichains),
        };
        let mut synchronous = Synchronous::new(self.space, case, options)?;
        let found = match synchronous.explored(budget) {
            Err(stop) if self.search.progress.is_last() => {
                std::mem::forget(synchronous);
                return Err(stop);
            }
            explored => explored?,
        };
        let found = found.map(|found| {
            let attack = synchronous.attack(&found, &mut budget.unlimited())?;
            let (case, way) = (case.clone(), FoundWay::Waves(Box::new(attack)));
            Ok::<_, Stop>(CaseFinding { case, place, price: 0, violation: found.violation, way })
        });
        let found = found.transpose()?;
        self.ticks.fetch_or(found.is_none() && synchronous.ticks_for_ever(), Ordering::Relaxed);
        synchronous.lay_down();
        Ok(found)
    }

    /// A violation in a case, in the first phase that has one.
    fn by_phases(
        &self,
        case: &InitialChoices,
        place: usize,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<CaseFinding>, Stop> {
        let reductions = self.search.reductions;
        let options = BoardOptions {
            antichains: reductions.has(Reduction::Antichains),
            raising: reductions.has(Reduction::Raising),
            bursts: false,
            measured: false,
            cheapest: false,
        };
        let locals = Locals::new(self.space, case, &BTreeMap::new(), Scope::OnePhase)?;
        // If demands may tell generals apart, so may their inputs later on.
        let by_inputs = self.search.terms.asked.demands().next().is_some();
        let mut columns = Columns::new(locals, self.group(case, by_inputs), false);
        columns.all_ends = !options.antichains;
        let options = (self.search.engine != Engine::Naive).then_some(options);
        let rules = GameRules { needed: self.search.adversary.traitors + 1, hasty: self.hasty };
        let game = self.is_game().then_some(rules);
        match PhaseSearch::new(columns, options, game).explored(budget)? {
            Ok(NoFinding { vectors, is_played }) => {
                self.carried.fetch_add(vectors as u64, Ordering::Relaxed);
                self.unplayed.fetch_or(!is_played, Ordering::Relaxed);
                Ok(None)
            }
            Err(PhasedFinding { run, price, violation, faces, pauses, lasso }) => {
                let scope = Scope::Phases(faces.len().max(1) as u32);
                let faces = (1..).zip(faces).filter_map(|(phase, face)| Some((phase, face?)));
                let (case, faces) = (case.clone(), faces.collect());
                let endless = lasso.map(|(from, begins_as)| EndlessRun { pauses, from, begins_as });
                let way = FoundWay::Events { scope, faces, run, endless };
                Ok(Some(CaseFinding { case, place, price, violation, way }))
            }
        }
    }

    /// Whether the search goes phase by phase.
    pub(super) fn in_phases(&self) -> bool {
        self.search.terms.phased && self.search.adversary.delays()
    }

    /// Whether the search knows how often loyal generals hear a traitor.
    pub(super) fn is_priced(&self) -> bool {
        let adversary = self.search.adversary;
        adversary.delays() && adversary.faults.is_byzantine()
    }

    /// Whether termination is decided by a game: if it is asked about, and traitors are Byzantine. If there is a GST it
    /// is not: in the game, traitors would win by making mail late again and again.
    pub(super) fn is_game(&self) -> bool {
        let Search { terms, adversary, .. } = self.search;
        let byzantine = adversary.faults.is_byzantine();
        terms.asked.has(Property::Termination) && !adversary.has_gst() && byzantine
    }

    fn group(&self, case: &InitialChoices, by_inputs: bool) -> Group {
        let n = self.space.terms.n();
        match &self.symmetry {
            Some(symmetry) => Group::of_case(n, case, symmetry, by_inputs),
            None => Group::none(n),
        }
    }

    fn on_the_board(
        &self,
        locals: Locals<'_>,
        start: &Start,
        case: &InitialChoices,
        bursts: bool,
        most: Option<HeardPrice>,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<(LinearRun, HeardPrice, Violation)>, Stop> {
        let n = self.space.terms.n();
        let (cheapest, reductions) = (most.is_some(), self.search.reductions);
        let options = BoardOptions {
            antichains: reductions.has(Reduction::Antichains),
            raising: reductions.has(Reduction::Raising) && !cheapest && !bursts,
            bursts,
            measured: !bursts,
            cheapest,
        };
        let mut columns = Columns::new(locals, self.group(case, true), cheapest);
        let mut board = Board::new(&mut columns, options);
        let explored = board.explored(start, most.unwrap_or(HeardPrice::MAX), budget);
        let found = match explored {
            Err(stop) if self.search.progress.is_last() => {
                // Freeing gigabytes piece by piece takes seconds.
                std::mem::forget(board);
                std::mem::forget(columns);
                return Err(stop);
            }
            explored => explored?,
        };
        drop(board);
        let mut columns = Columns::new(columns.locals, Group::none(n), true);
        let told = match found {
            None => {
                self.ticks.fetch_or(columns.locals.ticks_for_ever(), Ordering::Relaxed);
                None
            }
            Some(BoardFinding { sendings, .. }) => {
                let begun = start.columns(&mut columns)?;
                let told = linear_run(&mut columns, begun, &sendings, &RunGoal::Breach, budget)?;
                let told = told.expect("an order of sendings leads to the same sets again");
                let (run, price, violation) = told;
                Some((run, price, violation.expect("it leads to a violation")))
            }
        };
        columns.locals.lay_down();
        Ok(told)
    }

    fn naive(
        &self,
        mut locals: Locals<'_>,
        start: &Start,
        most: Option<HeardPrice>,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<(LinearRun, HeardPrice, Violation)>, Stop> {
        let mut naive = Naive::new(&mut locals);
        let found = naive.explored(start, most.unwrap_or(HeardPrice::MAX), budget)?;
        drop(naive);
        self.ticks.fetch_or(found.is_none() && locals.ticks_for_ever(), Ordering::Relaxed);
        locals.lay_down();
        Ok(found.map(|found| (found.run, found.price, found.violation)))
    }
}
