//! Hunts in OmniPaxos, where nobody is a traitor and messages are lost: `omnipaxos-under-loss CASES SEEDS DIRECTORY`.

#[path = "../../hunted.rs"]
mod hunted;

use hunted::{hunted, replayed};
use omnipaxos::messages::Message;
use omnipaxos::storage::{Entry, NoSnapshot};
use omnipaxos::util::LogEntry;
use omnipaxos::{ClusterConfig, OmniPaxos, ServerConfig};
use omnipaxos_storage::memory_storage::MemoryStorage;
use turncoat::{General, Graph, Opaque, Outputs, Reactions, Seat, StreamProblem, Task, Timer};

/// So often each node ticks.
const TICKS: u32 = 16;

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Command(u8);

impl Entry for Command {
    type Snapshot = NoSnapshot;
}

struct Node {
    paxos: OmniPaxos<Command, MemoryStorage<Command>>,
    decided: u64,
}

#[derive(Clone, Copy, Debug)]
struct Paxos;

type Does<'a> = &'a mut Reactions<Message<Command>, u8>;

/// Sends what is to be sent, and puts out what is decided.
fn follow(node: &mut Node, does: Does) {
    #[cfg(feature = "old")]
    let messages = node.paxos.outgoing_messages();
    #[cfg(not(feature = "old"))]
    let mut messages = Vec::new();
    #[cfg(not(feature = "old"))]
    node.paxos.take_outgoing_messages(&mut messages);
    for message in messages {
        // Before there is a leader it sends to node 0, which is nobody.
        match message.get_receiver().checked_sub(1) {
            Some(to) => does.send(General::new(to as usize), message),
            None => does.refuse("it sends to nobody"),
        }
    }
    for entry in node.paxos.read_decided_suffix(node.decided as _).unwrap_or_default() {
        if let LogEntry::Decided(Command(command)) = entry {
            does.output(command);
            node.decided += 1;
        }
    }
}

impl Opaque for Paxos {
    type Value = u8;
    type Output = u8;
    type Message = Message<Command>;
    type Node = Node;

    fn begin(&self, seat: Seat, command: Option<&u8>, does: Does) -> Node {
        let nodes = (1..=seat.n as u64).collect();
        let all = ClusterConfig { configuration_id: 1, nodes, flexible_quorum: None };
        let pid = seat.me.id() as u64 + 1;
        let me = ServerConfig {
            pid,
            election_tick_timeout: 1,
            resend_message_tick_timeout: 2,
            ..ServerConfig::default()
        };
        let paxos = all.build_for_server(me, MemoryStorage::default()).expect("it can begin");
        let mut node = Node { paxos, decided: 0 };
        if let Some(command) = command {
            // Each appends two, by which they are told apart.
            for number in 0..2 {
                let command = Command(command * 100 + 10 * seat.me.id() as u8 + number);
                if node.paxos.append(command).is_err() {
                    does.refuse("it can't append");
                }
            }
        }
        does.set_timer(0);
        follow(&mut node, does);
        node
    }

    fn receive(&self, node: &mut Node, _: General, message: &Message<Command>, does: Does) {
        node.paxos.handle_incoming(message.clone());
        follow(node, does);
    }

    fn timer(&self, node: &mut Node, tick: Timer, does: Does) {
        if tick < TICKS {
            does.set_timer(tick + 1);
        }
        node.paxos.tick();
        follow(node, does);
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Paxos>, String> {
        // The clocks stop, so nobody need decide.
        Ok(Outputs::safety(Task::Consensus, [1]))
    }

    fn in_order(&self) -> bool {
        true
    }

    fn waves(&self, _: usize) -> usize {
        96
    }
}

fn main() {
    let version = env!("CARGO_PKG_NAME");
    // What the mended one says has other names: so it has no attacks of its own.
    replayed(Paxos, concat!(env!("CARGO_MANIFEST_DIR"), "/attacks"), true);
    hunted(version, Paxos, 3, 0, 100_000);
}
