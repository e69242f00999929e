//! Lays out a state that has no words of its own: as [`Debug`](std::fmt::Debug) prints it, but broken into lines
//! where one would be too long.

use std::ops::Range;

/// What fits into this many columns stays on one line.
const WIDTH: usize = 76;

/// How far the contents of brackets are indented, in columns.
const INDENT: usize = 2;

/// Breaks what `Debug` prints on one line into lines: too wide a `votes: {..}` gets one line per entry, and so
/// does anything too wide inside it. Text without brackets and commas stays as it is.
pub(super) fn laid_out(debug: &str) -> Vec<String> {
    let mut lines = Vec::new();
    debug.lines().for_each(|line| lay_out(line, "", 0, &mut lines));
    if lines.is_empty() { vec![String::new()] } else { lines }
}

/// Lays out one part, followed by `end`, indented by `indent`.
fn lay_out(text: &str, end: &str, indent: usize, lines: &mut Vec<String>) {
    let margin = " ".repeat(indent);
    let room = WIDTH.saturating_sub(indent + end.chars().count());
    let group = if text.chars().count() <= room { None } else { widest_group(text) };
    let Some(group) = group.filter(|_| indent < WIDTH / 2) else {
        lines.push(format!("{margin}{text}{end}"));
        return;
    };
    let items = items(&text[group.clone()]);
    lines.push(format!("{margin}{}", text[..group.start].trim_end()));
    let plain = |item: &&str| !item.contains([':', '{', '[', '(']);
    if items.iter().all(plain) {
        fill(&items, indent + INDENT, lines);
    } else {
        items.iter().for_each(|item| lay_out(item, ",", indent + INDENT, lines));
    }
    lines.push(format!("{margin}{}{end}", text[group.end..].trim_start()));
}

/// Short items one after the other, as many on a line as fit.
fn fill(items: &[&str], indent: usize, lines: &mut Vec<String>) {
    let margin = " ".repeat(indent);
    let mut line = margin.clone();
    for item in items {
        let more = item.chars().count() + 2;
        if line.len() > indent && line.chars().count() + more > WIDTH {
            lines.push(std::mem::replace(&mut line, margin.clone()));
        }
        let space = if line.len() > indent { " " } else { "" };
        line += &format!("{space}{item},");
    }
    lines.push(line);
}

/// The contents of the widest outermost brackets; nothing if there are none, or if brackets do not match.
fn widest_group(text: &str) -> Option<Range<usize>> {
    let (mut groups, mut open) = (Vec::new(), Vec::new());
    for (place, letter) in outside_quotes(text) {
        match letter {
            '{' | '[' | '(' => open.push((place, letter)),
            '}' | ']' | ')' => {
                let (start, opened) = open.pop()?;
                if !matches!((opened, letter), ('{', '}') | ('[', ']') | ('(', ')')) {
                    return None;
                } else if open.is_empty() {
                    groups.push(start + 1..place);
                }
            }
            _ => {}
        }
    }
    groups
        .into_iter()
        .filter(|group| open.is_empty() && !text[group.clone()].trim().is_empty())
        .max_by_key(|group| (group.len(), std::cmp::Reverse(group.start)))
}

/// The parts between the commas that are in no brackets.
fn items(text: &str) -> Vec<&str> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (place, letter) in outside_quotes(text) {
        match letter {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(text[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    items.extend((!last.is_empty()).then_some(last));
    items
}

/// The characters outside of string and character literals, with their positions.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quoted = 0; // up to here
    text.char_indices().filter(move |(place, letter)| {
        if *place < quoted {
            return false;
        }
        quoted = place + quotation(&text[*place..], *letter);
        quoted == *place
    })
}

/// The length of the string or character literal that begins here; 0 if none does.
fn quotation(text: &str, letter: char) -> usize {
    let mut escaped = false;
    let closes = |(_, next): &(usize, char)| {
        let closes = *next == letter && !escaped;
        escaped = *next == '\\' && !escaped;
        closes
    };
    let end = match letter {
        '"' => text.char_indices().skip(1).find(closes),
        // An apostrophe in the author's own text opens no literal.
        '\'' => {
            let most = if text[1..].starts_with('\\') { 12 } else { 2 };
            text.char_indices().skip(1).take(most).find(closes).filter(|(place, _)| *place > 1)
        }
        _ => None,
    };
    end.map_or(0, |(place, _)| place + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use expect_test::expect;

    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "it is printed")]
    struct Vote {
        of: usize,
        note: Option<&'static str>,
        seen: BTreeSet<u32>,
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "it is printed")]
    struct State {
        me: usize,
        votes: BTreeMap<(usize, char), Vote>,
        seen: BTreeSet<u32>,
        nothing: Vec<u8>,
    }

    #[test]
    fn what_is_too_long_for_a_line_is_laid_out_over_lines() {
        let vote = |of, many| Vote { of, note: Some("a {, \"("), seen: (100..many).collect() };
        let votes = BTreeMap::from([((0, '{'), vote(1, 102)), ((2, '\''), vote(3, 130))]);
        let state = State { me: 2, votes, seen: (0..50).collect(), nothing: vec![] };
        expect![[r#"
            State {
              me: 2,
              votes: {
                (0, '{'): Vote { of: 1, note: Some("a {, \"("), seen: {100, 101} },
                (2, '\''): Vote {
                  of: 3,
                  note: Some("a {, \"("),
                  seen: {
                    100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112,
                    113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125,
                    126, 127, 128, 129,
                  },
                },
              },
              seen: {
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,
                38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49,
              },
              nothing: [],
            }"#]]
        .assert_eq(&laid_out(&format!("{state:?}")).join("\n"));
    }

    #[test]
    fn what_fits_or_has_no_form_stays_as_it_is() {
        let long = "word ".repeat(30);
        for text in [
            "()",
            "State { me: 2 }",
            "",
            long.as_str(),
            &format!("{{ {long}"),
            &format!("{long}])"),
        ] {
            assert_eq!(laid_out(text), [text]);
        }
        // Text of the author's own, with apostrophes.
        let own = format!("it's {{{long}, it's {long}}}");
        assert_eq!(laid_out(&own).len(), 4);
        assert_eq!(laid_out("one\ntwo"), ["one", "two"]);
        let deep = "[".repeat(500) + &"]".repeat(500);
        assert!(laid_out(&deep).len() < 100);
    }
}
