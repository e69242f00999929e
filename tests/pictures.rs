//! Pictures of executions: what they show, that no value is taken for markup, and that they stay readable.
//! (`.ci/formats` tests that other tools can read them.)

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, fs};

use expect_test::expect_file;
use itf::de::{As, Integer, Same};
use serde::{Deserialize, Serialize};
use turncoat::protocols::oral::Relay;
use turncoat::protocols::path::Path;
use turncoat::report::dot::dot;
use turncoat::report::itf::itf;
use turncoat::report::json;
use turncoat::report::mermaid::mermaid;
use turncoat::report::page::{page, refutation_page};
use turncoat::report::refuted::RefutationInWords;
use turncoat::report::ring::ring;
use turncoat::report::story::{Held, Mark, Message, Story};
use turncoat::report::svg::svg;
use turncoat::{
    Attack, AttackOn, Edit, General, Generals, Graph, Lie, Lockstep, OralMessages, Problem, Round,
    Seat, Testable, TwoStep, Wire, check, hunt, refute, run,
};

use crate::command_line::scratch;

fn drawn<P: Testable>(protocol: &P, attack: &AttackOn<P>) -> Story {
    Story::of(protocol, attack, &run(protocol, attack).unwrap())
}

/// A counterexample to OM(m).
fn oral(m: usize, n: usize, f: usize) -> Story {
    let protocol = OralMessages::new(m);
    let attack = check(&protocol).generals(n).traitors(f).assert_broken().attack;
    drawn(&&protocol, &attack)
}

/// A counterexample among 31 generals, with 870 messages in a round.
pub fn large() -> Story {
    let large = refute(OralMessages::new(1)).generals(31).traitors(11).assert_refuted();
    let world = large.worlds.iter().find(|world| world.execution.lacks.is_some()).unwrap();
    drawn(&OralMessages::new(1), &world.attack)
}

/// Several counterexamples, oral and signed, small and large, by name.
fn counterexamples() -> &'static [(&'static str, Story)] {
    static ALL: OnceLock<Vec<(&str, Story)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let ring = check(OralMessages::new(1)).on(Graph::ring(6)).traitors(1).assert_broken();
        let signed = check(TwoStep::new()).generals(4).traitors(2).assert_broken();
        vec![
            ("three", oral(1, 3, 1)),
            ("seven", oral(1, 7, 2)),
            ("six", oral(2, 6, 2)),
            ("ring", drawn(&OralMessages::new(1), &ring.attack)),
            ("two_step", drawn(&TwoStep::new(), &signed.attack)),
            ("large", large()),
            ("strange", strange()),
        ]
    })
}

/// Writes files for other tools, which `.ci/formats` reads.
fn handed_over(name: &str, picture: &Story) {
    let folder = scratch("pictures");
    fs::create_dir_all(&folder).unwrap();
    for (kind, text) in
        [("svg", svg(picture)), ("dot", dot(picture)), ("mermaid", mermaid(picture))]
    {
        fs::write(format!("{folder}/{name}.{kind}"), text).unwrap();
    }
}

#[test]
fn a_picture_of_three_generals() {
    let three = oral(1, 3, 1);
    expect_file!["golden/three.svg"].assert_eq(&svg(&three));
    expect_file!["golden/three.mermaid"].assert_eq(&mermaid(&three));
    expect_file!["golden/three.dot"].assert_eq(&dot(&three));
    expect_file!["golden/three.itf.json"].assert_eq(&format!("{:#}\n", itf(&three)));
    let refutation = refute(OralMessages::new(1)).generals(3).traitors(1).run().unwrap();
    expect_file!["golden/ring.dot"].assert_eq(&ring(&RefutationInWords::of(&refutation)).unwrap());
    let possible = refute(OralMessages::new(1)).generals(4).traitors(1).run().unwrap();
    assert_eq!(ring(&RefutationInWords::of(&possible)), None);
}

