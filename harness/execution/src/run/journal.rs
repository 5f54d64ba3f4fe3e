//! What a run has measured so far, on disk as soon as it is known: `tinybench run --resume` goes on from
//! there.
//!
//! A journal is a file of JSON lines that grows: first what was asked, then one line a subject, each
//! written at once and flushed to the disk. Whoever is killed in the middle leaves a last line without
//! its end, which is ignored; a line that the disk has no room for is taken back. A file that is written
//! anew and renamed for each subject would be whole as well, but of a thousand subjects it would write
//! half a million lines, and on a full disk it needs twice the room.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tinybench_record::{Commit, ExecutionKind, Failure, RunResult, Tinybench, Toolchain};
use tinybench_support::error_chain::describe;
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::files::{self, MadeFolders, ReadError, WriteError};
use tinybench_support::interrupt::{self, Interrupted};
use tinybench_support::printable::{printable, printable_path};

use super::ending::Ending;
use super::question::Question;

/// The `schema` field of the journals that this version writes, and the only one it reads.
pub const SCHEMA: &str = "tinybench.journal/1";

/// What the name of a journal ends in.
pub const EXTENSION: &str = "journal";

/// Largest journal that is read, bytes.
const MAX_BYTES: u64 = 1 << 30;

/// How long a journal may stay locked: a program that a killed process was about to start holds its
/// files for a moment longer.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// The first line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// The harness.
    pub tinybench: Tinybench,
    /// When the run began, UTC, RFC 3339.
    pub started_at: String,
    /// The commit of the user's project.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<Commit>,
    /// The folder that it was started in, where relative paths begin.
    pub folder: PathBuf,
    /// Where the record is to go, unless into the folder of results.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub out: Option<PathBuf>,
    /// The baseline that the record is to become.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub save_baseline: Option<String>,
    /// The file of the sweep, if it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sweep: Option<PathBuf>,
    /// What is asked, once a board.
    pub questions: Vec<Question>,
}

/// A subject whose measurement is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Which of the questions it belongs to.
    pub question: usize,
    /// Name of the workload.
    pub workload: String,
    /// Name of the runtime.
    pub runtime: String,
    /// A hash of what it was read from, hexadecimal.
    pub sha256: String,
    /// What is known of it.
    pub ending: Ending,
}

/// A line behind the first: `result`, `toolchain` and `kind`, or `failure`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    question: usize,
    workload: String,
    runtime: String,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    result: Option<Box<RunResult>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    toolchain: Option<Toolchain>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    kind: Option<ExecutionKind>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    failure: Option<Failure>,
}

impl Line {
    fn of(entry: Entry) -> Self {
        let mut line = Self {
            question: entry.question,
            workload: entry.workload,
            runtime: entry.runtime,
            sha256: entry.sha256,
            result: None,
            toolchain: None,
            kind: None,
            failure: None,
        };
        match entry.ending {
            Ending::Failure(failure) => line.failure = Some(*failure),
            Ending::Result {
                result,
                toolchain,
                kind,
            } => {
                line.result = Some(result);
                line.toolchain = toolchain;
                line.kind = Some(kind);
            }
        }
        line
    }

    fn entry(self) -> Option<Entry> {
        let ending = match (self.result, self.toolchain, self.kind, self.failure) {
            (Some(result), toolchain, Some(kind), None) => Ending::Result {
                result,
                toolchain,
                kind,
            },
            (None, None, None, Some(failure)) => Ending::Failure(Box::new(failure)),
            _ => return None,
        };
        Some(Entry {
            question: self.question,
            workload: self.workload,
            runtime: self.runtime,
            sha256: self.sha256,
            ending,
        })
    }
}

/// What is in a journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// The first line.
    pub header: Header,
    /// The others, as they were written.
    pub entries: Vec<Entry>,
    /// Bytes of the lines that are whole.
    pub bytes: usize,
}

/// A journal can't be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is none, or damaged.
    #[error(
        "{}: not a journal of this version of tinybench: {reason}",
        printable_path(path)
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong; safe to print.
        reason: String,
    },
    /// There is none.
    #[error(
        "there is no journal in {}: no run was interrupted there, or none had measured anything",
        printable_path(folder)
    )]
    None {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The user asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// The run goes on.
    #[error(
        "{}: the run that writes this journal still goes on",
        printable_path(path)
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is of another run.
    #[error(
        "{} is the journal of another run, which differs in: {}; {anew} to measure everything anew",
        printable_path(path),
        printable(&differences.join(", "))
    )]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// Names of what differs.
        differences: Vec<String>,
        /// How everything is measured anew.
        anew: &'static str,
    },
}

