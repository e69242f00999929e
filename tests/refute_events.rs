//! If mail can be late, no protocol can be correct among n <= 3f generals, signed or not, and no consensus protocol
//! among n <= 2f, even if they only crash.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use turncoat::adversary::Timing;
use turncoat::impossibility::argument::{ArgumentOf, Conclusion, Construction};
use turncoat::{
    Adversary, Arrival, BenOr, BinaryAgreement, CheckError, Coin, Effects, EventDriven,
    EventTestable, Face, FaultClass, General, Generals, Graph, InWaves, Order, OwnEvent, Problem,
    ReliableBroadcast, Seat, Task, Termination, Timer, Violation, refute, run,
};

use crate::event_tables::EventTables;
use crate::signed_events::Certified;

/// Everybody sends its input, and decides the least value that it knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Least {
    /// Of this many values, its own included.
    Of(usize),
    /// When its timer goes off.
    InTime,
    /// When its timer has gone off twice: each time it says so, and sets the timer again.
    AfterTwoBeats,
    /// If the common coin shows that value; otherwise it asks for the next coin.
    IfTheCoinSaysSo,
    /// When it knows half of the values, and once more with each further one.
    OfAllInTheEnd,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Said {
    Input(Order),
    Beat,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Known {
    of: BTreeMap<General, Order>,
    n: usize,
    beats: u32,
    decided: Option<Order>,
}

impl Known {
    fn least(&self) -> Order {
        self.of.values().copied().min().expect("it knows its own")
    }
}

impl Least {
    fn look(self, known: &mut Known) {
        match self {
            Least::Of(enough) if known.of.len() >= enough => {
                let least = known.least();
                known.decided.get_or_insert(least);
            }
            Least::OfAllInTheEnd if known.of.len() * 2 >= known.n => {
                known.decided = Some(known.least());
            }
            _ => {}
        }
    }
}

impl EventDriven for Least {
    type Value = Order;
    type Decision = Order;
    type Message = Said;
    type State = Known;

    fn begin(&self, seat: Seat, input: Option<&Order>, effects: &mut Effects<Said>) -> Known {
        let input = input.copied().unwrap_or(Order::RETREAT);
        effects.broadcast(Said::Input(input));
        match self {
            Least::InTime | Least::AfterTwoBeats => effects.set_timer(1),
            Least::IfTheCoinSaysSo => effects.ask(Coin::Common(0)),
            Least::Of(_) | Least::OfAllInTheEnd => {}
        }
        let of = BTreeMap::from([(seat.me, input)]);
        let mut known = Known { of, n: seat.n, beats: 0, decided: None };
        self.look(&mut known);
        known
    }

    fn receive(&self, known: &mut Known, from: General, said: &Said, _: &mut Effects<Said>) {
        if let Said::Input(input) = said {
            known.of.entry(from).or_insert(*input);
            self.look(known);
        }
    }

    fn timer(&self, known: &mut Known, timer: Timer, effects: &mut Effects<Said>) {
        known.beats += 1;
        if *self == Least::AfterTwoBeats {
            effects.broadcast(Said::Beat);
            effects.set_timer(timer);
        }
        if known.beats == 2 || *self == Least::InTime {
            known.decided = Some(known.least());
        }
    }

    fn coin(&self, known: &mut Known, coin: Coin, face: Face, effects: &mut Effects<Said>) {
        let least = known.least();
        let Coin::Common(number) = coin else { panic!("no other coin is asked for") };
        // The face must differ from the one that the coin shows by default.
        let is_odd = u32::from(face) != number % 2;
        if is_odd && least == Order::first(2)[usize::from(face)] {
            known.decided = Some(least);
        } else if number < 3 {
            effects.ask(Coin::Common(number + 1));
        }
    }

    fn decision(&self, known: &Known) -> Option<Order> {
        known.decided
    }
}

impl EventTestable for Least {
    fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::consensus(Order::first(2)))
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<Said> {
        Order::first(2).into_iter().map(Said::Input).chain([Said::Beat]).collect()
    }
}

