//! The compositional engine: compared with the exhaustive engine, and used where that one can't go.

use std::collections::BTreeMap;

use expect_test::expect;
use itertools::{Itertools, iproduct};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use turncoat::execution::Size;
use turncoat::protocols::oral::{Choice, Relay};
use turncoat::protocols::path::{Path, paths};
use turncoat::search::Engine;
use turncoat::{
    Adversary, Check, CheckError, Claims, ClaimsOf, FloodSet, General, Generals, Graph, Lockstep,
    OralMessages, Order, Problem, Recursive, Repertoire, Round, Seat, Testable, VerdictOn, Wire,
    assert_recursive, check,
};

fn composed(m: usize, n: usize, f: usize) -> Check<OralMessages> {
    check(OralMessages::new(m)).generals(n).traitors(f).engine(Engine::Compositional)
}

/// Exponential information gathering as in a textbook, with its own rule for how many votes are enough: that depends on
/// what the lieutenant was told itself, and on how many others vote.
#[derive(Clone, Debug)]
struct Gathering {
    m: usize,
    /// How many votes for ATTACK are enough: by what the lieutenant was told itself, and by how many others vote.
    enough: [[usize; 8]; 2],
    /// What its recursion claims and its code does not do.
    lie: Option<Untruth>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Untruth {
    Rule,
    Depth,
    Path,
}

impl Gathering {
    /// Strict majority, its own vote included.
    fn new(m: usize) -> Gathering {
        let rule = |told| std::array::from_fn(|others| others.div_ceil(2) + 1 - told);
        Gathering { m, enough: [rule(0), rule(1)], lie: None }
    }

    /// A rule drawn by seed: here and there another number of votes than the majority is enough.
    fn drawn(m: usize, seed: u64) -> Gathering {
        let rng = &mut SmallRng::seed_from_u64(seed);
        let mut drawn = Gathering::new(m);
        let oddity = rng.random_range(0.0..0.8);
        for enough in &mut drawn.enough {
            for (others, enough) in enough.iter_mut().enumerate() {
                if rng.random_bool(oddity) {
                    *enough = rng.random_range(0..others + 2);
                }
            }
        }
        drawn
    }

    fn rule(&self, told: Order, relayed: &[Order]) -> Order {
        let votes = relayed.iter().filter(|vote| **vote == Order::ATTACK).count();
        let enough = self.enough[usize::from(told == Order::ATTACK)][relayed.len()];
        if votes >= enough { Order::ATTACK } else { Order::RETREAT }
    }

    fn resolve(&self, (seat, told): &Gathered, path: &Path) -> Order {
        let own = told.get(path).copied().unwrap_or(Order::RETREAT);
        let others = Generals::first(seat.n).minus(path.generals()).without(seat.me);
        let others = others.iter().filter(|_| path.len() < self.rounds(seat.n));
        let others = others.map(|other| self.resolve(&(*seat, told.clone()), &path.then(other)));
        self.rule(own, &others.collect_vec())
    }
}

type Gathered = (Seat, BTreeMap<Path, Order>);

impl Lockstep for Gathering {
    type Value = Order;
    type Decision = Order;
    type Message = Relay<Order>;
    type State = Gathered;

    fn rounds(&self, n: usize) -> usize {
        (self.m + 1).min(n - 1)
    }

    fn start(&self, seat: Seat, input: Option<&Order>) -> Gathered {
        (seat, input.map(|order| (Path::of([]), *order)).into_iter().collect())
    }

    fn send(
        &self,
        (seat, told): &Gathered,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Relay<Order>> {
        let relays = Generals::first(seat.n).without(seat.me).without(to);
        let commands = seat.me.is_commander();
        let heard = match (commands, round) {
            (true, 1) => vec![Path::of([])],
            (true, _) | (false, 1) => vec![],
            (false, _) => paths(round - 1, relays).collect(),
        };
        let heard = heard.into_iter().filter(move |_| !to.is_commander());
        heard.map(|path| Relay {
            value: told.get(&path).copied().unwrap_or(Order::RETREAT),
            path: path.then(seat.me),
        })
    }

    fn receive(
        &self,
        (seat, told): &mut Gathered,
        round: Round,
        from: General,
        Relay { path, value }: &Relay<Order>,
    ) {
        if path.len() == round && path.last() == Some(from) && path.rank(*seat).is_some() {
            told.insert(*path, *value);
        }
    }

    fn decide(&self, state: &Gathered) -> Option<Order> {
        Some(match state.0.me.is_commander() {
            true => state.1[&Path::of([])],
            false => self.resolve(state, &Path::root()),
        })
    }
}

impl Testable for Gathering {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Relay<Order>> {
        OralMessages::new(self.m).repertoire(n, wire)
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        Claims::none().recursive(self)
    }
}

impl Recursive<Order, Relay<Order>> for Gathering {
    fn depth(&self, n: usize) -> usize {
        self.rounds(n) + usize::from(self.lie == Some(Untruth::Depth))
    }

