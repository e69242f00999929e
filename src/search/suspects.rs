//! Who is the traitor? Finds which sets of traitors explain what one loyal general (the viewer) was told, and which
//! part of the view rules out the others. To decide whether a set explains the view, it searches the attacks of that
//! set for one in which the viewer is told the same (`follower`). What rules a set out is the smallest part of the view
//! that the set can't explain (`evidence`).

mod evidence;
mod follower;

use std::sync::Arc;

use self::evidence::{MOST_PARTS, smallest_choice};
use self::follower::{Follower, MOST_TOLD, PartOfView, is_explained};
use super::choices::space::{Space, Stock};
use super::progress::{Halt, Progress};
use super::reduction::Reductions;
use super::{Engine, Found, Search};
use crate::adversary::Adversary;
use crate::execution::Size;
use crate::general::{General, Generals};
use crate::machine::{Machine, MessageId, NumberedAttack, Terms, ValueId};
use crate::outcome::Task;
use crate::property::{AskedProperties, Violation};
use crate::protocol::Round;
use crate::testable::{Refusal, Wire};
use crate::view::LoyalView;

/// A view with numbered values and messages.
pub(crate) type NumberedView = LoyalView<ValueId, MessageId>;

/// What was found out about one set of traitors.
#[derive(Clone, Debug)]
pub struct Suspicion<A> {
    /// Who they are.
    pub traitors: Generals,
    /// Whether they can have brought about the view.
    pub ruling: SuspicionRuling<A>,
}

/// Whether a set of traitors explains a view: whether there is an attack by all or some of them under which the viewer
/// is told exactly that.
#[derive(Clone, Debug)]
pub enum SuspicionRuling<A> {
    /// It does, by this attack.
    Explains {
        /// What the traitors do.
        attack: Box<A>,
        /// How small the attack is.
        size: Size,
    },
    /// It does, since this subset of it does.
    Contains(Generals),
    /// It does not, because of this.
    RuledOut(Evidence),
    /// It could not be settled whether it does, for this reason.
    Open(Halt),
}

/// A part of a view that a set of traitors can't explain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// What these generals told in these rounds (it may be nothing). No smaller part rules the set out.
    Smallest(Vec<(Round, General)>),
    /// The whole view: it takes more parts than are listed, or the smallest part could not be settled.
    Whole {
        /// It is proved that this many parts are not enough.
        more_than: usize,
    },
}

/// Why a question about a view can't be answered.
pub(crate) enum SuspectsError {
    Refused(Refusal),
    /// What is wrong with the view.
    View(String),
    /// There are too many sets of traitors to search.
    Sets,
    /// What the protocol did that no protocol may do.
    Misbehaves(String),
}

impl From<Refusal> for SuspectsError {
    fn from(refusal: Refusal) -> SuspectsError {
        SuspectsError::Refused(refusal)
    }
}

/// The question about a view.
pub(crate) struct SuspectsSearch<'a> {
    pub machine: &'a dyn Machine,
    pub terms: &'a Terms,
    pub adversary: Adversary,
    pub view: &'a NumberedView,
    /// The most steps for each set of traitors, and for each part of the view that is tried on it.
    pub limit: u64,
    pub progress: &'a Progress,
}

/// The most steps that are spent on whether a part of a view can be explained.
const MOST_STEPS_OF_A_PART: u64 = 2_000_000;

/// The most sets of traitors that are searched.
pub(crate) const MOST_SETS: u128 = 10_000;

/// The most parts of a view that are tried on one set of traitors.
const MOST_TRIED: usize = 500;

/// An attack that explains a view, or why that is not known.
type ExplainedOrHalt = (Option<Found>, Option<Halt>);

