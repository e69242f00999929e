//! Schedules: protocols that hold for any order of arrival, those that do not, and what a lost or late message does to
//! protocols that were promised that there is none.

use std::collections::BTreeMap;

use turncoat::execution::Size;
use turncoat::protocols::chain::Chain;
use turncoat::protocols::oral::Relay;
use turncoat::protocols::path::Path;
use turncoat::search::Engine;
use turncoat::signature::ideal::Token;
use turncoat::{
    Adversary, Arrival, Attack, AttackOn, Check, Edit, General, Generals, Ideal, Lie, OralMessages,
    Order, Problem, Property, Repertoire, Shift, SignedMessages, Testable, Wire, check, run,
};

use crate::by_functions::ByFunctions;

use crate::signed_textbook::{Mutation, Textbook};

const RETREAT: Order = Order::RETREAT;
const ATTACK: Order = Order::ATTACK;

fn sm(m: usize) -> SignedMessages {
    SignedMessages::new(m)
}

/// This order, signed by these generals, one after the other.
fn signed(order: Order, signers: &[usize]) -> Chain<Order, Token> {
    sm(1).sealer().chain(&order, signers.iter().copied().map(General::new))
}

fn relay(order: Order, path: &[usize]) -> Relay<Order> {
    let path = path.iter().fold(Path::root(), |path, id| path.then(General::new(*id)));
    Relay { path, value: order }
}

fn wire([round, from, to]: [usize; 3]) -> Wire {
    Wire { round, from: General::new(from), to: General::new(to) }
}

fn lie<M>(at: [usize; 3], edit: Edit<M>) -> Lie<M> {
    Lie { wire: wire(at), edit }
}

fn shift<M>(at: [usize; 3], message: M, arrival: Arrival) -> Shift<M> {
    Shift { wire: wire(at), message, arrival }
}

/// An attack in which ATTACK is the order.
fn attack<M>(
    n: usize,
    traitors: &[usize],
    lies: Vec<Lie<M>>,
    schedule: Vec<Shift<M>>,
) -> Attack<Order, M> {
    let traitors = traitors.iter().copied().map(General::new).collect();
    let inputs = BTreeMap::from([(General::COMMANDER, ATTACK)]);
    Attack { lies, schedule, ..Attack::new(n, traitors, inputs) }
}

/// Asserts that this is the smallest attack, and that it violates this property.
fn assert_broken_by<P: Testable>(question: Check<P>, property: Property, expected: &AttackOn<P>) {
    let found = question.assert_broken();
    assert_eq!(found.size, Size::Smallest, "{found}");
    assert_eq!(found.violation.property(), Some(property), "{found}");
    assert_eq!(found.attack, *expected, "{found}");
}

/// All orders of arrival, exhaustively; and with stray messages as well.
#[test]
fn om_and_sm_hold_in_any_order_of_arrival() {
    fn assert_holds<P: Testable + Clone>(protocol: P, n: usize, f: usize) {
        let question = |adversary| check(protocol.clone()).generals(n).against(adversary);
        let by_sender = Adversary::byzantine(f).without_replays();
        let [by_sender, any_order] =
            [by_sender, by_sender.any_order()].map(|adversary| question(adversary).run().unwrap());
        assert!(by_sender.holds() && any_order.holds(), "{any_order}");
        assert!(by_sender.behaviours < any_order.behaviours, "{any_order}");
        question(Adversary::byzantine(f).any_order()).assert_holds();
    }
    assert_holds(OralMessages::new(1), 4, 1);
    assert_holds(sm(1), 3, 1);
    assert_holds(sm(1), 4, 1);
    check(sm(2)).generals(4).against(Adversary::byzantine(2).any_order()).assert_holds();
}

