//! What is asked of the commands that read records.

use clap::{Args, ValueEnum};
use probe_rs::probe::DebugProbeSelector;
use std::path::PathBuf;
use tinybench_metrics::{Aspect, LimitError, NamedLimit};

use super::values::Format;

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
    /// Take every difference of figures that don't vary for a change: modelled latency has a noise floor
    /// otherwise, as the same code at another address takes other cycles
    #[arg(long)]
    pub exact: bool,
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

/// What to report on, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench report run.json -o report.html          one file, opens offline
  tinybench report main.json change.json -o report.md
                                                    a comment for a pull request, under 60 KB
  tinybench report tinybench-results/ -o all.html   every record of a folder
  tinybench report nano33.json nucleo.json -o choice.html --budget latency=100ms,ram=64KB,flash=256KB
                                                    which of two boards to take

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
    /// What a result may cost at most, for the table of what to ship; repeatable, or separated by commas
    #[arg(
        long,
        value_name = "METRIC=MOST",
        value_delimiter = ',',
        value_parser = budget
    )]
    pub budget: Vec<NamedLimit>,
    /// The report's title [default: made from workloads and boards]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
}

/// A hard limit alone.
fn budget(text: &str) -> Result<NamedLimit, String> {
    let named: NamedLimit = text.parse().map_err(|it: LimitError| it.to_string())?;
    match (named.limit.hard, named.limit.soft) {
        (Some(_), None) => Ok(named),
        _ => Err("a budget is METRIC=MOST, such as latency=100ms or ram=64KB".to_owned()),
    }
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
    /// The folder to write the site to; what tinybench wrote there before is replaced, anything else stays
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
    /// The settings, with the steps that the project accepts [default: the nearest tinybench.toml at or
    /// above the current folder]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Which records to export, and how.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench export tinybench-results --format csv -o all.csv
  tinybench export tinybench-results --format sqlite -o all.sqlite
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
    /// Where to write it [default: stdout, but a database needs a file]
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
    /// An SQLite database in long form: one row a figure
    Sqlite,
}

/// How to list.
#[derive(Clone, Copy, Debug, Args)]
pub struct ListArgs {
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
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

/// Which models to show.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench inspect model.tflite                   operators, arena, what could run it
  tinybench inspect a.tflite b.tflite              one after the other
  tinybench inspect model.tflite --format json | jq .models[0].macs
  tinybench inspect model_data.cc --save-model model.tflite
                                                   the array of a C source, as a file that runs

Neither a board nor a compiler is needed. A model that can't run is shown too, with everything
that is in the way. docs/inspect.md explains every column and field.")]
pub struct InspectArgs {
    /// Models: TensorFlow Lite, compressed ones, forests or centroids (.tbcm), or source in C that holds
    /// one as an array
    #[arg(value_name = "MODEL", required = true)]
    pub models: Vec<PathBuf>,
    /// Write the model that is inspected as a file of its own, which is of use for source in C
    #[arg(long, value_name = "FILE")]
    pub save_model: Option<PathBuf>,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = InspectFormat::Table)]
    pub format: InspectFormat,
}

/// A form of an inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InspectFormat {
    /// Tables for people, at most 100 columns wide.
    Table,
    /// One JSON document.
    Json,
}
