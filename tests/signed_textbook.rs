//! SM(m) once more, as naively as the paper writes it: a twin to compare the crate's own protocol with, and the basis
//! of the mutants.

use std::collections::BTreeSet;

use itertools::Itertools;
use turncoat::forgery::Forge;
use turncoat::protocols::chain::{Binding, Chain, Sealer, Session};
use turncoat::signature::Signatures;
use turncoat::{
    General, Generals, Graph, Ideal, Lockstep, Order, Problem, Repertoire, Round, Seat,
    SignedMessages, Signing, Testable, Wire,
};

/// The bug of a mutant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mutation {
    /// No bug: it is the paper's algorithm.
    None,
    /// It relays an order that k lieutenants have signed only if k < m - 1: one too few.
    RelaysBelowLess,
    /// It relays only the order that arrived first.
    RelaysFirst,
    /// Of several orders it obeys the one that arrived first.
    ObeysFirst,
    /// Without an order, half of the lieutenants take ATTACK as the default.
    DefaultDiffers,
    /// It believes chains that break one of the rules.
    Skips(Rule),
    /// It believes a chain if the signatures are genuine, whoever signed.
    SignaturesOnly,
    /// It believes everything.
    Credulous,
}

/// A rule that a chain must obey before its order is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// There are no fewer signatures than there were rounds.
    Length,
    /// The commander has signed first.
    CommanderFirst,
    /// Nobody has signed twice.
    Distinct,
    /// The receiver has not signed.
    Receiver,
    /// Every signature but the last is genuine.
    InnerLinks,
    /// The last signature is genuine.
    LastLink,
    /// The chain was signed for this instance.
    Instance,
    /// The chain was signed for this commander.
    Commander,
    /// The signatures are on this order.
    Order,
    /// Each general signed after just these generals.
    Prefix,
}

impl Rule {
    /// All rules.
    pub const ALL: [Rule; 10] = [
        Rule::Length,
        Rule::CommanderFirst,
        Rule::Distinct,
        Rule::Receiver,
        Rule::InnerLinks,
        Rule::LastLink,
        Rule::Instance,
        Rule::Commander,
        Rule::Order,
        Rule::Prefix,
    ];
}

impl Mutation {
    /// The algorithm and all its mutants.
    pub fn all() -> impl Iterator<Item = Mutation> {
        use Mutation::*;
        let relays = [None, RelaysBelowLess, RelaysFirst];
        let others = [ObeysFirst, DefaultDiffers, SignaturesOnly, Credulous];
        relays.into_iter().chain(others).chain(Rule::ALL.map(Skips))
    }
}

type ChainOf<S> = Chain<Order, <S as Signatures>::Signature>;

/// The paper's SM(m), or a mutant of it.
#[derive(Clone, Debug)]
pub struct Textbook<S = Ideal> {
    pub m: usize,
    pub values: usize,
    pub mutation: Mutation,
    pub sealer: Sealer<S>,
}

/// What a general was told, and what it has to send.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Told<G> {
    seat: Seat,
    /// The set V of the paper. The commander has none.
    orders: BTreeSet<Order>,
    /// The order that arrived first.
    first: Option<Order>,
    /// What to send, and in which round.
    outbox: BTreeSet<(Round, Chain<Order, G>)>,
}

impl<S: Forge> Textbook<S> {
    pub fn new(m: usize, mutation: Mutation, scheme: S) -> Textbook<S> {
        let session = Session {
            protocol: "SM",
            instance: 0,
            commander: General::COMMANDER,
            binding: Binding::Everything,
        };
        Textbook { m, values: 2, mutation, sealer: Sealer { scheme, session } }
    }

    /// The crate's own protocol.
    pub fn twin(&self) -> SignedMessages<Order, S> {
        let twin = SignedMessages::new(self.m).over(Order::first(self.values));
        twin.signatures(self.sealer.scheme.clone())
    }

    fn skips(&self, rule: Rule) -> bool {
        self.mutation == Mutation::Skips(rule)
    }

    /// Whether a chain is what the paper calls a properly signed order v:0:j1:..:jk in round k + 1.
    fn is_proper(&self, seat: Seat, round: Round, chain: &ChainOf<S>) -> bool {
        let signed = || (0..chain.len()).all(|at| self.is_signed(seat, chain, at));
        match self.mutation {
            Mutation::Credulous => true,
            Mutation::SignaturesOnly => signed(),
            _ => self.is_shapely(seat, round, chain) && signed(),
        }
    }

