//! Several instances of a protocol side by side, over the same keys, with one coalition against them all.
//!
//! Byzantine agreement with signatures does not compose by itself: what a general signs in one
//! instance can be shown in another, unless signatures bind the instance (Lindell, Lysyanskaya,
//! Rabin: "On the composition of authenticated Byzantine agreement", JACM 53(6), 2006).

use std::fmt::Debug;

use itertools::Itertools;

use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::outcome::Task;
use crate::protocol::events::Timer;
use crate::protocol::{Lockstep, Round, Seat};
use crate::signature::{Seal, Signed};
use crate::testable::{
    Claims, ClaimsOf, Forgery, ListedSignature, Problem, ProblemOf, Repertoire, Signing, Testable,
    Waves, Wire, Words,
};

/// Instances of a protocol that run side by side: broadcasts, each with its own commander, or instances of consensus,
/// in each of which a general has the same input.
///
/// The properties, and the protocol's own demands, are asked only of the first instance (for broadcasts, the one in
/// which general 0 commands). (In broadcasts a demand sees the inputs of all commanders.)
///
/// ```
/// use turncoat::protocols::chain::Binding;
/// use turncoat::protocols::parallel::Parallel;
/// use turncoat::{General, SignedMessages, check};
///
/// let sm = |binding| Parallel::of(2, move |instance, commander| {
///     SignedMessages::new(1).instance(instance, commander).binding(binding)
/// });
/// check(sm(Binding::Order)).generals(3).traitors(1).assert_broken();
/// check(sm(Binding::Everything)).generals(3).traitors(1).assert_holds();
/// ```
#[derive(Clone, Debug)]
pub struct Parallel<P> {
    instances: Vec<P>,
    task: Task,
}

/// A message of one instance.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tagged<M> {
    /// The instance.
    pub instance: usize,
    /// The message in it.
    pub message: M,
}

impl<P> Parallel<P> {
    /// This many broadcasts: each is made from its number and its commander, the general with that number.
    ///
    /// # Panics
    ///
    /// If there are more than [`Generals::MAX`].
    pub fn of(instances: usize, make: impl FnMut(usize, General) -> P) -> Parallel<P> {
        let mut make = make;
        let instances = (0..instances).map(|number| make(number, General::new(number)));
        Parallel { instances: instances.collect(), task: Task::Broadcast }
    }

    /// This many instances of consensus: each is made from its number.
    ///
    /// ```
    /// use turncoat::protocols::parallel::Parallel;
    /// use turncoat::{InteractiveConsistency, check};
    ///
    /// let twice = |m| Parallel::consensus(2, |_| InteractiveConsistency::new(m));
    /// check(twice(0)).generals(3).traitors(1).assert_broken();
    /// ```
    pub fn consensus(instances: usize, make: impl FnMut(usize) -> P) -> Parallel<P> {
        Parallel { instances: (0..instances).map(make).collect(), task: Task::Consensus }
    }

    /// The first instance.
    pub(super) fn first(&self) -> &P {
        &self.instances[0]
    }