impl Exits for JournalError {
    fn exit(&self) -> Exit {
        match self {
            Self::Interrupted(error) => error.exit(),
            _ => Exit::Input,
        }
    }
}

/// Reads a journal. What is behind the last line feed was being written when the run was ended.
///
/// # Errors
/// What is wrong, and in which line; safe to print.
pub fn parse(bytes: &[u8]) -> Result<Contents, String> {
    let whole = bytes.iter().rposition(|&byte| byte == b'\n');
    let Some(whole) = whole.map(|at| &bytes[..=at]) else {
        return Err("it has no line that is whole".to_owned());
    };
    let error = |number: usize, reason: &str| format!("line {number}: {}", printable(reason));
    let mut lines = whole.split(|&byte| byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let header: Header = serde_json::from_slice(first).map_err(|e| error(1, &describe(&e)))?;
    if header.schema != SCHEMA {
        let reason = format!("`schema` is {}, not {SCHEMA}", header.schema);
        return Err(error(1, &reason));
    }
    let mut entries = Vec::new();
    for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let line: Line = serde_json::from_slice(line).map_err(|e| error(number, &describe(&e)))?;
        let known = |entry: &Entry| entry.question < header.questions.len();
        let entry = line.entry().filter(known);
        entries.push(entry.ok_or_else(|| error(number, "it is neither a result nor a failure"))?);
    }
    Ok(Contents {
        header,
        entries,
        bytes: whole.len(),
    })
}

/// The journal of a run. There is no file before there is something to be kept.
#[derive(Debug)]
pub struct Journal {
    /// The first line.
    pub header: Header,
    folder: PathBuf,
    stem: String,
    open: Option<Open>,
    given_up: bool,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    made: Option<MadeFolders>,
}

impl Journal {
    /// A journal that will be `stem.journal` in `folder`, or with a number behind the stem if there is
    /// one already.
    pub fn new(folder: &Path, stem: &str, header: Header) -> Self {
        Self {
            header,
            folder: folder.to_owned(),
            stem: stem.to_owned(),
            open: None,
            given_up: false,
        }
    }

    /// Goes on with the journal in `path`. Returns what is in it.
    ///
    /// # Errors
    /// It can't be read, or is being written.
    pub fn open(path: &Path) -> Result<(Self, Vec<Entry>), JournalError> {
        let read = |error: io::Error| ReadError {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        files::check_regular(path)?;
        let file = File::options().append(true).open(path).map_err(read)?;
        let begun = Instant::now();
        // Where files can't be locked, whoever resumes has to know.
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            if begun.elapsed() > LOCK_PATIENCE {
                let path = path.to_owned();
                return Err(JournalError::InUse { path });
            }
            interrupt::check()?;
            thread::sleep(LOCK_PATIENCE / 100);
        }
        let bytes = files::read(path, MAX_BYTES)?;
        let contents = parse(&bytes).map_err(|reason| JournalError::Damaged {
            path: path.to_owned(),
            reason,
        })?;
        file.set_len(contents.bytes as u64).map_err(read)?;
        let journal = Self {
            header: contents.header,
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            stem: String::new(),
            open: Some(Open {
                path: path.to_owned(),
                file,
                made: None,
            }),
            given_up: false,
        };
        Ok((journal, contents.entries))
    }

    /// Where it is, if there is a file.
    pub fn path(&self) -> Option<&Path> {
        self.open.as_ref().map(|open| open.path.as_path())
    }

    /// What to tell whoever ends the run before its record is written.
    pub fn farewell(&self) -> Option<String> {
        let path = printable_path(self.path()?);
        let command = match &self.header.sweep {
            Some(file) => format!("sweep {}", printable_path(file)),
            None => "run --resume".to_owned(),
        };
        Some(format!(
            "what was measured is in {path}; `tinybench {command}` goes on from there"
        ))
    }

    /// Keeps an entry. Once that was impossible nothing more is kept.
    ///
    /// # Errors
    /// It can't be written. What was kept before is still there.
    pub fn keep(&mut self, entry: Entry) -> Result<(), WriteError> {
        if self.given_up {
            return Ok(());
        }
        let kept = self.write(entry);
        self.given_up = kept.is_err();
        kept
    }

