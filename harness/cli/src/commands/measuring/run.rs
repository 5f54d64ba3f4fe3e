//! `tinybench run`

use std::path::Path;

use tinybench_analysis::baselines::Baselines;
use tinybench_execution::power::DutyCycle;
use tinybench_execution::run::{Request, Selection, Setting, What};
use tinybench_execution::target::virtual_board::{self, OpenVirtual};
use tinybench_inputs::project::Project;
use tinybench_record::published;
use tinybench_support::exit::Failure;
use tinybench_support::files::{self, WriteError};
use tinybench_support::interrupt;
use tinybench_support::printable::printable_path;
use tinybench_support::progress::Progress;

use crate::args::{Format, RunArgs};
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
    let request = request(args);
    let mut progress = Progress::stderr();
    let setting = Setting::new(&request, project, open_virtual, &mut progress)?;
    try_places(args)?;
    let selection = Selection::new(&request.what, project)?;
    let published = published(&selection, project)?;
    let subjects = setting.subjects(&selection, &mut progress)?;
    let record = setting.record(&subjects, &mut progress)?;

    let json = record.to_json()?;
    interrupt::check()?;
    let path = match &args.out {
        Some(path) => files::write(path, json.as_bytes()).map(|()| path.clone()),
        None => {
            let time = setting.started.strftime("%Y%m%dT%H%M%SZ");
            let stem = format!("{time}-{}", record.board.name);
            files::write_new(Path::new(RESULTS), &stem, "json", json.as_bytes())
        }
    };
    let baseline = match (&path, &args.save_baseline) {
        (Ok(_), Some(name)) => Some(Baselines::around_current().save(name, &json)),
        _ => None,
    };
    // What was measured is shown even where it can't be kept.
    match args.format {
        Format::Json => stdout::print(json.trim_end())?,
        Format::Table => {
            let (width, colour) = (stdout::width(), stdout::colour());
            let text = table::render(&record, published.as_ref(), width, colour);
            stdout::print(&text)?;
        }
    }
    eprintln!("record: {}", printable_path(&path?));
    if let Some(path) = baseline.transpose()? {
        eprintln!("baseline: {}", printable_path(&path));
    }
    Ok(())
}

/// Tries the places of the record before it is measured.
fn try_places(args: &RunArgs) -> Result<(), WriteError> {
    match &args.out {
        Some(path) => files::try_write(path)?,
        None => files::try_write_new(Path::new(RESULTS))?,
    }
    match &args.save_baseline {
        Some(name) => Baselines::around_current().try_save(name),
        None => Ok(()),
    }
}

/// What the command line asks for.
fn request(args: &RunArgs) -> Request {
    let vectors = args.vectors;
    Request {
        board: args.board.clone(),
        power: args.power.clone(),
        on: args.on,
        probe: args.probe.clone(),
        what: What {
            workloads: args.workloads.clone(),
            suite: args.suite.clone(),
            from: args.from.clone(),
            data: args.data.clone(),
            models: args.models.clone(),
            reference: args.reference.clone(),
            inputs: args.inputs.clone(),
            steps: args.steps.map(|steps| steps as usize),
            labels: args.labels.clone().zip(args.metric),
            stream: args.stream.clone(),
            runtimes: args.runtimes.clone(),
        },
        shard: args.shard,
        runs: args.runs,
        vectors: vectors.map_or_else(Default::default, |vectors| vectors.0),
        timeout: args.timeout,
        duty_cycle: args.every.map(|every| DutyCycle {
            every,
            cell: args.cell,
        }),
        commit: args.commit.clone(),
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
