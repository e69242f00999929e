//! What text may be shown as it is: a protocol, a file or an argument can hold characters that command a terminal,
//! hide what follows, or begin a line that nobody wrote.

/// The same text with its control characters, line breaks and bidirectional marks escaped as `\n` or `\u{202e}`.
#[must_use]
pub(crate) fn escaped(text: &str) -> String {
    if !text.contains(commands) {
        return text.to_owned();
    }
    let mut escaped = String::new();
    for letter in text.chars() {
        match commands(letter) {
            true => escaped.extend(letter.escape_default()),
            false => escaped.push(letter),
        }
    }
    escaped
}

/// Escapes each line of these texts.
pub(crate) fn escaped_lines(texts: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| text.split('\n')).map(escaped).collect()
}

/// Whether a character affects the text around it, or the terminal.
pub(crate) fn commands(letter: char) -> bool {
    let line_breaks = '\u{2028}'..='\u{2029}';
    let marks = ['\u{61c}', '\u{200e}', '\u{200f}'];
    let (embeddings, isolates) = ('\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}');
    letter.is_control()
        || line_breaks.contains(&letter)
        || marks.contains(&letter)
        || embeddings.contains(&letter)
        || isolates.contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_commands_a_terminal() {
        for (text, safe) in [
            ("RETREAT, \u{e9}, \u{5d0} and \\n", "RETREAT, \u{e9}, \u{5d0} and \\n"),
            ("a\nturncoat: HOLDS\r\t", "a\\nturncoat: HOLDS\\r\\t"),
            ("\u{1b}]0;mine\u{7}", "\\u{1b}]0;mine\\u{7}"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            ("\u{202e}SDLOH\u{2066}", "\\u{202e}SDLOH\\u{2066}"),
            ("a\u{2028}b", "a\\u{2028}b"),
        ] {
            assert_eq!(escaped(text), safe);
        }
    }
}
