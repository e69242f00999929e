//! Random tiny protocols without a last phase: in each phase a general reacts, by random tables, to what it hears of
//! that phase, sets a timer or tosses a coin, and goes on to the next phase with a small number. Some make wrong claims
//! about their phases.

use std::collections::BTreeMap;

use turncoat::protocol::events::Face;
use turncoat::testable::Symmetric;
use turncoat::{
    Coin, Demand, Effects, EventDriven, EventTestable, General, Generals, Graph, Phased, Problem,
    Seat, Swap, Task, Termination, Timer, Validity,
};

use crate::tables::Tables;

/// A protocol of random tables.
#[derive(Clone, Copy, Debug)]
pub struct PhasedTables {
    pub tables: Tables,
    pub n: usize,
    /// Everybody falls silent after this many phases, if there is a last one.
    pub last: Option<u32>,
    pub misclaim: Misclaim,
}

/// What is wrong with the claims about phases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misclaim {
    Nothing,
    /// It acts on messages of the next phase.
    HearsAhead,
    /// It acts on messages of the phase after the next.
    HearsFarAhead,
    /// It acts on messages of earlier phases.
    MindsThePast,
    /// It acts on messages of phases before the previous one.
    MindsFarPast,
    /// Its answer to an earlier phase depends on the present one.
    AnswersFromNow,
    /// It forgets the messages that it put off.
    LosesWhatIsPutOff,
    /// Renumbering forgets the decision.
    ForgetsTheDecision,
    /// Renumbering changes one number into another.
    ForgetsTheNumber,
    /// Renumbering forgets whose message ended the phase before.
    ForgetsWho,
    /// Even phases are different.
    TellsEvenPhases,
    /// Phases from the third on are different.
    TellsTheThirdPhase,
    /// It skips phases.
    Skips,
    /// It sends a message of the next phase too early.
    SaysAhead,
    /// It sends a message of the previous phase.
    SaysBehind,
    /// A coin has the number of the next phase.
    CoinOfTheNext,
    /// A coin has the number 0.
    CoinOfNone,
    /// A coin has the greatest number.
    CoinFarOff,
    /// A timer has the number of the next phase.
    TimerOfTheNext,
    /// A timer has the greatest number.
    TimerFarOff,
    /// It claims that all generals are in the first phase.
    AlwaysFirst,
    /// It claims that all generals are a phase ahead.
    PhaseAhead,
    /// It claims that all messages are of the first phase.
    SaidInFirst,
    /// Moving a message to another phase changes it into another message.
    SaysOther,
}

/// What a general remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PhasedState {
    me: General,
    phase: u32,
    /// Whether the last phase is over.
    over: bool,
    mood: usize,
    /// The number that it has carried into this phase.
    number: usize,
    /// Whose message ended the previous phase.
    friend: Option<General>,
    /// How many messages it has sent in this phase.
    sent: usize,
    asked: bool,
    decided: Option<u8>,
    /// For each earlier phase, how it ended, and whether it has answered a message of it since.
    past: BTreeMap<u32, (usize, bool)>,
    /// Messages of later phases.
    later: Vec<(u32, General, u8)>,
}

