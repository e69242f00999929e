//! Random tiny event-driven protocols, for broadcast and for consensus. What a general does depends on the order in
//! which it hears; some send again and again, some set timers and toss coins, some panic or change their decisions, and
//! some have extra demands.

use turncoat::testable::{Symmetric, Termination};
use turncoat::{
    Coin, Demand, Effects, EventDriven, EventTestable, General, Generals, Graph, Problem, Seat,
    Swap, Task, Timer,
};

use crate::tables::Tables;

/// A protocol of random tables.
#[derive(Clone, Copy, Debug)]
pub struct EventTables {
    pub tables: Tables,
    pub n: usize,
}

/// My number, my mood, how many messages I have sent, and what I have decided.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TableState {
    me: usize,
    mood: usize,
    sent: usize,
    decided: Option<u8>,
}

const MOODS: usize = 4;

impl EventTables {
    pub fn new(seed: u64) -> EventTables {
        let tables = Tables(seed);
        EventTables { tables, n: [3, 3, 3, 4][tables.draw("n", [], 4)] }
    }

    fn task(&self) -> Task {
        [Task::Broadcast, Task::Consensus][self.tables.draw("task", [], 2)]
    }

    /// Whether lieutenants are interchangeable.
    fn is_symmetric(&self) -> bool {
        self.tables.one_in(2, "symmetric", [])
    }

    /// The role of a general in the tables: interchangeable generals share one role.
    fn part(&self, general: usize) -> usize {
        match self.task() {
            _ if !self.is_symmetric() => general,
            Task::Broadcast => general.min(1),
            Task::Consensus => 0,
        }
    }

    /// How many values there are: with only one, nobody disagrees.
    fn values(&self) -> usize {
        1 + self.tables.draw("values", [], 2)
    }

    /// The most messages that a general sends.
    fn most_sent(&self) -> usize {
        if self.n == 4 { 1 } else { 1 + self.tables.draw("most", [], 2) }
    }

    /// How a general reacts to an event.
    fn react<const N: usize>(
        &self,
        state: &mut TableState,
        what: &str,
        entry: [usize; N],
        effects: &mut Effects<u8>,
    ) {
        let part = self.part(state.me);
        let draw = |about: &str, end| {
            let about = format!("{what} {about} {part} {}", state.mood);
            self.tables.draw(&about, entry, end)
        };
        let rare = |many: usize, about: &str| draw(about, many) == 0;
        assert!(!(self.tables.one_in(4, "panics", []) && rare(30, "panics")), "as drawn");
        let (sends, message) = (rare(3, "sends"), draw("message", 2) as u8);
        let decides = rare(4, "decides") && state.mood >= self.tables.draw("patience", [], MOODS);
        let decision = draw("decision", self.values()) as u8;
        let rises = rare(2, "rises");
        let changes = self.tables.one_in(10, "changes", []);
        state.mood = if rises { (state.mood + 1).min(MOODS - 1) } else { state.mood };
        if decides && (changes || state.decided.is_none()) {
            state.decided = Some(decision);
        }
        if sends && state.sent < self.most_sent() {
            state.sent += 1;
            match self.tables.one_in(3, "to one", []) && !self.is_symmetric() {
                true => effects.send(General::new(usize::from(state.me == 0)), message),
                false => effects.broadcast(message),
            }
        }
    }
}

impl EventDriven for EventTables {
    type Value = u8;
    type Decision = u8;
    type Message = u8;
    type State = TableState;

    fn begin(&self, seat: Seat, input: Option<&u8>, effects: &mut Effects<u8>) -> TableState {
        let mut state = TableState { me: seat.me.id(), mood: 0, sent: 0, decided: None };
        if self.tables.one_in(6, "timer", []) {
            effects.set_timer(1);
        }
        match self.tables.draw("coin", [], 12) {
            0 => effects.ask(Coin::Local(1)),
            1 => effects.ask(Coin::Common(1)),
            _ => {}
        }
        // If everybody decides at once, little can go wrong.
        if self.tables.one_in(3, "eager", []) {
            state.decided = Some(input.copied().unwrap_or(0));
        }
        if let Some(input) = input {
            self.react(&mut state, "begin", [usize::from(*input)], effects);
        }
        state
    }

    fn receive(
        &self,
        state: &mut TableState,
        from: General,
        message: &u8,
        effects: &mut Effects<u8>,
    ) {
        let entry = [self.part(from.id()), usize::from(*message)];
        self.react(state, "receive", entry, effects);
    }

    fn timer(&self, state: &mut TableState, _: Timer, effects: &mut Effects<u8>) {
        self.react(state, "timer", [], effects);
    }

    fn coin(&self, state: &mut TableState, _: Coin, face: u8, effects: &mut Effects<u8>) {
        self.react(state, "coin", [usize::from(face)], effects);
    }

    /// Some forget how often they have sent something, and some how it stands.
    fn restart(&self, state: &TableState, effects: &mut Effects<u8>) -> TableState {
        let mut stored = state.clone();
        if self.tables.one_in(2, "forgets what it sent", []) {
            stored.sent = 0;
        }
        if self.tables.one_in(2, "forgets its mood", []) {
            stored.mood = 0;
        }
        self.react(&mut stored, "restart", [], effects);
        stored
    }

    fn decision(&self, state: &TableState) -> Option<u8> {
        state.decided
    }
}

impl EventTestable for EventTables {
    fn problem(&self, _: &Graph) -> Result<Problem<u8>, String> {
        let values = 0..self.values() as u8;
        let problem = match self.task() {
            Task::Broadcast => Problem::broadcast(values),
            Task::Consensus => Problem::consensus(values),
        };
        let who = [Termination::All, Termination::AllOrNone, Termination::Free];
        let problem = problem.deciding(who[self.tables.draw("who", [], 3)]);
        let not_all = Demand::new("not all decide 1", |outcome| {
            outcome.decided().count() < 2 || outcome.decided().any(|decision| *decision == 0)
        });
        Ok(if self.tables.one_in(5, "demand", []) { problem.demanding(not_all) } else { problem })
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<u8> {
        vec![0, 1]
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<u8, TableState>> {
        self.is_symmetric().then_some(self as &dyn Symmetric<u8, TableState>)
    }
}

impl Symmetric<u8, TableState> for EventTables {
    fn alike(&self, n: usize) -> Generals {
        match self.task() {
            Task::Broadcast => Generals::first(n).without(General::COMMANDER),
            Task::Consensus => Generals::first(n),
        }
    }

    fn swapped_message(&self, message: &u8, _: Swap) -> u8 {
        *message
    }

    fn swapped_state(&self, state: &TableState, swap: Swap) -> TableState {
        TableState { me: swap.of(General::new(state.me)).id(), ..state.clone() }
    }
}
