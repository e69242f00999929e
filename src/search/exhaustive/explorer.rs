//! The exhaustive engine: every behaviour of the traitors in one case, depth first.
//!
//! A general's next state depends only on its own inbox. So the successors of a global state are a product of each
//! receiver's successors, which `receiving` finds. In the last round not even that product is needed, but only the
//! product of the decisions that each loyal general can be brought to. Global states that were met before in the same
//! round are not explored again. Of those that can be turned into each other by renaming generals who have been alike
//! so far, only one is explored.
//!
//! There are two ways to run it. If lies are free, only the loyal are followed (unless traitors obey in everything but
//! their crashes or omissions). If lies are counted, traitors are followed too, because a lie is counted relative to
//! what a loyal general would have said. Then at most a given number of lies (crashes, omissions, changes of the
//! schedule) is spent, and of equal states the one with the fewest lies is kept.

use indexmap::IndexSet;
use rustc_hash::FxHashMap;

use super::branches::{Branches, Trace};
use super::context::{Lies, RoundContext};
use super::crash_choices::RoundMessages;
use super::global_state::{GlobalState, Store};
use super::memo::{Ends, Memo};
use super::messages::Outboxes;
use super::thread::{Pool, Thread};
use crate::general::{General, Generals};
use crate::machine::StateId;
use crate::protocol::Round;
use crate::schedule::Crash;
use crate::search::budget::{MOST_STATES, StepBudget};
use crate::search::choices::initial::InitialChoices;
use crate::search::choices::space::Space;
use crate::search::decisions::Decisions;
use crate::search::milestone::CaseUnderWay;
use crate::search::outcome::{Explored, SearchOutcome};
use crate::search::part::Part;
use crate::search::progress::Halt;
use crate::search::reduction::{Reduction, Reductions};
use crate::search::symmetry::Symmetry;
use crate::search::symmetry::renaming::{Exchanges, Renamer};

/// How many global states are collected before they are explored.
const BATCH: usize = 512;

/// Explores one case.
pub(crate) struct Explorer<'a> {
    context: RoundContext<'a>,
    thread: Thread<'a>,
    pub(crate) store: Store<'a>,
    /// The global states met before, by the round that begins in them, each with the lies spent.
    pub(crate) visited: Vec<FxHashMap<GlobalState, u32>>,
    /// How many there are.
    held: usize,
    renamer: Renamer<'a>,
    /// Which part of the case is explored.
    splits: Vec<Split>,
    /// The milestones of this case, if they are kept.
    under_way: Option<CaseUnderWay<'a>>,
    /// How many of the global states in which the last round begins are done, and the steps that this took.
    finished: (usize, u64),
}

/// How a case is explored.
pub(crate) struct Exploration<'a> {
    pub lies: Lies,
    /// The reductions to use.
    pub reductions: Reductions,
    /// The symmetry to use, if any.
    pub symmetry: Option<&'a Symmetry<'a>>,
    /// What was learned in other cases.
    pub pool: &'a Pool,
    /// If given, only this part of the case is explored.
    pub part: Option<Part>,
    /// Where to resume, if milestones are kept.
    pub under_way: Option<CaseUnderWay<'a>>,
}

/// What one general can reach, each with the fewest lies it takes.
struct Options<'o> {
    to: General,
    /// How it gets there; `None` if only the states themselves are known.
    received: Option<Branches<'o>>,
    /// The number of each state, the lies, and the trace that leads there.
    choices: Vec<(Option<StateId>, u32, Trace)>,
}

/// A global state to explore.
struct Successor {
    global: GlobalState,
    spent: u32,
    /// What each receiver came to, as a place among its options.
    picks: Vec<usize>,
}

