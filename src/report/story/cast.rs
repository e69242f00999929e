//! Who is in a story: the traitors and what is wrong with them, who was given what, and who crashes.

use itertools::Itertools;

use super::{Facts, Named};
use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::outcome::Task;
use crate::report::sentence;
use crate::schedule::Crash;

/// What traitors may do, unless they are Byzantine: "may crash".
pub(in crate::report) fn may(faults: FaultClass) -> Option<&'static str> {
    match faults {
        FaultClass::Byzantine => None,
        FaultClass::Crash => Some("may crash"),
        FaultClass::SendOmission => Some("may fail to send"),
        FaultClass::ReceiveOmission => Some("may fail to receive"),
    }
}

impl Facts<'_> {
    /// Who the traitors are, who was given what, and who crashes: a sentence each.
    pub fn cast(&self) -> Vec<String> {
        let inputs = match self.task {
            Task::Broadcast => self.inputs.iter().map(|input| self.order(input)).collect(),
            Task::Consensus => self.proposals(),
        };
        let crashes = self.crashes.iter().map(|crash| told(crash, self.task));
        [self.who()].into_iter().chain(inputs).chain(crashes).collect()
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

    /// The order that one general gives, or would give.
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

    /// The inputs of all, those who are alike together.
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
}

/// "The commander crashes in round 1 and still reaches lieutenant 2."
fn told(Crash { general, round, reaches }: &Crash, task: Task) -> String {
    let reaches = match reaches.is_empty() {
        true => "reaches nobody any more".to_owned(),
        false => format!("still reaches {}", task.names(*reaches)),
    };
    sentence(&format!("{} crashes in round {round} and {reaches}", task.name(*general)))
}
