//! What the program brings, so that it needs no clone: boards, workloads, suites, the descriptions of
//! runtimes, published results, and schemas, as the folders of the repository have them.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use tinybench_support::exits_with;
use tinybench_support::files::{self, WriteError};
use zip::ZipArchive;
use zip::result::ZipError;

/// The bundle, a ZIP file.
pub const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bundle.zip"));

/// What is in the bundle can't be had.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It can't be unpacked there.
    #[error(
        "what tinybench brings can't be unpacked into the cache: {0} (TINYBENCH_CACHE names another folder)"
    )]
    Write(#[from] WriteError),
    /// The program was changed.
    #[error("what tinybench brings is damaged: {0}")]
    Damaged(#[from] ZipError),
}

exits_with!(BundleError => Output);

/// Puts the bundle's files into `folder`, made if it isn't there, as far as they aren't there as they were
/// packed. Each is there whole or not at all, so several processes may do so at once.
///
/// # Errors
/// A file or folder can't be written.
pub fn unpack(folder: &Path) -> Result<(), BundleError> {
    let mut archive = ZipArchive::new(Cursor::new(BYTES))?;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let path = folder.join(inner(file.enclosed_name())?);
        if is_there(&path, file.size(), file.crc32()) {
            continue;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(ZipError::from)?;
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(WriteError::of(above))?;
        }
        files::write(&path, &bytes)?;
    }
    Ok(())
}

/// Whether a file is as it was packed, by its length and check sum: who changes a file in a cache by mistake has
/// the right one again.
fn is_there(path: &Path, bytes: u64, crc32: u32) -> bool {
    fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() == bytes)
        && fs::read(path).is_ok_and(|it| crc32fast::hash(&it) == crc32)
}

/// A place below the folder.
fn inner(name: Option<PathBuf>) -> Result<PathBuf, ZipError> {
    name.ok_or(ZipError::InvalidArchive("a file outside its folder".into()))
}

/// The bytes of one file of the bundle, by its path from the repository's root.
///
/// # Errors
/// There is none.
pub fn file(name: &str) -> Result<Vec<u8>, BundleError> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchive::new(Cursor::new(BYTES))?;
    let mut file = archive.by_name(name)?;
    file.read_to_end(&mut bytes).map_err(ZipError::from)?;
    Ok(bytes)
}

/// What tells this bundle from others: a name for a folder, with a hash of all its bytes.
pub fn identity() -> String {
    format!("{}-{}", env!("CARGO_PKG_VERSION"), env!("TINYBENCH_BUNDLE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
    }

    #[test]
    fn what_is_unpacked_is_what_the_repository_has() {
        let folder = tempfile::tempdir().unwrap();
        unpack(folder.path()).unwrap();
        for file in [
            "targets/boards/nano33.toml",
            "targets/runtimes/classical/runtime.toml",
            "workloads/models/kws/vectors.audio.i16",
            "workloads/suites/standard.toml",
            "results/published/mlperf-tiny.csv",
            "results/run-record.schema.json",
        ] {
            let unpacked = fs::read(folder.path().join(file)).unwrap();
            assert!(unpacked == fs::read(root().join(file)).unwrap(), "{file}");
        }
        assert!(!folder.path().join("targets/firmware").exists());
    }

    #[test]
    fn a_file_is_had_by_its_name() {
        let name = "results/published/mlperf-tiny.csv";
        assert!(file(name).unwrap() == fs::read(root().join(name)).unwrap());
        assert!(matches!(
            file("none"),
            Err(BundleError::Damaged(ZipError::FileNotFound))
        ));
    }

    #[test]
    fn what_is_missing_or_changed_is_put_back_and_the_rest_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        unpack(folder.path()).unwrap();
        let card = folder.path().join("workloads/models/kws/card.toml");
        let whole = fs::read(&card).unwrap();
        let board = folder.path().join("targets/boards/nano33.toml");
        let before = fs::metadata(&board).unwrap().modified().unwrap();
        fs::write(&card, &whole[..100]).unwrap();
        let suite = folder.path().join("workloads/suites/standard.toml");
        let of_suite = fs::read_to_string(&suite).unwrap();
        fs::write(&suite, of_suite.replacen("kws", "vww", 1)).unwrap();
        fs::remove_dir_all(folder.path().join("results")).unwrap();
        unpack(folder.path()).unwrap();
        assert_eq!(fs::read(&card).unwrap(), whole);
        assert_eq!(fs::read_to_string(&suite).unwrap(), of_suite);
        assert!(folder.path().join("results/published").is_dir());
        assert_eq!(fs::metadata(&board).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = unpack(&file).unwrap_err().to_string();
        assert!(
            error.contains("can't be unpacked") && error.contains("file"),
            "{error}"
        );
    }
}
