//! What a traitor can say on a wire, as the protocol's author describes it, or as far as it is
//! known.

use serde::Serialize;

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

/// What somebody who obeys would say on a wire, and what the repertoire of that wire has no place for.
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
    /// For each slot of the wire, every message that could stand there. In each slot a traitor
    /// says one of them, or nothing. A message belongs to one slot, and what the protocol says in
    /// any state that any run can reach must be among them, at most one message a slot. (Searching
    /// is fastest where the messages of each slot come together in the order of messages.)
    ///
    /// What a traitor would pass on that obeys, when another one has lied to it, and has no place here is
    /// not said, whatever would come of it; a search that meets that
    /// [says so](crate::verdict::Verdict::lacking).
    pub slots: Vec<Vec<M>>,
    /// What has no place on this wire (a second message in a slot, one of another round, one that
    /// is malformed): a traitor can throw in one of these a round and wire, beside all else.
    pub strays: Vec<M>,
    /// What no loyal general may ever accept on this wire: a traitor can throw in one of these
    /// instead of a stray. One that changes the state of a loyal general is a finding, so a
    /// protocol that only counts or keeps what it does not believe has none of these. (A traitor
    /// needs to have overheard the [signatures](crate::Signing::signatures) in it that are what they
    /// claim to be, and no others: that it has another one, which does not belong there, is taken
    /// for granted.)
    pub forgeries: Vec<Forgery<M>>,
    /// What else could be said is not known. Then a search listens to the protocol first: in runs
    /// with all inputs, and with traitors who recombine what they have heard in others. What the
    /// sender said in this round of any run is added to the slots, and what anybody said in any
    /// round to the strays.
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

    /// What is said on this wire is not known, and to be heard from the protocol itself.
    ///
    /// Lies of one's own are added to it: `Repertoire::unknown().with_strays(..)`, or
    /// `Repertoire { slots, ..Repertoire::unknown() }`.
    #[must_use]
    pub fn unknown() -> Repertoire<M> {
        Repertoire { unknown: true, ..Repertoire::silent() }
    }

    /// These slots, and nothing else.
    pub fn of(slots: impl IntoIterator<Item = Vec<M>>) -> Repertoire<M> {
        Repertoire { slots: slots.into_iter().collect(), ..Repertoire::silent() }
    }

    /// One slot, in which one of these can stand.
    pub fn one_of(messages: impl IntoIterator<Item = M>) -> Repertoire<M> {
        Repertoire::of([messages.into_iter().collect()])
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

    /// All of these, in no order; what stands there twice comes twice.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &M> {
        let forged = self.forgeries.iter().map(|forgery| &forgery.message);
        self.slots.iter().flatten().chain(&self.strays).chain(forged)
    }
}
