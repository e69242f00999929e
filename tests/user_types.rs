//! Types of a protocol that panic or contradict themselves: each is a finding, or one error that names the method and
//! the type; and panics that happen in no call of the protocol.

use std::cmp;
use std::hash::{Hash, Hasher};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};

use itertools::Itertools;
use turncoat::protocols::asking::asking;
use turncoat::search::Engine;
use turncoat::{
    Adversary, Claims, ClaimsOf, Demand, General, Generals, Graph, Lockstep, OralMessages, Order,
    Outcome, Problem, Repertoire, Round, Seat, Swap, Symmetric, Testable, Wire, check, hunt,
    refute,
};

/// What a type does that no type may do, for odd numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sin {
    Panics(Method),
    /// Nothing is equal to itself.
    NeverEqual,
    /// Everything is equal.
    AlwaysEqual,
    /// Every hash differs from the one before.
    AnotherHash,
    /// Everything is less than anything.
    AlwaysLower,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Method {
    Clone,
    Eq,
    Cmp,
    Hash,
    Fmt,
}

const SINS: [Sin; 9] = [
    Sin::Panics(Method::Clone),
    Sin::Panics(Method::Eq),
    Sin::Panics(Method::Cmp),
    Sin::Panics(Method::Hash),
    Sin::Panics(Method::Fmt),
    Sin::NeverEqual,
    Sin::AlwaysEqual,
    Sin::AnotherHash,
    Sin::AlwaysLower,
];

/// A number whose type may misbehave.
struct Number(u8, Option<Sin>);

impl Number {
    fn sins(&self, sin: Sin) -> bool {
        self.0 % 2 == 1 && self.1 == Some(sin)
    }

    fn panics(&self, method: Method) {
        assert!(!self.sins(Sin::Panics(method)), "not {method:?}");
    }
}

impl Clone for Number {
    fn clone(&self) -> Number {
        self.panics(Method::Clone);
        Number(self.0, self.1)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.panics(Method::Eq);
        match self.1 {
            Some(Sin::AlwaysEqual) => true,
            Some(Sin::NeverEqual) => false,
            _ => self.0 == other.0,
        }
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> cmp::Ordering {
        self.panics(Method::Cmp);
        if self.1 == Some(Sin::AlwaysLower) { cmp::Ordering::Less } else { self.0.cmp(&other.0) }
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        self.panics(Method::Hash);
        match self.1 {
            Some(Sin::AnotherHash) => CALLS.fetch_add(1, Ordering::Relaxed).hash(state),
            Some(Sin::AlwaysEqual) => {}
            _ => self.0.hash(state),
        }
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.panics(Method::Fmt);
        write!(f, "{}", self.0)
    }
}

/// Which of the protocol's types misbehaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Value,
    Message,
    State,
}

/// The commander sends his order, everybody relays it, and everybody obeys the commander.
#[derive(Debug)]
struct Relays(Kind, Sin);

impl Relays {
    fn number(&self, number: u8, kind: Kind) -> Number {
        Number(number, (self.0 == kind).then_some(self.1))
    }
}

impl Lockstep for Relays {
    type Value = Number;
    type Decision = Number;
    type Message = Number;
    type State = (General, Number);

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, order: Option<&Number>) -> (General, Number) {
        (seat.me, self.number(order.map_or(0, |order| order.0), Kind::State))
    }

    fn send(
        &self,
        (me, order): &(General, Number),
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Number> {
        let speaks = me.is_commander() == (round == 1) && !to.is_commander();
        speaks.then(|| self.number(order.0, Kind::Message))
    }

    fn receive(
        &self,
        (_, order): &mut (General, Number),
        round: Round,
        from: General,
        message: &Number,
    ) {
        if round == 1 && from.is_commander() {
            order.0 = message.0;
        }
    }

    fn decide(&self, (_, order): &(General, Number)) -> Option<Number> {
        Some(self.number(order.0, Kind::Value))
    }
}

