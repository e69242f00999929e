//! turncoat plays the traitor: it finds out whether a protocol for Byzantine agreement is
//! correct, and if it is not, it shows the smallest attack that breaks it.
//!
//! In "The Byzantine Generals Problem" (Lamport, Shostak, Pease; ACM TOPLAS 4(3), 1982) a commander
//! sends an order to his lieutenants. All loyal lieutenants must obey the same order (agreement,
//! IC1), and if the commander is loyal they must obey his (validity, IC2), although up to `f` of
//! the `n` generals are traitors, who may send any message to any general.
//!
//! ```
//! use turncoat::{OralMessages, check};
//!
//! check(OralMessages::new(1)).generals(4).traitors(1).assert_holds();
//!
//! let counterexample = check(OralMessages::new(1)).generals(3).traitors(1).assert_broken();
//! assert_eq!(counterexample.attack.lies.len(), 1);
//! ```
//!
//! Where orders are signed, any number of traitors can be survived:
//!
//! ```
//! use turncoat::{SignedMessages, TwoStep, check};
//!
//! check(SignedMessages::new(2)).generals(4).traitors(2).assert_holds();
//! check(TwoStep::new()).generals(4).traitors(2).assert_broken();
//! ```
//!
//! To test a protocol of your own, implement [`Lockstep`] (the protocol, as production code would
//! have it) and [`Testable`] (the [`Problem`], and, if you like, what a traitor could say), and
//! ask about it in one of three ways:
//!
//! - [`check`](check()) searches every behaviour of the adversary, if there are not too many;
//! - [`hunt`](hunt()) draws attacks at random, and shrinks what it finds;
//! - [`strategy::attacks`] draws them in a property test of yours, within `proptest!`.
//!
//! An event-driven protocol (messages in any order, timers, coins) implements [`EventDriven`] and
//! [`EventTestable`], and is asked about in the same ways:
//!
//! ```
//! use turncoat::{ReliableBroadcast, check};
//!
//! check(ReliableBroadcast::new()).generals(4).traitors(1).assert_holds();
//! ```
//!
//! A program of three lines, [`cli::main_with`], gives your protocols the command line that the built-in ones have. It
//! can check programs in any other language, too, which answer questions in JSON (`docs/exec.md`): `turncoat check
//! exec --command 'python3 mine.py' -n 4 -f 1`.
//!
//! To test an implementation as it is shipped, write a thin adapter, [`Opaque`], and [hunt](hunt()) in it: its nodes
//! need not be `Clone` or `Debug` or anything else. `examples/crates` has adapters of published crates.
//!
//! An attack that was found once is kept in a file and run first from then on: [`regressions`]. And a test that
//! fails leaves the attack, and a picture of it (SVG, and with the feature `pages` a web page), in the folder that the
//! environment variable `TURNCOAT_REPORT_DIR` names, and says where.
//!
//! Where no protocol can be correct, [`refute`](refute()) breaks any protocol, without a search:
//!
//! ```
//! use turncoat::{OralMessages, refute};
//!
//! refute(OralMessages::new(10)).generals(3).traitors(1).assert_refuted();
//! refute(OralMessages::new(1)).generals(30).traitors(10).assert_refuted();
//! ```
//!
//! # A tour of the house
//!
//! All nondeterminism is the enemy's, and what the enemy decides is a value: the [`Attack`]. A
//! traitor obeys the protocol wherever the attack has no lie for it. So one simulator,
//! [`run`]`(protocol, attack)`, is enough: a search looks for attacks, shrinking takes lies from
//! them, replay reads them from a file, and every counterexample is run once more before it is
//! shown.
//!
//! A file imports only from its own floor and those below it, and no files import each other in a
//! circle. (`tests/tidy.rs` reads this table.)
//!
//! | floor | rooms | what lives there |
//! |---|---|---|
//! | 0 | [`general`], [`graph`] | who there is, who can talk to whom |
//! | 0 | [`order`], [`count`] | what they agree on, how many |
//! | 0 | `escape` | what is shown of texts that are not ours |
//! | 0 | `collecting` | lists, maps and sorting that are quick to compile |
//! | 0 | [`outcome`] | how it ended, and what is asked: broadcast or consensus, demands |
//! | 1 | [`protocol`], [`signature`], [`fault`] | a protocol, how it signs, and what none may do |
//! | 1 | [`testable`], [`forgery`] | their testing sides |
//! | 2 | [`protocols`], [`property`] | published protocols; what must hold |
//! | 2 | [`attack`], [`schedule`] | what the enemy decides |
//! | 2 | [`view`] | what one loyal general is told |
//! | 2 | [`adversary`], [`setting`], [`knowledge`] | what it may do, among whom, and can sign |
//! | 3 | `machine` | a protocol by numbers: all that stands above knows no other |
//! | 4 | [`execution`] | the simulator |
//! | 5 | [`search`] | the engines that look for an attack, all through or at random |
//! | 5 | [`impossibility`] | attacks that are built, where no protocol can be right |
//! | 6 | [`verdict`] | what came of it, and of what it speaks |
//! | 6 | [`report`] | text, JSON, pictures, traces, attack files |
//! | 7 | [`check`](check()), [`hunt`](hunt()), [`refute`](refute()), [`suspects`](suspects()) | the builders that a test calls |
//! | 7 | [`question`], `estimate` | what they have in common: what is asked, what it would cost |
//! | 7 | `symmetry`, `recursion`, `monotone` | tests of what a protocol claims of itself |
//! | 7 | [`strategy`], [`regressions`] | strategies for proptest; attacks kept in files |
//! | 7 | `artifacts` | what a failing test leaves behind |
//! | 7 | `files` | files that are read, and written whole |
//! | 8 | `main`, [`cli`] | arguments, threads, progress |
//!
//! Files, clocks and the environment are touched from floor 7 up, and nowhere below.
//!
//! # What a verdict says
//!
//! *Holds* means that every behaviour of the [`Adversary`] was covered; that type says what it may do, and why that
//! is the default. The number of raw behaviours is counted; [`search::Reduction`] says what was left out, and
//! why that is sound. *Broken* comes with an attack, and says whether it is proved to be the smallest. *Bounded* is
//! everything else. What such traitors could have done, and was not tried, is [listed](Verdict::not_covered).
//!
//! Everybody can talk to everybody, unless there is a [`Graph`].
//!
//! A [recursive](Recursive) protocol such as OM(m) can be searched by
//! [composition](search::Engine::Compositional): exactly, for far more generals than a search can reach, but
//! without strays and replays. Which engine [fits](Check::fitting_engine) is [estimated](Check::estimate).
//!
//! If generals are [interchangeable](Symmetric) to a protocol, the search explores one representative of each
//! symmetry class; [`assert_symmetric`] tests the claim. If the last round is [monotone](Claims::monotone), only the
//! lowest and the highest messages are tried in it; [`assert_monotone`] tests that.
//!
//! An event-driven protocol has no rounds: its executions go in [waves](InWaves). Its adversary is
//! [asynchronous](adversary::Timing) by default. All that it may do is covered by looking at what the loyal send and
//! hear, without enumerating schedules. Termination and totality are judged when all is quiet, and left unjudged
//! where timers are set again for ever.
//!
//! If a protocol does not say what a traitor could say, turncoat listens to runs with other inputs and other traitors.
//! The verdict is then bounded by the messages that were heard, and never *holds*. If messages are chains or
//! certificates, say how they are [composed](Signing::relisted), and lists with one wrong signature are tried as well.
//!
//! # Signatures
//!
//! A protocol is generic over its [scheme](signature::Signatures): with [`Ideal`] signatures in a
//! search, with [`Ed25519`](signature::ed25519::Ed25519) for real signatures. It says which
//! [signatures](Signing::signatures) are in a message, and a traitor can send that message only if the
//! coalition makes or has overheard each of them ([`Knowledge`]). What no loyal general may accept
//! is among the [forgeries](Repertoire::forgeries): one that changes a loyal general's state is a
//! finding, "unforgeability".
//!
//! # Errors, findings, bugs
//!
//! Bad input is an `Err`. A protocol that panics, is not deterministic, or decides on something
//! that is no value is a finding ([`fault::Fault`]), with the attack that shows it. So is a value,
//! message or state whose `clone`, `eq` or `hash` panics where the protocol runs. Elsewhere that is an
//! `Err` that names the method and the type; and so it is if one of them contradicts itself (something
//! is not equal to itself, or has another hash than before), if a demand panics, or if the problem is
//! another one when it is asked for again. Where `Debug` panics that is said instead.
//!
//! Some things can't be caught: a call that never returns, a stack overflow, an abort (if the crate is
//! built with `panic = "abort"` that is every panic), a panic while another one unwinds, as in a `Drop`,
//! and one in the process's panic hook. A `Drop` that panics by itself may come out as it is. turncoat
//! wraps the hook that it finds, so that a panic that becomes a finding is not reported twice: whoever
//! sets another hook afterwards hears of those. A panic that says "bug in turncoat" is one.

