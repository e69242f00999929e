//! Random tiny protocols, for broadcast and for consensus. What a general does depends on the order in which it hears;
//! some panic, some decide on something that is no value, some accept forgeries, and some have extra demands.

use itertools::Itertools;
use turncoat::testable::Forgery;
use turncoat::{
    Demand, General, Graph, Lockstep, Outcome, Problem, Repertoire, Round, Seat, Task, Testable,
    Wire,
};

use crate::tables::Tables;

/// A protocol of random tables.
#[derive(Clone, Copy, Debug)]
pub struct Tiny {
    pub tables: Tables,
    pub n: usize,
}

/// My number, my mood, and the value that I should decide.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct State {
    me: usize,
    mood: usize,
    value: u8,
}

const MOODS: usize = 4;

/// Two slots of two messages each; and the message that is forged.
const MESSAGES: u8 = 4;
const FORGED: u8 = 9;

impl Tiny {
    pub fn new(seed: u64) -> Tiny {
        let tables = Tables(seed);
        Tiny { tables, n: [2, 3, 3, 3, 4][tables.draw("n", [], 5)] }
    }

    /// Whether something goes wrong here: in some protocols that is rarer than in others.
    fn slips<const N: usize>(&self, what: &str, entry: [usize; N]) -> bool {
        let rare = [3, 8, 25, 1000][self.tables.draw("rare", [], 4)];
        self.tables.one_in(rare, what, entry)
    }

    /// Whether there are two values, which are sent in the first round.
    fn two_values(&self) -> bool {
        self.tables.one_in(2, "two values", [])
    }

    /// Whether it panics here. (Not in protocols that are never silent: a traitor whose own run has failed would be.)
    fn fails<const N: usize>(&self, rare: usize, call: &str, entry: [usize; N]) -> bool {
        !self.never_silent() && self.tables.one_in(rare, call, entry)
    }

    /// Whether it takes several messages before anything goes wrong.
    fn climbs(&self) -> bool {
        self.tables.one_in(2, "climbs", [])
    }

    /// Whether everybody sends something in every slot.
    pub fn never_silent(&self) -> bool {
        self.tables.one_in(6, "never silent", [])
    }

    /// The messages of a slot; in some protocols the two slots have every second message.
    fn slot(&self, slot: u8) -> Vec<u8> {
        let crossed = self.tables.one_in(2, "crossed", []);
        let of_slot = |message: &u8| if crossed { message % 2 } else { message / 2 } == slot;
        (0..MESSAGES).filter(of_slot).collect()
    }

    fn says(&self, State { me, mood, value }: &State, round: Round, to: General) -> Vec<u8> {
        let tells = self.two_values() && round == 1;
        let tells = tells && (self.task() == Task::Consensus || *me == 0);
        let never_silent = self.never_silent();
        if !tells && !never_silent && self.tables.one_in(3, "live", [*me, round, to.id()]) {
            return vec![];
        }
        let says = |slot: u8| {
            let entry = [*me, round, to.id(), usize::from(slot), *mood, usize::from(*value)];
            if tells && slot == 0 {
                return Some(self.slot(0)[usize::from(*value)]);
            }
            let silent =
                tells || self.tables.one_in(if slot == 0 { 4 } else { 2 }, "silent", entry);
            (never_silent || !silent).then(|| self.slot(slot)[self.tables.draw("says", entry, 2)])
        };
        (0..2).filter_map(says).collect()
    }
}

impl Lockstep for Tiny {
    type Value = u8;
    type Decision = u8;
    type Message = u8;
    type State = State;

    fn rounds(&self, n: usize) -> usize {
        [1, 2, 2, 3 - n / 4][self.tables.draw("rounds", [], 4)]
    }

    fn start(&self, seat: Seat, input: Option<&u8>) -> State {
        State { me: seat.me.id(), mood: 0, value: input.copied().unwrap_or(0) }
    }

    fn send(&self, state: &State, round: Round, to: General) -> impl IntoIterator<Item = u8> {
        let entry = [state.me, state.mood, round, to.id()];
        assert!(state.mood < 2 || !self.fails(30, "send", entry), "send fails");
        self.says(state, round, to)
    }

