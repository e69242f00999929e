//! Traitors who keep everybody undecided for ever, whatever common coins show: a stem and a cycle, which the simulator
//! runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use turncoat::attack::Lasso;
use turncoat::execution::Execution;
use turncoat::protocols::binary_agreement::{BinaryAgreementState, Claim};
use turncoat::search::Engine;
use turncoat::search::progress::Halt;
use turncoat::{
    Adversary, AttackOn, BinaryAgreement, Check, Coin, Counterexample, Effects, EventDriven,
    EventTestable, General, Generals, InWaves, Order, OwnEvent, Round, Ruling, Seat, Swap, check,
    run,
};

use crate::command_line::{turncoat, turncoat_with};

type Mmr = InWaves<BinaryAgreement>;

/// Three loyal generals with these inputs, and general 3 as the traitor.
fn asked(inputs: [Order; 3]) -> Check<Mmr> {
    let mut adversary = Adversary::byzantine(1).exactly();
    adversary.suspects = Some(Generals::NONE.with(General::new(3)));
    let asked = check(BinaryAgreement::new().live()).generals(4).against(adversary);
    let given = inputs.into_iter().enumerate();
    given.fold(asked, |asked, (id, input)| asked.given(General::new(id), input))
}

static FOUND: LazyLock<Counterexample<Mmr>> = LazyLock::new(|| asked([R, R, A]).assert_broken());

const A: Order = Order::ATTACK;
const R: Order = Order::RETREAT;

/// The states of the loyal generals after a wave, renumbered as if the first `phases` phases had not happened. With
/// each, whether the general waits for a coin.
fn after(attack: &AttackOn<Mmr>, wave: Round, phases: usize) -> Vec<(BinaryAgreementState, bool)> {
    let mmr = BinaryAgreement::new().live();
    let lasso = Some(Lasso { from: 1, begins_as: vec![1, 1], ends: vec![wave] });
    let cut = AttackOn::<Mmr> { lasso, ..attack.clone() };
    let states = run(&InWaves(mmr), &cut).unwrap().states;
    let loyal = states.into_iter().enumerate().filter(|(id, _)| *id != 3);
    let renumbered =
        |state| (0..phases).fold(state, |state, _| mmr.phases().unwrap().renumbered(&state));
    let loyal = loyal.map(|(_, held)| {
        let held = held.unwrap();
        (renumbered(held.state), !held.asked.is_empty())
    });
    loyal.collect()
}

/// The states of the loyal generals at the beginning of each phase.
fn begun(attack: &AttackOn<Mmr>) -> Vec<Vec<BinaryAgreementState>> {
    let begin = |me| {
        let seat = Seat::new(me, 4);
        BinaryAgreement::new().begin(seat, attack.inputs.get(&me), &mut Effects::of(seat))
    };
    let mut begun = vec![(0..3).map(General::new).map(begin).collect::<Vec<_>>()];
    for (phases, wave) in (1..).zip(&attack.lasso.as_ref().unwrap().ends) {
        let states = after(attack, *wave, phases).into_iter();
        begun.push(states.map(|(state, _)| state).collect());
    }
    begun
}

/// Whether two such states are the same up to the names of the loyal, who are generals 0 to 2.
fn are_alike(one: &[BinaryAgreementState], other: &[BinaryAgreementState]) -> bool {
    let mmr = BinaryAgreement::new();
    let all: [&[(usize, usize)]; 6] =
        [&[], &[(0, 1)], &[(0, 2)], &[(1, 2)], &[(0, 1), (0, 2)], &[(0, 1), (1, 2)]];
    all.iter().any(|swaps| {
        let mut renamed = one.to_vec();
        for (one, other) in swaps.iter().copied() {
            renamed.swap(one, other);
            let swap = Swap::between(General::new(one), General::new(other));
            let symmetry = mmr.symmetry().unwrap();
            renamed = renamed.iter().map(|state| symmetry.swapped_state(state, swap)).collect();
        }
        renamed == other
    })
}

/// What the common coin of each phase showed, and the first wave in which a loyal general saw it.
fn faces(
    execution: &Execution<Order, Claim, <Mmr as turncoat::Lockstep>::State>,
) -> Vec<(u8, usize)> {
    let mut shown = BTreeMap::new();
    for happened in execution.happened.iter().filter(|happened| happened.general != General::new(3))
    {
        if let OwnEvent::Shows(Coin::Common(phase), face) = happened.event {
            shown.entry(phase).or_insert((face, happened.wave));
        }
    }
    shown.into_values().collect()
}

