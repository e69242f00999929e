//! The sentences of a story: who takes part, who decided what, and why that is a violation.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::Ending;
use crate::adversary::FaultClass;
use crate::attack::{Lasso, Twin};
use crate::escape::escaped;
use crate::general::{General, Generals};
use crate::outcome::Task;
use crate::property::{Accepted, AskedProperties, Property, Violation};
use crate::report::{capital, sentence};
use crate::schedule::Crash;

/// A value in words. Its number distinguishes it from another value that reads the same.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::report) struct Named {
    pub number: usize,
    pub text: String,
}

/// What the sentences of a story are about: who took part, what all were given, and how it ended.
pub(in crate::report) struct Facts<'a> {
    pub task: Task,
    /// Which properties are asked.
    pub asked: &'a AskedProperties,
    pub faults: FaultClass,
    pub everybody: Generals,
    pub traitors: Generals,
    pub crashes: &'a [Crash],
    /// How the execution goes on for ever, if it does.
    pub lasso: Option<&'a Lasso>,
    pub twins: Vec<Twin<Named>>,
    /// Whether its rounds are waves.
    pub in_waves: bool,
    pub inputs: BTreeMap<General, Named>,
    /// By number of the general.
    pub decisions: Vec<Option<Named>>,
    /// Who should have decided, but has not.
    pub undecided: Generals,
    pub violation: Option<Violation>,
    /// Whether the execution could go on, so that whoever has not decided still can.
    pub is_open: bool,
    /// The property that is violated, whatever else is wrong.
    pub lacks: Option<Property>,
}

impl Facts<'_> {
    /// Who the traitors are, who was given what, and who crashes: one sentence each.
    pub fn cast(&self) -> Vec<String> {
        let inputs = match self.task {
            Task::Broadcast => self.inputs.iter().map(|input| self.order(input)).collect(),
            Task::Consensus => self.proposals(),
        };
        let crashes = self.crashes.iter().map(|crash| told(crash, self.task, self.in_waves));
        let twins = self.twins.iter().map(|twin| doubled(twin, self.task));
        [self.who()].into_iter().chain(inputs).chain(crashes).chain(twins).collect()
    }

    fn who(&self) -> String {
        let names = self.task.names(self.traitors);
        let who = may(self.faults).map(|may| format!(", who {may}")).unwrap_or_default();
        match self.traitors.len() {
            0 => "Nobody is a traitor.".to_owned(),
            1 => format!("The traitor is {names}{who}."),
            _ => format!("The traitors are {names}{who}."),
        }
    }

    /// The sentence about the order that one general gives, or would give.
    fn order(&self, (general, Named { text: order, .. }): (&General, &Named)) -> String {
        let loyal = !self.traitors.contains(*general);
        match (general.is_commander(), loyal, self.faults.is_byzantine()) {
            (true, true, _) => format!("The commander is loyal. His order is {order}."),
            (true, false, true) => format!("Were he loyal, the commander would order {order}."),
            (true, false, false) => format!("The order of the commander is {order}."),
            (false, true, _) => format!("The order of {general}, who is loyal, is {order}."),
            (false, false, true) => format!("Were it loyal, {general} would order {order}."),
            (false, false, false) => format!("The order of {general} is {order}."),
        }
    }

    /// The sentences about all inputs, with equal inputs together.
    fn proposals(&self) -> Vec<String> {
        let inputs = self.inputs.iter();
        let inputs =
            inputs.map(|(general, input)| ((self.traitors.contains(*general), input), *general));
        let alike = inputs.into_group_map().into_iter().sorted_by_key(|(_, generals)| generals[0]);
        let told = alike.map(|((traitors, Named { text: input, .. }), generals)| {
            let one = generals.len() == 1;
            let names = Task::Consensus.names(Generals::from_iter(generals));
            let have = if one { "has" } else { "have" };
            if !traitors {
                let are = if one { "is" } else { "are" };
                sentence(&format!("{names}, who {are} loyal, {have} the input {input}"))
            } else if self.faults.is_byzantine() {
                let they = if one { "it" } else { "they" };
                format!("Were {they} loyal, {names} would have the input {input}.")
            } else {
                sentence(&format!("{names} {have} the input {input}"))
            }
        });
        told.collect()
    }

    /// How it ended.
    pub fn ending(&self) -> Ending {
        let (mut fault, decided) = (None, self.decided(None, self.undecided));
        let (violated, sentence) = match &self.violation {
            None => {
                let held = all_held(self.asked);
                let open = self.is_open && !self.undecided.is_empty();
                let not_over = match open {
                    true => {
                        let who = not_decided(self.task, self.undecided);
                        format!(", as far as it goes: {who}, and it is not over")
                    }
                    false => String::new(),
                };
                (None, format!("{held} in this execution{not_over}."))
            }
            Some(Violation::Fault(found)) => {
                let told = found.told(self.task);
                let sentence = sentence(&told);
                fault = Some(told);
                (Some(found.kind.property().to_owned()), sentence)
            }
            Some(Violation::Forgery(accepted)) => {
                (Some("unforgeability".to_owned()), self.taken_in(accepted))
            }
            Some(Violation::Property(property)) => {
                (Some(self.asked.title(*property, self.task)), self.accusation(*property))
            }
        };
        Ending { violated, fault, sentence, decided }
    }

    /// Who accepted which forgery, and what that led to.
    fn taken_in(&self, Accepted { wire, label }: &Accepted) -> String {
        let round = wire.round;
        let [from, to] = [wire.from, wire.to].map(|general| self.task.name(general));
        let label = escaped(label);
        let what = format!("In round {round} {from} sends {to} a forgery, {label}, which counts.");
        let outcome = self.lacks.map(|property| self.accusation(property));
        [what].into_iter().chain(outcome).join(" ")
    }

    /// Who decided what, and why that is a violation.
    fn accusation(&self, property: Property) -> String {
        let Facts { faults, everybody, traitors, inputs, .. } = self;
        // What had to be decided: the commander's order, or the input of all generals who are bound by theirs.
        let due = faults.bound(everybody.len(), *traitors);
        let due = due.iter().find_map(|general| inputs.get(&general));
        let due = due.or_else(|| inputs.values().next());
        let due = due.filter(|_| property == Property::Validity);
        let undecided = match property {
            Property::Agreement => Generals::NONE,
            Property::Validity if !self.asked.validity_of_all => Generals::NONE,
            _ => self.undecided,
        };
        let decided = self.decided(due, undecided);
        let decided = if decided.is_empty() { "nobody decides" } else { &decided };
        match (property, self.task, due) {
            (Property::Validity, ..) if self.asked.hull => {
                format!("{}, and {decided}.", capital(&self.range()))
            }
            (Property::Validity, Task::Broadcast, Some(Named { text: order, .. })) => {
                format!("The loyal commander orders {order}, and {decided}.")
            }
            (Property::Validity, Task::Consensus, Some(Named { text: input, .. })) => {
                format!("All inputs{} are {input}, and {decided}.", self.of_the_loyal())
            }
            (Property::Agreement, Task::Broadcast, _) => {
                format!("The loyal lieutenants do not agree: {decided}.")
            }
            (Property::Agreement, Task::Consensus, _) => {
                format!("The loyal generals do not agree: {decided}.")
            }
            (Property::Totality, ..) => {
                format!("Some of the loyal decide, and others do not: {decided}.")
            }
            (Property::Termination, ..) => {
                let told = sentence(&not_decided(self.task, undecided));
                let for_ever = self.lasso.map(Lasso::told);
                [told].into_iter().chain(for_ever).join(" ")
            }
            (Property::Demand(_) | Property::Validity, ..) => sentence(decided),
        }
    }

    fn of_the_loyal(&self) -> &'static str {
        let some = self.faults.is_byzantine() && !self.traitors.is_empty();
        if some { " of the loyal" } else { "" }
    }

    /// The inputs of those who are bound by them.
    fn range(&self) -> String {
        let bound = self.faults.bound(self.everybody.len(), self.traitors);
        let given = self.inputs.iter().filter(|(general, _)| bound.contains(**general));
        let given = given.map(|(_, input)| input).sorted_by_key(|input| input.number).unique();
        let given = given.map(|input| input.text.as_str()).join(", ");
        format!("the inputs{} are {given}", self.of_the_loyal())
    }

    /// Who decided what, except those who decided this value, and who of `undecided` has not decided.
    fn decided(&self, but: Option<&Named>, undecided: Generals) -> String {
        let decisions = self.decisions.iter().enumerate();
        let decisions = decisions.filter_map(|(id, decision)| Some((decision.as_ref()?, id)));
        let groups = decisions.map(|(decision, id)| (decision, General::new(id))).into_group_map();
        let groups = groups.into_iter().filter(|(decision, _)| Some(*decision) != but);
        let decided = groups.map(|(Named { text, .. }, generals)| {
            let verb = if generals.len() == 1 { "decides" } else { "decide" };
            let names = self.task.names(generals.iter().copied().collect());
            (generals[0], format!("{names} {verb} {text}"))
        });
        let first = undecided.iter().next();
        let undecided = first.map(|first| (first, not_decided(self.task, undecided)));
        let told = decided.chain(undecided).sorted_by_key(|(first, _)| *first);
        told.map(|(_, told)| told).collect_vec().join(", and ")
    }
}

