//! Protocols that misbehave are findings, with the attack that shows it; protocols that are
//! described wrongly are refused.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use turncoat::execution::Size;
use turncoat::fault::{Call, FaultKind};
use turncoat::{
    General, Graph, Lockstep, Order, Problem, Repertoire, Round, Seat, Testable, Violation, Wire,
    check,
};

/// What goes wrong, and when.
#[derive(Debug)]
enum Misdeed {
    /// Panics when a lieutenant relays something else than the commander said.
    Panics,
    /// Decides on order 2 then, where there are only two.
    DecidesNonsense,
    /// Every seventh decision is another one.
    HidesACounter(AtomicUsize),
    /// The decision hangs on the order in which a hash set is gone through.
    HangsOnHashOrder,
    /// Panics before anything is said.
    PanicsAtOnce,
    /// Relays an order that its repertoire does not have.
    SaysWhatIsNotDescribed,
    /// Panics when asked what could be said.
    DescribesNothing,
}

/// The commander says his order, all relay it, and everybody obeys the commander.
#[derive(Debug)]
struct Misbehaving(Misdeed);

/// What I heard from the commander, what others say they did, and whether they agree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Heard {
    me: General,
    order: Order,
    relayed: Vec<Order>,
}

impl Lockstep for Misbehaving {
    type Value = Order;
    type Decision = Order;
    type Message = Order;
    type State = Heard;

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Heard {
        assert!(!matches!(self.0, Misdeed::PanicsAtOnce), "not even a start");
        let order = order.copied().unwrap_or(Order::RETREAT);
        Heard { me: seat.me, order, relayed: vec![] }
    }

    fn send(&self, heard: &Heard, round: Round, to: General) -> impl IntoIterator<Item = Order> {
        let speaks = heard.me.is_commander() == (round == 1) && !to.is_commander();
        let undescribed = matches!(self.0, Misdeed::SaysWhatIsNotDescribed) && round == 2;
        let order = if undescribed { Order::first(4)[3] } else { heard.order };
        speaks.then_some(order)
    }

    fn receive(&self, heard: &mut Heard, round: Round, from: General, order: &Order) {
        match round {
            1 if from.is_commander() => heard.order = *order,
            2 => heard.relayed.push(*order),
            _ => {}
        }
        let differs = heard.relayed.iter().any(|relayed| *relayed != heard.order);
        assert!(!(differs && matches!(self.0, Misdeed::Panics)), "who of you lies?");
    }

    fn decide(&self, heard: &Heard) -> Option<Order> {
        let differs = heard.relayed.iter().any(|relayed| *relayed != heard.order);
        Some(match &self.0 {
            Misdeed::DecidesNonsense if differs => Order::first(3)[2],
            Misdeed::HidesACounter(calls) if calls.fetch_add(1, Ordering::Relaxed) % 7 == 6 => {
                Order::RETREAT
            }
            Misdeed::HangsOnHashOrder => {
                let orders: HashSet<Order> = [Order::RETREAT, Order::ATTACK].into();
                orders.into_iter().next().expect("there are two")
            }
            _ => heard.order,
        })
    }
}

impl Testable for Misbehaving {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Order> {
        assert!(!matches!(self.0, Misdeed::DescribesNothing), "I'd rather not say");
        match wire.from.is_commander() == (wire.round == 1) && !wire.to.is_commander() {
            true => Repertoire::one_of(Order::first(2)),
            false => Repertoire::silent(),
        }
    }
}

/// The fault that is found among three generals with a traitor, with the lies that it takes.
fn fault(misdeed: Misdeed) -> (turncoat::fault::Fault, usize, bool) {
    let found = check(Misbehaving(misdeed)).generals(3).traitors(1).assert_broken();
    match found.violation {
        Violation::Fault(fault) => (fault, found.attack.lies.len(), found.size == Size::Smallest),
        other => panic!("found only that {} is violated", other.name()),
    }
}

#[test]
fn a_panic_is_a_finding_with_the_smallest_attack_that_shows_it() {
    let (found, lies, smallest) = fault(Misdeed::Panics);
    assert_eq!(found.call, Call::Receive(2));
    let FaultKind::Panicked(message) = &found.kind else { panic!("{found}") };
    assert!(message.starts_with("who of you lies? (at tests/faults.rs:"), "{message}");
    assert_eq!((lies, smallest), (1, true));
    let (found, lies, _) = fault(Misdeed::PanicsAtOnce);
    assert_eq!((found.call, lies), (Call::Start, 0));
}

#[test]
fn a_decision_outside_the_values_is_a_finding() {
    let (found, lies, smallest) = fault(Misdeed::DecidesNonsense);
    assert_eq!(found.kind, FaultKind::OutsideValues("order 2".to_owned()));
    assert_eq!((lies, smallest), (1, true));
}

#[test]
fn a_protocol_that_is_not_deterministic_is_a_finding() {
    for misdeed in [Misdeed::HidesACounter(AtomicUsize::new(0)), Misdeed::HangsOnHashOrder] {
        let (found, ..) = fault(misdeed);
        assert!(matches!(found.kind, FaultKind::Undetermined(..)), "{found}");
    }
}

#[test]
fn a_protocol_that_is_described_wrongly_is_refused() {
    let refused = |misdeed| {
        let refused = check(Misbehaving(misdeed)).generals(4).traitors(1).run();
        refused.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(
        refused(Misdeed::SaysWhatIsNotDescribed),
        "the repertoire has no place for what lieutenant 1 says to lieutenant 2 in round 2 when it \
         obeys: order 3"
    );
    let message = refused(Misdeed::DescribesNothing);
    assert!(message.starts_with("the protocol panics in repertoire: I'd rather not"), "{message}");
}

#[test]
fn a_question_that_makes_no_sense_is_refused() {
    let ask = || check(turncoat::OralMessages::new(1));
    let refused = [
        (ask().traitors(1), "how many generals? say .generals(..)"),
        (ask().generals(4), "how many traitors? say .traitors(..)"),
        (ask().generals(0).traitors(0), "n is 0: there must be from 1 to 64 generals"),
        (ask().generals(65).traitors(1), "n is 65: there must be from 1 to 64 generals"),
        (ask().generals(4).traitors(4), "f is 4: with n = 4 there can be at most 3 traitors"),
    ];
    for (question, expected) in refused {
        assert_eq!(question.run().unwrap_err().to_string(), expected);
    }
}

#[test]
#[should_panic(expected = "expected the protocol to hold, but it is broken")]
fn assert_holds_fails_with_the_story() {
    check(turncoat::OralMessages::new(1)).generals(3).traitors(1).assert_holds();
}

#[test]
#[should_panic(expected = "expected the protocol to be broken, but found: holds")]
fn assert_broken_fails_on_what_holds() {
    drop(check(turncoat::OralMessages::new(1)).generals(4).traitors(1).assert_broken());
}

#[test]
#[should_panic(expected = "its budget of steps was used up")]
fn bounded_is_not_enough_for_assert_holds() {
    check(turncoat::OralMessages::new(2)).generals(7).traitors(2).steps(1000).assert_holds();
}
