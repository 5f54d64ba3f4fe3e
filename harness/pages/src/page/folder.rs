//! A folder of files. What tinybench wrote there before is replaced, and nothing else is touched: a site
//! may lie in a clone with its `.git`, beside a `CNAME` and the records that it is made of.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use tinybench_support::files;

/// Lists the files in a folder that tinybench wrote, a line each, so that it may replace them.
const MARK: &str = ".tinybench-site";

/// Longest list that is read, bytes.
const MAX_MARK_BYTES: u64 = 64 << 20;

/// Folders in which new files are made: this, and something random.
const PREFIX: &str = ".tinybench-";

/// File in such a folder that is locked while somebody fills it. It holds the name of the folder that the
/// files are for.
const OWNER: &str = "owner";

/// A folder can't be written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is something else.
    #[error(
        "{0} is not empty and was not made by tinybench: name another folder with -o, or remove it"
    )]
    Foreign(PathBuf),
    /// A file that is to be written is there, and somebody else's.
    #[error("{0} was not written by tinybench: name another folder with -o, or remove it")]
    ForeignFile(PathBuf),
    /// It can't be read or written.
    #[error("can't write {path}: {source}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Writes files to `folder`: their paths in it, and what is in them. Those that an earlier call has written
/// are replaced or removed; everything else stays. `folder` may be absent, hold nothing but hidden files
/// and a `CNAME`, or be what an earlier call has made; the folders above it are made. All files are made
/// before the first one takes its place.
pub fn write_folder(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), FolderError> {
    let error = |source| FolderError::Io {
        path: folder.to_owned(),
        source,
    };
    let absolute = std::path::absolute(folder).map_err(error)?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(FolderError::Foreign(folder.to_owned()));
    };
    let written = before(&absolute, folder)?;
    let wanted: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    if let Written::Files(own) = &written {
        let is_foreign = |path: &&&str| !own.contains(**path) && exists(&absolute.join(path));
        if let Some(foreign) = wanted.iter().find(is_foreign) {
            return Err(FolderError::ForeignFile(folder.join(foreign)));
        }
    }
    fs::create_dir_all(parent).map_err(error)?;
    clear_abandoned(name.as_encoded_bytes(), parent);
    let made = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempdir_in(parent)
        .map_err(error)?;
    let mut owner = File::create(made.path().join(OWNER)).map_err(error)?;
    // Where files can't be locked, what a killed process leaves is taken away a minute later.
    let _ = owner.try_lock();
    owner.write_all(name.as_encoded_bytes()).map_err(error)?;
    let new = made.path().join("new");
    fill(&new, files).map_err(error)?;

    let own = match &written {
        Written::Files(own) => own.iter().map(String::as_str).collect(),
        Written::Unknown | Written::Nothing => BTreeSet::new(),
    };
    fs::create_dir_all(&absolute).map_err(error)?;
    // Should it end half-way, the next one knows of all that is there.
    mark(&absolute, own.union(&wanted)).map_err(error)?;
    place(&new, &absolute, &wanted).map_err(error)?;
    for stale in own.difference(&wanted) {
        remove(&absolute, stale).map_err(error)?;
    }
    mark(&absolute, wanted.iter()).map_err(error)
}

/// What an earlier call has written.
enum Written {
    /// Nothing: the folder is as good as empty.
    Nothing,
    /// These files.
    Files(BTreeSet<String>),
    /// A version that made no list has written to it.
    Unknown,
}

/// What an earlier call has written to the folder at `absolute`, which the user calls `folder`.
fn before(absolute: &Path, folder: &Path) -> Result<Written, FolderError> {
    let error = |source| FolderError::Io {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(absolute) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Written::Nothing),
        Err(e) => return Err(error(e)),
    };
    let mark = absolute.join(MARK);
    if mark.is_file() {
        let list = files::read_text(&mark, MAX_MARK_BYTES)
            .map_err(|it| error(io::Error::other(it.reason)))?;
        let own: BTreeSet<String> = list
            .lines()
            .filter(|line| is_inside(line))
            .map(str::to_owned)
            .collect();
        return Ok(match own.is_empty() {
            true => Written::Unknown,
            false => Written::Files(own),
        });
    }
    for entry in entries {
        let name = entry.map_err(error)?.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with('.') || name == "CNAME") {
            return Err(FolderError::Foreign(folder.to_owned()));
        }
    }
    Ok(Written::Nothing)
}

/// Whether a path of the list leads to a file in the folder, and not out of it.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn fill(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir(folder)?;
    for (path, bytes) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, bytes)?;
    }
    Ok(())
}

/// Moves each of the files to its place.
fn place(new: &Path, folder: &Path, files: &BTreeSet<&str>) -> io::Result<()> {
    for path in files {
        let target = folder.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(new.join(path), target)?;
    }
    Ok(())
}

/// Removes a file, and the folder it was in if nothing else is there.
fn remove(folder: &Path, path: &str) -> io::Result<()> {
    let file = folder.join(path);
    match fs::remove_file(&file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    if let Some(parent) = file.parent().filter(|parent| *parent != folder) {
        // It fails if it isn't empty.
        let _ = fs::remove_dir(parent);
    }
    Ok(())
}

fn mark<'a>(folder: &Path, files: impl Iterator<Item = &'a &'a str>) -> io::Result<()> {
    let list: String = files.map(|path| format!("{path}\n")).collect();
    files::write(&folder.join(MARK), list.as_bytes()).map_err(|error| error.source)
}

