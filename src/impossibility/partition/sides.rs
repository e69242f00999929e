//! Who is where in a partition: the two sides, and those who talk to both.

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
    /// The two sides. All mail between them is late.
    pub sides: [Generals; 2],
    /// Those who talk to both sides. They are the traitors where both sides are present.
    pub between: Generals,
    /// The generals that each side does not hear; they have crashed where it is alone. They are the other side or,
    /// where a graph is cut, one part of the cut.
    pub unheard: [Generals; 2],
}

impl Partition {
    /// The partition that rules out a protocol for this task against `f` traitors of this class, Byzantine or crash, if
    /// there is one.
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
        // One part of the cut is late, the other lies. The commander's part cannot be the late one.
        let [late, between] = if commands(&f1) { [f2, f1] } else { [f1, f2] };
        let possible = between.is_empty() || faults.is_byzantine();
        possible.then_some(Partition { faults, sides: [p, q], between, unheard: [late, late] })
    }

    /// Of three groups, the one with the commander talks to both others; without a commander it is the last.
    pub fn thirds(task: Task, groups: &[Generals]) -> Partition {
        let commands =
            |group: &Generals| task == Task::Broadcast && group.contains(General::COMMANDER);
        let between = groups.iter().position(commands).unwrap_or(2);
        let [one, other] = [1, 2].map(|after| groups[(between + after) % 3]);
        let (faults, unheard) = (FaultClass::Byzantine, [other, one]);
        Partition { faults, sides: [one, other], between: groups[between], unheard }
    }

    /// The groups in the order of their letters: the sides, those who talk to both, and those whom neither side hears.
    pub fn groups(&self) -> Vec<Generals> {
        let Partition { sides: [one, other], between, unheard, .. } = *self;
        let late = if unheard[0] == unheard[1] { unheard[0] } else { Generals::NONE };
        let count = if !late.is_empty() { 4 } else { 2 + usize::from(!between.is_empty()) };
        [one, other, between, late][..count].to_vec()
    }

    /// The side that a general is on.
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
    /// The attack in which nothing happens; each general has the input of the side that `side` names.
    pub fn attack(&self, traitors: Generals, side: impl Fn(General) -> usize) -> NumberedAttack {
        let Planner { terms, values, .. } = self;
        let inputs = terms
            .inputs
            .iter()
            .filter_map(|general| Some((general, input(terms, values, general, side(general))?)));
        Attack::new(&terms.graph, traitors, inputs.collect())
    }
}
