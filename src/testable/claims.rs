//! What the author of a protocol claims of it.

use std::fmt;

use super::{Recursive, Symmetric};

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
    /// Messages and values are compared by their `Ord`.
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
