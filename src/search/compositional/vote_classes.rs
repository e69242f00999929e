//! The classes of voters on a subtree, once its commander has told the others something.

use std::ops::RangeInclusive;
use std::rc::Rc;

use arrayvec::ArrayVec;
use itertools::izip;

use super::CompositionError;
use super::outcomes::{Node, Outcomes};
use crate::testable::{Recursive, described};

/// The least and the most relays that must let a lieutenant hear the second value, so that it takes a given value.
/// `None` if no number will do.
type VoteRange = Option<(usize, usize)>;

/// Vote ranges, by what the lieutenant was told itself, and by what it takes.
pub(super) type VoteThresholds = [[VoteRange; 2]; 2];

/// How a commander splits the others: the numbers of loyal generals and of traitors who are told the second value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct OrderSplit {
    pub loyal: usize,
    pub traitors: usize,
    /// How many lies that takes.
    pub lies: u64,
}

/// The outcomes of the subtrees below one: of those of the loyal and of the traitors, by what they were told. `None`
/// where nobody relays anything, or nobody is told that.
pub(super) struct Below {
    pub loyal: [Option<Rc<Outcomes>>; 2],
    pub traitors: [Option<Rc<Outcomes>>; 2],
    thresholds: VoteThresholds,
}

/// A number of relays, all loyal or all traitors, who were told the same.
#[derive(Clone, Copy)]
struct Relays<'a> {
    number: usize,
    loyal: bool,
    told: bool,
    outcomes: &'a Outcomes,
}

/// All who vote on a subtree for one split, whatever values they are to take.
pub(super) struct VoterGroups<'a> {
    /// How many of the loyal were told the first value, and how many the second.
    loyal: [usize; 2],
    relays: ArrayVec<Relays<'a>, 4>,
    thresholds: VoteThresholds,
}

/// The most classes: two by what the generals were told, times two by what they are to take.
pub(super) const CLASSES: usize = 4;

/// The most kinds of relays: loyal ones by class, and traitors by what they were told.
pub(super) const KINDS: usize = CLASSES + 2;

/// A number of loyal generals, each of whom needs from `least` to `most` votes for the second value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Class {
    pub size: usize,
    pub least: usize,
    pub most: usize,
}

/// A number of relays of one kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voters<'a> {
    pub number: usize,
    /// How many of the generals who hear such a relay can take the second value from it.
    pub outcomes: &'a Outcomes,
    /// The class of the relays themselves, if they are loyal: they do not hear themselves.
    pub own: Option<usize>,
}

/// The votes on a subtree: by class of the loyal, and by kind of relay.
#[derive(Default)]
pub(super) struct VoteClasses<'a> {
    pub classes: ArrayVec<Class, CLASSES>,
    /// For each class: what the loyal generals in it were told, and what they take.
    pub kinds: ArrayVec<(bool, bool), CLASSES>,
    /// Loyal relays, class by class; then the traitors who were told the first value, then those who were told the
    /// second.
    pub voters: ArrayVec<Voters<'a>, KINDS>,
}

impl Below {
    pub fn new(thresholds: VoteThresholds) -> Below {
        Below { loyal: [None, None], traitors: [None, None], thresholds }
    }

    /// Who votes, for one split.
    pub fn voter_groups(&self, node: Node, split: OrderSplit) -> VoterGroups<'_> {
        let loyal = [node.loyal - split.loyal, split.loyal];
        let traitors = [node.traitors - split.traitors, split.traitors];
        let mut relays = ArrayVec::new();
        for (is_loyal, outcomes, numbers) in
            [(true, &self.loyal, loyal), (false, &self.traitors, traitors)]
        {
            for (told, outcomes, number) in izip!([false, true], outcomes, numbers) {
                if let Some(outcomes) = outcomes.as_deref().filter(|_| number > 0) {
                    relays.push(Relays { number, loyal: is_loyal, told, outcomes });
                }
            }
        }
        VoterGroups { loyal, relays, thresholds: self.thresholds }
    }
}