/// What happens, which general caused it, and its entry in the tables.
type What = (&'static str, Option<General>, usize);

impl PhasedTables {
    pub fn new(seed: u64) -> PhasedTables {
        let tables = Tables(seed);
        let n = [2, 3, 3, 3, 4][tables.draw("n", [], 5)];
        PhasedTables { tables, n, last: None, misclaim: Misclaim::Nothing }
    }

    pub fn traitors(&self) -> usize {
        self.tables.draw("f", [], 3).min(1)
    }

    fn task(&self) -> Task {
        if self.tables.one_in(4, "broadcast", []) { Task::Broadcast } else { Task::Consensus }
    }

    fn is_symmetric(&self) -> bool {
        self.tables.draw("symmetric", [], 3) > 0
    }

    fn part(&self, general: General) -> usize {
        match self.task() {
            _ if !self.is_symmetric() => general.id(),
            Task::Broadcast => general.id().min(1),
            Task::Consensus => 0,
        }
    }

    fn values(&self) -> usize {
        2
    }

    fn moods(&self) -> usize {
        if self.n == 4 { 2 } else { 2 + self.tables.draw("moods", [], 2) }
    }

    fn most_sent(&self) -> usize {
        if self.n == 4 { 1 } else { 1 + self.tables.draw("most", [], 2) }
    }

    /// How many different numbers can be carried; sometimes they only rise.
    fn numbers(&self) -> usize {
        2 + self.tables.draw("numbers", [], 4)
    }

    /// What wrongly depends on the phase.
    fn told(&self, state: &PhasedState) -> usize {
        let phase = state.phase as usize;
        match self.misclaim {
            Misclaim::TellsEvenPhases => phase % 2,
            Misclaim::TellsTheThirdPhase => usize::from(phase > 2),
            _ => 0,
        }
    }

    /// Reacts to an event in the general's present phase.
    fn react(
        &self,
        state: &mut PhasedState,
        (what, who, entry): What,
        effects: &mut Effects<(u32, u8)>,
    ) {
        let from = who.map_or(9, |who| self.part(who));
        let liked = self.tables.one_in(2, "likes", []) && who.is_some() && who == state.friend;
        let PhasedState { phase, mood, number, .. } = *state;
        let key =
            [self.part(state.me), mood, number, from, entry, usize::from(liked), self.told(state)];
        let draw = |about: &str, end| self.tables.draw(&format!("{what} {about}"), key, end);
        let rare = |many, about: &str| draw(about, many) == 0;
        assert!(!(self.tables.one_in(12, "panics", []) && rare(20, "panics")), "as drawn");
        if !rare(3, "rises") {
            state.mood = (mood + 1).min(self.moods() - 1);
        }
        if state.sent < self.most_sent() && rare(3, "sends") {
            state.sent += 1;
            self.say(state, phase, draw("message", 2) as u8, effects);
        }
        if self.tables.one_in(2, "decides within", []) && rare(4, "decides") {
            self.decide(state, draw("decision", self.values()));
        }
        if self.misclaim == Misclaim::SaysBehind && what == "receive" && phase > 1 {
            self.say(state, phase - 1, 0, effects);
        }
        if !state.asked && self.tables.one_in(3, "coins", []) && rare(3, "asks") {
            state.asked = true;
            let name = match self.misclaim {
                Misclaim::CoinOfTheNext => phase + 1,
                Misclaim::CoinOfNone => 0,
                Misclaim::CoinFarOff => u32::MAX,
                _ => phase,
            };
            effects.ask(match self.tables.one_in(2, "local", []) {
                true => Coin::Local(name),
                false => Coin::Common(name),
            });
        }
        if what == "begin" {
            return;
        }
        if self.tables.one_in(5, "cancels", []) && rare(3, "cancels now") {
            effects.cancel_timer(phase);
        }
        if rare(3, "ends") {
            let next = draw("number", self.numbers());
            let rises = self.tables.one_in(3, "numbers rise", []);
            let next = if rises { (number + 1).min(self.numbers() - 1) } else { next };
            self.go_on(state, who, next, effects);
        }
    }

    fn say(&self, state: &PhasedState, phase: u32, message: u8, effects: &mut Effects<(u32, u8)>) {
        match self.tables.one_in(4, "to one", []) && !self.is_symmetric() {
            true => effects.send(General::new(usize::from(state.me.id() == 0)), (phase, message)),
            false => effects.broadcast((phase, message)),
        }
    }

    fn decide(&self, state: &mut PhasedState, decision: usize) {
        let changes = self.tables.one_in(20, "changes", []);
        if changes || state.decided.is_none() {
            state.decided = Some(decision as u8);
        }
    }

    /// Goes on to the next phase.
    fn go_on(
        &self,
        state: &mut PhasedState,
        who: Option<General>,
        number: usize,
        effects: &mut Effects<(u32, u8)>,
    ) {
        state.past.insert(state.phase, (state.mood, false));
        if self.last == Some(state.phase) {
            state.over = true;
            return;
        }
        state.phase += if self.misclaim == Misclaim::Skips { 2 } else { 1 };
        (state.number, state.friend) = (number, who);
        self.begin_phase(state, effects);
        while let Some(place) = state.later.iter().position(|(phase, ..)| *phase <= state.phase) {
            let (phase, from, message) = state.later.remove(place);
            if self.misclaim != Misclaim::LosesWhatIsPutOff {
                self.receive(state, from, &(phase, message), effects);
            }
        }
    }

    fn begin_phase(&self, state: &mut PhasedState, effects: &mut Effects<(u32, u8)>) {
        (state.mood, state.sent, state.asked) = (0, 0, false);
        let (phase, key) = (state.phase, [self.part(state.me), state.number, self.told(state)]);
        let draw = |about: &str, end| self.tables.draw(&format!("new {about}"), key, end);
        if self.tables.one_in(4, "timers", []) {
            effects.set_timer(match self.misclaim {
                Misclaim::TimerOfTheNext => phase + 1,
                Misclaim::TimerFarOff => u32::MAX,
                _ => phase,
            });
        }
        if draw("says", 4) > 0 {
            self.say(state, phase, draw("message", 2) as u8, effects);
        }
        if self.misclaim == Misclaim::SaysAhead {
            self.say(state, phase + 1, 0, effects);
        }
        let many = 3 + self.tables.draw("late", [], 4);
        if phase > 1 && draw("decides", many) == 0 {
            self.decide(state, draw("decision", self.values()));
        }
    }

    /// Answers a message of an earlier phase.
    fn answer(
        &self,
        state: &mut PhasedState,
        phase: u32,
        entry: [usize; 2],
        effects: &mut Effects<(u32, u8)>,
    ) {
        match self.misclaim {
            Misclaim::MindsThePast => state.number = entry[1] % self.numbers(),
            Misclaim::MindsFarPast if phase + 1 < state.phase => {
                state.number = entry[1] % self.numbers();
            }
            _ => {}
        }
        let (me, now) = (self.part(state.me), state.number);
        let Some((mood, answered)) = state.past.get_mut(&phase) else { return };
        let draw = |about: &str, end| self.tables.draw(about, [me, *mood, entry[0], entry[1]], end);
        if self.tables.one_in(2, "answers", []) && !*answered && draw("answers now", 2) == 0 {
            *answered = true;
            let message = match self.misclaim {
                Misclaim::AnswersFromNow => now % 2,
                _ => draw("answer", 2),
            };
            effects.broadcast((phase, message as u8));
        }
    }

    /// Reacts to a coin or a timer of a phase.
    fn own(
        &self,
        state: &mut PhasedState,
        phase: u32,
        what: What,
        effects: &mut Effects<(u32, u8)>,
    ) {
        if phase < state.phase || state.over {
            self.answer(state, phase, [7, what.2], effects);
        } else {
            self.react(state, what, effects);
        }
    }
}

impl EventDriven for PhasedTables {
    type Value = u8;
    type Decision = u8;
    type Message = (u32, u8);
    type State = PhasedState;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&u8>,
        effects: &mut Effects<(u32, u8)>,
    ) -> PhasedState {
        let number = input.map_or(0, |input| usize::from(*input));
        let (mood, sent, decided) = (0, 0, None);
        let (past, later) = (BTreeMap::new(), Vec::new());
        let mut state = PhasedState {
            me: seat.me,
            phase: 1,
            over: false,
            mood,
            number,
            friend: None,
            sent,
            asked: false,
            decided,
            past,
            later,
        };
        self.begin_phase(&mut state, effects);
        self.react(&mut state, ("begin", None, 0), effects);
        state
    }

    fn receive(
        &self,
        state: &mut PhasedState,
        from: General,
        &(phase, message): &(u32, u8),
        effects: &mut Effects<(u32, u8)>,
    ) {
        let acts = match self.misclaim {
            Misclaim::HearsAhead => phase > state.phase,
            Misclaim::HearsFarAhead => phase > state.phase + 1,
            _ => false,
        };
        let entry = usize::from(message);
        if acts {
            state.number = entry;
        } else if phase > state.phase {
            state.later.push((phase, from, message));
            state.later.sort_unstable();
            state.later.dedup();
        } else if phase < state.phase || state.over {
            self.answer(state, phase, [self.part(from), entry], effects);
        } else {
            self.react(state, ("receive", Some(from), entry), effects);
        }
    }

    fn timer(&self, state: &mut PhasedState, timer: Timer, effects: &mut Effects<(u32, u8)>) {
        self.own(state, timer.min(state.phase), ("timer", None, 0), effects);
    }

    fn coin(
        &self,
        state: &mut PhasedState,
        coin: Coin,
        face: Face,
        effects: &mut Effects<(u32, u8)>,
    ) {
        let what = ("coin", None, usize::from(face));
        self.own(state, coin.name().min(state.phase), what, effects);
    }

    fn decision(&self, state: &PhasedState) -> Option<u8> {
        state.decided
    }
}

