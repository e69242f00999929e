//! JSON in which no object has the same key twice: otherwise the first value would be dropped silently.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads a text that must be one value as a whole.
///
/// # Errors
///
/// It is not JSON, or an object has the same key twice. The first field is the place, as a path from the top.
pub(crate) fn read(text: &str) -> Result<Value, (String, serde_json::Error)> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut reader);
    let UniqueKeys(value) = read.map_err(|error| (error.path().to_string(), error.into_inner()))?;
    reader.end().map_err(|error| (".".to_owned(), error))?;
    Ok(value)
}

/// A value that contains no such object.
struct UniqueKeys(Value);

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<UniqueKeys, D::Error> {
        from.deserialize_any(Values).map(UniqueKeys)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(truth.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(UniqueKeys(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if all.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} is there twice")));
            }
            let UniqueKeys(value) = fields.next_value()?;
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_serde_json_reads() {
        for text in [
            r#"{"b":[1,-2,3.5,1e300,18446744073709551615,null,true,"\u00e9"],"a":{"c":{}}}"#,
            "[]",
            "7",
            "\"text\"",
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(read(text).unwrap(), value);
            assert_eq!(read(text).unwrap().to_string(), value.to_string());
        }
        for text in ["", "{", "[1] 2", "{1:2}", "1e999"] {
            let error = serde_json::from_str::<Value>(text).unwrap_err();
            assert_eq!(read(text).unwrap_err().1.to_string(), error.to_string());
        }
    }

    #[test]
    fn a_key_that_is_there_twice_is_told_with_its_place() {
        for (text, place, key) in [
            (r#"{"n":3,"n":4}"#, ".", "n"),
            (r#"{"lies":[{},{"say":{"a":1,"a":1}}]}"#, "lies[1].say", "a"),
        ] {
            let (path, error) = read(text).unwrap_err();
            assert_eq!(path, place);
            assert!(error.to_string().starts_with(&format!("the key \"{key}\" is there twice")));
        }
    }
}
