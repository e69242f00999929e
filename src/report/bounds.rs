//! What is known about a problem, as text and as JSON, with the commands that demonstrate it.

use std::fmt::{self, Write};

use serde_json::{Value, json};

use super::style::{Emphasis, Style};
use super::text::{labelled, wrapped};
use super::{many, sentence};
use crate::impossibility::rounds::affordable;
use crate::impossibility::{Bounds, BoundsProblem, Condition, Quorum, Solvability, Thresholds};
use crate::outcome::Task;

/// A command of turncoat that demonstrates what a theorem says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Demonstration {
    /// The command.
    pub command: String,
    /// Its exit code.
    pub exit_code: u8,
    /// What it shows.
    pub shows: &'static str,
}

/// The commands that demonstrate what is known about a problem, where turncoat can do so in seconds. (For graphs that
/// are not complete, the connectivity alone does not determine a command.)
#[must_use]
pub fn shown(Bounds { problem, answer, traitors, .. }: &Bounds) -> Vec<Demonstration> {
    let BoundsProblem { n, f, signed, rounds, task, .. } = *problem;
    if !problem.is_complete() || n < 2 {
        return Vec::new();
    }
    let solvable = *answer == Solvability::Solvable;
    let shown = |exit_code, shows, command: String| Demonstration {
        command: format!("turncoat {command}"),
        exit_code,
        shows,
    };
    let mut all = Vec::new();
    // Too few rounds for the theorem, but enough generals.
    let hasty = rounds.filter(|_| !solvable && enough_generals(problem));
    match (signed, task, solvable) {
        (true, Task::Consensus, true) if f <= 1 && n <= 4 || f == 0 && n <= 8 => {
            all.push(shown(0, HOLDS, format!("check signed-consensus -n {n} -f {f}")));
        }
        (true, Task::Consensus, true) if n <= 7 => {
            let command = format!("hunt signed-consensus -n {n} -f {f} --cases 100");
            all.push(shown(3, DRAWN, command));
        }
        (true, Task::Consensus, true) => {}
        (true, Task::Consensus, false) if !enough_generals(problem) => {
            if (3..=MANY).contains(&n) {
                // Two halves that obey the protocol: signatures make no difference.
                all.push(shown(1, HALVES, format!("refute signed-consensus -n {n} -f {f} -m 1")));
            }
            if n <= 3 {
                all.push(shown(1, BROKEN, format!("check signed-consensus -n {n} -f {f}")));
            }
        }
        (true, Task::Consensus, false) => {
            let few = hasty.filter(|_| n <= 4).map(|rounds| rounds - 1);
            let broken = few.map(|m| format!("check signed-consensus -n {n} -f {f} -m {m}"));
            all.extend(broken.map(|command| shown(1, TOO_FAST, command)));
        }
        (true, Task::Broadcast, true) if f <= 1 && n <= 8 || n <= 5 => {
            let m = if *traitors == f { String::new() } else { format!(" -m {traitors}") };
            all.push(shown(0, HOLDS, format!("check signed -n {n} -f {f}{m}")));
        }
        (true, Task::Broadcast, true) if n <= 8 && f <= 4 => {
            let command = format!("hunt signed -n {n} -f {f} -m {traitors} --cases 100");
            all.push(shown(3, DRAWN, command));
        }
        (true, Task::Broadcast, true) => {}
        (true, Task::Broadcast, false) => {
            let few = hasty.filter(|_| n <= 6).map(|rounds| rounds - 1);
            let broken = few.map(|m| format!("check signed -n {n} -f {f} -m {m}"));
            all.extend(broken.map(|command| shown(1, TOO_FAST, command)));
        }
        (false, _, _) => {
            let (name, most, small) = match task {
                Task::Broadcast => ("oral", 12, 9),
                Task::Consensus => ("interactive", 5, 4),
            };
            let composed = task == Task::Broadcast && n <= 31;
            if solvable && (f <= 1 && n <= most || composed) {
                all.push(shown(0, HOLDS, format!("check {name} -n {n} -f {f}")));
            } else if solvable && n <= 10 {
                all.push(shown(3, DRAWN, format!("hunt {name} -n {n} -f {f} --cases 100")));
            } else if let Some(rounds) = hasty {
                if n <= small {
                    let m = rounds - 1;
                    all.push(shown(1, TOO_FAST, format!("check {name} -n {n} -f {f} -m {m}")));
                }
            } else if !solvable {
                let m = if f <= 2 { "" } else { " -m 1" };
                if (3..=MANY).contains(&n) {
                    all.push(shown(1, REFUTED, format!("refute {name} -n {n} -f {f}{m}")));
                }
                if n <= small && f <= 3 {
                    all.push(shown(1, BROKEN, format!("check {name} -n {n} -f {f}")));
                }
            }
        }
    }
    if let Some(rounds) = rounds.filter(|_| !signed && task == Task::Broadcast)
        && affordable(n, f, rounds)
    {
        let (code, shows) = if solvable { (0, MADE_UP) } else { (1, CHAIN) };
        all.push(shown(code, shows, format!("rounds -n {n} -f {f} -r {rounds}")));
    }
    all
}

