//! The prose of a refutation, for a terminal: the theorem, the ring, each world, and what a witness sees in
//! two of them.

use std::fmt;
use std::ops::Range;

use itertools::Itertools;

use super::partition;
use super::{ArgumentInWords, Heard, RefutationInWords, WorldInWords, heard};
use crate::general::Generals;
use crate::impossibility::argument::{Conclusion, Construction, Witness};
use crate::impossibility::world::{Must, Needed};
use crate::outcome::Task;
use crate::protocol::Round;
use crate::report::ring::Ring;
use crate::report::story::{Actor, Amount, Story};
use crate::report::style::{Emphasis, Style};
use crate::report::text::{among, labelled};
use crate::report::{capital, sentence};

/// If a view has more messages than this, the rest are only counted.
const SEEN: usize = 14;

/// If an attack has more lies than this, the story is left out.
const LIES: usize = 40;

impl fmt::Display for RefutationInWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RefutationInWords { protocol: name, graph, adversary, task, .. } = self;
        let most = adversary.traitors;
        let traitors = match (adversary.faults.is_byzantine(), most) {
            (true, 1) => "traitor, who may send any message",
            (true, _) => "traitors, who may send any message",
            (false, 1) => "traitor, who only crashes",
            (false, _) => "traitors, who only crash",
        };
        let verdict = match self.verdict {
            "refuted" => "REFUTED",
            "forgery" => "NOT REFUTED",
            "undetermined" => "UNDETERMINED",
            _ => "POSSIBLE",
        };
        let style = Style::of(f);
        let setting = format!(": {}, at most {most} {traitors}", among(name, graph));
        let title = style.word(verdict) + &style.paint(Emphasis::Strong, setting);
        writeln!(f, "{}\n", style.line(&title, 0))?;
        let Some(argument) = &self.argument else {
            let theorem = format!(
                "{}, so nothing can be refuted here. Whether this one is right is another question: see \
                 turncoat check.",
                partition::possible(self)
            );
            return writeln!(f, "{}", fill(&theorem, style));
        };
        let told = Telling { whole: self, name, task: *task, argument, style };
        writeln!(f, "{}\n", fill(&told.theorem(), style))?;
        writeln!(f, "{}", told.ring())?;
        for (number, world) in argument.worlds.iter().enumerate() {
            writeln!(f, "{}", told.world(number, world))?;
        }
        writeln!(f)?;
        for witness in &argument.witnesses {
            writeln!(f, "{}", told.view(witness))?;
        }
        writeln!(f, "{}", told.ending())
    }
}

/// The argument that is told.
struct Telling<'a> {
    whole: &'a RefutationInWords,
    name: &'a str,
    task: Task,
    argument: &'a ArgumentInWords,
    style: Style,
}

