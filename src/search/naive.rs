//! The naive engine: runs the simulator on every raw behaviour, one after the other, with no
//! reduction at all. It is the twin against which the exhaustive engine is held, so it goes back
//! to the repertoire, and shares nothing with the other but the simulator.

use itertools::Itertools;

use super::case::CaseOf;
use super::effort::Meter;
use super::end::{End, EndOf, Explored};
use super::script::Script;
use super::space::Space;
use crate::adversary::Adversary;
use crate::execution::Delivery;
use crate::execution::stage::{Eavesdropper, Enemy, simulate};
use crate::fault::Guarded;
use crate::testable::{Repertoire, Testable, Wire};

/// Goes through all behaviours of a case; a step is an execution.
pub(crate) fn explore<P: Testable>(
    space: &Space<'_, P>,
    case: &CaseOf<P>,
    mut meter: Meter<'_>,
) -> Explored<P> {
    let result = scripts(space, case).try_for_each(|script| {
        meter.step()?;
        judge(space, case, script).map_or(Ok(()), Err)
    });
    (meter.steps(), result)
}

fn judge<P: Testable>(
    space: &Space<'_, P>,
    case: &CaseOf<P>,
    script: Script<P::Message>,
) -> Option<EndOf<P>> {
    let protocol = Guarded::new(space.protocol, &space.terms.values, case.traitors);
    let labels = space.labels();
    let mut enemy = Reciter { protocol: &protocol, script: &script };
    let execution = simulate(&protocol, space.terms, case.scene(), &mut enemy, &labels);
    let undescribed = || {
        let mut loyal = execution.deliveries.iter();
        loyal.find_map(|Delivery { wire, said, .. }| {
            let loyal = !case.traitors.contains(wire.from);
            loyal.then(|| space.describes(wire, said)).and_then(Result::err)
        })
    };
    // Who has accepted a forgery may say what nobody thought of.
    if let Some(refusal) = execution.accepted.is_none().then(undescribed).flatten() {
        return Some(End::Refused(refusal));
    }
    let violation = execution.violation()?;
    Some(End::Found(violation, Box::new(script)))
}

/// An enemy that says what is in its script, as far as it has the signatures.
struct Reciter<'a, P: Testable> {
    protocol: &'a Guarded<'a, P>,
    script: &'a Script<P::Message>,
}

impl<P: Testable> Enemy<P> for Reciter<'_, P> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[P::Message],
        overhears: &Eavesdropper<'_, P>,
    ) -> Option<Vec<P::Message>> {
        let spoken = self.script.spoken.get(&wire)?;
        let can_be_said = |message: &&P::Message| {
            honest.contains(message) || {
                let signatures = self.protocol.signatures(message);
                overhears.lacks(&signatures).is_none()
            }
        };
        Some(spoken.iter().flatten().filter(can_be_said).cloned().sorted().collect())
    }
}

/// Everything that the traitors can say to the loyal.
fn scripts<P: Testable>(
    space: &Space<'_, P>,
    case: &CaseOf<P>,
) -> impl Iterator<Item = Script<P::Message>> {
    let loyal = space.everybody().minus(case.traitors);
    let wires = (1..=space.terms.rounds)
        .cartesian_product(case.traitors.iter())
        .cartesian_product(loyal.iter())
        .filter(|((_, from), to)| space.terms.graph.has_edge(*from, *to))
        .map(|((round, from), to)| Wire { round, from, to });
    let slots = wires.map(|wire| (wire, slots(space.adversary, space.repertoire(wire))));
    let slots = slots.collect_vec();
    let lengths = slots.iter().map(|(wire, slots)| (*wire, slots.len())).collect_vec();
    let choices = slots.into_iter().flat_map(|(_, slots)| slots);
    choices.multi_cartesian_product().map(move |said| {
        let mut said = said.into_iter();
        let spoken = |(wire, slots): &(Wire, usize)| (*wire, said.by_ref().take(*slots).collect());
        Script { spoken: lengths.iter().map(spoken).collect(), ..Script::new() }
    })
}

