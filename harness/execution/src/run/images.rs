//! The image of a subject: built, or taken from the cache, and read.

use std::path::{Path, PathBuf};

use tinybench_inputs::board::target::Target;
use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::project::{self, Project};
use tinybench_inputs::runtimes::Runtime;
use tinybench_inputs::subject::{Subject, room};
use tinybench_inputs::workload::MAX_DATA_BYTES;
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::files;
use tinybench_support::interrupt;
use tinybench_support::progress::Progress;

use crate::build::{
    self, BuildError, CompiledBy, Engine, Event, Firmware, Library, LibraryRequest, Opt, Store,
};
use crate::image::{Image, ImageError, Location, UnreadableImage, file};

/// An image and what is in it.
pub struct Built {
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
    /// What built it; none of a program that was built before.
    pub toolchain: Option<CompiledBy>,
    /// The bytes of its ELF file.
    pub elf: Vec<u8>,
    /// What the harness must know of it.
    pub image: Image,
    /// The runtime's libraries, if it isn't one of the project's own.
    pub library: Option<Library>,
}

/// What an image does besides measuring an inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Nothing.
    Inference,
    /// The same with its code so many bytes further on in flash.
    Layout(u32),
    /// It measures each operator too, which takes it cycles.
    Operators,
    /// It marks windows for a power instrument on the pin of this number.
    Power(u32),
}

/// What an image is made of, besides its runtime's libraries.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// Where the firmware is.
    pub project: &'a Project,
    /// The board.
    pub board: &'a Board,
    /// The runtime.
    pub runtime: &'a Runtime,
    /// What is measured.
    pub subject: &'a Subject,
    /// What a runtime of the project's own is built for.
    pub opt: Opt,
    /// Whether that is compiled from its sources, whatever objects the program brings.
    pub from_source: bool,
}

/// A runtime that isn't the project's own was to be built another way.
#[derive(Debug, thiserror::Error)]
#[error(
    "--opt {0} is for the project's own runtimes; {1} is built as its runtime.toml says: take --opt away, or \
     name the flags there"
)]
pub struct ForeignRuntime(&'static str, String);

exits_with!(ForeignRuntime => Usage);

/// What a model wants of its runtime.
struct Needs {
    features: Vec<&'static str>,
    operators: Vec<&'static str>,
    room_words: u32,
}

impl Needs {
    fn of(parts: &Parts) -> Self {
        let (host, subject) = (parts.runtime.host(), parts.subject);
        Self {
            features: subject.facts.firmware_features(),
            operators: host.operators(&subject.model),
            room_words: host.room_words(&subject.model),
        }
    }
}

impl Parts<'_> {
    /// Builds the libraries of the runtime, where it isn't one of the project's own.
    ///
    /// # Errors
    /// Of the build; an interruption.
    pub fn library(&self, progress: &mut Progress) -> Result<Option<Library>, Failure> {
        if self.runtime.image.is_some() {
            return Ok(None);
        }
        let manifest = self.runtime.manifest()?;
        let of_project = Engine::of_crates(self.runtime).is_some();
        if self.opt != Opt::default() && !of_project {
            return Err(ForeignRuntime(self.opt.name(), self.runtime.name().to_owned()).into());
        }
        let request = LibraryRequest {
            project_root: self.project.root(),
            folder: &self.runtime.folder,
            manifest,
            target: self.target(),
            model: &self.subject.model_path,
        };
        let rust = manifest.rust.as_ref();
        let of_user = rust.and_then(|it| Some((it.package.as_path(), it.engine.as_deref()?)));
        let compiles = manifest.c.is_some() || of_user.is_some();
        if compiles && !build::sources_are_there(request.project_root) {
            return Err(BuildError::NoSources(request.project_root.to_owned()).into());
        }
        let library = match (&manifest.c, of_user) {
            (Some(c), _) => build::build_c(&request, c, progress),
            (None, Some((package, engine))) => {
                build::build_rust(&request, package, engine, progress)
            }
            (None, None) => return Ok(None),
        };
        // Ctrl-C also ends a compiler, which is then no failure of the build.
        interrupt::check()?;
        Ok(Some(library.map_err(BuildError::Library)?))
    }

    /// Builds the image for `purpose` with what [`Self::library`] gave.
    ///
    /// # Errors
    /// Of the build; an image that can't be read; an interruption.
    pub fn image(
        &self,
        library: Option<&Library>,
        purpose: Purpose,
        progress: &mut Progress,
    ) -> Result<Built, Failure> {
        let Self {
            runtime, subject, ..
        } = self;
        if let Some(path) = &runtime.image {
            return read(path, self.board);
        }
        let engine = match (library, Engine::of_crates(runtime)) {
            (Some(library), _) => Engine::Library {
                library,
                with_model: runtime.host().has_model_in_flash(),
            },
            (None, Some(crates)) => crates,
            (None, None) => unreachable!("a runtime.toml with neither is refused"),
        };
        let needs = Needs::of(self);
        let request = self.request(engine, &needs, purpose);
        let firmware = firmware(&request, &subject.name, progress)?;
        let elf = files::read(&firmware.elf, MAX_DATA_BYTES)?;
        let image = Image::load(&elf).map_err(UnreadableImage)?;
        Ok(Built {
            sha256: firmware.sha256,
            toolchain: Some(firmware.toolchain),
            elf,
            image,
            library: library.cloned(),
        })
    }

    /// Adds the objects of its image to a store.
    ///
    /// # Errors
    /// Of the build.
    pub fn pin(&self, store: &mut Store) -> Result<(), Failure> {
        let Some(engine) = Engine::of_crates(self.runtime) else {
            return Ok(());
        };
        let needs = Needs::of(self);
        let request = self.request(engine, &needs, Purpose::Inference);
        build::pin(store, &request, &mut |_| ())?;
        Ok(())
    }

    fn request<'a>(
        &'a self,
        engine: Engine<'a>,
        needs: &'a Needs,
        purpose: Purpose,
    ) -> build::Request<'a> {
        let subject = self.subject;
        build::Request {
            project_root: self.project.root(),
            target: self.target(),
            engine,
            features: &needs.features,
            operators: &needs.operators,
            room_words: needs.room_words,
            model: &subject.model_path,
            front_end: subject.audio.as_ref().map(|audio| audio.parameters),
            learning: subject.learning.is_some(),
            mlperf_model: None,
            mark_pin: match purpose {
                Purpose::Power(pin) => Some(pin),
                Purpose::Inference | Purpose::Layout(_) | Purpose::Operators => None,
            },
            code_offset: match purpose {
                Purpose::Layout(offset) => offset,
                _ => 0,
            },
            opt: self.opt,
            from_source: self.from_source,
            profile: purpose == Purpose::Operators,
        }
    }

    fn target(&self) -> Target<'_> {
        self.board.target_for(room::ram_for(self.subject))
    }
}

