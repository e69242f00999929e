//! The protocols by name, with their parameters: on the command line, in attack files, in lists.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};

use super::answer::BadInput;
use super::event_driven::{BenOrArguments, BenOrs, Bracha, BrachaArguments, Mmr, MmrArguments};
use super::parameters::boxed;
use super::signed::{
    RelayThresholdArguments, SignedArguments, SignedParameters, TwoSteps, TwoStepsArguments,
};
use super::unsigned::{
    FloodSetArguments, Flooding, MadeFor, MadeForArguments, Oral, OralArguments, RoutedArguments,
    RoutedParameters,
};
use super::views::{HotStuffArguments, HotStuffs, TendermintArguments, Tendermints};
use crate::report::json::merge;
use crate::report::notation::Notation;
use crate::{Graph, InWaves};

/// A protocol of the table: all that the command line knows of it.
#[derive(Serialize)]
pub struct Protocol {
    #[serde(rename = "protocol")]
    pub name: &'static str,
    /// What its help says in a line.
    #[serde(skip)]
    about: &'static str,
    pub title: &'static str,
    pub claim: &'static str,
    pub source: &'static str,
    #[serde(skip)]
    examples: Examples,
    #[serde(skip)]
    made: &'static dyn Kind,
}

/// What is worth trying first, of each command that is followed by a protocol; nothing where that has no answer.
struct Examples {
    check: &'static str,
    sweep: &'static str,
    hunt: &'static str,
    refute: &'static str,
}

/// Where nothing else is more interesting.
const USUAL: Examples = Examples {
    check: "-n 4 -f 1",
    sweep: "-n 3..=4 -f 1",
    hunt: "-n 4 -f 1 --cases 1_000",
    refute: "-n 3 -f 1",
};

impl Examples {
    fn of(&self, command: &str) -> &'static str {
        match command {
            "check" => self.check,
            "sweep" => self.sweep,
            "hunt" => self.hunt,
            _ => self.refute,
        }
    }
}

