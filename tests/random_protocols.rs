//! Protocols at random, some of which panic or decide on what is no value: the engines must agree
//! on each, and on a broken one every word of the counterexample must be true. What is compared
//! with is written here once more, from the documentation alone.

use std::collections::BTreeMap;

use itertools::Itertools;
use turncoat::execution::ExecutionOf;
use turncoat::execution::{Delivery, Size};
use turncoat::question::Question;
use turncoat::search::Engine;
use turncoat::{
    Adversary, Attack, AttackOn, Check, Counterexample, Edit, General, Generals, Graph, Lie,
    Lockstep, Problem, Repertoire, Round, Seat, Testable, Wire, check, run,
};

/// A protocol whose tables are drawn from a seed, entry by entry, whenever one is looked up.
#[derive(Clone, Debug)]
pub struct Drawn {
    seed: u64,
    n: usize,
    adversary: Adversary,
}

/// How many states there are, and how many messages.
const STATES: u8 = 4;
const MESSAGES: u8 = 6;

/// How many protocols are drawn.
const SEEDS: u64 = 2_000;

/// The most behaviours gone through, and the most attacks.
const AFFORDABLE: u128 = 4_000;
const ATTACKS: usize = 20_000;

impl Drawn {
    pub fn new(seed: u64) -> Drawn {
        let blank = Drawn { seed, n: 0, adversary: Adversary::byzantine(1) };
        let n = 2 + blank.draw("n", [], 3);
        let f = 1 + blank.draw("f", [], n.min(3) - 1);
        let mut adversary = Adversary::byzantine(f).without_replays();
        adversary.exactly = blank.one_in(4, "exactly", []);
        adversary.loyal_commander = blank.one_in(4, "loyal commander", []);
        adversary.strays = !blank.one_in(2, "strays", []);
        Drawn { n, adversary, ..blank }
    }

    /// A number below `end`, the same for the same question.
    fn draw<const N: usize>(&self, what: &str, entry: [usize; N], end: usize) -> usize {
        let mut hash = self.seed.wrapping_add(1);
        let entry = entry.iter().map(|part| *part as u64);
        for part in what.bytes().map(u64::from).chain(entry) {
            hash = (hash ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            hash ^= hash >> 29;
        }
        hash = (hash ^ (hash >> 32)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((hash >> 33) % end as u64) as usize
    }

    fn one_in<const N: usize>(&self, many: usize, what: &str, entry: [usize; N]) -> bool {
        self.draw(what, entry, many) == 0
    }

    fn check(&self) -> Check<&Drawn> {
        self.ask(check(self))
    }

    /// A question about this setting.
    pub fn ask<P: Testable, H>(&self, question: Question<P, H>) -> Question<P, H> {
        question.generals(self.n).against(self.adversary)
    }

    fn slot(&self, message: u8) -> usize {
        if self.one_in(2, "crossed", []) {
            usize::from(message) % 2
        } else {
            usize::from(message) / 3
        }
    }

    fn says(&self, me: usize, state: u8, round: Round, to: usize) -> Vec<u8> {
        if self.two_values() && me == 0 && round == 1 {
            return vec![state & 1];
        }
        if self.one_in(3, "live", [me, round, to]) {
            return vec![];
        }
        let says = |slot| {
            let messages = (0..MESSAGES).filter(|message| self.slot(*message) == slot);
            let messages = messages.collect_vec();
            let entry = [me, round, to, slot, usize::from(state)];
            let silent = self.one_in(if slot == 0 { 4 } else { 2 }, "silent", entry);
            (!silent).then(|| messages[self.draw("says", entry, messages.len())])
        };
        (0..2).filter_map(says).collect()
    }

    fn two_values(&self) -> bool {
        self.one_in(2, "two values", [])
    }
}

/// Who I am, and how it stands.
type State = (u8, u8);

impl Lockstep for Drawn {
    type Value = u8;
    type Decision = u8;
    type Message = u8;
    type State = State;

    fn rounds(&self, _n: usize) -> usize {
        1 + self.draw("rounds", [], 3)
    }

    fn start(&self, seat: Seat, input: Option<&u8>) -> State {
        (seat.me.id() as u8, input.copied().unwrap_or(0))
    }

    fn send(&self, state: &State, round: Round, to: General) -> impl IntoIterator<Item = u8> {
        let (me, state) = (usize::from(state.0), state.1);
        let entry = [me, usize::from(state), round, to.id()];
        assert!(!(state > 1 && self.one_in(20, "send fails", entry)), "send fails");
        self.says(me, state, round, to.id())
    }

    fn receive(&self, state: &mut State, round: Round, from: General, message: &u8) {
        let entry = [state.0, state.1, *message].map(usize::from);
        let entry = [entry[0], entry[1], entry[2], round, from.id()];
        assert!(!self.one_in(120, "receive fails", entry), "receive fails");
        if self.two_values() && round == 1 && from.is_commander() && *message < 2 {
            state.1 = state.1 & !1 | message;
        } else if self.one_in(2, "moves", entry) {
            let to = self.draw("to", entry, usize::from(STATES)) as u8;
            let keeps = self.two_values() && !self.one_in(12, "turns", entry);
            state.1 = if keeps { to & !1 | state.1 & 1 } else { to };
        }
    }

    fn end_round(&self, state: &mut State, round: Round) {
        let entry = [usize::from(state.0), usize::from(state.1), round];
        assert!(!self.one_in(120, "end_round fails", entry), "end_round fails");
    }

    fn decide(&self, state: &State) -> Option<u8> {
        let entry = [usize::from(state.0), usize::from(state.1)];
        assert!(!(state.1 > 1 && self.one_in(12, "decide fails", entry)), "decide fails");
        Some(match self.one_in(8, "decides", entry) {
            true if state.1 > 1 => 7,
            _ if self.two_values() => state.1 & 1,
            _ => 0,
        })
    }
}

impl Drawn {
    fn values(&self) -> Vec<u8> {
        if self.two_values() { vec![0, 1] } else { vec![0] }
    }
}

impl Testable for Drawn {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast(self.values()))
    }