    fn relay(&self, path: &[General], value: &Order) -> Relay<Order> {
        let backwards = self.lie == Some(Untruth::Path) && path.len() > 1;
        let path = if backwards { &path[1..] } else { path };
        Relay { path: Path::of(path.iter().copied()), value: *value }
    }

    fn resolve(&self, told: &Order, relayed: &[Order]) -> Order {
        match self.lie {
            // Leaves out its own vote.
            Some(Untruth::Rule) => self.rule(Order::RETREAT, relayed),
            _ => self.rule(*told, relayed),
        }
    }

    fn unheard(&self) -> Order {
        Order::RETREAT
    }
}

/// Both engines give the same verdict on as many behaviours, with an attack of the same size.
fn assert_agree<P: Testable>(protocol: &P, ask: impl Fn(Check<&P>) -> Check<&P>) -> &'static str {
    let composed = ask(check(protocol)).engine(Engine::Compositional).run().unwrap();
    let whole = ask(check(protocol)).run().unwrap();
    let both = || format!("{protocol:?}\n{composed}\n{whole}");
    assert_eq!(composed.name(), whole.name(), "{}", both());
    let behaviours = [&composed.behaviours, &whole.behaviours].map(ToString::to_string);
    assert_eq!(behaviours[0], behaviours[1], "{}", both());
    if let Some((small, found)) = composed.counterexample().zip(whole.counterexample()) {
        assert_eq!(small.size, Size::Smallest);
        assert_eq!(small.attack.traitors.len(), found.attack.traitors.len(), "{}", both());
        assert_eq!(small.violation.name(), small.execution.violation().unwrap().name());
        if found.size == Size::Smallest {
            assert_eq!(small.attack.size(), found.attack.size(), "{}", both());
        }
    }
    composed.name()
}

#[test]
fn the_engines_agree_on_oral_messages() {
    let mut verdicts = BTreeMap::new();
    for (n, m, flags) in iproduct!(2..=5, 0..=3, 0..8) {
        let flag = |bit| flags >> bit & 1 == 1;
        let choice = if flag(2) { Choice::Median } else { Choice::Majority };
        let protocol = OralMessages::new(m).choice(choice);
        for f in 0..n.min(4) {
            let verdict = assert_agree(&protocol, |check| {
                let mut adversary = Adversary::byzantine(f).without_strays();
                adversary.exactly = flag(0);
                adversary.loyal_commander = flag(1);
                adversary.silence = !flag(2);
                check.generals(n).against(adversary)
            });
            *verdicts.entry(verdict).or_insert(0) += 1;
        }
    }
    assert!(verdicts["holds"] > 50 && verdicts["broken"] > 50, "{verdicts:?}");
}

/// Any rule for votes will do, as long as more votes for a value never count against it.
#[test]
fn the_engines_agree_whatever_the_rule_is() {
    let mut verdicts = BTreeMap::new();
    for (seed, (n, m)) in iproduct!(0..80, [(3, 0), (3, 1), (4, 1), (4, 2), (5, 1)]) {
        let protocol = Gathering::drawn(m, seed);
        for f in 0..n {
            let verdict = assert_agree(&protocol, |check| {
                check.generals(n).against(Adversary::byzantine(f).without_strays())
            });
            *verdicts.entry(verdict).or_insert(0) += 1;
        }
    }
    assert!(verdicts["holds"] > 20 && verdicts["broken"] > 200, "{verdicts:?}");
}

/// Far beyond the reach of an engine that tries behaviours one by one.
#[test]
fn oral_messages_hold_up_the_ladder() {
    for m in 1..=8 {
        composed(m, 3 * m + 1, m).assert_holds();
    }
    // More messages than a machine word can count.
    composed(15, 31, 2).against(Adversary::byzantine(2).loyal_commander()).assert_holds();
    for (m, n) in [(0, 1), (3, 1), (1, 2)] {
        composed(m, n, n - 1).assert_holds();
    }
}

/// With one general fewer it is broken, and takes at least this many lies.
#[test]
fn the_smallest_attacks_are_proved_smallest() {
    for (m, lies) in [(1, 1), (2, 6), (3, 24), (4, 100)] {
        let found = composed(m, 3 * m, m).assert_broken();
        let size = (found.attack.traitors.len(), found.attack.size(), found.size);
        assert_eq!(size, (m, lies, Size::Smallest));
        assert_eq!(found.violation.name(), "validity");
    }
}

#[test]
fn what_is_recursive_is_what_it_says() {
    for (m, n) in [(0, 3), (1, 2), (1, 4), (2, 5), (3, 5), (3, 4), (2, 3)] {
        assert_recursive(&OralMessages::new(m), n);
        assert_recursive(&OralMessages::new(m).over(Order::first(3)), n);
    }
    for seed in 0..6 {
        assert_recursive(&Gathering::drawn(2, seed), 4);
    }
}

/// A recursion that describes another protocol is noticed, and an attack that it yields is not believed.
#[test]
fn a_recursion_that_is_not_its_own_is_found_out() {
    for (lie, tells) in [
        (Untruth::Rule, "by its recursion it takes"),
        (Untruth::Depth, "as deep as there are rounds"),
        (Untruth::Path, "messages that have no place"),
    ] {
        let protocol = Gathering { lie: Some(lie), ..Gathering::new(1) };
        let found = std::panic::catch_unwind(|| assert_recursive(&protocol, 4)).unwrap_err();
        let told = found.downcast_ref::<String>().unwrap();
        assert!(told.contains(tells), "{lie:?}: {told}");
    }
    let protocol = Gathering { lie: Some(Untruth::Rule), ..Gathering::new(1) };
    let asked = check(&protocol).generals(4).traitors(1).engine(Engine::Compositional).run();
    expect!["by the protocol's recursion validity is broken with 0 traitors, and by its own code it is not: the recursion describes another protocol"].assert_eq(&asked.unwrap_err().to_string());
}

#[test]
fn what_it_can_not_answer_is_said_in_a_line() {
    let refused =
        |asked: Result<VerdictOn<OralMessages>, CheckError>| asked.unwrap_err().to_string();
    let against = |adversary| refused(composed(1, 4, 1).against(adversary).run());
    let three = OralMessages::new(1).over(Order::first(3));
    let lines = [
        against(Adversary::byzantine(1).any_order()),
        against(Adversary::byzantine(1).disrupted(1, 1)),
        against(Adversary::crash(1)),
        against(Adversary::byzantine(1).suspects(Generals::first(2))),
        refused(composed(1, 4, 1).on(turncoat::Graph::ring(4)).run()),
        refused(composed(5, 15, 5).run()),
        refused(composed(1, 65, 1).run()),
        refused(check(three).generals(4).traitors(1).engine(Engine::Compositional).run()),
        check(FloodSet::new(1))
            .generals(4)
            .traitors(1)
            .engine(Engine::Compositional)
            .run()
            .unwrap_err()
            .to_string(),
    ];
    expect![[r#"
        the compositional engine can't answer this: it knows no schedule but arrival by sender
        the compositional engine can't answer this: it knows no schedule but arrival by sender
        the compositional engine can't answer this: it knows no traitors but Byzantine ones
        the compositional engine can't answer this: it knows no suspects: all lieutenants are alike to it
        the compositional engine can't answer this: it knows the complete graph only
        by the protocol's recursion validity is broken with 5 traitors, but no run can show it: OM(5) among 15 generals would have each lieutenant remember 173486 values; that number times n times the number of orders can be at most 4194304: choose a smaller m or n
        n is 65: there must be from 1 to 64 generals
        the compositional engine can't answer this: it knows two values, and there are 3
        the compositional engine can't answer this: the protocol describes no recursion"#]].assert_eq(&lines.join("\n"));
}
