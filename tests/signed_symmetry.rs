//! With signatures, renaming generals also renames the signatures that the adversary can show. And a protocol's claims
//! of symmetry are tested, by the states and signatures that traitors can bring about.

use expect_test::expect;
use itertools::iproduct;
use turncoat::protocols::chain::{Binding, Chain};
use turncoat::protocols::order_set::{SetChoice, SignedState};
use turncoat::protocols::signed::Length;
use turncoat::search::Reduction;
use turncoat::signature::ed25519::Ed25519;
use turncoat::signature::ideal::Token;
use turncoat::{
    Adversary, Check, Claims, ClaimsOf, Counterexample, General, Generals, Graph, Lockstep, Order,
    Problem, Repertoire, Round, Seat, SignedMessages, Signing, Swap, Symmetric, Testable, TwoStep,
    Wire, assert_symmetric, check,
};

use crate::panics;

/// Variants of SM(m): who relays what, and what is accepted.
fn variants(m: usize) -> impl Iterator<Item = SignedMessages> {
    let rules = iproduct!(1..=m + 1, [1, 2], [Length::Exactly, Length::AtLeast]);
    rules.map(move |(signers, orders, length)| {
        let variant = SignedMessages::new(m).relaying_below(signers).relaying_first(orders);
        variant.length(length)
    })
}

/// Whether the search renames generals; asserts that the verdict is the same without renaming.
fn renames<P: Testable + Clone>(asked: &Check<P>) -> bool {
    let renamed = asked.clone().run().unwrap();
    let whole = asked.clone().without(Reduction::Renaming).run().unwrap();
    let (one, other) = (&renamed, &whole);
    assert_eq!(one.name(), other.name(), "{}", one.protocol);
    assert_eq!(one.behaviours, other.behaviours, "{}", one.protocol);
    let size = |found: Option<&Counterexample<P>>| {
        found.map(|found| (found.attack.traitors.len(), found.attack.size()))
    };
    assert_eq!(size(one.counterexample()), size(other.counterexample()), "{}", one.protocol);
    assert!(!one.holds() || one.steps <= other.steps, "{}", one.protocol);
    renamed.reductions.contains(&Reduction::Renaming)
}

#[test]
fn renamed_or_not_the_verdict_is_the_same() {
    for (m, n) in iproduct!(0..=2, 3..=4) {
        for (variant, f) in iproduct!(variants(m), 1..n) {
            let adversary = Adversary::byzantine(f).without_strays();
            let asked = check(variant).generals(n);
            assert!(renames(&asked.clone().against(adversary.exactly())));
            assert!(n > 3 || renames(&asked.against(adversary.any_order())));
        }
    }
    let (sm, two) = (SignedMessages::new, Adversary::byzantine(2));
    for asked in [
        check(sm(2)).generals(5).against(two.without_strays()),
        check(sm(1).choice(SetChoice::Median)).generals(4).against(two.without_replays()),
        check(sm(2).binding(Binding::Order)).generals(4).against(two.without_replays()),
        check(sm(2)).generals(4).against(two),
        check(sm(2)).generals(4).against(two.without_replays().loyal_commander()),
        check(sm(2)).generals(4).against(two.without_replays().suspects(Generals::first(3))),
    ] {
        assert!(renames(&asked));
    }
    assert!(renames(&check(SignedMessages::new(1).over(Order::first(3))).generals(4).traitors(1)));
    assert!(renames(&check(TwoStep::new()).generals(4).traitors(2)));
    assert!(renames(&check(TwoStep::new()).generals(5).traitors(1)));
}

/// If a general does not hear the commander, what traitors can show it may depend on names; and generals with real keys
/// are not interchangeable.
#[test]
fn it_renames_only_where_generals_are_alike() {
    let ring = check(SignedMessages::new(2)).on(Graph::ring(4)).traitors(1);
    assert!(!renames(&ring));
    let keys = SignedMessages::new(1).signatures(Ed25519::from_seed(1));
    let adversary = Adversary::byzantine(1).without_strays();
    assert!(!renames(&check(keys).generals(4).against(adversary)));
    let moved = SignedMessages::new(1).instance(0, General::new(1));
    assert!(moved.claims().symmetry.is_none());
}

