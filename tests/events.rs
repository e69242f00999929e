//! Event-driven protocols: the simulator in waves, timers and coins, hunts, files, and protocols that break the rules
//! for all protocols.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use turncoat::adversary::Timing;
use turncoat::report::story::Story;
use turncoat::search::progress::Halt;
use turncoat::{
    Adversary, Attack, AttackOn, BenOr, BinaryAgreement, Coin, Edit, Effects, EventDriven,
    EventTestable, Face, General, Generals, Graph, InWaves, Lie, Order, OwnEvent, Problem,
    ReliableBroadcast, Ruling, Seat, Setting, Termination, Timer, Wire, check, hunt, refute, run,
    strategy,
};
use turncoat::{Arrival, Shift, schedule::Happening};

type Broadcast = InWaves<ReliableBroadcast>;

fn bracha(traitors: Generals) -> AttackOn<Broadcast> {
    Attack::new(4, traitors, BTreeMap::from([(General::COMMANDER, Order::ATTACK)]))
}

#[test]
fn an_honest_run_is_quiet_after_three_waves() {
    let execution = run(&InWaves(ReliableBroadcast::new()), &bracha(Generals::NONE)).unwrap();
    assert!(execution.quiet);
    assert_eq!((execution.rounds, execution.messages()), (3, 3 + 12 + 12));
    assert_eq!(execution.decisions[1..], [Some(Order::ATTACK); 3]);
}

/// A late message arrives when it is due, even after a long quiet time; a lost message never does, and then no verdict
/// is given on who must decide.
#[test]
fn mail_can_be_late_without_bound() {
    use turncoat::protocols::reliable_broadcast::BroadcastMessage::Initial;
    let protocol = InWaves(ReliableBroadcast::new().ready_at(4));
    let wire = Wire { round: 1, from: General::COMMANDER, to: General::new(2) };
    for (arrival, rounds, quiet) in [(Arrival::Late(9), 12, true), (Arrival::Never, 2, false)] {
        let shift = Shift { wire, message: Initial(Order::ATTACK), arrival };
        let attack = Attack { schedule: vec![shift], ..bracha(Generals::NONE) };
        let execution = run(&protocol, &attack).unwrap();
        assert_eq!((execution.rounds, execution.quiet), (rounds, quiet), "{arrival:?}");
        assert_eq!(execution.violation(), None, "{arrival:?}");
    }
}

/// A lie is told in its wave even if nobody else has anything to say by then.
#[test]
fn lies_are_told_after_all_is_quiet() {
    use turncoat::protocols::reliable_broadcast::BroadcastMessage::Ready;
    let traitor = General::new(3);
    let lie = |to| Lie {
        wire: Wire { round: 7, from: traitor, to: General::new(to) },
        edit: Edit::Say(Ready(Order::RETREAT)),
    };
    let attack = Attack { lies: vec![lie(1)], ..bracha(Generals::NONE.with(traitor)) };
    let execution = run(&InWaves(ReliableBroadcast::new()), &attack).unwrap();
    assert_eq!((execution.rounds, execution.idle.len(), execution.quiet), (7, 0, true));
}

/// Waits for a timer or for the commander's order, whichever comes first; and for a coin if the timer is odd.
#[derive(Clone, Debug)]
struct Patient {
    timer: Timer,
    misdeed: Misdeed,
}

/// Something that a protocol may not do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Misdeed {
    None,
    SendsToItself,
    SendsToNobody,
    ChangesItsDecision,
    PanicsInATimer,
    AsksTwice,
    NeverStops,
    SetsTimersForEver,
    SaysItTwice,
    SaysWhatIsNotInTheAlphabet,
}

impl EventDriven for Patient {
    type Value = Order;
    type Decision = Order;
    type Message = u8;
    type State = (General, Option<Order>);

    fn begin(&self, seat: Seat, order: Option<&Order>, effects: &mut Effects<u8>) -> Self::State {
        if self.misdeed == Misdeed::SendsToItself {
            effects.send(seat.me, 0);
        }
        if self.misdeed == Misdeed::SendsToNobody {
            effects.send(General::new(seat.n), 0);
        }
        let twice = order.filter(|_| self.misdeed == Misdeed::SaysItTwice);
        twice.iter().for_each(|order| effects.broadcast(u8::from(**order == Order::ATTACK)));
        match order {
            Some(order) => effects.broadcast(u8::from(*order == Order::ATTACK)),
            None => effects.set_timer(self.timer),
        }
        (seat.me, order.copied())
    }

