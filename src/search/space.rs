//! The space that is searched: on every wire every message a traitor can say.

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::IndexSet;
use itertools::Itertools;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::counting::count_wires;
use super::effort::Progress;
use super::harvest::{Harvest, Harvested};
use super::menu::{Menu, Muddle, beside};
use super::overheard::Overheard;
use super::reduction::{Reduction, Reductions};
use super::symmetry::{Symmetry, SymmetryOf};
use crate::adversary::{Adversary, FaultClass};
use crate::attack::AttackOn;
use crate::count::Count;
use crate::execution::stage::Eavesdropper;
use crate::execution::{Delivery, ExecutionOf, obeyed};
use crate::fault::Guarded;
use crate::general::{General, Generals};
use crate::protocol::{Plain, Round};
use crate::schedule::{Arrival, Shift};
use crate::signature::Signed;
use crate::testable::{Refusal, Repertoire, Terms, Testable, Wire, described};

/// All behaviours of an adversary against a protocol.
pub(crate) struct Space<'a, P: Testable> {
    pub protocol: &'a P,
    pub terms: &'a Terms<P::Value>,
    pub adversary: Adversary,
    pub stock: Arc<Stock<P::Message>>,
}

/// What takes long to find out about a space, and can be kept.
#[derive(Debug)]
pub(crate) struct Stock<M> {
    menus: Vec<Menu<M>>,
    /// Every signature in anything that can be said, numbered.
    signatures: IndexSet<Signed, FxBuildHasher>,
    /// What was heard, if the protocol does not say what a traitor could say.
    harvest: Option<Harvest<M>>,
    /// By number of sender and receiver: the behaviours on the wires between them in all rounds.
    pub(super) behaviours: Vec<Vec<Count>>,
    /// Whether the protocol says that it is.
    monotone: bool,
}

impl<'a, P: Testable> Space<'a, P> {
    /// All behaviours; nothing if it was told to stop before it knew them.
    pub fn new(
        protocol: &'a P,
        terms: &'a Terms<P::Value>,
        adversary: Adversary,
        progress: &Progress,
    ) -> Result<Option<Space<'a, P>>, Refusal> {
        let everybody = terms.graph.everybody();
        let wires = (1..=terms.rounds)
            .cartesian_product(everybody.iter())
            .cartesian_product(everybody.iter())
            .map(|((round, from), to)| Wire { round, from, to });
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
        let mut repertoires = Vec::new();
        for wire in wires {
            if progress.is_stopped() {
                return Ok(None);
            }
            let repertoire = if terms.graph.has_edge(wire.from, wire.to) {
                described("repertoire", || protocol.repertoire(terms.n(), wire))?
            } else {
                Repertoire::silent()
            };
            repertoires.push((wire, repertoire));
        }
        let mut harvest = None;
        if Harvest::is_needed(&repertoires, terms.n(), adversary) {
            harvest = Harvest::of(protocol, terms, adversary, progress);
            let Some(harvest) = &harvest else { return Ok(None) };
            repertoires.iter_mut().for_each(|(wire, known)| harvest.add_to(*wire, known));
        }
        if adversary.replays {
            add_replays(&mut repertoires);
        }
        let menu = |(wire, repertoire): (Wire, Repertoire<P::Message>)| {
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
        let menus: Vec<_> = repertoires.into_iter().map(menu).try_collect()?;
        if let Some(refusal) = unread {
            return Err(refusal);
        }
        if !numbers.is_empty() && !adversary.silence {
            return Err(Refusal::SignedSilence);
        }
        let menu = |Wire { round, from, to }: Wire| menu_of(&menus, terms.n(), round, from, to);
        let behaviours = count_wires(terms, adversary.faults, menu);
        let monotone = described("monotone", || protocol.monotone())?;
        let stock = Stock { menus, signatures: numbers, harvest, behaviours, monotone };
        let stock = Arc::new(stock);
        Ok(Some(Space { protocol, terms, adversary, stock }))
    }

