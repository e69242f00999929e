//! One table: what each tool answered, how long it took, and how many times as long as turncoat.

use std::time::Duration;

use crate::measure::Measured;
use crate::question::Question;
use crate::tools::Tool;

/// The header of the table.
#[must_use]
pub fn head() -> String {
    let titles = ["work", "verdict", "tool", "time", "/ exhaustive", "/ composed"];
    format!("{}\n{}", row(titles.map(str::to_owned)), row(RULES.map(str::to_owned)))
}

/// The alignment row below the titles.
const RULES: [&str; 6] = ["---", "---", "---", "---:", "---:", "---:"];

/// The rows for one question, one for each tool.
#[must_use]
pub fn rows(question: Question, measured: &[Measured]) -> String {
    let time_of = |tool| measured.iter().find(|one| one.tool == tool).map(|one| one.time);
    let (exhaustive, composed) = (time_of(Tool::Exhaustive), time_of(Tool::Compositional));
    let rows = measured.iter().map(|&Measured { tool, verdict, time }| {
        row([
            question.to_string(),
            verdict.to_string(),
            tool.title().to_owned(),
            shown(time),
            ratio(time, exhaustive),
            ratio(time, composed),
        ])
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// One row, in Markdown.
fn row([work, verdict, tool, time, exhaustive, composed]: [String; 6]) -> String {
    format!(
        "| {work:22} | {verdict:7} | {tool:39} | {time:>9} | {exhaustive:>12} | {composed:>10} |"
    )
}

/// Such a measurement is not worth more than three digits.
fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        1.0.. => format!("{seconds:.2} s"),
        1e-3.. => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{:.1} us", seconds * 1e6),
    }
}

/// How many times as long as turncoat; as a fraction where it is much shorter.
fn ratio(time: Duration, turncoat: Option<Duration>) -> String {
    let Some(turncoat) = turncoat else { return "-".to_owned() };
    let ratio = time.as_secs_f64() / turncoat.as_secs_f64();
    match ratio {
        10.0.. => format!("{ratio:.0}"),
        0.1.. => format!("{ratio:.2}"),
        _ => format!("1/{:.0}", ratio.recip()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Verdict;

    #[test]
    fn ratios_are_those_to_turncoat() {
        let measured = |tool, micros| {
            let time = Duration::from_micros(micros);
            Measured { tool, verdict: Verdict::Holds, time }
        };
        let rows = rows(
            Question::oral(2, 7, 2),
            &[
                measured(Tool::Circuit, 1500),
                measured(Tool::Folded, 5),
                measured(Tool::Compositional, 100),
            ],
        );
        let lines: Vec<_> = rows.lines().collect();
        assert!(lines[0].ends_with("|   1.50 ms |            - |         15 |"), "{}", lines[0]);
        assert!(lines[1].ends_with("|    5.0 us |            - |       1/20 |"), "{}", lines[1]);
        assert!(lines[2].ends_with("|  100.0 us |            - |       1.00 |"), "{}", lines[1]);
    }
}
