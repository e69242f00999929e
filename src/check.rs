//! The builder that a test calls.

use crate::adversary::{Adversary, FaultClass};
use crate::execution::Counterexample;
use crate::search::effort::Progress;
use crate::search::{Answer, Engine, Found, Search};
use crate::testable::{Refusal, Terms, Testable, described};
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
    let adversary = Adversary::at_most(0);
    let engine = Engine::default();
    Check { protocol, generals: None, traitors: None, adversary, engine, steps: u64::MAX }
}

/// A question about a protocol: see [`check`].
#[derive(Clone, Debug)]
#[must_use = "a question does nothing until it is run"]
pub struct Check<P> {
    protocol: P,
    generals: Option<usize>,
    traitors: Option<usize>,
    adversary: Adversary,
    engine: Engine,
    steps: u64,
}

/// A question that can't be answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError {
    /// A number was not given.
    #[error("how many {0}? say .{0}(..)")]
    Missing(&'static str),
    /// Nobody would be loyal.
    #[error("f is {f}: with n = {n} there can be at most {} traitors", n.saturating_sub(1))]
    AllTraitors {
        /// How many generals.
        n: usize,
        /// How many traitors.
        f: usize,
    },
    /// The protocol can't be run so.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl<P: Testable> Check<P> {
    /// Among so many generals, the commander included.
    pub fn generals(self, n: usize) -> Check<P> {
        Check { generals: Some(n), ..self }
    }

    /// With at most so many traitors.
    pub fn traitors(self, f: usize) -> Check<P> {
        let adversary = Adversary { traitors: f, ..self.adversary };
        Check { traitors: Some(f), adversary, ..self }
    }

    /// With exactly that many traitors, and not fewer.
    pub fn exactly(self) -> Check<P> {
        Check { adversary: Adversary { exactly: true, ..self.adversary }, ..self }
    }

    /// With a commander who is loyal: then validity is all that is asked, and implies agreement.
    pub fn loyal_commander(self) -> Check<P> {
        Check { adversary: Adversary { loyal_commander: true, ..self.adversary }, ..self }
    }

    /// A traitor says something in every slot. That is for protocols in which loyal generals do,
    /// too; others are refused.
    pub fn without_silence(self) -> Check<P> {
        Check { adversary: Adversary { silence: false, ..self.adversary }, ..self }
    }

    /// A traitor throws in nothing that has no place.
    pub fn without_strays(self) -> Check<P> {
        Check { adversary: Adversary { strays: false, ..self.adversary }, ..self }
    }

    /// Traitors are faulty in this way, and no other.
    pub fn faults(self, faults: FaultClass) -> Check<P> {
        Check { adversary: Adversary { faults, ..self.adversary }, ..self }
    }

    /// With another engine.
    pub fn engine(self, engine: Engine) -> Check<P> {
        Check { engine, ..self }
    }

    /// With at most so many steps: what is not found by then is bounded. There is no such limit by
    /// default, only one on how many states are held at a time.
    pub fn steps(self, most: u64) -> Check<P> {
        Check { steps: most, ..self }
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
        let Check { protocol, generals, traitors, adversary, engine, steps: limit } = self;
        let n = generals.ok_or(CheckError::Missing("generals"))?;
        let f = traitors.ok_or(CheckError::Missing("traitors"))?;
        let terms = Terms::of(&protocol, n)?;
        if f >= n {
            return Err(CheckError::AllTraitors { n, f });
        }
        let name = described("name", || protocol.name())?;
        let search =
            Search { protocol: &protocol, terms: &terms, adversary, engine, limit, progress };
        let answer = search.run()?;
        let ruling = match (answer.found, answer.halt) {
            (Some(Found { attack, execution, violation, size }), _) => {
                let found = Counterexample { attack, execution, violation, size, protocol };
                Ruling::Broken(Box::new(found))
            }
            (None, Some(halt)) => Ruling::Bounded(halt),
            (None, None) => Ruling::Holds,
        };
        let Answer { behaviours, signed, forgeries, steps, .. } = answer;
        let protocol = name;
        let verdict = Verdict {
            protocol,
            n,
            task: terms.task,
            demands: terms.demands.iter().map(|demand| demand.name).collect(),
            adversary,
            engine,
            signed,
            forgeries,
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
            Ok(verdict) => panic!("expected that it holds\n\n{verdict}"),
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
