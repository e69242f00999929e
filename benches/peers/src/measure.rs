//! How long an answer takes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::question::{Question, Verdict};
use crate::tools::Tool;

/// What takes less is measured again and again, until this has passed.
const TIME: Duration = Duration::from_millis(400);
/// At least so often, unless it takes longer than that.
const TIMES: usize = 3;
/// What takes longer than this is measured once.
const LONG: Duration = Duration::from_secs(5);

/// What a tool has answered, and how long that took it.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Which tool.
    pub tool: Tool,
    /// Its answer, the same each time.
    pub verdict: Verdict,
    /// The shortest of all times, from the question to the answer: models and circuits are built in
    /// that time. (All is deterministic, so what is more than that is due to what else the machine
    /// does. stateright starts a thread, and where no core is free that waits for milliseconds: in
    /// most of all runs, so that the median would be no better than the mean.)
    pub time: Duration,
}

/// Asks a tool, often enough to know how long it takes.
///
/// # Panics
///
/// If it answers differently the next time.
#[must_use]
pub fn measured(tool: Tool, question: Question) -> Measured {
    let begin = Instant::now();
    let verdict = tool.answer(question);
    let mut times = vec![begin.elapsed()];
    if times[0] < LONG {
        // The first time caches are cold.
        times.clear();
    }
    while times.is_empty() || times[0] < LONG && (times.len() < TIMES || begin.elapsed() < TIME) {
        let start = Instant::now();
        let again = black_box(tool.answer(black_box(question)));
        times.push(start.elapsed());
        assert_eq!(again, verdict, "{tool:?} on {question}");
    }
    let time = times.into_iter().min().expect("it was measured");
    Measured { tool, verdict, time }
}
