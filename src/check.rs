//! The builder that a test calls for an exhaustive verdict.

use crate::adversary::{Adversary, FaultClass};
use crate::artifacts::write_artifacts;
use crate::execution::{Counterexample, sent_in_honest_run};
use crate::fault::unwound;
use crate::machine::{Machine, Numbered, NumberedAttack, Terms};
use crate::protocols::in_waves::AnyProtocol;
use crate::question::{CheckError, Question, Subject};
use crate::search::part::Part;
use crate::search::progress::{Halt, Progress};
use crate::search::{Answer, Engine, Found, Reduction, Reductions, Search};
use crate::testable::{Refusal, Testable};
use crate::verdict::{Ruling, Verdict, VerdictOn, written};

/// Asks whether a protocol reaches Byzantine agreement.
///
/// A question needs the number of [generals](Check::generals) and the most
/// [traitors](Check::traitors), or else an [adversary](Check::against).
///
/// ```
/// use turncoat::{OralMessages, check};
///
/// let verdict = check(OralMessages::new(1)).generals(4).traitors(1).run()?;
/// assert!(verdict.holds());
/// # Ok::<(), turncoat::CheckError>(())
/// ```
pub fn check<P: AnyProtocol<Kind>, Kind>(protocol: P) -> Check<P::Tested> {
    Question::about(protocol.tested(), Everything::default())
}

/// A question that is answered by an exhaustive search: see [`check`].
pub type Check<P> = Question<P, Everything>;

/// Asks for an exhaustive answer.
#[derive(Clone, Copy, Debug)]
pub struct Everything {
    /// None means the engine that fits.
    engine: Option<Engine>,
    reductions: Reductions,
    /// None means all parts.
    part: Option<Part>,
    steps: u64,
}

impl Default for Everything {
    fn default() -> Everything {
        let (engine, reductions) = (Some(Engine::default()), Reductions::ALL);
        Everything { engine, reductions, part: None, steps: u64::MAX }
    }
}

impl<P> Check<P> {
    /// With this engine.
    pub fn engine(self, engine: Engine) -> Check<P> {
        self.answered(|how| Everything { engine: Some(engine), ..how })
    }

    /// Without this reduction of the exhaustive engine. The verdict and the number of behaviours are the same, but
    /// the search takes longer. This is how a reduction is tested.
    ///
    /// ```
    /// use turncoat::search::Reduction;
    /// use turncoat::{OralMessages, check};
    ///
    /// let asked = check(OralMessages::new(1)).generals(4).traitors(1);
    /// let reduced = asked.clone().run()?;
    /// let whole = asked.without(Reduction::Renaming).run()?;
    /// assert!(whole.holds() && whole.behaviours.exact() == reduced.behaviours.exact());
    /// assert!(whole.steps > reduced.steps);
    /// # Ok::<(), turncoat::CheckError>(())
    /// ```
    pub fn without(self, reduction: Reduction) -> Check<P> {
        self.answered(|how| Everything { reductions: how.reductions.without(reduction), ..how })
    }

    /// Searches only this [part](Part) of the space, with the exhaustive engine. What holds in each part holds, so
    /// the parts can be searched at different times and places, as separate tests. (If no attack is found, the
    /// verdict is bounded, because of [`Halt::Part`], and [`assert_holds`](Check::assert_holds) is satisfied.)
    ///
    /// ```
    /// use turncoat::search::part::Part;
    /// use turncoat::{OralMessages, check};
    ///
    /// for number in 1..=4 {
    ///     let part = Part::new(number, 4).unwrap();
    ///     check(OralMessages::new(1)).generals(4).traitors(1).part(part).assert_holds();
    /// }
    /// ```
    pub fn part(self, part: Part) -> Check<P> {
        self.answered(|how| Everything { part: Some(part), ..how })
    }

    /// With the engine that [fits](crate::verdict::Estimate::engine) the question. If it is the
    /// compositional one, stray messages and replays are not covered, as the verdict
    /// [says](Verdict::not_covered).
    pub fn fitting_engine(self) -> Check<P> {
        self.answered(|how| Everything { engine: None, ..how })
    }

    /// With at most this many steps: if they run out before an attack is found, the verdict is bounded. There is no
    /// such limit by default, only one on how many states are held at a time.
    pub fn steps(self, most: u64) -> Check<P> {
        self.answered(|how| Everything { steps: most, ..how })
    }
}

impl<P: Testable> Check<P> {
    /// The verdict. It does not depend on the number of threads.
    ///
    /// # Errors
    ///
    /// The question can't be answered: a number is missing or too large, or the protocol refuses.
    pub fn run(self) -> Result<VerdictOn<P>, CheckError> {
        self.run_watched(&Progress::new())
    }

    /// The verdict of a search that another thread may watch and stop.
    ///
    /// # Errors
    ///
    /// As [`run`](Check::run).
    pub fn run_watched(self, progress: &Progress) -> Result<VerdictOn<P>, CheckError> {
        let (protocol, asked) = self.parted();
        let numbered = Numbered::new(protocol);
        let verdict = numbered.answered(|| asked.by_numbers(&numbered).verdict(progress))?;
        Ok(unwound(|| verdict.map(|found| written(numbered, found))).map_err(Refusal::from)?)
    }

