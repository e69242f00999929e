//! A world: a real execution in which some copies of the covering live as loyal generals, and the
//! traitors play all the others.

use std::collections::BTreeMap;

use super::covering::{Covering, Double, Played, input};
use crate::attack::{Attack, AttackOn, Edit, Lie};
use crate::execution::simulate::{Eavesdropper, Enemy, Roles, simulate};
use crate::execution::{ExecutionOf, Simulator};
use crate::fault::{Call, Fault, Guarded, agree, guarded};
use crate::general::{General, Generals};
use crate::outcome::Task;
use crate::protocol::Plain;
use crate::search::choices::wire_choices::beside;
use crate::signature::Signed;
use crate::testable::{Terms, Testable, Wire};

/// One world: an attack that has the traitors say to each loyal general what its copy hears in the
/// covering, and what came of it in the simulator.
#[derive(Clone, Debug)]
pub struct World<P: Testable> {
    /// Which copy each loyal general is, by number.
    pub loyal: Vec<Double>,
    /// What the loyal must do here.
    pub must: Must<P::Value>,
    /// What the enemy decides.
    pub attack: AttackOn<P>,
    /// What came of it.
    pub execution: ExecutionOf<P>,
    /// The first message that can't be said here: the traitors lack a signature in it.
    pub forgery: Option<Needed<P::Message>>,
    /// How many messages stand in for such messages: the receiver takes them as it would take those.
    pub stand_ins: usize,
}

/// What the loyal must do in one world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Must<V> {
    /// All decide this, because of validity.
    Decide(V),
    /// All decide the same, because of agreement.
    Agree,
}

/// A message that the traitors would have to say, with a signature that they lack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needed<M> {
    /// Where they would have to say it.
    pub wire: Wire,
    /// What.
    pub message: M,
    /// The signature that none of them makes, and that none has overheard.
    pub signed: Signed,
}

impl<P: Testable> World<P> {
    /// Who is loyal.
    #[must_use]
    pub fn loyal(&self) -> Generals {
        self.loyal.iter().map(|double| double.general).collect()
    }

    /// Whether everything could be said that had to be: then the loyal see what their copies see.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.forgery.is_none() && self.stand_ins == 0
    }
}

/// What all worlds have in common.
pub(crate) struct Cosmos<'a, P: Testable> {
    pub protocol: &'a P,
    pub terms: &'a Terms<P::Value>,
    pub covering: &'a Covering,
    pub values: &'a [P::Value; 2],
    pub played: &'a Played<P>,
}