/// Every lie is in each of them, however many there are, and files stay small.
#[test]
fn every_lie_is_seen() {
    for (name, picture) in counterexamples() {
        handed_over(name, picture);
        let lies = picture.lies().count();
        let svg = svg(picture);
        let tree = roxmltree::Document::parse(&svg).expect(name);
        let lie = |node: &roxmltree::Node<'_, '_>| {
            node.attribute("class") == Some("lie") && node.first_element_child().is_some()
        };
        assert_eq!(tree.descendants().filter(lie).count(), lies, "{name}");
        assert!(svg.len() < 1 << 17, "{name}: {} bytes", svg.len());
        let mermaid = mermaid(picture);
        assert_eq!(mermaid.matches(": LIE: ").count(), lies, "{name}");
        assert!(mermaid.len() < 50_000, "{name}: {} letters", mermaid.len());
        let lied = dot(picture).matches("#cf222e\", fontcolor").count();
        assert_eq!(lied > 0, lies > 0, "{name}");
    }
}

/// The large picture has 31 generals, and 870 messages in a round.
#[test]
fn what_is_crowded_is_counted() {
    let large = large();
    assert_eq!((large.generals.len(), large.rounds[1].messages.len()), (31, 870));
    let svg = svg(&large);
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let texts = tree.descendants().filter(|node| node.has_tag_name("text"));
    let texts: Vec<_> = texts.filter_map(|node| node.text()).collect();
    assert!(texts.contains(&"771 messages as loyalty has them"));
    let told = "the commander said ATTACK (loyal: the commander said RETREAT)";
    // A message that one traitor sends to several generals has one row of text.
    assert_eq!(texts.iter().filter(|text| **text == told).count(), 9);
    let size = |name| tree.root_element().attribute(name).unwrap().parse::<f64>().unwrap();
    assert!(
        size("width") < 1600.0 && size("height") < 1000.0,
        "{} x {}",
        size("width"),
        size("height")
    );
}

/// A state of a trace, as the `itf` crate reads it and as it should be.
#[derive(PartialEq, Eq, Debug, Deserialize)]
struct State {
    #[serde(with = "As::<Integer>")]
    round: usize,
    #[serde(with = "As::<BTreeSet<Integer>>")]
    traitors: BTreeSet<usize>,
    #[serde(with = "As::<BTreeMap<Integer, Same>>")]
    inputs: BTreeMap<usize, String>,
    said: Vec<Said>,
    #[serde(with = "As::<BTreeMap<Integer, Same>>")]
    held: BTreeMap<usize, Vec<String>>,
    #[serde(with = "As::<BTreeMap<Integer, Same>>")]
    votes: BTreeMap<usize, String>,
    #[serde(with = "As::<BTreeMap<Integer, Same>>")]
    decisions: BTreeMap<usize, String>,
}

#[derive(PartialEq, Eq, Debug, Deserialize)]
struct Said {
    #[serde(with = "As::<Integer>")]
    from: usize,
    #[serde(with = "As::<Integer>")]
    to: usize,
    text: String,
    withheld: bool,
    mark: String,
    loyal: String,
    forged: String,
    #[serde(with = "As::<Integer>")]
    arrives: usize,
    seals: Vec<Seal>,
}

#[derive(PartialEq, Eq, Debug, Deserialize)]
struct Seal {
    #[serde(with = "As::<Integer>")]
    by: usize,
    forged: bool,
}

