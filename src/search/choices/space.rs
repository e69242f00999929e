//! The search space: every message that a traitor can say on every wire.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use indexmap::IndexSet;
use itertools::Itertools;
use rustc_hash::FxBuildHasher;

use super::listening::{Harvest, Harvested};
use super::prepared::{add_replays, prepared, sampled};
use super::signature_set::SignatureSet;
use super::wire_choices::{RepertoireError, WireChoices, beside, count_wires};
use crate::adversary::{Adversary, FaultClass};
use crate::count::Count;
use crate::execution::simulate::Eavesdropper;
use crate::execution::{Delivery, NumberedExecution, obeyed};
use crate::general::{General, Generals};
use crate::machine::{
    Machine, Memory, MessageId, MessageOrder, NumberedAttack, Stops, Terms, Worker,
};
use crate::protocol::Round;
use crate::protocol::events::OwnEvent;
use crate::schedule::{Arrival, Happening, Shift};
use crate::search::progress::{Phase, Progress};
use crate::search::reduction::{Reduction, Reductions};
use crate::search::symmetry::Symmetry;
use crate::signature::{COMBINED, Signed};
use crate::testable::{MOST_MESSAGES, PREPARED_PHASES, Refusal, Repertoire, Wire};

/// All behaviours of an adversary against a protocol.
pub(crate) struct Space<'a> {
    pub machine: &'a dyn Machine,
    pub terms: &'a Terms,
    pub adversary: Adversary,
    pub stock: Arc<Stock>,
    /// Says when to [interrupt](crate::fault::unless_interrupted) even a running execution.
    pub stops_with: Option<&'a dyn Stops>,
    /// What the workers that were returned have learned.
    memories: Mutex<Vec<Memory>>,
}

/// The parts of a space that take long to compute, and can be kept.
#[derive(Debug)]
pub(crate) struct Stock {
    all_wire_choices: Vec<WireChoices>,
    /// Every signature in anything that can be said, numbered.
    signatures: IndexSet<Signed, FxBuildHasher>,
    /// What was heard in listening runs, if the protocol does not say what a traitor could say.
    harvest: Option<Harvest>,
    /// By number of sender and receiver: how many behaviours the wires between them have in all rounds.
    pub(super) behaviours: Vec<Vec<Count>>,
    /// Whether the protocol claims to be monotone.
    monotone: bool,
}