/// A program that was built before can't be measured.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its text says")]
pub enum UnusableImage {
    #[error("{}: {source}; targets/interface/include/tinybench.h says what an image holds", path.display())]
    Unreadable { path: PathBuf, source: ImageError },
    #[error(
        "{} is not for the {board}: it has bytes at {address:#010x}, where that has no flash",
        path.display()
    )]
    OtherBoard {
        path: PathBuf,
        board: String,
        address: u32,
    },
}

exits_with!(UnusableImage => Input);

/// Reads a program that was built before.
fn read(path: &Path, board: &Board) -> Result<Built, Failure> {
    let elf = files::read(path, MAX_DATA_BYTES)?;
    let file = file::of_bytes(path, &elf, board.memory.flash.origin)?;
    let image = Image::load(&elf).map_err(|source| UnusableImage::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let mut segments = file.image.segments().iter();
    let outside = segments.find(|it| !board.memory.flash.contains(it.address, it.bytes.len()));
    if let Some(segment) = outside {
        return Err(UnusableImage::OtherBoard {
            path: path.to_owned(),
            board: board.name.clone(),
            address: segment.address,
        }
        .into());
    }
    Ok(Built {
        sha256: file.sha256,
        toolchain: None,
        elf,
        image,
        library: None,
    })
}

/// Builds firmware for a subject, and shows how far it is.
pub fn firmware(
    request: &build::Request,
    subject: &str,
    progress: &mut Progress,
) -> Result<Firmware, Failure> {
    progress.begin("building firmware", Some(1));
    let built = build::build(request, &mut |event| match event {
        Event::Compiling { done, total, name } => {
            tracing::debug!("compiling {name}");
            progress.set(done as u64, total as u64);
        }
        Event::Cached => tracing::info!("{subject}: the firmware is in the cache"),
        Event::Finished => {}
    });
    // Ctrl-C also ends the compiler, which is then no failure of the build.
    interrupt::check()?;
    let boards = || {
        let boards = Boards::open(&[request.project_root.join(project::BOARDS)]);
        boards.map_or(Vec::new(), |boards| boards.readable())
    };
    Ok(built.map_err(|error| error.advised(boards))?)
}

/// A place in the source, for people.
pub fn place(location: &Location) -> String {
    match (&location.file, location.line) {
        (Some(file), Some(line)) => format!("{} ({file}:{line})", location.function),
        (Some(file), None) => format!("{} ({file})", location.function),
        (None, _) => location.function.clone(),
    }
}