/// The expected states, computed from the picture in another way.
fn states(picture: &Story) -> Vec<State> {
    let generals = &picture.generals;
    let last = picture.rounds.len();
    let begin = [(0, &[][..], &picture.start[..])].into_iter();
    let rounds = picture.rounds.iter().map(|step| (step.round, &step.messages[..], &step.held[..]));
    let state = |(index, (round, messages, held)): (usize, (usize, &[Message], &[Held]))| {
        let said = messages.iter().map(|message| Said {
            from: message.from,
            to: message.to,
            text: message.text.clone(),
            withheld: message.withheld,
            mark: match message.mark {
                None => "",
                Some(Mark::Lie) => "lie",
                Some(Mark::First) => "first",
                Some(Mark::Late) => "late",
                Some(Mark::Lost) => "lost",
            }
            .to_owned(),
            loyal: message.loyal.clone().unwrap_or_default(),
            forged: message.forged.clone().unwrap_or_default(),
            arrives: message.arrives.unwrap_or_default(),
            seals: message.seals.iter().map(|it| Seal { by: it.by, forged: it.forged }).collect(),
        });
        let lines = held.iter().enumerate().map(|(id, held)| (id, held.lines.clone()));
        let votes = held.iter().enumerate().filter_map(|(id, held)| Some((id, held.vote.clone()?)));
        let traitors = generals.iter().filter(|actor| actor.traitor).map(|actor| actor.id);
        let input = generals.iter().filter_map(|actor| Some((actor.id, actor.input.clone()?)));
        let decided = generals.iter().filter(|_| index == last);
        let decided = decided.filter_map(|actor| Some((actor.id, actor.decision.clone()?)));
        State {
            round,
            traitors: traitors.collect(),
            inputs: input.collect(),
            said: said.collect(),
            held: lines.collect(),
            votes: votes.collect(),
            decisions: decided.collect(),
        }
    };
    begin.chain(rounds).enumerate().map(state).collect()
}

#[test]
fn traces_are_read_back_as_they_were() {
    for (name, picture) in counterexamples() {
        let text = itf(picture).to_string();
        let trace: itf::Trace<State> = itf::trace_from_str(&text).expect(name);
        let read: Vec<State> = trace.states.into_iter().map(|state| state.value).collect();
        assert_eq!(read, states(picture), "{name}");
        assert_eq!(trace.vars.len(), 7);
    }
}

/// Markup in a value is shown as text, unchanged and complete, in every format.
#[test]
fn values_are_no_markup() {
    let picture = strange();
    let [order, other] = [Strange(0), Strange(1)].map(|value| format!("{value:?}"));
    let svg = svg(&picture);
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let names: BTreeSet<_> = tree.descendants().map(|node| node.tag_name().name()).collect();
    let known = ["", "circle", "desc", "line", "path", "rect", "style", "svg", "text", "title"];
    assert_eq!(names, BTreeSet::from(known));
    let titles = tree.descendants().filter(|node| node.has_tag_name("title"));
    let titles: Vec<_> = titles.filter_map(|node| node.text()).collect();
    let in_a_line = |text: &str| text.replace('\n', "\\n");
    assert!(titles.contains(&&*in_a_line(&format!("0 to 1: {order}"))), "{titles:#?}");
    assert!(titles.iter().any(|title| title.contains(&in_a_line(&other))), "{titles:#?}");
    let mermaid = mermaid(&picture);
    assert!(!mermaid.contains(['<', '"', '\'', '{', '}', '%', '&']), "{mermaid}");
    assert!(mermaid.lines().skip(1).all(|line| line.starts_with("    ")), "{mermaid}");
    let numbers = mermaid.split(';').filter(|part| part.contains('#')).count();
    assert_eq!(mermaid.matches('#').count(), numbers, "{mermaid}");
    let dot = dot(&picture);
    // Every line has an even number of quotes that are not escaped, so strings end where they should.
    for line in dot.lines() {
        let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
        assert_eq!(quotes % 2, 0, "{line}");
    }
    assert!(dot.contains("<script>alert('x')</script>]]>\\\"&amp;lt;"), "{dot}");
}

/// A value that looks like markup.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Strange(u8);

const MARKUP: &str = "<script>alert('x')</script>]]>\"&lt;;#%%--\\n\n}end";

impl fmt::Debug for Strange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARKUP}{}", self.0)
    }
}

