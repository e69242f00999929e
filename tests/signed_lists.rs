//! Eight ways in which people check chains of signatures wrongly, and six of certificates. All are found, though the
//! protocol does not say what a traitor could say: it says how a list is put together.

use itertools::Itertools;
use turncoat::search::progress::Halt;
use turncoat::signature::ideal::Token;
use turncoat::signature::{Seal, Signatures, Signed, Worth};
use turncoat::testable::ListedSignature::{self, MadeBy, TakenFrom};
use turncoat::{
    Adversary, General, Graph, Ideal, Lockstep, Order, Problem, Repertoire, Round, Ruling, Seat,
    Signing, Testable, Wire, check,
};

/// The check that is left out before a list is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unchecked {
    /// No check is left out.
    Nothing,
    /// Whether enough have signed.
    Length,
    /// Whether the commander has signed first.
    CommanderFirst,
    /// Whether nobody has signed twice.
    Distinct,
    /// Whether all signers are among the generals.
    Insiders,
    /// Whether the signatures before the last are genuine.
    Inner,
    /// Whether the last signature is genuine.
    Last,
    /// Whether this order was signed.
    Order,
    /// Whether any signature is genuine.
    Signatures,
}

/// An order, and who has signed it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Listed {
    order: Order,
    list: Vec<(General, Token)>,
}

/// The kind of list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Each general signs the order and the signers before it: SM(1).
    Chain,
    /// All sign the same: the commander sends his order, everybody votes for what it was told, and an order with enough
    /// votes is shown to everybody, and obeyed.
    Certificate,
}

#[derive(Clone, Debug)]
struct Lists {
    kind: Kind,
    unchecked: Unchecked,
    described: bool,
    /// How many votes make a certificate.
    votes: usize,
}

/// Who I am, the lists that I was told, and the orders that I believe.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Held {
    seat: Seat,
    told: Vec<Listed>,
    believed: Vec<Order>,
}

impl Lists {
    fn asks(&self, unchecked: Unchecked) -> bool {
        self.unchecked != unchecked
    }

    /// The statement that the last of these generals signs.
    fn statement(&self, order: Order, signers: &[General]) -> String {
        let order = if self.asks(Unchecked::Order) { order.to_string() } else { String::new() };
        match self.kind {
            Kind::Chain => format!("{order}:{signers:?}"),
            Kind::Certificate => format!("vote for {order}"),
        }
    }

    fn signed(&self, by: General, listed: &Listed) -> Listed {
        let mut listed = listed.clone();
        let signers: Vec<_> = listed.list.iter().map(|(by, _)| *by).chain([by]).collect();
        let statement = self.statement(listed.order, &signers);
        listed.list.push((by, Ideal.sign(by, statement.as_bytes())));
        listed
    }

    fn is_genuine(&self, listed: &Listed, place: usize) -> bool {
        let signers: Vec<_> = listed.list[..=place].iter().map(|(by, _)| *by).collect();
        let statement = self.statement(listed.order, &signers);
        let (by, token) = &listed.list[place];
        Ideal.verify(*by, *by, statement.as_bytes(), token)
    }

    /// Whether a list of `length` signatures is believed.
    fn accepts(&self, seat: Seat, listed: &Listed, length: usize) -> bool {
        let signers: Vec<_> = listed.list.iter().map(|(by, _)| *by).collect();
        let last = signers.len().saturating_sub(1);
        let is_signed = |place: usize| {
            let inner = self.kind == Kind::Chain && place < last && !self.asks(Unchecked::Inner);
            let unasked = inner || (place == last && !self.asks(Unchecked::Last));
            unasked || self.is_genuine(listed, place)
        };
        let few = signers.len() < length && !self.asks(Unchecked::Length);
        let distinct = (1..signers.len()).all(|at| !signers[..at].contains(&signers[at]));
        let from_commander = signers.first() == Some(&General::COMMANDER);
        let first = self.kind == Kind::Certificate || !self.asks(Unchecked::CommanderFirst);
        !signers.is_empty()
            && (signers.len() == length || few)
            && (from_commander || first)
            && (distinct || !self.asks(Unchecked::Distinct))
            && (signers.iter().all(|by| by.id() < seat.n) || !self.asks(Unchecked::Insiders))
            && (!self.asks(Unchecked::Signatures) || (0..signers.len()).all(is_signed))
    }