    fn receive(&self, state: &mut State, round: Round, from: General, message: &u8) {
        let entry = [state.me, state.mood, usize::from(*message), round, from.id()];
        assert!(!self.fails(150, "receive", entry), "receive fails");
        if *message == FORGED && !self.tables.one_in(20, "believes", entry) {
            return;
        }
        let said = self.slot(0).iter().position(|said| said == message);
        let tells = self.task() == Task::Consensus || from.is_commander();
        match said.filter(|_| self.two_values() && tells) {
            Some(said) if round == 1 && self.task() == Task::Consensus => state.value &= said as u8,
            Some(said) if round == 1 => state.value = said as u8,
            _ if self.two_values() && self.slips("turns", entry) => state.value ^= 1,
            _ => {}
        }
        if self.tables.one_in(2 + 2 * self.tables.draw("steady", [], 2), "moves", entry) {
            let climbed = (state.mood + 1).min(MOODS - 1);
            state.mood =
                if self.climbs() { climbed } else { self.tables.draw("mood", entry, MOODS) };
        }
    }

    fn end_round(&self, state: &mut State, round: Round) {
        let entry = [state.me, state.mood, round];
        assert!(state.mood == 0 || !self.fails(150, "end_round", entry), "end_round fails");
    }

    fn decide(&self, State { me, mood, value }: &State) -> Option<u8> {
        assert!(
            !(*mood > 1 && self.tables.one_in(25, "decide fails", [*me, *mood])),
            "decide fails"
        );
        let slips = if self.climbs() {
            *mood == MOODS - 1 && self.tables.one_in(2, "decides", [*me])
        } else {
            *mood > 0 && self.slips("decides", [*me, *mood])
        };
        Some(match slips {
            true if self.two_values() => 1 - value,
            true => 7,
            false => *value,
        })
    }
}

impl Tiny {
    fn values(&self) -> Vec<u8> {
        if self.two_values() { vec![0, 1] } else { vec![0] }
    }

    fn task(&self) -> Task {
        if self.tables.one_in(3, "consensus", []) { Task::Consensus } else { Task::Broadcast }
    }
}

impl Testable for Tiny {
    /// Some protocols demand that traitors can't make everybody decide 1 if somebody's input is 0.
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        let problem = match self.task() {
            Task::Broadcast => Problem::broadcast(self.values()),
            Task::Consensus => Problem::consensus(self.values()),
        };
        let unmoved = |outcome: &Outcome<'_, u8>| {
            outcome.bound_inputs().all(|input| *input == 1) || outcome.decided().contains(&0)
        };
        let demands = self.tables.one_in(3, "demands", []);
        Ok(if demands { problem.demanding(Demand::new("unmoved", unmoved)) } else { problem })
    }

    fn repertoire(&self, _n: usize, Wire { round, from, to }: Wire) -> Repertoire<u8> {
        let states = (0..MOODS).cartesian_product(self.values());
        let states = states.map(|(mood, value)| State { me: from.id(), mood, value });
        let wire = [from.id(), round, to.id()];
        let quiet = self.tables.one_in(3, "quiet", wire);
        let more = |message: &u8| {
            !quiet
                && self.tables.one_in(3, "more", [wire[0], wire[1], wire[2], usize::from(*message)])
        };
        let said = states.flat_map(|state| self.says(&state, round, to));
        let said = said.chain((0..MESSAGES).filter(more)).collect_vec();
        let slot = |slot| self.slot(slot).into_iter().filter(|m| said.contains(m)).collect();
        let strays = 0..self.tables.draw("strays", wire, 3);
        let strays = strays.map(|which| {
            self.tables.draw("stray", [wire[0], wire[1], wire[2], which], usize::from(MESSAGES) + 2)
                as u8
        });
        let forged = Forgery { label: "forged", message: FORGED };
        let forged = Some(forged).filter(|_| self.tables.one_in(3, "forgeries", []));
        Repertoire::of((0..2).map(slot)).with_strays(strays).with_forgeries(forged)
    }
}
