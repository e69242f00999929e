//! An execution to step through: what is said in each round, drawn and in words, and what all generals hold after it.

use itertools::Itertools;

use crate::report::story::{Held, Mark, Message, Stamp, Step, Story};
use crate::report::svg::frame as drawn;
use crate::report::{capital, is_within};

/// If a step has more messages than this, only the lies and some others are listed below the drawing.
const TOLD: usize = 40;

/// If there are more generals than this, only the conclusion of each is shown.
const CROWD: usize = 16;

pub(super) struct Player<'a> {
    pub id: String,
    pub story: &'a Story,
    pub sealed: bool,
    pub forged: bool,
    pub frames: Vec<Frame<'a>>,
}

/// One step: before the first round, or a round.
pub(super) struct Frame<'a> {
    pub title: String,
    pub summary: String,
    pub drawing: String,
    pub told: Vec<&'a Message>,
    pub rest: String,
    /// Whether there are more rounds to come.
    pub early: bool,
    pub held: Vec<Holding>,
}

/// What a general holds.
pub(super) struct Holding {
    pub name: String,
    pub traitor: bool,
    pub vote: String,
    pub lines: Vec<String>,
}

impl<'a> Player<'a> {
    pub fn of(id: String, story: &'a Story) -> Player<'a> {
        let is_wave = story.rounds.iter().any(|step| step.is_wave);
        let title = format!("Before the first {}", if is_wave { "wave" } else { "round" });
        let summary = story.cast.join(" ");
        let start = Frame {
            drawing: drawn(story, None, &format!("{title}: {summary}")),
            title,
            summary,
            told: Vec::new(),
            rest: String::new(),
            early: !story.rounds.is_empty(),
            held: holdings(story, &story.start, false),
        };
        let rounds = story.rounds.iter().map(|step| frame(story, step));
        let messages = story.rounds.iter().flat_map(|step| &step.messages);
        let mut seals = messages.flat_map(|message| &message.seals);
        let sealed = seals.clone().next().is_some();
        let forged = seals.any(|seal| seal.forged);
        Player { id, story, sealed, forged, frames: [start].into_iter().chain(rounds).collect() }
    }
}

fn frame<'a>(story: &Story, step: &'a Step) -> Frame<'a> {
    let Step { round, messages, held, .. } = step;
    let mut plain = 0;
    let told = messages.iter().filter(|message| {
        plain += usize::from(message.mark.is_none());
        message.mark.is_some() || plain <= TOLD
    });
    // Lies come first.
    let told = told.sorted_by_key(|message| !message.is_lie()).collect_vec();
    let lies = messages.iter().filter(|message| message.is_lie()).count();
    let rest = match messages.len() - told.len() {
        0 => String::new(),
        left => format!("And {left} more messages, as loyalty has them."),
    };
    let count = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    let title = format!("{} of {}", step.title(), story.rounds.len());
    let (messages, lies) =
        (count(messages.len(), "message", "messages"), count(lies, "lie", "lies"));
    let happenings = step.happenings.iter().map(|happening| format!(" {}.", capital(happening)));
    let summary = format!("{messages}, {lies}.{}", happenings.collect::<String>());
    let over = *round == story.rounds.len();
    Frame {
        drawing: drawn(story, Some(step), &format!("{title}: {summary}")),
        title,
        summary,
        told,
        rest,
        early: !over,
        held: holdings(story, held, over),
    }
}

impl Message {
    pub(super) fn class(&self) -> &'static str {
        match self.mark {
            Some(Mark::Lie) => "lie",
            Some(_) => "odd",
            None => "",
        }
    }

    /// Notes on the message.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        let loyal = self.loyal.iter().map(|loyal| format!("Loyalty would have said: {loyal}"));
        let signed = (!self.seals.is_empty()).then(|| format!("Signed by {}", self.signers()));
        let forged = self.forged.iter().map(|how| format!("A forgery: {how}"));
        let arrival = self.arrival.iter().map(|how| capital(how));
        loyal.chain(signed).chain(forged).chain(arrival)
    }

    /// "1, 2 (forged)".
    pub(super) fn signers(&self) -> String {
        let seals = self.seals.iter().map(|seal| match (seal.forged, seal.odd) {
            (true, _) => format!("{} (forged)", seal.by),
            (false, Some(odd)) => format!("{} ({odd})", seal.by),
            (false, None) => seal.by.to_string(),
        });
        seals.format(", ").to_string()
    }
}

impl Stamp {
    pub(super) fn class(&self) -> &'static str {
        match (self.forged, self.odd) {
            (true, _) => " broken",
            (false, Some(_)) => " queer",
            (false, None) => "",
        }
    }

    /// The words before the signers: "signed by".
    pub(super) fn how(&self) -> &'static str {
        match self.forged {
            true => "forged: it claims to be signed by",
            false => self.odd.unwrap_or("signed by"),
        }
    }
}

/// What each general holds; at the end, with its decision.
fn holdings(story: &Story, held: &[Held], over: bool) -> Vec<Holding> {
    let crowd = story.generals.len() > CROWD;
    let actors = story.generals.iter().zip(held);
    let holdings = actors.map(|(actor, Held { lines, vote })| {
        let vote = match vote {
            _ if over => actor.conclusion().unwrap_or_default(),
            Some(vote) => format!("would decide {vote}"),
            None => String::new(),
        };
        Holding {
            name: capital(&actor.name),
            traitor: actor.traitor,
            vote,
            // For many generals only the conclusion of each is shown.
            lines: if crowd {
                lines.iter().rev().take(1).filter(|line| !is_within(line)).cloned().collect()
            } else {
                lines.clone()
            },
        }
    });
    holdings.collect()
}
