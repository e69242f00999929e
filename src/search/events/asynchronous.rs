//! The driver for event-driven protocols: all cases with as many traitors as there can be, then whether fewer
//! do, and then the attack in which the loyal hear the fewest messages of traitors. Whatever is found is
//! run again by the simulator before it is believed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use itertools::Itertools;

use super::attack::{EndlessRun, attack};
use super::board::{Board, BoardFinding, BoardOptions};
use super::columns::Columns;
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
use crate::adversary::Adversary;
use crate::count::Count;
use crate::outcome::Task;
use crate::property::{Property, Violation};
use crate::protocol::events::{FACES, Face};
use crate::search::budget::{EarlyEnd, StepBudget};
use crate::search::choices::initial::{InitialChoices, TraitorsOrders};
use crate::search::choices::space::Space;
use crate::search::progress::{Halt, Phase};
use crate::search::random::random_search::RandomSearch;
use crate::search::reduction::Reduction;
use crate::search::symmetry::Symmetry;
use crate::search::{Answer, Engine, Found, Search};
use crate::testable::Refusal;

/// The most steps spent on the proof that fewer traitors than in a known attack can't.
const PROOF_OF_TRAITORS: u64 = 20_000_000;

/// The most steps spent on the proof that fewer messages of traitors can't.
const PROOF_OF_PRICE: u64 = 200_000_000;

/// So many attacks are drawn at random where few lies are looked for; and so many where executions are long, since
/// phases have no end.
const DRAWN: u64 = 1024;
const DRAWN_OF_ENDLESS: u64 = 256;

/// Looks for an attack on an event-driven protocol; one that is found is made as small as can be.
pub(crate) fn run(search: &Search<'_>, space: &Space<'_>) -> Result<Answer, Refusal> {
    search.progress.enter(Phase::Counting);
    let renames = search.engine == Engine::Exhaustive
        && search.reductions.has(Reduction::Renaming)
        && !space.is_signed();
    let symmetry = if renames { space.symmetry(search.progress)? } else { None };
    let Some(whole) = space.behaviours(search.progress) else {
        return Ok(Answer { halt: Some(search.progress.halt()), ..Answer::default() });
    };
    search.progress.enter(Phase::Searching);
    let (carried, unplayed) = Default::default();
    let steps = 0;
    Asynchronous { search, space, symmetry, whole, steps, carried, unplayed, hasty: true }.run()
}

/// A search under way.
struct Asynchronous<'a> {
    search: &'a Search<'a>,
    space: &'a Space<'a>,
    symmetry: Option<Symmetry<'a>>,
    whole: Count,
    steps: u64,
    /// How many vectors were carried from phase to phase, in all cases.
    carried: AtomicU64,
    /// Whether it is not known in some case that traitors can't keep all undecided for ever.
    unplayed: AtomicBool,
    /// Whether games are played in haste: what is won so is won, and what is not may be all the same.
    hasty: bool,
}

/// What was found in a case.
struct CaseFinding {
    case: InitialChoices,
    /// Its place among the cases with as many traitors.
    place: usize,
    /// How much of an execution it goes through.
    scope: Scope,
    faces: BTreeMap<u32, Face>,
    run: LinearRun,
    price: HeardPrice,
    violation: Violation,
    /// How it goes on for ever, if it does.
    endless: Option<EndlessRun>,
}

/// Why a case is the last that was gone through.
enum CaseEnd {
    Found(Box<CaseFinding>),
    Stopped(Stop),
}

impl From<Halt> for CaseEnd {
    fn from(halt: Halt) -> CaseEnd {
        CaseEnd::Stopped(halt.into())
    }
}

impl EarlyEnd for CaseEnd {
    fn is_halt(&self) -> bool {
        matches!(self, CaseEnd::Stopped(Stop::Halted(_)))
    }
}

