//! `tinybench completions`

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::error::Error;
use crate::stdout;

/// Prints the completion script for `shell`.
pub fn print(shell: Shell) -> Result<(), Error> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "tinybench", &mut script);
    stdout::print(String::from_utf8_lossy(&script).trim_end())
}
