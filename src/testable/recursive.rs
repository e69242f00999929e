//! Protocols that are the recursion of OM(m): what a search of subtrees needs to know of them.

use crate::general::General;

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
