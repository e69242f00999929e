//! The driver for event-driven protocols. It searches all cases with as many traitors as there can be, then those with
//! fewer, and then looks for the attack in which the loyal hear the fewest messages of traitors (where mail can be
//! late). Whatever is found is run again by the simulator before it is believed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use itertools::Itertools;
use rustc_hash::FxHashSet;

use super::attack::{EndlessRun, attack};
use super::locals::{Locals, Scope};
use super::mail::HeardPrice;
use super::run::LinearRun;
use super::stop::Stop;
use crate::adversary::Adversary;
use crate::count::Count;
use crate::machine::{NumberedAttack, StateId, ValueId};
use crate::outcome::Task;
use crate::property::{Property, Violation};
use crate::protocol::Seat;
use crate::protocol::events::Face;
use crate::search::budget::{EarlyEnd, StepBudget};
use crate::search::choices::initial::{InitialChoices, TraitorsOrders};
use crate::search::choices::space::Space;
use crate::search::progress::{Halt, Phase};
use crate::search::random::random_search::RandomSearch;
use crate::search::reduction::Reduction;
use crate::search::symmetry::Symmetry;
use crate::search::{Answer, Engine, Found, Search};
use crate::testable::Refusal;

/// The most steps spent on proving that fewer traitors than in a known attack are not enough.
const PROOF_OF_TRAITORS: u64 = 20_000_000;

/// The most steps spent on proving that fewer messages of traitors are not enough.
const PROOF_OF_PRICE: u64 = 200_000_000;

/// The most cases that are searched.
const MOST_CASES: usize = 1 << 17;

/// How many attacks are drawn at random in search of one with fewer lies; and how many if executions are long because
/// phases have no end.
const DRAWN: u64 = 1024;
const DRAWN_OF_ENDLESS: u64 = 256;

/// Looks for an attack on an event-driven protocol, and makes one that is found as small as possible.
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
    let (carried, unplayed, ticks) = Default::default();
    let steps = 0;
    EventSearch { search, space, symmetry, whole, steps, carried, unplayed, ticks, hasty: true }
        .run()
}

/// A search under way.
pub(super) struct EventSearch<'a> {
    pub search: &'a Search<'a>,
    pub space: &'a Space<'a>,
    pub symmetry: Option<Symmetry<'a>>,
    whole: Count,
    steps: u64,
    /// How many vectors were carried from phase to phase, summed over all cases.
    pub carried: AtomicU64,
    /// Whether in some case it is not known that traitors can't keep everybody undecided for ever.
    pub unplayed: AtomicBool,
    /// Whether timers can go off for ever in some case.
    pub ticks: AtomicBool,
    /// Whether games are played hastily: a game won that way is won, but a game not won may still be winnable.
    pub hasty: bool,
}

/// A violation that was found in a case.
pub(super) struct CaseFinding {
    pub case: InitialChoices,
    /// The place of the case among those with as many traitors.
    pub place: usize,
    pub price: HeardPrice,
    pub violation: Violation,
    pub way: FoundWay,
}

/// How the violation comes about.
pub(super) enum FoundWay {
    /// By one event after the other.
    Events {
        /// Which part of an execution the run covers.
        scope: Scope,
        faces: BTreeMap<u32, Face>,
        run: LinearRun,
        /// How the run goes on for ever, if it does.
        endless: Option<EndlessRun>,
    },
    /// In waves, under this attack.
    Waves(Box<NumberedAttack>),
}

/// Why no case after this one was searched.
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

