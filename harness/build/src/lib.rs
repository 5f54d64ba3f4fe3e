//! Builds the firmware: the on-target program with one runtime and one model for one board.
//!
//! An image is built once and kept under `target/tinybench/firmware` in the project, filed under
//! a key made of everything that enters it. The same inputs give the same image, byte for byte,
//! wherever the project lies.

mod bounded;
mod cache;
mod cargo;
mod cargo_config;
mod environment;
mod job;
mod key;
mod library;
mod linking;
mod neighbours;
mod opt;
mod pinned;
mod toolchain;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tinybench_support::exit::{Exit, Exits};

use tinybench_inputs::board::Board;
use tinybench_inputs::board::target::Target;
use tinybench_link::LinkError;
use tinybench_pipeline::parameters::{Parameters, ParametersError};

use tinybench_inputs::project;
use tinybench_inputs::runtimes::Runtime;
use tinybench_inputs::runtimes::manifest::Crate;

use cache::Kept;
pub use cache::{Cleared, clean};
pub use cargo::CompileError;
pub use cargo_config::ConfigurationError;
use job::Job;
pub use key::hash_of;
pub use library::{
    Library, LibraryError, LibraryRequest, Made, build as build_c, find_c_compiler, find_clang,
    rust::build as build_rust,
};
pub use opt::Opt;
pub use pinned::Store;
pub use toolchain::{CompiledBy, Toolchain, ToolchainError, ToolchainSource, find_toolchain};

/// What to build.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The folder with `targets/firmware` in it.
    pub project_root: &'a Path,
    /// What the firmware must know of the board.
    pub target: Target<'a>,
    /// The runtime.
    pub engine: Engine<'a>,
    /// What the model demands of it besides int8: features of the firmware's package.
    pub features: &'a [&'a str],
    /// Names of the runtime's operators that the model needs; none for all there are.
    pub operators: &'a [&'a str],
    /// Words of memory that the runtime wants beside its arena.
    pub room_words: u32,
    /// The model file.
    pub model: &'a Path,
    /// The front end of an image that computes its model's input from raw audio.
    pub front_end: Option<Parameters>,
    /// Whether the image is to learn from what the model extracts.
    pub learning: bool,
    /// What an image that speaks the MLPerf Tiny protocol, instead of being measured through a
    /// probe, calls its model: `kws01`, for example.
    pub mlperf_model: Option<&'a str>,
    /// The pin on which an image marks its windows for a power instrument, if it is one for that.
    pub mark_pin: Option<u32>,
    /// Bytes by which the runtime's code is moved in flash, a multiple of 4.
    pub code_offset: u32,
    /// What a runtime of the project's own is built for.
    pub opt: Opt,
    /// Whether it is compiled from the project's sources even where the program has its objects.
    pub from_source: bool,
    /// Whether the image is to measure each operator that its runtime marks, which takes it cycles.
    pub profile: bool,
}

/// A runtime as an image holds it.
#[derive(Clone, Copy, Debug)]
pub enum Engine<'a> {
    /// Crates of the project.
    Crates {
        /// The firmware's feature that links them.
        feature: &'a str,
        /// The crates.
        crates: &'a [Crate],
        /// The folder of its `runtime.toml`.
        folder: &'a Path,
    },
    /// Static libraries, and whether the model lies in flash beside them.
    Library {
        /// The libraries.
        library: &'a Library,
        /// Whether the model file is in the image as well.
        with_model: bool,
    },
}

impl<'a> Engine<'a> {
    /// The crates of a runtime; none of one that isn't the project's own, or whose `runtime.toml` can't be used.
    pub fn of_crates(runtime: &'a Runtime) -> Option<Self> {
        let rust = runtime.manifest.as_ref().ok()?.rust.as_ref()?;
        Some(Self::Crates {
            feature: rust.feature.as_deref()?,
            crates: &rust.crates,
            folder: &runtime.folder,
        })
    }
}

/// What to build for `tinybench calibrate`.
#[derive(Clone, Copy, Debug)]
pub struct CalibrationRequest<'a> {
    /// The folder with `targets/firmware` in it.
    pub project_root: &'a Path,
    /// What the firmware must know of the board.
    pub target: Target<'a>,
}

/// A firmware image on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firmware {
    /// The ELF file.
    pub elf: PathBuf,
    /// SHA-256 of that file, hexadecimal.
    pub sha256: String,
    /// What compiled it.
    pub toolchain: CompiledBy,
    /// Whether it had been built before.
    pub from_cache: bool,
}

