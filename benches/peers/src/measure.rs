//! How long an answer takes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::question::{Question, Verdict};
use crate::tools::Tool;

/// A shorter measurement is repeated until this much time has passed.
const TIME: Duration = Duration::from_millis(400);
/// The least number of measurements, unless one takes longer than `LONG`.
const TIMES: usize = 3;
/// What takes longer than this is measured once.
const LONG: Duration = Duration::from_secs(5);

/// What a tool answered, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Which tool.
    pub tool: Tool,
    /// Its answer, the same each time.
    pub verdict: Verdict,
    /// The shortest time from the question to the answer, which includes building models and circuits. (Everything is
    /// deterministic, so any extra time is due to other load on the machine. stateright starts a thread, which waits
    /// for milliseconds if no core is free: that happens in most runs, so the median would be no better than the mean.)
    pub time: Duration,
}

/// Asks a tool, often enough to know how long it takes.
///
/// # Panics
///
/// If the tool gives a different answer the next time.
#[must_use]
pub fn measured(tool: Tool, question: Question) -> Measured {
    let begin = Instant::now();
    let verdict = tool.answer(question);
    let mut times = vec![begin.elapsed()];
    if times[0] < LONG {
        // Discard the first time: caches were cold.
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