#[test]
fn it_saves_most_of_the_work() {
    let adversary = Adversary::byzantine(2).without_strays();
    let asked = check(SignedMessages::new(2)).generals(5).against(adversary);
    let steps = |asked: Check<SignedMessages>| asked.run().unwrap().steps;
    let [renamed, whole] = [asked.clone(), asked.without(Reduction::Renaming)].map(steps);
    assert!(renamed * 10 < whole, "{renamed} steps of {whole}");
}

#[test]
fn the_claims_of_the_crate_s_own_are_true() {
    for (m, n) in iproduct!(0..=2, 2..=4) {
        variants(m).for_each(|variant| assert_symmetric(&variant, n));
    }
    assert_symmetric(&SignedMessages::new(2), 5);
    assert_symmetric(&SignedMessages::new(2).over(Order::first(3)).relaying_first(2), 4);
    assert_symmetric(&SignedMessages::new(2).binding(Binding::Order), 4);
    assert_symmetric(&TwoStep::new(), 4);
}

/// SM(m), but this lieutenant is not quite like the others.
#[derive(Clone, Debug)]
struct Odd(SignedMessages, Oddity);

#[derive(Clone, Copy, PartialEq, Debug)]
enum Oddity {
    /// It relays nothing.
    Mute,
    /// It hears nothing in the first round.
    Deaf,
    /// It decides RETREAT.
    Timid,
    /// Traitors can tell it nothing in the last round.
    Spared,
    /// When it is renamed, its signatures are lost.
    Lost,
}

const ODD: usize = 2;

type State = SignedState<Order, Token>;

impl Lockstep for Odd {
    type Value = Order;
    type Decision = Order;
    type Message = Chain<Order, Token>;
    type State = (General, State);

    fn rounds(&self, n: usize) -> usize {
        self.0.rounds(n)
    }

    fn start(&self, seat: Seat, input: Option<&Order>) -> Self::State {
        (seat.me, self.0.start(seat, input))
    }

    fn send(
        &self,
        (me, state): &Self::State,
        round: Round,
        to: General,
    ) -> impl IntoIterator<Item = Self::Message> {
        let mute = self.1 == Oddity::Mute && me.id() == ODD;
        self.0.send(state, round, to).into_iter().filter(move |_| !mute)
    }

    fn receive(
        &self,
        (me, state): &mut Self::State,
        round: Round,
        from: General,
        chain: &Self::Message,
    ) {
        if self.1 != Oddity::Deaf || me.id() != ODD || round > 1 {
            self.0.receive(state, round, from, chain);
        }
    }

    fn end_round(&self, (_, state): &mut Self::State, round: Round) {
        self.0.end_round(state, round);
    }

    fn decide(&self, (me, state): &Self::State) -> Option<Order> {
        let timid = self.1 == Oddity::Timid && me.id() == ODD;
        if timid { Some(Order::RETREAT) } else { self.0.decide(state) }
    }
}

impl Symmetric<Chain<Order, Token>, (General, State)> for Odd {
    fn alike(&self, n: usize) -> Generals {
        Symmetric::<Chain<Order, Token>, State>::alike(self.0.sealer(), n)
    }

    fn swapped_message(&self, chain: &Chain<Order, Token>, swap: Swap) -> Chain<Order, Token> {
        let mut chain = Symmetric::<_, State>::swapped_message(self.0.sealer(), chain, swap);
        chain.links.retain(|link| self.1 != Oddity::Lost || link.by.id() != ODD);
        chain
    }

