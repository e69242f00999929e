//! The witness of a composition: turns an outcome into what each traitor says, from the top down, subtree by subtree.

use itertools::Itertools;

use super::composition::Composition;
use super::outcomes::Node;
use super::vote_classes::VoteClasses;
use crate::general::General;
use crate::search::progress::Halt;

/// A lie about which of the two values was told, to one general on one path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct WitnessLie {
    /// The chain of generals who told each other; the liar is the last.
    pub path: Vec<General>,
    pub to: General,
    /// Whether the liar was told the second value.
    pub honest: bool,
}

/// A subtree with the generals in it by name.
#[derive(Clone, Debug)]
pub(super) struct Subtree {
    pub path: Vec<General>,
    /// Whether its commander is loyal.
    pub honest: bool,
    /// Whether its commander was told the second value.
    pub told: bool,
    /// The loyal generals in it, and whether each is to take the second value.
    pub takes: Vec<(General, bool)>,
    pub traitors: Vec<General>,
    /// The fewest lies with which they do.
    pub price: u64,
}

/// A relay: its place among the loyal if it is loyal (it does not hear itself), what it was told, and how many loyal
/// generals are to take the second value from it.
struct RelayVotes {
    general: General,
    own: Option<usize>,
    told: bool,
    count: usize,
    /// The fewest lies with which they do.
    price: u64,
}

/// Adds the fewest lies that bring about what is demanded of a subtree.
pub(super) fn witness(
    composition: &mut Composition<'_>,
    Subtree { path, honest, told, takes, traitors, price }: Subtree,
    lies: &mut Vec<WitnessLie>,
) -> Result<(), Halt> {
    if price == 0 {
        return Ok(());
    }
    let node = Node { loyal: takes.len(), traitors: traitors.len(), honest, told };
    let count = takes.iter().filter(|(_, second)| *second).count();
    let below = composition.below(node)?;
    for split in composition.splits(node).filter(|split| split.lies <= price) {
        let voter_groups = below.voter_groups(node, split);
        for first in voter_groups.span(false) {
            let Some(second) = count.checked_sub(first) else { break };
            if !voter_groups.span(true).contains(&second) {
                continue;
            }
            let Some(vote_classes) = voter_groups.vote_classes([first, second]) else { continue };
            let VoteClasses { classes, kinds, voters } = vote_classes;
            // Anything dearer is not the way that was found.
            let (bound, steps) = (price - split.lies + 1, &mut composition.steps);
            if composition.vote_counting.cheapest(&classes, &voters, bound, steps)?.is_none() {
                continue;
            }
            // Who is told what: of the generals who take each value, as many are told the second as must be.
            let mut left = [split.loyal - second, second];
            let loyal = takes.iter().map(|(general, takes)| {
                let left = &mut left[usize::from(*takes)];
                let told = *left > 0;
                *left -= usize::from(told);
                (*general, told, *takes)
            });
            let loyal = loyal.collect_vec();
            let disloyal = traitors.iter().enumerate();
            let disloyal = disloyal.map(|(index, general)| (*general, index < split.traitors));
            let disloyal = disloyal.collect_vec();
            let told_all = loyal.iter().map(|(general, told, _)| (*general, *told));
            let told_all = told_all.chain(disloyal.iter().copied());
            let twisted = told_all.filter(|(_, hears)| !honest && *hears != told);
            lies.extend(twisted.map(|(to, _)| WitnessLie { path: path.clone(), to, honest: told }));
            if voters.is_empty() {
                return Ok(());
            }
            // Who relays what, in the order of the kinds of voters.
            let of_class = kinds.iter().flat_map(|kind| {
                let members = loyal.iter().enumerate();
                members.filter(move |(_, (_, told, takes))| (*told, *takes) == *kind)
            });
            let of_class = of_class.map(|(own, (general, told, _))| (*general, Some(own), *told));
            let by_value = disloyal.iter().sorted_by_key(|(_, told)| *told);
            let by_value = by_value.map(|(general, told)| (*general, None, *told));
            let counts = composition.vote_counting.counts(&voters).into_iter().flatten();
            let relays = of_class.chain(by_value).zip_eq(counts);
            let relays = relays.map(|((general, own, told), (count, price))| RelayVotes {
                general,
                own,
                told,
                count,
                price,
            });
            let relays = relays.collect_vec();
            let bounds = loyal.iter().map(|(_, told, takes)| {
                let class = kinds.iter().position(|kind| kind == &(*told, *takes));
                let class = &classes[class.expect("everybody is of some class")];
                (class.least, class.most)
            });
            let hears = spread(&relays, &bounds.collect_vec());
            for (relay, hears) in relays.iter().zip(hears) {
                let takes =
                    loyal.iter().zip(hears).map(|((general, ..), second)| (*general, second));
                let below = Subtree {
                    path: path.iter().copied().chain([relay.general]).collect(),
                    honest: relay.own.is_some(),
                    told: relay.told,
                    takes: takes.filter(|(general, _)| *general != relay.general).collect(),
                    traitors: traitors
                        .iter()
                        .copied()
                        .filter(|&other| other != relay.general)
                        .collect(),
                    price: relay.price,
                };
                witness(composition, below, lies)?;
            }
            return Ok(());
        }
    }
    unreachable!("bug in turncoat: a price of {price} that nothing has")
}

/// Who hears the second value from each relay, so that everybody has from `least` to `most` votes for it. First
/// everybody gets the least, then the relays use up their counts, along augmenting paths.
fn spread(relays: &[RelayVotes], bounds: &[(usize, usize)]) -> Vec<Vec<bool>> {
    let mut hears = vec![vec![false; bounds.len()]; relays.len()];
    for most in [false, true] {
        let bounds = bounds.iter().map(|(least, up_to)| if most { *up_to } else { *least });
        let bounds = bounds.collect_vec();
        for (row, relay) in relays.iter().enumerate() {
            while hears[row].iter().filter(|hears| **hears).count() < relay.count {
                if !give(row, relays, &bounds, &mut hears, &mut vec![false; bounds.len()]) {
                    break;
                }
            }
        }
    }
    hears
}

/// Lets one more general hear the second value from a relay. It may have to stop hearing it from another relay instead.
fn give(
    row: usize,
    relays: &[RelayVotes],
    bounds: &[usize],
    hears: &mut [Vec<bool>],
    tried: &mut [bool],
) -> bool {
    for column in 0..bounds.len() {
        if tried[column] || hears[row][column] || relays[row].own == Some(column) {
            continue;
        }
        tried[column] = true;
        let votes = hears.iter().filter(|row| row[column]).count();
        let another = || (0..relays.len()).filter(|&other| other != row);
        let free = votes < bounds[column]
            || another().any(|other| {
                let moved = hears[other][column] && give(other, relays, bounds, hears, tried);
                hears[other][column] &= !moved;
                moved
            });
        if free {
            hears[row][column] = true;
            return true;
        }
    }
    false
}
