//! Basic HotStuff: M. Yin, D. Malkhi, M. K. Reiter, G. Golan Gueta, I. Abraham, "HotStuff: BFT consensus with linearity
//! and responsiveness", PODC 2019, Algorithm 2; and the two-phase form with which the paper compares it.
//!
//! It claims agreement where n > 3f, however late mail is, and a decision once mail is timely and a leader loyal.
//!
//! Deviations. There is one slot: a node is an order, to extend a node is to equal it, and every node extends the root.
//! Views go up to a last one. The paper leaves the pacemaker open: here each view has a timer, and a general who hears
//! the leader of a later view propose goes to that view. The first leader proposes at once, since no NEW-VIEW could
//! tell it anything; and NEW-VIEW carries the number of the view that begins, instead of the one that ends. Messages
//! that come before their turn are kept: NEW-VIEWs, and the first certificate of each phase. Signatures are ideal.

mod testing;

use std::collections::BTreeMap;

use crate::general::{General, Generals};
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Effects, EventDriven, Timer};
use HotStuffMessage::{Certified, NewView, Prepare, Vote};

/// Basic HotStuff (2019), for one decision.
///
/// Each view has a leader, who proposes the order of the highest certificate that n - f generals know, or else its own.
/// In each phase everybody signs for it, and the leader makes a certificate of n - f signatures and shows it to
/// everybody, who then sign for the next phase. The certificate of the last phase decides, and that of the phase before
/// locks. A locked general signs for another order only if that comes with a certificate from a later view than the
/// lock.
///
/// Agreement holds where n > 3f. There are three phases; with [two](HotStuff::phases) agreement holds as well, but
/// traitors can keep the loyal from ever deciding: see [`live`](HotStuff::live). By default nobody need decide, since
/// here the views come to an end. Two views among four generals, one of them a traitor, are searched completely in 951
/// million steps, in less than a minute (`turncoat check hotstuff -n 4 -f 1`; the same number with `--live`), and with
/// two phases in 44 million. More views have only been searched at random.
///
/// ```
/// use turncoat::{HotStuff, hunt};
///
/// hunt(HotStuff::new()).generals(4).traitors(1).cases(300).assert_finds_nothing();
/// // With one phase what is decided does not lock anybody.
/// let found = hunt(HotStuff::new().phases(1)).generals(4).traitors(1).assert_finds();
/// assert_eq!(found.violation.name(), "agreement");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HotStuff {
    views: u32,
    phases: u32,
    f: Option<usize>,
    quorum: Option<usize>,
    lock: LockRule,
    unsigned_view: bool,
    live: bool,
}

/// When a locked general signs for another order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LockRule {
    /// If the other order was certified in a later view.
    Later,
    /// If the other order was certified in any view.
    Certified,
    /// Always.
    Never,
}

/// A quorum certificate: n - f generals signed for an order in a phase of a view.
///
/// The loyal combine the signatures into one, which does not tell who signed. A traitor can show a combined one if a
/// loyal general did before; otherwise it shows the signatures from which one can be combined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Certificate {
    /// The phase, from 0.
    pub phase: u32,
    /// The view.
    pub view: u32,
    /// The order.
    pub order: Order,
    /// Whose signatures it can be combined from; nobody's, if it is combined already.
    pub signers: Generals,
}

impl Certificate {
    /// The same certificate, combined.
    fn combined(self) -> Certificate {
        Certificate { signers: Generals::NONE, ..self }
    }
}

