//! Images that were built before: a folder per key with the ELF file and its SHA-256, beside what cargo
//! has compiled. Both are bounded, and can be thrown away at any time.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::BuildError;
use super::bounded::{leave, size};
use super::library::place;
use tinybench_inputs::project;

const SHA256: &str = "firmware.sha256";
/// Where cargo keeps what it compiles.
const BUILD: &str = "build";
/// Before the name of a folder that is being filled.
const NEW: &str = "new-";

/// Bytes that images take together: those that were used longest ago go first.
const MOST_IMAGES: u64 = 2 << 30;
/// Bytes of what cargo has compiled, which is made anew beyond that.
const MOST_COMPILED: u64 = 4 << 30;

/// What is kept under a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kept {
    /// An image.
    Image,
    /// The objects from which images are linked.
    Objects,
}

impl Kept {
    fn file(self) -> &'static str {
        match self {
            Self::Image => "firmware.elf",
            Self::Objects => "firmware.a",
        }
    }
}

/// The images of a project.
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(super) fn in_project(project_root: &Path) -> Self {
        Self {
            folder: project::made(project_root).join("firmware"),
        }
    }

    /// Where cargo keeps what it compiles.
    pub(super) fn build_folder(&self) -> PathBuf {
        self.folder.join(BUILD)
    }

    /// The file of `key` and its hash, if it is there and undamaged.
    pub(super) fn get(&self, key: &str, what: Kept) -> Option<(PathBuf, String)> {
        let folder = self.folder.join(key);
        let elf = folder.join(what.file());
        let bytes = fs::read(&elf).ok()?;
        let recorded = fs::read_to_string(folder.join(SHA256)).ok()?;
        if hash(&bytes) != recorded {
            return None;
        }
        // The time of the last use. Where it can't be set, the image goes the earlier.
        let _ = File::options()
            .append(true)
            .open(folder.join(SHA256))
            .and_then(|file| file.set_modified(SystemTime::now()));
        Some((elf, recorded))
    }

    /// Keeps `bytes` for `key`.
    pub(super) fn put(
        &self,
        key: &str,
        what: Kept,
        bytes: &[u8],
    ) -> Result<(PathBuf, String), BuildError> {
        let sha256 = hash(bytes);
        let folder = self.folder.join(key);
        self.replace(&folder, what, bytes, &sha256)
            .map_err(BuildError::place(&folder))?;
        self.bound(&folder, MOST_IMAGES, MOST_COMPILED);
        Ok((folder.join(what.file()), sha256))
    }

    /// Removes the images that were used longest ago, but not that of `folder`, until the others have
    /// at most `images` bytes together; and what cargo has compiled if it has more than `compiled`.
    /// What can't be removed stays.
    fn bound(&self, folder: &Path, images: u64, compiled: u64) {
        let others = self.entries().into_iter();
        let others = others.filter(|path| is_image(path) && path != folder);
        let last_use = |path: &Path| {
            fs::metadata(path.join(SHA256))
                .and_then(|it| it.modified())
                .ok()
        };
        leave(others.map(|path| (last_use(&path), path)).collect(), images);
        let build = self.build_folder();
        if size(&build) > compiled {
            let _ = fs::remove_dir_all(build);
        }
    }

    /// What is in the folder.
    fn entries(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }

    /// Puts a whole new folder in the place of what was there, which `get` has refused.
    fn replace(&self, folder: &Path, what: Kept, bytes: &[u8], sha256: &str) -> io::Result<()> {
        let new = tempfile::Builder::new()
            .prefix(NEW)
            .tempdir_in(&self.folder)?;
        fs::write(new.path().join(what.file()), bytes)?;
        fs::write(new.path().join(SHA256), sha256)?;
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::rename(new.keep(), folder),
        }
    }

    /// Waits until no other process builds in this project. Held until dropped.
    pub(super) fn lock(&self) -> Result<File, BuildError> {
        fs::create_dir_all(&self.folder).map_err(BuildError::place(&self.folder))?;
        let path = self.folder.join("lock");
        let file = File::create(&path).map_err(BuildError::place(&self.folder))?;
        file.lock().map_err(BuildError::place(&self.folder))?;
        // Nobody else fills a folder now: what there is was left by a process that was killed.
        for left in self.entries().iter().filter(|path| is_new(path)) {
            let _ = fs::remove_dir_all(left);
        }
        Ok(file)
    }
}

/// Something that was, or would be, removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The file or folder.
    pub path: PathBuf,
    /// Its size, bytes.
    pub bytes: u64,
}

/// Removes what was made from the project and can be made again: images, what cargo has compiled for
/// them, runtimes, and compressed models. With `pretend` it is only listed. Waits for a build that is under way.
///
/// # Errors
/// Something can't be removed.
pub fn clean(project_root: &Path, pretend: bool) -> Result<Vec<Cleared>, BuildError> {
    let cache = Cache::in_project(project_root);
    let runtimes = project::made(project_root).join("runtimes");
    let there = |folder: &Path| folder.is_dir() && !pretend;
    let _images = there(&cache.folder).then(|| cache.lock()).transpose()?;
    let _runtimes = there(&runtimes)
        .then(|| place::lock(&runtimes))
        .transpose()?;
    let ours = |path: &PathBuf| path.ends_with(BUILD) || is_image(path) || is_new(path);
    let mut paths: Vec<_> = cache.entries().into_iter().filter(ours).collect();
    paths.extend([
        project::made(project_root).join("compressed"),
        runtimes.clone(),
    ]);
    paths.retain(|path| path.is_dir() && !path.is_symlink());
    paths.sort();
    let mut cleared = Vec::new();
    for path in paths {
        let bytes = size(&path);
        if !pretend {
            fs::remove_dir_all(&path).map_err(BuildError::place(&path))?;
        }
        cleared.push(Cleared { path, bytes });
    }
    Ok(cleared)
}

