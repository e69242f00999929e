//! Who is in a story: the traitors and what is wrong with them, who was given what, and who crashes.

use itertools::Itertools;

use super::sentence;
use crate::adversary::FaultClass;
use crate::attack::Attack;
use crate::general::{General, Generals};
use crate::outcome::Task;
use crate::protocol::Plain;
use crate::schedule::Crash;

/// A sentence for each, in lines of their own.
pub(super) fn cast<V: Plain, M>(attack: &Attack<V, M>, task: Task) -> String {
    let inputs = match task {
        Task::Broadcast => attack.inputs.iter().map(|input| order(attack, input)).collect(),
        Task::Consensus => inputs(attack),
    };
    let crashes = attack.crashes.iter().map(|crash| told(crash, task));
    let sentences = [traitors(attack, task)].into_iter().chain(inputs).chain(crashes);
    sentences.map(|sentence| sentence + "\n").collect()
}

/// What traitors may do, unless they are Byzantine: "may crash".
pub(super) fn may(faults: FaultClass) -> Option<&'static str> {
    match faults {
        FaultClass::Byzantine => None,
        FaultClass::Crash => Some("may crash"),
        FaultClass::SendOmission => Some("may fail to send"),
        FaultClass::ReceiveOmission => Some("may fail to receive"),
    }
}

fn traitors<V, M>(Attack { traitors, faults, .. }: &Attack<V, M>, task: Task) -> String {
    let names = task.names(*traitors);
    let who = may(*faults).map(|may| format!(", who {may}")).unwrap_or_default();
    match traitors.len() {
        0 => "Nobody is a traitor.".to_owned(),
        1 => format!("The traitor is {names}{who}."),
        _ => format!("The traitors are {names}{who}."),
    }
}

/// The order that one general gives, or would give.
fn order<V: Plain, M>(attack: &Attack<V, M>, (general, order): (&General, &V)) -> String {
    let loyal = !attack.traitors.contains(*general);
    match (general.is_commander(), loyal, attack.faults.is_byzantine()) {
        (true, true, _) => format!("The commander is loyal. His order is {order:?}."),
        (true, false, true) => format!("Were he loyal, the commander would order {order:?}."),
        (true, false, false) => format!("The order of the commander is {order:?}."),
        (false, true, _) => format!("The order of {general}, who is loyal, is {order:?}."),
        (false, false, true) => format!("Were it loyal, {general} would order {order:?}."),
        (false, false, false) => format!("The order of {general} is {order:?}."),
    }
}

/// The inputs of all, those who are alike together.
fn inputs<V: Plain, M>(attack: &Attack<V, M>) -> Vec<String> {
    let inputs = attack.inputs.iter();
    let inputs =
        inputs.map(|(general, input)| ((attack.traitors.contains(*general), input), *general));
    let alike = inputs.into_group_map().into_iter().sorted_by_key(|(_, generals)| generals[0]);
    let told = alike.map(|((traitors, input), generals)| {
        let one = generals.len() == 1;
        let names = Task::Consensus.names(Generals::from_iter(generals));
        let have = if one { "has" } else { "have" };
        if !traitors {
            let are = if one { "is" } else { "are" };
            sentence(&format!("{names}, who {are} loyal, {have} the input {input:?}"))
        } else if attack.faults.is_byzantine() {
            let they = if one { "it" } else { "they" };
            format!("Were {they} loyal, {names} would have the input {input:?}.")
        } else {
            sentence(&format!("{names} {have} the input {input:?}"))
        }
    });
    told.collect()
}

/// "The commander crashes in round 1 and still reaches lieutenant 2."
fn told(Crash { general, round, reaches }: &Crash, task: Task) -> String {
    let reaches = match reaches.is_empty() {
        true => "reaches nobody any more".to_owned(),
        false => format!("still reaches {}", task.names(*reaches)),
    };
    sentence(&format!("{} crashes in round {round} and {reaches}", task.name(*general)))
}
