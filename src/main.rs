//! The command line `turncoat`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
