//! A trace that is written beside its place, and put there once it is whole.

use std::fs;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tinybench_support::exits_with;
use tinybench_support::printable::printable_path;

use crate::Event;
use crate::trace::{Header, Writer};

/// A trace can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write the trace {}: {source}", printable_path(path))]
pub struct TraceWriteError {
    /// Its file.
    pub path: PathBuf,
    /// What the operating system says.
    pub source: io::Error,
}

exits_with!(TraceWriteError => Output);

impl TraceWriteError {
    /// Makes an error of the trace at `path` from what the operating system says.
    pub fn of(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        move |source| Self {
            path: path.to_owned(),
            source,
        }
    }
}

/// A trace on its way to its place. What was there before stays until [`Self::keep`].
pub struct TraceFile {
    writer: Writer<BufWriter<NamedTempFile>>,
    path: PathBuf,
}

impl TraceFile {
    /// Begins a trace that is to be at `path`, whose folder is made.
    ///
    /// # Errors
    /// If that can't be written.
    pub fn create(path: &Path, header: &Header) -> Result<Self, TraceWriteError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let begun = || {
            fs::create_dir_all(folder)?;
            Writer::new(BufWriter::new(NamedTempFile::new_in(folder)?), header)
        };
        Ok(Self {
            writer: begun().map_err(TraceWriteError::of(path))?,
            path: path.to_owned(),
        })
    }

    /// Adds events.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn write(&mut self, events: &[Event]) -> Result<(), TraceWriteError> {
        self.writer
            .write(events)
            .map_err(TraceWriteError::of(&self.path))
    }

    /// Puts it to its place.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn keep(self) -> Result<(), TraceWriteError> {
        let Self { writer, path } = self;
        let kept = || {
            let file = writer.finish()?.into_inner();
            file.map_err(io::IntoInnerError::into_error)?
                .persist(&path)?;
            Ok(())
        };
        kept().map_err(TraceWriteError::of(&path))
    }
}