impl Testable for Relays {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Number>, String> {
        Ok(Problem::broadcast([0, 1].map(|number| self.number(number, Kind::Value))))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Number> {
        match wire.from.is_commander() == (wire.round == 1) && !wire.to.is_commander() {
            true => Repertoire::one_of([0, 1].map(|number| self.number(number, Kind::Message))),
            false => Repertoire::silent(),
        }
    }
}

/// The answer to a question, its error, or the message of a panic.
fn said<T: std::fmt::Display, E: std::fmt::Display>(ask: impl FnOnce() -> Result<T, E>) -> String {
    let asked = panic::catch_unwind(AssertUnwindSafe(|| match ask() {
        Ok(answer) => answer.to_string(),
        Err(error) => format!("error: {error}"),
    }));
    asked.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        format!("panic: {}", said.unwrap_or_else(|| "of another kind".to_owned()))
    })
}

/// Whichever type misbehaves, and whatever is asked, the answer names the method and the type.
#[test]
fn a_type_that_panics_or_contradicts_itself_is_named() {
    for (sin, kind) in SINS.into_iter().cartesian_product([Kind::Value, Kind::Message, Kind::State])
    {
        let asked = || check(Relays(kind, sin)).generals(3).traitors(1);
        let refuted = said(|| refute(Relays(kind, sin)).generals(3).traitors(1).run());
        let answers = [
            said(|| asked().run()),
            said(|| asked().engine(Engine::Naive).run()),
            said(|| hunt(Relays(kind, sin)).generals(3).traitors(1).cases(200).run()),
        ];
        let method = match sin {
            // Nothing compares the order of states here; and equal states are merged.
            _ if kind == Kind::State && matches!(sin, Sin::AlwaysEqual | Sin::AlwaysLower) => "",
            Sin::Panics(Method::Cmp) if kind == Kind::State => "",
            Sin::Panics(Method::Clone) => "`clone`",
            Sin::Panics(Method::Eq) | Sin::NeverEqual | Sin::AlwaysEqual => "`eq`",
            Sin::Panics(Method::Cmp) | Sin::AlwaysLower => "`cmp`",
            Sin::Panics(Method::Hash) | Sin::AnotherHash => "`hash`",
            Sin::Panics(Method::Fmt) => "`fmt`",
        };
        for answer in answers.iter().chain([&refuted]) {
            assert!(!answer.starts_with("panic"), "{sin:?} {kind:?}: {answer}");
            assert!(!answer.contains("bug in turncoat"), "{sin:?} {kind:?}: {answer}");
        }
        for answer in &answers {
            assert!(answer.contains(method), "{sin:?} {kind:?}: {answer}");
        }
        if sin == Sin::Panics(Method::Fmt) {
            assert!(answers[0].starts_with("BROKEN"), "{}", answers[0]);
        }
    }
}

#[test]
fn an_error_names_the_method_and_the_type() {
    let asked = |kind, sin| check(Relays(kind, sin)).generals(3).traitors(1).run();
    let error = asked(Kind::Value, Sin::Panics(Method::Hash)).unwrap_err().to_string();
    let (start, end) =
        ("`hash` of `", "user_types::Number` panics: not Hash (at tests/user_types.rs");
    assert!(error.starts_with(start) && error.contains(end), "{error}");
    let error = asked(Kind::Message, Sin::NeverEqual).unwrap_err().to_string();
    assert!(error.ends_with("user_types::Number` contradicts itself about 0"), "{error}");
}

/// OM(1) with this flaw.
#[derive(Clone, Copy, Debug)]
enum Flaw {
    StartPanics,
    DecidePanics,
    AlikePanics,
    SwappedStatePanics,
    ProblemChanges,
    /// The payload of a panic panics when it is dropped, and so does the payload of that panic.
    PanicsAgain,
}

#[derive(Debug)]
struct Flawed(OralMessages, Flaw);

type Held = <OralMessages as Lockstep>::State;
type Told = <OralMessages as Lockstep>::Message;

struct Bomb(bool);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 {
            panic::panic_any(Bomb(true));
        }
    }
}

impl Lockstep for Flawed {
    type Value = Order;
    type Decision = Order;
    type Message = Told;
    type State = Held;

    fn rounds(&self, n: usize) -> usize {
        self.0.rounds(n)
    }