const HOLDS: &str = "verifies a protocol against every behaviour of the traitors";
const DRAWN: &str = "draws attacks on a protocol at random, and finds none: evidence, not a proof";
const TOO_FAST: &str = "breaks a protocol that takes so few rounds";
const REFUTED: &str = "breaks this protocol by its two worlds, as it does any other";
const BROKEN: &str = "finds a smallest attack on a protocol";
const MADE_UP: &str = "makes up a protocol, and verifies it";
const HALVES: &str = "breaks this protocol in one run, as it does any other, signed or not";
const CHAIN: &str = "proves that there is none, by a chain of executions";

/// The most generals for whom a relay of everything to everybody takes only seconds.
const MANY: usize = 32;

/// Whether there are enough generals, so that only the rounds are too few.
fn enough_generals(problem: &BoundsProblem) -> bool {
    let patient = BoundsProblem { rounds: None, ..*problem };
    patient.bounds().is_ok_and(|bounds| bounds.answer == Solvability::Solvable)
}

/// The whole answer: what is needed and why, what turncoat can demonstrate, and the arithmetic of votes.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = match self.answer {
            Solvability::Solvable => "SOLVABLE",
            Solvability::Unsolvable => "UNSOLVABLE",
            Solvability::DependsOnGraph => "DEPENDS ON THE GRAPH",
        };
        let style = Style::of(f);
        let setting = style.paint(Emphasis::Strong, format!(": {}", setting(&self.problem)));
        writeln!(f, "{}\n", style.line(&(style.word(answer) + &setting), 0))?;
        for condition in &self.conditions {
            f.write_str(&needed(condition, style))?;
        }
        f.write_str(&remarks(self, style))?;
        let shown = shown(self);
        if !shown.is_empty() {
            writeln!(f, "\n{}", style.paint(Emphasis::Strong, "What turncoat can show"))?;
        }
        for Demonstration { command, exit_code, shows } in shown {
            let shows = style.line(&format!("      {shows} (exit code {exit_code})"), 6);
            writeln!(f, "  {command}\n{shows}")?;
        }
        let BoundsProblem { n, f: traitors, signed, quorum, .. } = self.problem;
        // With signatures, votes are not weighed.
        let weighed = traitors > 0 && !signed;
        if weighed {
            let title =
                format!("What votes are worth, where {traitors} of {n} may lie, or never vote");
            writeln!(f, "\n{}", style.paint(Emphasis::Strong, title))?;
            f.write_str(&votes(n, traitors, style))?;
        }
        if weighed || quorum.is_some() {
            let title = format!("Quorums of {n}, where {traitors} may lie, or be silent");
            writeln!(f, "\n{}", style.paint(Emphasis::Strong, title))?;
            f.write_str(&quorums(&self.problem, style))?;
        }
        Ok(())
    }
}

