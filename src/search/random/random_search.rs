//! The random search: draws attacks, case by case, on all threads, until one breaks the protocol, and makes that one
//! smaller. Also measures how different the cases were.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use itertools::Itertools;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Dice;
use super::draw::{Drawn, any_case_of, drawn, drawn_in, profile_in_words};
use crate::attack::Attack;
use crate::execution::NumberedExecution;
use crate::fault::unless_interrupted;
use crate::general::{General, Generals};
use crate::machine::{DecisionId, MessageId, NumberedAttack, ValueId};
use crate::property::Violation;
use crate::search::choices::space::Space;
use crate::search::confirm::another_end;
use crate::search::progress::Progress;
use crate::search::{Engine, Found, Reductions, Search};
use crate::testable::{Refusal, Wire};

/// A random search of these cases.
pub(crate) struct RandomSearch<'a> {
    pub space: &'a Space<'a>,
    pub seed: u64,
    /// The numbers of the cases. What a number stands for does not depend on the others.
    pub cases: Range<u64>,
    pub progress: &'a Progress,
}

/// The result of a hunt.
pub(crate) struct RandomSearchAnswer {
    /// What was tried, up to and including the case that broke the protocol.
    pub coverage: Coverage,
    /// The number of that case, and its attack.
    pub found: Option<(u64, Found)>,
}

/// What a hunt has tried.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Coverage {
    /// How many attacks were drawn and run.
    pub cases: u64,
    /// In how many of them everybody obeyed and everything arrived in its turn.
    pub obedient: u64,
    /// In how many of them a loyal general decided differently than it would have with the same inputs if everybody had
    /// obeyed and everything had arrived in its turn.
    pub swayed: u64,
    /// How many different views loyal generals had. A view is who the general is, its input, and everything that it was
    /// told, in order.
    pub views: u64,
    /// Whether there may have been more views: only a limited number is told apart.
    pub more_views: bool,
    /// The [size](crate::Attack::size) of the largest attack.
    pub largest: usize,
}

/// The most steps spent on looking for an attack with fewer lies than one that can't be shrunk any further.
const STEPS: u64 = 300_000;

/// The most attacks that are shrunk in search of the smallest.
const MADE_SMALLER: usize = 24;

/// The most executions that are spent on shrinking each of them.
const MOST_EXECUTIONS: u64 = 2_000;

/// Once this many messages were sent, no more attacks are drawn.
const MOST_MESSAGES: u64 = 4_000_000;

/// How many cases are handed to the threads at a time.
const AT_A_TIME: u64 = 1024;

/// The most inputs for which the decisions of the fault-free run are kept.
const MOST_INPUTS: usize = 1 << 16;

/// The input of each general who has one.
type Inputs = BTreeMap<General, ValueId>;

/// What each general decides, by its number.
type DecidedValues = Vec<Option<DecisionId>>;

/// The decisions of fault-free runs, by inputs.
type KnownDecisions = FxHashMap<Inputs, DecidedValues>;

/// A case that was run.
struct Tried {
    size: usize,
    /// Whether a loyal general decided differently than if everybody had obeyed.
    swayed: bool,
    views: Vec<u64>,
    /// The decisions of the fault-free run, if they were not known yet.
    honest: Option<(Inputs, DecidedValues)>,
    found: Option<Found>,
}

