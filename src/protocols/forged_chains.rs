//! Chains that must not be accepted: forged in every way that has a name, with that name as a label.
//!
//! Some contain a signature that a loyal general would have made elsewhere: on another order, or in another instance.
//! It is assumed that it was made there, so a protocol that does not check this is found out even in a single instance.

use std::fmt::Display;

use itertools::Itertools;

use super::chain::{Chain, Sealer, Session};
use crate::forgery::{Forge, Tampering};
use crate::general::{General, Generals};
use crate::protocol::Plain;
use crate::signature::Signatures;
use crate::testable::{Forgery, Wire};

/// The place where a chain is shown, and what would be right there.
#[derive(Debug)]
pub struct Place<'a, V> {
    /// How many generals there are.
    pub n: usize,
    /// The wire.
    pub wire: Wire,
    /// The possible orders.
    pub values: &'a [V],
    /// How many must have signed.
    pub length: usize,
}

/// A forged chain of this scheme.
type ForgedChain<V, S> = Forgery<Chain<V, <S as Signatures>::Signature>>;

/// The labels of forgeries that need no [`Tampering`].
pub const LABELS: [&str; 13] = [
    "the wrong key",
    "a signature from another message",
    "a signature from another instance",
    "a signature from another commander",
    "a chain cut",
    "a chain extended",
    "a chain reordered",
    "a signer repeated",
    "someone else than the commander first",
    "the receiver among the signers",
    "a chain too short for its round",
    "an empty chain",
    "an oversized chain",
];

impl<V> Place<'_, V> {
    /// Every way in which `length` generals could have signed: the commander first, and the receiver not among them.
    pub fn signers(
        &self,
        commander: General,
        length: usize,
    ) -> impl Iterator<Item = Vec<General>> + use<V> {
        let relays = Generals::first(self.n).without(commander).without(self.wire.to);
        let possible = length > 0 && self.wire.to != commander;
        let relays = possible.then(|| relays.iter().permutations(length.saturating_sub(1)));
        relays.into_iter().flatten().map(move |relays| [&[commander], &relays[..]].concat())
    }

    /// One such way, with the sender last if possible.
    fn usual(&self, commander: General, length: usize) -> Option<Vec<General>> {
        let sender_last = |signers: &Vec<General>| signers.last() == Some(&self.wire.from);
        let mut ways = self.signers(commander, length).peekable();
        let first = ways.peek().cloned();
        ways.find(sender_last).or(first)
    }
}

/// Forgeries of every kind that is possible in this place, for each order, all made from one chain as it would usually
/// come there. Where signatures bind too little to tell a forgery from a genuine chain, it is left out.
pub fn forgeries<V: Plain + Display, S: Forge>(
    sealer: &Sealer<S>,
    place: &Place<'_, V>,
) -> Vec<ForgedChain<V, S>> {
    let forger = Forger { sealer, place };
    let forged = place.values.iter().flat_map(|order| forger.all(order));
    let forged = forged.map(|(label, message)| Forgery { label, message });
    let forged = forged.filter(|forgery| !forger.is_sound(&forgery.message));
    forged.unique_by(|forgery| forgery.message.clone()).collect()
}

/// Makes forged chains.
struct Forger<'a, V, S> {
    sealer: &'a Sealer<S>,
    place: &'a Place<'a, V>,
}

