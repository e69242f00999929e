//! What the author claims of an event-driven protocol that has no last phase: that each phase is like the first.

/// Where phases have no end, messages are prepared for this many. In later phases randomly drawn traitors are
/// silent.
pub(crate) const PREPARED_PHASES: u32 = 4;

/// The phases (rounds, views) of a protocol that has no last one, and how each is like the first. The claims are
/// that
///
/// - a general begins in phase 1, and goes from each phase to the next;
/// - it puts off what it hears of a *later* phase: the effect is the same as if it heard that when the phase begins;
/// - it may answer what it hears of an *earlier* phase as if it were still in that phase, but nothing changes in its
///   present one;
/// - timers and coins are named by the number of their phase;
/// - when phases are renumbered, it does the same except for the number.
///
/// Then phases are searched one after the other, and once no new state is carried from one to the next, the verdict
/// speaks of *all* phases. That search tests the claims as it goes: with each message of an earlier phase, with how
/// each phase ends, and in every step (in a large search, in one step of eight) with messages of the next phase that
/// come too early. If a claim is wrong, the verdict says in one line in which step.
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

    /// The same message, said in this phase instead.
    fn said_in(&self, message: &M, phase: u32) -> M;

    /// The phase that a general is in.
    fn phase(&self, state: &S) -> u32;

    /// The state of a general in its second phase, as if that were the first: the first phase is forgotten, and the
    /// number of every other is one lower.
    fn renumbered(&self, state: &S) -> S;
}