impl Asynchronous<'_> {
    fn run(mut self) -> Result<Answer, Refusal> {
        let adversary = self.search.adversary;
        let sizes: Vec<usize> = match self.covers_fewer() {
            true => vec![adversary.traitors],
            false => adversary.sizes().collect(),
        };
        let (mut found, mut halt, mut proved) = (None, None, true);
        let is_game = self.search.terms.phased && self.is_game();
        let passes = if is_game { &[true, false][..] } else { &[true] };
        for (hasty, size) in passes.iter().cartesian_product(&sizes) {
            self.hasty = *hasty;
            self.carried = AtomicU64::default();
            (found, halt) = self.explored(*size, u64::MAX)?;
            if found.is_some() || halt.is_some() {
                break;
            }
        }
        let Some(mut found) = found else {
            let halt = halt.or(self.space.harvested().map(|_| Halt::Harvest));
            let halt = halt.or(self.search.part.map(|_| Halt::Part));
            let endless = self.search.terms.phased && self.search.terms.asked.ask_who_decides();
            let unended = match self.unplayed.load(Ordering::Relaxed) {
                true => Halt::Endless,
                false => Halt::LeftBehind,
            };
            let halt = halt.or(endless.then_some(unended));
            let covered = if halt.is_none() { self.whole.clone() } else { Count::ZERO };
            return Ok(self.answer(covered, None, halt));
        };
        for size in 0..found.case.traitors.len() {
            if !self.covers_fewer() {
                break;
            }
            let (fewer, halt) = self.explored(size, PROOF_OF_TRAITORS)?;
            proved &= halt.is_none();
            if let Some(fewer) = fewer {
                found = fewer;
                break;
            }
        }
        proved &= self.search.part.is_none();
        let (cheapest, is_least) = self.cheapest(found)?;
        proved &= is_least;
        let violation = cheapest.violation.clone();
        let mut locals = Locals::new(self.space, &cheapest.case, &cheapest.faces, cheapest.scope)?;
        let enacted = attack(&mut locals, &cheapest.run, cheapest.endless);
        locals.lay_down();
        let enacted = match enacted {
            Ok(enacted) => enacted,
            Err(Stop::Refused(refusal)) => return Err(refusal),
            Err(Stop::Halted(halt)) => return Ok(self.answer(Count::ZERO, None, Some(halt))),
            Err(Stop::Tossed(_) | Stop::Small) => unreachable!("every face is settled"),
        };
        let Some(enacted) = enacted else {
            return Ok(self.answer(Count::ZERO, None, Some(Halt::Waves)));
        };
        let found = self.space.believed(&enacted, violation, |_| Ok(None))?;
        let least = (proved && !found.is_undetermined()).then_some(cheapest.price);
        let found = match found.is_undetermined() || found.attack.lasso.is_some() {
            true => found,
            false => {
                self.search.progress.enter(Phase::Shrinking);
                let progress = self.search.progress;
                self.with_fewer_lies(self.space.shrunk(found, progress, u64::MAX).0)
            }
        };
        let answer = self.answer(self.whole.clone(), Some(found), None);
        Ok(Answer { least_heard: least, ..answer })
    }

    /// The same attack, or the smallest of several that are drawn at random: few messages that are heard can take
    /// many lies.
    fn with_fewer_lies(&self, found: Found) -> Found {
        let Asynchronous { search: Search { progress, .. }, space, .. } = *self;
        let measure = |found: &Found| (found.attack.traitors.len(), found.attack.size());
        let many = if space.terms.phased { DRAWN_OF_ENDLESS } else { DRAWN };
        let drawn = RandomSearch { space, seed: 0, cases: 0..many, progress };
        let hunted = drawn.smallest(found.attack.traitors.len());
        let hunted = hunted.filter(|hunted| hunted.violation == found.violation);
        hunted.filter(|hunted| measure(hunted) < measure(&found)).unwrap_or(found)
    }

    fn answer(&self, behaviours: Count, found: Option<Found>, halt: Option<Halt>) -> Answer {
        let sound = match self.search.engine {
            Engine::Exhaustive => &Reduction::ASYNCHRONOUS[..],
            Engine::Compositional | Engine::Naive => &[],
        };
        let mut reductions = self.search.reductions.of(sound);
        reductions.retain(|reduction| *reduction != Reduction::Renaming || self.symmetry.is_some());
        let of_space = self.search.of_space(self.space);
        let is_all = self.search.terms.phased && found.is_none() && halt.is_none();
        let carried = is_all.then(|| self.carried.load(Ordering::Relaxed));
        Answer { behaviours, reductions, steps: self.steps, found, halt, carried, ..of_space }
    }

    /// Whether exactly as many traitors as there can be cover fewer: one more who obeys changes nothing for
    /// the others, if there are enough of those for what is asked; two are.
    fn covers_fewer(&self) -> bool {
        let Search { adversary, terms, .. } = self.search;
        let Adversary { traitors, exactly, suspects, .. } = adversary;
        let free = match terms.task {
            Task::Broadcast if adversary.loyal_commander => traitors + 3 <= terms.n(),
            Task::Broadcast | Task::Consensus => traitors + 2 <= terms.n(),
        };
        let plain = terms.asked.demands().next().is_none();
        !exactly && suspects.is_none() && free && plain
    }

    /// Goes through all cases with so many traitors, with at most so many steps, up to the first violation, on all
    /// threads.
    fn explored(
        &mut self,
        size: usize,
        most: u64,
    ) -> Result<(Option<CaseFinding>, Option<Halt>), Refusal> {
        let Search { limit, progress, .. } = *self.search;
        let mut budget = StepBudget::new(progress, most.min(limit - self.steps));
        let cases: Vec<_> = self.cases(size).collect();
        let ended = budget.in_order(cases.len(), |number, mut budget| {
            let (place, case) = &cases[number];
            let came = match self.in_case(case, *place, None, &mut budget) {
                Ok(Some(found)) => Err(CaseEnd::Found(Box::new(found))),
                Ok(None) => {
                    progress.covered(1.0 / cases.len() as f64);
                    Ok(())
                }
                Err(stop) => Err(CaseEnd::Stopped(stop)),
            };
            (budget.steps(), came)
        });
        self.steps += budget.steps();
        match ended {
            Ok(()) => Ok((None, None)),
            Err((_, CaseEnd::Found(found))) => Ok((Some(*found), None)),
            Err((_, CaseEnd::Stopped(Stop::Halted(halt)))) => Ok((None, Some(halt))),
            Err((_, CaseEnd::Stopped(Stop::Refused(refusal)))) => Err(refusal),
            Err((_, CaseEnd::Stopped(Stop::Tossed(_) | Stop::Small))) => {
                unreachable!("every face is gone through")
            }
        }
    }

    /// Every case with so many traitors, by place; of those that can be renamed into each other one.
    fn cases(&self, size: usize) -> impl Iterator<Item = (usize, InitialChoices)> {
        let orders = TraitorsOrders::One;
        let cases = self.space.cases(size, orders, 0, self.symmetry.as_ref()).enumerate();
        let part = self.search.part;
        cases.filter(move |(place, _)| part.is_none_or(|part| part.has(*place)))
    }

    /// The attack with as many traitors in which the loyal hear the fewest messages of theirs, and whether that
    /// is proved.
    fn cheapest(&mut self, mut found: CaseFinding) -> Result<(CaseFinding, bool), Refusal> {
        let Search { limit, progress, terms, .. } = *self.search;
        if terms.phased {
            return Ok((found, false));
        }
        let mut budget = StepBudget::new(progress, PROOF_OF_PRICE.min(limit - self.steps));
        let cases: Vec<_> = self.cases(found.case.traitors.len()).collect();
        // In those before it there is nothing.
        let (first, mut proved) = (found.place, true);
        for (place, case) in cases.into_iter().filter(|(place, _)| *place >= first) {
            if found.price == 0 {
                break;
            }
            match self.in_case(&case, place, Some(found.price - 1), &mut budget) {
                Ok(Some(cheaper)) => found = cheaper,
                Ok(None) => {}
                Err(Stop::Halted(_)) => {
                    proved = false;
                    break;
                }
                Err(Stop::Refused(refusal)) => return Err(refusal),
                Err(Stop::Tossed(_) | Stop::Small) => unreachable!("every face is gone through"),
            }
        }
        self.steps += budget.steps();
        Ok((found, proved))
    }

    /// A violation in a case: any, or the cheapest of at most this price. Each face that a common coin can
    /// show is gone through: so the enemy knows it before.
    fn in_case(
        &self,
        case: &InitialChoices,
        place: usize,
        most: Option<HeardPrice>,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<CaseFinding>, Stop> {
        if self.search.terms.phased {
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
                (Some(start), Engine::Naive) => naive(locals, &start, most, budget),
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
                    let (case, scope) = (case.clone(), Scope::Whole);
                    let endless = None;
                    let found =
                        CaseFinding { case, place, scope, faces, run, price, violation, endless };
                    best = Some(found);
                }
            }
        }
        Ok(best)
    }

    /// A violation in a case, in the first phase in which there is one.
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
        // Where demands may tell generals apart, so may inputs later on.
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
                Ok(Some(CaseFinding { case, place, scope, faces, run, price, violation, endless }))
            }
        }
    }

    /// Whether it is asked who decides in the end; but traitors win that game with mail that is late again and again.
    fn is_game(&self) -> bool {
        let Search { terms, adversary, .. } = self.search;
        terms.asked.has(Property::Termination) && !adversary.has_gst()
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
                // To give back gigabytes piece by piece takes seconds.
                std::mem::forget(board);
                std::mem::forget(columns);
                return Err(stop);
            }
            explored => explored?,
        };
        drop(board);
        let mut columns = Columns::new(columns.locals, Group::none(n), true);
        let told = match found {
            None => None,
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
}

fn naive(
    mut locals: Locals<'_>,
    start: &Start,
    most: Option<HeardPrice>,
    budget: &mut StepBudget<'_>,
) -> Result<Option<(LinearRun, HeardPrice, Violation)>, Stop> {
    let mut naive = Naive::new(&mut locals);
    let found = naive.explored(start, most.unwrap_or(HeardPrice::MAX), budget)?;
    drop(naive);
    locals.lay_down();
    Ok(found.map(|found| (found.run, found.price, found.violation)))
}
