//! Boards.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListArgs;

/// How to list the boards, or which one to write a file for.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BoardsArgs {
    /// What else to do.
    #[command(subcommand)]
    pub command: Option<BoardsCommand>,
    /// How to list.
    #[command(flatten)]
    pub list: ListArgs,
}

/// What can be done with boards but to list them.
#[derive(Debug, Subcommand)]
pub enum BoardsCommand {
    /// Write a board file from what probe-rs knows of a chip
    New(NewBoardArgs),
}

/// What to write into a board file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench boards new --chip STM32F411RETx --clock-hz 16000000
  tinybench boards new --chip STM32F411RETx --clock-hz 16000000 --out nucleo-f411re.toml
  tinybench run --board stm32f411retx.toml

probe-rs knows where a chip's memories are. It doesn't know at what clock the chip runs after reset,
nor how its flash is read: the file says what was assumed, and is there to be edited. The virtual
board is a core with these memories, without the chip's peripherals; no error is established for
its cycles. A real board is measured with the same file and --on probe.")]
pub struct NewBoardArgs {
    /// The chip, as probe-rs spells it (`probe-rs chip list`)
    #[arg(long, value_name = "NAME")]
    pub chip: String,
    /// The clock of the core after reset, Hz: the data sheet says it
    #[arg(long, value_name = "HZ",
          value_parser = clap::value_parser!(u64).range(1_000..=4_000_000_000))]
    pub clock_hz: u64,
    /// Wait states of the flash at that clock
    #[arg(long, value_name = "N", default_value_t = 0,
          value_parser = clap::value_parser!(u32).range(0..=100))]
    pub wait_states: u32,
    /// What the board is called [default: the chip]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The file; its name without .toml is the board's [default: the chip's name in small letters]
    #[arg(long, value_name = "FILE.toml")]
    pub out: Option<PathBuf>,
}
