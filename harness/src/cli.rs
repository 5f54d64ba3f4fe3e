//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use probe_rs::probe::DebugProbeSelector;

use crate::compare::{Aspect, NamedLimit};
use crate::power::Cell;
use crate::select::On;
use crate::served::SerialPlace;
use crate::subject::VectorCount;
use crate::{baselines, mlperf, power, shard, suggest};

/// Longest time a target can be given.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Longest window of a performance run: well within the 71 minutes of a device's clock.
const MAX_WINDOW: Duration = Duration::from_secs(600);
/// Longest interval at which something can be run.
const MAX_INTERVAL: Duration = Duration::from_secs(30 * 24 * 3600);

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
    /// The tinybench project [default: the one around the current folder, otherwise the one the
    /// binary was built from]
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
    /// List the boards
    Boards,
    /// List the workloads
    Workloads,
    /// List the runtimes
    Runtimes,
    /// Bring the models of a suite into the cache
    Fetch(FetchArgs),
    /// Remove the firmware that was built, and what can be made again with it
    Clean(CleanArgs),
    /// Serve a virtual board to probe-rs and the tools built on it
    Serve(ServeArgs),
    /// Check what is needed to build and to run, and say what to do about what is missing
    Doctor,
    /// Print a script that completes tinybench's commands in a shell
    #[command(after_help = "Example: tinybench completions bash > \
                            ~/.local/share/bash-completion/completions/tinybench")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Which device to measure, and how.
#[derive(Debug, Args)]
#[command(
    group = clap::ArgGroup::new("device").required(true).args(["port", "firmware", "workload"]),
    after_help = "\
Examples:
  tinybench mlperf --port /dev/ttyACM0                         latency of what is attached there
  tinybench mlperf --port /dev/ttyACM0 --data datasets/        latency and accuracy
  tinybench mlperf --port /dev/ttyACM0 --board nano33          with a run record, for compare
  tinybench mlperf --board nucleo-l4r5zi --firmware kws.bin    the image on a virtual board
  tinybench mlperf --board nucleo-l4r5zi --workload kws        tinybench's own firmware there

The results are written as a submission to MLPerf Tiny has them: kws/performance/results.txt and so
on, with the log of the session. A session that breaks off leaves its log. docs/mlperf.md says more."
)]
pub struct MlperfArgs {
    /// The serial port that the device is attached to
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// The port's speed; a virtual board has that of its firmware
    #[arg(long, value_name = "N", default_value_t = 115_200,
          value_parser = clap::value_parser!(u32).range(300..=12_000_000))]
    pub baud: u32,
    /// The board that the device is, so that its cycles are known and a run record can be written
    /// (`tinybench boards` lists them)
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
    /// An image to run on the virtual board instead of a device: .elf, .hex or .bin
    #[arg(long, value_name = "FILE", requires = "board")]
    pub firmware: Option<PathBuf>,
    /// A workload to run on the virtual board, in firmware of tinybench's own that speaks the
    /// protocol: kws, vww, ic or sww
    #[arg(long, value_name = "NAME", requires = "board")]
    pub workload: Option<String>,
    /// The UART of the virtual board that the image speaks on
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub uart: usize,
    /// In how many banks the flash of the virtual board is divided, an option byte of the device
    /// that isn't in its image [default: as the board file says]
    #[arg(long, value_name = "1|2", requires = "board",
          value_parser = clap::value_parser!(u32).range(1..=2))]
    pub flash_banks: Option<u32>,
    /// The task [default: that of the model which the device names]
    #[arg(long, value_enum)]
    pub task: Option<mlperf::task::Task>,
    /// The data set: a folder with y_labels.csv, or one with the data sets of all tasks
    /// [default: none; latency is measured with seeded input]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What to measure [default: performance, and accuracy where there is --data]
    #[arg(long, value_enum, requires_if("accuracy", "data"))]
    pub mode: Option<mlperf::submission::Mode>,
    /// How many samples to run for accuracy, spread evenly over those there are, or `all`
    /// [default: all]
    #[arg(long, value_name = "N|all", requires = "data")]
    pub samples: Option<Vectors>,
    /// How many windows to measure; a submission has five, and a comparison wants at least six
    #[arg(long, value_name = "N", default_value_t = mlperf::performance::WINDOWS,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub windows: u32,
    /// How long each window is at least [default: 10s, on a virtual board 1s]
    #[arg(long, value_name = "TIME", value_parser = window)]
    pub window: Option<Duration>,
    /// How long the device may take for an ordinary answer; for inferences it has longer
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = timeout)]
    pub timeout: Duration,
    /// Where to write the results [default: tinybench-results/mlperf-TIME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = Format::Table, requires_if("json", "board"))]
    pub format: Format,
}

