//! The name under which an image is kept: a hash of everything that enters it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tinybench_inputs::runtimes::Runtimes;

use super::job::Dependency;
use super::toolchain::Toolchain;
use super::{BuildError, Job, Target, firmware_folder, job, runtimes_folder};

/// Folders of a crate that don't enter an image.
const SKIPPED: [&str; 7] = [
    "target",
    "deps",
    "tests",
    "benches",
    "examples",
    "fuzz",
    "on-target-tests",
];

/// The package of the firmware.
pub(super) const PACKAGE: &str = "tinybench-firmware";

/// Packages of the project, each with a hash of its sources, hexadecimal.
pub(super) type Sources = BTreeMap<String, String>;

/// The key of an image, hexadecimal. `sources` is what [`sources`] gives.
pub(super) fn key(
    job: &Job,
    toolchain: &Toolchain,
    sources: &Sources,
) -> Result<String, BuildError> {
    let mut hash = Fields(Sha256::new());
    // Images of the first kind may hold what a configuration of cargo's had changed.
    hash.field("tinybench firmware 3");
    for text in toolchain.identity() {
        hash.field(text);
    }
    hash.field(job.binary.unwrap_or_default());
    hash.field(&job.features);
    hash.field(format!("{:?}", job.target));
    if let Some(model) = job.model {
        hash.field(fs::read(model).map_err(BuildError::io(model))?);
    }
    hash.field(job.front_end.map_or(String::new(), |it| it.to_string()));
    hash.field(job.mlperf_model.unwrap_or_default());
    hash.field(job.operators.join(","));
    hash.field(job.room_words.to_le_bytes());
    if let Some(pin) = job.mark_pin {
        hash.field(format!("mark pin {pin}"));
    }
    if job.code_offset > 0 {
        hash.field(format!("code offset {}", job.code_offset));
    }
    hash.field(&job.archives);
    hash.field(job.library.map_or("", |library| &library.key));
    for (package, sources) in sources {
        hash.field(package);
        hash.field(sources);
    }
    Ok(hash.finish())
}

/// The key of the objects of an image, hexadecimal: of all that a compiler sees.
pub(super) fn of_objects(job: &Job, toolchain: &Toolchain, sources: &Sources) -> String {
    let mut hash = Fields(Sha256::new());
    hash.field("tinybench objects 2");
    for text in toolchain.identity() {
        hash.field(text);
    }
    hash.field(&job.features);
    hash.field(format!("{:?}", job.target.setup));
    hash.field(job.mlperf_model.unwrap_or_default());
    hash.field(job.mark_pin.map_or(String::new(), |pin| pin.to_string()));
    for (package, sources) in sources {
        hash.field(package);
        hash.field(sources);
    }
    hash.finish()
}

/// The key of an image that is linked from pinned objects, hexadecimal.
pub(super) fn of_pinned(job: &Job, objects: &str) -> Result<String, BuildError> {
    let mut hash = Fields(Sha256::new());
    hash.field("tinybench pinned 2");
    hash.field(objects);
    hash.field(format!("{:?}", job.target));
    if let Some(model) = job.model {
        hash.field(fs::read(model).map_err(BuildError::io(model))?);
    }
    hash.field(job.front_end.map_or(String::new(), |it| it.to_string()));
    hash.field(job.operators.join(","));
    hash.field(job.room_words.to_le_bytes());
    hash.field(job.code_offset.to_le_bytes());
    Ok(hash.finish())
}

/// What all images for a target have in common, hexadecimal: the compiler, and the sources.
pub(super) fn of_all(sources: &Sources, target: &Target, toolchain: &Toolchain) -> String {
    let mut hash = Fields(Sha256::new());
    for text in toolchain.identity() {
        hash.field(text);
    }
    hash.field(format!("{target:?}"));
    for (package, sources) in sources {
        hash.field(package);
        hash.field(sources);
    }
    hash.finish()
}

/// Whether a project has the firmware's sources.
pub(super) fn are_there(project_root: &Path) -> bool {
    firmware_folder(project_root).join("Cargo.toml").is_file()
}

/// The firmware's package, what it uses and all runtimes; none where there are no sources.
pub(super) fn all_sources(project_root: &Path) -> Result<Option<Sources>, BuildError> {
    if !are_there(project_root) {
        return Ok(None);
    }
    let runtimes = Runtimes::new(project_root, &[]).all();
    let own = runtimes.iter().filter_map(|runtime| {
        let rust = runtime.manifest.as_ref().ok()?.rust.as_ref()?;
        let of_project = runtime.folder.starts_with(runtimes_folder(project_root));
        of_project.then_some((&rust.crates, &runtime.folder))
    });
    let own = own.flat_map(|(crates, folder)| {
        let crates = crates.iter();
        crates.map(move |it| Dependency::of_runtime(it, folder, project_root))
    });
    std::iter::once((PACKAGE.to_owned(), firmware_folder(project_root)))
        .chain(
            [job::interface(), job::pipeline(), job::learning()]
                .into_iter()
                .chain(own)
                .map(|it| (it.package(), project_root.join(it.folder))),
        )
        .map(|(package, folder)| Ok((package, hash_of(&folder)?)))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The firmware's package and those that a job uses.
pub(super) fn sources(job: &Job) -> Result<Sources, BuildError> {
    let root = job.project_root;
    let crates = job.crates.iter();
    let crates = crates.map(|it| (it.package(), root.join(&it.folder)));
    std::iter::once((PACKAGE.to_owned(), firmware_folder(root)))
        .chain(crates)
        .map(|(package, folder)| Ok((package, hash_of(&folder)?)))
        .collect()
}

/// A hash of the files in a folder and below, hexadecimal, but for documentation, what cargo makes and what
/// git keeps.
///
/// # Errors
/// A file that can't be read.
pub fn hash_of(folder: &Path) -> Result<String, BuildError> {
    let mut hash = Fields(Sha256::new());
    let mut files = Vec::new();
    list(folder, Path::new(""), &mut files)?;
    files.sort();
    for file in files {
        let path = folder.join(&file);
        hash.field(file.to_string_lossy().as_bytes());
        hash.field(fs::read(&path).map_err(BuildError::io(&path))?);
    }
    Ok(hash.finish())
}

/// Adds the files below `root`/`folder`, as paths from `root`, to `files`.
fn list(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), BuildError> {
    let absolute = root.join(folder);
    for entry in fs::read_dir(&absolute).map_err(BuildError::io(&absolute))? {
        let entry = entry.map_err(BuildError::io(&absolute))?;
        let name = entry.file_name();
        // A folder, or the file of a submodule or work tree.
        if name == ".git" {
            continue;
        }
        let kind = entry.file_type().map_err(BuildError::io(&absolute))?;
        if kind.is_dir() {
            let skip = folder.as_os_str().is_empty() && SKIPPED.iter().any(|it| name == *it);
            if !skip {
                list(root, &folder.join(name), files)?;
            }
        } else if kind.is_file() && !is_prose(Path::new(&name)) {
            files.push(folder.join(name));
        }
    }
    Ok(())
}

/// Whether a file is documentation, which doesn't enter an image.
fn is_prose(name: &Path) -> bool {
    name.extension().is_some_and(|extension| extension == "md")
}

/// A hash of fields, each preceded by its length so that no two lists of fields look the same.
struct Fields(Sha256);

impl Fields {
    fn field(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn finish(self) -> String {
        format!("{:x}", self.0.finalize())
    }
}
