//! `tinybench inspect`

use std::path::Path;

use crate::args::{InspectArgs, InspectFormat};
use crate::stdout;
use crate::table::inspection;
use tinybench_inputs::board::Boards;
use tinybench_inputs::inspect::{Inspection, inspect};
use tinybench_inputs::project::Project;
use tinybench_inputs::runtimes::ENGINES;
use tinybench_inputs::runtimes::foreign::c_array;
use tinybench_inputs::subject::{SubjectError, read_model};
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::files;
use tinybench_support::printable::printable_path;

/// Only one model can be written to a file.
#[derive(Debug, thiserror::Error)]
#[error("--save-model writes one model, and {0} are given")]
struct SeveralModels(usize);

/// The inspection can't be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct JsonError(#[from] serde_json::Error);

exits_with!(SeveralModels => Usage, JsonError => Output);

/// Shows models. Without a project no boards are known.
pub fn run(args: &InspectArgs, project: Option<&Project>) -> Result<(), Failure> {
    if args.save_model.is_some() && args.models.len() > 1 {
        return Err(SeveralModels(args.models.len()).into());
    }
    let boards = match project {
        Some(project) => Boards::open(&project.boards())?.readable(),
        None => Vec::new(),
    };
    let mut models = Vec::new();
    for path in &args.models {
        let model = read(path)?;
        models.push(inspect(path, &model, &boards)?);
        if let Some(to) = &args.save_model {
            save(to, &model)?;
        }
    }
    match args.format {
        InspectFormat::Table => {
            let width = stdout::terminal_width();
            let shown = models.iter().map(|it| inspection::render(it, width));
            let shown: Vec<_> = shown.collect();
            stdout::print(&shown.join("\n\n"))
        }
        InspectFormat::Json => {
            let text = Inspection::of(models).to_json().map_err(JsonError)?;
            stdout::print(&text)
        }
    }
}

/// The model in a file: the file itself, or the array of a source in C.
fn read(path: &Path) -> Result<Vec<u8>, SubjectError> {
    let bytes = read_model(path)?;
    let reads = |model: &[u8]| ENGINES.iter().any(|runtime| runtime.reads(model));
    if reads(&bytes) {
        return Ok(bytes);
    }
    Ok(c_array(&bytes)
        .filter(|array| reads(array))
        .unwrap_or(bytes))
}

fn save(to: &Path, model: &[u8]) -> Result<(), Failure> {
    files::write(to, model)?;
    eprintln!("the model is in {}", printable_path(to));
    Ok(())
}
