//! The attack, in waves, under which a run that was found happens.
//!
//! Each event of the run is put into the first wave in which it can happen. A timer or a coin acts at the start of a
//! wave, before anything is heard in it. An inbox is ordered by the wave in which a message was sent, then by its
//! sender's number, then by the message's order as data. What a general sends when it hears something goes out in the
//! next wave. Messages that were not heard by the end of the run arrive after it.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;
use rustc_hash::FxHashMap;

use super::locals::{LocalEvent, LocalId, Locals, Mail, Reaction, SendingId, Tale};
use super::mail::{MailSet, Snapshot};
use super::run::{LinearRun, NamedEvent};
use super::stop::Stop;
use crate::attack::{Attack, Edit, Lasso, Lie};
use crate::execution::Sent;
use crate::execution::simulate::{Eavesdropper, Enemy, simulate};
use crate::general::{General, Generals};
use crate::machine::{Machine, MessageId, NumberedAttack};
use crate::protocol::Round;
use crate::protocol::events::{Coin, Face, OwnEvent};
use crate::schedule::{Arrival, Crash, Happening, Shift, face};
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::space::Space;
use crate::search::choices::wire_choices::beside;
use crate::testable::Wire;

/// What happens in each wave.
#[derive(Default)]
pub(super) struct RunWaves {
    /// What a Byzantine traitor says.
    pub told: BTreeMap<Wire, Vec<MessageId>>,
    /// The messages that other faulty generals do not send.
    pub lies: Vec<Lie<MessageId>>,
    pub crashes: Vec<Crash>,
    pub schedule: Vec<Shift<MessageId>>,
    pub happenings: Vec<Happening>,
    pub last: Round,
}

/// How far one general has come: its local state, its wave, and what came last in that wave.
struct WavePlace {
    local: LocalId,
    wave: Round,
    /// The key of the last event in its wave.
    came_last: Option<Key>,
    /// What was sent to it (`now`), and which of that it has heard.
    now: Snapshot,
    heard: MailSet,
    /// The wave in which it last sent something, if it did.
    sent_in: Option<Round>,
}

/// The order within a wave: first what a general does by itself, then mail by wave, sender, and place of the message as
/// data.
type Key = Option<(Round, General, usize)>;

impl WavePlace {
    /// The first wave, from `wave` on, in which an event with this key can come next.
    fn moves_on(&mut self, wave: Round, key: impl Fn(Round) -> Key) -> Round {
        if wave > self.wave {
            (self.wave, self.came_last) = (wave, None);
        }
        // Several timers and coins can act in one wave.
        let fits = |last: Key| last < key(self.wave) || last.is_none() && key(self.wave).is_none();
        if !self.came_last.is_none_or(fits) {
            (self.wave, self.came_last) = (self.wave + 1, None);
        }
        self.came_last = Some(key(self.wave));
        self.wave
    }
}

/// How a run goes on for ever.
pub(super) struct EndlessRun {
    /// At each pause (a place in the run, and a phase): everything before that place happens before everything from it
    /// on, which belongs to that phase.
    pub pauses: Vec<(usize, usize)>,
    /// The phase with which the cycle begins.
    pub from: usize,
    /// For each phase, and for the one after the last: the first phase that begins in the same way.
    pub begins_as: Vec<usize>,
}

/// The attack under which a run happens; `None` if it would take too many waves.
pub(super) fn attack(
    locals: &mut Locals<'_>,
    run: &LinearRun,
    endless: Option<EndlessRun>,
) -> Result<Option<NumberedAttack>, Stop> {
    let (space, case) = (locals.space, locals.case);
    let mut placing = Placing::new(locals)?;
    let mut lasso = None;
    if placing.begin()? {
        match endless {
            None => drop(placing.happen(run, &[])?),
            Some(EndlessRun { pauses, from, begins_as }) => {
                let ends = placing.happen(run, &pauses)?;
                lasso = Some(Lasso { from, begins_as, ends });
                // Messages that were not heard come after all that.
                placing.waves.last += 1;
            }
        }
        placing.end()?;
    }
    let waves = placing.waves;
    if waves.last > space.terms.rounds {
        return Ok(None);
    }
    Ok(Some(Attack { lasso, ..attack_in(space, case, waves) }))
}

/// The attack in which exactly this happens.
pub(super) fn attack_in(
    space: &Space<'_>,
    case: &InitialChoices,
    mut waves: RunWaves,
) -> NumberedAttack {
    if case.faults.is_byzantine() {
        let mut worker = space.worker(case.traitors);
        let mut enemy = ListedAdversary {
            machine: space.machine,
            waves: &waves,
            lies: Vec::new(),
            happened: BTreeSet::new(),
        };
        simulate(&mut worker, space.terms, case.roles(), &mut enemy, &space.labels());
        waves.lies = enemy.lies;
        space.lay_down(worker);
    }
    let RunWaves { lies, crashes, schedule, happenings, .. } = waves;
    let attack = Attack::new(&space.terms.graph, case.traitors, case.inputs.clone());
    Attack { faults: case.faults, lies, crashes, schedule, happenings, ..attack }
}

