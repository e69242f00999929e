//! What a thread remembers, so that the protocol need not be asked again.
//!
//! What becomes of a state when a traitor speaks is kept in a table: a row for each state and wire, with a cell for
//! each candidate, filled on demand. Most of what a traitor can say changes nothing, forgeries above all. So a row also
//! keeps those candidates as a set, and many can be skipped at once. (If no state ever comes back, rows are not worth
//! it and are given up.) Likewise, the messages that the adversary can say depend on only a few of the signatures that
//! it has overheard.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::messages::Sends;
use crate::general::General;
use crate::machine::{DecisionId, StateId};
use crate::protocol::Round;
use crate::search::choices::signature_set::SignatureSet;
use crate::search::choices::wire_choices::WireChoices;
use crate::testable::Wire;

/// The most entries of one kind that are remembered at a time.
const MOST: usize = 1 << 14;

/// The most cells that all rows may have.
const MOST_CELLS: usize = 1 << 22;

/// If none of this many first states comes back, rows are not worth it.
const TRIAL: usize = 1 << 8;

/// What a thread remembers.
#[derive(Default)]
pub(crate) struct Memo {
    pub rows: Rows,
    pub sayable: Sayable,
    /// By round, general, whether it is loyal, and state: what it says.
    pub sends: FxHashMap<(Round, General, bool, StateId), Arc<Sends>>,
    pub receptions: Receptions,
    /// The number of the store that the next two fields refer to.
    pub store: u64,
    /// For each state of the store, its number in the worker.
    pub adopted: Vec<Option<StateId>>,
    /// For each state of the worker, its number in the store.
    pub stored: Vec<Option<StateId>>,
}

impl Memo {
    /// Forgets everything that refers to a worker's states.
    pub fn forget_states(&mut self) {
        self.rows = Rows::default();
        self.sends.clear();
        self.receptions.forget();
        self.adopted.clear();
        self.stored.clear();
    }

    /// Forgets what generals say and reach, if there is no room for more.
    pub fn make_room(&mut self) {
        if self.sends.len() >= MOST {
            self.sends.clear();
        }
        self.receptions.make_room();
    }

    /// From now on the numbers refer to this store.
    pub fn speak_of(&mut self, store: u64) {
        if self.store != store {
            self.store = store;
            self.adopted.clear();
            self.stored.clear();
        }
    }
}

/// Everything that one general can reach in a round. Most global states differ only in what other generals hold and do
/// not say, so the same question comes up again and again. (If answers hardly ever come back, this is not worth it and
/// is given up.)
#[derive(Default)]
pub(crate) struct Receptions {
    known: FxHashMap<Box<[u32]>, Arc<Reception>>,
    /// Everything that the reception in question depends on.
    pub key: Vec<u32>,
    size: usize,
    asked: u32,
    met: u32,
    given_up: bool,
}

/// What a general can reach in a round.
pub(crate) struct Reception {
    /// The states in which it can end the round; or, after the last round, its decisions, if it is asked.
    pub ends: Ends,
    /// The steps that it took to find out.
    pub steps: u64,
}

/// The ends of a round for one general, over everything that the adversary can do.
pub(crate) enum Ends {
    States(Vec<Option<StateId>>),
    Decisions(Vec<Option<DecisionId>>),
}

impl Receptions {
    /// After this many questions, it is judged whether keeping receptions is worth it.
    const ASKED: u32 = 1 << 12;

    /// One in this many answers must have been known.
    const WORTH: u32 = 8;

    /// The most numbers that are kept.
    const SIZE: usize = 1 << 22;

    /// Whether receptions are kept at all.
    pub fn are_kept(&self) -> bool {
        !self.given_up
    }

    /// The reception with the key that was written last.
    pub fn get(&mut self) -> Option<Arc<Reception>> {
        self.asked += 1;
        let known = self.known.get(&self.key[..]).cloned();
        self.met += u32::from(known.is_some());
        if self.asked == Receptions::ASKED {
            self.given_up = self.met < Receptions::ASKED / Receptions::WORTH;
            (self.asked, self.met) = (0, 0);
            if self.given_up {
                self.forget();
            }
        }
        known
    }

