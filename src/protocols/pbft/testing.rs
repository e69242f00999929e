//! The testing side of PBFT: what traitors can say, which signatures it contains, and how reports describe it.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::PbftMessage::{Commit, NewView, PrePrepare, Prepare, ViewChange};
use super::{Pbft, PbftMessage, PbftState, Prepared, PreparedClaim, SignedFor, primary};
use crate::count::many;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::signature::Signed;
use crate::testable::{EventTestable, Problem, Signing, Termination, Validity, Words};

/// Among more generals there are too many possible certificates.
const MOST_GENERALS: usize = 13;

/// The most NEW-VIEWs that are prepared.
const MOST_NEW_VIEWS: usize = 100_000;

impl EventTestable for Pbft {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("PBFT needs everybody to hear everybody".to_owned());
        }
        let n = graph.n();
        if n > MOST_GENERALS || self.count_new_views(n) > MOST_NEW_VIEWS {
            let views = many(u64::from(self.views), "view");
            return Err(format!("PBFT has too many NEW-VIEWs with {n} generals and {views}"));
        }
        let problem = Problem::new(Task::Consensus, Order::first(2), Validity::any_value());
        Ok(problem.deciding(match self.live {
            true => Termination::IfLoyal(primary(self.views, n)),
            false => Termination::Free,
        }))
    }

    /// With any certificate; NEW-VIEW as it follows from any VIEW-CHANGEs, or from none.
    fn alphabet(&self, n: usize, from: General, to: General) -> Vec<PbftMessage> {
        let mut said = Vec::new();
        for view in 1..=self.views {
            let signed =
                Order::first(2).into_iter().map(|order| SignedFor { view, order, by: from });
            match (primary(view, n) == from, view) {
                (false, _) => said.extend(signed.map(Prepare)),
                (true, 1) => said.extend(signed.map(PrePrepare)),
                (true, _) => {
                    said.extend(signed.flat_map(|proposal| self.new_views(n, proposal)));
                }
            }
            said.extend(Order::first(2).into_iter().map(|order| Commit(view, order)));
            if view > 1 && primary(view, n) == to {
                let known = (1..view).flat_map(|before| self.prepared(n, before, None));
                let known = known.map(Some).chain([None]);
                said.extend(known.map(|prepared| ViewChange { view, by: from, prepared }));
            }
        }
        said
    }

    fn signing(&self) -> &dyn Signing<PbftMessage> {
        self
    }

    fn words(&self) -> &dyn Words<PbftMessage, PbftState> {
        self
    }
}

impl Pbft {
    /// How many NEW-VIEWs there can be for the last view: quorums, times the claims in each, times certificates.
    fn count_new_views(self, n: usize) -> usize {
        let quorum = self.threshold(n).min(n);
        let quorums = Generals::first(n).subsets(quorum).count();
        let certificates = Generals::first(n - 1).subsets(quorum - 1).count();
        let claims = (2 * self.views as usize - 1).saturating_pow(quorum as u32);
        match self.views {
            1 => 0,
            _ => quorums.saturating_mul(claims).saturating_mul(certificates),
        }
    }

    /// All certificates of a view, for one order or any.
    fn prepared(
        self,
        n: usize,
        view: u32,
        order: Option<Order>,
    ) -> impl Iterator<Item = Prepared> + Clone {
        let quorums = Generals::first(n).subsets(self.threshold(n).min(n));
        let quorums = quorums.filter(move |signers| signers.contains(primary(view, n)));
        let orders = Order::first(2).into_iter().filter(move |it| order.is_none_or(|of| of == *it));
        quorums.cartesian_product(orders.collect_vec()).map(move |(signers, order)| Prepared {
            view,
            order,
            signers,
        })
    }

    /// All NEW-VIEWs with this PRE-PREPARE that are believed, and one that is not.
    fn new_views(self, n: usize, proposal: SignedFor) -> Vec<PbftMessage> {
        let SignedFor { view, order, .. } = proposal;
        let can_claim = itertools::iproduct!(1..view, Order::first(2)).map(Some).chain([None]);
        let can_claim = can_claim.collect_vec();
        let mut said = vec![NewView { proposal, claims: BTreeMap::new(), prepared: None }];
        for generals in Generals::first(n).subsets(self.threshold(n).min(n)) {
            let claims =
                generals.iter().map(|_| can_claim.iter().copied()).multi_cartesian_product();
            for claims in claims {
                let claims: BTreeMap<General, PreparedClaim> =
                    generals.iter().zip(claims).collect();
                let of = |prepared| NewView { proposal, claims: claims.clone(), prepared };
                match self.picked(&claims) {
                    None => said.push(of(None)),
                    Some((before, picked)) if picked == order => {
                        said.extend(self.prepared(n, before, Some(order)).map(Some).map(of));
                    }
                    Some(_) => {}
                }
            }
        }
        said
    }
}

