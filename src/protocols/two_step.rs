//! Sign and share in two steps: the commander signs his order, and everybody shares what he got with everybody else,
//! once. It looks as if nothing could stay hidden.
//!
//! Bound: it survives one traitor, but not two. The commander withholds an order, and a lieutenant who is also a
//! traitor shares it with only one general, at a time when that one can no longer share it. (SM(m) has one more round
//! for each traitor; see `signed`.)

use std::fmt::Display;

use super::chain::{Binding, Chain, Sealer, Session};
use super::forged_chains::{Place, forgeries};
use super::order_set::{SetChoice, SignedState, admits, explained, insert};
use crate::forgery::Forge;
use crate::general::General;
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::signature::Signatures;
use crate::signature::ideal::Ideal;
use crate::testable::{Claims, ClaimsOf, Problem, Repertoire, Signing, Testable, Wire, Words};

/// The protocol over a finite set of values, the first of which is the default, RETREAT.
///
/// ```
/// use turncoat::{TwoStep, check};
///
/// check(TwoStep::new()).generals(4).traitors(1).assert_holds();
/// check(TwoStep::new()).generals(4).traitors(2).assert_broken();
/// ```
#[derive(Clone, Debug)]
pub struct TwoStep<V = Order, S = Ideal> {
    values: Vec<V>,
    choice: SetChoice,
    sealer: Sealer<S>,
}

impl TwoStep {
    /// The protocol over the orders RETREAT and ATTACK, with ideal signatures.
    #[must_use]
    pub fn new() -> TwoStep {
        let session = Session {
            protocol: "two-step",
            instance: 0,
            commander: General::COMMANDER,
            binding: Binding::Everything,
        };
        let sealer = Sealer { scheme: Ideal, session };
        TwoStep { values: Order::first(2), choice: SetChoice::Only, sealer }
    }
}

impl Default for TwoStep {
    fn default() -> TwoStep {
        TwoStep::new()
    }
}

impl<V, S> TwoStep<V, S> {
    /// The same over these values; the first is the default.
    #[must_use]
    pub fn over<W>(self, values: impl IntoIterator<Item = W>) -> TwoStep<W, S> {
        let TwoStep { choice, sealer, .. } = self;
        TwoStep { values: values.into_iter().collect(), choice, sealer }
    }

    /// The same with this function to choose an order.
    #[must_use]
    pub fn choice(self, choice: SetChoice) -> TwoStep<V, S> {
        TwoStep { choice, ..self }
    }

    /// The same with other signatures.
    #[must_use]
    pub fn signatures<T>(self, scheme: T) -> TwoStep<V, T> {
        let TwoStep { values, choice, sealer: Sealer { session, .. } } = self;
        TwoStep { values, choice, sealer: Sealer { scheme, session } }
    }
}

impl<V: Plain + Display, S: Signatures> Lockstep for TwoStep<V, S> {
    type Value = V;
    type Decision = V;
    type Message = Chain<V, S::Signature>;
    type State = SignedState<V, S::Signature>;

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    /// Step 1: the commander signs and sends his order.
    fn start(&self, seat: Seat, input: Option<&V>) -> Self::State {
        SignedState::start(seat, input, &self.sealer)
    }

    fn send(
        &self,
        state: &Self::State,
        _round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Self::Message> {
        state.outbox.iter().filter(move |_| !to.is_commander()).cloned()
    }

    /// An order counts if the commander has signed it, and it comes in step 1 from himself, or in step 2 from a
    /// lieutenant. What came in step 1 is shared unchanged in step 2.
    fn receive(&self, state: &mut Self::State, round: Round, from: General, chain: &Self::Message) {
        let SignedState { seat, orders, next, .. } = state;
        let counts = !seat.me.is_commander()
            && from.is_commander() == (round == 1)
            && chain.signers().eq([General::COMMANDER])
            && self.values.contains(&chain.order)
            && !orders.contains(&chain.order)
            && self.sealer.verifies(seat.me, chain);
        if counts {
            insert(orders, chain.order.clone());
            if round == 1 {
                insert(next, chain.clone());
            }
        }
    }

    fn end_round(&self, state: &mut Self::State, _round: Round) {
        state.outbox = std::mem::take(&mut state.next);
    }

    fn decide(&self, state: &Self::State) -> Option<V> {
        Some(self.choice.of(&state.orders, &self.values[0]))
    }
}

impl<V: Plain + Display, S: Forge> Testable for TwoStep<V, S> {
    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String> {
        admits(&self.values, &self.sealer, graph.n(), 1..=1)?;
        Ok(Problem::broadcast(self.values.clone()))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Self::Message> {
        let place = Place { n, wire, values: &self.values, length: 1 };
        let order = |order: &V| self.sealer.chains(order, &[General::COMMANDER]);
        let speaks = !wire.to.is_commander() && wire.from.is_commander() == (wire.round == 1);
        let slots = if speaks { self.values.iter().map(order).collect() } else { vec![] };
        let out_of_turn = self.values.iter().flat_map(order).filter(|_| !speaks);
        let forgeries = forgeries(&self.sealer, &place);
        Repertoire::of(slots).with_strays(out_of_turn).with_forgeries(forgeries)
    }

    fn signing(&self) -> &dyn Signing<Self::Message> {
        &self.sealer
    }

    fn words(&self) -> &dyn Words<Self::Message, Self::State> {
        self
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        let alike = self.sealer.scheme.is_symmetric();
        if alike { Claims::none().symmetric(&self.sealer) } else { Claims::none() }
    }
}

impl<V: Plain + Display, S: Forge> Words<Chain<V, S::Signature>, SignedState<V, S::Signature>>
    for TwoStep<V, S>
{
    fn name(&self) -> String {
        format!("sign and share in two steps{}", self.sealer.scheme_in_name())
    }

    fn tell(&self, _from: General, chain: &Chain<V, S::Signature>) -> String {
        self.sealer.told(chain)
    }

    fn explain(&self, state: &SignedState<V, S::Signature>) -> Vec<String> {
        explained(General::COMMANDER, state, self.choice)
    }
}