impl<'a> Explorer<'a> {
    pub fn new(
        space: &'a Space<'a>,
        case: &'a InitialChoices,
        Exploration { lies, reductions, symmetry, pool, part, under_way }: Exploration<'a>,
        budget: StepBudget<'a>,
    ) -> Explorer<'a> {
        let context = RoundContext::new(space, case, lies, reductions, symmetry, pool);
        let thread = context.thread(budget);
        let store = pool.store(space.machine);
        let visited = vec![FxHashMap::default(); space.terms.rounds + 2];
        let renamer = Renamer::new(symmetry);
        // Each case begins at a different place, so that small cases do not all fall into one part.
        let input = |input| space.terms.values.iter().position(|value| value == input);
        let inputs = case.inputs.values().map(|given| input(given).unwrap_or_default());
        let ids = case.traitors.iter().map(General::id);
        let place = ids.chain(inputs).fold(0_usize, |place, next| place * 31 % 9973 + next);
        let splits = part.map_or_else(Vec::new, |part| splits(part, space.terms.rounds, place));
        let (held, finished) = (0, (0, under_way.map_or(0, |case| case.last_round)));
        Explorer { context, thread, store, visited, held, renamer, splits, under_way, finished }
    }

    /// The same explorer, but with every call made twice to see whether the answers agree.
    pub fn thorough(mut self) -> Explorer<'a> {
        self.context.thorough = true;
        let Thread { worker, budget, lacking, .. } = self.thread;
        let thread = Thread { worker: worker.thorough(), memo: Memo::default(), budget, lacking };
        Explorer { thread, ..self }
    }

    /// Explores all behaviours of the case.
    pub fn explore(mut self) -> Explored {
        let result = self.begin();
        (self.context.lay_down(self.thread), result)
    }

    pub(crate) fn begin(&mut self) -> Result<(), SearchOutcome> {
        let RoundContext { case, space, .. } = self.context;
        if space.terms.asked.of_course().is_some() {
            // The course of an execution is lost where executions that reach the same states are merged.
            return Err(Halt::Steps.into());
        }
        let global = self.context.start(&case.inputs, &mut self.thread, &mut self.store)?;
        let spent = self.context.lies_left(0).map_or(0, |_| case.disruptions.len() as u32);
        if self.context.lies_left(0).is_some_and(|left| spent > left) {
            return Ok(());
        }
        let over = |state: &StateId| self.store.table.is_over(*state);
        let over = global.states.iter().flatten().any(over);
        if !self.is_mine(1) || over {
            return Ok(());
        }
        self.thread.budget.take(self.finished.1)?;
        let start = Successor { global, spent, picks: Vec::new() };
        self.go_through(1, &[start]).map_err(|(_, end)| end)
    }

    /// Explores everything that can follow when a round begins in one of these global states. If one of them ends the
    /// search, that is the first by place.
    fn go_through(
        &mut self,
        round: Round,
        successors: &[Successor],
    ) -> Result<(), (usize, SearchOutcome)> {
        let rounds = self.context.space.terms.rounds;
        if round == rounds && self.context.reductions.collapse() {
            return self.finish_all(successors);
        }
        successors.iter().enumerate().try_for_each(|(place, Successor { global, spent, .. })| {
            let ended = match round > rounds {
                true => self.context.conclude(&self.store, &mut self.thread, global),
                false => self.visit(round, global, *spent),
            };
            ended.map_err(|end| (place, end))
        })
    }

    /// The same for the last round, on all threads, without the global states that are done already.
    fn finish_all(&mut self, successors: &[Successor]) -> Result<(), (usize, SearchOutcome)> {
        let done = self.under_way.map_or(0, |case| case.states).saturating_sub(self.finished.0);
        let done = done.min(successors.len());
        self.finished.0 += done;
        if done == successors.len() {
            return Ok(());
        }
        let before = self.thread.budget.steps();
        self.finish(&successors[done..]).map_err(|(place, end)| (done + place, end))?;
        self.finished.0 += successors.len() - done;
        self.finished.1 += self.thread.budget.steps() - before;
        if let Some(case) = self.under_way {
            case.comes_to(self.finished.0, self.finished.1);
        }
        Ok(())
    }

    fn finish(&mut self, successors: &[Successor]) -> Result<(), (usize, SearchOutcome)> {
        let Explorer { context, store, thread, renamer, .. } = self;
        let mut alike = Vec::with_capacity(successors.len());
        for (place, Successor { global, .. }) in successors.iter().enumerate() {
            let these = renamer.alike(global, context.loyal(), store);
            alike.push(these.map_err(|refusal| (place, refusal.into()))?);
        }
        let (context, store) = (&*context, &*store);
        thread.budget.in_order(successors.len(), |place, budget| {
            let Successor { global, spent, .. } = &successors[place];
            context.finish(store, global, &alike[place], *spent, budget)
        })
    }

    /// Explores everything that can follow when a round begins in this global state with `spent` lies spent.
    fn visit(
        &mut self,
        round: Round,
        global: &GlobalState,
        spent: u32,
    ) -> Result<(), SearchOutcome> {
        let Explorer { context, store, thread, .. } = self;
        let sends = context.sends(store, thread, round, global)?;
        let said = context.said(store, &sends, round, global, spent)?;
        let RoundMessages { overheard, disrupted, crash_choices } = said;
        let overheard = self.store.overheard.insert_full(overheard).0 as u32;
        let global = GlobalState { overheard, said: disrupted, ..global.clone() };
        for (crashes, outboxes) in crash_choices.iter() {
            let spent = self.context.spent(spent, crashes.len());
            self.play(round, &global, &crashes, &outboxes, spent)
                .map_err(|end| end.after(|| Decisions { crashes, ..Decisions::new() }))?;
        }
        Ok(())
    }

    /// Explores everything that can follow when this is said in a round and these generals crash in it: every global
    /// state made of one choice for each receiver.
    fn play(
        &mut self,
        round: Round,
        global: &GlobalState,
        crashes: &[Crash],
        outboxes: &Outboxes,
        spent: u32,
    ) -> Result<(), SearchOutcome> {
        let crashed: Generals = crashes.iter().map(|crash| crash.general).collect();
        let receivers: Vec<General> = self.context.followed.minus(crashed).iter().collect();
        // The successor that is being built from the picks so far.
        let mut made = GlobalState { states: self.context.nowhere().states, ..global.clone() };
        // Without this reduction, each receiver is explored again for everything that the receivers before it reached.
        let free = self.context.reductions.has(Reduction::PerReceiver);
        let mut options: Vec<Options<'_>> = Vec::new();
        let mut exchanges = Exchanges::none();
        if free {
            for to in &receivers {
                options.push(self.options(round, *to, global, outboxes, spent)?);
            }
            exchanges = self.exchanges(global, &options)?;
        }
        let (mut picks, mut next, mut batch) = (Vec::new(), 0, Vec::new());
        // The lies that were spent before each pick.
        let mut told = vec![spent];
        loop {
            let depth = picks.len();
            let mut picked = None;
            if depth == receivers.len() {
                let goes_on =
                    exchanges.come_first(&picks) && self.is_new(round + 1, &made, told[depth])?;
                if goes_on && self.is_mine(round + 1) {
                    let (global, spent) = (made.clone(), told[depth]);
                    batch.push(Successor { global, spent, picks: picks.clone() });
                }
            } else {
                if options.len() == depth {
                    let to = receivers[depth];
                    options.push(self.options(round, to, global, outboxes, spent)?);
                }
                let left = self.context.lies_left(told[depth]);
                let allowed = |pick: &usize| {
                    left.is_none_or(|left| options[depth].lies(*pick) <= left)
                        && exchanges.in_order(&picks, *pick)
                };
                picked = (next..options[depth].choices.len()).find(allowed);
            }
            let over = picked.is_none() && depth == 0;
            if over || batch.len() == BATCH || !free && !batch.is_empty() {
                if let Err((place, mut end)) = self.go_through(round + 1, &batch) {
                    for (options, pick) in options.iter().zip(&batch[place].picks).rev() {
                        let done = self.done(options, *pick, round, global, outboxes, spent)?;
                        end = end.after(|| done);
                    }
                    return Err(end);
                }
                batch.clear();
            }
            if let Some(pick) = picked {
                let (state, lies, _) = options[depth].choices[pick];
                made.states[options[depth].to.id()] = state;
                told.push(told[depth] + lies);
                picks.push(pick);
                next = 0;
            } else {
                if !free && depth < receivers.len() {
                    options.pop();
                }
                let Some(pick) = picks.pop() else { return Ok(()) };
                told.pop();
                next = pick + 1;
            }
        }
    }

    /// What one general can reach in a round that begins in this global state.
    fn options<'o>(
        &mut self,
        round: Round,
        to: General,
        global: &GlobalState,
        outboxes: &'o Outboxes,
        spent: u32,
    ) -> Result<Options<'o>, SearchOutcome> {
        let Explorer { context, thread, store, .. } = self;
        let honest = &outboxes[to.id()];
        thread.make_room();
        let state = thread.adopt(store, global.states[to.id()]);
        let again = context.is_asked_again(thread, round, to, state, honest);
        if again
            && let Some(known) = thread.memo.receptions.get()
            && let Ends::States(states) = &known.ends
        {
            thread.budget.take(known.steps)?;
            let choices = states.iter().map(|state| (thread.put(store, *state), 0, 0)).collect();
            return Ok(Options { to, received: None, choices });
        }
        let (key, before) =
            (again.then(|| thread.memo.receptions.key.clone()), thread.budget.steps());
        let enemy = (store.signatures(global), global.said);
        let mut received = context.received(thread, round, to, state, enemy, honest, spent)?;
        let branches = std::mem::take(&mut received.branches);
        if let Some(key) = key {
            let states = branches.iter().map(|branch| branch.state).collect();
            let steps = thread.budget.steps() - before;
            thread.memo.receptions.put(key, Ends::States(states), steps);
        }
        let branches = branches.into_iter();
        let choices = branches.map(|b| (thread.put(store, b.state), b.lies, b.trace)).collect();
        Ok(Options { to, received: Some(received), choices })
    }

    /// What the adversary did to bring a general to the choice that was picked.
    fn done(
        &mut self,
        Options { to, received, choices }: &Options<'_>,
        pick: usize,
        round: Round,
        global: &GlobalState,
        outboxes: &Outboxes,
        spent: u32,
    ) -> Result<Decisions, SearchOutcome> {
        let Explorer { context, thread, store, .. } = self;
        if let Some(received) = received {
            return Ok(context.decisions(received, choices[pick].2));
        }
        let state = thread.adopt(store, global.states[to.id()]);
        let (enemy, honest) = ((store.signatures(global), global.said), &outboxes[to.id()]);
        let received = thread.uncounted(|thread| {
            context.received(thread, round, *to, state, enemy, honest, spent)
        })?;
        Ok(context.decisions(&received, received.branches[pick].trace))
    }

    /// How choices are exchanged among the generals who are alike in a global state.
    fn exchanges(
        &mut self,
        global: &GlobalState,
        options: &[Options<'_>],
    ) -> Result<Exchanges, SearchOutcome> {
        let Explorer { context, store, renamer, .. } = self;
        let all = options.iter().map(|option| {
            let states = option.choices.iter().map(|choice| choice.0);
            (option.to, states.collect())
        });
        // If equal states are not merged, a state may be there twice.
        let distinct = |(option, (_, states)): (&Options<'_>, &(_, IndexSet<_, _>))| {
            option.choices.len() == states.len()
        };
        let all: Vec<_> = all.collect();
        if !options.iter().zip(&all).all(distinct) {
            return Ok(Exchanges::none());
        }
        let who = (context.loyal(), context.case.traitors);
        Ok(renamer.exchanges(global, who, &all, store)?)
    }

    /// Whether the next global state in which this round begins is in the part that is explored.
    fn is_mine(&mut self, round: Round) -> bool {
        let Some(split) = self.splits.iter_mut().find(|split| split.round == round) else {
            return true;
        };
        split.place += 1;
        split.place % split.of == split.number
    }

    /// Whether a global state was not yet met in this round with as few lies.
    fn is_new(&mut self, round: Round, global: &GlobalState, spent: u32) -> Result<bool, Halt> {
        self.thread.budget.step()?;
        if self.store.table.len() + self.held > MOST_STATES {
            return Err(Halt::Room);
        }
        if !self.context.reductions.has(Reduction::EqualStates) {
            return Ok(true);
        }
        let visited = &mut self.visited[round];
        let Some(before) = visited.get_mut(global) else {
            visited.insert(global.clone(), spent);
            self.held += 1;
            return Ok(true);
        };
        let new = spent < *before;
        *before = spent.min(*before);
        Ok(new)
    }
}