    fn believe(&self, held: &mut Held, listed: &Listed) {
        if !held.believed.contains(&listed.order) {
            held.believed.push(listed.order);
            held.believed.sort_unstable();
            if self.kind == Kind::Chain {
                held.told.push(self.signed(held.seat.me, listed));
            }
        }
    }
}

impl Lockstep for Lists {
    type Value = Order;
    type Decision = Order;
    type Message = Listed;
    type State = Held;

    fn rounds(&self, _n: usize) -> usize {
        match self.kind {
            Kind::Chain => 2,
            Kind::Certificate => 3,
        }
    }

    fn start(&self, seat: Seat, order: Option<&Order>) -> Held {
        let unsigned = order.map(|order| Listed { order: *order, list: vec![] });
        let told = unsigned.map(|unsigned| self.signed(seat.me, &unsigned)).into_iter().collect();
        Held { seat, told, believed: vec![] }
    }

    fn send(&self, held: &Held, round: Round, to: General) -> impl IntoIterator<Item = Listed> {
        let me = held.seat.me;
        let told = match (self.kind, round) {
            (Kind::Chain, 1) | (Kind::Certificate, 1) if !me.is_commander() => &[][..],
            (Kind::Chain, 2) if me.is_commander() => &[],
            _ => &held.told[..],
        };
        told.iter().filter(move |_| !to.is_commander() || round == 2).cloned().collect::<Vec<_>>()
    }

    fn receive(&self, held: &mut Held, round: Round, from: General, listed: &Listed) {
        let Held { seat, .. } = *held;
        match (self.kind, round) {
            (Kind::Chain, _) if self.accepts(seat, listed, round) && !seat.me.is_commander() => {
                self.believe(held, listed);
            }
            (Kind::Certificate, 1) if from.is_commander() && self.accepts(seat, listed, 1) => {
                held.told = vec![self.signed(seat.me, &Listed { list: vec![], ..listed.clone() })];
            }
            // Votes for the order that I was told.
            (Kind::Certificate, 2) if self.accepts(seat, listed, 1) && listed.list.len() == 1 => {
                let mine = held.told.first_mut().filter(|mine| mine.order == listed.order);
                let vote = listed.list[0].clone();
                if let Some(mine) = mine
                    && mine.list.len() < self.votes
                    && !mine.list.iter().any(|(by, _)| *by == vote.0)
                {
                    mine.list.push(vote);
                }
            }
            (Kind::Certificate, 3) if self.accepts(seat, listed, self.votes) => {
                self.believe(held, listed)
            }
            _ => {}
        }
    }

    fn end_round(&self, held: &mut Held, round: Round) {
        if self.kind == Kind::Chain {
            held.told.truncate(if round == 1 { 2 } else { 0 });
        }
        if self.kind == Kind::Certificate && round == 2 {
            held.told.retain(|certificate| certificate.list.len() == self.votes);
            if let [certificate] = &held.told[..] {
                held.believed = vec![certificate.order];
            }
        }
    }

    fn decide(&self, held: &Held) -> Option<Order> {
        Some(match &held.believed[..] {
            [order] => *order,
            _ => Order::RETREAT,
        })
    }
}

impl Testable for Lists {
    fn problem(&self, _graph: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)))
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Listed> {
        if !self.described {
            return Repertoire::unknown();
        }
        let unsigned = Order::first(2).into_iter().map(|order| Listed { order, list: vec![] });
        let generals = (0..n).map(General::new);
        let signers: Vec<Vec<General>> = match (self.kind, wire.round) {
            (Kind::Certificate, 1) if !wire.from.is_commander() => vec![],
            (_, 1) => vec![vec![General::COMMANDER]],
            (Kind::Chain, _) => generals.permutations(2).collect(),
            (Kind::Certificate, 2) => vec![vec![wire.from]],
            // The sender's own vote comes first.
            (Kind::Certificate, _) => {
                let others = generals.filter(|general| *general != wire.from);
                let others = others.combinations(self.votes - 1);
                others.map(|others| [vec![wire.from], others].concat()).collect()
            }
        };
        Repertoire::signed(self, n, unsigned, &signers)
    }

    fn signing(&self) -> &dyn Signing<Listed> {
        self
    }
}

