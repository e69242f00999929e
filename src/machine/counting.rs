//! For tests: a protocol whose messages are the numbers below 256, each numbered as itself.

use super::numbered::Numbered;
use crate::general::General;
use crate::graph::Graph;
use crate::protocol::{Lockstep, Round, Seat};
use crate::testable::{Problem, Testable};

/// A protocol that says nothing.
#[derive(Debug)]
pub(crate) struct Counting;

impl Lockstep for Counting {
    type Value = u32;
    type Decision = u32;
    type Message = u32;
    type State = ();

    fn rounds(&self, _: usize) -> usize {
        1
    }
    fn start(&self, _: Seat, _: Option<&u32>) {}
    fn send(&self, (): &(), _: Round, _: General) -> impl IntoIterator<Item = u32> {
        None
    }
    fn receive(&self, (): &mut (), _: Round, _: General, _: &u32) {}
    fn decide(&self, (): &()) -> Option<u32> {
        Some(0)
    }
}

impl Testable for Counting {
    fn problem(&self, _: &Graph) -> Result<Problem<u32>, String> {
        Ok(Problem::broadcast([0]))
    }
}

/// The protocol, with its messages numbered.
pub(crate) fn counting() -> Numbered<'static, Counting> {
    let numbered = Numbered::new(Counting);
    (0..256).for_each(|message| assert_eq!(numbered.number_message(message).0, message));
    numbered
}