#[macro_use]
extern crate serde_derive;

pub mod adversary;
mod artifacts;
pub mod attack;
mod check;
#[cfg(feature = "cli")]
pub mod cli;
mod collecting;
pub mod count;
mod escape;
mod estimate;
pub mod execution;
pub mod fault;
mod files;
pub mod forgery;
pub mod general;
pub mod graph;
mod hunt;
pub mod impossibility;
pub mod knowledge;
mod machine;
mod monotone;
pub mod order;
pub mod outcome;
pub mod property;
pub mod protocol;
pub mod protocols;
pub mod question;
mod recursion;
mod refute;
pub mod regressions;
pub mod report;
pub mod schedule;
pub mod search;
pub mod setting;
pub mod signature;
pub mod strategy;
mod suspects;
mod symmetry;
pub mod testable;
pub mod verdict;
pub mod view;

pub use crate::adversary::{Adversary, FaultClass};
pub use crate::attack::{Attack, AttackOn, Edit, Item, Lie, Twin};
pub use crate::check::{Check, check};
pub use crate::execution::{Counterexample, run};
pub use crate::general::{General, Generals, Swap};
pub use crate::graph::Graph;
pub use crate::hunt::{Hunt, hunt};
pub use crate::knowledge::Knowledge;
pub use crate::monotone::assert_monotone;
pub use crate::order::Order;
pub use crate::outcome::{Course, Demand, Outcome, Task};
pub use crate::property::{AskedProperties, Property, Violation};
pub use crate::protocol::events::{Coin, Effect, Effects, EventDriven, Face, OwnEvent, Timer};
pub use crate::protocol::{Lockstep, Plain, Round, Seat};
pub use crate::protocols::ben_or::BenOr;
pub use crate::protocols::binary_agreement::BinaryAgreement;
pub use crate::protocols::chained_hotstuff::ChainedHotStuff;
pub use crate::protocols::dbft::Dbft;
pub use crate::protocols::flood_set::FloodSet;
pub use crate::protocols::hotstuff::HotStuff;
pub use crate::protocols::ibft::Ibft;
pub use crate::protocols::in_waves::{AnyProtocol, InWaves};
pub use crate::protocols::interactive::InteractiveConsistency;
pub use crate::protocols::nodes::{ByNodes, NamedMessage, NodeHistory, Nodes};
pub use crate::protocols::oral::OralMessages;
pub use crate::protocols::pbft::Pbft;
pub use crate::protocols::reliable_broadcast::ReliableBroadcast;
pub use crate::protocols::routed::RoutedMessages;
pub use crate::protocols::signed::SignedMessages;
pub use crate::protocols::simplex::Simplex;
pub use crate::protocols::tendermint::Tendermint;
pub use crate::protocols::two_step::TwoStep;
pub use crate::protocols::vote::CoordinatorVote;
pub use crate::question::CheckError;
pub use crate::recursion::assert_recursive;
pub use crate::refute::{Refute, refute};
pub use crate::regressions::Regressions;
pub use crate::schedule::{Arrival, Crash, Shift};
pub use crate::setting::Setting;
pub use crate::signature::ideal::Ideal;
pub use crate::suspects::{Suspected, Suspects, suspects};
pub use crate::symmetry::assert_symmetric;
pub use crate::testable::{
    Agreement, Claims, ClaimsOf, EventTestable, Lacking, Opaque, Outputs, Phased, Problem,
    ProblemOf, Reaction, Reactions, Recursive, Repertoire, Signing, StreamProblem, Symmetric,
    Termination, Testable, Validity, Wire, Words,
};
pub use crate::verdict::{Ruling, Verdict, VerdictOn};
pub use crate::view::{LoyalView, LoyalViewOf, ToldMessage};
