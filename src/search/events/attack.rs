//! The attack, in waves, under which what was found happens.
//!
//! Each event of the run is given the first wave in which it can come: a timer or a coin does something at the
//! start of a wave, before anything is heard in it; in one inbox what was said earlier comes first, then
//! what lower numbers said, then what is lower as data; and what is sent when something is heard goes out in
//! the next wave. What a general has not heard by the end of its run comes after that.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;
use rustc_hash::FxHashMap;

use super::Stop;
use super::locals::{LocalEvent, LocalId, Locals, Mail, Reaction, Sent as SentAtOnce};
use super::mail::MailSet;
use super::run::{LinearRun, NamedEvent};
use crate::attack::{Attack, Edit, Lie};
use crate::execution::Sent;
use crate::execution::simulate::{Eavesdropper, Enemy, simulate};
use crate::general::General;
use crate::machine::{Machine, MessageId, NumberedAttack};
use crate::protocol::Round;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::schedule::{Arrival, Happening, Shift};
use crate::search::choices::wire_choices::beside;
use crate::testable::Wire;

/// What happens in which wave.
#[derive(Default)]
struct Waves {
    /// What a traitor says.
    told: BTreeMap<Wire, Vec<MessageId>>,
    schedule: Vec<Shift<MessageId>>,
    happenings: Vec<Happening>,
    last: Round,
}

/// Where one general is: its local state, the wave that it is in, and what came last in it.
struct Place {
    local: LocalId,
    wave: Round,
    /// A number of the event in its wave.
    last: Option<Key>,
    /// The mail that was sent to it, and that it has heard.
    mail: MailSet,
    heard: MailSet,
}

/// What comes first in a wave: what a general does by itself, and then by wave, sender, and the place of the
/// message as data.
type Key = Option<(Round, General, usize)>;

impl Place {
    /// The first wave, from this one on, in which something with this key can come next.
    fn moves_on(&mut self, wave: Round, key: impl Fn(Round) -> Key) -> Round {
        if wave > self.wave {
            (self.wave, self.last) = (wave, None);
        }
        // Several timers and coins can come in one wave.
        let fits = |last: Key| last < key(self.wave) || last.is_none() && key(self.wave).is_none();
        if !self.last.is_none_or(fits) {
            (self.wave, self.last) = (self.wave + 1, None);
        }
        self.last = Some(key(self.wave));
        self.wave
    }
}

/// The attack under which a run happens; nothing if it would take more waves than there may be.
pub(super) fn attack(
    locals: &mut Locals<'_>,
    run: &LinearRun,
) -> Result<Option<NumberedAttack>, Stop> {
    let Some(waves) = in_waves(locals, run)? else { return Ok(None) };
    let (space, case) = (locals.space, locals.case);
    if waves.last > space.terms.rounds {
        return Ok(None);
    }
    let mut worker = space.worker(case.traitors);
    let mut enemy = ListedAdversary { machine: space.machine, waves: &waves, lies: Vec::new() };
    simulate(&mut worker, space.terms, case.roles(), &mut enemy, &space.labels());
    let lies = enemy.lies;
    space.lay_down(worker);
    let Waves { schedule, happenings, .. } = waves;
    let inputs = case.inputs.clone();
    let faults = case.faults;
    let attack = Attack::new(&space.terms.graph, case.traitors, inputs);
    Ok(Some(Attack { faults, lies, schedule, happenings, ..attack }))
}

