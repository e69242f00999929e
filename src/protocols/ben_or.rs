//! Randomised agreement: M. Ben-Or, "Another advantage of free choice: completely asynchronous agreement
//! protocols", PODC 1983.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::count::many;
use crate::general::{General, Generals, Swap};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::protocol::Seat;
use crate::protocol::events::{Coin, Effects, EventDriven, Face};
use crate::testable::{EventTestable, Phased, Problem, Symmetric, Termination, Validity, Words};

/// Ben-Or's agreement among generals who each toss a coin of their own.
///
/// In each round everybody votes for the order it holds, and waits for n - f votes. Whoever sees more than (n + f) / 2
/// votes for one order proposes it; the others propose nothing. Again everybody waits for n - f proposals. A general
/// who sees f + 1 proposals of an order takes it over, one who sees more than (n + f) / 2 decides on it, and one who
/// sees neither tosses its coin.
///
/// It is correct where n > 5f. (It survives f < n / 2 crashes, with the [thresholds](BenOr::against_crashes) that the
/// paper gives for those.) There is no last round, and nobody need ever decide.
///
/// ```
/// use turncoat::{BenOr, check, hunt};
///
/// hunt(BenOr::new()).generals(6).traitors(1).cases(300).assert_finds_nothing();
/// let found = check(BenOr::new()).generals(5).traitors(1).assert_broken();
/// assert_eq!(found.violation.name(), "validity");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BenOr {
    rounds: Option<u32>,
    f: Option<usize>,
    crashes: bool,
}

/// What is said in Ben-Or's agreement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BenOrMessage {
    /// In this round, the order that the sender holds.
    Vote(u32, Order),
    /// In this round, the order for which the sender saw enough votes, if there was one.
    Propose(u32, Option<Order>),
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BenOrState {
    me: General,
    n: usize,
    round: u32,
    /// Whether it waits for proposals rather than votes.
    proposing: bool,
    holds: Order,
    decided: Option<Order>,
    /// Whether it waits for its coin, or has finished its last round.
    waits: bool,
    /// The first vote or proposal of each general, by round and by kind (`true` for proposals). The entries of a
    /// finished step are removed.
    heard: BTreeMap<(u32, bool), Vec<Option<Option<Order>>>>,
    /// Messages of later rounds, with their senders: they are put off until then.
    later: BTreeSet<(u32, General, BenOrMessage)>,
}

impl BenOr {
    /// Against Byzantine traitors: f is (n - 1) / 5, rounded down, but at least 1.
    #[must_use]
    pub fn new() -> BenOr {
        BenOr::default()
    }

    /// Everybody falls silent after this many rounds.
    #[must_use]
    pub fn rounds(self, rounds: u32) -> BenOr {
        BenOr { rounds: Some(rounds), ..self }
    }

    /// With thresholds for `f` traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> BenOr {
        BenOr { f: Some(f), ..self }
    }

    /// Against crashes only: more than n / 2 votes are enough to propose, one proposal to take an order over, and f + 1
    /// to decide on it.
    #[must_use]
    pub fn against_crashes(self) -> BenOr {
        BenOr { crashes: true, ..self }
    }

    fn f(self, n: usize) -> usize {
        let most = if self.crashes { n.saturating_sub(1) / 2 } else { n.saturating_sub(1) / 5 };
        self.f.unwrap_or(most.max(1))
    }

    /// More than n / 2 against crashes, else more than (n + f) / 2.
    fn majority(self, n: usize) -> usize {
        if self.crashes { n / 2 + 1 } else { n.saturating_add(self.f(n)) / 2 + 1 }
    }

    /// Sends the vote or proposal that is due in this step, and counts it.
    fn speak(
        self,
        state: &mut BenOrState,
        ballot: Option<Order>,
        effects: &mut Effects<BenOrMessage>,
    ) {
        let BenOrState { me, round, proposing, .. } = *state;
        effects.broadcast(match ballot {
            Some(order) if !proposing => BenOrMessage::Vote(round, order),
            order => BenOrMessage::Propose(round, order),
        });
        state.hear(me, round, proposing, ballot);
    }

    /// Goes on for as long as it has heard enough.
    fn advance(self, state: &mut BenOrState, effects: &mut Effects<BenOrMessage>) {
        let (n, f) = (state.n, self.f(state.n));
        while !state.waits {
            let key = (state.round, state.proposing);
            let heard = state.heard.get(&key).map(Vec::as_slice).unwrap_or_default();
            let count = |order| heard.iter().filter(|ballot| **ballot == Some(Some(order))).count();
            if heard.iter().flatten().count() < n - f.min(n) {
                return;
            }
            let [enough, majority] =
                [if self.crashes { 1 } else { f.saturating_add(1) }, self.majority(n)];
            let orders = [Order::RETREAT, Order::ATTACK];
            let found = |least: usize| orders.into_iter().find(|order| count(*order) >= least);
            let (proposal, adopted) = (found(majority), found(enough));
            let decision = found(if self.crashes { f.saturating_add(1) } else { majority });
            state.heard.remove(&key);
            if state.proposing {
                state.decided = state.decided.or(decision);
                match adopted {
                    Some(order) => self.next(state, order, effects),
                    None => {
                        state.waits = true;
                        effects.ask(Coin::Local(state.round));
                    }
                }
            } else {
                state.proposing = true;
                self.speak(state, proposal, effects);
            }
        }
    }

    /// Begins the next round, holding this order, unless this was the last round.
    fn next(self, state: &mut BenOrState, order: Order, effects: &mut Effects<BenOrMessage>) {
        state.holds = order;
        state.waits = Some(state.round) == self.rounds;
        if !state.waits {
            (state.round, state.proposing) = (state.round + 1, false);
            self.speak(state, Some(order), effects);
            let (now, later) = std::mem::take(&mut state.later)
                .into_iter()
                .partition(|(round, ..)| *round == state.round);
            state.later = later;
            for (_, from, ballot) in now {
                self.receive(state, from, &ballot, effects);
            }
        }
    }
}

