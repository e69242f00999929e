//! The strategy that draws whole attacks.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use itertools::Itertools;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::{Reason, TestRunner};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::settings::Settings;
use crate::adversary::Adversary;
use crate::attack::AttackOn;
use crate::fault::{Misbehaved, or_panic, unwound};
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::machine::{Machine, Numbered, NumberedAttack, Terms, Things, ValueId, fits};
use crate::protocols::in_waves::AnyProtocol;
use crate::question::{against, can_be_turned};
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::space::{Space, Stock};
use crate::search::progress::Progress;
use crate::search::random::draw::{any_case, drawn_in};
use crate::search::shrink::Shrinker;
use crate::setting::Setting;
use crate::testable::{Testable, Wire};

/// Attacks on a protocol in one of these settings, as the [adversary](crate::Adversary) of the setting can make them:
/// in its slots, with its orders of arrival, and with the signatures that it has.
///
/// They shrink to fewer generals, where there are settings with fewer; to fewer traitors, lies, crashes and changes
/// of the schedule; and to simpler inputs and messages. Each smaller attack is still one that the adversary can make.
/// The attack that a test reports in the end is locally minimal, unless proptest stops before.
///
/// A protocol is borrowed or owned: `attacks(&protocol, ..)` or `attacks(protocol, ..)`.
///
/// If there is no setting, or the protocol can't be run in one, the test fails and says why.
pub fn attacks<P: AnyProtocol<Kind>, Kind>(
    protocol: P,
    settings: impl Into<Settings>,
) -> Attacks<P::Tested> {
    let settings = settings.into();
    let stocks = settings.all().iter().map(|_| OnceLock::new()).collect();
    let (protocol, things) = (protocol.tested(), Things::default());
    let places = Arc::new(Places { protocol, things, settings, stocks });
    Attacks { places, fixed: Fixed::default(), first: Vec::new(), replayed: AtomicUsize::new(0) }
}

/// See [`attacks`].
pub struct Attacks<P: Testable> {
    places: Arc<Places<P>>,
    fixed: Fixed,
    first: Vec<AttackOn<P>>,
    /// How many of the attacks that come first have been used.
    replayed: AtomicUsize,
}

/// What is fixed in all attacks, also when they shrink.
#[derive(Clone, Default, Debug)]
struct Fixed {
    traitors: Option<Generals>,
    inputs: Option<BTreeMap<General, ValueId>>,
}

impl Fixed {
    fn is_in(&self, attack: &NumberedAttack) -> bool {
        self.traitors.is_none_or(|traitors| traitors == attack.traitors)
            && self.inputs.as_ref().is_none_or(|inputs| *inputs == attack.inputs)
    }

    /// The attack drawn from a seed.
    fn drawn(&self, space: &Space<'_>, seed: u64) -> Result<NumberedAttack, Reason> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let case = any_case(space, &mut rng);
        let Fixed { traitors, inputs } = self.clone();
        let (traitors, inputs) = (traitors.unwrap_or(case.traitors), inputs.unwrap_or(case.inputs));
        let obedient = NumberedAttack::new(&space.terms.graph, traitors, inputs.clone());
        fits(space.machine, space.terms, &obedient).map_err(|misfit| misfit.to_string())?;
        let suspects = traitors.minus(space.suspects()).is_empty();
        if !suspects || !space.adversary.sizes().contains(&traitors.len()) {
            return Err(format!("the adversary can't turn {traitors}").into());
        }
        let drawn = drawn_in(space, &InitialChoices { traitors, inputs, ..case }, &mut rng);
        Ok(drawn.map_err(|refusal| refusal.to_string())?.0)
    }
}

/// The settings in which attacks take place, and the protocol that they attack.
struct Places<P: Testable> {
    protocol: P,
    things: Things<P>,
    settings: Settings,
    /// One for each setting, by number.
    stocks: Vec<OnceLock<Result<Stocked, String>>>,
}

/// What is kept of a space: its terms, its adversary, and what is expensive to compute.
type Stocked = (Terms, Adversary, Arc<Stock>);

impl<P: Testable> Attacks<P> {
    /// The same strategy with these traitors, and no others.
    ///
    /// ```
    /// use proptest::prelude::*;
    /// use turncoat::strategy::{attacks, traitors};
    /// use turncoat::{OralMessages, Setting};
    ///
    /// let setting = Setting::new(4, 2);
    /// let by_traitors = traitors(setting.clone()).prop_flat_map(move |traitors| {
    ///     attacks(OralMessages::new(1), setting.clone()).by(traitors)
    /// });
    /// ```
    #[must_use]
    pub fn by(self, traitors: Generals) -> Attacks<P> {
        Attacks { fixed: Fixed { traitors: Some(traitors), ..self.fixed }, ..self }
    }

