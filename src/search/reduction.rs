//! What an engine leaves out, and why it may.

use std::fmt;

use crate::adversary::FaultClass;

/// What an engine leaves out, and why it may.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// What traitors tell each other changes nothing for the loyal: the enemy knows everything
    /// already, and says what it likes. (Where lies are counted, they are gone through.)
    TraitorToLoyal,
    /// A Byzantine traitor is bound by no input, so one stands for all.
    TraitorsOrder,
    /// A general's next state depends on its own inbox alone, and each wire is free of all
    /// others: successors are a product of each receiver's successors. (Which signatures the
    /// traitors can show is settled by what the loyal say, before any of that. A crash is felt by
    /// all receivers, so there each is gone through by itself.)
    PerReceiver,
    /// Equal states of a receiver, and equal global states in which the enemy has overheard the
    /// same signatures, of those that it can still use, have the same future. (So a state that did not
    /// change when it heard a message need not hear it again.)
    EqualStates,
    /// After the last round nothing is left of a state but its decision.
    LastRound,
    /// Generals are alike to the protocol, as it [says](crate::testable::Symmetric): of traitor
    /// sets, inputs and states (with the signatures that the enemy can show in them) that can be renamed
    /// into each other, one is gone through. (Where lies are counted, all are.)
    Renaming,
    /// The protocol is monotone in the last round, as it [says](crate::Claims::monotone): what a general
    /// decides lies between what it decides when it is told the lowest in each slot and when it is told
    /// the highest, and only these are gone through, with all strays. Where those two are the same for
    /// all, agreement and validity hold of all between; and where they are not, they are broken by one of
    /// them. (Where lies are counted, the order of arrival is free, messages are late or forged, or more
    /// is demanded, all are gone through.)
    Extremes,
    /// In an event-driven protocol only what the loyal send is a step of all: where each of them can be by then
    /// hangs on what it sent, and on what it could hear before, and the vectors of local states are the
    /// product of these sets (the board). Left out, global states are gone through, in bursts: one general
    /// hears until it sends.
    Board,
    /// The more could be heard before something was sent, the more local states there are, and the cheaper: of
    /// nodes of the board in which the same was sent, those are gone through that no other one covers. Where all mail
    /// takes one wave, the same of sets of states.
    Antichains,
    /// Where more could be heard without changing the set of local states, as if that much could be heard.
    /// (Sets grow with what can be heard, so equally many are the same. Not where prices count.)
    Raising,
    /// Where no property that is asked looks at inputs, in two cases in which all the loyal begin in equal states the
    /// same can happen.
    EqualStarts,
    /// Subtrees of a recursion share no message, and what each relay was told is settled before its
    /// subtree: what can come of them is composed, and not enumerated.
    Subtrees,
    /// The enemy can rename the loyal in a subtree: what comes of it is how many take each value.
    Counts,
}

impl Reduction {
    /// Those of the exhaustive engine, in the order in which they are listed.
    pub const ALL: [Reduction; 7] = [
        Reduction::TraitorToLoyal,
        Reduction::TraitorsOrder,
        Reduction::PerReceiver,
        Reduction::EqualStates,
        Reduction::LastRound,
        Reduction::Renaming,
        Reduction::Extremes,
    ];

    /// Those of the engine for event-driven protocols, if the protocol allows for the last two.
    pub const ASYNCHRONOUS: [Reduction; 5] = [
        Reduction::Board,
        Reduction::Antichains,
        Reduction::Raising,
        Reduction::Renaming,
        Reduction::EqualStarts,
    ];

    /// Those of the engine for event-driven protocols whose mail takes one wave, if the protocol allows for the last two.
    pub const SYNCHRONOUS: [Reduction; 4] = [
        Reduction::PerReceiver,
        Reduction::Antichains,
        Reduction::Renaming,
        Reduction::EqualStarts,
    ];

    /// Those of the compositional engine.
    pub const COMPOSITION: [Reduction; 4] = [
        Reduction::TraitorToLoyal,
        Reduction::TraitorsOrder,
        Reduction::Subtrees,
        Reduction::Counts,
    ];

    /// Those of the exhaustive engine that are sound where traitors are faulty in this way, if the
    /// protocol allows for the last two of them ([symmetry](crate::Claims::symmetric),
    /// [monotone](crate::Claims::monotone)).
    #[must_use]
    pub fn against(faults: FaultClass) -> &'static [Reduction] {
        match faults {
            FaultClass::Byzantine => &Reduction::ALL,
            FaultClass::Crash => &[Reduction::EqualStates, Reduction::LastRound],
            FaultClass::SendOmission | FaultClass::ReceiveOmission => {
                &[Reduction::PerReceiver, Reduction::EqualStates, Reduction::LastRound]
            }
        }
    }
}

impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reduction::TraitorToLoyal => "traitor-to-loyal messages only",
            Reduction::TraitorsOrder => "one input for each traitor",
            Reduction::PerReceiver => "products of per-receiver successors",
            Reduction::EqualStates => "equal states merged",
            Reduction::LastRound => "last round collapsed to decisions",
            Reduction::Renaming => "one representative per symmetry class",
            Reduction::Extremes => "lowest and highest of a monotone last round",
            Reduction::Board => "a board of what the loyal send",
            Reduction::Antichains => "antichains of what could be heard",
            Reduction::Raising => "equal sets raised",
            Reduction::EqualStarts => "inputs with equal initial states merged",
            Reduction::Subtrees => "subtrees composed",
            Reduction::Counts => "counts of the loyal for each who takes what",
        })
    }
}

/// A set of reductions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reductions(u16);

impl Reductions {
    pub const ALL: Reductions = Reductions(u16::MAX);

    pub fn has(self, reduction: Reduction) -> bool {
        self.0 >> reduction as u16 & 1 == 1
    }

    pub fn without(self, reduction: Reduction) -> Reductions {
        Reductions(self.0 & !(1 << reduction as u16))
    }

    /// Whether of the last round only decisions are looked at.
    pub fn collapse(self) -> bool {
        self.has(Reduction::LastRound) && self.has(Reduction::PerReceiver)
    }

    /// Those of these that are in the set.
    pub fn of(self, these: &[Reduction]) -> Vec<Reduction> {
        these.iter().copied().filter(|reduction| self.has(*reduction)).collect()
    }
}
