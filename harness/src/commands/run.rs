//! `tinybench run`

use std::path::Path;

use jiff::Timestamp;
use probe_rs::probe::list::Lister;

use super::boards::warn_of_unknown_keys;
use crate::board::{Board, Boards};
use crate::cli::{Format, RunArgs};
use crate::commit;
use crate::conversation::ImageView;
use crate::energy;
use crate::error::Error;
use crate::files;
use crate::firmware_build::{self, Event, Firmware};
use crate::hash::sha256_hex;
use crate::image::{Image, Location};
use crate::interrupt;
use crate::measure::{Measurement, Plan, measure};
use crate::progress::Progress;
use crate::project::Project;
use crate::record::{self, ExecutionKind, Fidelity, Other, RunRecord, RunResult};
use crate::runtimes::{self, HostRuntime};
use crate::select::{self, Choice};
use crate::session::Session;
use crate::statistics::median;
use crate::stdout;
use crate::subject::Subject;
use crate::table;
use crate::verify;
use crate::virtual_board::{self, OpenVirtual};
use crate::workload::{MAX_DATA_BYTES, Workloads};

/// Folder of records, unless the user names a file.
const RESULTS: &str = "tinybench-results";

/// Everything that stays the same for all subjects of a run.
struct Setting<'a> {
    args: &'a RunArgs,
    project: &'a Project,
    board: &'a Board,
    choice: &'a Choice,
    lister: &'a Lister,
    open_virtual: OpenVirtual<'a>,
}

/// What one subject gave.
struct Outcome {
    result: RunResult,
    toolchain: firmware_build::Toolchain,
    kind: ExecutionKind,
}

/// Measures what the command line names.
pub fn run(args: &RunArgs, project: &Project) -> Result<(), Error> {
    run_with(args, project, &virtual_board::open)
}

/// As [`run`], with virtual boards of the caller's making.
pub fn run_with(args: &RunArgs, project: &Project, open_virtual: OpenVirtual) -> Result<(), Error> {
    let started = Timestamp::now();
    let loaded = Boards::open(&project.boards())?.load(&args.board)?;
    let board = loaded.board;
    let lister = Lister::new();
    let choice = select::choose(
        args.on,
        args.probe.clone(),
        &board,
        &lister.list_all_with_access(),
    )?;
    match &choice {
        Choice::Probe { name, .. } => eprintln!("target: {} through {name}", board.name),
        Choice::Virtual(why) => eprintln!("target: virtual {} ({why})", board.name),
    }
    warn_of_unknown_keys(&board.name, &loaded.unknown_keys);

    let subjects = subjects(args, project, &board)?;
    let setting = Setting {
        args,
        project,
        board: &board,
        choice: &choice,
        lister: &lister,
        open_virtual,
    };
    let mut outcomes = Vec::new();
    let mut progress = Progress::stderr();
    for (runtime, subject) in &subjects {
        progress.set_subject(&subject.name);
        outcomes.push(setting.outcome(*runtime, subject, &mut progress)?);
    }
    progress.end();

    let record = record(&setting, started, outcomes)?;
    let json = record.to_json()?;
    interrupt::check()?;
    let path = match &args.out {
        Some(path) => {
            files::write(path, json.as_bytes())?;
            path.clone()
        }
        None => {
            let stem = format!("{}-{}", started.strftime("%Y%m%dT%H%M%SZ"), board.name);
            files::write_new(Path::new(RESULTS), &stem, "json", json.as_bytes())?
        }
    };
    match args.format {
        Format::Json => stdout::print(json.trim_end())?,
        Format::Table => {
            stdout::print(&table::render(&record, stdout::width(), stdout::colour()))?;
        }
    }
    eprintln!("record: {}", path.display());
    Ok(())
}