/// Everything that can be said in each slot of a wire with this repertoire, strays last.
fn slots<M: Clone + Ord>(
    adversary: Adversary,
    Repertoire { slots, strays, forgeries, .. }: Repertoire<M>,
) -> Vec<Vec<Option<M>>> {
    let forged = forgeries.into_iter().map(|forgery| forgery.message);
    let strays = strays.into_iter().chain(forged).collect();
    let slots = slots.into_iter().map(|slot| (slot, adversary.silence));
    let strays = adversary.strays.then_some((strays, true));
    let slots = slots.chain(strays).filter(|(messages, _)| !messages.is_empty());
    let choices = slots.map(|(messages, optional)| {
        let messages = messages.into_iter().sorted().dedup().map(Some);
        messages.chain(optional.then_some(None)).collect()
    });
    choices.collect()
}

#[cfg(test)]
mod tests {
    use super::super::case::TraitorsOrders;
    use super::super::effort::Progress;
    use super::super::explorer::{Explorer, Plan};
    use super::super::ground::Lies;
    use super::super::reduction::Reductions;
    use super::*;
    use crate::count::Count;
    use crate::order::Order;
    use crate::protocols::oral::OralMessages;
    use crate::testable::Terms;

    /// The most behaviours of one setting that are gone through one by one.
    const SMALL: u64 = 10_000;

    /// Holds the engines against each other in one setting, case by case; answers with whether it
    /// was small enough for both.
    fn agree(protocol: &OralMessages, n: usize, adversary: Adversary) -> bool {
        let setting = format!("{protocol:?}, n = {n}, {adversary}");
        let terms = Terms::of(protocol, n).unwrap();
        let space = Space::new(protocol, &terms, adversary, &Progress::new()).unwrap().unwrap();
        let counted = space.behaviours();
        if counted > Count::from(SMALL) {
            return false;
        }
        let progress = Progress::new();
        let meter = || Meter::new(&progress, u64::MAX);
        let mut visited = 0;
        let cases = adversary.sizes().flat_map(|size| space.cases(size, TraitorsOrders::One));
        for case in cases {
            let judged = scripts(&space, &case).map(|script| judge(&space, &case, script));
            let judged = judged.collect_vec();
            let (lies, reductions) = (Lies::Free, Reductions::ALL);
            let plan = Plan { lies, reductions, symmetry: None, part: None };
            let found = Explorer::new(&space, &case, plan, meter()).explore().1;
            let broken = judged.iter().any(Option::is_some);
            assert_eq!(broken, found.is_err(), "{setting}, {case:?}");
            assert_eq!(broken, explore(&space, &case, meter()).1.is_err(), "{setting}, {case:?}");
            let of_case = Count::from(judged.len() as u64);
            assert_eq!(of_case.exact(), space.behaviours_of(case.traitors).exact(), "{setting}");
            visited += judged.len() as u64;
        }
        assert_eq!(counted.exact(), Count::from(visited).exact(), "{setting}");
        true
    }

    #[test]
    fn both_engines_agree_wherever_both_can_run() {
        let mut small = 0;
        for (n, m, values) in itertools::iproduct!(1..=5, 0..=3, 1..=3) {
            let protocol = OralMessages::new(m).over(Order::first(values));
            for (f, flags) in itertools::iproduct!(0..n, 0..16) {
                let flag = |bit| flags >> bit & 1 == 1;
                let adversary = Adversary {
                    exactly: flag(0),
                    loyal_commander: flag(1),
                    silence: flag(2),
                    strays: flag(3),
                    ..Adversary::byzantine(f).without_replays()
                };
                small += usize::from(agree(&protocol, n, adversary));
            }
        }
        assert!(small > 800, "only {small} settings were small enough for both");
    }
}
