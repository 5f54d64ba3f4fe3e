//! The user's cache folder: `SUITE/FILE` for what is whole, `partial/SHA256` for what isn't yet, and
//! `bundle/VERSION-HASH` for what the program brings.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tinybench_support::exits_with;

use etcetera::BaseStrategy;

use super::{Wanted, check};
use tinybench_support::files::{self, WriteError};

/// Names the cache folder; by default it is `tinybench` in the user's cache folder.
pub const VARIABLE: &str = "TINYBENCH_CACHE";

/// The cache.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// The cache can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// There is no place for it.
    #[error("there is no home folder to keep a cache in: name a folder with {VARIABLE}")]
    NoFolder,
    /// A file or folder can't be written.
    #[error("can't write {path} in the cache: {source} ({VARIABLE} names another folder)")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

exits_with!(CacheError => Output);

impl From<WriteError> for CacheError {
    fn from(error: WriteError) -> Self {
        Self::Io {
            path: error.path,
            source: error.source,
        }
    }
}

impl Cache {
    /// The user's cache.
    pub fn of_the_user() -> Result<Self, CacheError> {
        let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
        let folder = match named {
            Some(folder) => PathBuf::from(folder),
            None => etcetera::choose_base_strategy()
                .map_err(|_| CacheError::NoFolder)?
                .cache_dir()
                .join("tinybench"),
        };
        Ok(Self { folder })
    }

    /// A cache in `folder`.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Where what the program brings is unpacked, by what tells it from that of other versions.
    pub fn bundle(&self, identity: &str) -> PathBuf {
        self.folder.join("bundle").join(identity)
    }

    /// Where a suite's files are.
    pub fn suite(&self, suite: &str) -> PathBuf {
        self.folder.join(suite)
    }

    /// The file, if it is there and whole. One that was changed is taken out.
    pub fn get(&self, wanted: &Wanted) -> Option<PathBuf> {
        let path = self.suite(wanted.suite).join(wanted.file);
        if !path.is_file() {
            return None;
        }
        let whole =
            files::read(&path, wanted.bytes + 1).is_ok_and(|bytes| check(&bytes, wanted).is_ok());
        if !whole {
            // What can't be removed is replaced by the next `put`, and never used.
            let _ = fs::remove_file(&path);
            return None;
        }
        Some(path)
    }

    /// Keeps `bytes`, which are what is wanted.
    pub(super) fn put(&self, wanted: &Wanted, bytes: &[u8]) -> Result<PathBuf, CacheError> {
        let folder = self.suite(wanted.suite);
        fs::create_dir_all(&folder).map_err(io_error(&folder))?;
        let path = folder.join(wanted.file);
        files::write(&path, bytes)?;
        Ok(path)
    }

    /// Where the beginning of a file is kept while it is fetched.
    pub(super) fn partial(&self, wanted: &Wanted) -> Result<PathBuf, CacheError> {
        let folder = self.folder.join("partial");
        fs::create_dir_all(&folder).map_err(io_error(&folder))?;
        Ok(folder.join(wanted.sha256))
    }

    /// Waits until no other process writes to the cache. Held until dropped.
    pub(super) fn lock(&self) -> Result<File, CacheError> {
        fs::create_dir_all(&self.folder).map_err(io_error(&self.folder))?;
        let path = self.folder.join("lock");
        let file = File::create(&path).map_err(io_error(&path))?;
        file.lock().map_err(io_error(&path))?;
        Ok(file)
    }
}

/// An error about `path`.
pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> CacheError + '_ {
    |source| CacheError::Io {
        path: path.to_owned(),
        source,
    }
}
