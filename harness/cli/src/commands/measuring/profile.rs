//! `tinybench profile`

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
use tinybench_support::json;
use tinybench_support::progress::Progress;

use crate::args::{ProfileArgs, ProfileFormat};
use crate::stdout;
use crate::table::{profile as table, programs};

/// The profile can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write CSV: {0}")]
struct NotWritten(#[from] csv::Error);

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
        profile,
        result,
        window,
        image,
    } = &profiled;
    let name = &result.workload;
    let text = match args.format {
        ProfileFormat::Table => table::render(result, profile, &setting.board, args.by, args.top),
        ProfileFormat::Csv => table::csv(profile, args.by, args.top).map_err(NotWritten)?,
        ProfileFormat::Json => json::text(&Document::of(&setting.board, result, profile))?,
        ProfileFormat::Folded => stacks::folded(&stacks::of(profile, window, image)),
        ProfileFormat::Speedscope => stacks::speedscope(name, &stacks::of(profile, window, image))?,
    };
    stdout::print(text.trim_end())
}

/// Profiles a program of the user's own.
fn program(args: &ProfileArgs, image: &Path, project: &Project) -> Result<(), Failure> {
    let loaded = Boards::open(&project.boards())?.load(&args.board)?;
    let board = &loaded.board;
    let profile = program::profile(image, board, args.cycles.unwrap_or(board.clock_hz))?;
    let text = match args.format {
        ProfileFormat::Table => programs::render(&profile, args.top),
        ProfileFormat::Csv => programs::csv(&profile, args.top).map_err(NotWritten)?,
        ProfileFormat::Json => json::text(&profile)?,
        ProfileFormat::Folded => stacks::folded(&profile.stacks()),
        ProfileFormat::Speedscope => stacks::speedscope(&profile.file, &profile.stacks())?,
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