/// Removes what processes that were killed while they made files for the folder called `name` have left in
/// `parent`.
fn clear_abandoned(name: &[u8], parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let owner = path.join(OWNER);
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && fs::read(&owner).is_ok_and(|of| of == name)
            && files::is_abandoned(&owner);
        // A version of before put there what was in the folder until new files were in their place.
        if ours && !path.join("old").exists() {
            // Another process may have been quicker.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, paths: &[&str]) -> Result<(), FolderError> {
        let files: Vec<_> = paths
            .iter()
            .map(|path| ((*path).to_owned(), path.as_bytes().to_vec()))
            .collect();
        write_folder(folder, &files)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != MARK).collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_written_before_is_replaced() {
        let place = tempfile::tempdir().unwrap();
        let site = place.path().join("a/site");
        written(&site, &["one", "series/a.html", "badges/a.svg"]).unwrap();
        written(&site, &["two", "series/b.html"]).unwrap();
        assert_eq!(names(&site), ["series", "two"]);
        assert_eq!(names(&site.join("series")), ["b.html"]);
        assert_eq!(fs::read_to_string(site.join("two")).unwrap(), "two");
        assert_eq!(names(&place.path().join("a")), ["site"]);
    }

    #[test]
    fn what_others_put_there_stays() {
        let place = tempfile::tempdir().unwrap();
        let site = place.path().join("site");
        fs::create_dir_all(site.join(".git/objects")).unwrap();
        fs::write(site.join(".git/objects/1"), "x").unwrap();
        fs::write(site.join("CNAME"), "example.org").unwrap();
        written(&site, &["index.html", "series/a.html"]).unwrap();
        fs::create_dir(site.join("history")).unwrap();
        fs::write(site.join("history/run.json"), "{}").unwrap();
        fs::write(site.join("series/mine.html"), "x").unwrap();
        written(&site, &["index.html"]).unwrap();
        assert_eq!(
            names(&site),
            [".git", "CNAME", "history", "index.html", "series"]
        );
        assert!(site.join(".git/objects/1").exists() && site.join("history/run.json").exists());
        assert_eq!(names(&site.join("series")), ["mine.html"]);
    }

    #[test]
    fn a_file_of_somebody_else_is_not_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let site = place.path().join("site");
        written(&site, &["index.html"]).unwrap();
        fs::write(site.join("feed.xml"), "mine").unwrap();
        let error = written(&site, &["index.html", "feed.xml"]).unwrap_err();
        assert!(matches!(error, FolderError::ForeignFile(_)), "{error}");
        assert_eq!(fs::read_to_string(site.join("feed.xml")).unwrap(), "mine");
    }

    #[test]
    fn a_site_of_a_version_without_a_list_is_written_over_and_nothing_removed() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(MARK), "").unwrap();
        fs::write(place.path().join("index.html"), "old").unwrap();
        fs::write(place.path().join("notes.txt"), "x").unwrap();
        written(place.path(), &["index.html"]).unwrap();
        assert_eq!(names(place.path()), ["index.html", "notes.txt"]);
        let index = fs::read_to_string(place.path().join("index.html")).unwrap();
        assert_eq!(index, "index.html");
    }

    #[test]
    fn a_list_can_not_lead_out_of_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let site = place.path().join("site");
        fs::create_dir(&site).unwrap();
        let thesis = place.path().join("thesis.tex");
        fs::write(&thesis, "x").unwrap();
        let absolute = thesis.display().to_string();
        let list = format!("index.html\n../thesis.tex\n{absolute}\n./../thesis.tex\n\n");
        fs::write(site.join(MARK), list).unwrap();
        written(&site, &["index.html"]).unwrap();
        assert!(thesis.exists());
    }

    #[test]
    fn what_a_killed_process_has_left_is_cleared() {
        let place = tempfile::tempdir().unwrap();
        let site = place.path().join("site");
        let left = place.path().join(".tinybench-left");
        fs::create_dir(&left).unwrap();
        let owner = left.join(OWNER);
        fs::write(&owner, "site").unwrap();
        let hour = std::time::Duration::from_secs(3_600);
        let old = std::time::SystemTime::now() - hour;
        let file = File::options().append(true).open(&owner).unwrap();
        file.set_modified(old).unwrap();
        drop(file);
        written(&site, &["one"]).unwrap();
        assert!(site.join("one").exists() && !left.exists());
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let place = tempfile::tempdir().unwrap();
        let site = place.path().join("site");
        written(&site, &["one"]).unwrap();
        // A file can't be a folder too.
        written(&site, &["half", "half/a"]).unwrap_err();
        assert_eq!(names(&site), ["one"]);
        assert_eq!(names(place.path()), ["site"]);
    }

    #[test]
    fn a_folder_of_someone_else_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("thesis.tex"), "x").unwrap();
        let error = written(place.path(), &["index.html"]).unwrap_err();
        assert!(matches!(error, FolderError::Foreign(_)), "{error}");
        assert_eq!(names(place.path()), ["thesis.tex"]);
    }
}