    /// Whether a chain would be properly signed if its signatures were genuine.
    fn is_shapely(&self, Seat { me, n, .. }: Seat, round: Round, chain: &ChainOf<S>) -> bool {
        let signers = chain.signers().collect_vec();
        let from_commander = signers.first() == Some(&General::COMMANDER);
        signers.len() <= round
            && (signers.len() == round || self.skips(Rule::Length))
            && signers.iter().all(|signer| signer.id() < n)
            && (from_commander || self.skips(Rule::CommanderFirst))
            && (signers.iter().all_unique() || self.skips(Rule::Distinct))
            && (!signers.contains(&me) || self.skips(Rule::Receiver))
            && Order::first(self.values).contains(&chain.order)
    }

    /// Whether one of the signatures of a chain is genuine.
    fn is_signed(&self, Seat { me, n, .. }: Seat, chain: &ChainOf<S>, at: usize) -> bool {
        let last = at + 1 == chain.len();
        let unchecked = self.skips(if last { Rule::LastLink } else { Rule::InnerLinks });
        let link = &chain.links[at];
        let signs = |statement: Vec<u8>| {
            self.sealer.scheme.verify(me, link.by, &statement, &link.signature)
        };
        unchecked || self.statements(n, chain, at).into_iter().any(signs)
    }

    /// The statements that are accepted as signed at this place of a chain: one, unless a check is left out.
    fn statements(&self, n: usize, chain: &ChainOf<S>, at: usize) -> Vec<Vec<u8>> {
        let session = self.sealer.session;
        let (mut sessions, mut orders) = (vec![session], vec![chain.order]);
        match self.mutation {
            Mutation::Skips(Rule::Instance) => {
                sessions.push(Session { instance: session.instance + 1, ..session });
            }
            Mutation::Skips(Rule::Commander) => {
                sessions.push(Session { commander: General::new(1), ..session });
            }
            Mutation::Skips(Rule::Order) => orders = Order::first(self.values),
            _ => {}
        }
        let mut signers = vec![chain.signers().take(at + 1).collect_vec()];
        if self.skips(Rule::Prefix) {
            let by = chain.links[at].by;
            let others = Generals::first(n).without(by);
            let before = (0..n).flat_map(|most| others.iter().permutations(most));
            signers = before.map(|before| [before, vec![by]].concat()).collect();
        }
        let ways = itertools::iproduct!(sessions, orders, signers);
        let statement = |(session, order, signers): (Session, Order, Vec<General>)| {
            session.statements(&order, signers).last().to_vec()
        };
        ways.map(statement).collect()
    }
}

impl<S: Forge> Lockstep for Textbook<S> {
    type Value = Order;
    type Decision = Order;
    type Message = ChainOf<S>;
    type State = Told<S::Signature>;

    fn rounds(&self, _n: usize) -> usize {
        self.m + 1
    }

    /// SM(m) step 1: the commander signs his order, and sends it to every lieutenant.
    fn start(&self, seat: Seat, order: Option<&Order>) -> Self::State {
        let signed = order.map(|order| (1, self.sealer.chain(order, [General::COMMANDER])));
        let outbox = signed.into_iter().collect();
        Told { seat, orders: BTreeSet::new(), first: None, outbox }
    }

    fn send(
        &self,
        told: &Self::State,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Self::Message> {
        let due = told.outbox.iter().filter(move |(when, _)| *when == round);
        let due = due.map(|(_, chain)| chain);
        due.filter(move |chain| !to.is_commander() && !chain.signers().contains(&to)).cloned()
    }

    /// SM(m) step 2.
    fn receive(&self, told: &mut Self::State, round: Round, _: General, chain: &Self::Message) {
        let order = chain.order;
        if !self.is_proper(told.seat, round, chain) || !told.orders.insert(order) {
            return;
        }
        told.first.get_or_insert(order);
        // The chain is v:0:j1:..:jk, so k + 1 generals have signed it, and k < m says:
        let relays = match self.mutation {
            Mutation::RelaysBelowLess => chain.len() < self.m,
            Mutation::RelaysFirst => chain.len() <= self.m && told.orders.len() == 1,
            _ => chain.len() <= self.m,
        };
        if relays {
            told.outbox.insert((round + 1, self.sealer.signed(told.seat.me, chain)));
        }
    }

    /// SM(m) step 3: choice(V).
    fn decide(&self, told: &Self::State) -> Option<Order> {
        let odd = told.seat.me.id() % 2 == 1;
        let none = if odd && self.mutation == Mutation::DefaultDiffers {
            Order::ATTACK
        } else {
            Order::RETREAT
        };
        Some(match (self.mutation, told.orders.len()) {
            (_, 0) => none,
            (_, 1) | (Mutation::ObeysFirst, _) => told.first.unwrap_or(none),
            _ => Order::RETREAT,
        })
    }
}

impl<S: Forge> Testable for Textbook<S> {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(self.values)))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Self::Message> {
        self.twin().repertoire(n, wire)
    }

    fn signing(&self) -> &dyn Signing<Self::Message> {
        &self.sealer
    }
}
