//! OM(m) as a stateright model, written as a newcomer to the tool would write it.
//!
//! The state is the whole state of the generals: the round, and what every loyal lieutenant was told on each path. In
//! each round the messages of the loyal arrive first; then each message of a traitor is an action: either order on one
//! path to one loyal lieutenant. After the last message each loyal lieutenant resolves the paths and decides, as the
//! paper says.
//!
//! The space: every set of f traitors, both orders of a loyal commander (a traitor's order is whatever he says to each
//! lieutenant), and either order on every path to every loyal lieutenant. Silence is covered, because a lieutenant
//! takes it for RETREAT. Messages between traitors are left out: traitors know everything anyway.

use std::collections::BTreeMap;

use stateright::{Model, Property};

use crate::question::Question;

/// Who relayed the commander's order, the commander first.
type Path = Vec<usize>;

/// OM(m) among n generals with f traitors.
#[derive(Clone, Copy, Debug)]
pub struct OralNatural(pub Question);

/// The state of all generals.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    traitors: Vec<usize>,
    order: bool,
    /// The round in which messages are sent next; one more than the number of rounds when all are over.
    round: usize,
    /// What traitors still have to say in this round: the path, which ends with the sender, and the receiver.
    unsaid: Vec<(Path, usize)>,
    /// For each general, what it was told on each path.
    told: Vec<BTreeMap<Path, bool>>,
}

/// A traitor's next message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Say(bool);

impl State {
    fn is_loyal(&self, general: usize) -> bool {
        !self.traitors.contains(&general)
    }

    fn loyal_lieutenants(&self) -> impl Iterator<Item = usize> {
        (1..self.told.len()).filter(|&general| self.is_loyal(general))
    }

    /// OM(m) steps 1 and 2: the messages of the loyal arrive, and the slots of traitors become due. Rounds in which no
    /// traitor can say anything are passed over.
    fn begin_round(&mut self, rounds: usize) {
        while self.round <= rounds && self.unsaid.is_empty() {
            for path in paths(self.told.len(), self.round) {
                let sender = *path.last().expect("the commander is on it");
                for to in
                    self.loyal_lieutenants().filter(|to| !path.contains(to)).collect::<Vec<_>>()
                {
                    if !self.is_loyal(sender) {
                        self.unsaid.push((path.clone(), to));
                        continue;
                    }
                    let heard = &path[..path.len() - 1];
                    let value =
                        if heard.is_empty() { self.order } else { self.told[sender][heard] };
                    self.told[to].insert(path.clone(), value);
                }
            }
            // The last element is popped first.
            self.unsaid.reverse();
            if self.unsaid.is_empty() {
                self.round += 1;
            }
        }
    }

    /// OM(m) step 3.
    fn resolve(&self, me: usize, path: &Path, rounds: usize) -> bool {
        let own = self.told[me][path];
        if path.len() == rounds {
            return own;
        }
        let others = (1..self.told.len()).filter(|other| *other != me && !path.contains(other));
        let relayed = others.map(|other| self.resolve(me, &[&path[..], &[other]].concat(), rounds));
        let votes: Vec<bool> = [own].into_iter().chain(relayed).collect();
        2 * votes.iter().filter(|&&vote| vote).count() > votes.len()
    }

    /// What the loyal lieutenants decide, once they do.
    fn decisions(&self, rounds: usize) -> Vec<bool> {
        let due = self.loyal_lieutenants().filter(|_| self.round > rounds);
        due.map(|me| self.resolve(me, &vec![0], rounds)).collect()
    }
}

/// All paths among n generals, the commander first.
fn paths(n: usize, len: usize) -> Vec<Path> {
    let mut paths = vec![vec![0]];
    for _ in 1..len {
        let longer = |path: &Path| {
            let others = (1..n).filter(|other| !path.contains(other));
            others.map(|other| [&path[..], &[other]].concat()).collect::<Vec<_>>()
        };
        paths = paths.iter().flat_map(longer).collect();
    }
    paths
}

impl Model for OralNatural {
    type State = State;
    type Action = Say;

    fn init_states(&self) -> Vec<State> {
        let OralNatural(question) = self;
        let mut states = Vec::new();
        for traitors in question.traitors() {
            let orders: &[bool] = if traitors.contains(&0) { &[false] } else { &[false, true] };
            for &order in orders {
                let (traitors, told) = (traitors.clone(), vec![BTreeMap::new(); question.n]);
                let mut state = State { traitors, order, round: 1, unsaid: Vec::new(), told };
                state.begin_round(question.rounds());
                states.push(state);
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Say>) {
        if !state.unsaid.is_empty() {
            actions.extend([Say(false), Say(true)]);
        }
    }

    fn next_state(&self, state: &State, Say(value): Say) -> Option<State> {
        let mut next = state.clone();
        let (path, to) = next.unsaid.pop()?;
        next.told[to].insert(path, value);
        if next.unsaid.is_empty() {
            next.round += 1;
            next.begin_round(self.0.rounds());
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<OralNatural>> {
        vec![
            Property::always("agreement (IC1)", |model: &OralNatural, state: &State| {
                let decisions = state.decisions(model.0.rounds());
                decisions.windows(2).all(|pair| pair[0] == pair[1])
            }),
            Property::always("validity (IC2)", |model: &OralNatural, state: &State| {
                let decisions = state.decisions(model.0.rounds());
                !state.is_loyal(0) || decisions.iter().all(|&decision| decision == state.order)
            }),
        ]
    }
}
