//! Decisions that may be missing, or that are no values: agreement, validity, totality and termination, each in a
//! correct protocol and in one with a fault that breaks just this property; one property alone; and given inputs.

use expect_test::expect;
use serde_json::json;
use turncoat::report::dot::dot;
use turncoat::report::itf::itf;
use turncoat::report::mermaid::mermaid;
use turncoat::report::story::Story;
use turncoat::report::svg::svg;
use turncoat::search::Engine;
use turncoat::{
    Adversary, Check, CheckError, General, OralMessages, Order, Termination, Testable, VerdictOn,
    check, hunt, refute,
};

use crate::command_line::turncoat;
use crate::weak_agreement::{Approximate, Ballot, Flaw, Kind, Quorums};

/// Each correct protocol holds, and the naive engine agrees where it is affordable.
#[test]
fn weaker_agreement_holds_where_it_should() {
    for kind in [Kind::NormalCase, Kind::Gradecast, Kind::Crusader, Kind::CommitAdopt] {
        check(Quorums::new(kind, Flaw::None)).generals(4).traitors(1).assert_holds();
    }
    let approximate = Approximate { rounds: 1, epsilon: 2, trims: true };
    check(approximate).generals(4).traitors(1).assert_holds();
    check(Approximate { rounds: 2, epsilon: 1, ..approximate })
        .generals(4)
        .traitors(1)
        .assert_holds();
    check(Ballot).generals(4).traitors(1).assert_holds();
}

/// Each fault breaks its own property, with this few lies; and hunts find it, too.
#[test]
fn each_flaw_violates_its_own_property() {
    fn broken<P: Testable + Clone>(protocol: P, n: usize, property: &str, lies: usize) {
        let found = check(protocol.clone()).generals(n).traitors(1).assert_broken();
        assert_eq!((found.violation.name(), found.attack.lies.len()), (property, lies), "{found}");
        hunt(protocol).generals(n).traitors(1).cases(3_000).assert_finds();
    }
    let flawed = |kind, flaw| Quorums::new(kind, flaw);
    broken(flawed(Kind::NormalCase, Flaw::CountsMessages), 4, "agreement", 4);
    broken(flawed(Kind::Gradecast, Flaw::LowQuorum), 4, "agreement", 3);
    broken(flawed(Kind::Crusader, Flaw::LowQuorum), 4, "agreement", 2);
    broken(flawed(Kind::CommitAdopt, Flaw::LowQuorum), 4, "agreement", 2);
    let undecided = |termination| Quorums { termination, ..flawed(Kind::NormalCase, Flaw::None) };
    broken(undecided(Termination::All), 4, "termination", 2);
    broken(undecided(Termination::AllOrNone), 4, "totality", 2);
    let approximate = Approximate { rounds: 1, epsilon: 1, trims: true };
    broken(approximate, 4, "agreement", 1);
    broken(Approximate { epsilon: 8, trims: false, ..approximate }, 4, "validity", 0);
    broken(Ballot, 3, "validity", 1);
}

/// All engines agree on the verdict and on the number of behaviours.
#[test]
fn the_naive_engine_agrees() {
    fn same<P: Testable + Clone>(protocol: P, n: usize) {
        let adversary = Adversary::byzantine(1).without_strays();
        let asked = || check(protocol.clone()).generals(n).against(adversary);
        let [one, other] =
            [asked(), asked().engine(Engine::Naive)].map(|asked| asked.run().unwrap());
        let told = |verdict: &VerdictOn<P>| {
            let found =
                verdict.counterexample().map(|found| (found.violation.name(), found.attack.size()));
            (verdict.name(), found, verdict.behaviours.exact().cloned())
        };
        assert_eq!(told(&one), told(&other), "{protocol:?}");
    }
    for flaw in [Flaw::None, Flaw::LowQuorum] {
        for termination in [Termination::Free, Termination::AllOrNone, Termination::All] {
            same(Quorums { termination, ..Quorums::new(Kind::Crusader, flaw) }, 3);
        }
        same(Quorums::new(Kind::CommitAdopt, flaw), 3);
    }
    same(Ballot, 3);
    same(Approximate { rounds: 1, epsilon: 4, trims: true }, 3);
    same(Approximate { rounds: 1, epsilon: 1, trims: true }, 4);
}