    fn receive(
        &self,
        state: &mut Self::State,
        from: General,
        said: &u8,
        effects: &mut Effects<u8>,
    ) {
        if from.is_commander() && (state.1.is_none() || self.misdeed == Misdeed::ChangesItsDecision)
        {
            state.1 = Some(Order::first(2)[usize::from(*said % 2)]);
            effects.cancel_timer(self.timer);
        }
        if self.misdeed == Misdeed::NeverStops {
            effects.send(from, *said);
        }
        if self.misdeed == Misdeed::SaysWhatIsNotInTheAlphabet {
            effects.send(from, 9);
        }
    }

    fn timer(&self, state: &mut Self::State, timer: Timer, effects: &mut Effects<u8>) {
        assert!(self.misdeed != Misdeed::PanicsInATimer, "out of time");
        if self.misdeed == Misdeed::SetsTimersForEver {
            return effects.set_timer(timer + 1);
        }
        if timer.is_multiple_of(2) {
            state.1 = Some(Order::RETREAT);
            return;
        }
        effects.ask(Coin::Common(timer));
        if self.misdeed == Misdeed::AsksTwice {
            effects.ask(Coin::Common(timer));
        }
    }

    fn coin(&self, state: &mut Self::State, _: Coin, face: Face, _: &mut Effects<u8>) {
        state.1.get_or_insert(Order::first(2)[usize::from(face)]);
    }

    fn decision(&self, state: &Self::State) -> Option<Order> {
        state.1
    }
}

impl EventTestable for Patient {
    fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)).deciding(Termination::AllOrNone))
    }

    fn alphabet(&self, _: usize, _: General, _: General) -> Vec<u8> {
        vec![0, 1]
    }
}

fn patient(timer: Timer) -> Patient {
    Patient { timer, misdeed: Misdeed::None }
}

/// By default a timer goes off when all is quiet: here never, because everybody hears the order first. The adversary
/// can make it go off earlier. A common coin shows everybody the same.
#[test]
fn timers_go_off_when_the_enemy_likes_and_coins_show_what_it_likes() {
    let attack = |happenings: &[(usize, usize, OwnEvent)]| {
        let happenings = happenings.iter().map(|&(wave, general, event)| Happening {
            wave,
            general: General::new(general),
            event,
        });
        let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
        Attack { happenings: happenings.collect(), ..Attack::new(3, Generals::NONE, inputs) }
    };
    let ended = |timer, happenings: &[(usize, usize, OwnEvent)]| {
        let execution = run(&InWaves(patient(timer)), &attack(happenings)).unwrap();
        assert!(execution.quiet);
        let decisions = execution.decisions[1..].iter().map(|it| it.unwrap()).collect::<Vec<_>>();
        (decisions, execution.idle.len(), execution.happened.len())
    };
    let [off, odd] = [OwnEvent::GoesOff(2), OwnEvent::GoesOff(1)];
    let shows = |face| OwnEvent::Shows(Coin::Common(1), face);
    let [attack, retreat] = [Order::ATTACK, Order::RETREAT];
    assert_eq!(ended(2, &[]), (vec![attack, attack], 0, 0));
    assert_eq!(ended(2, &[(1, 1, off)]), (vec![retreat, attack], 0, 1));
    assert_eq!(ended(2, &[(2, 1, off)]), (vec![attack, attack], 1, 0));
    // The order arrives before the coins show anything. With two requests for one coin, the adversary sets the first
    // result and the second is the same.
    assert_eq!(ended(1, &[(1, 1, odd), (1, 1, shows(1))]), (vec![attack, attack], 0, 2));
    let both = [(1, 1, odd), (1, 2, odd), (1, 1, shows(0)), (1, 2, shows(1))];
    assert_eq!(ended(1, &both), (vec![retreat, retreat], 0, 4));
}