/// Progress of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The image is in the cache.
    Cached,
    /// A package is compiled.
    Compiling {
        /// Packages compiled so far.
        done: usize,
        /// Packages there are at most. Those of other runtimes count too, but aren't compiled.
        total: usize,
        /// The latest package.
        name: String,
    },
    /// The image is built.
    Finished,
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No usable compiler.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// A runtime's crate isn't there, or its name can't be one.
    #[error("there is no crate `{name}` in {folder}")]
    Runtime {
        /// The crate.
        name: String,
        /// Where it should be.
        folder: PathBuf,
    },
    /// The runtime's libraries can't be built.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The model alone doesn't fit.
    #[error("the model is too big for flash: it has {needed} bytes, flash has {available}")]
    ModelTooBig {
        /// Size of the model, bytes.
        needed: u64,
        /// Size of flash, bytes.
        available: u64,
    },
    /// The linked image doesn't fit.
    #[error(
        "the firmware is too big for {memory}: it needs {needed} bytes, the board has {available}{}",
        help(advice.as_deref())
    )]
    ImageTooBig {
        /// Which memory: `FLASH` or `RAM`.
        memory: String,
        /// Bytes the image needs.
        needed: u64,
        /// Bytes the board has.
        available: u64,
        /// What to do about it, if that is known.
        advice: Option<String>,
    },
    /// The parameters of the front end don't fit each other.
    #[error("there is no such front end: {0}")]
    FrontEnd(#[from] ParametersError),
    /// The objects can't be linked.
    #[error(transparent)]
    Link(LinkError),
    /// Compiling is asked for, and there is nothing to compile.
    #[error(
        "compiling takes the sources of tinybench, which {} doesn't have: clone the repository and name the \
         clone with --project; `tinybench doctor` there says which compilers it takes",
        .0.display()
    )]
    NoSources(PathBuf),
    /// The program doesn't have the objects, and there is nothing to compile.
    #[error(
        "the program doesn't have the objects of this image, and {} has no sources to compile: clone the \
         repository and name the clone with --project",
        .0.display()
    )]
    NoObjects(PathBuf),
    /// A configuration of cargo's would change the image.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// Compiler or linker refused the program.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Images can't be kept.
    #[error(
        "can't keep firmware in {path}: {source}; it is built in the project's folder \
         target/tinybench, or in the one that {} names",
        project::TARGET_VARIABLE
    )]
    NoPlace {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The disk is full.
    #[error(
        "the disk is full where firmware is built, in {}: make room, for example with `tinybench \
         clean`, or name another folder with {}",
        .0.display(),
        project::TARGET_VARIABLE
    )]
    DiskFull(PathBuf),
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl From<LinkError> for BuildError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::TooBig {
                memory,
                needed,
                available,
            } => Self::ImageTooBig {
                memory: memory.to_owned(),
                needed,
                available,
                advice: None,
            },
            error => Self::Link(error),
        }
    }
}

impl Exits for BuildError {
    fn exit(&self) -> Exit {
        match self {
            Self::ModelTooBig { .. } | Self::ImageTooBig { .. } | Self::FrontEnd(_) => Exit::Input,
            Self::NoPlace { .. } | Self::DiskFull { .. } => Exit::Output,
            Self::Library(error) => error.exit(),
            _ => Exit::Build,
        }
    }
}

fn help(advice: Option<&str>) -> String {
    advice.map_or(String::new(), |advice| format!("\n  help: {advice}"))
}

impl BuildError {
    /// The error with the boards for which an image would not be too big, among all that are known.
    #[must_use]
    pub fn advised(mut self, boards: impl FnOnce() -> Vec<Board>) -> Self {
        if let Self::ImageTooBig {
            memory,
            needed,
            advice,
            ..
        } = &mut self
        {
            let room = |board: &Board| match memory.as_str() {
                "FLASH" => board.memory.flash.length,
                _ => board.memory.all_ram().length,
            };
            let boards = boards();
            let fitting = boards
                .iter()
                .filter(|board| u64::from(room(board)) >= *needed);
            let names: Vec<_> = fitting.map(|board| board.name.as_str()).collect();
            *advice = Some(match names.as_slice() {
                [] => {
                    "none of the known boards has so much: `tinybench boards` lists them".to_owned()
                }
                names => format!("{} has so much", names.join(", ")),
            });
        }
        self
    }

    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| match source.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull(path.to_owned()),
            _ => Self::Io {
                path: path.to_owned(),
                source,
            },
        }
    }

    /// An error about what is kept at `path`.
    fn place(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| match source.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull(path.to_owned()),
            _ => Self::NoPlace {
                path: path.to_owned(),
                source,
            },
        }
    }
}