/// What is said in HotStuff.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HotStuffMessage {
    /// NEW-VIEW, to the leader of the view that begins: the highest certificate of phase 0 that the sender knows.
    NewView(u32, Option<Certificate>),
    /// PREPARE, from the leader of this view: what it proposes, and the certificate that justifies it.
    Prepare(u32, Order, Option<Certificate>),
    /// PRE-COMMIT, COMMIT or DECIDE, from the leader: the certificate of a phase.
    Certified(Certificate),
    /// A signature, for the leader.
    Vote {
        /// The phase, from 0.
        phase: u32,
        /// The view.
        view: u32,
        /// The order.
        order: Order,
        /// Whose signature it is.
        by: General,
    },
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HotStuffState {
    me: General,
    n: usize,
    /// The order that it proposes if it leads and is free to choose.
    input: Option<Order>,
    /// curView.
    view: u32,
    /// What it awaits from the leader: PREPARE if this is 0, else the certificate of the phase with the number before
    /// this.
    awaits: u32,
    /// prepareQC: the highest certificate of phase 0.
    prepared: Option<Certificate>,
    /// The view and the order of lockedQC.
    locked: Option<(u32, Order)>,
    decided: Option<Order>,
    /// For each view that it will lead: who has said NEW-VIEW, and the highest certificate among those.
    new_views: BTreeMap<u32, (Generals, Option<Certificate>)>,
    /// The certificates that came before their turn, by view and phase.
    early: BTreeMap<(u32, u32), Certificate>,
    /// If it leads the view: what it collects signatures for, and the signers so far.
    collects: Option<Certificate>,
}

impl HotStuff {
    /// As published, with three phases, for (n - 1) / 3 traitors, rounded down; with two views.
    #[must_use]
    pub fn new() -> HotStuff {
        let (f, quorum, lock) = (None, None, LockRule::Later);
        HotStuff { views: 2, phases: 3, f, quorum, lock, unsigned_view: false, live: false }
    }

    /// With this many views, at least one.
    #[must_use]
    pub fn views(self, views: u32) -> HotStuff {
        HotStuff { views: views.max(1), ..self }
    }

    /// With this many phases, at least one, instead of three.
    #[must_use]
    pub fn phases(self, phases: u32) -> HotStuff {
        HotStuff { phases: phases.max(1), ..self }
    }

