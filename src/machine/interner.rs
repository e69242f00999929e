//! Equal things have equal numbers, on all threads.

use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::protocol::Plain;

/// Things by number, in the order in which they were met. They are read without a lock.
pub(super) struct Interner<T> {
    things: boxcar::Vec<T>,
    /// With their hashes.
    numbers: RwLock<HashTable<(u64, u32)>>,
}

impl<T: Plain> Interner<T> {
    pub fn new() -> Interner<T> {
        Interner { things: boxcar::Vec::new(), numbers: RwLock::default() }
    }

    pub fn get(&self, number: u32) -> &T {
        &self.things[number as usize]
    }

    /// The number of a thing. Whatever its type does when it is compared or hashed, no lock stays
    /// locked.
    pub fn number(&self, thing: T) -> u32 {
        let hash = FxBuildHasher.hash_one(&thing);
        let is_it =
            |(other, number): &(u64, u32)| *other == hash && self.things[*number as usize] == thing;
        {
            let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, number)) = numbers.find(hash, is_it) {
                return *number;
            }
        }
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, number)) = numbers.find(hash, is_it) {
            return *number;
        }
        let number = self.things.push(thing) as u32;
        numbers.insert_unique(hash, (hash, number), |(hash, _)| *hash);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_things_have_equal_numbers_on_all_threads() {
        let interner = Interner::new();
        std::thread::scope(|scope| {
            for first in 0..4 {
                let interner = &interner;
                scope.spawn(move || {
                    for thing in 0..1000 {
                        interner.number((thing + first * 250) % 1000);
                    }
                });
            }
        });
        assert_eq!(interner.things.count(), 1000);
        for thing in 0..1000 {
            assert_eq!(*interner.get(interner.number(thing)), thing);
        }
    }
}
