//! The last round of the exhaustive engine: no product of states is needed, only of the decisions to
//! which each loyal general can be brought.

use std::borrow::Cow;

use super::branching::ReceivedBy;
use super::effort::Meter;
use super::end::{End, EndOf};
use super::ground::{Book, Global, Ground, Hand, Outboxes, Said};
use super::overheard::Overheard;
use super::received::{Branch, Trace};
use super::script::Script;
use crate::general::{General, Generals};
use crate::property::Violation;
use crate::protocol::Lockstep;
use crate::testable::Testable;

/// What one general can be brought to decide, each with the fewest lies it takes.
struct Outcomes<'a, P: Testable> {
    received: ReceivedBy<'a, P>,
    decisions: Vec<Brought<P>>,
}

/// A decision, with the fewest lies that it takes and what brings it about.
type Brought<P> = (Option<<P as Lockstep>::Value>, u32, Trace);

/// What each general decides, if it is one of those who are asked.
type Decided<P> = Vec<Option<<P as Lockstep>::Value>>;

impl<P: Testable> Ground<'_, P> {
    /// All that can follow when the last round begins in this global state, so many lies spent, and
    /// these generals stand alike.
    pub fn finish(
        &self,
        book: &Book<P>,
        global: &Global,
        alike: &[Generals],
        spent: u32,
        meter: Meter<'_>,
    ) -> (u64, Result<(), EndOf<P>>) {
        let mut hand = self.hand(meter);
        let result = self.finish_by(book, &mut hand, global, alike, spent);
        (self.lay_down(hand), result)
    }

    fn finish_by(
        &self,
        book: &Book<P>,
        hand: &mut Hand<'_, P>,
        global: &Global,
        alike: &[Generals],
        spent: u32,
    ) -> Result<(), EndOf<P>> {
        let round = self.space.terms.rounds;
        let voices = self.voices(book, hand, round, global)?;
        let Said { overheard, disrupted, fates } =
            self.said(book, &voices, round, global, spent)?;
        let enemy = (&overheard, disrupted);
        for (crashes, outboxes) in fates {
            let spent = self.spent(spent, crashes.len());
            self.end(book, hand, global, enemy, &outboxes, alike, spent)
                .map_err(|end| end.after(|| Script { crashes, ..Script::new() }))?;
        }
        Ok(())
    }

    /// To which decisions can each loyal general be brought who decides? (A commander decides
    /// nothing, but must get through the round as well.) Of those who stand alike one is asked; only
    /// if that breaks something, all.
    #[expect(clippy::too_many_arguments, reason = "all that the last round hangs on")]
    fn end(
        &self,
        book: &Book<P>,
        hand: &mut Hand<'_, P>,
        global: &Global,
        enemy: (&Overheard, u64),
        outboxes: &Outboxes<'_, P::Message>,
        alike: &[Generals],
        spent: u32,
    ) -> Result<(), EndOf<P>> {
        let mut outcomes: Vec<Outcomes<'_, P>> = Vec::new();
        let mut same = Vec::new();
        for to in self.loyal().iter() {
            let first = alike.iter().find(|alike| alike.contains(to)).and_then(|a| a.iter().next());
            let first =
                first.and_then(|first| outcomes.iter().position(|o| o.received.to == first));
            if let Some(first) = first {
                same.push((to, first));
                continue;
            }
            let honest = &outboxes[to.id()];
            outcomes.push(self.outcomes(book, hand, to, global, enemy, honest, spent)?);
            same.push((to, outcomes.len() - 1));
        }
        let mut decided = vec![None; self.space.terms.n()];
        if outcomes.len() == same.len() {
            return self.judge(&outcomes, &mut decided, spent);
        }
        let decisions = same.iter().map(|(to, place)| (*to, &outcomes[*place].decisions[..]));
        match self.is_fine(&decisions.collect::<Vec<_>>(), &mut decided) {
            true => Ok(()),
            false => self.end(book, hand, global, enemy, outboxes, &[], spent),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "all that the last round hangs on")]
    fn outcomes<'a>(
        &self,
        book: &Book<P>,
        hand: &mut Hand<'_, P>,
        to: General,
        global: &Global,
        enemy: (&Overheard, u64),
        honest: &'a [Option<Cow<'a, [P::Message]>>],
        spent: u32,
    ) -> Result<Outcomes<'a, P>, EndOf<P>> {
        let (state, round) = (book.state(global, to).clone(), self.space.terms.rounds);
        let mut received = self.received(hand, round, to, state, enemy, honest, spent)?;
        let mut decisions: Vec<Brought<P>> = Vec::new();
        let decides = self.deciders().contains(to);
        let branches = std::mem::take(&mut received.branches);
        for Branch { state, lies, trace, .. } in &branches {
            hand.meter.step()?;
            let decision = decides.then(|| hand.protocol.decide(to, state)).transpose();
            let decision = decision
                .map_err(|fault| End::from(fault).after(|| self.script(&received, *trace)))?;
            // There are few values.
            match decisions.iter_mut().find(|(known, ..)| *known == decision) {
                None => decisions.push((decision, *lies, *trace)),
                Some((_, fewest, how)) if lies < fewest => (*fewest, *how) = (*lies, *trace),
                Some(_) => {}
            }
        }
        hand.memory.spares.give(branches.into_iter().map(|branch| branch.state));
        Ok(Outcomes { decisions, received })
    }

    /// Looks at every outcome made of one decision of each general.
    fn judge(
        &self,
        outcomes: &[Outcomes<'_, P>],
        decided: &mut Decided<P>,
        spent: u32,
    ) -> Result<(), EndOf<P>> {
        let Some((first, others)) = outcomes.split_first() else { return self.ruled(decided) };
        for (decision, lies, trace) in &first.decisions {
            if self.lies_left(spent).is_none_or(|left| *lies <= left) {
                decided[first.received.to.id()].clone_from(decision);
                self.judge(others, decided, spent + lies)
                    .map_err(|end| end.after(|| self.script(&first.received, *trace)))?;
            }
        }
        Ok(())
    }

    /// Whether no outcome made of one decision of each general, as free as lies are, is a violation.
    fn is_fine(&self, outcomes: &[(General, &[Brought<P>])], decided: &mut Decided<P>) -> bool {
        let Some(((to, decisions), others)) = outcomes.split_first() else {
            return self.ruled(decided).is_ok();
        };
        decisions.iter().all(|(decision, ..)| {
            decided[to.id()].clone_from(decision);
            self.is_fine(others, decided)
        })
    }

    /// What there is to be said when all rounds are over.
    pub fn conclude(
        &self,
        book: &Book<P>,
        hand: &Hand<'_, P>,
        global: &Global,
    ) -> Result<(), EndOf<P>> {
        let mut decided = vec![None; self.space.terms.n()];
        for me in self.deciders().iter() {
            decided[me.id()] = Some(hand.protocol.decide(me, book.state(global, me))?);
        }
        self.ruled(&decided)
    }

    fn ruled(&self, decided: &Decided<P>) -> Result<(), EndOf<P>> {
        let violated = self.case.scene().violated(self.space.terms, decided);
        let violated = violated.map(Violation::Property);
        let found = |violation| Err(End::Found(violation, Box::new(Script::new())));
        violated.map_or(Ok(()), found)
    }
}