/// The first order that arrives is obeyed and passed on.
#[derive(Clone, Copy, Debug)]
struct Gossip;

impl EventDriven for Gossip {
    type Value = Order;
    type Decision = Order;
    type Message = Order;
    type State = Option<Order>;

    fn begin(&self, _: Seat, order: Option<&Order>, effects: &mut Effects<Order>) -> Self::State {
        order.iter().for_each(|order| effects.broadcast(**order));
        order.copied()
    }

    fn receive(
        &self,
        known: &mut Self::State,
        _: General,
        order: &Order,
        effects: &mut Effects<Order>,
    ) {
        if known.is_none() {
            *known = Some(*order);
            effects.broadcast(*order);
        }
    }

    fn decision(&self, known: &Self::State) -> Option<Order> {
        *known
    }
}

impl EventTestable for Gossip {
    fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)).deciding(Termination::AllOrNone))
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<Order> {
        Order::first(2)
    }
}

/// Asserts that every statement of an argument is true, by checking each once more. Returns the violated property, and
/// in which world.
fn assert_true<P: EventTestable>(
    protocol: &P,
    argument: &ArgumentOf<InWaves<P>>,
    f: usize,
    setting: &str,
) -> (usize, &'static str) {
    assert_eq!(argument.theorem, Construction::Partition, "{setting}");
    let until = argument.until.unwrap();
    for world in &argument.worlds {
        let again = run(&InWaves(protocol), &world.attack).unwrap();
        assert_eq!(again, world.execution, "{setting}");
        assert!(again.lacking.is_empty() && again.idle.is_empty(), "{setting}: {:?}", again.idle);
        let loyal = Generals::first(world.attack.n()).minus(world.attack.traitors);
        assert_eq!(world.loyal(), loyal, "{setting}");
        assert!(world.is_whole() && world.attack.traitors.len() <= f, "{setting}");
    }
    // Alone, a side lies to nobody, and the others have crashed.
    for alone in [&argument.worlds[0], argument.worlds.last().unwrap()] {
        let attack = &alone.attack;
        assert!(attack.lies.is_empty() && attack.schedule.is_empty(), "{setting}");
        assert_eq!(attack.crashes.len(), attack.traitors.len(), "{setting}");
    }
    let witnesses: Vec<_> = argument.witnesses().collect();
    assert!(witnesses.iter().all(|witness| witness.same_view), "{setting}: {witnesses:?}");
    assert_eq!(witnesses.len(), argument.worlds.len() - 1, "{setting}");
    if let [_, both, _] = &argument.worlds[..] {
        let due = |shift: &turncoat::Shift<_>| match shift.arrival {
            Arrival::Late(waves) => shift.wire.round + waves,
            other => panic!("{setting}: {other:?}"),
        };
        assert!(both.attack.schedule.iter().all(|shift| due(shift) == until + 1), "{setting}");
        let after = both.attack.lies.iter().filter(|lie| lie.wire.round > until);
        assert_eq!(after.count(), 0, "{setting}");
    }
    let Conclusion::Refuted(broken) = argument.conclusion else {
        panic!("{setting}: {:?}", argument.conclusion)
    };
    (broken + 1, argument.worlds[broken].execution.violation().unwrap().name())
}

/// Asserts that the protocol is refuted among this many generals, by this property in this world.
fn assert_refuted<P: EventTestable + Clone>(
    protocol: &P,
    (n, adversary): (usize, Adversary),
    expected: (usize, &str),
) -> ArgumentOf<InWaves<P>> {
    let setting = format!("{protocol:?}, n = {n}, {adversary:?}");
    let asked = refute(protocol.clone()).generals(n).against(adversary);
    let argument = asked.assert_refuted();
    assert_eq!(
        assert_true(protocol, &argument, adversary.traitors, &setting),
        expected,
        "{setting}"
    );
    argument
}

/// The answer where nothing is refuted, in one line.
fn refusal<P: EventTestable>(protocol: P, n: usize, adversary: Adversary) -> String {
    refute(protocol).generals(n).against(adversary).run().unwrap_err().to_string()
}

