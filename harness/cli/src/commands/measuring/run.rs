//! `tinybench run`

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::{env, fs, io, thread};

use jiff::Timestamp;
use tinybench_analysis::baselines::{self, Baselines};
use tinybench_execution::function;
use tinybench_execution::power::DutyCycle;
use tinybench_execution::power::metered::{self, Metering};
use tinybench_execution::run::jobs::{self, Endings, Pace, Run};
use tinybench_execution::run::journal::{Entry, Header, Journal, JournalError};
use tinybench_execution::run::{self, Question, Request, Selection, Setting, What};
use tinybench_execution::target::virtual_board::{self, OpenVirtual};
use tinybench_inputs::project::Project;
use tinybench_record::scheduler::ShareError;
use tinybench_record::{RunRecord, published};
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::files::{self, WriteError};
use tinybench_support::interrupt;
use tinybench_support::printable::printable_path;
use tinybench_support::progress::Progress;

use super::resume::{self, Left};
use crate::args::{Format, PaceArgs, RunArgs, ShardChoice};
use crate::stdout;
use crate::table::{self, Published};

/// Folder of records, unless the user names a file.
pub(super) const RESULTS: &str = "tinybench-results";

/// Measures what the command line names.
pub fn run(args: &RunArgs, project: &Project) -> Result<(), Failure> {
    run_with(args, project, &virtual_board::open)
}

/// As [`run`], with virtual boards of the caller's making.
pub fn run_with(
    args: &RunArgs,
    project: &Project,
    open_virtual: OpenVirtual,
) -> Result<(), Failure> {
    let left = match &args.resume {
        Some(named) => {
            let beside = args.out.as_deref().and_then(Path::parent);
            let folders: Vec<&Path> = beside.into_iter().chain([Path::new(RESULTS)]).collect();
            Some(resume::open(named.as_deref(), &folders)?)
        }
        None => None,
    };
    let (mut request, keep) = match (&args.board, &left) {
        (Some(board), _) => (request(args, board)?, Keep::of(args)),
        (None, Some(left)) => asked(&left.journal, args)?,
        (None, None) => unreachable!("clap demands one of them"),
    };
    // What goes on puts its traces to those that there are.
    let before = left
        .as_ref()
        .and_then(|left| left.journal.header.questions.first());
    if let Some((metering, traces)) = request
        .metering
        .as_mut()
        .zip(before.and_then(Question::traces))
    {
        metering.traces = traces.to_owned();
    }
    let mut progress = Progress::stderr();
    let setting = Setting::new(&request, project, open_virtual, &mut progress)?;
    keep.try_places()?;
    let selection = Selection::new(&request.what, project)?;
    let published = published(&selection, project)?;
    let subjects = setting.subjects(&selection, &mut progress)?;
    let questions = vec![Question::of(&setting)];
    let mut header = run::header(
        project,
        setting.started,
        request.commit.as_deref(),
        questions,
    );
    header.out.clone_from(&keep.out);
    header.save_baseline = keep.save_baseline.as_ref().map(ToString::to_string);
    let (mut journal, kept) = match left {
        Some(left) => {
            same_run(&left, &header, args.board.is_none())?;
            progress.note(&format!("{} measured before", left.kept.len()));
            (left.journal, left.kept)
        }
        None => {
            let (folder, stem) = keep.journal(&header, &setting.board.name);
            (Journal::new(&folder, &stem, header), Vec::new())
        }
    };
    let runs = [Run {
        label: setting.board.name.clone(),
        setting,
        subjects,
    }];
    let endings = measured(&runs, args.pace, kept, &mut journal, &mut progress)?;
    let failed = endings.failed.clone();
    let of_run = endings.of_runs.into_iter().flatten().collect();
    let record = run::record(&runs[0], &journal.header, of_run)?;

    let json = record.to_json()?;
    if let Err(interrupted) = interrupt::check() {
        journal.farewell().iter().for_each(|it| eprintln!("{it}"));
        return Err(interrupted.into());
    }
    let written = keep.write(&record, &json);
    // What was measured is shown even where it can't be kept.
    match args.format {
        Format::Json => stdout::print(json.trim_end())?,
        // One subject's failure is an error, which says more.
        Format::Table if record.results.is_empty() && record.failures.len() == 1 => {}
        Format::Table => {
            let (width, colour) = (stdout::width(), stdout::colour());
            let text = table::render(&record, published.as_ref(), width, colour);
            stdout::print(&text)?;
        }
    }
    let Written { record, baseline } = written.map_err(|error| still_there(error, &journal))?;
    journal.remove();
    interrupt::set_farewell(None);
    eprintln!("record: {}", printable_path(&record));
    match baseline {
        None => {}
        Some(Ok(path)) => eprintln!("baseline: {}", printable_path(&path)),
        Some(Err(error)) => return Err(error.into()),
    }
    failed.map_or(Ok(()), |failed| Err(failed.into()))
}

