//! Who is where: the sides, between which mail is late, and who talks to both.

use super::super::argument::groups;
use super::super::covering::input;
use crate::adversary::FaultClass;
use crate::attack::Attack;
use crate::general::{General, Generals};
use crate::graph::{Cut, Graph};
use crate::machine::{NumberedAttack, Terms, ValueId};
use crate::outcome::Task;

/// Who is where.
#[derive(Clone, Copy)]
pub(crate) struct Partition {
    pub faults: FaultClass,
    /// Between them all mail is late.
    pub sides: [Generals; 2],
    /// Whoever talks to both sides, as traitors where both are.
    pub between: Generals,
    /// Of whom each side hears nothing: who has crashed where it is alone. That is the other side, or, where a
    /// graph is cut, part of the cut.
    pub unheard: [Generals; 2],
}

impl Partition {
    /// The one by which there is no protocol for this task against so many traitors of this class, who are
    /// Byzantine or crash, if there is one.
    pub fn of(task: Task, graph: &Graph, faults: FaultClass, f: usize) -> Option<Partition> {
        let n = graph.n();
        if task == Task::Consensus && n <= 2 * f {
            let (halves, between) = (groups(n, 2), Generals::NONE);
            let [one, other] = [halves[0], halves[1]];
            return Some(Partition { faults, sides: [one, other], between, unheard: [other, one] });
        }
        if faults.is_byzantine() && n <= 3 * f {
            return Some(Partition::thirds(task, &groups(n, 3)));
        }
        let Cut { f1, f2, p, q } = graph.cut(f)?;
        let commands =
            |part: &Generals| task == Task::Broadcast && part.contains(General::COMMANDER);
        // One part of the cut is late, the other lies; who commands can't be late.
        let [late, between] = if commands(&f1) { [f2, f1] } else { [f1, f2] };
        let possible = between.is_empty() || faults.is_byzantine();
        possible.then_some(Partition { faults, sides: [p, q], between, unheard: [late, late] })
    }

    /// Of three groups the last is between the others, or the one that has the commander.
    pub fn thirds(task: Task, groups: &[Generals]) -> Partition {
        let commands =
            |group: &Generals| task == Task::Broadcast && group.contains(General::COMMANDER);
        let between = groups.iter().position(commands).unwrap_or(2);
        let [one, other] = [1, 2].map(|after| groups[(between + after) % 3]);
        let (faults, unheard) = (FaultClass::Byzantine, [other, one]);
        Partition { faults, sides: [one, other], between: groups[between], unheard }
    }

    /// The groups by their letters: the sides, those between them, and those of whom neither hears.
    pub fn groups(&self) -> Vec<Generals> {
        let Partition { sides: [one, other], between, unheard, .. } = *self;
        let late = if unheard[0] == unheard[1] { unheard[0] } else { Generals::NONE };
        let count = if !late.is_empty() { 4 } else { 2 + usize::from(!between.is_empty()) };
        [one, other, between, late][..count].to_vec()
    }

    /// On which side somebody is.
    pub fn side_of(&self, general: General) -> Option<usize> {
        self.sides.iter().position(|side| side.contains(general))
    }
}

/// Makes the attacks.
pub(super) struct Planner<'a> {
    pub terms: &'a Terms,
    pub partition: Partition,
    pub values: [ValueId; 2],
}

impl Planner<'_> {
    /// The attack in which nothing happens, where each is given what is given on this side.
    pub fn attack(&self, traitors: Generals, side: impl Fn(General) -> usize) -> NumberedAttack {
        let Planner { terms, values, .. } = self;
        let inputs = terms
            .inputs
            .iter()
            .filter_map(|general| Some((general, input(terms, values, general, side(general))?)));
        Attack::new(&terms.graph, traitors, inputs.collect())
    }
}