/// A protocol that waits for more than n - f fails to decide alone, if it must decide; one that does not wait decides
/// two different values.
#[test]
fn published_protocols_are_refuted_below_their_bound() {
    for f in 1..=3 {
        let (n, byzantine) = (3 * f, Adversary::byzantine(f));
        let bracha = ReliableBroadcast::new().tolerating(f);
        assert_refuted(&bracha, (n, byzantine), (1, "validity"));
        let hasty = bracha.ready_at(n - f).deliver_at(n - f);
        assert_refuted(&hasty, (n, byzantine), (2, "agreement"));
        let mmr = BinaryAgreement::new().rounds(2).tolerating(f);
        assert_refuted(&mmr.accept_at(n - f), (n, byzantine), (2, "agreement"));
        assert_refuted(&mmr.accept_at(n - f).confirming(), (n, byzantine), (2, "agreement"));
        let ben_or = BenOr::new().rounds(2).tolerating(f);
        assert_refuted(&ben_or.against_crashes(), (n, byzantine), (2, "agreement"));
        // These need not decide, and wait for too many.
        for line in [refusal(mmr, n, byzantine), refusal(ben_or, n, byzantine)] {
            assert!(line.contains("nobody decides, and here nobody has to"), "{line}");
        }
        let line = refusal(ben_or.against_crashes(), 2 * f.max(2), Adversary::crash(f.max(2)));
        assert!(line.contains("nobody decides, and here nobody has to"), "{line}");
        let line = refute(bracha).generals(n).traitors(f).violating("totality").run().unwrap_err();
        assert_eq!(line, CheckError::NoWorld("totality".to_owned()));
    }
}

/// At the bound nothing is refuted, and the answer says why.
#[test]
fn at_the_bound_there_are_protocols() {
    for (n, adversary, why) in [
        (4, Adversary::byzantine(1), "With n > 3f there is a protocol, if from some time on"),
        (7, Adversary::byzantine(2), "With n > 3f there is a protocol, if from some time on"),
        (3, Adversary::crash(1), "With n > 2f there is a protocol, if from some time on"),
        (5, Adversary::crash(2), "With n > 2f there is a protocol, if from some time on"),
    ] {
        let possible = refute(Least::Of(1)).generals(n).against(adversary).run().unwrap();
        assert_eq!(possible.name(), "possible", "n = {n}");
        let text = possible.to_string().replace('\n', " ");
        assert!(text.contains(why), "{text}");
    }
    for adversary in [Adversary::byzantine(1), Adversary::crash(2)] {
        let possible = refute(Gossip).generals(4).against(adversary).run().unwrap();
        assert!(possible.to_string().contains("there is a reliable broadcast"), "{possible}");
    }
}

/// The traitors make their own signatures, and have overheard whatever else they show.
#[test]
fn signatures_do_not_help() {
    for f in 1..=3 {
        let protocol = Certified { enough: 2 * f, distinct: true };
        let argument = assert_refuted(&protocol, (3 * f, f.into()), (2, "agreement"));
        let both = &argument.worlds[1];
        assert!(!both.attack.lies.is_empty() && both.attack.traitors.contains(General::COMMANDER));
        // More signatures than that can't be collected.
        let cautious = Certified { enough: 2 * f + 1, distinct: true };
        assert_refuted(&cautious, (3 * f, f.into()), (1, "validity"));
    }
}

/// In the world with both halves nobody is a traitor, and nobody lies.
#[test]
fn halves_need_only_be_slow() {
    for (n, f) in [(3, 2), (4, 2), (5, 3), (6, 3), (12, 6)] {
        for adversary in [Adversary::crash(f), Adversary::byzantine(f)] {
            let protocol = Least::Of(n - f);
            let argument = assert_refuted(&protocol, (n, adversary), (2, "agreement"));
            let attack = &argument.worlds[1].attack;
            assert_eq!(attack.traitors, Generals::NONE);
            assert_eq!((attack.faults, attack.lies.len()), (adversary.faults, 0));
            assert_refuted(&Least::Of(f.max(n - f) + 1), (n, adversary), (1, "validity"));
        }
    }
}

