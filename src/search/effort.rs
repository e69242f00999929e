//! How much work a search may do, how much it has done, and how it is told to stop.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A search that is under way, seen from another thread: how far it is, and a way to stop it.
#[derive(Debug, Default)]
pub struct Progress {
    /// 0 unless it is to stop; else why.
    stop: AtomicU8,
    shrinking: AtomicBool,
    steps: AtomicU64,
    /// In billionths.
    share: AtomicU64,
}

const WHOLE: f64 = 1e9;

const STOPPED: u8 = 1;
const OUT_OF_MEMORY: u8 = 2;

impl Progress {
    /// A search that has not begun.
    #[must_use]
    pub const fn new() -> Progress {
        Progress {
            stop: AtomicU8::new(0),
            shrinking: AtomicBool::new(false),
            steps: AtomicU64::new(0),
            share: AtomicU64::new(0),
        }
    }

    /// Asks the search to stop soon. What it has covered by then is its verdict.
    pub fn stop(&self) {
        self.stop.store(STOPPED, Ordering::Relaxed);
    }

    /// The same, because there is not enough memory for it.
    pub fn stop_for_memory(&self) {
        self.stop.store(OUT_OF_MEMORY, Ordering::Relaxed);
    }

    /// Whether an attack has been found, and is made smaller. From then on the work is counted anew, in
    /// executions.
    #[must_use]
    pub fn is_shrinking(&self) -> bool {
        self.shrinking.load(Ordering::Relaxed)
    }

    /// The work done so far, in calls to the protocol; it may lag a little.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// The share of the space that is covered, from 0 to 1. (Where an attack is made smaller, the share of
    /// the time that this may take, if there is a limit.)
    #[must_use]
    pub fn share(&self) -> f64 {
        (self.share.load(Ordering::Relaxed) as f64 / WHOLE).min(1.0)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) != 0
    }

    /// Why it was asked to stop.
    pub(crate) fn halt(&self) -> Halt {
        match self.stop.load(Ordering::Relaxed) {
            OUT_OF_MEMORY => Halt::Memory,
            _ => Halt::Stopped,
        }
    }

    /// So much is done already when the next part begins.
    #[cfg(feature = "cli")]
    pub(crate) fn begin(&self, share: f64) {
        self.at(self.steps(), share);
    }

    pub(crate) fn shrink(&self) {
        self.shrinking.store(true, Ordering::Relaxed);
        self.at(0, 0.0);
    }

    /// So far has it come, by another one's count.
    pub(crate) fn at(&self, steps: u64, share: f64) {
        self.steps.store(steps, Ordering::Relaxed);
        self.share.store((share * WHOLE) as u64, Ordering::Relaxed);
    }

    pub(crate) fn worked(&self, steps: u64) {
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }

    pub(crate) fn covered(&self, share: f64) {
        self.share.fetch_add((share * WHOLE) as u64, Ordering::Relaxed);
    }
}

/// Why a search ended before it had covered everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Halt {
    /// It was told to, or its time was up.
    Stopped,
    /// It did as many steps as it was allowed.
    Steps,
    /// It would have had to hold more states at a time than it may.
    Room,
    /// It took as much memory as it may.
    Memory,
    /// Only a [part](Part) was to be gone through, and it was.
    Part,
    /// The protocol does not say what a traitor could say: only what can be made of what was heard
    /// was covered.
    Harvest,
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Halt::Stopped => "it was stopped",
            Halt::Steps => "its budget of steps was used up",
            Halt::Room => "it would have had to hold too many states at a time",
            Halt::Memory => "it took as much memory as it may",
            Halt::Part => "the rest is for other parts",
            Halt::Harvest => "the protocol does not say what a traitor could say",
        })
    }
}

/// One of equally large parts of a space: which is settled by its number and how many there are, so
/// that parts can be gone through at different times and places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "Fraction")]
pub struct Part {
    number: usize,
    of: usize,
}

/// A part as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fraction {
    number: usize,
    of: usize,
}

/// There is no such part.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no part {0}/{1}: they are numbered from 1 to as many as there are, such as 3/64")]
pub struct NoSuchPart(usize, usize);

impl Part {
    /// This one, from 1, of so many.
    ///
    /// # Errors
    ///
    /// There is no such part.
    pub fn new(number: usize, of: usize) -> Result<Part, NoSuchPart> {
        let is_there = (1..=of).contains(&number);
        if is_there { Ok(Part { number, of }) } else { Err(NoSuchPart(number, of)) }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// How many there are.
    #[must_use]
    pub fn of(self) -> usize {
        self.of
    }

    /// Its own parts, so many. Nothing if they can't be numbered.
    #[cfg(feature = "cli")]
    pub(crate) fn parts(self, parts: usize) -> Option<impl Iterator<Item = Part> + Clone> {
        let Part { number, of: step } = self;
        let of = step.checked_mul(parts)?;
        Some((0..parts).map(move |part| Part { number: number + step * part, of }))
    }

    /// Whether what comes at this place of all is in it.
    pub(crate) fn has(self, place: usize) -> bool {
        place % self.of == self.number - 1
    }
}

impl TryFrom<Fraction> for Part {
    type Error = NoSuchPart;

