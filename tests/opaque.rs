//! Protocols whose nodes are opaque: bugs in them are found, and the attacks are shrunk and kept.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use turncoat::adversary::Timing;
use turncoat::protocols::in_waves::AnyProtocol;
use turncoat::schedule::Happening;
use turncoat::{
    Adversary, Arrival, Attack, AttackOn, CheckError, General, Generals, Graph, InWaves, Opaque,
    Order, Outputs, OwnEvent, Reactions, Regressions, ReliableBroadcast, Seat, Setting,
    StreamProblem, Task, Timer, Twin, Wire, check, hunt, run, strategy,
};

/// Neither `Clone` nor `Debug`, like shipped code.
struct Node {
    seat: Seat,
    votes: Vec<(General, u8)>,
    done: bool,
}

/// A bug in an implementation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wrong {
    /// It decides on one vote fewer than is safe.
    Few,
    /// It reads a counter of the process.
    Counts,
    /// It accuses whoever votes differently from itself.
    Accuses,
    /// It panics when a vote comes twice.
    Panics,
    /// A copy of a node forgets one vote.
    Copies,
    Nothing,
}

/// Everybody votes, and decides on a value for which n - f have voted; it need not terminate.
#[derive(Clone, Copy, Debug)]
struct Votes(Wrong);

#[derive(Clone, Debug)]
struct Vote(u8);

static COUNTER: AtomicU64 = AtomicU64::new(0);

impl Opaque for Votes {
    type Value = u8;
    type Output = u8;
    type Message = Vote;
    type Node = Node;

    fn begin(&self, seat: Seat, value: Option<&u8>, does: &mut Reactions<Vote, u8>) -> Node {
        does.send_to_all(Vote(value.copied().unwrap_or_default()));
        Node { seat, votes: Vec::new(), done: false }
    }

    fn receive(
        &self,
        node: &mut Node,
        from: General,
        Vote(value): &Vote,
        does: &mut Reactions<Vote, u8>,
    ) {
        let Votes(wrong) = *self;
        if node.votes.iter().any(|(general, _)| *general == from) {
            assert!(wrong != Wrong::Panics, "a second vote");
            return does.refuse("it has voted");
        }
        node.votes.push((from, *value));
        let own = node.votes.iter().find(|(general, _)| *general == node.seat.me);
        if wrong == Wrong::Accuses && own.is_some_and(|(_, own)| own != value) {
            does.accuse(from, "it votes otherwise");
        }
        let n = node.seat.n;
        let enough = if wrong == Wrong::Few { n / 2 + 1 } else { n - (n - 1) / 3 };
        let votes = node.votes.iter().filter(|(_, other)| other == value).count();
        let counts = wrong == Wrong::Counts;
        let more = if counts { COUNTER.fetch_add(1, Ordering::Relaxed) % 2 } else { 0 };
        if !node.done && votes + more as usize >= enough {
            node.done = true;
            does.output(*value);
        }
    }

