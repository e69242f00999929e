//! Tendermint: E. Buchman, J. Kwon, Z. Milosevic, "The latest gossip on BFT consensus", arXiv 1807.04938 (2018),
//! Algorithm 1.
//!
//! It claims agreement where n > 3f, whenever mail comes, and a decision once mail is timely.
//!
//! Deviations. There is one height: who decides stops. Rounds go from 0 to a last one, after which nobody starts
//! another. Each value is valid, and id(v) is v. Proposers take turns, general 0 first. What the paper writes as
//! 2f + 1, for n = 3f + 1, is n - f for any n. What a general says to itself it hears at once. Nothing is passed
//! on: the gossip that termination rests on is not there, and what is known of 2f + 1 PREVOTEs is what one has heard
//! oneself. A timeout from which nothing can come any more is cancelled.

mod heard;
mod testing;

use std::collections::{BTreeMap, BTreeSet};

use self::heard::{RoundVotes, VOTES, all, place};
use crate::general::{General, Generals};
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Effects, EventDriven, Timer};
use TendermintMessage::{Precommit, Prevote, Proposal};

/// Tendermint (2018), for one height.
///
/// In each round a proposer proposes; all say PREVOTE for that, or for nothing, and PRECOMMIT for what n - f have
/// said PREVOTE for; n - f PRECOMMITs decide. Who says PRECOMMIT for an order is locked on it: in a later round it
/// says PREVOTE for another one only if that had n - f PREVOTEs in a round since.
///
/// Agreement holds where n > 3f. Here the rounds come to an end, and so nobody need decide.
///
/// ```
/// use turncoat::{Tendermint, hunt};
///
/// hunt(Tendermint::new()).generals(4).traitors(1).cases(300).assert_finds_nothing();
/// let found = hunt(Tendermint::new().without_lock()).generals(4).traitors(1).assert_finds();
/// assert_eq!(found.violation.name(), "agreement");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tendermint {
    rounds: u32,
    f: Option<usize>,
    quorum: Option<usize>,
    lock_at: Option<usize>,
    locks: bool,
    any_polka: bool,
    live: bool,
}

/// What is said in Tendermint, each in a round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TendermintMessage {
    /// PROPOSAL, from the proposer of the round: an order, and validRound, if it has one.
    Proposal(u32, Order, Option<u32>),
    /// PREVOTE, for an order or nil.
    Prevote(u32, Option<Order>),
    /// PRECOMMIT, for an order or nil.
    Precommit(u32, Option<Order>),
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TendermintState {
    me: General,
    n: usize,
    /// What getValue() answers, if it ever proposes.
    input: Option<Order>,
    round: u32,
    step: TendermintStep,
    /// lockedRound and lockedValue.
    locked: Option<(u32, Order)>,
    /// validRound and validValue.
    valid: Option<(u32, Order)>,
    decided: Option<Order>,
    /// The lines that say "for the first time" and have been run in this round.
    ran: BTreeSet<u32>,
    /// What was heard, by round.
    heard: BTreeMap<u32, RoundVotes>,
}

/// How far a general is in its round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum TendermintStep {
    Propose,
    Prevote,
    Precommit,
}

impl Tendermint {
    /// As published, for (n - 1) / 3 traitors, rounded down; with rounds 0 and 1.
    #[must_use]
    pub fn new() -> Tendermint {
        let (f, quorum, lock_at) = (None, None, None);
        Tendermint { rounds: 2, f, quorum, lock_at, locks: true, any_polka: false, live: false }
    }

    /// With so many rounds, at least one.
    #[must_use]
    pub fn rounds(self, rounds: u32) -> Tendermint {
        Tendermint { rounds: rounds.max(1), ..self }
    }

