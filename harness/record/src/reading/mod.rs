//! Run records from files and folders, checked.

mod check;
mod profile;

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use tinybench_support::exits_with;

pub use check::{Fault, check};

use crate::RunRecord;
use tinybench_support::error_chain::describe;
use tinybench_support::files::{self, ReadError};
use tinybench_support::printable::{printable, printable_path};

/// Largest record that is read, bytes.
pub const MAX_RECORD_BYTES: u64 = 64 << 20;

/// How deep folders are searched.
const MAX_DEPTH: usize = 16;

/// A record and where it is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub record: RunRecord,
}

/// A file that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The file.
    pub path: PathBuf,
    /// Why; safe to print.
    pub reason: String,
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "skipped {}: {}", printable_path(&self.path), self.reason)
    }
}

/// The records of a file or folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    /// The records, in the [order](by_place) of their files.
    pub loaded: Vec<Loaded>,
    /// Files named `*.json` that aren't usable records, by path.
    pub skipped: Vec<Skipped>,
}

/// Records can't be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// A file or folder can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file that was named isn't a usable record.
    #[error("{}: {reason}", printable_path(path))]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why; safe to print.
        reason: String,
    },
    /// A folder has none.
    #[error(
        "there is no run record in {}{}; `tinybench run` writes them",
        printable_path(folder),
        listed(skipped)
    )]
    None {
        /// The folder.
        folder: PathBuf,
        /// What was found instead.
        skipped: Vec<Skipped>,
    },
}

exits_with!(RecordsError => Input);

/// The first few of what was skipped, as the end of a sentence.
fn listed(skipped: &[Skipped]) -> String {
    const SHOWN: usize = 3;
    let mut text: String = skipped
        .iter()
        .take(SHOWN)
        .map(|skipped| format!(" ({skipped})"))
        .collect();
    if skipped.len() > SHOWN {
        text += &format!(" and {} more", skipped.len() - SHOWN);
    }
    text
}

/// Reads and checks one record from JSON text. The error says what is wrong and is safe to print.
pub fn parse(text: &[u8]) -> Result<RunRecord, String> {
    let record =
        RunRecord::parse(text).map_err(|error| printable(&describe(&error)).into_owned())?;
    check(&record).map_err(|fault| fault.to_string())?;
    Ok(record)
}

/// Loads the record in a file, or all records in a folder and the folders in it.
///
/// A file that was named must be a usable record. In a folder, files that don't end in `.json` are
/// none of our business, and those that do but aren't usable records are listed as skipped.
pub fn load(path: &Path) -> Result<Records, RecordsError> {
    if path.is_dir() {
        return load_folder(path, |_, _| ());
    }
    let text = files::read(path, MAX_RECORD_BYTES)?;
    let record = parse(&text).map_err(|reason| RecordsError::Unusable {
        path: path.to_owned(),
        reason,
    })?;
    Ok(Records {
        loaded: vec![Loaded {
            path: path.to_owned(),
            record,
        }],
        skipped: Vec::new(),
    })
}

/// As [`load`], of a folder. `progress` is told how many files of how many have been read.
pub fn load_folder(
    folder: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<Records, RecordsError> {
    let mut records = Records::default();
    let mut paths = Vec::new();
    find(folder, 0, &mut paths, &mut records.skipped)?;
    paths.sort_by(|a, b| by_place(a, b));
    let total = paths.len() as u64;
    for (done, path) in (1..).zip(paths) {
        let parsed = files::read(&path, MAX_RECORD_BYTES)
            .map_err(|error| printable(&error.reason).into_owned())
            .and_then(|text| parse(&text));
        match parsed {
            Ok(record) => records.loaded.push(Loaded { path, record }),
            Err(reason) => records.skipped.push(Skipped { path, reason }),
        }
        progress(done, total);
    }
    records.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    if records.loaded.is_empty() {
        return Err(RecordsError::None {
            folder: folder.to_owned(),
            skipped: records.skipped,
        });
    }
    Ok(records)
}

/// The order of records that tell no other: by path, but those of one second, which are numbered
/// `a.json`, `a-2.json` to `a-10.json` as they were written, in the order of their numbers.
pub fn by_place(a: &Path, b: &Path) -> Ordering {
    let key = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let numbered = stem.rsplit_once('-').and_then(|(base, number)| {
            let number: u64 = number.parse().ok()?;
            Some((base, number))
        });
        let (base, number) = numbered.unwrap_or((&stem, 1));
        (path.with_file_name(base), number)
    };
    key(a).cmp(&key(b)).then_with(|| a.cmp(b))
}

