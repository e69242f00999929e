//! A view: what one loyal general was given and told, from which it may infer who the traitors are.

use serde::{Deserialize, Serialize};

use crate::general::General;
use crate::protocol::{Lockstep, Round};

/// What one loyal general was given, and everything that it was told, by whom and in which round. Anything that is
/// not listed was not said. (The order of the messages of a round is not part of the view.)
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(serialize = "V: Serialize, M: Serialize"))]
#[serde(bound(deserialize = "V: Deserialize<'de>, M: Deserialize<'de>"))]
pub struct LoyalView<V, M> {
    /// Whose view it is.
    pub general: General,
    /// Its input, if it was given one.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub input: Option<V>,
    /// What it was told.
    pub told: Vec<ToldMessage<M>>,
}

/// The views of generals who run a protocol.
pub type LoyalViewOf<P> = LoyalView<<P as Lockstep>::Value, <P as Lockstep>::Message>;

/// One message that a general was told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldMessage<M> {
    /// In which round it came.
    pub round: Round,
    /// By whom it was sent.
    pub from: General,
    /// What it said.
    pub message: M,
}

impl<V, M> LoyalView<V, M> {
    /// The same view with its values and messages written in another way. The function for messages also gets their
    /// positions.
    pub(crate) fn map<W, N, E>(
        self,
        value: impl FnOnce(V) -> Result<W, E>,
        mut message: impl FnMut(usize, M) -> Result<N, E>,
    ) -> Result<LoyalView<W, N>, E> {
        let LoyalView { general, input, told } = self;
        let told = told.into_iter().enumerate().map(|(place, told)| {
            let ToldMessage { round, from, message: said } = told;
            message(place, said).map(|message| ToldMessage { round, from, message })
        });
        let told = told.collect::<Result<_, _>>()?;
        Ok(LoyalView { general, input: input.map(value).transpose()?, told })
    }

    /// What one general told the viewer in a round.
    pub(crate) fn told_by(&self, round: Round, from: General) -> impl Iterator<Item = &M> {
        let told = self.told.iter().filter(move |told| (told.round, told.from) == (round, from));
        told.map(|told| &told.message)
    }
}

fn none<V>() -> Option<V> {
    None
}