    /// Who can be renamed, if the protocol says so; not where it is not known what could be said, or where
    /// messages are signed and not everybody hears everybody.
    pub fn symmetry(&self) -> Result<Option<SymmetryOf<'a, P>>, Refusal> {
        let heard = !self.is_signed() || self.terms.graph.is_complete();
        let known = heard && self.harvested().is_none();
        let Some(claim) = self.protocol.symmetry().filter(|_| known) else { return Ok(None) };
        let symmetry = Symmetry::of(claim, self.terms, &self.adversary)?;
        let signed = |symmetry: SymmetryOf<'a, P>| match self.is_signed() {
            true => self.renaming_signatures(symmetry),
            false => Ok(symmetry),
        };
        symmetry.map(signed).transpose()
    }

    /// With the signatures renamed in all that stands in a slot.
    fn renaming_signatures(
        &self,
        symmetry: SymmetryOf<'a, P>,
    ) -> Result<SymmetryOf<'a, P>, Refusal> {
        let Stock { menus, signatures, .. } = &*self.stock;
        let messages = menus
            .iter()
            .flat_map(|menu| menu.regular().map(|message| (message, menu.signatures(message))));
        let messages: Vec<_> = messages.unique_by(|(message, _)| *message).collect();
        symmetry.with_signatures(signatures.len(), &messages, |message| {
            let signed = described("signatures", || self.protocol.signatures(message))?;
            let number = |signed| signatures.get_index_of(signed).map(|number| number as u32);
            Ok(signed.iter().map(number).collect())
        })
    }

    /// Whether with these reductions, as long as lies are free, of what can be said in the last round only
    /// the extremes are gone through: if the protocol says that it is monotone, each general hears them in
    /// the same order in each execution, and no more is asked than whether decisions are equal.
    pub fn has_extremes(&self, reductions: Reductions) -> bool {
        let reduced = reductions.has(Reduction::Extremes) && reductions.collapse();
        let Adversary { faults, any_order, disruptions, .. } = self.adversary;
        let described = !self.is_signed() && self.harvested().is_none() && !self.has_forgeries();
        let in_turn = faults.is_byzantine() && !any_order && disruptions == 0;
        reduced && self.stock.monotone && described && in_turn && self.terms.demands.is_empty()
    }

    pub fn everybody(&self) -> Generals {
        self.terms.graph.everybody()
    }

    /// To whom a general can talk.
    pub fn neighbours(&self, general: General) -> Generals {
        self.terms.graph.neighbours(general)
    }

    /// Who can be a traitor.
    pub fn suspects(&self) -> Generals {
        self.adversary.suspects_among(self.everybody())
    }

    /// What a traitor can say on this wire.
    pub fn menu(&self, Wire { round, from, to }: Wire) -> &Menu<P::Message> {
        menu_of(&self.stock.menus, self.terms.n(), round, from, to)
    }

    /// In which way a message is forged, if it is a forgery on a wire.
    pub fn labels(&self) -> impl Fn(Wire, &P::Message) -> Option<&'static str> {
        |wire, message| self.menu(wire).forgery(message)
    }

    /// Whether a suspect can throw in a forgery.
    pub fn has_forgeries(&self) -> bool {
        let suspects = self.suspects();
        let n = self.terms.n();
        let of_suspects = self.stock.menus.iter().enumerate();
        let mut menus = of_suspects
            .filter(|(place, _)| suspects.contains(General::new(place / n % n)))
            .flat_map(|(_, menu)| &menu.candidates);
        menus.any(|candidate| candidate.forgery.is_some())
    }

    /// Whether there are signatures in anything that can be said.
    pub fn is_signed(&self) -> bool {
        !self.stock.signatures.is_empty()
    }

    /// The signature with this number.
    pub fn signature(&self, number: u32) -> &Signed {
        &self.stock.signatures[number as usize]
    }

    /// The signatures in a message on this wire that matter.
    pub fn signatures_in(&self, wire: Wire, message: &P::Message) -> Cow<'_, [u32]> {
        let menu = self.menu(wire);
        if !menu.is_open() || menu.has(message) {
            return menu.signatures(message).into();
        }
        let signed = described("signatures", || self.protocol.signatures(message));
        let numbers = signed.unwrap_or_default().into_iter();
        let numbers = numbers.filter_map(|signed| self.stock.signatures.get_index_of(&signed));
        numbers.map(|number| number as u32).collect()
    }

    /// What can be said on a wire.
    ///
    /// # Panics
    ///
    /// If the protocol does: not if it was asked before.
    pub fn repertoire(&self, wire: Wire) -> Repertoire<P::Message> {
        let in_round = |round| {
            let wire = Wire { round, ..wire };
            let mut repertoire = self.protocol.repertoire(self.terms.n(), wire);
            self.stock.harvest.iter().for_each(|harvest| harvest.add_to(wire, &mut repertoire));
            repertoire
        };
        let mut repertoire = in_round(wire.round);
        for round in (1..=self.terms.rounds).filter(|_| self.adversary.replays) {
            repertoire.strays.extend(in_round(round).slots.into_iter().flatten());
        }
        repertoire
    }

    /// How much was heard, if the protocol does not say what a traitor could say.
    pub fn harvested(&self) -> Option<Harvested> {
        self.stock.harvest.as_ref().map(|harvest| harvest.harvested)
    }

    /// The signatures that these traitors make themselves.
    pub fn made_by(&self, traitors: Generals) -> Overheard {
        let mut made = Overheard::none(self.stock.signatures.len());
        let signatures = self.stock.signatures.iter().enumerate();
        signatures
            .filter(|(_, signed)| traitors.contains(signed.by))
            .for_each(|(number, _)| made.add(number as u32));
        made
    }

    /// The signatures in what anybody can say in this round or a later one.
    pub fn useful(&self, round: Round) -> Overheard {
        let mut useful = Overheard::none(self.stock.signatures.len());
        for wire in (round..=self.terms.rounds).flat_map(|round| self.terms.wires(round)) {
            let candidates = &self.menu(wire).candidates;
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
        enemy.lacks(numbers.map(|number| &self.stock.signatures[*number as usize])).is_none()
    }

    /// Runs the protocol under an attack.
    pub fn run(&self, attack: &AttackOn<P>) -> ExecutionOf<P> {
        let guarded = Guarded::new(self.protocol, &self.terms.values, attack.traitors);
        obeyed(&guarded, self.terms, attack, &self.labels())
    }

    /// Whether an attack, under which the protocol ran so, is one of the adversary's.
    pub fn allows(&self, attack: &AttackOn<P>, execution: &ExecutionOf<P>) -> bool {
        let Adversary { faults, any_order, disruptions, latest, .. } = self.adversary;
        let traitor = |general| attack.traitors.contains(general);
        let said = execution.deliveries.iter().all(|delivery| {
            !faults.is_byzantine() || !traitor(delivery.wire.from) || self.can_say(&delivery)
        });
        let asynchronous = attack.schedule.iter().filter(|shift| shift.arrival.is_asynchronous());
        let deaf = faults == FaultClass::ReceiveOmission;
        let (omitted, disrupted): (Vec<_>, Vec<_>) =
            asynchronous.partition(|shift| deaf && traitor(shift.wire.to));
        let disruption = |shift: &&Shift<_>| {
            let late = match shift.arrival {
                Arrival::Late(rounds) => rounds <= latest,
                Arrival::First | Arrival::Never => true,
            };
            late && !traitor(shift.wire.from) && !traitor(shift.wire.to)
        };
        said && execution.lacking.is_empty()
            && (any_order || attack.schedule.iter().all(|shift| shift.arrival != Arrival::First))
            && omitted.iter().all(|shift| shift.arrival == Arrival::Never)
            && disrupted.len() <= disruptions
            && disrupted.iter().all(disruption)
    }

    /// Whether a traitor can say what it says, or, where the repertoire is unknown, what it says
    /// beside what loyalty would have it say.
    fn can_say(&self, Delivery { wire, said, loyal }: &Delivery<'_, P::Message>) -> bool {
        let menu = self.menu(*wire);
        let beside_loyal = || beside(said, loyal.unwrap_or(said));
        menu.allows(said) || menu.is_open() && menu.allows(&beside_loyal())
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
}

/// The menu of a wire, of all those among n generals.
fn menu_of<M>(menus: &[Menu<M>], n: usize, round: Round, from: General, to: General) -> &Menu<M> {
    &menus[((round - 1) * n + from.id()) * n + to.id()]
}

/// To the strays of each wire, what its sender says to its receiver in the slots of any round: a
/// second copy, early, late, or once more.
fn add_replays<M: Plain>(repertoires: &mut [(Wire, Repertoire<M>)]) {
    let mut between = FxHashMap::<_, Vec<M>>::default();
    for (Wire { from, to, .. }, repertoire) in repertoires.iter() {
        let said = repertoire.slots.iter().flatten().cloned();
        between.entry((*from, *to)).or_default().extend(said);
    }
    for (Wire { from, to, .. }, repertoire) in repertoires {
        repertoire.strays.extend_from_slice(&between[&(*from, *to)]);
    }
}
