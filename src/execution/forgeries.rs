//! Which messages are forgeries: the protocol is asked once per wire.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::machine::{Machine, MessageId, Terms};
use crate::testable::{Forgery, Wire};

/// The forgeries of a protocol's repertoire, on the wires that were asked about.
#[derive(Default)]
pub(crate) struct Forgeries {
    known: RefCell<FxHashMap<Wire, FxHashMap<MessageId, &'static str>>>,
}

impl Forgeries {
    /// In which way a message is forged, if it is a forgery on this wire.
    pub fn label(
        &self,
        machine: &dyn Machine,
        terms: &Terms,
        wire: Wire,
        message: MessageId,
    ) -> Option<&'static str> {
        let mut known = self.known.borrow_mut();
        let labels = known.entry(wire).or_insert_with(|| {
            let repertoire = machine.repertoire(terms.n(), wire);
            let forgeries = repertoire.map(|repertoire| repertoire.forgeries).unwrap_or_default();
            let forgeries = forgeries.into_iter().rev();
            forgeries.map(|Forgery { label, message }| (message, label)).collect()
        });
        labels.get(&message).copied()
    }
}
