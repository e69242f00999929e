//! Attacks are small: never larger than what a hunt finds, and proved to be the smallest where that is possible. And a
//! message that the repertoire lacks is reported, and does not end the search.

use std::fmt::Write;

use expect_test::{expect, expect_file};
use turncoat::execution::Size;
use turncoat::protocols::oral::Relay;
use turncoat::protocols::path::Path;
use turncoat::report::json;
use turncoat::{
    Adversary, CoordinatorVote, Counterexample, FloodSet, General, Generals, Graph, Ideal, Lacking,
    Lockstep, OralMessages, Order, Problem, Repertoire, Round, Seat, SignedMessages, Testable,
    TwoStep, Wire, check, hunt,
};

use crate::signed_textbook;
use crate::textbook::{Mutation, Textbook};

#[path = "../benches/ladder/kings.rs"]
mod kings;

use kings::{PhaseKing, PhaseQueen};

/// OM(m), except that all relayed values count alike, not path by path.
#[derive(Clone, Debug)]
struct FlatCount {
    m: usize,
}

/// The commander's order, and everything that was relayed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Told {
    seat: Seat,
    order: Option<Order>,
    paths: Vec<Relay<Order>>,
}

impl Lockstep for FlatCount {
    type Value = Order;
    type Decision = Order;
    type Message = Relay<Order>;
    type State = Told;

