//! What a traitor overhears is what it can show: in the same round, from wires that are not its own,
//! and also when nobody remembers any more that it was said.

use turncoat::execution::Size;
use turncoat::search::Engine;
use turncoat::signature::Signed;
use turncoat::{
    Adversary, Edit, General, Generals, Graph, Lockstep, Problem, Repertoire, Round, Seat, Signing,
    Testable, Wire, check, run,
};

/// Whoever asks the commander in round 1 has his signature said in round 2, to lieutenant 1, who
/// does not listen; and the commander forgets it. Who shows that signature to lieutenant 1 in the
/// last round makes him decide on nonsense.
#[derive(Clone, Copy, Debug)]
struct Oracle {
    rounds: usize,
    answers: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Message {
    Question,
    Answer,
}

/// Who I am, and whether I was asked, or shown the answer.
type State = (General, bool);

impl Lockstep for Oracle {
    type Value = u8;
    type Decision = u8;
    type Message = Message;
    type State = State;

    fn rounds(&self, _n: usize) -> usize {
        self.rounds
    }

    fn start(&self, seat: Seat, _: Option<&u8>) -> State {
        (seat.me, false)
    }

    fn send(
        &self,
        (me, asked): &State,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Message> {
        let answers = me.is_commander() && round == 2 && to.id() == 1 && self.answers;
        (*asked && answers).then_some(Message::Answer)
    }

    fn receive(&self, (me, knows): &mut State, round: Round, from: General, message: &Message) {
        let asked = me.is_commander() && round == 1 && *message == Message::Question;
        let shown = me.id() == 1 && from.id() == 2 && round == self.rounds;
        *knows |= asked || (shown && *message == Message::Answer);
    }

    fn end_round(&self, (me, knows): &mut State, round: Round) {
        *knows &= !(me.is_commander() && round == 2);
    }

    fn decide(&self, (_, shown): &State) -> Option<u8> {
        Some(if *shown { 9 } else { 0 })
    }
}

impl Testable for Oracle {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast([0]))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Message> {
        match (wire.round, wire.from.id(), wire.to.id()) {
            (1, 2, 0) => Repertoire::one_of([Message::Question]),
            (2, 0, 1) => Repertoire::one_of([Message::Answer]),
            (last, 2, 1) if last == self.rounds => Repertoire::one_of([Message::Answer]),
            _ => Repertoire::silent(),
        }
    }

    fn signing(&self) -> &dyn Signing<Message> {
        self
    }
}

impl Signing<Message> for Oracle {
    fn signatures(&self, message: &Message) -> Vec<Signed> {
        let answer = Signed { by: General::COMMANDER, statement: Box::from(*b"answer") };
        Vec::from_iter((*message == Message::Answer).then_some(answer))
    }
}

#[test]
fn what_was_overheard_can_be_shown() {
    for rounds in 2..=4 {
        let oracle = Oracle { rounds, answers: true };
        let adversary = Adversary::byzantine(1).without_replays().loyal_commander();
        let ask = |oracle: Oracle| check(oracle).generals(3).against(adversary);
        for engine in [Engine::Exhaustive, Engine::Naive] {
            let found = ask(oracle).engine(engine).assert_broken();
            assert_eq!(found.size, Size::Smallest, "{engine:?}");
            assert_eq!(found.attack.traitors, Generals::NONE.with(General::new(2)));
            let said = found.attack.lies.iter().map(|lie| lie.edit.clone()).collect::<Vec<_>>();
            let [question, answer] = [Message::Question, Message::Answer].map(Edit::Say);
            assert_eq!(said, [question, answer], "{rounds} rounds, {engine:?}");
            // Who has not asked has nothing to show.
            let mut unasked = found.attack.clone();
            unasked.lies.remove(0);
            let execution = run(&oracle, &unasked).unwrap();
            assert_eq!(execution.lacking.len(), 1);
            assert_eq!(execution.violation(), None);
            ask(Oracle { answers: false, ..oracle }).engine(engine).assert_holds();
        }
    }
}
