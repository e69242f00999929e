//! The attack that leads to a finding: what happens in each wave, and what each general is told in it.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::node::{HeardFault, LeftOut, ReachedNode, WaveInbox, WaveStep};
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

/// The states in which a general can be in a node of a path (`None` if it has crashed); for each, the state before it,
/// and the recorded choices that led from there.
type PathLayer = IndexMap<Option<StateId>, (Option<StateId>, Vec<usize>), FxBuildHasher>;

/// The path to a finding.
struct WavePath {
    nodes: Vec<u32>,
    /// Each step with the number of its wave; the last one may be a fault.
    steps: Vec<(Round, WaveStep)>,
    /// By step, and by place of those who obey: what can be heard.
    inboxes: Vec<Vec<WaveInbox>>,
}

impl Synchronous<'_> {
    /// The attack under which a finding happens.
    pub fn attack(
        &mut self,
        found: &WaveFinding,
        budget: &mut StepBudget<'_>,
    ) -> Result<NumberedAttack, Stop> {
        let mut waves = RunWaves::default();
        if !self.nodes.is_empty() {
            let path = self.path(found, &mut waves)?;
            for (place, wanted) in found.wanted.iter().enumerate() {
                self.tell(place, &path, found, *wanted, &mut waves, budget)?;
            }
        }
        Ok(attack_in(self.space, self.case, waves))
    }

    /// The path to a finding. Adds what all can see of it to the waves.
    fn path(&mut self, found: &WaveFinding, waves: &mut RunWaves) -> Result<WavePath, Stop> {
        let mut nodes = vec![found.node];
        let mut steps: Vec<_> = found.fails.iter().map(|(step, _)| step.clone()).collect();
        let mut at = found.node;
        while let Some((before, step)) = self.nodes[at as usize].before.clone() {
            nodes.push(before);
            steps.push(step);
            at = before;
        }
        nodes.reverse();
        steps.reverse();
        let mut path = WavePath { nodes, steps: Vec::new(), inboxes: Vec::new() };
        for (number, step) in steps.into_iter().enumerate() {
            let ReachedNode { node, wave, .. } = self.nodes[path.nodes[number] as usize].clone();
            waves.last = wave;
            path.inboxes.push(match &step {
                WaveStep::Own(general, event) => {
                    waves.happenings.push(Happening { wave, general: *general, event: *event });
                    Vec::new()
                }
                WaveStep::Mail(left_out) => {
                    leave_out(left_out, wave, waves);
                    let outlooks = self.outlooks_in(&node);
                    let (sent, signatures) = self.sent(&node, &outlooks, left_out)?;
                    let acting = self.acting.iter();
                    acting.map(|me| self.inbox(*me, &sent, signatures)).collect()
                }
            });
            path.steps.push((wave, step));
        }
        Ok(path)
    }

    /// Adds what one general is told on the path, and what it does not hear, to the waves.
    fn tell(
        &mut self,
        place: usize,
        path: &WavePath,
        found: &WaveFinding,
        wanted: Wanted,
        waves: &mut RunWaves,
        budget: &mut StepBudget<'_>,
    ) -> Result<(), Stop> {
        let me = self.acting[place];
        let mut layers: Vec<PathLayer> = Vec::new();
        let mut now = self.members(path.nodes[0], place);
        for (number, (_, step)) in path.steps.iter().enumerate() {
            let members = path.nodes.get(number + 1).map(|next| self.members(*next, place));
            let mut layer = PathLayer::default();
            let mut meet = |state, from, told| {
                if members.as_ref().is_none_or(|members| members.contains(&state)) {
                    layer.entry(state).or_insert((from, told));
                }
            };
            match step {
                WaveStep::Own(general, event) if *general == me => {
                    for state in &now {
                        match self.worker.happens(me, *state, *event) {
                            Ok(after) => meet(after, *state, Vec::new()),
                            // This is the fault that was found: the general's run ends here.
                            Err(_) => {
                                self.back(place, path, &layers, *state, waves);
                                return Ok(());
                            }
                        }
                    }
                }
                WaveStep::Own(..) => now.iter().for_each(|state| meet(*state, *state, Vec::new())),
                WaveStep::Mail(LeftOut { crashes, .. })
                    if crashes.iter().any(|(gone, _)| *gone == me) =>
                {
                    now.iter().for_each(|state| meet(None, *state, Vec::new()));
                }
                WaveStep::Mail(_) => {
                    let alive: Vec<StateId> = now.iter().copied().flatten().collect();
                    if alive.len() < now.len() {
                        meet(None, None, Vec::new());
                    }
                    match self.hear(me, &alive, &path.inboxes[number][place], budget)? {
                        Ok(heard) => heard.ends.iter().for_each(|(state, trail)| {
                            meet(*state, Some(trail.from), heard.told(*trail));
                        }),
                        Err(HeardFault { from, told, .. }) => {
                            self.write(place, path, number, &told, waves);
                            self.back(place, path, &layers, Some(from), waves);
                            return Ok(());
                        }
                    }
                }
            }
            now = layer.keys().copied().collect();
            layers.push(layer);
        }
        let fails = found.fails.as_ref().is_some_and(|(_, general)| *general == me);
        let end = now.into_iter().find(|state| match state {
            Some(state) if fails => self.outlook(me, Some(*state)).is_err(),
            Some(state) => self.comes_to(me, *state, wanted),
            None => wanted == Wanted::Anything,
        });
        end.into_iter().for_each(|end| self.back(place, path, &layers, end, waves));
        Ok(())
    }

    /// The states in which a general can be in a node.
    fn members(&self, node: u32, place: usize) -> Vec<Option<StateId>> {
        match self.nodes[node as usize].node.sets[place] {
            Some(set) => self.states(set).into_iter().map(Some).collect(),
            None => vec![None],
        }
    }

    /// Whether a state is what is wanted of a general.
    fn comes_to(&mut self, me: General, state: StateId, wanted: Wanted) -> bool {
        match (self.decision(me, state), wanted) {
            (Ok(made), Wanted::Decision(decision, _)) => {
                let made = made.and_then(|made| self.decisions.get_index_of(&made));
                made.map(|made| made as u32) == decision
            }
            (Ok(_), Wanted::Anything) | (Err(_), Wanted::Fault) => true,
            _ => false,
        }
    }

    /// Goes back from a state through all these layers, and writes what the general was told in each.
    fn back(
        &self,
        place: usize,
        path: &WavePath,
        layers: &[PathLayer],
        mut state: Option<StateId>,
        waves: &mut RunWaves,
    ) {
        for (number, layer) in layers.iter().enumerate().rev() {
            let (from, told) = &layer[&state];
            self.write(place, path, number, told, waves);
            state = *from;
        }
    }

    /// Writes what a general is told, or does not hear, in one step.
    fn write(
        &self,
        place: usize,
        path: &WavePath,
        number: usize,
        told: &[usize],
        waves: &mut RunWaves,
    ) {
        let (round, to) = (path.steps[number].0, self.acting[place]);
        for choice in told {
            let (from, message, choice) = path.inboxes[number][place][*choice];
            let wire = Wire { round, from, to };
            match choice {
                Some(true) => waves.told.entry(wire).or_default().push(message),
                _ => waves.schedule.push(Shift { wire, message, arrival: Arrival::Never }),
            }
        }
    }
}

/// Writes what is left out in a wave by faulty generals who otherwise obey.
fn leave_out(LeftOut { crashes, unsent }: &LeftOut, wave: Round, waves: &mut RunWaves) {
    waves.crashes.extend(crashes.iter().map(|(general, reaches)| {
        let (general, reaches) = (*general, *reaches);
        Crash { general, round: wave, reaches }
    }));
    waves.lies.extend(unsent.iter().map(|(from, to, message)| {
        let wire = Wire { round: wave, from: *from, to: *to };
        Lie { wire, edit: Edit::Withhold(*message) }
    }));
}