#[test]
fn an_early_timer_breaks_validity_and_a_punctual_one_does_not() {
    let found = check(patient(2)).generals(3).traitors(0).assert_broken();
    assert_eq!(found.violation.name(), "validity");
    let attack = &found.attack;
    assert_eq!((attack.lies.len(), attack.schedule.len(), attack.happenings.len()), (0, 0, 1));
    let hunted = hunt(patient(2)).generals(3).traitors(0).assert_finds();
    assert_eq!(hunted.attack.happenings.len(), 1, "{hunted}");
    let punctual = Adversary::byzantine(0).timed(Timing::Synchronous);
    hunt(patient(2)).generals(3).against(punctual).cases(100).assert_finds_nothing();
    check(patient(2)).generals(3).against(punctual).assert_holds();
    let deaf = Adversary::receive_omission(0);
    let refused = check(patient(2)).generals(3).against(deaf).run().unwrap_err();
    assert!(refused.to_string().contains("hunt"), "{refused}");
}

/// A protocol that breaks a rule is a finding, or is refused in one line.
#[test]
fn what_no_protocol_may_do_is_found() {
    let cases = [
        (Misdeed::SendsToItself, Ok("sends to general 0, who is no neighbour")),
        (Misdeed::SendsToNobody, Ok("sends to general 3, who is no neighbour")),
        (Misdeed::ChangesItsDecision, Ok("the decision changes from")),
        (Misdeed::PanicsInATimer, Ok("out of time")),
        (Misdeed::AsksTwice, Ok("asks for common coin 1 twice")),
        (Misdeed::SaysWhatIsNotInTheAlphabet, Err("the alphabet lacks what lieutenant")),
    ];
    for (misdeed, expected) in cases {
        let protocol = Patient { timer: 1, misdeed };
        let checked = check(protocol.clone()).generals(3).traitors(1).run();
        let hunted = hunt(protocol).generals(3).traitors(1).run();
        let checked = checked.map(|verdict| verdict.to_string());
        let hunted = hunted.map(|hunted| hunted.to_string());
        for answer in [checked, hunted] {
            match (answer, expected) {
                (Ok(text), Ok(part)) => assert!(text.contains(part), "{misdeed:?}: {text}"),
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{misdeed:?}: {error}");
                }
                (answer, _) => panic!("{misdeed:?}: {answer:?}"),
            }
        }
    }
}

/// A protocol that never stops reaches the last wave, and then no verdict is given on who must decide; a search with a
/// limit ends.
#[test]
fn who_never_stops_is_bounded() {
    let protocol = Patient { timer: 2, misdeed: Misdeed::NeverStops };
    let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
    let execution = run(&InWaves(protocol.clone()), &Attack::new(3, Generals::NONE, inputs));
    let execution = execution.unwrap();
    assert_eq!((execution.rounds, execution.quiet, execution.violation()), (32, false, None));
    let hunted = hunt(protocol).generals(3).traitors(1).cases(50).run();
    assert!(hunted.is_ok());
}

/// A protocol that sets timers for ever reaches the last wave, too: each wave lets some of them go off.
#[test]
fn who_sets_timers_for_ever_is_bounded() {
    let protocol = Patient { timer: 2, misdeed: Misdeed::SetsTimersForEver };
    let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
    let lost = |to| Shift {
        wire: Wire { round: 1, from: General::COMMANDER, to: General::new(to) },
        message: 1,
        arrival: Arrival::Never,
    };
    let attack =
        Attack { schedule: vec![lost(1), lost(2)], ..Attack::new(3, Generals::NONE, inputs) };
    let execution = run(&InWaves(protocol.clone()), &attack).unwrap();
    assert_eq!((execution.rounds, execution.quiet, execution.violation()), (32, false, None));
    let asked = check(protocol.clone()).generals(3).traitors(1).steps(20_000);
    assert_eq!(asked.run().unwrap().name(), "bounded");
    assert!(hunt(protocol).generals(3).traitors(1).cases(50).run().is_ok());
}

/// Equal messages count as separate messages.
#[test]
fn the_same_can_be_said_twice() {
    let protocol = Patient { timer: 2, misdeed: Misdeed::SaysItTwice };
    let punctual = Adversary::byzantine(1).timed(Timing::Synchronous).loyal_commander();
    let hunted = hunt(protocol.clone()).generals(3).against(punctual).cases(200);
    hunted.assert_finds_nothing();
    let asynchronous = hunt(protocol).generals(3).traitors(1).violating("agreement");
    assert_eq!(asynchronous.assert_finds().violation.name(), "agreement");
}

/// Every part of an attack that a hunt finds changes something, including what a common coin shows.
#[test]
fn nothing_in_an_attack_is_idle() {
    for seed in 0..30 {
        let found = hunt(BinaryAgreement::new().rounds(2))
            .generals(3)
            .traitors(1)
            .seed(seed)
            .assert_finds();
        let again = run(&found.protocol, &found.attack).unwrap();
        assert_eq!((again.idle, again.lacking), (vec![], vec![]), "seed {seed}");
    }
}

