//! hbbft's protocols, which are all driven alike.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use hbbft::{ConsensusProtocol, CpStep, NetworkInfo, Target};
use rand::SeedableRng;
use rand::rngs::StdRng;
use turncoat::{General, Graph, Opaque, Plain, Reactions, Seat, StreamProblem};

/// What is special to one of them.
pub trait Asked:
    ConsensusProtocol<NodeId = usize, Message: Clone + 'static> + Sized + 'static
{
    type Value: Plain;
    type Made: Plain;
    const NAME: &str;
    fn problem() -> StreamProblem<Hbbft<Self>>;
    /// Nodes have numbers, and know their keys.
    fn node(keys: NetworkInfo<usize>) -> Self;
    fn input(value: &Self::Value) -> Self::Input;
    fn made(output: Self::Output) -> Self::Made;
    /// Messages of one name are one and the same.
    fn name(said: &Self::Message) -> String;
    fn tell(said: &Self::Message) -> String;
    /// See [`Opaque::lies`].
    fn lies() -> Vec<Vec<Self::Message>> {
        Vec::new()
    }
}

pub struct Hbbft<A>(PhantomData<fn() -> A>);

impl<A> Hbbft<A> {
    pub fn new() -> Hbbft<A> {
        Hbbft(PhantomData)
    }
}

impl<A: Asked> Debug for Hbbft<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(A::NAME)
    }
}

type Does<'a, A> = &'a mut Reactions<<A as ConsensusProtocol>::Message, <A as Asked>::Made>;

/// Does what a step says.
fn follow<A: Asked>(step: Result<CpStep<A>, A::Error>, does: Does<A>) {
    let step = match step {
        Ok(step) => step,
        Err(error) => return does.refuse(error),
    };
    for sent in step.messages {
        match sent.target {
            Target::All => does.broadcast(sent.message),
            Target::Node(to) => does.send(General::new(to), sent.message),
        }
    }
    step.output.into_iter().for_each(|output| does.output(A::made(output)));
    step.fault_log.0.into_iter().for_each(|it| does.accuse(General::new(it.node_id), it.kind));
}

impl<A: Asked> Opaque for Hbbft<A> {
    type Value = A::Value;
    type Output = A::Made;
    type Message = A::Message;
    type Node = A;

    fn begin(&self, seat: Seat, value: Option<&A::Value>, does: Does<A>) -> A {
        // The keys of all are dealt before anybody begins.
        let keys = NetworkInfo::generate_map(0..seat.n, &mut StdRng::seed_from_u64(0));
        let keys = keys.expect("keys can be dealt").remove(&seat.me.id()).expect("one is mine");
        let mut node = A::node(keys);
        if let Some(value) = value {
            let mut chance = StdRng::seed_from_u64(does.chance());
            follow::<A>(node.handle_input(A::input(value), &mut chance), does);
        }
        node
    }

    fn receive(&self, node: &mut A, from: General, said: &A::Message, does: Does<A>) {
        let mut chance = StdRng::seed_from_u64(does.chance());
        follow::<A>(node.handle_message(&from.id(), said.clone(), &mut chance), does);
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Hbbft<A>>, String> {
        Ok(A::problem())
    }

    fn lies(&self, _n: usize, _from: General, _to: General) -> Vec<Vec<A::Message>> {
        A::lies()
    }

    fn name(&self, said: &A::Message) -> String {
        A::name(said)
    }

    fn tell(&self, _: General, said: &A::Message) -> String {
        A::tell(said)
    }
}
