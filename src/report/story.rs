//! The story of an execution: everything that reports tell, draw or trace of it, as plain text and numbers, for any
//! protocol. As text it uses the paper's words: who lied to whom and what a loyal general would have said, what the
//! loyal held, and how it ended.

mod facts;
mod prose;

pub(super) use self::facts::{Facts, Named, all_held, may};
use crate::adversary::FaultClass;
use crate::attack::Attack;
use crate::outcome::Task;
use crate::protocol::Round;
use crate::protocol::events::OwnEvent;

/// An execution of a protocol under an attack, in words. It contains no markup: renderers must escape every text,
/// because a protocol's own values are in it.
///
/// ```
/// use turncoat::report::story::Story;
/// use turncoat::{OralMessages, check};
///
/// let found = check(OralMessages::new(1)).generals(3).traitors(1).assert_broken();
/// let story = Story::of(&found.protocol, &found.attack, &found.execution);
/// assert_eq!(story.setting, "OM(1) among 3 generals");
/// assert_eq!(story.rounds.len(), 2);
/// assert_eq!(story.lies().count(), 1);
/// assert!(story.to_string().starts_with("The traitor is lieutenant 1.\n"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Story {
    /// The name of the protocol: "OM(1)".
    pub protocol: String,
    /// The protocol and its generals: "OM(1) among 3 generals".
    pub setting: String,
    /// What the protocol is for.
    pub task: Task,
    /// In what way traitors are faulty.
    pub faults: FaultClass,
    /// Who can talk to whom, each pair once, the smaller number first; none if everybody can talk to everybody.
    pub edges: Option<Vec<[usize; 2]>>,
    /// Who the traitors are and who was given what, one sentence each.
    pub cast: Vec<String>,
    /// All generals, by number.
    pub generals: Vec<Actor>,
    /// What each general holds before anything is said, by number.
    pub start: Vec<Held>,
    /// All rounds, in order. If the protocol misbehaves, up to the round in which it does.
    pub rounds: Vec<Step>,
    /// How it ended.
    pub ending: Ending,
    /// The size of the attack, by kind.
    pub amount: Amount,
    /// How many messages are sent.
    pub messages: usize,
    /// How many messages are sent in the fault-free run with the same inputs, if the protocol can be run so.
    pub honest_messages: Option<usize>,
    /// Parts of the attack that have no effect, or can't be carried out because a signature is lacking: one line
    /// each.
    pub undone: Vec<String>,
}

/// How many crashes, lies and changes of the schedule an attack has, and how many parts of other kinds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Amount {
    /// In what way traitors are faulty.
    pub faults: FaultClass,
    /// The number of faults: lies, crashes, or omissions.
    pub wrongs: usize,
    /// How many other messages do not arrive at their usual time.
    pub shifts: usize,
    /// How many timers and coins differ from the default.
    #[serde(skip_serializing_if = "is_zero")]
    pub happenings: usize,
    /// How often loyal generals crash and restart.
    #[serde(skip_serializing_if = "is_zero")]
    pub restarts: usize,
    /// How many second nodes traitors run.
    #[serde(skip_serializing_if = "is_zero")]
    pub twins: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Amount {
    /// The size of an attack.
    pub(crate) fn of<V, M>(attack: &Attack<V, M>) -> Amount {
        let Attack { faults, traitors, crashes, lies, schedule, happenings, twins, .. } = attack;
        let deaf = *faults == FaultClass::ReceiveOmission;
        let unheard =
            schedule.iter().filter(|shift| deaf && traitors.contains(shift.wire.to)).count();
        // An attack that fits a protocol has no faults of another class.
        let wrongs = match faults {
            FaultClass::Byzantine | FaultClass::SendOmission => lies.len(),
            FaultClass::Crash => crashes.len(),
            FaultClass::ReceiveOmission => unheard,
        };
        let restarts = happenings.iter().filter(|it| it.event == OwnEvent::Restarts).count();
        Amount {
            faults: *faults,
            wrongs,
            shifts: schedule.len() - unheard,
            happenings: happenings.len() - restarts,
            restarts,
            twins: twins.len(),
        }
    }
}

/// One general.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Actor {
    /// Its number.
    pub id: usize,
    /// What it is called: "the commander", "lieutenant 2", "general 2".
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Whether it is a traitor.
    pub traitor: bool,
    /// What it was given, if anything.
    pub input: Option<String>,
    /// In which round it crashes, if it does.
    pub crashes: Option<Round>,
    /// What it decided, if it is loyal and decides.
    pub decision: Option<String>,
    /// Whether it should have decided, but everything ended before it had.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub undecided: bool,
}

impl Actor {
    /// "decides ATTACK", "has not decided"; none for a general who need not decide.
    #[must_use]
    pub fn conclusion(&self) -> Option<String> {
        let decides = self.decision.as_ref().map(|decision| format!("decides {decision}"));
        decides.or_else(|| self.undecided.then(|| "has not decided".to_owned()))
    }
}

/// The role of a general.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The one who gives the order of a broadcast.
    Commander,
    /// One who receives the order.
    Lieutenant,
    /// One of equals, in consensus.
    General,
}

/// One round, or one wave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Whether it is a wave of an event-driven protocol, and not a round.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_wave: bool,
    /// Its number, from 1.
    pub round: Round,
    /// What happens at its start in an event-driven protocol, and what arrives late in it: one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub happenings: Vec<String>,
    /// What is said in it, by sender and receiver, and what is withheld.
    pub messages: Vec<Message>,
    /// The wires, by sender and receiver, on which a crash silences everything.
    pub silenced: Vec<[usize; 2]>,
    /// What each general holds after it, by number.
    pub held: Vec<Held>,
}

