//! Small protocols in which a loyal general can end without a decision, or decides on something that is no value; each
//! can have a fault.

use std::collections::BTreeMap;

use turncoat::{
    Agreement, General, Generals, Graph, Lockstep, Order, Problem, ProblemOf, Repertoire, Round,
    Seat, Task, Termination, Testable, Validity, Wire,
};

/// The messages of one round, counted by value and sender; a general that counts also counts itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tally {
    me: General,
    n: usize,
    /// What it sends in the next round, if anything.
    says: Option<Order>,
    /// Who sent each order in this round.
    voters: BTreeMap<Order, Generals>,
    /// How many messages had each order, if messages are counted.
    messages: BTreeMap<Order, usize>,
    /// The decision and its grade.
    result: Option<(Order, u8)>,
}

/// The protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The normal case of PBFT (Castro, Liskov 1999): the primary orders, everybody prepares, everybody commits. An
    /// order with a quorum of commits is decided.
    NormalCase,
    /// Graded broadcast (Feldman, Micali 1997).
    Gradecast,
    /// Crusader agreement (Dolev 1982): one round of echoes.
    Crusader,
    /// Commit-adopt (Gafni 1998) against Byzantine traitors: a proposal, then votes for what a quorum proposed. A
    /// decision has grade 2 if it is committed, 1 if it is adopted.
    CommitAdopt,
}

/// The protocol's fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    None,
    /// It counts messages, not senders.
    CountsMessages,
    /// One vote fewer than a quorum is enough.
    LowQuorum,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quorums {
    pub kind: Kind,
    pub flaw: Flaw,
    pub termination: Termination,
}

impl Quorums {
    pub fn new(kind: Kind, flaw: Flaw) -> Quorums {
        Quorums { kind, flaw, termination: Termination::Free }
    }

    /// The most traitors that there can be: fewer than a third.
    fn faults(n: usize) -> usize {
        (n - 1) / 3
    }

    /// The size of a quorum: any two have a loyal general in common.
    fn quorum(self, n: usize) -> usize {
        n - Quorums::faults(n) - usize::from(self.flaw == Flaw::LowQuorum)
    }

    /// The order with the most votes in this round, and how many; when preparing, only the order that it was given.
    fn most(self, state: &Tally, prepares: bool) -> Option<(Order, usize)> {
        let voters = state.voters.iter();
        let voters = voters.filter(|(order, _)| !prepares || state.says == Some(**order));
        let votes = voters.map(|(order, voters)| match self.flaw {
            Flaw::CountsMessages => (*order, state.messages[order]),
            Flaw::None | Flaw::LowQuorum => (*order, voters.len()),
        });
        votes.max_by_key(|(order, votes)| (*votes, std::cmp::Reverse(*order)))
    }

    /// The round in which everybody sends the order that it was given: in consensus the first.
    fn echoes(self) -> Round {
        if self.kind == Kind::CommitAdopt { 1 } else { 2 }
    }

    fn count(self, state: &mut Tally, from: General, order: Order) {
        let voters = state.voters.entry(order).or_default();
        *voters = voters.with(from);
        if self.flaw == Flaw::CountsMessages {
            *state.messages.entry(order).or_default() += 1;
        }
    }
}

/// A decision: a value, and its grade.
pub type Graded = (Option<Order>, u8);

impl Lockstep for Quorums {
    type Value = Order;
    type Decision = Graded;
    type Message = Order;
    type State = Tally;

    fn rounds(&self, _n: usize) -> usize {
        match self.kind {
            Kind::NormalCase | Kind::Gradecast => 3,
            Kind::Crusader | Kind::CommitAdopt => 2,
        }
    }

    fn start(&self, Seat { me, n, .. }: Seat, input: Option<&Order>) -> Tally {
        let (voters, messages) = (BTreeMap::new(), BTreeMap::new());
        let result = (self.kind == Kind::CommitAdopt).then(|| (*input.unwrap(), 1));
        let mut state = Tally { me, n, says: input.copied(), voters, messages, result };
        if let Some(order) = state.says.filter(|_| self.echoes() == 1) {
            self.count(&mut state, me, order);
        }
        state
    }

