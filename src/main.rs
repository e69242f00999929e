//! The command line `turncoat`: see `src/cli.rs`, which is part of the library so that searches of the
//! built-in protocols are compiled once.

fn main() -> std::process::ExitCode {
    turncoat::cli::main()
}
