//! Folders that can be made again, of which those stay that were used last.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Removes of these folders, each with the time of its last use, those that were used longest ago until the
/// others have at most `most` bytes together. What can't be removed stays.
pub(super) fn leave(folders: Vec<(Option<SystemTime>, PathBuf)>, most: u64) {
    let sized = folders
        .into_iter()
        .map(|(used, path)| (used, size(&path), path));
    let mut kept: Vec<_> = sized.collect();
    kept.sort();
    let mut total: u64 = kept.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, bytes, path) in kept {
        if total <= most {
            break;
        }
        let _ = fs::remove_dir_all(path);
        total -= bytes;
    }
}

/// Bytes of the files in a folder and below; links aren't followed.
pub(super) fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