    /// Keeps a reception under this key.
    pub fn put(&mut self, key: Vec<u32>, ends: Ends, steps: u64) {
        if self.given_up {
            return;
        }
        let count = match &ends {
            Ends::States(states) => states.len(),
            Ends::Decisions(decisions) => decisions.len(),
        };
        self.size += key.len() + count + 16;
        self.known.insert(key.into(), Arc::new(Reception { ends, steps }));
    }

    fn make_room(&mut self) {
        if self.size > Receptions::SIZE {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.known.clear();
        self.size = 0;
    }
}

/// What becomes of states when traitors speak, by state and wire.
#[derive(Default)]
pub(crate) struct Rows {
    places: FxHashMap<(StateId, Wire), Row>,
    rows: Vec<Cells>,
    cells: usize,
    /// Whether any state came back.
    repays: bool,
}

/// The place of a row.
pub(crate) type Row = u32;

/// The cells of one row: a state in which a receiver listened to a wire, and what becomes of it.
struct Cells {
    wire: Wire,
    again: bool,
    /// The next state for each candidate, as far as known.
    next: Box<[Option<StateId>]>,
    /// The candidates that changed nothing.
    ignored: Candidates,
}

impl Rows {
    /// Forgets all rows, if there is no room for more.
    pub fn make_room(&mut self) {
        if self.cells >= MOST_CELLS {
            *self = Rows { repays: self.repays, ..Rows::default() };
        }
    }

    /// The row of a state on a wire with this many candidates.
    pub fn meet(&mut self, wire: Wire, state: StateId, candidates: usize) -> Option<Row> {
        if self.rows.len() == TRIAL && !self.repays {
            return None;
        }
        let new = self.rows.len() as Row;
        let row = *self.places.entry((state, wire)).or_insert(new);
        if row == new {
            let (next, ignored) = (vec![None; candidates].into(), Candidates::none(candidates));
            self.rows.push(Cells { wire, again: false, next, ignored });
            self.cells += candidates.max(1);
        } else {
            self.rows[row as usize].again = true;
            self.repays = true;
        }
        Some(row)
    }

    /// The row of a state that another one has changed into on the same wire. There is one only if the other state was
    /// met more than once, for then this one may come back too.
    pub fn follow(&mut self, before: Option<Row>, state: StateId) -> Option<Row> {
        let Cells { wire, again, ref next, .. } = self.rows[before? as usize];
        if again { self.meet(wire, state, next.len()) } else { None }
    }

    /// The state after hearing a candidate, if known.
    pub fn next(&self, row: Option<Row>, candidate: usize) -> Option<StateId> {
        self.rows[row? as usize].next[candidate]
    }

    /// Records the state after hearing a candidate, and whether anything changed.
    pub fn learn(&mut self, row: Option<Row>, candidate: usize, next: StateId, changed: bool) {
        let Some(row) = row else { return };
        let row = &mut self.rows[row as usize];
        row.next[candidate] = Some(next);
        if !changed {
            row.ignored.add(candidate);
        }
    }

    /// Whether all of `these` candidates within these numbers are known to change nothing.
    pub fn ignores(&self, row: Option<Row>, these: &Candidates, numbers: Range<usize>) -> bool {
        row.is_some_and(|row| self.rows[row as usize].ignored.has_all(these, numbers))
    }
}

/// Which candidates the adversary can say, as far as it was asked before.
#[derive(Default)]
pub(crate) struct Sayable {
    /// By wire: the signatures in anything that can be said there.
    matter: FxHashMap<Wire, SignatureSet>,
    /// The candidates, by wire and by which of those signatures were overheard.
    known: FxHashMap<(Wire, SignatureSet), Arc<Candidates>>,
}

/// A set of candidates of one wire, by number.
#[derive(Clone, Debug)]
pub(crate) struct Candidates(Box<[u64]>);

impl Candidates {
    /// The empty set, with room for this many candidates.
    pub fn none(candidates: usize) -> Candidates {
        Candidates(vec![0; candidates.div_ceil(64)].into())
    }

    pub fn add(&mut self, candidate: usize) {
        self.0[candidate / 64] |= 1 << (candidate % 64);
    }

