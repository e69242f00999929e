//! A picture of an execution: everything that a drawing, a page or a trace shows of it, as plain text
//! and numbers, whatever the protocol is.

mod drawing;

use serde::Serialize;

use self::drawing::drawn;
pub use super::line::Mark;
use crate::adversary::FaultClass;
use crate::attack::AttackOn;
use crate::execution::ExecutionOf;
use crate::outcome::Task;
use crate::protocol::Round;
use crate::testable::{Testable, lent};

/// An execution of a protocol under an attack, to be shown. It holds no markup: who renders it must
/// escape every text, because a protocol's own values stand in it.
///
/// ```
/// use turncoat::report::picture::Picture;
/// use turncoat::{OralMessages, check};
///
/// let found = check(OralMessages::new(1)).generals(3).traitors(1).assert_broken();
/// let picture = Picture::of(&found.protocol, &found.attack, &found.execution);
/// assert_eq!(picture.setting, "OM(1) among 3 generals");
/// assert_eq!(picture.rounds.len(), 2);
/// assert_eq!(picture.lies().count(), 1);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Picture {
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

/// One round.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Its number, from 1.
    pub round: Round,
    /// What is said in it, by sender and receiver; and what is withheld.
    pub messages: Vec<Message>,
    /// What each general holds after it, by number.
    pub held: Vec<Held>,
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
    /// Whether the protocol itself misbehaved.
    pub fault: bool,
    /// Who decided what, and why that must not be; or that all is well. A sentence.
    pub sentence: String,
}

impl Picture {
    /// The picture of an execution under an attack. The protocol is run once more, to see what all hold
    /// after each round: the execution keeps only how they ended.
    ///
    /// # Panics
    ///
    /// If the attack does not fit the protocol.
    pub fn of<P: Testable>(
        protocol: &P,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
    ) -> Picture {
        drawn(&lent(protocol), attack, execution)
    }

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
    use crate::protocols::oral::{OralMessages, Relay};
    use crate::protocols::path::Path;
    use crate::protocols::signed::SignedMessages;
    use crate::schedule::{Arrival, Shift};
    use crate::testable::Wire;

    const A: Order = Order::ATTACK;
    const R: Order = Order::RETREAT;

    fn attack<M>(n: usize, traitor: usize) -> Attack<Order, M> {
        let inputs = BTreeMap::from([(General::COMMANDER, A)]);
        Attack::new(n, Generals::NONE.with(General::new(traitor)), inputs)
    }

    fn wire(round: Round, from: usize, to: usize) -> Wire {
        Wire { round, from: General::new(from), to: General::new(to) }
    }

    fn picture<P: Testable>(protocol: &P, attack: &AttackOn<P>) -> Picture {
        Picture::of(protocol, attack, &run(protocol, attack).unwrap())
    }

    #[test]
    fn lies_stand_beside_what_loyalty_would_have_said() {
        let relay = |value| Relay { path: Path::root().then(General::new(2)), value };
        let edit = Edit::Instead { of: relay(A), say: relay(R) };
        let lies = vec![Lie { wire: wire(2, 2, 1), edit }];
        let picture = picture(&OralMessages::new(1), &Attack { lies, ..attack(3, 2) });
        let [lie] = picture.lies().collect_vec()[..] else { panic!("{picture:?}") };
        assert_eq!((lie.from, lie.to, &*lie.text), (2, 1, "the commander said RETREAT"));
        assert_eq!(lie.loyal.as_deref(), Some("the commander said ATTACK"));
        let votes = picture.rounds.iter().map(|step| step.held[1].vote.as_deref());
        assert_eq!(picture.start[1].vote.as_deref(), Some("RETREAT"));
        assert_eq!(votes.collect_vec(), [Some("RETREAT"), Some("RETREAT")]);
        assert_eq!(picture.rounds[1].held[2].vote, None);
        assert_eq!(picture.generals[1].decision.as_deref(), Some("RETREAT"));
        assert_eq!(
            (picture.generals[0].role, picture.generals[2].traitor),
            (Role::Commander, true)
        );
        assert_eq!(picture.ending.violated.as_deref(), Some("validity (IC2)"));
    }

    #[test]
    fn what_is_withheld_or_late_is_seen() {
        let relay = |value| Relay { path: Path::root().then(General::new(2)), value };
        let lies = vec![Lie { wire: wire(2, 2, 1), edit: Edit::Withhold(relay(A)) }];
        let order = Relay { path: Path::root(), value: A };
        let late = Shift { wire: wire(1, 0, 1), message: order, arrival: Arrival::Late(1) };
        let attack = Attack { lies, schedule: vec![late], ..attack(3, 2) };
        let picture = picture(&OralMessages::new(1), &attack);
        let late = &picture.rounds[0].messages[0];
        assert_eq!((late.mark, late.arrives), (Some(Mark::Late), Some(2)));
        let withheld = picture.lies().next().unwrap();
        assert_eq!((withheld.withheld, &*withheld.text, withheld.arrives), (true, "nothing", None));
    }

    #[test]
    fn a_forged_signature_is_known_from_a_genuine_one() {
        let protocol = SignedMessages::new(1);
        let wire = wire(2, 2, 1);
        let forgeries = protocol.repertoire(3, wire).forgeries.into_iter();
        let label = Tampering::FlippedBit.label();
        let forged = forgeries.filter(|forgery| forgery.label == label);
        let say = forged.map(|forgery| forgery.message).find(|chain| chain.order == R).unwrap();
        let lies = vec![Lie { wire, edit: Edit::Say(say) }];
        let picture = picture(&protocol, &Attack { lies, ..attack(3, 2) });
        let lie = picture.lies().next().unwrap();
        assert_eq!(lie.forged.as_deref(), Some(label));
        let seals = lie.seals.iter().map(|seal| (seal.by, seal.forged)).collect_vec();
        assert_eq!(seals, [(0, true), (2, false)]);
        let honest = &picture.rounds[1].messages.iter().find(|message| !message.is_lie()).unwrap();
        assert!(honest.seals.iter().all(|seal| !seal.forged) && honest.seals.len() == 2);
        assert_eq!(picture.ending.violated, None);
    }
}
