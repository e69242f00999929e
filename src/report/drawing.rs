//! What is drawn of an execution, however it is drawn: who says what to whom, round by round, and how it
//! ends.

use itertools::Itertools;

use super::line::Line;

/// An execution, as it is drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawing {
    /// "OM(1) among 3 generals".
    pub title: String,
    /// Who there is, by number.
    pub actors: Vec<Actor>,
    /// Who can talk to whom, where not everybody can to everybody.
    pub edges: Option<Vec<(usize, usize)>>,
    /// What is said.
    pub rounds: Vec<Scene>,
    /// What came of it: "Violated: validity (IC2). ..".
    pub ending: String,
    /// Whether something is wrong with it.
    pub violated: bool,
}

/// One general.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// "the commander", "lieutenant 1".
    pub name: String,
    /// Whether it is a traitor.
    pub traitor: bool,
    /// What it was given, if anything.
    pub input: Option<String>,
    /// What it decided, if it is loyal and had to.
    pub decision: Option<String>,
}

/// One round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scene {
    /// Its number.
    pub round: usize,
    /// What is said in it.
    pub speeches: Vec<Speech>,
}

/// What one general says to some others in a round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Speech {
    /// Who says it.
    pub from: usize,
    /// To whom.
    pub to: Vec<usize>,
    /// What is said.
    pub text: String,
    /// What is wrong with it, if anything.
    pub mark: Option<Mark>,
    /// Whether anything is sent at all.
    pub silent: bool,
    /// What would be right, and what becomes of it.
    pub notes: Vec<String>,
}

/// What is wrong with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

impl Scene {
    /// What is said in a round, what one general says alike to several together.
    pub(super) fn of(round: usize, lines: Vec<Line>) -> Scene {
        let mut speeches: Vec<Speech> = Vec::new();
        for Line { from, to, text, mark, notes, silent } in lines {
            let same = |speech: &&mut Speech| {
                (speech.from, speech.mark, speech.silent) == (from.id(), mark, silent)
                    && (&speech.text, &speech.notes) == (&text, &notes)
            };
            match speeches.iter_mut().find(same) {
                Some(speech) => speech.to.push(to.id()),
                None => {
                    let (from, to) = (from.id(), vec![to.id()]);
                    speeches.push(Speech { from, to, text, mark, silent, notes });
                }
            }
        }
        Scene { round, speeches }
    }

    /// Whether there is so much that what is as it should be is not told in words.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.speeches.len() > CROWD
    }

    /// How many messages are as they should be.
    #[must_use]
    pub fn unmarked(&self) -> usize {
        let unmarked = self.speeches.iter().filter(|speech| speech.mark.is_none());
        unmarked.map(|speech| speech.to.len()).sum()
    }
}

/// In a round with more speeches than this, only those with which something is wrong are told in words.
const CROWD: usize = 24;

impl Speech {
    /// What is said, and what would be right: "RETREAT (loyal: ATTACK)".
    #[must_use]
    pub fn told(&self) -> String {
        match self.notes.is_empty() {
            true => self.text.clone(),
            false => format!("{} ({})", self.text, self.notes.join("; ")),
        }
    }

    /// To whom, by number: "1, 2".
    #[must_use]
    pub fn receivers(&self) -> String {
        self.to.iter().join(", ")
    }
}
