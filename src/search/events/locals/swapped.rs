//! Local states, messages and what is sent when two generals who are alike have changed places: each is asked
//! for once.

use super::{Local, LocalId, Locals, Mail, SendingId};
use crate::general::Swap;
use crate::search::events::mail::MailSet;
use crate::search::events::stop::Stop;
use crate::search::progress::Halt;
use crate::testable::Refusal;

/// What is not known.
const UNKNOWN: u32 = u32::MAX;

/// The number of a pair.
fn pair(Swap { one, other }: Swap) -> usize {
    let (low, high) = (one.id().min(other.id()), one.id().max(other.id()));
    high * (high - 1) / 2 + low
}

/// Where what a pair makes of something stands, among so many generals.
fn place(row: &mut Box<[u32]>, n: usize, swap: Swap) -> &mut u32 {
    if row.is_empty() {
        *row = vec![UNKNOWN; n * (n - 1) / 2].into();
    }
    &mut row[pair(swap)]
}

impl Locals<'_> {
    /// The same local state when two who are alike have changed places.
    pub fn swapped(&mut self, local: LocalId, swap: Swap) -> Result<LocalId, Stop> {
        let n = self.space.terms.n();
        let known = *place(&mut self.rows[local as usize].swapped, n, swap);
        if known != UNKNOWN {
            return Ok(known);
        }
        let Local { general, state, heard } = self.locals[local as usize];
        let state = self.worker.swapped(state, swap)?;
        let heard = self.swapped_mail(heard, swap)?;
        let swapped = self.number(Local { general: swap.of(general), state, heard });
        *place(&mut self.rows[local as usize].swapped, n, swap) = swapped;
        *place(&mut self.rows[swapped as usize].swapped, n, swap) = local;
        Ok(swapped)
    }

    pub fn swapped_mail(&mut self, mail: MailSet, swap: Swap) -> Result<MailSet, Stop> {
        let n = self.space.terms.n();
        self.swapped_mail.resize_with(self.mail.len(), Box::default);
        let mut swapped = MailSet::NONE;
        for number in mail.iter() {
            let known = *place(&mut self.swapped_mail[number as usize], n, swap);
            let renamed = if known == UNKNOWN { self.renamed_mail(number, swap)? } else { known };
            swapped = swapped.with(renamed);
        }
        Ok(swapped)
    }

    fn renamed_mail(&mut self, number: u32, swap: Swap) -> Result<u32, Stop> {
        let Mail { from, message, copy } = self.mail[number as usize];
        let message = self.space.machine.swapped_message(message, swap)?;
        let renamed = self.mail.insert_full(Mail { from: swap.of(from), message, copy }).0;
        if renamed >= MailSet::MAX {
            return Err(Halt::Room.into());
        }
        let n = self.space.terms.n();
        *place(&mut self.swapped_mail[number as usize], n, swap) = renamed as u32;
        Ok(renamed as u32)
    }

    pub fn swapped_sending(&mut self, sending: SendingId, swap: Swap) -> Result<SendingId, Stop> {
        let sent = self.sent(sending);
        let swapped = sent.iter().map(|(to, message)| {
            Ok((swap.of(*to), self.space.machine.swapped_message(*message, swap)?))
        });
        let mut swapped: Vec<_> = swapped.collect::<Result<_, Refusal>>()?;
        let machine = self.space.machine;
        swapped.sort_by(|(one, message), (other, another)| {
            one.cmp(other).then_with(|| machine.compare(*message, *another))
        });
        Ok(self.sendings.insert_full(swapped.into()).0 as u32)
    }
}
