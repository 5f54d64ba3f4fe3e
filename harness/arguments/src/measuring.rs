//! What is asked of the commands that measure, and of those that prepare it.

use clap::Args;
use probe_rs::probe::DebugProbeSelector;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;
use tinybench_devices::mlperf;
use tinybench_devices::serving::SerialPlace;
use tinybench_execution::build::Opt;
use tinybench_execution::power::Fed;
use tinybench_execution::power::metered;
use tinybench_execution::run::limits;
use tinybench_execution::target::select::On;
use tinybench_inputs::dataset::Task;
use tinybench_inputs::subject::Metric;
use tinybench_instruments::Meter;
use tinybench_record::BaselineName;

use super::values::{Format, ShardChoice, Vectors, cell, interval, result, timeout, volts, window};

/// Speed of a serial port, unless the user says.
pub const BAUD: u32 = 115_200;
/// That of devices in energy mode.
pub const ENERGY_BAUD: u32 = 9_600;

/// How long a device may take for an ordinary answer, unless the user says.
pub const PATIENCE: &str = "5s";

/// What to measure, where, and what to do with the result.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench run --board nano33                          the standard set
  tinybench run --board nano33 --workload kws           one workload
  tinybench run --board nano33 --workload kws-audio     from raw audio, stage by stage
  tinybench run --board nano33 --suite mlperf-tiny      the models of others, once fetched
  tinybench run --board nano33 --suite mlperf-tiny --data datasets/
                                                        ... and their official quality
  tinybench run --board nano33 --model my.tflite        your own model
  tinybench run --board nano33 --model my.tflite --reference vectors/
                                                        checked against vectors/my.outputs.npy
  tinybench run --board nano33 --model my.tflite --inputs vectors/ --labels y.csv --metric top1
                                                        how many of its answers are right
  tinybench run --board nano33 --model my.tflite --reference vectors/ --steps 20
                                                        sequences of 20 steps, for a model with a state
  tinybench run --board nano33 --workload kws --runtime interpreter --runtime my-engine/
                                                        your own engine beside ours: docs/runtimes.md
  tinybench run --board nano33 --model my.tflite --reference vectors/ --image program.elf
                                                        a whole program of yours
  tinybench run --board nano33 --image program.elf --entry fir --setup fill --result out=out.bin
                                                        one function of any program
  tinybench run --board nano33 --workload forest --every 1s --cell cr2032
                                                        mean power, and how long a coin cell lasts
  tinybench run --board nano33 --workload kws --power-meter ppk2 --supply 3.0V
                                                        energy by an instrument: docs/power.md
  tinybench run --board nano33 --model my.tflite --stream my/stream.toml
                                                        learning from what my.tflite extracts
  tinybench run --board nano33 --workload kws --layouts 8
                                                        how far the place of the code moves the latency
  tinybench run --board nano33 --save-baseline main     to compare with later
  tinybench run --board nano33 --format json | jq .results[0].latency
  tinybench run --resume                                go on with the run that was interrupted

