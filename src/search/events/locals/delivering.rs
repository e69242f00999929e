//! What the loyal can hear, and traitors can show, when something is sent.

use super::{LocalEvent, LocalId, Locals, Mail};
use crate::general::General;
use crate::machine::MessageId;
use crate::search::events::mail::{MailSet, Snapshot};
use crate::search::events::stop::Stop;
use crate::search::progress::Halt;
use crate::testable::Wire;

impl Locals<'_> {
    /// The mail of one general when this is sent to it in addition to what was sent before.
    pub fn delivered(
        &mut self,
        to: General,
        from: General,
        mut mail: MailSet,
        sent: &[(General, MessageId)],
    ) -> Result<MailSet, Stop> {
        for (_, message) in sent.iter().filter(|(receiver, _)| *receiver == to) {
            let number = |copy| Mail { from, message: *message, copy };
            let copies = (0..).find_map(|copy| {
                let place = self.mail.insert_full(number(copy)).0 as u32;
                (place as usize >= MailSet::MAX || !mail.has(place)).then_some(place)
            });
            let place = copies.expect("there are as many copies as are needed");
            if place as usize >= MailSet::MAX {
                return Err(Halt::Room.into());
            }
            mail = mail.with(place);
        }
        Ok(mail)
    }

    /// What one general can hear when this is sent as well.
    pub fn heard_by(
        &mut self,
        to: General,
        from: General,
        before: Snapshot,
        sent: &[(General, MessageId)],
    ) -> Result<Snapshot, Stop> {
        let mail = self.delivered(to, from, before.mail, sent)?;
        let signatures = self.overheard(from, before.signatures, sent);
        let last = match self.case.traitors.contains(from) {
            true => {
                let of_others = |number: &u32| self.mail[*number as usize].from != from;
                let others: MailSet = before.last.iter().filter(of_others).collect();
                others.plus(mail.minus(before.mail))
            }
            false => before.last,
        };
        Ok(Snapshot { mail, signatures, last })
    }

    /// Whether a general who has heard this much may never hear this message: its sender can have crashed in the middle
    /// of its last sending, of which the general has heard nothing.
    pub fn may_miss(&self, local: LocalId, event: LocalEvent, now: Snapshot) -> bool {
        let LocalEvent::Mail(number) = event else { return false };
        let from = self.mail[number as usize].from;
        let heard = self.heard(local);
        now.last.has(number)
            && !now
                .last
                .iter()
                .any(|other| heard.has(other) && self.mail[other as usize].from == from)
    }

    /// The signatures that traitors can show when they have seen this.
    fn overheard(&mut self, from: General, signatures: u32, sent: &[(General, MessageId)]) -> u32 {
        if !self.is_signed {
            return signatures;
        }
        let mut known = self.signatures[signatures as usize].clone();
        for (to, message) in sent {
            let wire = Wire { round: 1, from, to: *to };
            let signed = self.space.signatures_in(wire, message);
            signed.iter().for_each(|number| known.add(*number));
        }
        self.signatures.insert_full(known).0 as u32
    }
}
