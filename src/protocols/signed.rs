//! Signed messages, SM(m): Lamport, Shostak and Pease, "The Byzantine Generals Problem", ACM TOPLAS
//! 4(3), 1982, section 4.
//!
//! Bound: it survives m traitors among any number of generals, as long as nobody can forge the signature of a loyal
//! one. Messages without faults, for m >= 1: (n-1) + (n-1)(n-2).
//!
//! The paper leaves open when a message is too late. Here a chain counts if it has as many signatures as rounds have
//! begun. So one that comes in the last round has m + 1 signers, and one of them is a loyal general who has shown it to
//! everybody; and one that came before, I show to everybody myself. (Dolev and Strong, "Authenticated algorithms for
//! Byzantine agreement", SIAM J. Comput. 12(4), 1983, say so, and that it is enough to relay two orders.)

use std::fmt::Display;

use itertools::Itertools;

use super::chain::{Binding, Chain, Sealer, Session};
use super::forged_chains::{Place, forgeries};
use super::order_set::{self, SetChoice, SignedState, admits, explained, insert};
use super::over_values;
use crate::forgery::Forge;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::signature::Signatures;
use crate::signature::ideal::Ideal;
use crate::testable::{Claims, ClaimsOf, Problem, Repertoire, Signing, Testable, Wire, Words};

/// The algorithm SM(m) over a finite set of values, the first of which is the default, RETREAT.
///
/// ```
/// use turncoat::{SignedMessages, check};
///
/// // Three generals can survive one traitor, if orders are signed.
/// check(SignedMessages::new(1)).generals(3).traitors(1).assert_holds();
/// // One round is not enough.
/// check(SignedMessages::new(0)).generals(3).traitors(1).assert_broken();
/// ```
#[derive(Clone, Debug)]
pub struct SignedMessages<V = Order, S = Ideal> {
    m: usize,
    values: Vec<V>,
    choice: SetChoice,
    length: Length,
    /// A chain is relayed only if fewer than this many generals have signed it.
    signers: usize,
    /// At most this many orders are relayed.
    orders: usize,
    sealer: Sealer<S>,
}

/// How many signatures a chain must have in round r.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// Exactly r.
    #[default]
    Exactly,
    /// At least r.
    AtLeast,
}

impl SignedMessages {
    /// SM(m) over the orders RETREAT and ATTACK, with ideal signatures.
    #[must_use]
    pub fn new(m: usize) -> SignedMessages {
        let session = Session {
            protocol: "SM",
            instance: 0,
            commander: General::COMMANDER,
            binding: Binding::Everything,
        };
        SignedMessages {
            m,
            values: Order::first(2),
            choice: SetChoice::Only,
            length: Length::Exactly,
            signers: m.saturating_add(1),
            orders: usize::MAX,
            sealer: Sealer { scheme: Ideal, session },
        }
    }
}

impl<V, S> SignedMessages<V, S> {
    /// The most different chains that may exist in one round, over all generals.
    pub const MOST_CHAINS: usize = order_set::MOST_CHAINS;

    /// The same over these values; the first is the default.
    #[must_use]
    pub fn over<W>(self, values: impl IntoIterator<Item = W>) -> SignedMessages<W, S> {
        let SignedMessages { m, choice, length, signers, orders, sealer, .. } = self;
        let values = values.into_iter().collect();
        SignedMessages { m, values, choice, length, signers, orders, sealer }
    }

    /// The same with other signatures.
    #[must_use]
    pub fn signatures<T>(self, scheme: T) -> SignedMessages<V, T> {
        let SignedMessages { m, values, choice, length, signers, orders, sealer } = self;
        let sealer = Sealer { scheme, session: sealer.session };
        SignedMessages { m, values, choice, length, signers, orders, sealer }
    }

    /// The same with this function to choose an order.
    #[must_use]
    pub fn choice(self, choice: SetChoice) -> SignedMessages<V, S> {
        SignedMessages { choice, ..self }
    }

