//! Oral messages, OM(m): Lamport, Shostak and Pease, "The Byzantine Generals Problem", ACM TOPLAS
//! 4(3), 1982, section 3.
//!
//! Bound: with n >= 3m + 1 generals it survives m traitors. This is the flat form of the paper's recursion: in round
//! k + 1 every lieutenant relays everything that it was told in round k, and when the rounds are over the paths are
//! resolved bottom-up. Messages without faults: the sum over k = 0..=m of (n-1)(n-2)..(n-1-k).

use std::fmt::Display;

use arrayvec::ArrayVec;
use itertools::Itertools;

pub use super::choice::Choice;
pub use super::oral_state::{OralState, Relay};
use super::over_values;
use super::path::{Path, PathBranch, PathNode, paths};
use crate::general::{General, Generals};
use crate::graph::Graph;
use crate::order::Order;
use crate::protocol::{Lockstep, Plain, Round, Seat};
use crate::testable::{Claims, ClaimsOf, Problem, Recursive, Repertoire, Testable, Wire, Words};

/// The algorithm OM(m) over a finite set of values, the first of which is the default, RETREAT.
///
/// ```
/// use turncoat::{OralMessages, check};
///
/// check(OralMessages::new(1)).generals(4).traitors(1).assert_holds();
/// check(OralMessages::new(1)).generals(3).traitors(1).assert_broken();
/// ```
#[derive(Clone, Debug)]
pub struct OralMessages<V = Order> {
    m: usize,
    pub(super) values: Vec<V>,
    pub(super) choice: Choice,
}

impl OralMessages {
    /// OM(m) over the orders RETREAT and ATTACK, by strict majority.
    #[must_use]
    pub fn new(m: usize) -> OralMessages {
        OralMessages { m, values: Order::first(2), choice: Choice::Majority }
    }
}

impl<V> OralMessages<V> {
    /// The most different messages that may exist, over all generals.
    pub const MOST_MESSAGES: u128 = 1 << 22;

    /// The same over these values; the first is the default.
    #[must_use]
    pub fn over<W>(self, values: impl IntoIterator<Item = W>) -> OralMessages<W> {
        let values = values.into_iter().collect();
        OralMessages { m: self.m, values, choice: self.choice }
    }

    /// The same with this function to choose a value from votes.
    #[must_use]
    pub fn choice(self, choice: Choice) -> OralMessages<V> {
        OralMessages { choice, ..self }
    }

    /// How many generals the longest paths name: the commander and m relays, or fewer if there are not enough
    /// lieutenants.
    pub(super) fn longest(&self, n: usize) -> usize {
        n.saturating_sub(1).min(self.m.saturating_add(1))
    }

    /// How many paths lead to one lieutenant.
    fn told(&self, n: usize) -> u128 {
        let levels = (1..self.longest(n)).scan(1_u128, |level, relays| {
            *level = level.saturating_mul((n - 1 - relays) as u128);
            Some(*level)
        });
        levels.fold(1, u128::saturating_add)
    }
}

impl<V: Plain> OralMessages<V> {
    /// The order that a general takes: its own, if it commands.
    pub(super) fn taken<'a>(&'a self, state: &'a OralState<V>) -> &'a V {
        match state.seat.me.is_commander() {
            true => &state.told[0],
            false => self.resolve(state, PathBranch::root(state.seat).node(), 1),
        }
    }

    /// The problem, for so many instances side by side among n generals; an error if there would be too many messages.
    pub(super) fn asked(
        &self,
        problem: Problem<V>,
        n: usize,
        instances: usize,
    ) -> Result<Problem<V>, String> {
        let told = self.told(n).saturating_mul(instances as u128);
        let messages = told.saturating_mul((n * self.values.len()) as u128);
        if messages > Self::MOST_MESSAGES || self.longest(n) > Path::MAX {
            let exact = told < 1 << 40;
            let told = if exact { told.to_string() } else { format!("{:.0e}", told as f64) };
            let (m, most) = (self.m, Self::MOST_MESSAGES);
            return Ok(problem.too_large(format!(
                "OM({m}) among {n} generals would have each lieutenant remember {told} values; \
                 that number times n times the number of orders can be at most {most}: choose a \
                 smaller m or n"
            )));
        }
        Ok(problem)
    }

    /// OM(m) step 3: the value of a path that names `len` generals is chosen from the votes on it: what I was told on
    /// it, and the resolved value of what each other lieutenant relayed.
    fn resolve<'s>(&'s self, state: &'s OralState<V>, path: PathNode, len: usize) -> &'s V {
        let (own, default) = ([&state.told[path.rank()]], &self.values[0]);
        match self.longest(state.seat.n) - len {
            0 => own[0],
            // Nobody relays the longest paths, so their values are what was told.
            1 => {
                let relayed = &state.told[path.ranks_relayed()];
                self.choice.common(default, own.into_iter().chain(relayed))
            }
            _ => {
                let relayed = path.relayed().map(|path| self.resolve(state, path, len + 1));
                let votes = own.into_iter().chain(relayed);
                let votes = votes.collect::<ArrayVec<_, { Generals::MAX }>>();
                self.choice.common(default, votes.iter().copied())
            }
        }
    }