    fn start(&self, seat: Seat, input: Option<&Order>) -> Held {
        assert!(!matches!(self.1, Flaw::StartPanics), "no start");
        self.0.start(seat, input)
    }

    fn send(&self, held: &Held, round: Round, to: General) -> impl IntoIterator<Item = Told> {
        self.0.send(held, round, to)
    }

    fn receive(&self, held: &mut Held, round: Round, from: General, told: &Told) {
        if matches!(self.1, Flaw::PanicsAgain) {
            panic::panic_any(Bomb(true));
        }
        self.0.receive(held, round, from, told);
    }

    fn end_round(&self, held: &mut Held, round: Round) {
        self.0.end_round(held, round);
    }

    fn decide(&self, held: &Held) -> Option<Order> {
        assert!(!matches!(self.1, Flaw::DecidePanics), "no decision");
        self.0.decide(held)
    }
}

impl Testable for Flawed {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        if matches!(self.1, Flaw::ProblemChanges) && CALLS.fetch_xor(1, Ordering::Relaxed) > 0 {
            return Ok(Problem::broadcast([Order::ATTACK, Order::RETREAT]));
        }
        self.0.problem(graph)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Told> {
        self.0.repertoire(n, wire)
    }

    fn claims(&self) -> ClaimsOf<'_, Flawed> {
        let claims = Claims::none().recursive(self.0.claims().recursion.expect("OM(m) has one"));
        match self.1 {
            Flaw::AlikePanics | Flaw::SwappedStatePanics => claims.symmetric(self),
            _ => claims,
        }
    }
}

impl Symmetric<Told, Held> for Flawed {
    fn alike(&self, n: usize) -> Generals {
        assert!(!matches!(self.1, Flaw::AlikePanics), "nobody is alike");
        Generals::first(n).without(General::COMMANDER)
    }

    fn swapped_message(&self, told: &Told, swap: Swap) -> Told {
        self.0.claims().symmetry.expect("OM(m) has one").swapped_message(told, swap)
    }

    fn swapped_state(&self, _: &Held, _: Swap) -> Held {
        panic!("they stay")
    }
}

/// Each flaw is found, or an error says which it is; by the engine that runs the protocol, and by the engine that runs
/// its recursion.
#[test]
fn other_flaws_are_named() {
    let cases = [
        (Flaw::StartPanics, "panics in start, run by the commander: no start", true),
        (Flaw::DecidePanics, "panics in decide, run by lieutenant 1: no decision", true),
        (Flaw::AlikePanics, "error: the protocol panics in alike: nobody is alike", false),
        (Flaw::SwappedStatePanics, "error: the protocol panics in swapped_state: they stay", false),
        (Flaw::ProblemChanges, "error: `problem` or `rounds` of the protocol changes its", true),
        (Flaw::PanicsAgain, "panics in receive in round 1, run by lieutenant 1: no message", true),
    ];
    for (flaw, expected, composed) in cases {
        let asked = || check(Flawed(OralMessages::new(1), flaw)).generals(4).traitors(1);
        let exhaustive = said(|| asked().run());
        assert!(exhaustive.contains(expected), "{flaw:?}: {exhaustive}");
        let compositional = said(|| asked().engine(Engine::Compositional).run());
        let holds = compositional.starts_with("HOLDS");
        assert!(holds != composed, "{flaw:?}: {compositional}");
        assert!(holds || compositional.contains(expected), "{flaw:?}: {compositional}");
    }
    let exactly = Adversary::byzantine(1).exactly();
    let flawed = Flawed(OralMessages::new(1), Flaw::StartPanics);
    let asked = check(flawed).generals(4).against(exactly).engine(Engine::Compositional);
    assert_eq!(asked.assert_broken().attack.traitors.len(), 1);
}

#[test]
fn a_demand_that_panics_is_named() {
    let picky = Demand::new("nobody is unhappy", |outcome: &Outcome<'_, Order>| {
        outcome.decided().all(|order| *order == Order::RETREAT || panic!("unhappy"))
    });
    let error = check(asking(OralMessages::new(1), [picky])).generals(4).traitors(1).run();
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("the demand \"nobody is unhappy\" panics: unhappy (at "), "{error}");
}
