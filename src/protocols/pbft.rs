//! PBFT: M. Castro, B. Liskov, "Practical Byzantine fault tolerance", OSDI 1999, sections 4.2 and 4.4.
//!
//! It claims agreement where n > 3f, however late mail is, and a decision once mail is timely and a primary loyal.
//!
//! Deviations. There is one sequence number: no log, no checkpoints, no clients. What the paper writes as 2f + 1, for
//! n = 3f + 1, is n - f for any n. Views go from 1 to a last one. The timer of a view runs until it goes off or the
//! next view begins, even for a general who has decided, since decisions are not passed on. If nothing was prepared,
//! the primary of a new view proposes its own order instead of a null request. VIEW-CHANGE goes only to the primary of
//! the new view. A certificate (a PRE-PREPARE and PREPAREs) lists who signed; and of the VIEW-CHANGEs in a NEW-VIEW,
//! only one that counts comes with its certificate. Votes that come before their turn are kept only if everybody must
//! decide; for agreement it makes no difference, since they can also come later. Signatures are ideal.

mod testing;

use std::collections::BTreeMap;

use super::votes::Votes;
use crate::general::{General, Generals};
use crate::order::Order;
use crate::protocol::Seat;
use crate::protocol::events::{Effects, EventDriven, Timer};
use PbftMessage::{Commit, NewView, PrePrepare, Prepare, ViewChange};

/// PBFT (1999), for one decision.
///
/// In each view a primary says PRE-PREPARE for an order, and the others PREPARE. A general who has heard one of these
/// from n - f generals has prepared the order: it keeps the list of signers as a certificate, and says COMMIT; n - f
/// COMMITs decide. When the time for a view is over, a general tells the next primary in a VIEW-CHANGE what it has
/// prepared last, with the certificate. With n - f VIEW-CHANGEs that primary begins its view, and proposes what was
/// prepared in the highest view among them, or its own order if nothing was. Everybody sees these VIEW-CHANGEs in its
/// NEW-VIEW, and checks for itself that it proposes what it must.
///
/// Agreement holds where n > 3f. Each mistake that implementations have made is one method call away, and each breaks
/// agreement. One view change among four generals, one of them a traitor, is searched completely in 97 million steps,
/// in a minute (`turncoat check pbft -n 4 -f 1`): it holds. More views, and whether everybody decides
/// ([`live`](Pbft::live)), have only been searched at random.
///
/// ```
/// use turncoat::{Pbft, check, hunt};
///
/// hunt(Pbft::new()).generals(4).traitors(1).cases(300).assert_finds_nothing();
/// check(Pbft::new()).generals(3).traitors(0).assert_holds();
/// // Who forgets what it has prepared lets another order be decided in the next view: by delay alone.
/// let found = check(Pbft::new().forgetting()).generals(3).traitors(0).assert_broken();
/// assert_eq!((found.violation.name(), found.attack.lies.len()), ("agreement", 0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pbft {
    views: u32,
    f: Option<usize>,
    quorum: Option<usize>,
    forgets: bool,
    hasty: bool,
    lowest: bool,
    trusting: bool,
    live: bool,
}

/// A signature for an order in a view; the primary's is on its PRE-PREPARE.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SignedFor {
    /// The view.
    pub view: u32,
    /// The order.
    pub order: Order,
    /// Whose signature it is.
    pub by: General,
}

/// A certificate that an order was prepared: a PRE-PREPARE and PREPAREs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Prepared {
    /// The view.
    pub view: u32,
    /// The order.
    pub order: Order,
    /// Who signed.
    pub signers: Generals,
}

/// What a VIEW-CHANGE claims was prepared last, if anything: the view and the order.
pub type PreparedClaim = Option<(u32, Order)>;

