//! A signed event-driven protocol: a certificate of enough signatures. Traitors can show what they sign themselves and
//! what they have overheard.

use std::collections::BTreeMap;

use turncoat::search::{Engine, Reduction};
use turncoat::signature::ideal::Token;
use turncoat::signature::{Signatures, Signed};
use turncoat::{
    Effects, EventDriven, EventTestable, General, Generals, Graph, Ideal, Order, Problem, Seat,
    Signing, Termination, check, hunt,
};

/// The commander sends his order, everybody signs the first order that arrives, and he sends everybody a certificate of
/// enough signatures, on which they decide.
#[derive(Clone, Copy, Debug)]
pub struct Certified {
    /// How many signatures are enough.
    pub enough: usize,
    /// Whether the signatures must be by different generals.
    pub distinct: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Said {
    Ordered(Order),
    Signed(Order, Token),
    Certificate(Order, Vec<Token>),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Notes {
    me: General,
    order: Option<Order>,
    signed: bool,
    signatures: BTreeMap<General, Token>,
    decided: Option<Order>,
}

fn statement(order: Order) -> Vec<u8> {
    order.to_string().into_bytes()
}

fn signed(by: General, order: Order) -> Token {
    Ideal.sign(by, &statement(order))
}

impl EventDriven for Certified {
    type Value = Order;
    type Decision = Order;
    type Message = Said;
    type State = Notes;

    fn begin(&self, seat: Seat, order: Option<&Order>, effects: &mut Effects<Said>) -> Notes {
        let (me, order) = (seat.me, order.copied());
        order.into_iter().for_each(|order| effects.broadcast(Said::Ordered(order)));
        let signatures = order.map(|order| (me, signed(me, order))).into_iter().collect();
        Notes { me, order, signed: order.is_some(), signatures, decided: None }
    }

    fn receive(&self, notes: &mut Notes, from: General, said: &Said, effects: &mut Effects<Said>) {
        let by = |by: General, order: Order, token: &Token| {
            Ideal.verify(notes.me, by, &statement(order), token)
        };
        match said {
            Said::Ordered(order) if from.is_commander() && !notes.signed => {
                notes.signed = true;
                effects.send(from, Said::Signed(*order, signed(notes.me, *order)));
            }
            Said::Signed(order, token)
                if notes.order == Some(*order) && by(from, *order, token) =>
            {
                notes.signatures.insert(from, token.clone());
                if notes.signatures.len() == self.enough && notes.decided.is_none() {
                    notes.decided = Some(*order);
                    let all = notes.signatures.values().cloned().collect();
                    effects.broadcast(Said::Certificate(*order, all));
                }
            }
            Said::Certificate(order, all) => {
                let genuine = all.iter().all(|token| by(token.by, *order, token));
                let signers: Generals = all.iter().map(|token| token.by).collect();
                let count = if self.distinct { signers.len() } else { all.len() };
                if genuine && count >= self.enough && notes.decided.is_none() {
                    notes.decided = Some(*order);
                }
            }
            _ => {}
        }
    }

    fn decision(&self, notes: &Notes) -> Option<Order> {
        notes.decided
    }
}

impl Signing<Said> for Certified {
    fn signatures(&self, said: &Said) -> Vec<Signed> {
        let (order, tokens) = match said {
            Said::Ordered(_) => return Vec::new(),
            Said::Signed(order, token) => (*order, std::slice::from_ref(token)),
            Said::Certificate(order, tokens) => (*order, &tokens[..]),
        };
        let genuine = tokens.iter().filter(|it| Ideal.verify(it.by, it.by, &statement(order), it));
        genuine.map(|it| Signed { by: it.by, statement: statement(order).into() }).collect()
    }
}

impl EventTestable for Certified {
    fn problem(&self, _: &Graph) -> Result<Problem<Order>, String> {
        Ok(Problem::broadcast(Order::first(2)).deciding(Termination::Free))
    }

    fn alphabet(&self, n: usize, from: General, _to: General) -> Vec<Said> {
        let of_order = |order: Order| {
            let tokens = |by: Generals| by.iter().map(|by| signed(by, order)).collect();
            let certificates = Generals::first(n).subsets(self.enough);
            let certificates = certificates.map(move |by| Said::Certificate(order, tokens(by)));
            let alone = vec![signed(from, order); self.enough];
            [Said::Ordered(order), Said::Signed(order, signed(from, order))]
                .into_iter()
                .chain(certificates)
                .chain([Said::Certificate(order, alone)])
                .collect::<Vec<_>>()
        };
        Order::first(2).into_iter().flat_map(of_order).collect()
    }

    fn signing(&self) -> &dyn Signing<Said> {
        self
    }
}

/// Among four generals, two certificates of three signatures share a loyal general, who signs once; two of two
/// signatures need not. And if one signature may be counted several times, a certificate proves nothing.
#[test]
fn certificates_need_a_quorum_of_different_signers() {
    let right = Certified { enough: 3, distinct: true };
    let agreement = Some("agreement");
    let cases = [
        (right, None),
        (Certified { enough: 2, ..right }, agreement),
        (Certified { distinct: false, ..right }, agreement),
    ];
    for (protocol, broken) in cases {
        let asked = check(protocol).generals(4).traitors(1).violating("agreement");
        let verdict = asked.clone().run().unwrap();
        let found = verdict.counterexample().map(|found| found.violation.name());
        assert_eq!((found, verdict.holds()), (broken, broken.is_none()), "{protocol:?}");
        assert!(verdict.signed, "{protocol:?}");
        for reduction in Reduction::ASYNCHRONOUS {
            let without = asked.clone().without(reduction).run().unwrap();
            let same = (without.name(), without.least_heard);
            assert_eq!(same, (verdict.name(), verdict.least_heard), "{protocol:?}: {reduction}");
        }
        let hunted = hunt(protocol).generals(4).traitors(1).violating("agreement").cases(3_000);
        match broken {
            Some(_) => drop(hunted.assert_finds()),
            None => hunted.assert_finds_nothing(),
        }
    }
}

/// Among three generals the naive engine can try everything.
#[test]
fn the_naive_engine_says_the_same_of_certificates() {
    for (enough, distinct) in [(2, true), (2, false), (3, true)] {
        let protocol = Certified { enough, distinct };
        let asked = check(protocol).generals(3).traitors(1).violating("agreement");
        let naive = asked.clone().engine(Engine::Naive).run().unwrap();
        let board = asked.run().unwrap();
        let told = |verdict: &turncoat::VerdictOn<_>| (verdict.name(), verdict.least_heard);
        assert_eq!(told(&board), told(&naive), "{protocol:?}");
    }
}
