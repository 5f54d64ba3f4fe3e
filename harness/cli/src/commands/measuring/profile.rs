//! `tinybench profile`

use std::path::Path;

use tinybench_analysis::profile::headline;
use tinybench_execution::profile::document::Document;
use tinybench_execution::profile::program::ProgramProfile;
use tinybench_execution::profile::stacks::Stack;
use tinybench_execution::profile::{lines, program, stacks, trace};
use tinybench_execution::run::{Profiled, Request, Selection, Setting, What, limits};
use tinybench_execution::target::virtual_board;
use tinybench_inputs::board::Boards;
use tinybench_inputs::project::Project;
use tinybench_inputs::runtimes::description::Description;
use tinybench_inputs::subject::VectorCount;
use tinybench_pages::page::{self, Layout, PageError};
use tinybench_pages::profile::{Buffer, Function, Memory, Page, document};
use tinybench_support::exit::Failure;
use tinybench_support::progress::Progress;
use tinybench_support::{exits_with, files, json};

use crate::args::{By, ProfileArgs, ProfileFormat};
use crate::stdout;
use crate::table::{profile as table, programs};

/// The profile can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write CSV: {0}")]
struct NotWritten(#[from] csv::Error);

/// The page's file is called after something else.
#[derive(Debug, thiserror::Error)]
#[error("-o {0}: the page of a profile is HTML; name it FILE.html")]
struct NoPage(String);

/// A program has nothing to show in this form.
#[derive(Debug, thiserror::Error)]
#[error("--format chrome shows operators, and a program has none: take speedscope or folded")]
struct NoOperators;

/// A form that doesn't tell cycles by what was asked.
#[derive(Debug, thiserror::Error)]
#[error(
    "--by line is for --format table and csv: the other forms tell operators and functions; leave out \
     one of them"
)]
struct NoLines;

exits_with!(NotWritten => Output, NoPage => Usage, NoOperators => Usage, NoLines => Usage);

/// Measures and profiles what the command line names, and shows where the cycles went.
pub fn run(args: &ProfileArgs, project: &Project) -> Result<(), Failure> {
    if let Some(out) = &args.out {
        let ending = out.extension().and_then(|it| it.to_str());
        if !ending.is_some_and(|it| ["html", "htm"].contains(&&*it.to_ascii_lowercase())) {
            return Err(NoPage(out.display().to_string()).into());
        }
    }
    let has_lines = matches!(args.format, ProfileFormat::Table | ProfileFormat::Csv);
    if args.by == By::Line && !has_lines {
        return Err(NoLines.into());
    }
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
    progress.end();
    let Profiled {
        profile,
        result,
        window,
        image,
        ..
    } = &profiled;
    let (name, board) = (&result.workload, &setting.board);
    let lines = match args.by {
        By::Line => lines::of_window(window, image),
        By::Operator | By::Kind | By::Function => Vec::new(),
    };
    if let Some(out) = &args.out {
        let title = format!("{name} on {}", board.name);
        let headline = headline(profile, name, &board.name, board.clock_hz);
        write(out, &of_inference(&profiled, title, headline))?;
    }
    let text = match args.format {
        ProfileFormat::Table => table::render(result, profile, &lines, board, args.by, args.top),
        ProfileFormat::Csv => table::csv(profile, &lines, args.by, args.top).map_err(NotWritten)?,
        ProfileFormat::Json => json::text(&Document::of(board, result, profile))?,
        ProfileFormat::Folded => stacks::folded(&stacks::of(profile, window, image)),
        ProfileFormat::Speedscope => stacks::speedscope(name, &stacks::of(profile, window, image))?,
        ProfileFormat::Chrome => trace::chrome(name, board.clock_hz, profile)?,
    };
    stdout::print(text.trim_end())
}

