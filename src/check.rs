//! The builder that a test calls for a verdict on everything.

use crate::adversary::Adversary;
use crate::execution::Counterexample;
use crate::keepsake::left;
use crate::question::{CheckError, Question, Subject};
use crate::search::effort::Progress;
use crate::search::{Answer, Engine, Found, Search};
use crate::testable::{Testable, lent};
use crate::verdict::{Ruling, Verdict};

/// Asks whether a protocol reaches Byzantine agreement.
///
/// A question needs the number of [generals](Check::generals) and the most
/// [traitors](Check::traitors). The adversary has all its powers, unless some are taken from it.
///
/// ```
/// use turncoat::{OralMessages, check};
///
/// let verdict = check(OralMessages::new(1)).generals(4).traitors(1).run()?;
/// assert!(verdict.holds());
/// # Ok::<(), turncoat::CheckError>(())
/// ```
pub fn check<P: Testable>(protocol: P) -> Check<P> {
    Question::about(protocol, Everything { engine: Some(Engine::default()), steps: u64::MAX })
}

/// A question that is answered by going through everything: see [`check`].
pub type Check<P> = Question<P, Everything>;

/// Everything is gone through.
#[derive(Clone, Copy, Debug)]
pub struct Everything {
    /// Nothing if it is to be the one that fits.
    engine: Option<Engine>,
    steps: u64,
}

impl<P: Testable> Check<P> {
    /// A traitor may also say twice what it says, and on each wire what belongs into another round.
    pub fn with_replays(self) -> Check<P> {
        self.against(|adversary| Adversary { replays: true, ..adversary })
    }

    /// What is said in a round arrives in any order.
    pub fn any_order(self) -> Check<P> {
        self.against(|adversary| Adversary { any_order: true, ..adversary })
    }

    /// With another engine.
    pub fn engine(self, engine: Engine) -> Check<P> {
        self.answered(|how| Everything { engine: Some(engine), ..how })
    }

    /// With the engine that [fits](crate::Estimate::engine) the question.
    pub fn fitting_engine(self) -> Check<P> {
        self.answered(|how| Everything { engine: None, ..how })
    }

    /// With at most so many steps: what is not found by then is bounded. There is no such limit by
    /// default, only one on how many states are held at a time.
    pub fn steps(self, most: u64) -> Check<P> {
        self.answered(|how| Everything { steps: most, ..how })
    }

    /// The verdict. It does not depend on the number of threads.
    ///
    /// # Errors
    ///
    /// The question can't be answered: a number is missing or too large, or the protocol refuses.
    pub fn run(self) -> Result<Verdict<P>, CheckError> {
        self.run_watched(&Progress::new())
    }

    /// The verdict of a search that another thread may watch and stop.
    ///
    /// # Errors
    ///
    /// As [`run`](Check::run).
    pub fn run_watched(self, progress: &Progress) -> Result<Verdict<P>, CheckError> {
        let engine = match self.how.engine {
            Some(engine) => engine,
            None => self.estimate()?.engine(),
        };
        let composed = engine == Engine::Compositional;
        let subject = if composed { self.unadmitted()? } else { self.subject()? };
        let Subject { name, terms } = subject;
        let Question { protocol, mut adversary, how: Everything { steps: limit, .. }, .. } = self;
        let Adversary { faults, any_order, disruptions, .. } = adversary;
        if engine == Engine::Naive && (!faults.is_byzantine() || any_order || disruptions > 0) {
            return Err(CheckError::NotNaive);
        }
        let lent = &lent(&protocol);
        let search = Search { protocol: lent, terms: &terms, adversary, engine, limit, progress };
        let answer = if composed {
            // A recursion has no place for what has no place.
            adversary.strays = false;
            search.compose()?
        } else {
            search.run()?
        };
        let Answer { found, halt, behaviours, signed, forgeries, harvested, steps } = answer;
        let ruling = match (found, halt) {
            (Some(Found { attack, execution, violation, size }), _) => {
                let found = Counterexample { attack, execution, violation, size, protocol };
                Ruling::Broken(Box::new(found))
            }
            (None, Some(halt)) => Ruling::Bounded(halt),
            (None, None) => Ruling::Holds,
        };
        let protocol = name;
        let verdict = Verdict {
            protocol,
            graph: terms.graph.clone(),
            task: terms.task,
            demands: terms.demands.iter().map(|demand| demand.name).collect(),
            adversary,
            engine,
            signed,
            forgeries,
            harvested,
            behaviours,
            steps,
            ruling,
        };
        Ok(verdict)
    }

    /// The verdict must be that agreement and validity hold in every behaviour of the adversary.
    ///
    /// # Panics
    ///
    /// If it is another one, with the whole story; or if the question can't be answered.
    #[track_caller]
    pub fn assert_holds(self) {
        match self.run() {
            Ok(verdict) if verdict.holds() => {}
            Ok(verdict) => {
                let left = verdict.counterexample().map(left).unwrap_or_default();
                panic!("expected that it holds\n\n{verdict}{left}")
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// The verdict must be that the protocol is broken; answers with the attack.
    ///
    /// # Panics
    ///
    /// If it is another one; or if the question can't be answered.
    #[track_caller]
    pub fn assert_broken(self) -> Counterexample<P> {
        match self.run() {
            Ok(Verdict { ruling: Ruling::Broken(counterexample), .. }) => *counterexample,
            Ok(verdict) => panic!("expected that it is broken\n\n{verdict}"),
            Err(error) => panic!("{error}"),
        }
    }
}
