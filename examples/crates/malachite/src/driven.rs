//! One height of the driver. Its caller answers for it: it says who proposes in a round, and which value.

use turncoat::{General, Graph, Opaque, Outputs, Reactions, Seat, StreamProblem, Task, Timer};

use super::context::{AllSeated, Ctx, Number};
use super::driver::{Driver, Input, Output};
use super::said;
use super::types::{Context, Height, Round, SignedMessage, Validity};

pub struct Node {
    driver: Driver<Ctx>,
    proposes: Number,
}

#[derive(Clone, Copy, Debug)]
pub struct Malachite;

type Does<'a> = &'a mut Reactions<Input<Ctx>, u64>;

fn drive(node: &mut Node, input: Input<Ctx>, does: Does) {
    let outputs = match node.driver.process(input) {
        Ok(outputs) => outputs,
        Err(error) => return does.refuse(error),
    };
    for output in outputs {
        match output {
            Output::NewRound(_, round) => enter(node, round, does),
            Output::GetValue(_, round, _) => {
                drive(node, Input::ProposeValue(round, node.proposes), does);
            }
            Output::Propose(proposal) => does.send_to_all(proposed(proposal)),
            Output::Vote(vote) => does.send_to_all(Input::Vote(SignedMessage::new(vote, ()))),
            Output::ScheduleTimeout(timeout) => {
                said::timer(timeout).into_iter().for_each(|timer| does.set_timer(timer));
            }
            Output::Decide(_, proposal) => does.output(proposal.value.0),
        }
    }
}

/// A round begins: what was set in another one is cancelled.
fn enter(node: &mut Node, round: Round, does: Does) {
    said::timers().for_each(|timer| does.cancel_timer(timer));
    let all = AllSeated::of(does.seat().n);
    let proposer = Ctx.select_proposer(&all, Number::INITIAL, round).0;
    drive(node, Input::NewRound(Number::INITIAL, round, proposer), does);
}

fn proposed(proposal: <Ctx as Context>::Proposal) -> Input<Ctx> {
    Input::Proposal(SignedMessage::new(proposal, ()), Validity::Valid)
}

impl Opaque for Malachite {
    type Value = u64;
    type Output = u64;
    type Message = Input<Ctx>;
    type Node = Node;

    fn begin(&self, seat: Seat, value: Option<&u64>, does: Does) -> Node {
        let (me, all) = (Number(seat.me.id() as u64), AllSeated::of(seat.n));
        let driver = Driver::new(Ctx, Number::INITIAL, all, me, Default::default());
        let mut node = Node { driver, proposes: Number(value.copied().unwrap_or_default()) };
        enter(&mut node, Round::ZERO, does);
        node
    }

    fn receive(&self, node: &mut Node, _: General, said: &Input<Ctx>, does: Does) {
        drive(node, said.clone(), does);
    }

    fn timer(&self, node: &mut Node, timer: Timer, does: Does) {
        drive(node, Input::TimeoutElapsed(said::timeout(timer)), does);
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Malachite>, String> {
        Ok(Outputs::safety(Task::Consensus, said::VALUES))
    }

    fn lies(&self, n: usize, from: General, _to: General) -> Vec<Vec<Input<Ctx>>> {
        said::lies(n, from, proposed, |vote| Input::Vote(SignedMessage::new(vote, ())))
    }

    fn name(&self, said: &Input<Ctx>) -> String {
        match said {
            Input::Proposal(proposal, _) => proposal.message.to_string(),
            Input::Vote(vote) => vote.message.to_string(),
            other => format!("{other:?}"),
        }
    }

    fn tell(&self, from: General, said: &Input<Ctx>) -> String {
        said::told(self.name(said), from)
    }

    fn tell_timer(&self, timer: Timer) -> String {
        said::tell_timer(timer)
    }
}
