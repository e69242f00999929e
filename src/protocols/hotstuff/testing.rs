//! The testing side of HotStuff: what traitors can say, which signatures it contains, and how reports describe it.

use super::HotStuffMessage::{Certified, NewView, Prepare, Vote};
use super::{Certificate, HotStuff, HotStuffMessage, HotStuffState, LockRule, leader};
use crate::count::many;
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::order::Order;
use crate::outcome::Task;
use crate::signature::{COMBINED, Seal, Signed, Worth};
use crate::testable::{EventTestable, Problem, Signing, Termination, Validity, Words};

/// Among more generals there are too many quorums that could sign a certificate.
const MOST_GENERALS: usize = 13;

impl EventTestable for HotStuff {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        if !graph.is_complete() {
            return Err("HotStuff needs everybody to hear everybody".to_owned());
        }
        let n = graph.n();
        if n > MOST_GENERALS {
            return Err(format!(
                "HotStuff has too many certificates among more than {MOST_GENERALS} generals"
            ));
        }
        let problem = Problem::new(Task::Consensus, Order::first(2), Validity::any_value());
        Ok(problem.deciding(match self.live {
            true => Termination::IfLoyal(leader(self.views, n)),
            false => Termination::Free,
        }))
    }

    /// Messages from and to the leader, with any certificate, combined or not, and an order that extends it; nothing
    /// else is said.
    fn alphabet(&self, n: usize, from: General, to: General) -> Vec<HotStuffMessage> {
        let quorums = || Generals::first(n).subsets(self.threshold(n).min(n));
        let certified = |phase: u32, view: u32, order: Order| {
            let of = move |signers| Certificate { phase, view, order, signers };
            [Generals::NONE].into_iter().chain(quorums()).map(of)
        };
        let justified =
            |before: u32, order: Order| (1..before).flat_map(move |view| certified(0, view, order));
        let orders = || Order::first(2).into_iter();
        let mut said = Vec::new();
        for view in 1..=self.views {
            let steps = || itertools::iproduct!(0..self.phases, orders());
            if leader(view, n) == to {
                let votes = steps().map(|(phase, order)| Vote { phase, view, order, by: from });
                said.extend(votes);
                if view > 1 {
                    let known = orders().flat_map(|order| justified(view, order)).map(Some);
                    said.extend(known.chain([None]).map(|known| NewView(view, known)));
                }
            }
            if leader(view, n) == from {
                for order in orders() {
                    let justified = justified(view, order).map(Some).chain([None]);
                    said.extend(justified.map(|justify| Prepare(view, order, justify)));
                }
                let shown = steps().flat_map(|(phase, order)| certified(phase, view, order));
                said.extend(shown.map(Certified));
            }
        }
        said
    }

    fn signing(&self) -> &dyn Signing<HotStuffMessage> {
        self
    }

    fn words(&self) -> &dyn Words<HotStuffMessage, HotStuffState> {
        self
    }
}

impl Signing<HotStuffMessage> for HotStuff {
    /// Each message contains signatures for an order in a phase of a view.
    fn signatures(&self, said: &HotStuffMessage) -> Vec<Signed> {
        let signed = |phase: u32, view: u32, order: Order, signers: Generals| {
            let signers = if signers.is_empty() { signers.with(COMBINED) } else { signers };
            let view = if self.unsigned_view { String::new() } else { format!(" {view}") };
            let statement = format!("{phase}{view} {order}").into_bytes().into_boxed_slice();
            let signed = signers.iter().map(|by| Signed { by, statement: statement.clone() });
            signed.collect()
        };
        match *said {
            Vote { phase, view, order, by } => signed(phase, view, order, Generals::NONE.with(by)),
            NewView(_, Some(qc)) | Prepare(_, _, Some(qc)) | Certified(qc) => {
                signed(qc.phase, qc.view, qc.order, qc.signers)
            }
            NewView(_, None) | Prepare(_, _, None) => Vec::new(),
        }
    }