    /// The votes on a path: what I was told, and the others' votes by name.
    fn votes(&self, state: &OralState<V>, path: PathBranch, len: usize) -> (V, Vec<(General, V)>) {
        let relayed = len < self.longest(state.seat.n);
        let others = path.relayed().filter(|_| relayed);
        let others =
            others.map(|(by, path)| (by, self.resolve(state, path.node(), len + 1).clone()));
        (state.told[path.rank()].clone(), others.collect())
    }
}

/// The paths for which there is a message on this wire. OM(m) step 1: the commander sends his value to every
/// lieutenant. Step 2: a lieutenant acts as the commander of OM(m-1), and relays everything that it was told to
/// everybody who was not on the path.
fn due(n: usize, Wire { round, from, to }: Wire) -> impl Iterator<Item = Path> {
    let told = match (from.is_commander(), round) {
        _ if to.is_commander() => 0,
        (true, 1) => 1,
        (true, _) => 0,
        (false, _) => round - 1,
    };
    let relays = Generals::first(n).without(from).without(to);
    paths(told, relays).map(move |path| if round == 1 { path } else { path.then(from) })
}

impl<V: Plain> Lockstep for OralMessages<V> {
    type Value = V;
    type Decision = V;
    type Message = Relay<V>;
    type State = OralState<V>;

    /// m + 1, unless there is nobody left to relay anything before that.
    fn rounds(&self, n: usize) -> usize {
        self.longest(n)
    }

    fn start(&self, seat: Seat, input: Option<&V>) -> OralState<V> {
        let told = match input {
            Some(order) => vec![order.clone()],
            None => vec![self.values[0].clone(); self.told(seat.n) as usize],
        };
        OralState { seat, told }
    }

    fn send(
        &self,
        state: &OralState<V>,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Relay<V>> {
        let OralState { seat, told } = state;
        let mut said = Vec::new();
        match (seat.me.is_commander(), round) {
            _ if to.is_commander() => {}
            // The commander holds nothing but his own order.
            (true, 1) => said.push(Relay { path: Path::root(), value: told[0].clone() }),
            (true, _) | (false, 1) => {}
            (false, _) => {
                let relays = (0..round - 2).map(|named| (seat.n - 3).saturating_sub(named));
                said.reserve_exact(relays.product());
                state.relay(Path::root(), PathBranch::root(*seat), round - 2, to, &mut said);
            }
        }
        said
    }

    /// A value counts if its path fits the round, the link on which it came, and me.
    fn receive(
        &self,
        OralState { seat, told }: &mut OralState<V>,
        round: Round,
        from: General,
        Relay { path, value }: &Relay<V>,
    ) {
        let due = path.len() == round && path.last() == Some(from) && !seat.me.is_commander();
        let rank = due.then(|| path.rank(*seat)).flatten();
        if let Some(rank) = rank.filter(|_| self.values.contains(value)) {
            told[rank] = value.clone();
        }
    }

    fn decide(&self, state: &OralState<V>) -> Option<V> {
        Some(self.taken(state).clone())
    }
}

impl<V: Plain + Display> Testable for OralMessages<V> {
    fn problem(&self, graph: &Graph) -> Result<Problem<V>, String> {
        let (n, problem) = (graph.n(), Problem::broadcast(self.values.clone()));
        self.asked(problem, n, 1)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Relay<V>> {
        let any_value = |path: Path| {
            let relay = move |value: &V| Relay { path, value: value.clone() };
            self.values.iter().map(relay).collect_vec()
        };
        let strays = misplaced(n, wire).into_iter().flat_map(any_value);
        Repertoire::of(due(n, wire).map(any_value)).with_strays(strays)
    }

    fn words(&self) -> &dyn Words<Relay<V>, OralState<V>> {
        self
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        // One more vote for one of two orders takes none from it, and a higher vote does not lower the median; that is
        // so on any path, and therefore on all that lead from it. Among more than two orders, one more vote can take a
        // majority away.
        let monotone = self.choice == Choice::Median || self.values.len() <= 2;
        Claims::none().recursive(self).symmetric(self).monotone(monotone)
    }
}

/// OM(m) again, as the recursion that the paper writes.
impl<V: Plain + Display> Recursive<V, Relay<V>> for OralMessages<V> {
    fn depth(&self, n: usize) -> usize {
        self.longest(n)
    }

    fn relay(&self, path: &[General], value: &V) -> Relay<V> {
        Relay { path: Path::of(path.iter().copied()), value: value.clone() }
    }

