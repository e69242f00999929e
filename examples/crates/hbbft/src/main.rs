//! Hunts in hbbft's binary agreement: of the version that the manifest names.

use std::sync::Arc;
use std::time::Instant;

use hbbft::binary_agreement::{
    BinaryAgreement, Error, Message, MessageContent, SbvMessage, Step, bool_set,
};
use hbbft::{ConsensusProtocol, NetworkInfo, Target};
use rand::SeedableRng;
use rand::rngs::StdRng;
use turncoat::protocols::in_waves::AnyProtocol;
use turncoat::{
    General, Graph, Opaque, Outputs, Reactions, Regressions, Seat, StreamProblem, Task, hunt,
};

#[derive(Clone, Copy, Debug)]
struct Hbbft;

type Node = BinaryAgreement<usize, u8>;
type Does<'a> = &'a mut Reactions<Message, bool>;

/// Does what a step says.
fn follow(step: Result<Step<usize>, Error>, does: Does) {
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
    step.output.into_iter().for_each(|output| does.output(output));
    for fault in step.fault_log.0 {
        does.accuse(General::new(fault.node_id), fault.kind);
    }
}

impl Opaque for Hbbft {
    type Value = bool;
    type Output = bool;
    type Message = Message;
    type Node = Node;

    fn begin(&self, seat: Seat, value: Option<&bool>, does: &mut Reactions<Message, bool>) -> Node {
        // The keys of all are dealt before anybody begins.
        let keys = NetworkInfo::generate_map(0..seat.n, &mut StdRng::seed_from_u64(0));
        let keys = keys.expect("keys can be dealt").remove(&seat.me.id()).expect("one is mine");
        let mut node = BinaryAgreement::new(Arc::new(keys), 0).expect("it can begin");
        follow(node.propose(value.copied().unwrap_or_default()), does);
        node
    }

    fn receive(
        &self,
        node: &mut Node,
        from: General,
        said: &Message,
        does: &mut Reactions<Message, bool>,
    ) {
        let mut chance = StdRng::seed_from_u64(does.chance());
        let step = ConsensusProtocol::handle_message(node, &from.id(), said.clone(), &mut chance);
        follow(step, does);
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Hbbft>, String> {
        let mut problem = Outputs::problem(Task::Consensus, [false, true]);
        // Whether all decide is not asked.
        problem.demands.retain(|demand| demand.name != "done when all is quiet");
        Ok(problem)
    }

    /// All that is said without a share of a coin, in the first epochs.
    fn lies(&self, _n: usize, _from: General, _to: General) -> Vec<Vec<Message>> {
        let bits = [false, true];
        let sets = [bool_set::NONE, bool_set::FALSE, bool_set::TRUE, bool_set::BOTH];
        let in_epoch = |epoch| {
            let bvals = bits.map(|bit| MessageContent::SbvBroadcast(SbvMessage::BVal(bit)));
            let said = [
                vec![bvals[0].clone()],
                vec![bvals[1].clone()],
                bits.map(|bit| MessageContent::SbvBroadcast(SbvMessage::Aux(bit))).to_vec(),
                sets.map(MessageContent::Conf).to_vec(),
                bits.map(MessageContent::Term).to_vec(),
            ];
            said.map(|slot| slot.into_iter().map(|content| content.with_epoch(epoch)).collect())
        };
        (0..3).flat_map(in_epoch).collect()
    }

    /// [`Debug`] shows but the first bytes of a share.
    fn name(&self, said: &Message) -> String {
        let bytes = bincode::serialize(said).expect("it can be sent");
        let share: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match said.content {
            MessageContent::Coin(_) => format!("epoch {}: Coin({share})", said.epoch),
            _ => self.tell(General::COMMANDER, said),
        }
    }

    fn tell(&self, _: General, Message { epoch, content }: &Message) -> String {
        match content {
            MessageContent::SbvBroadcast(SbvMessage::BVal(bit)) => {
                format!("epoch {epoch}: BVal({bit})")
            }
            MessageContent::SbvBroadcast(SbvMessage::Aux(bit)) => {
                format!("epoch {epoch}: Aux({bit})")
            }
            MessageContent::Coin(_) => format!("epoch {epoch}: Coin"),
            content => format!("epoch {epoch}: {content:?}"),
        }
    }
}

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| given.get(place).map(|number| number.parse().expect("a number"));
    let (cases, seeds) = (number(0).unwrap_or(100_000), number(1).unwrap_or(1));
    let is_wrong = env!("CARGO_PKG_NAME").contains("0-1-0");

    // What was found once breaks the version that is wrong, and not the one that is not.
    let stored = concat!(env!("CARGO_MANIFEST_DIR"), "/../hbbft-0.1.0/attacks");
    let hbbft = Hbbft.tested();
    let replayed = Regressions::in_dir(stored).replay(&hbbft);
    println!("{replayed}");
    let broken = replayed.broken().count();
    assert_eq!(broken, if is_wrong { replayed.attacks.len() } else { 0 });

    for (seed, traitors) in (0..seeds).flat_map(|seed| [(seed, 0), (seed, 1)]) {
        let start = Instant::now();
        let asked = hunt(&hbbft).generals(4).traitors(traitors).cases(cases).seed(seed);
        let hunted = asked.run().expect("it can be hunted in");
        println!("{hunted}\nseed {seed}: {} in {:?}\n", hunted.name(), start.elapsed());
        if let (Some(found), Some(directory)) = (hunted.counterexample(), given.get(2)) {
            let kept = Regressions::in_dir(directory).keep(&"Hbbft", &found.attack);
            println!("kept in {}\n", kept.expect("it can be kept").display());
        }
    }
}