impl BenOrMessage {
    fn round(self) -> u32 {
        match self {
            BenOrMessage::Vote(round, _) | BenOrMessage::Propose(round, _) => round,
        }
    }
}

impl BenOrState {
    fn hear(&mut self, from: General, round: u32, proposing: bool, ballot: Option<Order>) {
        if (round, proposing) >= (self.round, self.proposing) {
            let heard = self.heard.entry((round, proposing)).or_insert_with(|| vec![None; self.n]);
            heard[from.id()].get_or_insert(ballot);
        }
    }
}

impl EventDriven for BenOr {
    type Value = Order;
    type Decision = Order;
    type Message = BenOrMessage;
    type State = BenOrState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<BenOrMessage>,
    ) -> BenOrState {
        let Seat { me, n, .. } = seat;
        let holds = input.copied().unwrap_or(Order::RETREAT);
        let (round, proposing, decided) = (1, false, None);
        let waits = self.rounds == Some(0);
        let (heard, later) = (BTreeMap::new(), BTreeSet::new());
        let mut state = BenOrState { me, n, round, proposing, holds, decided, waits, heard, later };
        if !state.waits {
            self.speak(&mut state, Some(holds), effects);
            self.advance(&mut state, effects);
        }
        state
    }

    fn receive(
        &self,
        state: &mut BenOrState,
        from: General,
        ballot: &BenOrMessage,
        effects: &mut Effects<BenOrMessage>,
    ) {
        if ballot.round() > state.round {
            state.later.insert((ballot.round(), from, *ballot));
            return;
        }
        match *ballot {
            BenOrMessage::Vote(round, order) => state.hear(from, round, false, Some(order)),
            BenOrMessage::Propose(round, order) => state.hear(from, round, true, order),
        }
        self.advance(state, effects);
    }

    fn coin(
        &self,
        state: &mut BenOrState,
        _: Coin,
        face: Face,
        effects: &mut Effects<BenOrMessage>,
    ) {
        state.waits = false;
        self.next(state, Order::first(2)[usize::from(face)], effects);
        self.advance(state, effects);
    }

    fn decision(&self, state: &BenOrState) -> Option<Order> {
        state.decided
    }
}

impl EventTestable for BenOr {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("Ben-Or's agreement needs everybody to hear everybody".to_owned());
        }
        let n = graph.n();
        if self.rounds.is_none() && n <= self.f(n).saturating_add(1) {
            let alone = "nobody waits for anybody, so that rounds would go by without end";
            return Err(format!("with n = {n} and f = {} {alone}", self.f(n)));
        }
        let validity = Validity::equal().of_those_who_decide();
        let problem = Problem::new(Task::Consensus, Order::first(2), validity);
        Ok(problem.deciding(Termination::Free))
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<BenOrMessage> {
        // Without a last round, this is what can be said in the first.
        let rounds = (1..=self.rounds.unwrap_or(1)).flat_map(|round| {
            let votes =
                Order::first(2).into_iter().map(move |order| BenOrMessage::Vote(round, order));
            let orders = Order::first(2).into_iter().map(Some).chain([None]);
            votes.chain(orders.map(move |order| BenOrMessage::Propose(round, order)))
        });
        rounds.collect()
    }

    fn words(&self) -> &dyn Words<BenOrMessage, BenOrState> {
        self
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<BenOrMessage, BenOrState>> {
        Some(self)
    }

    fn phases(&self) -> Option<&dyn Phased<BenOrMessage, BenOrState>> {
        self.rounds.is_none().then_some(self)
    }
}