/// Adds the files named `*.json` in `folder` and below to `paths`. Hidden folders and links to
/// folders are left alone.
fn find(
    folder: &Path,
    depth: usize,
    paths: &mut Vec<PathBuf>,
    skipped: &mut Vec<Skipped>,
) -> Result<(), ReadError> {
    for path in files::list(folder)? {
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_folder = path.is_dir();
        if is_folder && !hidden && !path.is_symlink() {
            if depth == MAX_DEPTH {
                skipped.push(Skipped {
                    path,
                    reason: format!("it is more than {MAX_DEPTH} folders deep"),
                });
                continue;
            }
            if let Err(error) = find(&path, depth + 1, paths, skipped) {
                skipped.push(Skipped {
                    path,
                    reason: printable(&error.reason).into_owned(),
                });
            }
        } else if !is_folder && !hidden && path.extension().is_some_and(|name| name == "json") {
            // Reading a pipe would wait for somebody who writes to it.
            match files::check_regular(&path) {
                Ok(()) => paths.push(path),
                Err(error) => skipped.push(Skipped {
                    path,
                    reason: printable(&error.reason).into_owned(),
                }),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::example::example;

    #[test]
    fn a_folder_is_searched_and_foreign_files_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("2026/11");
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir_all(folder.path().join(".git")).unwrap();
        let json = example().to_json().unwrap();
        fs::write(folder.path().join("b.json"), &json).unwrap();
        fs::write(inner.join("a.json"), &json).unwrap();
        fs::write(folder.path().join(".git/c.json"), &json).unwrap();
        fs::write(folder.path().join("cut.json"), &json[..json.len() / 2]).unwrap();
        fs::write(folder.path().join("package.json"), "{}").unwrap();
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        let records = load(folder.path()).unwrap();
        let names: Vec<_> = records.loaded.iter().map(|l| l.path.clone()).collect();
        assert_eq!(names, [inner.join("a.json"), folder.path().join("b.json")]);
        let reasons: Vec<_> = records.skipped.iter().map(|s| s.reason.as_str()).collect();
        assert!(
            reasons[0].starts_with("not a run record: EOF"),
            "{reasons:?}"
        );
        assert!(
            reasons[1].contains("its `schema` is missing"),
            "{reasons:?}"
        );
        assert_eq!(reasons.len(), 2);
    }

    #[test]
    fn records_of_one_second_are_in_the_order_in_which_they_were_written() {
        let mut paths: Vec<_> = [
            "b.json",
            "a-10.json",
            "a-2.json",
            "a.json",
            "a-b.json",
            "x/a.json",
        ]
        .map(PathBuf::from)
        .into();
        paths.sort_by(|a, b| by_place(a, b));
        let paths: Vec<_> = paths.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(
            paths,
            [
                "a.json",
                "a-2.json",
                "a-10.json",
                "a-b.json",
                "b.json",
                "x/a.json"
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_regular_files_of_a_folder_are_read() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};

        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.json"), example().to_json().unwrap()).unwrap();
        let pipe = folder.path().join("pipe.json");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.json")).unwrap();
        std::os::unix::fs::symlink("none", folder.path().join("dangling.json")).unwrap();
        let _socket =
            std::os::unix::net::UnixListener::bind(folder.path().join("socket.json")).unwrap();
        let records = load(folder.path()).unwrap();
        assert_eq!(records.loaded.len(), 1);
        let reasons: Vec<_> = records.skipped.iter().map(|s| s.reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "No such file or directory (os error 2)",
                "it is a pipe, not a regular file",
                "it is a socket, not a regular file",
                "it is a device, not a regular file",
            ]
        );
    }

    #[test]
    fn a_folder_without_records_says_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with("there is no run record in"), "{error}");
        fs::write(folder.path().join("\u{1b}[2J.json"), "[\"\u{1b}\"]").unwrap();
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(error.contains(r"\u{1b}[2J.json"), "{error}");
        assert!(!error.contains('\u{1b}'), "{error}");
    }

    #[test]
    fn what_a_record_says_of_itself_is_safe_to_print() {
        let error = parse(b"{\"schema\": \"\\u001b[31m\"}").unwrap_err();
        assert!(
            !error.contains('\u{1b}') && error.contains(r"\u{1b}[31m"),
            "{error}"
        );
        let mut record = example();
        record.results[0].workload = "kws\u{1b}]0;owned\u{7}".to_owned();
        let error = parse(record.to_json().unwrap().as_bytes()).unwrap_err();
        assert_eq!(
            error,
            r"`results[0].workload` has the control character \u{1b} in it"
        );
    }
}