impl SuspectsSearch<'_> {
    /// The ruling on each set of traitors, small sets first.
    pub fn run(&self) -> Result<Vec<Suspicion<NumberedAttack>>, SuspectsError> {
        let SuspectsSearch { terms, view, .. } = *self;
        self.check()?;
        let everybody = terms.graph.everybody();
        let suspects = self.adversary.suspects_among(everybody).without(view.general);
        let adversary = self.adversary.suspects(suspects);
        let of_size = |size: usize| num_integer::binomial(suspects.len() as u128, size as u128);
        if adversary.sizes().map(of_size).sum::<u128>() > MOST_SETS {
            return Err(SuspectsError::Sets);
        }
        // Everybody decides, even a viewer who is the commander.
        let asked = AskedProperties::default();
        let asked = Terms { task: Task::Consensus, asked, ..terms.clone() };
        let free = self.follower(Generals::NONE, None);
        let space = Space::new(&free, &asked, adversary, self.progress)?;
        let stock = space.map(|space| {
            self.is_described(&space)?;
            Ok::<_, SuspectsError>(space.stock.clone())
        });
        let stock = stock.transpose()?;
        let mut said: Vec<Suspicion<NumberedAttack>> = Vec::new();
        for size in adversary.sizes() {
            for traitors in suspects.subsets(size) {
                let explained = said.iter().find(|other| {
                    other.traitors.minus(traitors).is_empty()
                        && matches!(other.ruling, SuspicionRuling::Explains { .. })
                });
                let ruling = match (explained, &stock) {
                    (Some(other), _) => SuspicionRuling::Contains(other.traitors),
                    (None, None) => SuspicionRuling::Open(self.progress.halt()),
                    (None, Some(stock)) => self.ruling(traitors, &asked, stock)?,
                };
                said.push(Suspicion { traitors, ruling });
            }
        }
        Ok(said)
    }

    fn follower(&self, traitors: Generals, view: Option<PartOfView>) -> Follower<'_> {
        let SuspectsSearch { machine, adversary, .. } = *self;
        let viewer = self.view.general;
        let in_time = adversary.disruptions == 0;
        Follower { machine, viewer, traitors, view, in_time }
    }

    /// Checks that the viewer exists, that its input is right, and that every message can have been sent to it.
    fn check(&self) -> Result<(), SuspectsError> {
        let SuspectsSearch { terms, view, machine, .. } = *self;
        let (n, viewer) = (terms.n(), view.general);
        let wrong = |what: String| Err(SuspectsError::View(what));
        if viewer.id() >= n {
            let id = viewer.id();
            return wrong(format!(
                "general {id} is not there: the {n} generals are numbered from 0"
            ));
        }
        match (terms.inputs.contains(viewer), view.input) {
            (true, None) => {
                return wrong(format!("general {} has an input: say which", viewer.id()));
            }
            (false, Some(_)) => return wrong(format!("general {} has no input", viewer.id())),
            (true, Some(input)) if !terms.has(input) => {
                let input = machine.show_value(input);
                return wrong(format!("the input {input} is none of the values"));
            }
            _ => {}
        }
        for (place, told) in view.told.iter().enumerate() {
            let (from, rounds) = (told.from.id(), terms.rounds);
            if !(1..=rounds).contains(&told.round) {
                let round = told.round;
                return wrong(format!(
                    "told[{place}]: there is no round {round}: the protocol's rounds are 1 to {rounds}"
                ));
            } else if from >= n {
                return wrong(format!(
                    "told[{place}]: general {from} is not there: the {n} generals are numbered from 0"
                ));
            } else if !terms.graph.has_edge(told.from, viewer) {
                let to = viewer.id();
                return wrong(format!(
                    "told[{place}]: general {from} can't send to general {to}: they are no neighbours"
                ));
            }
        }
        let crowded = (1..=terms.rounds)
            .find(|round| view.told.iter().filter(|told| told.round == *round).count() > MOST_TOLD);
        crowded.map_or(Ok(()), |round| {
            wrong(format!("round {round} has more than {MOST_TOLD} messages: that is the most"))
        })
    }

    /// Checks that every message of the view is in a repertoire, as far as repertoires are known.
    fn is_described(&self, space: &Space<'_>) -> Result<(), SuspectsError> {
        let SuspectsSearch { terms, view, machine, .. } = *self;
        for (place, told) in view.told.iter().enumerate() {
            let wire = |round| Wire { round, from: told.from, to: view.general };
            let rounds = if self.adversary.disruptions > 0 {
                1..=terms.rounds
            } else {
                told.round..=told.round
            };
            let mut choices = rounds.map(|round| space.wire_choices(wire(round)));
            if !choices.any(|choices| choices.is_open() || choices.has(&told.message)) {
                return Err(SuspectsError::View(format!(
                    "told[{place}]: general {} can't say {} to general {} in round {}: it is not in the \
                     repertoire of that wire",
                    told.from.id(),
                    machine.show_message(told.message),
                    view.general.id(),
                    told.round
                )));
            }
        }
        Ok(())
    }

    fn ruling(
        &self,
        traitors: Generals,
        asked: &Terms,
        stock: &Arc<Stock>,
    ) -> Result<SuspicionRuling<NumberedAttack>, SuspectsError> {
        let parts = self.parts();
        let (found, halt) = self.explained(traitors, &parts, asked, stock, true)?;
        Ok(match (found, halt) {
            (Some(Found { attack, size, .. }), _) => {
                SuspicionRuling::Explains { attack: Box::new(attack), size }
            }
            (None, Some(halt)) => SuspicionRuling::Open(halt),
            (None, None) => SuspicionRuling::RuledOut(self.evidence(traitors, asked, stock)?),
        })
    }

    /// All parts of the view: what each neighbour told in each round, even if that is nothing.
    fn parts(&self) -> Vec<(Round, General)> {
        let senders = self.terms.graph.neighbours(self.view.general);
        let rounds = 1..=self.terms.rounds;
        rounds.flat_map(|round| senders.iter().map(move |from| (round, from))).collect()
    }

    /// The smallest part of the view that these traitors can't explain; they can't explain the whole.
    fn evidence(
        &self,
        traitors: Generals,
        asked: &Terms,
        stock: &Arc<Stock>,
    ) -> Result<Evidence, SuspectsError> {
        let parts = self.parts();
        let (mut differences, mut more_than): (Vec<Vec<usize>>, usize) = (Vec::new(), 0);
        for _ in 0..MOST_TRIED {
            let Some(choice) = smallest_choice(parts.len(), &differences) else {
                return Ok(Evidence::Whole { more_than: MOST_PARTS });
            };
            more_than = choice.len().saturating_sub(1);
            let chosen: Vec<_> = choice.iter().map(|place| parts[*place]).collect();
            let (found, halt) = self.explained(traitors, &chosen, asked, stock, false)?;
            match (found, halt) {
                (Some(found), _) => differences.push(self.differences(&parts, &found)),
                (None, None) => return Ok(Evidence::Smallest(chosen)),
                (None, Some(_)) => break,
            }
        }
        Ok(Evidence::Whole { more_than })
    }

    /// The parts in which the execution that was found differs from the view.
    fn differences(&self, parts: &[(Round, General)], found: &Found) -> Vec<usize> {
        let SuspectsSearch { view, machine, .. } = *self;
        let sorted = |mut told: Vec<MessageId>| {
            machine.sort(&mut told);
            told
        };
        let differs = |(round, from): &(Round, General)| {
            let heard = found.execution.view(view.general);
            let heard = heard.filter(|(wire, _)| (wire.round, wire.from) == (*round, *from));
            let heard = heard.map(|(_, message)| *message).collect();
            sorted(heard) != sorted(view.told_by(*round, *from).copied().collect())
        };
        (0..parts.len()).filter(|place| differs(&parts[*place])).collect()
    }

    /// An attack by these traitors under which the viewer is told these parts of its view: the smallest that can be
    /// shown, or any.
    fn explained(
        &self,
        traitors: Generals,
        parts: &[(Round, General)],
        terms: &Terms,
        stock: &Arc<Stock>,
        smallest: bool,
    ) -> Result<ExplainedOrHalt, SuspectsError> {
        let view = PartOfView::of(self.view, terms.rounds, parts, self.machine);
        let follower = &self.follower(traitors, Some(view));
        let adversary = Adversary { traitors: traitors.len(), exactly: true, ..self.adversary };
        let adversary = adversary.suspects(traitors);
        let space = Space::of(follower, terms, adversary, Arc::clone(stock));
        let limit = if smallest { self.limit } else { self.limit.min(MOST_STEPS_OF_A_PART) };
        let (engine, reductions) = (Engine::Exhaustive, Reductions::ALL);
        let (machine, progress) = (follower as &dyn Machine, self.progress);
        let search =
            Search { machine, terms, adversary, engine, reductions, part: None, limit, progress };
        let answer = if smallest { search.run_in(&space)? } else { search.any_in(&space)? };
        if let Some(found) = answer.found.as_ref().filter(|found| !is_explained(&found.violation)) {
            let what = match &found.violation {
                Violation::Fault(fault) => fault.told(self.terms.task),
                other => other.name().to_owned(),
            };
            return Err(SuspectsError::Misbehaves(what));
        }
        Ok((answer.found, answer.halt))
    }
}
