//! What the author of an event-driven protocol without a last phase claims of it: that each phase is like the first.

/// What can be said is prepared for so many phases, where they have no end; beyond those traitors who are drawn at
/// random are silent.
pub(crate) const PREPARED_PHASES: u32 = 4;

/// The phases (rounds, views) of a protocol that has no last one, and how each is like the first. It is claimed
/// that
///
/// - a general begins in phase 1, and goes on from each to the next;
/// - what it hears of a *later* phase it puts off: to hear that at the beginning of that phase comes to the same;
/// - what it hears of an *earlier* phase it may answer in that phase, as if it were still in it, but changes nothing
///   in its own;
/// - timers and coins are named by the number of their phase;
/// - when phases are renumbered, what it does is the same but for the number.
///
/// Then phases are searched one after the other, and where no new state is carried from one to the next, the
/// verdict speaks of *all* phases. The claim is held against what the protocol does in that search: each message of an
/// earlier phase, how each phase ends, and in every step (in a large search, in one of eight) messages of the next
/// phase that come too early. Where it is wrong, one line says in which step.
///
/// ```
/// use turncoat::protocols::binary_agreement::Claim;
/// use turncoat::{BinaryAgreement, EventTestable, Order, check};
///
/// let protocol = BinaryAgreement::new();
/// let phases = protocol.phases().expect("it has no last round");
/// let said = Claim::Bval(1, Order::ATTACK);
/// assert_eq!(phases.phase_of(&said), 1);
/// assert_eq!(phases.said_in(&said, 3), Claim::Bval(3, Order::ATTACK));
///
/// let verdict = check(protocol).generals(4).traitors(1).run()?;
/// assert!(verdict.holds() && verdict.carried.is_some());
/// # Ok::<(), turncoat::CheckError>(())
/// ```
pub trait Phased<M, S> {
    /// The phase of a message; the first is 1.
    fn phase_of(&self, message: &M) -> u32;

    /// The same message, said in this phase.
    fn said_in(&self, message: &M, phase: u32) -> M;

    /// The phase that a general is in.
    fn phase(&self, state: &S) -> u32;

    /// The state of a general in its second phase, as if that were the first: the first is forgotten, and
    /// each phase has the number before.
    fn renumbered(&self, state: &S) -> S;
}
