//! Equal things have equal numbers, on all threads.

use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::laws::{are_plain, is_alike};
use crate::fault::{Misbehaved, vouched};
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

    /// Whether some of them are plain data.
    pub fn tested(&self) -> Result<(), Misbehaved> {
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        let mut known: Vec<_> = numbers.iter().copied().collect();
        drop(numbers);
        known.sort_unstable_by_key(|(_, number)| *number);
        are_plain(known.len(), |place| {
            let (hash, number) = known[place];
            (hash, self.get(number))
        })
    }

    /// The number of a thing. Whatever its type does when it is compared or hashed, no lock stays
    /// locked.
    pub fn number(&self, thing: T) -> u32 {
        let hash = vouched::<T, u64>("hash", || FxBuildHasher.hash_one(&thing));
        let is_it =
            |(other, number): &(u64, u32)| *other == hash && self.things[*number as usize] == thing;
        let known = |numbers: &HashTable<(u64, u32)>| {
            let (_, number) = vouched::<T, _>("eq", || numbers.find(hash, is_it))?;
            is_alike(self.get(*number), &thing).unwrap_or_else(|contradicts| contradicts.unwind());
            Some(*number)
        };
        {
            let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(number) = known(&numbers) {
                return number;
            }
        }
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known(&numbers) {
            return number;
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
