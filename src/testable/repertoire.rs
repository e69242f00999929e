//! What a traitor can say on a wire, as the protocol's author describes it, or as far as it is known.

use std::hash::Hash;

use itertools::Itertools;

use super::relisting::wrong_lists;
use super::signing::{ListedSignature, Signing};
use crate::general::General;
use crate::protocol::Round;

/// One wire in one round: what `from` says to `to`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Wire {
    /// The round in which it is used.
    pub round: Round,
    /// Who speaks.
    pub from: General,
    /// Who hears.
    pub to: General,
}

/// A message that the protocol would say on a wire, but that the repertoire of that wire has no place for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Lacking {
    /// The wire on which it would be said.
    #[serde(flatten)]
    pub wire: Wire,
    /// The message, as a person reads it.
    pub message: String,
}

/// What a traitor can say on one wire in one round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repertoire<M> {
    /// For each slot of the wire, every message that could stand there. In each slot a traitor says one of them, or
    /// nothing. A message belongs to one slot. The messages that the protocol says in any reachable state must be among
    /// them, at most one per slot. (Searching is fastest if the messages of each slot are contiguous in the order of
    /// messages.)
    ///
    /// A traitor who obeys, and to whom another traitor has lied, may have to pass on a message that has no place here.
    /// That message is not said, and its consequences are not explored; a search for small attacks that meets it
    /// [says so](crate::verdict::Verdict::lacking), and goes on.
    pub slots: Vec<Vec<M>>,
    /// Messages that have no place on this wire (a second message in a slot, one of another round, a malformed one). A
    /// traitor can add one of these per round and wire to what it says.
    pub strays: Vec<M>,
    /// Messages that no loyal general may ever accept on this wire. A traitor can add one of these instead of a stray.
    /// If one changes the state of a loyal general, that is a finding; so a protocol that counts or keeps even what it
    /// does not believe should list none. (A traitor must have overheard the genuine
    /// [signatures](crate::Signing::signatures) in a forgery, and no others: the signature that does not belong there
    /// it is assumed to have.)
    pub forgeries: Vec<Forgery<M>>,
    /// Whether it is unknown what else could be said. If so, a search first listens to the protocol in runs with all
    /// inputs, where traitors recombine what they have heard in other runs. What the sender said in this round of any
    /// run is added to the slots, and what anybody said in any round to the strays; so are the messages that can be
    /// made of those with other [signatures](crate::Signing::relisted).
    pub unknown: bool,
}

/// A message that must not be accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forgery<M> {
    /// In which way it is forged, in a few words: "the wrong key".
    pub label: &'static str,
    /// The message.
    pub message: M,
}

impl<M> Repertoire<M> {
    /// Nothing is ever said on this wire.
    #[must_use]
    pub fn silent() -> Repertoire<M> {
        let (slots, strays, forgeries) = (Vec::new(), Vec::new(), Vec::new());
        Repertoire { slots, strays, forgeries, unknown: false }
    }

    /// What is said on this wire is unknown, and is to be heard from the protocol itself.
    ///
    /// You can add lies of your own: `Repertoire::unknown().with_strays(..)`, or
    /// `Repertoire { slots, ..Repertoire::unknown() }`.
    #[must_use]
    pub fn unknown() -> Repertoire<M> {
        Repertoire { unknown: true, ..Repertoire::silent() }
    }

    /// These slots, and nothing else.
    pub fn of(slots: impl IntoIterator<Item = Vec<M>>) -> Repertoire<M> {
        Repertoire { slots: slots.into_iter().collect(), ..Repertoire::silent() }
    }

    /// One slot, for any one of these messages.
    pub fn one_of(messages: impl IntoIterator<Item = M>) -> Repertoire<M> {
        Repertoire::of([messages.into_iter().collect()])
    }

    /// Chains or certificates: a slot for each of these messages, in which it can stand with any of these lists of
    /// signers, who sign one after the other; [`relisted`](Signing::relisted) builds it, among n generals. The strays
    /// are lists with one thing wrong: a signature that is repeated, left out, out of order, by somebody who does not
    /// exist, or taken from another of these messages.
    ///
    /// ```
    /// use turncoat::{General, Generals, Order, Repertoire, SignedMessages, Testable};
    ///
    /// let protocol = SignedMessages::new(1);
    /// let (signing, orders) = (protocol.signing(), Order::first(2));
    /// let unsigned = orders.into_iter().map(|order| protocol.sealer().chain(&order, []));
    /// // What comes in the second round among three generals: the commander and a lieutenant have signed.
    /// let chains = [1, 2].map(|lieutenant| vec![General::COMMANDER, General::new(lieutenant)]);
    /// let repertoire = Repertoire::signed(signing, 3, unsigned, &chains);
    /// assert_eq!((repertoire.slots.len(), repertoire.slots[0].len()), (2, 2));
    /// // Of a certificate of two votes, whoever casts them, the lists would be these.
    /// let votes = Generals::first(3).subsets(2).map(|voters| voters.iter().collect());
    /// let votes: Vec<Vec<General>> = votes.collect();
    /// assert_eq!(votes.len(), 3);
    /// ```
    pub fn signed(
        signing: &dyn Signing<M>,
        n: usize,
        messages: impl IntoIterator<Item = M>,
        signers: &[Vec<General>],
    ) -> Repertoire<M>
    where
        M: Clone + Eq + Hash,
    {
        let signed = |message: M| {
            let signed = signers.iter().filter_map(|by| {
                let list = by.iter().map(|by| ListedSignature::MadeBy(*by)).collect_vec();
                Some((signing.relisted(&message, &list)?, by.clone()))
            });
            signed.collect_vec()
        };
        let slots = messages.into_iter().map(signed).collect_vec();
        let firsts = slots.iter().filter_map(|slot| slot.first());
        let firsts = firsts.map(|(message, by)| (message, by.clone())).collect_vec();
        let wrong = firsts.iter().flat_map(|&(message, ref by)| {
            let lists = wrong_lists(message, by, n, &firsts).into_iter();
            lists.filter_map(move |list| signing.relisted(message, &list))
        });
        let known = |message: &M| slots.iter().flatten().any(|(known, _)| known == message);
        let strays = wrong.filter(|message| !known(message)).unique().collect_vec();
        let messages = |slot: Vec<(M, _)>| slot.into_iter().map(|(message, _)| message).collect();
        Repertoire::of(slots.into_iter().map(messages)).with_strays(strays)
    }

    /// The same with these strays.
    #[must_use]
    pub fn with_strays(self, strays: impl IntoIterator<Item = M>) -> Repertoire<M> {
        Repertoire { strays: strays.into_iter().collect(), ..self }
    }

    /// The same with these forgeries.
    #[must_use]
    pub fn with_forgeries(self, forgeries: impl IntoIterator<Item = Forgery<M>>) -> Repertoire<M> {
        Repertoire { forgeries: forgeries.into_iter().collect(), ..self }
    }

    /// All messages, in no particular order; duplicates are kept.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &M> {
        let forged = self.forgeries.iter().map(|forgery| &forgery.message);
        self.slots.iter().flatten().chain(&self.strays).chain(forged)
    }
}
