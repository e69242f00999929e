//! The testing side of dBFT: what traitors can say, which signatures it contains, and how reports describe it.

use super::DbftMessage::{Block, ChangeView, Commit, PrepareRequest, PrepareResponse};
use super::{Dbft, DbftMessage, DbftState, DbftStep, primary};
use crate::count::many;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::signature::Signed;
use crate::testable::{EventTestable, Problem, Signing, Termination, Validity, Words};

/// Among more generals there are too many sets that could sign a block.
const MOST_GENERALS: usize = 13;

impl EventTestable for Dbft {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("dBFT needs everybody to hear everybody".to_owned());
        }
        let n = graph.n();
        if n > MOST_GENERALS {
            return Err(format!(
                "dBFT has too many blocks among more than {MOST_GENERALS} generals"
            ));
        }
        let problem = Problem::new(Task::Consensus, Order::first(2), Validity::any_value());
        Ok(problem.deciding(match self.live {
            true => Termination::IfLoyal(primary(self.views - 1, n)),
            false => Termination::Free,
        }))
    }

    fn alphabet(&self, n: usize, from: General, _: General) -> Vec<DbftMessage> {
        let of = |(view, order): (u32, Order)| {
            let first = match primary(view, n) == from {
                true => PrepareRequest(view, order),
                false => PrepareResponse(view, order),
            };
            let quorums = Generals::first(n).subsets(self.m(n).min(n));
            let blocks = quorums.map(move |signers| Block { view, order, signers });
            [first, Commit { view, order, by: from }].into_iter().chain(blocks)
        };
        let said = itertools::iproduct!(0..self.views, Order::first(2)).flat_map(of);
        said.chain((1..self.views).map(ChangeView)).collect()
    }

    fn signing(&self) -> &dyn Signing<DbftMessage> {
        self
    }

    fn words(&self) -> &dyn Words<DbftMessage, DbftState> {
        self
    }
}

impl Signing<DbftMessage> for Dbft {
    /// To commit is to sign a block.
    fn signatures(&self, said: &DbftMessage) -> Vec<Signed> {
        let (view, order, signers) = match *said {
            Commit { view, order, by } => (view, order, Generals::NONE.with(by)),
            Block { view, order, signers } => (view, order, signers),
            PrepareRequest(..) | PrepareResponse(..) | ChangeView(_) => return Vec::new(),
        };
        let statement = format!("{view} {order}").into_bytes().into_boxed_slice();
        signers.iter().map(|by| Signed { by, statement: statement.clone() }).collect()
    }
}

/// "0: PrepareRequest ATTACK", "0: Commit ATTACK", "ChangeView to 1",
/// "0: block ATTACK (signed by generals 0, 1 and 2)".
impl Words<DbftMessage, DbftState> for Dbft {
    fn name(&self) -> String {
        let leaves = if self.leaves { " where the committed change view" } else { "" };
        format!("dBFT{leaves}, {}", many(u64::from(self.views), "view"))
    }

    fn tell(&self, _: General, said: &DbftMessage) -> String {
        match *said {
            PrepareRequest(view, order) => format!("{view}: PrepareRequest {order}"),
            PrepareResponse(view, order) => format!("{view}: PrepareResponse {order}"),
            Commit { view, order, .. } => format!("{view}: Commit {order}"),
            ChangeView(view) => format!("ChangeView to {view}"),
            Block { view, order, signers } => {
                format!("{view}: block {order} (signed by {})", signers.numbered("general"))
            }
        }
    }

    fn explain(&self, state: &DbftState) -> Vec<String> {
        let DbftState { view, step, changing, prepares, commits, changes, .. } = state;
        let step = match step {
            DbftStep::Initialized => "initialized",
            DbftStep::PrepareSent => "has said PrepareRequest or PrepareResponse",
            DbftStep::CommitSent => "has committed",
        };
        let changing = if *changing { ", and has said ChangeView" } else { "" };
        let mut lines = vec![format!("view {view}: {step}{changing}")];
        for (what, votes) in [("prepared", prepares), ("committed", commits)] {
            let votes = votes.iter().map(|(view, order, by)| {
                format!("{view}: {order} is {what} by {}", by.numbered("general"))
            });
            lines.extend(votes);
        }
        let changing = changes.keys().copied().collect::<Generals>();
        if !changing.is_empty() {
            lines.push(format!("ChangeView from {}", changing.numbered("general")));
        }
        lines
    }
}
