//! Attacks that are drawn and kept: those that were found are tried first, and what is found is
//! stored.

use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, Reason, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::attacks::attacks;
use super::settings::Settings;
use crate::artifacts::write_artifacts_with_attack;
use crate::attack::AttackOn;
use crate::execution::{Counterexample, Size, run};
use crate::regressions::Regressions;
use crate::report::text::among;
use crate::testable::{Testable, described};

/// How long an attack is made smaller, unless proptest is configured otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

impl Regressions {
    /// The protocol must survive all attacks that are stored here, and then as many as proptest has
    /// cases (`PROPTEST_CASES`, by default 256) that are drawn in these settings. What it does not
    /// survive is made smaller, for ten seconds at most (`PROPTEST_MAX_SHRINK_TIME`), and stored
    /// here, so that it comes first from then on.
    ///
    /// ```
    /// use turncoat::{OralMessages, Regressions, Setting};
    ///
    /// let stored = Regressions::in_dir("proptest-regressions/attacks/oral-among-four");
    /// stored.assert_survived_by(&OralMessages::new(1), Setting::new(4, 1));
    /// ```
    ///
    /// # Panics
    ///
    /// If it does not survive one, or a stored one is stale or unreadable, with the whole story; or if
    /// there is no setting, or the protocol can't be run in one.
    #[track_caller]
    pub fn assert_survived_by<P>(&self, protocol: &P, settings: impl Into<Settings>)
    where
        P: Testable,
        P::Value: Serialize + DeserializeOwned,
        P::Message: Serialize + DeserializeOwned,
    {
        self.replay(protocol).assert_survived();
        let found = match found(protocol, settings.into()) {
            Ok(None) => return,
            Ok(Some(found)) => found,
            Err(reason) => panic!("{}", reason.message()),
        };
        let attack = &found.attack;
        let name = described("name", || protocol.words().name()).unwrap_or_default();
        let kept = match self.keep(&name, attack) {
            Ok(file) => format!("Kept in {}: from now on it comes first.", file.display()),
            Err(error) => format!("Not kept: {error}\n{attack:?}"),
        };
        panic!(
            "expected that all are survived\n\n{}\n\n{found}\n{kept}{}",
            among(&name, &attack.graph),
            write_artifacts_with_attack(&found)
        );
    }
}

/// Draws attacks as proptest does, until the protocol does not survive one: a small one like it.
fn found<P: Testable>(
    protocol: &P,
    settings: Settings,
) -> Result<Option<Counterexample<&P>>, Reason> {
    let config = Config::default();
    let (cases, patience) = (config.cases, config.max_shrink_time);
    let patience = if patience == 0 { PATIENCE } else { Duration::from_millis(patience.into()) };
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..config });
    let drawn = attacks(protocol, settings);
    for _ in 0..cases {
        let mut tree = drawn.new_tree(&mut runner)?;
        let Some(mut found) = broken(protocol, tree.current()) else { continue };
        let start = Instant::now();
        let mut more = tree.simplify();
        while more && start.elapsed() < patience {
            let smaller = broken(protocol, tree.current());
            more = if smaller.is_some() { tree.simplify() } else { tree.complicate() };
            found = smaller.unwrap_or(found);
        }
        let size = if more { Size::NotMinimal } else { Size::LocallyMinimal };
        return Ok(Some(Counterexample { size, ..found }));
    }
    Ok(None)
}

/// The attack, if the protocol does not survive it.
fn broken<P: Testable>(protocol: &P, attack: AttackOn<P>) -> Option<Counterexample<&P>> {
    let execution = run(protocol, &attack).ok()?;
    let violation = execution.violation()?;
    Some(Counterexample { attack, execution, violation, size: Size::NotMinimal, protocol })
}
