//! `tinybench init`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::args::InitArgs;
use crate::stdout;
use tinybench_inputs::project::{OWN_BOARDS, OWN_WORKLOADS};
use tinybench_support::exit::Failure;
use tinybench_support::files::{self, WriteError};
use tinybench_support::{SETTINGS, exits_with};

/// There is a file of the user's.
#[derive(Debug, thiserror::Error)]
#[error("{} is there already, and nothing was written; name another folder", .0.display())]
struct Taken(PathBuf);

exits_with!(Taken => Output);

/// Writes the files of a project of the user's own, if none of them is there.
pub fn run(args: &InitArgs) -> Result<(), Failure> {
    // The settings last: they are what makes a folder a project.
    let files = [
        (readme(OWN_BOARDS), include_str!("boards.md")),
        (readme(OWN_WORKLOADS), include_str!("workloads.md")),
        (PathBuf::from(SETTINGS), include_str!("tinybench.toml")),
    ]
    .map(|(name, text)| (args.folder.join(name), text));
    write(&files)?;
    let paths: Vec<_> = files.iter().map(|it| it.0.display().to_string()).collect();
    stdout::print(&paths.join("\n"))?;
    eprintln!(
        "Next: `tinybench run --board nano33 --workload kws` measures what tinybench brings; \
         boards/README.md and workloads/README.md say how to add your own."
    );
    Ok(())
}

/// Writes all of them or none.
fn write(files: &[(PathBuf, &str)]) -> Result<(), Failure> {
    let mut made = Vec::new();
    let mut written = Vec::new();
    let mut one = |path: &PathBuf, text: &str| -> Result<(), WriteError> {
        let above = path.parent().unwrap_or(Path::new(""));
        made.push(files::make_folders(above).map_err(WriteError::of(above))?);
        files::create(path, text.as_bytes())?;
        written.push(path.clone());
        Ok(())
    };
    let failed = files.iter().find_map(|(path, text)| {
        let error = one(path, text).err()?;
        Some(match error.source.kind() {
            io::ErrorKind::AlreadyExists => Taken(path.clone()).into(),
            _ => error.into(),
        })
    });
    let Some(failed) = failed else {
        return Ok(());
    };
    for path in written {
        // Nobody else has written these.
        let _ = fs::remove_file(path);
    }
    for folders in made.into_iter().rev() {
        folders.undo();
    }
    Err(failed)
}

fn readme(folder: &str) -> PathBuf {
    PathBuf::from(folder).join("README.md")
}
