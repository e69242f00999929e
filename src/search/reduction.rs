//! What an engine leaves out, and why it may.

use std::fmt;

use crate::adversary::FaultClass;

/// What an engine leaves out, and why it may.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// What traitors tell each other changes nothing for the loyal: the adversary knows everything already, and says
    /// what it likes. (If lies are counted, such messages are explored.)
    TraitorToLoyal,
    /// A Byzantine traitor is not bound by its input, so one input stands for all.
    TraitorsOrder,
    /// A general's next state depends only on its own inbox, and what is said on one wire does not restrict what is
    /// said on another: so the successors of a global state are a product of each receiver's successors. (Which
    /// signatures the traitors can show is settled by what the loyal say, before any of that. A crash is felt by all
    /// receivers at once, so each choice of crashes is explored separately.)
    PerReceiver,
    /// Equal states of a receiver have the same future, and so do equal global states in which the adversary has
    /// overheard the same of the signatures that it can still use. (So a state that did not change when it heard a
    /// message need not hear it again.)
    EqualStates,
    /// After the last round, only the decision of a state matters.
    LastRound,
    /// Some generals are interchangeable to the protocol, as it [says](crate::testable::Symmetric). Of traitor sets,
    /// inputs and states (with the signatures that the adversary can show in them) that can be renamed into each other,
    /// only one is explored. (If lies are counted, all are.)
    Renaming,
    /// The protocol is monotone in the last round, as it [says](crate::Claims::monotone): a general's decision lies
    /// between its decision when it is told the lowest message in each slot and its decision when it is told the
    /// highest. Only these two are explored, with all strays. If all generals decide the same in both, agreement and
    /// validity hold for everything in between; if not, one of the two breaks them. (If lies are counted, the order of
    /// arrival is free, messages are late or forged, or more is demanded, then everything is explored.)
    Extremes,
    /// In an event-driven protocol, only sending is a step that concerns all. Where a general can be by then depends
    /// only on what it sent and on what it could hear before that; so the vectors of local states are the product of
    /// these sets (the board). Without this reduction, global states are explored, in bursts: one general hears
    /// messages until it sends.
    Board,
    /// The more could be heard before something was sent, the more local states there are, and the cheaper they are. So
    /// of nodes of the board in which the same was sent, only those are explored that no other covers. If all mail
    /// takes one wave, the same holds for sets of states.
    Antichains,
    /// If more could have been heard without changing the set of local states, it counts as if it could have been
    /// heard. (Sets grow with what can be heard, so sets of equal size are equal. Not used where prices count.)
    Raising,
    /// If no property that is asked about looks at inputs, two cases in which all the loyal begin in equal states can
    /// go the same ways.
    EqualStarts,
    /// Subtrees of a recursion share no messages, and what each relay was told is settled before its subtree: so their
    /// outcomes are composed, and not enumerated.
    Subtrees,
    /// The adversary can rename the loyal in a subtree: so an outcome is how many of them take each value.
    Counts,
}

impl Reduction {
    /// The reductions of the exhaustive engine, in the order in which they are listed.
    pub const ALL: [Reduction; 7] = [
        Reduction::TraitorToLoyal,
        Reduction::TraitorsOrder,
        Reduction::PerReceiver,
        Reduction::EqualStates,
        Reduction::LastRound,
        Reduction::Renaming,
        Reduction::Extremes,
    ];

    /// The reductions of the engine for event-driven protocols; the last two only if the protocol allows them.
    pub const ASYNCHRONOUS: [Reduction; 5] = [
        Reduction::Board,
        Reduction::Antichains,
        Reduction::Raising,
        Reduction::Renaming,
        Reduction::EqualStarts,
    ];

    /// The reductions of the engine for event-driven protocols whose mail takes one wave; the last two only if the
    /// protocol allows them.
    pub const SYNCHRONOUS: [Reduction; 4] = [
        Reduction::PerReceiver,
        Reduction::Antichains,
        Reduction::Renaming,
        Reduction::EqualStarts,
    ];

    /// The reductions of the compositional engine.
    pub const COMPOSITION: [Reduction; 4] = [
        Reduction::TraitorToLoyal,
        Reduction::TraitorsOrder,
        Reduction::Subtrees,
        Reduction::Counts,
    ];

    /// The reductions of the exhaustive engine that are sound against traitors of this fault class, if the protocol
    /// allows the last two of them ([symmetry](crate::Claims::symmetric), [monotone](crate::Claims::monotone)).
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

    /// Whether the last round is collapsed to decisions.
    pub fn collapse(self) -> bool {
        self.has(Reduction::LastRound) && self.has(Reduction::PerReceiver)
    }

    /// Those of these reductions that are in the set.
    pub fn of(self, these: &[Reduction]) -> Vec<Reduction> {
        these.iter().copied().filter(|reduction| self.has(*reduction)).collect()
    }
}
