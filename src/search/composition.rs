//! The compositional search, for protocols that are [recursive](Recursive): what can come of a
//! subtree is composed of what can come of the subtrees below it, and never enumerated.
//!
//! What comes of a subtree is, for each loyal general in it, which of the two values it takes from
//! it. The enemy can rename the loyal among whom it makes its choices, so only counts matter: how
//! many of them take the second value, and the fewest lies for that. The subtrees below share no
//! message, and what each relay was told is settled before: so each of them is free of the others.
//! (A traitor, too, is told something: with fewest lies that matters, since it is free to relay
//! that.)

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::ballots::{Ballots, CLASSES, Class, IMPOSSIBLE, Voters};
use super::effort::{Halt, Progress};
use crate::testable::{Recursive, Refusal, described};

/// A subtree, up to a renaming of the generals in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Node {
    /// How many of the generals that are not on the path are loyal.
    pub loyal: usize,
    /// How many are not.
    pub traitors: usize,
    /// Whether its commander is loyal.
    pub honest: bool,
    /// Whether its commander was told the second value.
    pub told: bool,
}

/// What a commander tells the others: so many of the loyal, and so many traitors, the second value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Telling {
    pub loyal: usize,
    pub traitors: usize,
    /// How many lies that takes.
    pub lies: u64,
}

/// From how many to how many relays must let a lieutenant hear the second value, so that it takes
/// one or the other; by what it was told itself, and by what it takes. Nothing if no number will
/// do.
type Ranges = [[Option<(usize, usize)>; 2]; 2];

/// The votes on a subtree: by class of the loyal, and by kind of relay.
pub(super) struct Electorate {
    pub classes: Vec<Class>,
    /// What the loyal of each class were told, and what they take.
    pub kinds: Vec<(bool, bool)>,
    /// Loyal relays, class by class; then the traitors who were told the first value, and the
    /// others.
    pub voters: Vec<Voters>,
}

/// A protocol's recursion among n generals.
pub(super) struct Composition<'a> {
    n: usize,
    depth: usize,
    /// By how many others there are.
    ranges: Vec<Ranges>,
    /// Whether lies are counted; else all are free.
    priced: bool,
    prices: FxHashMap<Node, Rc<[u64]>>,
    pub steps: u64,
    limit: u64,
    progress: &'a Progress,
}

/// Why a protocol's recursion can't be composed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unfit {
    /// One of its methods panics.
    Refused(Refusal),
    /// What is in the way, in words.
    Because(String),
    /// It can be composed, and says that there is an attack, but there is no run that shows it:
    /// why, in words.
    Unshown(String),
}

impl From<Refusal> for Unfit {
    fn from(refusal: Refusal) -> Unfit {
        Unfit::Refused(refusal)
    }
}

