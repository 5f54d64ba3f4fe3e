//! `tinybench completions`

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::stdout;
use tinybench_support::exit::Failure;

/// Prints the completion script for `shell`.
pub fn print(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "tinybench", &mut script);
    stdout::print(String::from_utf8_lossy(&script).trim_end())
}
