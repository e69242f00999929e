//! Strategies for proptest: settings, traitors, inputs, and whole attacks on any protocol. They shrink in terms of
//! the attack.
//!
//! ```
//! use proptest::prelude::*;
//! use turncoat::strategy::attacks;
//! use turncoat::{Setting, SignedMessages, prop_assert_holds};
//!
//! proptest! {
//!     # #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
//!     # /*
//!     #[test]
//!     # */
//!     fn two_traitors_are_survived(attack in attacks(SignedMessages::new(2), Setting::new(4, 2))) {
//!         prop_assert_holds!(SignedMessages::new(2), attack);
//!     }
//! }
//! # two_traitors_are_survived();
//! ```

mod attacks;
mod parts;
mod settings;

pub use self::attacks::{AttackTree, Attacks, attacks};
pub use self::parts::{forgeries, inputs, lies, schedules, traitors};
pub use self::settings::Settings;
use crate::artifacts::write_artifacts_of;
use crate::attack::AttackOn;
use crate::execution::run;
use crate::report::story::Story;
use crate::testable::Testable;

/// Checks that a protocol does all that is asked of it under an attack.
///
/// # Errors
///
/// If it does not, with the whole story; or if the attack does not fit the protocol.
///
/// ```
/// use std::collections::BTreeMap;
/// use turncoat::{Attack, General, Generals, OralMessages, Order, strategy};
///
/// let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
/// let attack = Attack::new(4, Generals::NONE, inputs);
/// assert_eq!(strategy::judged(&OralMessages::new(1), &attack), Ok(()));
/// ```
pub fn judged<P: Testable>(protocol: &P, attack: &AttackOn<P>) -> Result<(), String> {
    let execution = run(protocol, attack).map_err(|misfit| misfit.to_string())?;
    if execution.violation().is_none() {
        return Ok(());
    }
    let story = Story::in_brief(protocol, attack, &execution);
    Err(format!("{}\n\n{story}{}", story.setting, write_artifacts_of(protocol, attack, &execution)))
}

/// Fails the case of a property test, with the whole story, unless the protocol does all that is asked of it under
/// the attack: agreement, validity, its own demands. It must not panic, decide something that is not one of the
/// values, or accept a forgery, either. Use it within `proptest!`, like `prop_assert!`.
#[macro_export]
macro_rules! prop_assert_holds {
    ($protocol:expr, $attack:expr $(,)?) => {
        if let ::core::result::Result::Err(story) = $crate::strategy::judged(&$protocol, &$attack) {
            return ::core::result::Result::Err($crate::strategy::TestCaseError::fail(story));
        }
    };
}

pub use proptest::test_runner::TestCaseError;
