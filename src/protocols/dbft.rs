//! dBFT 2.0, the agreement of Neo (2019): I. M. Coelho et al., "Challenges of PBFT-inspired consensus for blockchain
//! and enhancements over Neo dBFT", Future Internet 12(8), 2020; also the models in which it was found to deadlock:
//! nspcc-dev/dbft, formal-models/dbft, 2023; neo-project/neo-modules, issue 792.
//!
//! It claims agreement where n > 3f, however late mail is, and a decision once mail is timely. The second claim is
//! false, even if nobody is a traitor.
//!
//! Deviations. There is one height, and each block is valid. Views go from 0 to a last one, and change one at a time.
//! There is no recovery message: what would be requested again is late instead. A general who sees a block sends it to
//! everybody, with the signatures of those who committed to it. Generals who have not been heard at this height count
//! as lost. Messages that come before their turn are kept. Signatures are ideal.

mod testing;

use std::collections::BTreeMap;

use super::votes::Votes;
use crate::general::{General, Generals};
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Effects, EventDriven, Timer};
use DbftMessage::{Block, ChangeView, Commit, PrepareRequest, PrepareResponse};

/// dBFT 2.0 (2019), for one height.
///
/// In each view a primary says PrepareRequest for an order, and the others PrepareResponse. A general who has heard one
/// of these from n - f generals says Commit; n - f Commits decide. When the time for a view is over a general says
/// ChangeView, and takes no further part in the view, unless more than f generals have committed in it or were never
/// heard; n - f ChangeViews begin the next view. A general who has committed never changes view: so agreement holds
/// where n > 3f.
///
/// But some may commit in one view, and the others change to the next, so that neither view has n - f generals. Delays
/// cause that, without a traitor. [`live`](Dbft::live) also reports something weaker: that a view fails because its
/// primary stayed behind.
///
/// Two views are searched completely among three loyal generals, and keep agreement; four generals, one of them a
/// traitor, have only been searched at random.
///
/// ```
/// use turncoat::{Dbft, check, hunt};
///
/// hunt(Dbft::new()).generals(4).traitors(1).cases(300).assert_finds_nothing();
/// check(Dbft::new().views(1)).generals(3).traitors(0).assert_holds();
/// let found = hunt(Dbft::new().live()).generals(7).traitors(0).assert_finds();
/// assert_eq!(found.violation.name(), "termination");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dbft {
    views: u32,
    f: Option<usize>,
    minds_lost: bool,
    leaves: bool,
    live: bool,
}

/// What is said in dBFT.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DbftMessage {
    /// PrepareRequest, from the primary of this view.
    PrepareRequest(u32, Order),
    /// PrepareResponse, from another general.
    PrepareResponse(u32, Order),
    /// Commit: a signature on the block of a view.
    Commit {
        /// The view.
        view: u32,
        /// The order.
        order: Order,
        /// Who signed it.
        by: General,
    },
    /// ChangeView, to this view.
    ChangeView(u32),
    /// A block, with the signatures of those who committed to it.
    Block {
        /// The view.
        view: u32,
        /// The order.
        order: Order,
        /// Who signed.
        signers: Generals,
    },
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DbftState {
    me: General,
    n: usize,
    /// What it proposes, if it is the primary of some view.
    input: Option<Order>,
    view: u32,
    step: DbftStep,
    /// Whether it has said ChangeView in this view.
    changing: bool,
    decided: Option<Order>,
    /// What the primaries of this view and later ones have proposed.
    requests: BTreeMap<u32, Order>,
    /// Who has said PrepareRequest or PrepareResponse for what, in this view and later ones.
    prepares: Votes,
    /// Who has said Commit for what, in this view and later ones.
    commits: Votes,
    /// The view to which each general has last said ChangeView, if that is a later one.
    changes: BTreeMap<General, u32>,
    /// Who has been heard; recorded only if those who have not count as lost.
    heard: Generals,
}

/// How far a general is in its view.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum DbftStep {
    Initialized,
    PrepareSent,
    CommitSent,
}

