//! Attacks kept as files: they are replayed, they survive changes of the code around them, and a bad file does not
//! affect the others.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;
use serde::de::DeserializeOwned;
use serde_json::json;
use turncoat::regressions::{Fate, Regressions, Replayed};
use turncoat::{
    Attack, AttackOn, Crash, Edit, FaultClass, General, Generals, Graph, Lie, Lockstep,
    OralMessages, Order, Problem, Repertoire, Round, Seat, SignedMessages, Testable, TwoStep, Wire,
    Words, check, run,
};

use crate::command_line::scratch_folder;
use crate::pared::Pared;

/// A directory for one test, empty at its start.
fn directory(name: &str) -> PathBuf {
    scratch_folder(&format!("regressions/{name}"))
}

/// What a person reads, without the path of the directory.
fn told<P: Testable>(replayed: &Replayed<'_, P>) -> String {
    replayed.to_string().replace(&replayed.directory.display().to_string(), "DIRECTORY")
}

/// The commander sends his order, and the lieutenants obey the last general who sent one, or only him.
#[derive(Clone, Debug)]
struct Obey {
    anybody: bool,
    values: usize,
    name: &'static str,
    most: usize,
}

const TRUSTING: Obey = Obey { anybody: true, values: 2, name: "Obey", most: 64 };
const MENDED: Obey = Obey { anybody: false, ..TRUSTING };

impl Lockstep for Obey {
    type Value = Order;
    type Decision = Order;
    type Message = Order;
    type State = (bool, Order);

    fn rounds(&self, _: usize) -> usize {
        1
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> (bool, Order) {
        (seat.me.is_commander(), order.copied().unwrap_or(Order::RETREAT))
    }

    fn send(&self, state: &(bool, Order), _: Round, _: General) -> impl IntoIterator<Item = Order> {
        state.0.then_some(state.1)
    }

    fn receive(&self, state: &mut (bool, Order), _: Round, from: General, order: &Order) {
        if self.anybody || from.is_commander() {
            state.1 = *order;
        }
    }

    fn decide(&self, state: &(bool, Order)) -> Option<Order> {
        Some(state.1)
    }
}

impl Testable for Obey {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        match graph.n() {
            n if n > self.most => Err(format!("{n} generals are too many")),
            _ => Ok(Problem::broadcast(Order::first(self.values))),
        }
    }

    fn repertoire(&self, _: usize, _: Wire) -> Repertoire<Order> {
        Repertoire::one_of(Order::first(self.values))
    }

    fn words(&self) -> &dyn Words<Order, (bool, Order)> {
        self
    }
}

impl Words<Order, (bool, Order)> for Obey {
    fn name(&self) -> String {
        self.name.to_owned()
    }
}

/// The commander orders ATTACK, and lieutenant 1 tells lieutenant 2 the given lies.
fn attack(n: usize, lies: &[Edit<Order>]) -> AttackOn<Obey> {
    let wire = Wire { round: 1, from: General::new(1), to: General::new(2) };
    let inputs = BTreeMap::from([(General::COMMANDER, Order::ATTACK)]);
    let lies = lies.iter().map(|edit| Lie { wire, edit: edit.clone() }).collect();
    Attack { lies, ..Attack::new(n, Generals::NONE.with(wire.from), inputs) }
}

fn retreat(n: usize) -> AttackOn<Obey> {
    attack(n, &[Edit::Say(Order::RETREAT)])
}

fn fates<P: Testable>(replayed: &Replayed<'_, P>) -> Vec<String> {
    replayed.attacks.iter().map(|stored| stored.fate.to_string()).collect()
}

