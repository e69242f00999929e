//! Signed protocols under both schemes, Ideal and Ed25519: the same code behaves the same.

use std::cell::RefCell;
use std::collections::BTreeMap;

use itertools::Itertools;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use turncoat::execution::{Deliveries, Delivery};
use turncoat::forgery::Forge;
use turncoat::protocols::chain::{Chain, Link};
use turncoat::protocols::parallel::{Parallel, Tagged};
use turncoat::protocols::signed::Length;
use turncoat::signature::Signatures;
use turncoat::signature::ed25519::Ed25519;
use turncoat::signature::ideal::Token;
use turncoat::{
    Attack, Edit, General, Generals, Ideal, Lie, Order, Plain, SignedMessages, Testable, TwoStep,
    Wire, check, run,
};

use crate::drawn_attacks::{Draw, Kind, drawn, draws, told};
use crate::signed_textbook::{Mutation, Rule, Textbook};

type Real = <Ed25519 as Signatures>::Signature;

/// How many attacks are drawn, each for five protocols.
const CASES: u32 = 150;

/// The real signature that a token stands for.
fn signature(scheme: &Ed25519, Token { by, on, tampering }: &Token) -> Real {
    match tampering {
        None => scheme.sign(*by, on),
        Some(how) => scheme.tampered(*how, *by, on),
    }
}

/// The chain with real signatures.
fn real(scheme: &Ed25519, chain: &Chain<Order, Token>) -> Chain<Order, Real> {
    let link = |Link { by, signature: token }: &Link<Token>| Link {
        by: *by,
        signature: signature(scheme, token),
    };
    Chain { order: chain.order, links: chain.links.iter().map(link).collect() }
}

/// The same attack with other messages.
fn translated<M, N>(attack: &Attack<Order, M>, real: impl Fn(&M) -> N) -> Attack<Order, N> {
    let edit = |edit: &Edit<M>| match edit {
        Edit::Withhold(of) => Edit::Withhold(real(of)),
        Edit::Say(say) => Edit::Say(real(say)),
        Edit::Instead { of, say } => Edit::Instead { of: real(of), say: real(say) },
    };
    let lies = attack.lies.iter().map(|lie| Lie { wire: lie.wire, edit: edit(&lie.edit) });
    let Attack { graph, traitors, inputs, .. } = attack;
    Attack { lies: lies.collect(), ..Attack::new(graph, *traitors, inputs.clone()) }
}

/// Counts of what happened.
type Tally = RefCell<BTreeMap<&'static str, usize>>;

fn count(tally: &Tally, what: &'static str, times: usize) {
    *tally.borrow_mut().entry(what).or_default() += times;
}

/// What was said, in the order of real messages. (Chains that say the same can arrive in another order if their
/// signatures differ. But then at most one of them is genuine.)
fn heard<M, N: Plain>(
    deliveries: &Deliveries<M>,
    real: impl Fn(&M) -> N,
) -> Vec<(Wire, Vec<N>, Option<Vec<N>>)> {
    let sorted = |said: &[M]| said.iter().map(&real).sorted().collect_vec();
    let deliveries = deliveries
        .iter()
        .map(|Delivery { wire, said, loyal }| (wire, sorted(said), loyal.map(&sorted)));
    deliveries.collect()
}

/// Runs one attack on one protocol under both schemes: everything comparable is equal.
fn alike<P, Q>(
    draw: &Draw,
    ideal: &P,
    other: &Q,
    real: impl Fn(&P::Message) -> Q::Message,
    tally: &Tally,
) -> TestCaseResult
where
    P: Testable<Value = Order, Decision = Order>,
    Q: Testable<Value = Order, Decision = Order>,
{
    let attack = drawn(ideal, draw);
    let translated = translated(&attack, &real);
    let one = run(ideal, &attack).unwrap();
    let two = run(other, &translated).unwrap();
    prop_assert_eq!(heard(&one.deliveries, real), heard(&two.deliveries, Clone::clone));
    prop_assert_eq!(&one.decisions, &two.decisions);
    prop_assert_eq!(&one.idle, &two.idle);
    prop_assert_eq!(&one.lacking, &two.lacking);
    prop_assert_eq!(&one.accepted, &two.accepted);
    prop_assert_eq!(one.violation(), two.violation());
    prop_assert_eq!((&one.fault, &two.fault), (&None, &None));
    for kind in told(ideal, &attack, &one) {
        let kind = match kind {
            Some(Kind::Regular) => "a genuine lie",
            Some(Kind::Stray) => "a stray",
            Some(Kind::Forged) => "a forgery",
            None => "withheld",
        };
        count(tally, kind, 1);
    }
    count(tally, "idle", one.idle.len());
    count(tally, "lacking", one.lacking.len());
    count(tally, "accepted", usize::from(one.accepted.is_some()));
    count(tally, "harmed", usize::from(one.violation().is_some()));
    count(tally, "an attack", 1);
    Ok(())
}

