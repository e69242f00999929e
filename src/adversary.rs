//! The adversary: whom it can turn, what its traitors may do, and how a verdict describes it.

mod fault_class;

use std::fmt;
use std::ops::RangeInclusive;

pub use self::fault_class::FaultClass;
use crate::general::{General, Generals};
use crate::protocol::Round;

/// What the adversary may do with the messages, timers and coins of the loyal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Timing {
    /// Every message arrives in the round, or wave, in which it is sent; timers go off only when nobody has anything to
    /// say, that of the lowest-numbered general first; coins show any face.
    ///
    /// So traitors who keep talking keep timers from going off.
    Synchronous,
    /// Asynchronous until a wave that the adversary chooses (GST); from then on all mail, late or new, arrives in its
    /// wave, and timers go off only when nothing else is left to happen.
    ///
    /// (Dwork, Lynch, Stockmeyer, JACM 1988.) What is asked of an execution that ends is broken here exactly where an
    /// asynchronous adversary breaks it, since an attack that ends has a last wave in which something is late.
    PartiallySynchronous,
    /// Mail may be late without bound and arrive in any order; timers go off at any time; coins show any face.
    ///
    /// What a loyal general sends once is heard at most once, and by the time that termination is judged it was heard.
    Asynchronous,
}

/// "synchronous", "partially-synchronous", "asynchronous".
impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Timing::Synchronous => "synchronous",
            Timing::PartiallySynchronous => "partially-synchronous",
            Timing::Asynchronous => "asynchronous",
        })
    }
}

/// What the adversary may do, in one value that `check`, `hunt`, `refute` and `strategy::attacks` all take.
///
/// A constructor says in what way traitors are faulty, and how many there are at most. Methods change the rest of the
/// defaults.
///
/// ```
/// use turncoat::{Adversary, OralMessages, check, hunt};
///
/// check(OralMessages::new(1)).generals(4).against(Adversary::byzantine(1)).assert_holds();
/// check(OralMessages::new(1)).generals(4).traitors(1).assert_holds(); // the same, in short
///
/// let reordering = Adversary::byzantine(1).any_order();
/// check(OralMessages::new(1)).generals(4).against(reordering).assert_holds();
/// hunt(OralMessages::new(1)).generals(4).against(reordering).cases(500).assert_finds_nothing();
/// ```
///
/// # What a Byzantine adversary may do
///
/// It knows everything, and speaks last in each round. In every slot of every link from a traitor it sends any
/// message of the protocol's [repertoire](crate::Repertoire), or none. It also sends at most one extra message per
/// link and round: a [stray](crate::Repertoire::strays) or a [forgery](crate::Repertoire::forgeries) of the
/// repertoire, a duplicate, or a message that belongs to another round. It hears all messages, and holds the
/// traitors' own signatures and all those that it has heard.
///
/// Messages arrive in the round in which they are sent, ordered by sender.
///
/// # Why this is the default
///
/// It is what "Byzantine, in synchronous rounds" means in the literature, plus the one extra message, which adds a
/// few percent to a search. Two powers have to be asked for. [Any order of arrival](Adversary::any_order) goes beyond
/// the model, in which the messages of a round are a set, and it multiplies the states of a search by the
/// permutations of each inbox. [Disruptions](Adversary::disrupted) break the model's promise of synchrony, and with
/// it most protocols. A hunt can afford both, but it has the same default, so that `check` would find whatever `hunt`
/// finds by default.
///
/// A verdict says what was [not covered](Adversary::lacks). If traitors are faulty in another [way](FaultClass), they
/// decide only what that class lets them decide.
///
/// More fields will be added: build an adversary with a constructor, then set its fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Adversary {
    /// In what way its traitors are faulty.
    pub faults: FaultClass,
    /// How many generals it may turn.
    pub traitors: usize,
    /// It turns exactly this many generals, not fewer.
    pub exactly: bool,
    /// It can't turn the commander.
    pub loyal_commander: bool,
    /// The only generals that it can turn, if they are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspects: Option<Generals>,
    /// In any slot it may also send nothing.
    pub silence: bool,
    /// It may send an extra message per link and round: one of the
    /// [strays](crate::Repertoire::strays) or [forgeries](crate::Repertoire::forgeries).
    pub strays: bool,
    /// The extra message may also be a duplicate, or a message of another round: early, late, or sent again. Without
    /// strays there is no extra message, so no replays either.
    pub replays: bool,
    /// At each receiver the messages of a round arrive in any order.
    pub any_order: bool,
    /// How many messages between loyal generals it may keep from arriving in their round, against the promise of
    /// synchrony.
    pub disruptions: usize,
    /// By how many rounds such a message may be late. It may also be lost.
    pub latest: Round,
    /// What it may do with the messages, timers and coins of the loyal: by default nothing if a protocol has rounds,
    /// and everything if it is event-driven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// How often it may have each loyal general crash and [restart](crate::EventDriven::restart), in protocols that are
    /// driven by events.
    #[serde(default, skip_serializing_if = "is_never")]
    pub restarts: usize,
}

