//! Attacks drawn at random: traitors, orders, and lies of every kind in a repertoire.

use std::ops::RangeInclusive;

use itertools::Itertools;
use proptest::prelude::*;
use proptest::sample::Index;
use turncoat::execution::{Execution, ExecutionOf};
use turncoat::{
    Attack, AttackOn, Edit, General, Generals, Graph, Item, Lie, Repertoire, Testable, Wire, run,
};

/// The random numbers that an attack is made of.
#[derive(Clone, Debug)]
pub struct Draw {
    pub m: usize,
    pub n: usize,
    traitors: u8,
    orders: u8,
    lies: Vec<Pick>,
}

/// The random numbers that a lie is made of: the wire, the kind of edit, the kind of message, and the messages.
type Pick = (Index, [u8; 2], [Index; 2]);

impl Draw {
    /// Picks one of several things, the same one each time for this attack.
    pub fn one_of<T: Clone>(&self, things: &[T]) -> T {
        things[usize::from(self.orders >> 4) % things.len()].clone()
    }
}

/// What a traitor could say, by kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Regular,
    Stray,
    Forged,
}

/// Attacks among this many generals.
pub fn draws(n: RangeInclusive<usize>) -> impl Strategy<Value = Draw> {
    let pick = (any::<Index>(), any::<[u8; 2]>(), any::<[Index; 2]>());
    let lies = prop::collection::vec(pick, 0..10);
    let draw = (0_usize..=3, n, any::<u8>(), any::<u8>(), lies);
    draw.prop_map(|(m, n, traitors, orders, lies)| Draw { m, n, traitors, orders, lies })
}

/// The attack on a protocol that these numbers stand for.
pub fn drawn<P: Testable>(protocol: &P, draw: &Draw) -> AttackOn<P> {
    let n = draw.n;
    let turned = |general: &General| draw.traitors >> general.id() & 1 == 1;
    let traitors: Generals = Generals::first(n).iter().filter(turned).collect();
    let problem = protocol.problem(&Graph::complete(n)).unwrap();
    let values = &problem.values;
    let order = |general: General| {
        let value = usize::from(draw.orders >> general.id()) % values.len();
        (general, values[value].clone())
    };
    let inputs = problem.given(n).iter().map(order).collect();
    let obedient = Attack::new(n, traitors, inputs);
    let wires = wires(protocol.rounds(n), traitors, n);
    if wires.is_empty() {
        return obedient;
    }
    let honest = run(protocol, &obedient).unwrap();
    let lie = |(at, kinds, which): &Pick| {
        let wire = *at.get(&wires);
        let edit = edit(protocol.repertoire(n, wire), said(&honest, wire), *kinds, which)?;
        Some(Lie { wire, edit })
    };
    Attack { lies: draw.lies.iter().filter_map(lie).collect(), ..obedient }
}

fn wires(rounds: usize, traitors: Generals, n: usize) -> Vec<Wire> {
    let wires = itertools::iproduct!(1..=rounds, traitors.iter(), Generals::first(n).iter());
    let wires = wires.map(|(round, from, to)| Wire { round, from, to });
    wires.filter(|wire| wire.from != wire.to).collect()
}

/// What is said on a wire.
fn said<V, M: Clone, S>(execution: &Execution<V, M, S>, wire: Wire) -> Vec<M> {
    execution.deliveries.on(wire).map_or(vec![], |delivery| delivery.said.to_vec())
}

/// A change to what a traitor would say, if there is anything to say. A message that is withheld must be one that is
/// sent where everybody obeys, if any is.
fn edit<M: Clone>(
    Repertoire { slots, strays, forgeries, .. }: Repertoire<M>,
    honest: Vec<M>,
    [kind, said]: [u8; 2],
    [of, say]: &[Index; 2],
) -> Option<Edit<M>> {
    let regular = slots.concat();
    let forged = forgeries.into_iter().map(|forgery| forgery.message).collect_vec();
    let sources = [&regular, &regular, &forged, &strays];
    let pick = |from: &[M], which: &Index| (!from.is_empty()).then(|| which.get(from).clone());
    let of = pick(&honest, of).or_else(|| pick(&regular, of));
    let say = pick(sources[usize::from(said) % sources.len()], say);
    match (kind % 4, of, say) {
        (0, Some(of), _) => Some(Edit::Withhold(of)),
        (1, Some(of), Some(say)) => Some(Edit::Instead { of, say }),
        (_, _, say) => say.map(Edit::Say),
    }
}

/// The lies that were told, by the kind of the message; no kind where a message was withheld.
pub fn told<P: Testable>(
    protocol: &P,
    attack: &AttackOn<P>,
    execution: &ExecutionOf<P>,
) -> Vec<Option<Kind>> {
    let lacking = execution.lacking.iter().map(|(lie, _)| lie).collect_vec();
    let lies = attack.lies.iter().enumerate();
    let told = lies.filter(|(index, _)| {
        !lacking.contains(&index) && !execution.idle.contains(&Item::Lie(index + 1))
    });
    let kind = |(_, Lie { wire, edit }): (usize, &Lie<P::Message>)| {
        let said = edit.said()?;
        let Repertoire { slots, forgeries, .. } = protocol.repertoire(attack.n(), *wire);
        let forged = forgeries.iter().any(|forgery| forgery.message == *said);
        let regular = slots.iter().flatten().contains(said);
        Some(match (forged, regular) {
            (true, _) => Kind::Forged,
            (_, true) => Kind::Regular,
            _ => Kind::Stray,
        })
    };
    told.map(kind).collect()
}
