//! `tinybench manual`

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::args::Cli;
use tinybench_support::exit::Failure;
use tinybench_support::files::{self, WriteError};

/// Writes `tinybench.1`, and `tinybench-COMMAND.1` for each command, to `folder`.
pub fn write(folder: &Path) -> Result<(), Failure> {
    let made = files::make_folders(folder).map_err(WriteError::of(folder))?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let written = write_pages(&command, folder);
    if written.is_err() {
        made.undo();
    }
    Ok(written?)
}

/// The page of a command, and those of its own commands.
fn write_pages(command: &Command, folder: &Path) -> Result<(), WriteError> {
    let page = Man::new(command.clone());
    let path = folder.join(page.get_filename());
    let mut text = Vec::new();
    page.render(&mut text).map_err(WriteError::of(&path))?;
    files::write(&path, &text)?;
    command
        .get_subcommands()
        .try_for_each(|command| write_pages(command, folder))
}