fn in_waves(locals: &mut Locals<'_>, run: &LinearRun) -> Result<Option<Waves>, Stop> {
    let machine = locals.space.machine;
    let loyal: Vec<General> = locals.loyal.iter().collect();
    let mut waves = Waves::default();
    let mut places = BTreeMap::new();
    // In which wave each message of the loyal was sent to each of them, and each signature was shown.
    let mut sent_in: FxHashMap<(General, u32), Round> = FxHashMap::default();
    let mut shown_in: FxHashMap<u32, Round> = FxHashMap::default();
    let mut begun = Vec::new();
    for me in &loyal {
        let local = match locals.begin(*me)? {
            Reaction::Moves(local) => local,
            Reaction::Sends(local, sending) => {
                begun.push((*me, locals.sent(sending)));
                local
            }
            Reaction::Nothing | Reaction::Fails(_) => return Ok(Some(waves)),
        };
        let (mail, heard) = (MailSet::NONE, MailSet::NONE);
        places.insert(*me, Place { local, wave: 1, last: None, mail, heard });
    }
    // All that can be said, to find the places of messages as data.
    let mut known: BTreeSet<u32> = BTreeSet::new();
    let mut order: Vec<MessageId> = Vec::new();
    let tales = locals.tales.iter().flatten().map(|tale| tale.message);
    let wires = locals.space.terms.wires(1).collect_vec();
    let of_wires = wires.iter().flat_map(|wire| locals.space.wire_choices(*wire).regular());
    for message in tales.chain(of_wires.copied()) {
        if known.insert(message.number()) {
            order.push(message);
        }
    }
    machine.sort(&mut order);
    let rank: FxHashMap<MessageId, usize> = order.into_iter().zip(0..).collect();
    let rank = |message: MessageId| rank.get(&message).copied().unwrap_or(usize::MAX);
    let deliver = |locals: &mut Locals<'_>,
                   places: &mut BTreeMap<General, Place>,
                   shown_in: &mut FxHashMap<u32, Round>,
                   sent_in: &mut FxHashMap<(General, u32), Round>,
                   from: General,
                   sent: &SentAtOnce,
                   wave: Round|
     -> Result<(), Stop> {
        for to in &loyal {
            let place = places.get_mut(to).expect("all the loyal have begun");
            let mail = locals.delivered(*to, from, place.mail, sent)?;
            for number in mail.minus(place.mail).iter() {
                sent_in.insert((*to, number), wave);
            }
            place.mail = mail;
        }
        for (to, message) in sent.iter() {
            let wire = Wire { round: 1, from, to: *to };
            for number in locals.space.signatures_in(wire, message).iter() {
                shown_in.entry(*number).or_insert(wave);
            }
        }
        Ok(())
    };
    for (from, sent) in begun {
        deliver(locals, &mut places, &mut shown_in, &mut sent_in, from, &sent, 1)?;
    }
    for (me, event) in run {
        let place = places.get_mut(me).expect("all the loyal have begun");
        let (wave, local_event) = match event {
            NamedEvent::Own(event) => {
                let wave = place.moves_on(place.wave, |_| None);
                waves.happenings.push(Happening { wave, general: *me, event: *event });
                (wave, LocalEvent::Own(*event))
            }
            NamedEvent::Mail(mail) => {
                let Mail { from, message, .. } = *mail;
                let number = locals.mail.get_index_of(mail).expect("it was sent") as u32;
                let sent = sent_in[&(*me, number)];
                let wave = place.moves_on(sent, |_| Some((sent, from, rank(message))));
                place.heard = place.heard.with(number);
                waves.shift(Wire { round: sent, from, to: *me }, message, wave);
                (wave, LocalEvent::Mail(number))
            }
            NamedEvent::Tale(number) => {
                let tale = &locals.tales[me.id()][*number as usize];
                let (from, message) = (tale.from, tale.message);
                let shown = tale.needs.iter().filter_map(|number| shown_in.get(number)).max();
                let first = shown.copied().unwrap_or(1);
                let wave = place.moves_on(first, |wave| Some((wave, from, rank(message))));
                let wire = Wire { round: wave, from, to: *me };
                waves.told.entry(wire).or_default().push(message);
                (wave, LocalEvent::Tale(*number))
            }
        };
        waves.last = waves.last.max(wave);
        match locals.happens(place.local, local_event)? {
            Reaction::Nothing => {}
            Reaction::Moves(next) => place.local = next,
            Reaction::Sends(next, sending) => {
                place.local = next;
                let next_wave = wave + usize::from(!matches!(event, NamedEvent::Own(_)));
                let sent = locals.sent(sending);
                deliver(locals, &mut places, &mut shown_in, &mut sent_in, *me, &sent, next_wave)?;
            }
            Reaction::Fails(_) => break,
        }
    }
    for (me, place) in &places {
        for number in place.mail.minus(place.heard).iter() {
            let Mail { from, message, .. } = locals.mail[number as usize];
            let sent = sent_in[&(*me, number)];
            let after = |last: Key| last < Some((sent, from, rank(message)));
            let wave = match sent.cmp(&place.wave) {
                std::cmp::Ordering::Greater => sent,
                _ if place.last.is_none_or(after) => place.wave,
                _ => place.wave + 1,
            };
            waves.last = waves.last.max(wave);
            waves.shift(Wire { round: sent, from, to: *me }, message, wave);
        }
        for event in locals.own(place.local)?.iter() {
            // It would come by itself at another time.
            let coin = matches!(event, OwnEvent::Shows(..));
            let again = waves.happenings.iter().any(|other| {
                let same = match (other.event, event) {
                    (OwnEvent::Shows(one, _), OwnEvent::Shows(other, _)) => one == *other,
                    _ => false,
                };
                other.general == *me && same && other.wave > place.wave
            });
            if coin && !again {
                let wave = place.wave + 1;
                waves.happenings.push(Happening { wave, general: *me, event: *event });
                waves.last = waves.last.max(wave);
            }
        }
    }
    Ok(Some(waves))
}