/// A search can look for one property alone, and with these inputs alone: the naive engine agrees.
#[test]
fn what_alone_is_asked_is_covered_as_a_whole() {
    fn told<P: Testable + Clone>(
        asked: Check<P>,
    ) -> [(&'static str, Option<&'static str>, String); 2] {
        let told = |asked: Check<P>| {
            let verdict = asked.run().unwrap();
            let found = verdict.counterexample().map(|found| found.violation.name());
            (verdict.name(), found, verdict.behaviours.to_string())
        };
        let naive = told(asked.clone().engine(Engine::Naive));
        [told(asked), naive]
    }
    let adversary = Adversary::byzantine(1).without_strays();
    for flaw in [Flaw::None, Flaw::LowQuorum] {
        let asked = check(Quorums::new(Kind::CommitAdopt, flaw)).generals(3).against(adversary);
        for property in ["agreement", "validity", "totality", "termination"] {
            let [one, other] = told(asked.clone().violating(property));
            assert_eq!(one, other, "{property}");
            assert!(one.1.is_none_or(|found| found == property), "{one:?}");
        }
        for inputs in [[Order::RETREAT, Order::ATTACK], [Order::ATTACK, Order::ATTACK]] {
            let given = asked.clone().given(General::new(1), inputs[0]);
            let [one, other] = told(given.given(General::new(2), inputs[1]));
            assert_eq!(one, other, "{inputs:?}");
        }
    }
    let oral = || check(OralMessages::new(1)).generals(3).traitors(1);
    let agreement = oral().violating("agreement").run().unwrap();
    assert!(agreement.holds());
    let line = "Asked       agreement (IC1), and not validity (IC2), termination (all decide).";
    assert!(agreement.to_string().contains(line), "{agreement}");
    let found =
        oral().violating("validity").given(General::COMMANDER, Order::ATTACK).run().unwrap();
    let attack = &found.counterexample().unwrap().attack;
    assert_eq!(attack.inputs[&General::COMMANDER], Order::ATTACK);
    // A lieutenant who is told nothing retreats.
    oral().given(General::COMMANDER, Order::RETREAT).assert_holds();
    let hunted = hunt(OralMessages::new(1)).generals(3).traitors(1);
    hunted.clone().violating("agreement").cases(500).assert_finds_nothing();
    let ordered = hunted.given(General::COMMANDER, Order::ATTACK).assert_finds();
    assert_eq!(ordered.attack.inputs[&General::COMMANDER], Order::ATTACK);
}

/// The same on the command line, and what is refused there.
#[test]
fn the_command_line_asks_for_one_property_and_given_inputs() {
    let cases = [
        ("check oral -n 3 -f 1 --violates agreement", 0, "HOLDS: OM(1) among 3 generals"),
        ("check oral -n 3 -f 1 --violates validity", 1, "Violated: validity (IC2)."),
        ("check oral -n 3 -f 1 --inputs 0=ATTACK", 1, "His order is ATTACK."),
        ("check oral -n 3 -f 1 --inputs 0=RETREAT", 0, "Inputs      general 0 is given RETREAT."),
        ("check oral -n 3 -f 1 --inputs 0=ATTACK", 1, "-f 1 --inputs 0=ATTACK --save"),
        (
            "hunt oral -n 3 -f 1 --violates agreement --cases 100",
            3,
            "Asked       agreement (IC1), and",
        ),
        (
            "check oral -n 3 -f 1 --violates truth",
            2,
            "what is asked is agreement, validity, termination",
        ),
        ("check oral -n 3 -f 1 --inputs 1=ATTACK", 2, "general 1 has no input here"),
        (
            "check oral -n 3 -f 1 --inputs 0=HOLD",
            2,
            "can't be given HOLD: the values are RETREAT, ATTACK",
        ),
        ("check oral -n 3 -f 1 --inputs 0", 2, "such as 1=ATTACK"),
        ("check oral -n 3 -f 1 --inputs 0=ATTACK,0=ATTACK", 2, "two inputs"),
    ];
    for (command, code, says) in cases {
        let answer = turncoat(command);
        let all = format!("{}{}", answer.out, answer.err);
        assert!(
            answer.code == code && all.contains(says),
            "turncoat {command}: {}\n{all}",
            answer.code
        );
    }
}

