//! An argument that no protocol can be right, as the paper draws it: worlds side by side, what one
//! general sees in both, and what that forces.

use std::fmt;

use itertools::Itertools;

use super::cast::cast;
use super::heard::{Heard, side_by_side};
use super::look::{Ink, Look};
use super::story::story_in;
use super::text::{among, labelled};
use super::{capital, sentence};
use crate::fault::guarded;
use crate::general::{General, Generals};
use crate::impossibility::argument::{Argument, Conclusion, Construction, Witness};
use crate::impossibility::covering::Double;
use crate::impossibility::world::{Must, Needed, World};
use crate::outcome::Task;
use crate::testable::Testable;
use crate::verdict::Refutation;

/// Of a view with more messages than this the rest is only counted.
const SEEN: usize = 14;

/// Of an attack with more lies than this the story is left out.
const LIES: usize = 40;

/// The whole argument, and what came of it.
impl<P: Testable> fmt::Display for Refutation<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refutation { name, graph, f: most, task, .. } = self;
        let traitors = match most {
            1 => "traitor, who says what it likes",
            _ => "traitors, who say what they like",
        };
        let verdict = match self.name() {
            "refuted" => "REFUTED",
            "forgery" => "NOT REFUTED",
            "undetermined" => "UNDETERMINED",
            _ => "POSSIBLE",
        };
        let look = Look::of(f);
        let setting = format!(": {}, at most {most} {traitors}", among(name, graph));
        let title = look.word(verdict) + &look.ink(Ink::Strong, setting);
        writeln!(f, "{}\n", look.line(&title, 0))?;
        let Some(argument) = &self.argument else {
            let connected = match graph.is_complete() {
                true => "",
                false => {
                    ", and between any two generals more than 2f paths that share nobody (Dolev 1982),"
                }
            };
            let theorem = format!(
                "With n > 3f{connected} there is a protocol (Pease, Shostak, Lamport 1980), so nothing can be \
                 refuted here. Whether this one is right is another question: see turncoat check."
            );
            return writeln!(f, "{}", fill(&theorem, look));
        };
        let told = Told { protocol: &self.protocol, name, task: *task, argument, look };
        writeln!(f, "{}\n", fill(&told.theorem(), look))?;
        writeln!(f, "{}", told.ring())?;
        for (number, world) in argument.worlds.iter().enumerate() {
            writeln!(f, "{}", told.world(number, world))?;
        }
        writeln!(f)?;
        for witness in argument.witnesses() {
            writeln!(f, "{}", told.view(&witness))?;
        }
        writeln!(f, "{}", told.ending())
    }
}

/// An argument to be told.
struct Told<'a, P: Testable> {
    protocol: &'a P,
    name: &'a str,
    task: Task,
    argument: &'a Argument<P>,
    look: Look,
}

