//! Escapes text for markup: whatever a value looks like, it stays text.

/// Text for an element or an attribute of XML. Characters that XML can't contain are replaced by a mark.
#[must_use]
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_stays_text() {
        let text = "<b a='1'>]]>&\"\u{1b}\n";
        assert_eq!(escaped(text), "&lt;b a=&#39;1&#39;&gt;]]&gt;&amp;&quot;\u{fffd} ");
    }
}
