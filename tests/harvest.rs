//! Protocols that do not say what a traitor could say: lies are taken from what turncoat hears.

use std::collections::BTreeSet;

use expect_test::expect;
use turncoat::execution::Size;
use turncoat::search::Engine;
use turncoat::search::progress::Halt;
use turncoat::{
    Adversary, Check, General, Graph, Lockstep, OralMessages, Order, Problem, Repertoire, Round,
    Ruling, Seat, SignedMessages, Testable, TwoStep, Wire, check, hunt, run,
};

use crate::enemy_search::{ask, liars};
use crate::pared::Pared;
use crate::tiny_protocols::Tiny;

/// A protocol without its description of what a traitor could say.
fn hidden<P: Testable>(protocol: P) -> Pared<P> {
    Pared::new(protocol, |_, _| Repertoire::unknown())
}

/// The verdict in a word, and the number of lies in the attack. It never holds, and no attack is called the smallest.
fn verdict<P: Testable>(check: Check<P>) -> (&'static str, Option<usize>) {
    let verdict = check.run().unwrap();
    match &verdict.ruling {
        Ruling::Holds => {}
        Ruling::Bounded(halt) => assert_eq!(*halt, Halt::Harvest),
        Ruling::Broken(found) => {
            assert_eq!(found.size, Size::LocallyMinimal);
            assert_eq!(run(&found.protocol, &found.attack).unwrap(), found.execution);
        }
    }
    (verdict.name(), verdict.counterexample().map(|found| found.attack.lies.len()))
}

#[test]
fn what_the_textbook_breaks_is_broken_with_what_is_heard() {
    let oral = |m, n, f| verdict(check(hidden(OralMessages::new(m))).generals(n).traitors(f));
    assert_eq!(oral(1, 3, 1), ("broken", Some(1)));
    assert_eq!(oral(1, 4, 1), ("bounded", None));
    assert_eq!(oral(2, 5, 1), ("bounded", None));
    assert_eq!(oral(1, 5, 2), ("broken", Some(2)));
    assert_eq!(oral(2, 6, 2), ("broken", Some(6)));
    let signed = |m, n, f| verdict(check(hidden(SignedMessages::new(m))).generals(n).traitors(f));
    assert_eq!(signed(1, 3, 1), ("bounded", None));
    assert_eq!(signed(2, 4, 2), ("bounded", None));
    assert_eq!(signed(0, 3, 1), ("broken", Some(1)));
    assert_eq!(signed(1, 4, 2), ("broken", Some(1)));
    let two_step = |n, f| verdict(check(hidden(TwoStep::new())).generals(n).traitors(f));
    assert_eq!(two_step(3, 1), ("bounded", None));
    assert_eq!(two_step(4, 2).0, "broken");
}

/// A general relays all orders that it has heard of together, and one that has heard of two retreats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gossip {
    /// What is relayed changes nothing: a lieutenant who has heard the commander obeys him.
    Idle,
    /// A general who is told two orders at once panics.
    Panics,
    /// Everybody panics at the end.
    AlwaysPanics,
    /// There is a word that nobody ever says, and nobody may say.
    Password,
}

type Orders = BTreeSet<Order>;

/// Whether I am the commander, what he told me, and what I have heard of.
type Notes = (bool, Option<Order>, Orders);

impl Lockstep for Gossip {
    type Value = Order;
    type Decision = Order;
    type Message = Orders;
    type State = Notes;

    fn rounds(&self, _n: usize) -> usize {
        3
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Notes {
        (seat.me.is_commander(), order.copied(), order.copied().into_iter().collect())
    }

    fn send(&self, notes: &Notes, round: Round, _: General) -> impl IntoIterator<Item = Orders> {
        let speaks = notes.0 == (round == 1) && !notes.2.is_empty();
        speaks.then(|| notes.2.clone())
    }

    fn receive(&self, notes: &mut Notes, round: Round, from: General, said: &Orders) {
        if from.is_commander() == (round == 1) {
            notes.1 = notes.1.or(said.first().copied());
            notes.2.extend(said);
        }
        assert!(*self != Gossip::Panics || notes.2.len() < 2, "two orders at once");
    }

    fn decide(&self, notes: &Notes) -> Option<Order> {
        assert!(*self != Gossip::AlwaysPanics, "it was too much");
        match notes.1 {
            Some(_) if *self == Gossip::Password && notes.2.contains(&password()) => {
                Some(password())
            }
            order => order.or(Some(Order::RETREAT)),
        }
    }
}

/// An order that is none of the values.
fn password() -> Order {
    Order::first(10)[9]
}

impl Testable for Gossip {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(4)))
    }
}

