//! One build, whichever of the firmware's programs it makes.

use std::path::{Path, PathBuf};

use tinybench_inputs::runtimes::manifest::Crate;
use tinybench_pipeline::parameters::Parameters;

use super::{CalibrationRequest, Engine, Library, Opt, Request, Target};

/// What cargo is asked for, and what enters it.
pub(super) struct Job<'a> {
    /// The folder with `targets/firmware` in it.
    pub project_root: &'a Path,
    pub target: Target<'a>,
    /// The program that cargo links: the name of a binary. None where cargo only compiles.
    pub binary: Option<&'static str>,
    /// The firmware's features that are on, as cargo takes them.
    pub features: String,
    /// Crates beside the firmware's own: their packages are `tinybench-NAME`, their links
    /// `deps/NAME`.
    pub crates: Vec<Dependency>,
    /// Crates of the runtime, as the compiler calls them, in the order of their code.
    pub runtime: Vec<String>,
    /// Patterns of the archives whose bytes are the runtime's, with commas between them.
    pub archives: String,
    /// The runtime, if it is in static libraries.
    pub library: Option<&'a Library>,
    /// The model file, if the image has one beside its runtime.
    pub model: Option<&'a Path>,
    pub front_end: Option<Parameters>,
    pub mlperf_model: Option<&'a str>,
    pub mark_pin: Option<u32>,
    pub code_offset: u32,
    /// What the runtime is built for.
    pub opt: Opt,
    /// Whether it is compiled even where the program has its objects.
    pub from_source: bool,
    /// The runtime's operators that are linked, all if empty.
    pub operators: &'a [&'a str],
    /// Words of memory that the runtime is given beside its arena.
    pub room_words: u32,
}

/// A crate outside the firmware's folder.
pub(super) struct Dependency {
    pub name: String,
    /// From the project's root.
    pub folder: PathBuf,
}

impl Dependency {
    /// A crate of the runtime whose `runtime.toml` is in `folder`, in the project at `root`.
    pub fn of_runtime(it: &Crate, folder: &Path, root: &Path) -> Self {
        Self {
            name: it.name.clone(),
            folder: folder.strip_prefix(root).unwrap_or(folder).join(&it.folder),
        }
    }

    /// Name of its package.
    pub fn package(&self) -> String {
        format!("tinybench-{}", self.name)
    }
}

impl<'a> Job<'a> {
    /// The program that measures a model on a runtime.
    pub fn of_measurement(request: &Request<'a>) -> Self {
        let shared = [interface(), pipeline(), learning()];
        let (crates, archives, library, with_model): (Vec<_>, Vec<_>, _, _) = match request.engine {
            Engine::Crates { crates, folder, .. } => (
                crates
                    .iter()
                    .map(|it| Dependency::of_runtime(it, folder, request.project_root))
                    .collect(),
                Vec::new(),
                None,
                true,
            ),
            Engine::Library {
                library,
                with_model,
            } => (
                Vec::new(),
                library.of_runtime.clone(),
                Some(library),
                with_model,
            ),
        };
        Self {
            project_root: request.project_root,
            target: request.target,
            binary: library.map(|_| "tinybench-firmware"),
            features: features(request),
            crates: shared.into_iter().chain(crates).collect(),
            runtime: match request.engine {
                Engine::Crates { crates, .. } => crates.iter().map(crate_name).collect(),
                Engine::Library { .. } => Vec::new(),
            },
            archives: archives.join(","),
            library,
            model: Some(request.model).filter(|_| with_model),
            front_end: request.front_end,
            mlperf_model: request.mlperf_model,
            mark_pin: request.mark_pin,
            code_offset: request.code_offset,
            opt: request.opt,
            from_source: request.from_source,
            operators: request.operators,
            room_words: room_words(request),
        }
    }

    /// The program that runs sequences of instructions. The pipeline is there for its build
    /// script.
    pub fn of_calibration(request: &CalibrationRequest<'a>) -> Self {
        Self {
            project_root: request.project_root,
            target: request.target,
            binary: Some("tinybench-calibration"),
            features: "calibration".to_owned(),
            crates: vec![interface(), pipeline()],
            runtime: Vec::new(),
            archives: String::new(),
            library: None,
            model: None,
            front_end: None,
            mlperf_model: None,
            mark_pin: None,
            code_offset: 0,
            opt: Opt::Speed,
            from_source: true,
            operators: &[],
            room_words: 0,
        }
    }
}

/// Words beside the arena: the small interpreter has no use for any, and coded weights are looked for in the
/// file.
fn room_words(request: &Request) -> u32 {
    match request.opt {
        Opt::Speed if !request.features.contains(&"huffman") => request.room_words,
        _ => 0,
    }
}

/// What the compiler calls a crate of a runtime.
fn crate_name(it: &Crate) -> String {
    format!("tinybench_{}", it.name.replace('-', "_"))
}

/// The features that a measurement turns on.
fn features(request: &Request) -> String {
    let mut features = vec![match request.engine {
        Engine::Crates { feature, .. } => feature,
        Engine::Library { .. } => "library",
    }];
    features.extend(request.features);
    features.extend(request.opt.feature());
    if request.front_end.is_some() {
        features.push("pipeline");
    }
    if request.learning {
        features.push("learning");
    }
    if request.mlperf_model.is_some() {
        features.push("mlperf");
    }
    if request.mark_pin.is_some() {
        features.push("energy");
    }
    if request.profile {
        features.push("profile");
    }
    features.join(",")
}

pub(super) fn interface() -> Dependency {
    Dependency {
        name: "interface".to_owned(),
        folder: "targets/interface".into(),
    }
}

pub(super) fn pipeline() -> Dependency {
    Dependency {
        name: "pipeline".to_owned(),
        folder: "workloads/pipeline".into(),
    }
}

/// In every measurement's list, so that images with and without it share what cargo compiled.
pub(super) fn learning() -> Dependency {
    Dependency {
        name: "learning".to_owned(),
        folder: "workloads/learning".into(),
    }
}