    /// The instances that run among n generals: a broadcast needs its commander.
    fn among(&self, n: usize) -> &[P] {
        match self.task {
            Task::Broadcast => &self.instances[..n.min(self.instances.len())],
            Task::Consensus => &self.instances,
        }
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: Lockstep> Lockstep for Parallel<P> {
    type Value = P::Value;
    type Decision = P::Decision;
    type Message = Tagged<P::Message>;
    type State = Vec<P::State>;

    fn rounds(&self, n: usize) -> usize {
        self.instances.iter().map(|instance| instance.rounds(n)).max().unwrap_or(0)
    }

    fn start(&self, seat: Seat, input: Option<&P::Value>) -> Vec<P::State> {
        let start = |(number, instance): (usize, &P)| {
            let given = self.task == Task::Consensus || seat.me.id() == number;
            instance.start(seat, input.filter(|_| given))
        };
        self.among(seat.n).iter().enumerate().map(start).collect()
    }

    fn send(
        &self,
        states: &Vec<P::State>,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Tagged<P::Message>> {
        let instances = self.instances.iter().zip(states).enumerate();
        instances.flat_map(move |(number, (instance, state))| {
            let said = instance.send(state, round, to).into_iter();
            said.map(move |message| Tagged { instance: number, message })
        })
    }

    fn receive(
        &self,
        states: &mut Vec<P::State>,
        round: Round,
        from: General,
        Tagged { instance, message }: &Tagged<P::Message>,
    ) {
        if let Some(state) = states.get_mut(*instance) {
            self.instances[*instance].receive(state, round, from, message);
        }
    }

    fn end_round(&self, states: &mut Vec<P::State>, round: Round) {
        for (instance, state) in self.instances.iter().zip(states) {
            instance.end_round(state, round);
        }
    }

    fn decide(&self, states: &Vec<P::State>) -> Option<P::Decision> {
        self.instances[0].decide(&states[0])
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: Testable> Testable for Parallel<P> {
    fn problem(&self, graph: &Graph) -> Result<ProblemOf<P>, String> {
        let (instances, n) = (self.instances.len(), graph.n());
        if instances == 0 || (self.task == Task::Broadcast && instances > n) {
            return Err(format!(
                "there are {instances} instances among {n} generals: there must be at least one, \
                 and a commander for each"
            ));
        }
        if self.instances.iter().any(|instance| instance.waves().is_some()) {
            return Err("only protocols in rounds can run side by side".to_owned());
        }
        if !self.instances.iter().map(|instance| instance.rounds(n)).all_equal() {
            return Err("the instances must have equally many rounds".to_owned());
        }
        let problems = self.instances.iter().map(|instance| instance.problem(graph));
        let problems: Vec<ProblemOf<P>> = problems.try_collect()?;
        if problems.iter().any(|problem| problem.task != self.task) {
            return Err(match self.task {
                Task::Broadcast => {
                    "an instance is no broadcast: see Parallel::consensus".to_owned()
                }
                Task::Consensus => "an instance is no consensus: see Parallel::of".to_owned(),
            });
        }
        if self.task == Task::Broadcast {
            let commanded = |(number, problem): (usize, &ProblemOf<P>)| {
                problem.given(n).contains(General::new(number))
            };
            if let Some(number) = problems.iter().enumerate().position(|one| !commanded(one)) {
                return Err(format!("general {number} is given no input in instance {number}"));
            }
        }
        let refused = problems.iter().find_map(|problem| problem.too_large.clone());
        let first = problems.into_iter().next().expect("there is at least one instance");
        let inputs = match first.task {
            Task::Broadcast => Some(Generals::first(instances)),
            Task::Consensus => first.inputs,
        };
        Ok(Problem { inputs, too_large: refused, ..first })
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Tagged<P::Message>> {
        let mut all = Repertoire::silent();
        for (instance, protocol) in self.among(n).iter().enumerate() {
            let Repertoire { slots, strays, forgeries, unknown } = protocol.repertoire(n, wire);
            let tag = |message| Tagged { instance, message };
            let slots = slots.into_iter().map(|slot| slot.into_iter().map(tag).collect());
            let forgeries = forgeries.into_iter();
            all.unknown |= unknown;
            all.slots.extend(slots);
            all.strays.extend(strays.into_iter().map(tag));
            all.forgeries.extend(
                forgeries
                    .map(|Forgery { label, message }| Forgery { label, message: tag(message) }),
            );
        }
        all
    }

    fn signing(&self) -> &dyn Signing<Tagged<P::Message>> {
        self
    }

    fn words(&self) -> &dyn Words<Tagged<P::Message>, Vec<P::State>> {
        self
    }

    /// No instance is driven by events.
    fn waves(&self) -> Option<&dyn Waves<Self::Message, Self::State>> {
        None
    }

    /// A claim about one instance says nothing about several, each with another commander.
    fn claims(&self) -> ClaimsOf<'_, Self> {
        Claims::none()
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: Testable> Signing<Tagged<P::Message>> for Parallel<P> {
    fn signatures(&self, Tagged { instance, message }: &Tagged<P::Message>) -> Vec<Signed> {
        let protocol = self.instances.get(*instance);
        protocol.map(|protocol| protocol.signing().signatures(message)).unwrap_or_default()
    }

    fn seals(&self, Tagged { instance, message }: &Tagged<P::Message>) -> Vec<Seal> {
        let protocol = self.instances.get(*instance);
        protocol.map(|protocol| protocol.signing().seals(message)).unwrap_or_default()
    }

    /// The list may also take signatures from other instances.
    fn relisted(
        &self,
        Tagged { instance, message }: &Tagged<P::Message>,
        list: &[ListedSignature<'_, Tagged<P::Message>>],
    ) -> Option<Tagged<P::Message>> {
        let list: Vec<_> = list.iter().map(|listed| listed.map(|of| &of.message)).collect();
        let message = self.instances.get(*instance)?.signing().relisted(message, &list)?;
        Some(Tagged { instance: *instance, message })
    }
}

#[deny(clippy::missing_trait_methods, reason = "a wrapper forwards everything")]
impl<P: Testable> Words<Tagged<P::Message>, Vec<P::State>> for Parallel<P> {
    fn name(&self) -> String {
        let first = self.instances.first();
        let name = first.map(|protocol| protocol.words().name()).unwrap_or_default();
        format!("{name}, the first of {} instances side by side", self.instances.len())
    }

    fn tell(&self, from: General, Tagged { instance, message }: &Tagged<P::Message>) -> String {
        match self.instances.get(*instance) {
            Some(protocol) => format!("[{instance}] {}", protocol.words().tell(from, message)),
            None => format!("[{instance}] {message:?}"),
        }
    }

    fn timer(&self, timer: Timer) -> String {
        let first = self.instances.first();
        first.map(|protocol| protocol.words().timer(timer)).unwrap_or_default()
    }

    fn explain(&self, states: &Vec<P::State>) -> Vec<String> {
        let explained = self.instances.iter().zip(states).enumerate();
        let explained = explained.flat_map(|(number, (instance, state))| {
            let lines = instance.words().explain(state).into_iter();
            lines.map(move |line| format!("[{number}] {line}"))
        });
        explained.collect()
    }
}
