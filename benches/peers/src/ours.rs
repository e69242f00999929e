//! turncoat, on one thread.

use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};
use turncoat::search::Engine;
use turncoat::{
    Adversary, Check, CheckError, General, Generals, OralMessages, ReliableBroadcast,
    SignedMessages, Testable, check,
};

use crate::question::{Algorithm, Question, Verdict};

/// What traitors can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Space {
    /// turncoat's default: at most f traitors, who may also be silent and send strays.
    Whole,
    /// What the other tools let them do: exactly f traitors, who send one of the messages that fit in each slot, or
    /// nothing where messages are signed.
    Peers,
}

static ONE_THREAD: LazyLock<ThreadPool> = LazyLock::new(|| {
    ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started")
});

/// Asks turncoat, by this engine.
///
/// # Panics
///
/// If turncoat reaches no verdict.
#[must_use]
pub fn verdict(question: Question, engine: Engine, space: Space) -> Verdict {
    let Question { algorithm, m, n, f } = question;
    let whole = Adversary::byzantine(f).without_replays();
    let ask = || match algorithm {
        Algorithm::Oral => {
            let adversary = match space {
                Space::Whole => whole,
                Space::Peers => whole.exactly().without_strays().without_silence(),
            };
            let check = check(OralMessages::new(m)).generals(n).against(adversary);
            is_broken(check.engine(engine))
        }
        Algorithm::Signed => {
            let adversary = match space {
                Space::Whole => whole,
                Space::Peers => whole.exactly().without_strays(),
            };
            let check = check(SignedMessages::new(m)).generals(n).against(adversary);
            is_broken(check.engine(engine))
        }
    };
    // The compositional engine has no use for more threads.
    let broken = match engine {
        Engine::Compositional => ask(),
        Engine::Exhaustive | Engine::Naive => ONE_THREAD.install(ask),
    };
    Verdict::broken_if(broken.unwrap_or_else(|error| panic!("{question}: {error}")))
}

fn is_broken<P: Testable>(check: Check<P>) -> Result<bool, CheckError> {
    let verdict = check.run()?;
    let name = verdict.name();
    assert!(name != "bounded", "turncoat has no verdict");
    Ok(name == "broken")
}

/// Whether reliable broadcast is correct among four generals whose commander is a traitor, and how many steps the
/// check takes.
///
/// # Panics
///
/// If there is no verdict.
#[must_use]
pub fn broadcast(deliver: usize) -> (bool, u64) {
    let mut adversary = Adversary::byzantine(1).exactly();
    adversary.suspects = Some(Generals::NONE.with(General::COMMANDER));
    let asked = check(ReliableBroadcast::new().deliver_at(deliver)).generals(4).against(adversary);
    let verdict = ONE_THREAD.install(|| asked.run()).expect("the question makes sense");
    (verdict.holds(), verdict.steps)
}
