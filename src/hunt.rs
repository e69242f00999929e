//! The builder that a test calls for attacks drawn at random.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::artifacts::write_artifacts;
use crate::execution::Counterexample;
use crate::fault::unwound;
use crate::machine::{Machine, Numbered};
use crate::protocols::in_waves::AnyProtocol;
use crate::question::{CheckError, Question, Subject};
use crate::search::Coverage;
use crate::search::choices::space::Space;
use crate::search::progress::{Phase, Progress};
use crate::search::random::random_search::{RandomSearch, RandomSearchAnswer};
use crate::testable::{Refusal, Testable};
use crate::verdict::{Finding, Hunted, HuntedOn, NumberedFinding, written};

/// Draws attacks at random, for where there are too many to try all. An attack that breaks the protocol is shrunk
/// until no part of it can be removed.
///
/// A hunt needs the number of [generals](Question::generals) and the most
/// [traitors](Question::traitors), or else an [adversary](Question::against), as [`check`](crate::check()) does. A
/// hunt can afford [any order](crate::Adversary::any_order) of arrival, if asked for it. The same seed draws the same
/// attacks on every machine.
///
/// ```
/// use turncoat::{OralMessages, hunt};
///
/// let found = hunt(OralMessages::new(1)).generals(5).traitors(2).seed(7).assert_finds();
/// assert!(found.attack.size() <= 4, "{found}");
///
/// let hunted = hunt(OralMessages::new(2)).generals(7).traitors(2).cases(1_000).run()?;
/// assert_eq!(hunted.name(), "bounded");
/// # Ok::<(), turncoat::CheckError>(())
/// ```
pub fn hunt<P: AnyProtocol<Kind>, Kind>(protocol: P) -> Hunt<P::Tested> {
    Question::about(protocol.tested(), Cases::default())
}

/// A question that is answered by drawing attacks at random: see [`hunt`].
pub type Hunt<P> = Question<P, Cases>;

/// How many attacks are drawn, and which.
#[derive(Clone, Copy, Debug)]
pub struct Cases {
    first: u64,
    cases: u64,
    seed: u64,
    /// How long an attack is shrunk.
    patience: Option<Duration>,
}

impl Default for Cases {
    fn default() -> Cases {
        let patience = Some(Duration::from_secs(10));
        Cases { first: 0, cases: 10_000, seed: 0, patience }
    }
}

impl<P> Hunt<P> {
    /// Draws at most this many attacks; by default 10,000.
    pub fn cases(self, cases: u64) -> Hunt<P> {
        self.answered(|how| Cases { cases, ..how })
    }

    /// Starts with the case of this number instead of case 0. A case depends only on its number and the seed, so this
    /// replays one case, or continues a hunt.
    pub fn starting_at(self, case: u64) -> Hunt<P> {
        self.answered(|how| Cases { first: case, ..how })
    }

    /// The seed, by default 0: another seed draws other attacks.
    pub fn seed(self, seed: u64) -> Hunt<P> {
        self.answered(|how| Cases { seed, ..how })
    }

    /// Shrinks what is found for at most this long, by default 10 seconds. (If shrinking ends within that time, the
    /// answer does not depend on the machine.)
    pub fn shrinking_for(self, time: Duration) -> Hunt<P> {
        self.answered(|how| Cases { patience: Some(time), ..how })
    }

    /// Shrinks what is found for as long as it takes.
    pub fn shrinking_to_the_end(self) -> Hunt<P> {
        self.answered(|how| Cases { patience: None, ..how })
    }
}

impl<P: Testable> Hunt<P> {
    /// Hunts. The result does not depend on the number of threads.
    ///
    /// # Errors
    ///
    /// The question can't be answered: a number is missing or too large, there are no cases, or the
    /// protocol refuses.
    pub fn run(self) -> Result<HuntedOn<P>, CheckError> {
        self.run_watched(&Progress::new())
    }