    fn swapped_state(&self, (me, state): &(General, State), swap: Swap) -> (General, State) {
        (swap.of(*me), self.0.sealer().swapped_state(state, swap))
    }
}

impl Testable for Odd {
    fn problem(&self, graph: &Graph) -> Result<Problem<Order>, String> {
        self.0.problem(graph)
    }

    fn repertoire(&self, n: usize, wire: Wire) -> Repertoire<Self::Message> {
        let spared =
            self.1 == Oddity::Spared && wire.to.id() == ODD && wire.round == self.rounds(n);
        if spared { Repertoire::silent() } else { self.0.repertoire(n, wire) }
    }

    fn signing(&self) -> &dyn Signing<Self::Message> {
        self.0.signing()
    }

    fn claims(&self) -> ClaimsOf<'_, Self> {
        Claims::none().symmetric(self)
    }
}

/// The message about a wrong claim of symmetry.
fn caught(oddity: Oddity) -> String {
    panics::told(|| assert_symmetric(&Odd(SignedMessages::new(1), oddity), 4))
}

#[test]
fn a_wrong_claim_is_caught() {
    expect![[r#"
        lieutenant 1 and lieutenant 2 are not alike, as `symmetry` says. When they change places:
        After round 2 not the same signatures can be shown:
          only before, renamed: lieutenant 2's on 2:SM,1:0,1:0,7:RETREAT,0:2"#]]
    .assert_eq(&caught(Oddity::Mute));
    expect![[r#"
        lieutenant 1 and lieutenant 2 are not alike, as `symmetry` says. When they change places:
        After round 1 not the same can be held:
          before, lieutenant 1 can be brought to hold: (1, SignedState { seat: Seat { me: 1, n: 4, neighbours: {0, 2, 3} }, orders: [RETREAT], outbox: [Chain { order: RETREAT, links: [Link { by: 0, signature: 0 signs "2:SM,1:0,1:0,7:RETREAT,0" }, Link { by: 1, signature: 1 signs "2:SM,1:0,1:0,7:RETREAT,0:1" }] }], next: [] })
          so after that lieutenant 2, by `swapped_state`, but it can't: (2, SignedState { seat: Seat { me: 2, n: 4, neighbours: {0, 1, 3} }, orders: [RETREAT], outbox: [Chain { order: RETREAT, links: [Link { by: 0, signature: 0 signs "2:SM,1:0,1:0,7:RETREAT,0" }, Link { by: 2, signature: 2 signs "2:SM,1:0,1:0,7:RETREAT,0:2" }] }], next: [] })"#]].assert_eq(&caught(Oddity::Deaf));
    expect![[r#"
        lieutenant 1 and lieutenant 2 are not alike, as `symmetry` says. When they change places:
        Not the same is decided:
          before, by lieutenant 2: RETREAT
          after that, by lieutenant 1: ATTACK"#]]
    .assert_eq(&caught(Oddity::Timid));
    expect![[r#"
        lieutenant 1 and lieutenant 2 are not alike, as `symmetry` says. When they change places:
        By `repertoire` not as much can be said."#]]
    .assert_eq(&caught(Oddity::Spared));
    let lost = Odd(SignedMessages::new(1), Oddity::Lost);
    let refused = check(lost).generals(4).traitors(1).run().unwrap_err().to_string();
    assert_eq!(caught(Oddity::Lost), refused);
    expect![[r#"the protocol says that generals lieutenant 1 and lieutenant 2 are alike, and when they change places Chain { order: RETREAT, links: [Link { by: 0, signature: 0 signs "2:SM,1:0,1:0,7:RETREAT,0" }, Link { by: 1, signature: 1 signs "2:SM,1:0,1:0,7:RETREAT,0:1" }] } becomes Chain { order: RETREAT, links: [Link { by: 0, signature: 0 signs "2:SM,1:0,1:0,7:RETREAT,0" }] }, which has not as many signatures that can be shown: see `swapped_message`"#]].assert_eq(&refused);
}