    fn repertoire(&self, _n: usize, Wire { round, from, to }: Wire) -> Repertoire<u8> {
        let mut slots = vec![vec![], vec![]];
        let loyal = (0..STATES).flat_map(|state| self.says(from.id(), state, round, to.id()));
        let wire = [from.id(), round, to.id()];
        let silent = self.one_in(3, "no more", wire);
        let more = (0..MESSAGES).filter(|message| {
            let message = usize::from(*message);
            !silent && self.one_in(3, "more", [from.id(), round, to.id(), message])
        });
        for message in loyal.chain(more) {
            slots[self.slot(message)].push(message);
        }
        let strays = 0..self.draw("strays", wire, 3);
        let stray = |which| self.draw("stray", [from.id(), round, to.id(), which], 9) as u8;
        Repertoire::of(slots).with_strays(strays.map(stray))
    }
}

type Found<'a> = Counterexample<&'a Drawn>;

/// What can be said in each slot of a wire, the strays last.
fn choices(drawn: &Drawn, wire: Wire) -> Vec<Vec<Option<u8>>> {
    let Repertoire { mut slots, strays, .. } = drawn.repertoire(drawn.n, wire);
    slots.extend(drawn.adversary.strays.then_some(strays));
    let choices = slots.into_iter().map(|messages| {
        let said = messages.into_iter().sorted().dedup().map(Some);
        said.chain([None]).collect()
    });
    choices.collect()
}

fn wires(drawn: &Drawn, from: Generals, to: Generals) -> Vec<Wire> {
    let rounds = 1..=drawn.rounds(drawn.n);
    let wires = itertools::iproduct!(rounds, from.iter(), to.iter().collect_vec());
    let wires = wires.map(|(round, from, to)| Wire { round, from, to });
    wires.filter(|wire| wire.from != wire.to).collect()
}

/// The sets of traitors.
fn sets(drawn: &Drawn) -> Vec<Generals> {
    let suspects = drawn.adversary.suspects_among(Generals::first(drawn.n));
    drawn.adversary.sizes().flat_map(|size| suspects.subsets(size)).collect()
}

/// How many behaviours there are.
fn behaviours(drawn: &Drawn) -> u128 {
    let cases = sets(drawn).into_iter().map(|traitors| {
        let wires = wires(drawn, traitors, Generals::first(drawn.n).minus(traitors));
        let wires = wires.into_iter().flat_map(|wire| choices(drawn, wire));
        let said: u128 = wires.map(|choices| choices.len() as u128).product();
        let bound = traitors.contains(General::COMMANDER);
        said * if bound { 1 } else { drawn.values().len() as u128 }
    });
    cases.sum()
}

/// What was said on a wire, and what loyalty would have said.
fn carried(execution: &ExecutionOf<Drawn>, wire: Wire) -> (Vec<u8>, Vec<u8>) {
    let delivery = execution.deliveries.on(wire);
    let Some(Delivery { said, loyal, .. }) = delivery else { return (vec![], vec![]) };
    (said.to_vec(), loyal.unwrap_or(said).to_vec())
}

/// Whether all that the traitors say in an execution is in their repertoire.
fn allowed(drawn: &Drawn, attack: &AttackOn<Drawn>, execution: &ExecutionOf<Drawn>) -> bool {
    let said = |wire| carried(execution, wire).0;
    wires(drawn, attack.traitors, Generals::first(drawn.n)).into_iter().all(|wire| {
        let ways = choices(drawn, wire).into_iter().multi_cartesian_product();
        ways.map(|way| way.into_iter().flatten().sorted().collect_vec()).contains(&said(wire))
    })
}

