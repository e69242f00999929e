//! All integration tests, in one binary, so that proptest's regressions land at the top level.

mod attack_file;
mod command_line;
mod consensus;
mod crash_twins;
mod drawn_attacks;
mod ed25519;
mod edge_cases;
mod faults;
mod hostile;
mod mutants;
mod oral;
mod overheard;
mod pared;
mod random_protocols;
mod random_signed_protocols;
mod readme;
mod signed_command_line;
mod signed_engines;
mod signed_forgeries;
mod signed_mutants;
mod signed_schemes;
mod signed_textbook;
mod textbook;
mod tidy;
mod told;