/// Runs all signed protocols under both schemes, with one attack each.
fn all_alike(draw: &Draw, scheme: &Ed25519, tally: &Tally) -> TestCaseResult {
    let sm = || SignedMessages::new(draw.m);
    let chain = |chain: &Chain<Order, Token>| real(scheme, chain);
    for length in [Length::Exactly, Length::AtLeast] {
        let (ideal, other) = (sm().length(length), sm().length(length).signatures(scheme.clone()));
        alike(draw, &ideal, &other, chain, tally)?;
    }
    let two_step = TwoStep::new().signatures(scheme.clone());
    alike(draw, &TwoStep::new(), &two_step, chain, tally)?;
    let ideal = Parallel::of(2, |number, commander| sm().instance(number, commander));
    let other = Parallel::of(2, |number, commander| {
        sm().instance(number, commander).signatures(scheme.clone())
    });
    let tagged = |Tagged { instance, message }: &Tagged<_>| Tagged {
        instance: *instance,
        message: chain(message),
    };
    alike(draw, &ideal, &other, tagged, tally)?;
    // Only mutants that check signatures: where several chains with false signatures say the same, the bytes decide
    // which arrives first.
    let believes = [Rule::Length, Rule::CommanderFirst, Rule::Distinct].map(Mutation::Skips);
    let mutation = draw.one_of(&[&believes[..], &[Mutation::SignaturesOnly]].concat());
    let ideal = Textbook::new(draw.m, mutation, Ideal);
    let other = Textbook::new(draw.m, mutation, scheme.clone());
    alike(draw, &ideal, &other, chain, tally)
}

#[test]
fn both_schemes_agree_on_every_attack() {
    let tally = Tally::default();
    let scheme = Ed25519::from_seed(7);
    let config =
        ProptestConfig { cases: CASES, source_file: Some(file!()), ..ProptestConfig::default() };
    let agree = |draw: Draw| all_alike(&draw, &scheme, &tally);
    TestRunner::new(config).run(&draws(2..=4), agree).unwrap_or_else(|error| panic!("{error}"));
    let tally = tally.borrow();
    for (what, fewest) in [
        ("an attack", 5 * CASES as usize),
        ("a genuine lie", 300),
        ("a forgery", 225),
        ("a stray", 30),
        ("withheld", 105),
        ("idle", 150),
        ("lacking", 150),
        ("accepted", 1),
        ("harmed", 4),
    ] {
        let times = tally.get(what).copied().unwrap_or(0);
        assert!(times >= fewest, "{what}: only {times} times\n{tally:?}");
    }
}

/// What breaks a protocol: the violation, and the number of lies.
fn ruling<P: Testable>(protocol: P, n: usize, f: usize) -> Option<(&'static str, usize)> {
    let verdict = check(protocol).generals(n).traitors(f).run().unwrap();
    assert_ne!(verdict.name(), "bounded", "{verdict}");
    verdict.counterexample().map(|found| (found.violation.name(), found.attack.lies.len()))
}

#[test]
fn both_schemes_have_the_same_verdicts() {
    let scheme = || Ed25519::from_seed(7);
    let agreement = Some(("agreement", 1));
    for (m, n, f, expected) in [
        (0, 3, 1, agreement),
        (1, 3, 1, None),
        (1, 4, 1, None),
        (1, 4, 2, agreement),
        (2, 4, 2, None),
    ] {
        let sm = SignedMessages::new(m);
        assert_eq!(ruling(sm.clone(), n, f), expected, "SM({m}), n = {n}, f = {f}");
        assert_eq!(ruling(sm.signatures(scheme()), n, f), expected, "SM({m}), n = {n}, f = {f}");
    }
    for (n, f, expected) in [(3, 1, None), (4, 1, None), (4, 2, agreement)] {
        let two_step = TwoStep::new().signatures(scheme());
        assert_eq!(ruling(TwoStep::new(), n, f), expected, "two steps, n = {n}, f = {f}");
        assert_eq!(ruling(two_step, n, f), expected, "two steps, n = {n}, f = {f}");
    }
}

/// The number of messages without faults: (n-1) + (n-1)(n-2).
#[test]
fn messages_are_as_many_as_the_formula_says() {
    for (n, m) in (2..=7).cartesian_product(1..=3) {
        let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
        let attack = Attack::new(n, Generals::NONE, inputs);
        let execution = run(&SignedMessages::new(m), &attack).unwrap();
        assert_eq!(execution.messages(), (n - 1) + (n - 1) * (n - 2), "n = {n}, m = {m}");
        assert!(execution.decisions[1..].iter().all(|decision| *decision == Some(Order::ATTACK)));
    }
}