    /// For so many traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> Tendermint {
        Tendermint { f: Some(f), ..self }
    }

    /// So many votes are enough everywhere, and not n - f.
    #[must_use]
    pub fn quorum(self, votes: usize) -> Tendermint {
        Tendermint { quorum: Some(votes), ..self }
    }

    /// So many PREVOTEs are enough to say PRECOMMIT (line 36), and not n - f.
    #[must_use]
    pub fn lock_at(self, prevotes: usize) -> Tendermint {
        Tendermint { lock_at: Some(prevotes), ..self }
    }

    /// Nobody looks whether it is locked before it says PREVOTE (lines 23 and 29).
    #[must_use]
    pub fn without_lock(self) -> Tendermint {
        Tendermint { locks: false, ..self }
    }

    /// The PREVOTEs of validRound can be for another order than the one that is proposed (line 28): so it was in a
    /// published implementation.
    #[must_use]
    pub fn any_polka(self) -> Tendermint {
        Tendermint { any_polka: true, ..self }
    }

    /// Asks as well that all decide if the proposer of the last round is loyal.
    ///
    /// In the last round no timeout goes off, and everything that the loyal send arrives, in any order: it is the first round
    /// after GST, and before it anything can have happened. A general that decides goes on, so that others still can. One
    /// round that fails is not the end, since a later proposer may be locked itself. But without gossip the others do not
    /// believe that one either, unless they have heard the PREVOTEs that locked it.
    #[must_use]
    pub fn live(self) -> Tendermint {
        Tendermint { live: true, ..self }
    }

    fn f(self, n: usize) -> usize {
        self.f.unwrap_or(n.saturating_sub(1) / 3)
    }

    /// "2f + 1": so many are loyal, so they suffice to go on; and any two such quorums have n - 2f > f generals in
    /// common, of whom one is loyal.
    fn many(self, n: usize) -> usize {
        self.quorum.unwrap_or(n.saturating_sub(self.f(n))).max(1)
    }

    /// Line 11, StartRound.
    fn start_round(
        self,
        state: &mut TendermintState,
        round: u32,
        effects: &mut Effects<TendermintMessage>,
    ) {
        TendermintStep::ALL.iter().for_each(|step| effects.cancel_timer(step.timer(state.round)));
        (state.round, state.step) = (round, TendermintStep::Propose);
        state.ran.clear();
        if proposer(round, state.n) == state.me {
            // Lines 14 to 19.
            let own = state.input.unwrap_or(Order::RETREAT);
            let proposal = state.valid.map_or(own, |(_, order)| order);
            say(state, Proposal(round, proposal, state.valid.map(|(round, _)| round)), effects);
        } else {
            self.set_timer(TendermintStep::Propose, round, effects);
        }
    }

    /// A timeout is scheduled; in the last round none is, if all are to decide in it.
    fn set_timer(self, step: TendermintStep, round: u32, effects: &mut Effects<TendermintMessage>) {
        if !self.live || round + 1 < self.rounds {
            effects.set_timer(step.timer(round));
        }
    }

    /// Whether a general has decided, and so has stopped.
    fn has_stopped(self, state: &TendermintState) -> bool {
        state.decided.is_some() && !self.live
    }

    /// Runs the lines that begin with "upon", as long as there is one that can be run.
    fn advance(self, state: &mut TendermintState, effects: &mut Effects<TendermintMessage>) {
        let lines = [
            Tendermint::line_49,
            Tendermint::line_55,
            Tendermint::lines_22_and_28,
            Tendermint::line_36,
            Tendermint::line_44,
            Tendermint::line_34,
            Tendermint::line_47,
        ];
        while !self.has_stopped(state) && lines.iter().any(|line| line(self, state, effects)) {}
    }

    /// Line 22: upon a PROPOSAL without validRound. Line 28: upon one with validRound, and 2f + 1 PREVOTEs for it in
    /// that round. While in step propose.
    fn lines_22_and_28(
        self,
        state: &mut TendermintState,
        effects: &mut Effects<TendermintMessage>,
    ) -> bool {
        let round = state.round;
        let has_polka = |order: Order, in_round: u32| {
            let prevotes = state.heard.get(&in_round).map(|heard| heard.prevotes);
            let enough =
                |vote| prevotes.is_some_and(|it| it[place(vote)].len() >= self.many(state.n));
            enough(Some(order))
                || (self.any_polka && VOTES.into_iter().flatten().map(Some).any(enough))
        };
        let proposals = state.heard.get(&round).map(|heard| &heard.proposals);
        let mut proposals = proposals.into_iter().flatten();
        let proposed = proposals.find(|(order, valid_round)| {
            valid_round.is_none_or(|valid| valid < round && has_polka(*order, valid))
        });
        let Some(&(order, valid_round)) =
            proposed.filter(|_| state.step == TendermintStep::Propose)
        else {
            return false;
        };
        // Line 23: lockedRound = -1, or lockedValue = v. Line 29: lockedRound <= vr, or lockedValue = v.
        let free = state.locked.is_none_or(|(locked_round, locked)| {
            order == locked || valid_round.is_some_and(|valid_round| locked_round <= valid_round)
        });
        let vote = (free || !self.locks).then_some(order);
        prevote(state, vote, effects);
        true
    }

    /// Line 34: upon 2f + 1 PREVOTEs for anything, while in step prevote, for the first time.
    fn line_34(
        self,
        state: &mut TendermintState,
        effects: &mut Effects<TendermintMessage>,
    ) -> bool {
        let all = all(&state.now().prevotes);
        let runs = state.step == TendermintStep::Prevote && all.len() >= self.many(state.n);
        if !runs || !state.ran.insert(34) {
            return false;
        }
        self.set_timer(TendermintStep::Prevote, state.round, effects);
        true
    }

    /// Line 36: upon a PROPOSAL and 2f + 1 PREVOTEs for it, while in step prevote or later, for the first time.
    fn line_36(
        self,
        state: &mut TendermintState,
        effects: &mut Effects<TendermintMessage>,
    ) -> bool {
        let (round, enough) = (state.round, self.lock_at.unwrap_or(self.many(state.n)));
        let now = state.now();
        let mut proposed = now.proposals.iter().map(|(order, _)| *order);
        let polka = proposed.find(|order| now.prevotes[place(Some(*order))].len() >= enough);
        let Some(order) = polka.filter(|_| state.step >= TendermintStep::Prevote) else {
            return false;
        };
        if !state.ran.insert(36) {
            return false;
        }
        if state.step == TendermintStep::Prevote {
            state.locked = Some((round, order));
            precommit(state, Some(order), effects);
        }
        state.valid = Some((round, order));
        true
    }

    /// Line 44: upon 2f + 1 PREVOTEs for nil, while in step prevote.
    fn line_44(
        self,
        state: &mut TendermintState,
        effects: &mut Effects<TendermintMessage>,
    ) -> bool {
        let nil = state.now().prevotes[place(None)];
        if state.step != TendermintStep::Prevote || nil.len() < self.many(state.n) {
            return false;
        }
        precommit(state, None, effects);
        true
    }

    /// Line 47: upon 2f + 1 PRECOMMITs for anything, for the first time. (After the last round there is none to wait
    /// for.)
    fn line_47(
        self,
        state: &mut TendermintState,
        effects: &mut Effects<TendermintMessage>,
    ) -> bool {
        let runs = all(&state.now().precommits).len() >= self.many(state.n);
        if !runs || state.round + 1 >= self.rounds || !state.ran.insert(47) {
            return false;
        }
        self.set_timer(TendermintStep::Precommit, state.round, effects);
        true
    }

    /// Line 49: upon a PROPOSAL of any round and 2f + 1 PRECOMMITs for it.
    fn line_49(
        self,
        state: &mut TendermintState,
        effects: &mut Effects<TendermintMessage>,
    ) -> bool {
        let enough = self.many(state.n);
        if state.decided.is_some() {
            return false;
        }
        let decided = state.heard.values().find_map(|heard| {
            let mut proposed = heard.proposals.iter().map(|(order, _)| *order);
            proposed.find(|order| heard.precommits[place(Some(*order))].len() >= enough)
        });
        state.decided = decided;
        if self.has_stopped(state) {
            TendermintStep::ALL
                .iter()
                .for_each(|step| effects.cancel_timer(step.timer(state.round)));
        }
        decided.is_some()
    }

    /// Line 55: upon messages of a later round from f + 1, of whom one is loyal.
    fn line_55(
        self,
        state: &mut TendermintState,
        effects: &mut Effects<TendermintMessage>,
    ) -> bool {
        let enough = self.f(state.n).saturating_add(1);
        let later = state.heard.range(state.round + 1..).find(|(round, heard)| {
            let proposes = !heard.proposals.is_empty();
            let proposer = proposes.then(|| proposer(**round, state.n));
            let voters = all(&heard.prevotes).iter().chain(all(&heard.precommits).iter());
            voters.chain(proposer).collect::<Generals>().len() >= enough
        });
        let Some((&round, _)) = later else { return false };
        self.start_round(state, round, effects);
        true
    }
}

