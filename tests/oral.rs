//! Known results on OM(m) (Lamport, Shostak, Pease 1982, sections 2 and 3), as tests.

use std::collections::BTreeMap;

use itertools::Itertools;
use proptest::prelude::*;
use turncoat::execution::Size;
use turncoat::protocols::oral::{Choice, Relay};
use turncoat::protocols::path::Path;
use turncoat::{
    Adversary, Attack, Edit, General, Generals, Lie, OralMessages, Order, Property, Wire, check,
    run,
};

use crate::drawn_attacks::{drawn, draws};
use crate::textbook::{Mutation, Textbook};

type OralAttack = Attack<Order, Relay<Order>>;

const RETREAT: Order = Order::RETREAT;
const ATTACK: Order = Order::ATTACK;

fn general(id: usize) -> General {
    General::new(id)
}

fn om(m: usize) -> OralMessages {
    OralMessages::new(m)
}

/// Section 3, theorem 1: OM(m) is correct for n >= 3m + 1.
#[test]
fn om_m_is_correct_among_3m_plus_1() {
    for (m, n) in [(0, 1), (0, 2), (1, 4), (1, 5), (1, 6), (1, 7), (2, 7)] {
        check(om(m)).generals(n).traitors(m).assert_holds();
    }
    check(om(2)).generals(5).traitors(1).assert_holds();
}

/// Any function works that returns the majority where there is one; here with ties, too.
#[test]
fn every_common_function_will_do() {
    for choice in [Choice::Majority, Choice::Median, Choice::Plurality] {
        for (n, values) in [(4, 2), (4, 3), (5, 2), (4, 4)] {
            let protocol = om(1).over(Order::first(values)).choice(choice);
            check(protocol).generals(n).traitors(1).assert_holds();
        }
        let protocol = om(1).choice(choice);
        check(protocol).generals(3).traitors(1).assert_broken();
    }
}

/// Section 2: three generals cannot survive one traitor. One lie is enough.
#[test]
fn three_generals_fall_to_one_lie() {
    let found = check(om(1)).generals(3).traitors(1).assert_broken();
    assert_eq!(found.size, Size::Smallest);
    assert_eq!(found.violation.property(), Some(Property::Validity));
    let relay = |value| Relay { path: Path::root().then(general(1)), value };
    let lie = Lie {
        wire: Wire { round: 2, from: general(1), to: general(2) },
        edit: Edit::Instead { of: relay(ATTACK), say: relay(RETREAT) },
    };
    let inputs = BTreeMap::from([(General::COMMANDER, ATTACK)]);
    let traitors = Generals::NONE.with(general(1));
    let attack = OralAttack { lies: vec![lie], ..Attack::new(3, traitors, inputs) };
    assert_eq!(found.attack, attack);
    assert_eq!(found.execution.decisions, [None, None, Some(RETREAT)]);
}

/// With n <= 3f, or fewer than f + 1 rounds, OM(m) is broken; and more rounds are no safer: OM(1) survives one traitor
/// among four, and OM(2) does not. The rows are (m, n, f), the property, and the fewest lies where that is proved.
#[test]
fn om_m_is_broken_beyond_its_bound() {
    use Property::{Agreement, Validity};
    for (m, n, f, property, lies) in [
        (1, 3, 1, Validity, Some(1)),
        (2, 6, 2, Validity, Some(6)),
        (3, 9, 3, Validity, None),
        (0, 3, 1, Agreement, Some(1)),
        (0, 4, 1, Agreement, Some(1)),
        (1, 7, 2, Agreement, Some(3)),
        (1, 5, 2, Agreement, Some(2)),
        (2, 4, 1, Validity, Some(2)),
        (3, 5, 1, Validity, Some(4)),
    ] {
        let asked = check(om(m)).generals(n).traitors(f);
        // With three traitors the proof that an attack is the smallest is too expensive.
        let asked = if lies.is_none() { asked.steps(1_000_000) } else { asked };
        let found = asked.assert_broken();
        let setting = format!("OM({m}), n = {n}, f = {f}");
        assert_eq!(found.violation.property(), Some(property), "{setting}");
        assert_eq!(found.size == Size::Smallest, lies.is_some(), "{setting}");
        if let Some(lies) = lies {
            assert_eq!(found.attack.lies.len(), lies, "{setting}");
        }
        assert_eq!(run(&om(m), &found.attack).unwrap(), found.execution, "{setting}");
    }
}