    /// Runs a hunt that another thread may watch and stop. Its steps are cases.
    ///
    /// # Errors
    ///
    /// As [`run`](Hunt::run).
    pub fn run_watched(self, progress: &Progress) -> Result<HuntedOn<P>, CheckError> {
        let (protocol, asked) = self.parted();
        let numbered = Numbered::new(protocol);
        let hunted = numbered.answered(|| asked.by_numbers(&numbered).hunted(progress))?;
        let finding = |NumberedFinding { case, profile, drawn, executions, time, found }| {
            let drawn = numbered.attack(&drawn);
            Finding {
                case,
                profile,
                drawn,
                executions,
                time,
                counterexample: written(numbered, found),
            }
        };
        Ok(unwound(|| hunted.map(finding)).map_err(Refusal::from)?)
    }

    /// Asserts that no attack is found.
    ///
    /// # Panics
    ///
    /// If one is, with the whole story; or if the question can't be answered.
    #[track_caller]
    pub fn assert_finds_nothing(self) {
        match self.run() {
            Ok(Hunted { finding: None, .. }) => {}
            Ok(hunted) => {
                let artifacts = hunted.counterexample().map(write_artifacts).unwrap_or_default();
                panic!(
                    "expected to find nothing, but the protocol is broken\n\n{hunted}{artifacts}"
                )
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Asserts that an attack is found, and returns it.
    ///
    /// # Panics
    ///
    /// If none is; or if the question can't be answered.
    #[track_caller]
    pub fn assert_finds(self) -> Counterexample<P> {
        match self.run() {
            Ok(Hunted { finding: Some(finding), .. }) => finding.counterexample,
            Ok(hunted) => panic!("expected to find an attack, but found none\n\n{hunted}"),
            Err(error) => panic!("{error}"),
        }
    }
}

impl Hunt<&dyn Machine> {
    /// The result on the numbered protocol.
    pub(crate) fn hunted(self, progress: &Progress) -> Result<Hunted<NumberedFinding>, CheckError> {
        let Subject { name, terms, adversary } = self.subject(true)?;
        let Cases { first, cases, seed, patience } = self.how;
        if cases == 0 {
            return Err(CheckError::NoCases);
        }
        let mut hunted = Hunted {
            protocol: name,
            graph: terms.graph.clone(),
            asked: terms.asked.clone(),
            adversary,
            signed: false,
            forgeries: false,
            harvested: None,
            first,
            cases,
            seed,
            coverage: Coverage::default(),
            time: Duration::ZERO,
            finding: None,
        };
        let Some(mut space) = Space::new(self.protocol, &terms, adversary, progress)? else {
            return Ok(hunted);
        };
        space.stops_with = Some(progress);
        progress.enter(Phase::Searching);
        let (signed, forgeries) = (space.is_signed(), space.has_forgeries());
        let harvested = space.harvested();
        let cases = first..first.saturating_add(cases);
        let search = RandomSearch { space: &space, seed, cases, progress };
        let start = Instant::now();
        let RandomSearchAnswer { coverage, found } = search.run()?;
        let time = start.elapsed();
        hunted = Hunted { signed, forgeries, harvested, coverage, time, ..hunted };
        if let Some((case, found)) = found {
            let drawn = found.attack.clone();
            let start = Instant::now();
            let smaller = |progress: &Progress| search.smaller(found, progress);
            let (found, executions) = within(patience, progress, smaller);
            let time = start.elapsed();
            let profile = search.drawn_with_what(case);
            hunted.finding =
                Some(NumberedFinding { case, profile, drawn, executions, time, found });
        }
        Ok(hunted)
    }
}

/// How often to check whether work must stop.
const LOOK: Duration = Duration::from_millis(20);

/// Does work, and tells it to stop when the time is up, or when everything is told to stop.
fn within<T>(patience: Option<Duration>, all: &Progress, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = &Progress::new();
    let (done, is_done) = channel::<()>();
    let start = Instant::now();
    all.enter(Phase::Shrinking);
    thread::scope(|scope| {
        scope.spawn(move || {
            let left =
                || patience.map_or(LOOK, |patience| patience.saturating_sub(start.elapsed()));
            while is_done.recv_timeout(left().min(LOOK)) == Err(RecvTimeoutError::Timeout) {
                if all.is_stopped() || left().is_zero() {
                    return progress.stop();
                }
                let share = |patience: Duration| start.elapsed().div_duration_f64(patience);
                all.at(progress.steps(), patience.map_or(0.0, share));
            }
        });
        let result = work(progress);
        drop(done);
        result
    })
}
