//! Hunts in sn_consensus' agreement on one proposal of many (MVBA): `sn-consensus-under-the-traitor CASES SEEDS DIRECTORY`.

#[path = "../../hunted.rs"]
mod hunted;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use blsttc::SecretKeySet;
use hunted::{hunted, replayed};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sn_consensus::mvba::bundle::{Bundle, Outgoing};
use sn_consensus::mvba::consensus::Consensus;
use sn_consensus::mvba::error::Error;
use sn_consensus::mvba::tag::Domain;
use turncoat::{General, Graph, Opaque, Outputs, Reactions, Seat, StreamProblem, Task};

/// The keys of four nodes, of whom three sign together: they are dealt before anybody begins.
static KEYS: LazyLock<SecretKeySet> =
    LazyLock::new(|| SecretKeySet::random(2, &mut StdRng::seed_from_u64(0)));

#[derive(Debug)]
struct Mvba;

struct Node {
    consensus: Consensus<u8>,
    has_decided: bool,
}

type Does<'a> = &'a mut Reactions<Bundle<u8>, u8>;

/// Sends what is to be sent, and puts out what is decided.
fn follow(node: &mut Node, sent: Result<Vec<Outgoing<u8>>, Error>, does: Does) {
    match sent {
        Err(error) => does.refuse(error),
        Ok(sent) => sent.into_iter().for_each(|sent| match sent {
            Outgoing::Gossip(bundle) => does.send_to_all(bundle),
            Outgoing::Direct(to, bundle) => does.send(General::new(to), bundle),
        }),
    }
    if let Some(decision) = node.consensus.decided_proposal().filter(|_| !node.has_decided) {
        node.has_decided = true;
        does.output(decision.proposal);
    }
}

impl Opaque for Mvba {
    type Value = u8;
    type Output = u8;
    type Message = Bundle<u8>;
    type Node = Node;

    fn begin(&self, seat: Seat, value: Option<&u8>, does: Does) -> Node {
        let (domain, me) = (Domain::new("one", 0), seat.me.id());
        let (mine, all) = (KEYS.secret_key_share(me), KEYS.public_keys());
        let parties = (0..seat.n).collect();
        let consensus = Consensus::init(domain, me, mine, all, parties, |_, _| true);
        let mut node = Node { consensus, has_decided: false };
        let sent = node.consensus.propose(value.copied().unwrap_or_default());
        follow(&mut node, sent, does);
        node
    }

    fn receive(&self, node: &mut Node, from: General, said: &Bundle<u8>, does: Does) {
        if said.initiator != from.id() {
            return does.refuse("it is another one's");
        }
        let sent = node.consensus.process_bundle(said);
        follow(node, sent, does);
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Mvba>, String> {
        Ok(Outputs::safety(Task::Consensus, [1, 2]))
    }

    /// [`Debug`](std::fmt::Debug) shows but the first bytes of signatures.
    fn name(&self, said: &Bundle<u8>) -> String {
        let mut hasher = DefaultHasher::new();
        bincode::serialize(said).expect("it can be sent").hash(&mut hasher);
        format!("{said:?} {:016x}", hasher.finish())
    }

    fn tell(&self, _: General, said: &Bundle<u8>) -> String {
        format!("{said:?}")
    }
}

fn main() {
    replayed(Mvba, concat!(env!("CARGO_MANIFEST_DIR"), "/attacks"), true);
    hunted("sn_consensus 3.5.2", Mvba, 4, 0, 1_000);
    hunted("sn_consensus 3.5.2", Mvba, 4, 1, 1_000);
}
