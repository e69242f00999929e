//! A world: a real execution in which some copies of the covering are loyal generals, and the traitors play all the
//! other copies.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::covering::{Covering, Double, Played, input};
use crate::attack::{Attack, Edit, Lie};
use crate::execution::simulate::{Eavesdropper, Enemy, Roles, simulate};
use crate::execution::{Execution, Forgeries, obeyed_into, sent_in_honest_run};
use crate::fault::{Call, Fault, FaultKind};
use crate::general::{General, Generals};
use crate::machine::{
    DecisionId, Machine, MessageId, NumberedAttack, StateId, Terms, ValueId, Worker, fits,
};
use crate::outcome::Task;
use crate::protocol::Lockstep;
use crate::search::choices::wire_choices::beside;
use crate::signature::Signed;
use crate::testable::Wire;

/// One world: an attack in which the traitors say to each loyal general what its copy hears in the covering (or what
/// its side of a [partition](super::argument::Construction::Partition) hears alone), and its execution in the
/// simulator.
#[derive(Clone, Debug)]
pub struct World<V, M, S, D = V> {
    /// The copy that each loyal general is, by number.
    pub loyal: Vec<Double>,
    /// What the loyal must do in this world.
    pub must: Must<V>,
    /// The attack.
    pub attack: Attack<V, M>,
    /// The execution under that attack.
    pub execution: Execution<D, M, S>,
    /// The first message that cannot be said here, because the traitors lack a signature in it.
    pub forgery: Option<Needed<M>>,
    /// How many messages were replaced by others that they can say, and that have the same effect on the receiver.
    pub stand_ins: usize,
}

/// What the loyal must do in one world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Must<V> {
    /// All must decide this, because of validity.
    Decide(V),
    /// All must decide the same, because of agreement.
    Agree,
}

/// A message that the traitors would have to say, although they lack a signature in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needed<M> {
    /// Where they would have to say it.
    pub wire: Wire,
    /// The message.
    pub message: M,
    /// The signature that the traitors neither make nor have overheard.
    pub signed: Signed,
}

/// The worlds of a protocol.
pub type WorldOf<P> = World<
    <P as Lockstep>::Value,
    <P as Lockstep>::Message,
    <P as Lockstep>::State,
    <P as Lockstep>::Decision,
>;

/// A world in numbers.
pub(crate) type NumberedWorld = World<ValueId, MessageId, StateId, DecisionId>;

impl<V, M, S, D> World<V, M, S, D> {
    /// Who is loyal.
    #[must_use]
    pub fn loyal(&self) -> Generals {
        self.loyal.iter().map(|double| double.general).collect()
    }

    /// The same world, with each value, decision, message and state converted.
    pub(crate) fn map<W, E, N, T>(
        &self,
        value: impl Fn(&V) -> W,
        decision: impl Fn(&D) -> E,
        message: impl Fn(&M) -> N,
        state: impl FnMut(&S) -> T,
    ) -> World<W, N, T, E> {
        let must = match &self.must {
            Must::Decide(due) => Must::Decide(value(due)),
            Must::Agree => Must::Agree,
        };
        let forgery = self.forgery.as_ref().map(|Needed { wire, message: said, signed }| Needed {
            wire: *wire,
            message: message(said),
            signed: signed.clone(),
        });
        let attack = self.attack.map(&value, &message);
        let execution = self.execution.map(decision, message, state);
        World {
            loyal: self.loyal.clone(),
            must,
            attack,
            execution,
            forgery,
            stand_ins: self.stand_ins,
        }
    }

    /// Whether the traitors could say everything that they had to: then the loyal see what their copies see.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.forgery.is_none() && self.stand_ins == 0
    }
}

/// The covering in which the protocol was played, and what is needed to make worlds of it.
pub(crate) struct Cosmos<'a> {
    pub machine: &'a dyn Machine,
    pub terms: &'a Terms,
    pub covering: &'a Covering,
    pub values: [ValueId; 2],
    pub played: &'a Played,
    /// The worker that played the covering, to be asked how its states would continue.
    pub player: RefCell<Worker<'a>>,
    pub forgeries: Forgeries,
}