/// turncoat never hears three orders relayed together, since a twin gives one order at a time. But a general who is
/// given one more beside it relays all three.
#[test]
fn who_obeys_may_say_what_was_never_heard() {
    let ask = |adversary| verdict(check(Gossip::Idle).generals(4).against(adversary));
    let adversary = Adversary::byzantine(1).without_replays();
    assert_eq!(ask(adversary), ("broken", Some(1)));
    assert_eq!(ask(adversary.loyal_commander()), ("bounded", None));
    assert_eq!(ask(adversary.loyal_commander().without_strays()), ("bounded", None));
}

#[test]
fn a_panic_is_a_finding_also_while_listening() {
    for protocol in [Gossip::Panics, Gossip::AlwaysPanics] {
        let found = check(protocol).generals(3).traitors(1).assert_broken();
        assert_eq!(found.violation.name(), "no-panic", "{found}");
    }
}

#[test]
fn lies_of_ones_own_are_added() {
    let adversary = Adversary::byzantine(1).loyal_commander();
    let untold = check(Gossip::Password).generals(3).against(adversary);
    assert_eq!(verdict(untold), ("bounded", None));
    let word = |_, unknown: Repertoire<_>| unknown.with_strays([[password()].into()]);
    let told = Pared::new(Gossip::Password, word);
    let found = check(told).generals(3).against(adversary).assert_broken();
    assert_eq!(found.violation.name(), "values");
    let slots = vec![vec![[password()].into()]];
    let slot = move |_, _| Repertoire { slots: slots.clone(), ..Repertoire::unknown() };
    let told = Pared::new(Gossip::Password, slot);
    let found = check(told).generals(3).against(adversary.without_strays()).assert_broken();
    assert_eq!(found.violation.name(), "values");
}

#[test]
fn where_nobody_can_lie_nothing_is_unknown() {
    let nobody = check(hidden(OralMessages::new(1))).generals(3).traitors(0).run().unwrap();
    assert!(nobody.holds() && nobody.harvested.is_none());
    let commander = |wire: Wire, repertoire| {
        if wire.from.is_commander() { Repertoire::unknown() } else { repertoire }
    };
    let protocol = Pared::new(OralMessages::new(1), commander);
    let ask = check(protocol).generals(4).traitors(1);
    assert_eq!(verdict(ask), ("bounded", None));
    let protocol = Pared::new(OralMessages::new(1), commander);
    check(protocol).generals(4).against(Adversary::byzantine(1).loyal_commander()).assert_holds();
}

