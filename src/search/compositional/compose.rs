//! The compositional engine: asks a protocol's recursion whether there is an attack, with more and more traitors, and
//! turns the smallest into one that the simulator confirms.

use std::cmp::Ordering;

use itertools::Itertools;

use super::CompositionError;
use super::composition::Composition;
use super::outcomes::{IMPOSSIBLE, Node, numbers};
use super::witness::{Subtree, WitnessLie, witness};
use crate::adversary::Adversary;
use crate::attack::{Attack, Edit, Lie};
use crate::count::Count;
use crate::execution::{Size, obeyed};
use crate::general::{General, Generals};
use crate::machine::{MessageId, NumberedAttack, ValueId, Worker};
use crate::outcome::Task;
use crate::property::Property;
use crate::search::choices::space::Space;
use crate::search::confirm::{CONFIRMATIONS, another_end, confirmed};
use crate::search::progress::{Halt, Phase};
use crate::search::{Answer, Found, Reduction, Search};
use crate::testable::{Recursive, Refusal, Wire, described};

/// A violation: the number of traitors, the root of the tree, how many loyal generals take the second value, and the
/// number of lies.
#[derive(Clone, Copy)]
struct Broken {
    traitors: usize,
    root: Node,
    count: usize,
    price: u64,
}

/// A protocol's recursion.
type Recursion<'a> = dyn Recursive<ValueId, MessageId> + 'a;