/// What is said in PBFT.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PbftMessage {
    /// PRE-PREPARE, from the primary of the first view.
    PrePrepare(SignedFor),
    /// PREPARE, from another general.
    Prepare(SignedFor),
    /// COMMIT, for what was prepared in this view.
    Commit(u32, Order),
    /// VIEW-CHANGE, to the primary of the view that begins.
    ViewChange {
        /// The view that begins.
        view: u32,
        /// Who signed it.
        by: General,
        /// What it has prepared last.
        prepared: Option<Prepared>,
    },
    /// NEW-VIEW, from its primary.
    NewView {
        /// Its PRE-PREPARE.
        proposal: SignedFor,
        /// The VIEW-CHANGEs: what each general claims.
        claims: BTreeMap<General, PreparedClaim>,
        /// The certificate of the claim that counts.
        prepared: Option<Prepared>,
    },
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PbftState {
    me: General,
    n: usize,
    /// The order that it proposes if it is the primary and free to choose.
    input: Option<Order>,
    view: u32,
    /// What the primary has proposed in this view.
    proposed: Option<Order>,
    /// The certificate of what this general has prepared last.
    prepared: Option<Prepared>,
    decided: Option<Order>,
    /// Who has signed for what: in this view until this general has prepared, and in later ones.
    signed: Votes,
    /// Who has said COMMIT for what: in this view until this general has decided, and in later ones.
    commits: Votes,
    /// The VIEW-CHANGEs for views of which it will be the primary.
    changes: BTreeMap<u32, BTreeMap<General, Option<Prepared>>>,
}

impl Pbft {
    /// As published, for (n - 1) / 3 traitors, rounded down; with two views.
    #[must_use]
    pub fn new() -> Pbft {
        Pbft {
            views: 2,
            f: None,
            quorum: None,
            forgets: false,
            hasty: false,
            lowest: false,
            trusting: false,
            live: false,
        }
    }

    /// With this many views, at least one.
    #[must_use]
    pub fn views(self, views: u32) -> Pbft {
        Pbft { views: views.max(1), ..self }
    }

    /// With thresholds for `f` traitors.
    #[must_use]
    pub fn tolerating(self, f: usize) -> Pbft {
        Pbft { f: Some(f), ..self }
    }

    /// This many are enough everywhere, instead of n - f.
    #[must_use]
    pub fn quorum(self, signers: usize) -> Pbft {
        Pbft { quorum: Some(signers), ..self }
    }

    /// A general who goes to another view forgets what it has prepared.
    #[must_use]
    pub fn forgetting(self) -> Pbft {
        Pbft { forgets: true, ..self }
    }

    /// A prepared order is decided at once, without COMMITs.
    #[must_use]
    pub fn deciding_when_prepared(self) -> Pbft {
        Pbft { hasty: true, ..self }
    }

    /// A new view continues with what was prepared in the lowest view that is claimed, instead of the highest.
    #[must_use]
    pub fn picking_lowest(self) -> Pbft {
        Pbft { lowest: true, ..self }
    }

    /// Nobody checks whether NEW-VIEW proposes what it must.
    #[must_use]
    pub fn trusting_new_views(self) -> Pbft {
        Pbft { trusting: true, ..self }
    }

    /// Everybody must also decide, if the primary of the last view is loyal.
    ///
    /// No timer goes off in the last view, and everything that the loyal send arrives, in any order. So it stands for
    /// the first view after GST, and anything may have happened before it.
    #[must_use]
    pub fn live(self) -> Pbft {
        Pbft { live: true, ..self }
    }

    /// n - f: that many are loyal, so the protocol can go on without the traitors; and any two such quorums have
    /// n - 2f > f generals in common, one of whom is loyal.
    fn threshold(self, n: usize) -> usize {
        let f = self.f.unwrap_or(n.saturating_sub(1) / 3);
        self.quorum.unwrap_or(n.saturating_sub(f)).max(1)
    }

    /// Whether a certificate is genuine and from before this view: the primary and enough generals in all must have
    /// signed.
    fn verifies(self, n: usize, prepared: &Prepared, before: u32) -> bool {
        let Prepared { view, signers, .. } = *prepared;
        let known = view > 0 && view < before && signers.contains(primary(view, n));
        known && signers.len() >= self.threshold(n)
    }

    /// What a new view has to continue with: of the claims about prepared orders, the one with the highest view.
    fn picked(self, claims: &BTreeMap<General, PreparedClaim>) -> PreparedClaim {
        let claimed = claims.values().flatten();
        let view = |claim: &&(u32, Order)| claim.0;
        match self.lowest {
            true => claimed.min_by_key(view).copied(),
            false => claimed.max_by_key(view).copied(),
        }
    }