impl Dbft {
    /// As published, for (n - 1) / 3 traitors, rounded down; with views 0 and 1.
    #[must_use]
    pub fn new() -> Dbft {
        Dbft { views: 2, f: None, minds_lost: true, leaves: false, live: false }
    }

    /// With this many views, at least one.
    #[must_use]
    pub fn views(self, views: u32) -> Dbft {
        Dbft { views: views.max(1), ..self }
    }

    /// With thresholds for `f` traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> Dbft {
        Dbft { f: Some(f), ..self }
    }

    /// Nobody counts as lost: the models leave that out.
    #[must_use]
    pub fn ignoring_lost(self) -> Dbft {
        Dbft { minds_lost: false, ..self }
    }

    /// Generals who have committed change view as well.
    #[must_use]
    pub fn leaving_commits(self) -> Dbft {
        Dbft { leaves: true, ..self }
    }

    /// Everybody must also decide, if the primary of the last view is loyal.
    ///
    /// No timer goes off in the last view, and everything that the loyal send arrives, in any order. So it stands for
    /// the first view after GST, and anything may have happened before it. One view that fails is not the end, if n - f
    /// generals are in later ones.
    #[must_use]
    pub fn live(self) -> Dbft {
        Dbft { live: true, ..self }
    }

    fn f(self, n: usize) -> usize {
        self.f.unwrap_or(n.saturating_sub(1) / 3)
    }

    /// M = n - f: that many are loyal, so the protocol can go on without the traitors; and any two such quorums have
    /// n - 2f > f generals in common, one of whom is loyal.
    fn m(self, n: usize) -> usize {
        n.saturating_sub(self.f(n)).max(1)
    }

    /// A view begins.
    fn initialize(self, state: &mut DbftState, view: u32, effects: &mut Effects<DbftMessage>) {
        effects.cancel_timer(state.view);
        (state.view, state.step, state.changing) = (view, DbftStep::Initialized, false);
        state.requests = state.requests.split_off(&view);
        state.prepares.forget_before(view);
        state.commits.forget_before(view);
        state.changes.retain(|_, to| *to > view);
        if view + 1 < self.views {
            effects.set_timer(view);
        }
        if primary(view, state.n) == state.me {
            let order = state.input.unwrap_or(Order::RETREAT);
            state.step = DbftStep::PrepareSent;
            state.requests.insert(view, order);
            state.prepares.note(view, order, state.me);
            effects.broadcast(PrepareRequest(view, order));
        }
    }

    /// NotAcceptingPayloadsDueToViewChanging, MoreThanFNodesCommittedOrLost: it has said ChangeView, and knows of at
    /// most f generals who have committed or were never heard.
    fn stands_back(self, state: &DbftState) -> bool {
        let committed = state.commits.iter().filter(|(view, ..)| *view == state.view);
        let committed = committed.flat_map(|(.., by)| by.iter()).collect::<Generals>();
        let lost = if self.minds_lost { state.n - state.heard.len() } else { 0 };
        state.changing && committed.len() + lost <= self.f(state.n)
    }

    /// Whether a general may change view: one who has committed stays.
    fn may_leave(self, step: DbftStep) -> bool {
        self.leaves || step != DbftStep::CommitSent
    }

    /// Goes as far as what was heard allows.
    fn advance(self, state: &mut DbftState, effects: &mut Effects<DbftMessage>) {
        let (me, n) = (state.me, state.n);
        while self.may_leave(state.step) && state.changes.len() >= self.m(n) {
            self.initialize(state, state.view + 1, effects);
        }
        let view = state.view;
        let Some(order) = state.requests.get(&view).copied() else { return };
        if state.step == DbftStep::Initialized && !self.stands_back(state) {
            state.step = DbftStep::PrepareSent;
            state.prepares.note(view, order, me);
            effects.broadcast(PrepareResponse(view, order));
        }
        let has = |votes: &Votes| votes.of(view, order).len() >= self.m(n);
        let prepared = state.step == DbftStep::PrepareSent && has(&state.prepares);
        if prepared && !self.stands_back(state) {
            state.step = DbftStep::CommitSent;
            if !self.leaves {
                effects.cancel_timer(view);
            }
            state.commits.note(view, order, me);
            effects.broadcast(Commit { view, order, by: me });
        }
        if has(&state.commits) {
            let signers = state.commits.of(view, order);
            let signers = signers.iter().take(self.m(n)).collect();
            accept(state, Block { view, order, signers }, order, effects);
        }
    }
}

