//! Whether a number of rounds can suffice, as text and as JSON: a chain, link by link, or a table.

use std::fmt::{self, Write};

use itertools::Itertools;
use serde_json::{Value, json};

use super::json::merge;
use super::many;
use super::style::{Emphasis, Style};
use super::text::{labelled, wrapped};
use crate::attack::{AttackOn, Lie};
use crate::count::grouped;
use crate::general::{General, Generals};
use crate::impossibility::{DecisionTable, Existence, Forced, Rounds, View, ViewChain, ViewLink};
use crate::order::Order;
use crate::protocols::oral::{OralMessages, Relay};
use crate::testable::Wire;
use crate::verdict::VerdictOn;

/// A table with more rows than this is not shown completely.
const ROWS: usize = 32;

/// This many of its rows are shown then.
const EXTRACT: usize = 16;

/// As [`text`], without a verdict of the exhaustive search.
impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self, None, Style::of(f)))
    }
}

/// The whole answer as text: the chain of executions if there is no protocol; otherwise the protocol and, if there is
/// one, the verdict of the exhaustive search on it.
#[must_use]
pub fn text(found: &Rounds, verdict: Option<&VerdictOn<DecisionTable>>, style: Style) -> String {
    let Rounds { n, f, rounds, values, views, executions, .. } = found;
    let (word, what) = if found.exists() { ("exists", "a") } else { ("none", "no") };
    let rounds = many(*rounds as u64, "round");
    let traitors = many(*f as u64, "traitor");
    let over = if *values == 2 { String::new() } else { format!(" over {values} values") };
    let title =
        format!(": {what} protocol of {rounds}{over} among {n} generals, at most {traitors}");
    let title = style.word(word) + &style.paint(Emphasis::Strong, title);
    let mut text = style.line(&title, 0) + "\n\n";
    match &found.existence {
        Existence::None(chain) => text += &self::chain(chain, style),
        Existence::Protocol(table) => text += &self::table(table, found.free, style),
    }
    let views = format!("{}, in {}", many(*views as u64, "view"), classes(found));
    let executions = many(*executions, "execution");
    let spoken = match (&found.existence, verdict) {
        (Existence::None(_), _) => (
            "Speaks of",
            "all protocols by which a lieutenant decides by what was relayed to him on paths that \
             name nobody twice, if messages are not signed"
                .to_owned(),
        ),
        (_, None) => ("Verified", "not yet: the exhaustive search can".to_owned()),
        (_, Some(verdict)) => ("Verified", verified(verdict)),
    };
    let counted = ("Space", format!("{views}; {executions}"));
    [counted, spoken]
        .iter()
        .fold(text, |text, (label, said)| text + &labelled(label, said, style) + "\n")
}

/// The verdict of the exhaustive search on the table.
fn verified(verdict: &VerdictOn<DecisionTable>) -> String {
    let steps = grouped(&verdict.steps.to_string());
    let behaviours = &verdict.behaviours;
    let name = verdict.name();
    format!("by the exhaustive search: {name}, {behaviours} raw behaviours in {steps} steps")
}

/// "8 classes, in 6 of which nothing is forced".
fn classes(Rounds { classes, free, .. }: &Rounds) -> String {
    let noun = if *classes == 1 { "class" } else { "classes" };
    let all = format!("{} {noun}", grouped(&classes.to_string()));
    match free {
        0 => all,
        _ => format!("{all}, in {} of which validity forces nothing", grouped(&free.to_string())),
    }
}

fn chain(ViewChain { first, links, last }: &ViewChain, style: Style) -> String {
    let mut text = wrapped(
        &format!(
            "Whatever the lieutenants decide by, it goes wrong in one of these executions, in which \
             all that is known is relayed.{} The simulator has shown each view.",
            legend(&first.view)
        ),
        "",
        style,
    );
    text += &forced("start", first, style);
    for (number, ViewLink { attack, from, to }) in links.iter().enumerate() {
        let link = style.paint(Emphasis::Strong, format!("link {}:", number + 1));
        text += &format!("\n{link} {}", scene(attack, style));
        text += &(sees(from, style) + &sees(to, style));
        text += "  both are loyal: they must decide the same (IC1)\n";
    }
    text += &forced("end", last, style);
    let [first, last] = [first.order, last.order];
    text + &format!("\nSo what is decided at the start, {first}, would have to be {last}.\n\n")
}

/// What a path with a relay means, if the view has one.
fn legend(View { told, .. }: &View) -> String {
    let relayed = told.iter().find(|(path, _)| path.len() == 2);
    let relay = relayed.and_then(|(path, value)| Some((path, path.last()?, value)));
    relay.map_or_else(String::new, |(path, relay, value)| {
        format!(" `{path} {value}` stands for: {relay} said that the commander said {value}.")
    })
}

fn forced(place: &str, Forced { attack, view, order }: &Forced, style: Style) -> String {
    let lieutenant = view.lieutenant;
    let place = style.paint(Emphasis::Strong, format!("{place}:"));
    format!(
        "\n{place} {}{}  the commander is loyal: {lieutenant} must decide {order} (IC2)\n",
        scene(attack, style),
        sees(view, style)
    )
}

