//! One build, whichever of the firmware's programs it makes.

use std::path::{Path, PathBuf};

use tinybench_pipeline::parameters::Parameters;

use super::{CalibrationRequest, Request, Target};

/// What cargo is asked for, and what enters it.
pub(super) struct Job<'a> {
    /// The folder with `targets/firmware` in it.
    pub project_root: &'a Path,
    pub target: Target<'a>,
    /// The program: the name of a binary.
    pub binary: &'static str,
    /// The firmware's features that are on, as cargo takes them.
    pub features: String,
    /// Crates beside the firmware's own: their packages are `tinybench-NAME`, their links
    /// `deps/NAME`.
    pub crates: Vec<Dependency>,
    pub model: Option<&'a Path>,
    pub front_end: Option<Parameters>,
    pub mlperf_model: Option<&'a str>,
    /// The runtime's operators that are linked, all if empty.
    pub operators: String,
}

/// A crate outside the firmware's folder.
pub(super) struct Dependency {
    pub name: String,
    /// From the project's root.
    pub folder: PathBuf,
}

impl Dependency {
    /// Name of its package.
    pub fn package(&self) -> String {
        format!("tinybench-{}", self.name)
    }
}

impl<'a> Job<'a> {
    /// The program that measures a model on a runtime.
    pub fn of_measurement(request: &Request<'a>) -> Self {
        let runtime = request.runtime;
        Self {
            project_root: request.project_root,
            target: request.target,
            binary: "tinybench-firmware",
            features: features(request),
            crates: [interface(), pipeline(), learning()]
                .into_iter()
                .chain(runtime_crates(runtime))
                .collect(),
            model: Some(request.model),
            front_end: request.front_end,
            mlperf_model: request.mlperf_model,
            operators: request.operators.join(","),
        }
    }

    /// The program that runs sequences of instructions. The pipeline is there for its build
    /// script.
    pub fn of_calibration(request: &CalibrationRequest<'a>) -> Self {
        Self {
            project_root: request.project_root,
            target: request.target,
            binary: "tinybench-calibration",
            features: "calibration".to_owned(),
            crates: vec![interface(), pipeline()],
            model: None,
            front_end: None,
            mlperf_model: None,
            operators: String::new(),
        }
    }
}

/// The features that a measurement turns on.
fn features(request: &Request) -> String {
    let mut features = vec![request.runtime];
    features.extend(request.features);
    if request.front_end.is_some() {
        features.push("pipeline");
    }
    if request.learning {
        features.push("learning");
    }
    if request.mlperf_model.is_some() {
        features.push("mlperf");
    }
    features.join(",")
}

/// A runtime's crate, and that of its kernels if it has one.
fn runtime_crates(runtime: &str) -> Vec<Dependency> {
    let folder = Path::new("targets/runtimes").join(runtime);
    let mut crates = vec![Dependency {
        name: runtime.to_owned(),
        folder: folder.clone(),
    }];
    if runtime == "interpreter" {
        crates.push(Dependency {
            name: "kernels".to_owned(),
            folder: folder.join("kernels"),
        });
    }
    crates
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