impl Search<'_> {
    /// The verdict of the compositional engine.
    pub fn compose(&self) -> Result<Answer, CompositionError> {
        let Search { terms, limit, progress, .. } = *self;
        progress.enter(Phase::Searching);
        let (recursive, values) = self.recursion()?;
        let n = terms.n();
        let mut composition = Composition::of(&*recursive, &values, n, limit, progress)?;
        let depth = described("depth", || recursive.depth(n))?;
        if depth != terms.rounds {
            let rounds = terms.rounds;
            return Err(because(format!("its depth is {depth}, and it has {rounds} rounds")));
        }
        let mut covered = Vec::new();
        let smallest = match self.obeyed()? {
            Some(found) => Ok(Some(found)),
            None => self.smallest(&mut composition, &*recursive, &values, &mut covered),
        };
        let (found, halt) = match smallest {
            Ok(found) => (found, None),
            Err(CompositionError::Halted(halt)) => (None, Some(halt)),
            Err(error) => return Err(error),
        };
        if found.is_some() {
            covered = self.adversary.sizes().map(|size| self.behaviours(size)).collect();
        }
        Ok(Answer {
            behaviours: covered.into_iter().sum(),
            reductions: Reduction::COMPOSITION.to_vec(),
            steps: composition.steps,
            found,
            halt,
            ..Answer::default()
        })
    }

    /// An attack with the fewest traitors allowed, all of whom obey, if that breaks the protocol. (A recursion
    /// describes values, and knows nothing of code that panics.) Nothing is found if the protocol is too large to run.
    fn obeyed(&self) -> Result<Option<Found>, Refusal> {
        let Search { machine, terms, adversary, .. } = *self;
        if terms.too_large.is_some() {
            return Ok(None);
        }
        let traitors = (1..=*adversary.sizes().start()).map(General::new).collect();
        let labels = |_, _| None;
        let mut worker = Worker::new(machine, terms, traitors);
        // The two runs share too little to be worth remembering.
        worker.ask_once();
        let breaks = terms.values.iter().find_map(|value| {
            let attack = Attack::new(&terms.graph, traitors, [(General::COMMANDER, *value)].into());
            let execution = obeyed(&mut worker, terms, &attack, &labels);
            execution.violation().map(|violation| (attack, violation))
        });
        let Some((attack, violation)) = breaks else { return Ok(None) };
        let found = confirmed(machine, terms, &labels, &attack, CONFIRMATIONS);
        let found =
            found.ok_or_else(|| Refusal::Misbehaved(another_end(&violation).to_string()))?;
        Ok(Some(Found { size: Size::Smallest, ..found }))
    }

    /// The smallest attack, if there is one. `covered` gets the number of behaviours for each smaller number of
    /// traitors.
    fn smallest(
        &self,
        composition: &mut Composition<'_>,
        recursive: &Recursion<'_>,
        values: &[ValueId; 2],
        covered: &mut Vec<Count>,
    ) -> Result<Option<Found>, CompositionError> {
        for traitors in self.adversary.sizes() {
            if let Some(broken) = self.broken(composition, traitors)? {
                composition.price_lies();
                return self.found(composition, recursive, values, broken).map(Some);
            }
            covered.push(self.behaviours(traitors));
        }
        Ok(None)
    }

    /// How many raw behaviours the protocol has, if its recursion can be composed.
    pub fn composable(&self) -> Result<Count, CompositionError> {
        let (recursive, values) = self.recursion()?;
        let Search { terms, limit, progress, .. } = *self;
        Composition::of(&*recursive, &values, terms.n(), limit, progress)?;
        Ok(self.adversary.sizes().map(|traitors| self.behaviours(traitors)).sum())
    }

    /// How many raw behaviours there are, and how many steps a search of them is expected to take; `None` if it was
    /// stopped first.
    pub fn expected(&self) -> Result<Option<(Count, Count)>, Refusal> {
        let progress = self.progress;
        let space = Space::new(self.machine, self.terms, self.adversary, progress)?;
        let Some(space) = space else { return Ok(None) };
        progress.enter(Phase::Counting);
        Ok(space.behaviours(progress).zip(space.expected_steps(progress)))
    }

    /// The protocol's recursion and its two values, if it has one and it fits the question.
    fn recursion(&self) -> Result<(Box<Recursion<'_>>, [ValueId; 2]), CompositionError> {
        let Search { machine, terms, adversary, .. } = self;
        let Adversary { faults, any_order, disruptions, suspects, .. } = *adversary;
        let recursive = machine.recursion()?;
        let recursive = recursive.ok_or_else(|| because("the protocol describes no recursion"))?;
        let lacks = [
            (terms.task != Task::Broadcast, "it knows broadcast only"),
            (!terms.asked.is_usual(), "it knows no decisions but values, which all make alike"),
            (!terms.asked.is_plain(), "it knows no demands but agreement and validity"),
            (!terms.fixed.is_empty(), "it knows any inputs only"),
            (!terms.graph.is_complete(), "it knows the complete graph only"),
            (!faults.is_byzantine(), "it knows no traitors but Byzantine ones"),
            (any_order || disruptions > 0, "it knows no schedule but arrival by sender"),
            (suspects.is_some(), "it knows no suspects: all lieutenants are alike to it"),
        ];
        if let Some((_, lack)) = lacks.into_iter().find(|(lacks, _)| *lacks) {
            return Err(because(lack));
        }
        let values: Result<[ValueId; 2], _> = terms.values.clone().try_into();
        let values = values.map_err(|values| {
            because(format!("it knows two values, and there are {}", values.len()))
        })?;
        Ok((recursive, values))
    }

    /// The possible roots with this many traitors: whether the commander is one of them, and which order the commander
    /// was given.
    fn roots(&self, traitors: usize) -> Vec<Node> {
        let others = self.terms.n() - 1;
        let loyal = (traitors <= others).then(|| others - traitors);
        let loyal = loyal.map(|loyal| (loyal, traitors, true));
        let turned = (traitors > 0 && !self.adversary.loyal_commander)
            .then(|| (others + 1 - traitors, traitors - 1, false));
        let roots = loyal.into_iter().chain(turned).cartesian_product([false, true]);
        let roots =
            roots.map(|((loyal, traitors, honest), told)| Node { loyal, traitors, honest, told });
        roots.collect()
    }

    /// A violation with this many traitors: the first one, or the one with the fewest lies if lies are counted.
    fn broken(
        &self,
        composition: &mut Composition<'_>,
        traitors: usize,
    ) -> Result<Option<Broken>, Halt> {
        let mut cheapest: Option<Broken> = None;
        for root in self.roots(traitors) {
            if root.told && !composition.matters(root) {
                continue;
            }
            let is_wrong = |count: usize| {
                let agreed = count == 0 || count == root.loyal;
                let obeyed = count == if root.told { root.loyal } else { 0 };
                !(if root.honest { obeyed } else { agreed })
            };
            let wrong = numbers((0..=root.loyal).filter(|count| is_wrong(*count)));
            for (count, price) in composition.prices(root, wrong)?.into_iter().enumerate() {
                if price < cheapest.map_or(IMPOSSIBLE, |cheapest| cheapest.price) {
                    cheapest = Some(Broken { traitors, root, count, price });
                }
            }
        }
        Ok(cheapest)
    }

    /// The smallest attack, as the simulator runs it.
    fn found(
        &self,
        composition: &mut Composition<'_>,
        recursive: &Recursion<'_>,
        values: &[ValueId; 2],
        broken: Broken,
    ) -> Result<Found, CompositionError> {
        let Search { machine, terms, .. } = *self;
        let property = if broken.root.honest { Property::Validity } else { Property::Agreement };
        let traitors = match broken.traitors {
            1 => "1 traitor".to_owned(),
            several => format!("{several} traitors"),
        };
        let unshown = |why: String| {
            CompositionError::Unshown(format!(
                "{} is broken with {traitors}, {why}",
                property.name()
            ))
        };
        // No run can show that a protocol is broken if it can't be run.
        if let Some(refusal) = &terms.too_large {
            return Err(unshown(format!("but no run can show it: {refusal}")));
        }
        let cheapest = self.broken(composition, broken.traitors)?;
        let broken = cheapest.expect("what is possible has a price");
        let attack = self.attack(composition, recursive, values, broken)?;
        let found =
            confirmed(machine, terms, &|_, _| None, &attack, CONFIRMATIONS).ok_or_else(|| {
                let why = "and by its own code it is not: the recursion describes another protocol";
                unshown(why.to_owned())
            })?;
        Ok(Found { size: Size::Smallest, ..found })
    }

    fn attack(
        &self,
        composition: &mut Composition<'_>,
        recursive: &Recursion<'_>,
        values: &[ValueId; 2],
        Broken { traitors, root, count, price }: Broken,
    ) -> Result<NumberedAttack, CompositionError> {
        let n = self.terms.n();
        let first = usize::from(root.honest);
        let traitors: Generals = (first..first + traitors).map(General::new).collect();
        let lieutenants = Generals::first(n).without(General::COMMANDER);
        let loyal = lieutenants.minus(traitors).iter().enumerate();
        let tree = Subtree {
            path: vec![General::COMMANDER],
            honest: root.honest,
            told: root.told,
            takes: loyal.map(|(index, general)| (general, index < count)).collect(),
            traitors: traitors.without(General::COMMANDER).iter().collect(),
            price,
        };
        let mut twists = Vec::new();
        witness(composition, tree, &mut twists)?;
        let value = |second: bool| &values[usize::from(second)];
        let lie = |WitnessLie { path, to, honest }: WitnessLie| {
            let relay = |second: bool| recursive.relay(&path, value(second));
            let wire = Wire { round: path.len(), from: path[path.len() - 1], to };
            let edit =
                described("relay", || Edit::Instead { of: relay(honest), say: relay(!honest) });
            edit.map(|edit| Lie { wire, edit })
        };
        let mut lies: Vec<Lie<MessageId>> = twists.into_iter().map(lie).try_collect()?;
        lies.sort_by(|one, other| self.in_order(one, other));
        let inputs = [(General::COMMANDER, *value(root.told))].into();
        Ok(Attack { lies, ..Attack::new(&self.terms.graph, traitors, inputs) })
    }

    /// Orders lies by wire, and lies on one wire by the honest message and then by what is said in its place.
    fn in_order(&self, one: &Lie<MessageId>, other: &Lie<MessageId>) -> Ordering {
        let said = |lie: &Lie<MessageId>| [lie.edit.honest().copied(), lie.edit.said().copied()];
        let pairs = said(one).into_iter().zip(said(other));
        let messages = pairs.map(|(one, other)| match (one, other) {
            (Some(one), Some(other)) => self.machine.compare(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        });
        let messages = messages.fold(Ordering::Equal, Ordering::then);
        one.wire.cmp(&other.wire).then(messages)
    }

    /// How many raw behaviours this many traitors have: in each slot on a wire to a loyal general, either value or
    /// silence.
    fn behaviours(&self, traitors: usize) -> Count {
        let choices = Count::from(2 + u64::from(self.adversary.silence));
        let depth = self.terms.rounds;
        let roots = self.roots(traitors);
        let of_root = roots.iter().filter(|root| root.honest || !root.told).map(|root| {
            let sets = num_integer::binomial(
                root.loyal as u64 + root.traitors as u64,
                root.traitors as u64,
            );
            [choices.pow(slots(root, depth)), Count::from(sets)].into_iter().product::<Count>()
        });
        of_root.sum()
    }
}

/// In how many slots a traitor relays something to a loyal general in this tree: summed over the number of loyal and of
/// traitorous relays on the path.
fn slots(root: &Node, depth: usize) -> u128 {
    let Node { loyal, traitors, honest, .. } = *root;
    let mut slots = if honest || depth == 0 { 0 } else { loyal as u128 };
    let mut by_traitors_alone = 1;
    for by_traitors in 1..=traitors.min(depth.saturating_sub(1)) {
        by_traitors_alone *= (traitors - by_traitors + 1) as u128;
        // The number of paths with this many traitors, the last of whom relays.
        let mut paths = by_traitors_alone;
        for by_loyal in 0..=loyal.min(depth - 1 - by_traitors) {
            let others = (loyal - by_loyal) as u128;
            slots += paths * others;
            // One more loyal relay, in any place but the last.
            paths = paths * others * (by_loyal + by_traitors) as u128 / (by_loyal + 1) as u128;
        }
    }
    slots
}

fn because(what: impl Into<String>) -> CompositionError {
    CompositionError::Because(what.into())
}
