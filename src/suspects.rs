//! The builder that a test calls to find out who the traitors can be.

use std::fmt;

use crate::adversary::Adversary;
use crate::attack::AttackOn;
use crate::graph::Graph;
use crate::machine::{Machine, Numbered, NumberedAttack};
use crate::question::{CheckError, Question, Subject};
use crate::report::suspected::SuspectsInWords;
use crate::search::progress::Progress;
use crate::search::suspects::{NumberedView, SuspectsError, SuspectsSearch};
use crate::search::{Suspicion, SuspicionRuling};
use crate::testable::{Refusal, Testable};
use crate::view::LoyalView;

/// Asks who the traitors are: which sets of at most f traitors explain what one loyal general was told, and which
/// part of its view rules out each other set.
///
/// A set explains a view if there is an attack by all or some of these traitors under which the viewer is told
/// exactly that. The viewer is never among them. The answer includes such an attack, shrunk as far as possible. A set
/// is ruled out by a smallest part of the view that it can't explain: what one general said in one round (perhaps
/// nothing), or else two or more of these together.
///
/// With three generals who run OM(1), a lieutenant can't distinguish a lying commander from a lying lieutenant; with
/// four it can:
///
/// ```
/// use std::collections::BTreeMap;
/// use turncoat::{Attack, Edit, General, Generals, Lie, Order, Wire};
/// use turncoat::{LoyalView, OralMessages, run, suspects};
/// use turncoat::protocols::oral::Relay;
/// use turncoat::protocols::path::Path;
///
/// let (liar, viewer) = (General::COMMANDER, General::new(2));
/// for (n, explained) in [(3, 2), (4, 1)] {
///     let order = |value| Relay { path: Path::root(), value };
///     let edit = Edit::Instead { of: order(Order::ATTACK), say: order(Order::RETREAT) };
///     let lie = Lie { wire: Wire { round: 1, from: liar, to: viewer }, edit };
///     let inputs = BTreeMap::from([(liar, Order::ATTACK)]);
///     let attack = Attack { lies: vec![lie], ..Attack::new(n, Generals::NONE.with(liar), inputs) };
///     let execution = run(&OralMessages::new(1), &attack)?;
///     let view = LoyalView::of(&attack, &execution, viewer);
///
///     let suspected = suspects(OralMessages::new(1), view).generals(n).traitors(1).run()?;
///     assert_eq!(suspected.explaining().count(), explained, "{suspected}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn suspects<P: Testable>(
    protocol: P,
    view: LoyalView<P::Value, P::Message>,
) -> Suspects<P, P::Value, P::Message> {
    Question::about(protocol, Suspecting { view, steps: u64::MAX })
}

/// A question about a view: see [`suspects`].
pub type Suspects<P, V, M> = Question<P, Suspecting<V, M>>;

/// Asks for explanations of a view.
#[derive(Clone, Debug)]
pub struct Suspecting<V, M> {
    view: LoyalView<V, M>,
    steps: u64,
}

/// Which sets of traitors can have brought about a view.
#[derive(Clone, Debug)]
#[must_use]
pub struct Suspected<A> {
    /// The name of the protocol.
    pub protocol: String,
    /// Who could talk to whom.
    pub graph: Graph,
    /// What the enemy could do.
    pub adversary: Adversary,
    /// Every set of at most f traitors, small ones first.
    pub sets: Vec<Suspicion<A>>,
    pub(crate) in_words: SuspectsInWords,
}

impl<A> Suspected<A> {
    /// The minimal sets that explain the view: no smaller part of such a set does.
    pub fn explaining(&self) -> impl Iterator<Item = &Suspicion<A>> {
        let explains =
            |set: &&_| matches!(set, Suspicion { ruling: SuspicionRuling::Explains { .. }, .. });
        self.sets.iter().filter(explains)
    }

    /// Whether it is settled for every set whether it explains the view.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.sets.iter().any(|set| matches!(set.ruling, SuspicionRuling::Open(_)))
    }
}

/// The whole answer, with a final newline.
impl<A> fmt::Display for Suspected<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.in_words.fmt(f)
    }
}

impl<P: Testable> Suspects<P, P::Value, P::Message> {
    /// With at most this many steps for each set, and for each part of the view that is tried on it: whatever is not
    /// settled by then stays open.
    pub fn steps(self, most: u64) -> Suspects<P, P::Value, P::Message> {
        self.answered(|how| Suspecting { steps: most, ..how })
    }

    /// Answers the question. The answer does not depend on the number of threads.
    ///
    /// # Errors
    ///
    /// The question can't be answered: a number is missing or too large, the view does not belong to this protocol,
    /// or the protocol refuses or misbehaves.
    pub fn run(self) -> Result<Suspected<AttackOn<P>>, CheckError> {
        self.run_watched(&Progress::new())
    }

    /// The answer of a search that another thread may watch and stop.
    ///
    /// # Errors
    ///
    /// As [`run`](Question::run).
    pub fn run_watched(self, progress: &Progress) -> Result<Suspected<AttackOn<P>>, CheckError> {
        let (protocol, asked) = self.parted();
        let numbered = Numbered::new(protocol);
        let asked_by_numbers = asked.by_numbers(&numbered as &dyn Machine);
        let Suspecting { view, steps } = asked.how;
        let value = |value| Ok(numbered.number_value(value));
        let view = view.map(value, |_, message| Ok(numbered.number_message(message)));
        let view: Result<NumberedView, CheckError> = view;
        let suspected = suspected(&asked_by_numbers, &view?, steps, progress)?;
        Ok(suspected.map(|attack| numbered.attack(&attack)))
    }
}

impl<A> Suspected<A> {
    /// The same answer with its attacks written in another way.
    pub(crate) fn map<B>(self, change: impl Fn(A) -> B) -> Suspected<B> {
        let Suspected { protocol, graph, adversary, sets, in_words } = self;
        let sets = sets.into_iter().map(|Suspicion { traitors, ruling }| {
            let ruling = match ruling {
                SuspicionRuling::Explains { attack, size } => {
                    SuspicionRuling::Explains { attack: Box::new(change(*attack)), size }
                }
                SuspicionRuling::Contains(others) => SuspicionRuling::Contains(others),
                SuspicionRuling::RuledOut(evidence) => SuspicionRuling::RuledOut(evidence),
                SuspicionRuling::Open(halt) => SuspicionRuling::Open(halt),
            };
            Suspicion { traitors, ruling }
        });
        Suspected { protocol, graph, adversary, sets: sets.collect(), in_words }
    }
}

/// The answer for the numbered protocol.
pub(crate) fn suspected<H>(
    asked: &Question<&dyn Machine, H>,
    view: &NumberedView,
    limit: u64,
    progress: &Progress,
) -> Result<Suspected<NumberedAttack>, CheckError> {
    let Subject { name, terms, adversary } = asked.subject(true)?;
    if terms.in_waves {
        return Err(Refusal::InWaves("suspects are").into());
    }
    let machine = asked.protocol;
    let search = SuspectsSearch { machine, terms: &terms, adversary, view, limit, progress };
    let sets = search.run().map_err(|error| match error {
        SuspectsError::Refused(refusal) => CheckError::Refused(refusal),
        SuspectsError::Sets => CheckError::ManySets,
        SuspectsError::View(what) => CheckError::View(what),
        SuspectsError::Misbehaves(what) => CheckError::Misbehaves(what),
    })?;
    let in_words = SuspectsInWords::of(machine, &terms, &adversary, view, &sets);
    Ok(Suspected { protocol: name, graph: terms.graph, adversary, sets, in_words })
}