/// Section 3, lemma 1: OM(m) has validity with k traitors among n > 2k + m.
#[test]
fn lemma_1_validity_needs_n_above_2k_plus_m() {
    for (m, n, k) in [(0, 3, 1), (0, 5, 2), (1, 4, 1), (1, 6, 2), (1, 8, 3), (2, 5, 1)] {
        assert!(n > 2 * k + m);
        check(om(m)).generals(n).against(Adversary::byzantine(k).loyal_commander()).assert_holds();
    }
    for (m, n, k) in [(1, 3, 1), (1, 5, 2), (1, 7, 3), (2, 4, 1), (2, 6, 2)] {
        assert!(n <= 2 * k + m);
        check(om(m)).generals(n).against(Adversary::byzantine(k).loyal_commander()).assert_broken();
    }
}

/// With two values and neither silence nor strays, one traitor has n * 2^(n-1) behaviours against OM(1), and 4112
/// against OM(2) among five generals.
#[test]
fn raw_behaviours_are_counted() {
    for (m, n, behaviours) in [(1, 4, "32"), (1, 5, "80"), (1, 6, "192"), (2, 5, "4112")] {
        let adversary = Adversary::byzantine(1).exactly().without_silence().without_strays();
        let verdict = check(om(m)).generals(n).against(adversary).run().unwrap();
        assert!(verdict.holds());
        assert_eq!(verdict.behaviours.exact().unwrap().to_string(), behaviours);
    }
}

/// The number of messages without faults: the sum over k = 0..=m of (n-1)(n-2)..(n-1-k).
#[test]
fn messages_are_as_many_as_the_formula_says() {
    for (n, m, messages) in [(4, 1, 9), (7, 2, 156), (10, 3, 3609)] {
        let term = |k| (n - 1 - k..n).product::<usize>();
        assert_eq!((0..=m).map(term).sum::<usize>(), messages);
        let inputs = BTreeMap::from([(General::COMMANDER, ATTACK)]);
        let attack = OralAttack::new(n, Generals::NONE, inputs);
        let execution = run(&om(m), &attack).unwrap();
        assert_eq!(execution.messages(), messages);
        assert!(execution.decisions[1..].iter().all(|decision| *decision == Some(ATTACK)));
    }
}

/// An attack in which two traitors, the commander and lieutenant 1, say the listed orders to the lieutenants 2, 3, ..
/// in this order. If the commander were loyal, he would order RETREAT.
fn two_traitors(n: usize, commander: &[usize], relayed: &[usize]) -> OralAttack {
    let lies = |round, from: usize, path: Path, said: &[usize]| {
        let told = said.iter().enumerate().filter(|(_, said)| **said != 0);
        let lie = move |(index, said): (usize, &usize)| Lie {
            wire: Wire { round, from: general(from), to: general(index + 2) },
            edit: Edit::Instead {
                of: Relay { path, value: RETREAT },
                say: Relay { path, value: Order::first(2)[*said] },
            },
        };
        told.map(lie).collect_vec()
    };
    let relay = Path::root().then(general(1));
    let lies = [lies(1, 0, Path::root(), commander), lies(2, 1, relay, relayed)].concat();
    let traitors = Generals::first(2);
    let inputs = BTreeMap::from([(General::COMMANDER, RETREAT)]);
    Attack { lies, ..Attack::new(n, traitors, inputs) }
}

/// OM(1) with two traitors: known attacks.
#[test]
fn known_attacks_on_too_few_rounds() {
    let seven = two_traitors(7, &[0, 0, 1, 1, 1], &[0, 0, 0, 0, 1]);
    let execution = run(&om(1), &seven).unwrap();
    let decided = [RETREAT, RETREAT, RETREAT, RETREAT, ATTACK].map(Some);
    assert_eq!(execution.decisions[2..], decided);
    let five = two_traitors(5, &[0, 1, 1], &[0, 0, 1]);
    let execution = run(&om(1), &five).unwrap();
    assert_eq!(execution.decisions[2..], [RETREAT, RETREAT, ATTACK].map(Some));
}

proptest! {
    /// The flat form and the paper's recursion say and decide the same under every attack.
    #[test]
    fn the_flat_form_is_the_recursion(draw in draws(1..=6)) {
        let m = draw.m.min(draw.n.saturating_sub(2));
        let attack = drawn(&om(m), &draw);
        let flat = run(&om(m), &attack).unwrap();
        let recursive = run(&Textbook::new(m, Mutation::None), &attack).unwrap();
        prop_assert_eq!(&flat.deliveries, &recursive.deliveries);
        prop_assert_eq!(&flat.decisions, &recursive.decisions);
    }
}