pub(super) type ChainOf<V, S> = Chain<V, <S as Signatures>::Signature>;
type Labelled<V, S> = Vec<(&'static str, ChainOf<V, S>)>;

impl<V: Plain + Display, S: Forge> Forger<'_, V, S> {
    fn all(&self, order: &V) -> Labelled<V, S> {
        let usual = self.place.usual(self.commander(), self.place.length);
        let usual = usual.map(|signers| self.sealer.chain(order, signers));
        let with_false_signatures = usual.iter().flat_map(|chain| self.false_signatures(chain));
        let misshapen = usual.iter().flat_map(|chain| self.misshapen(chain));
        let misplaced = self.misplaced(order);
        let empty = Chain { order: order.clone(), links: Vec::new() };
        let empty = [("an empty chain", empty)];
        with_false_signatures.chain(misshapen).chain(misplaced).chain(empty).collect()
    }

    /// Forgeries with one signature that is not what it claims to be.
    fn false_signatures(&self, chain: &ChainOf<V, S>) -> Labelled<V, S> {
        let Forger { sealer: Sealer { scheme, session }, place } = self;
        let signers = chain.signers().collect_vec();
        let others = place.values.iter().find(|order| **order != chain.order);
        let everybody = Generals::first(place.n);
        let commander = everybody.without(session.commander).iter().next();
        let mut forged = Vec::new();
        for at in 0..signers.len() {
            let by = signers[at];
            let stated = |session: &Session, order| {
                let statements = session.statements(order, signers[..=at].iter().copied());
                statements.last().to_vec()
            };
            let here = stated(session, &chain.order);
            let mut put = |label, signature| forged.push((label, self.with(chain, at, signature)));
            if by != place.wire.from {
                put("the wrong key", scheme.sign(place.wire.from, &here));
            }
            if let Some(order) = others {
                let there = stated(session, order);
                put("a signature from another message", scheme.sign(by, &there));
            }
            let there = Session { instance: session.instance.wrapping_add(1), ..*session };
            let there = stated(&there, &chain.order);
            put("a signature from another instance", scheme.sign(by, &there));
            if let Some(commander) = commander {
                let there = stated(&Session { commander, ..*session }, &chain.order);
                put("a signature from another commander", scheme.sign(by, &there));
            }
            for how in Tampering::ALL {
                put(how.label(), scheme.tampered(how, by, &here));
            }
        }
        forged
    }

    /// Forgeries in which signatures are missing, superfluous, or in the wrong order.
    fn misshapen(&self, chain: &ChainOf<V, S>) -> Labelled<V, S> {
        let signers = chain.signers().collect_vec();
        let (order, length) = (&chain.order, signers.len());
        let signed = |signers: &[General]| self.sealer.chain(order, signers.iter().copied());
        let mut forged = Vec::new();
        // One more relay has signed, and one in the middle is removed.
        if let Some(longer) = self.place.usual(self.commander(), length + 1) {
            for at in 1..length {
                let mut cut = signed(&longer);
                cut.links.remove(at);
                forged.push(("a chain cut", cut));
            }
        }
        for at in 1..length {
            let mut reordered = chain.clone();
            reordered.links.swap(at - 1, at);
            forged.push(("a chain reordered", reordered));
        }
        if length > 1 {
            // The last general has signed the order, but not as a relay of the others.
            let mut extended = signed(&signers[..length - 1]);
            extended.links.extend(signed(&signers[length - 1..]).links);
            forged.push(("a chain extended", extended));
            for again in &signers[..length - 1] {
                let repeated = [&signers[..length - 1], &[*again]].concat();
                forged.push(("a signer repeated", signed(&repeated)));
            }
            // The sender can make this alone, once it has the beginning.
            if let Some(shorter) = self.place.usual(self.commander(), length - 1) {
                let again = shorter[length - 2];
                forged.push(("a signer repeated", signed(&[shorter, vec![again]].concat())));
            }
        }
        let more = vec![self.place.wire.from; self.place.n + 1 - length.min(self.place.n)];
        forged.push(("an oversized chain", signed(&[signers, more].concat())));
        forged
    }

    /// Chains of genuine signatures that do not belong on this wire in this round.
    fn misplaced(&self, order: &V) -> Labelled<V, S> {
        let Place { n, wire, length, .. } = *self.place;
        let commander = self.commander();
        let signed = |signers: &[General]| self.sealer.chain(order, signers.iter().copied());
        let mut forged = Vec::new();
        for shorter in 1..length {
            let signers = self.place.usual(commander, shorter);
            forged.extend(signers.map(|s| ("a chain too short for its round", signed(&s))));
        }
        let others = Generals::first(n).without(commander).without(wire.from).without(wire.to);
        if wire.from != commander && wire.to != commander {
            let signers = [wire.from].into_iter().chain(others.iter()).chain([commander]);
            let signers = signers.take(length).collect_vec();
            forged.push(("someone else than the commander first", signed(&signers)));
        }
        let receiver = Some(wire.to).filter(|to| *to != commander);
        let sender = Some(wire.from).filter(|from| *from != commander);
        let signers = [commander].into_iter().chain(receiver).chain(sender).chain(others.iter());
        let signers = signers.take(length).collect_vec();
        if signers.contains(&wire.to) {
            forged.push(("the receiver among the signers", signed(&signers)));
        }
        forged
    }

    /// Whether this is no forgery: a chain of enough different signers, the commander first, who have all signed
    /// exactly this.
    fn is_sound(&self, chain: &ChainOf<V, S>) -> bool {
        let signers: Generals = chain.signers().collect();
        chain.len() >= self.place.length
            && signers.len() == chain.len()
            && chain.signers().next() == Some(self.commander())
            && !signers.contains(self.place.wire.to)
            && *chain == self.sealer.chain(&chain.order, chain.signers())
    }

    /// The chain with one of its signatures replaced.
    fn with(&self, chain: &ChainOf<V, S>, at: usize, signature: S::Signature) -> ChainOf<V, S> {
        let mut changed = chain.clone();
        changed.links[at].signature = signature;
        changed
    }

    fn commander(&self) -> General {
        self.sealer.session.commander
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Order;
    use crate::protocols::signed::SignedMessages;
    use crate::signature::ed25519::Ed25519;

    /// How many forgeries there are for each label on all wires of SM(3) among five generals.
    fn labels<S: Forge>(protocol: &SignedMessages<Order, S>) -> Vec<(&'static str, usize)> {
        let wires = itertools::iproduct!(1..=4, 0..5, 0..5).filter(|(_, from, to)| from != to);
        let forgeries = wires.flat_map(|(round, from, to)| {
            let wire = Wire { round, from: General::new(from), to: General::new(to) };
            let place = Place { n: 5, wire, values: &Order::first(2), length: round };
            forgeries(protocol.sealer(), &place)
        });
        forgeries.map(|forgery| forgery.label).counts().into_iter().sorted().collect()
    }

    #[test]
    fn every_label_has_its_forgeries_whatever_the_scheme() {
        let ideal = SignedMessages::new(3);
        let of_ideal = labels(&ideal);
        assert_eq!(of_ideal.len(), LABELS.len() + Tampering::ALL.len());
        assert_eq!(of_ideal, labels(&ideal.signatures(Ed25519::from_seed(3))));
    }
}