fn is_never(restarts: &usize) -> bool {
    *restarts == 0
}

/// At most this many Byzantine traitors: [`Adversary::byzantine`].
impl From<usize> for Adversary {
    fn from(f: usize) -> Adversary {
        Adversary::byzantine(f)
    }
}

/// Constructors: how many traitors, and in what way they are faulty.
impl Adversary {
    /// At most `f` traitors of this class, with the default powers of the class.
    #[must_use]
    pub fn new(faults: FaultClass, f: usize) -> Adversary {
        Adversary {
            faults,
            traitors: f,
            exactly: false,
            loyal_commander: false,
            suspects: None,
            silence: true,
            strays: true,
            replays: true,
            any_order: false,
            disruptions: 0,
            latest: 0,
            timing: None,
            restarts: 0,
        }
    }

    /// At most `f` traitors, who may send any message to any general, or none.
    #[must_use]
    pub fn byzantine(f: usize) -> Adversary {
        Adversary::new(FaultClass::Byzantine, f)
    }

    /// At most `f` traitors, who obey until they crash.
    #[must_use]
    pub fn crash(f: usize) -> Adversary {
        Adversary::new(FaultClass::Crash, f)
    }

    /// At most `f` traitors, who obey, but fail to send some of their messages.
    #[must_use]
    pub fn send_omission(f: usize) -> Adversary {
        Adversary::new(FaultClass::SendOmission, f)
    }

    /// At most `f` traitors, who obey, but fail to receive some of their messages.
    #[must_use]
    pub fn receive_omission(f: usize) -> Adversary {
        Adversary::new(FaultClass::ReceiveOmission, f)
    }
}

/// More or fewer powers.
impl Adversary {
    /// Exactly this many traitors, not fewer.
    #[must_use]
    pub fn exactly(self) -> Adversary {
        Adversary { exactly: true, ..self }
    }

    /// With a loyal commander. Then only validity is required, and it implies agreement.
    #[must_use]
    pub fn loyal_commander(self) -> Adversary {
        Adversary { loyal_commander: true, ..self }
    }

    /// With traitors only among these generals: all others are loyal.
    ///
    /// ```
    /// use turncoat::{Adversary, General, Generals, Graph, SignedMessages, check};
    ///
    /// // On a path, with a commander who is a traitor, SM(2) takes one round more than SM(1).
    /// let commander = Generals::NONE.with(General::COMMANDER);
    /// let adversary = Adversary::byzantine(1).exactly().suspects(commander);
    /// check(SignedMessages::new(2)).on(Graph::path(4)).against(adversary).assert_holds();
    /// check(SignedMessages::new(1)).on(Graph::path(4)).against(adversary).assert_broken();
    /// ```
    #[must_use]
    pub fn suspects(self, suspects: Generals) -> Adversary {
        Adversary { suspects: Some(suspects), ..self }
    }

    /// Traitors send something in every slot. This is only for protocols in which loyal generals do so, too; others
    /// are refused.
    #[must_use]
    pub fn without_silence(self) -> Adversary {
        Adversary { silence: false, ..self }
    }

    /// Traitors send no extra messages: no strays, no forgeries, and no replays.
    #[must_use]
    pub fn without_strays(self) -> Adversary {
        Adversary { strays: false, replays: false, ..self }
    }

    /// Traitors send no duplicates, and no messages that belong to another round.
    #[must_use]
    pub fn without_replays(self) -> Adversary {
        Adversary { replays: false, ..self }
    }

    /// The messages of a round arrive in any order, rather than ordered by sender.
    #[must_use]
    pub fn any_order(self) -> Adversary {
        Adversary { any_order: true, ..self }
    }

    /// Breaks the promise of synchrony: this many messages between loyal generals may be lost, or be at most `latest`
    /// rounds late.
    #[must_use]
    pub fn disrupted(self, disruptions: usize, latest: Round) -> Adversary {
        Adversary { disruptions, latest, ..self }
    }
}