    /// The same with another rule for the number of signatures.
    #[must_use]
    pub fn length(self, length: Length) -> SignedMessages<V, S> {
        SignedMessages { length, ..self }
    }

    /// The same, but an order is relayed only while fewer than this many generals have signed it, the commander
    /// included. (In SM(m) that is m + 1.)
    #[must_use]
    pub fn relaying_below(self, signers: usize) -> SignedMessages<V, S> {
        SignedMessages { signers, ..self }
    }

    /// The same, but only the first orders are relayed, at most this many. Two are enough if the choice is RETREAT
    /// whenever there are several (Dolev and Strong, 1983).
    #[must_use]
    pub fn relaying_first(self, orders: usize) -> SignedMessages<V, S> {
        SignedMessages { orders, ..self }
    }

    /// The same in another instance, commanded by this general.
    #[must_use]
    pub fn instance(self, instance: usize, commander: General) -> SignedMessages<V, S> {
        let mut same = self;
        same.sealer.session = Session { instance, commander, ..same.sealer.session };
        same
    }

    /// The same with signatures that bind only this.
    #[must_use]
    pub fn binding(self, binding: Binding) -> SignedMessages<V, S> {
        let mut same = self;
        same.sealer.session.binding = binding;
        same
    }

    /// How its chains are signed and checked.
    #[must_use]
    pub fn sealer(&self) -> &Sealer<S> {
        &self.sealer
    }

    fn commander(&self) -> General {
        self.sealer.session.commander
    }
}

impl<V: Plain + Display, S: Signatures> SignedMessages<V, S> {
    /// SM(m) step 2: whether this is a new order, properly signed by as many different generals as rounds have begun,
    /// by the commander first, and not by me.
    fn accepts(
        &self,
        SignedState { seat: Seat { me, n, .. }, orders, .. }: &SignedState<V, S::Signature>,
        round: Round,
        chain: &Chain<V, S::Signature>,
    ) -> bool {
        let in_time = match self.length {
            Length::Exactly => chain.len() == round,
            Length::AtLeast => chain.len() >= round,
        };
        let signers: Generals = chain.signers().collect();
        in_time
            && chain.signers().next() == Some(self.commander())
            && signers.len() == chain.len()
            && signers.minus(Generals::first(*n)).is_empty()
            && !signers.contains(*me)
            && self.values.contains(&chain.order)
            && !orders.contains(&chain.order)
            && self.sealer.verifies(*me, chain)
    }
}

impl<V: Plain + Display, S: Signatures> Lockstep for SignedMessages<V, S> {
    type Value = V;
    type Decision = V;
    type Message = Chain<V, S::Signature>;
    type State = SignedState<V, S::Signature>;

    /// m + 1, unless there is nobody left to sign anything before that.
    fn rounds(&self, n: usize) -> usize {
        n.saturating_sub(1).min(self.m.saturating_add(1))
    }

    /// SM(m) step 1: the commander signs and sends his order.
    fn start(&self, seat: Seat, input: Option<&V>) -> Self::State {
        SignedState::start(seat, input, &self.sealer)
    }

    /// A chain goes to every lieutenant who has not signed it.
    fn send(
        &self,
        state: &Self::State,
        _round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Self::Message> {
        state.outbox.iter().filter(move |chain| !chain.signers().contains(&to)).cloned()
    }

    fn receive(
        &self,
        state: &mut Self::State,
        round: Round,
        _from: General,
        chain: &Self::Message,
    ) {
        if !self.accepts(state, round, chain) {
            return;
        }
        insert(&mut state.orders, chain.order.clone());
        if chain.len() < self.signers && state.orders.len() <= self.orders {
            insert(&mut state.next, self.sealer.signed(state.seat.me, chain));
        }
    }

    fn end_round(&self, state: &mut Self::State, round: Round) {
        state.outbox = std::mem::take(&mut state.next);
        if round == self.rounds(state.seat.n) {
            state.outbox.clear();
        }
    }

    /// SM(m) step 3: obey choice(V).
    fn decide(&self, state: &Self::State) -> Option<V> {
        Some(self.choice.of(&state.orders, &self.values[0]))
    }
}

impl<V: Plain + Display, S: Forge> Testable for SignedMessages<V, S> {
    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String> {
        let n = graph.n();
        let longest = match self.length {
            Length::Exactly => self.rounds(n),
            Length::AtLeast => n.saturating_sub(1),
        };
        admits(&self.values, &self.sealer, n, 1..=longest)?;
        let commander = Generals::NONE.with(self.commander());
        Ok(Problem::broadcast(self.values.clone()).with_inputs(commander))
    }