/// All protocols, in the order in which they are listed.
pub static PROTOCOLS: [Protocol; 16] = [
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
        made: &Made::<OralArguments, Oral> {
            given: |oral, f, _| Ok(oral.given(f)),
            notation: |oral| boxed(oral.protocol()?),
            arguments: Oral::arguments,
        },
    },
    Protocol {
        name: "routed",
        about: "OM(m,p), oral messages on a graph: claims p >= 3m (Lamport, Shostak, Pease 1982)",
        title: "Oral messages on a graph, OM(m,p)",
        claim: "on a graph that is p-regular m traitors are survived, if p >= 3m",
        source: "Lamport, Shostak, Pease: The Byzantine Generals Problem. ACM TOPLAS 4(3), 1982, \
                 section 5",
        examples: Examples {
            check: "--graph prism -f 1",
            sweep: "-n 4..=6 -f 1",
            hunt: "--graph prism -f 1",
            refute: "--graph ring -n 6 -f 1 -p 2",
        },
        made: &Made::<RoutedArguments, RoutedParameters> {
            given: |routed, f, graph| Ok(routed.given(f, graph)),
            notation: |routed| boxed(routed.protocol()?),
            arguments: RoutedParameters::arguments,
        },
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
        made: &Made::<SignedArguments, SignedParameters> {
            given: |signed, f, _| signed.given(f),
            notation: |signed| signed.unthresholded()?.notation(|sm| sm),
            arguments: SignedParameters::arguments,
        },
    },
    Protocol {
        name: "two-step",
        about: "The commander signs, and everyone shares once: claims one traitor",
        title: "The commander signs, and everyone shares once",
        claim: "any number of generals survive one traitor; it looks as if they survived more",
        source: "the first idea of many: SM(m) with too few rounds",
        examples: Examples { check: "-n 4 -f 2", hunt: "-n 4 -f 2 --save attack.json", ..USUAL },
        made: &Made::<TwoStepsArguments, TwoSteps> {
            given: |signed, _, _| signed.given(),
            notation: TwoSteps::notation,
            arguments: |signed, _| signed.arguments(),
        },
    },
    Protocol {
        name: "relay-threshold",
        about: "SM(m) that relays an order only while fewer than K have signed it: claims m < K traitors",
        title: "SM(m) that relays an order only while fewer than k have signed it",
        claim: "any number of generals survive as many traitors as the less of m and k - 1",
        source: "a saving in SM(m) that goes wrong below k = m + 1",
        examples: Examples {
            check: "-k 2 -n 5 -f 2",
            sweep: "-k 2 -n 3..=4 -f 1",
            hunt: "-k 2 -n 5 -f 2 --cases 1_000",
            refute: "-k 2 -n 3 -f 1",
        },
        made: &Made::<RelayThresholdArguments, SignedParameters> {
            given: |signed, f, _| signed.given(f),
            notation: |signed| {
                let k = signed.threshold()?;
                signed.notation(|sm| sm.relaying_below(k))
            },
            arguments: SignedParameters::arguments,
        },
    },
    Protocol {
        name: "first-order",
        about: "SM(m) that relays only the first order it gets: claims one traitor, with two orders",
        title: "SM(m) that relays only the first order that it gets",
        claim: "with two orders, of which RETREAT arrives first, one traitor is survived",
        source: "a saving in SM(m) that goes too far: two orders are enough, and needed",
        examples: USUAL,
        made: &Made::<SignedArguments, SignedParameters> {
            given: |signed, f, _| signed.given(f),
            notation: |signed| signed.unthresholded()?.notation(|sm| sm.relaying_first(1)),
            arguments: SignedParameters::arguments,
        },
    },
    Protocol {
        name: "dolev-strong",
        about: "SM(m) that relays at most two orders: claims any n, at most m traitors (Dolev, Strong 1983)",
        title: "SM(m) that relays at most two orders",
        claim: "any number of generals survive m traitors",
        source: "Dolev, Strong: Authenticated algorithms for Byzantine agreement. SIAM J. Comput. \
                 12(4), 1983",
        examples: USUAL,
        made: &Made::<SignedArguments, SignedParameters> {
            given: |signed, f, _| signed.given(f),
            notation: |signed| signed.unthresholded()?.notation(|sm| sm.relaying_first(2)),
            arguments: SignedParameters::arguments,
        },
    },
    Protocol {
        name: "flood-set",
        about: "Consensus by the union of all inputs: claims n > f, if traitors only crash",
        title: "FloodSet: consensus by the union of all inputs, in f + 1 rounds",
        claim: "more than f generals survive f crashes; one who lies, or fails to send, is too much",
        source: "Lynch: Distributed Algorithms. Morgan Kaufmann, 1996, section 6.2",
        examples: Examples {
            check: "-n 4 -f 1 --faults crash",
            sweep: "-n 3..=4 -f 1..=2 --faults crash",
            refute: "-n 4 -f 2",
            ..USUAL
        },
        made: &Made::<FloodSetArguments, Flooding> {
            given: |flood_set, f, _| Ok(flood_set.given(f)),
            notation: |flooding| boxed(flooding.protocol()?),
            arguments: Flooding::arguments,
        },
    },
    Protocol {
        name: "vote",
        about: "A coordinator proposes, and n - m votes decide: claims n > 2m, if traitors only crash",
        title: "The coordinator's vote: he proposes, all vote, n - m votes decide",
        claim: "n > 2m generals survive m crashes; one who lies, or fails to send, is too much",
        source: "the normal case of Oki, Liskov: Viewstamped Replication. PODC 1988, and many since",
        examples: Examples {
            check: "-n 4 -f 1 --faults send-omission",
            sweep: "-n 3..=4 -f 1..=2 --faults crash",
            hunt: "-n 5 -f 2 --faults crash",
            refute: "-n 4 -f 2",
        },
        made: &Made::<MadeForArguments, MadeFor> {
            given: |vote, f, _| Ok(vote.given(f)),
            notation: |vote| boxed(vote.vote()?),
            arguments: MadeFor::arguments,
        },
    },
    Protocol {
        name: "interactive",
        about: "Consensus by OM(m) from every general: claims n >= 3m + 1 (Pease, Shostak, Lamport 1980)",
        title: "Consensus by interactive consistency: OM(m) from everybody, and the majority",
        claim: "n >= 3m + 1 generals survive m traitors",
        source: "Pease, Shostak, Lamport: Reaching Agreement in the Presence of Faults. J. ACM 27(2), \
                 1980",
        examples: Examples { refute: "-n 4 -f 2 -m 1", ..USUAL },
        made: &Made::<MadeForArguments, MadeFor> {
            given: |interactive, f, _| Ok(interactive.given(f)),
            notation: |interactive| boxed(interactive.interactive()?),
            arguments: MadeFor::arguments,
        },
    },
    Protocol {
        name: "signed-consensus",
        about: "Consensus by signed broadcasts from every general: claims n >= 2m + 1 (Dolev, Strong 1983)",
        title: "Consensus with signatures: SM(m) from everybody, and the majority",
        claim: "n >= 2m + 1 generals survive m traitors",
        source: "Dolev, Strong: Authenticated algorithms for Byzantine agreement. SIAM J. Comput. \
                 12(4), 1983",
        examples: Examples { check: "-n 4 -f 2", sweep: "-n 2..=4 -f 1", ..USUAL },
        made: &Made::<MadeForArguments, MadeFor> {
            given: |consensus, f, _| Ok(consensus.given(f)),
            notation: |consensus| boxed(consensus.signed_consensus()?),
            arguments: MadeFor::arguments,
        },
    },
    Protocol {
        name: "bracha",
        about: "Reliable broadcast, driven by events: claims n >= 3m + 1 (Bracha 1987)",
        title: "Reliable broadcast, driven by events",
        claim: "n >= 3m + 1 generals survive m traitors, whenever mail comes",
        source: "Bracha: Asynchronous Byzantine agreement protocols. Information and Computation 75, 1987",
        examples: Examples { check: "-n 4 -f 1 --deliver-at 2", refute: "-n 3 -f 1", ..USUAL },
        made: &Made::<BrachaArguments, Bracha> {
            given: |bracha, f, _| Ok(bracha.given(f)),
            notation: |bracha| boxed(InWaves(bracha.protocol())),
            arguments: Bracha::arguments,
        },
    },
    Protocol {
        name: "ben-or",
        about: "Agreement with coins of one's own: claims n >= 5m + 1 (Ben-Or 1983)",
        title: "Randomised agreement, driven by events, with local coins",
        claim: "n >= 5m + 1 generals survive m traitors, and n >= 2m + 1 survive m crashes, whenever mail comes",
        source: "Ben-Or: Another advantage of free choice. PODC 1983",
        examples: Examples {
            check: "-n 5 -f 1",
            sweep: "-n 4..=6 -f 1",
            hunt: "-n 5 -f 1 --rounds 2 --cases 100_000",
            refute: "-n 3 -f 1 --against-crashes",
        },
        made: &Made::<BenOrArguments, BenOrs> {
            given: |ben_or, f, _| Ok(ben_or.given(f)),
            notation: |ben_or| boxed(InWaves(ben_or.protocol()?)),
            arguments: BenOrs::arguments,
        },
    },
    Protocol {
        name: "mmr",
        about: "Binary agreement with a common coin: claims n >= 3m + 1 (Mostefaoui, Moumen, Raynal 2014)",
        title: "Binary agreement, driven by events, with a common coin",
        claim: "n >= 3m + 1 generals survive m traitors, whenever mail comes",
        source: "Mostefaoui, Moumen, Raynal: Signature-free asynchronous Byzantine consensus. PODC 2014",
        examples: Examples {
            check: "-n 4 -f 1",
            hunt: "-n 4 -f 1 --rounds 2 --relay-at 1",
            refute: "-n 3 -f 1 --rounds 2 --accept-at 2",
            ..USUAL
        },
        made: &Made::<MmrArguments, Mmr> {
            given: |mmr, f, _| Ok(mmr.given(f)),
            notation: |mmr| boxed(InWaves(mmr.protocol()?)),
            arguments: Mmr::arguments,
        },
    },
    Protocol {
        name: "hotstuff",
        about: "One slot of HotStuff, view after view: claims n >= 3m + 1 (Yin et al. 2019)",
        title: "Basic HotStuff for one slot, driven by events, with signatures",
        claim: "n >= 3m + 1 generals agree in spite of m traitors, whenever mail comes",
        source: "Yin, Malkhi, Reiter, Golan Gueta, Abraham: HotStuff: BFT consensus with linearity and responsiveness. PODC 2019, Algorithm 2",
        examples: Examples {
            check: "-n 4 -f 1 --views 1",
            sweep: "-n 3..=4 -f 1 --views 1",
            hunt: "-n 4 -f 1 --phases 2 --no-lock --cases 100_000",
            refute: "",
        },
        made: &Made::<HotStuffArguments, HotStuffs> {
            given: |hotstuff, f, _| Ok(hotstuff.given(f)),
            notation: |hotstuff| boxed(InWaves(hotstuff.protocol()?)),
            arguments: HotStuffs::arguments,
        },
    },
    Protocol {
        name: "tendermint",
        about: "One height of Tendermint, round after round: claims n >= 3m + 1 (Buchman, Kwon, Milosevic 2018)",
        title: "Tendermint for one height, driven by events",
        claim: "n >= 3m + 1 generals agree in spite of m traitors, whenever mail comes",
        source: "Buchman, Kwon, Milosevic: The latest gossip on BFT consensus. arXiv 1807.04938, 2018, Algorithm 1",
        examples: Examples {
            check: "-n 4 -f 1 --rounds 1",
            sweep: "-n 3..=4 -f 1 --rounds 1",
            hunt: "-n 4 -f 1 --no-lock",
            refute: "",
        },
        made: &Made::<TendermintArguments, Tendermints> {
            given: |tendermint, f, _| Ok(tendermint.given(f)),
            notation: |tendermint| boxed(InWaves(tendermint.protocol()?)),
            arguments: Tendermints::arguments,
        },
    },
];

