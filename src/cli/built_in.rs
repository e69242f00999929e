//! The protocols that come with the program.

use super::event_driven::{
    BenOrArguments, BenOrs, Bracha, BrachaAgreementArguments, BrachaAgreements, BrachaArguments,
    Mmr, MmrArguments,
};
use super::exec::ByProgram;
use super::parameters::boxed;
use super::pbft::{DbftArguments, Dbfts, IbftArguments, Ibfts, PbftArguments, Pbfts};
use super::protocols::{Examples, Protocol, USUAL, made};
use super::signed::{
    RelayThresholdArguments, SignedArguments, SignedParameters, TwoSteps, TwoStepsArguments,
};
use super::unsigned::{
    FloodSetArguments, Flooding, MadeFor, MadeForArguments, Oral, OralArguments, RoutedArguments,
    RoutedParameters,
};
use super::views::{
    ChainedHotStuffArguments, ChainedHotStuffs, HotStuffArguments, HotStuffs, SimplexArguments,
    Simplexes, TendermintArguments, Tendermints,
};
use crate::InWaves;

/// All built-in protocols, in the order in which they are listed.
pub fn built_in() -> Vec<Protocol> {
    vec![
        Protocol {
            name: "oral",
            about: "OM(m), oral messages: claims n >= 3m + 1 (Lamport, Shostak, Pease 1982)",
            title: "Oral messages, OM(m)",
            claim: "n >= 3m + 1 generals survive m traitors",
            source: "Lamport, Shostak, Pease: The Byzantine Generals Problem. ACM TOPLAS 4(3), 1982, \
                 section 3",
            examples: Examples {
                check: "-n 3 -f 1 --save attack.json",
                sweep: "-n 3..=7 -f 1..=2",
                hunt: "-n 13 -f 4 --cases 10_000 --seed 7",
                refute: "-n 30 -f 10 -m 1",
            },
            made: made::<OralArguments, Oral>(
                |oral, f, _| Ok(oral.given(f)),
                |oral| boxed(oral.protocol()?),
            ),
        },
        Protocol {
            name: "routed",
            about: "OM(m,p), oral messages on a graph: claims p >= 3m (Lamport, Shostak, Pease 1982)",
            title: "Oral messages on a graph, OM(m,p)",
            claim: "m traitors are survived on a p-regular graph, if p >= 3m",
            source: "Lamport, Shostak, Pease: The Byzantine Generals Problem. ACM TOPLAS 4(3), 1982, \
                 section 5",
            examples: Examples {
                check: "--graph prism -f 1",
                sweep: "-n 4..=6 -f 1",
                hunt: "--graph prism -f 1",
                refute: "--graph ring -n 6 -f 1 -p 2",
            },
            made: made::<RoutedArguments, RoutedParameters>(
                |routed, f, graph| Ok(routed.given(f, graph)),
                |routed| boxed(routed.protocol()?),
            ),
        },
        Protocol {
            name: "signed",
            about: "SM(m), signed messages: claims any n, at most m traitors (Lamport, Shostak, Pease 1982)",
            title: "Signed messages, SM(m)",
            claim: "any number of generals survive m traitors",
            source: "Lamport, Shostak, Pease: The Byzantine Generals Problem. ACM TOPLAS 4(3), 1982, \
                 section 4",
            examples: Examples {
                check: "-n 3 -f 1 --signatures ed25519 --verifiers strict,plain",
                ..USUAL
            },
            made: made::<SignedArguments, SignedParameters>(
                |signed, f, _| signed.given(f),
                |signed| signed.unthresholded()?.notation(|sm| sm),
            ),
        },
        Protocol {
            name: "two-step",
            about: "The commander signs, and everyone shares once: claims one traitor",
            title: "The commander signs, and everyone shares once",
            claim: "any number of generals survive one traitor; it only looks as if they survived more",
            source: "the first idea of many: SM(m) with too few rounds",
            examples: Examples {
                check: "-n 4 -f 2",
                hunt: "-n 4 -f 2 --save attack.json",
                ..USUAL
            },
            made: made::<TwoStepsArguments, TwoSteps>(
                |signed, _, _| signed.given(),
                TwoSteps::notation,
            ),
        },
        Protocol {
            name: "relay-threshold",
            about: "SM(m) that relays an order only while fewer than K have signed it: claims m < K traitors",
            title: "SM(m) that relays an order only while fewer than k have signed it",
            claim: "any number of generals survive min(m, k - 1) traitors",
            source: "a saving in SM(m) that goes wrong below k = m + 1",
            examples: Examples {
                check: "-k 2 -n 5 -f 2",
                sweep: "-k 2 -n 3..=4 -f 1",
                hunt: "-k 2 -n 5 -f 2 --cases 1_000",
                refute: "-k 2 -n 3 -f 1",
            },
            made: made::<RelayThresholdArguments, SignedParameters>(
                |signed, f, _| signed.given(f),
                |signed| {
                    let k = signed.threshold()?;
                    signed.notation(|sm| sm.relaying_below(k))
                },
            ),
        },
        Protocol {
            name: "first-order",
            about: "SM(m) that relays only the first order it gets: claims one traitor, with two orders",
            title: "SM(m) that relays only the first order that it gets",
            claim: "with two orders, of which RETREAT arrives first, one traitor is survived",
            source: "a saving in SM(m) that goes too far: two orders are enough, and necessary",
            examples: USUAL,
            made: made::<SignedArguments, SignedParameters>(
                |signed, f, _| signed.given(f),
                |signed| signed.unthresholded()?.notation(|sm| sm.relaying_first(1)),
            ),
        },
        Protocol {
            name: "dolev-strong",
            about: "SM(m) that relays at most two orders: claims any n, at most m traitors (Dolev, Strong 1983)",
            title: "SM(m) that relays at most two orders",
            claim: "any number of generals survive m traitors",
            source: "Dolev, Strong: Authenticated algorithms for Byzantine agreement. SIAM J. Comput. \
                 12(4), 1983",
            examples: USUAL,
            made: made::<SignedArguments, SignedParameters>(
                |signed, f, _| signed.given(f),
                |signed| signed.unthresholded()?.notation(|sm| sm.relaying_first(2)),
            ),
        },
        Protocol {
            name: "flood-set",
            about: "Consensus by the union of all inputs: claims n > f, if traitors only crash",
            title: "FloodSet: consensus by the union of all inputs, in f + 1 rounds",
            claim: "more than f generals survive f crashes; one who lies, or fails to send, is too many",
            source: "Lynch: Distributed Algorithms. Morgan Kaufmann, 1996, section 6.2",
            examples: Examples {
                check: "-n 4 -f 1 --faults crash",
                sweep: "-n 3..=4 -f 1..=2 --faults crash",
                refute: "-n 4 -f 2",
                ..USUAL
            },
            made: made::<FloodSetArguments, Flooding>(
                |flood_set, f, _| Ok(flood_set.given(f)),
                |flooding| boxed(flooding.protocol()?),
            ),
        },
        Protocol {
            name: "vote",
            about: "A coordinator proposes, and n - m votes decide: claims n > 2m, if traitors only crash",
            title: "The coordinator's vote: he proposes, all vote, n - m votes decide",
            claim: "n > 2m generals survive m crashes; one who lies, or fails to send, is too many",
            source: "the normal case of Oki, Liskov: Viewstamped Replication. PODC 1988, and many since",
            examples: Examples {
                check: "-n 4 -f 1 --faults send-omission",
                sweep: "-n 3..=4 -f 1..=2 --faults crash",
                hunt: "-n 5 -f 2 --faults crash",
                refute: "-n 4 -f 2",
            },
            made: made::<MadeForArguments, MadeFor>(
                |vote, f, _| Ok(vote.given(f)),
                |vote| boxed(vote.vote()?),
            ),
        },
        Protocol {
            name: "interactive",
            about: "Consensus by OM(m) from every general: claims n >= 3m + 1 (Pease, Shostak, Lamport 1980)",
            title: "Consensus by interactive consistency: OM(m) from everybody, and the majority",
            claim: "n >= 3m + 1 generals survive m traitors",
            source: "Pease, Shostak, Lamport: Reaching Agreement in the Presence of Faults. J. ACM 27(2), \
                 1980",
            examples: Examples { refute: "-n 4 -f 2 -m 1", ..USUAL },
            made: made::<MadeForArguments, MadeFor>(
                |interactive, f, _| Ok(interactive.given(f)),
                |interactive| boxed(interactive.interactive()?),
            ),
        },
        Protocol {
            name: "signed-consensus",
            about: "Consensus by signed broadcasts from every general: claims n >= 2m + 1 (Dolev, Strong 1983)",
            title: "Consensus with signatures: SM(m) from everybody, and the majority",
            claim: "n >= 2m + 1 generals survive m traitors",
            source: "Dolev, Strong: Authenticated algorithms for Byzantine agreement. SIAM J. Comput. \
                 12(4), 1983",
            examples: Examples { check: "-n 4 -f 2", sweep: "-n 2..=4 -f 1", ..USUAL },
            made: made::<MadeForArguments, MadeFor>(
                |consensus, f, _| Ok(consensus.given(f)),
                |consensus| boxed(consensus.signed_consensus()?),
            ),
        },
        Protocol {
            name: "bracha",
            about: "Reliable broadcast, event-driven: claims n >= 3m + 1 (Bracha 1987)",
            title: "Reliable broadcast, event-driven",
            claim: "n >= 3m + 1 generals survive m traitors, however late messages are",
            source: "Bracha: Asynchronous Byzantine agreement protocols. Information and Computation 75, 1987",
            examples: Examples { check: "-n 4 -f 1 --deliver-at 2", refute: "-n 3 -f 1", ..USUAL },
            made: made::<BrachaArguments, Bracha>(
                |bracha, f, _| Ok(bracha.given(f)),
                |bracha| boxed(InWaves(bracha.protocol())),
            ),
        },
        Protocol {
            name: "ben-or",
            about: "Agreement with local coins: claims n >= 5m + 1 (Ben-Or 1983)",
            title: "Randomised agreement, event-driven, with local coins",
            claim: "n >= 5m + 1 generals survive m traitors, and n >= 2m + 1 survive m crashes, however late messages are",
            source: "Ben-Or: Another advantage of free choice. PODC 1983",
            examples: Examples {
                check: "-n 5 -f 1",
                sweep: "-n 4..=6 -f 1",
                hunt: "-n 5 -f 1 --rounds 2 --cases 100_000",
                refute: "-n 3 -f 1 --against-crashes",
            },
            made: made::<BenOrArguments, BenOrs>(
                |ben_or, f, _| Ok(ben_or.given(f)),
                |ben_or| boxed(InWaves(ben_or.protocol()?)),
            ),
        },
        Protocol {
            name: "bracha-agreement",
            about: "Agreement by reliable broadcast, with local coins: claims n >= 3m + 1 (Bracha 1987)",
            title: "Agreement by reliable broadcast and validated votes, event-driven, with local coins",
            claim: "n >= 3m + 1 generals survive m traitors, however late messages are",
            source: "Bracha: Asynchronous Byzantine agreement protocols. Information and Computation 75, 1987",
            examples: Examples {
                check: "-n 4 -f 1 --rounds 1 --plain",
                sweep: "-n 3..=4 -f 1 --rounds 1 --plain",
                hunt: "-n 4 -f 1 --no-validation",
                refute: "-n 3 -f 1 --rounds 1",
            },
            made: made::<BrachaAgreementArguments, BrachaAgreements>(
                |bracha, f, _| Ok(bracha.given(f)),
                |bracha| boxed(InWaves(bracha.protocol()?)),
            ),
        },
        Protocol {
            name: "mmr",
            about: "Binary agreement with a common coin: claims n >= 3m + 1 (Mostefaoui, Moumen, Raynal 2014)",
            title: "Binary agreement, event-driven, with a common coin",
            claim: "n >= 3m + 1 generals survive m traitors, however late messages are",
            source: "Mostefaoui, Moumen, Raynal: Signature-free asynchronous Byzantine consensus. PODC 2014",
            examples: Examples {
                check: "-n 4 -f 1",
                hunt: "-n 4 -f 1 --rounds 2 --relay-at 1",
                refute: "-n 3 -f 1 --rounds 2 --accept-at 2",
                ..USUAL
            },
            made: made::<MmrArguments, Mmr>(
                |mmr, f, _| Ok(mmr.given(f)),
                |mmr| boxed(InWaves(mmr.protocol()?)),
            ),
        },
        Protocol {
            name: "hotstuff",
            about: "One slot of HotStuff, view after view: claims n >= 3m + 1 (Yin et al. 2019)",
            title: "Basic HotStuff for one slot, event-driven, with signatures",
            claim: "n >= 3m + 1 generals agree in spite of m traitors, however late messages are",
            source: "Yin, Malkhi, Reiter, Golan Gueta, Abraham: HotStuff: BFT consensus with linearity and responsiveness. PODC 2019, Algorithm 2",
            examples: Examples {
                check: "-n 4 -f 1 --views 1",
                sweep: "-n 3..=4 -f 1 --views 1",
                hunt: "-n 4 -f 1 --phases 2 --no-lock --cases 100_000",
                refute: "",
            },
            made: made::<HotStuffArguments, HotStuffs>(
                |hotstuff, f, _| Ok(hotstuff.given(f)),
                |hotstuff| boxed(InWaves(hotstuff.protocol()?)),
            ),
        },
        Protocol {
            name: "chained-hotstuff",
            about: "One order in a chain of HotStuff: claims n >= 3m + 1 (Yin et al. 2019)",
            title: "Chained HotStuff for one order, driven by events, with signatures",
            claim: "n >= 3m + 1 generals agree in spite of m traitors, whenever mail comes",
            source: "Yin, Malkhi, Reiter, Golan Gueta, Abraham: HotStuff: BFT consensus with linearity and responsiveness. \
                 PODC 2019, Algorithm 3; what was got wrong: relab/hotstuff, issue 249, 2025",
            examples: Examples {
                check: "-n 4 -f 1 --views 3",
                sweep: "-n 3..=4 -f 1 --views 3",
                hunt: "-n 4 -f 1 --cases 1_000",
                refute: "",
            },
            made: made::<ChainedHotStuffArguments, ChainedHotStuffs>(
                |chained, f, _| Ok(chained.given(f)),
                |chained| boxed(InWaves(chained.protocol()?)),
            ),
        },
        Protocol {
            name: "tendermint",
            about: "One height of Tendermint, round after round: claims n >= 3m + 1 (Buchman, Kwon, Milosevic 2018)",
            title: "Tendermint for one height, event-driven",
            claim: "n >= 3m + 1 generals agree in spite of m traitors, however late messages are",
            source: "Buchman, Kwon, Milosevic: The latest gossip on BFT consensus. arXiv 1807.04938, 2018, Algorithm 1",
            examples: Examples {
                check: "-n 4 -f 1 --rounds 1",
                sweep: "-n 3..=4 -f 1 --rounds 1",
                hunt: "-n 4 -f 1 --no-lock",
                refute: "",
            },
            made: made::<TendermintArguments, Tendermints>(
                |tendermint, f, _| Ok(tendermint.given(f)),
                |tendermint| boxed(InWaves(tendermint.protocol()?)),
            ),
        },
        Protocol {
            name: "pbft",
            about: "One slot of PBFT, view after view: claims n >= 3m + 1 (Castro, Liskov 1999)",
            title: "PBFT for one slot, event-driven, with signatures",
            claim: "n >= 3m + 1 generals agree in spite of m traitors, however late messages are",
            source: "Castro, Liskov: Practical Byzantine fault tolerance. OSDI 1999, sections 4.2 and 4.4",
            examples: Examples {
                check: "-n 4 -f 1 --views 1",
                sweep: "-n 3..=4 -f 1 --views 1",
                hunt: "-n 4 -f 0 -m 1 --forget",
                refute: "",
            },
            made: made::<PbftArguments, Pbfts>(
                |pbft, f, _| Ok(pbft.given(f)),
                |pbft| boxed(InWaves(pbft.protocol()?)),
            ),
        },
        Protocol {
            name: "ibft",
            about: "One height of IBFT, whose locks are never released: claims n >= 3m + 1 (Lin 2017)",
            title: "IBFT for one height, event-driven, with locks that are never undone",
            claim: "n >= 3m + 1 generals agree in spite of m traitors, however late messages are; they need not decide",
            source: "Lin: Istanbul Byzantine fault tolerance. EIP 650, 2017; what is wrong: Saltini, Hyland-Wood. \
                 arXiv 1901.07160, 2019",
            examples: Examples {
                check: "-n 4 -f 1 --rounds 1",
                sweep: "-n 3..=4 -f 1 --rounds 1",
                hunt: "-n 4 -f 1 --live",
                refute: "",
            },
            made: made::<IbftArguments, Ibfts>(
                |ibft, f, _| Ok(ibft.given(f)),
                |ibft| boxed(InWaves(ibft.protocol()?)),
            ),
        },
        Protocol {
            name: "dbft",
            about: "One height of dBFT 2.0, which can get stuck: claims n >= 3m + 1 (Neo 2019)",
            title: "dBFT 2.0 for one height, event-driven, with signatures",
            claim: "n >= 3m + 1 generals agree in spite of m traitors, however late messages are; they need not decide",
            source: "Coelho et al.: Challenges of PBFT-inspired consensus for blockchain and enhancements over Neo dBFT. \
                 Future Internet 12(8), 2020; what is wrong: neo-project/neo-modules, issue 792, 2023",
            examples: Examples {
                check: "-n 3 -f 0 --views 1",
                sweep: "-n 2..=3 -f 0 --views 1",
                hunt: "-n 7 -f 0 --live",
                refute: "",
            },
            made: made::<DbftArguments, Dbfts>(
                |dbft, _, _| Ok(dbft.given()),
                |dbft| boxed(InWaves(dbft.protocol()?)),
            ),
        },
        Protocol {
            name: "simplex",
            about: "One order in a chain of Simplex: claims n >= 3m + 1 (Chan, Pass 2023)",
            title: "Simplex for one order, driven by events",
            claim: "n >= 3m + 1 generals agree in spite of m traitors, whenever mail comes",
            source: "Chan, Pass: Simplex consensus: a simple and fast consensus protocol. TCC 2023",
            examples: Examples {
                check: "-n 4 -f 1 --iterations 1",
                sweep: "-n 3..=4 -f 1 --iterations 1",
                hunt: "-n 4 -f 1 --trust-gaps --cases 10_000",
                refute: "",
            },
            made: made::<SimplexArguments, Simplexes>(
                |simplex, f, _| Ok(simplex.given(f)),
                |simplex| boxed(InWaves(simplex.protocol()?)),
            ),
        },
        Protocol {
            name: "exec",
            about: "A protocol in any language: a program that answers questions, one JSON line each",
            title: "A program that answers questions about its protocol, in any language",
            claim: "",
            source: "docs/exec.md says what it is asked",
            examples: Examples {
                check: "--command examples/exec/om1.py -n 4 -f 1",
                sweep: "--command examples/exec/om1.py -n 3..=4 -f 1",
                hunt: "--command examples/exec/om1.py -n 4 -f 1 --cases 1_000",
                refute: "--command examples/exec/om1.py -n 3 -f 1",
            },
            made: Box::new(ByProgram),
        },
    ]
}
