//! `turncoat list`: the protocols, what each claims, and its source.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use super::{BadInput, Format, as_text, print};

#[derive(clap::Args)]
pub struct Arguments {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Listed {
    protocol: &'static str,
    title: &'static str,
    claim: &'static str,
    source: &'static str,
}

const PROTOCOLS: [Listed; 10] = [
    Listed {
        protocol: "oral",
        title: "Oral messages, OM(m)",
        claim: "n >= 3m + 1 generals survive m traitors",
        source: "Lamport, Shostak, Pease: The Byzantine Generals Problem. ACM TOPLAS 4(3), 1982, \
                 section 3",
    },
    Listed {
        protocol: "routed",
        title: "Oral messages on a graph, OM(m,p)",
        claim: "on a graph that is p-regular m traitors are survived, if p >= 3m",
        source: "Lamport, Shostak, Pease: The Byzantine Generals Problem. ACM TOPLAS 4(3), 1982, \
                 section 5",
    },
    Listed {
        protocol: "signed",
        title: "Signed messages, SM(m)",
        claim: "any number of generals survive m traitors",
        source: "Lamport, Shostak, Pease: The Byzantine Generals Problem. ACM TOPLAS 4(3), 1982, \
                 section 4",
    },
    Listed {
        protocol: "two-step",
        title: "The commander signs, and everyone shares once",
        claim: "any number of generals survive one traitor; it looks as if they survived more",
        source: "the first idea of many: SM(m) with too few rounds",
    },
    Listed {
        protocol: "relay-threshold",
        title: "SM(m) that relays an order only while fewer than k have signed it",
        claim: "any number of generals survive as many traitors as the less of m and k - 1",
        source: "a saving in SM(m) that goes wrong below k = m + 1",
    },
    Listed {
        protocol: "first-order",
        title: "SM(m) that relays only the first order that it gets",
        claim: "with two orders, of which RETREAT arrives first, one traitor is survived",
        source: "a saving in SM(m) that goes too far: two orders are enough, and needed",
    },
    Listed {
        protocol: "dolev-strong",
        title: "SM(m) that relays at most two orders",
        claim: "any number of generals survive m traitors",
        source: "Dolev, Strong: Authenticated algorithms for Byzantine agreement. SIAM J. Comput. \
                 12(4), 1983",
    },
    Listed {
        protocol: "flood-set",
        title: "FloodSet: consensus by the union of all inputs, in f + 1 rounds",
        claim: "more than f generals survive f crashes; one who lies, or fails to send, is too much",
        source: "Lynch: Distributed Algorithms. Morgan Kaufmann, 1996, section 6.2",
    },
    Listed {
        protocol: "vote",
        title: "The coordinator's vote: he proposes, all vote, n - m votes decide",
        claim: "n > 2m generals survive m crashes; one who lies, or fails to send, is too much",
        source: "the normal case of Oki, Liskov: Viewstamped Replication. PODC 1988, and many since",
    },
    Listed {
        protocol: "interactive",
        title: "Consensus by interactive consistency: OM(m) from everybody, and the majority",
        claim: "n >= 3m + 1 generals survive m traitors",
        source: "Pease, Shostak, Lamport: Reaching Agreement in the Presence of Faults. J. ACM 27(2), \
                 1980",
    },
];

pub fn list(arguments: &Arguments) -> Result<ExitCode, BadInput> {
    let text = match arguments.format {
        Format::Json => as_text(&json!(PROTOCOLS)),
        Format::Text => PROTOCOLS.iter().map(described).collect::<Vec<_>>().join("\n"),
    };
    Ok(print(&text).unwrap_or_else(|failure| failure))
}

fn described(Listed { protocol, title, claim, source }: &Listed) -> String {
    format!("{protocol}\n  {title}\n  claims: {claim}\n  source: {source}\n")
}
