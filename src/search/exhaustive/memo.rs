//! The memo of a worker: what is remembered of a case, so that it need not be asked again.
//!
//! A state that stayed as it was when it heard a message need not hear it again: most of what a
//! traitor can say is ignored, forgeries above all, and where messages are signed few states come back
//! in many global states. (Where none comes back little is lost: a state that was not met before is
//! only noted.) And which messages the enemy can say hangs on few of the signatures it has overheard.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::hash_table::{Entry, HashTable};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::receiving::StateOf;
use super::sends::Sends;
use super::state_pool::StatePool;
use crate::general::General;
use crate::protocol::{Lockstep, Plain, Round};
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::wire_choices::WireChoices;
use crate::testable::Wire;

/// So many of a kind are remembered at a time.
const MOST: usize = 1 << 14;

/// If none of the first so many comes back it is not worth it.
const TRIAL: usize = 1 << 8;

/// What a thread remembers.
pub(crate) struct Memo<S, M> {
    pub ignored: Ignored<S>,
    pub sayable: Sayable,
    /// By round and the number of its state, what a general says.
    pub sends: FxHashMap<(Round, General, u32), Arc<Sends<M>>>,
    pub pool: StatePool<S>,
}

/// What a thread remembers of this protocol.
pub(crate) type MemoOf<P> = Memo<StateOf<P>, <P as Lockstep>::Message>;

impl<S: Plain, M> Memo<S, M> {
    pub fn new() -> Memo<S, M> {
        Memo {
            ignored: Ignored::none(),
            sayable: Sayable::default(),
            sends: FxHashMap::default(),
            pool: StatePool::default(),
        }
    }

    /// Forgets what each says, if there is no room for more.
    pub fn make_room(&mut self) {
        if self.sends.len() >= MOST {
            self.sends.clear();
        }
    }
}

/// Which candidates change nothing, by wire and state.
pub(crate) struct Ignored<S> {
    places: HashTable<usize>,
    met: Vec<MetState<S>>,
    /// Whether any state came back.
    repays: bool,
}

/// A state in which a receiver was when it listened on a wire.
struct MetState<S> {
    hash: u64,
    wire: Wire,
    state: S,
    candidates: usize,
    again: bool,
    /// The candidates that changed nothing.
    ignored: Candidates,
}

/// The place of a state that was met on a wire.
pub(crate) type Meeting = usize;

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
        let hash = FxBuildHasher.hash_one((wire, state));
        let Ignored { places, met, repays } = self;
        let is_this = |place: &usize| {
            let met = &met[*place];
            met.hash == hash && met.wire == wire && met.state == *state
        };
        let entry = places.entry(hash, is_this, |place| met[*place].hash);
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
                let ignored = Candidates::none(candidates);
                let (state, again) = (state.clone(), false);
                met.push(MetState { hash, wire, state, candidates, again, ignored });
                Some(place)
            }
        }
    }

    /// Notes a state to which another one has changed on the same wire: only if that one was met more
    /// than once, for then this one may be, too.
    pub fn follow(&mut self, before: Option<Meeting>, state: &S) -> Option<Meeting> {
        let MetState { wire, again, candidates, .. } = self.met[before?];
        if again { self.meet(wire, state, candidates) } else { None }
    }

    /// Whether it is known that a candidate changes nothing.
    pub fn has(&self, meeting: Option<Meeting>, candidate: usize) -> bool {
        meeting.is_some_and(|place| self.met[place].ignored.has(candidate))
    }

    /// Whether it is known that all of these with such numbers change nothing.
    pub fn ignores(
        &self,
        meeting: Option<Meeting>,
        these: &Candidates,
        numbers: Range<usize>,
    ) -> bool {
        meeting.is_some_and(|place| self.met[place].ignored.has_all(these, numbers))
    }

    /// Notes that a candidate changes nothing.
    pub fn add(&mut self, meeting: Option<Meeting>, candidate: usize) {
        if let Some(place) = meeting {
            self.met[place].ignored.add(candidate);
        }
    }
}

/// What can be said, as far as it was asked before.
#[derive(Default)]
pub(crate) struct Sayable {
    /// On each wire, the signatures that are in anything that can be said there.
    matter: FxHashMap<Wire, SignatureSet>,
    /// The candidates, by what of those was overheard.
    known: FxHashMap<(Wire, SignatureSet), Candidates>,
}