impl<'a> Space<'a> {
    /// Prepares the space of all behaviours; `None` if it was stopped first.
    pub fn new(
        machine: &'a dyn Machine,
        terms: &'a Terms,
        adversary: Adversary,
        progress: &Progress,
    ) -> Result<Option<Space<'a>>, Refusal> {
        progress.enter(Phase::Preparing);
        let messages = sampled(machine, terms, adversary);
        progress.prepare(messages);
        if messages > MOST_MESSAGES {
            return Err(Refusal::Vast { messages });
        }
        let everybody = terms.graph.everybody();
        let wires = (1..=terms.key(terms.rounds))
            .cartesian_product(everybody.iter())
            .cartesian_product(everybody.iter())
            .map(|((round, from), to)| Wire { round, from, to });
        let mut numbers = IndexSet::default();
        let mut unread = None;
        let mut signatures = |message: &MessageId| {
            let signed = machine.signatures(*message);
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
                prepared(machine, terms, wire)?
            } else {
                Repertoire::silent()
            };
            repertoires.push((wire, repertoire));
        }
        let is_silent = |(_, said): &(Wire, Repertoire<_>)| said.messages().next().is_none();
        let lies = adversary.faults.is_byzantine() && adversary.traitors > 0;
        let on_menu = repertoires.iter().flat_map(|(_, repertoire)| repertoire.messages()).unique();
        let on_menu = (terms.opaque && lies).then(|| on_menu.count());
        if terms.opaque {
            repertoires.iter_mut().for_each(|(_, repertoire)| repertoire.unknown = true);
        // An alphabet that is empty everywhere says nothing of what a traitor could say.
        } else if terms.in_waves && lies && repertoires.iter().all(is_silent) {
            let links =
                repertoires.iter_mut().filter(|(wire, _)| terms.graph.has_edge(wire.from, wire.to));
            links.for_each(|(_, repertoire)| repertoire.unknown = true);
        }
        let mut harvest = on_menu.map(Harvest::on_menu);
        if !terms.opaque && Harvest::is_needed(&repertoires, terms.n(), adversary) {
            harvest = Harvest::of(machine, terms, adversary, progress);
            let Some(harvest) = &harvest else { return Ok(None) };
            repertoires.iter_mut().for_each(|(wire, known)| harvest.add_to(*wire, known));
            // If the protocol failed before it said anything, the search finds that.
            if terms.in_waves && !harvest.failed && repertoires.iter().all(is_silent) {
                return Err(Refusal::NoAlphabet);
            }
        }
        if adversary.replays {
            add_replays(&mut repertoires, progress);
        }
        let order = repertoires.iter().flat_map(|(_, repertoire)| repertoire.messages());
        let order = MessageOrder::of(machine, order.copied(), || progress.is_stopped());
        let Some(order) = order else { return Ok(None) };
        let mut wire_choices = |wire: Wire, repertoire: Repertoire<MessageId>| {
            let Adversary { silence, strays, .. } = adversary;
            let wire_choices =
                WireChoices::new(&order, repertoire, silence, strays, &mut signatures);
            wire_choices.map_err(|error| match error {
                RepertoireError::Entangled => Refusal::Entangled,
                RepertoireError::Shared(message) => {
                    Refusal::Shared { wire, message: machine.show_message(message) }
                }
                RepertoireError::Genuine(message) => {
                    Refusal::Genuine { wire, message: machine.show_message(message) }
                }
            })
        };
        let mut all_wire_choices = Vec::with_capacity(repertoires.len());
        for (wire, repertoire) in repertoires {
            if progress.is_stopped() {
                return Ok(None);
            }
            all_wire_choices.push(wire_choices(wire, repertoire)?);
        }
        if let Some(refusal) = unread {
            return Err(refusal);
        }
        if !numbers.is_empty() && !adversary.silence {
            return Err(Refusal::SignedSilence);
        }
        let wire_choices = |Wire { round, from, to }: Wire| {
            wire_choices_of(&all_wire_choices, terms.n(), terms.key(round), from, to)
        };
        let behaviours = count_wires(terms, adversary.faults, wire_choices);
        let monotone = machine.monotone()?;
        let stock = Stock { all_wire_choices, signatures: numbers, harvest, behaviours, monotone };
        let stock = Arc::new(stock);
        Ok(Some(Space::of(machine, terms, adversary, stock)))
    }

    /// A space with a stock that was prepared before.
    pub fn of(
        machine: &'a dyn Machine,
        terms: &'a Terms,
        adversary: Adversary,
        stock: Arc<Stock>,
    ) -> Space<'a> {
        let (stops_with, memories) = (None, Mutex::default());
        Space { machine, terms, adversary, stock, stops_with, memories }
    }

    /// The symmetry that the protocol claims; `None` if it is not known what traitors could say, if messages are signed
    /// and not everybody hears everybody, or if it was stopped first.
    pub fn symmetry(&self, progress: &Progress) -> Result<Option<Symmetry<'a>>, Refusal> {
        let heard = !self.is_signed() || self.terms.graph.is_complete();
        let known = heard && self.harvested().is_none();
        if !known {
            return Ok(None);
        }
        let symmetry = Symmetry::of(self.machine, self.terms, &self.adversary)?;
        match symmetry {
            Some(symmetry) if self.is_signed() => self.renaming_signatures(symmetry, progress),
            symmetry => Ok(symmetry),
        }
    }

    /// Adds the renaming of the signatures in all messages that stand in a slot.
    fn renaming_signatures(
        &self,
        symmetry: Symmetry<'a>,
        progress: &Progress,
    ) -> Result<Option<Symmetry<'a>>, Refusal> {
        let Stock { all_wire_choices, signatures, .. } = &*self.stock;
        let messages = all_wire_choices.iter().flat_map(|wire_choices| {
            wire_choices.regular().map(|message| (*message, wire_choices.signatures(message)))
        });
        let messages: Vec<_> = messages.unique_by(|(message, _)| *message).collect();
        let numbers = |message| {
            let signed = self.machine.signatures(message)?;
            let number = |signed| signatures.get_index_of(signed).map(|number| number as u32);
            Ok(signed.iter().map(number).collect())
        };
        symmetry.with_signatures(signatures.len(), &messages, numbers, progress)
    }

    /// Whether, with these reductions and as long as lies are free, only the extremes of the last round's messages are
    /// searched: if the protocol claims to be monotone, each general hears messages in the same order in each
    /// execution, and nothing is asked but whether all decide, and whether decisions are equal.
    pub fn has_extremes(&self, reductions: Reductions) -> bool {
        let reduced = reductions.has(Reduction::Extremes) && reductions.collapse();
        let Adversary { faults, any_order, disruptions, .. } = self.adversary;
        let described = !self.is_signed() && self.harvested().is_none() && !self.has_forgeries();
        let in_turn = faults.is_byzantine() && !any_order && disruptions == 0;
        reduced && self.stock.monotone && described && in_turn && self.terms.asked.is_plain()
    }

    pub fn everybody(&self) -> Generals {
        self.terms.graph.everybody()
    }

    /// Whom a general can talk to.
    pub fn neighbours(&self, general: General) -> Generals {
        self.terms.graph.neighbours(general)
    }

    /// Who can be a traitor.
    pub fn suspects(&self) -> Generals {
        self.adversary.suspects_among(self.everybody())
    }

    /// What a traitor can say on this wire.
    pub fn wire_choices(&self, Wire { round, from, to }: Wire) -> &WireChoices {
        let round = self.terms.key(round);
        wire_choices_of(&self.stock.all_wire_choices, self.terms.n(), round, from, to)
    }

    /// Says in which way a message is forged, if it is a forgery on that wire.
    pub fn labels(&self) -> impl Fn(Wire, MessageId) -> Option<&'static str> {
        |wire, message| self.wire_choices(wire).forgery(&message)
    }

    /// Whether a suspect can send a forgery.
    pub fn has_forgeries(&self) -> bool {
        let suspects = self.suspects();
        let n = self.terms.n();
        let of_suspects = self.stock.all_wire_choices.iter().enumerate();
        let mut all_wire_choices = of_suspects
            .filter(|(place, _)| suspects.contains(General::new(place / n % n)))
            .flat_map(|(_, wire_choices)| &wire_choices.candidates);
        all_wire_choices.any(|candidate| candidate.forgery.is_some())
    }

    /// Whether there are signatures in anything that can be said.
    pub fn is_signed(&self) -> bool {
        !self.stock.signatures.is_empty()
    }

    /// The signature with this number.
    pub fn signature(&self, number: u32) -> &Signed {
        &self.stock.signatures[number as usize]
    }

    /// The numbered signatures in a message on this wire.
    pub fn signatures_in(&self, wire: Wire, message: &MessageId) -> Cow<'_, [u32]> {
        let wire_choices = self.wire_choices(wire);
        if !wire_choices.is_open() || wire_choices.has(message) {
            return wire_choices.signatures(message).into();
        }
        let signed = self.machine.signatures(*message);
        let numbers = signed.unwrap_or_default().into_iter();
        let numbers = numbers.filter_map(|signed| self.stock.signatures.get_index_of(&signed));
        numbers.map(|number| number as u32).collect()
    }

    /// What can be said on a wire. A protocol that panics here, though it did not before, adds nothing.
    pub fn repertoire(&self, wire: Wire) -> Repertoire<MessageId> {
        let in_round = |round| {
            let wire = Wire { round, ..wire };
            let repertoire = self.machine.repertoire(self.terms.n(), wire);
            let mut repertoire = repertoire.unwrap_or_else(|_| Repertoire::silent());
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

    /// Whether a signature is combined: nobody makes it alone.
    pub fn is_combined(&self, signed: &Signed) -> bool {
        signed.by == COMBINED && !self.everybody().contains(COMBINED)
    }

    /// The signatures that these traitors make themselves: their own, and those of generals who do not exist, except
    /// combined ones.
    pub fn made_by(&self, traitors: Generals) -> SignatureSet {
        let loyal = self.everybody().minus(traitors);
        let mut made = SignatureSet::none(self.stock.signatures.len());
        let signatures = self.stock.signatures.iter().enumerate();
        signatures
            .filter(|(_, signed)| !loyal.contains(signed.by) && !self.is_combined(signed))
            .for_each(|(number, _)| made.add(number as u32));
        made
    }

    /// The signatures in anything that can be said in this round or a later one.
    pub fn useful(&self, round: Round) -> SignatureSet {
        let mut useful = SignatureSet::none(self.stock.signatures.len());
        for wire in (round..=self.terms.rounds).flat_map(|round| self.terms.wires(round)) {
            let candidates = &self.wire_choices(wire).candidates;
            let signatures = candidates.iter().flat_map(|candidate| &candidate.signatures);
            signatures.for_each(|number| useful.add(*number));
        }
        useful
    }

    /// Whether traitors who have overheard this can say a message on this wire.
    pub fn can_be_said(&self, wire: Wire, message: &MessageId, enemy: &Eavesdropper<'_>) -> bool {
        let numbers = self.wire_choices(wire).signatures(message).iter();
        enemy.lacks(numbers.map(|number| &self.stock.signatures[*number as usize])).is_none()
    }

    /// A worker to ask the protocol with, among these traitors.
    pub fn worker(&self, traitors: Generals) -> Worker<'a> {
        let memory = self.memories.lock().ok().and_then(|mut memories| memories.pop());
        let memory = memory.unwrap_or_default();
        let worker = Worker::remembering(self.machine, self.terms, traitors, memory);
        worker.stopping_with(self.stops_with)
    }

    /// Returns a worker: the next one knows what it has learned.
    pub fn lay_down(&self, worker: Worker<'_>) {
        if let Ok(mut memories) = self.memories.lock() {
            memories.push(worker.into_memory());
        }
    }

    /// Forgets what workers have learned: the next ones start anew.
    pub fn forget(&self) {
        if let Ok(mut memories) = self.memories.lock() {
            memories.clear();
        }
    }

    /// Runs the protocol under an attack; the states of the execution belong to the worker.
    pub fn run(&self, worker: &mut Worker<'_>, attack: &NumberedAttack) -> NumberedExecution {
        obeyed(worker, self.terms, attack, &self.labels())
    }

    /// Whether the adversary may make this attack, under which the protocol ran so.
    pub fn allows(&self, attack: &NumberedAttack, execution: &NumberedExecution) -> bool {
        let Adversary { faults, any_order, disruptions, latest, .. } = self.adversary;
        let traitor = |general| attack.traitors.contains(general);
        let said = execution.deliveries.iter().all(|delivery| {
            !faults.is_byzantine() || !traitor(delivery.wire.from) || self.can_say(&delivery)
        });
        let asynchronous = attack.schedule.iter().filter(|shift| shift.arrival.is_asynchronous());
        let deaf = faults == FaultClass::ReceiveOmission;
        let (omitted, disrupted): (Vec<_>, Vec<_>) =
            asynchronous.partition(|shift| deaf && traitor(shift.wire.to));
        // Then what the loyal send each other can be late without bound. A lost message counts as one that is later
        // still: the execution is then not quiet.
        let late = self.adversary.delays();
        let disruption = |shift: &&Shift<_>| {
            let allowed = match shift.arrival {
                Arrival::Late(rounds) => (rounds <= latest || late) && !self.terms.in_order,
                Arrival::Never => !self.adversary.has_gst(),
                Arrival::First => true,
            };
            // Whoever may crash obeys until then, so what it sends, and what it is sent, can be late as well.
            let crashes = faults == FaultClass::Crash && late;
            allowed && (crashes || !traitor(shift.wire.from) && !traitor(shift.wire.to))
        };
        let punctual = |it: &Happening| self.is_punctual(it, attack.traitors, execution);
        said && attack.restarts_within(self.adversary.restarts)
            && execution.lacking.is_empty()
            && (any_order || attack.schedule.iter().all(|shift| shift.arrival != Arrival::First))
            && omitted.iter().all(|shift| shift.arrival == Arrival::Never)
            && (disrupted.len() <= disruptions || late)
            && disrupted.iter().all(disruption)
            && (late || attack.happenings.iter().all(punctual))
    }

    /// Whether a coin shows a face, or a timer goes off when nobody else had anything to say.
    fn is_punctual(
        &self,
        it: &Happening,
        traitors: Generals,
        execution: &NumberedExecution,
    ) -> bool {
        let byzantine = self.adversary.faults.is_byzantine();
        let obeys = |general| !byzantine || !traitors.contains(general);
        let happens = |general| {
            let mut here = execution.happened.iter();
            here.any(|other| (other.wave, other.general) == (it.wave, general))
        };
        let mut sent = execution.deliveries.iter().filter(|delivery| {
            delivery.wire.round == it.wave && obeys(delivery.wire.from) && !delivery.said.is_empty()
        });
        !matches!(it.event, OwnEvent::GoesOff(_))
            || sent.all(|delivery| happens(delivery.wire.from))
    }

    /// Whether a traitor can say what it says or, if the repertoire is unknown, what it says beyond what a loyal
    /// general would say.
    fn can_say(&self, Delivery { wire, said, loyal }: &Delivery<'_, MessageId>) -> bool {
        if self.terms.opaque {
            return true; // What it can't say is lacking.
        }
        let wire_choices = self.wire_choices(*wire);
        let said = &*self.once_each(said);
        // In phases that are not prepared, traitors can say the same as in the first.
        let early = said.iter().map(|message| match self.is_prepared(*message) {
            true => *message,
            false => self.machine.said_in(*message, 1).unwrap_or(*message),
        });
        let said = &*match self.terms.phased {
            true => Cow::Owned(early.unique().collect::<Vec<_>>()),
            false => Cow::Borrowed(said),
        };
        let beside_loyal = || beside(said, loyal.unwrap_or(said));
        wire_choices.allows(said) || wire_choices.is_open() && wire_choices.allows(&beside_loyal())
    }

    /// What is said on a wire. In waves each message has a slot of its own and can be said any number of times, so
    /// repetitions are dropped.
    fn once_each<'m>(&self, said: &'m [MessageId]) -> Cow<'m, [MessageId]> {
        match self.terms.in_waves && said.len() > 1 {
            true => said.iter().copied().unique().collect(),
            false => said.into(),
        }
    }

    /// Whether a message belongs to one of the phases for which the repertoire was prepared.
    fn is_prepared(&self, message: MessageId) -> bool {
        let phase = || self.machine.phase_of(message).unwrap_or(1);
        !self.terms.phased || (1..=PREPARED_PHASES).contains(&phase())
    }

    /// What a loyal general says on a wire, slot by slot. (Messages of a phase that is not prepared are left out; so
    /// are messages without a slot, if the repertoire is unknown.)
    ///
    /// # Errors
    ///
    /// The repertoire has no place for it.
    pub fn placed(
        &self,
        wire: Wire,
        said: &[MessageId],
    ) -> Result<Vec<Option<MessageId>>, Refusal> {
        let mut said = self.once_each(said);
        if self.terms.phased {
            said.iter().try_for_each(|message| self.machine.phase_of(*message).map(drop))?;
            said.to_mut().retain(|message| self.is_prepared(*message));
        }
        self.wire_choices(wire).placed(&said).map_err(|message| {
            let message = self.machine.show_message(message);
            match self.terms.in_waves {
                true => Refusal::NotInAlphabet { wire, message },
                false => Refusal::Undescribed { wire, message },
            }
        })
    }

    /// Checks that the repertoire has a place for what a loyal general says on a wire and, if traitors must not be
    /// silent, that the loyal general is not silent either.
    pub fn describes(&self, wire: Wire, said: &[MessageId]) -> Result<(), Refusal> {
        if said.is_empty() && self.adversary.silence {
            return Ok(());
        }
        let placed = self.placed(wire, said)?;
        if self.wire_choices(wire).is_filled(&placed) {
            Ok(())
        } else {
            Err(Refusal::Silent { wire })
        }
    }
}

/// The choices of one wire, out of those of all wires among n generals.
fn wire_choices_of(
    all_wire_choices: &[WireChoices],
    n: usize,
    round: Round,
    from: General,
    to: General,
) -> &WireChoices {
    &all_wire_choices[((round - 1) * n + from.id()) * n + to.id()]
}
