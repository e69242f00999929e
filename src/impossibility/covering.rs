//! The covering of Fischer, Lynch and Merritt ("Easy impossibility proofs for distributed consensus
//! problems", Distributed Computing 1(1), 1986): copies of the generals, wired so that each copy
//! hears one copy of every general, and can't tell that it is not in the real system.

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::fault::{Fault, Guarded};
use crate::general::{General, Generals};
use crate::protocol::{Lockstep, Plain, Seat};
use crate::testable::{Terms, Testable, Wire};

/// A copy of a general: in layer 0, or in layer 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Double {
    /// Whose copy.
    pub general: General,
    /// Where it stands.
    pub layer: usize,
}

/// How copies are wired. The groups stand in a ring, once for each layer, and all wires stay within
/// their layer but those between the last group and the first, which lead to the next one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Covering {
    pub groups: Vec<Generals>,
    /// Two; or one, where the generals themselves are enough.
    pub layers: usize,
}

impl Covering {
    /// The copy that a copy hears when this general speaks.
    pub fn heard(&self, me: Double, from: General) -> Double {
        let (first, last) = (self.groups[0], self.groups[self.groups.len() - 1]);
        let leads = |one, other| first.contains(one) && last.contains(other);
        let crosses = leads(me.general, from) || leads(from, me.general);
        let layer = (me.layer + usize::from(crosses)) % self.layers;
        Double { general: from, layer }
    }

    /// Which of the two values a copy is given: in two layers each has its own, in one the groups.
    pub fn side(&self, double: Double) -> usize {
        match self.layers {
            1 => usize::from(!self.groups[0].contains(double.general)),
            _ => double.layer,
        }
    }

    /// The copies in so many groups, one after the other in the ring, from this place on.
    pub fn window(&self, start: usize, groups: usize) -> Vec<Double> {
        let places = (start..start + groups).map(|place| place % self.places());
        let doubles = places.flat_map(|place| {
            let layer = place / self.groups.len();
            let group = self.groups[place % self.groups.len()];
            group.iter().map(move |general| Double { general, layer })
        });
        let mut doubles: Vec<_> = doubles.collect();
        doubles.sort_unstable();
        doubles
    }

    /// How many places there are in the ring.
    pub fn places(&self) -> usize {
        self.groups.len() * self.layers
    }
}

/// The inputs of one side: those that the task asks after are the one value, all others the other,
/// so that whatever is said of an input is said of both values.
pub(crate) fn input<V: Plain>(
    terms: &Terms<V>,
    values: &[V; 2],
    general: General,
    side: usize,
) -> Option<V> {
    let asked = terms.task.inputs(terms.n()).contains(general);
    let side = if asked { side } else { 1 - side };
    terms.inputs.contains(general).then(|| values[side].clone())
}

/// The protocol, run by all copies, who all obey it.
pub(crate) struct Played<P: Testable> {
    n: usize,
    /// What is said in each layer; nothing stands where nothing is.
    said: Vec<FxHashMap<Wire, Vec<P::Message>>>,
    /// In which state each copy begins each round.
    states: Vec<Vec<Option<P::State>>>,
    /// What each decides who is asked.
    decisions: FxHashMap<Double, P::Value>,
    /// What the protocol did that no protocol may do, as which copy: the run ends there.
    pub fault: Option<(Double, Fault)>,
}

impl<P: Testable> Played<P> {
    /// What this copy says on its wire.
    pub fn said(&self, by: Double, wire: Wire) -> &[P::Message] {
        self.said[by.layer].get(&wire).map_or(&[], Vec::as_slice)
    }

    /// In which state a copy begins a round, if it came to that.
    pub fn state(&self, double: Double, round: usize) -> Option<&P::State> {
        let all = self.states.get(round - 1)?;
        all[double.layer * self.n + double.general.id()].as_ref()
    }

    pub fn decision(&self, double: Double) -> Option<&P::Value> {
        self.decisions.get(&double)
    }
}

