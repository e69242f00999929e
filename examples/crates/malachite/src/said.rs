//! What travels: how it is told, and what a traitor can say in the first rounds with its own key. And timers, which are
//! numbers.

use std::fmt;

use turncoat::{General, Timer};

use super::context::{Ctx, Number, Proposed, Voted};
use super::types::{Context, Height, NilOrVal, Round, Timeout, TimeoutKind};

/// What can be proposed.
pub const VALUES: [u64; 2] = [10, 20];

/// The last round, counted from 0, that times out, and in which traitors say something of their own.
const LAST: u32 = 2;

const KINDS: [TimeoutKind; 3] =
    [TimeoutKind::Propose, TimeoutKind::Prevote, TimeoutKind::Precommit];

/// All timers.
pub fn timers() -> impl Iterator<Item = Timer> {
    0..(LAST + 1) * KINDS.len() as u32
}

pub fn timeout(timer: Timer) -> Timeout {
    let kinds = KINDS.len() as u32;
    Timeout::new(Round::new(timer / kinds), KINDS[(timer % kinds) as usize])
}

/// The timer of that timeout, if it is one of the first rounds. Nothing is said again after a time: that would be
/// said for ever.
pub fn timer(timed_out: Timeout) -> Option<Timer> {
    timers().find(|timer| timeout(*timer) == timed_out)
}

/// "PREVOTE(0)", with the round.
pub fn tell_timer(timer: Timer) -> String {
    let Timeout { kind, round } = timeout(timer);
    format!("{}({round})", format!("{kind:?}").to_uppercase())
}

/// All votes and proposals of the first rounds that a traitor can sign: what stands together is of one kind and round.
pub fn lies<M>(
    n: usize,
    from: General,
    proposed: impl Fn(Proposed) -> M,
    voted: impl Fn(Voted) -> M,
) -> Vec<Vec<M>> {
    let (first, by) = (Number::INITIAL, Number(from.id() as u64));
    let values = VALUES.map(Number);
    let votes = || [NilOrVal::Nil].into_iter().chain(values.map(NilOrVal::Val));
    let mut lies = Vec::new();
    for round in 0..=LAST {
        let at = Round::new(round);
        let prevotes = votes().map(|value| Ctx.new_prevote(first, at, value, by));
        lies.push(prevotes.map(&voted).collect());
        let precommits = votes().map(|value| Ctx.new_precommit(first, at, value, by));
        lies.push(precommits.map(&voted).collect());
        if round as usize % n == from.id() {
            let polkas = [Round::Nil].into_iter().chain((0..round).map(Round::new));
            let proposals = polkas.flat_map(|polka| {
                values.map(|value| Ctx.new_proposal(first, at, value, polka, by))
            });
            lies.push(proposals.map(&proposed).collect());
        }
    }
    lies
}

/// What is said, by the name that it has: who has signed it is told if that is another one.
pub fn told(name: String, from: General) -> String {
    name.strip_suffix(&format!(" of general {}", from.id())).unwrap_or(&name).to_owned()
}

impl fmt::Display for Proposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Proposed { round, value, pol_round, by } = self;
        let polka = match pol_round {
            Round::Nil => String::new(),
            polka => format!(", polka in {polka}"),
        };
        write!(f, "PROPOSAL({round}, {value}{polka}) of general {by}")
    }
}

impl fmt::Display for Voted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Voted { kind, round, value, by } = self;
        let kind = format!("{kind:?}").to_uppercase();
        match value {
            NilOrVal::Nil => write!(f, "{kind}({round}, NIL) of general {by}"),
            NilOrVal::Val(value) => write!(f, "{kind}({round}, {value}) of general {by}"),
        }
    }
}
