//! `tinybench run`

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use probe_rs::probe::list::Lister;

use super::boards::warn_of_unknown_keys;
use crate::baselines::Baselines;
use crate::board::{Board, Boards};
use crate::cli::{Format, RunArgs};
use crate::commit;
use crate::conversation::ImageView;
use crate::error::Error;
use crate::fetch::{self, Cache, Origin};
use crate::files;
use crate::firmware_build::{self, Event, Firmware};
use crate::image::{Image, Location};
use crate::interrupt;
use crate::measure::{LearningPlan, PipelinePlan, Plan, measure};
use crate::power::{DutyCycle, PowerError};
use crate::progress::Progress;
use crate::project::Project;
use crate::record::{self, ExecutionKind, LeftOut, Other, RunRecord, RunResult, ShardSubject};
use crate::results;
use crate::runtimes::{self, HostRuntime, Interpreter};
use crate::select::{self, Choice};
use crate::session::Session;
use crate::shard;
use crate::stdout;
use crate::subject::{Placed, Subject};
use crate::suggest;
use crate::suite::published;
use crate::suite::variants::Variants;
use crate::suite::{Contents, STANDARD, Suite, SuiteError};
use crate::table::{self, Published};
use crate::verify;
use crate::virtual_board::{self, OpenVirtual};
use crate::workload::{MAX_DATA_BYTES, Workloads};

/// Folder of records, unless the user names a file.
pub(super) const RESULTS: &str = "tinybench-results";

/// Folder of reference vectors beside the models in a folder given with `--from`.
const GOLDEN: &str = "golden";

/// How long a server may be silent while a suite's models are fetched for a run.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything that stays the same for all subjects of a run.
struct Setting<'a> {
    args: &'a RunArgs,
    project: &'a Project,
    board: &'a Board,
    choice: &'a Choice,
    lister: &'a Lister,
    open_virtual: OpenVirtual<'a>,
    duty_cycle: Option<DutyCycle>,
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
    let mut board = loaded.board;
    if let Some(power) = &args.power {
        board.choose_power(power)?;
    }
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

    let duty_cycle = args.every.map(|every| DutyCycle {
        every,
        cell: args.cell,
    });
    if duty_cycle.is_some() && board.power.is_none() {
        let board = board.name;
        return Err(PowerError::NoCurrents { board }.into());
    }
    let selection = Selection::new(args, project)?;
    let published = published(&selection, project)?;
    let (subjects, left_out) = subjects(args, project, &selection, &board)?;
    let (subjects, shard) =
        shard::select(args.shard, subjects, |(runtime, subject)| ShardSubject {
            workload: subject.name.clone(),
            runtime: runtime.name().to_owned(),
        })?;
    let setting = Setting {
        args,
        project,
        board: &board,
        choice: &choice,
        lister: &lister,
        open_virtual,
        duty_cycle,
    };
    let mut outcomes = Vec::new();
    let mut progress = Progress::stderr();
    let count = subjects.len();
    for (index, (runtime, subject)) in subjects.iter().enumerate() {
        progress.set_subject(&match count {
            1 => subject.name.clone(),
            _ => format!("{} of {count}, {}", index + 1, subject.name),
        });
        outcomes.push(setting.outcome(*runtime, subject, &mut progress)?);
    }
    progress.end();

    let mut record = record(&setting, started, outcomes)?;
    record.shard = shard;
    record.left_out = left_out;
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
    let baseline = match &args.save_baseline {
        Some(name) => Some(Baselines::around_current().save(name, &json)?),
        None => None,
    };
    match args.format {
        Format::Json => stdout::print(json.trim_end())?,
        Format::Table => {
            let (width, colour) = (stdout::width(), stdout::colour());
            let text = table::render(&record, published.as_ref(), width, colour);
            stdout::print(&text)?;
        }
    }
    eprintln!("record: {}", path.display());
    if let Some(path) = baseline {
        eprintln!("baseline: {}", path.display());
    }
    Ok(())
}

/// What is to be measured.
struct Selection {
    /// Workloads of the project.
    workloads: Vec<String>,
    /// The suite whose models are fetched, if one was asked for.
    suite: Option<Suite>,
    /// Variants of workloads.
    variants: Option<Variants>,
}

