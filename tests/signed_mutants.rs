//! SM(m), section 4, and related protocols: they hold as far as they claim, and each mutant is caught where its bug can
//! be seen, and passes where it can't.

use std::collections::BTreeMap;

use turncoat::execution::Size;
use turncoat::protocols::chain::{Binding, Chain};
use turncoat::protocols::order_set::SetChoice;
use turncoat::protocols::parallel::Parallel;
use turncoat::protocols::signed::Length;
use turncoat::signature::ideal::Token;
use turncoat::{
    Adversary, Attack, AttackOn, Check, Counterexample, Edit, General, Ideal, Lie, Order, Property,
    Repertoire, SignedMessages, Testable, TwoStep, Wire, check, run,
};

use crate::drawn_attacks::{drawn, draws};
use crate::pared::Pared;
use crate::signed_textbook::Mutation::{self, *};
use crate::signed_textbook::{Rule, Textbook};

const RETREAT: Order = Order::RETREAT;
const ATTACK: Order = Order::ATTACK;

fn sm(m: usize) -> SignedMessages {
    SignedMessages::new(m)
}

fn mutant(m: usize, mutation: Mutation) -> Textbook {
    Textbook::new(m, mutation, Ideal)
}

fn parallel(m: usize, binding: Binding) -> Parallel<SignedMessages> {
    Parallel::of(2, |instance, commander| sm(m).instance(instance, commander).binding(binding))
}

/// The property that an execution lacks, even if the reported violation is a forgery.
fn harm<P: Testable>(found: &Counterexample<P>) -> Option<Property> {
    found.execution.lacks
}

