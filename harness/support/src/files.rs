//! Reading input files with a limit, and writing results whole or not at all.

use crate::exits_with;
use crate::printable::printable_path;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Temporary files, beside what they are to become: this, something random, and [`SUFFIX`].
const PREFIX: &str = ".tinybench-";
const SUFFIX: &str = ".tmp";

/// A temporary file that is younger than this may not be locked yet by who has made it.
const YOUNG: Duration = Duration::from_secs(60);

/// Bytes that there must be room for where a result is to go: more than most records have.
const ROOM: usize = 1 << 20;

/// A file can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't read {}: {reason}", printable_path(path))]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system says, or which limit it is over.
    pub reason: String,
}

exits_with!(ReadError => Input);

/// A result can't be written.
#[derive(Debug, thiserror::Error)]
#[error(
    "can't write {}: {source}{}",
    printable_path(path),
    if *partly { "" } else { "; nothing was left behind" }
)]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system says.
    pub source: io::Error,
    /// Whether a part of it may be there: a device or a pipe takes what it is given.
    pub partly: bool,
}

impl WriteError {
    /// Of a file of which nothing is there.
    pub fn of(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self {
            path: path.to_owned(),
            source,
            partly: false,
        }
    }
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

/// Refuses what isn't a regular file, or a link to one: reading a pipe would wait for somebody who
/// writes to it, and a device may have no end. For files that nobody has named.
pub fn check_regular(path: &Path) -> Result<(), ReadError> {
    let error = |reason: String| ReadError {
        path: path.to_owned(),
        reason,
    };
    let kind = fs::metadata(path)
        .map_err(|e| error(e.to_string()))?
        .file_type();
    if kind.is_file() {
        return Ok(());
    }
    let name = if kind.is_dir() {
        "folder"
    } else {
        special(kind)
    };
    Err(error(format!("it is a {name}, not a regular file")))
}

#[cfg(unix)]
fn special(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match () {
        () if kind.is_fifo() => "pipe",
        () if kind.is_socket() => "socket",
        () => "device",
    }
}

#[cfg(not(unix))]
fn special(_kind: fs::FileType) -> &'static str {
    "device"
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
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let opened = File::options().write(true).open(path);
        let mut device = opened.map_err(WriteError::of(path))?;
        return device
            .write_all(bytes)
            .and_then(|()| device.flush())
            .map_err(|source| WriteError {
                path: path.to_owned(),
                source,
                partly: true,
            });
    }
    temporary(path, bytes)
        .and_then(|file| file.persist(path).map_err(|e| e.error))
        .map_err(WriteError::of(path))
        .map(drop)
}

/// Writes `bytes` to the new file `path`, whole or not at all. What is there already, a link that leads nowhere too,
/// is left alone.
///
/// # Errors
/// Of the kind [`io::ErrorKind::AlreadyExists`] where something is there.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    temporary(path, bytes)
        .and_then(|file| file.persist_noclobber(path).map_err(|e| e.error))
        .map_err(WriteError::of(path))
        .map(drop)
}

/// Tries whether [`write`] to `path` can succeed, before the work is done whose result it is.
pub fn try_write(path: &Path) -> Result<(), WriteError> {
    match fs::metadata(path) {
        // Opening a pipe for writing would wait for a reader.
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => Ok(()),
        Ok(metadata) if metadata.is_dir() => {
            let opened = File::options().write(true).open(path);
            opened.map_err(WriteError::of(path)).map(drop)
        }
        _ => try_room(path).map_err(WriteError::of(path)),
    }
}

/// As [`try_write`], for [`write_new`] in `folder`. The folder isn't there afterwards unless it was
/// before.
pub fn try_write_new(folder: &Path) -> Result<(), WriteError> {
    let tried = make_folders(folder).and_then(|made| {
        let tried = try_room(&folder.join("record"));
        made.undo();
        tried
    });
    tried.map_err(WriteError::of(folder))
}

fn try_room(path: &Path) -> io::Result<()> {
    // Zeros might take no room.
    temporary(path, &vec![0xA5; ROOM]).map(drop)
}

