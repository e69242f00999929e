//! How generals are renamed: the lieutenants of OM(m), of SM(m) and its relatives, and all generals of interactive
//! consistency are interchangeable.

use std::fmt::Display;

use itertools::Itertools;

use super::chain::{Chain, Sealer};
use super::forged_chains::ChainOf;
use super::interactive::{Instance, InteractiveConsistency};
use super::oral::{OralMessages, OralState, Relay};
use super::order_set::SignedState;
use super::path::{Path, PathBranch};
use crate::forgery::Forge;
use crate::general::{General, Generals, Swap};
use crate::protocol::{Plain, Seat};
use crate::signature::Signatures;
use crate::testable::Symmetric;

impl<V: Plain> Symmetric<Relay<V>, OralState<V>> for OralMessages<V> {
    /// All lieutenants.
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n).without(General::COMMANDER)
    }

    fn swapped_message(&self, Relay { path, value }: &Relay<V>, swap: Swap) -> Relay<V> {
        let path = Path::of(path.iter().map(|general| swap.of(general)));
        Relay { path, value: value.clone() }
    }

    fn swapped_state(&self, state: &OralState<V>, swap: Swap) -> OralState<V> {
        self.renamed(state, |general| swap.of(general))
    }
}

impl<V: Plain> OralMessages<V> {
    /// The state of a lieutenant, or of the commander, when all lieutenants are renamed.
    fn renamed(&self, state: &OralState<V>, name: impl Fn(General) -> General) -> OralState<V> {
        let Seat { me, n, neighbours } = state.seat;
        let seat = Seat { me: name(me), n, neighbours: neighbours.iter().map(&name).collect() };
        let mut told = state.told.clone();
        if !me.is_commander() {
            let roots = (PathBranch::root(state.seat), PathBranch::root(seat));
            rename(self.varied(state), roots, &name, &state.told, &mut told);
        }
        OralState { seat, told }
    }

    /// The length, in generals, of the longest paths on which a lieutenant was told different values. (On longer paths
    /// it does not matter who relayed what: usually because nothing has come yet.)
    fn varied(&self, OralState { seat, told }: &OralState<V>) -> usize {
        let paths =
            |length: usize| (1..length).map(|relays| seat.n - 1 - relays).product::<usize>();
        let (mut length, mut shorter) = (self.longest(seat.n), told.len());
        while length > 1 {
            shorter -= paths(length);
            let longest = &told[shorter..shorter + paths(length)];
            if longest.iter().any(|value| *value != longest[0]) {
                break;
            }
            length -= 1;
        }
        length
    }
}

/// Moves what was told on this path, and on those relayed from it, to the rank of the renamed path.
fn rename<V: Clone>(
    longer: usize,
    (old, new): (PathBranch, PathBranch),
    name: &impl Fn(General) -> General,
    told: &[V],
    renamed: &mut [V],
) {
    renamed[new.rank()].clone_from(&told[old.rank()]);
    if longer > 1 {
        for (relay, old) in old.relayed() {
            let new = new.relayed_by(name(relay)).expect("who could relay still can");
            rename(longer - 1, (old, new), name, told, renamed);
        }
    }
}

impl<V: Plain> Symmetric<Relay<V>, Vec<OralState<V>>> for InteractiveConsistency<V> {
    /// Everybody.
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n)
    }

    fn swapped_message(&self, message: &Relay<V>, swap: Swap) -> Relay<V> {
        self.om.swapped_message(message, swap)
    }

    /// In each instance another general commands, and everybody has another role under it.
    fn swapped_state(&self, instances: &Vec<OralState<V>>, swap: Swap) -> Vec<OralState<V>> {
        let renamed = Instance::all(instances.len()).map(|new| {
            let old = Instance { commander: swap.of(new.commander), ..new };
            let role = |role| new.role(swap.of(old.in_role(role)));
            self.om.renamed(&instances[old.commander.id()], role)
        });
        renamed.collect()
    }
}

type StateOf<V, S> = SignedState<V, <S as Signatures>::Signature>;

/// SM(m) and its relatives: what generals say and hold depends only on who has signed.
impl<V: Plain + Display, S: Forge> Symmetric<Chain<V, S::Signature>, SignedState<V, S::Signature>>
    for Sealer<S>
{
    /// All lieutenants.
    fn alike(&self, n: usize) -> Generals {
        Generals::first(n).without(self.session.commander)
    }

    /// The chain, signed anew by the renamed signers when two generals have changed places.
    fn swapped_message(&self, chain: &ChainOf<V, S>, swap: Swap) -> ChainOf<V, S> {
        self.chain(&chain.order, chain.signers().map(|signer| swap.of(signer)))
    }

    fn swapped_state(&self, state: &StateOf<V, S>, swap: Swap) -> StateOf<V, S> {
        let SignedState { seat: Seat { me, n, neighbours }, orders, outbox, next } = state;
        let seat = Seat { me: swap.of(*me), n: *n, neighbours: swap.of_all(*neighbours) };
        let renamed = |chains: &[ChainOf<V, S>]| {
            let renamed = chains.iter().map(|chain| self.swapped_message(chain, swap));
            renamed.sorted().collect()
        };
        let (outbox, next) = (renamed(outbox), renamed(next));
        SignedState { seat, orders: orders.clone(), outbox, next }
    }
}
