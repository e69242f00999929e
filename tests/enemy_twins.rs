//! The adversary once more, written from the documentation alone: this twin builds every attack part by part, smallest
//! first, runs it with the simulator, and knows no reduction.

use std::collections::BTreeMap;

use itertools::Itertools;
use turncoat::count::Count;
use turncoat::execution::{Delivery, ExecutionOf, Simulator};
use turncoat::fault::Call;
use turncoat::{
    Adversary, Arrival, Attack, AttackOn, Crash, Edit, FaultClass, General, Generals, Graph, Lie,
    Lockstep, ProblemOf, Repertoire, Round, Shift, Testable, Wire,
};

/// The slots of a wire, and its strays.
#[derive(Clone)]
struct Slots<M> {
    regular: Vec<Vec<M>>,
    strays: Vec<M>,
}

/// One action of the adversary.
#[derive(Clone, Debug)]
enum Part<M> {
    Crash(Crash),
    Lie(Lie<M>),
    Shift(Shift<M>),
}

/// The place of a part in an attack. A part depends on those before it, and on none after it. In each round first
/// generals crash, then lies are told, then messages are lost or late, and then some message arrives first.
type Place = (Round, usize, usize, usize);

const CRASH: usize = 0;
const LIE: usize = 1;
const LOSS: usize = 2;
const FIRST: usize = 3;

/// Whether a message between loyal generals does not arrive in its round.
fn is_disruption<V, M>(attack: &Attack<V, M>, shift: &Shift<M>) -> bool {
    let loyal = |general| !attack.traitors.contains(general);
    shift.arrival != Arrival::First && loyal(shift.wire.from) && loyal(shift.wire.to)
}

/// What was said on a wire, and what a loyal general would have said.
fn carried<P: Lockstep>(
    execution: &ExecutionOf<P>,
    wire: Wire,
) -> (Vec<P::Message>, Vec<P::Message>) {
    let delivery = execution.deliveries.on(wire);
    let Some(Delivery { said, loyal, .. }) = delivery else { return (vec![], vec![]) };
    (said.to_vec(), loyal.unwrap_or(said).to_vec())
}

/// A protocol, and what the adversary may do.
pub struct Twin<'a, P: Testable> {
    pub protocol: &'a P,
    pub n: usize,
    pub adversary: Adversary,
    simulator: Simulator<'a, P>,
    /// What can be said in each slot of a wire.
    slots: BTreeMap<Wire, Slots<P::Message>>,
}

/// The result of trying attacks.
#[derive(Debug)]
pub struct Swept<P: Testable> {
    /// The first attack that breaks the protocol.
    pub found: Option<AttackOn<P>>,
    /// Whether all attacks were tried, up to the size of the one that was found.
    pub all: bool,
}