    fn send(&self, state: &Tally, round: Round, _: General) -> impl IntoIterator<Item = Order> {
        let primary = self.kind == Kind::NormalCase && state.me.is_commander();
        state.says.filter(|_| !(primary && round == 2))
    }

    fn receive(&self, state: &mut Tally, round: Round, from: General, order: &Order) {
        match round {
            1 if self.echoes() == 2 => {
                if from.is_commander() {
                    state.says = state.says.or(Some(*order));
                }
            }
            _ => self.count(state, from, *order),
        }
    }

    fn end_round(&self, state: &mut Tally, round: Round) {
        let (n, me) = (state.n, state.me);
        if round >= self.echoes() {
            let prepares = self.kind == Kind::NormalCase && round == 2;
            let most = self.most(state, prepares);
            // The primary's order, which came one round earlier, counts as its vote to prepare.
            let needed = self.quorum(n) - usize::from(prepares);
            let passed = most.filter(|(_, votes)| *votes >= needed);
            state.says = passed.map(|(order, _)| order);
            if round == self.rounds(n) {
                let weak = most.filter(|(_, votes)| *votes > Quorums::faults(n));
                let weak =
                    weak.filter(|_| matches!(self.kind, Kind::Gradecast | Kind::CommitAdopt));
                let strong = passed.map(|(order, _)| (order, 2));
                state.result = strong.or(weak.map(|(order, _)| (order, 1))).or(state.result);
            }
            (state.voters, state.messages) = (BTreeMap::new(), BTreeMap::new());
        }
        let votes = round + 1 >= self.echoes() && round < self.rounds(n);
        let prepares = !(self.kind == Kind::NormalCase && me.is_commander() && round == 1);
        if let Some(order) = state.says.filter(|_| votes && prepares) {
            self.count(state, me, order);
        }
        if round == self.rounds(n) {
            (state.says, state.voters, state.messages) = Default::default();
        }
    }

    fn decide(&self, state: &Tally) -> Option<Graded> {
        match (self.kind, state.result) {
            (Kind::Gradecast, None) => Some((None, 0)),
            (_, result) => result.map(|(order, grade)| (Some(order), grade)),
        }
    }
}

impl Testable for Quorums {
    fn problem(&self, _graph: &Graph) -> Result<ProblemOf<Self>, String> {
        let obeyed = |order: &Order, decided: &Graded| *decided == (Some(*order), 2);
        let task = if self.echoes() == 1 { Task::Consensus } else { Task::Broadcast };
        let problem = Problem::new(task, Order::first(2), Validity::obeyed(obeyed));
        Ok(match self.kind {
            Kind::NormalCase | Kind::Crusader => problem.deciding(self.termination),
            Kind::Gradecast => problem.agreeing(Agreement::graded(|decided: &Graded| *decided)),
            Kind::CommitAdopt => problem.agreeing(Agreement::related(
                "what is committed is adopted",
                |(one, grade): &Graded, (other, _)| *grade < 2 || one == other,
            )),
        })
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Order> {
        let unsaid = self.echoes() == 2 && (wire.round == 1) != wire.from.is_commander();
        let silent =
            unsaid && (wire.round == 1 || (self.kind == Kind::NormalCase && wire.round == 2));
        match silent {
            true => Repertoire::silent(),
            false => Repertoire::one_of(Order::first(2)),
        }
    }
}

/// Approximate agreement (Dolev, Lynch, Pinter, Stark, Weihl 1986): everybody sends its number, drops the f lowest and
/// the f highest, and goes on with the midpoint of the rest. Each round halves the distance between the loyal.
#[derive(Clone, Copy, Debug)]
pub struct Approximate {
    pub rounds: usize,
    pub epsilon: u64,
    /// Whether the lowest and the highest are dropped.
    pub trims: bool,
}

/// Who I am, the number of generals, my number, and what I was told.
type Heard = (General, usize, u8, BTreeMap<General, u8>);

const INPUTS: [u8; 2] = [0, 4];

impl Lockstep for Approximate {
    type Value = u8;
    type Decision = u8;
    type Message = u8;
    type State = Heard;

