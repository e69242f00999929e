//! What is sent in one wave, and what of it is left out by faulty generals who otherwise obey.

use itertools::Itertools;

use super::Synchronous;
use super::node::{LeftOut, Letter, Outlook, WaveInbox, WaveNode};
use crate::adversary::FaultClass;
use crate::general::{General, Generals};
use crate::search::events::stop::Stop;
use crate::search::progress::Halt;
use crate::testable::Wire;

/// The most messages that one traitor may send at once, or receivers it may have, if every choice of leaving some out
/// is to be tried; and the most such choices of all traitors together.
const MOST_LEFT_OUT: usize = 16;
const MOST_WAYS: usize = 1 << 18;

impl Synchronous<'_> {
    /// Every choice of what is left out of what is sent in a wave.
    pub(super) fn left_out(&self, outlooks: &[Option<Outlook>]) -> Result<Vec<LeftOut>, Stop> {
        let faulty = |me: &General| self.case.traitors.contains(*me);
        let mut all = vec![LeftOut::default()];
        for (me, outlook) in self.acting.iter().zip(outlooks).filter(|(me, _)| faulty(me)) {
            let Some(Outlook { sends, .. }) = outlook else { continue };
            if matches!(self.case.faults, FaultClass::Crash | FaultClass::SendOmission) {
                let most = sends.len().min(MOST_LEFT_OUT + 1);
                if most > MOST_LEFT_OUT || all.len() << most > MOST_WAYS {
                    return Err(Halt::Room.into());
                }
            }
            let before = std::mem::take(&mut all);
            match self.case.faults {
                FaultClass::Byzantine | FaultClass::ReceiveOmission => all = before,
                FaultClass::Crash => {
                    let reached: Generals = sends.iter().map(|(to, _)| *to).collect();
                    let subsets = (0..=reached.len()).flat_map(|size| reached.subsets(size));
                    // A general who still reaches all of them crashes in the next wave instead.
                    let subsets = subsets.filter(|some| reached.is_empty() || *some != reached);
                    let ways = [None].into_iter().chain(subsets.map(Some)).collect_vec();
                    for (before, way) in before.iter().cartesian_product(ways) {
                        let crashes = before.crashes.iter().copied();
                        let crashes = crashes.chain(way.map(|reached| (*me, reached))).collect();
                        all.push(LeftOut { crashes, ..LeftOut::default() });
                    }
                }
                FaultClass::SendOmission => {
                    let unsent = sends.iter().map(|(to, message)| (*me, *to, *message));
                    for (before, unsent) in before.iter().cartesian_product(unsent.powerset()) {
                        let unsent = before.unsent.iter().copied().chain(unsent).collect();
                        all.push(LeftOut { unsent, ..LeftOut::default() });
                    }
                }
            }
        }
        Ok(all)
    }

    /// What arrives in a wave, by sender and receiver; and the signatures that traitors can show by then.
    pub(super) fn sent(
        &mut self,
        node: &WaveNode,
        outlooks: &[Option<Outlook>],
        left_out: &LeftOut,
    ) -> Result<(Vec<Letter>, u32), Stop> {
        let mut sent = Vec::new();
        let mut known = self.signatures[node.signatures as usize].clone();
        for (from, outlook) in self.acting.iter().zip(outlooks) {
            let Some(Outlook { sends, .. }) = outlook else { continue };
            let crash = left_out.crashes.iter().find(|(gone, _)| gone == from);
            for (to, message) in sends.iter() {
                let mut unsent = left_out.unsent.iter();
                let is_lost = crash.is_some_and(|(_, reached)| !reached.contains(*to))
                    || unsent.any(|unsent| *unsent == (*from, *to, *message));
                let wire = Wire { round: 1, from: *from, to: *to };
                if self.described.insert((*from, *to, *message)) {
                    self.space.placed(wire, &[*message])?;
                }
                if !is_lost {
                    sent.push((*from, *to, *message));
                    let numbers = self.space.signatures_in(wire, message);
                    numbers.iter().for_each(|number| known.add(*number));
                }
            }
        }
        let known = match self.space.is_signed() && self.acting.len() < self.space.terms.n() {
            true => self.signatures.insert_full(known).0 as u32,
            false => 0,
        };
        Ok((sent, known))
    }

    /// What a general can hear in a wave, by sender.
    pub(super) fn inbox(&self, to: General, sent: &[Letter], signatures: u32) -> WaveInbox {
        let deaf = self.case.faults == FaultClass::ReceiveOmission;
        let deaf = deaf && self.case.traitors.contains(to);
        let known = &self.signatures[signatures as usize];
        let mail = sent.iter().filter(|(_, receiver, _)| *receiver == to);
        let mail = mail.map(|(from, _, message)| (*from, *message, deaf.then_some(false)));
        let tales = self.tales[to.id()].iter();
        let tales = tales.filter(|tale| tale.needs.is_empty() || known.has_all(&tale.needs));
        let mut inbox = mail.collect_vec();
        inbox.extend(tales.map(|tale| (tale.from, tale.message, Some(true))));
        inbox.sort_by_key(|(from, ..)| *from);
        inbox
    }
}