/// Refuses a journal of another run.
fn same_run(left: &Left, now: &Header, from_journal: bool) -> Result<(), JournalError> {
    let then = &left.journal.header;
    let differences = resume::differences(then, &now.tinybench, &now.questions, from_journal);
    if differences.is_empty() {
        return Ok(());
    }
    Err(JournalError::OtherRun {
        path: left.journal.path().unwrap_or(Path::new("")).to_owned(),
        differences,
        anew: "run without --resume",
    })
}

/// Measures what isn't in the journal, and says where that is if something ends it.
pub(super) fn measured(
    runs: &[Run],
    pace: PaceArgs,
    kept: Vec<Entry>,
    journal: &mut Journal,
    progress: &mut Progress,
) -> Result<Endings, Failure> {
    let processors = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let pace = Pace {
        jobs: pace.jobs.unwrap_or_else(processors),
        fail_fast: pace.fail_fast,
    };
    let endings = jobs::measure(runs, pace, kept, journal, progress);
    match &endings {
        Ok(endings) if endings.failures() > 1 => eprintln!(
            "{} failed; the exit code is that of the first",
            endings.failures()
        ),
        Ok(_) => {}
        Err(_) => journal.farewell().iter().for_each(|it| eprintln!("{it}")),
    }
    endings
}

/// A record can't be written, but what it was to hold is in a journal.
#[derive(Debug, thiserror::Error)]
#[error("can't write {path}: {source}; {farewell}")]
struct NotWritten {
    path: PathBuf,
    source: io::Error,
    farewell: String,
}

exits_with!(NotWritten => Output);

/// The error of a record that can't be written, with the place of the journal if there is one.
pub(super) fn still_there(error: WriteError, journal: &Journal) -> Failure {
    let Some(farewell) = journal.farewell() else {
        return error.into();
    };
    NotWritten {
        path: error.path,
        source: error.source,
        farewell,
    }
    .into()
}

/// Where a record is kept.
struct Keep {
    out: Option<PathBuf>,
    save_baseline: Option<baselines::Name>,
}

/// Where a record was written.
struct Written {
    record: PathBuf,
    baseline: Option<Result<PathBuf, WriteError>>,
}

impl Keep {
    fn of(args: &RunArgs) -> Self {
        Self {
            out: args.out.clone(),
            save_baseline: args.save_baseline.clone(),
        }
    }

    /// Tries the places before anything is measured.
    fn try_places(&self) -> Result<(), WriteError> {
        match &self.out {
            Some(path) => files::try_write(path)?,
            None => files::try_write_new(Path::new(RESULTS))?,
        }
        match &self.save_baseline {
            Some(name) => Baselines::around_current().try_save(name),
            None => Ok(()),
        }
    }

    /// Folder and name of the journal: beside the record, if that is a file.
    fn journal(&self, header: &Header, board: &str) -> (PathBuf, String) {
        let is_file = |path: &&PathBuf| fs::metadata(path).map_or(true, |it| it.is_file());
        match self.out.as_ref().filter(is_file) {
            Some(path) => (
                path.parent().unwrap_or(Path::new("")).to_owned(),
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
            ),
            None => (RESULTS.into(), stem(&header.started_at, board)),
        }
    }