/// Builds the firmware, or finds it in the cache.
///
/// `on_event` is called from this thread as the build goes on.
pub fn build(request: &Request, on_event: &mut dyn FnMut(Event)) -> Result<Firmware, BuildError> {
    // Objects that the program has need no crates.
    if key::are_there(request.project_root) {
        check_runtime(request)?;
    }
    let size = match request.engine {
        Engine::Library { with_model, .. } if !with_model => 0,
        _ => fs::metadata(request.model)
            .map_err(BuildError::io(request.model))?
            .len(),
    };
    let available = u64::from(request.target.flash.length);
    if size > available {
        return Err(BuildError::ModelTooBig {
            needed: size,
            available,
        });
    }

    run(&Job::of_measurement(request), on_event)
}

/// Builds the program that runs the sequences of `tinybench calibrate`, or finds it in the cache.
///
/// `on_event` is called from this thread as the build goes on.
pub fn build_calibration(
    request: &CalibrationRequest,
    on_event: &mut dyn FnMut(Event),
) -> Result<Firmware, BuildError> {
    run(&Job::of_calibration(request), on_event)
}

/// A hash of what every image for `target` is built with, whatever its model: the pinned objects, or the sources
/// of the firmware and of all runtimes, and the compiler.
///
/// # Errors
/// No compiler, or sources that can't be read.
pub fn identity(
    project_root: &Path,
    target: Target,
    from_source: bool,
) -> Result<String, BuildError> {
    let sources = key::all_sources(project_root)?;
    if let Some(identity) = pinned::identity(sources.as_ref()).filter(|_| !from_source) {
        return Ok(identity);
    }
    let toolchain = find_toolchain(target.rustc_target)?.for_core(target.core);
    Ok(key::of_all(
        &sources.unwrap_or_default(),
        &target,
        &toolchain,
    ))
}

/// Whether there are sources in `project_root` that can be compiled.
pub fn sources_are_there(project_root: &Path) -> bool {
    key::are_there(project_root)
}

/// Whether the program has the objects of the project's own runtimes as they are in `project_root`, so that no
/// compiler is needed for them.
///
/// # Errors
/// Sources that can't be read.
pub fn objects_are_brought(project_root: &Path) -> Result<bool, BuildError> {
    let sources = key::all_sources(project_root)?;
    Ok(pinned::identity(sources.as_ref()).is_some())
}

/// Adds the objects of an image to a store, compiled if that hasn't been done. Whether they weren't in it.
///
/// # Errors
/// As [`build`].
pub fn pin(
    store: &mut Store,
    request: &Request,
    on_event: &mut dyn FnMut(Event),
) -> Result<bool, BuildError> {
    let job = Job::of_measurement(request);
    if store.has(&job) {
        return Ok(false);
    }
    let compiler = Compiler::of(&job, key::sources(&job)?)?;
    let cache = cache::Cache::in_project(job.project_root);
    let _lock = cache.lock()?;
    let library = read(&compiler.library(&cache, on_event)?)?;
    store.add(
        &job,
        compiler.toolchain.compiled_by,
        &compiler.sources,
        &library,
    )?;
    Ok(true)
}

fn run(job: &Job, on_event: &mut dyn FnMut(Event)) -> Result<Firmware, BuildError> {
    let there = key::are_there(job.project_root);
    let sources = there.then(|| key::sources(job)).transpose()?;
    if !job.from_source
        && let Some(pinned) = pinned::find(job, sources.as_ref())
    {
        let key = key::of_pinned(job, &pinned.identity)?;
        let made =
            |_: &cache::Cache, _: &mut dyn FnMut(Event)| linking::link(job, pinned.objects()?);
        return kept(job, &key, pinned.compiler.clone(), made, on_event);
    }
    let nothing = match job.from_source {
        true => BuildError::NoSources,
        false => BuildError::NoObjects,
    };
    let sources = sources.ok_or_else(|| nothing(job.project_root.to_owned()))?;
    let compiler = Compiler::of(job, sources)?;
    let key = key::key(job, &compiler.toolchain, &compiler.sources)?;
    let made = |cache: &cache::Cache, on_event: &mut dyn FnMut(Event)| match job.binary {
        Some(_) => read(&compiler.compile(cache, on_event)?),
        None => {
            let library = read(&compiler.library(cache, on_event)?)?;
            let objects = tinybench_link::read(&library, &tinybench_link::ROOTS, true)?;
            linking::link(job, objects)
        }
    };
    let compiled_by = compiler.toolchain.compiled_by.clone();
    kept(job, &key, compiled_by, made, on_event)
}