fn name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

/// Whether a folder is named by a key.
fn is_image(path: &Path) -> bool {
    let name = name(path);
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_new(path: &Path) -> bool {
    name(path).starts_with(NEW)
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
        assert_eq!(cache.get("key", Kept::Image), None);
        let put = cache.put("key", Kept::Image, b"an image").unwrap();
        assert_eq!(cache.get("key", Kept::Image), Some(put.clone()));
        assert_eq!(cache.get("key", Kept::Objects), None);
        assert_eq!(fs::read(put.0).unwrap(), b"an image");
    }

    /// A key as there are: a SHA-256.
    fn key(digit: &str) -> String {
        digit.repeat(64)
    }

    #[test]
    fn images_that_were_used_longest_ago_leave_first() {
        let project = tempfile::tempdir().unwrap();
        let cache = Cache::in_project(project.path());
        let _lock = cache.lock().unwrap();
        let built = vec![1; 1000];
        for (age, digit) in [(30, "a"), (20, "b"), (10, "c"), (0, "d")] {
            let (elf, _) = cache.put(&key(digit), Kept::Image, &built).unwrap();
            let file = File::options()
                .append(true)
                .open(elf.with_file_name(SHA256));
            let time = SystemTime::now() - std::time::Duration::from_secs(age);
            file.unwrap().set_modified(time).unwrap();
        }
        // The oldest is used again.
        cache.get(&key("a"), Kept::Image).unwrap();
        let newest = cache.folder.join(key("d"));
        // Each has 64 bytes more for its hash.
        cache.bound(&newest, 2 * 1064, 0);
        let left: Vec<_> = ["a", "b", "c", "d"]
            .map(|digit| cache.get(&key(digit), Kept::Image).is_some())
            .into();
        assert_eq!(left, [true, false, true, true]);
        cache.bound(&newest, 0, 0);
        let left: Vec<_> = ["a", "b", "c", "d"]
            .map(|digit| cache.get(&key(digit), Kept::Image).is_some())
            .into();
        assert_eq!(left, [false, false, false, true]);
    }

    #[test]
    fn what_can_be_made_again_is_cleaned_and_nothing_else() {
        let project = tempfile::tempdir().unwrap();
        assert_eq!(clean(project.path(), false).unwrap(), []);
        let cache = Cache::in_project(project.path());
        let built = project.path().join("built");
        fs::write(&built, b"an image").unwrap();
        cache.lock().unwrap();
        cache.put(&key("a"), Kept::Image, b"an image").unwrap();
        fs::create_dir_all(cache.build_folder().join("deep")).unwrap();
        fs::write(cache.build_folder().join("deep/file"), vec![0; 100]).unwrap();
        fs::create_dir_all(cache.folder.join("notes")).unwrap();
        let made = project.path().join("target/tinybench");
        fs::create_dir_all(made.join("compressed")).unwrap();
        fs::write(made.join("compressed/kws.tbz"), b"kws").unwrap();
        let listed = clean(project.path(), true).unwrap();
        let sizes: Vec<_> = listed.iter().map(|it| (name(&it.path), it.bytes)).collect();
        assert_eq!(
            sizes,
            [("compressed", 3), (key("a").as_str(), 72), ("build", 100)]
        );
        assert!(cache.get(&key("a"), Kept::Image).is_some());
        assert_eq!(clean(project.path(), false).unwrap(), listed);
        assert_eq!(cache.get(&key("a"), Kept::Image), None);
        assert!(!cache.build_folder().exists() && !made.join("compressed").exists());
        assert!(cache.folder.join("notes").exists() && built.exists());
    }

    #[test]
    fn what_a_killed_build_has_left_is_cleared() {
        let project = tempfile::tempdir().unwrap();
        let cache = Cache::in_project(project.path());
        let left = cache.folder.join("new-abc");
        fs::create_dir_all(&left).unwrap();
        let _lock = cache.lock().unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn a_project_that_cannot_be_written_says_what_to_do() {
        let project = tempfile::tempdir().unwrap();
        // A file in the place of a folder stops everybody, the administrator too.
        fs::write(project.path().join("target"), "").unwrap();
        let error = Cache::in_project(project.path()).lock().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("can't keep firmware in"), "{text}");
        assert!(text.contains("TINYBENCH_TARGET"), "{text}");
    }

    #[test]
    fn a_damaged_image_is_not_used_and_can_be_replaced() {
        let project = tempfile::tempdir().unwrap();
        let cache = Cache::in_project(project.path());
        let _lock = cache.lock().unwrap();
        let (elf, _) = cache.put("key", Kept::Image, b"an image").unwrap();
        fs::write(&elf, b"an imag").unwrap();
        assert_eq!(cache.get("key", Kept::Image), None);
        cache.put("key", Kept::Image, b"an image").unwrap();
        assert!(cache.get("key", Kept::Image).is_some());
        fs::remove_file(elf.with_file_name(SHA256)).unwrap();
        assert_eq!(cache.get("key", Kept::Image), None);
    }
}