impl Signing<Listed> for Lists {
    fn signatures(&self, listed: &Listed) -> Vec<Signed> {
        let genuine = (0..listed.list.len()).filter(|place| self.is_genuine(listed, *place));
        let signed = genuine.map(|place| {
            let signers: Vec<_> = listed.list[..=place].iter().map(|(by, _)| *by).collect();
            let statement = self.statement(listed.order, &signers).into_bytes().into();
            Signed { by: listed.list[place].0, statement }
        });
        signed.collect()
    }

    fn seals(&self, listed: &Listed) -> Vec<Seal> {
        let seal = |place| {
            let worth = if self.is_genuine(listed, place) { Worth::Genuine } else { Worth::Forged };
            Seal { by: listed.list[place].0, worth }
        };
        (0..listed.list.len()).map(seal).collect()
    }

    fn relisted(&self, listed: &Listed, list: &[ListedSignature<'_, Listed>]) -> Option<Listed> {
        let mut relisted = Listed { list: vec![], ..listed.clone() };
        for signature in list {
            match signature {
                MadeBy(by) => relisted = self.signed(*by, &relisted),
                TakenFrom(other, place) => relisted.list.push(other.list.get(*place)?.clone()),
            }
        }
        Some(relisted)
    }
}

/// Whether the protocol is broken, with lies from listening or from the ready-made repertoire. Certificates are tried
/// with a loyal commander, since a traitor could hold them back.
fn is_broken(kind: Kind, unchecked: Unchecked, described: bool) -> bool {
    let adversary = Adversary::byzantine(1);
    let adversary = if kind == Kind::Chain { adversary } else { adversary.loyal_commander() };
    let lists = Lists { kind, unchecked, described, votes: 2 };
    let verdict = check(lists).generals(3).against(adversary).run().unwrap();
    match &verdict.ruling {
        Ruling::Broken(_) => {}
        Ruling::Holds => assert!(described),
        Ruling::Bounded(halt) => assert_eq!((halt, described), (&Halt::Harvest, false)),
    }
    verdict.counterexample().is_some()
}

#[test]
fn each_way_to_check_a_list_wrongly_is_found() {
    use Unchecked::{CommanderFirst, Distinct, Inner, Insiders, Last, Length, Nothing};
    let both = [Length, Distinct, Insiders, Last, Unchecked::Order, Unchecked::Signatures];
    let of_chains = [CommanderFirst, Inner];
    for kind in [Kind::Chain, Kind::Certificate] {
        assert!(!is_broken(kind, Nothing, false), "{kind:?}");
        let more = of_chains.iter().filter(|_| kind == Kind::Chain);
        for unchecked in both.iter().chain(more) {
            assert!(is_broken(kind, *unchecked, false), "{kind:?} {unchecked:?}");
        }
    }
}

/// The ready-made repertoire must have everything that loyal generals relay. Where false signatures are believed it
/// does not, so those mutants are left out.
#[test]
fn the_ready_made_repertoire_finds_what_is_wrong_with_the_list() {
    use Unchecked::{CommanderFirst, Distinct, Insiders, Length, Nothing};
    assert!(!is_broken(Kind::Chain, Nothing, true));
    for unchecked in [Length, CommanderFirst, Distinct, Insiders] {
        assert!(is_broken(Kind::Chain, unchecked, true), "{unchecked:?}");
    }
}

/// Certificates that differ only in who signed are worth the same, and there are many of them.
#[test]
fn certificates_of_four_among_six_are_gone_through() {
    let (kind, described) = (Kind::Certificate, true);
    let unchecked = Unchecked::Nothing;
    let asked = |votes| {
        let lists = Lists { kind, unchecked, described, votes };
        let adversary = Adversary::byzantine(1).without_strays().loyal_commander();
        check(lists).generals(6).against(adversary).run().unwrap()
    };
    assert!(asked(4).holds());
    assert!(asked(1).counterexample().is_some());
}