/// Candidates of a wire's choices, as a set of their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Candidates(Box<[u64]>);

impl Candidates {
    /// None of so many.
    pub fn none(candidates: usize) -> Candidates {
        Candidates(vec![0; candidates.div_ceil(64)].into())
    }

    pub fn add(&mut self, candidate: usize) {
        self.0[candidate / 64] |= 1 << (candidate % 64);
    }

    /// How many there are with such numbers.
    pub fn count(&self, numbers: Range<usize>) -> u64 {
        self.words(numbers).map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether all of these that have such numbers are among them.
    fn has_all(&self, these: &Candidates, numbers: Range<usize>) -> bool {
        let mut both = self.words(numbers.clone()).zip(these.words(numbers));
        both.all(|(all, these)| these & !all == 0)
    }

    /// Those with such numbers, 64 at a time.
    fn words(&self, numbers: Range<usize>) -> impl Iterator<Item = u64> {
        let Range { start, end } = numbers;
        let places = start / 64..end.div_ceil(64);
        places.map(move |place| {
            let first = start.saturating_sub(64 * place);
            let after = (64 * (place + 1)).saturating_sub(end);
            self.0[place] & u64::MAX << first & u64::MAX >> after
        })
    }

    pub fn has(&self, candidate: usize) -> bool {
        self.0[candidate / 64] >> (candidate % 64) & 1 == 1
    }
}

impl Sayable {
    /// The candidates of a wire all of whose signatures were overheard.
    pub fn on<M>(
        &mut self,
        wire: Wire,
        wire_choices: &WireChoices<M>,
        overheard: &SignatureSet,
    ) -> &Candidates {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        let matter = self.matter.entry(wire).or_insert_with(|| {
            let mut matter = overheard.emptied();
            let signatures =
                wire_choices.candidates.iter().flat_map(|candidate| &candidate.signatures);
            signatures.for_each(|signature| matter.add(*signature));
            matter
        });
        self.known.entry((wire, overheard.and(matter))).or_insert_with_key(|(_, overheard)| {
            let mut sayable = Candidates::none(wire_choices.candidates.len());
            for (number, candidate) in wire_choices.candidates.iter().enumerate() {
                if overheard.has_all(&candidate.signatures) {
                    sayable.add(number);
                }
            }
            sayable
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testable::Repertoire;

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

    #[test]
    fn candidates_are_asked_for_by_their_numbers() {
        let set = |has: fn(&usize) -> bool| {
            let mut set = Candidates::none(150);
            (0..150).filter(has).for_each(|candidate| set.add(candidate));
            set
        };
        let (all, these) = (set(|number| number % 7 != 3), set(|number| number % 5 == 0));
        for (start, end) in itertools::iproduct!(0..=150, 0..=150) {
            let both = (start..end).filter(|number| these.has(*number));
            assert_eq!(these.count(start..end), both.clone().count() as u64, "{start}..{end}");
            let has_all = both.clone().all(|number| all.has(number));
            assert_eq!(all.has_all(&these, start..end), has_all, "{start}..{end}");
        }
    }

    #[test]
    fn what_can_be_said_hangs_on_what_matters_on_the_wire() {
        // Message 3 has signature 3 in it, and so on; 9 is said elsewhere.
        let repertoire = Repertoire::of([vec![1_u32, 2, 3]]);
        let wire_choices =
            WireChoices::new(repertoire, true, false, |message| [*message].into()).unwrap();
        let mut sayable = Sayable::default();
        let mut overheard = SignatureSet::none(10);
        let said = |sayable: &mut Sayable, overheard: &SignatureSet| {
            let on = sayable.on(wire(1), &wire_choices, overheard);
            (0..3).filter(|candidate| on.has(*candidate)).collect::<Vec<_>>()
        };
        assert_eq!(said(&mut sayable, &overheard), [0_usize; 0]);
        overheard.add(2);
        assert_eq!(said(&mut sayable, &overheard), [1]);
        overheard.add(9);
        assert_eq!(said(&mut sayable, &overheard), [1]);
        assert_eq!(sayable.known.len(), 2);
        overheard.add(1);
        assert_eq!(said(&mut sayable, &overheard), [0, 1]);
    }
}