/// How a protocol comes of arguments `A`, of which come its parameters `S`, as they are written down.
struct Made<A, S> {
    /// The parameters when there may be so many traitors on this graph.
    given: fn(&A, usize, &Graph) -> Result<S, BadInput>,
    notation: fn(&S) -> Result<Box<dyn Notation>, BadInput>,
    /// The parameters as arguments where there are so many traitors, those that are not the defaults.
    arguments: fn(&S, usize) -> String,
}

/// The same, whatever the types are.
trait Kind: Sync {
    fn augment(&self, command: Command) -> Command;

    fn given(
        &'static self,
        matches: &ArgMatches,
        f: usize,
        graph: &Graph,
    ) -> Result<Box<dyn Parameters>, BadInput>;

    fn read(&'static self, written: Value) -> serde_json::Result<Box<dyn Parameters>>;
}

/// The parameters of a protocol, whatever their type is.
trait Parameters {
    fn notation(&self) -> Result<Box<dyn Notation>, BadInput>;

    fn arguments(&self, f: usize) -> String;

    fn write(&self) -> Value;
}

impl<A: Args, S: Serialize + DeserializeOwned> Kind for Made<A, S> {
    fn augment(&self, command: Command) -> Command {
        A::augment_args(command)
    }

    fn given(
        &'static self,
        matches: &ArgMatches,
        f: usize,
        graph: &Graph,
    ) -> Result<Box<dyn Parameters>, BadInput> {
        let arguments = A::from_arg_matches(matches).map_err(BadInput::new)?;
        Ok(Box::new((self, (self.given)(&arguments, f, graph)?)))
    }

