//! The program `pd`.

use std::process::ExitCode;

use clap::Parser;
use policy_distillation::cli::{self, Arguments};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    cli::log_to_stderr(&arguments);
    cli::exit_code(cli::run(&arguments))
}