    /// A NEW-VIEW is believed if its proposal follows from its VIEW-CHANGEs.
    fn follows(
        self,
        n: usize,
        proposal: SignedFor,
        claims: &BTreeMap<General, PreparedClaim>,
        prepared: Option<Prepared>,
    ) -> bool {
        let SignedFor { view, order, .. } = proposal;
        let genuine = prepared.is_none_or(|it| it.order == order && self.verifies(n, &it, view));
        let counts = prepared.map(|prepared| (prepared.view, prepared.order));
        claims.len() >= self.threshold(n) && counts == self.picked(claims) && genuine
    }

    /// The primary of a later view says NEW-VIEW once n - f have said VIEW-CHANGE, itself included.
    fn begin_view(self, state: &mut PbftState, view: u32, effects: &mut Effects<PbftMessage>) {
        let PbftState { me: by, n, .. } = *state;
        let heard = state.changes.entry(view).or_default();
        if heard.len() + usize::from(!heard.contains_key(&by)) < self.threshold(n) {
            return;
        }
        if view > state.view {
            self.enter(state, view, effects);
        }
        let mut changes = state.changes.remove(&view).unwrap_or_default();
        changes.entry(by).or_insert(state.prepared);
        let claim = |change: &Option<Prepared>| change.map(|it| (it.view, it.order));
        let claims = changes.iter().map(|(by, change)| (*by, claim(change))).collect();
        let picked = self.picked(&claims);
        let prepared = changes.values().find(|change| claim(change) == picked).copied().flatten();
        let own = state.input.unwrap_or(Order::RETREAT);
        let order = picked.map_or(own, |(_, order)| order);
        let proposal = SignedFor { view, order, by };
        effects.broadcast(NewView { proposal, claims, prepared });
        self.propose(state, proposal, effects);
    }

    /// The primary has proposed: everybody else says PREPARE.
    fn propose(
        self,
        state: &mut PbftState,
        proposal: SignedFor,
        effects: &mut Effects<PbftMessage>,
    ) {
        let SignedFor { view, order, .. } = proposal;
        state.proposed = Some(order);
        state.signed.keep_only(view, order);
        state.commits.keep_only(view, order);
        state.signed.note(view, order, proposal.by);
        if state.me != proposal.by {
            effects.broadcast(Prepare(SignedFor { by: state.me, ..proposal }));
            state.signed.note(view, order, state.me);
        }
        self.advance(state, effects);
    }

    /// With the PRE-PREPARE and PREPAREs, n - f in all: says COMMIT. With n - f COMMITs: decides.
    fn advance(self, state: &mut PbftState, effects: &mut Effects<PbftMessage>) {
        let PbftState { me, n, view, .. } = *state;
        let Some(order) = state.proposed else { return };
        let signers = state.signed.of(view, order);
        if !state.has_prepared() && signers.len() >= self.threshold(n) {
            let both = Generals::NONE.with(primary(view, n)).with(me);
            let some = both.iter().chain(signers.minus(both).iter()).take(self.threshold(n));
            state.prepared = Some(Prepared { view, order, signers: some.collect() });
            effects.broadcast(Commit(view, order));
            state.commits.note(view, order, me);
            state.signed.forget_before(view + 1);
        }
        let commits = state.commits.of(view, order);
        let committed = self.hasty || commits.len() >= self.threshold(n);
        if state.has_prepared() && committed {
            state.decided = state.decided.or(Some(order));
            state.commits.forget_before(view + 1);
        }
    }

    /// Whether a vote for an order in a view counts: if its turn has come, for the proposed order; if early, where it
    /// is kept.
    fn counts(self, state: &PbftState, view: u32, order: Order, turn: bool) -> bool {
        let now = view == state.view;
        let early = view > state.view || (now && state.proposed.is_none_or(|it| it == order));
        (turn && now && state.proposed == Some(order)) || (self.live && early)
    }

    /// Enters a view.
    fn enter(self, state: &mut PbftState, view: u32, effects: &mut Effects<PbftMessage>) {
        effects.cancel_timer(state.view);
        state.signed.forget_before(view);
        state.commits.forget_before(view);
        state.changes = state.changes.split_off(&view);
        (state.view, state.proposed) = (view, None);
        if self.forgets {
            state.prepared = None;
        }
        if view < self.views {
            effects.set_timer(view);
        }
    }
}

