//! Whether what the loyal can reach, each independently, violates a property. Only the decisions in each set count, at
//! any time and in quiet states, each with its least price: so the product of the sets is never formed.

use rustc_hash::FxHashMap;

use super::columns::{PhaseEnd, Possibility, Profile, ProfileId};
use super::locals::LocalId;
use super::mail::HeardPrice;
use crate::general::{General, Generals};
use crate::machine::DecisionId;
use crate::property::Property;
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::space::Space;

/// The cheapest violation by some choice of a local state for each general.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Breach {
    pub price: HeardPrice,
    /// The property that is violated; `None` for a fault.
    pub property: Option<Property>,
    /// For each loyal general, what it must reach for that.
    pub wanted: Vec<Wanted>,
}

/// What a general is to reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    /// This decision; if the flag is set, in a quiet state.
    Decision(Option<u32>, bool),
    /// A fault.
    Fault,
    /// This end of a phase.
    End(PhaseEnd),
    /// This local state.
    At(LocalId),
    /// Nothing in particular.
    Anything,
}

pub(super) struct ProductJudge<'a> {
    space: &'a Space<'a>,
    case: &'a InitialChoices,
    /// The generals whose decisions are judged, in this order.
    places: Vec<General>,
    judged: FxHashMap<Vec<ProfileId>, Option<Breach>>,
    violated: FxHashMap<(Vec<Option<u32>>, bool), Option<Property>>,
}

impl<'a> ProductJudge<'a> {
    /// A judge of what these generals reach. Those of them who are faulty have decided nothing.
    pub fn new(
        space: &'a Space<'a>,
        case: &'a InitialChoices,
        places: Generals,
    ) -> ProductJudge<'a> {
        ProductJudge {
            space,
            case,
            places: places.iter().collect(),
            judged: FxHashMap::default(),
            violated: FxHashMap::default(),
        }
    }

    /// The property that these decisions violate, if any.
    pub fn violated(
        &mut self,
        decisions: &[Option<u32>],
        quiet: bool,
        named: impl Fn(u32) -> DecisionId,
    ) -> Option<Property> {
        let ProductJudge { space, case, places, violated, .. } = self;
        *violated.entry((decisions.to_vec(), quiet)).or_insert_with(|| {
            let mut all = vec![None; space.terms.n()];
            for (general, decision) in places.iter().zip(decisions) {
                all[general.id()] = decision.map(&named);
            }
            case.roles().violated(space.machine, space.terms, &all, quiet, None)
        })
    }

    /// The cheapest violation among everything that the generals can reach, if there is one.
    pub fn breach(
        &mut self,
        ids: &[ProfileId],
        profile: impl Fn(ProfileId) -> Profile,
        named: impl Fn(u32) -> DecisionId,
    ) -> Option<Breach> {
        if let Some(known) = self.judged.get(ids) {
            return known.clone();
        }
        let profiles: Vec<Profile> = ids.iter().map(|id| profile(*id)).collect();
        let mut best: Option<Breach> = None;
        for quiet in [false, true] {
            let of = |profile: &Profile| {
                let these = profile.choices.iter().filter(|choice| choice.quiet == quiet);
                these.copied().collect()
            };
            let choices: Vec<Vec<Possibility>> = profiles.iter().map(of).collect();
            let mut picked = Vec::with_capacity(choices.len());
            self.cheapest(&choices, &mut picked, 0, quiet, &named, &mut best);
        }
        let least = |profile: &Profile| profile.choices.iter().map(|choice| choice.price).min();
        let all: HeardPrice = profiles.iter().filter_map(least).sum();
        for (place, profile) in profiles.iter().enumerate() {
            let Some(price) = profile.fault else { continue };
            let price = price + all - least(profile).unwrap_or(0);
            if best.as_ref().is_none_or(|best| price < best.price) {
                let mut wanted = vec![Wanted::Anything; profiles.len()];
                wanted[place] = Wanted::Fault;
                best = Some(Breach { price, property: None, wanted });
            }
        }
        self.judged.insert(ids.to_vec(), best.clone());
        best
    }

    fn cheapest(
        &mut self,
        choices: &[Vec<Possibility>],
        picked: &mut Vec<Option<u32>>,
        price: HeardPrice,
        quiet: bool,
        named: &impl Fn(u32) -> DecisionId,
        best: &mut Option<Breach>,
    ) {
        if best.as_ref().is_some_and(|best| best.price <= price) {
            return;
        }
        let Some(own) = choices.get(picked.len()) else {
            if let property @ Some(_) = self.violated(picked, quiet, named) {
                let wanted = picked.iter().map(|made| Wanted::Decision(*made, quiet));
                *best = Some(Breach { price, property, wanted: wanted.collect() });
            }
            return;
        };
        for choice in own {
            picked.push(choice.decision);
            self.cheapest(choices, picked, price + choice.price, quiet, named, best);
            picked.pop();
        }
    }
}
