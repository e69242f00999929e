//! How many steps standard questions take, pinned: a change that makes the search do more or less shows here.
//! `UPDATE_EXPECT=1 cargo test` rewrites the table.

use expect_test::expect;
use rayon::ThreadPoolBuilder;
use turncoat::search::Engine;
use turncoat::{
    Adversary, Check, FloodSet, InteractiveConsistency, OralMessages, Problem, Repertoire, Round,
    SignedMessages, Testable, TwoStep, check,
};

use crate::by_functions::ByFunctions;

/// A protocol as a user might write it: each lieutenant relays the commander's order, and follows the majority. It
/// makes no claims, so the search knows only how it behaves.
fn poll() -> ByFunctions {
    fn speaks(round: Round, from: usize, to: usize) -> bool {
        (from == 0) == (round == 1) && to != 0
    }
    ByFunctions {
        rounds: 2,
        problem: || Problem::broadcast([0, 1]),
        send: |seen, round, to| match speaks(round, seen.me, to.id()) {
            true => vec![seen.heard[0]],
            false => vec![],
        },
        receive: |seen, round, from, order| {
            if from.is_commander() == (round == 1) {
                seen.heard[from.id()] = order;
            }
        },
        decide: |seen| {
            let told = (0..seen.heard.len()).filter(|id| *id != seen.me || *id == 0);
            let attack = told.clone().filter(|id| seen.heard[*id] == 1).count();
            u8::from(2 * attack > told.count())
        },
        repertoire: |wire| match speaks(wire.round, wire.from.id(), wire.to.id()) {
            true => Repertoire::one_of([0, 1]),
            false => Repertoire::silent(),
        },
        ..ByFunctions::plain()
    }
}

/// A row of the table, the same for one thread and for two.
fn row<P: Testable + Clone + Send + Sync>(name: &str, asked: &Check<P>) -> String
where
    Check<P>: Sync,
{
    let with = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let verdict = asked.clone().run().unwrap();
            let size = verdict.counterexample().map(|found| found.attack.size().to_string());
            let size = size.unwrap_or_else(|| "-".to_owned());
            let (found, steps) = (verdict.name(), verdict.steps);
            let behaviours = verdict.behaviours.to_string();
            let row = format!("{name:<30}{found:<8}{steps:>9}  {size:>4}  {behaviours}\n");
            (verdict.to_string(), row)
        })
    };
    let (text, row) = with(1);
    assert_eq!((text, row.clone()), with(2), "{name}: on two threads");
    row
}

#[test]
fn a_standard_question_takes_so_many_steps() {
    let om = |m, n| check(OralMessages::new(m)).generals(n).traitors(m);
    let sm = |m, n| check(SignedMessages::new(m)).generals(n).traitors(m);
    let table = [
        format!("{:<30}{:<8}{:>9}  {:>4}  {}\n", "", "verdict", "steps", "size", "behaviours"),
        row("OM(1), n=4", &om(1, 4)),
        row("OM(2), n=7", &om(2, 7)),
        row("OM(1), n=3", &om(1, 3)),
        row("OM(2), n=6, composed", &om(2, 6).engine(Engine::Compositional)),
        row("SM(2), n=4", &sm(2, 4)),
        row("SM(3), n=5", &sm(3, 5)),
        row("two steps, n=4, f=2", &check(TwoStep::new()).generals(4).traitors(2)),
        row("FloodSet, n=4, one crash", &{
            check(FloodSet::new(2)).generals(4).against(Adversary::crash(1))
        }),
        row("interactive consistency, n=4", &{
            check(InteractiveConsistency::new(1)).generals(4).traitors(1)
        }),
        row("a user's poll, n=4, f=1", &check(poll()).generals(4).traitors(1)),
    ];
    expect![[r#"
                                      verdict     steps  size  behaviours
        OM(1), n=4                    holds         593     -  201,671,777
        OM(2), n=7                    holds      102375     -  10^59.7
        OM(1), n=3                    broken        370     1  185,447
        OM(2), n=6, composed          broken        392     6  5,666,455,119,080
        SM(2), n=4                    holds       25118     -  98,388,509,595,001,422,858,090,574,272,002
        SM(3), n=5                    holds      316635     -  10^79.9
        two steps, n=4, f=2           broken       4219     1  377,014,460,070,146
        FloodSet, n=4, one crash      holds       11608     -  1,104
        interactive consistency, n=4  holds        5599     -  302,361,545,799,088
        a user's poll, n=4, f=1       holds         515     -  24,059
    "#]]
    .assert_eq(&table.concat());
}