    fn rounds(&self, _n: usize) -> usize {
        self.rounds
    }

    fn start(&self, Seat { me, n, .. }: Seat, input: Option<&u8>) -> Heard {
        (me, n, *input.unwrap(), BTreeMap::new())
    }

    fn send(&self, state: &Heard, _: Round, _to: General) -> impl IntoIterator<Item = u8> {
        Some(state.2)
    }

    fn receive(&self, state: &mut Heard, _: Round, from: General, number: &u8) {
        state.3.insert(from, *number);
    }

    fn end_round(&self, (me, n, own, heard): &mut Heard, _: Round) {
        heard.insert(*me, *own);
        let said = (0..*n).map(|id| heard.get(&General::new(id)).copied().unwrap_or(*own));
        let mut said: Vec<u8> = said.collect();
        said.sort_unstable();
        let out = if self.trims { (*n - 1) / 3 } else { 0 };
        let rest = &said[out..*n - out];
        (*own, *heard) = ((rest[0] + rest[rest.len() - 1]) / 2, BTreeMap::new());
    }

    fn decide(&self, state: &Heard) -> Option<u8> {
        Some(state.2)
    }
}

impl Testable for Approximate {
    fn problem(&self, _graph: &Graph) -> Result<Problem<u8>, String> {
        let validity = Validity::hull(|given| i64::from(*given), |decided| i64::from(*decided));
        let problem = Problem::new(Task::Consensus, INPUTS, validity);
        Ok(problem.agreeing(Agreement::within(self.epsilon, |decided| i64::from(*decided))))
    }

    fn repertoire(&self, _n: usize, _wire: Wire) -> Repertoire<u8> {
        Repertoire::one_of(0..=8)
    }
}

/// OM(1) over three orders, in which a vote without a majority is a tie: then the decision is none of the orders.
#[derive(Clone, Copy, Debug)]
pub struct Ballot;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Elected {
    Order(Order),
    Tie,
}

impl Lockstep for Ballot {
    type Value = Order;
    type Decision = Elected;
    type Message = Order;
    /// Who I am, what the commander told me, and what the others say that he told them.
    type State = (General, Option<Order>, BTreeMap<General, Order>);

    fn rounds(&self, _n: usize) -> usize {
        2
    }

    fn start(&self, seat: Seat, input: Option<&Order>) -> Self::State {
        (seat.me, input.copied(), BTreeMap::new())
    }

    fn send(
        &self,
        state: &Self::State,
        round: Round,
        _: General,
    ) -> impl IntoIterator<Item = Order> {
        state.1.filter(|_| (round == 1) == state.0.is_commander())
    }

    fn receive(&self, state: &mut Self::State, round: Round, from: General, order: &Order) {
        match round {
            1 if from.is_commander() => state.1 = Some(*order),
            2 if !from.is_commander() => drop(state.2.insert(from, *order)),
            _ => {}
        }
    }

    fn decide(&self, (_, told, relayed): &Self::State) -> Option<Elected> {
        let votes = || told.iter().chain(relayed.values());
        let wins =
            |order: &&Order| 2 * votes().filter(|vote| vote == order).count() > votes().count();
        let winner = votes().find(wins).copied();
        Some(winner.map_or(Elected::Tie, Elected::Order))
    }
}

impl Testable for Ballot {
    fn problem(&self, _graph: &Graph) -> Result<ProblemOf<Self>, String> {
        let obeyed = |order: &Order, elected: &Elected| *elected == Elected::Order(*order);
        Ok(Problem::new(Task::Broadcast, Order::first(3), Validity::obeyed(obeyed)))
    }

    fn repertoire(&self, _n: usize, wire: Wire) -> Repertoire<Order> {
        match (wire.round == 1) == wire.from.is_commander() {
            true => Repertoire::one_of(Order::first(3)),
            false => Repertoire::silent(),
        }
    }
}