    fn write(&mut self, entry: Entry) -> Result<(), WriteError> {
        let place = self.folder.join(format!("{}.{EXTENSION}", self.stem));
        let place = self.path().map_or(place, Path::to_owned);
        let unwritable = |error: serde_json::Error| WriteError::of(&place)(error.into());
        let mut text = Vec::new();
        if self.open.is_none() {
            text = serde_json::to_vec(&self.header).map_err(unwritable)?;
            text.push(b'\n');
        }
        serde_json::to_writer(&mut text, &Line::of(entry)).map_err(unwritable)?;
        text.push(b'\n');
        let is_new = self.open.is_none();
        let open = match &mut self.open {
            Some(open) => open,
            none => none.insert(create(&self.folder, &self.stem).map_err(WriteError::of(&place))?),
        };
        let length = open.file.metadata().map(|metadata| metadata.len());
        let written = open.file.write_all(&text);
        let written = written.and_then(|()| open.file.sync_data());
        if let Err(error) = written {
            if is_new {
                self.remove();
            } else if let Ok(length) = length {
                // What is left of the line would be ignored as well.
                let _ = open.file.set_len(length);
            }
            return Err(WriteError::of(&place)(error));
        }
        Ok(())
    }

    /// Takes the file away: everything that is in it is elsewhere.
    pub fn remove(&mut self) {
        if let Some(open) = self.open.take() {
            // A journal that can't be removed is one that was read to its end.
            let _ = fs::remove_file(&open.path);
            if let Some(made) = open.made {
                made.undo();
            }
        }
    }
}

/// A new file for a journal, locked, and its folder.
fn create(folder: &Path, stem: &str) -> io::Result<Open> {
    let made = files::make_folders(folder)?;
    for count in 1.. {
        let name = match count {
            1 => format!("{stem}.{EXTENSION}"),
            _ => format!("{stem}-{count}.{EXTENSION}"),
        };
        let path = folder.join(name);
        match File::options().append(true).create_new(true).open(&path) {
            Ok(file) => {
                let _ = file.try_lock();
                let made = Some(made);
                return Ok(Open { path, file, made });
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                made.undo();
                return Err(error);
            }
        }
    }
    unreachable!("numbers have no end")
}

