//! What is asked on the command line.

mod boards;
mod measuring;
mod profiling;
mod reading;
mod values;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

pub use boards::*;
pub use measuring::*;
pub use profiling::*;
pub use reading::*;
pub use values::{Format, ShardChoice, Vectors};

/// What does this model cost on this microcontroller?
///
/// tinybench builds firmware around a model and an inference engine, runs it on a board or on a
/// virtual one, and records time, memory, flash and energy, each output checked against a
/// reference.
#[derive(Debug, Parser)]
#[command(
    name = "tinybench",
    version,
    after_help = "Exit codes: docs/exit-codes.md"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
}

/// What applies to every command.
#[derive(Debug, Args)]
pub struct Global {
    /// The project: a clone of the repository, or a folder with a tinybench.toml [default: the nearest at
    /// or above the current folder; without a clone, boards and workloads are those in the program]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "TINYBENCH_PROJECT",
        hide_env_values = true,
        help_heading = "Options of all commands"
    )]
    pub project: Option<PathBuf>,
    /// Say more on stderr; twice and three times for debugging
    #[arg(
        short,
        long,
        global = true,
        action = clap::ArgAction::Count,
        help_heading = "Options of all commands"
    )]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure workloads on a board, or on a virtual one
    Run(Box<RunArgs>),
    /// Show where the cycles of an inference go: by operator, kind of operator or function
    Profile(ProfileArgs),
    /// Measure every model on every board, as a file says
    Sweep(SweepArgs),
    /// Compare a board with its virtual counterpart by micro-benchmarks, rule by rule
    Calibrate(CalibrateArgs),
    /// Compare records: what became better or worse, and whether it matters
    Compare(Box<CompareArgs>),
    /// Write a report on run records, to be read and published: HTML or Markdown
    Report(ReportArgs),
    /// Write a website with the history of a project's run records
    Dashboard(DashboardArgs),
    /// Write records in the formats of other tools
    Export(Box<ExportArgs>),
    /// Make one record of those that parallel jobs wrote
    Merge(MergeArgs),
    /// Measure a device that speaks the MLPerf Tiny protocol
    Mlperf(Box<MlperfArgs>),
    /// Put the weights of a model into a Huffman code that is decoded on the target
    Compress(CompressArgs),
    /// Show what is in a model, what it needs, and what could run it
    Inspect(InspectArgs),
    /// List the boards, or write a file for a new one
    Boards(BoardsArgs),
    /// Begin a project of your own: settings, and folders for boards and workloads
    Init(InitArgs),
    /// List the workloads
    Workloads(ListArgs),
    /// List the runtimes
    Runtimes(ListArgs),
    /// List the power instruments that are known, what they can do, and which are attached
    Meters(ListArgs),
    /// Bring the models of a suite into the cache
    Fetch(FetchArgs),
    /// Remove the firmware that was built, and what can be made again with it
    Clean(CleanArgs),
    /// Serve a virtual board to probe-rs and the tools built on it
    Serve(ServeArgs),
    /// Check what is needed to build and to run, and say what to do about what is missing
    Doctor(ListArgs),
    /// Print a script that completes tinybench's commands in a shell, and the names of boards and
    /// workloads that there are
    #[command(after_help = "Example: tinybench completions bash > \
                            ~/.local/share/bash-completion/completions/tinybench")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one of tinybench and one of each command
    #[command(
        after_help = "Example: tinybench manual ~/.local/share/man/man1 && man tinybench-run"
    )]
    Manual {
        /// The folder they are written to, made if it isn't there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// Where to begin a project.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench init
  tinybench init ~/thermostat

Writes tinybench.toml, boards/README.md and workloads/README.md, and replaces nothing. In and below
that folder all commands know the boards and workloads there beside those that tinybench brings.")]
pub struct InitArgs {
    /// The folder, made if it isn't there
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use tinybench_execution::power;

    use super::values::cell;
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_cell_has_a_name_that_is_told() {
        let command = Cli::command();
        let run = command.find_subcommand("run").unwrap();
        let argument = run.get_arguments().find(|it| it.get_id() == "cell");
        let help = argument.unwrap().get_help().unwrap().to_string();
        for known in &power::CELLS {
            assert!(help.contains(known.name), "{}", known.name);
            assert_eq!(cell(known.name).unwrap().cell, known);
        }
        let unknown = cell("cr2023").unwrap_err();
        assert!(unknown.contains("did you mean `cr2032`?"), "{unknown}");
    }
}