/// What to report on, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench report run.json -o report.html          one file, opens offline
  tinybench report main.json change.json -o report.md
                                                    a comment for a pull request, under 60 KB
  tinybench report tinybench-results/ -o all.html   every record of a folder

The first record is the base that others are compared with, as `tinybench compare` does it.
docs/report.md says what is in a report.")]
pub struct ReportArgs {
    /// Run records, or folders of them
    #[arg(value_name = "RECORD", required = true)]
    pub records: Vec<PathBuf>,
    /// Where to write the report; its ending chooses the form, .html or .md
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// What counts as a regression.
    #[command(flatten)]
    pub gate: GateArgs,
    /// The report's title [default: made from workloads and boards]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
}

/// Which history to show, and where.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench dashboard history/ -o site
  tinybench dashboard history/ -o site --commit-url 'https://example.org/project/commit/{commit}'
  tinybench dashboard history/ -o site --site-url https://example.org/bench/

HISTORY is a folder of run records, one or several for each commit. The site is static: any web
server can serve it, and it opens from the disk. docs/dashboard.md says what is on it.")]
pub struct DashboardArgs {
    /// A folder of run records
    #[arg(value_name = "HISTORY")]
    pub history: PathBuf,
    /// The folder to write the site to; one that tinybench wrote before is replaced
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// The project's name
    #[arg(long, value_name = "TEXT", default_value = "Benchmarks")]
    pub title: String,
    /// Where a commit can be seen, `{commit}` standing for it [default: what the records say]
    #[arg(long, value_name = "URL")]
    pub commit_url: Option<String>,
    /// Where the site will be, for links in the Atom feed
    #[arg(long, value_name = "URL")]
    pub site_url: Option<String>,
}

/// What to fetch, and from where.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench fetch mlperf-tiny                          from where it is published
  tinybench fetch mlperf-tiny --from https://mirror/   from a server that has the same files
  tinybench fetch mlperf-tiny --from models/           from a folder

Every file is checked against its SHA-256; nothing else gets into the cache. A download that was
cut off goes on where it ended. The cache is `tinybench` in your cache folder, or the folder that
TINYBENCH_CACHE names.")]
pub struct FetchArgs {
    /// The suite
    #[arg(value_name = "SUITE")]
    pub suite: String,
    /// A folder, or the address of a server, that has the files by their names
    #[arg(long, value_name = "DIR|URL")]
    pub from: Option<String>,
    /// How long a server may be silent
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = timeout)]
    pub timeout: Duration,
}

/// What to calibrate, and what to write.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench calibrate --board nano33                    with a probe: the board against the model;
                                                        without: the model's counts alone
  tinybench calibrate --board nano33 --out calibration  also calibration.json and calibration.md
  tinybench calibrate --board nano33 --on probe --fit targets/boards/my-nano33.toml
                                                        a board file with fitted parameters

Flashing replaces what is on the board. Each benchmark is a few instructions between two readings
of the cycle counter, less what the readings take; docs/calibrate.md lists them, and says how to
read the report and what a fit can tell.")]
pub struct CalibrateArgs {
    /// The board (`tinybench boards` lists them)
    #[arg(long, value_name = "NAME")]
    pub board: String,
    /// What to compare with the virtual board: a probe, or nothing (`virtual`)
    #[arg(long, value_enum, default_value_t = On::Auto)]
    pub on: On,
    /// The debug probe, as probe-rs spells it: VID:PID or VID:PID:SERIAL, hexadecimal
    #[arg(long, value_name = "SELECTOR")]
    pub probe: Option<DebugProbeSelector>,
    /// A folder for the report as calibration.json and calibration.md
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Fit the cycle model's parameters to the measurement and write a board file with them
    #[arg(long, value_name = "FILE.toml")]
    pub fit: Option<PathBuf>,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// Which virtual board to serve, and where.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench serve --board nano33                 on a free TCP port of this machine
  tinybench serve --board nano33 --port 4711
  tinybench serve --board nano33 --unix /tmp/nano33
  tinybench serve --board nano33 --serial tcp:4712    UART 0 on a TCP port
  tinybench serve --board nano33 --serial pty         ... or on a pseudo-terminal

The selector is printed on stdout; give it to any tool of probe-rs:
  probe-rs run --chip nRF52840_xxAA --probe 20b7:9db1:tcp:127.0.0.1:4711 firmware.elf

Clients are served one after the other; the board runs on between them, as fast as a real one. It
speaks the protocol of a Glasgow probe. Where each serial port is follows on stdout, a line each.")]
pub struct ServeArgs {
    /// The board (`tinybench boards` lists them)
    #[arg(long, value_name = "NAME")]
    pub board: String,
    /// The TCP port on the loopback address; 0 lets the system choose
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "unix")]
    pub port: u16,
    /// A Unix socket instead
    #[arg(long, value_name = "PATH")]
    pub unix: Option<PathBuf>,
    /// Where to offer the board's UART 0; given again, UART 1. Port 0 lets the system choose
    #[arg(long = "serial", value_name = "tcp:PORT|pty")]
    pub serial: Vec<SerialPlace>,
}

