//! Demands on how executions proceed: how many messages are sent, and after which round a general has decided; and
//! refutations of a single property.

use expect_test::expect;
use turncoat::protocols::asking::{Asking, asking};
use turncoat::search::Engine;
use turncoat::{
    Adversary, Course, Demand, OralMessages, Order, Outcome, SignedMessages, Testable, check, hunt,
    refute, run,
};

/// SM(1) with this demand.
fn signed(
    name: &'static str,
    met: fn(&Outcome<'_, Order>, &Course) -> bool,
) -> Asking<SignedMessages> {
    asking(SignedMessages::new(1), [Demand::of_course(name, met)])
}

/// OM(1) with this demand.
fn oral(name: &'static str, met: fn(&Outcome<'_, Order>, &Course) -> bool) -> Asking<OralMessages> {
    asking(OralMessages::new(1), [Demand::of_course(name, met)])
}

/// One traitor, without strays: so few behaviours that the naive engine gets through them.
fn taciturn() -> Adversary {
    Adversary::byzantine(1).without_strays().without_replays()
}

/// One traitor breaks the demand, and no other property, with at most two lies. The naive engine finds that, and so
/// does a hunt; and their attacks break it again when they are run.
fn is_broken<P: Testable + Clone>(protocol: P, adversary: Adversary) {
    let asked = check(protocol.clone()).generals(3).against(adversary);
    let found = asked.engine(Engine::Naive).assert_broken();
    let name = found.violation.name();
    assert_eq!(found.attack.traitors.len(), 1, "{name}");
    assert!((1..=2).contains(&found.attack.size()), "{name}");
    let hunted = hunt(protocol.clone()).generals(3).against(adversary).cases(2_000).assert_finds();
    assert_eq!(hunted.violation, found.violation);
    assert_eq!(run(&protocol, &found.attack).unwrap().violation(), Some(found.violation));
}

#[test]
fn a_traitor_makes_the_loyal_send_more() {
    // A commander who gives two orders gets both relayed.
    let once = signed("one order is relayed", |outcome, course| {
        outcome.deciders().iter().all(|general| course.sent_by(general) <= 1)
    });
    is_broken(once, Adversary::byzantine(1));
}

#[test]
fn a_traitor_makes_the_loyal_decide_later() {
    // A lieutenant who hears the order only from another lieutenant hears it a round later.
    let at_once = signed("decided in one round", |outcome, course| {
        let after = |general| course.decided_after(general).is_some_and(|round| round <= 1);
        outcome.deciders().iter().all(after)
    });
    is_broken(at_once, taciturn());
}

#[test]
fn what_is_sent_by_the_loyal_alone_is_counted() {
    let engine = Engine::Naive;
    let asked = |protocol| check(protocol).generals(4).against(taciturn()).engine(engine);
    asked(oral("at most 9 messages", |_, course| course.messages() <= 9)).assert_holds();
    asked(oral("at least 6 messages", |_, course| course.messages() >= 6)).assert_holds();
    asked(oral("two rounds", |_, course| course.rounds() == 2)).assert_holds();
    asked(oral("3 in round 1, if any", |_, course| [0, 3].contains(&course.sent_in(1))))
        .assert_holds();
    let found = asked(oral("at most 8", |_, course| course.messages() <= 8)).assert_broken();
    assert!(found.attack.traitors.is_empty());
    let found = asked(oral("at least 7", |_, course| course.messages() >= 7)).assert_broken();
    assert_eq!((found.attack.traitors.len(), found.attack.size()), (1, 0));
}

#[test]
fn engines_that_do_not_tell_executions_apart_refuse() {
    let protocol = oral("at most 9 messages", |_, course| course.messages() <= 9);
    let asked = check(protocol).generals(4).against(taciturn());
    let refused = asked.clone().run().unwrap_err().to_string();
    expect![[r#""at most 9 messages" is demanded of how an execution goes, and such an engine does not tell executions apart that come to the same end: use the naive engine, or hunt"#]]
    .assert_eq(&refused);
    let composed = asked.clone().engine(Engine::Compositional).run().unwrap_err().to_string();
    assert_eq!(composed, refused);
    // Without the demand the protocol holds.
    asked.clone().violating("agreement").assert_holds();
    let verdict = asked.fitting_engine().run().unwrap();
    assert!(verdict.holds() && verdict.engine == Engine::Naive);
}

#[test]
fn a_refutation_can_be_of_one_property() {
    let asked = refute(OralMessages::new(1)).generals(3).traitors(1);
    let found = asked.clone().violating("validity").run().unwrap();
    let broken = found.broken().unwrap().execution.violation().unwrap();
    assert_eq!(broken.name(), "validity");
    let refused = asked.clone().violating("agreement").run().unwrap_err().to_string();
    expect!["agreement is violated in no world of the argument: another property fails"]
        .assert_eq(&refused);
    assert!(asked.violating("fairness").run().is_err());
    // No theorem applies, and so there is no world.
    let possible = refute(OralMessages::new(1)).generals(4).traitors(1).violating("agreement");
    assert_eq!(possible.run().unwrap().name(), "possible");
}
