//! The random search: attacks are drawn, case by case, on all threads, until one breaks the protocol;
//! that one is made smaller.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::coverage::{Coverage, Views, views};
use super::draw::{Drawn, drawn};
use crate::execution::{NumberedExecution, Size};
use crate::fault::{Call, Fault, FaultKind};
use crate::general::General;
use crate::machine::NumberedAttack;
use crate::property::Violation;
use crate::search::choices::space::Space;
use crate::search::fault_free::{self, DecidedValues, Inputs};
use crate::search::progress::Progress;
use crate::search::shrink::{Shrunk, shrunk};
use crate::search::{Engine, Found, Reductions, Search};
use crate::testable::Refusal;

/// Cases to be drawn.
pub(crate) struct RandomSearch<'a> {
    pub space: &'a Space<'a>,
    pub seed: u64,
    /// By number. What the case of a number is does not depend on the others.
    pub cases: Range<u64>,
    pub progress: &'a Progress,
}

/// What came of a hunt.
pub(crate) struct RandomSearchAnswer {
    /// What was tried, up to the case that broke the protocol.
    pub coverage: Coverage,
    /// That case, and its attack.
    pub found: Option<(u64, Found)>,
}

/// The most steps spent on the search for an attack with fewer lies than one that can't be made
/// smaller bit by bit.
const STEPS: u64 = 300_000;

/// How many cases are handed to the threads at a time.
const AT_A_TIME: u64 = 1024;

/// The most inputs for which it is kept what is decided when all obey.
const MOST_INPUTS: usize = 1 << 16;

/// What is decided when all obey, by the inputs.
type KnownDecisions = FxHashMap<Inputs, DecidedValues>;

/// A case that was played.
struct Tried {
    size: usize,
    /// A loyal general decided otherwise than if all had obeyed.
    swayed: bool,
    views: Vec<u64>,
    /// What is decided when all obey, if that was not known.
    honest: Option<(Inputs, DecidedValues)>,
    found: Option<Found>,
}