impl fmt::Display for Strange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One lie about such a value.
fn strange() -> Story {
    let values = [Strange(0), Strange(1)];
    let protocol = OralMessages::new(1).over(values.to_vec());
    let path = Path::of([0, 1].map(General::new));
    let [of, say] = values.map(|value| Relay { path, value });
    let wire = Wire { round: 2, from: General::new(1), to: General::new(2) };
    let inputs = BTreeMap::from([(General::COMMANDER, values[0])]);
    let traitors = Generals::NONE.with(General::new(1));
    let lies = vec![Lie { wire, edit: Edit::Instead { of, say } }];
    drawn(&protocol, &Attack { lies, ..Attack::new(3, traitors, inputs) })
}

/// Obeys the commander, and counts the steps that the protocol takes.
#[derive(Default, Debug)]
struct Counted(AtomicUsize);

impl Counted {
    fn step(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many steps of the protocol this takes.
    fn steps(&self, what: impl FnOnce()) -> usize {
        let before = self.0.load(Ordering::Relaxed);
        what();
        self.0.load(Ordering::Relaxed) - before
    }
}

impl Lockstep for Counted {
    type Value = u8;
    type Decision = u8;
    type Message = u8;
    type State = Option<u8>;

    fn rounds(&self, _: usize) -> usize {
        2
    }

    fn start(&self, _: Seat, order: Option<&u8>) -> Option<u8> {
        self.step();
        order.copied()
    }

    fn send(&self, order: &Option<u8>, round: Round, _: General) -> impl IntoIterator<Item = u8> {
        self.step();
        order.filter(|_| round == 1)
    }

    fn receive(&self, order: &mut Option<u8>, _: Round, _: General, told: &u8) {
        self.step();
        *order = Some(*told);
    }

    fn decide(&self, order: &Option<u8>) -> Option<u8> {
        Some(order.unwrap_or(0))
    }
}

impl Testable for Counted {
    fn problem(&self, _: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast([0, 1]))
    }
}

/// All pictures of an execution come from its one run: they ask the protocol for words, and for what would be decided,
/// but it takes no further step.
#[test]
fn no_picture_runs_the_protocol() {
    let protocol = Counted::default();
    let verdict = check(&protocol).generals(3).traitors(1).run().unwrap();
    let hunted = hunt(&protocol).generals(3).traitors(1).run().unwrap();
    let refuted = refute(&protocol).generals(3).traitors(1).run().unwrap();
    let found = [verdict.counterexample().unwrap(), hunted.counterexample().unwrap()];
    let steps = protocol.steps(|| {
        let told = serde_json::Value::Null;
        let mut shown = vec![verdict.to_string(), hunted.to_string(), refuted.to_string()];
        shown.push(json::verdict(&told, &verdict).to_string());
        shown.push(json::hunted(&told, &hunted).to_string());
        shown.push(json::refutation(&told, &refuted).to_string());
        for found in found {
            let story = Story::of(&found.protocol, &found.attack, &found.execution);
            let brief = Story::in_brief(&found.protocol, &found.attack, &found.execution);
            assert_eq!((brief.to_string(), brief.end()), (story.to_string(), story.end()));
            let held: Vec<_> = story.rounds.iter().map(|step| &step.held[2].vote).collect();
            assert!(story.start[2].vote.is_some() && held.iter().all(|vote| vote.is_some()));
            shown.extend([svg(&story), mermaid(&story), dot(&story), itf(&story).to_string()]);
            shown.push(page(Some(&story), verdict.name(), "text"));
        }
        let in_words = RefutationInWords::of(&refuted);
        shown.extend([refutation_page(&in_words, "text"), ring(&in_words).unwrap()]);
        assert!(shown.iter().all(|shown| !shown.is_empty()));
    });
    assert_eq!(steps, 0);
    let attack = &found[0].attack;
    let once = protocol.steps(|| drop(run(&protocol, attack).unwrap()));
    assert_eq!(protocol.steps(|| drop(drawn(&&protocol, attack))), once);
}
