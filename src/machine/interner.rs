//! The interner: equal things get equal numbers, on all threads.

use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::laws::{are_plain, is_alike};
use crate::fault::{Misbehaved, guarded, method};
use crate::protocol::Plain;

/// Things by number, in the order in which they were first seen. Reading one takes no lock.
pub(super) struct Interner<T> {
    things: boxcar::Vec<T>,
    /// The number of each thing, with its hash.
    numbers: RwLock<HashTable<(u64, u32)>>,
}

impl<T: Plain> Interner<T> {
    pub fn new() -> Interner<T> {
        Interner { things: boxcar::Vec::new(), numbers: RwLock::default() }
    }

    pub fn get(&self, number: u32) -> &T {
        &self.things[number as usize]
    }

    /// Whether a sample of the things is plain data.
    pub fn tested(&self) -> Result<(), Misbehaved> {
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        let known = by_number(numbers.iter().copied().collect());
        drop(numbers);
        are_plain(known.len(), |place| {
            let (hash, number) = known[place];
            (hash, self.get(number))
        })
    }

    /// The number of a thing. Even if its type's `eq` or `hash` panics, no lock stays locked.
    pub fn number(&self, thing: T) -> u32 {
        let number = guarded(|| {
            let hash = method::<T, u64>("hash", || FxBuildHasher.hash_one(&thing));
            let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
            let known = self.known(&numbers, hash, &thing);
            drop(numbers);
            known.unwrap_or_else(|| self.number_new(hash, thing))
        });
        number.unwrap_or_else(|said| Misbehaved(said).unwind())
    }

    /// The number of a thing that had none when it was looked up; another thread may have added it since.
    #[cold]
    fn number_new(&self, hash: u64, thing: T) -> u32 {
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = self.known(&numbers, hash, &thing) {
            return number;
        }
        let number = self.things.push(thing) as u32;
        numbers.insert_unique(hash, (hash, number), |(hash, _)| *hash);
        number
    }

    /// The number of a thing with this hash, if it has one; to be called within [`guarded`].
    fn known(&self, numbers: &HashTable<(u64, u32)>, hash: u64, thing: &T) -> Option<u32> {
        let is_it = |(other, number): &(u64, u32)| *other == hash && self.get(*number) == thing;
        let (_, number) = method::<T, _>("eq", || numbers.find(hash, is_it))?;
        is_alike(self.get(*number), thing).unwrap_or_else(|contradicts| contradicts.unwind());
        Some(*number)
    }
}

/// Sorts by number.
fn by_number(mut known: Vec<(u64, u32)>) -> Vec<(u64, u32)> {
    known.sort_unstable_by_key(|(_, number)| *number);
    known
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
