//! What is drawn of a round: who says what, and to whom, what one says alike to several together.

use itertools::Itertools;

use super::picture::{Ending, Mark, Message, Picture, Step};

/// One round.
#[derive(Debug)]
pub(super) struct Scene {
    /// Its number.
    pub round: usize,
    /// What is said in it.
    pub speeches: Vec<Speech>,
}

/// What one general says to some others in a round.
#[derive(Debug)]
pub(super) struct Speech {
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
    /// What would be right, what is forged, and what becomes of it.
    pub notes: Vec<String>,
}

impl Scene {
    /// All rounds of a picture.
    pub fn all(picture: &Picture) -> Vec<Scene> {
        picture.rounds.iter().map(Scene::of).collect()
    }

    fn of(Step { round, messages, .. }: &Step) -> Scene {
        let mut speeches: Vec<Speech> = Vec::new();
        for message in messages {
            let Message { from, to, mark, withheld: silent, .. } = *message;
            let notes = notes(message);
            let same = |speech: &&mut Speech| {
                (speech.from, speech.mark, speech.silent) == (from, mark, silent)
                    && (&speech.text, &speech.notes) == (&message.text, &notes)
            };
            match speeches.iter_mut().find(same) {
                Some(speech) => speech.to.push(to),
                None => {
                    let (text, to) = (message.text.clone(), vec![to]);
                    speeches.push(Speech { from, to, text, mark, silent, notes });
                }
            }
        }
        Scene { round: *round, speeches }
    }

    /// Whether there is so much that what is as it should be is not told in words.
    pub fn is_crowded(&self) -> bool {
        self.speeches.len() > CROWD
    }

    /// How many messages are as they should be.
    pub fn unmarked(&self) -> usize {
        let unmarked = self.speeches.iter().filter(|speech| speech.mark.is_none());
        unmarked.map(|speech| speech.to.len()).sum()
    }
}

/// In a round with more speeches than this, only those with which something is wrong are told in words.
const CROWD: usize = 24;

impl Speech {
    /// What is said, and what would be right: "RETREAT (loyal: ATTACK)".
    pub fn told(&self) -> String {
        match self.notes.is_empty() {
            true => self.text.clone(),
            false => format!("{} ({})", self.text, self.notes.join("; ")),
        }
    }

    /// To whom, by number: "1, 2".
    pub fn receivers(&self) -> String {
        self.to.iter().join(", ")
    }
}

/// What is told beside a message.
pub(super) fn notes(message: &Message) -> Vec<String> {
    let Message { loyal, forged, arrival, .. } = message;
    let loyal = loyal.as_ref().map(|loyal| format!("loyal: {loyal}"));
    let forged = forged.as_ref().map(|label| format!("forged: {label}"));
    loyal.into_iter().chain(forged).chain(arrival.clone()).collect()
}

/// What came of it: "Violated: validity (IC2). ..".
pub(super) fn ending(picture: &Picture) -> String {
    match &picture.ending {
        Ending { violated: None, sentence, .. } => sentence.clone(),
        Ending { fault: true, sentence, .. } => format!("Fault: {sentence}"),
        Ending { violated: Some(property), sentence, .. } => {
            format!("Violated: {property}. {sentence}")
        }
    }
}