impl RandomSearch<'_> {
    /// Tries the cases until one breaks the protocol. The answer does not depend on the number of threads. If it is
    /// told to stop, the answer is about the cases before the first one that was not run.
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

    /// The smallest attack (the first, if several are) among those drawn that break the protocol, of which only a
    /// limited number is shrunk. `None` if there is none, or if it is told to stop. For each case, another one with
    /// `traitors` traitors is drawn as well. Attacks for which the repertoire lacks a message are skipped.
    pub fn smallest(&self, traitors: usize) -> Option<Found> {
        let breaks = |draw: &dyn Fn() -> Result<Drawn, Refusal>| {
            if self.progress.is_stopped() {
                return None;
            }
            let (attack, execution) = unless_interrupted(draw)?.ok()?;
            let broken =
                execution.violation().is_some_and(|violation| !violation.is_undetermined());
            let found = broken && self.has_place(&attack, &execution).is_ok();
            Some((execution.messages() as u64, found.then_some(attack)))
        };
        let (mut attacks, mut messages, mut next) = (Vec::new(), 0, self.cases.start);
        while next < self.cases.end && messages < MOST_MESSAGES && !self.progress.is_stopped() {
            let end = self.cases.end.min(next + AT_A_TIME);
            let cases = (next..end).into_par_iter();
            let drawn = cases.map(|case| {
                [breaks(&|| self.drawn(case)), breaks(&|| self.drawn_with(traitors, case))]
            });
            let drawn: Vec<_> = drawn.collect();
            for (told, attack) in drawn.into_iter().flatten().flatten() {
                messages += told;
                attacks.extend(attack);
            }
            next = end;
        }
        let measure = |attack: &NumberedAttack| (attack.traitors.len(), attack.size());
        // The first attack found stays first: it is the one that a hunt finds.
        attacks.get_mut(1..).unwrap_or_default().sort_by_key(measure);
        attacks.truncate(MADE_SMALLER);
        let smaller = attacks.par_iter().filter_map(|attack| {
            let found = self.space.confirmed(attack)?;
            Some(self.space.shrunk(found, self.progress, MOST_EXECUTIONS).0)
        });
        let smaller: Vec<Found> = smaller.collect();
        let best = smaller.into_iter().min_by_key(|found| measure(&found.attack))?;
        let (best, _) = self.space.shrunk(best, self.progress, u64::MAX);
        (!self.progress.is_stopped()).then_some(best)
    }

    /// Runs these cases, at least up to the first that ends the hunt, unless it is told to stop.
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
            let tried = unless_interrupted(|| self.tried(case, honest))?;
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
        let new = known.is_none().then(|| fault_free(self.space, &attack.inputs));
        let new = new.transpose()?;
        let due = known.or(new.as_ref());
        let over = execution.fault.is_none();
        let loyal = self.space.terms.task.deciders(attack.n()).minus(attack.traitors);
        let swayed = loyal.iter().any(|me| {
            let decided = |by: &DecidedValues| by.get(me.id()).copied().flatten();
            let due = due.and_then(decided);
            let made = decided(&execution.decisions);
            due.is_some() && made != due && (over || made.is_some())
        });
        let (size, views) = (attack.size(), views(&attack, &execution));
        let honest = new.map(|decisions| (attack.inputs.clone(), decisions));
        let violation = execution.violation();
        let found = violation.map(|violation| self.confirmed(case, attack, &execution, violation));
        Ok(Tried { size, swayed, views, honest, found: found.transpose()? })
    }

    /// Describes how the attack of a case is drawn.
    pub fn drawn_with_what(&self, case: u64) -> String {
        profile_in_words(self.space, &mut self.dice(case))
    }

    /// The attack of a case, and its execution.
    fn drawn(&self, case: u64) -> Result<Drawn, Refusal> {
        drawn(self.space, &mut self.dice(case))
    }

    /// The attack of a case that is drawn with this many traitors, and its execution.
    fn drawn_with(&self, traitors: usize, case: u64) -> Result<Drawn, Refusal> {
        let mut rng = self.dice(case);
        drawn_in(self.space, &any_case_of(self.space, traitors, &mut rng), &mut rng)
    }

    fn dice(&self, case: u64) -> Dice {
        let mixed = Dice::seed_from_u64(self.seed).next_u64();
        Dice::seed_from_u64(mixed ^ case)
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
        self.space.believed(&attack, violation, |violation| {
            let differs = self.differs(case, &attack, execution)?;
            Ok(differs.then(|| another_end(violation)))
        })
    }

    /// Whether drawing a case again gives another attack, or another end.
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

    /// Checks that the repertoire has a place for what traitors say where they obey. (A general who has accepted a
    /// forgery may say what nobody thought of.)
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

    /// The same attack or a smaller one, and how often the protocol was run for that.
    pub fn smaller(&self, found: Found, progress: &Progress) -> (Found, u64) {
        if found.is_undetermined() {
            return (found, 0);
        }
        let (found, executions) = self.space.shrunk(found, progress, u64::MAX);
        if progress.is_stopped() || self.space.harvested().is_some() {
            return (found, executions);
        }
        // An attack that can't be shrunk any further may be far from the smallest there is.
        let Space { machine, terms, adversary, .. } = *self.space;
        let (engine, reductions, part) = (Engine::Exhaustive, Reductions::ALL, None);
        let limit = u64::MAX;
        let search =
            Search { machine, terms, adversary, engine, reductions, part, limit, progress };
        (search.smaller(self.space, found, STEPS), executions)
    }
}