impl<'a> Composition<'a> {
    /// The recursion of this protocol, over these two values.
    pub fn of<V: Eq + Clone, M>(
        recursive: &dyn Recursive<V, M>,
        values: &[V; 2],
        n: usize,
        limit: u64,
        progress: &'a Progress,
    ) -> Result<Composition<'a>, Unfit> {
        let depth = described("depth", || recursive.depth(n))?.min(n.saturating_sub(1));
        // Which of the values comes of so many votes for the second, and what it was told itself.
        let resolved = |others: usize, told: &V, second: usize| {
            let votes = (0..others).map(|vote| values[usize::from(vote < second)].clone());
            let votes: Vec<V> = votes.collect();
            let taken = described("resolve", || recursive.resolve(told, &votes))?;
            let taken = values.iter().position(|value| *value == taken);
            taken.ok_or_else(|| Unfit::Because("what it resolves votes to is no value".to_owned()))
        };
        let ranges_of = |others: usize, told: &V| -> Result<_, Unfit> {
            let taken = (0..=others).map(|second| resolved(others, told, second));
            let taken = taken.collect::<Result<Vec<usize>, Unfit>>()?;
            let range = |value: usize| {
                let of_value = |taken: &usize| *taken == value;
                taken.iter().position(of_value).zip(taken.iter().rposition(of_value))
            };
            let changes = taken.windows(2).filter(|two| two[0] != two[1]).count();
            if changes <= 1 {
                return Ok([range(0), range(1)]);
            }
            Err(Unfit::Because(format!(
                "what it resolves {} votes to changes more than once as more of them are for the \
                 second value",
                others + 1
            )))
        };
        let ranges = (0..n.saturating_sub(1)).map(|others| -> Result<Ranges, Unfit> {
            Ok([ranges_of(others, &values[0])?, ranges_of(others, &values[1])?])
        });
        let ranges = ranges.collect::<Result<_, Unfit>>()?;
        let prices = FxHashMap::default();
        Ok(Composition { n, depth, ranges, priced: false, prices, steps: 0, limit, progress })
    }

    /// The same, where each lie has its price.
    pub fn priced(self) -> Composition<'a> {
        Composition { priced: true, prices: FxHashMap::default(), ..self }
    }

    /// The fewest lies with which so many of the loyal in a subtree take the second value from it,
    /// by their number.
    pub fn prices(&mut self, node: Node) -> Result<Rc<[u64]>, Halt> {
        // Where all lies are free it does not matter what a traitor was told.
        let node = Node { told: node.told && (node.honest || self.priced), ..node };
        if let Some(known) = self.prices.get(&node) {
            return Ok(known.clone());
        }
        let before = self.steps;
        let mut prices = vec![IMPOSSIBLE; node.loyal + 1];
        for telling in self.tellings(node) {
            for first in 0..=node.loyal - telling.loyal {
                for second in 0..=telling.loyal {
                    let known = &mut prices[first + second];
                    if telling.lies >= *known {
                        continue;
                    }
                    let Electorate { classes, voters, .. } =
                        match self.electorate(node, telling, [first, second])? {
                            Some(electorate) => electorate,
                            None => continue,
                        };
                    if self.progress.is_stopped() {
                        return Err(self.progress.halt());
                    }
                    let Some(ballots) = Ballots::cast(&classes, &voters, &mut self.steps)? else {
                        continue;
                    };
                    *known = (*known).min(telling.lies + ballots.price());
                }
            }
            if self.steps > self.limit {
                return Err(Halt::Steps);
            }
        }
        self.progress.worked(self.steps - before);
        let prices: Rc<[u64]> = prices.into();
        self.prices.insert(node, prices.clone());
        Ok(prices)
    }

    /// All that its commander can tell the others.
    pub fn tellings(&self, node: Node) -> Vec<Telling> {
        let Node { loyal, traitors, honest, told } = node;
        if honest {
            let all = |count| if told { count } else { 0 };
            return vec![Telling { loyal: all(loyal), traitors: all(traitors), lies: 0 }];
        }
        let to_traitors = if self.priced { traitors } else { 0 };
        let tellings = (0..=loyal).flat_map(|loyal| (0..=to_traitors).map(move |to| (loyal, to)));
        let tellings = tellings.map(|(second, to)| {
            let lies = if told { loyal - second + traitors - to } else { second + to };
            let lies = if self.priced { lies as u64 } else { 0 };
            Telling { loyal: second, traitors: to, lies }
        });
        tellings.collect()
    }

    /// Who votes on a subtree, where so many of the loyal who were told the first value, and of
    /// those who were told the second, take the second; nothing if some of them can't.
    pub fn electorate(
        &mut self,
        node: Node,
        telling: Telling,
        second: [usize; 2],
    ) -> Result<Option<Electorate>, Halt> {
        let Node { loyal, traitors, .. } = node;
        let relayed = self.n - loyal - traitors < self.depth;
        let others = if relayed { loyal + traitors - 1 } else { 0 };
        let mut electorate = Electorate { classes: vec![], kinds: vec![], voters: vec![] };
        for told in [false, true] {
            let all = if told { telling.loyal } else { loyal - telling.loyal };
            for takes in [false, true] {
                let second = second[usize::from(told)];
                let size = if takes { second } else { all - second };
                if size == 0 {
                    continue;
                }
                let range = self.ranges[others][usize::from(told)][usize::from(takes)];
                let Some((least, most)) = range else { return Ok(None) };
                if relayed {
                    let below = Node { loyal: loyal - 1, traitors, honest: true, told };
                    let (prices, own) = (self.prices(below)?, Some(electorate.classes.len()));
                    electorate.voters.push(Voters { number: size, prices, own });
                }
                electorate.classes.push(Class { size, least, most });
                electorate.kinds.push((told, takes));
            }
        }
        debug_assert!(electorate.classes.len() <= CLASSES);
        for told in [false, true].into_iter().filter(|_| relayed && loyal > 0) {
            let number = if told { telling.traitors } else { traitors - telling.traitors };
            if number > 0 {
                let below = Node { loyal, traitors: traitors - 1, honest: false, told };
                let prices = self.prices(below)?;
                electorate.voters.push(Voters { number, prices, own: None });
            }
        }
        Ok(Some(electorate))
    }
}
