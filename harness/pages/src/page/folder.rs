//! A folder of files, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tinybench_support::files;

/// Marks a folder as one that tinybench made and may replace.
const MARK: &str = ".tinybench-site";

/// Folders in which new ones are made: this, and something random.
const PREFIX: &str = ".tinybench-";

/// File in such a folder that is locked while somebody fills it. It holds the name that the new
/// folder is to have.
const OWNER: &str = "owner";

/// A folder can't be written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is something else.
    #[error(
        "{0} is not empty and was not made by tinybench: name another folder with -o, or remove it"
    )]
    Foreign(PathBuf),
    /// It can't be read or written.
    #[error("can't write {path}: {source}; what was there before is untouched")]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Has `fill` write files into a new folder beside `folder`, which it then replaces. `folder` may
/// be absent, empty, or what an earlier call has made; the folders above it are made.
pub fn write_folder(
    folder: &Path,
    fill: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), FolderError> {
    let error = |source| FolderError::Io {
        path: folder.to_owned(),
        source,
    };
    let absolute = std::path::absolute(folder).map_err(error)?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(FolderError::Foreign(folder.to_owned()));
    };
    let occupied = match fs::read_dir(&absolute) {
        Ok(mut entries) => entries.next().is_some(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => false,
        Err(e) => return Err(error(e)),
    };
    if occupied && !absolute.join(MARK).is_file() {
        return Err(FolderError::Foreign(folder.to_owned()));
    }
    fs::create_dir_all(parent).map_err(error)?;
    clear_abandoned(&absolute, parent);
    let new = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempdir_in(parent)
        .map_err(error)?;
    let mut owner = File::create(new.path().join(OWNER)).map_err(error)?;
    // Where files can't be locked, what a killed process leaves is taken away a minute later.
    let _ = owner.try_lock();
    owner.write_all(name.as_encoded_bytes()).map_err(error)?;
    let site = new.path().join("new");
    fs::create_dir(&site)
        .and_then(|()| fill(&site))
        .and_then(|()| fs::write(site.join(MARK), ""))
        .map_err(error)?;
    // A folder can't be renamed over one that isn't empty, so the old one steps aside. It goes
    // away with the temporary folder, and comes back if the new one can't take its place.
    let old = new.path().join("old");
    let was_there = match fs::rename(&absolute, &old) {
        Ok(()) => true,
        Err(e) if e.kind() == io::ErrorKind::NotFound => false,
        Err(e) => return Err(error(e)),
    };
    if let Err(e) = fs::rename(&site, parent.join(name)) {
        if was_there {
            let _ = fs::rename(&old, &absolute);
        }
        return Err(error(e));
    }
    Ok(())
}

/// Removes what processes that were killed while they wrote `folder` have left in `parent`. A folder
/// that had stepped aside for a new one comes back.
fn clear_abandoned(folder: &Path, parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    let name = folder.file_name().unwrap_or_default().as_encoded_bytes();
    for entry in entries.flatten() {
        let path = entry.path();
        let owner = path.join(OWNER);
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && fs::read(&owner).is_ok_and(|of| of == name)
            && files::is_abandoned(&owner);
        if !ours {
            continue;
        }
        let old = path.join("old");
        if old.exists() && !folder.exists() && fs::rename(&old, folder).is_err() {
            continue;
        }
        // Another process may have been quicker.
        let _ = fs::remove_dir_all(&path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_replaced_whole() {
        let place = tempfile::tempdir().unwrap();
        let site = place.path().join("a/site");
        write_folder(&site, |new| fs::write(new.join("one"), "1")).unwrap();
        write_folder(&site, |new| fs::write(new.join("two"), "2")).unwrap();
        assert!(!site.join("one").exists());
        assert_eq!(fs::read_to_string(site.join("two")).unwrap(), "2");
        assert_eq!(fs::read_dir(place.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_has_left_is_cleared_and_an_old_folder_comes_back() {
        let place = tempfile::tempdir().unwrap();
        let site = place.path().join("site");
        write_folder(&site, |new| fs::write(new.join("one"), "1")).unwrap();
        let left = place.path().join(".tinybench-left");
        fs::create_dir(&left).unwrap();
        fs::rename(&site, left.join("old")).unwrap();
        let owner = left.join(OWNER);
        fs::write(&owner, "site").unwrap();
        let hour = std::time::Duration::from_secs(3_600);
        let old = std::time::SystemTime::now() - hour;
        let file = File::options().append(true).open(&owner).unwrap();
        file.set_modified(old).unwrap();
        drop(file);
        let failure = write_folder(&site, |_| Err(io::Error::other("disk full")));
        failure.unwrap_err();
        assert!(site.join("one").exists() && !left.exists());
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let place = tempfile::tempdir().unwrap();
        let site = place.path().join("site");
        write_folder(&site, |new| fs::write(new.join("one"), "1")).unwrap();
        let failure = write_folder(&site, |new| {
            fs::write(new.join("half"), "")?;
            Err(io::Error::other("disk full"))
        });
        assert!(failure.unwrap_err().to_string().contains("disk full"));
        assert!(site.join("one").exists() && !site.join("half").exists());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_of_someone_else_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("thesis.tex"), "x").unwrap();
        let error = write_folder(place.path(), |_| Ok(())).unwrap_err();
        assert!(matches!(error, FolderError::Foreign(_)), "{error}");
        assert!(place.path().join("thesis.tex").exists());
    }
}
