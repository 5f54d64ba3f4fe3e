//! What is asked of `tinybench profile`.

use clap::{Args, ValueEnum};
use probe_rs::probe::DebugProbeSelector;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;
use tinybench_execution::build::Opt;
use tinybench_execution::run::limits;
use tinybench_execution::target::select::On;

use super::values::timeout;

/// What to profile, and how to show it.
#[derive(Debug, Args)]
#[command(
    group = clap::ArgGroup::new("what").required(true).args(["workload", "model", "image"]),
    after_help = "\
Examples:
  tinybench profile --board nano33 --workload vww             where its time goes, worst first
  tinybench profile --board nano33 --workload vww --top 5     the five worst operators
  tinybench profile --board nano33 --model my.tflite --by function
                                                              ... by function of the firmware
  tinybench profile --board nano33 --model my.tflite --by line
                                                              ... by line of its source
  tinybench profile --board nano33 --workload kws --by kind   all convolutions together
  tinybench profile --board nano33 --workload vww -o vww.html a page: operators, roofline, flame
                                                              graph, memory over time
  tinybench profile --board nano33 --workload kws --format csv > kws.csv
  tinybench profile --board nano33 --workload kws --format folded | flamegraph.pl > kws.svg
  tinybench profile --board nano33 --workload kws --format speedscope > kws.speedscope.json
                                                              for https://www.speedscope.app
  tinybench profile --board nano33 --workload kws --format chrome > kws.trace.json
                                                              for https://ui.perfetto.dev
  tinybench profile --board nano33 --image firmware.elf       any program, function by function

The virtual board counts beside the run: the image is that of `tinybench run`, and takes the same
cycles. On a real board an image of its own measures each operator, and functions are by samples.
`tinybench run --profile` keeps the profile in the record, and `tinybench compare` then says which
operators make up a change. docs/profile.md explains every figure."
)]
pub struct ProfileArgs {
    /// The board (`tinybench boards` lists them), or its file
    #[arg(long, value_name = "NAME|FILE.toml")]
    pub board: String,
    /// A workload; with -audio behind its name the inference of that
    #[arg(long, value_name = "NAME")]
    pub workload: Option<String>,
    /// A model of your own
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// A program of your own, an ELF file with symbols in C, C++, Rust or whatever: it runs on the
    /// virtual board until it stops or the cycles are over
    #[arg(long, value_name = "FILE.elf", conflicts_with_all = ["runtime", "on", "probe", "by", "timeout"])]
    pub image: Option<PathBuf>,
    /// How long the program runs [default: one second of the board's clock]
    #[arg(long, value_name = "N", requires = "image",
          value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    pub cycles: Option<u64>,
    /// The inference engine [default: the one that reads the model]
    #[arg(long, value_name = "NAME")]
    pub runtime: Option<String>,
    /// What the project's own runtimes are built for: size has kernels at level s, and fewer of them
    #[arg(long, value_enum, default_value_t = Opt::Speed, conflicts_with = "image")]
    pub opt: Opt,
    /// Compile the project's own runtimes from its sources, by the compiler of this machine: for who changes
    /// them. Otherwise the objects are taken that tinybench brings, if they are those of the sources here
    #[arg(long, conflicts_with = "image")]
    pub build: bool,
    /// What to run on
    #[arg(long, value_enum, default_value_t = On::Auto)]
    pub on: On,
    /// The debug probe, as probe-rs spells it: VID:PID or VID:PID:SERIAL, hexadecimal
    #[arg(long, value_name = "SELECTOR")]
    pub probe: Option<DebugProbeSelector>,
    /// What the cycles are told by
    #[arg(long, value_enum, default_value_t = By::Operator)]
    pub by: By,
    /// Show only so many, the worst
    #[arg(long, value_name = "N")]
    pub top: Option<NonZeroUsize>,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = ProfileFormat::Table)]
    pub format: ProfileFormat,
    /// Write a page too: one HTML file that holds all it needs
    #[arg(short, long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
    /// How long the target may take for one answer before it counts as hung
    #[arg(long, value_name = "TIME", default_value = limits::TIMEOUT, value_parser = timeout)]
    pub timeout: Duration,
}

/// What cycles are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Each operator of the model.
    Operator,
    /// All operators of one name together.
    Kind,
    /// The functions of the firmware.
    Function,
    /// The lines of its source, inlined functions apart.
    Line,
}

/// A form of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileFormat {
    /// A table for people.
    Table,
    /// One JSON document: results/profile.schema.json.
    Json,
    /// A line for each row of the table.
    Csv,
    /// A line for each stack of operator and function, for flame-graph tools.
    Folded,
    /// The same for speedscope.
    Speedscope,
    /// The operators one after the other, for Perfetto and Chrome.
    Chrome,
}
