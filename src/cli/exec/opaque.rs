//! Values, messages and states of a program in another language: JSON that is passed on as it is.

use std::fmt;
use std::sync::Arc;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::conversation::NotUnderstood;
use crate::count::grouped;

/// A JSON value as canonical text: with sorted object keys and without white space. Values are compared and ordered
/// by these texts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpaqueValue(Arc<str>);

impl OpaqueValue {
    /// # Errors
    ///
    /// It contains a number that can't be handed back unchanged.
    pub fn of(value: &Value) -> Result<OpaqueValue, NotUnderstood> {
        let mut text = String::new();
        write(value, &mut text)?;
        Ok(OpaqueValue(text.into()))
    }

    /// The canonical text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

fn write(value: &Value, text: &mut String) -> Result<(), NotUnderstood> {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            separated('{', '}', fields, text, |(key, value), text| {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(value, text)
            })
        }
        Value::Array(items) => separated('[', ']', items, text, write),
        Value::Number(number) => {
            // An integer that does not fit into 64 bits was read as the nearest floating-point number.
            let rounded = number.as_f64().filter(|float| number.is_f64() && float.abs() >= WHOLE);
            if let Some(float) = rounded {
                return Err(NotUnderstood(format!(
                    "{float:e} is too large to be handed back as it was: write it as a text"
                )));
            }
            text.push_str(&number.to_string());
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {
            text.push_str(&value.to_string());
            Ok(())
        }
    }
}

/// From here on there are integers that do not fit into 64 bits.
const WHOLE: f64 = 9_223_372_036_854_775_808.0;

fn separated<T>(
    open: char,
    close: char,
    items: impl IntoIterator<Item = T>,
    text: &mut String,
    write: impl Fn(T, &mut String) -> Result<(), NotUnderstood>,
) -> Result<(), NotUnderstood> {
    text.push(open);
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        write(item, text)?;
    }
    text.push(close);
    Ok(())
}

/// The most characters of a program's value that are shown.
const SHOWN: usize = 4_000;

/// A text that can't be mistaken for anything else is shown without quotes, as orders are.
impl fmt::Debug for OpaqueValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::from_str::<String>(&self.0).ok();
        let plain = text.filter(|text| serde_json::from_str::<Value>(text).is_err());
        let plain = plain.filter(|text| !text.trim().is_empty());
        let text = plain.as_deref().unwrap_or(&self.0);
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => {
                let more = grouped(&text[end..].chars().count().to_string());
                write!(f, "{} .. and {more} letters more", &text[..end])
            }
            None => f.write_str(text),
        }
    }
}

impl Serialize for OpaqueValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let value: Value = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        value.serialize(to)
    }
}

impl<'de> Deserialize<'de> for OpaqueValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<OpaqueValue, D::Error> {
        let value = Value::deserialize(from)?;
        OpaqueValue::of(&value).map_err(|NotUnderstood(why)| D::Error::custom(why))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn opaque(text: &str) -> OpaqueValue {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn equal_values_have_one_text() {
        let text = r#" {"b": [1, 2.5, -0.0, true, null], "a": {"\u0041": "\u00e9\n"}} "#;
        assert_eq!(
            opaque(text).text(),
            "{\"a\":{\"A\":\"\u{e9}\\n\"},\"b\":[1,2.5,-0.0,true,null]}"
        );
        assert_eq!(opaque(opaque(text).text()), opaque(text));
        assert_ne!(opaque("1"), opaque("1.0"));
        assert_eq!(serde_json::to_string(&opaque(text)).unwrap(), opaque(text).text());
    }

    #[test]
    fn texts_look_like_orders_unless_they_could_be_something_else() {
        for (text, shown) in [
            ("\"ATTACK\"", "ATTACK"),
            ("\"two words\"", "two words"),
            ("\"1\"", "\"1\""),
            ("\"null\"", "\"null\""),
            ("\"\"", "\"\""),
            ("1", "1"),
            ("[\"a\"]", "[\"a\"]"),
        ] {
            assert_eq!(format!("{:?}", opaque(text)), shown);
        }
        let long = format!("{:?}", opaque(&json!("x".repeat(1_000_000)).to_string()));
        assert!(long.len() < 5_000 && long.ends_with("x .. and 996,000 letters more"), "{long}");
    }

    #[test]
    fn a_number_that_would_be_another_one_is_refused() {
        assert_eq!(opaque("18446744073709551615").text(), "18446744073709551615");
        assert_eq!(opaque("-9223372036854775808").text(), "-9223372036854775808");
        for large in ["18446744073709551616", "-9223372036854775809", "1e300"] {
            let refused = serde_json::from_str::<OpaqueValue>(large).unwrap_err().to_string();
            assert!(refused.contains("write it as a text"), "{refused}");
        }
    }
}