/// Puts each event of a run into a wave.
struct Placing<'l, 'a> {
    locals: &'l mut Locals<'a>,
    waves: RunWaves,
    places: BTreeMap<General, WavePlace>,
    /// The wave in which each message of a loyal general was sent to each receiver.
    sent_in: FxHashMap<(General, u32), Round>,
    /// The wave in which each signature was first shown.
    shown_in: FxHashMap<u32, Round>,
    /// The place of each message in the order of messages.
    ranks: FxHashMap<MessageId, usize>,
}

impl<'l, 'a> Placing<'l, 'a> {
    fn new(locals: &'l mut Locals<'a>) -> Result<Placing<'l, 'a>, Stop> {
        let space = locals.space;
        let mut all = Vec::new();
        for wire in space.terms.wires(1) {
            all.extend(locals.scope.and_next().said(space, wire)?);
        }
        let mut all = all.into_iter().unique().collect_vec();
        space.machine.sort(&mut all);
        Ok(Placing {
            locals,
            waves: RunWaves::default(),
            places: BTreeMap::new(),
            sent_in: FxHashMap::default(),
            shown_in: FxHashMap::default(),
            ranks: all.into_iter().zip(0..).collect(),
        })
    }

    /// Everybody begins, in the first wave; false if that is a fault.
    fn begin(&mut self) -> Result<bool, Stop> {
        let mut begun = Vec::new();
        for me in self.locals.acting.iter() {
            let local = match self.locals.begin(me)? {
                Reaction::Moves(local) => local,
                Reaction::Sends(local, sending) => {
                    begun.push((me, sending));
                    local
                }
                Reaction::Nothing | Reaction::Fails(_) => return Ok(false),
            };
            let place = WavePlace {
                local,
                wave: 1,
                came_last: None,
                now: Snapshot::NONE,
                heard: MailSet::NONE,
                sent_in: None,
            };
            self.places.insert(me, place);
        }
        begun.into_iter().try_for_each(|(from, sending)| self.send(from, sending, 1))?;
        Ok(true)
    }

    /// Records that something is sent in a wave.
    fn send(&mut self, from: General, sending: SendingId, wave: Round) -> Result<(), Stop> {
        let sent = self.locals.sent(sending);
        for (to, place) in &mut self.places {
            let now = self.locals.heard_by(*to, from, place.now, &sent)?;
            for number in now.mail.minus(place.now.mail).iter() {
                self.sent_in.insert((*to, number), wave);
            }
            place.now = now;
        }
        if let Some(place) = self.places.get_mut(&from) {
            place.sent_in = Some(wave);
            if self.locals.case.traitors.contains(from) {
                // What is sent next goes out in another wave: a crash happens in the middle of one.
                (place.wave, place.came_last) = (wave + 1, None);
            }
        }
        for (to, message) in sent.iter() {
            let wire = Wire { round: 1, from, to: *to };
            for number in self.locals.space.signatures_in(wire, message).iter() {
                self.shown_in.entry(*number).or_insert(wave);
            }
        }
        Ok(())
    }

    /// The place of a loyal general's message in the inbox of its receiver.
    fn key(&self, to: General, number: u32) -> (Round, General, usize) {
        let Mail { from, message, .. } = self.locals.mail[number as usize];
        (self.sent_in[&(to, number)], from, self.ranks[&message])
    }

    /// Places one event after the other, up to one that is a fault. After a pause, all go on in later waves. Returns
    /// the wave in which each phase ends, if there are pauses.
    fn happen(&mut self, run: &LinearRun, pauses: &[(usize, usize)]) -> Result<Vec<Round>, Stop> {
        let mut ends = Vec::new();
        for (number, (me, event)) in run.iter().enumerate() {
            for (_, phase) in pauses.iter().filter(|(place, _)| *place == number) {
                let last = self.waves.last;
                ends.resize(phase - 1, last);
                for place in self.places.values_mut().filter(|place| place.wave <= last) {
                    (place.wave, place.came_last) = (last + 1, None);
                }
            }
            let (wave, event) = self.put(*me, *event)?;
            self.waves.last = self.waves.last.max(wave);
            let place = self.places.get_mut(me).expect("all the loyal have begun");
            match self.locals.happens(place.local, event)? {
                Reaction::Nothing => {}
                Reaction::Moves(next) => place.local = next,
                Reaction::Sends(next, sending) => {
                    place.local = next;
                    let later = usize::from(!matches!(event, LocalEvent::Own(_)));
                    self.send(*me, sending, wave + later)?;
                }
                Reaction::Fails(_) => break,
            }
        }
        ends.push(self.waves.last);
        Ok(ends)
    }