    /// Step 3: the choice from what it was told itself and what it takes from each other lieutenant.
    fn resolve(&self, told: &V, relayed: &[V]) -> V {
        let votes = [told].into_iter().chain(relayed);
        self.choice.common(&self.values[0], votes).clone()
    }

    /// RETREAT.
    fn unheard(&self) -> V {
        self.values[0].clone()
    }
}

impl<V: Plain + Display> Words<Relay<V>, OralState<V>> for OralMessages<V> {
    fn name(&self) -> String {
        let values = over_values(&self.values);
        let choice = match self.choice {
            Choice::Majority => "",
            Choice::Median => " by median",
            Choice::Plurality => " by plurality",
        };
        format!("OM({}){values}{choice}", self.m)
    }

    fn tell(&self, from: General, Relay { path, value }: &Relay<V>) -> String {
        let well_formed = path.generals().len() == path.len()
            && path.iter().next() == Some(General::COMMANDER)
            && path.last() == Some(from);
        if !well_formed {
            return format!("{value} on the path {path}");
        }
        let others = path.iter().rev().skip(1).map(|other| match other.is_commander() {
            true => "the commander said ".to_owned(),
            false => format!("{} said ", other.id()),
        });
        others.chain([value.to_string()]).collect()
    }

    fn explain(&self, state: &OralState<V>) -> Vec<String> {
        if state.seat.me.is_commander() {
            return vec![format!("gave the order {}", state.told[0])];
        }
        let root = PathBranch::root(state.seat);
        let (own, others) = self.votes(state, root, 1);
        let relayed = others.iter().map(|(voter, vote)| {
            let path = root.relayed_by(*voter).expect("whoever votes has relayed");
            let (told, others) = self.votes(state, path, 2);
            if others.is_empty() {
                return format!("{voter} said the commander said {vote}");
            }
            let others = others.iter().map(|(by, vote)| format!("{vote} by {}", by.id()));
            format!("{voter}'s vote is {vote}: he said {told}, {}", others.format(", "))
        });
        let lines = [format!("the commander said {own}")].into_iter().chain(relayed);
        let votes = others.iter().map(|(_, vote)| vote).chain([&own]);
        let counts = votes.sorted().dedup_with_count();
        let counts = counts.map(|(count, vote)| format!("{count} for {vote}")).join(", ");
        let summary = format!("votes: {counts}; {}: {}", self.choice, self.taken(state));
        lines.chain([summary]).collect()
    }
}

/// The most paths for which every wrong variant is tried.
const FEW: usize = 12;

/// Paths that have no place on this wire, each wrong in one way that an implementation might not check; and paths that
/// have one, as a second message. Of paths of the right length these are all if they are few, and otherwise none, so
/// that all generals are treated alike.
fn misplaced(n: usize, wire: Wire) -> Vec<Path> {
    let Wire { round, from, to } = wire;
    if to.is_commander() {
        return Vec::new();
    }
    let others = Generals::first(n).without(from).without(to);
    let due = due(n, wire).collect_vec();
    let heard =
        if round == 1 { vec![Path::of([])] } else { paths(round - 1, others).collect_vec() };
    let few = heard.len() <= FEW;
    let heard = heard.iter().filter(|_| few);
    let said_by_another = heard
        .clone()
        .flat_map(|heard| others.minus(heard.generals()).iter().map(|other| heard.then(other)));
    let of_another_shape = [
        Path::of([from]),
        Path::root().then(from),
        Path::root().then(from).then(from),
        Path::root().then(to).then(from),
    ];
    let heard_from_me = heard.map(|heard| heard.then(to).then(from));
    let wrong = said_by_another.chain(of_another_shape).chain(heard_from_me);
    let wrong = wrong.filter(|path| !due.contains(path));
    due.iter().filter(|_| few).cloned().chain(wrong).unique().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hopeless_state_is_refused_with_its_size() {
        let too_large = |om: OralMessages, n| om.problem(&Graph::complete(n)).unwrap().too_large;
        assert_eq!(
            too_large(OralMessages::new(9), 20).unwrap(),
            "OM(9) among 20 generals would have each lieutenant remember 19582414021 values; that \
             number times n times the number of orders can be at most 4194304: choose a smaller m \
             or n"
        );
        assert_eq!(too_large(OralMessages::new(4), 13), None);
        assert_eq!(too_large(OralMessages::new(1000), 4), None);
    }

    #[test]
    fn messages_are_told_in_the_papers_words() {
        let tell = |path: &[usize], from| {
            let path = Path::of(path.iter().map(|&id| General::new(id)));
            OralMessages::new(3).tell(General::new(from), &Relay { path, value: Order::ATTACK })
        };
        assert_eq!(tell(&[0], 0), "ATTACK");
        assert_eq!(tell(&[0, 1], 1), "the commander said ATTACK");
        assert_eq!(tell(&[0, 2, 1], 1), "2 said the commander said ATTACK");
        assert_eq!(tell(&[0, 2], 1), "ATTACK on the path 0:2");
    }
}
