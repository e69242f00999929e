//! Binary agreement with a common coin: A. Mostefaoui, H. Moumen, M. Raynal, "Signature-free asynchronous Byzantine
//! consensus with t < n/3 and O(n^2) messages", PODC 2014; and the variant in HoneyBadgerBFT.

mod testing;

use std::collections::{BTreeMap, BTreeSet};

use crate::general::{General, Generals};
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Coin, Effects, EventDriven, Face};

/// The binary agreement of Mostefaoui, Moumen and Raynal (2014), which tosses a common coin in each round.
///
/// In each round everybody says BVAL for the order it holds; whoever hears BVAL for an order from f + 1 says it as
/// well, and whoever hears it from 2f + 1 accepts the order. A general says AUX for the first order that it accepts,
/// and waits for n - f AUX for orders that it has accepted. Then it looks at the coin. If all these AUX were for one
/// order, it holds that order, and decides on it if the coin shows it; else it holds what the coin shows.
///
/// Agreement and validity hold where n > 3f, in every round: there is no last one. Everybody decides in the end only if
/// traitors do not learn what the coin will show while some generals have still to speak before it: see
/// [`live`](BinaryAgreement::live). Each threshold is a parameter:
///
/// ```
/// use turncoat::{BinaryAgreement, check, hunt};
///
/// check(BinaryAgreement::new()).generals(4).traitors(1).assert_holds();
/// let gullible = BinaryAgreement::new().relay_at(1);
/// hunt(gullible).generals(4).traitors(1).violating("validity").cases(100_000).assert_finds();
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BinaryAgreement {
    rounds: Option<u32>,
    f: Option<usize>,
    relay: Option<usize>,
    accept: Option<usize>,
    wait: Option<usize>,
    any_aux: bool,
    confirms: bool,
    live: bool,
}

/// The thresholds.
#[derive(Clone, Copy)]
struct AgreementThresholds {
    relay: usize,
    accept: usize,
    wait: usize,
}

/// What is said in binary agreement; each message names its round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// The sender holds this order, or has heard enough others say that they do.
    Bval(u32, Order),
    /// The first order that the sender has accepted.
    Aux(u32, Order),
    /// The orders for which the sender has seen enough AUX: one, or nothing if it was both.
    Conf(u32, Option<Order>),
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BinaryAgreementState {
    me: General,
    n: usize,
    round: u32,
    holds: Order,
    decided: Option<Order>,
    /// What it waits for in its round.
    step: Awaited,
    /// What was heard, by round.
    heard: BTreeMap<u32, RoundClaims>,
    /// Messages of later rounds, with their senders: they are put off until then.
    later: BTreeSet<(u32, General, Claim)>,
}

/// What a general waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Awaited {
    /// For AUX.
    Aux,
    /// For CONF.
    Conf,
    /// For the coin, having seen AUX for one order, or for both.
    Coin(Option<Order>),
    /// For nothing: all rounds are over.
    Over,
}

/// What a general has heard in one round; lists are by number of the sender.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct RoundClaims {
    /// Who said BVAL for each order.
    bvals: [Generals; 2],
    /// The accepted orders, in order of acceptance.
    accepted: Vec<Order>,
    aux: Vec<Option<Order>>,
    conf: Vec<Option<Option<Order>>>,
}

impl Claim {
    /// The least of all claims.
    const LEAST: Claim = Claim::Bval(0, Order::RETREAT);

    fn round(self) -> u32 {
        match self {
            Claim::Bval(round, _) | Claim::Aux(round, _) | Claim::Conf(round, _) => round,
        }
    }
}

/// Both orders.
const ORDERS: [Order; 2] = [Order::RETREAT, Order::ATTACK];

/// The index of an order among them.
fn place(order: Order) -> usize {
    usize::from(order == Order::ATTACK)
}

impl BinaryAgreement {
    /// With the thresholds of the paper, for (n - 1) / 3 traitors, rounded down.
    #[must_use]
    pub fn new() -> BinaryAgreement {
        BinaryAgreement::default()
    }

