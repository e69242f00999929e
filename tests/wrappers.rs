//! Wrappers forward everything: a protocol that answers nothing as the defaults do answers the same through each
//! wrapper.

use turncoat::protocols::asking::asking;
use turncoat::protocols::parallel::{Parallel, Tagged};
use turncoat::signature::{Seal, Signed, Worth};
use turncoat::testable::Forgery;
use turncoat::{
    Adversary, Agreement, Claims, ClaimsOf, Demand, General, Generals, Graph,
    InteractiveConsistency, Lockstep, OralMessages, Order, Problem, Property, Recursive,
    Repertoire, Round, Seat, SignedMessages, Signing, Swap, Symmetric, Task, Termination, Testable,
    Validity, Wire, Words, check,
};

use crate::pared::Pared;

/// A protocol none of whose answers is the default.
#[derive(Clone, Debug)]
struct Probe;

const ME: General = General::COMMANDER;
const WIRE: Wire = Wire { round: 1, from: General::COMMANDER, to: General::COMMANDER };

impl Lockstep for Probe {
    type Value = u8;
    type Decision = u8;
    type Message = u16;
    type State = u32;

    fn rounds(&self, n: usize) -> usize {
        n + 1
    }

    fn start(&self, seat: Seat, input: Option<&u8>) -> u32 {
        seat.n as u32 + u32::from(*input.unwrap_or(&100))
    }

    fn send(&self, state: &u32, round: Round, to: General) -> impl IntoIterator<Item = u16> {
        vec![*state as u16, (round + to.id()) as u16]
    }

    fn receive(&self, state: &mut u32, round: Round, from: General, message: &u16) {
        *state += (round + from.id()) as u32 + u32::from(*message);
    }

    fn end_round(&self, state: &mut u32, round: Round) {
        *state *= 10 + round as u32;
    }

    fn decide(&self, state: &u32) -> Option<u8> {
        Some(*state as u8)
    }
}

impl Testable for Probe {
    fn problem(&self, graph: &Graph) -> Result<Problem<u8>, String> {
        if !graph.is_complete() {
            return Err("only everybody with everybody".to_owned());
        }
        let inputs = Generals::first(graph.n() - 1);
        let validity = Validity::obeyed(|value, decision| value == decision);
        let problem = Problem::new(Task::Consensus, [3, 4], validity).with_inputs(inputs);
        let problem = problem.agreeing(Agreement::related("anyhow", |_, _| true));
        let problem = problem.deciding(Termination::AllOrNone);
        Ok(problem.demanding(Demand::new("anything", |_| true)).too_large("by far"))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<u16> {
        let forgery = Forgery { label: "forged", message: 7 };
        let known = Repertoire::one_of([n as u16, wire.round as u16]).with_strays([5, 6]);
        known.with_forgeries([forgery])
    }

    fn signing(&self) -> &dyn Signing<u16> {
        self
    }

    fn words(&self) -> &dyn Words<u16, u32> {
        self
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        Claims::none().recursive(self).symmetric(self).monotone(true)
    }
}

impl Signing<u16> for Probe {
    fn signatures(&self, message: &u16) -> Vec<Signed> {
        vec![Signed { by: ME, statement: Box::from(message.to_le_bytes()) }]
    }

    fn seals(&self, message: &u16) -> Vec<Seal> {
        let worth = if *message > 5 { Worth::Forged } else { Worth::Odd("twist") };
        vec![Seal { by: ME, worth }; 2]
    }
}

impl Words<u16, u32> for Probe {
    fn name(&self) -> String {
        "a probe".to_owned()
    }

    fn tell(&self, from: General, message: &u16) -> String {
        format!("{} says {message}", from.id())
    }

    fn explain(&self, state: &u32) -> Vec<String> {
        vec![format!("it holds {state}"), "and no more".to_owned()]
    }
}

impl Recursive<u8, u16> for Probe {
    fn depth(&self, n: usize) -> usize {
        n + 20
    }

    fn relay(&self, path: &[General], value: &u8) -> u16 {
        path.len() as u16 + u16::from(*value)
    }

    fn resolve(&self, told: &u8, relayed: &[u8]) -> u8 {
        *told + relayed.len() as u8
    }

    fn unheard(&self) -> u8 {
        9
    }
}

impl Symmetric<u16, u32> for Probe {
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n - 1)
    }

    fn swapped_message(&self, message: &u16, _: Swap) -> u16 {
        message + 1
    }

    fn swapped_state(&self, state: &u32, _: Swap) -> u32 {
        state + 1
    }
}