impl Waves {
    /// What was said on a wire arrives in this wave.
    fn shift(&mut self, wire: Wire, message: MessageId, wave: Round) {
        if wave > wire.round {
            let arrival = Arrival::Late(wave - wire.round);
            self.schedule.push(Shift { wire, message, arrival });
        }
    }
}

/// An enemy that has the traitors say what is listed, and nothing else, and keeps count of its lies.
struct ListedAdversary<'a> {
    machine: &'a dyn Machine,
    waves: &'a Waves,
    lies: Vec<Lie<MessageId>>,
}

impl Enemy for ListedAdversary<'_> {
    fn tamper(
        &mut self,
        wire: Wire,
        honest: &[MessageId],
        _: &Eavesdropper<'_>,
    ) -> Option<Vec<MessageId>> {
        let mut said = self.waves.told.get(&wire).cloned().unwrap_or_default();
        self.machine.sort(&mut said);
        let withheld = beside(honest, &said).into_iter().map(Edit::Withhold);
        let told = beside(&said, honest).into_iter().map(Edit::Say);
        self.lies.extend(withheld.chain(told).map(|edit| Lie { wire, edit }));
        Some(said)
    }

    fn shifts(&mut self, round: Round, _: Sent<'_, MessageId>) -> Vec<(usize, Shift<MessageId>)> {
        let shifts = self.waves.schedule.iter().cloned().enumerate();
        shifts.filter(|(_, shift)| shift.wire.round == round).collect()
    }

    fn happening(&mut self, wave: Round, general: General, can: &[OwnEvent]) -> Option<OwnEvent> {
        let here = self.waves.happenings.iter();
        let here = here.filter(|here| (here.wave, here.general) == (wave, general));
        here.map(|here| here.event).find(|event| can.contains(event))
    }

    fn face(&mut self, wave: Round, general: General, coin: Coin) -> Option<Face> {
        let later = self.waves.happenings.iter().any(|here| {
            let same = matches!(here.event, OwnEvent::Shows(other, _) if other == coin);
            same && here.general == general && here.wave > wave
        });
        (!later).then_some(0)
    }

    fn awaits(&self, wave: Round) -> bool {
        let told = self.waves.told.keys().any(|wire| wire.round >= wave);
        told || self.waves.happenings.iter().any(|here| here.wave > wave)
    }
}