/// The fault-free run: the decisions with these inputs if everybody obeys and everything arrives in its turn; no
/// decisions if the protocol has a fault even then.
///
/// # Errors
///
/// The repertoire lacks what is said, or a signature is shown that the sender could not have.
fn fault_free(space: &Space<'_>, inputs: &Inputs) -> Result<DecidedValues, Refusal> {
    let terms = space.terms;
    let attack = Attack::new(&terms.graph, Generals::NONE, inputs.clone());
    let mut worker = space.worker(Generals::NONE);
    let execution = space.run(&mut worker, &attack);
    space.lay_down(worker);
    if execution.fault.is_some() {
        return Ok(execution.decisions);
    }
    let said = execution.deliveries.iter().map(|delivery| (delivery.wire, delivery.said));
    let said: FxHashMap<Wire, &[MessageId]> = said.collect();
    let mut shown = FxHashSet::default();
    for round in 1..=terms.rounds {
        let mut news = Vec::new();
        for wire in terms.wires(round) {
            let said = said.get(&wire).copied().unwrap_or_default();
            space.describes(wire, said)?;
            for &number in
                said.iter().flat_map(|message| space.wire_choices(wire).signatures(message))
            {
                let signed = space.signature(number);
                let own = signed.by == wire.from || space.is_combined(signed);
                if !own && !shown.contains(&number) {
                    return Err(Refusal::Unheard { wire, signed: signed.clone() });
                }
                news.push(number);
            }
        }
        shown.extend(news);
    }
    Ok(execution.decisions)
}

/// The most views that are told apart.
const MOST_VIEWS: usize = 1 << 22;

/// The views that were met, each as a hash of 64 bits.
#[derive(Debug, Default)]
struct Views(FxHashSet<u64>);

impl Views {
    fn add(&mut self, views: Vec<u64>, coverage: &mut Coverage) {
        for view in views {
            if self.0.len() < MOST_VIEWS {
                self.0.insert(view);
            } else {
                coverage.more_views |= !self.0.contains(&view);
            }
        }
        coverage.views = self.0.len() as u64;
    }
}

/// The view of each loyal general in an execution, as a hash of 64 bits that is the same wherever equal things have
/// equal hashes.
fn views(attack: &NumberedAttack, execution: &NumberedExecution) -> Vec<u64> {
    let begun = |me: General| {
        let mut hasher = DefaultHasher::new();
        (me, attack.inputs.get(&me)).hash(&mut hasher);
        hasher
    };
    let mut views = attack.graph.everybody().iter().map(begun).collect_vec();
    let disturbed = &execution.disturbed;
    for delivery in &execution.deliveries {
        let (round, to) = (delivery.wire.round, delivery.wire.to);
        if disturbed.is_empty() || !disturbed.contains_key(&(round, to)) {
            let view = &mut views[to.id()];
            (round, delivery.wire.from, delivery.said).hash(view);
        }
    }
    for ((round, to), inbox) in disturbed {
        (round, inbox).hash(&mut views[to.id()]);
    }
    let loyal = attack.graph.everybody().minus(attack.traitors);
    loyal.iter().map(|general| views[general.id()].finish()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::{Edit, Lie};
    use crate::execution::obeyed;
    use crate::machine::{Machine, Numbered, Worker};
    use crate::order::Order;
    use crate::protocols::oral::OralMessages;
    use crate::schedule::{Arrival, Shift};

    /// The views of the loyal generals. With `lie`, the commander's first message to lieutenant 1 is withheld; with
    /// `shift`, lieutenant 1 hears a message of round 2 before its turn.
    fn views_of(lie: bool, shift: bool) -> Vec<u64> {
        let numbered = Numbered::new(OralMessages::new(1));
        let terms = numbered.terms(&4.into(), true).unwrap();
        let mut worker = Worker::new(&numbered, &terms, Generals::NONE);
        let [commander, lieutenant] = [0, 1].map(General::new);
        let traitors = Generals::NONE.with(commander);
        let inputs = BTreeMap::from([(commander, numbered.number_value(Order::ATTACK))]);
        let mut attack = Attack::new(4, traitors, inputs);
        let honest = obeyed(&mut worker, &terms, &attack, &|_, _| None);
        let said = |from: General, round| {
            let wire = Wire { round, from, to: lieutenant };
            (wire, honest.deliveries.on(wire).unwrap().said[0])
        };
        if lie {
            let (wire, message) = said(commander, 1);
            attack.lies.push(Lie { wire, edit: Edit::Withhold(message) });
        }
        if shift {
            let (wire, message) = said(General::new(3), 2);
            attack.schedule.push(Shift { wire, message, arrival: Arrival::First });
        }
        views(&attack, &obeyed(&mut worker, &terms, &attack, &|_, _| None))
    }

    #[test]
    fn views_differ_where_something_else_was_heard() {
        let differ = |one: &[u64], other: &[u64]| {
            one.iter().zip(other).map(|(one, other)| one != other).collect_vec()
        };
        let honest = views_of(false, false);
        assert!(honest.iter().all_unique() && honest.len() == 3);
        assert_eq!(honest, views_of(false, false));
        // Lieutenant 1, who was not told the order, tells the others something else.
        assert_eq!(differ(&honest, &views_of(true, false)), [true, true, true]);
        assert_eq!(differ(&honest, &views_of(false, true)), [true, false, false]);
    }
}