impl Telling<'_> {
    fn theorem(&self) -> String {
        let name = self.name;
        let (why, around) = match self.argument.theorem {
            Construction::Partition => {
                let why = partition::why(self.whole, self.argument);
                return format!(
                    "{why} What follows was not searched for: it is made of what {name} itself says."
                );
            }
            Construction::ThreeGroups => (
                "With n <= 3f no protocol can be right, unless it has signatures that can't be \
                 forged (Pease, Shostak, Lamport 1980).",
                "",
            ),
            Construction::Cut if self.argument.is_stopped => (
                "Where no more than f generals cut the others off from each other, no protocol can be \
                 right, signed or not: traitors can keep from one side all that the other says (Dolev \
                 1982).",
                " around such a cut",
            ),
            Construction::Cut => (
                "Where no more than 2f generals cut the others off from each other, no protocol can \
                 be right, unless it has signatures that can't be forged (Dolev 1982).",
                " around such a cut",
            ),
            Construction::Halves => {
                return format!(
                    "With n <= 2f no protocol for consensus can be right, signed or not: half of the \
                     generals have one input, the others another, all obey {name}, and nobody can tell \
                     which half is loyal."
                );
            }
        };
        format!(
            "{why} What follows was not searched for: it is made of what {name} itself says when two copies \
             of every general are wired into a ring{around} (Fischer, Lynch, Merritt 1986)."
        )
    }

    /// The ring, and below it who of it lives in each world.
    fn ring(&self) -> String {
        let ArgumentInWords { theorem, groups, values: [one, other], worlds, .. } = self.argument;
        if *theorem == Construction::Partition {
            return partition::groups(self.argument, self.task, self.style);
        }
        let ring = &Ring::of(self.argument);
        let places = || 0..ring.places();
        let letters = |places: Range<usize>| places.map(|place| ring.letter(place)).collect_vec();
        let legend = groups.iter().zip(letters(0..groups.len()));
        let legend = legend.map(|(group, letter)| format!("{letter} {}", self.task.names(*group)));
        let begin = match (theorem, self.task) {
            (Construction::Halves, _) => format!("A has the input {one}, B {other}"),
            (_, Task::Broadcast) => format!("{one} is the order in A, {other} in A'"),
            (_, Task::Consensus) => {
                let [first, marked] = [0..groups.len(), groups.len()..ring.places()].map(letters);
                format!("{} have the input {one}, {} {other}", first.join(", "), marked.join(", "))
            }
        };
        let mut lines = vec![labelled("Groups", &legend.chain([begin]).join("; "), self.style)];
        let names = places()
            .map(|place| format!("{:<4}", ring.letter(place)))
            .join(&format!("{} ", self.style.rule()));
        let name = if ring.places() == groups.len() { "One run" } else { "The ring" };
        let label = |label: &str| self.style.paint(Emphasis::Faint, format!("{label:<12}"));
        lines.push(format!("{}{}", label(name), names.trim_end()));
        for (number, world) in worlds.iter().enumerate() {
            let loyal: Generals = world.loyal.iter().map(|double| double.general).collect();
            let here = places().map(|place| {
                let shown = match ring.lives(place, world) {
                    true => ring.letter(place),
                    false if ring.group(place).iter().any(|general| loyal.contains(general)) => {
                        String::new()
                    }
                    false => "x".to_owned(),
                };
                format!("{shown:<6}")
            });
            let world = label(&format!("World {}", number + 1));
            lines.push(format!("{world}{}", here.collect::<String>().trim_end()));
        }
        lines.join("\n") + "\n"
    }

    /// Who is loyal in a world, what must happen there, and what does.
    fn world(
        &self,
        number: usize,
        WorldInWords { must, story, forgery, .. }: &WorldInWords,
    ) -> String {
        let must = match (must, self.task) {
            (Must::Decide(order), Task::Broadcast) => {
                format!("The loyal must decide {order}: validity.")
            }
            (Must::Decide(input), Task::Consensus) => {
                format!("The loyal must decide {input}, the input of all of them: validity.")
            }
            (Must::Agree, _) => "The loyal must decide the same: agreement.".to_owned(),
        };
        let ending = &story.ending;
        let outcome = match (ending.violated.is_some(), forgery) {
            _ if ending.fault.is_some() => ending.sentence.clone(),
            (false, Some(_)) => "It can't be had: a signature is lacking (see below).".to_owned(),
            (false, None) => format!("{}.", capital(&ending.decided)),
            (true, lacking) => {
                let unsaid = match lacking {
                    Some(_) => "What needs a signature that is lacking is not said. ",
                    None => "",
                };
                let violated = self.style.paint(Emphasis::Bad, "Violated:");
                format!("{unsaid}{violated} {}.", ending.decided)
            }
        };
        let late = self.late(number, story);
        let text = story.cast.iter().chain(&late).chain([&must, &outcome]).join(" ");
        labelled(&format!("World {}", number + 1), text.trim_end_matches('.'), self.style)
    }

    /// Which messages are late in a world, if any are.
    fn late(&self, number: usize, story: &Story) -> Option<String> {
        let wave = self.argument.until.filter(|_| number == 1 && story.amount.shifts > 0)?;
        let late = match self.argument.groups.len() {
            4 => "from D to A or B",
            _ => "between A and B",
        };
        Some(format!("No mail {late} arrives before wave {}.", wave + 1))
    }

    /// What a witness sees in two worlds, line by line.
    fn view(&self, Witness { double, world, same_view }: &Witness) -> String {
        let me = double.general;
        let worlds = [world, &(world + 1)].map(|world| &self.argument.worlds[*world]);
        let until = self.argument.until;
        let [one, other] = worlds.map(|world| heard(&world.story, me.id(), until));
        let heads = [world + 1, world + 2].map(|number| format!("in world {number}"));
        let texts = one.iter().chain(&other).map(|heard| heard.text);
        let texts = texts.chain(heads.iter().map(String::as_str));
        let width = texts.map(|text| text.chars().count()).max().unwrap_or_default();
        let by = until.map(|wave| format!(" until wave {wave}")).unwrap_or_default();
        let title = format!("What {} sees{by}", self.task.name(me));
        let from_width = one.iter().chain(&other).map(|heard| heard.from.chars().count()).max();
        let from_width = from_width.unwrap_or_default().max(title.chars().count());
        let room = from_width + 2 * (2 + width) + "  the same".len();
        let narrow = self.style.width.is_some_and(|width| width < room);
        let line = |from: &str, left: &str, right: &str, mark: &str| {
            let line = match narrow {
                // There is no room for two columns.
                true if left.is_empty() => from.to_owned(),
                true if left == right => self.style.line(&format!("{from} {left} in both"), 4),
                true => {
                    let [here, there] = &heads;
                    self.style.line(&format!("{from} {left} {here}, {right} {there}"), 4)
                }
                false => format!("{from:<from_width$}  {left:<width$}  {right:<width$}  {mark}"),
            };
            line.trim_end().to_owned() + "\n"
        };
        let title = if narrow { title + "\n" } else { line(&title, &heads[0], &heads[1], "") };
        let mut text = self.style.paint(Emphasis::Strong, title.trim_end()) + "\n";
        let rows = side_by_side(&one, &other);
        for [left, right] in rows.iter().take(SEEN) {
            let from = left.or(*right).map_or("", |heard| &heard.from);
            let [left, right] = [left, right].map(|heard| heard.map_or("nothing", |h| h.text));
            let mark = if left == right {
                self.style.paint(Emphasis::Faint, "the same")
            } else {
                String::new()
            };
            text += &line(from, left, right, &mark);
        }
        let more = rows.len().saturating_sub(SEEN);
        if more > 0 {
            let messages = if more == 1 { "message" } else { "messages" };
            text += &line(&format!("and {more} more {messages}"), "", "", "");
        }
        let [left, right] = worlds.map(|world| {
            let Actor { decision, undecided, .. } = &world.story.generals[me.id()];
            let nothing = if *undecided { "nothing" } else { "" };
            decision.clone().unwrap_or_else(|| nothing.to_owned())
        });
        text += &line("and decides", &left, &right, "");
        let end = until.map_or("in the end".to_owned(), |wave| format!("after wave {wave}"));
        let how = format!("compared message by message, and so are its states {end}");
        text += &match same_view {
            true => self.style.line(&format!("The same view: {how}."), 0),
            false => "Not the same view: not all could be said that had to be.".to_owned(),
        };
        text + "\n"
    }

    fn ending(&self) -> String {
        match &self.argument.conclusion {
            Conclusion::Undetermined(fault) => self.fill(&format!(
                "{} So the worlds are not what the argument takes them for, and no verdict on this \
                 protocol means anything.",
                sentence(&fault.told(self.task))
            )),
            Conclusion::Forgery(world) => self.forgery(*world),
            Conclusion::Refuted(world) => {
                let number = world + 1;
                let story = &self.argument.worlds[*world].story;
                let (chain, name) = (self.chain(), self.name);
                let why = format!("{chain} {name} is broken in world {number}.");
                let why = self.fill(why.trim_start());
                let Amount { wrongs, shifts, .. } = story.amount;
                if wrongs + shifts > LIES {
                    return format!("{why}\nIts attack has {}.", story.amount);
                }
                let title = self.style.paint(Emphasis::Strong, format!("World {number} in full"));
                format!("{why}\n\n{title}\n{}", self.style.show(story).trim_end())
            }
        }
    }

    /// What must be decided in each world, step by step, and therefore in the next.
    fn chain(&self) -> String {
        let ArgumentInWords { worlds, witnesses, .. } = self.argument;
        if witnesses.is_empty() {
            return String::new();
        }
        if let Some(stranger) = witnesses.iter().find(|witness| !witness.same_view) {
            let (name, world) = (self.task.name(stranger.double.general), stranger.world + 1);
            return format!("What {name} sees in worlds {world} and {} differs.", world + 1);
        }
        if let Some(wave) = self.argument.until {
            return self.both_decide(wave);
        }
        let (Some(Must::Decide(due)), Some(last)) =
            (worlds.first().map(|world| &world.must), worlds.last())
        else {
            return String::new();
        };
        let mut steps = Vec::new();
        for witness in witnesses {
            let name = self.task.name(witness.double.general);
            let [here, next] = [witness.world + 1, witness.world + 2];
            let why = if witness.world == 0 { "by validity" } else { "to agree" };
            steps.push(format!(
                "{name} would decide {due} in world {here}, {why}, and so in world {next}, where it \
                 sees the same"
            ));
        }
        let Must::Decide(other) = &last.must else { return String::new() };
        let steps = steps.join("; ");
        let world = worlds.len();
        format!(
            "Were {} right, {steps}. But there, in world {world}, the loyal must decide {other}. So \
             one of the worlds must give way.",
            self.name
        )
    }

    /// What must be decided in the world that both sides share.
    fn both_decide(&self, wave: Round) -> String {
        let ArgumentInWords { values: [one, other], witnesses, .. } = self.argument;
        let [here, there] = &witnesses[..] else { return String::new() };
        let [here, there] = [here, there].map(|witness| self.task.name(witness.double.general));
        format!(
            "Were {} right, {here} would decide {one} in world 1, and {there} {other} in world 3. Until wave \
             {wave} each sees the same in world 2. But there both must decide the same. So one of the worlds \
             must give way.",
            self.name
        )
    }

    /// What the traitors would have to forge.
    fn forgery(&self, world: usize) -> String {
        let number = world + 1;
        let Some(Needed { wire, message, signed }) = &self.argument.worlds[world].forgery else {
            return self.fill(&format!(
                "World {number} is had by forgeries that count with who hears them, and they do no \
                 harm."
            ));
        };
        let [from, to] = [wire.from, wire.to].map(|general| self.task.name(general));
        let (signature, statement) = (signed.whose(self.task), signed.statement.escape_ascii());
        let step = if self.argument.until.is_some() { "wave" } else { "round" };
        let what = format!(
            "Forgery needed: {signature} in {message}, which in world {number} {from} would have \
             to tell {to} in {step} {}. (What is signed is {statement}.) No traitor makes it, and none \
             has overheard it. There the attack stops{}.",
            wire.round,
            match self.argument.is_stopped {
                // Signatures do not escape the bound, but refuting them takes another attack than this.
                true => ", and says nothing of others",
                false => ": this is how signatures escape the bound",
            },
        );
        self.fill(&what)
    }

    fn fill(&self, text: &str) -> String {
        fill(text, self.style)
    }
}

/// Lines of prose.
fn fill(text: &str, style: Style) -> String {
    textwrap::fill(text, textwrap::Options::new(style.prose()))
}

/// What is heard in two worlds on one wire, side by side.
fn side_by_side<'a>(
    one: &'a [Heard<'a>],
    other: &'a [Heard<'a>],
) -> Vec<[Option<&'a Heard<'a>>; 2]> {
    let wires = one.iter().chain(other).map(|heard| heard.wire).sorted().dedup();
    let rows = wires.flat_map(|wire| {
        let on_it = |heard: &&Heard<'_>| heard.wire == wire;
        let rows = one.iter().filter(on_it).zip_longest(other.iter().filter(on_it));
        rows.map(|row| row.left_and_right().into()).collect_vec()
    });
    rows.collect()
}
