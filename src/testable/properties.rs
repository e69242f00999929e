//! What is asked of decisions: how two of them must be related, how each must be related to the inputs, and who
//! must decide.

use std::fmt;
use std::sync::Arc;

use crate::general::General;

/// Whether two things are related.
type Related<A, B> = Arc<dyn Fn(&A, &B) -> bool + Send + Sync>;

/// The number that a thing stands for.
type Number<T> = Arc<dyn Fn(&T) -> i64 + Send + Sync>;

/// How any two decisions must be related: agreement, asked of the loyal who decide.
///
/// ```
/// use turncoat::Agreement;
///
/// let graded = Agreement::graded(|(value, grade): &(char, u8)| (*value, *grade));
/// let pairs = [(('a', 2), ('a', 1)), (('a', 1), ('b', 0)), (('a', 1), ('b', 1)), (('a', 2), ('b', 0))];
/// let agree = pairs.map(|(one, other)| graded.allows(&one, &other));
/// assert_eq!(agree, [true, true, false, false]);
/// ```
pub struct Agreement<D> {
    /// Nothing if decisions must be equal.
    relation: Option<Relation<D>>,
}

/// A relation between two decisions, and its name.
struct Relation<D> {
    allows: Related<D, D>,
    name: String,
}

impl<D> Agreement<D> {
    /// Decisions are equal: the default.
    #[must_use]
    pub fn equal() -> Agreement<D> {
        Agreement { relation: None }
    }

    /// Each decision has a value and a grade: grades are at most 1 apart, and where both are positive the values are
    /// equal (graded broadcast: Feldman, Micali 1997).
    #[must_use]
    pub fn graded<V: Eq>(parts: impl Fn(&D) -> (V, u8) + Send + Sync + 'static) -> Agreement<D> {
        Agreement::related("graded", move |one, other| {
            let [(value, grade), (other_value, other_grade)] = [one, other].map(&parts);
            let both = grade > 0 && other_grade > 0;
            grade.abs_diff(other_grade) <= 1 && (!both || value == other_value)
        })
    }

    /// Each decision is a number, and any two are at most `epsilon` apart (approximate agreement: Dolev, Lynch, Pinter,
    /// Stark, Weihl 1986).
    #[must_use]
    pub fn within(
        epsilon: u64,
        number: impl Fn(&D) -> i64 + Send + Sync + 'static,
    ) -> Agreement<D> {
        let close = move |one: &D, other: &D| number(one).abs_diff(number(other)) <= epsilon;
        Agreement::related(format!("within {epsilon}"), close)
    }

    /// Two decisions can be made in one execution if `allows` accepts them both ways round; `name` describes the
    /// relation, in a word or two.
    #[must_use]
    pub fn related(
        name: impl Into<String>,
        allows: impl Fn(&D, &D) -> bool + Send + Sync + 'static,
    ) -> Agreement<D> {
        Agreement { relation: Some(Relation { allows: Arc::new(allows), name: name.into() }) }
    }

    /// Whether these two can be decided in one execution.
    #[must_use]
    pub fn allows(&self, one: &D, other: &D) -> bool
    where
        D: PartialEq,
    {
        match &self.relation {
            None => one == other,
            Some(Relation { allows, .. }) => allows(one, other) && allows(other, one),
        }
    }

    /// The name of the relation, if it is not equality: "graded".
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.relation.as_ref().map(|relation| relation.name.as_str())
    }
}

/// How each decision must be related to the inputs: validity.
///
/// ```
/// use turncoat::Validity;
///
/// /// A vote can end in a tie.
/// #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
/// enum Elected {
///     Candidate(u8),
///     Tie,
/// }
///
/// // If all loyal votes are for one candidate, that one is elected.
/// let validity = Validity::obeyed(|vote: &u8, elected| *elected == Elected::Candidate(*vote));
/// assert!(validity.obeys(&1, &Elected::Candidate(1)) && !validity.obeys(&1, &Elected::Tie));
/// ```
pub struct Validity<V, D = V> {
    kind: ValidityKind<V, D>,
    /// Whether a general who has not decided violates it.
    all: bool,
    /// Whether decisions are values, and must equal the value to be obeyed.
    equal: bool,
}

enum ValidityKind<V, D> {
    /// If there is one value that everybody must obey, everybody does.
    Obeyed(Related<V, D>),
    /// Any decision is right.
    Any,
    /// The decided number is neither below nor above all of the given ones.
    Hull { given: Number<V>, decided: Number<D> },
}

impl<V: PartialEq + 'static> Validity<V> {
    /// Decisions are values: in a broadcast a loyal commander's order is decided, and in consensus, if all loyal inputs
    /// are equal, that input is. Any other decision must still be one of the values.
    #[must_use]
    pub fn equal() -> Validity<V> {
        Validity { equal: true, ..Validity::obeyed(|value, decision| value == decision) }
    }

    /// Decisions are values, and any of them may be decided. That suits protocols whose leaders propose what they like,
    /// where the values are what can be proposed. Validity is then not asked.
    #[must_use]
    pub fn any_value() -> Validity<V> {
        Validity { kind: ValidityKind::Any, all: false, equal: true }
    }
}

