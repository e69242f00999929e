//! How an attack that breaks a protocol is shown: as text, as JSON, in pictures, in a file.

use std::time::Duration;

use serde_json::Value;

use crate::Attack;
use crate::execution::NumberedExecution;
use crate::execution::Size;
use crate::machine::{NumberedAttack, Terms};
use crate::outcome::Task;
use crate::report::json;
use crate::report::notation::Notation;
use crate::report::story::Amount;
use crate::report::story::Story;
use crate::report::telling::Stories;
use crate::report::text::{CounterexampleInWords, FindingInWords};
use crate::search::Found;
use crate::verdict::NumberedFinding;

/// An attack that breaks a numbered protocol.
pub struct Exhibit<'a> {
    notation: &'a dyn Notation,
    task: Task,
    stories: Stories<'a>,
    attack: NumberedAttack,
    execution: NumberedExecution,
    size: Size,
    undetermined: bool,
}

impl<'a> Exhibit<'a> {
    pub fn of(notation: &'a dyn Notation, terms: &'a Terms, found: Found) -> Exhibit<'a> {
        let Found { attack, execution, states, violation, size } = found;
        let (task, undetermined) = (terms.task, violation.is_undetermined());
        let stories = Stories::new(notation, terms, states.into_table(notation));
        Exhibit { notation, task, stories, attack, execution, size, undetermined }
    }

    /// The whole story, for pictures.
    pub fn picture(&self) -> Story {
        self.stories.story(&self.attack, &self.execution, true)
    }

    pub fn in_words(&self) -> CounterexampleInWords {
        let story = self.stories.story(&self.attack, &self.execution, false);
        CounterexampleInWords { story, size: self.size }
    }

    pub fn json(&self) -> Value {
        let execution = self.notation.write_execution(&self.execution);
        json::counterexample(self.task, &self.attack(), &execution, self.size)
    }

    pub fn attack(&self) -> Attack<Value, Value> {
        self.notation.write_attack(&self.attack)
    }
}

/// An attack that was found by a hunt.
pub struct Trophy<'a> {
    /// In which case it was found.
    pub case: u64,
    pub exhibit: Exhibit<'a>,
    /// How long shrinking took.
    pub time: Duration,
    profile: String,
    drawn: NumberedAttack,
    executions: u64,
}

impl<'a> Trophy<'a> {
    pub fn of(notation: &'a dyn Notation, terms: &'a Terms, found: NumberedFinding) -> Trophy<'a> {
        let NumberedFinding { case, profile, drawn, executions, time, found } = found;
        let exhibit = Exhibit::of(notation, terms, found);
        Trophy { case, exhibit, time, profile, drawn, executions }
    }

    pub fn in_words(&self) -> FindingInWords {
        FindingInWords {
            broken: self.exhibit.in_words(),
            case: self.case,
            profile: self.profile.clone(),
            drawn: Amount::of(&self.drawn),
            executions: self.executions,
            undetermined: self.exhibit.undetermined,
        }
    }

    pub fn json(&self) -> Value {
        let Trophy { case, profile, drawn, executions, exhibit, .. } = self;
        json::finding(*case, profile, drawn.size(), *executions, &exhibit.json())
    }
}