Vectors for --model NAME.tflite, in the folder of --reference or --inputs; SIDE is inputs or outputs:
  NAME.SIDE.npy      a NumPy array: the tensor's shape behind the number of vectors, such as
                     (100, 49, 10, 1); with --steps also behind sequences and steps, (5, 20, 40)
  NAME.SIDE.npz      several tensors: arrays called as in the model, or arr_0, arr_1, ... as
                     numpy.savez(\"my.inputs.npz\", first, second) calls them
  NAME.SIDE.N.npy    ... or a file for each, from 0: my.inputs.0.npy, my.inputs.1.npy
  NAME.SIDE.TYPE     bare elements, little-endian, a vector after the other, in a vector a tensor
                     after the other: my.inputs.i8; of a 16x8 model .i16, of float32 .f32; also
                     u8, i32, u32, i64, u64
  NAME.SIDE.N.TYPE   ... or a file for each: my.outputs.0.i16, my.outputs.1.u8
docs/references.md says more.

The record is written to tinybench-results/ unless --out names a file. Where a workload fails, also
because an output differs from its reference, the record says so and the others are measured; the
exit code is that of the first failure. What was measured so far is in a journal beside the record,
until that is written.")]
pub struct RunArgs {
    /// The board (`tinybench boards` lists them), or its file
    #[arg(
        long,
        value_name = "NAME|FILE.toml",
        required_unless_present = "resume"
    )]
    pub board: Option<String>,
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
    /// Data sets of MLPerf Tiny instead of the suite's vectors, all of their samples unless --vectors
    /// says: a folder with y_labels.csv, or one with the data sets of all tasks
    #[arg(long, value_name = "DIR", requires = "suite")]
    pub data: Option<PathBuf>,
    /// A model of your own, repeatable: TensorFlow Lite, or a forest or centroids (.tbcm)
    #[arg(long = "model", value_name = "FILE")]
    pub models: Vec<PathBuf>,
    /// What a --model is called, repeatable: one for each, in their order [default: after its file, with
    /// its folder where two have the same name]
    #[arg(long = "name", value_name = "NAME", requires = "models")]
    pub names: Vec<String>,
    /// Where the inputs and outputs are for each --model NAME.tflite: NAME.inputs.npy and
    /// NAME.outputs.npy, or one of the forms below [default: seeded inputs, outputs computed on the
    /// host]
    #[arg(long, value_name = "DIR", requires = "models")]
    pub reference: Option<PathBuf>,
    /// Where the inputs alone are; the outputs are computed on the host
    #[arg(
        long,
        value_name = "DIR",
        requires = "models",
        conflicts_with = "reference"
    )]
    pub inputs: Option<PathBuf>,
    /// Steps of each vector, for a model with a state: a vector is then a sequence, before which
    /// alone the state is reset, and the latency is that of a step
    #[arg(long, value_name = "N", requires = "models",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: Option<u32>,
    /// What is known of each vector of the models, for --metric: a line each, or a .npy array
    #[arg(long, value_name = "FILE", requires_all = ["models", "metric"])]
    pub labels: Option<PathBuf>,
    /// How the outputs are judged by --labels
    #[arg(long, value_enum, requires = "labels")]
    pub metric: Option<Metric>,
    /// A stream of labelled samples to learn from; each --model is then an extractor of features
    #[arg(
        long,
        value_name = "FILE.toml",
        requires = "models",
        conflicts_with_all = ["reference", "inputs", "steps", "labels"]
    )]
    pub stream: Option<PathBuf>,
    /// An inference engine, repeatable: its name (`tinybench runtimes` lists them), or the folder of
    /// its runtime.toml [default: the one that reads the model]
    #[arg(long = "runtime", value_name = "NAME|DIR")]
    pub runtimes: Vec<String>,
    /// A program of your own, in place of one that is built: it holds the block of tinybench.h and the
    /// model of the one --workload or --model that it is verified with
    #[arg(long, value_name = "FILE.elf", conflicts_with_all = ["runtimes", "suite", "stream"])]
    pub image: Option<PathBuf>,
    /// The function of the --image that is called and measured, in place of a model: any of any program for
    /// the board, which needs no block then
    #[arg(
        long,
        value_name = "FUNCTION",
        requires = "image",
        conflicts_with_all = ["workloads", "models", "profile", "every", "power_meter"]
    )]
    pub entry: Option<String>,
    /// A function that is called before each call of --entry, and not measured
    #[arg(long, value_name = "FUNCTION", requires = "entry")]
    pub setup: Option<String>,
    /// A variable, and a file with the bytes that it must have behind each call of --entry
    #[arg(long, value_name = "VARIABLE=FILE", requires = "entry", value_parser = result)]
    pub result: Option<(String, PathBuf)>,
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
    #[arg(long, value_name = "N", default_value_t = limits::RUNS,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::MAX_RUNS)))]
    pub runs: u32,
    /// How many test vectors to run, spread evenly over those there are, or `all`
    /// [default: 48, or all if there are fewer]
    #[arg(long, value_name = "N|all")]
    pub vectors: Option<Vectors>,
    /// Link the same objects in N places of flash and time each: how far the place of the code alone
    /// moves the latency, and the worst of it. `tinybench compare` then takes less than that for noise
    #[arg(long, value_name = "N", conflicts_with_all = ["image", "resume"],
          value_parser = clap::value_parser!(u32).range(2..=i64::from(limits::MAX_LAYOUTS)))]
    pub layouts: Option<u32>,
    /// What the project's own runtimes are built for: size has kernels at level s, and fewer of them
    #[arg(long, value_enum, default_value_t = Opt::Speed, conflicts_with = "image")]
    pub opt: Opt,
    /// Compile the project's own runtimes from its sources, by the compiler of this machine: for who changes
    /// them. Otherwise the objects are taken that tinybench brings, if they are those of the sources here
    #[arg(long, conflicts_with = "image")]
    pub build: bool,
    /// How long the target may take for one answer before it counts as hung
    #[arg(long, value_name = "TIME", default_value = limits::TIMEOUT, value_parser = timeout)]
    pub timeout: Duration,
    /// Find out where the cycles go too, operator by operator: the record holds it, and `tinybench
    /// compare` then says which operators make up a change
    #[arg(long, conflicts_with = "resume")]
    pub profile: bool,
    /// How often the workload is run, such as 100ms, 1s or 5min: mean power, from the board's
    /// currents in use and at rest
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub every: Option<Duration>,
    /// What feeds the board, for how long it lasts: cr2032, cr2450, cr2477, lipo100 or lipo500; a coin cell
    /// also in the cold or the heat, as in cr2032@-20C
    #[arg(long, value_name = "NAME", requires = "every", value_parser = cell)]
    pub cell: Option<Fed>,
    /// The power instrument that measures the energy: ppk2, lpm01a or joulescope, with its port behind it
    /// if there are several, as in ppk2:/dev/ttyACM0; emulated-ppk2 or emulated-lpm01a on a virtual board
    #[arg(long, value_name = "METER", requires = "supply")]
    pub power_meter: Option<Meter>,
    /// The voltage that the instrument supplies, such as 3.0V
    #[arg(long, value_name = "VOLTS", requires = "power_meter", value_parser = volts)]
    pub supply: Option<f64>,
    /// How many windows of inferences the instrument measures
    #[arg(long, value_name = "N", requires = "power_meter", default_value_t = metered::WINDOWS,
          value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub windows: u32,
    /// How long each of them is at least [default: 10s, or 1s on a virtual board]
    #[arg(long, value_name = "TIME", requires = "power_meter", value_parser = window)]
    pub window: Option<Duration>,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// What it is part of.
    #[command(flatten)]
    pub job: JobArgs,
    /// Where to write the record [default: tinybench-results/TIME-BOARD.json]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Keep the record under this name too, for `tinybench compare NAME ...`
    #[arg(long, value_name = "NAME")]
    pub save_baseline: Option<BaselineName>,
    /// Go on with a run that was interrupted, and measure what is missing; without --board what the
    /// journal says was asked [default: the journal that was written last]
    #[arg(long, value_name = "JOURNAL", num_args = 0..=1)]
    pub resume: Option<Option<PathBuf>>,
    /// How the workloads are taken.
    #[command(flatten)]
    pub pace: PaceArgs,
}