#[test]
fn what_is_found_is_kept_and_replayed() {
    let stored = Regressions::in_dir(directory("kept"));
    assert!(stored.replay(&TRUSTING).attacks.is_empty());
    stored.replay(&TRUSTING).assert_survived();
    let found = check(TRUSTING).generals(3).traitors(1).assert_broken();
    let file = stored.keep(&"Obey", &found.attack).unwrap();
    assert_eq!(stored.keep(&"Obey", &found.attack).unwrap(), file);
    expect![[r#"
        {
          "turncoat_attack": 1,
          "protocol": "Obey",
          "n": 3,
          "traitors": [0],
          "inputs": {"0":"RETREAT"},
          "lies": [
            {"round":1,"from":0,"to":2,"instead_of":"RETREAT","say":"ATTACK"}
          ]
        }
    "#]]
    .assert_eq(&fs::read_to_string(&file).unwrap());
    stored.keep(&"Obey", &retreat(3)).unwrap();
    let replayed = stored.replay(&TRUSTING);
    expect![[r#"
        Obey: 2 stored attacks in DIRECTORY
          n3-f1-9200da2c6cb12d2d.json: broken: validity
          n3-f1-cdf33481a31f87aa.json: broken: agreement

        n3-f1-9200da2c6cb12d2d.json

        The traitor is lieutenant 1.
        The commander is loyal. His order is ATTACK.

        Round 1
              the commander tells 1, 2: ATTACK
          LIE lieutenant 1 tells 2: RETREAT  (loyal: nothing)

        Messages sent: 3; in an honest run: 2.

        What the loyal held in the end
          the commander  (true, ATTACK)
          lieutenant 2   (false, RETREAT)
                         decides RETREAT

        Violated: validity (IC2). The loyal commander orders ATTACK, and lieutenant 2 decides RETREAT.

        n3-f1-cdf33481a31f87aa.json

        The traitor is the commander.
        Were he loyal, the commander would order RETREAT.

        Round 1
              the commander tells 1: RETREAT
          LIE the commander tells 2: ATTACK  (loyal: RETREAT)

        Messages sent: 2; in an honest run: 2.

        What the loyal held in the end
          lieutenant 1   (false, RETREAT)
                         decides RETREAT
          lieutenant 2   (false, ATTACK)
                         decides ATTACK

        Violated: agreement (IC1). The loyal lieutenants do not agree: lieutenant 1 decides RETREAT, and lieutenant 2 decides ATTACK.
    "#]].assert_eq(&told(&replayed));
    let attacks: Vec<_> = replayed.broken().map(|found| found.attack.clone()).collect();
    assert!(attacks.contains(&found.attack) && attacks.contains(&retreat(3)));
    let kept = fs::read_dir(&replayed.directory).unwrap().count();
    assert_eq!(kept, 2, "and nothing else is left behind");
}

#[test]
#[should_panic(expected = "expected that all are survived\n\nObey: 1 stored attack in")]
fn what_is_not_survived_fails_a_test() {
    let stored = Regressions::in_dir(directory("fails"));
    stored.keep(&"Obey", &retreat(3)).unwrap();
    stored.replay(&TRUSTING).assert_survived();
}

/// One directory with everything that can be wrong with a file.
#[test]
fn no_bad_file_costs_another() {
    let directory = directory("bad");
    let stored = Regressions::in_dir(&directory);
    let kept = |name: &str, protocol: &str, attack: &AttackOn<Obey>| {
        let file = stored.keep(&protocol, attack).unwrap();
        fs::rename(file, directory.join(name)).unwrap();
    };
    kept("01 mended.json", "Obey", &retreat(3));
    kept("02 idle.json", "Obey", &attack(3, &[Edit::Withhold(Order::ATTACK)]));
    kept(
        "03 partly idle.json",
        "Obey",
        &attack(3, &[Edit::Say(Order::RETREAT), Edit::Withhold(Order::first(3)[2])]),
    );
    kept("04 another's.json", "Disobey", &retreat(3));
    kept("05 many generals.json", "Obey", &retreat(9));
    let other_order = BTreeMap::from([(General::COMMANDER, Order::first(3)[2])]);
    kept("06 another value.json", "Obey", &Attack { inputs: other_order, ..retreat(3) });
    let good = fs::read_to_string(directory.join("01 mended.json")).unwrap();
    let bad = |name: &str, text: &str| fs::write(directory.join(name), text).unwrap();
    bad("07 for a program.json", &good.replace("\"Obey\"", r#"{"protocol":"obey"}"#));
    bad("08 nothing.json", "");
    bad("09 cut off.json", &good[..good.len() / 2]);
    bad(
        "10 another version.json",
        &good.replace("\"turncoat_attack\": 1", "\"turncoat_attack\": 2"),
    );
    bad("11 another message.json", &good.replace("\"say\":\"RETREAT\"", "\"say\":[\"RETREAT\"]"));
    bad("12 no round.json", &good.replace("\"round\":1", "\"round\":2"));
    bad("13 something else.json", "[1, 2]");
    fs::write(directory.join("14 bytes.json"), [0xff, 0xfe, 0]).unwrap();
    fs::create_dir(directory.join("15 a directory.json")).unwrap();
    bad("16 another's.txt", "not an attack at all");
    kept("17 mended.json", "Obey", &retreat(4));
    let mended = Obey { most: 8, ..MENDED };
    let replayed = stored.replay(&mended);
    assert!(replayed.attacks.iter().all(|stored| stored.fate.to_string().lines().count() == 1));
    assert_eq!(replayed.runnable().count(), 3);
    expect![[r#"
        Obey: 16 stored attacks in DIRECTORY
          01 mended.json: survived
          02 idle.json: stale: lie 1: there is nothing to take back: in round 1 lieutenant 1 would not have told lieutenant 2: ATTACK
          03 partly idle.json: stale: lie 2: there is nothing to take back: in round 1 lieutenant 1 would not have told lieutenant 2: order 2
          04 another's.json: stale: it is meant for Disobey
          05 many generals.json: stale: 9 generals are too many
          06 another value.json: stale: inputs: order 2 is none of the values [RETREAT, ATTACK]
          07 for a program.json: survived
          08 nothing.json: unreadable: this is not JSON: EOF while parsing a value at line 1 column 0
          09 cut off.json: unreadable: this is not JSON: EOF while parsing a string at line 6 column 8
          10 another version.json: unreadable: this attack file has version 2; this program reads version 1
          11 another message.json: unreadable: at lies[0].say: invalid type: sequence, expected a string
          12 no round.json: stale: lie 1: there is no round 2: the protocol's rounds are 1 to 1
          13 something else.json: unreadable: this is no attack file: it must be an object with "turncoat_attack": 1
          14 bytes.json: unreadable: stream did not contain valid UTF-8
          15 a directory.json: unreadable: Is a directory (os error 21)
          17 mended.json: survived
    "#]].assert_eq(&told(&replayed));
    let trusting = Obey { most: 8, ..TRUSTING };
    let broken = stored.replay(&trusting);
    assert_eq!(broken.broken().count(), 4, "{broken}");
}

/// The parts of an attack that are no lies are kept as well.
#[test]
fn crashes_are_kept() {
    let stored = Regressions::in_dir(directory("crash"));
    let crash = Crash {
        general: General::COMMANDER,
        round: 1,
        reaches: Generals::NONE.with(General::new(1)),
    };
    let crashed = AttackOn::<Obey> {
        faults: FaultClass::Crash,
        traitors: Generals::NONE.with(General::COMMANDER),
        crashes: vec![crash],
        ..attack(3, &[])
    };
    stored.keep(&"Obey", &crashed).unwrap();
    let replayed = stored.replay(&MENDED);
    let found = replayed.broken().next().unwrap();
    assert_eq!(found.attack, crashed);
}

/// The messages themselves are stored: the repertoire may change, and so may the way that the attack was found.
#[test]
fn a_stored_attack_outlives_the_repertoire() {
    let stored = Regressions::in_dir(directory("outlives"));
    let found = check(OralMessages::new(1)).generals(3).traitors(1).assert_broken();
    stored.keep(&json!({ "any": "object" }), &found.attack).unwrap();
    let speechless = Pared::new(OralMessages::new(1), |_, _| Repertoire::silent());
    let unknown = Pared::new(OralMessages::new(1), |_, _| Repertoire::unknown());
    assert_eq!(fates(&stored.replay(&speechless)), ["broken: validity"]);
    assert_eq!(fates(&stored.replay(&unknown)), ["broken: validity"]);
    // OM(2) has one more round, and also sends the messages of OM(1) among three.
    assert_eq!(fates(&stored.replay(&OralMessages::new(2))), ["broken: validity"]);
}

/// Lieutenant 2 shows the loyal commander's signature on an order that he never gave.
#[test]
fn what_lacks_a_signature_is_stale() {
    let protocol = SignedMessages::new(0);
    let ordered = |order, traitors| {
        let inputs = BTreeMap::from([(General::COMMANDER, order)]);
        AttackOn::<SignedMessages>::new(3, traitors, inputs)
    };
    let honest = run(&protocol, &ordered(Order::ATTACK, Generals::NONE)).unwrap();
    let wire = Wire { round: 1, from: General::new(2), to: General::new(1) };
    let first = honest.deliveries.iter().next().unwrap();
    let lie = Lie { wire, edit: Edit::Say(first.said[0].clone()) };
    let retreats = ordered(Order::RETREAT, Generals::NONE.with(wire.from));
    let stored = Regressions::in_dir(directory("signed"));
    stored.keep(&protocol.words().name(), &Attack { lies: vec![lie], ..retreats }).unwrap();
    expect![[r#"
        SM(0): 1 stored attack in DIRECTORY
          n3-f1-14f00800d6174f5c.json: stale: lie 1: it can't be told: the traitors neither make nor have overheard the signature of the commander on 2:SM,1:0,1:0,6:ATTACK,0
    "#]].assert_eq(&told(&stored.replay(&protocol)));
}

/// If an attack can't be kept, the error says why in one line.
#[test]
fn what_cannot_be_kept_is_an_error() {
    let mut errors = String::new();
    let blocked = directory("blocked");
    fs::create_dir_all(&blocked).unwrap();
    fs::write(blocked.join("file"), "in the way").unwrap();
    let stored = Regressions::in_dir(blocked.join("file"));
    let error = stored.keep(&"Obey", &retreat(3)).unwrap_err().to_string();
    errors += &format!("{}\n", error.replace(&blocked.display().to_string(), "DIRECTORY"));
    let Fate::Unreadable(reason) = &stored.replay(&MENDED).attacks[0].fate else { panic!() };
    errors += &format!("{reason}\n");
    let keyed = |key| BTreeMap::from([(key, 1)]);
    let inputs = BTreeMap::from([(General::COMMANDER, keyed((1, 2)))]);
    let keys: Attack<_, u8> = Attack::new(3, Generals::NONE, inputs);
    let stored = Regressions::in_dir(blocked);
    errors += &format!("{}\n", stored.keep(&"keys", &keys).unwrap_err());
    let says = |message| Lie {
        wire: Wire { round: 1, from: General::new(1), to: General::new(2) },
        edit: Edit::Say(message),
    };
    let inputs = BTreeMap::from([(General::COMMANDER, 1_u8)]);
    let nothing = Attack {
        lies: vec![says(Some(None)), says(None::<Option<u8>>)],
        ..Attack::new(3, Generals::NONE, inputs)
    };
    errors += &format!("{}\n", stored.keep(&"nothing", &nothing).unwrap_err());
    expect![[r#"
        the attack can't be kept in DIRECTORY/file/n3-f1-9200da2c6cb12d2d.json: File exists (os error 17)
        Not a directory (os error 20)
        the attack can't be kept as JSON: key must be a string
        the attack can't be kept as JSON: it reads back as another attack
    "#]].assert_eq(&errors);
}

/// The attacks that our own runs have found still break what they broke.
#[test]
fn the_attacks_that_are_shipped_break_what_they_broke() {
    fn broken<P>(name: &str, protocol: &P) -> Vec<String>
    where
        P: Testable<Value: DeserializeOwned, Message: DeserializeOwned>,
    {
        let shipped = Path::new("proptest-regressions/attacks").join(name);
        fates(&Regressions::in_dir(shipped).replay(protocol))
    }
    assert_eq!(broken("oral", &OralMessages::new(1)), ["broken: validity", "broken: agreement"]);
    assert_eq!(broken("signed", &SignedMessages::new(1)), ["broken: agreement"]);
    assert_eq!(broken("two-step", &TwoStep::new()), ["broken: agreement"]);
}