/// Folders that were made.
#[derive(Debug)]
#[must_use]
pub struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    /// Takes them away again. One that has something in it stays.
    pub fn undo(self) {
        for folder in self.0.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Makes `folder` and those above it, as far as they aren't there: all of them, or none.
pub fn make_folders(folder: &Path) -> io::Result<MadeFolders> {
    let missing = folder
        .ancestors()
        .take_while(|it| !it.as_os_str().is_empty() && !it.exists());
    let missing: Vec<_> = missing.collect();
    let mut made = MadeFolders(Vec::new());
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            Ok(()) => made.0.push(folder.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            Err(error) => {
                made.undo();
                return Err(error);
            }
        }
    }
    Ok(made)
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
    let made = make_folders(folder).map_err(WriteError::of(&path))?;
    let mut file = match temporary(&path, bytes) {
        Ok(file) => file,
        Err(error) => {
            made.undo();
            return Err(WriteError::of(&path)(error));
        }
    };
    for count in 2.. {
        match file.persist_noclobber(&path) {
            Ok(_) => break,
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
                file = e.file;
                path = folder.join(format!("{stem}-{count}.{extension}"));
            }
            Err(e) => {
                drop(e.file);
                made.undo();
                return Err(WriteError::of(&path)(e.error));
            }
        }
    }
    Ok(path)
}

/// Removes the temporary files that processes which were killed have left in `folder`. A file that
/// somebody still writes to is locked.
fn clear_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = name.starts_with(PREFIX) && name.ends_with(SUFFIX);
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) && is_abandoned(&entry.path())
        {
            // Another process may have been quicker.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether the process that has made and [locked](File::lock) a file is gone.
pub fn is_abandoned(path: &Path) -> bool {
    let old = fs::metadata(path).and_then(|metadata| metadata.modified());
    let old = old.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > YOUNG));
    old && File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// A temporary file in the folder of `path` that holds `bytes`, safely on the disk.
fn temporary(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The usual mode of a new file, from which the umask is taken away.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    clear_abandoned(folder);
    let mut file = builder.tempfile_in(folder)?;
    // Where files can't be locked, what a killed process leaves is taken away a minute later.
    let _ = file.as_file().try_lock();
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
        // A device takes what it is given: who knows what is there.
        assert_eq!(
            error,
            "can't write /dev/full: No space left on device (os error 28)"
        );
    }

    #[test]
    fn what_a_killed_process_has_left_is_cleared_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - 2 * YOUNG;
        let file = |name: &str| {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(old).unwrap();
            file
        };
        file(".tinybench-killed.tmp");
        let being_written = file(".tinybench-written.tmp");
        being_written.lock().unwrap();
        file(".somebody-elses.tmp");
        fs::write(folder.path().join(".tinybench-young.tmp"), "").unwrap();
        write(&folder.path().join("record.json"), b"record").unwrap();
        assert_eq!(
            names(folder.path()),
            [
                ".somebody-elses.tmp",
                ".tinybench-written.tmp",
                ".tinybench-young.tmp",
                "record.json"
            ]
        );
    }

    #[test]
    fn a_place_is_tried_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        try_write(&folder.path().join("record.json")).unwrap();
        try_write_new(&folder.path().join("a/b")).unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
        for bad in ["none/record.json", "."] {
            try_write(&folder.path().join(bad)).unwrap_err();
        }
        write(&folder.path().join("file"), b"").unwrap();
        try_write_new(&folder.path().join("file/results")).unwrap_err();
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn folders_are_made_all_or_none() {
        let folder = tempfile::tempdir().unwrap();
        // A name that is too long for a file.
        let deep = folder.path().join("a/b").join("x".repeat(300));
        make_folders(&deep).unwrap_err();
        assert_eq!(names(folder.path()), [""; 0]);
        write_new(&deep, "a", "json", b"").unwrap_err();
        assert_eq!(names(folder.path()), [""; 0]);
        let made = make_folders(&folder.path().join("a/b")).unwrap();
        assert_eq!(names(folder.path()), ["a"]);
        made.undo();
        assert_eq!(names(folder.path()), [""; 0]);
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
