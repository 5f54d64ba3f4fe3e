//! The log of a session, in the form that submissions have: seconds since the start, who speaks,
//! and what.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tinybench_support::exits_with;

use tinybench_support::printable::printable;

/// The log's file name.
pub const LOG: &str = "log.txt";

/// The log can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write {path}: {source}")]
pub struct LogError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system says.
    pub source: io::Error,
}

exits_with!(LogError => Output);

/// A log that is on the disk line by line, so that it is there whatever ends the session.
#[derive(Debug)]
pub struct SessionLog {
    file: File,
    path: PathBuf,
}

/// Who speaks in a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The device.
    Device,
    /// The host, to the device.
    Host,
    /// The host, about the session.
    Session,
}

impl SessionLog {
    /// Begins a log in `folder`, which is made if need be.
    pub fn create(folder: &Path) -> Result<Self, LogError> {
        let path = folder.join(LOG);
        let file = fs::create_dir_all(folder).and_then(|()| File::create(&path));
        match file {
            Ok(file) => Ok(Self { file, path }),
            Err(source) => Err(LogError { path, source }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the log to `folder` with what is in it, and goes on there.
    pub fn move_to(&mut self, folder: &Path) -> Result<(), LogError> {
        let path = folder.join(LOG);
        let moved = fs::create_dir_all(folder)
            .and_then(|()| fs::rename(&self.path, &path))
            .and_then(|()| File::options().append(true).open(&path));
        match moved {
            Ok(file) => {
                self.file = file;
                self.path = path;
                Ok(())
            }
            Err(source) => Err(LogError { path, source }),
        }
    }

    /// Adds a line. What isn't printable is escaped.
    pub fn line(&mut self, at: Duration, speaker: Speaker, text: &str) -> Result<(), LogError> {
        let speaker = match speaker {
            Speaker::Device => "dut",
            Speaker::Host => "host",
            Speaker::Session => "session",
        };
        self.write(&format!("{} {speaker}: {}\n", stamp(at), printable(text)))
            .map_err(|source| LogError {
                path: self.path.clone(),
                source,
            })
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(line.as_bytes())
    }
}

/// A time as logs of the benchmark give it: `00367.812`.
pub fn stamp(at: Duration) -> String {
    format!("{:05}.{:03}", at.as_secs(), at.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_on_the_disk_line_by_line_and_can_move() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = SessionLog::create(folder.path()).unwrap();
        let at = Duration::from_millis(367_812);
        log.line(at, Speaker::Device, "m-ready").unwrap();
        assert_eq!(
            fs::read_to_string(log.path()).unwrap(),
            "00367.812 dut: m-ready\n"
        );
        let inner = folder.path().join("kws/performance");
        log.move_to(&inner).unwrap();
        log.line(at, Speaker::Device, "\u{1b}[31m").unwrap();
        let text = fs::read_to_string(inner.join(LOG)).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(!folder.path().join(LOG).exists());
    }
}