/// The journals in `folder`, that which was written last first.
///
/// # Errors
/// The folder is there and can't be read.
pub fn find(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found: Vec<_> = files::list(folder)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|it| it == EXTENSION) && path.is_file())
        .map(|path| {
            let written = fs::metadata(&path).and_then(|metadata| metadata.modified());
            (written.ok(), path)
        })
        .collect();
    found.sort();
    Ok(found.into_iter().rev().map(|(_, path)| path).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tinybench_record::example::{example, with_failures};

    use super::*;

    fn header() -> Header {
        serde_json::from_value(serde_json::json!({
            "schema": SCHEMA,
            "tinybench": { "version": "0.1.0", "commit": null },
            "started_at": "2026-01-02T03:04:05.678Z",
            "folder": "/home/somebody",
            "questions": [{
                "board": "nano33", "models": ["a.tflite", "b.tflite"], "runs": 10,
                "vectors": { "count": 3 }, "timeout": { "secs": 60, "nanos": 0 },
                "target": "virtual nano33", "board_sha256": "0".repeat(64),
                "firmware_sha256": "1".repeat(64),
            }],
        }))
        .unwrap()
    }

    fn result() -> Entry {
        let record = example();
        let mut result = record.results[0].clone();
        // A time whose shortest decimal a careless reader takes for its neighbour.
        result.latency.median_us = 9_000_201.0 / 120.0;
        Entry {
            question: 0,
            workload: "kws".to_owned(),
            runtime: "interpreter".to_owned(),
            sha256: "2".repeat(64),
            ending: Ending::Result {
                result: Box::new(result),
                toolchain: record.toolchain,
                kind: record.execution.kind,
            },
        }
    }

    fn failure() -> Entry {
        Entry {
            workload: "ic".to_owned(),
            ending: Ending::Failure(Box::new(with_failures().failures.remove(0))),
            ..result()
        }
    }

    fn journal(folder: &Path) -> Journal {
        Journal::new(&folder.join("results"), "run", header())
    }

    /// A journal of three entries, as bytes.
    fn written() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = journal(folder.path());
        for entry in [result(), failure(), result()] {
            journal.keep(entry).unwrap();
        }
        fs::read(journal.path().unwrap()).unwrap()
    }

    #[test]
    fn what_is_kept_comes_back_and_what_is_not_finished_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = journal(folder.path());
        assert!(first.path().is_none() && !folder.path().join("results").exists());
        first.keep(result()).unwrap();
        let path = first.path().unwrap().to_owned();
        assert_eq!(path, folder.path().join("results/run.journal"));
        assert!(matches!(
            Journal::open(&path),
            Err(JournalError::InUse { .. })
        ));
        drop(first);
        let mut torn = fs::read(&path).unwrap();
        torn.extend(b"{\"workload\":\"ic\",\"runt");
        fs::write(&path, torn).unwrap();
        let (mut again, kept) = Journal::open(&path).unwrap();
        assert_eq!((&again.header, kept), (&header(), vec![result()]));
        again.keep(failure()).unwrap();
        drop(again);
        let (mut again, kept) = Journal::open(&path).unwrap();
        assert_eq!(kept, [result(), failure()]);
        again.remove();
        assert!(!path.exists());
    }

    #[test]
    fn a_second_journal_of_one_name_gets_a_number_and_the_last_is_found_first() {
        let folder = tempfile::tempdir().unwrap();
        let results = folder.path().join("results");
        assert!(find(&results).unwrap().is_empty());
        let journals: Vec<_> = (0..3)
            .map(|age| {
                let mut journal = journal(folder.path());
                journal.keep(failure()).unwrap();
                let time = std::time::SystemTime::now() - Duration::from_secs(age);
                journal
                    .open
                    .as_ref()
                    .unwrap()
                    .file
                    .set_modified(time)
                    .unwrap();
                journal
            })
            .collect();
        let names = ["run.journal", "run-2.journal", "run-3.journal"];
        assert_eq!(
            find(&results).unwrap(),
            names.map(|name| results.join(name))
        );
        drop(journals);
    }

    #[test]
    fn a_journal_takes_the_folder_away_that_it_has_made() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = journal(folder.path());
        journal.keep(result()).unwrap();
        journal.remove();
        assert!(!folder.path().join("results").exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_without_room_keeps_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = journal(folder.path());
        journal.keep(result()).unwrap();
        let path = journal.path().unwrap().to_owned();
        let before = fs::read(&path).unwrap();
        journal.open.as_mut().unwrap().file =
            File::options().append(true).open("/dev/full").unwrap();
        journal.keep(failure()).unwrap_err();
        // Said once; the run goes on.
        journal.keep(failure()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn what_is_no_journal_is_refused_with_the_place() {
        let whole = String::from_utf8(written()).unwrap();
        let said = |text: &str| parse(text.as_bytes()).unwrap_err();
        assert_eq!(said(""), "it has no line that is whole");
        assert_eq!(said("no line feed"), "it has no line that is whole");
        assert!(said("{}\n").starts_with("line 1: missing field `schema`"));
        let newer = whole.replace("journal/1", "journal/2");
        assert_eq!(
            said(&newer),
            "line 1: `schema` is tinybench.journal/2, not tinybench.journal/1"
        );
        let stranger = whole.replacen("\"question\":0", "\"question\":1", 1);
        assert_eq!(
            said(&stranger),
            "line 2: it is neither a result nor a failure"
        );
        let neither = whole.replacen(",\"kind\":\"virtual\"}", "}", 1);
        assert_eq!(
            said(&neither),
            "line 2: it is neither a result nor a failure"
        );
        let damaged = whole.replacen("\"failure\":{", "\"failure\":[", 1);
        assert!(said(&damaged).starts_with("line 3: "), "{}", said(&damaged));
    }

    proptest! {
        #[test]
        fn wherever_it_is_cut_whole_lines_are_read(cut in 0_usize..20_000) {
            let whole = written();
            let cut = &whole[..cut.min(whole.len())];
            let lines = cut.iter().filter(|&&byte| byte == b'\n').count();
            match parse(cut) {
                Ok(contents) => {
                    prop_assert_eq!(contents.entries.len() + 1, lines);
                    let all = parse(&whole).unwrap().entries;
                    prop_assert_eq!(&contents.entries[..], &all[..lines - 1]);
                }
                Err(_) => prop_assert_eq!(lines, 0),
            }
        }

        #[test]
        fn damage_is_told_or_harmless(at in 0_usize..20_000, byte: u8) {
            let mut bytes = written();
            let length = bytes.len();
            bytes[at % length] = byte;
            if let Err(reason) = parse(&bytes) {
                prop_assert!(!reason.contains(tinybench_support::printable::is_hazard));
            }
        }
    }
}
