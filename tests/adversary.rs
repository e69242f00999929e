//! One adversary, written one way: the same default everywhere, and what is not covered is named.

use turncoat::adversary::Power;
use turncoat::search::Engine;
use turncoat::{
    Adversary, CheckError, Generals, OralMessages, Setting, SignedMessages, check, hunt, refute,
};

use crate::command_line::turncoat;

#[test]
fn the_default_is_the_same_everywhere() {
    let checked = check(OralMessages::new(1)).generals(4).traitors(1).run().unwrap();
    let hunted = hunt(OralMessages::new(1)).generals(4).traitors(1).cases(1).run().unwrap();
    let adversaries = [checked.adversary, hunted.adversary, Setting::new(4, 1).adversary];
    assert_eq!(adversaries, [Adversary::byzantine(1); 3]);
    let section = |command: &str| {
        let help = turncoat(&format!("{command} oral -h")).out;
        let section = help.split_once("\nAdversary:\n").unwrap().1;
        section.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let checks = section("check");
    assert!(checks.iter().any(|line| line.contains("--any-order")), "{checks:?}");
    assert_eq!(section("hunt"), checks);
    assert_eq!(section("sweep"), checks);
}

#[test]
fn a_verdict_names_what_was_not_covered() {
    let ask = |adversary| check(OralMessages::new(1)).generals(4).against(adversary);
    let gaps = |adversary| ask(adversary).run().unwrap().not_covered().unwrap();
    let byzantine = Adversary::byzantine(1);
    assert_eq!(gaps(byzantine), [Power::AnyOrder]);
    assert_eq!(gaps(byzantine.any_order()), []);
    let all = [Power::Silence, Power::Strays, Power::AnyOrder, Power::Replays];
    assert_eq!(gaps(byzantine.without_strays().without_silence()), all);
    assert_eq!(gaps(Adversary::crash(1)), [Power::AnyOrder]);
    let text = ask(byzantine.any_order()).run().unwrap().to_string();
    assert!(!text.contains("Not covered"), "{text}");
    let bounded = ask(byzantine.without_replays()).steps(10).run().unwrap();
    assert_eq!(bounded.not_covered().unwrap(), [Power::AnyOrder, Power::Replays]);
    let broken = check(OralMessages::new(1)).generals(3).traitors(1).run().unwrap();
    assert_eq!(broken.not_covered(), None);
    let signed = check(SignedMessages::new(1)).generals(3).against(byzantine.without_strays());
    let text = signed.run().unwrap().to_string();
    assert!(text.contains("Not covered stray and forged messages, any order of arrival"), "{text}");
}

/// An engine that covers less is never chosen silently.
#[test]
fn what_the_fitting_engine_does_not_cover_is_seen() {
    let large = check(OralMessages::new(3)).generals(10).traitors(3).fitting_engine();
    let verdict = large.run().unwrap();
    assert!(verdict.holds() && verdict.engine == Engine::Compositional);
    let gaps = [Power::Strays, Power::AnyOrder, Power::Replays];
    assert_eq!(verdict.not_covered().unwrap(), gaps);
    let line = "Not covered stray messages, any order of arrival, duplicates and messages of other";
    assert!(verdict.to_string().contains(line), "{verdict}");
    let swept = turncoat("sweep oral -m 1 -n 4..=5 -f 1 --engine compositional").out;
    assert!(
        swept.ends_with(&format!("\n\n{} rounds.\n", line.replace("ed s", "ed  s"))),
        "{swept}"
    );
}

/// The impossibility argument is about a stronger adversary than this one.
#[test]
fn what_is_refuted_is_not_a_weaker_adversary() {
    let ask = |adversary| refute(OralMessages::new(1)).generals(3).against(adversary);
    ask(Adversary::byzantine(1).any_order().disrupted(1, 1)).assert_refuted();
    for weaker in [
        Adversary::crash(1),
        Adversary::byzantine(1).exactly(),
        Adversary::byzantine(1).loyal_commander(),
        Adversary::byzantine(1).suspects(Generals::first(2)),
        Adversary::byzantine(1).without_silence(),
    ] {
        assert_eq!(ask(weaker).run().unwrap_err(), CheckError::TooWeak, "{weaker}");
    }
}