impl Selection {
    /// What the command line asks for; the standard set if it asks for nothing.
    fn new(args: &RunArgs, project: &Project) -> Result<Self, Error> {
        let workloads = args.workloads.clone();
        let name = match &args.suite {
            Some(name) => name.as_str(),
            None if !workloads.is_empty() || !args.models.is_empty() => {
                return Ok(Self {
                    workloads,
                    suite: None,
                    variants: None,
                });
            }
            None if !project.suites().exists() => return Err(Error::NothingToRun),
            None => STANDARD,
        };
        let suite = Suite::load(&project.suites(), name)?;
        match &suite.contents {
            Contents::Models(_) => Ok(Self {
                workloads: Vec::new(),
                suite: Some(suite),
                variants: None,
            }),
            Contents::Variants(_) if args.from.is_some() => {
                Err(SuiteError::NothingToFetch(suite.name).into())
            }
            Contents::Variants(variants) => Ok(Self {
                workloads: Vec::new(),
                suite: None,
                variants: Some(variants.clone()),
            }),
            Contents::Workloads(all) => {
                if args.from.is_some() {
                    return Err(SuiteError::NothingToFetch(suite.name).into());
                }
                if let Some(name) = workloads.iter().find(|name| !all.contains(name)) {
                    return Err(SuiteError::NoSuchModel {
                        suite: suite.name,
                        name: name.clone(),
                        hint: suggest::hint(name, all),
                    }
                    .into());
                }
                let workloads = if workloads.is_empty() {
                    all.clone()
                } else {
                    workloads
                };
                Ok(Self {
                    workloads,
                    suite: None,
                    variants: None,
                })
            }
        }
    }
}

/// A runtime and what is measured on it.
type Selected = (&'static dyn HostRuntime, Subject);

/// Everything the user named, each with its runtime, read and checked before anything is built.
fn subjects(
    args: &RunArgs,
    project: &Project,
    selection: &Selection,
    board: &Board,
) -> Result<(Vec<Selected>, Vec<LeftOut>), Error> {
    let workloads = Workloads::open(&project.models())?;
    let vectors = args
        .vectors
        .map_or_else(Default::default, |vectors| vectors.0);
    let (mut subjects, mut left_out) = (Vec::new(), Vec::new());
    for named in named_runtimes(args)? {
        let mut unread = Vec::new();
        let chosen = |model: &[u8]| named.unwrap_or_else(|| runtimes::for_model(model));
        for name in &selection.workloads {
            let workload = workloads.load(name)?;
            let runtime = chosen(&workload.model);
            let of_a_set = args.workloads.is_empty() && named.is_some();
            if of_a_set && !runtime.reads(&workload.model) {
                unread.push(name.as_str());
                continue;
            }
            subjects.push((runtime, Subject::from_workload(workload, runtime, board)?));
        }
        if let Some(runtime) = named
            && !unread.is_empty()
        {
            eprintln!(
                "left out, for the runtime {} doesn't read their models: {}",
                runtime.name(),
                unread.join(", ")
            );
        }
        if let Some(variants) = &selection.variants {
            let runtime = named.unwrap_or(&Interpreter);
            let folder = project.compressed();
            for variant in variants.select(&args.workloads)? {
                let workload = workloads.load(&variant.workload)?;
                let subject =
                    Subject::from_variant(variants, variant, workload, &folder, runtime, board);
                match subject? {
                    Placed::Fits(subject) => subjects.push((runtime, *subject)),
                    // That is a finding of the comparison; who asks for it by name gets an error.
                    Placed::TooBig { left_out: it, .. } if args.workloads.is_empty() => {
                        eprintln!("{} is left out: {}", it.workload, it.reason);
                        left_out.push(*it);
                    }
                    Placed::TooBig { error, .. } => return Err(error.into()),
                }
            }
        }
        if let Some(suite) = &selection.suite {
            let runtime = named.unwrap_or(&Interpreter);
            for subject in fetched(args, suite, runtime, board)? {
                subjects.push((runtime, subject));
            }
        }
        for path in &args.models {
            let reference = args.reference.as_deref();
            let model = files::read(path, MAX_DATA_BYTES)?;
            let runtime = chosen(&model);
            let subject = match &args.stream {
                Some(stream) => Subject::from_stream(path, model, stream, runtime, board)?,
                None => Subject::from_model(path, model, reference, vectors, runtime, board)?,
            };
            subjects.push((runtime, subject));
        }
    }
    Ok((subjects, left_out))
}

/// The runtimes that the command line names; one `None` if each model is for the one that reads it.
fn named_runtimes(args: &RunArgs) -> Result<Vec<Option<&'static dyn HostRuntime>>, Error> {
    if args.runtimes.is_empty() {
        return Ok(vec![None]);
    }
    let found = args.runtimes.iter().map(|name| runtimes::find(name));
    Ok(found.map(|it| it.map(Some)).collect::<Result<_, _>>()?)
}

/// The models of a suite, from the cache or from where the user says.
fn fetched(
    args: &RunArgs,
    suite: &Suite,
    runtime: &dyn HostRuntime,
    board: &Board,
) -> Result<Vec<Subject>, Error> {
    let models = suite.models()?;
    let cache = Cache::of_the_user()?;
    let origin = args.from.as_deref().map(Origin::from);
    let golden = match &origin {
        Some(Origin::Folder(folder)) => Some(folder.join(GOLDEN)),
        _ => None,
    };
    let mut progress = Progress::stderr();
    let mut subjects = Vec::new();
    for model in suite.select(&args.workloads)? {
        let url = models.url_of(model);
        let wanted = suite.wanted(model, &url);
        let path = match &origin {
            Some(origin) => {
                progress.set_subject(model.file());
                fetch::fetch(&cache, &wanted, origin, PATIENCE, &mut progress)?
            }
            None => cache.get(&wanted).ok_or_else(|| Error::NotFetched {
                suite: suite.name.clone(),
                file: model.file().to_owned(),
            })?,
        };
        let golden = golden.as_deref();
        subjects.push(Subject::from_fetched(
            models, model, &path, golden, runtime, board,
        )?);
    }
    Ok(subjects)
}

