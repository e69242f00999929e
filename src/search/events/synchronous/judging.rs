//! What is violated when the loyal can be in these states.

use super::node::{Outlook, SetId, WaveNode};
use super::{Synchronous, WaveFinding};
use crate::general::General;
use crate::machine::{Caught, DecisionId, StateId};
use crate::property::Violation;
use crate::search::events::columns::{Possibility, Profile, ProfileId};
use crate::search::events::judge::Wanted;
use crate::search::events::stop::Stop;

impl Synchronous<'_> {
    /// The violation in a node, if there is one.
    pub(super) fn breach(
        &mut self,
        number: u32,
        node: &WaveNode,
    ) -> Result<Option<WaveFinding>, Stop> {
        let outlooks = self.outlooks_in(node);
        let mut outlooks = outlooks.iter().flatten();
        let quiet =
            outlooks.all(|Outlook { sends, pending }| sends.is_empty() && pending.is_empty());
        let mut profiles = Vec::new();
        for (me, set) in self.acting.clone().into_iter().zip(&node.sets) {
            if let Some(set) = set.filter(|_| !self.case.traitors.contains(me)) {
                profiles.push(self.profile(me, set, quiet));
            }
        }
        let Synchronous { judge, profiles: all, decisions, .. } = self;
        let named = |made: u32| decisions[made as usize];
        let breach = judge.breach(&profiles, |id| all[id as usize].clone(), named);
        Ok(breach.map(|breach| {
            let violation = match breach.property {
                Some(property) => Violation::Property(property),
                None => Violation::Fault(*self.fault.clone().expect("there was a fault")),
            };
            // Generals who are not judged can be anywhere.
            let mut wanted = breach.wanted.into_iter();
            let loyal = |me: &General| !self.case.traitors.contains(*me);
            let all = self.acting.iter().map(|me| match loyal(me) {
                true => wanted.next().expect("all the loyal are judged"),
                false => Wanted::Anything,
            });
            WaveFinding { node: number, fails: None, wanted: all.collect(), violation }
        }))
    }

    fn profile(&mut self, me: General, set: SetId, quiet: bool) -> ProfileId {
        if let Some(known) = self.profiled.get(&(me, set, quiet)) {
            return *known;
        }
        let mut profile = Profile::default();
        for state in self.states(set) {
            match self.decision(me, state) {
                Ok(made) => {
                    let decision = made.map(|made| self.decisions.insert_full(made).0 as u32);
                    for quiet in [false, true].into_iter().take(1 + usize::from(quiet)) {
                        profile.allow(Possibility { quiet, decision, price: 0 });
                    }
                }
                Err(fault) => {
                    self.fault = Some(fault);
                    profile.fails(0);
                }
            }
        }
        let id = self.profiles.insert_full(profile).0 as ProfileId;
        self.profiled.insert((me, set, quiet), id);
        id
    }

    /// What a general decides in a state, if it is one of those who decide.
    pub(super) fn decision(&mut self, me: General, state: StateId) -> Caught<Option<DecisionId>> {
        let decides = self.space.terms.task.deciders(self.space.terms.n()).contains(me);
        if decides { self.worker.decide(me, Some(state)) } else { Ok(None) }
    }
}