/// Mail can be late until a wave of the adversary's choice. A protocol that always ends is broken by the same attack as
/// by mail that is late for ever; one that does not end is not judged.
#[test]
fn mail_can_be_late_for_some_time() {
    let timed = |timing| Adversary::byzantine(1).timed(timing);
    let [partial, never] = [Timing::PartiallySynchronous, Timing::Asynchronous].map(timed);
    let bracha = check(ReliableBroadcast::new()).generals(4).against(partial).run().unwrap();
    assert!(bracha.holds());
    let text = bracha.to_string();
    assert!(text.contains("until a wave of its choice (GST) mail is late, in any order"), "{text}");
    assert!(text.contains("Not covered mail that is late again and again for ever."), "{text}");
    for mutant in [ReliableBroadcast::new().deliver_at(2), ReliableBroadcast::new().amplify_at(1)] {
        let broken = |adversary| {
            let verdict = check(mutant).generals(4).against(adversary).run().unwrap();
            let found = verdict.counterexample().unwrap();
            (found.violation.name(), verdict.least_heard, found.attack.clone())
        };
        assert_eq!(broken(partial), broken(never));
    }
    // Mail that is late for some time is all that the argument against n <= 3f needs.
    assert!(refute(ReliableBroadcast::new()).generals(3).against(partial).run().is_ok());
    // If executions do not end, there is no verdict on who decides.
    let mmr = check(BinaryAgreement::new().tolerating(0).live()).generals(2);
    let [partial, never] = [Timing::PartiallySynchronous, Timing::Asynchronous].map(|timing| {
        mmr.clone().against(Adversary::byzantine(0).timed(timing)).run().unwrap().ruling
    });
    assert!(matches!(partial, Ruling::Bounded(Halt::Endless)), "{partial:?}");
    assert!(matches!(never, Ruling::Bounded(Halt::LeftBehind)), "{never:?}");
}

/// Among many generals there are too many renamings to try them all.
#[test]
fn many_generals_can_be_asked_about() {
    for n in [22, 64] {
        let asked = check(ReliableBroadcast::new()).generals(n).traitors(1).steps(10);
        assert_eq!(asked.run().unwrap().name(), "bounded", "n = {n}");
    }
    let vast = ReliableBroadcast::new().tolerating(usize::MAX);
    assert!(check(vast).generals(4).traitors(1).run().is_ok());
}

/// A property test draws attacks of the same adversary: in some mail is late, and in some coins show 1.
#[test]
fn attacks_for_a_property_test_are_asynchronous() {
    let attacks = strategy::attacks(BinaryAgreement::new().rounds(2), Setting::new(4, 1));
    let mut runner = TestRunner::deterministic();
    let drawn: Vec<_> =
        (0..200).map(|_| attacks.new_tree(&mut runner).unwrap().current()).collect();
    let count = |is: fn(&AttackOn<InWaves<BinaryAgreement>>) -> bool| {
        drawn.iter().filter(|attack| is(attack)).count()
    };
    assert!(count(|attack| !attack.schedule.is_empty()) > 20);
    assert!(count(|attack| !attack.happenings.is_empty()) > 20);
    for attack in &drawn {
        run(&InWaves(BinaryAgreement::new().rounds(2)), attack).unwrap();
    }
}

