//! Whether traitors can keep everybody undecided for ever, whatever the common coins show: a game in which each phase
//! is a turn.
//!
//! The traitors, who also decide which mail is late, play until enough loyal generals have asked for the coin. Then it
//! shows a face that they could not know, and they play on to the end of the phase. All loyal generals end the phase,
//! so nothing is held back for ever. The traitors win from a vector that is carried into a phase if, whatever the face,
//! they can end the phase with nobody decided and with a vector from which they win again. The greatest set of such
//! vectors is a fixpoint: vectors that do not qualify are removed, until none has to be.
//!
//! A phase in which nobody needs the coin can end as well. Local coins are not treated here: they would show whatever
//! the traitors like.
//!
//! Before the coin, it is best to stop each general just after it has sent something or asked for the coin: whatever it
//! could hear after that, it can hear later as well.

use std::collections::BTreeMap;

use itertools::Itertools;
use rustc_hash::{FxHashMap, FxHashSet};

use super::board::{Board, BoardOptions};
use super::columns::{Columns, PhaseEnd, SnapshotId};
use super::group::RenamingId;
use super::locals::{CoinFace, LocalEvent, LocalId, Reaction, SendingId, Stage};
use super::mail::HeardPrice;
use super::start::Start;
use super::stop::Stop;
use crate::general::General;
use crate::protocol::events::{Coin, FACES, Face, OwnEvent};
use crate::search::budget::StepBudget;

/// The order in which generals send.
pub(super) type Sendings = Vec<(General, SendingId)>;

/// How a turn is won, in the names of the vector with which it begins.
#[derive(Clone, Debug)]
pub(super) struct GameTurn {
    /// What is sent before the coin; asking for it counts as a sending.
    pub before: Sendings,
    /// Each general's local state at that point.
    pub asked: Vec<LocalId>,
    /// How it goes on, by face.
    pub after: [TurnEnd; 2],
}

/// How a phase ends after the coin.
#[derive(Clone, Debug)]
pub(super) struct TurnEnd {
    /// What is sent after the coin.
    pub sendings: Sendings,
    /// How each general ends the phase.
    pub ends: Vec<PhaseEnd>,
    /// The number of the vector that is carried on, and the renaming of generals that leads to it.
    pub next: usize,
    pub renaming: RenamingId,
}

/// How the game is played.
#[derive(Clone, Copy, Debug)]
pub(super) struct GameRules {
    /// The coin shows its face when this many loyal generals have asked for it.
    pub needed: usize,
    /// Whether only generals who would not decide as soon as the coin shows its face may wait for it: then a win is
    /// found soon, if there is one.
    pub hasty: bool,
}

/// The state of the game.
pub(super) struct Game<'g, 'a> {
    pub columns: &'g mut Columns<'a>,
    pub options: BoardOptions,
    /// Every vector that can be carried into a phase, with its number.
    pub vectors: FxHashMap<Start, usize>,
    pub rules: GameRules,
}

impl Game<'_, '_> {
    /// For each vector from which the traitors win: how they play.
    pub fn won(mut self, budget: &mut StepBudget<'_>) -> Result<BTreeMap<usize, GameTurn>, Stop> {
        let all = self.vectors.iter().map(|(vector, number)| (*number, vector.clone()));
        let mut left: BTreeMap<usize, Start> = all.collect();
        left.retain(|_, vector| self.is_open(vector));
        let mut turns: BTreeMap<usize, GameTurn> = BTreeMap::new();
        loop {
            let is_good =
                |turn: &GameTurn| turn.after.iter().all(|end| left.contains_key(&end.next));
            let is_due = |number: &usize| !turns.get(number).is_some_and(is_good);
            let due = left.keys().copied().filter(is_due).collect_vec();
            if due.is_empty() {
                turns.retain(|number, _| left.contains_key(number));
                return Ok(turns);
            }
            for number in due {
                match self.turn(&left[&number], &left, budget)? {
                    Some(turn) => drop(turns.insert(number, turn)),
                    None => drop(left.remove(&number)),
                }
            }
        }
    }

    /// Whether everybody is present and nobody has decided.
    fn is_open(&mut self, vector: &Start) -> bool {
        vector.0.iter().all(|(local, _)| {
            let present = self.columns.locals.stage(*local) == Stage::Present;
            present && self.columns.locals.decision(*local) == Ok(None)
        })
    }

