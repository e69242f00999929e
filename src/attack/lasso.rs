//! How an attack goes on for ever.

use crate::protocol::Round;

/// How an attack on a protocol without a last phase goes on for ever: nobody has decided after the phases that it
/// shows, and the next phase begins like one of them, with the same states up to the names of generals and the number
/// of the phase.
///
/// So a stem leads to a cycle. Where there are common coins, the cycle has a branch for each face, and the attack
/// goes through all branches one after the other: each way in which a phase of the cycle begins is shown at least
/// twice. All of these agree up to the point where the coin may show its face, that is, where more loyal generals
/// have asked for it than there can be traitors. From there each face of the coin has its own continuation.
///
/// ```
/// use turncoat::{BinaryAgreement, Order, check};
///
/// let agreement = check(BinaryAgreement::new().live()).generals(4).traitors(1);
/// let found = agreement.assert_broken();
/// assert_eq!(found.violation.name(), "termination");
/// let lasso = found.attack.lasso.expect("it goes on for ever");
/// assert!(lasso.begins_as[lasso.phases()] >= lasso.from);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lasso {
    /// The phase with which the cycle begins.
    pub from: usize,
    /// For each phase, and for the one after the last phase shown: the first phase that begins like it.
    pub begins_as: Vec<usize>,
    /// For each phase, the wave in which it ends.
    pub ends: Vec<Round>,
}

impl Lasso {
    /// How many phases are shown.
    #[must_use]
    pub fn phases(&self) -> usize {
        self.ends.len()
    }

    /// The wave in which the last phase shown ends.
    #[must_use]
    pub fn last_wave(&self) -> Round {
        self.ends.last().copied().unwrap_or_default()
    }

    /// What is wrong with the lasso, if anything is.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let Lasso { from, begins_as, ends } = self;
        let is_first = |first: usize| first > 0 && begins_as.get(first - 1) == Some(&first);
        let is_earlier = |(first, phase): (&usize, usize)| *first <= phase && is_first(*first);
        let back = begins_as.last().is_some_and(|last| (*from..=ends.len()).contains(last));
        if ends.is_empty() || ends[0] == 0 || !ends.is_sorted_by(|one, next| one < next) {
            Some(
                "each phase must end in a later wave than the one before it, and one at least must be shown",
            )
        } else if begins_as.len() != ends.len() + 1 {
            Some("`begins_as` must have one number more than `ends`")
        } else if !begins_as.iter().zip(1..).all(is_earlier) {
            Some("`begins_as` must name the first phase that begins so: itself, or one before it")
        } else if *from == 0 || !back {
            Some("the phase after the last must begin like one from `from` on")
        } else {
            None
        }
    }

    /// The note where a phase begins: "phase 2 begins like phase 1".
    pub(crate) fn begun(&self, wave: Round) -> Option<String> {
        let before = self.ends.iter().position(|end| end + 1 == wave)?;
        let (phase, first) = (before + 2, self.begins_as.get(before + 1)?);
        let like = if *first == phase { String::new() } else { format!(" like phase {first}") };
        (phase <= self.phases()).then(|| format!("phase {phase} begins{like}"))
    }

    /// Why the execution goes on for ever, in two sentences.
    pub(crate) fn told(&self) -> String {
        let (last, begins) =
            (self.phases() + 1, self.begins_as.last().copied().unwrap_or_default());
        format!(
            "Phase {last} begins like phase {begins}, but for the names of generals, and so on for ever. However \
             a phase begins from phase {} on, the loyal are brought to the same up to its coin, and then each of \
             its faces is answered.",
            self.from
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_lasso_is_refused() {
        let lasso = |from, begins_as: &[usize], ends: &[usize]| Lasso {
            from,
            begins_as: begins_as.to_vec(),
            ends: ends.to_vec(),
        };
        assert_eq!(lasso(1, &[1, 1, 3, 1], &[4, 6, 9]).fault(), None);
        let wrong = [
            lasso(1, &[1], &[]),
            lasso(1, &[1, 1], &[0]),
            lasso(1, &[1, 1, 1], &[4, 4]),
            lasso(1, &[1, 1, 1], &[4]),
            lasso(1, &[1, 2, 2, 4], &[1, 2, 3]),
            lasso(1, &[2, 2], &[1]),
            lasso(0, &[1, 1], &[1]),
            lasso(2, &[1, 1, 1], &[1, 2]),
        ];
        for lasso in wrong {
            assert!(lasso.fault().is_some(), "{lasso:?}");
        }
    }
}
