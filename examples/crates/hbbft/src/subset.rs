//! Subset: which proposals count, by a broadcast and a binary agreement for each.

use std::sync::Arc;

use hbbft::NetworkInfo;
use hbbft::broadcast::Broadcast;
use hbbft::subset::{Message, MessageContent, Subset, SubsetOutput};
use turncoat::{Agreement, Outputs, StreamProblem, Task};

use super::agreement;
use super::driven::{Asked, Hbbft};

/// A proposal that counts, and whose; or nothing more.
type Made = Option<(usize, Vec<u8>)>;

/// What counts for both is the same; and nothing more than that, for whoever has all.
fn fits(one: &Outputs<Made>, other: &Outputs<Made>) -> bool {
    let is_wrong = |made: &Made, all: &[Made]| match made {
        Some((by, bytes)) if all.contains(&None) => !all.contains(&Some((*by, bytes.clone()))),
        Some((by, bytes)) => all.iter().flatten().any(|(who, what)| who == by && what != bytes),
        None => false,
    };
    let (one, other) = (one.list(), other.list());
    !one.iter().any(|made| is_wrong(made, other)) && !other.iter().any(|made| is_wrong(made, one))
}

impl Asked for Subset<usize, u8> {
    type Value = u8;
    type Made = Made;
    const NAME: &str = "Subset";

    fn problem() -> StreamProblem<Hbbft<Subset<usize, u8>>> {
        let problem = Outputs::safety(Task::Consensus, [1, 2]);
        problem.agreeing(Agreement::related("the same subset", fits))
    }

    fn node(keys: NetworkInfo<usize>) -> Subset<usize, u8> {
        Subset::new(Arc::new(keys), 0).expect("it can begin")
    }

    fn input(value: &u8) -> Vec<u8> {
        vec![*value]
    }

    fn made(output: SubsetOutput<usize>) -> Made {
        match output {
            SubsetOutput::Contribution(by, bytes) => Some((by, bytes)),
            SubsetOutput::Done => None,
        }
    }

    fn name(Message { proposer_id, content }: &Message<usize>) -> String {
        match content {
            MessageContent::Broadcast(said) => {
                format!("of {proposer_id}: {}", Broadcast::name(said))
            }
            MessageContent::Agreement(said) => {
                format!("on {proposer_id}: {}", agreement::Agreement::name(said))
            }
        }
    }

    fn tell(Message { proposer_id, content }: &Message<usize>) -> String {
        match content {
            MessageContent::Broadcast(said) => {
                format!("of {proposer_id}: {}", Broadcast::tell(said))
            }
            MessageContent::Agreement(said) => {
                format!("on {proposer_id}: {}", agreement::Agreement::tell(said))
            }
        }
    }

    /// Those of the agreement on each proposal.
    fn lies() -> Vec<Vec<Message<usize>>> {
        let on = |proposer_id, slot: Vec<_>| {
            let content = slot.into_iter().map(MessageContent::Agreement);
            content.map(|content| Message { proposer_id, content }).collect()
        };
        let lies = agreement::Agreement::lies;
        (0..4).flat_map(|by| lies().into_iter().map(move |slot| on(by, slot))).collect()
    }
}
