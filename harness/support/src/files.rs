//! Reading input files with a limit, and writing results whole or not at all.

use crate::exits_with;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A file can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't read {path}: {reason}")]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system says, or which limit it is over.
    pub reason: String,
}

exits_with!(ReadError => Input);

/// A result can't be written.
#[derive(Debug, thiserror::Error)]
#[error("can't write {path}: {source}; nothing was left behind")]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system says.
    pub source: io::Error,
}

exits_with!(WriteError => Output);

/// Reads a file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let error = |reason: String| ReadError {
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path).map_err(|e| error(e.to_string()))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(error("it is a folder".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| error(e.to_string()))?;
    if bytes.len() as u64 > limit {
        return Err(error(format!(
            "it is larger than the limit of {limit} bytes"
        )));
    }
    Ok(bytes)
}

/// Reads a text file of at most `limit` bytes.
pub fn read_text(path: &Path, limit: u64) -> Result<String, ReadError> {
    String::from_utf8(read(path, limit)?).map_err(|_| ReadError {
        path: path.to_owned(),
        reason: "it is not UTF-8 text".to_owned(),
    })
}

/// Names what is in `folder`, in no particular order.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let error = |e: io::Error| ReadError {
        path: folder.to_owned(),
        reason: e.to_string(),
    };
    fs::read_dir(folder)
        .map_err(error)?
        .map(|entry| Ok(entry.map_err(error)?.path()))
        .collect()
}

/// Writes `bytes` to `path`, replacing what was there, by way of a temporary file beside it, so
/// that there is never a part of it. A device or a pipe is written to directly.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let error = |source| WriteError {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let mut device = File::options().write(true).open(path).map_err(error)?;
        return device
            .write_all(bytes)
            .and_then(|()| device.flush())
            .map_err(error);
    }
    temporary(path, bytes)
        .and_then(|file| file.persist(path).map_err(|e| e.error))
        .map_err(error)
        .map(drop)
}

/// Writes `bytes` as a new file `stem.extension` in `folder`, or `stem-2.extension` and so on
/// where that is taken. Returns the path.
pub fn write_new(
    folder: &Path,
    stem: &str,
    extension: &str,
    bytes: &[u8],
) -> Result<PathBuf, WriteError> {
    let mut path = folder.join(format!("{stem}.{extension}"));
    let mut file = fs::create_dir_all(folder)
        .and_then(|()| temporary(&path, bytes))
        .map_err(|source| WriteError {
            path: path.clone(),
            source,
        })?;
    for count in 2.. {
        match file.persist_noclobber(&path) {
            Ok(_) => break,
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
                file = e.file;
                path = folder.join(format!("{stem}-{count}.{extension}"));
            }
            Err(e) => {
                return Err(WriteError {
                    path,
                    source: e.error,
                });
            }
        }
    }
    Ok(path)
}

/// A temporary file in the folder of `path` that holds `bytes`, safely on the disk.
fn temporary(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tinybench-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The usual mode of a new file, from which the umask is taken away.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["record.json"]);
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("results");
        for (expected, text) in [("a.json", "1"), ("a-2.json", "2"), ("a-3.json", "3")] {
            let path = write_new(&inner, "a", "json", text.as_bytes()).unwrap();
            assert_eq!(path, inner.join(expected));
            assert_eq!(fs::read_to_string(path).unwrap(), text);
        }
        assert_eq!(names(&inner), ["a-2.json", "a-3.json", "a.json"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let error = write(Path::new("/dev/full"), b"record")
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("can't write /dev/full: No space left on device"),
            "{error}"
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/record.json");
        write(&path, b"record").unwrap_err();
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big");
        write(&path, &[0; 11]).unwrap();
        assert_eq!(read(&path, 11).unwrap().len(), 11);
        let error = read(&path, 10).unwrap_err().to_string();
        assert!(
            error.ends_with("it is larger than the limit of 10 bytes"),
            "{error}"
        );
        let error = read(folder.path(), 10).unwrap_err().to_string();
        assert!(error.ends_with("it is a folder"), "{error}");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_as_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, b"caf\xC3\xA9").unwrap();
        assert_eq!(read_text(&path, 10).unwrap(), "café");
        write(&path, b"caf\xE9").unwrap();
        let error = read_text(&path, 10).unwrap_err().to_string();
        assert!(error.ends_with("it is not UTF-8 text"), "{error}");
    }
}