#[test]
fn a_verdict_says_what_it_was_made_of() {
    let byzantine = Adversary::byzantine(1).without_replays();
    let told =
        |adversary| check(Gossip::Idle).generals(4).against(adversary).run().unwrap().to_string();
    expect![[r#"
        BOUNDED: Gossip among 4 generals, at most 1 traitor

        Nothing was found, but the protocol does not say what a traitor could say: covered
        is what can be made of the 10 messages heard in 754 runs.

        Lies        made of the 10 messages heard in 754 runs.
        Adversary   every set of at most 1 traitor without the commander; any repertoire message or
                    silence per slot; at most one extra message per link per round (stray); delivery
                    ordered by sender.
        Not covered any order of arrival, duplicates and messages of other rounds.
        Covered     4,707,642,565,081,504 raw behaviours, in 1,167,458 steps.
        Reductions  traitor-to-loyal messages only; one input for each traitor; products of per-receiver
                    successors; equal states merged; last round collapsed to decisions.
        Honest run  21 messages, where all inputs are the first value.
    "#]].assert_eq(&told(byzantine.loyal_commander()));
    expect![[r#"
        BROKEN: Gossip among 4 generals, at most 1 traitor

        The traitor is the commander.
        Were he loyal, the commander would order RETREAT.

        Round 1
          LIE the commander tells 1: {ATTACK}  (loyal: {RETREAT})
              the commander tells 2, 3: {RETREAT}

        Round 2
              lieutenant 1 tells 0, 2, 3: {ATTACK}
              lieutenant 2 tells 0, 1, 3: {RETREAT}
              lieutenant 3 tells 0, 1, 2: {RETREAT}

        Round 3
              lieutenant 1 tells 0, 2, 3: {RETREAT, ATTACK}
              lieutenant 2 tells 0, 1, 3: {RETREAT, ATTACK}
              lieutenant 3 tells 0, 1, 2: {RETREAT, ATTACK}

        Messages sent: 21; in an honest run: 21.

        What the loyal held in the end
          lieutenant 1   (false, Some(ATTACK), {RETREAT, ATTACK})
                         decides ATTACK
          lieutenant 2   (false, Some(RETREAT), {RETREAT, ATTACK})
                         decides RETREAT
          lieutenant 3   (false, Some(RETREAT), {RETREAT, ATTACK})
                         decides RETREAT

        Violated: agreement (IC1). The loyal lieutenants do not agree: lieutenant 1 decides ATTACK, and lieutenants 2 and 3 decide RETREAT.

        Locally minimal (1 lie): each lie, made honest, removes the violation, or leads out of what the adversary may do.

        Lies        made of the 10 messages heard in 754 runs.
        Adversary   every set of at most 1 traitor; any repertoire message or silence per slot; at most
                    one extra message per link per round (stray); delivery ordered by sender.
        Space       4,707,937,308,542,879 raw behaviours, in 867 steps.
        Reductions  traitor-to-loyal messages only; one input for each traitor; products of per-receiver
                    successors; equal states merged; last round collapsed to decisions.
    "#]].assert_eq(&told(byzantine));
}

/// Lies and silence are all that the adversary can do.
fn silent_liars(drawn: &Tiny) -> Adversary {
    let mut adversary = liars(drawn);
    adversary.silence = true;
    adversary
}

/// Nothing ever holds, the engines agree, and what they find is true.
#[test]
fn random_protocols_can_be_listened_to() {
    let mut seen = BTreeSet::new();
    for seed in 0..60 {
        let drawn = Tiny::new(seed);
        let adversary = silent_liars(&drawn);
        let ask = || ask(hidden(drawn), drawn.n, adversary).steps(20_000);
        let exhaustive = ask().run().unwrap();
        let naive = ask().engine(Engine::Naive).steps(2_000).run().unwrap();
        for verdict in [&exhaustive, &naive] {
            assert!(!verdict.holds() && verdict.harvested.is_some(), "{drawn:?}");
            if let Some(found) = verdict.counterexample() {
                let again = run(&found.protocol, &found.attack).unwrap();
                assert_eq!(again, found.execution, "{drawn:?}");
                assert!(found.size != Size::Smallest);
            }
        }
        let halted =
            |ruling: &Ruling<_>| matches!(ruling, Ruling::Bounded(Halt::Steps | Halt::Room));
        if !halted(&exhaustive.ruling) && !halted(&naive.ruling) {
            assert_eq!(exhaustive.name(), naive.name(), "{drawn:?}");
            seen.insert(exhaustive.name());
        }
    }
    assert_eq!(Vec::from_iter(seen), ["bounded", "broken"]);
}

/// A hunt draws from the heard messages, too.
#[test]
fn a_hunt_needs_no_description_either() {
    let found = hunt(hidden(OralMessages::new(1))).generals(5).traitors(2).assert_finds();
    assert!(found.size == Size::LocallyMinimal && found.attack.size() <= 4, "{found}");
    let hunted = hunt(hidden(OralMessages::new(1))).generals(4).traitors(1).cases(500).run();
    expect![[r#"
        BOUNDED: OM(1) among 4 generals, at most 1 traitor

        Nothing was found in 500 attacks drawn at random. That is no proof.

        Lies        made of the 8 messages heard in 502 runs.
        Drawn from  every set of at most 1 traitor; any repertoire message or silence per slot; at most
                    one extra message per link per round (stray, duplicate or of another round);
                    delivery ordered by sender.
        Not covered any order of arrival.
        Hunt        500 cases of seed 0, in 113 of which all obeyed; the largest attack has 9 parts.
        Coverage    202 different views of loyal generals; in 12.8% of the cases one of them decided
                    otherwise than if all had obeyed.
    "#]].assert_eq(&hunted.unwrap().to_string());
    for seed in 0..100 {
        let drawn = Tiny::new(seed);
        let adversary = silent_liars(&drawn);
        let hunt = hunt(hidden(drawn)).generals(drawn.n).against(adversary);
        let hunted = hunt.cases(200).run().unwrap();
        if let Some(found) = hunted.counterexample() {
            assert_eq!(run(&found.protocol, &found.attack).unwrap(), found.execution, "{drawn:?}");
        }
    }
    let adversary = Adversary::byzantine(1).loyal_commander();
    hunt(Gossip::Idle).generals(4).against(adversary).cases(500).assert_finds_nothing();
}
