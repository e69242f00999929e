//! Broadcast: the commander's bytes, in shards that are decoded again.

use std::sync::Arc;

use hbbft::NetworkInfo;
use hbbft::broadcast::{Broadcast, Message};
use turncoat::{General, Outputs, StreamProblem, Task, Validity};

use super::driven::{Asked, Hbbft};

pub type Bytes = Vec<u8>;

impl Asked for Broadcast<usize> {
    type Value = Bytes;
    type Made = Bytes;
    const NAME: &str = "Broadcast";

    /// If one puts something out, all do; and it is what a loyal commander has sent.
    fn problem() -> StreamProblem<Hbbft<Broadcast<usize>>> {
        let mut problem = Outputs::problem(Task::Broadcast, [vec![1], vec![2]]);
        problem.validity = Validity::obeyed(|sent, made: &Outputs<Bytes>| {
            made.list().iter().all(|bytes| bytes == sent)
        });
        problem
    }

    fn node(keys: NetworkInfo<usize>) -> Broadcast<usize> {
        let commander = General::COMMANDER.id();
        Broadcast::new(Arc::new(keys), commander).expect("it can begin")
    }

    fn input(bytes: &Bytes) -> Bytes {
        bytes.clone()
    }

    fn made(bytes: Bytes) -> Bytes {
        bytes
    }

    /// What is not shown follows from the root of the tree.
    fn name(said: &Message) -> String {
        format!("{said:?}")
    }

    fn tell(said: &Message) -> String {
        Self::name(said)
    }
}