/// A phase begins like the phase that `begins_as` names, in the states that the protocol really reaches. Each beginning
/// in the cycle occurs with both faces of the coin, and before the coin shows the same states are reached.
#[test]
fn a_phase_comes_again_whatever_the_coin_shows() {
    let attack = FOUND.attack.clone();
    let lasso = attack.lasso.clone().unwrap();
    let begun = begun(&attack);
    for (phase, first) in lasso.begins_as.iter().enumerate() {
        for other in 0..phase {
            let same = *first == lasso.begins_as[other];
            assert_eq!(are_alike(&begun[phase], &begun[other]), same, "{phase} and {other}");
        }
    }
    let execution = run(&InWaves(BinaryAgreement::new().live()), &attack).unwrap();
    let faces = faces(&execution);
    // For each beginning of a phase: what the coin shows, and the states in which at least two generals wait for it.
    let mut shown: BTreeMap<usize, BTreeSet<u8>> = BTreeMap::new();
    let mut waiting: BTreeMap<usize, Vec<Vec<BinaryAgreementState>>> = BTreeMap::new();
    for phase in lasso.from..=lasso.phases() {
        let (face, wave) = faces[phase - 1];
        let first = lasso.begins_as[phase - 1];
        shown.entry(first).or_default().insert(face);
        let begins = if phase == 1 { 1 } else { lasso.ends[phase - 2] + 1 };
        let waves = (begins..wave).map(|wave| after(&attack, wave, phase - 1));
        let asked = waves.filter(|all| all.iter().filter(|(_, waits)| *waits).count() >= 2);
        let asked: Vec<Vec<_>> =
            asked.map(|all| all.into_iter().map(|(state, _)| state).collect()).collect();
        let known = waiting.entry(first).or_insert_with(|| asked.clone());
        known.retain(|one| asked.iter().any(|other| are_alike(one, other)));
        assert!(!known.is_empty(), "in phase {phase} they come to something else");
    }
    assert!(shown.values().all(|faces| faces.len() == 2), "{shown:?}");
    assert!(lasso.begins_as.iter().all(|first| *first < lasso.from || shown.contains_key(first)));
}

/// If everybody begins with the same order, traitors can't keep everybody undecided for ever. But a general could be
/// left behind, so the verdict is bounded. The naive engine does not play this game, and says so.
#[test]
fn nothing_more_is_said_than_is_known() {
    let ruling = |asked: Check<Mmr>| asked.run().unwrap().ruling;
    assert!(matches!(ruling(asked([A, A, A])), Ruling::Bounded(Halt::LeftBehind)));
    let naive = asked([A, A, A]).engine(Engine::Naive).steps(20_000);
    assert!(matches!(ruling(naive), Ruling::Bounded(Halt::Endless | Halt::Steps)));
    // The other mixed case.
    assert!(matches!(ruling(asked([R, A, A])), Ruling::Broken(_)));
}

/// If one lie is left out, or if the protocol waits for CONF, the run is no violation: somebody decides, or the phases
/// do not all complete.
#[test]
fn what_breaks_the_cycle_is_no_violation() {
    let found = &*FOUND;
    let mmr = BinaryAgreement::new().live();
    let violation = |protocol, attack: &_| run(&InWaves(protocol), attack).unwrap().violation();
    assert_eq!(violation(mmr, &found.attack), Some(found.violation.clone()));
    assert_eq!(violation(mmr.confirming(), &found.attack), None);
    let told =
        |attack: &AttackOn<Mmr>| attack.lies.iter().rposition(|lie| lie.edit.said().is_some());
    let mut less = found.attack.clone();
    less.lies.remove(told(&less).unwrap());
    assert_eq!(violation(mmr, &less), None);
}

/// The attack is kept in a file, and replayed from there. (`UPDATE_EXPECT=1` searches for it anew.)
#[test]
fn it_is_kept_in_a_file() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/lasso.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        assert_eq!(turncoat(&format!("check mmr --live -n 4 -f 1 --save {file}")).code, 1);
    }
    let replayed = turncoat(&format!("replay {file}"));
    assert_eq!(replayed.code, 1, "{}", replayed.err);
    assert!(replayed.out.contains("phase 2 begins like phase 1"), "{}", replayed.out);
    assert!(replayed.out.contains("and so on for ever"), "{}", replayed.out);
    let wrong = std::fs::read_to_string(file)
        .unwrap()
        .replace("\"from\":1,\"begins_as\"", "\"from\":9,\"begins_as\"");
    let refused = turncoat_with("replay -", &wrong);
    assert_eq!(refused.code, 2, "{}", refused.out);
    assert!(
        refused.err.contains("the phase after the last must begin like one from `from` on"),
        "{}",
        refused.err
    );
}
