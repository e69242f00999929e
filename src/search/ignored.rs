//! What changes nothing: a state that stayed as it was when it heard a message need not hear it again.
//!
//! Most of what a traitor can say is ignored, forgeries above all, and where messages are signed few
//! states come back in many global states. (Where none comes back little is lost: a state that was
//! not met before is only noted.)

use std::hash::BuildHasher;

use hashbrown::hash_table::{Entry, HashTable};
use rustc_hash::FxBuildHasher;

use crate::protocol::Plain;
use crate::testable::Wire;

/// So many states are remembered at a time.
const MOST: usize = 1 << 14;

/// If none of the first so many comes back it is not worth it.
const TRIAL: usize = 1 << 8;

/// Which candidates change nothing, by wire and state.
pub(super) struct Ignored<S> {
    places: HashTable<usize>,
    met: Vec<Met<S>>,
    /// Whether any state came back.
    repays: bool,
}

/// A state in which a receiver was when it listened on a wire.
struct Met<S> {
    wire: Wire,
    state: S,
    again: bool,
    /// The candidates that changed nothing, by number.
    ignored: Box<[u64]>,
}

/// The place of a state that was met on a wire.
pub(super) type Meeting = usize;

impl<S: Plain> Ignored<S> {
    pub fn none() -> Ignored<S> {
        Ignored { places: HashTable::new(), met: Vec::new(), repays: false }
    }

    /// Forgets all, if there is no room for more.
    pub fn make_room(&mut self) {
        if self.met.len() >= MOST {
            self.places.clear();
            self.met.clear();
        }
    }

    /// Notes a state on a wire on which so many candidates can be said, as long as there is room.
    pub fn meet(&mut self, wire: Wire, state: &S, candidates: usize) -> Option<Meeting> {
        if self.met.len() == TRIAL && !self.repays {
            return None;
        }
        let hash = |wire: Wire, state: &S| FxBuildHasher.hash_one((wire, state));
        let Ignored { places, met, repays } = self;
        let entry = places.entry(
            hash(wire, state),
            |place| met[*place].wire == wire && met[*place].state == *state,
            |place| hash(met[*place].wire, &met[*place].state),
        );
        match entry {
            Entry::Occupied(entry) => {
                met[*entry.get()].again = true;
                *repays = true;
                Some(*entry.get())
            }
            Entry::Vacant(entry) => {
                let place = met.len();
                if place == MOST {
                    return None;
                }
                entry.insert(place);
                let ignored = vec![0; candidates.div_ceil(64)].into();
                met.push(Met { wire, state: state.clone(), again: false, ignored });
                Some(place)
            }
        }
    }

    /// Notes a state to which another one has changed on the same wire: only if that one was met more
    /// than once, for then this one may be, too.
    pub fn follow(&mut self, before: Option<Meeting>, state: &S) -> Option<Meeting> {
        let Met { wire, again, ignored, .. } = &self.met[before?];
        if *again { self.meet(*wire, state, ignored.len() * 64) } else { None }
    }

    /// Whether it is known that a candidate changes nothing.
    pub fn has(&self, meeting: Option<Meeting>, candidate: usize) -> bool {
        meeting.is_some_and(|place| {
            self.met[place].ignored[candidate / 64] >> (candidate % 64) & 1 == 1
        })
    }

    /// Notes that a candidate changes nothing.
    pub fn add(&mut self, meeting: Option<Meeting>, candidate: usize) {
        if let Some(place) = meeting {
            self.met[place].ignored[candidate / 64] |= 1 << (candidate % 64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::general::General;

    fn wire(from: usize) -> Wire {
        Wire { round: 1, from: General::new(from), to: General::new(0) }
    }

    #[test]
    fn a_state_that_comes_back_need_not_hear_again_what_it_ignored() {
        let mut ignored = Ignored::none();
        let first = ignored.meet(wire(1), &7, 100);
        ignored.add(first, 99);
        // Nothing is noted of what follows a state until that comes back.
        assert_eq!(ignored.follow(first, &8), None);
        let again = ignored.meet(wire(1), &7, 100);
        assert!(ignored.has(again, 99) && !ignored.has(again, 98));
        let follower = ignored.follow(again, &8);
        assert!(follower.is_some() && !ignored.has(follower, 99));
        // On another wire it is not known.
        let elsewhere = ignored.meet(wire(2), &7, 100);
        assert!(!ignored.has(elsewhere, 99) && !ignored.has(None, 99));
    }

    #[test]
    fn what_does_not_pay_is_given_up_and_room_is_made() {
        let mut ignored = Ignored::none();
        let met = (0..=TRIAL).map(|state| ignored.meet(wire(1), &state, 1)).collect::<Vec<_>>();
        assert!(met[..TRIAL].iter().all(Option::is_some) && met[TRIAL].is_none());

        let mut ignored = Ignored::none();
        let place = ignored.meet(wire(1), &0, 1);
        assert_eq!(ignored.meet(wire(1), &0, 1), place);
        ignored.add(place, 0);
        let met = (1..=MOST).map(|state| ignored.meet(wire(1), &state, 1)).collect::<Vec<_>>();
        assert!(met[..MOST - 1].iter().all(Option::is_some) && met[MOST - 1].is_none());
        ignored.make_room();
        let anew = ignored.meet(wire(1), &0, 1);
        assert!(anew.is_some() && !ignored.has(anew, 0));
    }
}
