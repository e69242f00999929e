//! Event-driven protocols that do not say what a traitor could say: the messages heard from them are the alphabet.

use turncoat::{
    Effects, EventDriven, EventTestable, General, Graph, Order, Problem, ReliableBroadcast, Seat,
    Termination, check, hunt,
};

use crate::altered::Altered;

/// Everybody obeys the first order that it hears and passes it on; or, if `mute`, nobody says anything.
#[derive(Debug)]
struct Gossip {
    mute: bool,
}

impl EventDriven for Gossip {
    type Value = Order;
    type Decision = Order;
    type Message = Order;
    type State = Option<Order>;

    fn begin(&self, _: Seat, order: Option<&Order>, effects: &mut Effects<Order>) -> Option<Order> {
        order.iter().filter(|_| !self.mute).for_each(|order| effects.broadcast(**order));
        order.copied()
    }
    fn receive(
        &self,
        state: &mut Option<Order>,
        _: General,
        order: &Order,
        effects: &mut Effects<Order>,
    ) {
        if state.is_none() {
            *state = Some(*order);
            effects.broadcast(*order);
        }
    }
    fn decision(&self, state: &Option<Order>) -> Option<Order> {
        *state
    }
}

impl EventTestable for Gossip {
    fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)).deciding(Termination::AllOrNone))
    }
}

/// Without an alphabet, traitors say messages that were heard. That breaks a protocol with a bug; on a correct one the
/// verdict says that nobody knows what else could be said.
#[test]
fn without_an_alphabet_traitors_say_what_was_heard() {
    let gossip = || Gossip { mute: false };
    let found = check(gossip()).generals(4).traitors(1).assert_broken();
    assert_eq!(found.violation.name(), "validity");
    // A lieutenant says the other order: nobody says that in a run with this input.
    assert!(!found.attack.traitors.contains(General::COMMANDER), "{found}");
    hunt(gossip()).generals(4).traitors(1).cases(200).assert_finds();

    let right = || Altered::unheard(ReliableBroadcast::new());
    let verdict = check(right()).generals(4).traitors(1).run().unwrap();
    assert_eq!(verdict.name(), "bounded");
    let text = verdict.to_string();
    assert!(text.contains("the protocol does not say what a traitor could say"), "{text}");
    assert!(text.contains("made of the 6 messages heard in"), "{text}");
    let hasty = Altered::unheard(ReliableBroadcast::new().deliver_at(2));
    let found = check(hasty).generals(4).traitors(1).assert_broken();
    assert_eq!(found.violation.name(), "totality");
    let hunted = hunt(right()).generals(4).traitors(1).cases(200).run().unwrap();
    assert!(hunted.to_string().contains("made of the 6 messages heard in"), "{hunted}");

    let mute = check(Gossip { mute: true }).generals(4).traitors(1).run().unwrap_err();
    assert!(mute.to_string().contains("no alphabet is given, and nothing was heard"), "{mute}");
}