    /// How many candidates within these numbers are in the set.
    pub fn count(&self, numbers: Range<usize>) -> u64 {
        self.words(numbers).map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether all of `these` candidates within these numbers are in the set.
    fn has_all(&self, these: &Candidates, numbers: Range<usize>) -> bool {
        let mut both = self.words(numbers.clone()).zip(these.words(numbers));
        both.all(|(all, these)| these & !all == 0)
    }

    /// The candidates within these numbers, 64 at a time.
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
    /// The candidates of a wire whose signatures were all overheard.
    pub fn on(
        &mut self,
        wire: Wire,
        wire_choices: &WireChoices,
        overheard: &SignatureSet,
    ) -> Arc<Candidates> {
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
        let known = self.known.entry((wire, overheard.and(matter)));
        let sayable = known.or_insert_with_key(|(_, overheard)| {
            let mut sayable = Candidates::none(wire_choices.candidates.len());
            for (number, candidate) in wire_choices.candidates.iter().enumerate() {
                if overheard.has_all(&candidate.signatures) {
                    sayable.add(number);
                }
            }
            Arc::new(sayable)
        });
        Arc::clone(sayable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::counting::counting;
    use crate::machine::{MessageId, MessageOrder};
    use crate::testable::Repertoire;

    fn wire(from: usize) -> Wire {
        Wire { round: 1, from: General::new(from), to: General::new(0) }
    }

    fn state(number: usize) -> StateId {
        StateId::at(number)
    }

    #[test]
    fn a_state_that_comes_back_need_not_hear_again_what_it_heard() {
        let mut rows = Rows::default();
        let all = |candidate| {
            let mut all = Candidates::none(100);
            all.add(candidate);
            all
        };
        let first = rows.meet(wire(1), state(7), 100);
        rows.learn(first, 99, state(7), false);
        rows.learn(first, 3, state(8), true);
        // Nothing is recorded about what a state changes into until the state comes back.
        assert_eq!(rows.follow(first, state(8)), None);
        let again = rows.meet(wire(1), state(7), 100);
        let known = [3, 99, 98].map(|candidate| rows.next(again, candidate));
        assert_eq!(known, [Some(state(8)), Some(state(7)), None]);
        assert!(rows.ignores(again, &all(99), 0..100) && !rows.ignores(again, &all(3), 0..100));
        let follower = rows.follow(again, state(8));
        assert!(follower.is_some() && rows.next(follower, 99).is_none());
        // On another wire it is not known.
        let elsewhere = rows.meet(wire(2), state(7), 100);
        assert!(rows.next(elsewhere, 99).is_none() && rows.next(None, 99).is_none());
    }

    #[test]
    fn what_does_not_pay_is_given_up_and_room_is_made() {
        let mut rows = Rows::default();
        let met = (0..=TRIAL).map(|number| rows.meet(wire(1), state(number), 1));
        let met = met.collect::<Vec<_>>();
        assert!(met[..TRIAL].iter().all(Option::is_some) && met[TRIAL].is_none());

        let mut rows = Rows::default();
        let row = rows.meet(wire(1), state(0), 1);
        assert_eq!(rows.meet(wire(1), state(0), 1), row);
        rows.learn(row, 0, state(0), false);
        for number in 1..5 {
            assert!(rows.meet(wire(1), state(number), MOST_CELLS / 4).is_some());
        }
        rows.make_room();
        let anew = rows.meet(wire(1), state(0), 1);
        assert!(anew.is_some() && rows.next(anew, 0).is_none());
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
        // Message 3 has signature 3 in it, and so on; signature 9 is in no message of this wire.
        let slot: Vec<MessageId> = [1, 2, 3].map(MessageId::from).into();
        let signatures = |message: &MessageId| {
            let number = slot.iter().position(|other| other == message).unwrap();
            [number as u32 + 1].into()
        };
        let repertoire = Repertoire::of([slot.clone()]);
        let order = MessageOrder::of(&counting(), slot.iter().copied(), || false).unwrap();
        let wire_choices = WireChoices::new(&order, repertoire, true, false, signatures);
        let wire_choices = wire_choices.unwrap();
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