/// In the shared world timers go off as they do when a side is alone, although mail is under way; and coins show what
/// makes both sides decide.
#[test]
fn timers_and_coins_do_what_they_do_alone() {
    for (n, adversary) in [(3, Adversary::byzantine(1)), (4, Adversary::crash(2))] {
        for protocol in [Least::InTime, Least::AfterTwoBeats, Least::IfTheCoinSaysSo] {
            let argument = assert_refuted(&protocol, (n, adversary), (2, "agreement"));
            let happenings = &argument.worlds[1].attack.happenings;
            let timers = happenings.iter().filter(|it| matches!(it.event, OwnEvent::GoesOff(_)));
            assert_eq!(timers.count() > 0, protocol != Least::IfTheCoinSaysSo, "{protocol:?}");
            assert!(!happenings.is_empty(), "{protocol:?}");
        }
    }
}

/// A protocol that changes its decision when it hears of the other half breaks a rule for all protocols.
#[test]
fn a_decision_that_changes_is_what_gives_way() {
    let refutation = refute(Least::OfAllInTheEnd).generals(4).against(Adversary::crash(2)).run();
    let refutation = refutation.unwrap();
    let world = refutation.broken().unwrap();
    assert!(matches!(world.execution.violation(), Some(Violation::Fault(_))), "{refutation}");
    assert!(refutation.to_string().contains("the decision changes from"), "{refutation}");
}

/// Part of a cut may have crashed, and the others show each side a different world. If the cut is small all of it may
/// have crashed, and then nobody lies.
#[test]
fn where_a_graph_can_be_cut_nothing_is_right() {
    let star = Graph::from_edges(5, (1..5).map(|end| (0, end))).unwrap();
    for (graph, adversary) in [
        (Graph::ring(4), Adversary::byzantine(1)),
        (Graph::ring(7), Adversary::byzantine(1)),
        (Graph::path(5), Adversary::byzantine(1)),
        (Graph::path(5), Adversary::crash(1)),
        (star.clone(), Adversary::crash(1)),
    ] {
        let setting = format!("{graph:?}, {adversary:?}");
        let least = refute(Least::Of(2)).on(&graph).against(adversary);
        let argument = least.assert_refuted();
        assert_true(&Least::Of(2), &argument, 1, &setting);
        assert_eq!(argument.groups.len(), 4, "{setting}");
        let small = graph.connectivity() <= 1;
        assert_eq!(argument.worlds[1].attack.traitors.is_empty(), small, "{setting}");
    }
    // The commander in the middle can't be late, and lies instead; but not where a lie takes signatures.
    let gossip = refute(Gossip).on(&star).traitors(1).assert_refuted();
    assert_eq!(assert_true(&Gossip, &gossip, 1, "on a star"), (2, "agreement"));
    let certified = Certified { enough: 3, distinct: true };
    assert_eq!(refute(certified).on(&star).traitors(1).run().unwrap().name(), "forgery");
    let possible = refute(Least::Of(2)).on(Graph::cube()).traitors(1).run().unwrap();
    assert_eq!(possible.name(), "possible");
}

#[test]
fn who_is_in_between_can_be_said() {
    let group = |ids: &[usize]| ids.iter().map(|id| General::new(*id)).collect::<Generals>();
    let groups = [group(&[4, 0]), group(&[1, 3]), group(&[2])];
    let least = Least::Of(3);
    let argument = refute(least).generals(5).traitors(2).groups(groups).assert_refuted();
    assert_true(&least, &argument, 2, "groups");
    assert_eq!(argument.worlds[1].attack.traitors, groups[2]);
    let argument = refute(Gossip).generals(5).traitors(2).groups(groups).assert_refuted();
    assert_eq!(argument.worlds[1].attack.traitors, groups[0]);
    let crashes = refute(least).generals(5).against(Adversary::crash(3)).groups(groups).run();
    assert!(crashes.unwrap_err().to_string().contains("two halves"));
}