    fn rounds(&self, _n: usize) -> usize {
        self.m + 1
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Told {
        Told { seat, order: order.copied(), paths: Vec::new() }
    }

    fn send(
        &self,
        told: &Told,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Relay<Order>> {
        let Told { seat, order, paths } = told;
        let first = order.filter(|_| round == 1).map(|value| Relay { path: Path::root(), value });
        let of_last = move |relay: &&Relay<Order>| {
            relay.path.iter().count() + 1 == round && !relay.path.generals().contains(to)
        };
        let relays = paths.iter().filter(of_last);
        let relays = relays.map(|relay| Relay { path: relay.path.then(seat.me), ..relay.clone() });
        let speaks = !to.is_commander();
        first.into_iter().chain(relays).filter(move |_| speaks).collect::<Vec<_>>()
    }

    fn receive(&self, told: &mut Told, round: Round, from: General, relay: &Relay<Order>) {
        let path: Vec<General> = relay.path.iter().collect();
        let fits = path.len() == round && path.last() == Some(&from);
        let new = told.paths.iter().all(|known| known.path != relay.path);
        let me = relay.path.generals().contains(told.seat.me);
        if fits && new && !me && told.order.is_none() && relay.path.generals().len() == round {
            told.paths.push(relay.clone());
            told.paths.sort();
        }
    }

    fn decide(&self, told: &Told) -> Option<Order> {
        let attack = told.paths.iter().filter(|relay| relay.value == Order::ATTACK).count();
        let most = if 2 * attack > told.paths.len() { Order::ATTACK } else { Order::RETREAT };
        Some(told.order.unwrap_or(most))
    }
}

impl Testable for FlatCount {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Relay<Order>> {
        OralMessages::new(self.m).over(Order::first(2)).repertoire(n, wire)
    }
}

/// The numbers of traitors and lies in an attack, and whether it is proved to be the smallest.
fn size<P: Testable>(found: &Counterexample<P>) -> (usize, usize, bool) {
    let attack = &found.attack;
    (attack.traitors.len(), attack.size(), found.size == Size::Smallest)
}

#[derive(Default)]
struct Table {
    text: String,
    rows: usize,
}

impl Table {
    fn row<P: Testable + Clone>(&mut self, name: &str, protocol: P, n: usize, enemy: Adversary) {
        let checked = size(&check(protocol.clone()).generals(n).against(enemy).assert_broken());
        let hunts = [0, 1, 2].map(|seed| {
            let hunt = hunt(protocol.clone()).generals(n).against(enemy).seed(seed);
            let (traitors, lies, _) = size(&hunt.assert_finds());
            (traitors, lies)
        });
        let (traitors, lies, proved) = checked;
        let least = hunts.into_iter().min().unwrap();
        assert!((traitors, lies) <= least, "{name}: {lies} lies, where {least:?} are enough");
        let proved = if proved { "smallest" } else { "locally minimal" };
        let hunted = hunts.map(|(traitors, lies)| format!("{lies} by {traitors}")).join(", ");
        let f = enemy.traitors;
        writeln!(self.text, "{name:<32} {n},{f}  {lies:>2} by {traitors}  {proved:<15}  {hunted}")
            .unwrap();
        self.rows += 1;
    }
}

#[test]
fn an_attack_is_never_larger_than_what_a_hunt_finds() {
    let mut table = Table::default();
    writeln!(table.text, "protocol                         n,f  lies, traitors        hunted")
        .unwrap();
    let byzantine = Adversary::byzantine;
    // Without duplicates, which these protocols would count twice.
    let plain = |f| byzantine(f).without_strays().without_replays();
    let king = |f, phases| PhaseKing { f, phases, claims: false };
    let queen = |f, phases| PhaseQueen { f, phases };
    table.row("phase king, two phases", king(2, 2), 7, plain(2));
    table.row("phase king, one phase", king(1, 1), 4, plain(1));
    table.row("phase queen among 4f", queen(2, 3), 8, byzantine(2));
    table.row("phase queen among 4f", queen(1, 2), 4, byzantine(1));
    table.row("phase queen, one phase", queen(1, 1), 5, plain(1));
    table.row("flat count", FlatCount { m: 2 }, 7, byzantine(2));
    table.row("OM(1)", OralMessages::new(1), 3, byzantine(1));
    table.row("OM(1)", OralMessages::new(1), 5, byzantine(2));
    table.row("OM(2)", OralMessages::new(2), 6, byzantine(2));
    let om = |values, mutation| Textbook { m: 1, values, mutation };
    table.row("OM(1), default differs", om(2, Mutation::DefaultDiffers), 5, byzantine(1));
    table.row("OM(1), tie keeps own", om(3, Mutation::TieKeepsOwn), 4, byzantine(1));
    table.row("OM(1), own vote omitted", om(2, Mutation::OwnVoteOmitted), 4, byzantine(1));
    table.row("OM(1), votes count twice", om(2, Mutation::VotesCountTwice), 4, byzantine(1));
    table.row("OM(1), link unchecked", om(2, Mutation::LinkUnchecked), 4, byzantine(1));
    table.row("OM(1), the commander votes", om(2, Mutation::CommanderVotes), 4, byzantine(1));
    table.row("the coordinator's vote", CoordinatorVote::new(1), 4, byzantine(1));
    table.row("FloodSet", FloodSet::new(2), 4, byzantine(1));
    table.row("SM(1)", SignedMessages::new(1), 4, byzantine(2));
    table.row("sign and share in two steps", TwoStep::new(), 4, byzantine(2));
    use signed_textbook::Mutation::{RelaysBelowLess, RelaysFirst};
    let sm = |m, mutation| signed_textbook::Textbook::new(m, mutation, Ideal);
    table.row("SM(1), relays one too few", sm(1, RelaysBelowLess), 3, byzantine(1));
    table.row("SM(2), relays the first alone", sm(2, RelaysFirst), 4, byzantine(2));
    assert!(table.rows >= 20);
    expect_file!["golden/small_attacks.txt"].assert_eq(&table.text);
}

/// The lieutenants tell each other the commander's order, and the majority counts. In the first round lieutenant 1 can
/// tell lieutenant 2 something that nobody else can tell anybody: 5. Lieutenant 2 passes it on.
#[derive(Clone, Debug)]
struct PassesOn;

impl Lockstep for PassesOn {
    type Value = u8;
    type Decision = u8;
    type Message = u8;
    /// The general, its own order, what it passes on, and how many votes each order has.
    type State = (General, u8, u8, [u8; 2]);

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, order: Option<&u8>) -> Self::State {
        let order = order.copied().unwrap_or(0);
        (seat.me, order, order, [0; 2])
    }

    fn send(&self, state: &Self::State, round: Round, to: General) -> impl IntoIterator<Item = u8> {
        let speaks = state.0.is_commander() == (round == 1) && !to.is_commander();
        speaks.then_some(state.2)
    }

    fn receive(&self, state: &mut Self::State, round: Round, from: General, said: &u8) {
        if *said == 5 {
            state.2 = 5;
        } else if round == 1 && from.is_commander() {
            (state.1, state.2) = (*said, *said);
        } else if let (2, Some(votes)) = (round, state.3.get_mut(usize::from(*said))) {
            *votes += 1;
        }
    }

    fn decide(&self, &(me, order, _, votes): &Self::State) -> Option<u8> {
        let [zeros, ones] = votes.map(usize::from);
        let (zeros, ones) = if order == 0 { (zeros + 1, ones) } else { (zeros, ones + 1) };
        Some(if me.is_commander() { order } else { u8::from(ones > zeros) })
    }
}

impl Testable for PassesOn {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast([0, 1]))
    }

    fn repertoire(&self, _n: usize, Wire { round, from, to }: Wire) -> Repertoire<u8> {
        let speaks = from.is_commander() == (round == 1) && !to.is_commander();
        let repertoire = if speaks { Repertoire::one_of([0, 1]) } else { Repertoire::silent() };
        let passed = (round, from.id(), to.id()) == (1, 1, 2);
        repertoire.with_strays(passed.then_some(5))
    }
}

#[test]
fn what_the_repertoire_lacks_is_named_and_does_not_end_the_search() {
    let [one, two, three] = [1, 2, 3].map(General::new);
    let suspects = Generals::NONE.with(one).with(two);
    let adversary = Adversary::byzantine(2).without_replays().exactly().suspects(suspects);
    let verdict = check(PassesOn).generals(4).against(adversary).run().unwrap();
    let found = verdict.counterexample().unwrap();
    assert_eq!(size(found), (2, 2, true), "{verdict}");
    let wire = Wire { round: 2, from: two, to: three };
    assert_eq!(verdict.lacking, Some(Lacking { wire, message: "5".to_owned() }));
    let text = verdict.to_string();
    let told = text.split_once("Lacking").map(|(_, told)| told.trim()).unwrap_or_default();
    expect![[r#"
        the repertoire has no place for what lieutenant 2 says to lieutenant 3 in round 2
                    when it obeys: 5. No attack in which that is said was looked for, and "holds" would
                    not cover one."#]].assert_eq(told);
    let told = json::verdict(&serde_json::json!({}), &verdict);
    expect![[r#"{"round":2,"from":2,"to":3,"message":"5"}"#]]
        .assert_eq(&told["lacking"].to_string());
}