impl RandomSearch<'_> {
    /// Goes through the cases until one breaks the protocol. The answer does not depend on the
    /// number of threads. If it is told to stop, it is of the cases up to the first that was not
    /// played.
    pub fn run(&self) -> Result<RandomSearchAnswer, Refusal> {
        let (mut coverage, mut seen) = (Coverage::default(), Views::default());
        let mut honest = KnownDecisions::default();
        let mut next = self.cases.start;
        while next < self.cases.end {
            let end = self.cases.end.min(next.saturating_add(AT_A_TIME));
            for (case, tried) in (next..end).zip(self.all_tried(next..end, &honest)) {
                let Some(tried) = tried else {
                    return Ok(RandomSearchAnswer { coverage, found: None });
                };
                let Tried { size, swayed, views, honest: known, found } = tried?;
                coverage.cases += 1;
                coverage.obedient += u64::from(size == 0);
                coverage.swayed += u64::from(swayed);
                coverage.largest = coverage.largest.max(size);
                seen.add(views, &mut coverage);
                honest.extend(known.filter(|_| honest.len() < MOST_INPUTS));
                if let Some(found) = found {
                    return Ok(RandomSearchAnswer { coverage, found: Some((case, found)) });
                }
            }
            next = end;
        }
        Ok(RandomSearchAnswer { coverage, found: None })
    }

    /// Plays these cases, at least up to the first that ends the hunt, unless it is told to stop.
    fn all_tried(
        &self,
        cases: Range<u64>,
        honest: &KnownDecisions,
    ) -> Vec<Option<Result<Tried, Refusal>>> {
        let share = 1.0 / (self.cases.end - self.cases.start) as f64;
        let first_ended = AtomicU64::new(u64::MAX);
        let tried = cases.into_par_iter().map(|case| {
            if case > first_ended.load(Ordering::Relaxed) || self.progress.is_stopped() {
                return None;
            }
            let tried = self.tried(case, honest);
            if !matches!(tried, Ok(Tried { found: None, .. })) {
                first_ended.fetch_min(case, Ordering::Relaxed);
            }
            self.progress.worked(1);
            self.progress.covered(share);
            Some(tried)
        });
        tried.collect()
    }

    fn tried(&self, case: u64, honest: &KnownDecisions) -> Result<Tried, Refusal> {
        let (attack, execution) = self.drawn(case)?;
        let known = honest.get(&attack.inputs);
        let new = known.is_none().then(|| fault_free::decisions(self.space, &attack.inputs));
        let new = new.transpose()?;
        let due = known.or(new.as_ref()).into_iter().flatten();
        let swayed = execution
            .decisions
            .iter()
            .zip(due)
            .any(|(decision, due)| decision.is_some() && due.is_some() && decision != due);
        let (size, views) = (attack.size(), views(&attack, &execution));
        let honest = new.map(|decisions| (attack.inputs.clone(), decisions));
        let violation = execution.violation();
        let found = violation.map(|violation| self.confirmed(case, attack, &execution, violation));
        Ok(Tried { size, swayed, views, honest, found: found.transpose()? })
    }

    /// The attack of a case, and its execution.
    fn drawn(&self, case: u64) -> Result<Drawn, Refusal> {
        let mixed = Xoshiro256PlusPlus::seed_from_u64(self.seed).next_u64();
        drawn(self.space, &mut Xoshiro256PlusPlus::seed_from_u64(mixed ^ case))
    }

    /// What was found in a case, run again by the simulator.
    fn confirmed(
        &self,
        case: u64,
        attack: NumberedAttack,
        execution: &NumberedExecution,
        violation: Violation,
    ) -> Result<Found, Refusal> {
        self.has_place(&attack, execution)?;
        let found = self.space.confirmed(&attack);
        if let Some(found) = found.or_else(|| self.space.inquired(&attack)) {
            return Ok(found);
        }
        // A protocol that is not deterministic is found out by asking again.
        let fault = match violation {
            Violation::Fault(fault @ Fault { kind: FaultKind::Undetermined(..), .. }) => fault,
            _ if self.differs(case, &attack, execution)? => {
                let kind = FaultKind::Undetermined(violation.name().into(), "another end".into());
                Fault { general: General::COMMANDER, call: Call::Whole, kind }
            }
            _ => panic!(
                "bug in turncoat: {violation:?} is drawn where the simulator finds nothing, under \
                 {attack:?}"
            ),
        };
        Ok(self.space.faulty(&attack, fault))
    }

    /// Whether what is drawn in a case is another attack, or has another end, when it is drawn again.
    fn differs(
        &self,
        case: u64,
        attack: &NumberedAttack,
        execution: &NumberedExecution,
    ) -> Result<bool, Refusal> {
        self.space.forget();
        let (drawn, again) = self.drawn(case)?;
        Ok(drawn != *attack
            || again.deliveries != execution.deliveries
            || again.decisions != execution.decisions
            || again.violation() != execution.violation())
    }

    /// Whether the repertoire has a place for what traitors say where they obey. Who has accepted a
    /// forgery may say what nobody thought of.
    fn has_place(
        &self,
        attack: &NumberedAttack,
        execution: &NumberedExecution,
    ) -> Result<(), Refusal> {
        let byzantine = attack.faults.is_byzantine() && execution.accepted.is_none();
        let said = execution.deliveries.iter().filter(|_| byzantine);
        let mut obeyed = said.filter(|delivery| {
            attack.traitors.contains(delivery.wire.from) && delivery.loyal.is_none()
        });
        obeyed.try_for_each(|delivery| self.space.placed(delivery.wire, delivery.said).map(drop))
    }

    /// The same attack, or a smaller one, and how often the protocol was run for that.
    pub fn smaller(&self, found: Found, progress: &Progress) -> (Found, u64) {
        if let Violation::Fault(Fault { kind: FaultKind::Undetermined(..), .. }) = found.violation {
            return (found, 0); // what such a protocol does with fewer lies says nothing
        }
        let Shrunk { attack, size, executions } =
            shrunk(self.space, found.attack.clone(), progress);
        let smaller = self.space.confirmed(&attack);
        let found = smaller.map_or(found, |smaller| Found { size, ..smaller });
        if size == Size::NotMinimal || self.space.harvested().is_some() {
            return (found, executions);
        }
        // What can't be made smaller bit by bit may be far from the smallest there is.
        let Space { machine, terms, adversary, .. } = *self.space;
        let (engine, reductions, part) = (Engine::Exhaustive, Reductions::ALL, None);
        let limit = u64::MAX;
        let search =
            Search { machine, terms, adversary, engine, reductions, part, limit, progress };
        (search.smaller(self.space, found, STEPS), executions)
    }
}