/// How a story shows that a general has not decided.
#[test]
fn who_has_not_decided_is_told() {
    let protocol =
        Quorums { termination: Termination::AllOrNone, ..Quorums::new(Kind::Crusader, Flaw::None) };
    let found = check(protocol).generals(4).traitors(1).assert_broken();
    expect![[r#"
        The traitor is the commander.
        Were he loyal, the commander would order RETREAT.

        Round 1
              the commander tells 1, 2: RETREAT
          LIE the commander tells 3: ATTACK  (loyal: RETREAT)

        Round 2
              the commander tells 1, 2: RETREAT
          LIE the commander tells 3: ATTACK  (loyal: RETREAT)
              lieutenant 1 tells 0, 2, 3: RETREAT
              lieutenant 2 tells 0, 1, 3: RETREAT
              lieutenant 3 tells 0, 1, 2: ATTACK

        Messages sent: 15; in an honest run: 15.

        What the loyal held in the end
          lieutenant 1   Tally {
                           me: 1,
                           n: 4,
                           says: None,
                           voters: {},
                           messages: {},
                           result: Some((RETREAT, 2)),
                         }
                         decides (Some(RETREAT), 2)
          lieutenant 2   Tally {
                           me: 2,
                           n: 4,
                           says: None,
                           voters: {},
                           messages: {},
                           result: Some((RETREAT, 2)),
                         }
                         decides (Some(RETREAT), 2)
          lieutenant 3   Tally { me: 3, n: 4, says: None, voters: {}, messages: {}, result: None }
                         has not decided

        Violated: totality (all decide, or none). Some of the loyal decide, and others do not: lieutenants 1 and 2 decide (Some(RETREAT), 2), and lieutenant 3 has not decided.

        Smallest (2 lies): no attack has fewer traitors, or as many and fewer lies.
    "#]].assert_eq(&found.to_string());
    assert_eq!(found.execution.decisions.iter().flatten().count(), 2);
    let story = Story::of(&found.protocol, &found.attack, &found.execution);
    let told = [itf(&story)["states"][2].to_string(), svg(&story), mermaid(&story), dot(&story)];
    let says =
        told.each_ref().map(|told| told.contains("undecided") || told.contains("has not decided"));
    assert_eq!(says, [false, true, true, true]);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["decisions"], json!({ "1": ["RETREAT", 2], "2": ["RETREAT", 2] }));
    assert_eq!(json["undecided"], json!([3]));
    let holds =
        check(Quorums::new(Kind::Gradecast, Flaw::None)).generals(4).traitors(1).run().unwrap();
    let text = holds.to_string();
    expect!["Agreement (graded), validity (IC2) and termination (all decide) hold, whatever the traitors do."].assert_eq(text.lines().nth(2).unwrap());
}

/// Where the properties are not the usual ones, an engine that knows only those refuses, and so does the argument that
/// no protocol can be correct.
#[test]
fn what_is_made_for_the_usual_properties_is_refused() {
    let asked = check(Ballot).generals(4).traitors(1).engine(Engine::Compositional);
    assert!(matches!(asked.run(), Err(CheckError::NotComposed(_))));
    let refuted = refute(Ballot).generals(3).traitors(1).run();
    let line = refuted.unwrap_err().to_string();
    expect!["the argument is about protocols in which all decide the same one of the values, and what validity demands: it needs agreement on equal values, validity of all, whether they decide or not, and that all decide, or all or none, and of this one is asked agreement (IC1), validity (IC2), termination (all decide), by rules of its own for what is right"].assert_eq(&line);
}