    /// Everybody falls silent after this many rounds.
    #[must_use]
    pub fn rounds(self, rounds: u32) -> BinaryAgreement {
        BinaryAgreement { rounds: Some(rounds), ..self }
    }

    /// With thresholds for `f` traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> BinaryAgreement {
        BinaryAgreement { f: Some(f), ..self }
    }

    /// A general repeats a BVAL that it heard from this many, instead of f + 1.
    #[must_use]
    pub fn relay_at(self, bvals: usize) -> BinaryAgreement {
        BinaryAgreement { relay: Some(bvals), ..self }
    }

    /// A general accepts an order after this many BVAL, instead of 2f + 1.
    #[must_use]
    pub fn accept_at(self, bvals: usize) -> BinaryAgreement {
        BinaryAgreement { accept: Some(bvals), ..self }
    }

    /// A general waits for this many AUX, instead of n - f.
    #[must_use]
    pub fn wait_for(self, auxes: usize) -> BinaryAgreement {
        BinaryAgreement { wait: Some(auxes), ..self }
    }

    /// An AUX counts whether its order was accepted or not.
    #[must_use]
    pub fn any_aux(self) -> BinaryAgreement {
        BinaryAgreement { any_aux: true, ..self }
    }

    /// Adds the step CONF that HoneyBadgerBFT puts before the coin. Without it, traitors who see the coin before others
    /// have spoken can keep the loyal apart for ever.
    #[must_use]
    pub fn confirming(self) -> BinaryAgreement {
        BinaryAgreement { confirms: true, ..self }
    }

    /// Everybody must also decide in the end; by default nobody need ever decide.
    ///
    /// Without [CONF](BinaryAgreement::confirming) patient traitors break that: they make f + 1 of the loyal ask for
    /// the coin, and when they see its face, they make the other loyal see only the other order.
    #[must_use]
    pub fn live(self) -> BinaryAgreement {
        BinaryAgreement { live: true, ..self }
    }

    fn thresholds(self, n: usize) -> AgreementThresholds {
        let f = self.f.unwrap_or(n.saturating_sub(1) / 3);
        AgreementThresholds {
            relay: self.relay.unwrap_or(f.saturating_add(1)),
            accept: self.accept.unwrap_or(f.saturating_mul(2).saturating_add(1)),
            wait: self.wait.unwrap_or(n - f.min(n)),
        }
    }

    /// Goes as far as what was heard in a round allows.
    fn advance(self, state: &mut BinaryAgreementState, round: u32, effects: &mut Effects<Claim>) {
        let (me, n) = (state.me, state.n);
        let AgreementThresholds { relay, accept, wait } = self.thresholds(n);
        let heard = state.heard(round);
        for order in ORDERS {
            let bvals = &mut heard.bvals[place(order)];
            if bvals.len() >= relay && !bvals.contains(me) {
                *bvals = bvals.with(me);
                effects.broadcast(Claim::Bval(round, order));
            }
            if bvals.len() >= accept && !heard.accepted.contains(&order) {
                heard.accepted.push(order);
            }
        }
        if round != state.round || state.step == Awaited::Over {
            return;
        }
        let confirms = self.confirms;
        let BinaryAgreementState { step, heard, .. } = state;
        let Some(heard) = heard.get_mut(&round) else { return };
        if let (Some(first), None) = (heard.accepted.first(), heard.aux[me.id()]) {
            heard.aux[me.id()] = Some(*first);
            effects.broadcast(Claim::Aux(round, *first));
        }
        let counts = |order: &Order| self.any_aux || heard.accepted.contains(order);
        if *step == Awaited::Aux {
            let seen = heard.aux.iter().flatten().copied().filter(counts);
            let Some(seen) = of_one(seen, wait) else { return };
            if confirms {
                *step = Awaited::Conf;
                heard.conf[me.id()] = Some(seen);
                effects.broadcast(Claim::Conf(round, seen));
            } else {
                *step = Awaited::Coin(seen);
                effects.ask(Coin::Common(round));
            }
        }
        if *step == Awaited::Conf {
            let counts = |conf: &Option<Order>| match conf {
                Some(order) => counts(order),
                None => ORDERS.iter().all(counts),
            };
            let seen = heard.conf.iter().flatten().copied().filter(counts);
            let (ones, all) = (seen.clone().flatten(), seen.count());
            if all >= wait {
                let seen = if ones.clone().count() == all { of_one(ones, wait) } else { None };
                *step = Awaited::Coin(seen.flatten());
                effects.ask(Coin::Common(round));
            }
        }
    }

    /// Begins a round, in which something may have been heard already.
    fn begin_round(self, state: &mut BinaryAgreementState, effects: &mut Effects<Claim>) {
        let BinaryAgreementState { me, round, holds, .. } = *state;
        state.step = Awaited::Aux;
        let bvals = &mut state.heard(round).bvals[place(holds)];
        if !bvals.contains(me) {
            *bvals = bvals.with(me);
            effects.broadcast(Claim::Bval(round, holds));
        }
        self.advance(state, round, effects);
        let later = state.later.split_off(&(round + 1, General::COMMANDER, Claim::LEAST));
        for (_, from, claim) in std::mem::replace(&mut state.later, later) {
            self.receive(state, from, &claim, effects);
        }
    }
}