/// The image of `key`, made if it isn't there.
fn kept(
    job: &Job,
    key: &str,
    toolchain: CompiledBy,
    made: impl FnOnce(&cache::Cache, &mut dyn FnMut(Event)) -> Result<Vec<u8>, BuildError>,
    on_event: &mut dyn FnMut(Event),
) -> Result<Firmware, BuildError> {
    let cache = cache::Cache::in_project(job.project_root);
    let known = || cache.get(key, Kept::Image);
    let from_cache = |(elf, sha256), toolchain| Firmware {
        elf,
        sha256,
        toolchain,
        from_cache: true,
    };
    if let Some(found) = known() {
        on_event(Event::Cached);
        return Ok(from_cache(found, toolchain));
    }
    let _lock = cache.lock()?;
    // Another process may have built the same image while this one waited.
    if let Some(found) = known() {
        on_event(Event::Cached);
        return Ok(from_cache(found, toolchain));
    }
    let image = made(&cache, on_event)?;
    let (elf, sha256) = cache.put(key, Kept::Image, &image)?;
    on_event(Event::Finished);
    Ok(Firmware {
        elf,
        sha256,
        toolchain,
        from_cache: false,
    })
}

/// Who compiles a job.
struct Compiler<'j> {
    job: &'j Job<'j>,
    toolchain: Toolchain,
    sources: key::Sources,
}

impl<'j> Compiler<'j> {
    fn of(job: &'j Job<'j>, sources: key::Sources) -> Result<Self, BuildError> {
        let toolchain = find_toolchain(job.target.rustc_target)?;
        Ok(Self {
            job,
            toolchain: toolchain.for_core(job.target.core).optimising(job.opt),
            sources,
        })
    }

    /// The static library, compiled if it isn't in the cache, which is locked.
    fn library(
        &self,
        cache: &cache::Cache,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<PathBuf, BuildError> {
        let key = key::of_objects(self.job, &self.toolchain, &self.sources);
        if let Some((library, _)) = cache.get(&key, Kept::Objects) {
            return Ok(library);
        }
        let made = self.compile(cache, on_event)?;
        Ok(cache.put(&key, Kept::Objects, &read(&made)?)?.0)
    }

    /// What cargo makes of it.
    fn compile(
        &self,
        cache: &cache::Cache,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<PathBuf, BuildError> {
        neighbours::link(self.job.project_root)?;
        let folder = cache.build_folder();
        cargo::forget_old_sources(self.job, &self.toolchain, &folder, &self.sources)?;
        cargo::compile(self.job, &self.toolchain, &folder, on_event)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(BuildError::io(path))
}

/// Names become paths and a cargo feature.
fn check_runtime(request: &Request) -> Result<(), BuildError> {
    let Engine::Crates {
        feature,
        crates,
        folder,
    } = request.engine
    else {
        return Ok(());
    };
    let is_word = |name: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !name.is_empty() && name.chars().all(known)
    };
    let missing = |name: &str, folder: PathBuf| BuildError::Runtime {
        name: name.to_owned(),
        folder,
    };
    if !is_word(feature) {
        return Err(missing(feature, folder.to_owned()));
    }
    for it in crates {
        let folder = folder.join(&it.folder);
        if !is_word(&it.name) || !folder.join("Cargo.toml").is_file() {
            return Err(missing(&it.name, folder));
        }
    }
    Ok(())
}

fn targets_folder(project_root: &Path) -> PathBuf {
    project_root.join("targets")
}

fn runtimes_folder(project_root: &Path) -> PathBuf {
    targets_folder(project_root).join("runtimes")
}

fn firmware_folder(project_root: &Path) -> PathBuf {
    targets_folder(project_root).join("firmware")
}
