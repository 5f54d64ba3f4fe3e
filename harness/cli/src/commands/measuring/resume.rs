//! Going on with a run that was interrupted: its journal is found, and must be of the same run.

use std::path::{Path, PathBuf};

use tinybench_execution::run::Question;
use tinybench_execution::run::journal::{self, Entry, Header, Journal, JournalError};
use tinybench_record::Tinybench;
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::printable::printable_path;

/// A journal doesn't go with the command.
#[derive(Debug, thiserror::Error)]
enum NotResumed {
    /// It is that of a sweep.
    #[error(
        "{} is the journal of a sweep: `tinybench sweep {}` goes on with it",
        printable_path(journal),
        printable_path(sweep)
    )]
    Sweep {
        journal: PathBuf,
        sweep: PathBuf,
    },
}

exits_with!(NotResumed => Usage);

/// What an interrupted run has left.
pub struct Left {
    /// Its journal, open to go on with.
    pub journal: Journal,
    /// What was measured.
    pub kept: Vec<Entry>,
}

/// Opens the journal of a run at `named`, or that which was written last in the first of `folders` that
/// has one.
///
/// # Errors
/// There is none, it can't be read, or it is another kind of run's.
pub fn open(named: Option<&Path>, folders: &[&Path]) -> Result<Left, Failure> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => newest(folders)?,
    };
    let (journal, kept) = Journal::open(&path)?;
    if let Some(sweep) = &journal.header.sweep {
        let sweep = sweep.clone();
        let journal = path;
        return Err(NotResumed::Sweep { journal, sweep }.into());
    }
    Ok(Left { journal, kept })
}

fn newest(folders: &[&Path]) -> Result<PathBuf, JournalError> {
    for folder in folders {
        let here = Path::new(".");
        let folder = if folder.as_os_str().is_empty() { here } else { folder };
        if let Some(path) = journal::find(folder)?.into_iter().next() {
            return Ok(path);
        }
    }
    let last = folders.last().copied().unwrap_or(Path::new("."));
    Err(JournalError::None {
        folder: last.to_owned(),
    })
}

/// The fields in which what is asked now differs from what a journal's run was asked. Where the
/// question itself is from the journal, paths may begin in another folder.
pub fn differences(
    header: &Header,
    tinybench: &Tinybench,
    questions: &[Question],
    from_journal: bool,
) -> Vec<String> {
    const PATHS: [&str; 3] = ["models", "reference", "stream"];
    let mut differ = Vec::new();
    if header.tinybench != *tinybench {
        differ.push("tinybench".to_owned());
    }
    if header.questions.len() != questions.len() {
        differ.push("boards and options".to_owned());
    }
    for (then, now) in header.questions.iter().zip(questions) {
        let fields = then.differences(now);
        let counts = |name: &String| !from_journal || !PATHS.contains(&name.as_str());
        differ.extend(fields.into_iter().filter(counts));
    }
    differ.sort();
    differ.dedup();
    differ
}