impl Step {
    /// "Round 2", "Wave 2".
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", if self.is_wave { "Wave" } else { "Round" }, self.round)
    }
}

/// A message that one general sends to another, or withholds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Message {
    /// Who speaks.
    pub from: usize,
    /// Who hears.
    pub to: usize,
    /// The message in the protocol's words. For a withheld message it is "nothing" (or the message that is not sent,
    /// if traitors can only omit).
    pub text: String,
    /// Whether it is withheld.
    pub withheld: bool,
    /// What is wrong with it, if anything.
    pub mark: Option<Mark>,
    /// What a loyal general would have said, if this is a lie; possibly "nothing".
    pub loyal: Option<String>,
    /// What becomes of it, if it does not arrive at its usual time: "arrives in round 2".
    pub arrival: Option<String>,
    /// In which round it arrives; none if it never does.
    pub arrives: Option<Round>,
    /// The signatures in it.
    pub seals: Vec<Stamp>,
    /// How it is forged, if it is a lie that nobody may accept.
    pub forged: Option<String>,
}

/// What is wrong with a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A loyal general would have said something else.
    Lie,
    /// It arrives before all others.
    First,
    /// It arrives in a later round.
    Late,
    /// It does not arrive.
    Lost,
}

impl Mark {
    /// The mark in one word, in capitals.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Mark::Lie => "LIE",
            Mark::First => "FIRST",
            Mark::Late => "LATE",
            Mark::Lost => "LOST",
        }
    }
}

/// A signature in a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Stamp {
    /// Its owner, or claimed owner.
    pub by: usize,
    /// Whether no verifier should accept it.
    pub forged: bool,
    /// What is odd about it, if its owner made it so that not every verifier accepts it.
    pub odd: Option<&'static str>,
}

/// What one general holds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Held {
    /// The lines in which the protocol explains the general's state; empty if it has no state. (The explanation is
    /// meant for the end: earlier, messages that are still to come may be shown as the protocol's default.)
    pub lines: Vec<String>,
    /// What it would decide if this were the end, if it must decide.
    pub vote: Option<String>,
}

/// How an execution ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Ending {
    /// The violated property, by its name in this task: "agreement (IC1)".
    pub violated: Option<String>,
    /// What the protocol did wrong, if it misbehaved.
    pub fault: Option<String>,
    /// One sentence: who decided what and why that is a violation, or that all is well.
    pub sentence: String,
    /// Who decided what: "lieutenants 1 and 3 decide RETREAT".
    pub decided: String,
}

impl Story {
    /// Everything that a loyal general would not have said, and everything that it would have said and that was
    /// withheld.
    pub fn lies(&self) -> impl Iterator<Item = &Message> {
        let messages = self.rounds.iter().flat_map(|step| &step.messages);
        messages.filter(|message| message.is_lie())
    }

    /// The name of this general.
    #[must_use]
    pub fn name(&self, general: usize) -> &str {
        self.generals.get(general).map_or("nobody", |actor| &actor.name)
    }

    /// How many messages are sent, and how many if nobody is a traitor.
    #[must_use]
    pub fn counted(&self) -> String {
        let honest = self.honest_messages.map(|honest| format!("; in an honest run: {honest}"));
        format!("Messages sent: {}{}.", self.messages, honest.unwrap_or_default())
    }

    /// What all generals held in the end.
    #[must_use]
    pub fn end(&self) -> &[Held] {
        self.rounds.last().map_or(&self.start, |step| &step.held)
    }
}

impl Ending {
    /// The ending in one line: "Violated: validity (IC2). ..".
    #[must_use]
    pub fn told(&self) -> String {
        let Ending { violated, fault, sentence, .. } = self;
        match (violated, fault) {
            (None, _) => sentence.clone(),
            (Some(_), Some(_)) => format!("Fault: {sentence}"),
            (Some(property), None) => format!("Violated: {property}. {sentence}"),
        }
    }
}

impl Message {
    /// Whether a loyal general would have said something else.
    #[must_use]
    pub fn is_lie(&self) -> bool {
        self.mark == Some(Mark::Lie)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use itertools::Itertools;

    use super::*;
    use crate::attack::{Attack, Edit, Lie};
    use crate::execution::run;
    use crate::forgery::Tampering;
    use crate::general::{General, Generals};
    use crate::order::Order;
    use crate::protocols::signed::SignedMessages;
    use crate::testable::{Testable, Wire};

    #[test]
    fn a_forged_signature_is_known_from_a_genuine_one() {
        let protocol = SignedMessages::new(1);
        let wire = Wire { round: 2, from: General::new(2), to: General::new(1) };
        let forgeries = protocol.repertoire(3, wire).forgeries.into_iter();
        let label = Tampering::FlippedBit.label();
        let forged = forgeries.filter(|forgery| forgery.label == label);
        let mut forged = forged.map(|forgery| forgery.message);
        let say = forged.find(|chain| chain.order == Order::RETREAT).unwrap();
        let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
        let honest = Attack::new(3, Generals::NONE.with(wire.from), inputs);
        let attack = Attack { lies: vec![Lie { wire, edit: Edit::Say(say) }], ..honest };
        let story = Story::of(&protocol, &attack, &run(&protocol, &attack).unwrap());
        let lie = story.lies().next().unwrap();
        assert_eq!(lie.forged.as_deref(), Some(label));
        let seals = lie.seals.iter().map(|seal| (seal.by, seal.forged)).collect_vec();
        assert_eq!(seals, [(0, true), (2, false)]);
        let honest = &story.rounds[1].messages.iter().find(|message| !message.is_lie()).unwrap();
        assert!(honest.seals.iter().all(|seal| !seal.forged) && honest.seals.len() == 2);
        assert_eq!(story.ending.violated, None);
    }
}