    /// The same strategy with these inputs, and no others.
    #[must_use]
    pub fn given(self, inputs: BTreeMap<General, P::Value>) -> Attacks<P> {
        let numbered = self.places.numbered();
        let inputs = inputs.into_iter();
        let inputs = inputs.map(|(general, input)| (general, numbered.number_value(input)));
        let fixed = Fixed { inputs: Some(or_panic(|| inputs.collect())), ..self.fixed };
        Attacks { fixed, ..self }
    }

    /// The same strategy, but these attacks come first, such as those that were found
    /// [before](crate::regressions::Replayed::runnable). Each takes up one case, so there should be enough cases. (A
    /// seed that proptest has kept takes up a case as well: if such an attack comes first then, the seed draws none
    /// of its own.)
    #[must_use]
    pub fn first(self, attacks: impl IntoIterator<Item = AttackOn<P>>) -> Attacks<P> {
        Attacks { first: attacks.into_iter().collect(), ..self }
    }
}

impl<P: Testable> Places<P> {
    fn numbered(&self) -> Numbered<'_, P> {
        Numbered::with(&self.protocol, &self.things)
    }

    /// The number of the setting of an attack that comes first.
    fn setting_of(&self, attack: &NumberedAttack) -> Result<usize, Reason> {
        let settings = self.settings.all().iter();
        let allows = |setting: &Setting| {
            setting.graph == attack.graph && setting.adversary.faults == attack.faults
        };
        let found = settings.clone().position(allows);
        found.ok_or_else(|| {
            let there = settings.map(|setting| told(&setting.graph)).unique().join(", ");
            let faults = attack.faults;
            let graph = told(&attack.graph);
            format!("an attack to begin with has {graph}, {faults}; here are {there}").into()
        })
    }

    /// The space of a setting.
    fn space<'a>(&'a self, machine: &'a dyn Machine, number: usize) -> Result<Space<'a>, Reason> {
        let Setting { graph, adversary } = &self.settings.all()[number];
        let stored = self.stocks[number].get_or_init(|| {
            let terms = machine.terms(graph, true).map_err(|refusal| refusal.to_string())?;
            can_be_turned(graph, adversary).map_err(|error| error.to_string())?;
            let adversary = against(&terms, *adversary).map_err(|error| error.to_string())?;
            let space = Space::new(machine, &terms, adversary, &Progress::new());
            let space = space.map_err(|refusal| refusal.to_string())?;
            let stock = space.expect("nobody stops it").stock;
            Ok((terms, adversary, stock))
        });
        let (terms, adversary, stock) =
            stored.as_ref().map_err(|reason| Reason::from(reason.clone()))?;
        Ok(Space::of(machine, terms, *adversary, Arc::clone(stock)))
    }
}

impl<P: Testable> fmt::Debug for Attacks<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Places { protocol, settings, .. } = &*self.places;
        f.debug_struct("Attacks").field("on", protocol).field("settings", settings).finish()
    }
}

impl<P: Testable> Strategy for Attacks<P> {
    type Tree = AttackTree<P>;
    type Value = AttackOn<P>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Attacks<P>> {
        unwound(|| self.tree(runner)).map_err(|Misbehaved(what)| Reason::from(what))?
    }
}

impl<P: Testable> Attacks<P> {
    fn tree(&self, runner: &mut TestRunner) -> NewTree<Attacks<P>> {
        let stored = self.first.get(self.replayed.fetch_add(1, Ordering::Relaxed));
        let places = &*self.places;
        let numbered = places.numbered();
        let (setting, attack) = match stored {
            Some(attack) => {
                let attack = numbered.number_attack(attack);
                let setting = places.setting_of(&attack)?;
                let Space { machine, terms, .. } = places.space(&numbered, setting)?;
                let misfit = |misfit| format!("an attack to begin with does not fit: {misfit}");
                fits(machine, terms, &attack).map_err(misfit)?;
                (setting, attack)
            }
            None => {
                let setting = places.settings.choose(runner)?;
                let seed = proptest::num::u64::ANY.new_tree(runner)?.current();
                (setting, self.fixed.drawn(&places.space(&numbered, setting)?, seed)?)
            }
        };
        let (places, fixed) = (Arc::clone(&self.places), self.fixed.clone());
        let shrinker = Shrinker::new(attack);
        Ok(AttackTree { places, fixed, setting, smaller: 0, proposed: None, shrinker })
    }
}