/// What to measure, where, and what to do with the result.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench run --board nano33                          the standard set
  tinybench run --board nano33 --workload kws           one workload
  tinybench run --board nano33 --workload kws-audio     from raw audio, stage by stage
  tinybench run --board nano33 --suite mlperf-tiny      the models of others, once fetched
  tinybench run --board nano33 --model my.tflite        your own int8 model
  tinybench run --board nano33 --model my.tflite --reference vectors/
                                                        checked against my.outputs.i8
  tinybench run --board nano33 --workload forest --every 1s --cell cr2032
                                                        mean power, and how long a coin cell lasts
  tinybench run --board nano33 --model my.tflite --stream my/stream.toml
                                                        learning from what my.tflite extracts
  tinybench run --board nano33 --save-baseline main     to compare with later
  tinybench run --board nano33 --format json | jq .results[0].latency

The record is written to tinybench-results/ unless --out names a file. A run that fails, also
because an output differs from its reference, leaves no record.")]
pub struct RunArgs {
    /// The board (`tinybench boards` lists them)
    #[arg(long, value_name = "NAME")]
    pub board: String,
    /// A workload, repeatable; with -audio behind its name from raw audio [default: the standard
    /// set, if there is no --model and no --suite]
    #[arg(long = "workload", value_name = "NAME")]
    pub workloads: Vec<String>,
    /// A suite, or those of its workloads that --workload names
    #[arg(long, value_name = "NAME")]
    pub suite: Option<String>,
    /// Where the suite's models are, if they aren't in the cache yet
    #[arg(long, value_name = "DIR|URL", requires = "suite")]
    pub from: Option<String>,
    /// A model of your own, repeatable: TensorFlow Lite, int8, or a forest or centroids (.tbcm)
    #[arg(long = "model", value_name = "FILE")]
    pub models: Vec<PathBuf>,
    /// Where NAME.inputs.i8 and NAME.outputs.i8 are for each --model NAME.tflite: any number of
    /// vectors one after another [default: seeded inputs, outputs computed on the host]
    #[arg(long, value_name = "DIR", requires = "models")]
    pub reference: Option<PathBuf>,
    /// A stream of labelled samples to learn from; each --model is then an extractor of features
    #[arg(
        long,
        value_name = "FILE.toml",
        requires = "models",
        conflicts_with = "reference"
    )]
    pub stream: Option<PathBuf>,
    /// An inference engine, repeatable [default: the one that reads the model]
    #[arg(long = "runtime", value_name = "NAME")]
    pub runtimes: Vec<String>,
    /// What to run on
    #[arg(long, value_enum, default_value_t = On::Auto)]
    pub on: On,
    /// The debug probe, as probe-rs spells it: VID:PID or VID:PID:SERIAL, hexadecimal
    #[arg(long, value_name = "SELECTOR")]
    pub probe: Option<DebugProbeSelector>,
    /// How the board is supplied, for the energy: a power option of its board file
    /// [default: the one under [power]]
    #[arg(long, value_name = "NAME")]
    pub power: Option<String>,
    /// How many inferences to time
    #[arg(long, value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runs: u32,
    /// How many test vectors to run, spread evenly over those there are, or `all`
    /// [default: 48, or all if there are fewer]
    #[arg(long, value_name = "N|all")]
    pub vectors: Option<Vectors>,
    /// How long the target may take for one answer before it counts as hung
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = timeout)]
    pub timeout: Duration,
    /// How often the workload is run, such as 100ms, 1s or 5min: mean power, from the board's
    /// currents in use and at rest
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub every: Option<Duration>,
    /// What feeds the board, for how long it lasts: cr2032, cr2450, cr2477, lipo100 or lipo500
    #[arg(long, value_name = "NAME", requires = "every", value_parser = cell)]
    pub cell: Option<&'static Cell>,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// The commit of your project that is measured, for the record [default: what CI or git says]
    #[arg(
        long,
        value_name = "ID",
        env = "TINYBENCH_COMMIT",
        hide_env_values = true
    )]
    pub commit: Option<String>,
    /// Where to write the record [default: tinybench-results/TIME-BOARD.json]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Keep the record under this name too, for `tinybench compare NAME ...`
    #[arg(long, value_name = "NAME")]
    pub save_baseline: Option<baselines::Name>,
    /// Run only part I of N, to split a run over machines; `tinybench merge` puts the records
    /// together
    #[arg(long, value_name = "I/N")]
    pub shard: Option<shard::Part>,
}