/// What breaks a protocol: the violation, the property that is lacking, and the number of lies.
type Found = Option<(&'static str, Option<Property>, usize)>;

fn found<P: Testable>(question: Check<P>) -> Found {
    let verdict = question.run().unwrap();
    assert_ne!(verdict.name(), "bounded", "{verdict}");
    verdict.counterexample().map(|found| {
        assert_eq!(found.size, Size::Smallest, "{found}");
        (found.violation.name(), harm(found), found.attack.lies.len())
    })
}

/// The protocol under test.
#[derive(Debug)]
enum Subject {
    Sm(SignedMessages),
    TwoStep,
    Mutant(usize, Mutation),
}

use Subject::{Mutant, Sm};

impl Subject {
    fn ask(&self, n: usize, f: usize, strays: bool) -> Found {
        match self {
            Subject::Sm(protocol) => ask(protocol, n, f, strays),
            Subject::TwoStep => ask(TwoStep::new(), n, f, strays),
            Subject::Mutant(m, mutation) => ask(mutant(*m, *mutation), n, f, strays),
        }
    }
}

fn ask<P: Testable>(protocol: P, n: usize, f: usize, strays: bool) -> Found {
    let adversary = Adversary::byzantine(f).without_replays();
    let adversary = if strays { adversary } else { adversary.without_strays() };
    found(check(protocol).generals(n).against(adversary))
}

#[test]
fn each_mutant_is_caught_where_it_can_be_seen() {
    use Property::Agreement;
    let agreement = |lies| Some(("agreement", Some(Agreement), lies));
    // A forgery is reported when it is accepted. The smallest attack does no harm with it yet.
    let forgery = Some(("unforgeability", Option::None, 1));
    let holds = Option::None;
    let three = || sm(1).over(Order::first(3));
    let rows = [
        // (protocol, n, f, what breaks it)
        (Sm(sm(0)), 3, 1, agreement(1)),
        (Sm(sm(1)), 4, 2, agreement(1)),
        (Subject::TwoStep, 4, 2, agreement(1)),
        (Subject::TwoStep, 3, 1, holds),
        (Subject::TwoStep, 4, 1, holds),
        (Subject::TwoStep, 5, 1, holds),
        (Mutant(1, RelaysBelowLess), 3, 1, agreement(1)),
        (Mutant(2, RelaysBelowLess), 4, 2, agreement(1)),
        (Mutant(2, RelaysBelowLess), 3, 1, holds),
        (Mutant(2, RelaysBelowLess), 4, 1, holds),
        (Mutant(1, Skips(Rule::Distinct)), 3, 1, forgery),
        (Mutant(1, Skips(Rule::Length)), 3, 1, forgery),
        (Mutant(1, Skips(Rule::CommanderFirst)), 3, 1, forgery),
        (Mutant(1, Skips(Rule::InnerLinks)), 3, 1, forgery),
        (Mutant(2, RelaysFirst), 4, 2, agreement(1)),
        (Mutant(1, RelaysFirst), 3, 1, holds),
        (Sm(sm(2).relaying_first(1)), 4, 2, agreement(1)),
        // Of two orders RETREAT arrives first and is relayed, and a lieutenant who has it retreats, whatever else he
        // has.
        (Sm(sm(1).relaying_first(1)), 3, 1, holds),
        (Sm(three().relaying_first(1)), 3, 1, agreement(1)),
        (Mutant(1, ObeysFirst), 3, 1, agreement(1)),
        (Mutant(1, DefaultDiffers), 3, 1, agreement(2)),
        // Two orders are enough to know that there are several, but not to compute their median.
        (Sm(sm(1).relaying_first(2)), 3, 1, holds),
        (Sm(sm(2).relaying_first(2)), 4, 2, holds),
        (Sm(three().relaying_first(2)), 3, 1, holds),
        (Sm(sm(2).over(Order::first(3)).relaying_first(2)), 4, 2, holds),
        (Sm(sm(1).relaying_first(2).choice(SetChoice::Median)), 3, 1, holds),
        (Sm(three().relaying_first(2).choice(SetChoice::Median)), 3, 1, agreement(2)),
        (Sm(three().relaying_first(3).choice(SetChoice::Median)), 3, 1, holds),
        // A signature that binds only the order is safe if there is only one instance.
        (Sm(sm(1).binding(Binding::Order)), 3, 1, holds),
        (Sm(sm(2).binding(Binding::Order)), 4, 2, holds),
        // And the paper's algorithm is no mutant.
        (Mutant(1, None), 3, 1, holds),
        (Mutant(2, None), 4, 2, holds),
    ];
    for (subject, n, f, expected) in rows {
        let setting = format!("{subject:?}, n = {n}, f = {f}");
        assert_eq!(subject.ask(n, f, true), expected, "{setting}");
        let genuine = expected.filter(|(name, ..)| *name != "unforgeability");
        assert_eq!(subject.ask(n, f, false), genuine, "{setting}, without strays");
    }
}

/// Rows of (m, n, f), first the real ones, then vacuous ones, where there is nobody to disagree with.
#[test]
fn sm_m_survives_m_traitors_among_any_number() {
    let settings = [(1, 3, 1), (1, 4, 1), (2, 4, 2), (2, 5, 2), (3, 5, 3)];
    let vacuous = [(0, 1, 0), (1, 2, 1), (2, 3, 2), (3, 4, 3)];
    for (m, n, f) in settings.into_iter().chain(vacuous) {
        for choice in [SetChoice::Only, SetChoice::Median] {
            check(sm(m).choice(choice)).generals(n).traitors(f).assert_holds();
        }
        if n < 5 {
            check(sm(m).over(Order::first(3))).generals(n).traitors(f).assert_holds();
        }
        if n < 5 || m < 3 {
            check(sm(m).length(Length::AtLeast)).generals(n).traitors(f).assert_holds();
        }
    }
    for (m, n, f) in [(1, 3, 1), (1, 4, 1)] {
        for length in [Length::Exactly, Length::AtLeast] {
            let question = sm(m).over(Order::first(3)).choice(SetChoice::Median).length(length);
            check(question).generals(n).traitors(f).assert_holds();
        }
    }
}

/// An order must be relayed while f or fewer generals have signed it, however many rounds there are.
#[test]
fn the_threshold_of_relaying_is_f_plus_1() {
    for f in 1..=3 {
        for signers in 0..=f + 2 {
            let protocol = sm(f).relaying_below(signers);
            let verdict = check(protocol).generals(f + 2).traitors(f).run().unwrap();
            let expected = if signers < f + 1 { "broken" } else { "holds" };
            assert_eq!(verdict.name(), expected, "f = {f}, below {signers}\n{verdict}");
        }
    }
    for f in 1..=2 {
        for signers in 0..=f + 2 {
            let protocol = sm(f + 1).relaying_below(signers);
            let verdict = check(protocol).generals(f + 3).traitors(f).run().unwrap();
            let expected = if signers < f + 1 { "broken" } else { "holds" };
            assert_eq!(verdict.name(), expected, "m = f + 1, f = {f}, below {signers}\n{verdict}");
        }
    }
}

type ChainAttack = Attack<Order, Chain<Order, Token>>;

/// An attack of one lie: a chain from one general to another in one round.
fn one_lie(
    n: usize,
    traitors: &[usize],
    [round, from, to]: [usize; 3],
    say: Chain<Order, Token>,
) -> ChainAttack {
    let general = General::new;
    let wire = Wire { round, from: general(from), to: general(to) };
    let traitors = traitors.iter().copied().map(general).collect();
    let inputs = BTreeMap::from([(General::COMMANDER, ATTACK)]);
    Attack { lies: vec![Lie { wire, edit: Edit::Say(say) }], ..Attack::new(n, traitors, inputs) }
}

/// RETREAT, signed by these generals, one after the other.
fn retreat(signers: &[usize]) -> Chain<Order, Token> {
    sm(1).sealer().chain(&RETREAT, signers.iter().copied().map(General::new))
}

/// Textbook attacks, where all others obey and ATTACK is the order.
#[test]
fn known_attacks_do_harm() {
    use Property::{Agreement, Validity};
    let mut false_order = retreat(&[0, 1]);
    false_order.links[0].signature.by = General::new(1);
    let rows = [
        (mutant(1, None), one_lie(4, &[0, 2], [2, 2, 3], retreat(&[0, 2])), Agreement),
        (mutant(2, RelaysBelowLess), one_lie(4, &[0, 2], [2, 2, 3], retreat(&[0, 2])), Agreement),
        (mutant(2, RelaysFirst), one_lie(4, &[0, 2], [2, 2, 3], retreat(&[0, 2])), Agreement),
        (mutant(1, RelaysBelowLess), one_lie(3, &[0], [1, 0, 1], retreat(&[0])), Agreement),
        (
            mutant(1, Skips(Rule::Distinct)),
            one_lie(3, &[0], [2, 0, 1], retreat(&[0, 0])),
            Agreement,
        ),
        (mutant(1, Skips(Rule::Length)), one_lie(3, &[0], [2, 0, 1], retreat(&[0])), Agreement),
        (
            mutant(1, Skips(Rule::CommanderFirst)),
            one_lie(3, &[1], [1, 1, 2], retreat(&[1])),
            Validity,
        ),
        (mutant(1, Skips(Rule::InnerLinks)), one_lie(3, &[1], [2, 1, 2], false_order), Validity),
    ];
    for (protocol, attack, expected) in rows {
        let execution = run(&protocol, &attack).unwrap();
        assert_eq!(execution.lacks, Some(expected), "{protocol:?}");
        assert_eq!(execution.lacking, [], "{protocol:?}");
        // The algorithm with enough rounds is not harmed.
        let sound = mutant(attack.traitors.len(), None);
        let execution = run(&sound, &attack).unwrap();
        assert_eq!(execution.violation(), Option::None, "{protocol:?}");
    }
}

/// Believing a forgery does harm. To see that, forgeries are strays here, so that accepting one is no finding. They are
/// sent in the last round, when nobody relays them; but a lieutenant can pretend to be the commander only in the first.
#[test]
fn believing_a_forgery_does_harm() {
    use Property::{Agreement, Validity};
    for (rule, round, expected) in [
        (Rule::Length, 2, Some((Agreement, 1))),
        (Rule::CommanderFirst, 1, Some((Validity, 1))),
        (Rule::Distinct, 2, Some((Agreement, 1))),
        (Rule::InnerLinks, 2, Some((Validity, 1))),
        (Rule::LastLink, 2, Some((Agreement, 1))),
        (Rule::Order, 2, Some((Agreement, 1))),
        // The commander decides nothing, and nobody else can be deceived.
        (Rule::Receiver, 2, Option::None),
    ] {
        let pare = move |wire: Wire, repertoire: Repertoire<_>| {
            let Repertoire { slots, mut strays, forgeries, .. } = repertoire;
            let forged = forgeries.into_iter().filter(|_| wire.round == round);
            strays.extend(forged.map(|forgery| forgery.message));
            Repertoire::of(slots).with_strays(strays)
        };
        let protocol = Pared::new(mutant(1, Skips(rule)), pare);
        let found = ask(protocol, 3, 1, true).map(|(_, harm, lies)| (harm.unwrap(), lies));
        assert_eq!(found, expected, "{rule:?}");
    }
}

/// With signatures on the order alone, what a general signs in one instance can be shown in another.
#[test]
fn instances_in_parallel_need_signatures_that_bind_them() {
    for m in 1..=2 {
        for binding in [Binding::Order, Binding::Everything] {
            let adversary = Adversary::byzantine(1).without_replays();
            let ask = |adversary| found(check(parallel(m, binding)).generals(3).against(adversary));
            let broken = binding == Binding::Order;
            let expected = |name, property| broken.then_some((name, Some(property), 1));
            let agreement = expected("agreement", Property::Agreement);
            assert_eq!(ask(adversary), agreement, "{binding:?}");
            assert_eq!(ask(adversary.without_strays()), agreement, "{binding:?}");
            let validity = expected("validity", Property::Validity);
            assert_eq!(ask(adversary.loyal_commander()), validity, "{binding:?}");
        }
    }
}

/// The twin and the crate's own protocol give the same verdicts, on the same number of behaviours.
#[test]
fn the_textbook_agrees_with_the_crates_own_on_verdicts() {
    for (m, n, values) in itertools::iproduct!(0..=2, 1..=4, 2..=3) {
        for f in (0..n).filter(|f| values == 2 || f + n < 6) {
            let textbook = Textbook { values, ..mutant(m, None) };
            let own = check(textbook.twin()).generals(n).traitors(f).run().unwrap();
            let twin = check(textbook).generals(n).traitors(f).run().unwrap();
            let setting = format!("SM({m}) over {values}, n = {n}, f = {f}");
            assert_eq!(own.name(), twin.name(), "{setting}");
            let own_attack = own.counterexample().map(|found| &found.attack);
            let twin_attack = twin.counterexample().map(|found| &found.attack);
            assert_eq!(own_attack, twin_attack, "{setting}");
            // The paper's algorithm runs m + 1 rounds even if there is nobody left to sign.
            assert!(m + 2 > n || own.behaviours == twin.behaviours, "{setting}");
        }
    }
}

proptest::proptest! {
    /// The twin and the crate's own protocol send and decide the same under every attack.
    #[test]
    fn the_textbook_agrees_with_the_crates_own(draw in draws(2..=4)) {
        let textbook = mutant(draw.m, None);
        let own = textbook.twin();
        let attack: AttackOn<SignedMessages> = drawn(&own, &draw);
        let (own, twin) = (run(&own, &attack).unwrap(), run(&textbook, &attack).unwrap());
        proptest::prop_assert_eq!(&own.deliveries, &twin.deliveries);
        proptest::prop_assert_eq!(&own.decisions, &twin.decisions);
        proptest::prop_assert_eq!(&own.lacking, &twin.lacking);
        proptest::prop_assert_eq!(&own.accepted, &twin.accepted);
        proptest::prop_assert_eq!(&own.idle, &twin.idle);
    }
}
