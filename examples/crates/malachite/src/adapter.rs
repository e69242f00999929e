//! One height of the driver. Its caller answers for it: it says who proposes in a round, which value, and that what
//! comes from somebody is signed by that one.

use super::context::{AllSeated, Ctx, Number, Proposed, Voted};
use super::driver::{Driver, Input, Output};
use super::types::{
    Context, Height, NilOrVal, Round, SignedMessage, Timeout, TimeoutKind, Validity,
};
use turncoat::{General, Graph, Opaque, Outputs, Reactions, Seat, StreamProblem, Task, Timer};

/// The last round, counted from 0, in which traitors say something of their own.
const LAST: u32 = 2;

#[derive(Clone, Debug)]
pub enum Said {
    Proposal(Proposed),
    Vote(Voted),
}

pub struct Node {
    driver: Driver<Ctx>,
    proposes: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct Malachite;

type Does<'a> = &'a mut Reactions<Said, u64>;

const KINDS: [TimeoutKind; 3] =
    [TimeoutKind::Propose, TimeoutKind::Prevote, TimeoutKind::Precommit];

fn drive(node: &mut Node, input: Input<Ctx>, does: Does) {
    let outputs = match node.driver.process(input) {
        Ok(outputs) => outputs,
        Err(error) => return does.refuse(error),
    };
    let me = does.seat().me;
    for output in outputs {
        match output {
            Output::NewRound(height, round) => enter(node, height, round, does),
            Output::GetValue(_, round, _) => {
                drive(node, Input::ProposeValue(round, Number(node.proposes)), does);
            }
            Output::Propose(proposal) => {
                does.broadcast(Said::Proposal(proposal.clone()));
                does.send(me, Said::Proposal(proposal));
            }
            Output::Vote(vote) => {
                does.broadcast(Said::Vote(vote.clone()));
                does.send(me, Said::Vote(vote));
            }
            Output::ScheduleTimeout(Timeout { kind, round }) => {
                let kind = KINDS.iter().position(|known| *known == kind);
                let round = round.as_u32().filter(|round| *round <= LAST);
                if let (Some(kind), Some(round)) = (kind, round) {
                    does.set_timer(round * 3 + kind as u32);
                }
            }
            Output::Decide(_, proposal) => does.output(proposal.value.0),
        }
    }
}

/// A round begins: what was set in another one is cancelled.
fn enter(node: &mut Node, height: Number, round: Round, does: Does) {
    (0..3 * (LAST + 1)).for_each(|timer| does.cancel_timer(timer));
    let proposer = u64::from(round.as_u32().unwrap_or(0)) % does.seat().n as u64;
    drive(node, Input::NewRound(height, round, Number(proposer)), does);
}

impl Opaque for Malachite {
    type Value = u64;
    type Output = u64;
    type Message = Said;
    type Node = Node;

    fn begin(&self, seat: Seat, value: Option<&u64>, does: &mut Reactions<Said, u64>) -> Node {
        let (me, all) = (Number(seat.me.id() as u64), AllSeated::of(seat.n));
        let driver = Driver::new(Ctx, Number::INITIAL, all, me, Default::default());
        let mut node = Node { driver, proposes: value.copied().unwrap_or_default() };
        enter(&mut node, Number::INITIAL, Round::ZERO, does);
        node
    }

    fn receive(
        &self,
        node: &mut Node,
        from: General,
        said: &Said,
        does: &mut Reactions<Said, u64>,
    ) {
        let from = Number(from.id() as u64);
        let (by, input) = match said.clone() {
            Said::Proposal(it) => {
                let proposer = u64::from(it.round.as_u32().unwrap_or(0)) % does.seat().n as u64;
                if it.by.0 != proposer {
                    return does.refuse("it is not its turn to propose");
                }
                (it.by, Input::Proposal(SignedMessage::new(it, ()), Validity::Valid))
            }
            Said::Vote(it) => (it.by, Input::Vote(SignedMessage::new(it, ()))),
        };
        if by != from {
            return does.refuse("it is signed by another one");
        }
        drive(node, input, does);
    }

    fn timer(&self, node: &mut Node, timer: Timer, does: &mut Reactions<Said, u64>) {
        let timeout = Timeout::new(Round::new(timer / 3), KINDS[timer as usize % 3]);
        drive(node, Input::TimeoutElapsed(timeout), does);
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Malachite>, String> {
        let mut problem = Outputs::problem(Task::Consensus, [10, 20]);
        // There are no rounds without end here, so nobody need decide.
        problem.demands.retain(|demand| demand.name != "done when all is quiet");
        Ok(problem)
    }

    /// All votes and proposals of the first rounds that a traitor can sign.
    fn lies(&self, n: usize, from: General, _to: General) -> Vec<Vec<Said>> {
        let (first, by) = (Number::INITIAL, Number(from.id() as u64));
        let values = [10, 20].map(Number);
        let votes = [NilOrVal::Nil].into_iter().chain(values.map(NilOrVal::Val));
        let mut lies = Vec::new();
        for round in 0..=LAST {
            let at = Round::new(round);
            lies.push(
                votes
                    .clone()
                    .map(|value| Ctx.new_prevote(first, at, value, by))
                    .map(Said::Vote)
                    .collect(),
            );
            lies.push(
                votes
                    .clone()
                    .map(|value| Ctx.new_precommit(first, at, value, by))
                    .map(Said::Vote)
                    .collect(),
            );
            let polkas = [Round::Nil].into_iter().chain((0..round).map(Round::new));
            let proposals = polkas.flat_map(|polka| {
                values.map(|value| Ctx.new_proposal(first, at, value, polka, by))
            });
            if round as usize % n == from.id() {
                lies.push(proposals.map(Said::Proposal).collect());
            }
        }
        lies
    }

    fn name(&self, said: &Said) -> String {
        let (Said::Proposal(Proposed { by, .. }) | Said::Vote(Voted { by, .. })) = said;
        format!("{} of general {by}", self.tell(General::COMMANDER, said))
    }

    fn tell(&self, _: General, said: &Said) -> String {
        match said {
            Said::Proposal(Proposed { round, value, pol_round: Round::Nil, .. }) => {
                format!("PROPOSAL({round}, {value})")
            }
            Said::Proposal(Proposed { round, value, pol_round, .. }) => {
                format!("PROPOSAL({round}, {value}, polka in {pol_round})")
            }
            Said::Vote(Voted { kind, round, value, .. }) => match value {
                NilOrVal::Nil => format!("{kind:?}({round}, nil)").to_uppercase(),
                NilOrVal::Val(value) => format!("{kind:?}({round}, {value})").to_uppercase(),
            },
        }
    }
}
