//! The board: only what the loyal send is a step of all; where each of them is by then is a set, found by
//! itself.
//!
//! Fix the order in which everybody sends. An execution with it is for each general a local run that sends its
//! messages in this order, and hears before each only what was there by then. So the vectors of local states
//! that can be reached are a product of one set for each general, and that set hangs on its own column alone:
//! what it sent, what it could have heard before each of those, and what it can hear now. A node of the search
//! is a column for each general.
//!
//! An example: when reliable broadcast begins with the commander a traitor, nobody has sent anything. In the
//! set of lieutenant 1 are all states that it can come to by what the commander tells it and that send
//! nothing; two things can be sent from there, an ECHO for each order. So this node has two children for each
//! lieutenant, and all of them are the same up to its name and the order.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Stop;
use super::columns::{Columns, HistoryId, Price, Snapshot, SnapshotId, Stage};
use super::group::RenamingId;
use super::judge::{Breach, Judge};
use super::locals::{Reaction, SendingId};
use crate::general::General;
use crate::search::budget::StepBudget;
use crate::search::progress::Halt;

/// No more nodes than these are held at a time.
const MOST_NODES: usize = 1 << 24;

/// What is left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct BoardOptions {
    pub antichains: bool,
    pub raising: bool,
    /// Whether the cheapest violation is looked for, and not any.
    pub cheapest: bool,
}

/// What everybody has sent, and could have heard before.
struct Node {
    histories: Vec<HistoryId>,
    /// What each can hear now.
    now: Vec<SnapshotId>,
    /// The least price of each history.
    prices: Vec<Price>,
    /// After which node, by whom what was sent, and how generals were renamed then.
    origin: Option<(u32, General, SendingId, RenamingId)>,
    /// Whether nothing covers it.
    alive: bool,
}

/// An order of sendings after which there is a violation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Finding {
    pub sendings: Vec<(General, SendingId)>,
    pub price: Price,
}

pub(super) struct Board<'a> {
    pub columns: Columns<'a>,
    judge: Judge<'a>,
    loyal: Vec<General>,
    options: BoardOptions,
    nodes: Vec<Node>,
    /// Those still to be gone through, by price and number of sendings.
    frontier: BTreeMap<(Price, u32), Vec<u32>>,
    /// By what is public, the nodes that nothing covers.
    antichains: FxHashMap<Vec<u32>, Vec<u32>>,
    /// How many nodes were gone through.
    pub visited: u64,
}

