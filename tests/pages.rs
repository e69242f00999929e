//! Pages for a browser: all values and messages are in them, escaped, in one file that is not too large. (`.ci/browser`
//! tests them in a browser.)

use std::fmt;

use expect_test::expect;
use serde::{Deserialize, Serialize};
use turncoat::report::page::{page, refutation_page};
use turncoat::report::refuted::RefutationInWords;
use turncoat::report::story::Story;
use turncoat::{Check, OralMessages, Testable, TwoStep, check, refute};

use crate::command_line::{scratch, turncoat};
use crate::pictures::large;

/// The picture of the attack that breaks a protocol, and its page.
fn broken<P: Testable>(asked: Check<P>) -> (Story, String) {
    let found = asked.assert_broken();
    let picture = Story::of(&found.protocol, &found.attack, &found.execution);
    let page = page(Some(&picture), "broken", &found.to_string());
    (picture, page)
}

fn count(page: &str, what: &str) -> usize {
    page.matches(what).count()
}

#[test]
fn everything_that_is_said_stands_in_a_page() {
    for (picture, page) in [
        broken(check(OralMessages::new(1)).generals(3).traitors(1)),
        broken(check(OralMessages::new(1)).generals(7).traitors(2)),
        broken(check(TwoStep::new()).generals(4).traitors(2)),
    ] {
        let messages = picture.rounds.iter().map(|step| step.messages.len()).sum::<usize>();
        assert_eq!(count(&page, "<tr><td>"), messages);
        assert_eq!(count(&page, "<li class=\"lie\""), picture.lies().count());
        let frames = picture.rounds.len() + 1;
        assert_eq!(count(&page, "<article class=\"frame\""), frames);
        assert_eq!(count(&page, "<svg class=\"diagram\""), frames);
        assert_eq!(count(&page, "<g class=\"seat\""), frames * picture.generals.len());
        assert!(page.contains(&picture.ending.sentence.replace('\'', "&#39;")));
        for asked_for in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!page.contains(asked_for), "a page asks for nothing: {asked_for}");
        }
    }
}

#[test]
fn a_page_has_its_parts_in_order() {
    let (_, page) = broken(check(OralMessages::new(1)).generals(3).traitors(1));
    let lines = page.lines().skip_while(|line| !line.starts_with("<body>"));
    let lines =
        lines.map(str::trim).filter(|line| line.starts_with("<h") || line.contains("frame"));
    let lines: Vec<&str> = lines.collect();
    expect![[r#"
        <header>
        <h1>OM(1) among 3 generals</h1>
        <h2 class="unseen">Round by round</h2>
        <article class="frame" data-title="Before the first round">
        <h3>Before the first round</h3>
        <article class="frame" data-title="Round 1 of 2">
        <h3>Round 1 of 2</h3>
        <article class="frame" data-title="Round 2 of 2">
        <h3>Round 2 of 2</h3>
        const frames = [...player.querySelectorAll(".frame")];
        at = Math.max(0, Math.min(frames.length - 1, next));
        frames.forEach((frame, number) => { frame.hidden = number !== at; });
        on.disabled = at === frames.length - 1;
        slider.setAttribute("aria-valuetext", frames[at].dataset.title);
        said.textContent = frames[at].dataset.title;
        const step = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: frames.length - 1 }[event.key];"#]]
    .assert_eq(&lines.join("\n"));
}

/// A value that looks like markup.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Wild(u8);

impl fmt::Display for Wild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "</script><script>alert({})</script>\"'&<b>", self.0)
    }
}

impl fmt::Debug for Wild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[test]
fn markup_in_a_value_is_escaped_everywhere() {
    let wild = || OralMessages::new(1).over([Wild(0), Wild(1)]);
    let (_, page) = broken(check(wild()).generals(3).traitors(1));
    let refutation = refute(wild()).generals(3).traitors(1).run().unwrap();
    for page in
        [page, refutation_page(&RefutationInWords::of(&refutation), &refutation.to_string())]
    {
        assert!(page.contains("alert(1)"));
        assert_eq!((count(&page, "<script"), count(&page, "</script")), (1, 1));
        assert_eq!(count(&page, "<b>al"), 0);
        assert!(!page.contains("\"'&<b>"));
    }
}

#[test]
fn the_same_views_stand_beside_each_other() {
    let refutation = refute(OralMessages::new(1)).generals(3).traitors(1).run().unwrap();
    let argument = refutation.argument.as_ref().unwrap();
    let page = refutation_page(&RefutationInWords::of(&refutation), &refutation.to_string());
    assert_eq!(count(&page, "class=\"player"), argument.worlds.len());
    assert_eq!(count(&page, "<div class=\"views same\">"), argument.witnesses().count());
    let views = page.split("<div class=\"view\"").skip(1).map(|view| {
        view.split_once("<ol>").and_then(|(_, view)| view.split_once("</ol>")).unwrap().0
    });
    let views: Vec<&str> = views.collect();
    assert_eq!(views.len(), 2 * argument.witnesses().count());
    for pair in views.chunks(2) {
        assert!(pair[0] == pair[1] && pair[0].contains("<li>"), "{pair:?}");
    }
}

#[test]
fn many_generals_fit_into_a_page() {
    let picture = large();
    let page = page(Some(&picture), "broken", &picture.to_string());
    assert!(picture.rounds[1].messages.len() >= 200);
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
    assert!(page.contains("more messages, as loyalty has them"));
}

#[test]
fn the_frontier_leads_to_counterexamples() {
    let name = scratch("sweep.html");
    let answer = turncoat(&format!("sweep oral -n 3..=4 -f 1 --format html -o {name}"));
    assert_eq!((answer.code, answer.err.as_str()), (1, ""));
    assert!(answer.out.contains("n = 4"), "the text goes to the terminal");
    let page = std::fs::read_to_string(&name).unwrap();
    assert!(page.contains("<a href=\"#n3-f1\">broken</a>") && page.contains("id=\"n3-f1\""));
    assert!(page.contains("holds bound"));
    // Where nothing is broken there is still an answer to read.
    let holds = turncoat("check oral -n 4 -f 1 --format html");
    assert!(holds.code == 0 && holds.out.contains("HOLDS: OM(1) among 4 generals"));
}
