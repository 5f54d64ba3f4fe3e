//! Compiles the objects that the program brings: what `scripts/images` runs.
//!
//! ```text
//! images FILE.zip [BOARD...]
//! ```

use std::env;
use std::path::Path;
use std::process::ExitCode;

use tinybench_execution::pin;
use tinybench_inputs::project::Project;
use tinybench_support::exit::Failure;
use tinybench_support::files::{self, WriteError};
use tinybench_support::progress::Progress;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some((path, boards)) = arguments.split_first() else {
        eprintln!("usage: images FILE.zip [BOARD...]");
        return ExitCode::from(2);
    };
    let boards: Vec<&str> = boards.iter().map(String::as_str).collect();
    match images(Path::new(path), &boards) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.error());
            ExitCode::from(5)
        }
    }
}

fn images(path: &Path, boards: &[&str]) -> Result<(), Failure> {
    let project = Project::find(None, Path::new("."))?;
    let store = pin(&project, [boards, &[]], &mut Progress::stderr())?;
    let bytes = store.to_bytes().map_err(WriteError::of(path))?;
    files::write(path, &bytes)?;
    Ok(())
}
