//! What is asked of decisions: what two of them must be to each other, what each must be to the inputs,
//! and who must make one.

use std::fmt;
use std::sync::Arc;

use crate::general::General;

/// Whether two things are related.
type Related<A, B> = Arc<dyn Fn(&A, &B) -> bool + Send + Sync>;

/// The number that a thing stands for.
type Number<T> = Arc<dyn Fn(&T) -> i64 + Send + Sync>;

/// What any two decisions must be to each other: agreement, asked of the loyal who decide.
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
    /// Nothing if they must be equal.
    relation: Option<Relation<D>>,
}

/// What two decisions must be to each other, and what that is called.
struct Relation<D> {
    allows: Related<D, D>,
    name: String,
}

impl<D> Agreement<D> {
    /// They are equal: the default.
    #[must_use]
    pub fn equal() -> Agreement<D> {
        Agreement { relation: None }
    }

    /// Each has a value and a grade: grades are at most 1 apart, and where both are positive the values are
    /// equal (graded broadcast: Feldman, Micali 1997).
    #[must_use]
    pub fn graded<V: Eq>(parts: impl Fn(&D) -> (V, u8) + Send + Sync + 'static) -> Agreement<D> {
        Agreement::related("graded", move |one, other| {
            let [(value, grade), (other_value, other_grade)] = [one, other].map(&parts);
            let both = grade > 0 && other_grade > 0;
            grade.abs_diff(other_grade) <= 1 && (!both || value == other_value)
        })
    }

    /// Each is a number, and they are at most `epsilon` apart (approximate agreement: Dolev, Lynch, Pinter,
    /// Stark, Weihl 1986).
    #[must_use]
    pub fn within(
        epsilon: u64,
        number: impl Fn(&D) -> i64 + Send + Sync + 'static,
    ) -> Agreement<D> {
        let close = move |one: &D, other: &D| number(one).abs_diff(number(other)) <= epsilon;
        Agreement::related(format!("within {epsilon}"), close)
    }

    /// Two that may be decided in one execution are so related; `name` says how, in a word or two. It is
    /// asked both ways round.
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

    /// How two must be related, if not equal: "graded".
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.relation.as_ref().map(|relation| relation.name.as_str())
    }
}

/// What each decision must be to the inputs: validity.
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
    /// Who has not decided does not do as it must.
    all: bool,
    /// Decisions are values, and equal to what is obeyed.
    equal: bool,
}

enum ValidityKind<V, D> {
    /// If there is one value that all must obey, they do.
    Obeyed(Related<V, D>),
    /// Whatever is decided is right.
    Any,
    /// The number that is decided is none outside those that were given.
    Hull { given: Number<V>, decided: Number<D> },
}

impl<V: PartialEq + 'static> Validity<V> {
    /// Decisions are values: in a broadcast the order of a loyal commander is decided, and in consensus what
    /// all inputs of the loyal are, if they are equal. Any other decision must still be one of the values.
    #[must_use]
    pub fn equal() -> Validity<V> {
        Validity { equal: true, ..Validity::obeyed(|value, decision| value == decision) }
    }

    /// Decisions are values, and any of them may be decided: so it is where leaders propose what they like, and
    /// each value is one that can be proposed. Then validity is not among what is asked.
    #[must_use]
    pub fn any_value() -> Validity<V> {
        Validity { kind: ValidityKind::Any, all: false, equal: true }
    }
}

impl<V, D> Validity<V, D> {
    /// Whatever is decided is right, and need be no value: validity is not among what is asked.
    #[must_use]
    pub fn any_decision() -> Validity<V, D> {
        Validity { kind: ValidityKind::Any, all: false, equal: false }
    }

    /// The same where a decision is something else than a value: `obeys` says whether it is the one that is due
    /// to a value.
    #[must_use]
    pub fn obeyed(obeys: impl Fn(&V, &D) -> bool + Send + Sync + 'static) -> Validity<V, D> {
        let kind = ValidityKind::Obeyed(Arc::new(obeys));
        Validity { kind, all: true, equal: false }
    }

    /// What is given and what is decided are numbers, and no decision is lower than all inputs of the loyal,
    /// or higher than all of them.
    #[must_use]
    pub fn hull(
        given: impl Fn(&V) -> i64 + Send + Sync + 'static,
        decided: impl Fn(&D) -> i64 + Send + Sync + 'static,
    ) -> Validity<V, D> {
        let kind = ValidityKind::Hull { given: Arc::new(given), decided: Arc::new(decided) };
        Validity { kind, all: false, equal: false }
    }

    /// The same, asked of those who decide: one who has not decided does not violate it. (By default it
    /// does, where there is a value to be obeyed.)
    #[must_use]
    pub fn of_those_who_decide(self) -> Validity<V, D> {
        Validity { all: false, ..self }
    }

    /// Whether a decision obeys a value, if it is the only one that was given.
    #[must_use]
    pub fn obeys(&self, value: &V, decision: &D) -> bool {
        self.allows(&[value], decision)
    }

    /// Whether a decision is allowed by these inputs, no two of which are equal.
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

    /// Whether somebody who has not decided violates it, given so many different inputs.
    pub(crate) fn misses(&self, inputs: usize) -> bool {
        self.all && inputs == 1
    }

    /// Whether decisions are values.
    pub(crate) fn is_equal(&self) -> bool {
        self.equal
    }

    /// Whether that is asked of all, whether they decide or not.
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
    /// Everybody, in executions in which this general is loyal: the leader of the last view, for example.
    IfLoyal(General),
    /// Everybody or nobody: totality.
    AllOrNone,
    /// Whoever likes, but for what [validity](Validity) demands.
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
