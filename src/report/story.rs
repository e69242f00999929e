//! The story of an execution: everything that is told, drawn or traced of it, as plain text and numbers,
//! whatever the protocol is. As text it is told in the paper's words: who lied to whom and what loyalty
//! would have said, what the loyal held, and what came of it.

mod facts;
mod prose;

pub(super) use self::facts::{Facts, Named, all_held, may};
use crate::adversary::FaultClass;
use crate::attack::Attack;
use crate::outcome::Task;
use crate::protocol::Round;
use crate::protocol::events::OwnEvent;

/// An execution of a protocol under an attack, in words. It holds no markup: who renders it must
/// escape every text, because a protocol's own values stand in it.
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
    /// What it is for.
    pub task: Task,
    /// In what way traitors are faulty.
    pub faults: FaultClass,
    /// Who can talk to whom, each pair once, the smaller number first; nothing where everybody can
    /// talk to everybody.
    pub edges: Option<Vec<[usize; 2]>>,
    /// Who the traitors are and who was given what, a sentence each.
    pub cast: Vec<String>,
    /// All generals, by number.
    pub generals: Vec<Actor>,
    /// What each general holds before anything is said, by number.
    pub start: Vec<Held>,
    /// All rounds, in turn. If the protocol misbehaves, up to the one in which it does.
    pub rounds: Vec<Step>,
    /// What came of it.
    pub ending: Ending,
    /// How much of the attack there is, by kind.
    pub amount: Amount,
    /// How many messages are sent.
    pub messages: usize,
    /// How many are sent in the honest run with the same inputs, if the protocol can be run so.
    pub honest_messages: Option<usize>,
    /// What in the attack changes nothing, or can't be told because a signature is lacking: a line each.
    pub undone: Vec<String>,
}

/// How many crashes, lies and changes of the schedule there are in an attack.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Amount {
    /// In what way traitors are faulty.
    pub faults: FaultClass,
    /// How often they are: lies, crashes, or omissions.
    pub wrongs: usize,
    /// How much else does not arrive in its turn.
    pub shifts: usize,
    /// How many timers and coins do not do as usual.
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
    /// How much of an attack there is.
    pub(crate) fn of<V, M>(attack: &Attack<V, M>) -> Amount {
        let Attack { faults, traitors, crashes, lies, schedule, happenings, twins, .. } = attack;
        let deaf = *faults == FaultClass::ReceiveOmission;
        let unheard =
            schedule.iter().filter(|shift| deaf && traitors.contains(shift.wire.to)).count();
        // An attack that fits a protocol has nothing of another class.
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
    /// What it is.
    pub role: Role,
    /// Whether it is a traitor.
    pub traitor: bool,
    /// What it was given, if anything.
    pub input: Option<String>,
    /// In which round it crashes, if it does.
    pub crashes: Option<Round>,
    /// What it decided, if it is loyal and decides.
    pub decision: Option<String>,
    /// Whether it should decide, and all ended before it had.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub undecided: bool,
}

impl Actor {
    /// "decides ATTACK", "has not decided"; nothing of who is not asked.
    #[must_use]
    pub fn conclusion(&self) -> Option<String> {
        let decides = self.decision.as_ref().map(|decision| format!("decides {decision}"));
        decides.or_else(|| self.undecided.then(|| "has not decided".to_owned()))
    }
}

/// What a general is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Whoever gives the order of a broadcast.
    Commander,
    /// Whoever receives it.
    Lieutenant,
    /// One of equals: in consensus.
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
    /// What happens at its start in an event-driven protocol, and what arrives late in it: a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub happenings: Vec<String>,
    /// What is said in it, by sender and receiver; and what is withheld.
    pub messages: Vec<Message>,
    /// On which wires, by sender and receiver, nothing is said because a crash silences all of it.
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

/// Something said, or left unsaid, by one general to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Message {
    /// Who speaks.
    pub from: usize,
    /// Who hears.
    pub to: usize,
    /// What is said, as the protocol tells it; of what is withheld, "nothing" (or what is not sent, if
    /// traitors can only omit).
    pub text: String,
    /// Whether it is left unsaid.
    pub withheld: bool,
    /// What is wrong with it, if anything.
    pub mark: Option<Mark>,
    /// What loyalty would have said, if it is a lie: "nothing", if that would have been so.
    pub loyal: Option<String>,
    /// What becomes of it, if it does not arrive in its turn: "arrives in round 2".
    pub arrival: Option<String>,
    /// In which round it arrives; nothing if it never does.
    pub arrives: Option<Round>,
    /// The signatures in it.
    pub seals: Vec<Stamp>,
    /// In which way it is forged, if it is a lie that nobody may accept.
    pub forged: Option<String>,
}

/// What is wrong with a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Loyalty would have said something else.
    Lie,
    /// It arrives before all others.
    First,
    /// It arrives in a later round.
    Late,
    /// It does not arrive.
    Lost,
}

impl Mark {
    /// In a word, in capitals.
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
    /// Whose it is, or claims to be.
    pub by: usize,
    /// Whether nobody should take it for a signature.
    pub forged: bool,
    /// What is odd about it, if its owner made it so that not everybody takes it for a signature.
    pub odd: Option<&'static str>,
}

/// What one general holds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Held {
    /// As the protocol explains it, a line each. (That is made for the end: before, what has not come
    /// yet may stand there as the protocol's default.) Nothing if it has no state.
    pub lines: Vec<String>,
    /// What it would decide if this were the end, if it is asked.
    pub vote: Option<String>,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Ending {
    /// The property that is violated, as it is called in its task: "agreement (IC1)".
    pub violated: Option<String>,
    /// What the protocol did that none may do, if it misbehaved.
    pub fault: Option<String>,
    /// Who decided what, and why that must not be; or that all is well. A sentence.
    pub sentence: String,
    /// Who decided what: "lieutenants 1 and 3 decide RETREAT".
    pub decided: String,
}

impl Story {
    /// Everything that loyalty would not have said, and what it would have and was withheld.
    pub fn lies(&self) -> impl Iterator<Item = &Message> {
        let messages = self.rounds.iter().flat_map(|step| &step.messages);
        messages.filter(|message| message.is_lie())
    }

    /// What this general is called.
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

    /// What all held at last.
    #[must_use]
    pub fn end(&self) -> &[Held] {
        self.rounds.last().map_or(&self.start, |step| &step.held)
    }
}

impl Ending {
    /// In a line: "Violated: validity (IC2). ..".
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
    /// Whether loyalty would have said something else.
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
