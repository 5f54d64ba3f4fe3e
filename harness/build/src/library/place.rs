//! Where the libraries of runtimes are kept: a folder for each, beside those of generated sources and of
//! cargo's files. Together they are bounded, and can be thrown away at any time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tinybench_inputs::project;

use super::LibraryError;
use crate::bounded::{leave, size};

/// Before the name of a folder that is being filled.
pub const NEW: &str = "new-";

/// Bytes that they take together: those that were used longest ago go first.
const MOST_BYTES: u64 = 2 << 30;

/// Who links what was used so lately may not be through with it.
const IN_USE: Duration = Duration::from_secs(3_600);

/// The file whose time is that of the last use.
const USED: &str = "used";

/// The folder of all of a project's, as an absolute path.
pub fn made_in(project_root: &Path) -> Result<PathBuf, LibraryError> {
    let folder = project::made(project_root).join("runtimes");
    fs::create_dir_all(&folder).map_err(LibraryError::io(&folder))?;
    absolute(&folder)
}

/// Waits until no other build of a runtime is under way in this project. Held until dropped.
pub fn lock(made_in: &Path) -> Result<File, LibraryError> {
    let path = made_in.join("lock");
    let file = File::create(&path).map_err(LibraryError::io(&path))?;
    file.lock().map_err(LibraryError::io(&path))?;
    // Nobody else fills a folder now: what there is was left by a process that was killed.
    let is_new = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|it| it.to_string_lossy().starts_with(NEW))
    };
    for left in folders(made_in).into_iter().filter(is_new) {
        let _ = fs::remove_dir_all(left);
    }
    Ok(file)
}

/// Notes that folders in `made_in` are used, and removes others that were used longest ago while all have too
/// many bytes together. What can't be removed stays.
pub fn bound(made_in: &Path, used: &[&Path]) {
    for folder in used {
        // Where it can't be noted, the folder goes the earlier.
        let _ = fs::write(folder.join(USED), "\n");
    }
    bound_to(made_in, MOST_BYTES, SystemTime::now() - IN_USE);
}

fn bound_to(made_in: &Path, most: u64, in_use_since: SystemTime) {
    let last_use = |path: &Path| {
        fs::metadata(path.join(USED))
            .and_then(|it| it.modified())
            .ok()
    };
    let folders = folders(made_in)
        .into_iter()
        .map(|path| (last_use(&path), path));
    let (in_use, others): (Vec<_>, Vec<_>) =
        folders.partition(|(used, _)| used.is_some_and(|it| it >= in_use_since));
    let in_use: u64 = in_use.iter().map(|(_, path)| size(path)).sum();
    leave(others, most.saturating_sub(in_use));
}

fn folders(made_in: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(made_in).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.is_dir() && !path.is_symlink())
        .collect()
}

/// A path from the root.
pub fn absolute(path: &Path) -> Result<PathBuf, LibraryError> {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .map_err(LibraryError::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_longest_ago_leaves_first_and_what_is_in_use_stays() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (name, age) in [("a", 40), ("b", 30), ("c", 20), ("d", 10)] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("it"), [0; 999]).unwrap();
            fs::write(path.join(USED), "\n").unwrap();
            let used = File::options().append(true).open(path.join(USED)).unwrap();
            used.set_modified(now - Duration::from_secs(age)).unwrap();
        }
        let left = || {
            let all = ["a", "b", "c", "d"].into_iter();
            all.filter(|name| folder.path().join(name).exists())
                .collect::<String>()
        };
        bound_to(folder.path(), 3_000, now);
        assert_eq!(left(), "bcd");
        bound_to(folder.path(), 0, now - Duration::from_secs(25));
        assert_eq!(left(), "cd");
    }

    #[test]
    fn what_a_killed_build_has_left_is_removed_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("new-abc");
        fs::create_dir(&left).unwrap();
        let _lock = lock(folder.path()).unwrap();
        assert!(!left.exists());
    }
}