    /// With thresholds for `f` traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> HotStuff {
        HotStuff { f: Some(f), ..self }
    }

    /// This many signatures make a certificate, and this many NEW-VIEWs allow a proposal, instead of n - f.
    #[must_use]
    pub fn quorum(self, signers: usize) -> HotStuff {
        HotStuff { quorum: Some(signers), ..self }
    }

    /// A lock gives way to a certificate from any view, and not only from a later one.
    #[must_use]
    pub fn unlocking_by_any(self) -> HotStuff {
        HotStuff { lock: LockRule::Certified, ..self }
    }

    /// Nobody checks whether it is locked.
    #[must_use]
    pub fn without_lock(self) -> HotStuff {
        HotStuff { lock: LockRule::Never, ..self }
    }

    /// Signatures do not say for which view they are, as in a published implementation. Then an old certificate can be
    /// shown as one of a later view, and releases a lock that came after it.
    #[must_use]
    pub fn unsigned_view(self) -> HotStuff {
        HotStuff { unsigned_view: true, ..self }
    }

    /// Everybody must also decide, if the leader of the last view is loyal.
    ///
    /// No timer goes off in the last view, and everything that the loyal send arrives, in any order. So it stands for
    /// the first view after GST, and anything may have happened before it. With [two](HotStuff::phases) phases somebody
    /// can be locked on an order that the new leader has not heard of, and then n - f never sign for the same order.
    #[must_use]
    pub fn live(self) -> HotStuff {
        HotStuff { live: true, ..self }
    }

    /// n - f: that many are loyal, so the protocol can go on without the traitors; and any two such quorums have
    /// n - 2f > f generals in common, one of whom is loyal.
    fn threshold(self, n: usize) -> usize {
        let f = self.f.unwrap_or(n.saturating_sub(1) / 3);
        self.quorum.unwrap_or(n.saturating_sub(f)).max(1)
    }

    /// Whether a certificate is genuine: it is combined, or can be.
    fn verifies(self, n: usize, certificate: &Certificate) -> bool {
        certificate.signers.is_empty() || self.suffices(n, certificate.signers)
    }

    /// Whether signatures by these generals can be combined.
    fn suffices(self, n: usize, signers: Generals) -> bool {
        signers.len() >= self.threshold(n)
    }

    /// safeNode: whether a general may sign for an order with this certificate.
    fn is_safe(self, state: &HotStuffState, order: Order, justify: Option<Certificate>) -> bool {
        let Some((view, locked)) = state.locked else { return true };
        let safety = order == locked;
        let liveness = match self.lock {
            LockRule::Later => justify.is_some_and(|justify| justify.view > view),
            LockRule::Certified => justify.is_some(),
            LockRule::Never => true,
        };
        safety || liveness
    }

    /// Leader, PREPARE phase: once n - f have said NEW-VIEW, proposes the order of highQC, or else its own.
    fn propose(self, state: &mut HotStuffState, effects: &mut Effects<HotStuffMessage>) {
        let HotStuffState { me, n, view, .. } = *state;
        let (told, high) = state.new_views.get(&view).copied().unwrap_or((Generals::NONE, None));
        let free = view == 1 || told.len() >= self.threshold(n);
        if me != leader(view, n) || !free || state.awaits > 0 {
            return;
        }
        let own = state.input.unwrap_or(Order::RETREAT);
        let order = high.map_or(own, |high| high.order);
        state.new_views.remove(&view);
        state.collects = Some(Certificate { phase: 0, view, order, signers: Generals::NONE });
        effects.broadcast(Prepare(view, order, high));
        self.prepare(state, order, high, effects);
    }

    /// Leader: once there are n - f signatures for what it collects, shows their certificate to everybody.
    fn collect(
        self,
        state: &mut HotStuffState,
        by: General,
        effects: &mut Effects<HotStuffMessage>,
    ) {
        let Some(collected) = &mut state.collects else { return };
        collected.signers = collected.signers.with(by);
        if self.suffices(state.n, collected.signers) {
            let certificate = collected.combined();
            let next = Certificate { phase: certificate.phase + 1, ..certificate };
            state.collects = (next.phase < self.phases).then_some(next);
            effects.broadcast(Certified(certificate));
            self.certified(state, certificate, effects);
        }
    }

    /// Replica, PREPARE phase: signs what the leader proposes, if that is safe.
    fn prepare(
        self,
        state: &mut HotStuffState,
        order: Order,
        justify: Option<Certificate>,
        effects: &mut Effects<HotStuffMessage>,
    ) {
        state.awaits = 1;
        if self.is_safe(state, order, justify) {
            self.vote(state, 0, order, effects);
        }
    }

    /// Replica, PRE-COMMIT, COMMIT and DECIDE phases: keeps the certificate of the phase before, and signs for this
    /// one.
    fn certified(
        self,
        state: &mut HotStuffState,
        certificate: Certificate,
        effects: &mut Effects<HotStuffMessage>,
    ) {
        let Certificate { phase, view, order, .. } = certificate;
        let next = phase + 1;
        state.awaits = next + 1;
        if phase == 0 {
            state.prepared = Some(certificate);
        }
        if next + 1 == self.phases {
            state.locked = Some((view, order));
        }
        if next == self.phases {
            state.decided = state.decided.or(Some(order));
        } else {
            self.vote(state, next, order, effects);
        }
    }

    /// Replica: goes on with certificates that came before their turn.
    fn catch_up(self, state: &mut HotStuffState, effects: &mut Effects<HotStuffMessage>) {
        while let Some(phase) = state.awaits.checked_sub(1)
            && let Some(certificate) = state.early.remove(&(state.view, phase))
        {
            self.certified(state, certificate, effects);
        }
    }

    fn vote(
        self,
        state: &mut HotStuffState,
        phase: u32,
        order: Order,
        effects: &mut Effects<HotStuffMessage>,
    ) {
        let HotStuffState { me: by, n, view, .. } = *state;
        let leader = leader(view, n);
        if leader == by {
            self.collect(state, by, effects);
        } else {
            effects.send(leader, Vote { phase, view, order, by });
        }
    }

    /// Enters a view.
    fn enter(self, state: &mut HotStuffState, view: u32, effects: &mut Effects<HotStuffMessage>) {
        effects.cancel_timer(state.view);
        state.new_views = state.new_views.split_off(&view);
        state.early = state.early.split_off(&(view, 0));
        (state.view, state.awaits, state.collects) = (view, 0, None);
        if view < self.views {
            effects.set_timer(view);
        }
    }
}