impl Signing<PbftMessage> for Pbft {
    /// Messages contain signatures for an order in a view and, in a VIEW-CHANGE, for what the sender has prepared.
    fn signatures(&self, said: &PbftMessage) -> Vec<Signed> {
        let signed_for = |SignedFor { view, order, by }: SignedFor| Signed {
            by,
            statement: format!("{view} {order}").into_bytes().into(),
        };
        let change = |view: u32, by: General, claim: PreparedClaim| Signed {
            by,
            statement: format!("to {view}, prepared {claim:?}").into_bytes().into(),
        };
        let certificate = |prepared: &Option<Prepared>| {
            let signers = |Prepared { view, order, signers }: Prepared| {
                signers.iter().map(move |by| signed_for(SignedFor { view, order, by }))
            };
            prepared.iter().copied().flat_map(signers).collect_vec()
        };
        match said {
            PrePrepare(signed) | Prepare(signed) => vec![signed_for(*signed)],
            Commit(..) => Vec::new(),
            ViewChange { view, by, prepared } => {
                let claim = prepared.map(|prepared| (prepared.view, prepared.order));
                let mut signed = certificate(prepared);
                signed.push(change(*view, *by, claim));
                signed
            }
            NewView { proposal, claims, prepared } => {
                let mut signed = certificate(prepared);
                signed.push(signed_for(*proposal));
                signed.extend(claims.iter().map(|(by, claim)| change(proposal.view, *by, *claim)));
                signed
            }
        }
    }
}

/// "1: PRE-PREPARE ATTACK", "1: PREPARE ATTACK", "2: VIEW-CHANGE, prepared nothing",
/// "2: NEW-VIEW: ATTACK, prepared in view 1 (signed by generals 0, 1 and 2); VIEW-CHANGE from generals 1, 2 and 3".
impl Words<PbftMessage, PbftState> for Pbft {
    fn name(&self) -> String {
        let changed = [
            (self.forgets, " that forgets what it has prepared"),
            (self.hasty, " that decides what it has prepared"),
            (self.lowest, " that goes on with the lowest view"),
            (self.trusting, " that believes any NEW-VIEW"),
        ];
        let changed = changed.into_iter().filter_map(|(is, told)| is.then_some(told));
        let quorum = self.quorum.map(|signers| format!(" with quorums of {signers}"));
        let views = many(u64::from(self.views), "view");
        format!("PBFT{}{}, {views}", quorum.unwrap_or_default(), changed.collect::<String>())
    }

    fn tell(&self, _: General, said: &PbftMessage) -> String {
        match said {
            PrePrepare(SignedFor { view, order, .. }) => format!("{view}: PRE-PREPARE {order}"),
            Prepare(SignedFor { view, order, .. }) => format!("{view}: PREPARE {order}"),
            Commit(view, order) => format!("{view}: COMMIT {order}"),
            ViewChange { view, prepared: None, .. } => {
                format!("{view}: VIEW-CHANGE, prepared nothing")
            }
            ViewChange { view, prepared: Some(prepared), .. } => {
                format!("{view}: VIEW-CHANGE, prepared {}", told(prepared))
            }
            NewView { proposal: SignedFor { view, order, .. }, claims, prepared } => {
                let by = claims.keys().copied().collect::<Generals>().numbered("general");
                let why = match prepared {
                    Some(prepared) => format!("prepared {}", told(prepared)),
                    None => "nothing was prepared".to_owned(),
                };
                let shown = if claims.is_empty() { "nobody" } else { &by };
                format!("{view}: NEW-VIEW {order}; {why}; VIEW-CHANGE from {shown}")
            }
        }
    }

    fn explain(&self, state: &PbftState) -> Vec<String> {
        let PbftState { view, proposed, prepared, signed, commits, changes, .. } = state;
        let proposed = match proposed {
            Some(order) => format!("{order} is proposed"),
            None => "nothing is proposed".to_owned(),
        };
        let prepared = match prepared {
            Some(prepared) => format!("prepared {}", told(prepared)),
            None => "prepared nothing".to_owned(),
        };
        let mut lines = vec![format!("view {view}: {proposed}; {prepared}")];
        for (what, votes) in [("signed", signed), ("COMMIT", commits)] {
            let votes = votes.iter().map(|(view, order, by)| {
                format!("{view}: {what} {order} by {}", by.numbered("general"))
            });
            lines.extend(votes);
        }
        for (view, changes) in changes {
            let by = changes.keys().copied().collect::<Generals>().numbered("general");
            lines.push(format!("{view}: VIEW-CHANGE from {by}"));
        }
        lines
    }
}

/// "ATTACK in view 1 (signed by generals 0, 1 and 2)".
fn told(Prepared { view, order, signers }: &Prepared) -> String {
    format!("{order} in view {view} (signed by {})", signers.numbered("general"))
}