    /// A slot for each order, in which any chain can stand that would be accepted.
    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Self::Message> {
        let place = Place { n, wire, values: &self.values, length: wire.round };
        let chains = |order: &V, len| {
            let signers = place.signers(self.commander(), len);
            signers.flat_map(|signers| self.sealer.chains(order, &signers)).collect_vec()
        };
        let longer = wire.round + 1..n;
        let slot = |order: &V| {
            let longer = longer.clone().filter(|_| self.length == Length::AtLeast);
            [wire.round].into_iter().chain(longer).flat_map(|len| chains(order, len)).collect_vec()
        };
        let slots = self.values.iter().map(slot).filter(|slot| !slot.is_empty()).collect_vec();
        let again = slots.iter().filter_map(|slot| slot.last()).cloned();
        let early = self.values.iter().flat_map(|order| chains(order, wire.round + 1));
        let strays = again.chain(early.take(self.values.len())).collect_vec();
        let forgeries = forgeries(&self.sealer, &place);
        Repertoire::of(slots).with_strays(strays).with_forgeries(forgeries)
    }

    fn signing(&self) -> &dyn Signing<Self::Message> {
        &self.sealer
    }

    fn words(&self) -> &dyn Words<Self::Message, Self::State> {
        self
    }

    /// Of several chains that bring the same order to a lieutenant in one round it relays the first, and they come
    /// sorted by sender. That does not break the symmetry: an order that is not a loyal commander's can only come from
    /// a commander who is a traitor, and he is heard first and can show any of these chains himself.
    fn claims(&self) -> ClaimsOf<'_, Self> {
        let alike = self.sealer.scheme.is_symmetric() && self.commander().is_commander();
        if alike { Claims::none().symmetric(&self.sealer) } else { Claims::none() }
    }
}

impl<V: Plain + Display, S: Forge> Words<Chain<V, S::Signature>, SignedState<V, S::Signature>>
    for SignedMessages<V, S>
{
    fn name(&self) -> String {
        let values = over_values(&self.values);
        let choice = match self.choice {
            SetChoice::Only => "",
            SetChoice::Median => " by median",
        };
        let length = match self.length {
            Length::Exactly => "",
            Length::AtLeast => ", at least as many signatures as rounds",
        };
        let signers = match self.signers {
            signers if signers == self.m.saturating_add(1) => String::new(),
            signers => format!(", relaying while fewer than {signers} have signed"),
        };
        let orders = match self.orders {
            usize::MAX => String::new(),
            1 => ", relaying the first order".to_owned(),
            orders => format!(", relaying {orders} orders"),
        };
        let binding = match self.sealer.session.binding {
            Binding::Everything => "",
            Binding::Order => ", signatures on the order alone",
        };
        let scheme = self.sealer.scheme_in_name();
        format!("SM({}){values}{choice}{length}{signers}{orders}{binding}{scheme}", self.m)
    }

    fn tell(&self, _from: General, chain: &Chain<V, S::Signature>) -> String {
        self.sealer.told(chain)
    }

    fn explain(&self, state: &SignedState<V, S::Signature>) -> Vec<String> {
        explained(self.commander(), state, self.choice)
    }
}