/// The published results that belong to the suite, and what they are called there.
fn published(selection: &Selection, project: &Project) -> Result<Option<Published>, Error> {
    let Some(suite) = &selection.suite else {
        return Ok(None);
    };
    let models = suite.models()?;
    let Some(file) = &models.published else {
        return Ok(None);
    };
    let columns: Vec<(String, String)> = models
        .models
        .iter()
        .filter_map(|model| Some((model.name.clone(), model.published.clone()?)))
        .collect();
    let names: Vec<&str> = columns.iter().map(|(_, column)| column.as_str()).collect();
    let rows = published::read(&project.published().join(file), &names)?;
    Ok(Some(Published {
        file: format!("results/published/{file}"),
        columns,
        rows,
    }))
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
            pipeline: pipeline_plan(subject),
            learning: learning_plan(subject),
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
        let verified =
            results::verify(subject, runtime, &measurement).map_err(|source| Error::Mismatch {
                subject: subject.name.clone(),
                source: Box::new(source),
            })?;

        let kind = session.kind();
        let mut result = results::result(
            board,
            kind,
            subject,
            &firmware,
            &image,
            measurement,
            verified,
        );
        if let Some((duty_cycle, power)) = self.duty_cycle.as_ref().zip(board.power.as_ref()) {
            let power = duty_cycle.power(&subject.name, result.latency.median_us, power)?;
            result.power = Some(power);
        }
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
        let request = firmware_build::Request {
            project_root: self.project.root(),
            target: board.target(),
            runtime: runtime.name(),
            features: &subject.facts.firmware_features(),
            operators: &runtime.operators(&subject.model),
            model: &subject.model_path,
            front_end: subject.audio.as_ref().map(|audio| audio.parameters),
            learning: subject.learning.is_some(),
            mlperf_model: None,
        };
        build_firmware(&request, &subject.name, progress)
    }
}

/// Builds firmware for a subject, and shows how far it is.
pub(super) fn build_firmware(
    request: &firmware_build::Request,
    subject: &str,
    progress: &mut Progress,
) -> Result<Firmware, Error> {
    progress.begin("building firmware", Some(1));
    let built = firmware_build::build(request, &mut |event| match event {
        Event::Compiling { done, total, name } => {
            tracing::debug!("compiling {name}");
            progress.set(done as u64, total as u64);
        }
        Event::Cached => tracing::info!("{subject}: the firmware is in the cache"),
        Event::Finished => {}
    });
    // Ctrl-C also ends the compiler, which is then no failure of the build.
    interrupt::check()?;
    Ok(built?)
}

/// How a subject is measured from raw audio, if it is.
fn pipeline_plan(subject: &Subject) -> Option<PipelinePlan<'_>> {
    let task = subject.task.and_then(results::on_target);
    let (audio, task) = subject.audio.as_ref().zip(task)?;
    Some(PipelinePlan {
        audio: &audio.bytes,
        vector_bytes: audio.vector_bytes(),
        task,
        input: subject.facts.input,
        output: subject.facts.output,
    })
}

/// How a subject is learnt, if it is a stream.
fn learning_plan(subject: &Subject) -> Option<LearningPlan<'_>> {
    let learning = subject.learning.as_ref()?;
    Some(LearningPlan {
        configurations: &learning.configurations,
        memory_bytes: learning.stream.memory_bytes,
        labels: &learning.stream.labels,
        features: &subject.outputs,
    })
}

/// A place in the source, for people.
pub(super) fn place(location: &Location) -> String {
    match (&location.file, location.line) {
        (Some(file), Some(line)) => format!("{} ({file}:{line})", location.function),
        (Some(file), None) => format!("{} ({file})", location.function),
        (None, _) => location.function.clone(),
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
            data_cache: board.memory_system.data_cache,
            prefetch: board.memory_system.prefetch,
            wait_states: board.memory_system.wait_states,
            dual_bank: board.memory_system.dual_bank,
            other: other(),
        },
        execution: record::Execution {
            kind: first.kind,
            probe: setting.choice.probe_name(board),
            other: other(),
        },
        toolchain: Some(record::Toolchain {
            rustc: first.toolchain.rustc.clone(),
            target: first.toolchain.target.clone(),
            opt_level: first.toolchain.opt_level.clone(),
            flags: first.toolchain.flags.clone(),
            other: other(),
        }),
        shard: None,
        left_out: Vec::new(),
        results: outcomes.into_iter().map(|outcome| outcome.result).collect(),
        other: other(),
    })
}
