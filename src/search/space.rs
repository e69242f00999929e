//! The space that is searched: every case, and on every wire every message a traitor can say.

use std::borrow::Cow;
use std::collections::BTreeMap;

use indexmap::IndexSet;
use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use super::effort::Progress;
use super::harvest::{Harvest, Harvested};
use super::menu::{Menu, Muddle, beside};
use super::overheard::Overheard;
use crate::adversary::{Adversary, FaultClass};
use crate::count::Count;
use crate::execution::Delivery;
use crate::execution::stage::{Eavesdropper, Scene};
use crate::general::{General, Generals};
use crate::protocol::{Plain, Round};
use crate::signature::Signed;
use crate::testable::{Refusal, Repertoire, Terms, Testable, Wire, described};

/// All behaviours of an adversary against a protocol.
pub(crate) struct Space<'a, P: Testable> {
    pub protocol: &'a P,
    pub terms: &'a Terms<P::Value>,
    pub adversary: Adversary,
    menus: Vec<Menu<P::Message>>,
    /// Every signature in anything that can be said, numbered.
    signatures: IndexSet<Signed, FxBuildHasher>,
    /// What the protocol does not say of what a traitor could say.
    harvest: Option<Harvest<P::Message>>,
    /// By number of sender and receiver: the behaviours on the wires between them in all rounds.
    behaviours: Vec<Vec<Count>>,
}

/// Whether it is not known what traitors could say, and that matters.
fn is_unknown<M>(
    repertoires: &[(Wire, Repertoire<M>)],
    adversary: Adversary,
    everybody: Generals,
) -> bool {
    let suspects = adversary.suspects(everybody);
    let mut wires = repertoires.iter().filter(|(wire, _)| suspects.contains(wire.from));
    let lies = adversary.faults.is_byzantine() && adversary.traitors > 0;
    lies && wires.any(|(_, repertoire)| repertoire.unknown)
}

/// A repertoire with what was heard, as far as it is unknown, and as far as that can be searched.
fn filled<M: Plain>(
    harvest: Option<&Harvest<M>>,
    wire: Wire,
    repertoire: Repertoire<M>,
) -> Repertoire<M> {
    harvest.map_or(repertoire.clone(), |harvest| harvest.fill(wire, repertoire))
}

/// Who the traitors are and what the commander's order is: the first two choices of the enemy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Case<V> {
    pub faults: FaultClass,
    pub traitors: Generals,
    pub inputs: BTreeMap<General, V>,
}

impl<V> Case<V> {
    pub fn scene(&self) -> Scene<'_, V> {
        Scene { faults: self.faults, traitors: self.traitors, inputs: &self.inputs }
    }
}

/// Which orders a traitorous commander is given. They bind it to nothing, so for a verdict one
/// stands for all; but lies are counted against them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TraitorsOrders {
    One,
    Each,
}

