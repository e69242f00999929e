//! The tools that are compared, and which questions each can answer.

use stateright::{Checker, CheckerBuilder, HasDiscoveries, Model};
use turncoat::search::Engine;

use crate::oral_circuit;
use crate::oral_folded::{self, OralFolded};
use crate::oral_natural::OralNatural;
use crate::ours::{self, Space};
use crate::question::{Algorithm, Question, Verdict};
use crate::signed_folded::{self, SignedFolded};
use crate::signed_natural::SignedNatural;

/// A way to reach a verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    /// stateright, with the model that a newcomer would write.
    Natural,
    /// stateright, with the model folded by hand: all traitor sets, no symmetry.
    Folded,
    /// The same, with interchangeable loyal lieutenants.
    Symmetric,
    /// The same, with only one of all traitor sets that differ by name.
    Representative,
    /// CaDiCaL on the plain circuit.
    Circuit,
    /// CaDiCaL on the folded circuit.
    FoldedCircuit,
    /// turncoat's exhaustive engine, with everything that traitors can do by default.
    Exhaustive,
    /// turncoat's exhaustive engine, in the space of the other tools.
    SameSpace,
    /// turncoat's compositional engine.
    Compositional,
    /// turncoat's compositional engine, in the space of the other tools.
    ComposedSameSpace,
}

/// How long a question takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Effort {
    /// Seconds.
    Quick,
    /// Minutes.
    Long,
    /// It may take much longer, and gigabytes.
    Heavy,
}

impl Tool {
    /// All tools, turncoat last.
    pub const ALL: [Tool; 10] = [
        Tool::Natural,
        Tool::Folded,
        Tool::Symmetric,
        Tool::Representative,
        Tool::Circuit,
        Tool::FoldedCircuit,
        Tool::Exhaustive,
        Tool::SameSpace,
        Tool::Compositional,
        Tool::ComposedSameSpace,
    ];

    /// The tool's name in a table.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Tool::Natural => "stateright, natural",
            Tool::Folded => "stateright, folded",
            Tool::Symmetric => "stateright, folded, symmetric",
            Tool::Representative => "stateright, folded, symmetric, two sets",
            Tool::Circuit => "CaDiCaL, plain circuit",
            Tool::FoldedCircuit => "CaDiCaL, folded circuit",
            Tool::Exhaustive => "turncoat, exhaustive",
            Tool::SameSpace => "turncoat, exhaustive, same space",
            Tool::Compositional => "turncoat, composed",
            Tool::ComposedSameSpace => "turncoat, composed, same space",
        }
    }

    /// How long the tool takes for this question, if it can answer it at all.
    #[must_use]
    pub fn effort(self, question: Question) -> Option<Effort> {
        match question.algorithm {
            _ if question.n < question.f + 2 => None,
            Algorithm::Oral => self.oral_effort(question),
            Algorithm::Signed => self.signed_effort(question),
        }
    }

    fn oral_effort(self, Question { m, n, f, .. }: Question) -> Option<Effort> {
        match self {
            // One traitor set has 2^40 behaviours at n = 7.
            Tool::Natural => {
                let few = n <= 4 || n == 5 && (f <= 1 || m == 1);
                let soon_found = (n <= 6 && n <= 3 * f).then_some(Effort::Long);
                if few { Some(Effort::Quick) } else { soon_found }
            }
            Tool::Folded | Tool::Symmetric | Tool::Representative => {
                ((1..=2).contains(&m) && n >= m + 2 && n <= 8).then_some(Effort::Quick)
            }
            Tool::Circuit => match n {
                ..=10 => Some(Effort::Quick),
                11..=13 => Some(Effort::Long),
                14.. => None,
            },
            Tool::FoldedCircuit => match n {
                ..=13 => Some(Effort::Quick),
                14..=16 => Some(Effort::Heavy),
                17.. => None,
            },
            Tool::Exhaustive | Tool::SameSpace => match n {
                ..=6 => Some(Effort::Quick),
                7 if m == 1 => Some(Effort::Quick),
                7 => Some(Effort::Long),
                8.. => None,
            },
            Tool::Compositional | Tool::ComposedSameSpace => Some(Effort::Quick),
        }
    }

    fn signed_effort(self, Question { n, .. }: Question) -> Option<Effort> {
        match self {
            Tool::Natural => (n <= 5).then_some(Effort::Quick),
            Tool::Folded | Tool::Symmetric | Tool::Representative => {
                (n <= 8).then_some(Effort::Quick)
            }
            Tool::Exhaustive | Tool::SameSpace => match n {
                ..=5 => Some(Effort::Quick),
                6 => Some(Effort::Long),
                7.. => None,
            },
            Tool::Circuit | Tool::FoldedCircuit | Tool::Compositional | Tool::ComposedSameSpace => {
                None
            }
        }
    }

    /// The tool's verdict.
    ///
    /// # Panics
    ///
    /// If the tool can't answer the question.
    #[must_use]
    pub fn answer(self, question: Question) -> Verdict {
        let oral = question.algorithm == Algorithm::Oral;
        let every_set = self != Tool::Representative;
        match self {
            Tool::Natural if oral => explored(OralNatural(question).checker()),
            Tool::Natural => explored(SignedNatural(question).checker()),
            Tool::Folded if oral => explored(OralFolded::new(question, every_set).checker()),
            Tool::Folded => explored(SignedFolded::new(question, every_set).checker()),
            Tool::Symmetric | Tool::Representative if oral => {
                let model = OralFolded::new(question, every_set);
                explored(model.checker().symmetry_fn(oral_folded::sorted))
            }
            Tool::Symmetric | Tool::Representative => {
                let model = SignedFolded::new(question, every_set);
                explored(model.checker().symmetry_fn(signed_folded::sorted))
            }
            Tool::Circuit => oral_circuit::solve(question, false),
            Tool::FoldedCircuit => oral_circuit::solve(question, true),
            Tool::Exhaustive => ours::verdict(question, Engine::Exhaustive, Space::Whole),
            Tool::SameSpace => ours::verdict(question, Engine::Exhaustive, Space::Peers),
            Tool::Compositional => ours::verdict(question, Engine::Compositional, Space::Whole),
            Tool::ComposedSameSpace => ours::verdict(question, Engine::Compositional, Space::Peers),
        }
    }
}

/// stateright's verdict, on one thread; the first violation ends the search.
fn explored<M>(checker: CheckerBuilder<M>) -> Verdict
where
    M: Model<State: std::hash::Hash + Clone + PartialEq + Send + Sync + 'static>
        + Send
        + Sync
        + 'static,
    M::Action: Clone + PartialEq + Send + Sync + 'static,
{
    let done = checker.threads(1).finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join();
    Verdict::broken_if(!done.discoveries().is_empty())
}
