//! An execution to step through: what is said in each round, drawn and in words, and what all hold then.

use itertools::Itertools;

use crate::report::capital;
use crate::report::story::{Held, Mark, Message, Stamp, Step, Story};
use crate::report::svg::frame as drawn;

/// More messages than these are not all told below the drawing, only the lies and some others.
const TOLD: usize = 40;

/// Of more generals than these only how they conclude is told.
const CROWD: usize = 16;

pub(super) struct Player {
    pub id: String,
    pub setting: String,
    pub lies: usize,
    pub sealed: bool,
    pub forged: bool,
    pub frames: Vec<Frame>,
    pub violated: String,
    pub sentence: String,
}

/// One step: before the first round, or a round.
pub(super) struct Frame {
    pub title: String,
    pub summary: String,
    pub drawing: String,
    pub rows: Vec<SceneRow>,
    pub rest: String,
    /// There are rounds to come.
    pub early: bool,
    pub held: Vec<Holding>,
}

pub(super) struct SceneRow {
    pub class: &'static str,
    pub from: usize,
    pub to: usize,
    pub speaker: String,
    pub hearer: String,
    pub text: String,
    pub seals: Vec<SealShown>,
    pub notes: Vec<String>,
}

pub(super) struct SealShown {
    pub by: usize,
    pub class: &'static str,
    pub told: String,
}

pub(super) struct Holding {
    pub name: String,
    pub traitor: bool,
    pub vote: String,
    pub lines: Vec<String>,
}

impl Player {
    pub fn of(id: String, story: &Story) -> Player {
        let (title, summary) = ("Before the first round".to_owned(), story.cast.join(" "));
        let start = Frame {
            drawing: drawn(story, None, &format!("{title}: {summary}")),
            title,
            summary,
            rows: Vec::new(),
            rest: String::new(),
            early: !story.rounds.is_empty(),
            held: holdings(story, &story.start, false),
        };
        let rounds = story.rounds.iter().map(|step| frame(story, step));
        let messages = || story.rounds.iter().flat_map(|step| &step.messages);
        let mut seals = messages().flat_map(|message| &message.seals);
        Player {
            id,
            setting: story.setting.clone(),
            lies: story.lies().count(),
            sealed: seals.clone().next().is_some(),
            forged: seals.any(|seal| seal.forged),
            frames: [start].into_iter().chain(rounds).collect(),
            violated: story.ending.violated.clone().unwrap_or_default(),
            sentence: story.ending.sentence.clone(),
        }
    }
}

fn frame(story: &Story, step: &Step) -> Frame {
    let Step { round, messages, held, .. } = step;
    let mut plain = 0;
    let told = messages.iter().filter(|message| {
        plain += usize::from(message.mark.is_none());
        message.mark.is_some() || plain <= TOLD
    });
    // Lies first.
    let rows = told.map(|message| row(story, message)).sorted_by_key(|row| row.class != "lie");
    let rows = rows.collect_vec();
    let lies = messages.iter().filter(|message| message.is_lie()).count();
    let rest = match messages.len() - rows.len() {
        0 => String::new(),
        left => format!("And {left} more messages, as loyalty has them."),
    };
    let count = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    let title = format!("Round {round} of {}", story.rounds.len());
    let (messages, lies) =
        (count(messages.len(), "message", "messages"), count(lies, "lie", "lies"));
    let summary = format!("{messages}, {lies}.");
    let over = *round == story.rounds.len();
    Frame {
        drawing: drawn(story, Some(step), &format!("{title}: {summary}")),
        title,
        summary,
        rows,
        rest,
        early: !over,
        held: holdings(story, held, over),
    }
}

fn row(story: &Story, message: &Message) -> SceneRow {
    let Message { from, to, text, loyal, arrival, seals, forged, .. } = message;
    let loyal = loyal.iter().map(|loyal| format!("Loyalty would have said: {loyal}"));
    let forged = forged.iter().map(|how| format!("A forgery: {how}"));
    let arrival = arrival.iter().map(|how| capital(how));
    let seal = |seal: &Stamp| {
        let how = match (seal.forged, seal.odd) {
            (true, _) => "forged: it claims to be signed by",
            (false, Some(odd)) => odd,
            (false, None) => "signed by",
        };
        let told = format!("{how} {}", story.name(seal.by));
        let class = match (seal.forged, seal.odd) {
            (true, _) => " broken",
            (false, Some(_)) => " queer",
            (false, None) => "",
        };
        SealShown { by: seal.by, class, told }
    };
    let signed = match seals.is_empty() {
        true => None,
        false => Some(format!("Signed by {}", signers(message))),
    };
    SceneRow {
        class: match message.mark {
            Some(Mark::Lie) => "lie",
            Some(_) => "odd",
            None => "",
        },
        from: *from,
        to: *to,
        speaker: story.name(*from).to_owned(),
        hearer: story.name(*to).to_owned(),
        text: text.clone(),
        seals: seals.iter().map(seal).collect(),
        notes: loyal.chain(signed).chain(forged).chain(arrival).collect(),
    }
}

/// What each holds; at the end, with what it decides.
fn holdings(story: &Story, held: &[Held], over: bool) -> Vec<Holding> {
    let crowd = story.generals.len() > CROWD;
    let actors = story.generals.iter().zip(held);
    let holdings = actors.map(|(actor, Held { lines, vote })| {
        let decided = actor.decision.as_ref().filter(|_| over);
        let vote = match (decided, vote) {
            (Some(decision), _) => format!("decides {decision}"),
            (None, Some(vote)) if !over => format!("would decide {vote}"),
            _ => String::new(),
        };
        Holding {
            name: capital(&actor.name),
            traitor: actor.traitor,
            vote,
            // Of many generals only how each concludes.
            lines: if crowd {
                lines.iter().rev().take(1).cloned().collect()
            } else {
                lines.clone()
            },
        }
    });
    holdings.collect()
}

/// "1, 2 (forged)".
pub(super) fn signers(message: &Message) -> String {
    let seals = message.seals.iter().map(|seal| match (seal.forged, seal.odd) {
        (true, _) => format!("{} (forged)", seal.by),
        (false, Some(odd)) => format!("{} ({odd})", seal.by),
        (false, None) => seal.by.to_string(),
    });
    seals.format(", ").to_string()
}
