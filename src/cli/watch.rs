//! Watches long work: a progress bar, a time limit, and Ctrl-C.

use std::io::IsTerminal;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Once, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::answer::{BOUNDED, complain};
use super::groups::kill_all;
use super::terminal::is_ascii;
use crate::count::grouped;
use crate::search::progress::{Phase, Progress};

/// How much work may be done.
#[derive(Clone, Copy)]
pub enum Budget {
    Steps(u64),
    Time(Duration),
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Budget, String> {
        let steps = text.replace('_', "").parse().ok().map(Budget::Steps);
        let time = || humantime::parse_duration(text).ok().map(Budget::Time);
        let budget = steps.or_else(time).filter(|budget| match budget {
            Budget::Steps(steps) => *steps > 0,
            Budget::Time(time) => !time.is_zero(),
        });
        budget.ok_or_else(|| "give a time such as 20s or 5min, or a number of steps".to_owned())
    }
}

/// The time at which work must stop, if any.
#[derive(Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    pub fn of(budget: Option<Budget>) -> Deadline {
        match budget {
            Some(Budget::Time(time)) => Deadline(Instant::now().checked_add(time)),
            Some(Budget::Steps(_)) | None => Deadline(None),
        }
    }

    /// The time that is left.
    fn left(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}

/// What a progress bar says about the work.
pub struct Work<'a> {
    pub label: &'a str,
    /// The whole of which a share is done.
    pub whole: &'static str,
    /// The name of what is counted.
    pub steps: &'static str,
    /// Whether the work ends soon after it is told to, with what it has by then.
    pub stops: bool,
}

impl Work<'_> {
    /// The search of a whole space.
    pub fn of_search(label: &str) -> Work<'_> {
        Work { label, whole: "the space", steps: "steps", stops: true }
    }
}

/// Whether Ctrl-C was pressed.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How often the watcher checks.
const LOOK: Duration = Duration::from_millis(50);

/// How long work that was told to stop, because of Ctrl-C or lack of memory, may take to hand over what it has.
const GRACE: Duration = Duration::from_millis(1500);

/// Preparing more messages than this takes so long that it is announced.
const MANY_MESSAGES: u64 = 5_000_000;

/// Work that takes less time shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// Without a bar, as in a log, progress is reported after this many seconds, then after twice as many, and so on.
/// They count from the beginning of the first work, since a sweep consists of many short ones.
static SILENCE: AtomicU64 = AtomicU64::new(30);

/// When the first work began.
static BEGUN: OnceLock<Instant> = OnceLock::new();

/// Does the work, while another thread shows its progress, and tells it to stop when the time is up or at Ctrl-C. (A
/// second Ctrl-C ends the program; so does the first if the work does not end soon.)
pub fn watched<T>(about: &Work<'_>, deadline: Deadline, work: impl FnOnce(&Progress) -> T) -> T {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(|| {
        // If no handler can be set, Ctrl-C simply ends the program.
        let _ = ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::Relaxed) {
                exit(130);
            }
        });
    });
    let progress = &Progress::new();
    let (done, is_done) = channel::<()>();
    let interrupted = || INTERRUPTED.load(Ordering::Relaxed);
    if interrupted() || deadline.is_over() {
        progress.stop();
    }
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let start = Instant::now();
            let (mut memory, mut sized, mut ends) = (None, false, None);
            let begun = *BEGUN.get_or_init(|| start);
            let mut bar = Bar::of(about);
            while is_done.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if interrupted() {
                    progress.ends_with_it();
                }
                if interrupted() || deadline.is_over() {
                    progress.stop();
                }
                let full = memory.get_or_insert_with(MemoryUse::new).is_full();
                if full {
                    progress.ends_with_it();
                    progress.stop_for_memory();
                }

                let at_once = interrupted() && !about.stops;
                let end = || Instant::now() + if at_once { Duration::ZERO } else { GRACE };
                if (interrupted() || full) && *ends.get_or_insert_with(end) <= Instant::now() {
                    bar.bar.finish_and_clear();
                    if !at_once {
                        let (halt, phase) = (progress.halt(), progress.phase());
                        complain(format!("{halt}, and did not end by itself while {phase}"));
                    }
                    exit(if interrupted() { 130 } else { i32::from(BOUNDED) });
                }
                let messages = progress.messages();
                if messages > MANY_MESSAGES && !std::mem::replace(&mut sized, true) {
                    let messages = grouped(&messages.to_string());
                    let size =
                        format!("about {messages} messages can be said: all are prepared first");
                    bar.bar.suspend(|| complain(size));
                }
                if start.elapsed() > PATIENCE {
                    bar.show(progress, about, deadline);
                }
                let silence = SILENCE.load(Ordering::Relaxed);
                if start.elapsed() > PATIENCE
                    && begun.elapsed().as_secs() >= silence
                    && bar.bar.is_hidden()
                {
                    complain(format!("{}: {}", about.label, bar.bar.message()));
                    SILENCE.store(2 * silence, Ordering::Relaxed);
                }
            }
            bar.bar.finish_and_clear();
        });
        let result = work(progress);
        drop(done);
        result
    })
}