impl Default for Dbft {
    fn default() -> Dbft {
        Dbft::new()
    }
}

/// Generals take turns, general 0 first.
fn primary(view: u32, n: usize) -> General {
    General::new(view as usize % n)
}

/// Whether a vote for an order in a view can count.
fn counts(state: &DbftState, view: u32, order: Order) -> bool {
    let proposed = state.requests.get(&view);
    view > state.view || (view == state.view && proposed.is_none_or(|it| *it == order))
}

/// There is a block: passes it on, and forgets everything else.
fn accept(
    state: &mut DbftState,
    block: DbftMessage,
    order: Order,
    effects: &mut Effects<DbftMessage>,
) {
    effects.cancel_timer(state.view);
    effects.broadcast(block);
    state.decided = Some(order);
    state.requests.clear();
    state.prepares = Votes::default();
    state.commits = Votes::default();
    state.changes.clear();
    state.heard = Generals::NONE;
}

impl EventDriven for Dbft {
    type Value = Order;
    type Decision = Order;
    type Message = DbftMessage;
    type State = DbftState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<DbftMessage>,
    ) -> DbftState {
        let Seat { me, n, .. } = seat;
        let leads = (0..self.views).any(|view| primary(view, n) == me);
        let mut state = DbftState {
            me,
            n,
            input: input.copied().filter(|_| leads),
            view: 0,
            step: DbftStep::Initialized,
            changing: false,
            decided: None,
            requests: BTreeMap::new(),
            prepares: Votes::default(),
            commits: Votes::default(),
            changes: BTreeMap::new(),
            heard: Generals::NONE.with(me),
        };
        self.initialize(&mut state, 0, effects);
        state
    }

    fn receive(
        &self,
        state: &mut DbftState,
        from: General,
        said: &DbftMessage,
        effects: &mut Effects<DbftMessage>,
    ) {
        let DbftState { n, .. } = *state;
        let now = state.view;
        if state.decided.is_some() {
            return;
        }
        if self.minds_lost {
            state.heard = state.heard.with(from);
        }
        match *said {
            PrepareRequest(view, order) => {
                if view >= now && !state.requests.contains_key(&view) && primary(view, n) == from {
                    state.requests.insert(view, order);
                    state.prepares.note(view, order, from);
                }
            }
            PrepareResponse(view, order) => {
                let over = view == now && state.step == DbftStep::CommitSent;
                let counts = counts(state, view, order) && !over;
                if counts && primary(view, n) != from {
                    state.prepares.note(view, order, from);
                }
            }
            Commit { view, order, by } => {
                if by == from && counts(state, view, order) {
                    state.commits.note(view, order, from);
                }
            }
            ChangeView(view) => {
                let before = state.changes.get(&from).copied().unwrap_or(now);
                if view > before && self.may_leave(state.step) {
                    state.changes.insert(from, view);
                }
            }
            Block { order, signers, .. } => {
                if signers.len() >= self.m(n) {
                    accept(state, *said, order, effects);
                }
                return;
            }
        }
        self.advance(state, effects);
    }

    /// The time for a view is over.
    fn timer(&self, state: &mut DbftState, timer: Timer, effects: &mut Effects<DbftMessage>) {
        let view = timer + 1;
        state.changing = true;
        state.changes.insert(state.me, view);
        effects.broadcast(ChangeView(view));
        self.advance(state, effects);
    }

    fn decision(&self, state: &DbftState) -> Option<Order> {
        state.decided
    }
}