/// What to sweep.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tinybench sweep zoo.toml                    every model of the file on every board
  tinybench sweep zoo.toml                    again, after an interruption: only what is missing
  tinybench sweep zoo.toml --shard 3/20       one of twenty jobs; `tinybench merge` joins them

zoo.toml:
  boards = [\"nano33\", \"nucleo-l4r5zi\"]
  models = [\"zoo/**/*.tflite\"]

The records, one a board, are written to tinybench-results/TIME-zoo/ unless --out names a folder; what
was measured so far is in tinybench-results/zoo.journal until they are. docs/sweeps.md describes the
file.")]
pub struct SweepArgs {
    /// What to measure on what, TOML
    #[arg(value_name = "FILE.toml")]
    pub file: PathBuf,
    /// Go on with what an interrupted sweep has left, if there is something; that is the default
    #[arg(long, conflicts_with = "anew")]
    pub resume: bool,
    /// Throw away what an interrupted sweep has left, and measure everything
    #[arg(long)]
    pub anew: bool,
    /// A folder for the records [default: tinybench-results/TIME-NAME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to print on stdout; as JSON a list of records
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// What it is part of.
    #[command(flatten)]
    pub job: JobArgs,
    /// How the models are taken.
    #[command(flatten)]
    pub pace: PaceArgs,
}

/// What a run is part of.
#[derive(Debug, Args)]
pub struct JobArgs {
    /// The commit of your project that is measured, for the record [default: what CI or git says]
    #[arg(
        long,
        value_name = "ID",
        env = "TINYBENCH_COMMIT",
        hide_env_values = true
    )]
    pub commit: Option<String>,
    /// Run only part I of N of each board's models, to split a run over machines, or with `auto` the
    /// part that the job is of a Slurm array, a Kubernetes, GitHub, GitLab or Buildkite job;
    /// `tinybench merge` puts the records together
    #[arg(long, value_name = "I/N|auto")]
    pub shard: Option<ShardChoice>,
}