    /// Asserts that agreement and validity hold in every behaviour of the adversary, or in the [part](Check::part)
    /// that was asked for.
    ///
    /// # Panics
    ///
    /// If the verdict is any other, with the whole story; or if the question can't be answered.
    #[track_caller]
    pub fn assert_holds(self) {
        match self.run() {
            Ok(verdict) if verdict.holds() => {}
            Ok(Verdict { ruling: Ruling::Bounded(Halt::Part), .. }) => {}
            Ok(verdict) => {
                let artifacts = verdict.counterexample().map(write_artifacts).unwrap_or_default();
                let found = verdict.name();
                panic!("expected the protocol to hold, but it is {found}\n\n{verdict}{artifacts}")
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Asserts that the protocol is broken, and returns the attack.
    ///
    /// # Panics
    ///
    /// If the verdict is any other; or if the question can't be answered.
    #[track_caller]
    pub fn assert_broken(self) -> Counterexample<P> {
        match self.run() {
            Ok(Verdict { ruling: Ruling::Broken(counterexample), .. }) => *counterexample,
            Ok(verdict) => {
                let found = verdict.name();
                panic!("expected the protocol to be broken, but found: {found}\n\n{verdict}")
            }
            Err(error) => panic!("{error}"),
        }
    }
}

impl Check<&dyn Machine> {
    /// The verdict on the numbered protocol.
    pub(crate) fn verdict(self, progress: &Progress) -> Result<Verdict<Found>, CheckError> {
        let engine = match self.how.engine {
            Some(engine) => engine,
            None => self.fitting(progress)?,
        };
        self.ruled(engine, None, progress)
    }

    /// The verdict once every part of the space was searched, in this many steps, and these attacks were found.
    #[cfg(feature = "cli")]
    pub(crate) fn settled(
        self,
        steps: u64,
        attacks: Vec<NumberedAttack>,
        progress: &Progress,
    ) -> Result<Verdict<Found>, CheckError> {
        self.ruled(Engine::Exhaustive, Some((steps, attacks)), progress)
    }

    /// Whether the search can be divided into parts, and resumed from a checkpoint.
    #[cfg(feature = "cli")]
    pub(crate) fn can_be_divided(&self) -> Result<(), CheckError> {
        divisible(self.how.engine.unwrap_or_default(), &self.subject(true)?.terms)
    }

    fn ruled(
        self,
        engine: Engine,
        parts: Option<(u64, Vec<NumberedAttack>)>,
        progress: &Progress,
    ) -> Result<Verdict<Found>, CheckError> {
        let composed = engine == Engine::Compositional;
        let Subject { name, terms, adversary } = self.subject(!composed)?;
        // The compositional engine has no place for stray messages.
        let adversary = if composed { adversary.without_strays() } else { adversary };
        let Everything { reductions, part, steps: limit, .. } = self.how;
        let Adversary { faults, any_order, disruptions, .. } = adversary;
        let plain = faults.is_byzantine() && !any_order && disruptions == 0;
        if engine == Engine::Naive && !terms.in_waves && !plain {
            return Err(CheckError::NotNaive);
        }
        let omits = matches!(faults, FaultClass::SendOmission | FaultClass::ReceiveOmission);
        if terms.in_waves && adversary.delays() && omits {
            return Err(CheckError::LateOmissions);
        }
        if adversary.restarts > 0 && (terms.phased || !adversary.delays()) {
            return Err(CheckError::RestartsHunted);
        }
        if let Some(demand) = terms.asked.of_course().filter(|_| engine != Engine::Naive) {
            return Err(CheckError::Course(demand));
        }
        if part.is_some() {
            divisible(engine, &terms)?;
        }
        let (machine, terms) = (self.protocol, &terms);
        let search =
            Search { machine, terms, adversary, engine, reductions, part, limit, progress };
        let answer = match parts {
            Some((steps, attacks)) => {
                search.settled(steps, attacks)?.ok_or(CheckError::Unbroken)?
            }
            None if composed => search.compose()?,
            None => search.run()?,
        };
        let Answer { found, halt, behaviours, signed, forgeries, .. } = answer;
        let Answer { harvested, lacking, reductions, steps, least_heard, carried, .. } = answer;
        let ruling = match (found, halt) {
            (Some(found), _) => Ruling::Broken(Box::new(found)),
            (None, Some(halt)) => Ruling::Bounded(halt),
            (None, None) => Ruling::Holds,
        };
        let first = terms.inputs.iter().map(|general| (general, terms.values[0])).collect();
        let honest_messages = match ruling {
            Ruling::Broken(_) => None,
            Ruling::Bounded(Halt::Stopped | Halt::Memory | Halt::Room) => None,
            Ruling::Bounded(Halt::Waves | Halt::Part) => None,
            _ if composed => None,
            _ => sent_in_honest_run(machine, terms, &first),
        };
        Ok(Verdict {
            protocol: name,
            graph: terms.graph.clone(),
            task: terms.task,
            asked: terms.asked.clone(),
            adversary,
            engine,
            signed,
            forgeries,
            harvested,
            lacking,
            reductions,
            behaviours,
            steps,
            honest_messages,
            least_heard,
            carried,
            ruling,
        })
    }
}

/// Whether this engine can search such a space in parts.
fn divisible(engine: Engine, terms: &Terms) -> Result<(), CheckError> {
    let is_divisible = engine == Engine::Exhaustive && !terms.in_waves;
    if is_divisible { Ok(()) } else { Err(CheckError::NoParts) }
}