    /// A combined signature does not show who signed.
    fn seals(&self, said: &HotStuffMessage) -> Vec<Seal> {
        let signers = match *said {
            Vote { by, .. } => Generals::NONE.with(by),
            NewView(_, Some(qc)) | Prepare(_, _, Some(qc)) | Certified(qc) => qc.signers,
            NewView(_, None) | Prepare(_, _, None) => Generals::NONE,
        };
        signers.iter().map(|by| Seal { by, worth: Worth::Genuine }).collect()
    }
}

impl HotStuff {
    /// The name of the phase with this number; the one after the last is DECIDE.
    fn phase_name(self, phase: u32) -> String {
        match (phase, self.phases) {
            (0, _) => "PREPARE".to_owned(),
            (phase, phases) if phase >= phases => "DECIDE".to_owned(),
            (phase, phases) if phase + 1 == phases => "COMMIT".to_owned(),
            (1, _) => "PRE-COMMIT".to_owned(),
            (phase, _) => format!("PRE-COMMIT {phase}"),
        }
    }
}

/// The signers of a certificate that is still to be combined.
fn by(signers: Generals) -> String {
    if signers.is_empty() {
        String::new()
    } else {
        format!(" (signed by {})", signers.numbered("general"))
    }
}

/// "1: PREPARE ATTACK", "2: PREPARE ATTACK, prepared in view 1", "1: COMMIT ATTACK (signed by generals 0, 1 and 2)",
/// "2: NEW-VIEW, prepared ATTACK in view 1", "1: signs COMMIT ATTACK".
impl Words<HotStuffMessage, HotStuffState> for HotStuff {
    fn name(&self) -> String {
        let phases = match self.phases {
            1 => "one-phase ".to_owned(),
            2 => "two-phase ".to_owned(),
            3 => String::new(),
            phases => format!("{phases}-phase "),
        };
        let lock = match self.lock {
            LockRule::Later => "",
            LockRule::Certified => " that any certificate unlocks",
            LockRule::Never => " without its lock",
        };
        let view = if self.unsigned_view { " that does not sign the view" } else { "" };
        format!("{phases}HotStuff{lock}{view}, {}", many(u64::from(self.views), "view"))
    }

    fn tell(&self, _: General, said: &HotStuffMessage) -> String {
        match *said {
            NewView(view, None) => format!("{view}: NEW-VIEW, prepared nothing"),
            NewView(view, Some(Certificate { view: before, order, signers, .. })) => {
                format!("{view}: NEW-VIEW, prepared {order} in view {before}{}", by(signers))
            }
            Prepare(view, order, None) => format!("{view}: PREPARE {order}"),
            Prepare(view, order, Some(Certificate { view: before, signers, .. })) => {
                format!("{view}: PREPARE {order}, prepared in view {before}{}", by(signers))
            }
            Certified(Certificate { phase, view, order, signers }) => {
                let next = self.phase_name(phase + 1);
                format!("{view}: {next} {order}{}", by(signers))
            }
            Vote { phase, view, order, .. } => {
                format!("{view}: signs {} {order}", self.phase_name(phase))
            }
        }
    }

    fn explain(&self, state: &HotStuffState) -> Vec<String> {
        let HotStuffState { view, awaits, prepared, locked, new_views, collects, .. } = state;
        let lock = match locked {
            Some((view, order)) => format!("locked on {order} in view {view}"),
            None => "not locked".to_owned(),
        };
        let awaited = match *awaits {
            0 => "waits for PREPARE".to_owned(),
            awaits if awaits > self.phases => "has seen DECIDE".to_owned(),
            awaits => format!("waits for {}", self.phase_name(awaits)),
        };
        let mut lines = vec![format!("view {view}: {lock}; {awaited}")];
        if let Some(Certificate { view, order, .. }) = prepared {
            lines.push(format!("prepared {order} in view {view}"));
        }
        for (view, (generals, _)) in new_views {
            lines.push(format!("NEW-VIEW of view {view} from {}", generals.numbered("general")));
        }
        for Certificate { phase, view, order, .. } in state.early.values() {
            lines.push(format!("puts off {view}: {} {order}", self.phase_name(phase + 1)));
        }
        if let Some(Certificate { phase, order, signers, .. }) = collects {
            let (phase, signers) = (self.phase_name(*phase), signers.numbered("general"));
            lines.push(format!("leads: {phase} {order} is signed by {signers}"));
        }
        lines
    }
}