/// Profiles a program of the user's own.
fn program(args: &ProfileArgs, image: &Path, project: &Project) -> Result<(), Failure> {
    if args.format == ProfileFormat::Chrome {
        return Err(NoOperators.into());
    }
    let loaded = Boards::open(&project.boards())?.load(&args.board)?;
    let board = &loaded.board;
    let profile = program::profile(image, board, args.cycles.unwrap_or(board.clock_hz))?;
    if let Some(out) = &args.out {
        write(out, &of_program(&profile))?;
    }
    let text = match args.format {
        ProfileFormat::Table => programs::render(&profile, args.top),
        ProfileFormat::Csv => programs::csv(&profile, args.top).map_err(NotWritten)?,
        ProfileFormat::Json => json::text(&profile)?,
        ProfileFormat::Folded => stacks::folded(&profile.stacks()),
        ProfileFormat::Speedscope | ProfileFormat::Chrome => {
            stacks::speedscope(&profile.file, &profile.stacks())?
        }
    };
    if args.format != ProfileFormat::Table {
        for note in &profile.notes {
            eprintln!("note: {note}");
        }
    }
    stdout::print(text.trim_end())
}

/// Writes a page and says where it is.
fn write(out: &Path, page: &Page) -> Result<(), Failure> {
    let html = page::html(&document(page), &Layout::default()).map_err(PageError::from)?;
    files::write(out, html.as_bytes())?;
    eprintln!("page: {}", out.display());
    Ok(())
}

fn of_inference(profiled: &Profiled, title: String, headline: String) -> Page<'_> {
    let Profiled {
        profile,
        result,
        window,
        image,
        description,
    } = profiled;
    let functions = profile.functions.iter().map(|it| Function {
        name: it.name.clone(),
        cycles: it.cycles,
        instructions: it.instructions,
        ..Function::default()
    });
    Page {
        title,
        lead: vec![
            format!("{headline}."),
            format!("Runtime {} {}", result.runtime.name, result.runtime.version),
        ],
        profile: Some(profile),
        stacks: of_stacks(stacks::of(profile, window, image)),
        memory: description.as_ref().and_then(memory),
        functions: functions.collect(),
        // Those of an inference are told with its operators, if it has any.
        notes: match profile.operators.is_empty() {
            true => profile.notes.clone(),
            false => Vec::new(),
        },
    }
}

fn of_program(profile: &ProgramProfile) -> Page<'static> {
    // What the folders above it are called is nobody else's business.
    let name = Path::new(&profile.file).file_name();
    let profile = &ProgramProfile {
        file: name.map_or_else(String::new, |it| it.to_string_lossy().into_owned()),
        ..profile.clone()
    };
    let deepest = profile.paths.iter().max_by_key(|path| path.stack_bytes);
    let deepest = deepest.map(|path| {
        let way = path.functions.join(" > ");
        format!("the stack is deepest, {} bytes, in {way}", path.stack_bytes)
    });
    let functions = profile.functions.iter().map(|it| Function {
        name: it.name.clone(),
        cycles: it.cycles,
        inclusive: Some(it.inclusive_cycles),
        instructions: Some(it.instructions),
        calls: Some(it.calls),
    });
    Page {
        title: format!("{} on {}", profile.file, profile.board),
        lead: vec![programs::headline(profile)],
        stacks: of_stacks(profile.stacks()),
        functions: functions.collect(),
        notes: deepest.into_iter().chain(profile.notes.clone()).collect(),
        ..Page::default()
    }
}

fn of_stacks(stacks: Vec<Stack>) -> Vec<(Vec<String>, u64)> {
    let stacks = stacks.into_iter();
    stacks.map(|stack| (stack.frames, stack.cycles)).collect()
}

/// What lies in the arena, of the subgraph that is run.
fn memory(description: &Description) -> Option<Memory> {
    let arena = description.arena.as_ref()?;
    let operators = description.operators.iter().filter(|it| it.subgraph == 0);
    let buffers = arena.buffers.iter().map(|it| Buffer {
        name: it.name.clone(),
        content: format!("{:?}", it.content).to_lowercase(),
        bytes: it.bytes,
        offset: it.offset,
        first: it.first,
        last: it.last,
    });
    Some(Memory {
        buffers: buffers.collect(),
        operators: operators
            .map(|it| format!("{} {}", it.name, it.index))
            .collect(),
        peak: arena.peak_operators.first().copied(),
    })
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
        layouts: None,
        opt: args.opt,
        // The objects that the program brings have no lines.
        from_source: args.build || args.by == By::Line,
        profile: true,
        duty_cycle: None,
        metering: None,
        commit: None,
    }
}