/// Shares out the global states in which a round begins: each is explored in one share only.
struct Split {
    round: Round,
    /// Into how many shares.
    of: usize,
    /// Which share is explored.
    number: usize,
    /// How many global states were shared out so far.
    place: usize,
}

/// How a part is defined. If the global states of a late round were shared out, all that leads to them would be
/// explored in every part; and an early round has too few of them. So the global states of the second round are shared
/// out among groups of parts; within a group, those of the third; and if there are many rounds, those of the fourth.
fn splits(part: Part, rounds: Round, place: usize) -> Vec<Split> {
    let last = if rounds < 5 { rounds.clamp(1, 3) } else { 4 };
    let (mut number, mut parts) = (part.number() - 1, part.of());
    let splits = (last.min(2)..=last).map(|round| {
        let root = (parts as f64).powf(1.0 / (last - round + 1) as f64) - 1e-9;
        let of = if round == last { parts } else { (root.ceil() as usize).clamp(1, parts) };
        let split = Split { round, of, number: number % of, place };
        (number, parts) = (number / of, (parts - split.number).div_ceil(of));
        split
    });
    splits.collect()
}

impl Options<'_> {
    /// How many lies a choice takes.
    fn lies(&self, pick: usize) -> u32 {
        self.choices[pick].1
    }
}