impl Cosmos<'_> {
    /// The world in which these copies are loyal; its states are interned by the worker.
    pub fn world(&self, worker: &mut Worker<'_>, loyal: Vec<Double>) -> NumberedWorld {
        let Cosmos { machine, terms, .. } = *self;
        let by_general = loyal.iter().map(|double| (double.general, *double));
        let by_general: BTreeMap<General, Double> = by_general.collect();
        let traitors = terms.graph.everybody().minus(by_general.keys().copied().collect());
        let inputs = terms.graph.everybody().iter().filter_map(|general| {
            let anywhere = Double { general, layer: 0 };
            let double = *by_general.get(&general).unwrap_or(&anywhere);
            Some((general, input(terms, &self.values, general, self.covering.side(double))?))
        });
        let attack: NumberedAttack = Attack::new(&terms.graph, traitors, inputs.collect());
        let must = must(terms, &attack);
        let (lies, forgery) = (Vec::new(), None);
        let mut enemy = GluedAdversary { cosmos: self, by_general, lies, forgery, stand_ins: 0 };
        simulate(worker, terms, Roles::of(&attack), &mut enemy, &|_, _| None);
        let GluedAdversary { lies, forgery, stand_ins, .. } = enemy;
        let attack = Attack { lies, ..attack };
        if let Err(misfit) = fits(machine, terms, &attack) {
            panic!("bug in turncoat: an attack made for a protocol is refused: {misfit}");
        }
        let label = |wire, message| self.forgeries.label(machine, terms, wire, message);
        let mut execution = Execution::recording();
        obeyed_into(worker, terms, &attack, &label, &mut execution);
        execution.honest_messages = sent_in_honest_run(machine, terms, &attack.inputs);
        World { loyal, must, attack, execution, forgery, stand_ins }
    }

    /// The fault of a protocol that behaved differently in a world than in the covering, if it did.
    pub fn difference(&self, world: &NumberedWorld) -> Option<Fault> {
        let World { loyal, execution, .. } = world;
        if !world.is_whole() || execution.fault.is_some() || self.played.fault.is_some() {
            return None;
        }
        let differ = |general, call, [there, here]: [String; 2]| {
            Some(Fault { general, call, kind: FaultKind::Undetermined(there, here) })
        };
        let wires = itertools::iproduct!(1..=self.terms.rounds, loyal, loyal);
        for (round, from, to) in wires.filter(|(_, from, to)| from != to) {
            let wire = Wire { round, from: from.general, to: to.general };
            let here = execution.deliveries.on(wire).map_or(&[][..], |sent| sent.said);
            let there = self.played.said(*from, wire);
            if there != here {
                let shown = [there, here].map(|said| self.machine.show_messages(said));
                return differ(from.general, Call::Send(round), shown);
            }
        }
        let mut decisions = loyal.iter().map(|double| {
            let general = double.general;
            (general, [self.played.decision(*double), execution.decisions[general.id()]])
        });
        let (general, decisions) = decisions.find(|(_, [there, here])| there != here)?;
        let shown = decisions.map(|decision| match decision {
            Some(decision) => format!("Some({})", self.machine.show_decision(decision)),
            None => "None".to_owned(),
        });
        differ(general, Call::Decide, shown)
    }

    /// Another message that a traitor can say, and that brings its receiver into the same state.
    fn stand_in(
        &self,
        wire: Wire,
        receiver: Double,
        message: MessageId,
        overhears: &Eavesdropper<'_>,
    ) -> Option<MessageId> {
        let Cosmos { machine, terms, .. } = *self;
        let before = self.played.state(receiver, wire.round)?;
        let taken = |message: MessageId| {
            let Wire { round, from, to } = wire;
            let mut player = self.player.borrow_mut();
            player.receive(to, Some(before), round, from, message).ok().flatten()
        };
        let taken_so = taken(message).filter(|after| *after != before)?;
        let repertoire = machine.repertoire(terms.n(), wire).ok()?;
        let forged = repertoire.forgeries.into_iter().map(|forgery| forgery.message);
        let mut candidates = forged.chain(repertoire.strays);
        candidates.find(|candidate| {
            let signed = machine.signatures(*candidate);
            signed.is_ok_and(|signed| overhears.lacks(&signed).is_none())
                && taken(*candidate) == Some(taken_so)
        })
    }
}

/// What the loyal must do: what validity demands, else agreement.
pub(super) fn must(terms: &Terms, attack: &NumberedAttack) -> Must<ValueId> {
    let loyal = |general: &General| !attack.traitors.contains(*general);
    let asked = match terms.task {
        Task::Broadcast => Generals::NONE.with(General::COMMANDER),
        Task::Consensus => terms.graph.everybody(),
    };
    let mut inputs = asked.iter().filter(loyal).filter_map(|general| attack.inputs.get(&general));
    match inputs.next() {
        Some(first) if inputs.all(|input| input == first) => Must::Decide(*first),
        _ => Must::Agree,
    }
}

/// An enemy whose traitors say what the copies outside the world say.
struct GluedAdversary<'a, 'c> {
    cosmos: &'a Cosmos<'c>,
    by_general: BTreeMap<General, Double>,
    lies: Vec<Lie<MessageId>>,
    forgery: Option<Needed<MessageId>>,
    stand_ins: usize,
}

impl Enemy for GluedAdversary<'_, '_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        overhears: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        let Cosmos { machine, covering, played, .. } = self.cosmos;
        // What traitors say to each other does not matter.
        let receiver = self.by_general.get(&wire.to)?;
        let mut told = Vec::new();
        for message in played.said(covering.heard(*receiver, wire.from), wire) {
            let signed = machine.signatures(*message).unwrap_or_default();
            let Some(missing) = overhears.lacks(&signed) else {
                told.push(*message);
                continue;
            };
            match self.cosmos.stand_in(wire, *receiver, *message, overhears) {
                Some(other) => {
                    self.stand_ins += 1;
                    told.push(other);
                }
                None => {
                    // It is not said, and is no part of the attack.
                    let (message, signed) = (*message, missing.clone());
                    self.forgery.get_or_insert(Needed { wire, message, signed });
                }
            }
        }
        machine.sort(&mut told);
        self.lies.extend(lies_of(wire, honest, &told));
        Some(told)
    }
}

/// The lies that turn what a loyal sender would say on a wire into what is told.
pub(super) fn lies_of(
    wire: Wire,
    honest: &[MessageId],
    told: &[MessageId],
) -> impl Iterator<Item = Lie<MessageId>> {
    let (mut withheld, mut news) =
        (beside(honest, told).into_iter(), beside(told, honest).into_iter());
    let edits = std::iter::from_fn(move || Edit::between(withheld.next(), news.next()));
    edits.map(move |edit| Lie { wire, edit })
}