impl EventSearch<'_> {
    fn run(mut self) -> Result<Answer, Refusal> {
        let adversary = self.search.adversary;
        let sizes: Vec<usize> = match self.covers_fewer() {
            true => vec![adversary.traitors],
            false => adversary.sizes().collect(),
        };
        let (mut found, mut halt, mut proved) = (None, None, true);
        let is_game = self.in_phases() && self.is_game();
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
            let asked = self.search.terms.asked.ask_who_decides();
            let endless = asked && self.in_phases();
            let ticks = asked && self.ticks.load(Ordering::Relaxed);
            let unended = match self.unplayed.load(Ordering::Relaxed) {
                true => Halt::Endless,
                false => Halt::LeftBehind,
            };
            let halt = halt.or(endless.then_some(unended)).or(ticks.then_some(Halt::Timers));
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
        let violation = cheapest.violation;
        let (least, case) = (cheapest.price, cheapest.case);
        let enacted = match cheapest.way {
            FoundWay::Waves(attack) => Ok(Some(*attack)),
            FoundWay::Events { scope, faces, run, endless } => {
                let mut locals = Locals::new(self.space, &case, &faces, scope)?;
                let enacted = attack(&mut locals, &run, endless);
                locals.lay_down();
                enacted
            }
        };
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
        let least = (proved && !found.is_undetermined()).then_some(least);
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

    /// The same attack, or the smallest of several drawn at random if that is smaller: an attack with few messages
    /// heard can take many lies.
    fn with_fewer_lies(&self, found: Found) -> Found {
        let EventSearch { search: Search { progress, .. }, space, .. } = *self;
        let measure = |found: &Found| (found.attack.traitors.len(), found.attack.size());
        let many = if space.terms.phased { DRAWN_OF_ENDLESS } else { DRAWN };
        let drawn = RandomSearch { space, seed: 0, cases: 0..many, progress };
        let hunted = drawn.smallest(found.attack.traitors.len());
        let hunted = hunted.filter(|hunted| hunted.violation == found.violation);
        hunted.filter(|hunted| measure(hunted) < measure(&found)).unwrap_or(found)
    }

    fn answer(&self, behaviours: Count, found: Option<Found>, halt: Option<Halt>) -> Answer {
        let sound = match self.search.engine {
            Engine::Exhaustive if !self.search.adversary.delays() => &Reduction::SYNCHRONOUS[..],
            Engine::Exhaustive => &Reduction::ASYNCHRONOUS[..],
            Engine::Compositional | Engine::Naive => &[],
        };
        let mut reductions = self.search.reductions.of(sound);
        reductions.retain(|reduction| match reduction {
            Reduction::Renaming => self.symmetry.is_some(),
            Reduction::EqualStarts => self.judges_no_inputs(),
            _ => true,
        });
        let of_space = self.search.of_space(self.space);
        let is_all = self.in_phases() && found.is_none() && halt.is_none();
        let carried = is_all.then(|| self.carried.load(Ordering::Relaxed));
        Answer { behaviours, reductions, steps: self.steps, found, halt, carried, ..of_space }
    }

    /// Whether the cases with the most traitors cover those with fewer: one more traitor who obeys changes nothing for
    /// the others. For that, enough loyal generals must be left for what is asked: two are.
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

    /// Searches all cases with exactly `size` traitors, in at most `most` steps, on all threads, up to the first
    /// violation.
    fn explored(
        &mut self,
        size: usize,
        most: u64,
    ) -> Result<(Option<CaseFinding>, Option<Halt>), Refusal> {
        let Search { limit, progress, .. } = *self.search;
        let mut budget = StepBudget::new(progress, most.min(limit - self.steps));
        let cases = self.cases(size).take_while(|_| !progress.is_stopped());
        let mut cases: Vec<_> = cases.take(MOST_CASES + 1).collect();
        if let Err(halt) = progress.go_on() {
            return Ok((None, Some(halt)));
        }
        let is_cut = cases.len() > MOST_CASES;
        cases.truncate(MOST_CASES);
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
            Ok(()) => Ok((None, is_cut.then_some(Halt::Room))),
            Err((_, CaseEnd::Found(found))) => Ok((Some(*found), None)),
            Err((_, CaseEnd::Stopped(Stop::Halted(halt)))) => Ok((None, Some(halt))),
            Err((_, CaseEnd::Stopped(Stop::Refused(refusal)))) => Err(refusal),
            Err((_, CaseEnd::Stopped(Stop::Tossed(_) | Stop::Small))) => {
                unreachable!("every face is gone through")
            }
        }
    }

    /// Every case with exactly `size` traitors, with its place: one of those that can be renamed into each other, and
    /// (if merged) one of those in which everybody begins in the same state.
    fn cases(&self, size: usize) -> impl Iterator<Item = (usize, InitialChoices)> {
        let orders = TraitorsOrders::One;
        let cases = self.space.cases(size, orders, 0, self.symmetry.as_ref()).enumerate();
        let part = self.search.part;
        let merges = self.judges_no_inputs()
            && self.search.engine == Engine::Exhaustive
            && self.search.reductions.has(Reduction::EqualStarts);
        let mut begun = FxHashSet::default();
        cases.filter(move |(place, case)| {
            part.is_none_or(|part| part.has(*place))
                && (!merges || begun.insert((case.traitors, self.begun(case))))
        })
    }

    /// Whether none of the properties that are asked about depends on inputs.
    fn judges_no_inputs(&self) -> bool {
        let asked = &self.search.terms.asked;
        !asked.has(Property::Validity) && asked.demands().next().is_none()
    }

    /// The first states of those who obey; for one whose start is a fault, its input instead.
    fn begun(&self, case: &InitialChoices) -> Vec<Result<Option<StateId>, Option<ValueId>>> {
        let (terms, liars) = (self.search.terms, case.liars());
        let mut worker = self.space.worker(liars);
        let begun = terms.graph.everybody().minus(liars).iter().map(|me| {
            let input = case.inputs.get(&me).copied();
            worker.start(Seat::on(&terms.graph, me), input).map_err(|_| input)
        });
        let begun = begun.collect();
        self.space.lay_down(worker);
        begun
    }

    /// The attack with equally many traitors in which the loyal hear the fewest messages of traitors, and whether that
    /// is proved.
    fn cheapest(&mut self, mut found: CaseFinding) -> Result<(CaseFinding, bool), Refusal> {
        let Search { limit, progress, terms, .. } = *self.search;
        if terms.phased || !self.is_priced() {
            return Ok((found, false));
        }
        let mut budget = StepBudget::new(progress, PROOF_OF_PRICE.min(limit - self.steps));
        let cases: Vec<_> = self.cases(found.case.traitors.len()).collect();
        // The cases before the first one have no violation.
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
}
