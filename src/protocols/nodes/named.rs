//! Messages by name, as attacks and histories hold them.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A message of an opaque protocol, by its [name](crate::Opaque::name): two messages with one name count as the same. A
/// file holds only the name, so a message that is read from a file has only its name.
pub struct NamedMessage<M> {
    name: Arc<str>,
    /// The hash of the name.
    hash: u64,
    message: Option<Arc<M>>,
}

impl<M> NamedMessage<M> {
    pub(super) fn new(name: String, message: M) -> NamedMessage<M> {
        NamedMessage { message: Some(Arc::new(message)), ..NamedMessage::unknown(name) }
    }

    fn unknown(name: String) -> NamedMessage<M> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        NamedMessage { name: name.into(), hash: hasher.finish(), message: None }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The message itself, unless this comes from a file.
    pub(super) fn message(&self) -> Option<Arc<M>> {
        self.message.clone()
    }

    /// Registers the message under its name.
    pub(super) fn enter(&self, known: &mut HashMap<Arc<str>, Arc<M>>) {
        if let Some(message) = &self.message {
            known.entry(Arc::clone(&self.name)).or_insert_with(|| Arc::clone(message));
        }
    }
}

impl<M> Clone for NamedMessage<M> {
    fn clone(&self) -> NamedMessage<M> {
        NamedMessage {
            name: Arc::clone(&self.name),
            hash: self.hash,
            message: self.message.clone(),
        }
    }
}

impl<M> PartialEq for NamedMessage<M> {
    fn eq(&self, other: &NamedMessage<M>) -> bool {
        self.hash == other.hash && self.name == other.name
    }
}

impl<M> Eq for NamedMessage<M> {}

impl<M> PartialOrd for NamedMessage<M> {
    fn partial_cmp(&self, other: &NamedMessage<M>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M> Ord for NamedMessage<M> {
    fn cmp(&self, other: &NamedMessage<M>) -> Ordering {
        self.name.cmp(&other.name)
    }
}

impl<M> Hash for NamedMessage<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

impl<M> Debug for NamedMessage<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<M> Serialize for NamedMessage<M> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.name)
    }
}

impl<'de, M> Deserialize<'de> for NamedMessage<M> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<NamedMessage<M>, D::Error> {
        String::deserialize(from).map(NamedMessage::unknown)
    }
}