impl Default for Tendermint {
    fn default() -> Tendermint {
        Tendermint::new()
    }
}

/// proposer(round).
fn proposer(round: u32, n: usize) -> General {
    General::new(round as usize % n)
}

/// Says PREVOTE, and goes on to that step.
fn prevote(
    state: &mut TendermintState,
    vote: Option<Order>,
    effects: &mut Effects<TendermintMessage>,
) {
    effects.cancel_timer(TendermintStep::Propose.timer(state.round));
    state.step = TendermintStep::Prevote;
    say(state, Prevote(state.round, vote), effects);
}

/// Says PRECOMMIT, and goes on to that step.
fn precommit(
    state: &mut TendermintState,
    vote: Option<Order>,
    effects: &mut Effects<TendermintMessage>,
) {
    effects.cancel_timer(TendermintStep::Prevote.timer(state.round));
    state.step = TendermintStep::Precommit;
    say(state, Precommit(state.round, vote), effects);
}

/// Says something to all, itself among them.
fn say(
    state: &mut TendermintState,
    said: TendermintMessage,
    effects: &mut Effects<TendermintMessage>,
) {
    effects.broadcast(said);
    state.hear(state.me, said);
}

impl TendermintStep {
    const ALL: [TendermintStep; 3] =
        [TendermintStep::Propose, TendermintStep::Prevote, TendermintStep::Precommit];