/// "broadcast with signatures among 4 generals, at most 1 traitor, in 2 rounds".
fn setting(problem: &BoundsProblem) -> String {
    let BoundsProblem { n, f, signed, connectivity, rounds, task, .. } = *problem;
    let task = match task {
        Task::Broadcast => "broadcast",
        Task::Consensus => "consensus",
    };
    let signed = if signed { "with" } else { "without" };
    let (generals, traitors) = (many(n as u64, "general"), many(f as u64, "traitor"));
    let mut text = format!("{task} {signed} signatures among {generals}, at most {traitors}");
    if !problem.is_complete() {
        write!(text, ", connectivity {connectivity}").expect("a string takes all");
    }
    if let Some(rounds) = rounds {
        write!(text, ", in {}", many(rounds as u64, "round")).expect("a string takes all");
    }
    text
}

fn needed(condition: &Condition, style: Style) -> String {
    let Condition { theorem, have, least } = condition;
    let met = if condition.met() { "given" } else { "MISSING" };
    let met = style.paint(Emphasis::of(met), met);
    let head = format!("{met}: {}, here {have} >= {least}", theorem.condition());
    format!("{}\n{}", style.line(&head, 4), wrapped(&sentence(theorem.reason()), "    ", style))
}

/// Remarks beyond the conditions.
fn remarks(bounds: &Bounds, style: Style) -> String {
    let Bounds { problem, answer, traitors, conditions, enough_rounds } = bounds;
    let BoundsProblem { n, f, signed, task, .. } = *problem;
    let mut remarks = Vec::new();
    if conditions.is_empty() && signed {
        remarks.push(
            "By SM(f) any number of generals survive any number of traitors (Lamport, Shostak, Pease \
             1982)"
                .to_owned(),
        );
    }
    if traitors < &f {
        remarks.push(format!(
            "Here f counts as {traitors}: with more traitors among {n} generals no two are loyal of \
             whom anything could be asked"
        ));
    }
    if *traitors == 0 && task == Task::Broadcast && *answer == Solvability::Solvable {
        remarks
            .push("With nobody to fear, the lieutenants obey the order as they hear it".to_owned());
    }
    if *answer != Solvability::Unsolvable {
        remarks.push(match problem.is_complete() {
            true => format!("{} enough, and needed", rounds(*enough_rounds)),
            false => format!(
                "{} enough on every such graph, and at least {} needed; how many exactly depends on \
                 how long its paths are",
                rounds(*enough_rounds),
                rounds(traitors + 1)
            ),
        });
    }
    remarks.iter().map(|remark| wrapped(&sentence(remark), "", style)).collect()
}

/// "1 round is", "2 rounds are".
fn rounds(count: usize) -> String {
    format!("{} {}", many(count as u64, "round"), if count == 1 { "is" } else { "are" })
}

/// The arithmetic of thresholds, with the numbers filled in.
fn votes(n: usize, f: usize, style: Style) -> String {
    let Thresholds { quorum, meet, loyal, certain, discounted } = Thresholds::of(n, f);
    let meets = match meet {
        0 => format!("two sets of {quorum} of {n} need not meet at all: n - 2f is not above 0"),
        _ => format!(
            "two sets of {quorum} of {n} have at least n - 2f = {meet} in common, and if traitors can \
             do no more than crash, that is enough"
        ),
    };
    let sure = match (meet, loyal) {
        (0, _) => "nobody is surely in both sets".to_owned(),
        (_, 0) => "those may all be traitors: n - 3f is not above 0".to_owned(),
        _ => format!("of those at least n - 3f = {loyal} are loyal, and tell both sets the same"),
    };
    let weigh = match discounted {
        true => format!(
            "if all the loyal vote alike, at least n - 2f = {meet} of the {quorum} votes are theirs, \
             and at most f = {f} are lies: {meet} > {f}, so that the lies are discounted"
        ),
        false => format!(
            "if all the loyal vote alike, n - 2f = {meet} of the {quorum} votes may be theirs, and the \
             others lies: {meet} > {f} is not true, so that lies can weigh as much"
        ),
    };
    let lines = [
        ("Wait", format!("for n - f = {quorum} votes: the other {f} may never come")),
        ("Meet", meets),
        ("Loyal", sure),
        (
            "Certain",
            format!("of f + 1 = {certain} votes one is by a loyal general, of {f} perhaps none"),
        ),
        ("Discount", format!("{weigh}; that is n > 3f = {}", 3 * f)),
    ];
    lines.iter().map(|(label, line)| labelled(label, line, style) + "\n").collect()
}

