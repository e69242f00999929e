//! One height of consensus: a coroutine that asks its host for effects, each of which is answered on the spot.

use turncoat::{General, Graph, Opaque, Outputs, Reactions, Seat, StreamProblem, Task, Timer};

use super::consensus::{
    Effect, Error, Input, LivenessMsg, LocallyProposedValue, Resume, SignedConsensusMsg, State,
    process,
};
use super::context::{AllSeated, Ctx, Number, Voted};
use super::said;
use super::types::{NilOrVal, SignedMessage, VoteType};

pub struct Node {
    state: State<Ctx>,
    proposes: Number,
}

#[derive(Clone, Copy, Debug)]
pub struct Consensus;

type Does<'a> = &'a mut Reactions<Input<Ctx>, u64>;

/// Handles an input, and what the host says to it meanwhile.
fn handle(node: &mut Node, input: Input<Ctx>, does: Does) {
    let mut inputs = vec![input];
    while let Some(input) = inputs.pop() {
        let done: Result<(), Error<Ctx>> = process!(
            input: input,
            state: &mut node.state,
            metrics: &(),
            with: effect => Ok::<_, Error<Ctx>>(answer(effect, node.proposes, &mut inputs, does))
        );
        done.unwrap_or_else(|error| does.refuse(error));
    }
}

/// Nobody can forge a signature here: so all are right.
fn answer(
    effect: Effect<Ctx>,
    proposes: Number,
    inputs: &mut Vec<Input<Ctx>>,
    does: Does,
) -> Resume<Ctx> {
    match effect {
        Effect::CancelAllTimeouts(_) => said::timers().for_each(|timer| does.cancel_timer(timer)),
        Effect::CancelTimeout(timeout, _) => {
            said::timer(timeout).into_iter().for_each(|timer| does.cancel_timer(timer));
        }
        Effect::ScheduleTimeout(timeout, _) => {
            said::timer(timeout).into_iter().for_each(|timer| does.set_timer(timer));
        }
        Effect::PublishConsensusMsg(SignedConsensusMsg::Vote(vote), _)
        | Effect::PublishLivenessMsg(LivenessMsg::Vote(vote), _) => {
            does.broadcast(Input::Vote(vote));
        }
        Effect::PublishConsensusMsg(SignedConsensusMsg::Proposal(proposal), _) => {
            does.broadcast(Input::Proposal(proposal));
        }
        Effect::PublishLivenessMsg(LivenessMsg::PolkaCertificate(polka), _) => {
            does.broadcast(Input::PolkaCertificate(polka));
        }
        Effect::PublishLivenessMsg(LivenessMsg::SkipRoundCertificate(certificate), _) => {
            does.broadcast(Input::RoundCertificate(certificate));
        }
        Effect::GetValue(height, round, ..) => {
            inputs.push(Input::Propose(LocallyProposedValue::new(height, round, proposes)));
        }
        Effect::SignVote(vote, _) => return Resume::SignedVote(SignedMessage::new(vote, ())),
        Effect::SignProposal(proposal, _) => {
            return Resume::SignedProposal(SignedMessage::new(proposal, ()));
        }
        Effect::VerifySignature(..) => return Resume::SignatureValidity(true),
        Effect::VerifyCommitCertificate(..)
        | Effect::VerifyPolkaCertificate(..)
        | Effect::VerifyRoundCertificate(..) => return Resume::CertificateValidity(Ok(())),
        Effect::ExtendVote(..) => return Resume::VoteExtension(None),
        Effect::Decide(certificate, ..) => does.output(certificate.value_id.0),
        other => return super::answered(other, does.seat().n),
    }
    Resume::Continue
}

/// The name of a certificate: all that is in it.
fn certificate(kind: &str, votes: impl Iterator<Item = Voted>) -> String {
    let votes: Vec<String> = votes.map(|vote| vote.to_string()).collect();
    format!("{kind}[{}]", votes.join(", "))
}

impl Opaque for Consensus {
    type Value = u64;
    type Output = u64;
    type Message = Input<Ctx>;
    type Node = Node;

    fn begin(&self, seat: Seat, value: Option<&u64>, does: Does) -> Node {
        let (state, input) = super::begin(Number(seat.me.id() as u64), AllSeated::of(seat.n));
        let mut node = Node { state, proposes: Number(value.copied().unwrap_or_default()) };
        handle(&mut node, input, does);
        node
    }

    fn receive(&self, node: &mut Node, _: General, said: &Input<Ctx>, does: Does) {
        handle(node, said.clone(), does);
    }

    fn timer(&self, node: &mut Node, timer: Timer, does: Does) {
        handle(node, Input::TimeoutElapsed(said::timeout(timer)), does);
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Consensus>, String> {
        Ok(Outputs::safety(Task::Consensus, said::VALUES))
    }

    fn lies(&self, n: usize, from: General, _to: General) -> Vec<Vec<Input<Ctx>>> {
        let proposal = |proposal| Input::Proposal(SignedMessage::new(proposal, ()));
        said::lies(n, from, proposal, |vote| Input::Vote(SignedMessage::new(vote, ())))
    }

    fn name(&self, said: &Input<Ctx>) -> String {
        match said {
            Input::Proposal(proposal) => proposal.message.to_string(),
            Input::Vote(vote) => vote.message.to_string(),
            Input::PolkaCertificate(it) => {
                let value = NilOrVal::Val(it.value_id);
                let (kind, round) = (VoteType::Prevote, it.round);
                let voted = |by| Voted { kind, round, value, by };
                certificate("POLKA", it.polka_signatures.iter().map(|vote| voted(vote.address)))
            }
            Input::RoundCertificate(it) => {
                let votes = it.round_signatures.iter().map(|vote| {
                    let (kind, value, by) = (vote.vote_type, vote.value_id, vote.address);
                    Voted { kind, round: it.round, value, by }
                });
                certificate(&format!("{:?} CERTIFICATE", it.cert_type).to_uppercase(), votes)
            }
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