/// "Choice = first received": the commander says ATTACK to one, and RETREAT to the other first.
#[test]
fn who_obeys_the_first_order_is_betrayed() {
    let mutant = || Textbook::new(1, Mutation::ObeysFirst, Ideal);
    let say = Edit::Say(signed(RETREAT, &[0]));
    let retreat_first = attack(3, &[0], vec![lie([1, 0, 2], say)], vec![]);
    let question = |adversary| check(mutant()).generals(3).against(adversary);
    let by_sender = Adversary::byzantine(1).without_replays();
    // RETREAT is less than ATTACK as data, so of the two it arrives first by sender, too.
    for adversary in [by_sender, by_sender.any_order()] {
        assert_broken_by(question(adversary), Property::Agreement, &retreat_first);
    }
    question(Adversary::byzantine(0).any_order()).assert_holds();
}

/// Everybody sends its input, and decides on what it takes for general 0's: the message that arrives first. It
/// remembers this in `heard[0]`, as the value plus one, where general 0 has its own input.
fn first_word(rounds: usize) -> ByFunctions {
    ByFunctions {
        rounds,
        problem: || Problem::consensus([0, 1]),
        send: |seen, _, _| vec![seen.heard[seen.me]],
        receive: |seen, _, _, value| {
            if seen.me != 0 && seen.heard[0] == 0 {
                seen.heard[0] = value + 1;
            }
        },
        decide: |seen| match (seen.me, seen.heard[0]) {
            (0, own) => own,
            (me, 0) => seen.heard[me],
            (_, first) => first - 1,
        },
        repertoire: |_| Repertoire::one_of([0, 1]),
        ..ByFunctions::plain()
    }
}

/// By sender, the first message is general 0's. In any order it need not be.
#[test]
fn who_takes_the_first_word_for_the_leaders_needs_arrival_by_sender() {
    let inputs = [0, 0, 1].into_iter().enumerate();
    let inputs = inputs.map(|(id, input)| (General::new(id), input)).collect();
    let first = shift([1, 2, 1], 1, Arrival::First);
    let overtaking = Attack { schedule: vec![first], ..Attack::new(3, Generals::NONE, inputs) };
    for n in 2..=4 {
        check(first_word(1)).generals(n).traitors(0).assert_holds();
    }
    let any_order = Adversary::byzantine(0).any_order();
    check(first_word(1)).generals(2).against(any_order).assert_holds();
    let question = check(first_word(1)).generals(3).against(any_order);
    assert_broken_by(question, Property::Agreement, &overtaking);
}

/// A lost message between loyal generals is as bad as one more traitor. So is one that is a round late, because by then
/// it has too few signatures.
#[test]
fn sm_1_does_not_survive_a_traitor_and_a_lost_message() {
    use Arrival::{Late, Never};
    let sm_1 = |adversary| check(sm(1)).generals(3).against(adversary);
    let byzantine = Adversary::byzantine(1).without_replays();
    // The commander says RETREAT as well, to 1 alone, whose relay of that is lost.
    let say = Edit::Say(signed(RETREAT, &[0]));
    let relayed = shift([2, 1, 2], signed(RETREAT, &[0, 1]), Never);
    let two_faced = attack(3, &[0], vec![lie([1, 0, 1], say)], vec![relayed]);
    for latest in 0..=1 {
        let question = sm_1(byzantine.disrupted(1, latest));
        assert_broken_by(question, Property::Agreement, &two_faced);
    }
    // The order reaches 2 too late or not at all, and the traitor keeps it from him as well.
    let withhold = Edit::Withhold(signed(ATTACK, &[0, 1]));
    for (latest, arrival) in [(0, Never), (1, Late(1))] {
        let order = shift([1, 0, 2], signed(ATTACK, &[0]), arrival);
        let lie = lie([2, 1, 2], withhold.clone());
        let kept_back = attack(3, &[1], vec![lie], vec![order]);
        let question = sm_1(byzantine.loyal_commander().disrupted(1, latest));
        assert_broken_by(question, Property::Validity, &kept_back);
    }
    // One round more than there are traitors makes up for one message.
    check(sm(2)).generals(4).against(byzantine.disrupted(1, 1)).assert_holds();
}