/// For event-driven protocols.
impl Adversary {
    /// With this power over the messages, timers and coins of the loyal.
    ///
    /// ```
    /// use turncoat::adversary::Timing;
    /// use turncoat::{Adversary, ReliableBroadcast, hunt};
    ///
    /// let punctual = Adversary::byzantine(1).timed(Timing::Synchronous);
    /// hunt(ReliableBroadcast::new()).generals(4).against(punctual).cases(500).assert_finds_nothing();
    /// ```
    #[must_use]
    pub fn timed(self, timing: Timing) -> Adversary {
        Adversary { timing: Some(timing), ..self }
    }

    /// Each loyal general may crash this often, between any two events, and [restarts](crate::EventDriven::restart) at once
    /// with what it had stored. A crash in the middle of a reaction, when only some of its messages are out, is not covered.
    ///
    /// ```
    /// use turncoat::{Adversary, ReliableBroadcast, check, hunt};
    ///
    /// let crashing = Adversary::byzantine(1).restarting(1);
    /// check(ReliableBroadcast::new()).generals(4).against(crashing).assert_holds();
    /// // A general that has not stored its vote votes again.
    /// hunt(ReliableBroadcast::new().forgetful()).generals(4).against(crashing).assert_finds();
    /// ```
    #[must_use]
    pub fn restarting(self, restarts: usize) -> Adversary {
        Adversary { restarts, ..self }
    }

    /// Whether it may delay messages without bound, at least for some time.
    pub(crate) fn delays(&self) -> bool {
        matches!(self.timing, Some(Timing::PartiallySynchronous | Timing::Asynchronous))
    }

    /// Whether there is a wave, GST, from which on every message is in time.
    pub(crate) fn has_gst(&self) -> bool {
        self.timing == Some(Timing::PartiallySynchronous)
    }

    /// The same adversary against an event-driven protocol: in every wave traitors send any messages of its alphabet,
    /// so there are no strays.
    pub(crate) fn in_waves(self) -> Adversary {
        let timing = self.timing.or(Some(Timing::Asynchronous));
        Adversary { timing, strays: false, replays: false, any_order: false, ..self }
    }
}

/// A power over messages and their arrival that an [adversary](Adversary) may have or lack.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// To send nothing in a slot: [`Adversary::silence`].
    Silence,
    /// To send stray messages and forgeries: [`Adversary::strays`].
    Strays,
    /// To have messages arrive in any order: [`Adversary::any_order`].
    AnyOrder,
    /// To send duplicates and messages of other rounds: [`Adversary::replays`].
    Replays,
    /// To delay messages, and to have timers go off early: [`Timing::Asynchronous`].
    Lateness,
    /// To delay messages for ever, not only for some time: [`Timing::Asynchronous`].
    EndlessLateness,
}

/// What is not covered without the power.
impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Power::Silence => "silence",
            Power::Strays => "stray messages",
            Power::AnyOrder => "any order of arrival",
            Power::Replays => "duplicates and messages of other rounds",
            Power::Lateness => "late mail and early timers",
            Power::EndlessLateness => "mail that is late again and again for ever",
        })
    }
}

impl Adversary {
    /// Which of these generals it can turn.
    #[must_use]
    pub fn suspects_among(&self, generals: Generals) -> Generals {
        let but_for = generals.minus(self.suspects.unwrap_or(generals));
        let suspects = generals.minus(but_for);
        if self.loyal_commander { suspects.without(General::COMMANDER) } else { suspects }
    }

    /// How many traitors there can be.
    #[must_use]
    pub fn sizes(&self) -> RangeInclusive<usize> {
        if self.exactly { self.traitors..=self.traitors } else { 0..=self.traitors }
    }

    /// The powers that traitors of this class could have, but were not given.
    ///
    /// ```
    /// use turncoat::Adversary;
    /// use turncoat::adversary::Power;
    ///
    /// assert_eq!(Adversary::byzantine(1).lacks(), [Power::AnyOrder]);
    /// let weaker = Adversary::byzantine(1).without_strays().any_order();
    /// assert_eq!(weaker.lacks(), [Power::Strays, Power::Replays]);
    /// ```
    #[must_use]
    pub fn lacks(&self) -> Vec<Power> {
        let lies = self.faults.is_byzantine();
        match self.timing {
            Some(Timing::Asynchronous) => return Vec::new(),
            Some(Timing::PartiallySynchronous) => return vec![Power::EndlessLateness],
            Some(Timing::Synchronous) => return vec![Power::Lateness, Power::AnyOrder],
            None => {}
        }
        let lacks = [
            (lies && !self.silence, Power::Silence),
            (lies && !self.strays, Power::Strays),
            (!self.any_order, Power::AnyOrder),
            (lies && !(self.strays && self.replays), Power::Replays),
        ];
        lacks.into_iter().filter_map(|(lacks, power)| lacks.then_some(power)).collect()
    }
}