    fn try_from(Fraction { number, of }: Fraction) -> Result<Part, NoSuchPart> {
        Part::new(number, of)
    }
}

/// As in "3/64".
impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Part, String> {
        let numbers = text.split_once('/');
        let numbers =
            numbers.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        let (number, of) = numbers.ok_or("give a part and how many there are, such as 3/64")?;
        Part::new(number, of).map_err(|error| error.to_string())
    }
}

/// "3/64".
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// The most states that the exploration of one case may hold at a time.
pub(crate) const ROOM: usize = 1 << 20;

/// The steps of one part of a search.
pub(crate) struct Meter<'a> {
    progress: &'a Progress,
    limit: u64,
    steps: u64,
    told: u64,
}

impl<'a> Meter<'a> {
    /// How often the shared count is brought up to date.
    const TELL_EVERY: u64 = 4096;

    /// Parts that take fewer steps than this are not worth the way to other threads.
    const WORTH_SHARING: u64 = 2_000;

    pub fn new(progress: &'a Progress, limit: u64) -> Meter<'a> {
        Meter { progress, limit, steps: 0, told: 0 }
    }

    pub fn steps(&self) -> u64 {
        self.steps
    }

    pub fn step(&mut self) -> Result<(), Halt> {
        self.take(1)
    }

    /// So many steps at once.
    pub fn take(&mut self, steps: u64) -> Result<(), Halt> {
        self.steps += steps;
        if self.steps > self.limit {
            self.steps = self.limit;
            return Err(Halt::Steps);
        }
        if self.steps - self.told >= Meter::TELL_EVERY {
            self.tell();
            if self.progress.is_stopped() {
                return Err(self.progress.halt());
            }
        }
        Ok(())
    }

    /// Works on parts, by number, on all threads, as if one after the other: what comes of it does not
    /// depend on how many there are. If a part ends the work, that is the first one: those after it
    /// leave no trace, and neither do steps beyond the limit.
    pub fn in_order<E: From<Halt> + Send>(
        &mut self,
        parts: usize,
        work: impl Fn(usize, Meter<'a>) -> (u64, Result<(), E>) + Sync,
    ) -> Result<(), (usize, E)> {
        let (progress, before) = (self.progress, self.steps);
        let mut done = 0;
        while done < parts && self.steps - before < Meter::WORTH_SHARING {
            let left = self.limit - self.steps;
            self.add(done, work(done, Meter::new(progress, left)))?;
            done += 1;
        }
        let left = self.limit - self.steps;
        let first_ended = AtomicUsize::new(usize::MAX);
        let taken: Vec<_> = (done..parts).map(|_| AtomicU64::new(0)).collect();
        let worked = (done..parts).into_par_iter().map(|part| {
            if part > first_ended.load(Ordering::Relaxed) || progress.is_stopped() {
                return (0, Err(progress.halt().into()));
            }
            // What parts before it have taken is no longer there; what others take yet is not known.
            let before = &taken[..part - done];
            let before: u64 = before.iter().map(|taken| taken.load(Ordering::Relaxed)).sum();
            let left = left.saturating_sub(before);
            let (steps, result) = work(part, Meter::new(progress, left));
            taken[part - done].store(steps, Ordering::Relaxed);
            if result.is_err() {
                first_ended.fetch_min(part, Ordering::Relaxed);
            }
            (steps, result)
        });
        let worked: Vec<_> = worked.collect();
        let mut worked = worked.into_iter().enumerate();
        worked.try_for_each(|(place, worked)| self.add(done + place, worked))
    }

    /// Adds the steps of a part, which are told already.
    fn add<E: From<Halt>>(
        &mut self,
        part: usize,
        (steps, result): (u64, Result<(), E>),
    ) -> Result<(), (usize, E)> {
        let too_many = self.steps + steps > self.limit;
        let steps = steps.min(self.limit - self.steps);
        (self.steps, self.told) = (self.steps + steps, self.told + steps);
        let result = if too_many { Err(Halt::Steps.into()) } else { result };
        result.map_err(|end| (part, end))
    }

    fn tell(&mut self) {
        self.progress.worked(self.steps - self.told);
        self.told = self.steps;
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_not_spent_by_each_part_anew() {
        let (progress, worked) = (Progress::new(), AtomicU64::new(0));
        let mut meter = Meter::new(&progress, 5_000);
        let ended = meter.in_order(512, |_, mut meter| {
            let result = (0..1_000).try_for_each(|_| {
                worked.fetch_add(1, Ordering::Relaxed);
                meter.step()
            });
            (meter.steps(), result)
        });
        assert_eq!((ended, meter.steps()), (Err((5, Halt::Steps)), 5_000));
        // A thread knows nothing of later parts: it may spend the limit as often as parts are halved.
        let most = 9 * 6_000 * rayon::current_num_threads() as u64;
        let worked = worked.into_inner();
        assert!((5_000..=most).contains(&worked), "{worked} steps were taken, of at most {most}");
    }
}
