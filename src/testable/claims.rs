//! What the author of a protocol claims of it: that it is the recursion of OM(m), that generals are alike
//! to it, that its last round is monotone.

use std::fmt;

use crate::general::{General, Generals, Swap};

/// What the author claims of a protocol beyond what its code says. A search believes it and has less
/// to do; each claim has a test, which is worth as much as the search is then.
///
/// | claim | what it is good for | its test |
/// |---|---|---|
/// | [`recursive`](Claims::recursive) | it can be searched by composition | `turncoat::assert_recursive` |
/// | [`symmetric`](Claims::symmetric) | of what can be renamed one stands for all | `turncoat::assert_symmetric` |
/// | [`monotone`](Claims::monotone) | the last round is searched by its extremes | `turncoat::assert_monotone` |
///
/// ```
/// use turncoat::{Claims, OralMessages, Testable};
///
/// let protocol = OralMessages::new(1);
/// let Claims { recursion, symmetry, monotone, .. } = protocol.claims();
/// assert!(recursion.is_some() && symmetry.is_some() && monotone);
/// ```
#[non_exhaustive]
pub struct Claims<'a, V, M, S> {
    /// The same protocol as a recursion, if it is one.
    pub recursion: Option<&'a dyn Recursive<V, M>>,
    /// How generals are renamed, if some of them are alike to it.
    pub symmetry: Option<&'a dyn Symmetric<M, S>>,
    /// Whether the decision rises with what is heard in the last round.
    pub monotone: bool,
}

impl<'a, V, M, S> Claims<'a, V, M, S> {
    /// Nothing is claimed.
    #[must_use]
    pub fn none() -> Claims<'a, V, M, S> {
        Claims { recursion: None, symmetry: None, monotone: false }
    }

    /// The same protocol as a recursion: then it can be searched by composition.
    #[must_use]
    pub fn recursive(self, recursion: &'a dyn Recursive<V, M>) -> Claims<'a, V, M, S> {
        Claims { recursion: Some(recursion), ..self }
    }

    /// How generals are renamed who are alike to it: then of what can be renamed into each other one
    /// stands for all.
    #[must_use]
    pub fn symmetric(self, symmetry: &'a dyn Symmetric<M, S>) -> Claims<'a, V, M, S> {
        Claims { symmetry: Some(symmetry), ..self }
    }

    /// Whether the decision rises with what is heard in the last round: if there a traitor fills a slot
    /// of the [repertoire](crate::Testable::repertoire) with a higher message, nobody decides a lower
    /// value, whatever else is said, and neither is a fault brought about; and silence in a slot counts
    /// for no less than the lowest message that can stand there and for no more than the highest.
    /// Messages and decisions are compared by their `Ord`; no decision is lower than any.
    ///
    /// So it is where votes are counted and more for a value never help another one: in OM(m) over two
    /// orders, by any rule, and in the median. Then the decisions to which a general can be brought lie
    /// between two of them, and a search goes through no others in the last round
    /// (`turncoat::search::Reduction::Extremes`).
    #[must_use]
    pub fn monotone(self, monotone: bool) -> Claims<'a, V, M, S> {
        Claims { monotone, ..self }
    }
}

impl<V, M, S> Clone for Claims<'_, V, M, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V, M, S> Copy for Claims<'_, V, M, S> {}

impl<V, M, S> fmt::Debug for Claims<'_, V, M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Claims { recursion, symmetry, monotone } = self;
        f.debug_struct("Claims")
            .field("recursion", &recursion.is_some())
            .field("symmetry", &symmetry.is_some())
            .field("monotone", monotone)
            .finish()
    }
}

/// A broadcast of two values that is recursive as OM(m) is: what a general was told as a commander,
/// it relays to all who were not on the way, and acts as their commander; and what a lieutenant
/// takes is resolved from what it was told and from what it takes from each other lieutenant who
/// relays that (Lamport, Shostak, Pease 1982, section 3; the tree of EIG in Lynch, "Distributed
/// Algorithms", 6.2).
///
/// It describes the same protocol as [`Lockstep`](crate::Lockstep) does, and speaks of it only if
/// the two agree: `turncoat::assert_recursive` tests that.
///
/// ```
/// use turncoat::search::Engine;
/// use turncoat::{OralMessages, check};
///
/// let verdict = check(OralMessages::new(4)).generals(13).traitors(4).engine(Engine::Compositional);
/// assert!(verdict.run()?.holds());
/// # Ok::<(), turncoat::CheckError>(())
/// ```
pub trait Recursive<V, M>: Sync {
    /// How many generals the longest path among n generals names, the commander and m relays: as
    /// many as there are rounds.
    fn depth(&self, n: usize) -> usize;

    /// The message that tells this value on a path: who said it to whom, the commander first, and
    /// its sender last.
    fn relay(&self, path: &[General], value: &V) -> M;

    /// What a lieutenant takes who was told this itself, and takes that from what the others relay
    /// of it, in whatever order; there are no others at the end of a longest path.
    fn resolve(&self, told: &V, relayed: &[V]) -> V;

    /// What counts as told where nothing came.
    fn unheard(&self) -> V;
}

/// A protocol to which some generals are alike: if two of them change places, everything that
/// happens is the same but for their names. A search then goes through one of all traitor sets, and
/// of all states, that can be renamed into each other.
///
/// It is a claim about the code: what a general says, holds and decides may depend on who the others
/// are only as names (not: on whose number is lower). `turncoat::assert_symmetric` tests that.
///
/// Where messages are signed, signatures are renamed with those who made them: those in what can stand in
/// a slot of the [repertoire](crate::Testable::repertoire). What is claimed there is a little less: of what
/// each general can be brought to, whatever the traitors do, everything must be the same but for names.
/// In SM(m) a lieutenant relays the first of several chains, and who is heard first is a matter of numbers; but
/// traitors can see to it that any of them is the first. (That they can needs everybody to hear the
/// commander: on an incomplete graph no signed protocol is renamed.)
///
/// ```
/// use turncoat::search::Reduction;
/// use turncoat::{OralMessages, check};
///
/// let verdict = check(OralMessages::new(1)).generals(4).traitors(1).run()?;
/// assert!(verdict.reductions.contains(&Reduction::Renaming));
/// # Ok::<(), turncoat::CheckError>(())
/// ```
pub trait Symmetric<M, S>: Sync {
    /// Who of `n` generals are alike. (In a broadcast the commander is never one of them.)
    fn alike(&self, n: usize) -> Generals;

    /// What is said instead of this message when two generals have changed places.
    fn swapped_message(&self, message: &M, swap: Swap) -> M;

    /// What the one who stands there then holds instead of this state.
    fn swapped_state(&self, state: &S, swap: Swap) -> S;
}