/// Runs the protocol in a covering.
pub(crate) fn play<P: Testable>(
    protocol: &P,
    terms: &Terms<P::Value>,
    covering: &Covering,
    values: &[P::Value; 2],
) -> Played<P> {
    let said = vec![FxHashMap::default(); covering.layers];
    let (states, decisions) = (Vec::new(), FxHashMap::default());
    let mut played = Played { n: terms.n(), said, states, decisions, fault: None };
    let guarded = Guarded::new(protocol, &terms.values, Generals::NONE);
    let run = Run { protocol: &guarded, terms, covering };
    let ended = run.to_the_end(values, &mut played);
    played.fault = ended.err().map(|(me, fault)| (me, *fault));
    played
}

/// A protocol under way in a covering.
struct Run<'a, P: Testable> {
    protocol: &'a Guarded<'a, P>,
    terms: &'a Terms<P::Value>,
    covering: &'a Covering,
}

/// The states of all copies, layer by layer.
type States<P> = Vec<Option<<P as Lockstep>::State>>;

impl<P: Testable> Run<'_, P> {
    /// All copies, in the order of their states.
    fn doubles(&self) -> impl Iterator<Item = Double> + use<P> {
        let everybody = self.terms.graph.everybody();
        let layers = 0..self.covering.layers;
        layers.flat_map(move |layer| everybody.iter().map(move |general| Double { general, layer }))
    }

    fn to_the_end(
        &self,
        values: &[P::Value; 2],
        played: &mut Played<P>,
    ) -> Result<(), (Double, Box<Fault>)> {
        let Run { protocol, terms, covering } = self;
        let mut states = States::<P>::new();
        for me in self.doubles() {
            let input = input(terms, values, me.general, covering.side(me));
            let seat = Seat::on(&terms.graph, me.general);
            let state = protocol.start(seat, input.as_ref());
            states.push(state.map_err(|fault| (me, fault))?);
        }
        for round in 1..=terms.rounds {
            played.states.push(states.clone());
            for (me, state) in self.doubles().zip(&states) {
                for to in terms.graph.neighbours(me.general).iter() {
                    let said = protocol.send(me.general, state, round, to);
                    let said = said.map_err(|fault| (me, fault))?;
                    if !said.is_empty() {
                        played.said[me.layer].insert(Wire { round, from: me.general, to }, said);
                    }
                }
            }
            for (me, state) in self.doubles().zip(&mut states) {
                for from in terms.graph.neighbours(me.general).iter() {
                    let wire = Wire { round, from, to: me.general };
                    for message in played.said(covering.heard(me, from), wire) {
                        let received = protocol.receive(me.general, state, round, from, message);
                        received.map_err(|fault| (me, fault))?;
                    }
                }
                let ended = protocol.end_round(me.general, state, round);
                ended.map_err(|fault| (me, fault))?;
            }
        }
        let deciders = terms.task.deciders(terms.n());
        for (me, state) in self.doubles().zip(&states) {
            if deciders.contains(me.general) {
                let decision = protocol.decide(me.general, state).map_err(|fault| (me, fault))?;
                played.decisions.insert(me, decision);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use itertools::Itertools;

    use super::*;

    /// Every copy hears one copy of every general, and is heard by those that it hears.
    #[test]
    fn the_ring_covers_the_generals() {
        let group = |ids: &[usize]| ids.iter().map(|id| General::new(*id)).collect::<Generals>();
        let groups = vec![group(&[0]), group(&[1, 2]), group(&[3, 4])];
        for covering in [
            Covering { groups: groups.clone(), layers: 2 },
            Covering { groups: groups[1..].to_vec(), layers: 1 },
        ] {
            let everybody = covering.groups.iter().flat_map(|group| group.iter()).collect_vec();
            for (layer, me) in (0..covering.layers).cartesian_product(&everybody) {
                let me = Double { general: *me, layer };
                for from in everybody.iter().filter(|from| **from != me.general) {
                    let heard = covering.heard(me, *from);
                    assert_eq!(heard.general, *from);
                    assert_eq!(covering.heard(heard, me.general), me);
                }
            }
        }
    }

    /// Two groups side by side are as they would be in the real system: they hear each other.
    #[test]
    fn a_window_hears_itself() {
        let groups = (0..3).map(|id| Generals::NONE.with(General::new(id))).collect_vec();
        let covering = Covering { groups, layers: 2 };
        for start in 0..covering.places() {
            let window = covering.window(start, 2);
            for (me, other) in window.iter().array_combinations().map(|[me, other]| (me, other)) {
                assert_eq!(covering.heard(*me, other.general), *other, "{window:?}");
            }
        }
    }
}