impl Default for HotStuff {
    fn default() -> HotStuff {
        HotStuff::new()
    }
}

/// leader(view): generals take turns, general 0 first.
fn leader(view: u32, n: usize) -> General {
    General::new((view as usize - 1) % n)
}

/// Counts a NEW-VIEW that was heard, or that a general says to itself.
fn note(state: &mut HotStuffState, view: u32, from: General, told: Option<Certificate>) {
    let (generals, high) = state.new_views.entry(view).or_insert((Generals::NONE, None));
    if !generals.contains(from) {
        *generals = generals.with(from);
        // highQC: of several certificates of one view, the first one heard stays.
        if told.map(|told| told.view) > high.map(|high| high.view) {
            *high = told;
        }
    }
}

impl EventDriven for HotStuff {
    type Value = Order;
    type Decision = Order;
    type Message = HotStuffMessage;
    type State = HotStuffState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<HotStuffMessage>,
    ) -> HotStuffState {
        let Seat { me, n, .. } = seat;
        let leads = (1..=self.views).any(|view| leader(view, n) == me);
        let mut state = HotStuffState {
            me,
            n,
            input: input.copied().filter(|_| leads),
            view: 0,
            awaits: 0,
            prepared: None,
            locked: None,
            decided: None,
            new_views: BTreeMap::new(),
            early: BTreeMap::new(),
            collects: None,
        };
        self.enter(&mut state, 1, effects);
        self.propose(&mut state, effects);
        state
    }

    fn receive(
        &self,
        state: &mut HotStuffState,
        from: General,
        said: &HotStuffMessage,
        effects: &mut Effects<HotStuffMessage>,
    ) {
        let HotStuffState { me, n, view, awaits, .. } = *state;
        let genuine = |justify: Option<Certificate>, before: u32| {
            justify.is_none_or(|qc| qc.phase == 0 && qc.view < before && self.verifies(n, &qc))
        };
        let combined = |justify: Option<Certificate>| justify.map(Certificate::combined);
        match *said {
            NewView(begun, justify) => {
                let due = begun >= view && leader(begun, n) == me && !(begun == view && awaits > 0);
                if due && begun > 1 && genuine(justify, begun) {
                    note(state, begun, from, combined(justify));
                    self.propose(state, effects);
                }
            }
            Prepare(proposed, order, justify) => {
                let due = proposed > view || (proposed == view && awaits == 0);
                let extends = justify.is_none_or(|justify| justify.order == order);
                if due && leader(proposed, n) == from && extends && genuine(justify, proposed) {
                    if proposed > view {
                        self.enter(state, proposed, effects);
                    }
                    self.prepare(state, order, combined(justify), effects);
                    self.catch_up(state, effects);
                }
            }
            Certified(certificate) => {
                let turn = (certificate.view, certificate.phase);
                let due = certificate.view > view
                    || (certificate.view == view && certificate.phase + 1 >= awaits);
                if due && leader(certificate.view, n) == from && self.verifies(n, &certificate) {
                    state.early.entry(turn).or_insert(certificate.combined());
                    self.catch_up(state, effects);
                }
            }
            Vote { phase, view, order, by } => {
                let matches = |collected: Certificate| {
                    (collected.phase, collected.view, collected.order) == (phase, view, order)
                };
                if by == from && state.collects.is_some_and(matches) {
                    self.collect(state, by, effects);
                }
            }
        }
    }

    /// nextView: the time for a view is over.
    fn timer(
        &self,
        state: &mut HotStuffState,
        timer: Timer,
        effects: &mut Effects<HotStuffMessage>,
    ) {
        let view = timer + 1;
        self.enter(state, view, effects);
        let leader = leader(view, state.n);
        if leader == state.me {
            note(state, view, leader, state.prepared);
            self.propose(state, effects);
        } else {
            effects.send(leader, NewView(view, state.prepared));
        }
    }

    fn decision(&self, state: &HotStuffState) -> Option<Order> {
        state.decided
    }
}