impl<P: Testable> Told<'_, P> {
    fn theorem(&self) -> String {
        let name = self.name;
        match self.argument.theorem {
            Construction::ThreeGroups => format!(
                "With n <= 3f no protocol can be right, unless it has signatures that can't be \
                 forged (Pease, Shostak, Lamport 1980). What follows was not searched for: it is \
                 made of what {name} itself says when two copies of every general are wired into a \
                 ring (Fischer, Lynch, Merritt 1986)."
            ),
            Construction::Cut if self.argument.is_stopped() => format!(
                "Where no more than f generals cut the others off from each other, no protocol can be \
                 right, signed or not: traitors can keep from one side all that the other says (Dolev \
                 1982). What follows was not searched for: it is made of what {name} itself says when \
                 two copies of every general are wired into a ring around such a cut (Fischer, Lynch, \
                 Merritt 1986)."
            ),
            Construction::Cut => format!(
                "Where no more than 2f generals cut the others off from each other, no protocol can \
                 be right, unless it has signatures that can't be forged (Dolev 1982). What follows \
                 was not searched for: it is made of what {name} itself says when two copies of every \
                 general are wired into a ring around such a cut (Fischer, Lynch, Merritt 1986)."
            ),
            Construction::Halves => format!(
                "With n <= 2f no protocol for consensus can be right, signed or not: half of the \
                 generals have one input, the others another, all obey {name}, and nobody can tell \
                 which half is loyal."
            ),
        }
    }

    /// The letter of a group, and a mark for the other layer.
    fn place(&self, place: usize) -> String {
        let groups = self.argument.groups.len();
        let letter = char::from(b'A' + (place % groups) as u8);
        format!("{letter}{}", if place < groups { "" } else { "'" })
    }

    /// The ring, and under it who of it lives in each world.
    fn ring(&self) -> String {
        let Argument { theorem, groups, values: [one, other], worlds, .. } = self.argument;
        let layers = if *theorem == Construction::Halves { 1 } else { 2 };
        let places = 0..groups.len() * layers;
        let legend = groups.iter().zip(places.clone());
        let legend = legend
            .map(|(group, place)| format!("{} {}", self.place(place), self.task.names(*group)));
        let begin = match (theorem, self.task) {
            (Construction::Halves, _) => format!("A has the input {one:?}, B {other:?}"),
            (_, Task::Broadcast) => format!("{one:?} is the order in A, {other:?} in A'"),
            (_, Task::Consensus) => {
                let last = places.clone().take(groups.len()).map(|place| self.place(place));
                let first = last.collect_vec();
                let marked = first.iter().map(|place| format!("{place}'")).join(", ");
                format!("{} have the input {one:?}, {marked} {other:?}", first.join(", "))
            }
        };
        let mut lines = vec![labelled("Groups", &legend.chain([begin]).join("; "), self.look)];
        let names = places
            .clone()
            .map(|place| format!("{:<4}", self.place(place)))
            .join(&format!("{} ", self.look.rule()));
        let name = if layers == 1 { "One run" } else { "The ring" };
        let label = |label: &str| self.look.ink(Ink::Faint, format!("{label:<12}"));
        lines.push(format!("{}{}", label(name), names.trim_end()));
        for (number, world) in worlds.iter().enumerate() {
            let here = places.clone().map(|place| {
                let (group, layer) = (groups[place % groups.len()], place / groups.len());
                let lives = |general| world.loyal.contains(&Double { general, layer });
                let shown = match group.iter().all(lives) {
                    true => self.place(place),
                    false if group.iter().any(|general| world.loyal().contains(general)) => {
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

    /// Who is loyal in a world, what must be done there, and what is.
    fn world(&self, number: usize, world: &World<P>) -> String {
        let World { must, attack, execution, forgery, .. } = world;
        let cast = cast(attack, self.task);
        let sentences = cast.lines().map(str::to_owned);
        let must = match (must, self.task) {
            (Must::Decide(order), Task::Broadcast) => {
                format!("The loyal must decide {order:?}: validity.")
            }
            (Must::Decide(input), Task::Consensus) => {
                format!("The loyal must decide {input:?}, the input of all of them: validity.")
            }
            (Must::Agree, _) => "The loyal must decide the same: agreement.".to_owned(),
        };
        let outcome = match (&execution.fault, forgery) {
            (Some(fault), _) => sentence(&fault.told(self.task)),
            (None, Some(_)) if execution.violation().is_none() => {
                "It can't be had: a signature is lacking (see below).".to_owned()
            }
            (None, lacking) => {
                let violated = execution.violation().is_some();
                let held =
                    if violated { self.look.ink(Ink::Bad, "Violated:") } else { String::new() };
                let decided = self.decided(world);
                let unsaid = match lacking {
                    Some(_) => "What needs a signature that is lacking is not said. ",
                    None => "",
                };
                match violated {
                    true => format!("{unsaid}{held} {decided}."),
                    false => format!("{unsaid}{}.", capital(&decided)),
                }
            }
        };
        let text = sentences.chain([must, outcome]).join(" ");
        labelled(&format!("World {}", number + 1), text.trim_end_matches('.'), self.look)
    }

    /// "lieutenants 1 and 3 decide RETREAT, and lieutenant 2 decides ATTACK".
    fn decided(&self, world: &World<P>) -> String {
        let decisions = world.execution.decisions.iter().enumerate();
        let decisions =
            decisions.filter_map(|(id, decision)| Some((decision.as_ref()?, General::new(id))));
        let groups = decisions.into_group_map().into_iter().sorted_by_key(|(_, who)| who[0]);
        let decided = groups.map(|(decision, who)| {
            let verb = if who.len() == 1 { "decides" } else { "decide" };
            format!("{} {verb} {decision:?}", self.task.names(Generals::from_iter(who)))
        });
        decided.collect_vec().join(", and ")
    }

    /// What a witness sees in two worlds, line by line.
    fn view(&self, Witness { double, world, same_view }: &Witness) -> String {
        let me = double.general;
        let worlds = [world, &(world + 1)].map(|world| &self.argument.worlds[*world]);
        let [one, other] = worlds.map(|world| self.seen(world, me));
        let heads = [world + 1, world + 2].map(|number| format!("in world {number}"));
        let texts = one.iter().chain(&other).map(|heard| &heard.text).chain(&heads);
        let width = texts.map(|text| text.chars().count()).max().unwrap_or_default();
        let title = format!("What {} sees", self.task.name(me));
        let from_width = one.iter().chain(&other).map(|heard| heard.from.chars().count()).max();
        let from_width = from_width.unwrap_or_default().max(title.chars().count());
        let room = from_width + 2 * (2 + width) + "  the same".len();
        let narrow = self.look.width.is_some_and(|width| width < room);
        let line = |from: &str, left: &str, right: &str, mark: &str| {
            let line = match narrow {
                // There is no room for two columns.
                true if left.is_empty() => from.to_owned(),
                true if left == right => self.look.line(&format!("{from} {left} in both"), 4),
                true => {
                    let [here, there] = &heads;
                    self.look.line(&format!("{from} {left} {here}, {right} {there}"), 4)
                }
                false => format!("{from:<from_width$}  {left:<width$}  {right:<width$}  {mark}"),
            };
            line.trim_end().to_owned() + "\n"
        };
        let title = if narrow { title + "\n" } else { line(&title, &heads[0], &heads[1], "") };
        let mut text = self.look.ink(Ink::Strong, title.trim_end()) + "\n";
        let rows = side_by_side(&one, &other);
        for [left, right] in rows.iter().take(SEEN) {
            let from = left.or(*right).map_or("", |heard| &heard.from);
            let [left, right] = [left, right].map(|heard| heard.map_or("nothing", |h| &h.text));
            let mark =
                if left == right { self.look.ink(Ink::Faint, "the same") } else { String::new() };
            text += &line(from, left, right, &mark);
        }
        let more = rows.len().saturating_sub(SEEN);
        if more > 0 {
            let messages = if more == 1 { "message" } else { "messages" };
            text += &line(&format!("and {more} more {messages}"), "", "", "");
        }
        let [left, right] = worlds.map(|world| {
            let decision = world.execution.decisions[me.id()].as_ref();
            decision.map(|decision| format!("{decision:?}")).unwrap_or_default()
        });
        text += &line("and decides", &left, &right, "");
        let how = "compared message by message, and so are its states in the end";
        text += &match same_view {
            true => self.look.line(&format!("The same view: {how}."), 0),
            false => "Not the same view: not all could be said that had to be.".to_owned(),
        };
        text + "\n"
    }

    /// All that a general is told in a world: from whom and when, and what.
    fn seen(&self, world: &World<P>, me: General) -> Vec<Heard> {
        let heard = world.execution.view(me).map(|(wire, message)| {
            let from = format!("round {}, {}:", wire.round, self.task.name(wire.from));
            Heard { wire, from, text: self.tell(wire.from, message) }
        });
        heard.collect()
    }

    fn tell(&self, from: General, message: &P::Message) -> String {
        let told = guarded(|| self.protocol.tell(from, message));
        told.unwrap_or_else(|_| format!("{message:?}"))
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
                let World { attack, execution, .. } = &self.argument.worlds[*world];
                let (chain, name) = (self.chain(), self.name);
                let why = self.fill(&format!("{chain} {name} is broken in world {number}."));
                if attack.lies.len() > LIES {
                    let lies = attack.lies.len();
                    return format!("{why}\nIts attack has {lies} lies.");
                }
                let title = self.look.ink(Ink::Strong, format!("World {number} in full"));
                let story = story_in(self.look, self.protocol, attack, execution);
                format!("{why}\n\n{title}\n{}", story.trim_end())
            }
        }
    }

    /// Step by step, what must be decided in one world, and so in the next.
    fn chain(&self) -> String {
        let Argument { worlds, .. } = self.argument;
        let mut witnesses = self.argument.witnesses();
        let Some(first) = witnesses.next() else { return String::new() };
        if let Some(stranger) = [first].into_iter().chain(witnesses.by_ref()).find(|w| !w.same_view)
        {
            let (name, world) = (self.task.name(stranger.double.general), stranger.world + 1);
            return format!("What {name} sees in worlds {world} and {} differs.", world + 1);
        }
        let (Some(Must::Decide(due)), Some(last)) =
            (worlds.first().map(|world| &world.must), worlds.last())
        else {
            return String::new();
        };
        let mut steps = Vec::new();
        for witness in self.argument.witnesses() {
            let name = self.task.name(witness.double.general);
            let [here, next] = [witness.world + 1, witness.world + 2];
            let why = if witness.world == 0 { "by validity" } else { "to agree" };
            steps.push(format!(
                "{name} would decide {due:?} in world {here}, {why}, and so in world {next}, where it \
                 sees the same"
            ));
        }
        let Must::Decide(other) = &last.must else { return String::new() };
        let steps = steps.join("; ");
        let world = worlds.len();
        format!(
            "Were {} right, {steps}. But there, in world {world}, the loyal must decide {other:?}. So \
             one of the worlds must give way.",
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
        let told = self.tell(wire.from, message);
        let (by, statement) = (self.task.name(signed.by), signed.statement.escape_ascii());
        let what = format!(
            "Forgery needed: the signature of {by} in {told}, which in world {number} {from} would have \
             to tell {to} in round {}. (What is signed is {statement}.) No traitor makes it, and none \
             has overheard it. There the attack stops{}.",
            wire.round,
            match self.argument.is_stopped() {
                // They do not escape; but it takes another attack than this.
                true => ", and says nothing of others",
                false => ": this is how signatures escape the bound",
            },
        );
        self.fill(&what)
    }

    fn fill(&self, text: &str) -> String {
        fill(text, self.look)
    }
}

/// Lines of prose.
fn fill(text: &str, look: Look) -> String {
    textwrap::fill(text, textwrap::Options::new(look.prose()))
}