/// If everybody is loyal, SM(1) survives lost messages as long as one lieutenant receives the order.
#[test]
fn sm_1_among_the_loyal_survives_lost_messages() {
    use Arrival::{Late, Never};
    for (n, survived) in [(3, 1), (4, 2)] {
        let disrupted = |lost, latest| Adversary::byzantine(0).disrupted(lost, latest);
        let question = |lost, latest| check(sm(1)).generals(n).against(disrupted(lost, latest));
        question(survived, 0).assert_holds();
        question(survived, 1).assert_holds();
        let order = |to| shift([1, 0, to], signed(ATTACK, &[0]), Never);
        let all_lost = attack(n, &[], vec![], (1..n).map(order).collect());
        assert_broken_by(question(survived + 1, 0), Property::Validity, &all_lost);
    }
    let order = |to| shift([1, 0, to], signed(ATTACK, &[0]), Late(1));
    let all_late = attack(3, &[], vec![], vec![order(1), order(2)]);
    let question = check(sm(1)).generals(3).against(Adversary::byzantine(0).disrupted(2, 1));
    assert_broken_by(question, Property::Validity, &all_late);
}

/// The commander says RETREAT to 2 alone. Then 3 has a majority for ATTACK, and so has 2, unless the vote of 1 is lost,
/// which he takes for RETREAT.
#[test]
fn om_1_does_not_survive_a_traitor_and_a_lost_message() {
    let om_1 = |f, lost, latest| {
        let adversary = Adversary::byzantine(f).without_replays().disrupted(lost, latest);
        check(OralMessages::new(1)).generals(4).against(adversary)
    };
    let edit = Edit::Instead { of: relay(ATTACK, &[]), say: relay(RETREAT, &[]) };
    let vote = shift([2, 1, 2], relay(ATTACK, &[1]), Arrival::Never);
    let two_faced = attack(4, &[0], vec![lie([1, 0, 2], edit)], vec![vote]);
    assert_broken_by(om_1(1, 1, 0), Property::Agreement, &two_faced);
    assert_broken_by(om_1(1, 1, 1), Property::Agreement, &two_faced);
    om_1(0, 1, 1).assert_holds();
    let order = |to| shift([1, 0, to], relay(ATTACK, &[]), Arrival::Never);
    let lost = attack(4, &[], vec![], vec![order(1), order(2)]);
    assert_broken_by(om_1(0, 2, 0), Property::Validity, &lost);
}

/// The order in which the schedule lists two late messages does not matter.
#[test]
fn late_messages_arrive_in_the_order_in_which_they_would_have_arrived() {
    let late = |from| shift([1, from, 3], 1, Arrival::Late(1));
    let inputs: BTreeMap<_, _> = (0..4).map(|id| (General::new(id), 1)).collect();
    let views = [[1, 2], [2, 1]].map(|froms| {
        let schedule = froms.map(late).to_vec();
        let attack = Attack { schedule, ..Attack::new(4, Generals::NONE, inputs.clone()) };
        let execution = run(&first_word(2), &attack).unwrap();
        assert_eq!(execution.idle, []);
        let view = execution.view(General::new(3));
        view.map(|(wire, _)| (wire.round, wire.from.id())).collect::<Vec<_>>()
    });
    assert_eq!(views[0], [(1, 0), (2, 1), (2, 2), (2, 0), (2, 1), (2, 2)]);
    assert_eq!(views[1], views[0]);
}

#[test]
fn questions_that_can_not_be_answered_are_refused() {
    let ask = |adversary| check(first_word(1)).generals(3).against(adversary);
    let refused = |question: Check<ByFunctions>| question.run().unwrap_err().to_string();
    let byzantine = Adversary::byzantine(1);
    for adversary in [Adversary::crash(1), byzantine.any_order(), byzantine.disrupted(1, 0)] {
        let question = ask(adversary).engine(Engine::Naive);
        assert!(refused(question).starts_with("the naive engine knows no traitors but"));
    }
    assert!(refused(ask(byzantine.disrupted(65, 0))).starts_with("disruptions is 65: at most 64"));
}

/// There are 2^64 inputs, and for each of them 63! orders of arrival at every general.
#[test]
fn of_a_space_too_large_a_part_is_searched() {
    let any_order = Adversary::byzantine(0).any_order();
    let crowd = check(first_word(1)).generals(64).against(any_order);
    assert_eq!(crowd.steps(1_000).run().unwrap().name(), "bounded");
}
