//! Bringing files of others into the user's cache: from where they are published, from a mirror
//! or from a folder. What is in the cache has the SHA-256 that was asked for; nothing else gets in.

mod cache;
mod download;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tinybench_support::exit::{Exit, Exits};
use tinybench_support::files::{self, ReadError};
use tinybench_support::hash::sha256_hex;
use tinybench_support::interrupt::Interrupted;
use tinybench_support::progress::Progress;

pub use cache::{Cache, CacheError};

/// A file to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// What it belongs to; a folder in the cache.
    pub suite: &'a str,
    /// Its name.
    pub file: &'a str,
    /// SHA-256, hexadecimal.
    pub sha256: &'a str,
    /// Size.
    pub bytes: u64,
    /// Where it is published.
    pub url: &'a str,
}

/// Where to fetch from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Where the file is published.
    Upstream,
    /// A server that has the files by their names behind this address.
    Mirror(String),
    /// A folder that has the files by their names.
    Folder(PathBuf),
}

impl From<&str> for Origin {
    fn from(text: &str) -> Self {
        if text.starts_with("http://") || text.starts_with("https://") {
            Self::Mirror(text.to_owned())
        } else {
            Self::Folder(PathBuf::from(text))
        }
    }
}

/// Why a file can't be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server can't be reached or says something that is no answer.
    #[error(
        "can't get {url}: {reason}; without a connection, copy the files from a machine that has \
         one and name their folder with --from"
    )]
    Connection {
        /// The address.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The server answers, but not with the file.
    #[error("can't get {url}: the server answers {status}; name a mirror or a folder with --from")]
    Status {
        /// The address.
        url: String,
        /// Number and words of the answer.
        status: String,
    },
    /// The server falls silent.
    #[error(
        "{url}: the server has sent nothing for {seconds} s; what came is kept, and the same \
         command goes on from there"
    )]
    Stalled {
        /// The address.
        url: String,
        /// How long was waited.
        seconds: f64,
    },
    /// The server sends next to nothing.
    #[error(
        "{url}: the server has sent no more than {bytes} bytes in {seconds:.1} s; what came is kept, \
         and the same command goes on from there, or from a mirror that --from names"
    )]
    Slow {
        /// The address.
        url: String,
        /// How much has come.
        bytes: u64,
        /// In which time.
        seconds: f64,
    },
    /// The download ended early.
    #[error(
        "{url}: the download ended after {received} of {expected} bytes; what came is kept, and \
         the same command goes on from there"
    )]
    Cut {
        /// The address.
        url: String,
        /// How many bytes came.
        received: u64,
        /// How many there should be.
        expected: u64,
    },
    /// It is another file.
    #[error(
        "{origin} is not the file that was asked for: {problem}; nothing of it is kept. If it is \
         a mirror's or your own copy, replace it"
    )]
    Wrong {
        /// Where it is from.
        origin: String,
        /// How it differs.
        problem: String,
    },
    /// A file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The cache can't be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The user asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Exits for FetchError {
    fn exit(&self) -> Exit {
        match self {
            Self::Connection { .. } | Self::Status { .. } => Exit::Download,
            Self::Stalled { .. } | Self::Slow { .. } | Self::Cut { .. } => Exit::Download,
            Self::Wrong { .. } | Self::Read(_) => Exit::Input,
            Self::Cache(_) => Exit::Output,
            Self::Interrupted(_) => Exit::Interrupted,
        }
    }
}

/// Makes sure that `wanted` is in the cache, and returns its path there. A server may be silent
/// for as long as `patience`.
pub fn fetch(
    cache: &Cache,
    wanted: &Wanted,
    origin: &Origin,
    patience: Duration,
    progress: &mut Progress,
) -> Result<PathBuf, FetchError> {
    if let Some(path) = cache.get(wanted) {
        return Ok(path);
    }
    let _lock = cache.lock()?;
    // Another process may have fetched it meanwhile.
    if let Some(path) = cache.get(wanted) {
        return Ok(path);
    }
    let bytes = match origin {
        Origin::Folder(folder) => from_folder(folder, wanted)?,
        Origin::Mirror(url) => {
            let url = format!("{}/{}", url.trim_end_matches('/'), wanted.file);
            download::download(cache, wanted, &url, patience, progress)?
        }
        Origin::Upstream => download::download(cache, wanted, wanted.url, patience, progress)?,
    };
    Ok(cache.put(wanted, &bytes)?)
}

fn from_folder(folder: &Path, wanted: &Wanted) -> Result<Vec<u8>, FetchError> {
    let path = folder.join(wanted.file);
    // One byte more shows that a file is too long.
    let bytes = match files::read(&path, wanted.bytes + 1) {
        Err(error) if path.is_file() => {
            return Err(FetchError::Wrong {
                origin: path.display().to_string(),
                problem: error.reason,
            });
        }
        other => other?,
    };
    check(&bytes, wanted).map_err(|problem| FetchError::Wrong {
        origin: path.display().to_string(),
        problem,
    })?;
    Ok(bytes)
}

/// Whether `bytes` are what is wanted; the error says how they differ.
fn check(bytes: &[u8], wanted: &Wanted) -> Result<(), String> {
    if bytes.len() as u64 != wanted.bytes {
        return Err(format!(
            "it has {} bytes instead of {}",
            bytes.len(),
            wanted.bytes
        ));
    }
    let actual = sha256_hex(bytes);
    if actual != wanted.sha256 {
        return Err(format!(
            "it has SHA-256 {actual} instead of {}",
            wanted.sha256
        ));
    }
    Ok(())
}