impl<'a> VoterGroups<'a> {
    /// The fewest lies that the relays tell if nothing is demanded of them.
    pub fn least(&self) -> u64 {
        let prices = self.relays.iter();
        prices.map(|relays| relays.number as u64 * relays.outcomes.cheapest).sum()
    }

    /// Whether no relay has a choice, so that it is settled what everybody takes.
    pub fn is_settled(&self) -> bool {
        self.relays.iter().all(|relays| relays.outcomes.only().is_some())
    }

    /// The least and the most of the loyal generals who were told this that may take the second value. It is all or
    /// none of them where the votes that one of them can hear allow only one value.
    pub fn span(&self, told: bool) -> RangeInclusive<usize> {
        let all = self.loyal[usize::from(told)];
        if all == 0 {
            return 0..=0;
        }
        let (mut least, mut most) = (0, 0);
        for relays in &self.relays {
            let others = relays.number - usize::from(relays.loyal && relays.told == told);
            let [always, ever] = relays.outcomes.sways();
            least += if always { others } else { 0 };
            most += if ever { others } else { 0 };
        }
        let [first, second] = &self.thresholds[usize::from(told)];
        let reached =
            |range: &VoteRange| range.is_some_and(|(from, to)| from <= most && least <= to);
        match (reached(first), reached(second)) {
            (true, true) => 0..=all,
            (true, false) => 0..=0,
            (false, _) => all..=all,
        }
    }

    /// The votes needed for `second[0]` of the loyal who were told the first value, and `second[1]` of those who were
    /// told the second, to take the second value. `None` if some of them can't.
    pub fn vote_classes(&self, second: [usize; 2]) -> Option<VoteClasses<'a>> {
        let mut vote_classes = VoteClasses::default();
        for (told, all) in [(false, self.loyal[0]), (true, self.loyal[1])] {
            let second = second[usize::from(told)];
            for (takes, size) in [(false, all - second), (true, second)] {
                if size > 0 {
                    let (least, most) = self.thresholds[usize::from(told)][usize::from(takes)]?;
                    vote_classes.classes.push(Class { size, least, most });
                    vote_classes.kinds.push((told, takes));
                }
            }
        }
        let VoteClasses { classes, kinds, voters } = &mut vote_classes;
        for &Relays { number, loyal, told, outcomes } in &self.relays {
            if !loyal {
                voters.push(Voters { number, outcomes, own: None });
                continue;
            }
            for (own, (class, (heard, _))) in classes.iter().zip(&*kinds).enumerate() {
                if *heard == told {
                    voters.push(Voters { number: class.size, outcomes, own: Some(own) });
                }
            }
        }
        Some(vote_classes)
    }
}

/// The thresholds of a recursion where this many others relay what a lieutenant was told.
pub(super) fn thresholds<V: Eq + Clone, M>(
    recursive: &dyn Recursive<V, M>,
    values: &[V; 2],
    others: usize,
) -> Result<VoteThresholds, CompositionError> {
    let [first, second] = values;
    Ok([of_told(recursive, values, others, first)?, of_told(recursive, values, others, second)?])
}

fn of_told<V: Eq + Clone, M>(
    recursive: &dyn Recursive<V, M>,
    values: &[V; 2],
    others: usize,
    told: &V,
) -> Result<[VoteRange; 2], CompositionError> {
    let mut votes = vec![values[0].clone(); others];
    let (mut thresholds, mut changes, mut last) = ([None; 2], 0, None);
    for second in 0..=others {
        let taken = described("resolve", || recursive.resolve(told, &votes))?;
        let taken = values.iter().position(|value| *value == taken);
        let taken = taken.ok_or_else(|| {
            CompositionError::Because("what it resolves votes to is no value".to_owned())
        })?;
        let (from, _) = thresholds[taken].unwrap_or((second, second));
        thresholds[taken] = Some((from, second));
        changes += usize::from(last.is_some_and(|last| last != taken));
        last = Some(taken);
        if let Some(vote) = votes.get_mut(second) {
            vote.clone_from(&values[1]);
        }
    }
    if changes <= 1 {
        return Ok(thresholds);
    }
    Err(CompositionError::Because(format!(
        "what it resolves {} votes to changes more than once as more of them are for the second value",
        others + 1
    )))
}