/// Which quorum sizes are right, and what is wrong with the others: the size that was asked about, and the usual
/// ones.
fn quorums(problem: &BoundsProblem, style: Style) -> String {
    let BoundsProblem { n, f, .. } = *problem;
    let right = Quorum::right(n, f);
    let (least, most) = (right.start(), right.end());
    let sizes = match most.checked_sub(*least) {
        None => format!("none: more than (n + f)/2 is at least {least}, and n - f only {most}"),
        Some(0) => format!("{least}: more than (n + f)/2, and at most n - f"),
        Some(_) => format!("{least} to {most}: more than (n + f)/2, and at most n - f"),
    };
    let why = "any two must meet in a loyal general, and one must form without the silent";
    let judged = judged_quorums(problem).map(|(formula, quorum)| (formula, judged(n, f, quorum)));
    let lines = [("Right", format!("{sizes}; {why}"))].into_iter().chain(judged);
    lines.map(|(label, line)| labelled(label, &line, style) + "\n").collect()
}

/// The quorum that was asked about, and the usual ones.
fn judged_quorums(problem: &BoundsProblem) -> impl Iterator<Item = (&'static str, Quorum)> {
    let BoundsProblem { n, f, quorum, .. } = *problem;
    let asked = quorum.map(|size| ("q", Quorum::of(n, f, size)));
    asked.into_iter().chain(Quorum::in_use(n, f))
}

/// "= 3 is too small: two may meet in 1, and that may be a traitor".
fn judged(n: usize, f: usize, quorum: Quorum) -> String {
    let Quorum { size, meet, loyal, forms } = quorum;
    let mut wrong = Vec::new();
    if loyal == 0 {
        wrong.push(match meet {
            0 => "too small: two need not meet at all".to_owned(),
            1 => "too small: two may meet in 1 general, who may be a traitor".to_owned(),
            _ => {
                format!("too small: two may meet in only {meet} generals, who may all be traitors")
            }
        });
    }
    if !forms {
        wrong.push(match n.checked_sub(f).filter(|_| size <= n) {
            Some(left) => format!("too large: with {f} silent, only {left} are left"),
            None => "more than all".to_owned(),
        });
    }
    if wrong.is_empty() {
        let silent =
            if f == 0 { "and one always forms" } else { "and one forms without the silent" };
        let met = many(meet as u64, "general");
        format!("= {size} is right: two meet in at least {met}, at least {loyal} loyal, {silent}")
    } else {
        format!("= {size} is {}", wrong.join("; and "))
    }
}

/// The same answer as JSON.
#[must_use]
pub fn json(bounds: &Bounds) -> Value {
    let Bounds { problem, answer, traitors, conditions, enough_rounds } = bounds;
    let BoundsProblem { n, f, signed, connectivity, rounds, task, .. } = problem;
    let condition = |condition: &Condition| {
        json!({
            "theorem": condition.theorem,
            "needs": condition.theorem.condition(),
            "least": condition.least,
            "have": condition.have,
            "met": condition.met(),
            "reason": condition.theorem.reason(),
        })
    };
    json!({
        "answer": answer,
        "task": task,
        "n": n,
        "f": f,
        "signed": signed,
        "connectivity": connectivity,
        "rounds": rounds,
        "traitors_that_matter": traitors,
        "enough_rounds": (*answer != Solvability::Unsolvable).then_some(enough_rounds),
        "conditions": conditions.iter().map(condition).collect::<Vec<_>>(),
        "shown_by": shown(bounds),
        "thresholds": Thresholds::of(*n, *f),
        "quorums": judged_quorums(problem).map(|(formula, quorum)| {
            let Quorum { size, meet, loyal, forms } = quorum;
            json!({
                "formula": formula,
                "size": size,
                "meet": meet,
                "loyal": loyal,
                "forms": forms,
                "right": quorum.is_right(),
            })
        }).collect::<Vec<_>>(),
    })
}