/// "every set of at most 1 traitor; any repertoire message or silence per slot; at most one extra ..."
impl fmt::Display for Adversary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(false, false))
    }
}

impl Adversary {
    /// ", who can only be generals 0 and 4", if only some can be turned.
    pub(crate) fn only(&self) -> String {
        let names = self.suspects.map(|suspects| suspects.numbered("general"));
        names.map(|names| format!(", who can only be {names}")).unwrap_or_default()
    }

    /// What it may do, in one sentence. The sentence says more where messages are signed or forged.
    pub(crate) fn told(&self, signed: bool, forgeries: bool) -> String {
        let bound = if self.exactly { "exactly" } else { "at most" };
        let noun = if self.traitors == 1 { "traitor" } else { "traitors" };
        let commander = if self.loyal_commander { " without the commander" } else { "" };
        let only = self.only();
        let mut told =
            vec![format!("every set of {bound} {} {noun}{commander}{only}", self.traitors)];
        match self.faults {
            FaultClass::Byzantine if self.timing.is_some() => {
                told.push("any message of the alphabet to anybody at any time, or none".to_owned());
                if signed {
                    told.push("only signatures made by traitors or overheard".to_owned());
                }
            }
            FaultClass::Byzantine => {
                let silence = if self.silence { " or silence" } else { "" };
                told.push(format!("any repertoire message{silence} per slot"));
                if self.strays {
                    let kinds = match (forgeries, self.replays) {
                        (false, false) => "stray",
                        (true, false) => "stray or forged",
                        (false, true) => "stray, duplicate or of another round",
                        (true, true) => "stray, forged, duplicate or of another round",
                    };
                    told.push(format!("at most one extra message per link per round ({kinds})"));
                }
                if signed {
                    told.push("only signatures made by traitors or overheard".to_owned());
                }
            }
            FaultClass::Crash => told.push(
                "each may crash in any round, after reaching any subset of its recipients"
                    .to_owned(),
            ),
            FaultClass::SendOmission => {
                told.push("any message that they send may be omitted".to_owned());
            }
            FaultClass::ReceiveOmission => {
                told.push("any message that they should receive may be omitted".to_owned());
            }
        }
        match self.restarts {
            0 => {}
            1 => told.push("each loyal general may crash once and restart".to_owned()),
            often => told.push(format!("each loyal general may crash {often} times and restart")),
        }
        match self.timing {
            Some(Timing::Asynchronous) => {
                told.push("mail is late without bound, in any order".to_owned());
                told.push("timers go off at any time, and coins show any face".to_owned());
                return told.join("; ");
            }
            Some(Timing::PartiallySynchronous) => {
                told.push("until a wave of its choice (GST) mail is late, in any order".to_owned());
                told.push(
                    "timers go off at any time until then, and coins show any face".to_owned(),
                );
                return told.join("; ");
            }
            Some(Timing::Synchronous) => {
                told.push("mail arrives in the wave in which it is sent, by sender".to_owned());
                told.push("timers go off when all is quiet, and coins show any face".to_owned());
                return told.join("; ");
            }
            None => {}
        }
        let delivery = if self.any_order { "in any order" } else { "ordered by sender" };
        told.push(format!("delivery {delivery}"));
        if self.disruptions > 0 {
            let messages = if self.disruptions == 1 { "message" } else { "messages" };
            let late = match self.latest {
                0 => String::new(),
                1 => " or one round late".to_owned(),
                latest => format!(" or up to {latest} rounds late"),
            };
            told.push(format!(
                "against synchrony, at most {} {messages} between loyal generals lost{late}",
                self.disruptions
            ));
        }
        told.join("; ")
    }

    /// What was not covered because it lacks powers, if it lacks any: "stray messages, any order of arrival". Where
    /// messages are signed, forgeries count as stray messages.
    pub(crate) fn not_covered(&self, signed: bool) -> Option<String> {
        let told = self.lacks().into_iter().map(|power| match power {
            Power::Strays if signed => "stray and forged messages".to_owned(),
            _ => power.to_string(),
        });
        let told = told.collect::<Vec<_>>().join(", ");
        (!told.is_empty()).then_some(told)
    }
}