/// Who the traitors are, what the order is, and each lie.
fn scene(attack: &AttackOn<OralMessages>, style: Style) -> String {
    let mut text = match attack.traitors.len() {
        0 => "all are loyal".to_owned(),
        1 => format!("the traitor is {}", attack.traitors),
        _ => format!("the traitors are {}", attack.traitors),
    };
    if let Some(order) = attack.inputs.get(&General::COMMANDER) {
        write!(text, "; the order is {order}").expect("a string takes all");
    }
    text += "\n";
    let lies = attack.lies.iter().map(|Lie { wire: Wire { round, from, to }, edit }| {
        ((*round, *from, edit.said(), edit.honest()), *to)
    });
    for ((round, from, said, loyal), to) in lies.into_group_map().into_iter().sorted() {
        let said = said.map(|Relay { path, value }| format!("{path} {value}"));
        let loyal = loyal.map(|Relay { value, .. }| value.to_string());
        let [said, loyal] = [said, loyal].map(|told| told.unwrap_or_else(|| "nothing".to_owned()));
        let to = Generals::from_iter(to);
        let said = style.paint(Emphasis::Bad, said);
        let lie = format!("round {round}: {from} tells {to}: {said} (loyal: {loyal})");
        text += &wrapped(&lie, "  ", style);
    }
    text
}

/// "  lieutenant 1 sees 0 RETREAT, 0:2 ATTACK".
fn sees(View { lieutenant, told }: &View, style: Style) -> String {
    let told = told.iter().map(|(path, value)| format!("{path} {value}"));
    wrapped(&format!("{lieutenant} sees {}", told.format(", ")), "  ", style)
}

fn table(table: &DecisionTable, free: usize, style: Style) -> String {
    let rows = table.rows().len();
    let (shown, rest) = if rows <= ROWS { (rows, 0) } else { (EXTRACT, rows - EXTRACT) };
    let default = if free == 0 { "" } else { " (where it forces none, RETREAT)" };
    let legend = table.rows().next().map(|(view, _)| legend(&view)).unwrap_or_default();
    let mut text = wrapped(
        &format!(
            "Every lieutenant relays all that he was told, and decides by this table, in which each \
             class of views has the order that validity forces in it{default}.{legend}"
        ),
        "",
        style,
    );
    let mut rows = table.rows().take(shown).peekable();
    while let Some((first, decision)) = rows.next() {
        let heads = first.told.iter().map(|(path, _)| path.to_string()).collect_vec();
        let widths = heads.iter().map(|head| head.len().max(WORD)).collect_vec();
        let line = |cells: Vec<String>, decides: &str| {
            let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            format!("  {}  {decides}\n", cells.format(" "))
        };
        let row = |view: &View, decision: Order| {
            let values = view.told.iter().map(|(_, value)| value.to_string());
            line(values.collect(), &decision.to_string())
        };
        text += &format!("\n{}\n{}", first.lieutenant, line(heads.clone(), "decides"));
        text += &row(&first, decision);
        while let Some((view, decision)) =
            rows.next_if(|(view, _)| view.lieutenant == first.lieutenant)
        {
            text += &row(&view, decision);
        }
    }
    match rest {
        0 => text + "\n",
        _ => text + &format!("  and {} more rows\n\n", grouped(&rest.to_string())),
    }
}

/// The usual length of an order.
const WORD: usize = "RETREAT".len();

/// The whole answer as JSON: with every attack of the chain, or the whole table.
#[must_use]
pub fn json(found: &Rounds, verdict: Option<&VerdictOn<DecisionTable>>) -> Value {
    let Rounds { n, f, rounds, values, views, executions, classes, free, existence } = found;
    let mut json = json!({
        "verdict": if found.exists() { "exists" } else { "none" },
        "n": n,
        "f": f,
        "rounds": rounds,
        "values": values,
        "views": views,
        "executions": executions,
        "classes": classes,
        "free_classes": free,
    });
    let told = match existence {
        Existence::None(chain) => {
            let ViewChain { first, links, last } = &**chain;
            let end = |Forced { attack, view, order }: &Forced| json!({ "attack": attack, "view": self::view(view), "must_decide": order });
            let link = |ViewLink { attack, from, to }: &ViewLink| json!({ "attack": attack, "views": [self::view(from), self::view(to)] });
            let links = links.iter().map(link).collect_vec();
            json!({ "chain": { "start": end(first), "links": links, "end": end(last) } })
        }
        Existence::Protocol(table) => {
            let row = |(view, decision): (View, _)| {
                let mut row = self::view(&view);
                row["decides"] = json!(decision);
                row
            };
            let verified = verdict.map(|verdict| {
                let behaviours = verdict.behaviours.exact().map(ToString::to_string);
                json!({
                    "verdict": verdict.name(),
                    "behaviours": behaviours,
                    "steps": verdict.steps,
                })
            });
            json!({ "verified": verified, "table": table.rows().map(row).collect_vec() })
        }
    };
    merge(&mut json, &told);
    json
}

/// A view: the lieutenant, and what it is told on each path.
fn view(View { lieutenant, told }: &View) -> Value {
    let told = told.iter().map(|(path, value)| (path.to_string(), json!(value)));
    json!({ "lieutenant": lieutenant, "sees": Value::Object(told.collect()) })
}
