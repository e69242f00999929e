//! The covering of Fischer, Lynch and Merritt ("Easy impossibility proofs for distributed consensus problems",
//! Distributed Computing 1(1), 1986): copies of the generals, wired so that each copy hears exactly one copy of every
//! other general, and cannot tell that it is not in the real system.

use rustc_hash::FxHashMap;

use crate::fault::Fault;
use crate::general::{General, Generals};
use crate::machine::{DecisionId, MessageId, Said, StateId, Terms, ValueId, Worker};
use crate::protocol::Seat;
use crate::testable::Wire;

/// A copy of a general, in layer 0 or layer 1. In a [partition](super::argument::Construction::Partition) the layer is
/// the number of the side whose world it sees.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Double {
    /// The general of which this is a copy.
    pub general: General,
    /// The layer in which it is.
    pub layer: usize,
}

/// How copies are wired. The groups stand in a ring, once per layer. All wires stay within their layer, except those
/// between the last group and the first, which lead to the other layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Covering {
    pub groups: Vec<Generals>,
    /// Two, or one where no copies are needed.
    pub layers: usize,
}

impl Covering {
    /// The copy of `from` that the copy `me` hears.
    pub fn heard(&self, me: Double, from: General) -> Double {
        let (first, last) = (self.groups[0], self.groups[self.groups.len() - 1]);
        let leads = |one, other| first.contains(one) && last.contains(other);
        let crosses = leads(me.general, from) || leads(from, me.general);
        let layer = (me.layer + usize::from(crosses)) % self.layers;
        Double { general: from, layer }
    }

    /// Which of the two values a copy is given. With two layers it depends on the layer, with one on the group.
    pub fn side(&self, double: Double) -> usize {
        match self.layers {
            1 => usize::from(!self.groups[0].contains(double.general)),
            _ => double.layer,
        }
    }

    /// The copies in `groups` consecutive groups of the ring, from place `start` on.
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

/// The input of a general on one side. Generals whose input the task requires get that side's value. All others get
/// the other value, so that both values occur among the inputs.
pub(crate) fn input(
    terms: &Terms,
    values: &[ValueId; 2],
    general: General,
    side: usize,
) -> Option<ValueId> {
    let asked = terms.task.inputs(terms.n()).contains(general);
    let side = if asked { side } else { 1 - side };
    terms.inputs.contains(general).then(|| values[side])
}

/// A run of the protocol in which all copies obey.
pub(crate) struct Played {
    n: usize,
    /// What is said in each layer; silent wires are left out.
    said: Vec<FxHashMap<Wire, Said>>,
    /// The state of each copy at the start of each round.
    states: Vec<Vec<Option<StateId>>>,
    /// The decisions of those copies that must decide and have.
    decisions: FxHashMap<Double, DecisionId>,
    /// A fault of the protocol, and the copy in which it occurred: the run ends there.
    pub fault: Option<(Double, Fault)>,
}

impl Played {
    /// What this copy says on its wire.
    pub fn said(&self, by: Double, wire: Wire) -> &[MessageId] {
        self.said[by.layer].get(&wire).map_or(&[], |said| said)
    }

    /// The state of a copy at the start of a round, if the run got so far.
    pub fn state(&self, double: Double, round: usize) -> Option<StateId> {
        let all = self.states.get(round - 1)?;
        all[double.layer * self.n + double.general.id()]
    }

    pub fn decision(&self, double: Double) -> Option<DecisionId> {
        self.decisions.get(&double).copied()
    }
}

/// Runs the protocol in a covering; states are interned by the worker.
pub(crate) fn play(
    worker: &mut Worker<'_>,
    terms: &Terms,
    covering: &Covering,
    values: &[ValueId; 2],
) -> Played {
    let said = vec![FxHashMap::default(); covering.layers];
    let (states, decisions) = (Vec::new(), FxHashMap::default());
    let mut played = Played { n: terms.n(), said, states, decisions, fault: None };
    let ended = play_out(worker, terms, covering, values, &mut played);
    played.fault = ended.err().map(|(me, fault)| (me, *fault));
    played
}

/// All copies, in the order of their states: layer by layer.
fn doubles(terms: &Terms, covering: &Covering) -> impl Iterator<Item = Double> + use<> {
    let (everybody, layers) = (terms.graph.everybody(), 0..covering.layers);
    layers.flat_map(move |layer| everybody.iter().map(move |general| Double { general, layer }))
}

fn play_out(
    worker: &mut Worker<'_>,
    terms: &Terms,
    covering: &Covering,
    values: &[ValueId; 2],
    played: &mut Played,
) -> Result<(), (Double, Box<Fault>)> {
    let by = |me: Double| move |fault| (me, fault);
    let mut states = Vec::new();
    for me in doubles(terms, covering) {
        let input = input(terms, values, me.general, covering.side(me));
        let state = worker.start(Seat::on(&terms.graph, me.general), input);
        states.push(state.map_err(by(me))?);
    }
    for round in 1..=terms.rounds {
        played.states.push(states.clone());
        for (me, state) in doubles(terms, covering).zip(&states) {
            for to in terms.graph.neighbours(me.general).iter() {
                let said = worker.send(me.general, *state, round, to).map_err(by(me))?;
                if !said.is_empty() {
                    played.said[me.layer].insert(Wire { round, from: me.general, to }, said);
                }
            }
        }
        for (me, state) in doubles(terms, covering).zip(&mut states) {
            for from in terms.graph.neighbours(me.general).iter() {
                let wire = Wire { round, from, to: me.general };
                for message in played.said(covering.heard(me, from), wire) {
                    let received = worker.receive(me.general, *state, round, from, *message);
                    *state = received.map_err(by(me))?;
                }
            }
            *state = worker.end_round(me.general, *state, round).map_err(by(me))?;
        }
    }
    let deciders = terms.task.deciders(terms.n());
    for (me, state) in doubles(terms, covering).zip(&states) {
        if deciders.contains(me.general) {
            let decision = worker.decide(me.general, *state).map_err(by(me))?;
            played.decisions.extend(decision.map(|decision| (me, decision)));
        }
    }
    Ok(())
}
