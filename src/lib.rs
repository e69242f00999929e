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
//! With signed orders, any number of traitors can be survived:
//!
//! ```
//! use turncoat::{SignedMessages, TwoStep, check};
//!
//! check(SignedMessages::new(2)).generals(4).traitors(2).assert_holds();
//! check(TwoStep::new()).generals(4).traitors(2).assert_broken();
//! ```
//!
//! To test a protocol of your own, implement [`Lockstep`] (the protocol itself, as in production) and [`Testable`] (the
//! [`Problem`], and, if you like, what a traitor could say). Then ask about it in one of three ways:
//!
//! - [`check`](check()) searches every behaviour of the adversary, if there are not too many;
//! - [`hunt`](hunt()) draws attacks at random, and shrinks what it finds;
//! - [`strategy::attacks`] draws attacks in your own property test, within `proptest!`.
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
//! A program of three lines, [`cli::main_with`], gives your protocols the command line that the built-in ones have. The
//! command line can also check a program in any other language, if it answers questions in JSON (`docs/exec.md`):
//! `turncoat check exec --command 'python3 mine.py' -n 4 -f 1`.
//!
//! To test an implementation as it is shipped, write a thin adapter, [`Opaque`], and [hunt](hunt()) for attacks on it:
//! its nodes need not be `Clone` or `Debug` or anything else. `examples/crates` has adapters for published crates.
//!
//! An attack that was found once can be kept in a file, and is then run first: see [`regressions`]. A test that fails
//! writes the attack, and a picture of it (SVG, and with the feature `pages` a web page), into the folder that the
//! environment variable `TURNCOAT_REPORT_DIR` names, and reports the file names.
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
//! The enemy makes all nondeterministic choices, and all of them together are one value: the [`Attack`]. A traitor
//! obeys the protocol wherever the attack has no lie for it. So one simulator, [`run`]`(protocol, attack)`, is enough:
//! a search looks for attacks, shrinking removes lies from them, replay reads them from a file, and every
//! counterexample is run once more before it is shown.
//!
//! A file imports only from its own floor and those below it, and imports never form a circle. (`tests/tidy.rs` reads
//! this table.)
//!
//! | floor | rooms | what lives there |
//! |---|---|---|
//! | 0 | [`general`], [`graph`] | the generals, and who can talk to whom |
//! | 0 | [`order`], [`count`] | what they agree on; counts |
//! | 0 | `escape` | how text from outside is made safe to show |
//! | 0 | `collecting` | lists, maps and sorting that are quick to compile |
//! | 0 | [`outcome`] | how an execution ended, and what is asked: broadcast or consensus, demands |
//! | 1 | [`protocol`], [`signature`], [`fault`] | a protocol, how it signs, and what no protocol may do |
//! | 1 | [`testable`], [`forgery`] | the testing sides of protocols and signatures |
//! | 2 | [`protocols`], [`property`] | published protocols; what must hold |
//! | 2 | [`attack`], [`schedule`] | what the enemy decides |
//! | 2 | [`view`] | what one loyal general is told |
//! | 2 | [`adversary`], [`setting`], [`knowledge`] | what the enemy may do, among whom, and what it can sign |
//! | 3 | `machine` | a numbered protocol: the engines above see no other |
//! | 4 | [`execution`] | the simulator |
//! | 5 | [`search`] | the engines that look for attacks, exhaustively or at random |
//! | 5 | [`impossibility`] | attacks that are constructed where no protocol can be correct |
//! | 6 | [`verdict`] | the result, and what it covers |
//! | 6 | [`report`] | text, JSON, pictures, traces, attack files |
//! | 7 | [`check`](check()), [`hunt`](hunt()), [`refute`](refute()), [`suspects`](suspects()) | the builders that a test calls |
//! | 7 | [`question`], `estimate` | what the builders have in common: the question, and its estimated cost |
//! | 7 | `symmetry`, `recursion`, `monotone` | tests of what a protocol claims about itself |
//! | 7 | [`strategy`], [`regressions`] | strategies for proptest; attacks kept in files |
//! | 7 | `artifacts` | what a failing test leaves behind |
//! | 7 | `files` | files that are read, or written whole |
//! | 8 | `main`, [`cli`] | arguments, threads, progress |
//!
//! Only floors 7 and 8 use files, clocks and the environment.
//!
//! # What a verdict says
//!
//! *Holds* means that every behaviour of the [`Adversary`] was covered; that type says what the adversary may do, and
//! why that is the default. The verdict counts the raw behaviours; [`search::Reduction`] says which of them the search
//! skips, and why that is sound. *Broken* comes with an attack, and says whether it is proved to be the smallest.
//! *Bounded* is everything else. Powers that such traitors could have had, but that were not tried, are
//! [listed](Verdict::not_covered).
//!
//! Everybody can talk to everybody, unless you give a [`Graph`].
//!
//! A [recursive](Recursive) protocol such as OM(m) can be searched by [composition](search::Engine::Compositional):
//! exactly, and for far more generals than other searches can handle, but without strays and replays. An
//! [estimate](Check::estimate) says which engine [fits](Check::fitting_engine).
//!
//! If a protocol treats generals as [interchangeable](Symmetric), the search explores one representative of each
//! symmetry class; [`assert_symmetric`] tests the claim. If the last round is [monotone](Claims::monotone), only the
//! lowest and the highest messages are tried in it; [`assert_monotone`] tests that.
//!
//! An event-driven protocol has no rounds: its executions proceed in [waves](InWaves). Its adversary is
//! [asynchronous](adversary::Timing) by default. The search covers everything that the adversary may do by looking at
//! what the loyal send and hear, without enumerating schedules. Termination and totality are judged when all is quiet,
//! and are not judged if timers are set again for ever.
//!
//! If a protocol does not say what a traitor could say, turncoat listens to runs with other inputs and other traitors.
//! The verdict then covers only the messages that were heard, and is never *holds*. If messages are chains or
//! certificates, say how they are [composed](Signing::relisted): then lists with one wrong signature are tried as well.
//!
//! # Signatures
//!
//! A protocol is generic over its signature [scheme](signature::Signatures): [`Ideal`] signatures in a search,
//! [`Ed25519`](signature::ed25519::Ed25519) for real signatures. The protocol says which
//! [signatures](Signing::signatures) a message contains, and a traitor can send that message only if the coalition can
//! make each of them, or has overheard it ([`Knowledge`]). Messages that no loyal general may accept are the
//! [forgeries](Repertoire::forgeries): a forgery that changes a loyal general's state is a finding, "unforgeability".
//!
//! # Errors, findings, bugs
//!
//! Bad input is an `Err`. A protocol that panics, is not deterministic, or decides something that is not one of the
//! values is a finding ([`fault::Fault`]), with the attack that shows it. So is a value, message or state whose
//! `clone`, `eq` or `hash` panics while the protocol runs. At other times such a panic is an `Err` that names the
//! method and the type. It is also an `Err` if such a method contradicts itself (something is not equal to itself, or
//! its hash changes), if a demand panics, or if the problem is a different one when it is asked for again. If `Debug`
//! panics, the report says so in place of the value.
//!
//! Some things can't be caught: a call that never returns, a stack overflow, an abort (with `panic = "abort"` every
//! panic is one), a panic while another one unwinds, as in a `Drop`, and a panic in the process's panic hook. A panic
//! in a `Drop` alone may not be caught either. turncoat wraps the existing panic hook, so that a panic that becomes a
//! finding is not reported twice; a hook that is set later reports it, too. A panic that says "bug in turncoat" is a
//! bug in turncoat.

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
pub use crate::protocols::bracha_agreement::BrachaAgreement;
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