impl<P: Testable> Cosmos<'_, P> {
    /// The world in which these copies live, and no others.
    pub fn world(&self, loyal: Vec<Double>) -> World<P> {
        let Cosmos { protocol, terms, .. } = *self;
        let by_general = loyal.iter().map(|double| (double.general, *double));
        let by_general: BTreeMap<General, Double> = by_general.collect();
        let traitors = terms.graph.everybody().minus(by_general.keys().copied().collect());
        let inputs = terms.graph.everybody().iter().filter_map(|general| {
            let anywhere = Double { general, layer: 0 };
            let double = *by_general.get(&general).unwrap_or(&anywhere);
            Some((general, input(terms, self.values, general, self.covering.side(double))?))
        });
        let attack: AttackOn<P> = Attack::new(&terms.graph, traitors, inputs.collect());
        let must = must(terms, &attack);
        let guarded = Guarded::new(protocol, &terms.values, traitors);
        let (lies, forgery) = (Vec::new(), None);
        let mut enemy = GluedAdversary { cosmos: self, by_general, lies, forgery, stand_ins: 0 };
        simulate(&guarded, terms, Roles::of(&attack), &mut enemy, &|_, _| None);
        let GluedAdversary { lies, forgery, stand_ins, .. } = enemy;
        let attack = Attack { lies, ..attack };
        let execution =
            Simulator::new(protocol, &terms.graph).map(|simulator| simulator.run(&attack));
        let execution = match execution {
            Ok(Ok(execution)) => execution,
            other => panic!("bug in turncoat: an attack made for a protocol is refused: {other:?}"),
        };
        World { loyal, must, attack, execution, forgery, stand_ins }
    }

    /// Where a loyal general of a whole world, who hears what its copy hears, says or decides
    /// something else: then the protocol is not deterministic.
    pub fn difference(&self, world: &World<P>) -> Option<Fault> {
        let World { loyal, execution, .. } = world;
        if !world.is_whole() || execution.fault.is_some() || self.played.fault.is_some() {
            return None;
        }
        let wires = itertools::iproduct!(1..=self.terms.rounds, loyal, loyal);
        let wires = wires.filter(|(_, from, to)| from != to);
        let mut differences = wires.filter_map(|(round, from, to)| {
            let wire = Wire { round, from: from.general, to: to.general };
            let here = execution.deliveries.on(wire).map_or(&[][..], |sent| sent.said);
            let kind = agree(&self.played.said(*from, wire), &here).err()?;
            Some(Fault { general: from.general, call: Call::Send(round), kind })
        });
        differences.next().or_else(|| {
            loyal.iter().find_map(|double| {
                let here = execution.decisions[double.general.id()].as_ref();
                let kind = agree(&self.played.decision(*double), &here).err()?;
                Some(Fault { general: double.general, call: Call::Decide, kind })
            })
        })
    }

    /// A message that needs no signature but those that the traitors have, and that the receiver
    /// takes as it would take this one: its next state is the same.
    fn stand_in(
        &self,
        wire: Wire,
        receiver: Double,
        message: &P::Message,
        overhears: &Eavesdropper<'_, P>,
    ) -> Option<P::Message> {
        let Cosmos { protocol, terms, .. } = *self;
        let before = self.played.state(receiver, wire.round)?;
        let taken = |message: &P::Message| {
            let mut state = before.clone();
            let Wire { round, from, .. } = wire;
            guarded(|| protocol.receive(&mut state, round, from, message)).ok().map(|()| state)
        };
        let taken_so = taken(message).filter(|after| after != before)?;
        let repertoire = guarded(|| protocol.repertoire(terms.n(), wire)).ok()?;
        let forged = repertoire.forgeries.into_iter().map(|forgery| forgery.message);
        let mut candidates = forged.chain(repertoire.strays);
        candidates.find(|candidate| {
            let signed = guarded(|| protocol.signing().signatures(candidate));
            signed.is_ok_and(|signed| overhears.lacks(&signed).is_none())
                && taken(candidate).as_ref() == Some(&taken_so)
        })
    }
}

/// What the loyal must do under an attack.
fn must<V: Plain, M>(terms: &Terms<V>, attack: &Attack<V, M>) -> Must<V> {
    let loyal = |general: &General| !attack.traitors.contains(*general);
    let asked = match terms.task {
        Task::Broadcast => Generals::NONE.with(General::COMMANDER),
        Task::Consensus => terms.graph.everybody(),
    };
    let mut inputs = asked.iter().filter(loyal).filter_map(|general| attack.inputs.get(&general));
    match inputs.next() {
        Some(first) if inputs.all(|input| input == first) => Must::Decide(first.clone()),
        _ => Must::Agree,
    }
}

/// An enemy who has the traitors say what the copies say that are not here.
struct GluedAdversary<'a, P: Testable> {
    cosmos: &'a Cosmos<'a, P>,
    by_general: BTreeMap<General, Double>,
    lies: Vec<Lie<P::Message>>,
    forgery: Option<Needed<P::Message>>,
    stand_ins: usize,
}

impl<P: Testable> Enemy<P> for GluedAdversary<'_, P> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[P::Message],
        overhears: &Eavesdropper<'_, P>,
    ) -> Option<Vec<P::Message>> {
        let Cosmos { protocol, covering, played, .. } = self.cosmos;
        // What traitors say to each other is of no account.
        let receiver = self.by_general.get(&wire.to)?;
        let mut told = Vec::new();
        for message in played.said(covering.heard(*receiver, wire.from), wire) {
            let signed = guarded(|| protocol.signing().signatures(message)).unwrap_or_default();
            let Some(missing) = overhears.lacks(&signed) else {
                told.push(message.clone());
                continue;
            };
            match self.cosmos.stand_in(wire, *receiver, message, overhears) {
                Some(other) => {
                    self.stand_ins += 1;
                    told.push(other);
                }
                None => {
                    // It is not said, and stands in no attack.
                    let (message, signed) = (message.clone(), missing.clone());
                    self.forgery.get_or_insert(Needed { wire, message, signed });
                }
            }
        }
        told.sort_unstable();
        let (mut withheld, mut news) =
            (beside(honest, &told).into_iter(), beside(&told, honest).into_iter());
        let edits = std::iter::from_fn(|| Edit::between(withheld.next(), news.next()));
        self.lies.extend(edits.map(|edit| Lie { wire, edit }));
        Some(told)
    }
}