/// "lieutenants 1 and 2 have not decided".
fn not_decided(task: Task, generals: Generals) -> String {
    let have = if generals.len() == 1 { "has" } else { "have" };
    format!("{} {have} not decided", task.names(generals))
}

/// "Agreement (IC1) and validity (IC2) hold".
pub(in crate::report) fn all_held(asked: &AskedProperties) -> String {
    let mut titles = asked.titles().collect_vec();
    let last = titles.pop().unwrap_or_default();
    capital(&match titles.is_empty() {
        true => format!("{last} holds"),
        false => format!("{} and {last} hold", titles.join(", ")),
    })
}

/// What traitors may do, unless they are Byzantine: "may crash".
pub(in crate::report) fn may(faults: FaultClass) -> Option<&'static str> {
    match faults {
        FaultClass::Byzantine => None,
        FaultClass::Crash => Some("may crash"),
        FaultClass::SendOmission => Some("may fail to send"),
        FaultClass::ReceiveOmission => Some("may fail to receive"),
    }
}

/// "General 3 runs a second node, with the input 1, which speaks to general 0."
fn doubled(Twin { general, input, to }: &Twin<Named>, task: Task) -> String {
    let input = input.as_ref().map(|input| format!(", with the input {}", input.text));
    let (name, input) = (task.name(*general), input.unwrap_or_default());
    sentence(&format!("{name} runs a second node{input}, which speaks to {}", task.names(*to)))
}

/// "The commander crashes in round 1 and still reaches lieutenant 2."
fn told(Crash { general, round, reaches }: &Crash, task: Task, in_waves: bool) -> String {
    let reaches = match reaches.is_empty() {
        true => "reaches nobody any more".to_owned(),
        false => format!("still reaches {}", task.names(*reaches)),
    };
    let step = if in_waves { "wave" } else { "round" };
    sentence(&format!("{} crashes in {step} {round} and {reaches}", task.name(*general)))
}