/// Its rounds are its phases.
impl Phased<BenOrMessage, BenOrState> for BenOr {
    fn phase_of(&self, ballot: &BenOrMessage) -> u32 {
        ballot.round()
    }

    fn said_in(&self, ballot: &BenOrMessage, round: u32) -> BenOrMessage {
        match *ballot {
            BenOrMessage::Vote(_, order) => BenOrMessage::Vote(round, order),
            BenOrMessage::Propose(_, order) => BenOrMessage::Propose(round, order),
        }
    }

    fn phase(&self, state: &BenOrState) -> u32 {
        state.round
    }

    fn renumbered(&self, state: &BenOrState) -> BenOrState {
        let heard = state.heard.iter().filter(|((round, _), _)| *round > 1);
        let heard =
            heard.map(|((round, proposing), heard)| ((round - 1, *proposing), heard.clone()));
        let later = state
            .later
            .iter()
            .map(|(round, from, ballot)| (round - 1, *from, self.said_in(ballot, round - 1)));
        let (heard, later) = (heard.collect(), later.collect());
        BenOrState { round: state.round - 1, heard, later, ..state.clone() }
    }
}

impl Symmetric<BenOrMessage, BenOrState> for BenOr {
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n)
    }

    fn swapped_message(&self, ballot: &BenOrMessage, _: Swap) -> BenOrMessage {
        *ballot
    }

    fn swapped_state(&self, state: &BenOrState, swap: Swap) -> BenOrState {
        let mut state = state.clone();
        let Swap { one, other } = swap;
        state.me = swap.of(state.me);
        state.heard.values_mut().for_each(|heard| heard.swap(one.id(), other.id()));
        let later = state.later.into_iter();
        state.later = later.map(|(round, from, ballot)| (round, swap.of(from), ballot)).collect();
        state
    }
}

/// "1: vote ATTACK", "2: propose ATTACK", "2: propose nothing".
impl fmt::Display for BenOrMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BenOrMessage::Vote(round, order) => write!(f, "{round}: vote {order}"),
            BenOrMessage::Propose(round, Some(order)) => write!(f, "{round}: propose {order}"),
            BenOrMessage::Propose(round, None) => write!(f, "{round}: propose nothing"),
        }
    }
}

impl Words<BenOrMessage, BenOrState> for BenOr {
    fn name(&self) -> String {
        let crashes = if self.crashes { " against crashes" } else { "" };
        let rounds = self.rounds.map(|rounds| format!(", {}", many(u64::from(rounds), "round")));
        format!("Ben-Or's agreement{crashes}{}", rounds.unwrap_or_default())
    }

    fn tell(&self, _: General, ballot: &BenOrMessage) -> String {
        ballot.to_string()
    }

    fn explain(&self, state: &BenOrState) -> Vec<String> {
        let step = if state.proposing { "proposals" } else { "votes" };
        let mut lines = vec![match state.waits {
            true => format!("round {}: holds {}", state.round, state.holds),
            false => format!("round {}: holds {}, waits for {step}", state.round, state.holds),
        }];
        for ((round, proposing), heard) in &state.heard {
            let ballots = heard.iter().enumerate().filter_map(|(id, ballot)| {
                let order = (*ballot)?.map_or("nothing".to_owned(), |order| order.to_string());
                Some(format!("{order} from {id}"))
            });
            let kind = if *proposing { "proposals" } else { "votes" };
            let ballots = ballots.collect::<Vec<_>>().join(", ");
            lines.push(format!("{kind} of round {round}: {ballots}"));
        }
        if !state.later.is_empty() {
            let later = state.later.iter();
            let later = later.map(|(_, from, ballot)| format!("{ballot} from {}", from.id()));
            lines.push(format!("puts off {}", later.collect::<Vec<_>>().join(", ")));
        }
        lines
    }
}