/// What is to be measured, each with its runtime. Everything the user named is read and checked
/// before anything is built.
fn subjects(
    args: &RunArgs,
    project: &Project,
    board: &Board,
) -> Result<Vec<(&'static dyn HostRuntime, Subject)>, Error> {
    let workloads = Workloads::open(&project.models())?;
    let names = if args.workloads.is_empty() && args.models.is_empty() {
        workloads.names()
    } else {
        args.workloads.clone()
    };
    if names.is_empty() && args.models.is_empty() {
        return Err(Error::NothingToRun);
    }
    let mut subjects = Vec::new();
    for runtime in &args.runtimes {
        let runtime = runtimes::find(runtime)?;
        for name in &names {
            let workload = workloads.load(name)?;
            subjects.push((runtime, Subject::from_workload(workload, runtime, board)?));
        }
        let vectors = args
            .vectors
            .map_or_else(Default::default, |vectors| vectors.0);
        for model in &args.models {
            let reference = args.reference.as_deref();
            let subject = Subject::from_model(model, reference, vectors, runtime, board)?;
            subjects.push((runtime, subject));
        }
    }
    Ok(subjects)
}

impl Setting<'_> {
    /// Builds, flashes, measures and verifies one subject.
    fn outcome(
        &self,
        runtime: &dyn HostRuntime,
        subject: &Subject,
        progress: &mut Progress,
    ) -> Result<Outcome, Error> {
        let Self { args, board, .. } = self;
        // A probe that isn't there is told before a minute's build.
        let probe = self.choice.open(board, self.lister, self.open_virtual)?;
        let firmware = self.build(runtime, subject, progress)?;
        let elf = files::read(&firmware.elf, MAX_DATA_BYTES)?;
        let image = Image::load(&elf)?;

        progress.begin("attaching", None);
        let mut session = Session::attach(probe, &board.chip)?;
        session.flash(&elf, progress)?;

        let vectors = args
            .vectors
            .map_or_else(Default::default, |vectors| vectors.0);
        let vectors = verify::spread(vectors.of(subject.count()), subject.count());
        let plan = Plan {
            inputs: &subject.inputs,
            input_bytes: subject.facts.input_bytes,
            output_bytes: subject.facts.output_bytes,
            vectors: &vectors,
            runs: args.runs,
            arena_min_bytes: subject.arena_min_bytes,
            clock_hz: board.clock_hz,
            timeout: args.timeout,
        };
        let symbolise = |address| image.symbolise(address).map(|location| place(&location));
        let view = ImageView {
            block_address: image.block_address,
            memory: board.memory,
            symbolise: &symbolise,
        };
        let measurement =
            measure(&mut session, view, &plan, progress).map_err(|source| Error::Measure {
                subject: subject.name.clone(),
                source,
            })?;
        let outputs = verify::verify(
            &measurement.outputs,
            &subject.outputs,
            subject.facts.output_bytes,
            &subject.reference,
        )
        .map_err(|source| Error::Mismatch {
            subject: subject.name.clone(),
            source,
        })?;

        let kind = session.kind();
        let result = result(
            board,
            kind,
            subject,
            &firmware,
            &image,
            measurement,
            outputs,
        );
        Ok(Outcome {
            result,
            toolchain: firmware.toolchain,
            kind,
        })
    }

    fn build(
        &self,
        runtime: &dyn HostRuntime,
        subject: &Subject,
        progress: &mut Progress,
    ) -> Result<Firmware, Error> {
        let board = self.board;
        let region = |region: crate::board::Region| firmware_build::Memory {
            origin: region.origin,
            length: region.length,
        };
        let request = firmware_build::Request {
            project_root: self.project.root(),
            target: firmware_build::Target {
                rustc_target: &board.rustc_target,
                core: &board.core,
                flash: region(board.memory.flash),
                ram: region(board.memory.ram),
                instruction_cache: board.memory_system.instruction_cache,
            },
            runtime: runtime.name(),
            model: &subject.model_path,
        };
        progress.begin("building firmware", Some(1));
        let built = firmware_build::build(&request, &mut |event| match event {
            Event::Compiling { done, total, name } => {
                tracing::debug!("compiling {name}");
                progress.set(done as u64, total as u64);
            }
            Event::Cached => tracing::info!("{}: the firmware is in the cache", subject.name),
            Event::Finished => {}
        });
        // Ctrl-C also ends the compiler, which is then no failure of the build.
        interrupt::check()?;
        Ok(built?)
    }
}