    /// The name of its timeout in a round: three times the round and the number of the step.
    fn timer(self, round: u32) -> Timer {
        3 * round + self as u32
    }
}

impl TendermintState {
    fn hear(&mut self, from: General, said: TendermintMessage) {
        let (Proposal(round, ..) | Prevote(round, _) | Precommit(round, _)) = said;
        let heard = self.heard.entry(round).or_default();
        match said {
            Proposal(_, order, valid_round) => {
                if from == proposer(round, self.n) {
                    heard.proposals.insert((order, valid_round));
                }
            }
            Prevote(_, vote) => {
                let voters = &mut heard.prevotes[place(vote)];
                *voters = voters.with(from);
            }
            Precommit(_, vote) => {
                let voters = &mut heard.precommits[place(vote)];
                *voters = voters.with(from);
            }
        }
    }

    /// What was heard in its round.
    fn now(&mut self) -> &RoundVotes {
        self.heard.entry(self.round).or_default()
    }
}

impl EventDriven for Tendermint {
    type Value = Order;
    type Decision = Order;
    type Message = TendermintMessage;
    type State = TendermintState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<TendermintMessage>,
    ) -> TendermintState {
        let Seat { me, n, .. } = seat;
        let proposes = (0..self.rounds).any(|round| proposer(round, n) == me);
        let mut state = TendermintState {
            me,
            n,
            input: input.copied().filter(|_| proposes),
            round: 0,
            step: TendermintStep::Propose,
            locked: None,
            valid: None,
            decided: None,
            ran: BTreeSet::new(),
            heard: BTreeMap::new(),
        };
        self.start_round(&mut state, 0, effects);
        self.advance(&mut state, effects);
        state
    }

    fn receive(
        &self,
        state: &mut TendermintState,
        from: General,
        said: &TendermintMessage,
        effects: &mut Effects<TendermintMessage>,
    ) {
        if !self.has_stopped(state) {
            state.hear(from, *said);
            self.advance(state, effects);
        }
    }

    /// Lines 57, 61 and 65: a timeout of this round. (Those of others are cancelled.)
    fn timer(
        &self,
        state: &mut TendermintState,
        timer: Timer,
        effects: &mut Effects<TendermintMessage>,
    ) {
        match TendermintStep::ALL[timer as usize % TendermintStep::ALL.len()] {
            TendermintStep::Propose => prevote(state, None, effects),
            TendermintStep::Prevote => precommit(state, None, effects),
            TendermintStep::Precommit => self.start_round(state, state.round + 1, effects),
        }
        self.advance(state, effects);
    }

    fn decision(&self, state: &TendermintState) -> Option<Order> {
        state.decided
    }
}
