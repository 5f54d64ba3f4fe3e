//! The image of a subject: built, or taken from the cache, and read.

use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::project::{self, Project};
use tinybench_inputs::runtimes::HostRuntime;
use tinybench_inputs::subject::{Subject, room};
use tinybench_inputs::workload::MAX_DATA_BYTES;
use tinybench_support::exit::Failure;
use tinybench_support::files;
use tinybench_support::interrupt;
use tinybench_support::progress::Progress;

use crate::build::{self, Event, Firmware};
use crate::image::{Image, Location, UnreadableImage};

/// An image on disk and what is in it.
pub struct Built {
    /// Where it is, and what built it.
    pub firmware: Firmware,
    /// The bytes of its ELF file.
    pub elf: Vec<u8>,
    /// What the harness must know of it.
    pub image: Image,
}

/// Builds the image that measures `subject` on `runtime` and `board`.
///
/// # Errors
/// Of the build; an image that can't be read; an interruption.
pub fn of_subject(
    project: &Project,
    board: &Board,
    runtime: &dyn HostRuntime,
    subject: &Subject,
    progress: &mut Progress,
) -> Result<Built, Failure> {
    let request = build::Request {
        project_root: project.root(),
        target: board.target_for(room::ram_for(subject)),
        runtime: runtime.name(),
        features: &subject.facts.firmware_features(),
        operators: &runtime.operators(&subject.model),
        model: &subject.model_path,
        front_end: subject.audio.as_ref().map(|audio| audio.parameters),
        learning: subject.learning.is_some(),
        mlperf_model: None,
    };
    let firmware = firmware(&request, &subject.name, progress)?;
    let elf = files::read(&firmware.elf, MAX_DATA_BYTES)?;
    let image = Image::load(&elf).map_err(UnreadableImage)?;
    Ok(Built {
        firmware,
        elf,
        image,
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
        let boards = Boards::open(&request.project_root.join(project::BOARDS));
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