impl<V, D> Validity<V, D> {
    /// Any decision is right, and it need not be a value: validity is not asked.
    #[must_use]
    pub fn any_decision() -> Validity<V, D> {
        Validity { kind: ValidityKind::Any, all: false, equal: false }
    }

    /// As [`equal`](Validity::equal), but where a decision is something other than a value: `obeys` says whether a
    /// decision obeys a value.
    #[must_use]
    pub fn obeyed(obeys: impl Fn(&V, &D) -> bool + Send + Sync + 'static) -> Validity<V, D> {
        let kind = ValidityKind::Obeyed(Arc::new(obeys));
        Validity { kind, all: true, equal: false }
    }

    /// Inputs and decisions stand for numbers, and no decision is lower than all loyal inputs, or higher than all of
    /// them.
    #[must_use]
    pub fn hull(
        given: impl Fn(&V) -> i64 + Send + Sync + 'static,
        decided: impl Fn(&D) -> i64 + Send + Sync + 'static,
    ) -> Validity<V, D> {
        let kind = ValidityKind::Hull { given: Arc::new(given), decided: Arc::new(decided) };
        Validity { kind, all: false, equal: false }
    }

    /// The same, but a general who has not decided does not violate it. (By default that is a violation if there is a
    /// value to be obeyed.)
    #[must_use]
    pub fn of_those_who_decide(self) -> Validity<V, D> {
        Validity { all: false, ..self }
    }

    /// Whether a decision obeys a value that was the only input.
    #[must_use]
    pub fn obeys(&self, value: &V, decision: &D) -> bool {
        self.allows(&[value], decision)
    }

    /// Whether these inputs, all different, allow a decision.
    pub(crate) fn allows(&self, inputs: &[&V], decision: &D) -> bool {
        match (&self.kind, inputs) {
            (ValidityKind::Obeyed(obeys), [only]) => obeys(only, decision),
            (ValidityKind::Obeyed(_) | ValidityKind::Any, _) => true,
            (ValidityKind::Hull { given, decided }, inputs) => {
                let numbers = || inputs.iter().map(|input| given(input));
                let decided = decided(decision);
                inputs.is_empty()
                    || (numbers().any(|given| given <= decided)
                        && numbers().any(|given| given >= decided))
            }
        }
    }

    /// Whether a general who has not decided violates it, when there are so many different inputs.
    pub(crate) fn misses(&self, inputs: usize) -> bool {
        self.all && inputs == 1
    }

    /// Whether decisions are values.
    pub(crate) fn is_equal(&self) -> bool {
        self.equal
    }

    /// Whether it is asked of everybody, whether they decide or not.
    pub(crate) fn is_of_all(&self) -> bool {
        self.all
    }

    /// Whether any of the values may be decided.
    pub(crate) fn is_any(&self) -> bool {
        matches!(self.kind, ValidityKind::Any)
    }

    /// Whether decisions must lie between inputs.
    pub(crate) fn is_hull(&self) -> bool {
        matches!(self.kind, ValidityKind::Hull { .. })
    }
}

/// Who of the loyal must decide.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Termination {
    /// Everybody: termination.
    #[default]
    All,
    /// Everybody, but only in executions in which this general is loyal: the leader of the last view, for example.
    IfLoyal(General),
    /// Everybody or nobody: totality.
    AllOrNone,
    /// Nobody must, except as [validity](Validity) demands.
    Free,
}

impl<D> Clone for Agreement<D> {
    fn clone(&self) -> Agreement<D> {
        let copy = |Relation { allows, name }: &Relation<D>| Relation {
            allows: Arc::clone(allows),
            name: name.clone(),
        };
        Agreement { relation: self.relation.as_ref().map(copy) }
    }
}

impl<V, D> Clone for Validity<V, D> {
    fn clone(&self) -> Validity<V, D> {
        let kind = match &self.kind {
            ValidityKind::Obeyed(obeys) => ValidityKind::Obeyed(Arc::clone(obeys)),
            ValidityKind::Any => ValidityKind::Any,
            ValidityKind::Hull { given, decided } => {
                ValidityKind::Hull { given: Arc::clone(given), decided: Arc::clone(decided) }
            }
        };
        Validity { kind, ..*self }
    }
}

impl<D> fmt::Debug for Agreement<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Agreement").field(&self.name().unwrap_or("equal")).finish()
    }
}

impl<V, D> fmt::Debug for Validity<V, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ValidityKind::Any => "any",
            _ if self.equal => "equal",
            ValidityKind::Obeyed(_) => "obeyed",
            ValidityKind::Hull { .. } => "hull",
        };
        f.debug_struct("Validity").field("kind", &kind).field("all", &self.all).finish()
    }
}