/// An attack is the same after it is written and read, and so is its outcome.
#[test]
fn attacks_are_written_and_read() {
    let gullible = BinaryAgreement::new().rounds(2).relay_at(1);
    let found = hunt(gullible).generals(4).traitors(1).seed(3).assert_finds();
    let written = serde_json::to_string(&found.attack).unwrap();
    let read: AttackOn<InWaves<BinaryAgreement>> = serde_json::from_str(&written).unwrap();
    assert_eq!(read, found.attack);
    let again = run(&found.protocol, &read).unwrap();
    assert_eq!(again.violation(), Some(found.violation));
    let early = r#"{"n":3,"traitors":[],"inputs":{"0":"ATTACK"},"lies":[],
        "happenings":[{"wave":1,"general":1,"event":{"goes-off":2}}]}"#;
    let read: AttackOn<InWaves<Patient>> = serde_json::from_str(early).unwrap();
    assert_eq!(read.happenings[0].event, OwnEvent::GoesOff(2));
    let refused = |attack: &str| {
        let attack: AttackOn<InWaves<Patient>> = serde_json::from_str(attack).unwrap();
        run(&InWaves(patient(2)), &attack).unwrap_err().to_string()
    };
    let nowhere = refused(&early.replace("\"wave\":1", "\"wave\":33"));
    assert!(nowhere.contains("happening 1: there is no wave 33"), "{nowhere}");
    let nobody = refused(&early.replace("\"general\":1", "\"general\":5"));
    assert!(nobody.contains("happening 1: general 5 is not there"), "{nobody}");
    let face = refused(&early.replace("{\"goes-off\":2}", "{\"shows\":[{\"local\":1},2]}"));
    assert!(face.contains("a coin has the faces 0 and 1"), "{face}");
}

/// A hunt finds every mutant of reliable broadcast within a thousand executions, whatever the seed, and the attack is
/// small enough to read.
#[test]
fn hunts_find_every_mutant() {
    let right = ReliableBroadcast::new();
    let mutants = [
        (right.deliver_at(2), 4, "totality"),
        (right.amplify_at(0), 4, "totality"),
        (right.amplify_at(1), 4, "totality or validity"),
        (right.ready_at(2), 4, "totality"),
        (right.ready_at(4), 4, "validity"),
        (right.tolerating(1).ready_at(3), 5, "agreement or totality"),
        (right.ready_at(2).amplify_at(2).deliver_at(2), 3, "agreement or totality"),
        (right.ready_at(3).amplify_at(2).deliver_at(3), 3, "totality or validity"),
    ];
    for (mutant, n, property) in mutants {
        let asked = |seed| hunt(mutant).generals(n).traitors(1).seed(seed).cases(1_000);
        for seed in 0..3 {
            let found = asked(seed).assert_finds();
            assert!(property.contains(found.violation.name()), "{mutant:?}: {found}");
            assert!(found.attack.size() <= 12, "{mutant:?}: {found}");
        }
        for seed in 3..20 {
            let hunted = asked(seed).shrinking_for(Duration::ZERO).run().unwrap();
            assert!(hunted.finding.is_some(), "{mutant:?}, seed {seed}: {hunted}");
        }
    }
    let few = right.tolerating(1).ready_at(3);
    for seed in 0..20 {
        let asked = hunt(few).generals(5).traitors(1).violating("agreement").cases(1_000);
        let hunted = asked.seed(seed).shrinking_for(Duration::ZERO).run().unwrap();
        assert!(hunted.finding.is_some(), "seed {seed}: {hunted}");
    }
    for seed in 0..20 {
        for (few, n) in [(BenOr::new().rounds(2), 4), (BenOr::new(), 5)] {
            let asked = hunt(few).generals(n).traitors(1).seed(seed).cases(1_000);
            let hunted = asked.shrinking_for(Duration::ZERO).run().unwrap();
            assert!(hunted.finding.is_some(), "n = {n}, seed {seed}: {hunted}");
        }
    }
    for right in [BenOr::new(), BenOr::new().rounds(1)] {
        hunt(right).generals(6).traitors(1).cases(100).assert_finds_nothing();
    }
}

/// A story has waves, says since when a message is late, and shows timers and coins.
#[test]
fn stories_tell_of_waves() {
    let found = check(patient(2)).generals(3).traitors(0).assert_broken();
    let story = Story::of(&found.protocol, &found.attack, &found.execution);
    let text = story.to_string();
    assert!(text.contains("Wave 1\n      timer 2 of lieutenant"), "{text}");
    use turncoat::protocols::reliable_broadcast::BroadcastMessage::Initial;
    let wire = Wire { round: 1, from: General::COMMANDER, to: General::new(2) };
    let shift = Shift { wire, message: Initial(Order::ATTACK), arrival: Arrival::Late(3) };
    let attack = Attack { schedule: vec![shift], ..bracha(Generals::NONE) };
    let protocol = InWaves(ReliableBroadcast::new());
    let execution = run(&protocol, &attack).unwrap();
    let text = Story::of(&protocol, &attack, &execution).to_string();
    let late = "lieutenant 2 hears what the commander told it in wave 1: INITIAL ATTACK";
    assert!(text.contains(late) && text.contains("arrives in wave 4"), "{text}");
}
