//! What a verdict would cost, estimated before anything is searched.

use crate::check::Check;
use crate::machine::{Machine, Numbered};
use crate::question::{CheckError, Subject};
use crate::search::progress::Progress;
use crate::search::{Engine, Reductions, Search};
use crate::testable::{Refusal, Testable};
use crate::verdict::{Estimate, Expected};

impl<P: Testable> Check<P> {
    /// Estimates what a verdict would cost, without a search. (The estimate asks the protocol for its whole
    /// repertoire.)
    ///
    /// ```
    /// use turncoat::search::Engine;
    /// use turncoat::{OralMessages, check};
    ///
    /// let small = check(OralMessages::new(1)).generals(4).traitors(1).estimate()?;
    /// assert_eq!(small.engine(), Engine::Exhaustive);
    /// let large = check(OralMessages::new(3)).generals(10).traitors(3).estimate()?;
    /// assert_eq!(large.engine(), Engine::Compositional);
    /// # Ok::<(), turncoat::CheckError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The question can't be answered by any engine: as [`run`](Check::run).
    pub fn estimate(&self) -> Result<Estimate, CheckError> {
        let numbered = Numbered::lent(&self.protocol);
        let expected =
            numbered.answered(|| self.by_numbers(&numbered).expected(&Progress::new()))?;
        Ok(expected.expect("nobody stops it"))
    }
}

impl Check<&dyn Machine> {
    /// The engine that fits. If only one is possible, nothing is counted.
    pub(crate) fn fitting(&self, progress: &Progress) -> Result<Engine, CheckError> {
        let composable = self.subject(false).is_ok_and(|Subject { terms, adversary, .. }| {
            let search = Search {
                machine: self.protocol,
                terms: &terms,
                adversary: adversary.without_strays(),
                engine: Engine::Compositional,
                reductions: Reductions::ALL,
                part: None,
                limit: u64::MAX,
                progress,
            };
            search.composable().is_ok()
        });
        if !composable {
            let subject = self.subject(true)?;
            let naive = subject.terms.asked.of_course().is_some();
            return Ok(if naive { Engine::Naive } else { Engine::Exhaustive });
        }
        // A space that can't be counted in the given time can't be searched in it.
        let expected = self.expected(progress)?;
        Ok(expected.map_or(Engine::Compositional, |expected| expected.engine()))
    }

    /// Estimates what a verdict would cost; none if it was told to stop before that was known.
    pub(crate) fn expected(&self, progress: &Progress) -> Result<Option<Estimate>, CheckError> {
        let admitted = self.subject(true);
        let refused = admitted.as_ref().err().cloned();
        let subject = admitted.or_else(|error| self.subject(false).map_err(|_| error));
        let Subject { name, terms, adversary } = subject?;
        if terms.in_waves {
            return Err(Refusal::InWaves("an estimate is").into());
        }
        let machine = self.protocol;
        let (engine, limit) = (Engine::Exhaustive, u64::MAX);
        let (terms, reductions, part) = (&terms, Reductions::ALL, None);
        let search =
            Search { machine, terms, adversary, engine, reductions, part, limit, progress };
        let expected = match refused {
            Some(error) => Err(error),
            None => match search.expected() {
                Ok(None) => return Ok(None),
                Ok(Some(expected)) => Ok(expected),
                Err(refusal) => Err(CheckError::from(refusal)),
            },
        };
        let exhaustive = expected.map(|(behaviours, steps)| Expected { behaviours, steps });
        let search = Search { adversary: adversary.without_strays(), ..search };
        let compositional = search.composable().map_err(CheckError::from);
        if let (Err(error), Err(_)) = (&exhaustive, &compositional) {
            return Err(error.clone());
        }
        Ok(Some(Estimate {
            protocol: name,
            graph: terms.graph.clone(),
            adversary,
            exhaustive: exhaustive.map_err(|error| error.to_string()),
            compositional: compositional.map_err(|error| error.to_string()),
        }))
    }
}