    /// Puts an event into the first wave in which it can happen.
    fn put(&mut self, me: General, event: NamedEvent) -> Result<(Round, LocalEvent), Stop> {
        Ok(match event {
            NamedEvent::Own(event) => {
                let place = self.places.get_mut(&me).expect("all the loyal have begun");
                let wave = place.moves_on(place.wave, |_| None);
                self.waves.happenings.push(Happening { wave, general: me, event });
                (wave, LocalEvent::Own(event))
            }
            NamedEvent::Mail(mail) => {
                let Some(number) = self.locals.mail.get_index_of(&mail) else {
                    return Err(self.locals.unlike_whole(mail).into());
                };
                let number = number as u32;
                let key = self.key(me, number);
                let place = self.places.get_mut(&me).expect("all the loyal have begun");
                let wave = place.moves_on(key.0, |_| Some(key));
                place.heard = place.heard.with(number);
                let wire = Wire { round: key.0, from: mail.from, to: me };
                self.waves.shift(wire, mail.message, wave);
                (wave, LocalEvent::Mail(number))
            }
            NamedEvent::Tale(from, message) => {
                let mut tales = self.locals.tales[me.id()].iter();
                let is_it = |tale: &Tale| (tale.from, tale.message) == (from, message);
                let number = tales.position(is_it).expect("it can be said") as u32;
                let tale = &self.locals.tales[me.id()][number as usize];
                let shown = tale.needs.iter().filter_map(|number| self.shown_in.get(number));
                let first = shown.max().copied().unwrap_or(1);
                let rank = self.ranks[&message];
                let place = self.places.get_mut(&me).expect("all the loyal have begun");
                let wave = place.moves_on(first, |wave| Some((wave, from, rank)));
                let wire = Wire { round: wave, from, to: me };
                self.waves.told.entry(wire).or_default().push(message);
                (wave, LocalEvent::Tale(number))
            }
        })
    }

    /// Those who may crash do so when they have sent all that they sent in the run: in the middle of their last
    /// sending, if not everybody has heard that.
    fn crash(&mut self) {
        for general in self.locals.case.traitors.minus(self.locals.case.liars()).iter() {
            let sent_in = self.places.get(&general).and_then(|place| place.sent_in);
            let reached = self.places.iter().filter(|(_, place)| {
                let mut of_it = place.now.last.iter();
                let heard = place.heard;
                let is_its = |number: &u32| self.locals.mail[*number as usize].from == general;
                of_it.any(|number| is_its(&number) && heard.has(number))
            });
            let reaches: Generals = reached.map(|(to, _)| *to).collect();
            let round = sent_in.unwrap_or(1);
            self.waves.crashes.push(Crash { general, round, reaches });
        }
    }

    /// Messages that were not heard arrive when all is over; coins that would otherwise show their faces earlier do so
    /// then.
    fn end(&mut self) -> Result<(), Stop> {
        // What they cause is sent after that.
        let over = self.waves.last.max(1);
        self.crash();
        for (me, place) in &self.places {
            for number in place.now.mail.minus(place.heard).iter() {
                let Mail { from, message, .. } = self.locals.mail[number as usize];
                let key = self.key(*me, number);
                let wire = Wire { round: key.0, from, to: *me };
                if self.waves.crashes.iter().any(|crash| crash.silences(wire)) {
                    continue;
                }
                let last = place.came_last.filter(|_| place.wave == over);
                let in_over = over + usize::from(last.is_some_and(|last| last >= Some(key)));
                let wave = key.0.max(in_over);
                self.waves.last = self.waves.last.max(wave);
                self.waves.shift(wire, message, wave);
            }
            if self.locals.case.traitors.contains(*me) {
                continue; // It has crashed.
            }
            let mut coins = Vec::new();
            for event in self.locals.own(place.local)?.iter() {
                if let OwnEvent::Shows(coin, _) = event
                    && !coins.contains(coin)
                {
                    coins.push(*coin);
                    let wave = over + 1;
                    self.waves.last = self.waves.last.max(wave);
                    self.waves.happenings.push(Happening { wave, general: *me, event: *event });
                }
            }
        }
        Ok(())
    }
}

impl RunWaves {
    /// What was said on a wire arrives in this wave.
    fn shift(&mut self, wire: Wire, message: MessageId, wave: Round) {
        if wave > wire.round {
            let arrival = Arrival::Late(wave - wire.round);
            self.schedule.push(Shift { wire, message, arrival });
        }
    }
}

/// An adversary that has the traitors say exactly what is listed, and records its lies.
struct ListedAdversary<'a> {
    machine: &'a dyn Machine,
    /// Which of its happenings (timers and coins) have happened, by place.
    happened: BTreeSet<usize>,
    waves: &'a RunWaves,
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
        let ListedAdversary { waves, happened, .. } = self;
        let mut here = waves.happenings.iter().enumerate().filter(|(place, here)| {
            let now = (here.wave, here.general) == (wave, general);
            now && !happened.contains(place) && can.contains(&here.event)
        });
        let (place, here) = here.next()?;
        happened.insert(place);
        Some(here.event)
    }

    fn face(&mut self, wave: Round, general: General, coin: Coin) -> Option<Face> {
        face(&self.waves.happenings, wave, general, coin)
    }

    fn awaits(&self, wave: Round) -> bool {
        let told = self.waves.told.keys().any(|wire| wire.round >= wave);
        told || self.waves.happenings.iter().any(|here| here.wave > wave)
    }
}
