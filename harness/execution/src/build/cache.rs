//! Images that were built before: a folder per key with the ELF file and its SHA-256.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::BuildError;

const ELF: &str = "firmware.elf";
const SHA256: &str = "firmware.sha256";

/// The images of a project.
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(super) fn in_project(project_root: &Path) -> Self {
        Self {
            folder: project_root.join("target/tinybench/firmware"),
        }
    }

    /// Where cargo keeps what it compiles.
    pub(super) fn build_folder(&self) -> PathBuf {
        self.folder.join("build")
    }

    /// The image of `key` and its hash, if it is there and undamaged.
    pub(super) fn get(&self, key: &str) -> Option<(PathBuf, String)> {
        let folder = self.folder.join(key);
        let elf = folder.join(ELF);
        let bytes = fs::read(&elf).ok()?;
        let recorded = fs::read_to_string(folder.join(SHA256)).ok()?;
        (hash(&bytes) == recorded).then_some((elf, recorded))
    }

    /// Keeps a copy of the image at `built` for `key`.
    pub(super) fn put(&self, key: &str, built: &Path) -> Result<(PathBuf, String), BuildError> {
        let bytes = fs::read(built).map_err(BuildError::io(built))?;
        let sha256 = hash(&bytes);
        let folder = self.folder.join(key);
        self.replace(&folder, &bytes, &sha256)
            .map_err(BuildError::io(&folder))?;
        Ok((folder.join(ELF), sha256))
    }

    /// Puts a whole new folder in the place of what was there, which `get` has refused.
    fn replace(&self, folder: &Path, elf: &[u8], sha256: &str) -> io::Result<()> {
        let new = tempfile::Builder::new()
            .prefix("new-")
            .tempdir_in(&self.folder)?;
        fs::write(new.path().join(ELF), elf)?;
        fs::write(new.path().join(SHA256), sha256)?;
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::rename(new.keep(), folder),
        }
    }

    /// Waits until no other process builds in this project. Held until dropped.
    pub(super) fn lock(&self) -> Result<File, BuildError> {
        fs::create_dir_all(&self.folder).map_err(BuildError::io(&self.folder))?;
        let path = self.folder.join("lock");
        let file = File::create(&path).map_err(BuildError::io(&path))?;
        file.lock().map_err(BuildError::io(&path))?;
        Ok(file)
    }
}

fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_comes_back_as_it_was_put() {
        let project = tempfile::tempdir().unwrap();
        let cache = Cache::in_project(project.path());
        let _lock = cache.lock().unwrap();
        let built = project.path().join("built");
        fs::write(&built, b"an image").unwrap();
        assert_eq!(cache.get("key"), None);
        let put = cache.put("key", &built).unwrap();
        assert_eq!(cache.get("key"), Some(put.clone()));
        assert_eq!(fs::read(put.0).unwrap(), b"an image");
    }

    #[test]
    fn a_damaged_image_is_not_used_and_can_be_replaced() {
        let project = tempfile::tempdir().unwrap();
        let cache = Cache::in_project(project.path());
        let _lock = cache.lock().unwrap();
        let built = project.path().join("built");
        fs::write(&built, b"an image").unwrap();
        let (elf, _) = cache.put("key", &built).unwrap();
        fs::write(&elf, b"an imag").unwrap();
        assert_eq!(cache.get("key"), None);
        cache.put("key", &built).unwrap();
        assert!(cache.get("key").is_some());
        fs::remove_file(elf.with_file_name(SHA256)).unwrap();
        assert_eq!(cache.get("key"), None);
    }
}
