//! How the time to a verdict grows with the number of generals: OM(m) among 3m + 1 generals, where it holds, and among
//! 3m, where the smallest attack is found; SM(m) with two generals more than traitors, and with three; the phase king
//! and the phase queen, as a user would write them; event-driven protocols, such as Bracha's reliable broadcast. Each
//! engine goes as far as it can, on one thread. The table has the median time, its growth over the rung below, and the
//! exponent by which it grows with n. Then it measures how much faster two threads are than one. With an argument,
//! `cargo bench --bench ladder -- king`, it measures only what has that word in its name.

mod kings;

use std::hint::black_box;
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuilder;
use turncoat::adversary::Timing;
use turncoat::search::{Engine, Reduction};
use turncoat::{
    Adversary, BenOr, BinaryAgreement, Check, CheckError, Generals, HotStuff, OralMessages,
    ReliableBroadcast, SignedMessages, Testable, check,
};

use self::kings::{PhaseKing, PhaseQueen};

/// Each rung is measured again and again for `TIME`, and at least `TIMES` times unless that takes longer than `LONG`.
const TIME: Duration = Duration::from_millis(600);
const TIMES: usize = 3;
const LONG: Duration = Duration::from_secs(5);

/// Among this many generals OM(2) takes more than a second on one thread if the search tries every message of the last
/// round.
const LARGE: usize = 10;

/// The result of one measurement: the verdict, with the size of the attack if there is one, and the steps.
struct Climbed {
    verdict: String,
    steps: u64,
}

fn main() {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
    pool.install(|| {
        let (composed, whole) = (Engine::Compositional, Engine::Exhaustive);
        println!(
            "{:44} {:>24} {:>12} {:>12} {:>8} {:>9}",
            "", "verdict", "time", "steps", "growth", "exponent"
        );
        ladder("OM(m), n = 3m + 1, composed", 1..=10, |m| 3 * m + 1, |m, n| oral(m, n, composed));
        ladder("OM(m), n = 3m + 1, exhaustive", 1..=2, |m| 3 * m + 1, |m, n| oral(m, n, whole));
        ladder("OM(m), n = 3m, composed", 1..=4, |m| 3 * m, |m, n| oral(m, n, composed));
        ladder("OM(m), n = 3m, exhaustive", 1..=2, |m| 3 * m, |m, n| oral(m, n, whole));
        ladder("SM(m), n = m + 2, exhaustive", 1..=4, |m| m + 2, signed);
        ladder("SM(m), n = m + 3, exhaustive", 1..=4, |m| m + 3, signed);
        let king = |n| king(n, false);
        ladder("phase king, f = 1, no claims", 4..=6, |n| n, |_, n| king(n));
        ladder("phase king, f = 2, no claims", 7..=8, |n| n, |_, n| king(n));
        ladder("phase queen, f = 1", 5..=6, |n| n, |_, n| queen(n));
        ladder("phase queen, f = 2", 9..=9, |n| n, |_, n| queen(n));
        ladder("phase king, with claims", 1..=3, |f| 3 * f + 1, |_, n| self::king(n, true));
        ladder("reliable broadcast, f = 1", 4..=6, |n| n, |_, n| broadcast(n));
        let exactly = Adversary::byzantine(1).exactly();
        ladder(
            "binary agreement, all rounds",
            4..=4,
            |n| n,
            |_, n| climbed(check(BinaryAgreement::new()).generals(n).against(exactly)),
        );
        ladder(
            "Ben-Or, f = 1, all rounds",
            6..=6,
            |n| n,
            |_, n| climbed(check(BenOr::new()).generals(n).against(exactly)),
        );
        ladder(
            "Ben-Or against crashes, f = 1, all rounds",
            3..=4,
            |n| n,
            |_, n| {
                climbed(
                    check(BenOr::new().against_crashes()).generals(n).against(Adversary::crash(1)),
                )
            },
        );
        let punctual = Adversary::byzantine(1).timed(Timing::Synchronous);
        ladder(
            "Bracha, f = 1, all mail in time",
            4..=6,
            |n| n,
            |_, n| climbed(check(ReliableBroadcast::new()).generals(n).against(punctual)),
        );
        ladder(
            "HotStuff, two phases, two views",
            4..=4,
            |n| n,
            |_, n| climbed(check(HotStuff::new().phases(2)).generals(n).traitors(1)),
        );
        ladder(
            "HotStuff, three phases, two views",
            4..=4,
            |n| n,
            |_, n| climbed(check(HotStuff::new()).generals(n).traitors(1)),
        );
        ladder(
            "binary agreement, live",
            4..=4,
            |n| n,
            |_, n| climbed(check(BinaryAgreement::new().live()).generals(n).traitors(1)),
        );
        ladder(
            "HotStuff, two phases, live",
            4..=4,
            |n| n,
            |_, n| climbed(check(HotStuff::new().phases(2).live()).generals(n).traitors(1)),
        );
    });
    if is_asked("two threads") {
        two_threads();
    }
}

