//! `tinybench init`

use std::path::PathBuf;

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
    let files = [
        (PathBuf::from(SETTINGS), include_str!("tinybench.toml")),
        (readme(OWN_BOARDS), include_str!("boards.md")),
        (readme(OWN_WORKLOADS), include_str!("workloads.md")),
    ]
    .map(|(name, text)| (args.folder.join(name), text));
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(Taken(path.clone()).into());
    }
    for (path, text) in &files {
        if let Some(above) = path.parent() {
            let _made = files::make_folders(above).map_err(WriteError::of(above))?;
        }
        files::write(path, text.as_bytes())?;
    }
    let paths: Vec<_> = files.iter().map(|it| it.0.display().to_string()).collect();
    stdout::print(&paths.join("\n"))?;
    eprintln!(
        "Next: `tinybench run --board nano33 --workload kws` measures what tinybench brings; \
         boards/README.md and workloads/README.md say how to add your own."
    );
    Ok(())
}

fn readme(folder: &str) -> PathBuf {
    PathBuf::from(folder).join("README.md")
}