impl Default for Pbft {
    fn default() -> Pbft {
        Pbft::new()
    }
}

/// p = v mod n: generals take turns, general 0 first.
fn primary(view: u32, n: usize) -> General {
    General::new((view as usize - 1) % n)
}

impl PbftState {
    /// Whether it has prepared an order in this view.
    fn has_prepared(&self) -> bool {
        self.prepared.is_some_and(|prepared| prepared.view == self.view)
    }
}

impl EventDriven for Pbft {
    type Value = Order;
    type Decision = Order;
    type Message = PbftMessage;
    type State = PbftState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&Order>,
        effects: &mut Effects<PbftMessage>,
    ) -> PbftState {
        let Seat { me, n, .. } = seat;
        let leads = (1..=self.views).any(|view| primary(view, n) == me);
        let mut state = PbftState {
            me,
            n,
            input: input.copied().filter(|_| leads),
            view: 0,
            proposed: None,
            prepared: None,
            decided: None,
            signed: Votes::default(),
            commits: Votes::default(),
            changes: BTreeMap::new(),
        };
        self.enter(&mut state, 1, effects);
        if primary(1, n) == me {
            let order = state.input.unwrap_or(Order::RETREAT);
            let proposal = SignedFor { view: 1, order, by: me };
            effects.broadcast(PrePrepare(proposal));
            self.propose(&mut state, proposal, effects);
        }
        state
    }

    fn receive(
        &self,
        state: &mut PbftState,
        from: General,
        said: &PbftMessage,
        effects: &mut Effects<PbftMessage>,
    ) {
        let PbftState { n, view, .. } = *state;
        let is_from_primary = |proposal: &SignedFor| {
            proposal.by == from && primary(proposal.view, n) == from && {
                proposal.view > view || (proposal.view == view && state.proposed.is_none())
            }
        };
        match said {
            PrePrepare(proposal) => {
                if proposal.view == 1 && is_from_primary(proposal) {
                    self.propose(state, *proposal, effects);
                }
            }
            Prepare(signed) => {
                let SignedFor { view, order, by } = *signed;
                let prepared = view == state.view && state.has_prepared();
                let counts = self.counts(state, view, order, true) && !prepared;
                if counts && by == from && primary(view, n) != from {
                    state.signed.note(view, order, from);
                    self.advance(state, effects);
                }
            }
            Commit(in_view, order) => {
                let over = state.has_prepared() && state.commits.of(view, *order).is_empty();
                let counts = self.counts(state, *in_view, *order, state.has_prepared());
                if counts && !(*in_view == view && over) {
                    state.commits.note(*in_view, *order, from);
                    self.advance(state, effects);
                }
            }
            ViewChange { view: begun, by, prepared } => {
                let due = *begun > view || (*begun == view && state.proposed.is_none());
                let genuine = prepared.is_none_or(|it| self.verifies(n, &it, *begun));
                let mine = *begun > 1 && primary(*begun, n) == state.me;
                if due && genuine && mine && *by == from {
                    state.changes.entry(*begun).or_default().entry(from).or_insert(*prepared);
                    self.begin_view(state, *begun, effects);
                }
            }
            NewView { proposal, claims, prepared } => {
                let believed = self.trusting || self.follows(n, *proposal, claims, *prepared);
                if proposal.view > 1 && is_from_primary(proposal) && believed {
                    if proposal.view > view {
                        self.enter(state, proposal.view, effects);
                    }
                    self.propose(state, *proposal, effects);
                }
            }
        }
    }

    /// The time for a view is over.
    fn timer(&self, state: &mut PbftState, timer: Timer, effects: &mut Effects<PbftMessage>) {
        let view = timer + 1;
        self.enter(state, view, effects);
        let (by, prepared) = (state.me, state.prepared);
        let primary = primary(view, state.n);
        if primary == by {
            state.changes.entry(view).or_default().insert(by, prepared);
            self.begin_view(state, view, effects);
        } else {
            effects.send(primary, ViewChange { view, by, prepared });
        }
    }

    fn decision(&self, state: &PbftState) -> Option<Order> {
        state.decided
    }
}