/// Whether the arguments ask to measure this one.
fn is_asked(name: &str) -> bool {
    let mut asked =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    asked.peek().is_none() || asked.any(|asked| name.contains(&asked))
}

/// Traitors may be silent and send strays, but no duplicates.
fn adversary(f: usize) -> Adversary {
    Adversary::byzantine(f).without_replays()
}

fn king(n: usize, claims: bool) -> Result<Climbed, CheckError> {
    let f = (n - 1) / 3;
    climbed(check(PhaseKing { f, phases: f + 1, claims }).generals(n).against(adversary(f)))
}

fn queen(n: usize) -> Result<Climbed, CheckError> {
    let f = (n - 1) / 4;
    climbed(check(PhaseQueen { f, phases: f + 1 }).generals(n).against(adversary(f)))
}

/// Reliable broadcast in which the commander is the traitor.
fn broadcast(n: usize) -> Result<Climbed, CheckError> {
    let mut adversary = Adversary::byzantine(1).exactly();
    adversary.suspects = Some(Generals::first(1));
    climbed(check(ReliableBroadcast::new()).generals(n).against(adversary))
}

/// How much faster two threads are than one, measured alternately.
fn two_threads() {
    let pools = [1, 2].map(|threads| {
        ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started")
    });
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..5 {
        for (pool, times) in pools.iter().zip(&mut times) {
            let start = Instant::now();
            let asked = check(OralMessages::new(2)).generals(LARGE).against(adversary(2));
            let asked = asked.without(Reduction::Extremes);
            pool.install(|| black_box(climbed(asked))).unwrap_or_else(|error| panic!("{error}"));
            times.push(start.elapsed());
        }
    }
    let [one, two] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let ratio = one.as_secs_f64() / two.as_secs_f64();
    println!(
        "OM(2), n = {LARGE}, exhaustive, no extremes: {one:.1?} on one thread, {two:.1?} on two: \
         {ratio:.2} times as fast"
    );
}

fn oral(m: usize, n: usize, engine: Engine) -> Result<Climbed, CheckError> {
    climbed(check(OralMessages::new(m)).generals(n).against(adversary(m)).engine(engine))
}

fn signed(m: usize, n: usize) -> Result<Climbed, CheckError> {
    climbed(check(SignedMessages::new(m)).generals(n).against(adversary(m)))
}

fn climbed<P: Testable>(check: Check<P>) -> Result<Climbed, CheckError> {
    let verdict = check.run()?;
    let found = verdict.counterexample();
    let lies = found.map(|found| format!(" ({} lies, {:?})", found.attack.size(), found.size));
    let said = format!("{}{}", verdict.name(), lies.unwrap_or_default());
    Ok(Climbed { verdict: said, steps: verdict.steps })
}

fn ladder(
    name: &str,
    rungs: impl Iterator<Item = usize>,
    generals: impl Fn(usize) -> usize,
    climb: impl Fn(usize, usize) -> Result<Climbed, CheckError>,
) {
    if !is_asked(name) {
        return;
    }
    let mut below: Option<(f64, usize)> = None;
    for m in rungs {
        let n = generals(m);
        let begin = Instant::now();
        let (mut times, mut last) = (Vec::new(), None);
        while begin.elapsed() < if times.len() < TIMES { LONG } else { TIME } {
            let start = Instant::now();
            let climbed = black_box(climb(m, n)).unwrap_or_else(|error| panic!("{error}"));
            times.push(start.elapsed());
            last = Some(climbed);
        }
        times.sort_unstable();
        let median = times[times.len() / 2];
        let Climbed { verdict, steps } = last.expect("it was climbed at least once");
        let growth = below.map(|(time, fewer)| {
            let growth = median.as_secs_f64() / time;
            (growth, growth.ln() / (n as f64 / fewer as f64).ln())
        });
        let growth = growth.map_or_else(
            || format!("{:>8} {:>9}", "", ""),
            |(growth, exponent)| format!("{growth:>8.1} {exponent:>9.1}"),
        );
        let rung =
            if m == n { format!("{name}: n = {n}") } else { format!("{name}: m = {m}, n = {n}") };
        println!("{rung:44} {verdict:>24} {median:>12.1?} {steps:>12} {growth}");
        below = Some((median.as_secs_f64(), n));
    }
}
