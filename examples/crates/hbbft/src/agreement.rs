//! Binary agreement: by a common coin, of which each has a share.

use std::sync::Arc;

use hbbft::NetworkInfo;
use hbbft::binary_agreement::{BinaryAgreement, Message, MessageContent, SbvMessage, bool_set};
use turncoat::{Outputs, StreamProblem, Task, Validity};

use super::driven::{Asked, Hbbft};

pub type Agreement = BinaryAgreement<usize, u8>;

impl Asked for Agreement {
    type Value = bool;
    type Made = bool;
    const NAME: &str = "BinaryAgreement";

    /// Where all propose the same, that is put out.
    fn problem() -> StreamProblem<Hbbft<Agreement>> {
        let mut problem = Outputs::safety(Task::Consensus, [false, true]);
        problem.validity = Validity::obeyed(|bit, made: &Outputs<bool>| {
            made.list().iter().all(|decided| decided == bit)
        });
        problem
    }

    fn node(keys: NetworkInfo<usize>) -> Agreement {
        BinaryAgreement::new(Arc::new(keys), 0).expect("it can begin")
    }

    fn input(bit: &bool) -> bool {
        *bit
    }

    fn made(bit: bool) -> bool {
        bit
    }

    /// [`Debug`](std::fmt::Debug) shows but the first bytes of a share.
    fn name(said: &Message) -> String {
        match &said.content {
            MessageContent::Coin(share) => {
                let bytes = bincode::serialize(share).expect("it can be sent");
                let share: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("epoch {}: Coin({share})", said.epoch)
            }
            _ => Self::tell(said),
        }
    }

    fn tell(Message { epoch, content }: &Message) -> String {
        match content {
            MessageContent::SbvBroadcast(said) => format!("epoch {epoch}: {said:?}"),
            MessageContent::Coin(_) => format!("epoch {epoch}: Coin"),
            content => format!("epoch {epoch}: {content:?}"),
        }
    }

    /// All that is said without a share of a coin, in the first epochs.
    fn lies() -> Vec<Vec<Message>> {
        let bits = [false, true];
        let sets = [bool_set::NONE, bool_set::FALSE, bool_set::TRUE, bool_set::BOTH];
        let bvals = bits.map(|bit| MessageContent::SbvBroadcast(SbvMessage::BVal(bit)));
        let slots = [
            vec![bvals[0].clone()],
            vec![bvals[1].clone()],
            bits.map(|bit| MessageContent::SbvBroadcast(SbvMessage::Aux(bit))).to_vec(),
            sets.map(MessageContent::Conf).to_vec(),
            bits.map(MessageContent::Term).to_vec(),
        ];
        let in_epoch = |slot: &Vec<MessageContent>, epoch| {
            slot.iter().map(|content| content.clone().with_epoch(epoch)).collect()
        };
        (0..3).flat_map(|epoch| slots.iter().map(move |slot| in_epoch(slot, epoch))).collect()
    }
}