    /// How a turn that begins like this is won, with one of the vectors `left` carried on; `None` if it can't be.
    fn turn(
        &mut self,
        begins: &Start,
        left: &BTreeMap<usize, Start>,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<GameTurn>, Stop> {
        let start = begins.with_face(&mut self.columns.locals, CoinFace::Hidden);
        let mut board = Board::new(self.columns, self.options);
        board.explored(&start, HeardPrice::MAX, budget)?;
        let mut nodes = Vec::new();
        for (node, histories, now) in board.nodes() {
            nodes.push((histories, now, board.leading_to(node)?));
        }
        // Perhaps nobody needs the coin.
        let ended = ends_of(&mut board)?;
        if let Some(end) = self.kept_open(ended, left, budget)? {
            let asked = start.0.iter().map(|(local, _)| *local).collect();
            return Ok(Some(GameTurn { before: Vec::new(), asked, after: [end.clone(), end] }));
        }
        let mut tried: FxHashSet<(Vec<LocalId>, Vec<SnapshotId>)> = FxHashSet::default();
        for (histories, now, (before, back)) in nodes {
            let mut places = Vec::new();
            for history in histories {
                let mut open = Vec::new();
                for (local, _) in self.columns.seeds(history, budget)? {
                    if !self.rules.hasty || !self.may_decide(local)? {
                        open.push(local);
                    }
                }
                places.push(open);
            }
            for asked in places.into_iter().multi_cartesian_product() {
                budget.step()?;
                let locals = &mut self.columns.locals;
                let waiting = asked.iter().filter(|local| locals.waits_for_coin(**local)).count();
                if waiting < self.rules.needed || !tried.insert((asked.clone(), now.clone())) {
                    continue;
                }
                let asked = self.columns.renamed_locals(&asked, back)?;
                let now = self.columns.renamed_now(&now, back)?;
                let mut after = Vec::new();
                for face in FACES {
                    match self.end(&asked, &now, face, left, budget)? {
                        Some(end) => after.push(end),
                        None => break,
                    }
                }
                if let Ok(after) = <[_; 2]>::try_from(after) {
                    return Ok(Some(GameTurn { before, asked, after }));
                }
            }
        }
        Ok(None)
    }

    /// Whether a general waits for the coin, and decides as soon as it shows one of its faces.
    fn may_decide(&mut self, local: LocalId) -> Result<bool, Stop> {
        let locals = &mut self.columns.locals;
        if !locals.waits_for_coin(local) {
            return Ok(false);
        }
        for face in FACES {
            let shown = locals.with_face(local, CoinFace::Shows(face));
            let event = LocalEvent::Own(OwnEvent::Shows(Coin::Common(1), face));
            if let Reaction::Moves(next) | Reaction::Sends(next, _) =
                locals.happens(shown, event)?
                && locals.decision(next) != Ok(None)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How the phase ends if the coin shows this face, with one of the vectors `left` carried on; `None` if it can't.
    fn end(
        &mut self,
        asked: &[LocalId],
        now: &[SnapshotId],
        face: Face,
        left: &BTreeMap<usize, Start>,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<TurnEnd>, Stop> {
        let mut histories = Vec::new();
        for local in asked {
            let local = self.columns.locals.with_face(*local, CoinFace::Shows(face));
            histories.push(self.columns.start(local));
        }
        let mut board = Board::new(self.columns, self.options);
        board.explored_from(histories, now.to_vec(), HeardPrice::MAX, budget)?;
        let ended = ends_of(&mut board)?;
        self.kept_open(ended, left, budget)
    }

    /// One of these ends of a phase in which everybody ends it, with one of the vectors `left` carried on; `None` if
    /// there is none.
    fn kept_open(
        &mut self,
        ended: Vec<NodeEnds>,
        left: &BTreeMap<usize, Start>,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<TurnEnd>, Stop> {
        for (ends, (mut sendings, back)) in ended {
            let ended = ends.into_iter().map(|own| {
                own.into_iter().filter(|end| matches!(end, PhaseEnd::Ended(_))).collect_vec()
            });
            for ends in ended.multi_cartesian_product() {
                budget.step()?;
                let ends = self.columns.renamed_ends(&ends, back)?;
                let (vector, renaming) = Start::carried(self.columns, &ends)?;
                let number = self.vectors.get(&vector).copied();
                if let Some(next) = number.filter(|number| left.contains_key(number)) {
                    // A sending that only asked for the coin has done its part.
                    let locals = &self.columns.locals;
                    sendings.retain(|(_, sending)| !locals.sent(*sending).is_empty());
                    return Ok(Some(TurnEnd { sendings, ends, next, renaming }));
                }
            }
        }
        Ok(None)
    }
}

/// How each general can have ended a phase in a node, what leads to the node, and the renaming back from its names.
type NodeEnds = (Vec<Vec<PhaseEnd>>, (Sendings, RenamingId));

fn ends_of(board: &mut Board<'_, '_>) -> Result<Vec<NodeEnds>, Stop> {
    let ends = std::mem::take(&mut board.ends).into_iter();
    ends.map(|(ends, node)| Ok((ends, board.leading_to(node)?))).collect()
}