/// A place in the source, for people.
fn place(location: &Location) -> String {
    match (&location.file, location.line) {
        (Some(file), Some(line)) => format!("{} ({file}:{line})", location.function),
        (Some(file), None) => format!("{} ({file})", location.function),
        (None, _) => location.function.clone(),
    }
}

fn result(
    board: &Board,
    kind: ExecutionKind,
    subject: &Subject,
    firmware: &Firmware,
    image: &Image,
    measurement: Measurement,
    outputs: record::Outputs,
) -> RunResult {
    let other = Other::new;
    let cycles = &measurement.cycles;
    let median_cycles = median(cycles).unwrap_or_default();
    let quality = subject
        .labels
        .as_ref()
        .map(|labels| verify::top1(&measurement.outputs, labels, subject.facts.output_bytes));
    let latency = record::Latency {
        fidelity: match kind {
            ExecutionKind::Probe => Fidelity::Measured,
            ExecutionKind::Virtual => Fidelity::Modelled,
        },
        median_cycles,
        min_cycles: cycles.iter().copied().min().unwrap_or_default(),
        max_cycles: cycles.iter().copied().max().unwrap_or_default(),
        median_us: median_cycles / board.clock_hz as f64 * 1e6,
        overhead_cycles: measurement.counter_overhead,
        cycles: measurement.cycles,
        other: other(),
    };
    RunResult {
        workload: subject.name.clone(),
        model: record::Model {
            name: subject
                .model_path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            sha256: sha256_hex(&subject.model),
            bytes: subject.model.len() as u64,
            macs: subject.facts.macs,
            parameters: subject.facts.parameters,
            other: other(),
        },
        runtime: record::Runtime {
            name: measurement.runtime_name,
            version: measurement.runtime_version,
            other: other(),
        },
        firmware: record::Firmware {
            sha256: firmware.sha256.clone(),
            other: other(),
        },
        inputs: record::Inputs {
            source: subject.source,
            seed: subject.seed,
            available: subject.count() as u64,
            sha256: sha256_hex(&subject.inputs),
            other: other(),
        },
        instructions: measurement.instructions,
        memory: record::Memory {
            arena_bytes: measurement.arena_bytes,
            arena_min_bytes: subject.arena_min_bytes,
            arena_touched_bytes: measurement.arena_touched_bytes,
            stack_peak_bytes: measurement.stack_peak_bytes,
            static_bytes: image.static_ram,
            harness_bytes: image.ram.harness,
            ram_total_bytes: image.static_ram
                + measurement.arena_bytes
                + measurement.stack_peak_bytes,
            other: other(),
        },
        flash: record::Flash {
            total_bytes: image.flash.total,
            model_bytes: image.flash.model,
            runtime_bytes: image.flash.runtime,
            harness_bytes: image.flash.harness,
            system_bytes: image.flash.system,
            other: other(),
        },
        energy: board
            .power
            .as_ref()
            .map(|power| energy::model(median_cycles, board.clock_hz, power)),
        latency,
        outputs,
        quality,
        other: other(),
    }
}

fn record(
    setting: &Setting,
    started: Timestamp,
    outcomes: Vec<Outcome>,
) -> Result<RunRecord, Error> {
    let first = outcomes.first().ok_or(Error::NothingToRun)?;
    let board = setting.board;
    let other = Other::new;
    Ok(RunRecord {
        schema: record::SCHEMA.to_owned(),
        tinybench: record::Tinybench {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: setting.project.commit(),
            other: other(),
        },
        started_at: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        commit: commit::find(setting.args.commit.as_deref(), Path::new(".")),
        board: record::Board {
            name: board.name.clone(),
            chip: board.chip.clone(),
            core: board.core.clone(),
            clock_hz: board.clock_hz,
            instruction_cache: board.memory_system.instruction_cache,
            other: other(),
        },
        execution: record::Execution {
            kind: first.kind,
            probe: setting.choice.probe_name(board),
            other: other(),
        },
        toolchain: record::Toolchain {
            rustc: first.toolchain.rustc.clone(),
            target: first.toolchain.target.clone(),
            opt_level: first.toolchain.opt_level.clone(),
            flags: first.toolchain.flags.clone(),
            other: other(),
        },
        results: outcomes.into_iter().map(|outcome| outcome.result).collect(),
        other: other(),
    })
}