impl<'a, P: Testable> Space<'a, P> {
    /// All behaviours; nothing if it was told to stop before it knew them.
    pub fn new(
        protocol: &'a P,
        terms: &'a Terms<P::Value>,
        adversary: Adversary,
        progress: &Progress,
    ) -> Result<Option<Space<'a, P>>, Refusal> {
        let everybody = Generals::first(terms.n);
        let wires = (1..=terms.rounds)
            .cartesian_product(everybody.iter())
            .cartesian_product(everybody.iter())
            .map(|((round, from), to)| Wire { round, from, to });
        let mut repertoires = Vec::new();
        for wire in wires {
            if progress.is_stopped() {
                return Ok(None);
            }
            let repertoire = if wire.from == wire.to {
                Repertoire::silent()
            } else {
                described("repertoire", || protocol.repertoire(terms.n, wire))?
            };
            repertoires.push((wire, repertoire));
        }
        let mut harvest = None;
        if is_unknown(&repertoires, adversary, everybody) {
            harvest = Harvest::of(protocol, terms, adversary, progress);
            if harvest.is_none() {
                return Ok(None);
            }
        }
        let mut numbers = IndexSet::default();
        let mut unread = None;
        let mut signatures = |message: &P::Message| {
            let signed = described("signatures", || protocol.signatures(message));
            let signed = signed.unwrap_or_else(|refusal| {
                unread.get_or_insert(refusal);
                Vec::new()
            });
            signed.into_iter().map(|signed| numbers.insert_full(signed).0 as u32).collect()
        };
        let mut menu = |wire: Wire, repertoire: Repertoire<P::Message>| {
            let Adversary { silence, strays, .. } = adversary;
            let menu = Menu::new(repertoire, silence, strays, &mut signatures);
            menu.map_err(|muddle| match muddle {
                Muddle::Entangled => Refusal::Entangled,
                Muddle::Shared(message) => {
                    Refusal::Shared { wire, message: format!("{message:?}") }
                }
                Muddle::Genuine(message) => {
                    Refusal::Genuine { wire, message: format!("{message:?}") }
                }
            })
        };
        let mut menus = Vec::new();
        for (wire, repertoire) in repertoires {
            if progress.is_stopped() {
                return Ok(None);
            }
            let repertoire = filled(harvest.as_ref(), wire, repertoire);
            menus.push(menu(wire, repertoire)?);
        }
        if let Some(refusal) = unread {
            return Err(refusal);
        }
        if !numbers.is_empty() && !adversary.silence {
            return Err(Refusal::SignedSilence);
        }
        let (behaviours, signatures) = (Vec::new(), numbers);
        let mut space =
            Space { protocol, terms, adversary, menus, signatures, harvest, behaviours };
        let between = |from, to| {
            let wires = (1..=terms.rounds).map(|round| Wire { round, from, to });
            wires.map(|wire| space.menu(wire).behaviours()).product()
        };
        let from = |from| everybody.iter().map(|to| between(from, to)).collect();
        space.behaviours = everybody.iter().map(from).collect();
        Ok(Some(space))
    }

    pub fn everybody(&self) -> Generals {
        Generals::first(self.terms.n)
    }

    /// Who can be a traitor.
    pub fn suspects(&self) -> Generals {
        self.adversary.suspects(self.everybody())
    }

    /// What a traitor can say on this wire.
    pub fn menu(&self, Wire { round, from, to }: Wire) -> &Menu<P::Message> {
        let n = self.terms.n;
        &self.menus[((round - 1) * n + from.id()) * n + to.id()]
    }

    /// In which way a message is forged, if it is a forgery on a wire.
    pub fn labels(&self) -> impl Fn(Wire, &P::Message) -> Option<&'static str> {
        |wire, message| self.menu(wire).forgery(message)
    }

    /// Whether a suspect can throw in a forgery.
    pub fn has_forgeries(&self) -> bool {
        let suspects = self.suspects();
        let n = self.terms.n;
        let of_suspects = self.menus.iter().enumerate();
        let mut menus = of_suspects
            .filter(|(place, _)| suspects.contains(General::new(place / n % n)))
            .flat_map(|(_, menu)| &menu.candidates);
        menus.any(|candidate| candidate.forgery.is_some())
    }

    /// Whether there are signatures in anything that can be said.
    pub fn is_signed(&self) -> bool {
        !self.signatures.is_empty()
    }

    /// The signature with this number.
    pub fn signature(&self, number: u32) -> &Signed {
        &self.signatures[number as usize]
    }

    /// The signatures in a message on this wire that matter.
    pub fn signatures_in(&self, wire: Wire, message: &P::Message) -> Cow<'_, [u32]> {
        let menu = self.menu(wire);
        if !menu.is_open() || menu.has(message) {
            return menu.signatures(message).into();
        }
        let signed = described("signatures", || self.protocol.signatures(message));
        let numbers = signed.unwrap_or_default().into_iter();
        let numbers = numbers.filter_map(|signed| self.signatures.get_index_of(&signed));
        numbers.map(|number| number as u32).collect()
    }

    /// What can be said on a wire.
    ///
    /// # Panics
    ///
    /// If the protocol does: not if it was asked before.
    pub fn repertoire(&self, wire: Wire) -> Repertoire<P::Message> {
        filled(self.harvest.as_ref(), wire, self.protocol.repertoire(self.terms.n, wire))
    }

    /// How much was heard, if the protocol does not say what a traitor could say.
    pub fn harvested(&self) -> Option<Harvested> {
        self.harvest.as_ref().map(|harvest| harvest.harvested)
    }

    /// The signatures that these traitors make themselves.
    pub fn made_by(&self, traitors: Generals) -> Overheard {
        let mut made = Overheard::none(self.signatures.len());
        let signatures = self.signatures.iter().enumerate();
        signatures
            .filter(|(_, signed)| traitors.contains(signed.by))
            .for_each(|(number, _)| made.add(number as u32));
        made
    }

    /// The signatures in what anybody can say in this round or a later one.
    pub fn useful(&self, round: Round) -> Overheard {
        let mut useful = Overheard::none(self.signatures.len());
        let rounds = round..=self.terms.rounds;
        let everybody = self.everybody();
        for (round, from, to) in itertools::iproduct!(rounds, everybody.iter(), everybody.iter()) {
            let candidates = &self.menu(Wire { round, from, to }).candidates;
            let signatures = candidates.iter().flat_map(|candidate| &candidate.signatures);
            signatures.for_each(|number| useful.add(*number));
        }
        useful
    }

    /// Whether traitors who have overheard this can say a message on this wire.
    pub fn can_be_said(
        &self,
        wire: Wire,
        message: &P::Message,
        enemy: &Eavesdropper<'_, P>,
    ) -> bool {
        let numbers = self.menu(wire).signatures(message).iter();
        enemy.lacks(numbers.map(|number| &self.signatures[*number as usize])).is_none()
    }

    /// What a loyal general says on a wire, slot by slot. (Where the repertoire is unknown, what has
    /// no slot is left out.)
    ///
    /// # Errors
    ///
    /// The repertoire has no place for it.
    pub fn placed(
        &self,
        wire: Wire,
        said: &[P::Message],
    ) -> Result<Vec<Option<P::Message>>, Refusal> {
        self.menu(wire).placed(said).map_err(|message| {
            let message = format!("{message:?}");
            Refusal::Undescribed { wire, message }
        })
    }

    /// Whether the repertoire has a place for what a loyal general says on a wire, and, where
    /// traitors must not be silent, the loyal are not either.
    pub fn describes(&self, wire: Wire, said: &[P::Message]) -> Result<(), Refusal> {
        if said.is_empty() && self.adversary.silence {
            return Ok(());
        }
        let placed = self.placed(wire, said)?;
        if self.menu(wire).is_filled(&placed) { Ok(()) } else { Err(Refusal::Silent { wire }) }
    }

    /// Whether a traitor can say what it says, or, where the repertoire is unknown, what it says
    /// beside what loyalty would have it say.
    pub fn allows(&self, Delivery { wire, said, loyal }: &Delivery<P::Message>) -> bool {
        let menu = self.menu(*wire);
        let beside_loyal = || beside(said, loyal.as_ref().unwrap_or(said));
        menu.allows(said) || menu.is_open() && menu.allows(&beside_loyal())
    }

    /// Every case with exactly so many traitors.
    pub fn cases(
        &self,
        size: usize,
        orders: TraitorsOrders,
    ) -> impl Iterator<Item = Case<P::Value>> {
        self.suspects().subsets(size).flat_map(move |traitors| self.cases_of(traitors, orders))
    }

    /// Every case with these traitors.
    pub fn cases_of(
        &self,
        traitors: Generals,
        orders: TraitorsOrders,
    ) -> impl Iterator<Item = Case<P::Value>> + Clone {
        let values = &self.terms.values;
        let orders = self.terms.inputs.iter().map(move |general| {
            let bound = self.adversary.faults.bound(self.terms.n, traitors).contains(general);
            let one = orders == TraitorsOrders::One && !bound;
            let values = if one { &values[..1] } else { &values[..] };
            values.iter().map(move |order| (general, order.clone()))
        });
        let inputs = orders.multi_cartesian_product();
        let faults = self.adversary.faults;
        inputs.map(move |inputs| Case { faults, traitors, inputs: inputs.into_iter().collect() })
    }

    /// How many raw behaviours one case has: what the traitors say to the loyal, in every round.
    pub fn behaviours_of(&self, traitors: Generals) -> Count {
        let loyal = self.everybody().minus(traitors);
        let wires = traitors.iter().cartesian_product(loyal.iter().collect_vec());
        wires.map(|(from, to)| self.behaviours[from.id()][to.id()].clone()).product()
    }

    /// How many raw behaviours there are in all cases.
    ///
    /// Generals who can be swapped without changing any wire count as one kind, and of the sets
    /// of traitors with as many of each kind one is looked at: a handful, where all lieutenants
    /// are alike.
    pub fn behaviours(&self) -> Count {
        let kinds = self.kinds();
        let choices = kinds.iter().map(|kind| 0..=kind.len()).multi_cartesian_product();
        let sizes = self.adversary.sizes();
        let possible = choices.filter(|turned| sizes.contains(&turned.iter().sum()));
        let values = Count::from(self.terms.values.len() as u64);
        let behaviours = possible.map(|turned| {
            let kinds = || kinds.iter().zip(&turned);
            let traitors = kinds().flat_map(|(kind, turned)| kind.iter().take(*turned));
            let traitors: Generals = traitors.collect();
            let binomial = |(kind, turned): (&Generals, &usize)| {
                Count::from(num_integer::binomial(kind.len() as u64, *turned as u64))
            };
            let sets = kinds().map(binomial).product();
            let inputs = values.pow(self.terms.inputs.minus(traitors).len() as u32);
            [sets, inputs, self.behaviours_of(traitors)].into_iter().product()
        });
        behaviours.sum()
    }

    /// The suspects by kind. The commander is a kind of his own.
    fn kinds(&self) -> Vec<Generals> {
        let mut kinds: Vec<Generals> = Vec::new();
        for general in self.suspects().iter() {
            let alike = |kind: &&mut Generals| {
                kind.iter().next().is_some_and(|other| self.are_alike(general, other))
            };
            match kinds.iter_mut().find(alike) {
                Some(kind) => *kind = kind.with(general),
                None => kinds.push(Generals::NONE.with(general)),
            }
        }
        kinds
    }

    /// Whether two generals can be swapped without changing how much can be said on any wire.
    fn are_alike(&self, one: General, other: General) -> bool {
        let wire = |from: General, to: General| &self.behaviours[from.id()][to.id()];
        let both = Generals::NONE.with(one).with(other);
        let inputs = self.terms.inputs;
        let alike = |third: General| {
            wire(one, third) == wire(other, third) && wire(third, one) == wire(third, other)
        };
        !both.contains(General::COMMANDER)
            && inputs.contains(one) == inputs.contains(other)
            && wire(one, other) == wire(other, one)
            && self.everybody().minus(both).iter().all(alike)
    }
}
