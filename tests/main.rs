//! All integration tests, in one binary, so that proptest's regressions land at the top level.

mod attack_file;
mod command_line;
mod faults;
mod hostile;
mod mutants;
mod oral;
mod random_protocols;
mod readme;
mod textbook;
mod tidy;
