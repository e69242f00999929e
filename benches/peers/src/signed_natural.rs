//! SM(m) as a stateright model, written as a newcomer to the tool would write it.
//!
//! The state is the whole state of the generals: the orders that each loyal lieutenant has, the chains of signatures
//! that it is about to show, the chains that arrived in this round, and the signatures that the traitors have seen. In
//! each round the loyal show their chains first. Then an action says what one traitor shows one loyal lieutenant for
//! one order: nothing, or a chain that the traitor signs last and whose other signatures are by traitors or have been
//! seen by them. At the end of a round all chains are received, ordered by sender.
//!
//! The space: every set of f traitors, both orders of a loyal commander, and in every slot (round, sender, receiver,
//! order) silence or any such chain that would be accepted. Chains that a traitor passes on without signing are left
//! out: the last signer shows the same chain in the same round, or could.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;
use stateright::{Model, Property};

use crate::question::Question;

/// An order, and who has signed it, the commander first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Chain {
    order: bool,
    signers: Vec<usize>,
}

/// SM(m) among n generals with f traitors.
#[derive(Clone, Copy, Debug)]
pub struct SignedNatural(pub Question);

/// The state of all generals.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    traitors: Vec<usize>,
    order: bool,
    /// The round in which chains are shown next; one more than the number of rounds when all are over.
    round: usize,
    /// The slots of traitors that are still open in this round: sender, receiver, order.
    unsaid: Vec<(usize, usize, bool)>,
    /// What arrived in this round: by receiver, the senders and their chains.
    came: BTreeMap<usize, Vec<(usize, Chain)>>,
    /// For each general the orders that it has, and the chains that it shows in the next round.
    orders: Vec<BTreeSet<bool>>,
    outbox: Vec<BTreeSet<Chain>>,
    /// The loyal signatures that the traitors have seen.
    seen: BTreeSet<Chain>,
}

/// What a traitor shows in the next slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Show(Option<Chain>);

impl State {
    fn is_loyal(&self, general: usize) -> bool {
        !self.traitors.contains(&general)
    }

    fn loyal_lieutenants(&self) -> Vec<usize> {
        (1..self.orders.len()).filter(|&general| self.is_loyal(general)).collect()
    }

    /// Every chain on this order that the sender can sign last and that the receiver would accept in this round.
    fn chains(&self, (from, to, order): (usize, usize, bool)) -> Vec<Chain> {
        let relays = (1..self.orders.len()).filter(|&general| general != to);
        let relays = relays.permutations(self.round - 1);
        let chains = relays.map(|relays| Chain { order, signers: [&[0], &relays[..]].concat() });
        let signed_last = chains.filter(|chain| chain.signers.last() == Some(&from));
        signed_last.filter(|chain| self.can_be_made(chain)).collect()
    }

    /// Whether the traitors have seen or can make every signature of this chain.
    fn can_be_made(&self, chain: &Chain) -> bool {
        let last_loyal = chain.signers.iter().rposition(|&signer| self.is_loyal(signer));
        last_loyal.is_none_or(|place| {
            let signers = chain.signers[..=place].to_vec();
            self.seen.contains(&Chain { order: chain.order, signers })
        })
    }

    /// SM(m) steps 1 and 2: the loyal show what they have signed. Rounds in which no traitor can show anything end at
    /// once.
    fn begin_round(&mut self, question: Question) {
        while self.round <= question.rounds() && self.unsaid.is_empty() {
            let loyal = self.loyal_lieutenants();
            if self.round == 1 && self.is_loyal(0) {
                self.outbox[0].insert(Chain { order: self.order, signers: vec![0] });
            }
            for from in 0..question.n {
                for chain in std::mem::take(&mut self.outbox[from]) {
                    for &to in loyal.iter().filter(|to| !chain.signers.contains(to)) {
                        self.came.entry(to).or_default().push((from, chain.clone()));
                    }
                    self.seen.insert(chain);
                }
            }
            let slots =
                self.traitors.iter().cartesian_product(&loyal).cartesian_product([false, true]);
            let slots = slots.map(|((&from, &to), order)| (from, to, order));
            let possible = |slot: &_| !self.chains(*slot).is_empty();
            self.unsaid = slots.filter(possible).collect();
            if self.unsaid.is_empty() {
                self.end_round(question.m);
            }
        }
    }

    /// The chains that arrived are received: a new order is kept, and signed for the others.
    fn end_round(&mut self, m: usize) {
        for (to, mut chains) in std::mem::take(&mut self.came) {
            chains.sort();
            for (_, mut chain) in chains {
                if self.orders[to].insert(chain.order) && chain.signers.len() <= m {
                    chain.signers.push(to);
                    self.outbox[to].insert(chain);
                }
            }
        }
        self.round += 1;
    }

    /// SM(m) step 3: what the loyal lieutenants decide, once they do.
    fn decisions(&self, rounds: usize) -> Vec<bool> {
        let due = self.loyal_lieutenants().into_iter().filter(|_| self.round > rounds);
        due.map(|me| self.orders[me] == BTreeSet::from([true])).collect()
    }
}

impl Model for SignedNatural {
    type State = State;
    type Action = Show;

    fn init_states(&self) -> Vec<State> {
        let SignedNatural(question) = *self;
        let mut states = Vec::new();
        for traitors in question.traitors() {
            let orders: &[bool] = if traitors.contains(&0) { &[false] } else { &[false, true] };
            for &order in orders {
                let mut state = State {
                    traitors: traitors.clone(),
                    order,
                    round: 1,
                    unsaid: Vec::new(),
                    came: BTreeMap::new(),
                    orders: vec![BTreeSet::new(); question.n],
                    outbox: vec![BTreeSet::new(); question.n],
                    seen: BTreeSet::new(),
                };
                state.begin_round(question);
                states.push(state);
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Show>) {
        let Some(&slot) = state.unsaid.last() else { return };
        let chains = state.chains(slot).into_iter().map(Some);
        actions.extend([None].into_iter().chain(chains).map(Show));
    }

    fn next_state(&self, state: &State, Show(shown): Show) -> Option<State> {
        let mut next = state.clone();
        let (from, to, _) = next.unsaid.pop()?;
        if let Some(chain) = shown {
            next.came.entry(to).or_default().push((from, chain));
        }
        if next.unsaid.is_empty() {
            next.end_round(self.0.m);
            next.begin_round(self.0);
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<SignedNatural>> {
        vec![
            Property::always("agreement (IC1)", |model: &SignedNatural, state: &State| {
                state.decisions(model.0.rounds()).iter().all_equal()
            }),
            Property::always("validity (IC2)", |model: &SignedNatural, state: &State| {
                let decisions = state.decisions(model.0.rounds());
                !state.is_loyal(0) || decisions.iter().all(|&decision| decision == state.order)
            }),
        ]
    }
}