/// Looks for an attack with at most so many more lies, all told after those that are told.
fn smaller(
    drawn: &Drawn,
    attack: &AttackOn<Drawn>,
    after: (Wire, usize),
    lies: usize,
    left: &mut usize,
) -> Option<AttackOn<Drawn>> {
    let execution = run(drawn, attack).unwrap();
    if execution.violation().is_some() && allowed(drawn, attack, &execution) {
        return Some(attack.clone());
    }
    if lies == 0 || *left == 0 {
        return None;
    }
    for wire in wires(drawn, attack.traitors, Generals::first(drawn.n)) {
        let (_, loyal) = carried(&execution, wire);
        let regular = drawn.repertoire(drawn.n, wire).slots;
        for (slot, choices) in choices(drawn, wire).into_iter().enumerate() {
            if (wire, slot) < after {
                continue;
            }
            let mine = regular.get(slot);
            let honest = loyal.iter().find(|m| mine.is_some_and(|mine| mine.contains(m))).copied();
            for said in choices.into_iter().filter(|said| *said != honest) {
                let edit = match (honest, said) {
                    (Some(of), Some(say)) => Edit::Instead { of, say },
                    (Some(of), None) => Edit::Withhold(of),
                    (None, said) => Edit::Say(said?),
                };
                let mut with = attack.clone();
                with.lies.push(Lie { wire, edit });
                *left = left.saturating_sub(1);
                let found = smaller(drawn, &with, (wire, slot + 1), lies - 1, left);
                if found.is_some() {
                    return found;
                }
            }
        }
    }
    None
}

fn blank(drawn: &Drawn, traitors: Generals, order: u8) -> AttackOn<Drawn> {
    let inputs = BTreeMap::from([(General::COMMANDER, order)]);
    Attack::new(drawn.n, traitors, inputs)
}

/// A counterexample is what it says it is.
fn assert_true(drawn: &Drawn, found: &Found) {
    let again = run(drawn, &found.attack).unwrap();
    assert_eq!(again, found.execution, "{drawn:?}");
    assert_eq!(again.violation().as_ref(), Some(&found.violation), "{drawn:?}");
    assert!(again.idle.is_empty(), "{drawn:?}\n{found}");
    assert!(allowed(drawn, &found.attack, &again), "{drawn:?}\n{found}");
    for lie in 0..found.attack.lies.len() {
        let mut without = found.attack.clone();
        without.lies.remove(lie);
        let execution = run(drawn, &without).unwrap();
        let breaks = execution.violation().is_some();
        let smaller = breaks && allowed(drawn, &without, &execution);
        assert!(!smaller || found.size == Size::NotMinimal, "{drawn:?}\n{found}");
    }
}

/// No attack has fewer traitors, or as many and fewer lies: as far as can be afforded.
fn assert_smallest(drawn: &Drawn, found: &Found) {
    assert_eq!(found.size, Size::Smallest, "{drawn:?}");
    let (traitors, lies) = (found.attack.traitors.len(), found.attack.lies.len());
    let mut left = ATTACKS;
    for set in sets(drawn).into_iter().filter(|set| set.len() <= traitors) {
        let most = if set.len() < traitors { 2 } else { lies.min(4) };
        let Some(most) = most.checked_sub(usize::from(set.len() == traitors)) else { continue };
        for order in drawn.values() {
            let start = Wire { round: 0, from: General::COMMANDER, to: General::COMMANDER };
            let smaller = smaller(drawn, &blank(drawn, set, order), (start, 0), most, &mut left);
            assert_eq!(smaller, None, "{drawn:?}\n{found}");
        }
    }
}

#[test]
fn the_engines_agree_and_what_they_find_is_true() {
    for drawn in (0..SEEDS).map(Drawn::new).filter(|drawn| behaviours(drawn) <= AFFORDABLE) {
        let verdicts = [Engine::Exhaustive, Engine::Naive]
            .map(|engine| drawn.check().engine(engine).run().unwrap());
        let size = |found: &Found| (found.attack.traitors.len(), found.attack.lies.len());
        let [one, other] = verdicts.each_ref().map(|v| (v.name(), v.counterexample().map(size)));
        assert_eq!(one, other, "{drawn:?}");
        for verdict in &verdicts {
            let all = verdict.behaviours.to_string().replace(',', "");
            assert_eq!(all, behaviours(&drawn).to_string(), "{drawn:?}");
            verdict.counterexample().inspect(|found| assert_true(&drawn, found));
        }
        verdicts[0].counterexample().inspect(|found| assert_smallest(&drawn, found));
        // With few steps less is proved, but what is said is true.
        for steps in [1, 5, 30, 100] {
            let hasty = drawn.check().steps(steps).run().unwrap();
            hasty.counterexample().inspect(|found| assert_true(&drawn, found));
        }
    }
}