/// How workloads are taken.
#[derive(Clone, Copy, Debug, Args)]
pub struct PaceArgs {
    /// How many virtual boards run side by side; real ones are taken one at a time
    /// [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Begin nothing more once a workload has failed
    #[arg(long)]
    pub fail_fast: bool,
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
  tinybench mlperf --port /dev/ttyUSB0 --energy --power-meter lpm01a --supply 1.8V
                                                               energy, of firmware in energy mode

The results are written as a submission to MLPerf Tiny has them: kws/performance/results.txt and so
on, with the log of the session. A session that breaks off leaves its log. docs/mlperf.md says more."
)]
pub struct MlperfArgs {
    /// The serial port that the device is attached to
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// The port's speed; a virtual board has that of its firmware [default: 115200, with --energy 9600]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(300..=12_000_000))]
    pub baud: Option<u32>,
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
    pub task: Option<Task>,
    /// The data set: a folder with y_labels.csv, or one with the data sets of all tasks
    /// [default: none; latency is measured with seeded input]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What to measure [default: performance, and accuracy where there is --data]
    #[arg(long, value_enum, requires_if("accuracy", "data"))]
    pub mode: Option<mlperf::submission::Mode>,
    /// Measure the energy of an inference by the power instrument that supplies the device: its firmware
    /// is in energy mode and pulls a pin low, which is wired to the instrument, where inferences begin
    /// and end
    #[arg(long, conflicts_with = "mode", requires = "power_meter")]
    pub energy: bool,
    /// The power instrument: ppk2, lpm01a or joulescope, with its port behind it if there are several, as
    /// in ppk2:/dev/ttyACM0; emulated-ppk2 or emulated-lpm01a on a virtual board
    #[arg(long, value_name = "METER", requires_all = ["energy", "supply"])]
    pub power_meter: Option<Meter>,
    /// The voltage that the instrument supplies, such as 1.8V
    #[arg(long, value_name = "VOLTS", requires = "power_meter", value_parser = volts)]
    pub supply: Option<f64>,
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
    #[arg(long, value_name = "TIME", default_value = PATIENCE, value_parser = timeout)]
    pub timeout: Duration,
    /// Where to write the results [default: tinybench-results/mlperf-TIME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to print on stdout
    #[arg(long, value_enum, default_value_t = Format::Table, requires_if("json", "board"))]
    pub format: Format,
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
    /// The board (`tinybench boards` lists them), or its file
    #[arg(long, value_name = "NAME|FILE.toml")]
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
    /// The board (`tinybench boards` lists them), or its file
    #[arg(long, value_name = "NAME|FILE.toml")]
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
    /// Of a generic board: write what probe-rs has to be told of it (--chip-description-path)
    #[arg(long, value_name = "FILE.yaml")]
    pub chip_description: Option<PathBuf>,
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

/// What to do with what was made.
#[derive(Debug, Args)]
#[command(after_help = "\
Removed are the images, what was compiled for them, and compressed models, in the project's folder
target/tinybench or the one that TINYBENCH_TARGET names. Records and fetched models stay. Without it,
images that were used longest ago leave beyond 2 GiB, and what cargo has compiled beyond 4 GiB.")]
pub struct CleanArgs {
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}