#[test]
fn what_can_do_less_is_refused() {
    for adversary in
        [Adversary::new(FaultClass::SendOmission, 1), Adversary::byzantine(1).exactly()]
    {
        assert!(refusal(Gossip, 3, adversary).contains("can do less"));
    }
    let punctual = Adversary::byzantine(1).timed(Timing::Synchronous);
    assert!(refusal(Gossip, 3, punctual).contains("mail that can be late"));
}

/// A protocol that hides state is noticed, and for one that panics when it is alone the first world is enough.
#[test]
fn what_no_protocol_may_do_is_what_gives_way() {
    #[derive(Clone, Debug)]
    enum Bad {
        Counts(&'static AtomicUsize),
        Panics,
    }
    impl EventDriven for Bad {
        type Value = Order;
        type Decision = Order;
        type Message = Order;
        type State = Option<Order>;

        fn begin(
            &self,
            _: Seat,
            input: Option<&Order>,
            effects: &mut Effects<Order>,
        ) -> Self::State {
            effects.broadcast(*input.unwrap());
            None
        }

        fn receive(
            &self,
            known: &mut Self::State,
            _: General,
            said: &Order,
            _: &mut Effects<Order>,
        ) {
            let odd = match self {
                Bad::Counts(calls) => calls.fetch_add(1, Ordering::Relaxed) % 2,
                Bad::Panics => panic!("it has heard something"),
            };
            known.get_or_insert(if odd == 1 { Order::RETREAT } else { *said });
        }

        fn decision(&self, known: &Self::State) -> Option<Order> {
            *known
        }
    }
    impl EventTestable for Bad {
        fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
            Ok(Problem::consensus(Order::first(2)))
        }

        fn alphabet(&self, _: usize, _: General, _: General) -> Vec<Order> {
            Order::first(2)
        }
    }
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let fickle = refute(Bad::Counts(&CALLS)).generals(3).traitors(1).run().unwrap();
    assert!(fickle.to_string().contains("not deterministic"), "{fickle}");
    let panics = refute(Bad::Panics).generals(3).traitors(1).run().unwrap();
    assert_eq!(panics.argument.as_ref().unwrap().worlds.len(), 1);
    assert_eq!(panics.broken().unwrap().execution.violation().unwrap().name(), "no-panic");
}

/// For any protocol the simulator does what the argument planned, and a property is violated, unless nobody need
/// decide.
#[test]
fn random_protocols_are_refuted_or_need_not_decide() {
    let mut refuted = [0; 3];
    for seed in 0..400 {
        let protocol = EventTables::new(seed);
        for adversary in [Adversary::byzantine(protocol.n.div_ceil(3)), Adversary::crash(2)] {
            let setting = format!("seed {seed}, {adversary:?}");
            let refutation = match refute(protocol).generals(protocol.n).against(adversary).run() {
                Err(CheckError::OneValue | CheckError::Undecided(_)) => continue,
                refutation => refutation.unwrap(),
            };
            // Against crashes there is a broadcast.
            let Some(argument) = &refutation.argument else {
                assert_eq!(
                    (adversary.faults, refutation.task),
                    (FaultClass::Crash, Task::Broadcast)
                );
                continue;
            };
            let Conclusion::Refuted(broken) = argument.conclusion else {
                panic!("{setting}: {refutation}")
            };
            refuted[broken] += 1;
            for world in &argument.worlds {
                let again = run(&InWaves(protocol), &world.attack).unwrap();
                assert_eq!(again, world.execution, "{setting}");
                let is_idle = again.fault.is_none() && !again.idle.is_empty();
                assert!(again.lacking.is_empty() && !is_idle, "{setting}: {refutation}");
            }
            let same = argument.witnesses().all(|witness| witness.same_view);
            assert!(same, "{setting}: {refutation}");
        }
    }
    assert!(refuted.iter().all(|count| *count > 20), "{refuted:?}");
}
