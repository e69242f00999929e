//! The attack that leads to a node: what happens in each wave, and what each general is told in it.

use indexmap::IndexMap;
use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use super::node::{HeardFault, LeftOut, ReachedNode, Trail, WaveInbox, WaveStep};
use super::{Synchronous, WaveFinding};
use crate::attack::{Edit, Lie};
use crate::general::General;
use crate::machine::{NumberedAttack, StateId};
use crate::protocol::Round;
use crate::schedule::{Arrival, Crash, Happening, Shift};
use crate::search::budget::StepBudget;
use crate::search::events::attack::{RunWaves, attack_in};
use crate::search::events::judge::Wanted;
use crate::search::events::stop::Stop;
use crate::testable::Wire;

/// Where a general can be in a node of a path, and for each such state where it was before, and the choices that led
/// from there.
type PathLayer = IndexMap<StateId, (StateId, Vec<usize>), FxBuildHasher>;

impl Synchronous<'_> {
    /// The attack under which what was found happens.
    pub fn attack(
        &mut self,
        found: &WaveFinding,
        budget: &mut StepBudget<'_>,
    ) -> Result<NumberedAttack, Stop> {
        let mut waves = RunWaves::default();
        let path = self.path(found.node);
        let mut inboxes: Vec<Vec<WaveInbox>> = Vec::new();
        for (number, step) in self.steps(&path, found) {
            let ReachedNode { node, wave, .. } = self.nodes[number as usize].clone();
            waves.last = wave;
            match &step {
                WaveStep::Own(general, event) => {
                    waves.happenings.push(Happening { wave, general: *general, event: *event });
                    inboxes.push(Vec::new());
                }
                WaveStep::Mail(left_out) => {
                    let outlooks = self.outlooks_in(&node);
                    let (sent, signatures) = self.sent(&node, &outlooks, left_out)?;
                    let acting = self.acting.iter();
                    let here = acting.map(|me| self.inbox(*me, &sent, signatures)).collect();
                    inboxes.push(here);
                    self.leave_out(left_out, wave, &mut waves);
                }
            }
        }
        for (place, wanted) in found.wanted.iter().enumerate() {
            self.tell(place, &path, found, *wanted, &inboxes, &mut waves, budget)?;
        }
        Ok(attack_in(self.space, self.case, waves))
    }

    /// The nodes that lead to this one, and itself.
    fn path(&self, mut node: u32) -> Vec<u32> {
        let mut path = vec![node];
        while let Some((before, _)) = self.nodes[node as usize].before {
            path.push(before);
            node = before;
        }
        path.reverse();
        path
    }

    /// The steps of a path, each with the node from which it leads; and the one that is a fault, if one is.
    fn steps(&self, path: &[u32], found: &WaveFinding) -> Vec<(u32, WaveStep)> {
        let steps = path.iter().tuple_windows().map(|(from, to)| {
            let (_, step) = self.nodes[*to as usize].before.clone().expect("it was reached");
            (*from, step)
        });
        let fails = found.fails.iter().map(|(step, _)| (found.node, step.clone()));
        steps.chain(fails).collect()
    }

    fn leave_out(&self, LeftOut { crashes, unsent }: &LeftOut, wave: Round, waves: &mut RunWaves) {
        let crashes = crashes.iter();
        waves.crashes.extend(crashes.map(|(general, reaches)| {
            let (general, reaches) = (*general, *reaches);
            Crash { general, round: wave, reaches }
        }));
        waves.lies.extend(unsent.iter().map(|(from, to, message)| {
            let wire = Wire { round: wave, from: *from, to: *to };
            Lie { wire, edit: Edit::Withhold(*message) }
        }));
    }

    /// What one general is told on the way there, and what it does not hear.
    #[expect(clippy::too_many_arguments, reason = "they are of one path")]
    fn tell(
        &mut self,
        place: usize,
        path: &[u32],
        found: &WaveFinding,
        wanted: Wanted,
        inboxes: &[Vec<WaveInbox>],
        waves: &mut RunWaves,
        budget: &mut StepBudget<'_>,
    ) -> Result<(), Stop> {
        let me = self.acting[place];
        let mut layers: Vec<PathLayer> = Vec::new();
        let first = self.nodes.first().and_then(|first| first.node.sets[place]);
        let mut now = first.map(|set| self.states(set)).unwrap_or_default();
        let steps = self.steps(path, found);
        for (number, (_, step)) in steps.iter().enumerate() {
            let next = path.get(number + 1);
            let members = next.map(|next| {
                let ReachedNode { node, .. } = &self.nodes[*next as usize];
                node.sets[place].map(|set| self.states(set)).unwrap_or_default()
            });
            let mut layer = PathLayer::default();
            let mut meet = |state, from, told| {
                if members.as_ref().is_none_or(|members| members.contains(&state)) {
                    layer.entry(state).or_insert((from, told));
                }
            };
            match step {
                WaveStep::Own(general, event) if *general == me => {
                    for state in &now {
                        let Ok(after) = self.worker.happens(me, Some(*state), *event) else {
                            continue; // The fault that was found.
                        };
                        meet(after.expect("it is there"), *state, Vec::new());
                    }
                }
                WaveStep::Own(..) => now.iter().for_each(|state| meet(*state, *state, Vec::new())),
                WaveStep::Mail(_) if members.is_none() && now.is_empty() => {}
                WaveStep::Mail(_) => match self.hear(me, &now, &inboxes[number][place], budget)? {
                    Ok(heard) => {
                        let ends: Vec<(StateId, Trail)> = heard.ends.clone();
                        ends.iter().for_each(|(state, trail)| {
                            meet(*state, trail.from, heard.told(*trail));
                        });
                    }
                    Err(HeardFault { from, told, .. }) => {
                        // The fault that was found: all goes on up to there.
                        self.write(place, number, &told, inboxes, &steps, waves);
                        return self.back(place, &layers, from, inboxes, &steps, waves);
                    }
                },
            }
            now = layer.keys().copied().collect();
            layers.push(layer);
        }
        let mut end = None;
        for state in now {
            let made = match self.decision(me, state) {
                Ok(made) => made.and_then(|made| self.decisions.get_index_of(&made)),
                Err(_) if wanted == Wanted::Fault => {
                    end = Some(state);
                    break;
                }
                Err(_) => continue,
            };
            let fits = match wanted {
                Wanted::Decision(decision, _) => made.map(|made| made as u32) == decision,
                Wanted::Anything => true,
                Wanted::Fault | Wanted::End(_) | Wanted::At(_) => false,
            };
            if fits {
                end = Some(state);
                break;
            }
        }
        end.map_or(Ok(()), |end| self.back(place, &layers, end, inboxes, &steps, waves))
    }

    /// Back from a state after all these layers.
    fn back(
        &self,
        place: usize,
        layers: &[PathLayer],
        mut state: StateId,
        inboxes: &[Vec<WaveInbox>],
        steps: &[(u32, WaveStep)],
        waves: &mut RunWaves,
    ) -> Result<(), Stop> {
        for (number, layer) in layers.iter().enumerate().rev() {
            let (from, told) = &layer[&state];
            self.write(place, number, told, inboxes, steps, waves);
            state = *from;
        }
        Ok(())
    }

    /// What a general is told, or does not hear, in one step.
    fn write(
        &self,
        place: usize,
        number: usize,
        told: &[usize],
        inboxes: &[Vec<WaveInbox>],
        steps: &[(u32, WaveStep)],
        waves: &mut RunWaves,
    ) {
        let to: General = self.acting[place];
        let round = self.nodes[steps[number].0 as usize].wave;
        for choice in told {
            let (from, message, choice) = inboxes[number][place][*choice];
            let wire = Wire { round, from, to };
            match choice {
                Some(true) => waves.told.entry(wire).or_default().push(message),
                _ => waves.schedule.push(Shift { wire, message, arrival: Arrival::Never }),
            }
        }
    }
}
