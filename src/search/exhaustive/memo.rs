//! What a thread remembers, so that it need not be asked again.
//!
//! What becomes of a state when a traitor speaks is a table: a row for each state and wire, with a cell
//! for each candidate, which is filled when it is asked for. Most of what a traitor can say changes
//! nothing, forgeries above all: the row keeps those candidates as a set, too, so that many are passed
//! by at once. (Where no state ever comes back rows are not worth it, and given up.) And which messages
//! the enemy can say hangs on few of the signatures it has overheard.

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

/// So many of a kind are remembered at a time.
const MOST: usize = 1 << 14;

/// So many cells of rows.
const MOST_CELLS: usize = 1 << 22;

/// If none of the first so many states comes back, rows are not worth it.
const TRIAL: usize = 1 << 8;

/// What a thread remembers.
#[derive(Default)]
pub(crate) struct Memo {
    pub rows: Rows,
    pub sayable: Sayable,
    /// By round and state, what a general says, and whether it is loyal.
    pub sends: FxHashMap<(Round, General, bool, StateId), Arc<Sends>>,
    pub receptions: Receptions,
    /// Which store was spoken of last.
    pub store: u64,
    /// The numbers that its states have for the worker, by place.
    pub adopted: Vec<Option<StateId>>,
    /// The numbers that the worker's states have in it, by place.
    pub stored: Vec<Option<StateId>>,
}

impl Memo {
    /// Forgets all that speaks of a worker's states.
    pub fn forget_states(&mut self) {
        self.rows = Rows::default();
        self.sends.clear();
        self.receptions.forget();
        self.adopted.clear();
        self.stored.clear();
    }

    /// Forgets what each says and comes to, if there is no room for more.
    pub fn make_room(&mut self) {
        if self.sends.len() >= MOST {
            self.sends.clear();
        }
        self.receptions.make_room();
    }

    /// From now on this store is spoken of.
    pub fn speak_of(&mut self, store: u64) {
        if self.store != store {
            self.store = store;
            self.adopted.clear();
            self.stored.clear();
        }
    }
}

/// What one general came to in a round, all in all: most global states differ in what others hold and
/// do not say, so the same is received again and again. (Where hardly anything comes back it is not
/// worth it, and given up.)
#[derive(Default)]
pub(crate) struct Receptions {
    known: FxHashMap<Box<[u32]>, Arc<Reception>>,
    /// All that the reception hangs on that is asked for.
    pub key: Vec<u32>,
    size: usize,
    asked: u32,
    met: u32,
    given_up: bool,
}

/// What a general came to in a round.
pub(crate) struct Reception {
    /// In which states it ended the round; or, after the last, what it decided, if it was asked.
    pub ends: Ends,
    /// The steps that it took to know that.
    pub steps: u64,
}

/// How a round ended for one general, in all the ways in which the enemy can bring it about.
pub(crate) enum Ends {
    States(Vec<Option<StateId>>),
    Decisions(Vec<Option<DecisionId>>),
}

impl Receptions {
    /// So many questions are asked before it is said whether it is worth it.
    const ASKED: u32 = 1 << 12;

    /// One in so many answers must be known.
    const WORTH: u32 = 8;

    /// So many numbers are kept.
    const SIZE: usize = 1 << 22;

    /// Whether there is any use in asking.
    pub fn are_kept(&self) -> bool {
        !self.given_up
    }

    /// The one with the key that was written down last.
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

    /// Keeps one under this key.
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

/// What becomes of states when traitors speak, by wire and state.
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

/// A state in which a receiver was when it listened on a wire, and what becomes of it.
struct Cells {
    wire: Wire,
    again: bool,
    /// By candidate, as far as it is known.
    next: Box<[Option<StateId>]>,
    /// The candidates that changed nothing.
    ignored: Candidates,
}

impl Rows {
    /// Forgets all, if there is no room for more.
    pub fn make_room(&mut self) {
        if self.cells >= MOST_CELLS {
            *self = Rows { repays: self.repays, ..Rows::default() };
        }
    }

    /// The row of a state on a wire on which so many candidates can be said.
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

    /// The row of a state to which another one has changed on the same wire: only if that one was met
    /// more than once, for then this one may be, too.
    pub fn follow(&mut self, before: Option<Row>, state: StateId) -> Option<Row> {
        let Cells { wire, again, ref next, .. } = self.rows[before? as usize];
        if again { self.meet(wire, state, next.len()) } else { None }
    }

    /// What becomes of the state by a candidate, if that is known.
    pub fn next(&self, row: Option<Row>, candidate: usize) -> Option<StateId> {
        self.rows[row? as usize].next[candidate]
    }

    /// Notes what becomes of the state by a candidate, and whether that changes anything.
    pub fn learn(&mut self, row: Option<Row>, candidate: usize, next: StateId, changed: bool) {
        let Some(row) = row else { return };
        let row = &mut self.rows[row as usize];
        row.next[candidate] = Some(next);
        if !changed {
            row.ignored.add(candidate);
        }
    }

    /// Whether it is known that all of these with such numbers change nothing.
    pub fn ignores(&self, row: Option<Row>, these: &Candidates, numbers: Range<usize>) -> bool {
        row.is_some_and(|row| self.rows[row as usize].ignored.has_all(these, numbers))
    }
}

/// What can be said, as far as it was asked before.
#[derive(Default)]
pub(crate) struct Sayable {
    /// On each wire, the signatures that are in anything that can be said there.
    matter: FxHashMap<Wire, SignatureSet>,
    /// The candidates, by what of those was overheard.
    known: FxHashMap<(Wire, SignatureSet), Arc<Candidates>>,
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
        // Nothing is noted of what follows a state until that comes back.
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
        // Message 3 has signature 3 in it, and so on; 9 is said elsewhere.
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
