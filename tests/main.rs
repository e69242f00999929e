//! All integration tests, in one binary, so that proptest's regressions land at the top level.

mod attack_file;
mod command_line;
mod ed25519;
mod edge_cases;
mod faults;
mod hostile;
mod mutants;
mod oral;
mod random_protocols;
mod readme;
mod textbook;
mod tidy;