    fn read(&'static self, written: Value) -> serde_json::Result<Box<dyn Parameters>> {
        Ok(Box::new((self, serde_json::from_value::<S>(written)?)))
    }
}

impl<A, S: Serialize> Parameters for (&'static Made<A, S>, S) {
    fn notation(&self) -> Result<Box<dyn Notation>, BadInput> {
        (self.0.notation)(&self.1)
    }

    fn arguments(&self, f: usize) -> String {
        (self.0.arguments)(&self.1, f)
    }

    fn write(&self) -> Value {
        json!(self.1)
    }
}

/// A protocol as it was chosen on the command line, before it is known for how many traitors, and the
/// arguments of a command.
pub struct ChosenWith<A> {
    pub protocol: &'static Protocol,
    matches: ArgMatches,
    pub arguments: A,
}

impl<A> ChosenWith<A> {
    /// The protocol with its parameters when there may be so many traitors on this graph.
    pub fn given(&self, f: usize, graph: &Graph) -> Result<Specification, BadInput> {
        let ChosenWith { protocol, matches, .. } = self;
        Ok(Specification { protocol, parameters: protocol.made.given(matches, f, graph)? })
    }
}

impl<A: Args> FromArgMatches for ChosenWith<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<ChosenWith<A>, clap::Error> {
        let of = matches.subcommand().and_then(|(name, of)| Some((protocol(name)?, of.clone())));
        let (protocol, matches) =
            of.ok_or_else(|| clap::Error::new(clap::error::ErrorKind::MissingSubcommand))?;
        let arguments = A::from_arg_matches(&matches)?;
        Ok(ChosenWith { protocol, matches, arguments })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = ChosenWith::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<A: Args> Subcommand for ChosenWith<A> {
    fn augment_subcommands(command: Command) -> Command {
        let asking = command.get_name().to_owned();
        PROTOCOLS.iter().fold(command, |command, Protocol { name, about, examples, made, .. }| {
            let of = A::augment_args(made.augment(Command::new(*name)));
            let of = of.about(*about).long_about(None);
            command.subcommand(match examples.of(&asking) {
                "" => of,
                example => of.after_help(format!("Example: turncoat {asking} {name} {example}")),
            })
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        ChosenWith::<A>::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        protocol(name).is_some()
    }
}

fn protocol(name: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|protocol| protocol.name == name)
}

/// A protocol with all its parameters, as it is written down.
pub struct Specification {
    protocol: &'static Protocol,
    parameters: Box<dyn Parameters>,
}

impl Specification {
    /// The protocol itself, by numbers.
    pub fn notation(&self) -> Result<Box<dyn Notation>, BadInput> {
        self.parameters.notation()
    }

    /// The protocol as arguments, those that are not the defaults.
    pub fn arguments(&self, f: usize) -> String {
        self.protocol.name.to_owned() + &self.parameters.arguments(f)
    }
}

impl Serialize for Specification {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut written = json!({ "protocol": self.protocol.name });
        merge(&mut written, &self.parameters.write());
        written.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Specification {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Specification, D::Error> {
        let mut written = Map::deserialize(from)?;
        let name = written.shift_remove("protocol");
        let name = name.ok_or_else(|| D::Error::missing_field("protocol"))?;
        let name: String = serde_json::from_value(name).map_err(D::Error::custom)?;
        let protocol = protocol(&name).ok_or_else(|| {
            let names = PROTOCOLS.each_ref().map(|protocol| format!("`{}`", protocol.name));
            let names = names.join(", ");
            D::Error::custom(format!("unknown variant `{name}`, expected one of {names}"))
        })?;
        let parameters = protocol.made.read(Value::Object(written)).map_err(D::Error::custom)?;
        Ok(Specification { protocol, parameters })
    }
}