impl<'a, P: Testable> Twin<'a, P> {
    pub fn new(protocol: &'a P, n: usize, adversary: Adversary) -> Twin<'a, P> {
        let rounds = 1..=protocol.rounds(n);
        let everybody = || Generals::first(n).iter();
        let wires = itertools::iproduct!(rounds, everybody(), everybody());
        let wires = wires.map(|(round, from, to)| Wire { round, from, to });
        let slots = wires.filter(|wire| wire.from != wire.to).map(|wire| {
            let Repertoire { slots, strays, forgeries, .. } = protocol.repertoire(n, wire);
            let strays = strays.into_iter().chain(forgeries.into_iter().map(|f| f.message));
            let strays = strays.filter(|_| adversary.strays).collect();
            (wire, Slots { regular: slots, strays })
        });
        let mut slots: BTreeMap<_, _> = slots.collect();
        if adversary.strays && adversary.replays {
            let said = slots.clone();
            for (wire, slots) in &mut slots {
                let alike = |other: &&Wire| (other.from, other.to) == (wire.from, wire.to);
                let rounds = said.keys().filter(alike);
                slots.strays.extend(rounds.flat_map(|wire| said[wire].regular.concat()));
            }
        }
        let simulator = Simulator::new(protocol, n).unwrap();
        Twin { protocol, n, adversary, simulator, slots }
    }

    fn rounds(&self) -> usize {
        self.protocol.rounds(self.n)
    }

    fn problem(&self) -> ProblemOf<P> {
        self.protocol.problem(&Graph::complete(self.n)).unwrap()
    }

    fn suspects(&self) -> Generals {
        let everybody = Generals::first(self.n);
        let spared = self.adversary.loyal_commander;
        if spared { everybody.without(General::COMMANDER) } else { everybody }
    }

    /// Tries all attacks with this many traitors and at most `most` parts, but no more than `left` attacks.
    pub fn sweep(&self, traitors: usize, most: usize, left: &mut usize) -> Swept<P> {
        let mut attacks = Vec::new();
        for attack in self.obedient(traitors) {
            let execution = self.simulator.run(&attack).unwrap();
            if execution.violation().is_some() && self.may(&attack, &execution) {
                return Swept { found: Some(attack), all: true };
            }
            attacks.push((attack, execution, (0, 0, 0, 0)));
        }
        let mut size = 0;
        while !attacks.is_empty() && size < most {
            let mut larger = Vec::new();
            for (attack, execution, after) in &attacks {
                for (place, part) in self.parts(attack, execution, *after) {
                    if *left == 0 {
                        return Swept { found: None, all: false };
                    }
                    *left -= 1;
                    let mut attack = attack.clone();
                    match part {
                        Part::Crash(crash) => attack.crashes.push(crash),
                        Part::Lie(lie) => attack.lies.push(lie),
                        Part::Shift(shift) => attack.schedule.push(shift),
                    }
                    let execution = self.simulator.run(&attack).unwrap();
                    if !execution.lacking.is_empty() {
                        continue;
                    }
                    if execution.violation().is_some() && self.may(&attack, &execution) {
                        return Swept { found: Some(attack), all: true };
                    }
                    assert_eq!(execution.idle, [], "{attack:?}");
                    larger.push((attack, execution, place));
                }
            }
            attacks = larger;
            size += 1;
        }
        Swept { found: None, all: true }
    }

    /// Whether the protocol breaks though everybody obeys it.
    pub fn breaks_by_itself(&self) -> bool {
        let attacks = self.adversary.sizes().flat_map(|traitors| self.obedient(traitors));
        attacks.into_iter().any(|attack| self.breaks(&attack))
    }

    fn breaks(&self, attack: &AttackOn<P>) -> bool {
        self.simulator.run(attack).unwrap().violation().is_some()
    }

    /// The size of the smallest attack by crashes alone with this many traitors. It tries everything: each traitor
    /// either does not crash, or crashes in some round and reaches some of the others.
    pub fn crashes_needed(&self, traitors: usize) -> Option<usize> {
        let attacks = self.obedient(traitors).into_iter().flat_map(|obedient| {
            let each = obedient.traitors.iter().map(|general| {
                let others = Generals::first(self.n).without(general).iter().powerset();
                let reached = others.map(Generals::from_iter).cartesian_product(1..=self.rounds());
                let crash = |(reaches, round)| Some(Crash { general, round, reaches });
                [None].into_iter().chain(reached.map(crash)).collect_vec()
            });
            let ways = each.multi_cartesian_product().collect_vec().into_iter();
            ways.map(move |crashes| {
                let crashes = crashes.into_iter().flatten().collect();
                Attack { crashes, ..obedient.clone() }
            })
        });
        attacks.filter(|attack| self.breaks(attack)).map(|attack| attack.size()).min()
    }

    /// The attacks in which this many traitors obey.
    fn obedient(&self, traitors: usize) -> Vec<AttackOn<P>> {
        let problem = self.problem();
        let (inputs, values) = (problem.given(self.n).iter(), &problem.values);
        let inputs = inputs.map(|general| values.iter().map(move |v| (general, v.clone())));
        let inputs = inputs.multi_cartesian_product().collect_vec();
        let attacks = self.suspects().subsets(traitors).cartesian_product(inputs);
        let attacks = attacks.map(|(traitors, inputs)| Attack {
            faults: self.adversary.faults,
            ..Attack::new(self.n, traitors, inputs.into_iter().collect())
        });
        attacks.collect()
    }

    /// Every part that can be added to an attack at this place or after it.
    fn parts(
        &self,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
        after: Place,
    ) -> Vec<(Place, Part<P::Message>)> {
        let mut parts = Vec::new();
        for round in after.0.max(1)..=self.rounds() {
            parts.extend(self.crashes(attack, round));
            parts.extend(self.lies(attack, execution, round));
            parts.extend(self.losses(attack, execution, round));
            parts.extend(self.firsts(attack, execution, round));
        }
        parts.retain(|(place, _)| *place > after || (*place == after && place.1 == FIRST));
        parts
    }

    /// "They obey until they stop for good: in the round in which they do, what they say reaches any subset of the
    /// others."
    fn crashes(&self, attack: &AttackOn<P>, round: Round) -> Vec<(Place, Part<P::Message>)> {
        if self.adversary.faults != FaultClass::Crash {
            return vec![];
        }
        let crashed = attack.crashes.iter().map(|crash| crash.general).collect();
        let ways = attack.traitors.minus(crashed).iter().flat_map(|general| {
            let others = Generals::first(self.n).without(general).iter().powerset();
            others.map(move |reaches| {
                let crash = Crash { general, round, reaches: reaches.into_iter().collect() };
                ((round, CRASH, general.id(), 0), Part::Crash(crash))
            })
        });
        ways.collect()
    }

    /// For a Byzantine traitor every change of one slot; for a traitor who fails to send, every single message that it
    /// leaves out.
    fn lies(
        &self,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
        round: Round,
    ) -> Vec<(Place, Part<P::Message>)> {
        let mut lies = Vec::new();
        for (wire, slots) in self.slots.iter().filter(|(wire, _)| wire.round == round) {
            if !attack.traitors.contains(wire.from) {
                continue;
            }
            let (_, loyal) = carried::<P>(execution, *wire);
            let place = |number| (round, LIE, wire.from.id() * self.n + wire.to.id(), number);
            let lie = |edit| Part::Lie(Lie { wire: *wire, edit });
            if self.adversary.faults == FaultClass::SendOmission {
                let withheld = loyal.into_iter().map(Edit::Withhold).map(lie).enumerate();
                lies.extend(withheld.map(|(number, lie)| (place(number), lie)));
            } else if self.adversary.faults == FaultClass::Byzantine {
                let regular = slots.regular.iter().map(|slot| {
                    (loyal.iter().find(|message| slot.contains(message)).cloned(), slot)
                });
                let all = regular.chain([(None, &slots.strays)]).enumerate();
                for (number, (honest, slot)) in all {
                    let said = slot.iter().unique().filter(|said| Some(*said) != honest.as_ref());
                    let said = said.cloned().map(|say| match honest.clone() {
                        Some(of) => Edit::Instead { of, say },
                        None => Edit::Say(say),
                    });
                    let silent = honest.clone().filter(|_| self.adversary.silence);
                    let silent = silent.map(Edit::Withhold);
                    lies.extend(said.chain(silent).map(|edit| (place(number), lie(edit))));
                }
            }
        }
        lies
    }

    /// Messages that do not arrive in their round: between loyal generals at most as many as may be disrupted, and any
    /// message to a traitor who fails to receive.
    fn losses(
        &self,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
        round: Round,
    ) -> Vec<(Place, Part<P::Message>)> {
        let Adversary { faults, disruptions, latest, .. } = self.adversary;
        let disrupted = attack.schedule.iter().filter(|shift| is_disruption(attack, shift)).count();
        let mut losses = Vec::new();
        for delivery in execution.deliveries.iter().filter(|said| said.wire.round == round) {
            let wire = delivery.wire;
            let deaf = faults == FaultClass::ReceiveOmission && attack.traitors.contains(wire.to);
            let loyal = [wire.from, wire.to].iter().all(|end| !attack.traitors.contains(*end));
            let mut arrivals = vec![];
            if deaf || (loyal && disrupted < disruptions) {
                arrivals.push(Arrival::Never);
            }
            if loyal && disrupted < disruptions {
                let latest = latest.min(self.rounds() - round);
                arrivals.extend((1..=latest).map(Arrival::Late));
            }
            for (number, message) in delivery.said.iter().enumerate() {
                let place = (round, LOSS, wire.from.id() * self.n + wire.to.id(), number);
                let shift = |arrival| Shift { wire, message: message.clone(), arrival };
                losses.extend(arrivals.iter().map(|a| (place, Part::Shift(shift(*a)))));
            }
        }
        losses
    }

    /// Messages that arrive before everything that is still to come in their round.
    fn firsts(
        &self,
        attack: &AttackOn<P>,
        execution: &ExecutionOf<P>,
        round: Round,
    ) -> Vec<(Place, Part<P::Message>)> {
        let said = execution.deliveries.iter().filter(|said| said.wire.round == round);
        let firsts = said.filter(|_| self.adversary.any_order).flat_map(|delivery| {
            let wire = delivery.wire;
            let mut rest = delivery.said.to_vec();
            for shift in attack.schedule.iter().filter(|shift| shift.wire == wire) {
                let moved = rest.iter().position(|message| *message == shift.message);
                rest.remove(moved.expect("a shift names what is said"));
            }
            let first = move |message| Shift { wire, message, arrival: Arrival::First };
            let shifts = rest.into_iter().unique().map(first);
            shifts.map(move |shift| ((round, FIRST, wire.to.id(), 0), Part::Shift(shift)))
        });
        firsts.collect()
    }

    /// How many behaviours the adversary has if every slot can be filled: the product of the choices of traitors, of
    /// inputs that bind somebody, of messages that do not arrive in their round, of everything that traitors do or
    /// leave undone, and of orders of arrival.
    pub fn ways(&self) -> Count {
        let Adversary { faults, any_order, disruptions, latest, .. } = self.adversary;
        let problem = self.problem();
        let (rounds, values) = (self.rounds(), problem.values.len() as u64);
        let sets = self.adversary.sizes().flat_map(|size| self.suspects().subsets(size));
        let ways = sets.map(|traitors| {
            let byzantine = faults == FaultClass::Byzantine;
            let free = if byzantine { traitors } else { Generals::NONE };
            let inputs = problem.given(self.n).minus(free).len();
            let mut ways = vec![Count::from(values).pow(inputs as u128)];
            let (mut messages, mut heard) = (vec![], BTreeMap::<_, u64>::new());
            for (wire, Slots { regular, strays }) in &self.slots {
                let [from, to] = [wire.from, wire.to].map(|end| traitors.contains(end));
                let choices = regular.iter().map(|slot| slot.iter().unique().count() as u64);
                let choices = choices.filter(|choices| *choices > 0);
                let stray = strays.iter().unique().count() as u64;
                let silence = u64::from(self.adversary.silence);
                let stray_ways = if byzantine && from && !to { stray + 1 } else { 1 };
                ways.push(Count::from(stray_ways));
                ways.extend(choices.clone().map(|choices| match faults {
                    FaultClass::Byzantine if from && !to => Count::from(choices + silence),
                    FaultClass::SendOmission if from => Count::from(2),
                    FaultClass::ReceiveOmission if to => Count::from(2),
                    _ => Count::from(1),
                }));
                if !from && !to {
                    let arrivals = 1 + latest.min(rounds - wire.round) as u64;
                    messages.extend((0..choices.clone().sum()).map(|_: u64| arrivals));
                }
                if !free.contains(wire.to) {
                    let stray = u64::from(free.contains(wire.from) && stray > 0);
                    *heard.entry((wire.round, wire.to)).or_default() +=
                        choices.count() as u64 + stray;
                }
            }
            if faults == FaultClass::Crash {
                let reached = 1 << (self.n - 1);
                ways.push(Count::from(1 + rounds as u64 * reached).pow(traitors.len() as u128));
            }
            if any_order {
                ways.extend(heard.into_values().flat_map(|slots| (1..=slots).map(Count::from)));
            }
            let disrupted = (0..=disruptions).flat_map(|size| messages.iter().combinations(size));
            ways.push(disrupted.map(|set| Count::from(set.into_iter().product::<u64>())).sum());
            ways.into_iter().product()
        });
        ways.sum()
    }

    /// Whether the adversary may make this attack.
    pub fn may(&self, attack: &AttackOn<P>, execution: &ExecutionOf<P>) -> bool {
        let Adversary { faults, any_order, disruptions, latest, .. } = self.adversary;
        let traitor = |general| attack.traitors.contains(general);
        let commander = self.adversary.loyal_commander && traitor(General::COMMANDER);
        let (most, exactly) = (self.adversary.traitors, self.adversary.exactly);
        let who = attack.traitors.len() <= most && (!exactly || attack.traitors.len() == most);
        let lies = attack.lies.iter().all(|lie| match faults {
            FaultClass::Byzantine => true,
            FaultClass::SendOmission => matches!(lie.edit, Edit::Withhold(_)),
            FaultClass::Crash | FaultClass::ReceiveOmission => false,
        });
        let last = self.last_round(execution);
        let mut wires = self.slots.keys().filter(|wire| wire.round <= last);
        let said = wires.all(|wire| {
            let free = faults == FaultClass::Byzantine && traitor(wire.from);
            !free || self.has_place(*wire, &carried::<P>(execution, *wire).0)
        });
        let shifted = attack.schedule.iter().all(|shift| match shift.arrival {
            Arrival::First => any_order,
            Arrival::Late(rounds) => rounds <= latest && is_disruption(attack, shift),
            Arrival::Never => {
                is_disruption(attack, shift)
                    || faults == FaultClass::ReceiveOmission && traitor(shift.wire.to)
            }
        });
        let disrupted = attack.schedule.iter().filter(|shift| is_disruption(attack, shift));
        let crashed = attack.crashes.is_empty() || faults == FaultClass::Crash;
        attack.faults == faults
            && execution.lacking.is_empty()
            && (who && !commander && lies && said && shifted && crashed)
            && disrupted.count() <= disruptions
    }

    /// The last round in which something was said.
    fn last_round(&self, execution: &ExecutionOf<P>) -> Round {
        match execution.fault.as_ref().map(|fault| fault.call) {
            Some(Call::Start | Call::Begin) => 0,
            Some(Call::Send(round)) => round - 1,
            Some(Call::Receive(round) | Call::Hear(round) | Call::EndRound(round)) => round,
            Some(Call::Decide | Call::Decision | Call::Own(_) | Call::Whole) | None => {
                self.rounds()
            }
        }
    }

    /// Whether there is at most one message in each slot, and at most one stray.
    fn has_place(&self, wire: Wire, said: &[P::Message]) -> bool {
        let Slots { regular, strays } = &self.slots[&wire];
        let slots = regular.iter().map(|slot| (slot, self.adversary.silence || slot.is_empty()));
        let ways = slots
            .chain([(strays, true)])
            .map(|(slot, optional)| slot.iter().unique().map(Some).chain(optional.then_some(None)));
        let mut ways = ways.multi_cartesian_product();
        ways.any(|way| way.into_iter().flatten().sorted().eq(said))
    }
}
