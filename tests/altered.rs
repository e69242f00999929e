//! An event-driven protocol with another problem, or without an alphabet, so that it does not say what a traitor could
//! say.

use turncoat::protocol::events::Timer;
use turncoat::testable::EventProblemOf;
use turncoat::{
    Coin, Effects, EventDriven, EventTestable, Face, General, Graph, Phased, Seat, Signing,
    Symmetric, Termination, Words,
};

/// The protocol, and what is changed about it.
#[derive(Clone, Copy, Debug)]
pub struct Altered<P> {
    protocol: P,
    termination: Option<Termination>,
    has_alphabet: bool,
}

impl<P> Altered<P> {
    /// The problem demands that everybody decides.
    pub fn live(protocol: P) -> Altered<P> {
        Altered { protocol, termination: Some(Termination::All), has_alphabet: true }
    }

    /// It has no alphabet.
    pub fn unheard(protocol: P) -> Altered<P> {
        Altered { protocol, termination: None, has_alphabet: false }
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: EventDriven> EventDriven for Altered<P> {
    type Value = P::Value;
    type Decision = P::Decision;
    type Message = P::Message;
    type State = P::State;

    fn begin(
        &self,
        seat: Seat,
        input: Option<&P::Value>,
        effects: &mut Effects<P::Message>,
    ) -> P::State {
        self.protocol.begin(seat, input, effects)
    }

    fn receive(
        &self,
        state: &mut P::State,
        from: General,
        message: &P::Message,
        effects: &mut Effects<P::Message>,
    ) {
        self.protocol.receive(state, from, message, effects);
    }

    fn timer(&self, state: &mut P::State, timer: Timer, effects: &mut Effects<P::Message>) {
        self.protocol.timer(state, timer, effects);
    }

    fn coin(
        &self,
        state: &mut P::State,
        coin: Coin,
        face: Face,
        effects: &mut Effects<P::Message>,
    ) {
        self.protocol.coin(state, coin, face, effects);
    }

    fn restart(&self, state: &P::State, effects: &mut Effects<P::Message>) -> P::State {
        self.protocol.restart(state, effects)
    }

    fn decision(&self, state: &P::State) -> Option<P::Decision> {
        self.protocol.decision(state)
    }

    fn can_become(&self, made: &P::Decision, next: &P::Decision) -> bool {
        self.protocol.can_become(made, next)
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: EventTestable> EventTestable for Altered<P> {
    fn problem(&self, graph: &Graph) -> Result<EventProblemOf<Self>, String> {
        let problem = self.protocol.problem(graph)?;
        Ok(match self.termination {
            Some(termination) => problem.deciding(termination),
            None => problem,
        })
    }

    fn alphabet(&self, n: usize, from: General, to: General) -> Vec<P::Message> {
        if self.has_alphabet { self.protocol.alphabet(n, from, to) } else { Vec::new() }
    }

    fn slots(&self, n: usize, from: General, to: General) -> Vec<Vec<P::Message>> {
        if self.has_alphabet { self.protocol.slots(n, from, to) } else { Vec::new() }
    }

    fn signing(&self) -> &dyn Signing<P::Message> {
        self.protocol.signing()
    }

    fn words(&self) -> &dyn Words<P::Message, P::State> {
        self.protocol.words()
    }

    fn symmetry(&self) -> Option<&dyn Symmetric<P::Message, P::State>> {
        self.protocol.symmetry()
    }

    fn phases(&self) -> Option<&dyn Phased<P::Message, P::State>> {
        self.protocol.phases()
    }

    fn waves(&self, n: usize) -> usize {
        self.protocol.waves(n)
    }

    fn is_opaque(&self) -> bool {
        self.protocol.is_opaque()
    }

    fn in_order(&self) -> bool {
        self.protocol.in_order()
    }
}
