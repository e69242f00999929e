//! Binary agreement with a common coin: A. Mostefaoui, H. Moumen, M. Raynal, "Signature-free asynchronous
//! Byzantine consensus with t < n/3 and O(n^2) messages", PODC 2014; and what HoneyBadgerBFT made of it.

mod testing;

use std::collections::{BTreeMap, BTreeSet};

use crate::general::{General, Generals};
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Coin, Effects, EventDriven, Face};

/// The binary agreement of Mostefaoui, Moumen and Raynal (2014), which tosses a common coin in each round.
///
/// All say BVAL for what they hold; who hears it from f + 1 says it as well, and who hears it from 2f + 1
/// accepts the order. Whoever has accepted one says AUX for the first, and waits for n - f AUX for orders that it
/// has accepted. Then it looks at the coin: if all these were for one order it holds that, and decides on it if
/// the coin shows it; else it holds what the coin shows.
///
/// Agreement and validity hold where n > 3f, in all rounds: it has no last one. That all decide in the end holds only
/// where traitors do not know what the coin will show while some have still to speak before it: see
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

/// How many are needed for what.
#[derive(Clone, Copy)]
struct AgreementThresholds {
    relay: usize,
    accept: usize,
    wait: usize,
}

/// What is said in binary agreement, each in a round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// The sender holds this, or has heard of enough who do.
    Bval(u32, Order),
    /// The first order that the sender has accepted.
    Aux(u32, Order),
    /// The orders for which it has seen enough AUX: one, or nothing if they were both.
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
    /// How far it is in its round.
    step: Awaited,
    /// What was heard, by round.
    heard: BTreeMap<u32, RoundClaims>,
    /// What was heard of later rounds, from whom: it is put off until then.
    later: BTreeSet<(u32, General, Claim)>,
}

/// What a general waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Awaited {
    /// For AUX.
    Aux,
    /// For CONF.
    Conf,
    /// For the coin, after it saw AUX for one order, or for both.
    Coin(Option<Order>),
    /// For nothing: all rounds are over.
    Over,
}

/// What a general has heard in one round, by number of the sender.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct RoundClaims {
    /// By order: who said BVAL for it.
    bvals: [Generals; 2],
    /// What was accepted, the first one first.
    accepted: Vec<Order>,
    aux: Vec<Option<Order>>,
    conf: Vec<Option<Option<Order>>>,
}

impl Claim {
    /// No claim is less.
    const LEAST: Claim = Claim::Bval(0, Order::RETREAT);

    fn round(self) -> u32 {
        match self {
            Claim::Bval(round, _) | Claim::Aux(round, _) | Claim::Conf(round, _) => round,
        }
    }
}

/// Both orders.
const ORDERS: [Order; 2] = [Order::RETREAT, Order::ATTACK];

/// The place of an order among them.
fn place(order: Order) -> usize {
    usize::from(order == Order::ATTACK)
}

impl BinaryAgreement {
    /// With the thresholds of the paper, for (n - 1) / 3 traitors, rounded down.
    #[must_use]
    pub fn new() -> BinaryAgreement {
        BinaryAgreement::default()
    }

    /// All fall silent after so many rounds.
    #[must_use]
    pub fn rounds(self, rounds: u32) -> BinaryAgreement {
        BinaryAgreement { rounds: Some(rounds), ..self }
    }

    /// For so many traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> BinaryAgreement {
        BinaryAgreement { f: Some(f), ..self }
    }

    /// A BVAL from so many is said as well, and not from f + 1.
    #[must_use]
    pub fn relay_at(self, bvals: usize) -> BinaryAgreement {
        BinaryAgreement { relay: Some(bvals), ..self }
    }

    /// An order is accepted after so many BVAL, and not after 2f + 1.
    #[must_use]
    pub fn accept_at(self, bvals: usize) -> BinaryAgreement {
        BinaryAgreement { accept: Some(bvals), ..self }
    }

    /// So many AUX are waited for, and not n - f.
    #[must_use]
    pub fn wait_for(self, auxes: usize) -> BinaryAgreement {
        BinaryAgreement { wait: Some(auxes), ..self }
    }

    /// AUX counts whether its order was accepted or not.
    #[must_use]
    pub fn any_aux(self) -> BinaryAgreement {
        BinaryAgreement { any_aux: true, ..self }
    }

    /// With the round of CONF that HoneyBadgerBFT puts before the coin: without it traitors who see the coin
    /// before others have spoken can keep the loyal apart for ever.
    #[must_use]
    pub fn confirming(self) -> BinaryAgreement {
        BinaryAgreement { confirms: true, ..self }
    }

    /// It is asked that all decide in the end, too; else nobody need ever decide.
    ///
    /// Without [CONF](BinaryAgreement::confirming) traitors who are in no hurry break that: they have f + 1 of the loyal ask
    /// for the coin, and when they see what it shows, they have the others see only the other order.
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

    /// A round begins, in which something may have been heard already.
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

/// Whether these are as many as are waited for: then the one that they all are, or nothing if they differ.
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
