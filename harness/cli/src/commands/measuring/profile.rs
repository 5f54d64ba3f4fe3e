//! `tinybench profile`

use std::error::Error;
use std::path::Path;

use tinybench_execution::profile::document::Document;
use tinybench_execution::profile::{program, stacks};
use tinybench_execution::run::{Profiled, Request, Selection, Setting, What, limits};
use tinybench_execution::target::virtual_board;
use tinybench_inputs::board::Boards;
use tinybench_inputs::project::Project;
use tinybench_inputs::subject::VectorCount;
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::progress::Progress;

use crate::args::{ProfileArgs, ProfileFormat};
use crate::stdout;
use crate::table::{profile as table, programs};

/// The profile can't be written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotWritten(String);

exits_with!(NotWritten => Output);

/// Measures and profiles what the command line names, and shows where the cycles went.
pub fn run(args: &ProfileArgs, project: &Project) -> Result<(), Failure> {
    if let Some(image) = &args.image {
        return program(args, image, project);
    }
    let request = request(args);
    let mut progress = Progress::stderr();
    let setting = Setting::new(&request, project, &virtual_board::open, &mut progress)?;
    let selection = Selection::new(&request.what, project)?;
    let subjects = setting.subjects(&selection, &mut progress)?;
    let Some(planned) = subjects.planned.first() else {
        return Ok(());
    };
    progress.set_subject(&planned.name);
    let profiled = setting.profiled(planned, &mut progress)?;
    let Profiled {
        result,
        window,
        image,
        ..
    } = &profiled;
    let Some(profile) = &result.profile else {
        return Ok(());
    };
    let name = &result.workload;
    let text = match args.format {
        ProfileFormat::Table => table::render(result, profile, &setting.board, args.by, args.top),
        ProfileFormat::Csv => {
            table::csv(profile, args.by, args.top).map_err(|error| NotWritten(error.to_string()))?
        }
        ProfileFormat::Json => Document::of(&setting.board, result)
            .and_then(|document| document.to_json().ok())
            .ok_or_else(|| NotWritten("the profile isn't JSON".to_owned()))?,
        ProfileFormat::Folded => stacks::folded(&stacks::of(profile, window, image)),
        ProfileFormat::Speedscope => stacks::speedscope(name, &stacks::of(profile, window, image))
            .map_err(|error| NotWritten(error.to_string()))?,
    };
    stdout::print(text.trim_end())
}

/// Profiles a program of the user's own.
fn program(args: &ProfileArgs, image: &Path, project: &Project) -> Result<(), Failure> {
    let loaded = Boards::open(&project.boards())?.load(&args.board)?;
    let board = &loaded.board;
    let profile = program::profile(image, board, args.cycles.unwrap_or(board.clock_hz))?;
    let not_written = |error: &dyn Error| NotWritten(error.to_string());
    let text = match args.format {
        ProfileFormat::Table => programs::render(&profile, args.top),
        ProfileFormat::Csv => programs::csv(&profile, args.top).map_err(|it| not_written(&it))?,
        ProfileFormat::Json => profile.to_json().map_err(|it| not_written(&it))?,
        ProfileFormat::Folded => stacks::folded(&profile.stacks()),
        ProfileFormat::Speedscope => {
            stacks::speedscope(&profile.file, &profile.stacks()).map_err(|it| not_written(&it))?
        }
    };
    if args.format != ProfileFormat::Table {
        for note in &profile.notes {
            eprintln!("note: {note}");
        }
    }
    stdout::print(text.trim_end())
}

fn request(args: &ProfileArgs) -> Request {
    Request {
        board: args.board.clone(),
        power: None,
        on: args.on,
        probe: args.probe.clone(),
        what: What {
            workloads: args.workload.iter().cloned().collect(),
            models: args.model.iter().cloned().collect(),
            runtimes: args.runtime.iter().cloned().collect(),
            ..What::default()
        },
        shard: None,
        runs: limits::RUNS,
        vectors: VectorCount::Count(1),
        timeout: args.timeout,
        profile: true,
        duty_cycle: None,
        commit: None,
    }
}