impl EventTestable for PhasedTables {
    fn problem(&self, _: &Graph) -> Result<Problem<u8>, String> {
        let values = 0..self.values() as u8;
        let validity = Validity::equal().of_those_who_decide();
        let problem = Problem::new(self.task(), values, validity).deciding(Termination::Free);
        let not_all = Demand::new("not all decide 1", |outcome| {
            outcome.decided().count() < 2 || outcome.decided().any(|decision| *decision == 0)
        });
        Ok(if self.tables.one_in(6, "demand", []) { problem.demanding(not_all) } else { problem })
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<(u32, u8)> {
        (1..=self.last.unwrap_or(1)).flat_map(|phase| [(phase, 0), (phase, 1)]).collect()
    }

    fn waves(&self, n: usize) -> usize {
        let _ = n;
        16
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<(u32, u8), PhasedState>> {
        self.is_symmetric().then_some(self as &dyn Symmetric<(u32, u8), PhasedState>)
    }

    fn phases(&self) -> Option<&dyn Phased<(u32, u8), PhasedState>> {
        self.last.is_none().then_some(self as &dyn Phased<(u32, u8), PhasedState>)
    }
}

impl Phased<(u32, u8), PhasedState> for PhasedTables {
    fn phase_of(&self, (phase, _): &(u32, u8)) -> u32 {
        if self.misclaim == Misclaim::SaidInFirst { 1 } else { *phase }
    }

    fn said_in(&self, &(_, message): &(u32, u8), phase: u32) -> (u32, u8) {
        match self.misclaim {
            Misclaim::SaysOther if phase > 1 => (phase, 1 - message),
            _ => (phase, message),
        }
    }

    fn phase(&self, state: &PhasedState) -> u32 {
        match self.misclaim {
            Misclaim::AlwaysFirst => 1,
            Misclaim::PhaseAhead => state.phase + 1,
            _ => state.phase,
        }
    }

    fn renumbered(&self, state: &PhasedState) -> PhasedState {
        let past = state.past.iter().filter(|(phase, _)| **phase > 1);
        let past = past.map(|(phase, ended)| (phase - 1, *ended)).collect();
        let later = state.later.iter().map(|(phase, from, message)| (phase - 1, *from, *message));
        let mut renumbered =
            PhasedState { phase: state.phase - 1, past, later: later.collect(), ..state.clone() };
        match self.misclaim {
            Misclaim::ForgetsTheDecision => renumbered.decided = None,
            Misclaim::ForgetsTheNumber => renumbered.number = state.number.max(1),
            Misclaim::ForgetsWho => renumbered.friend = None,
            _ => {}
        }
        renumbered
    }
}

impl Symmetric<(u32, u8), PhasedState> for PhasedTables {
    fn alike(&self, n: usize) -> Generals {
        match self.task() {
            Task::Broadcast => Generals::first(n).without(General::COMMANDER),
            Task::Consensus => Generals::first(n),
        }
    }

    fn swapped_message(&self, message: &(u32, u8), _: Swap) -> (u32, u8) {
        *message
    }

    fn swapped_state(&self, state: &PhasedState, swap: Swap) -> PhasedState {
        let later = state.later.iter();
        let mut later: Vec<_> =
            later.map(|(phase, from, message)| (*phase, swap.of(*from), *message)).collect();
        later.sort_unstable();
        let (me, friend) = (swap.of(state.me), state.friend.map(|friend| swap.of(friend)));
        PhasedState { me, friend, later, ..state.clone() }
    }
}