/// A protocol's answers to everything that can be asked of it, one line for each method and each field of its answer.
fn answers<P>(protocol: &P) -> Vec<String>
where
    P: Lockstep<Value = u8, Decision = u8, Message = u16, State = u32> + Testable,
{
    let mut state = protocol.start(Seat::new(ME, 3), Some(&4));
    let said: Vec<u16> = protocol.send(&state, 2, General::new(1)).into_iter().collect();
    protocol.receive(&mut state, 2, ME, &77);
    let received = state;
    protocol.end_round(&mut state, 2);
    let lockstep = [
        format!("{:?}", protocol.rounds(3)),
        format!("{said:?}"),
        format!("{received:?} {state:?}"),
        format!("{:?}", protocol.decide(&state)),
    ];
    let problem = protocol.problem(&Graph::complete(4)).unwrap();
    let Problem { values, task, inputs, agreement, validity, .. } = problem;
    let Problem { termination, demands, too_large, .. } = problem;
    let problem = [
        format!("{values:?}"),
        format!("{task:?}"),
        format!("{inputs:?}"),
        format!("{agreement:?}"),
        format!("{validity:?}"),
        format!("{termination:?}"),
        format!("{demands:?}"),
        format!("{too_large:?}"),
        format!("{:?}", protocol.problem(&Graph::ring(4)).err()),
    ];
    let Repertoire { slots, strays, forgeries, unknown } = protocol.repertoire(4, WIRE);
    let repertoire = [
        format!("{slots:?}"),
        format!("{strays:?}"),
        format!("{forgeries:?}"),
        format!("{unknown:?}"),
    ];
    let (signing, words) = (protocol.signing(), protocol.words());
    let sides = [
        format!("{:?}", signing.signatures(&77)),
        format!("{:?}", signing.seals(&77)),
        words.name(),
        words.tell(ME, &77),
        words.explain(&77).join("; "),
    ];
    [lockstep.to_vec(), problem.to_vec(), repertoire.to_vec(), sides.to_vec()].concat()
}

fn claims<P: Lockstep<Value = u8, Decision = u8, Message = u16, State = u32> + Testable>(
    protocol: &P,
) -> [String; 3] {
    let Claims { recursion, symmetry, monotone, .. } = protocol.claims();
    let depth = recursion.map(|recursion| recursion.depth(4));
    let alike = symmetry.map(|symmetry| symmetry.alike(4));
    [format!("{depth:?}"), format!("{alike:?}"), format!("{monotone:?}")]
}

/// A protocol that implements only what it must.
#[derive(Debug)]
struct Silent;

impl Lockstep for Silent {
    type Value = u8;
    type Decision = u8;
    type Message = u16;
    type State = u32;

    fn rounds(&self, _n: usize) -> usize {
        0
    }

    fn start(&self, _seat: Seat, _input: Option<&u8>) -> u32 {
        0
    }

    fn send(&self, _: &u32, _: Round, _: General) -> impl IntoIterator<Item = u16> {
        None
    }

    fn receive(&self, _: &mut u32, _: Round, _: General, _: &u16) {}

    fn decide(&self, _: &u32) -> Option<u8> {
        Some(0)
    }
}

impl Testable for Silent {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        Ok(Problem::broadcast([]))
    }
}

/// The probe would test nothing if one of its answers were the default.
#[test]
fn no_answer_of_the_probe_is_a_default() {
    for (given, default) in answers(&Probe).iter().zip(answers(&Silent)) {
        assert_ne!(*given, default);
    }
    for (given, default) in claims(&Probe).iter().zip(claims(&Silent)) {
        assert_ne!(*given, default);
    }
}

#[test]
fn wrappers_forward_everything() {
    let probe = Probe;
    assert_eq!(answers(&&probe), answers(&probe));
    assert_eq!(claims(&&probe), claims(&probe));
    let asked = asking(Probe, []);
    assert_eq!(answers(&asked), answers(&probe));
    assert_eq!(claims(&asked), claims(&probe));
    let pared = Pared::new(Probe, |_, repertoire| repertoire);
    assert_eq!(answers(&pared), answers(&probe));
}

#[test]
fn what_is_asked_beside_is_added() {
    let asked = asking(Probe, [Demand::new("more", |_| true)]);
    let demands = asked.problem(&Graph::complete(4)).unwrap().demands;
    let names: Vec<_> = demands.iter().map(|demand| demand.name).collect();
    assert_eq!(names, ["anything", "more"]);
}