/// What to do with what was made.
#[derive(Debug, Args)]
#[command(after_help = "\
Removed are the images, what cargo has compiled for them, and compressed models, in the project's folder
target/tinybench or the one that TINYBENCH_TARGET names. Records and fetched models stay. Without it,
images that were used longest ago leave beyond 2 GiB, and what cargo has compiled beyond 4 GiB.")]
pub struct CleanArgs {
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Which records to export, and how.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench export tinybench-results --format csv -o all.csv
  tinybench export new.json --format bmf | bencher run --adapter json --file -
  tinybench export new.json --format github -o smaller.json
  tinybench export new.json --format learning -o curves.csv
  tinybench export new.json --format junit --base main --limit latency=2% -o junit.xml

docs/export.md describes each format. An export never fails because of a regression; compare does.")]
pub struct ExportArgs {
    /// Records, folders of them, or names of saved baselines
    #[arg(value_name = "RECORD", required = true)]
    pub records: Vec<String>,
    /// The format
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// Where to write it [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What to compare with, for the test cases of JUnit [default: only hard limits are tested]
    #[arg(long, value_name = "BASE")]
    pub base: Option<String>,
    /// What counts as a regression, for the test cases of JUnit.
    #[command(flatten)]
    pub gate: GateArgs,
}

/// A format of another tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// CSV in long form: one line a value
    Csv,
    /// Bencher Metric Format
    Bmf,
    /// github-action-benchmark, customSmallerIsBetter: costs
    Github,
    /// github-action-benchmark, customBiggerIsBetter: quality
    GithubBigger,
    /// JUnit XML: one test case a workload and metric that can fail
    Junit,
    /// CSV of learning on the device: its curves, to be plotted
    Learning,
    /// A Markdown table
    Markdown,
}

/// Which records to put together.
#[derive(Debug, Args)]
#[command(after_help = "\
Example: three machines, one record
  tinybench run --board nano33 --shard 1/3 --out 1.json        (2/3 and 3/3 elsewhere)
  tinybench merge 1.json 2.json 3.json --out all.json")]
pub struct MergeArgs {
    /// Records of one board and build, or folders of them
    #[arg(value_name = "RECORD", required = true)]
    pub records: Vec<PathBuf>,
    /// Where to write the merged record [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Which model to compress.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench compress kws.tflite -o kws.tbz
  tinybench run --board nano33 --model kws.tflite --model kws.tbz
                                              what it saves and what it costs
  tinybench run --board nano33 --suite compression
                                              float32, int8, pruned and coded side by side

docs/compression.md describes the format and the experiment.")]
pub struct CompressArgs {
    /// An int8 .tflite
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// Where to write the compressed model
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
}

/// What to compare, and what counts as a regression.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench compare main new.json             a baseline (run --save-baseline main) and a record
  tinybench compare before/ after/            all records in two folders
  tinybench compare a.json b.json c.json      ratios to a.json, geometric means
  tinybench compare main new.json --limit 'latency=2%,flash=1%|400KB'
                                              latency may rise by 2 %, flash by 1 % and not over
                                              400 KB
  tinybench compare main new.json --allow compiler --format markdown > comment.md

Exit code 1 means that something regressed. docs/compare.md explains every column and verdict.")]
pub struct CompareArgs {
    /// What to compare with: a record, a folder of records, or the name of a saved baseline
    #[arg(value_name = "BASE")]
    pub base: String,
    /// What to compare: records, folders, or names of saved baselines
    #[arg(value_name = "NEW", required = true)]
    pub new: Vec<String>,
    /// What counts as a regression.
    #[command(flatten)]
    pub gate: GateArgs,
    /// Run what regressed again N times, and count only what regresses every time (measured
    /// figures; exact ones would come out the same) [default: 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub confirm: Option<u32>,
    /// The debug probe for --confirm, as `run` takes it
    #[arg(long, value_name = "SELECTOR")]
    pub probe: Option<DebugProbeSelector>,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = CompareFormat::Table)]
    pub format: CompareFormat,
}