impl<'a> Board<'a> {
    pub fn new(columns: Columns<'a>, options: BoardOptions) -> Board<'a> {
        let judge = Judge::new(columns.locals.space, columns.locals.case);
        Board {
            loyal: columns.locals.loyal.iter().collect(),
            judge,
            columns,
            options,
            nodes: Vec::new(),
            frontier: BTreeMap::new(),
            antichains: FxHashMap::default(),
            visited: 0,
        }
    }

    /// Goes through all nodes of at most this price, up to the first violation, or the cheapest.
    pub fn explored(
        &mut self,
        most: Price,
        budget: &mut StepBudget<'_>,
    ) -> Result<Option<Finding>, Stop> {
        if !self.begin()? {
            return Ok(Some(Finding { sendings: Vec::new(), price: 0 }));
        }
        let mut best: Option<(u32, Price)> = None;
        while let Some(((price, depth), nodes)) = self.frontier.pop_first() {
            if price > most || best.is_some_and(|(_, best)| best <= price) {
                break;
            }
            for number in nodes {
                if !self.nodes[number as usize].alive {
                    continue;
                }
                self.visited += 1;
                budget.step()?;
                let found = self.breach(number, budget)?;
                let cheaper = |breach: &Breach| {
                    breach.price <= most && best.is_none_or(|(_, best)| breach.price < best)
                };
                if let Some(breach) = found.filter(cheaper) {
                    best = Some((number, breach.price));
                    if !self.options.cheapest {
                        return self.finding(best);
                    }
                }
                let most = best.map_or(most, |(_, best)| best.saturating_sub(1).min(most));
                self.expand(number, depth, most, budget)?;
            }
        }
        self.finding(best)
    }

    /// All begin; false if that is a fault.
    fn begin(&mut self) -> Result<bool, Stop> {
        let mut sent = Vec::new();
        for me in self.loyal.clone() {
            match self.columns.locals.begin(me)? {
                Reaction::Moves(start) => self.columns.starts[me.id()] = Some(start),
                Reaction::Sends(start, sending) => {
                    self.columns.starts[me.id()] = Some(start);
                    sent.push((me, sending));
                }
                Reaction::Fails(_) => return Ok(false),
                Reaction::Nothing => unreachable!("a general begins in some state"),
            }
        }
        let nothing = Snapshot { mail: Default::default(), signatures: 0 };
        let nothing = self.columns.snapshot(nothing);
        let mut node = Node {
            histories: self.loyal.iter().map(|me| self.columns.history(*me, None)).collect(),
            now: vec![nothing; self.loyal.len()],
            prices: vec![0; self.loyal.len()],
            origin: None,
            alive: true,
        };
        for (from, sending) in sent {
            node.now = delivered(&mut self.columns, &self.loyal, &node.now, from, sending)?;
        }
        self.nodes.push(node);
        self.frontier.insert((0, 0), vec![0]);
        Ok(true)
    }

    fn breach(&mut self, node: u32, budget: &mut StepBudget<'_>) -> Result<Option<Breach>, Stop> {
        let Board { columns, judge, nodes, .. } = self;
        let Node { histories, now, .. } = &nodes[node as usize];
        let mut profiles = Vec::with_capacity(histories.len());
        for (history, now) in histories.iter().zip(now) {
            let (contents, _) = columns.contents(*history, *now, budget)?;
            profiles.push(columns.at(contents).profile);
        }
        let Columns { profiles: all, decisions, .. } = columns;
        let named = |made: u32| decisions[made as usize];
        Ok(judge.breach(&profiles, |id| all[id as usize].clone(), named))
    }

    fn expand(
        &mut self,
        number: u32,
        depth: u32,
        most: Price,
        budget: &mut StepBudget<'_>,
    ) -> Result<(), Stop> {
        for place in 0..self.loyal.len() {
            let Node { histories, now, prices, .. } = &self.nodes[number as usize];
            let (before, snapshot) = (histories[place], now[place]);
            let others = prices.iter().sum::<Price>() - prices[place];
            let (contents, renaming) = self.columns.contents(before, snapshot, budget)?;
            let back = self.columns.group.inverse(renaming);
            for sent in 0..self.columns.at(contents).sends.len() {
                let (sending, seeds) = &self.columns.at(contents).sends[sent];
                let own = seeds.iter().map(|(_, price)| *price).min().unwrap_or(0);
                if others + own > most {
                    continue;
                }
                let sending = self.columns.renamed_sending(*sending, back)?;
                let stage = Stage { before, snapshot, sending };
                self.child(number, depth, place, stage, own, budget)?;
            }
        }
        Ok(())
    }

    /// Something is sent: the node after that is put where it belongs, unless it is covered.
    fn child(
        &mut self,
        number: u32,
        depth: u32,
        place: usize,
        stage: Stage,
        price: Price,
        budget: &mut StepBudget<'_>,
    ) -> Result<(), Stop> {
        budget.step()?;
        if self.nodes.len() >= MOST_NODES {
            return Err(Halt::Room.into());
        }
        let (from, sending) = (self.loyal[place], stage.sending);
        let Node { histories, now, prices, .. } = &self.nodes[number as usize];
        let (mut histories, mut prices) = (histories.clone(), prices.clone());
        let now = delivered(&mut self.columns, &self.loyal, now, from, sending)?;
        histories[place] = self.columns.history(from, Some(stage));
        prices[place] = price;
        if self.options.raising {
            for (history, now) in histories.iter_mut().zip(&now) {
                *history = self.columns.raised(*history, *now, budget)?;
            }
        }
        let renaming = self.first_renaming(&histories)?;
        let node = self.renamed(&histories, &now, &prices, renaming)?;
        let node = Node { origin: Some((number, from, sending, renaming)), ..node };
        let Board { columns, nodes, antichains, options, .. } = self;
        let public: Vec<u32> =
            node.histories.iter().map(|history| columns.public(*history)).collect();
        let known = antichains.entry(public).or_default();
        let covers = |one: &Node, other: &Node| {
            let mut pairs = one.histories.iter().zip(&other.histories);
            match options.antichains {
                true => pairs.all(|(one, other)| columns.covers(*one, *other)),
                false => pairs.all(|(one, other)| one == other),
            }
        };
        if known.iter().any(|other| covers(&nodes[*other as usize], &node)) {
            return Ok(());
        }
        known.retain(|other| {
            let covered = covers(&node, &nodes[*other as usize]);
            nodes[*other as usize].alive &= !covered;
            !covered
        });
        let child = nodes.len() as u32;
        known.push(child);
        let price = node.prices.iter().sum();
        nodes.push(node);
        self.frontier.entry((price, depth + 1)).or_default().push(child);
        Ok(())
    }

    /// The renaming that leads to the first of all nodes to which these histories can be renamed: first by
    /// what is public of them.
    fn first_renaming(&mut self, histories: &[HistoryId]) -> Result<RenamingId, Stop> {
        if self.columns.group.is_trivial() {
            return Ok(0);
        }
        let mut first = (self.key(histories), 0);
        for renaming in self.columns.group.ids().skip(1) {
            let renamed = self.renamed_histories(histories, renaming)?;
            first = first.min((self.key(&renamed), renaming));
        }
        Ok(first.1)
    }

    fn key(&self, histories: &[HistoryId]) -> (Vec<u32>, Vec<HistoryId>) {
        let public = histories.iter().map(|history| self.columns.public(*history));
        (public.collect(), histories.to_vec())
    }

    fn renamed_histories(
        &mut self,
        histories: &[HistoryId],
        renaming: RenamingId,
    ) -> Result<Vec<HistoryId>, Stop> {
        let mut renamed = histories.to_vec();
        for (place, history) in histories.iter().enumerate() {
            let there = self.place(self.columns.group.renamed(self.loyal[place], renaming));
            renamed[there] = self.columns.renamed_history(*history, renaming)?;
        }
        Ok(renamed)
    }

    fn renamed(
        &mut self,
        histories: &[HistoryId],
        now: &[SnapshotId],
        prices: &[Price],
        renaming: RenamingId,
    ) -> Result<Node, Stop> {
        let (mut all, mut paid) = (now.to_vec(), prices.to_vec());
        for (place, now) in now.iter().enumerate() {
            let there = self.place(self.columns.group.renamed(self.loyal[place], renaming));
            all[there] = self.columns.renamed_snapshot(*now, renaming)?;
            paid[there] = prices[place];
        }
        let histories = self.renamed_histories(histories, renaming)?;
        Ok(Node { histories, now: all, prices: paid, origin: None, alive: true })
    }

    fn place(&self, general: General) -> usize {
        let place = self.loyal.iter().position(|loyal| *loyal == general);
        place.expect("the loyal are renamed to the loyal")
    }

    /// The sendings that lead to a node, by the names that everybody had at the start.
    fn finding(&mut self, found: Option<(u32, Price)>) -> Result<Option<Finding>, Stop> {
        let Some((mut number, price)) = found else { return Ok(None) };
        let mut origins = Vec::new();
        while let Some(origin @ (parent, ..)) = self.nodes[number as usize].origin {
            origins.push(origin);
            number = parent;
        }
        let mut sendings = Vec::new();
        // How the names in a node are renamed to those at the start.
        let mut back = 0;
        for (_, from, sending, renaming) in origins.into_iter().rev() {
            let sending = self.columns.renamed_sending(sending, back)?;
            sendings.push((self.columns.group.renamed(from, back), sending));
            let undone = self.columns.group.inverse(renaming);
            back = self.columns.group.product(undone, back);
        }
        Ok(Some(Finding { sendings, price }))
    }
}

/// What everybody can hear when this was sent as well.
pub(super) fn delivered(
    columns: &mut Columns<'_>,
    loyal: &[General],
    now: &[SnapshotId],
    from: General,
    sending: SendingId,
) -> Result<Vec<SnapshotId>, Stop> {
    let sent = columns.locals.sent(sending);
    let mut after = Vec::with_capacity(now.len());
    for (to, now) in loyal.iter().zip(now) {
        let Snapshot { mail, signatures } = columns.snapshots[*now as usize];
        let mail = columns.locals.delivered(*to, from, mail, &sent)?;
        let signatures = columns.locals.overheard(from, signatures, &sent);
        after.push(columns.snapshot(Snapshot { mail, signatures }));
    }
    Ok(after)
}
