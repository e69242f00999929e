//! The engines on signed messages: the exhaustive one agrees with the naive one, wherever that can run.

use itertools::Itertools;
use turncoat::count::Count;
use turncoat::protocols::chain::Binding;
use turncoat::protocols::parallel::Parallel;
use turncoat::search::Engine;
use turncoat::{
    Adversary, Check, Ideal, Repertoire, SignedMessages, Testable, TwoStep, Violation, Wire, check,
};

use crate::pared::Pared;
use crate::signed_textbook::Mutation::{self, Credulous, Skips};
use crate::signed_textbook::{Rule, Textbook};

/// The most behaviours that the naive engine tries one by one.
const AFFORDABLE: u64 = 3_000;

/// Which part of a repertoire is kept: one in `every` strays and forgeries, others in each turn and on each wire.
#[derive(Clone, Copy, Debug)]
struct Thinned {
    every: usize,
    turn: usize,
    /// Whether forgeries count as strays, so that the search looks for the harm that they do; under a loyal commander,
    /// which keeps the space small.
    harm: bool,
}

impl Thinned {
    fn of<M>(self, wire: Wire, repertoire: Repertoire<M>) -> Repertoire<M> {
        let Repertoire { slots, mut strays, mut forgeries, .. } = repertoire;
        let shift = self.turn + 5 * wire.round + 3 * wire.from.id() + wire.to.id();
        let kept = |index: usize| (index + shift).is_multiple_of(self.every);
        if self.harm {
            strays.extend(forgeries.drain(..).map(|forgery| forgery.message));
        }
        let strays = strays.into_iter().enumerate().filter(|(index, _)| kept(*index));
        let forgeries = forgeries.into_iter().enumerate().filter(|(index, _)| kept(*index));
        Repertoire::of(slots)
            .with_strays(strays.map(|(_, stray)| stray))
            .with_forgeries(forgeries.map(|(_, forgery)| forgery))
    }
}

/// What both engines find, if the question is small enough for both; asserts that they agree.
fn agreed<P: Testable>(ask: impl Fn() -> Check<P>, setting: &str) -> Option<&'static str> {
    let exhaustive = ask().run().unwrap();
    let found = exhaustive.counterexample().map(|found| &found.violation);
    if exhaustive.behaviours > Count::from(AFFORDABLE) {
        return None;
    }
    let naive = ask().engine(Engine::Naive).run().unwrap();
    assert_eq!(naive.name(), exhaustive.name(), "{setting}");
    assert_eq!(naive.behaviours, exhaustive.behaviours, "{setting}");
    Some(found.map_or("holds", Violation::name))
}

/// What the engines agree on without strays, and with a few strays in each turn.
fn outcomes<P: Testable + Clone>(protocol: &P, harm: bool, turns: &[usize]) -> Vec<&'static str> {
    let mut outcomes = Vec::new();
    for (n, f) in [(2, 1), (3, 1), (3, 2)] {
        let setting = format!("{protocol:?}, n = {n}, f = {f}");
        let adversary = Adversary::byzantine(f).without_replays();
        let ask = || check(protocol.clone()).generals(n).against(adversary.without_strays());
        outcomes.extend(agreed(ask, &setting));
        for (every, turn) in [60, 25].into_iter().cartesian_product(turns) {
            let thinned = Thinned { every, turn: *turn, harm };
            let pare = move |wire: Wire, repertoire: Repertoire<_>| thinned.of(wire, repertoire);
            let pared = || Pared::new(protocol.clone(), pare);
            let setting = format!("{setting}, {thinned:?}");
            let adversary = if harm { adversary.loyal_commander() } else { adversary };
            let ask = || check(pared()).generals(n).against(adversary);
            outcomes.extend(agreed(ask, &setting));
        }
    }
    outcomes
}

#[test]
fn the_engines_agree_on_signed_messages() {
    let mut all = Vec::new();
    for m in 0..=1 {
        let parallel = Parallel::of(2, |instance, commander| {
            SignedMessages::new(m).instance(instance, commander).binding(Binding::Order)
        });
        all.extend(outcomes(&parallel, false, &[0, 1, 2, 3]));
        for (number, mutation) in Mutation::all().enumerate() {
            let turns = match mutation {
                Mutation::None | Credulous => (0..60).step_by(2).collect_vec(),
                _ => (3 * number..3 * number + 3).collect(),
            };
            all.extend(outcomes(&Textbook::new(m, mutation, Ideal), false, &turns));
        }
    }
    all.extend(outcomes(&TwoStep::new(), false, &[0, 1, 2, 3]));
    // A false order does harm only in the last round here, so nobody relays it.
    let believes = Textbook::new(1, Skips(Rule::InnerLinks), Ideal);
    all.extend(outcomes(&believes, true, &(0..60).collect_vec()));
    let counts = all.into_iter().counts();
    for (outcome, fewest) in
        [("holds", 200), ("agreement", 200), ("validity", 20), ("unforgeability", 50)]
    {
        let times = counts.get(outcome).copied().unwrap_or(0);
        assert!(times >= fewest, "{outcome}: {counts:?}");
    }
}
