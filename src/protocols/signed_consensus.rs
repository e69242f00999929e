//! Consensus with signatures: Dolev and Strong, "Authenticated algorithms for Byzantine agreement", SIAM J.
//! Comput. 12(4), 1983, from everybody, as Pease, Shostak and Lamport (JACM 27(2), 1980) do it with oral
//! messages.
//!
//! Everybody broadcasts its input by SM(m) that relays at most two orders, in n instances side by side. In the end all
//! the loyal hold the same vector of n values, which contains the inputs of the loyal unchanged. The decision is the
//! strict majority of the vector, or the default if there is none.
//!
//! Bound: with n >= 2m + 1 generals it survives m traitors. The vectors are the same whatever the number of traitors;
//! but only with that n are the n - m inputs of the loyal more than half of the vector, so that they are decided if
//! they are all the same. No protocol does better: with n <= 2m either half may be the traitors.

use std::fmt::Display;

use itertools::Itertools;

use super::chain::Chain;
use super::choice::majority;
use super::order_set::SignedState;
use super::over_values;
use super::parallel::{Parallel, Tagged};
use super::signed::SignedMessages;
use crate::forgery::Forge;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::signature::Signatures;
use crate::signature::ideal::Ideal;
use crate::testable::{Problem, Repertoire, Signing, Testable, Wire, Words};

/// Consensus by a signed broadcast from everybody over a finite set of values, the first of which is the
/// default, RETREAT.
///
/// ```
/// use turncoat::protocols::signed_consensus::SignedConsensus;
/// use turncoat::check;
///
/// // Three generals can survive one traitor, if inputs are signed; two can't.
/// check(SignedConsensus::new(1)).generals(3).traitors(1).assert_holds();
/// check(SignedConsensus::new(1)).generals(2).traitors(1).assert_broken();
/// ```
#[derive(Clone, Debug)]
pub struct SignedConsensus<V = Order, S = Ideal> {
    m: usize,
    values: Vec<V>,
    /// In each instance the general with its number commands; there is one for each possible general.
    broadcasts: Parallel<SignedMessages<V, S>>,
}

impl SignedConsensus {
    /// By SM(m) over the values RETREAT and ATTACK, with ideal signatures.
    #[must_use]
    pub fn new(m: usize) -> SignedConsensus {
        SignedConsensus::by(m, Order::first(2), SignedMessages::new(m))
    }
}

impl<V: Clone, S: Clone> SignedConsensus<V, S> {
    fn by(m: usize, values: Vec<V>, sm: SignedMessages<V, S>) -> SignedConsensus<V, S> {
        let sm = sm.relaying_first(2);
        let broadcast = |number, commander| sm.clone().instance(number, commander);
        SignedConsensus { m, values, broadcasts: Parallel::of(Generals::MAX, broadcast) }
    }

    /// The same over these values; the first is the default.
    #[must_use]
    pub fn over<W: Clone>(self, values: impl IntoIterator<Item = W>) -> SignedConsensus<W, S> {
        let values: Vec<W> = values.into_iter().collect();
        let sm = self.broadcasts.first().clone().over(values.clone());
        SignedConsensus::by(self.m, values, sm)
    }

    /// The same with other signatures.
    #[must_use]
    pub fn signatures<T: Clone>(self, scheme: T) -> SignedConsensus<V, T> {
        let sm = self.broadcasts.first().clone().signatures(scheme);
        SignedConsensus::by(self.m, self.values, sm)
    }
}

impl<V: Plain + Display, S: Signatures> SignedConsensus<V, S> {
    /// The inputs of all generals, as far as one general knows them.
    fn vector(&self, broadcasts: &[SignedState<V, S::Signature>]) -> Vec<V> {
        broadcasts.iter().filter_map(|state| self.broadcasts.first().decide(state)).collect()
    }
}

impl<V: Plain + Display, S: Signatures> Lockstep for SignedConsensus<V, S> {
    type Value = V;
    type Decision = V;
    type Message = Tagged<Chain<V, S::Signature>>;
    type State = Vec<SignedState<V, S::Signature>>;

    fn rounds(&self, n: usize) -> usize {
        self.broadcasts.first().rounds(n)
    }

    fn start(&self, seat: Seat, input: Option<&V>) -> Self::State {
        self.broadcasts.start(seat, input)
    }

    fn send(
        &self,
        broadcasts: &Self::State,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Self::Message> {
        self.broadcasts.send(broadcasts, round, to)
    }

    fn receive(
        &self,
        broadcasts: &mut Self::State,
        round: Round,
        from: General,
        message: &Self::Message,
    ) {
        self.broadcasts.receive(broadcasts, round, from, message);
    }

    fn end_round(&self, broadcasts: &mut Self::State, round: Round) {
        self.broadcasts.end_round(broadcasts, round);
    }

    /// The value of more than half of the vector, else the default.
    fn decide(&self, broadcasts: &Self::State) -> Option<V> {
        let vector = self.vector(broadcasts);
        Some(majority(vector.iter()).unwrap_or(&self.values[0]).clone())
    }
}

impl<V: Plain + Display, S: Forge> Testable for SignedConsensus<V, S> {
    /// It can be run wherever one broadcast can.
    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String> {
        let Problem { values, .. } = self.broadcasts.first().problem(graph)?;
        Ok(Problem::consensus(values))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Self::Message> {
        self.broadcasts.repertoire(n, wire)
    }

    fn signing(&self) -> &dyn Signing<Self::Message> {
        &self.broadcasts
    }

    fn words(&self) -> &dyn Words<Self::Message, Self::State> {
        self
    }
}

impl<V: Plain + Display, S: Forge>
    Words<Tagged<Chain<V, S::Signature>>, Vec<SignedState<V, S::Signature>>>
    for SignedConsensus<V, S>
{
    fn name(&self) -> String {
        let scheme = self.broadcasts.first().sealer().scheme_in_name();
        format!("consensus by SM({}){} from everybody{scheme}", self.m, over_values(&self.values))
    }

    fn tell(&self, from: General, message: &Tagged<Chain<V, S::Signature>>) -> String {
        self.broadcasts.words().tell(from, message)
    }

    fn explain(&self, broadcasts: &Vec<SignedState<V, S::Signature>>) -> Vec<String> {
        let vector = self.vector(broadcasts);
        vec![format!("inputs: {}; strict majority, else the default", vector.iter().format(", "))]
    }
}