/// What counts as a regression, and what may be compared.
#[derive(Debug, Default, Args)]
pub struct GateArgs {
    /// How much worse a metric may be than the base (2%), how bad at most (400KB), both (1%|400KB),
    /// or `off`; repeatable, or separated by commas [default: 0% for the headline figures]
    #[arg(long = "limit", value_name = "METRIC=LIMIT", value_delimiter = ',')]
    pub limits: Vec<NamedLimit>,
    /// What may differ in how base and new were obtained; repeatable, or separated by commas
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    pub allow: Vec<Aspect>,
    /// The settings [default: the nearest tinybench.toml at or above the current folder]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// A form of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    /// A table for people.
    Table,
    /// One JSON document.
    Json,
    /// Markdown, for a comment on a pull request.
    Markdown,
}

/// A form of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Table,
    /// One JSON document: the run record, or the report of a calibration.
    Json,
}

/// A number of vectors, as the user gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vectors(pub VectorCount);

impl FromStr for Vectors {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self(VectorCount::All));
        }
        let count: NonZeroUsize = text
            .parse()
            .map_err(|_| "it must be a number from 1 on, or `all`".to_owned())?;
        Ok(Self(VectorCount::Count(count.get())))
    }
}

/// A time such as `60s` or `2m30s`.
fn timeout(text: &str) -> Result<Duration, String> {
    let time = duration(text).filter(|time| *time <= MAX_TIMEOUT);
    time.ok_or_else(|| "it must be a time such as `60s` or `2m30s`, up to a day".to_owned())
}

/// A time such as `100ms`, `1s` or `5min`.
fn interval(text: &str) -> Result<Duration, String> {
    let time = duration(text).filter(|time| *time <= MAX_INTERVAL);
    time.ok_or_else(|| {
        "it must be a time such as `100ms`, `1s` or `5min`, up to 30 days".to_owned()
    })
}

/// A time as people write it, if it isn't zero.
fn duration(text: &str) -> Option<Duration> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|time| Duration::try_from(time).ok())
        .filter(|time| !time.is_zero())
}

/// A cell by its name.
fn cell(name: &str) -> Result<&'static Cell, String> {
    power::find(name).ok_or_else(|| {
        let names: Vec<_> = power::CELLS.iter().map(|it| it.name.to_owned()).collect();
        format!(
            "{}; docs/power.md describes them",
            suggest::hint(name, &names)
        )
    })
}

/// The length of a window.
fn window(text: &str) -> Result<Duration, String> {
    timeout(text)
        .ok()
        .filter(|time| (Duration::from_millis(1)..=MAX_WINDOW).contains(time))
        .ok_or_else(|| "it must be a time such as `10s` or `500ms`, from 1ms to 10m".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(timeout("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(timeout("2m30s"), Ok(Duration::from_secs(150)));
        assert_eq!(timeout("250ms"), Ok(Duration::from_millis(250)));
        for bad in ["", "60", "-1s", "0s", "2 weeks", "1e9h", "25h"] {
            assert!(timeout(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn intervals_are_read_as_people_write_them() {
        assert_eq!(interval("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(interval("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(interval("5min"), Ok(Duration::from_secs(300)));
        assert_eq!(interval("1h"), Ok(Duration::from_secs(3_600)));
        for bad in ["", "1", "0s", "-1s", "1e9h", "721h"] {
            assert!(interval(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_cell_has_a_name_that_is_told() {
        let command = Cli::command();
        let run = command.find_subcommand("run").unwrap();
        let argument = run.get_arguments().find(|it| it.get_id() == "cell");
        let help = argument.unwrap().get_help().unwrap().to_string();
        for known in &power::CELLS {
            assert!(help.contains(known.name), "{}", known.name);
            assert_eq!(cell(known.name), Ok(known));
        }
        let unknown = cell("cr2023").unwrap_err();
        assert!(unknown.contains("did you mean `cr2032`?"), "{unknown}");
    }

    #[test]
    fn vectors_are_a_number_or_all() {
        assert_eq!("all".parse(), Ok(Vectors(VectorCount::All)));
        assert_eq!("7".parse(), Ok(Vectors(VectorCount::Count(7))));
        for bad in ["0", "-1", "", "some"] {
            assert!(bad.parse::<Vectors>().is_err(), "{bad}");
        }
    }
}
