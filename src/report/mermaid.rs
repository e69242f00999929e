//! An execution as a Mermaid sequence diagram, for issues and pull requests: a lie is a dotted arrow, and a missing
//! message is an arrow that ends in a cross.
//!
//! In a crowded round, messages with which nothing is wrong are only counted. (GitHub draws a diagram of up to 50,000
//! characters.)

use std::fmt::Write;

use super::dot::line;
use super::speech::{CROWD, Speech, count, told_in_words};
use super::story::{Actor, Mark, Story};

/// The diagram, without the fence that Markdown has around it.
#[must_use]
pub fn mermaid(story: &Story) -> String {
    let Story { setting, generals, rounds, ending, .. } = story;
    let mut text = format!("sequenceDiagram\n    accTitle: {}\n", escaped(setting));
    for Actor { id, name, traitor, input, .. } in generals {
        let traitor = if *traitor { " (traitor)" } else { "" };
        let input = input.as_ref().map(|input| format!(": {input}")).unwrap_or_default();
        let name = escaped(&format!("{name}{traitor}{input}"));
        line(&mut text, &format!("participant G{id} as {name}"));
    }
    let all = match generals.len() {
        0 | 1 => "G0".to_owned(),
        n => format!("G0,G{}", n - 1),
    };
    for step in rounds {
        let (told, plain) = told_in_words(&step.messages, CROWD);
        line(&mut text, &format!("Note over {all}: {}", step.title()));
        for happening in &step.happenings {
            line(&mut text, &format!("Note over {all}: {}", escaped(happening)));
        }
        for speech in &told {
            said(&mut text, speech);
        }
        if let Some(plain) = plain {
            let count = count(&plain);
            line(&mut text, &format!("Note over {all}: and {count} messages as loyalty has them"));
        }
    }
    for actor in generals {
        if let Some(decides) = actor.conclusion() {
            line(&mut text, &format!("Note over G{}: {}", actor.id, escaped(&decides)));
        }
    }
    line(&mut text, &format!("Note over {all}: {}", escaped(&ending.told())));
    text
}

/// An arrow to each receiver.
fn said(text: &mut String, speech: &Speech<'_>) {
    let (arrow, word) = match (speech.mark, speech.silent) {
        (Some(Mark::Lie), true) => ("--x", "LIE: "),
        (Some(Mark::Lie), false) => ("-->>", "LIE: "),
        (Some(Mark::Lost), _) => ("-x", "LOST: "),
        (Some(Mark::Late), _) => ("-)", "LATE: "),
        (Some(Mark::First), _) => ("->>", "FIRST: "),
        (None, _) => ("->>", ""),
    };
    let told = escaped(&format!("{word}{}", speech.told()));
    for to in &speech.to {
        line(text, &format!("G{}{arrow}G{to}: {told}", speech.from));
    }
}

/// Text that means nothing to Mermaid, nor to the HTML that it makes: all characters but letters, digits and plain
/// punctuation become numeric codes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            ' ' | '.' | ',' | '(' | ')' | ':' | '=' | '!' | '?' | '/' | '+' | '_' => {
                escaped.push(letter)
            }
            // A single dash never begins a comment or an arrow.
            '-' if !escaped.ends_with('-') => escaped.push(letter),
            _ if letter.is_alphanumeric() => escaped.push(letter),
            _ if letter.is_whitespace() => escaped.push(' '),
            _ if letter.is_control() => escaped.push('\u{fffd}'),
            _ => write!(escaped, "#{};", u32::from(letter)).expect("a string takes all"),
        }
    }
    // An empty text would be invalid.
    if escaped.trim().is_empty() { "#8709;".to_owned() } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_is_told_by_its_number() {
        assert_eq!(escaped("a;b#c<br>\n%%\"--"), "a#59;b#35;c#60;br#62; #37;#37;#34;-#45;");
        assert_eq!(escaped(" "), "#8709;");
    }
}
