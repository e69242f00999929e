//! Hunting the mutants of OM(m), SM(m) and the vote: with default settings a hunt finds each one within its 10,000
//! cases, and shrinks the attack to no more than twice the smallest one.

use std::fmt::Write;
use std::time::Duration;

use expect_test::expect_file;
use turncoat::execution::Size;
use turncoat::protocols::chain::Binding;
use turncoat::protocols::parallel::Parallel;
use turncoat::{
    CoordinatorVote, FloodSet, Ideal, OralMessages, Order, SignedMessages, Testable, TwoStep,
    check, hunt, run,
};

use crate::signed_textbook::{self, Rule};
use crate::textbook::{self, Mutation};

/// Seeds that must find each mutant, too, besides seed 0, whose findings are shown.
const MORE_SEEDS: [u64; 2] = [1, 2];

/// The table, and how long shrinking took.
#[derive(Default)]
struct Table {
    text: String,
    rows: usize,
    times: Vec<Duration>,
}

impl Table {
    fn row<P: Testable + Clone>(&mut self, mutant: &str, protocol: P, n: usize, f: usize) {
        let smallest = check(protocol.clone()).generals(n).traitors(f).assert_broken();
        assert_eq!(smallest.size, Size::Smallest, "{mutant}");
        let smallest = smallest.attack.size();
        let seeded = |seed| {
            let hunted = hunt(protocol.clone()).generals(n).traitors(f).seed(seed).run().unwrap();
            let found = hunted.finding.as_ref();
            let finding = found.unwrap_or_else(|| panic!("{mutant}: nothing is found")).clone();
            let found = &finding.counterexample;
            assert_eq!((hunted.name(), found.size), ("broken", Size::LocallyMinimal), "{hunted}");
            assert_eq!(hunted.coverage.cases, finding.case + 1);
            let most = finding.drawn.size().min(2 * smallest.max(1));
            assert!(found.attack.size() <= most, "{mutant}, seed {seed}: {found}");
            for attack in [&finding.drawn, &found.attack] {
                assert!(run(&protocol, attack).unwrap().violation().is_some(), "{mutant}");
            }
            finding
        };
        let found = seeded(0);
        let (drawn, shrunk) = (found.drawn.size(), found.counterexample.attack.size());
        let ratio = shrunk.max(1) as f64 / smallest.max(1) as f64;
        writeln!(
            self.text,
            "{mutant:<34}  {n},{f} {:>6} {drawn:>6} {shrunk:>7} {smallest:>9} {ratio:>6.1}",
            found.case
        )
        .unwrap();
        self.rows += 1;
        self.times.push(found.time);
        self.times.extend(MORE_SEEDS.map(|seed| seeded(seed).time));
    }
}

#[test]
fn mutants_are_found_and_made_small() {
    let mut table = Table::default();
    writeln!(
        table.text,
        "mutant                              n,f   case  drawn  shrunk  smallest  ratio"
    )
    .unwrap();
    let om = |m, values, mutation| textbook::Textbook { m, values, mutation };
    table.row("OM(1) among three", OralMessages::new(1), 3, 1);
    table.row("OM(1), two traitors", OralMessages::new(1), 5, 2);
    table.row("OM(2), more rounds than traitors", OralMessages::new(2), 4, 1);
    table.row("OM(0)", OralMessages::new(0), 4, 1);
    table.row("OM(1), two traitors of seven", OralMessages::new(1), 7, 2);
    table.row("OM(2), two traitors of six", OralMessages::new(2), 6, 2);
    table.row("OM(1), default differs", om(1, 2, Mutation::DefaultDiffers), 5, 1);
    table.row("OM(1), default differs, 3 values", om(1, 3, Mutation::DefaultDiffers), 4, 1);
    table.row("OM(1), tie keeps own", om(1, 2, Mutation::TieKeepsOwn), 5, 1);
    table.row("OM(1), tie keeps own, 3 values", om(1, 3, Mutation::TieKeepsOwn), 4, 1);
    table.row("OM(1), own vote omitted", om(1, 2, Mutation::OwnVoteOmitted), 4, 1);
    table.row("OM(1), votes count twice", om(1, 2, Mutation::VotesCountTwice), 4, 1);
    table.row("OM(1), link unchecked", om(1, 2, Mutation::LinkUnchecked), 4, 1);
    table.row("OM(1), the commander votes", om(1, 2, Mutation::CommanderVotes), 4, 1);
    table.row("the coordinator's vote", CoordinatorVote::new(1), 4, 1);
    table.row("FloodSet", FloodSet::new(2), 4, 1);
    use signed_textbook::Mutation::{
        DefaultDiffers, ObeysFirst, RelaysBelowLess, RelaysFirst, Skips,
    };
    let sm = |m, mutation| signed_textbook::Textbook::new(m, mutation, Ideal);
    table.row("SM(0)", SignedMessages::new(0), 3, 1);
    table.row("SM(1), two traitors", SignedMessages::new(1), 4, 2);
    table.row("sign and share in two steps", TwoStep::new(), 4, 2);
    table.row("SM(1), relays one too few", sm(1, RelaysBelowLess), 3, 1);
    table.row("SM(2), relays one too few", sm(2, RelaysBelowLess), 4, 2);
    table.row("SM(2), relays the first alone", sm(2, RelaysFirst), 4, 2);
    table.row("SM(1), obeys the first", sm(1, ObeysFirst), 3, 1);
    table.row("SM(1), default differs", sm(1, DefaultDiffers), 3, 1);
    for rule in Rule::ALL {
        table.row(&format!("SM(1), skips {rule:?}"), sm(1, Skips(rule)), 3, 1);
    }
    let three = SignedMessages::new(1).over(Order::first(3));
    table.row("SM(1), 3 values, relays the first", three.relaying_first(1), 3, 1);
    let unbound = Parallel::of(2, |instance, commander| {
        SignedMessages::new(1).instance(instance, commander).binding(Binding::Order)
    });
    table.row("two SM(1), signatures unbound", unbound, 3, 1);
    assert!(table.rows >= 12);
    expect_file!["golden/hunted_mutants.txt"].assert_eq(&table.text);
    table.times.sort_unstable();
    // Printed, since it differs every time; the table is always the same.
    println!("median time to shrink: {:?}", table.times[table.times.len() / 2]);
}
