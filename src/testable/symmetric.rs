//! Protocols to which generals are alike: what a search needs to know to rename them.

use crate::general::{Generals, Swap};

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