    fn copy(&self, node: &Node) -> Option<Node> {
        let votes = node.votes.iter().skip(1).copied().collect();
        (self.0 == Wrong::Copies).then_some(Node { seat: node.seat, votes, done: node.done })
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Votes>, String> {
        Ok(Outputs::safety(Task::Consensus, [0, 1]))
    }

    fn lies(&self, _n: usize, _from: General, _to: General) -> Vec<Vec<Vote>> {
        vec![vec![Vote(0), Vote(1)]]
    }

    fn waves(&self, _: usize) -> usize {
        8
    }
}

#[test]
fn what_is_wrong_is_found_and_made_smaller() {
    let found = hunt(Votes(Wrong::Few)).generals(7).traitors(2).assert_finds();
    assert_eq!(found.violation.name(), "agreement", "{found}");
    assert!(found.attack.size() <= 3, "{found}");
    let found = hunt(Votes(Wrong::Accuses)).generals(4).traitors(1).assert_finds();
    assert_eq!(found.violation.name(), "no loyal general accuses a loyal one", "{found}");
    assert_eq!(found.attack.size(), 0, "{found}");
    let found = hunt(Votes(Wrong::Panics)).generals(4).traitors(1).assert_finds();
    assert_eq!(found.violation.name(), "no-panic", "{found}");
    assert!(found.to_string().contains("a second vote"), "{found}");
    assert_eq!(found.attack.size(), 1, "{found}");
    hunt(Votes(Wrong::Nothing)).generals(4).traitors(1).cases(2_000).assert_finds_nothing();
    // The repertoire does not have everything that a traitor can say, so the verdict never holds.
    let verdict = check(Votes(Wrong::Nothing)).generals(4).traitors(1).steps(2_000).run().unwrap();
    assert_eq!(verdict.name(), "bounded", "{verdict}");
    let verdict = check(Votes(Wrong::Accuses)).generals(3).traitors(0).run().unwrap();
    assert_eq!(verdict.name(), "broken", "{verdict}");
}

#[test]
fn a_second_node_speaks_for_a_traitor() {
    let [commander, third] = [0, 3].map(General::new);
    let traitors = Generals::NONE.with(commander);
    let inputs = BTreeMap::from([(commander, Order::ATTACK)]);
    let to = Generals::NONE.with(third);
    let twin = Twin { general: commander, input: Some(Order::RETREAT), to };
    let attack = Attack { twins: vec![twin], ..Attack::new(4, traitors, inputs) };
    let written = serde_json::to_string(&attack).unwrap();
    assert!(
        written.ends_with(r#""twins":[{"general":0,"input":"RETREAT","to":[3]}]}"#),
        "{written}"
    );
    assert_eq!(
        serde_json::from_str::<AttackOn<InWaves<ReliableBroadcast>>>(&written).unwrap(),
        attack
    );
    // The second node speaks to one general, and the others agree without that one.
    let protocol = InWaves(ReliableBroadcast::new());
    let execution = run(&protocol, &attack).unwrap();
    let said = |to| {
        let wire = Wire { round: 1, from: commander, to: General::new(to) };
        execution.deliveries.on(wire).map(|delivery| format!("{:?}", delivery.said))
    };
    assert_ne!(said(3), said(1));
    assert_eq!(execution.violation(), None);
    let refused = |attack: AttackOn<InWaves<ReliableBroadcast>>| {
        run(&protocol, &attack).unwrap_err().to_string()
    };
    let loyal = Attack { traitors: Generals::NONE, ..attack.clone() };
    assert_eq!(refused(loyal), "twin 1: general 0 is loyal and tells no lies: is it a traitor?");
    let twin = &attack.twins[0];
    let to = |to| Twin { to, ..twin.clone() };
    let nobody = "the second node of general 0 speaks to nobody: in \"to\" must stand somebody to whom no earlier \
                  one speaks";
    for (twins, line) in [
        (vec![to(Generals::NONE)], format!("twin 1: {nobody}")),
        (vec![twin.clone(), twin.clone()], format!("twin 2: {nobody}")),
        (vec![to(twin.to.with(commander))], "twin 1: general 0 can't send to itself".to_owned()),
        (
            vec![Twin { input: None, ..twin.clone() }],
            "twin 1: the second node of general 0 has no input: that must be one of the values"
                .to_owned(),
        ),
    ] {
        assert_eq!(refused(Attack { twins, ..attack.clone() }), line);
    }
}

#[test]
fn a_node_that_answers_otherwise_is_found_out() {
    let found = hunt(Votes(Wrong::Counts)).generals(4).traitors(1).assert_finds();
    assert_eq!(found.violation.name(), "determinism", "{found}");
    assert!(found.to_string().contains("it hears Vote("), "{found}");
}

/// The error says what is to blame, and nothing that was found counts.
#[test]
fn a_copy_that_is_none_is_no_finding() {
    for line in [
        hunt(Votes(Wrong::Copies)).generals(4).traitors(1).run().unwrap_err().to_string(),
        check(Votes(Wrong::Copies))
            .generals(4)
            .traitors(1)
            .steps(2_000)
            .run()
            .unwrap_err()
            .to_string(),
    ] {
        assert!(line.contains("`copy` of Votes(Copies) does not copy all of a node"), "{line}");
    }
}

#[test]
fn what_is_found_is_kept_in_a_file_and_replays() {
    let directory = std::env::temp_dir().join(format!("turncoat-opaque-{}", std::process::id()));
    let stored = Regressions::in_dir(&directory);
    let found = hunt(Votes(Wrong::Few)).generals(7).traitors(2).assert_finds();
    stored.keep(&"Votes(Few)", &found.attack).unwrap();
    // A new instance, as in another process: it has registered no message by name.
    let again = Votes(Wrong::Few).tested();
    let replayed = stored.replay(&again);
    let broken: Vec<_> = replayed.broken().collect();
    std::fs::remove_dir_all(&directory).unwrap();
    assert_eq!(broken.len(), 1, "{replayed}");
    assert_eq!(broken[0].violation, found.violation);
    assert_eq!(broken[0].attack, found.attack);
}

/// With partial synchrony no message is lost.
#[test]
fn what_is_in_time_at_last_is_heard() {
    let lost = |timing| {
        let setting = Setting::new(4, Adversary::byzantine(1).timed(timing));
        let attacks = strategy::attacks(Votes(Wrong::Nothing), setting);
        let mut runner = TestRunner::deterministic();
        let drawn = (0..300).map(|_| attacks.new_tree(&mut runner).unwrap().current());
        let schedules = drawn.map(|attack| attack.schedule).collect::<Vec<_>>();
        let (late, shifts) = (
            schedules.iter().filter(|schedule| !schedule.is_empty()).count(),
            schedules.iter().flatten(),
        );
        assert!(late > 50, "{late}");
        shifts.filter(|shift| shift.arrival == Arrival::Never).count()
    };
    assert!(lost(Timing::Asynchronous) > 0);
    assert_eq!(lost(Timing::PartiallySynchronous), 0);
}

/// Decides when its timer goes off, each for itself.
#[derive(Debug)]
struct Alarm;

impl Opaque for Alarm {
    type Value = u8;
    type Output = u8;
    type Message = u8;
    type Node = u8;

    fn begin(&self, _: Seat, value: Option<&u8>, does: &mut Reactions<u8, u8>) -> u8 {
        does.set_timer(7);
        value.copied().unwrap_or_default()
    }

    fn receive(&self, _: &mut u8, _: General, _: &u8, _: &mut Reactions<u8, u8>) {}

    fn timer(&self, value: &mut u8, _: Timer, does: &mut Reactions<u8, u8>) {
        does.output(*value);
    }

    fn problem(&self, _: &Graph) -> Result<StreamProblem<Alarm>, String> {
        Ok(Outputs::safety(Task::Consensus, [0, 1]))
    }

    fn tell_timer(&self, timer: Timer) -> String {
        format!("ALARM({timer})")
    }
}

#[test]
fn timers_are_told_by_their_names() {
    let found = hunt(Alarm).generals(2).traitors(0).assert_finds().to_string();
    assert!(found.contains("timer ALARM(7) of generals 0 and 1 goes off"), "{found}");
}

/// Nobody knows what a node has stored.
#[test]
fn a_node_does_not_restart() {
    let crashing = Adversary::byzantine(0).restarting(1);
    let asked = check(Alarm).generals(3).against(crashing).run();
    assert!(matches!(asked, Err(CheckError::NodesRestart)));
    let inputs = (0..3).map(|id| (General::new(id), 0)).collect();
    let mut attack = Attack::new(3, Generals::NONE, inputs);
    let event = OwnEvent::Restarts;
    attack.happenings.push(Happening { wave: 1, general: General::new(1), event });
    let misfit = run(&Alarm.tested(), &attack).unwrap_err();
    assert_eq!(
        misfit.to_string(),
        "happening 1: a restart, and an opaque node does not say what it has stored"
    );
}