/// If at least `wait` orders were seen: the order, if they are all the same, else nothing.
fn of_one(mut seen: impl Iterator<Item = Order> + Clone, wait: usize) -> Option<Option<Order>> {
    if seen.clone().count() < wait {
        return None;
    }
    let first = seen.next()?;
    Some(seen.all(|other| other == first).then_some(first))
}

impl BinaryAgreementState {
    fn heard(&mut self, round: u32) -> &mut RoundClaims {
        let nothing = || RoundClaims {
            bvals: [Generals::NONE; 2],
            accepted: Vec::new(),
            aux: vec![None; self.n],
            conf: vec![None; self.n],
        };
        self.heard.entry(round).or_insert_with(nothing)
    }
}

impl EventDriven for BinaryAgreement {
    type Value = Order;
    type Decision = Order;
    type Message = Claim;
    type State = BinaryAgreementState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<Claim>,
    ) -> BinaryAgreementState {
        let Seat { me, n, .. } = seat;
        let holds = input.copied().unwrap_or(Order::RETREAT);
        let (round, decided, step) = (1, None, Awaited::Over);
        let (heard, later) = (BTreeMap::new(), BTreeSet::new());
        let mut state = BinaryAgreementState { me, n, round, holds, decided, step, heard, later };
        if self.rounds != Some(0) {
            self.begin_round(&mut state, effects);
        }
        state
    }

    fn receive(
        &self,
        state: &mut BinaryAgreementState,
        from: General,
        claim: &Claim,
        effects: &mut Effects<Claim>,
    ) {
        let round = claim.round();
        if round > state.round {
            state.later.insert((round, from, *claim));
            return;
        }
        let heard = state.heard(round);
        match *claim {
            Claim::Bval(_, order) => {
                let bvals = &mut heard.bvals[place(order)];
                *bvals = bvals.with(from);
            }
            Claim::Aux(_, order) => {
                heard.aux[from.id()].get_or_insert(order);
            }
            Claim::Conf(_, orders) => {
                heard.conf[from.id()].get_or_insert(orders);
            }
        }
        self.advance(state, round, effects);
    }

    fn coin(
        &self,
        state: &mut BinaryAgreementState,
        _: Coin,
        face: Face,
        effects: &mut Effects<Claim>,
    ) {
        let Awaited::Coin(seen) = state.step else { return };
        let shown = ORDERS[usize::from(face)];
        state.holds = seen.unwrap_or(shown);
        if seen == Some(shown) && state.decided.is_none() {
            state.decided = seen;
        }
        if Some(state.round) == self.rounds {
            state.step = Awaited::Over;
        } else {
            state.round += 1;
            self.begin_round(state, effects);
        }
    }

    fn decision(&self, state: &BinaryAgreementState) -> Option<Order> {
        state.decided
    }
}
