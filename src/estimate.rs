//! What a verdict would take, before anything is searched.

use crate::check::Check;
use crate::machine::{Machine, Numbered};
use crate::question::{CheckError, Subject};
use crate::search::progress::Progress;
use crate::search::{Engine, Reductions, Search};
use crate::testable::Testable;
use crate::verdict::{Estimate, Expected};

impl<P: Testable> Check<P> {
    /// What a verdict would take; nothing is searched. (It costs as much as to ask the protocol for
    /// its whole repertoire.)
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
        let numbered = Numbered::new(&self.protocol);
        numbered.answered(|| self.by_numbers(&numbered).expected())
    }
}

impl Check<&dyn Machine> {
    /// The same by numbers.
    pub(crate) fn expected(&self) -> Result<Estimate, CheckError> {
        let admitted = self.subject(true);
        let refused = admitted.as_ref().err().cloned();
        let subject = admitted.or_else(|error| self.subject(false).map_err(|_| error));
        let Subject { name, terms, adversary } = subject?;
        let (machine, progress) = (self.protocol, &Progress::new());
        let (engine, limit) = (Engine::Exhaustive, u64::MAX);
        let (terms, reductions, part) = (&terms, Reductions::ALL, None);
        let search =
            Search { machine, terms, adversary, engine, reductions, part, limit, progress };
        let expected = match refused {
            Some(error) => Err(error),
            None => search.expected().map_err(CheckError::from),
        };
        let exhaustive = expected.map(|expected| {
            let (behaviours, steps) = expected.expect("nobody stops it");
            Expected { behaviours, steps }
        });
        let search = Search { adversary: adversary.without_strays(), ..search };
        let compositional = search.composable().map_err(CheckError::from);
        if let (Err(error), Err(_)) = (&exhaustive, &compositional) {
            return Err(error.clone());
        }
        Ok(Estimate {
            protocol: name,
            graph: terms.graph.clone(),
            adversary,
            exhaustive: exhaustive.map_err(|error| error.to_string()),
            compositional: compositional.map_err(|error| error.to_string()),
        })
    }
}