/// With several instances, everything is forwarded to one of them, or combined from the answers of all.
#[test]
fn instances_side_by_side_forward_everything() {
    let two = Parallel::consensus(2, |_| Probe);
    let graph = Graph::complete(4);
    let [one, all] = [Probe.problem(&graph), two.problem(&graph)].map(Result::unwrap);
    assert_eq!(format!("{all:?}"), format!("{one:?}"));
    let ring = Graph::ring(4);
    assert_eq!(two.problem(&ring).err(), Probe.problem(&ring).err());
    let tag = |message| Tagged { instance: 1, message };
    let Repertoire { slots, strays, forgeries, unknown } = two.repertoire(4, WIRE);
    let known = Probe.repertoire(4, WIRE);
    assert_eq!(slots[1], known.slots[0].iter().copied().map(tag).collect::<Vec<_>>());
    assert_eq!(strays[2..], known.strays.iter().copied().map(tag).collect::<Vec<_>>());
    let forged = &known.forgeries[0];
    assert_eq!((forgeries[1].label, &forgeries[1].message), (forged.label, &tag(forged.message)));
    assert!(!unknown);
    let (signing, words) = (two.signing(), two.words());
    assert_eq!(signing.signatures(&tag(7)), Probe.signatures(&7));
    assert_eq!(signing.seals(&tag(7)), Probe.seals(&7));
    assert_eq!(words.name(), "a probe, the first of 2 instances side by side");
    assert_eq!(words.tell(ME, &tag(7)), "[1] 0 says 7");
    let held = ["[0] it holds 1", "[0] and no more", "[1] it holds 2", "[1] and no more"];
    assert_eq!(words.explain(&vec![1, 2]), held);
    let (seat, mut states) = (Seat::new(General::new(2), 3), vec![1, 2]);
    assert_eq!(two.rounds(3), Probe.rounds(3));
    assert_eq!(two.start(seat, Some(&4)), [Probe.start(seat, Some(&4)); 2]);
    two.end_round(&mut states, 2);
    assert_eq!(states, [12, 24]);
}

/// SM(1), with the demand that nobody attacks.
fn peaceful(instance: usize, commander: General) -> impl Testable<Value = Order> + Clone {
    let peace = Demand::new("nobody attacks", |outcome| {
        outcome.decided().all(|decision| *decision != Order::ATTACK)
    });
    asking(SignedMessages::new(1).instance(instance, commander), [peace])
}

/// SM(1) holds with one traitor, but the demand does not, neither alone nor side by side.
#[test]
fn demands_are_made_of_instances_side_by_side() {
    let alone = check(peaceful(0, ME)).generals(3).traitors(1).assert_broken();
    let found = check(Parallel::of(2, peaceful)).generals(3).traitors(1).assert_broken();
    assert_eq!([found.violation.name(), alone.violation.name()], ["nobody attacks"; 2]);
    assert_eq!(found.attack.size(), alone.attack.size());
    assert!(matches!(found.violation.property(), Some(Property::Demand(_))));
}

/// In instances of consensus every general has an input, and every general decides.
#[test]
fn consensus_is_asked_of_instances_of_consensus() {
    let two = |m| Parallel::consensus(2, move |_| InteractiveConsistency::new(m));
    let alone = check(InteractiveConsistency::new(0)).generals(3).traitors(1).assert_broken();
    let found =
        check(two(0)).generals(3).against(Adversary::byzantine(1).without_strays()).assert_broken();
    assert_eq!(found.violation, alone.violation);
    assert_eq!(found.attack.inputs.len(), 3);
    let verdict = check(two(0)).generals(3).traitors(0).run().unwrap();
    assert!(verdict.holds() && verdict.task == Task::Consensus, "{verdict}");
}

#[test]
fn instances_that_do_not_fit_are_refused() {
    let refused =
        |asked: Parallel<InteractiveConsistency>| asked.problem(&Graph::complete(3)).unwrap_err();
    let of = Parallel::of(2, |_, _| InteractiveConsistency::new(1));
    assert_eq!(refused(of), "an instance is no broadcast: see Parallel::consensus");
    let none = Parallel::consensus(0, |_| InteractiveConsistency::new(1));
    assert!(refused(none).starts_with("there are 0 instances among 3 generals"));
    let broadcasts = Parallel::consensus(2, |_| OralMessages::new(1));
    let refused = broadcasts.problem(&Graph::complete(3)).unwrap_err();
    assert_eq!(refused, "an instance is no consensus: see Parallel::of");
    let of_one_commander = Parallel::of(2, |_, _| OralMessages::new(1));
    let refused = of_one_commander.problem(&Graph::complete(3)).unwrap_err();
    assert_eq!(refused, "general 1 is given no input in instance 1");
}