/// An attack that can shrink.
pub struct AttackTree<P: Testable> {
    places: Arc<Places<P>>,
    fixed: Fixed,
    /// The setting of the best attack so far.
    setting: usize,
    /// The next setting with fewer generals to try.
    smaller: usize,
    /// The attack that is being tried, and its setting.
    proposed: Option<(usize, NumberedAttack)>,
    shrinker: Shrinker,
}

impl<P: Testable> AttackTree<P> {
    /// The same attack among fewer generals, without what the removed generals say and hear.
    fn fewer_generals(&mut self) -> Option<(usize, NumberedAttack)> {
        let best = &self.shrinker.best;
        let smaller = (self.smaller..self.setting).find_map(|number| {
            let graph = self.places.settings.all()[number].graph.clone();
            let fewer = graph.n() < best.n();
            let attack = within(best, graph);
            (fewer && self.is_allowed(number, &attack)).then_some((number, attack))
        });
        self.smaller = smaller.as_ref().map_or(self.setting, |(number, _)| number + 1);
        smaller
    }

    fn fewer_parts(&mut self) -> Option<(usize, NumberedAttack)> {
        let AttackTree { places, fixed, setting, shrinker, .. } = self;
        let numbered = places.numbered();
        let space = places.space(&numbered, *setting).ok()?;
        let mut worker = space.worker(Generals::NONE);
        let attack = std::iter::from_fn(|| shrinker.next(&space)).find(|attack| {
            worker.make_room();
            let execution = fixed.is_in(attack).then(|| space.run(&mut worker, attack));
            execution.is_some_and(|execution| space.allows(attack, &execution))
        });
        attack.map(|attack| (*setting, attack))
    }

    fn is_allowed(&self, number: usize, attack: &NumberedAttack) -> bool {
        let numbered = self.places.numbered();
        let Ok(space) = self.places.space(&numbered, number) else { return false };
        let traitors = attack.traitors.len();
        self.fixed.is_in(attack)
            && space.adversary.sizes().contains(&traitors)
            && fits(space.machine, space.terms, attack).is_ok()
            && space.allows(attack, &space.run(&mut space.worker(attack.traitors), attack))
    }
}

/// How many generals there are, and on which graph.
fn told(graph: &Graph) -> String {
    let place = graph.place().map(|place| format!(" {place}")).unwrap_or_default();
    format!("n = {}{place}", graph.n())
}

/// The part of an attack that takes place on a graph of fewer generals.
fn within(attack: &NumberedAttack, graph: Graph) -> NumberedAttack {
    let there = graph.everybody();
    let mut attack = NumberedAttack { graph: graph.clone(), ..attack.clone() };
    let stays =
        |wire: Wire| there.contains(wire.from) && graph.neighbours(wire.from).contains(wire.to);
    attack.traitors = attack.traitors.iter().filter(|traitor| there.contains(*traitor)).collect();
    attack.inputs.retain(|general, _| there.contains(*general));
    attack.lies.retain(|lie| stays(lie.wire));
    attack.schedule.retain(|shift| stays(shift.wire));
    attack.crashes.retain(|crash| there.contains(crash.general));
    for crash in &mut attack.crashes {
        let reaches = graph.neighbours(crash.general);
        crash.reaches = crash.reaches.iter().filter(|reached| reaches.contains(*reached)).collect();
    }
    attack
}

impl<P: Testable> fmt::Debug for AttackTree<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AttackTree").field(&self.current()).finish()
    }
}

impl<P: Testable> ValueTree for AttackTree<P> {
    type Value = AttackOn<P>;

    fn current(&self) -> AttackOn<P> {
        let proposed = self.proposed.as_ref().map(|(_, attack)| attack);
        or_panic(|| self.places.numbered().attack(proposed.unwrap_or(&self.shrinker.best)))
    }

    /// The proposed attack is the best now.
    fn simplify(&mut self) -> bool {
        match self.proposed.take() {
            Some((setting, attack)) if setting == self.setting => self.shrinker.keep(attack),
            Some((setting, attack)) => {
                (self.setting, self.shrinker) = (setting, Shrinker::new(attack));
            }
            None => return self.complicate(),
        }
        // A smaller attack may also work among fewer generals.
        self.smaller = 0;
        self.complicate()
    }

    /// Proposes the next attack, if there is one.
    fn complicate(&mut self) -> bool {
        self.proposed = or_panic(|| self.fewer_generals().or_else(|| self.fewer_parts()));
        self.proposed.is_some()
    }
}