    fn write(&self, record: &RunRecord, json: &str) -> Result<Written, WriteError> {
        let path = match &self.out {
            Some(path) => files::write(path, json.as_bytes()).map(|()| path.clone())?,
            None => {
                let stem = stem(&record.started_at, &record.board.name);
                files::write_new(Path::new(RESULTS), &stem, "json", json.as_bytes())?
            }
        };
        let baseline = match &self.save_baseline {
            // What others are compared with has to be whole.
            Some(_) if !record.failures.is_empty() => {
                eprintln!("no baseline is saved, as not everything was measured");
                None
            }
            Some(name) => Some(Baselines::around_current().save(name, json)),
            None => None,
        };
        Ok(Written {
            record: path,
            baseline,
        })
    }
}

/// What a record or the folder of a sweep is called among the results: when it began, to the second,
/// and the name of the board or the sweep.
pub(super) fn stem(started_at: &str, name: &str) -> String {
    let started: Timestamp = started_at.parse().unwrap_or_default();
    format!("{}-{name}", started.strftime("%Y%m%dT%H%M%SZ"))
}

/// What a journal's run was asked, and where its record is to go unless the command line says.
fn asked(journal: &Journal, args: &RunArgs) -> Result<(Request, Keep), Failure> {
    let header = &journal.header;
    let path = journal.path().unwrap_or(Path::new(""));
    let damaged = |field: &str| JournalError::Damaged {
        path: path.to_owned(),
        reason: format!("`{field}` makes no sense"),
    };
    let here = env::current_dir().is_ok_and(|current| current == header.folder);
    let folder = if here { Path::new("") } else { &header.folder };
    let question = header
        .questions
        .first()
        .ok_or_else(|| damaged("questions"))?;
    let request = question.request(folder).map_err(damaged)?;
    let name = header.save_baseline.as_deref().map(str::parse).transpose();
    let keep = Keep {
        out: match &args.out {
            Some(path) => Some(path.clone()),
            None => header.out.as_ref().map(|path| folder.join(path)),
        },
        save_baseline: match &args.save_baseline {
            Some(name) => Some(name.clone()),
            None => name.map_err(|_| damaged("save_baseline"))?,
        },
    };
    Ok((request, keep))
}

/// What the command line asks for.
fn request(args: &RunArgs, board: &str) -> Result<Request, ShareError> {
    let vectors = args.vectors;
    Ok(Request {
        board: board.to_owned(),
        power: args.power.clone(),
        on: args.on,
        probe: args.probe.clone(),
        what: What {
            workloads: args.workloads.clone(),
            suite: args.suite.clone(),
            from: args.from.clone(),
            data: args.data.clone(),
            models: args.models.clone(),
            names: args.names.clone(),
            reference: args.reference.clone(),
            inputs: args.inputs.clone(),
            steps: args.steps.map(|steps| steps as usize),
            labels: args.labels.clone().zip(args.metric),
            stream: args.stream.clone(),
            runtimes: args.runtimes.clone(),
            image: args.image.clone(),
            function: args.entry.as_ref().map(|entry| function::Asked {
                entry: entry.clone(),
                setup: args.setup.clone(),
                result: args.result.clone(),
            }),
        },
        shard: args.job.shard.map(ShardChoice::part).transpose()?,
        runs: args.runs,
        vectors: vectors.map_or_else(Default::default, |vectors| vectors.0),
        timeout: args.timeout,
        layouts: args.layouts,
        opt: args.opt,
        from_source: args.build,
        profile: args.profile,
        duty_cycle: args.every.map(|every| DutyCycle {
            every,
            cell: args.cell,
        }),
        metering: args
            .power_meter
            .as_ref()
            .zip(args.supply)
            .map(|(meter, supply_v)| Metering {
                meter: meter.clone(),
                supply_v,
                windows: args.windows,
                window: args
                    .window
                    .unwrap_or_else(|| metered::default_window(meter)),
                traces: traces(args.out.as_deref(), board),
            }),
        commit: args.job.commit.clone(),
    })
}

/// The folder of traces beside the record.
fn traces(out: Option<&Path>, board: &str) -> PathBuf {
    match out {
        Some(path) => path.with_extension("traces"),
        None => {
            let name = stem(&Timestamp::now().to_string(), board);
            Path::new(RESULTS).join(name).with_extension("traces")
        }
    }
}

/// The published results that belong to the suite, and what they are called there.
fn published(selection: &Selection, project: &Project) -> Result<Option<Published>, Failure> {
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
