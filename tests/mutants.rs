//! Mutants of OM(m), section 3: each is caught where its bug can be seen, and passes where it can't.

use turncoat::execution::Size;
use turncoat::search::Engine;
use turncoat::{Adversary, Property, check};

use crate::textbook::Mutation::{self, *};
use crate::textbook::Textbook;

/// A question about a mutant, and what breaks it: the property and the number of lies.
type Row = (Mutation, usize, usize, usize, Option<(Property, usize)>);

#[test]
fn each_mutant_is_caught_where_it_can_be_seen() {
    use Property::{Agreement, Validity};
    let rows: [Row; 13] = [
        // (mutation, m, n, values, what breaks it with one traitor)
        (None, 1, 4, 2, Option::None),
        (None, 1, 5, 2, Option::None),
        (None, 1, 4, 3, Option::None),
        // Three votes for two values never tie; four can, and so can three votes for three values.
        (DefaultDiffers, 1, 4, 2, Option::None),
        (DefaultDiffers, 1, 5, 2, Some((Agreement, 2))),
        (DefaultDiffers, 1, 4, 3, Some((Agreement, 2))),
        (TieKeepsOwn, 1, 4, 2, Option::None),
        (TieKeepsOwn, 1, 5, 2, Some((Agreement, 2))),
        (TieKeepsOwn, 1, 4, 3, Some((Agreement, 2))),
        (OwnVoteOmitted, 1, 4, 2, Some((Agreement, 1))),
        (VotesCountTwice, 1, 4, 2, Some((Agreement, 2))),
        (LinkUnchecked, 1, 4, 2, Some((Validity, 2))),
        (CommanderVotes, 1, 4, 2, Some((Validity, 1))),
    ];
    for (mutation, m, n, values, expected) in rows {
        let mutant = Textbook { m, values, mutation };
        let verdict = check(mutant).generals(n).traitors(1).run().unwrap();
        let found = verdict.counterexample().map(|counterexample| {
            assert_eq!(counterexample.size, Size::Smallest, "{mutation:?}, n = {n}");
            (counterexample.violation.property().unwrap(), counterexample.attack.lies.len())
        });
        assert_eq!(found, expected, "{mutation:?}, m = {m}, n = {n}, {values} values\n{verdict}");
    }
}

/// The commander says RETREAT to one half and ATTACK to the other: the attack that exposes tie rules.
#[test]
fn a_tie_is_made_by_a_commander_who_says_one_thing_to_each_half() {
    for mutation in [DefaultDiffers, TieKeepsOwn] {
        let broken = check(Textbook::new(1, mutation)).generals(5).traitors(1).assert_broken();
        assert_eq!(broken.attack.traitors.to_string(), "the commander", "{mutation:?}");
    }
}

#[test]
fn the_exhaustive_engine_agrees_with_the_naive_one_on_every_mutant() {
    for mutation in Mutation::ALL {
        for (m, n) in [(0, 3), (1, 3), (1, 4), (2, 3)] {
            let ask = |strays: bool, engine| {
                let adversary = Adversary::byzantine(1).without_replays();
                let adversary = if strays { adversary } else { adversary.without_strays() };
                let check = check(Textbook::new(m, mutation)).generals(n).against(adversary);
                check.engine(engine).run().unwrap()
            };
            for strays in [false, true] {
                if strays && (m, n) == (1, 4) {
                    continue; // 2 * 10^8 behaviours
                }
                let naive = ask(strays, Engine::Naive);
                let exhaustive = ask(strays, Engine::Exhaustive);
                let setting = format!("{mutation:?}, m = {m}, n = {n}, strays: {strays}");
                assert_eq!(naive.name(), exhaustive.name(), "{setting}");
                assert_eq!(naive.behaviours, exhaustive.behaviours, "{setting}");
            }
        }
    }
}
