//! What the author claims of a protocol: that it is a recursion like OM(m), that generals are interchangeable,
//! that its last round is monotone.

use std::fmt;

use crate::general::{General, Generals, Swap};

/// What the author claims of a protocol beyond its code. A search relies on these claims to have less to do. Each
/// claim has a test, and a verdict that relies on a claim is only as good as that test.
///
/// | claim | what it is good for | its test |
/// |---|---|---|
/// | [`recursive`](Claims::recursive) | it can be searched by composition | `turncoat::assert_recursive` |
/// | [`symmetric`](Claims::symmetric) | one representative per symmetry class | `turncoat::assert_symmetric` |
/// | [`monotone`](Claims::monotone) | only extremes are tried in the last round | `turncoat::assert_monotone` |
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
    /// How generals are renamed, if some of them are interchangeable.
    pub symmetry: Option<&'a dyn Symmetric<M, S>>,
    /// Whether the decision rises with what is heard in the last round: see the method of this name.
    pub monotone: bool,
}

impl<'a, V, M, S> Claims<'a, V, M, S> {
    /// Nothing is claimed.
    #[must_use]
    pub fn none() -> Claims<'a, V, M, S> {
        Claims { recursion: None, symmetry: None, monotone: false }
    }

    /// Claims that the protocol is this recursion: then it can be searched by composition.
    #[must_use]
    pub fn recursive(self, recursion: &'a dyn Recursive<V, M>) -> Claims<'a, V, M, S> {
        Claims { recursion: Some(recursion), ..self }
    }

    /// Claims that generals are interchangeable, and says how they are renamed: then the search explores one
    /// representative of each symmetry class.
    #[must_use]
    pub fn symmetric(self, symmetry: &'a dyn Symmetric<M, S>) -> Claims<'a, V, M, S> {
        Claims { symmetry: Some(symmetry), ..self }
    }

    /// Claims whether the decision rises with what is heard in the last round. That means: if a traitor fills a slot
    /// of the [repertoire](crate::Testable::repertoire) with a higher message in that round, then, whatever else is
    /// said, nobody decides a lower value, and no fault is caused; and silence in a slot counts for no less than the
    /// lowest message that can stand there, and for no more than the highest. Messages and decisions are compared by
    /// their `Ord`; not to decide is lower than any decision.
    ///
    /// That is so where votes are counted and more votes for a value never help another one: in OM(m) over two
    /// orders, by any rule, and in the median. Then each decision that a general can be brought to lies between those
    /// that the lowest and the highest messages lead to, and a search tries no other messages in the last round
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

/// A broadcast of two values that is recursive as OM(m) is. A general relays what it was told to all who are not on
/// the message's path yet, and acts as their commander. A lieutenant's value is resolved from what it was told
/// itself and from the value that it takes from each other lieutenant who relays the same (Lamport, Shostak, Pease
/// 1982, section 3; the tree of EIG in Lynch, "Distributed Algorithms", 6.2).
///
/// It describes the same protocol as [`Lockstep`](crate::Lockstep) does. What it shows is true of that code only
/// if the two agree: `turncoat::assert_recursive` tests that.
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
    /// How many generals the longest path names among n generals, the commander included: as many as there are
    /// rounds.
    fn depth(&self, n: usize) -> usize;

    /// The message that tells this value along a path: the generals who passed it on, the commander first and its
    /// sender last.
    fn relay(&self, path: &[General], value: &V) -> M;

    /// The value that a lieutenant takes, given what it was told itself and the values that it takes from the others
    /// who relay that, in any order. At the end of a longest path there are no others.
    fn resolve(&self, told: &V, relayed: &[V]) -> V;

    /// The value that silence counts as.
    fn unheard(&self) -> V;
}

/// A protocol to which some generals are interchangeable: if two of them change places, everything that happens is
/// the same except for their names. A search then explores one representative of all traitor sets, and of all
/// states, that can be renamed into each other.
///
/// This is a claim about the code: what a general says, holds and decides may depend on the others only as names
/// (not, for example, on whose number is lower). `turncoat::assert_symmetric` tests that.
///
/// Where messages are signed, signatures are renamed with their signers, if they are in messages that can stand in
/// a slot of the [repertoire](crate::Testable::repertoire). The claim there is slightly weaker: the *outcomes* that
/// the traitors can bring each general to must be the same except for names. In SM(m) a lieutenant relays the first
/// of several chains, and which comes first depends on the generals' numbers; but traitors can arrange for any of
/// them to be the first. (They can do so only if everybody hears the commander: on an incomplete graph no signed
/// protocol is renamed.)
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
    /// Which of `n` generals are interchangeable. (In a broadcast the commander never is.)
    fn alike(&self, n: usize) -> Generals;

    /// The message that is said instead of this one when two generals have changed places.
    fn swapped_message(&self, message: &M, swap: Swap) -> M;

    /// The state that the general in that place holds instead of this one when two generals have changed places.
    fn swapped_state(&self, state: &S, swap: Swap) -> S;
}
