//! Local states, messages and sendings when two generals who are alike have changed places: each is computed once.

use super::{EndedId, LocalId, Locals, Mail, SendingId, Stage};
use crate::general::Swap;
use crate::search::events::mail::MailSet;
use crate::search::events::stop::Stop;
use crate::search::progress::Halt;
use crate::testable::Refusal;

/// Stands for what is not known yet.
const UNKNOWN: u32 = u32::MAX;

/// The number of a pair of generals.
fn pair(Swap { one, other }: Swap) -> usize {
    let (low, high) = (one.id().min(other.id()), one.id().max(other.id()));
    high * (high - 1) / 2 + low
}

/// Where the result for a pair stands in a row, among `n` generals.
fn place(row: &mut Box<[u32]>, n: usize, swap: Swap) -> &mut u32 {
    if row.is_empty() {
        *row = vec![UNKNOWN; n * (n - 1) / 2].into();
    }
    &mut row[pair(swap)]
}

impl Locals<'_> {
    /// The local state when two generals who are alike have changed places.
    pub fn swapped(&mut self, local: LocalId, swap: Swap) -> Result<LocalId, Stop> {
        let n = self.space.terms.n();
        let known = *place(&mut self.rows[local as usize].swapped, n, swap);
        if known != UNKNOWN {
            return Ok(known);
        }
        let mut renamed = self.locals[local as usize];
        renamed.general = swap.of(renamed.general);
        renamed.heard = self.swapped_mail(renamed.heard, swap)?;
        renamed.stage = self.swapped_stage(renamed.stage, swap)?;
        if !matches!(renamed.stage, Stage::Stuck(_)) {
            renamed.state = self.worker.swapped(renamed.state, swap)?;
        }
        let swapped = self.number(renamed);
        *place(&mut self.rows[local as usize].swapped, n, swap) = swapped;
        *place(&mut self.rows[swapped as usize].swapped, n, swap) = local;
        Ok(swapped)
    }

    fn swapped_stage(&mut self, stage: Stage, swap: Swap) -> Result<Stage, Stop> {
        Ok(match stage {
            Stage::Ended(ended) => Stage::Ended(self.swapped_ended(ended, swap)?),
            Stage::Present | Stage::Stuck(_) => stage,
        })
    }

    pub fn swapped_ended(&mut self, ended: EndedId, swap: Swap) -> Result<EndedId, Stop> {
        let mut ended = self.ended[ended as usize];
        ended.state = self.worker.swapped(ended.state, swap)?;
        if let Some(sending) = &mut ended.sending {
            *sending = self.swapped_sending(*sending, swap)?;
        }
        Ok(self.ended.insert_full(ended).0 as EndedId)
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