/// Ends this process, and the programs that it has started.
fn exit(code: i32) -> ! {
    kill_all();
    std::process::exit(code)
}

/// The memory limit, if one was given.
static MOST_MEMORY: OnceLock<u64> = OnceLock::new();

/// Sets the memory limit, in bytes.
pub fn limit_memory(most: u64) {
    let _ = MOST_MEMORY.set(most);
}

/// The memory that this process uses.
struct MemoryUse {
    system: System,
    process: Option<Pid>,
    most: u64,
}

impl MemoryUse {
    fn new() -> MemoryUse {
        let mut system = System::new();
        system.refresh_memory();
        // Four fifths of the free memory: other processes may need some, too.
        let most = MOST_MEMORY.get().copied().unwrap_or(system.available_memory() / 5 * 4);
        MemoryUse { system, process: sysinfo::get_current_pid().ok(), most }
    }

    fn is_full(&mut self) -> bool {
        let Some(process) = self.process else { return false };
        let this = ProcessesToUpdate::Some(&[process]);
        let memory = ProcessRefreshKind::nothing().with_memory();
        self.system.refresh_processes_specifics(this, false, memory);
        self.system.process(process).is_some_and(|process| process.memory() > self.most)
    }
}

/// A progress bar on standard error, if that is a terminal rather than a log.
struct Bar {
    bar: ProgressBar,
    /// The phase that was shown last: each phase counts its own work.
    phase: Phase,
}

impl Bar {
    fn of(about: &Work<'_>) -> Bar {
        let logged = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        let bar = match std::io::stderr().is_terminal() && !logged {
            true => ProgressBar::new(SHARES),
            false => ProgressBar::hidden(),
        };
        let bar = bar.with_prefix(about.label.to_owned()).with_style(style());
        Bar { bar, phase: Phase::Searching }
    }

    /// Shows how far the work is, how fast it goes, and how long it will take.
    fn show(&mut self, progress: &Progress, about: &Work<'_>, deadline: Deadline) {
        let Bar { bar, phase } = self;
        if progress.phase() != *phase {
            *phase = progress.phase();
            bar.reset();
        }
        let share = progress.share();
        let (steps, of) = match *phase {
            Phase::Preparing | Phase::Counting => return bar.set_message(phase.to_string()),
            Phase::Searching => (about.steps, format!("{:.1}% of {}", share * 100.0, about.whole)),
            Phase::Shrinking => ("executions", phase.to_string()),
        };
        let rate = progress.steps() as f64 / bar.elapsed().as_secs_f64().max(1e-3);
        let (count, rate) = (HumanCount(progress.steps()), HumanCount(rate as u64));
        let left = left(bar.elapsed(), share, deadline);
        bar.set_message(format!("{of}, {count} {steps}, {rate}/s, {left}"));
        bar.set_position((share * SHARES as f64) as u64);
    }
}

/// The number of shares into which the work is divided.
const SHARES: u64 = 1000;

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{prefix} [{bar:20}] {msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars(if is_ascii() { "=> " } else { "\u{2588}\u{2593}\u{2591}" })
}

/// The remaining time, if the work goes on at the same speed: "3m 20s left".
fn left(gone: Duration, share: f64, deadline: Deadline) -> String {
    let whole = gone.as_secs_f64() / share; // of no share, infinitely long
    let rest = Duration::try_from_secs_f64(whole - gone.as_secs_f64()).ok();
    match (rest.filter(|rest| *rest < AGES), deadline.left()) {
        (Some(rest), Some(end)) if end < rest => format!("at most {} left", told(end)),
        (Some(rest), _) => format!("{} left", told(rest)),
        (None, Some(end)) => format!("at most {} left", told(end)),
        (None, None) => "ages left".to_owned(),
    }
}

/// Longer times than a hundred days are not shown.
const AGES: Duration = Duration::from_secs(100 * 24 * 60 * 60);

/// A length of time in its two largest units.
fn told(time: Duration) -> String {
    let whole = humantime::format_duration(Duration::from_secs(time.as_secs())).to_string();
    let units: Vec<&str> = whole.split(' ').take(2).collect();
    units.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_it_takes_is_told_as_far_as_it_is_known() {
        let (gone, never) = (Duration::from_secs(100), Deadline(None));
        assert_eq!(left(gone, 0.5, never), "1m 40s left");
        assert_eq!(left(gone, 1.0, never), "0s left");
        assert_eq!(left(gone, 0.0, never), "ages left");
        assert_eq!(left(gone, 1e-9, never), "ages left");
        let soon = Deadline(Some(Instant::now()));
        assert_eq!(left(gone, 0.0, soon), "at most 0s left");
        assert_eq!(left(gone, 0.5, soon), "at most 0s left");
    }
}
