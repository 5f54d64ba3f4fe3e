//! `tinybench sweep`

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tinybench_execution::run::jobs::Run;
use tinybench_execution::run::journal::{self, Entry, Header, Journal, JournalError};
use tinybench_execution::run::{self, Question, Selection, Setting};
use tinybench_execution::sweep::Sweep;
use tinybench_execution::target::virtual_board;
use tinybench_inputs::project::Project;
use tinybench_record::RunRecord;
use tinybench_record::shard::{Part, ShardError};
use tinybench_support::exit::Failure;
use tinybench_support::files::{self, WriteError};
use tinybench_support::interrupt;
use tinybench_support::printable::printable_path;
use tinybench_support::progress::Progress;

use super::resume;
use super::run::{RESULTS, measured, stem, still_there};
use crate::args::{Format, ShardChoice, SweepArgs};
use crate::stdout;
use crate::table;

/// Measures what the file asks for.
pub fn sweep(args: &SweepArgs, project: &Project) -> Result<(), Failure> {
    let mut sweep = Sweep::load(&args.file)?;
    let shard = args.job.shard.map(ShardChoice::part).transpose()?;
    for part in &mut sweep.parts {
        part.request.shard = shard;
        part.request.commit.clone_from(&args.job.commit);
    }
    let mut progress = Progress::stderr();
    let (runs, stems) = runs(&sweep, project, &mut progress)?;
    let questions = runs.iter().map(|run| Question::of(&run.setting)).collect();
    let started = Timestamp::now();
    let mut header = run::header(project, started, args.job.commit.as_deref(), questions);
    header.sweep = Some(args.file.clone());
    header.out.clone_from(&args.out);
    let (mut journal, kept) = journal(args.anew, shard, &sweep, header)?;
    let folder = folder(args, &sweep, &journal.header);
    files::try_write_new(&folder)?;
    if !kept.is_empty() {
        progress.note(&format!("{} measured before", kept.len()));
    }
    let endings = measured(&runs, args.pace, kept, &mut journal, &mut progress)?;

    let mut records = Vec::new();
    for ((run, of_run), stem) in runs.iter().zip(endings.of_runs).zip(stems) {
        // With --fail-fast there may be boards that weren't come to.
        if of_run.iter().any(Option::is_some) {
            let record = run::record(run, &journal.header, of_run)?;
            records.push(Written {
                label: &run.label,
                stem,
                record,
            });
        }
    }
    if let Err(interrupted) = interrupt::check() {
        journal.farewell().iter().for_each(|it| eprintln!("{it}"));
        return Err(interrupted.into());
    }
    let written = write(&folder, &records);
    // What was measured is shown even where it can't be kept.
    match args.format {
        Format::Json => stdout::print(json(&records)?.trim_end())?,
        Format::Table => {
            let shown: Vec<_> = records.iter().map(|it| (it.label, &it.record)).collect();
            stdout::print(&table::sweep(&shown, stdout::width(), stdout::colour()))?;
        }
    }
    written.map_err(|error| still_there(error, &journal))?;
    journal.remove();
    interrupt::set_farewell(None);
    eprintln!("records: {}", printable_path(&folder));
    endings.failed.map_or(Ok(()), |failed| Err(failed.into()))
}

/// The record of a part, with what it is called for people and as a file.
struct Written<'a> {
    label: &'a str,
    stem: String,
    record: RunRecord,
}

/// The parts of a sweep as runs, and the stems of their files. A shard leaves out those that it has
/// nothing of.
fn runs<'a>(
    sweep: &'a Sweep,
    project: &'a Project,
    progress: &mut Progress,
) -> Result<(Vec<Run<'a>>, Vec<String>), Failure> {
    let (mut runs, mut stems) = (Vec::new(), Vec::new());
    let mut nothing = None;
    for part in &sweep.parts {
        let setting = Setting::new(&part.request, project, &virtual_board::open, progress)?;
        let selection = Selection::new(&part.request.what, project)?;
        match setting.subjects(&selection, progress) {
            Ok(subjects) => {
                runs.push(Run {
                    label: part.label.clone(),
                    setting,
                    subjects,
                });
                stems.push(part.stem());
            }
            Err(error) => match error.error().downcast_ref::<ShardError>() {
                Some(ShardError::Empty { .. }) => nothing = Some(error),
                _ => return Err(error),
            },
        }
    }
    match nothing {
        Some(error) if runs.is_empty() => Err(error),
        _ => Ok((runs, stems)),
    }
}

/// The journal of this sweep, with what is in it if it was interrupted.
fn journal(
    anew: bool,
    shard: Option<Part>,
    sweep: &Sweep,
    header: Header,
) -> Result<(Journal, Vec<Entry>), Failure> {
    let shard = shard.map(|it| format!("-{it}").replace('/', "-of-"));
    let stem = format!("{}{}", sweep.name, shard.unwrap_or_default());
    let folder = Path::new(RESULTS);
    let path = folder.join(format!("{stem}.{}", journal::EXTENSION));
    if !path.exists() {
        return Ok((Journal::new(folder, &stem, header), Vec::new()));
    }
    let (mut journal, kept) = Journal::open(&path)?;
    if anew {
        journal.remove();
        return Ok((Journal::new(folder, &stem, header), Vec::new()));
    }
    let mut differences =
        resume::differences(&journal.header, &header.tinybench, &header.questions, false);
    if journal.header.sweep != header.sweep {
        differences.push("the sweep's file".to_owned());
    }
    if differences.is_empty() {
        return Ok((journal, kept));
    }
    Err(JournalError::OtherRun {
        path,
        differences,
        anew: "run with --anew",
    }
    .into())
}

/// The folder of the records.
fn folder(args: &SweepArgs, sweep: &Sweep, header: &Header) -> PathBuf {
    let named = args.out.as_ref().or(header.out.as_ref());
    let among_results = || Path::new(RESULTS).join(stem(&header.started_at, &sweep.name));
    named.cloned().unwrap_or_else(among_results)
}

/// Writes one record a part. Those that a process has written that was killed are written again.
fn write(folder: &Path, records: &[Written]) -> Result<(), WriteError> {
    fs::create_dir_all(folder).map_err(WriteError::of(folder))?;
    for written in records {
        let path = folder.join(format!("{}.json", written.stem));
        let json = written.record.to_json();
        let json = json.map_err(|error| WriteError::of(&path)(std::io::Error::other(error)))?;
        files::write(&path, json.as_bytes())?;
    }
    Ok(())
}

/// The records as one JSON document, a list.
fn json(records: &[Written]) -> Result<String, Failure> {
    let records: Vec<_> = records.iter().map(|it| &it.record).collect();
    Ok(tinybench_support::json::text(&records)?)
}
