//! What is asked of a run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use probe_rs::probe::DebugProbeSelector;
use tinybench_inputs::subject::{self, Given, Metric, Source, VectorCount};
use tinybench_record::MAX_NAME;
use tinybench_record::shard::Part;
use tinybench_support::exits_with;
use tinybench_support::printable::printable;

use crate::build::Opt;
use crate::function;
use crate::power::DutyCycle;
use crate::power::metered::Metering;
use crate::target::select::On;

/// What to measure, on what, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the board.
    pub board: String,
    /// Name of the power option, if not the board's first.
    pub power: Option<String>,
    /// What to run on.
    pub on: On,
    /// The debug probe.
    pub probe: Option<DebugProbeSelector>,
    /// What to measure.
    pub what: What,
    /// Which part of it, if the run is split over machines.
    pub shard: Option<Part>,
    /// How often each inference is timed.
    pub runs: u32,
    /// How many vectors the target is given.
    pub vectors: VectorCount,
    /// How long the target may take for one answer.
    pub timeout: Duration,
    /// In how many places of flash the inference is timed, if in more than one.
    pub layouts: Option<u32>,
    /// What a runtime of the project's own is built for.
    pub opt: Opt,
    /// Whether that is compiled from its sources, whatever objects the program brings.
    pub from_source: bool,
    /// Whether the inference is profiled.
    pub profile: bool,
    /// How often it is used, for mean power and the life of a cell.
    pub duty_cycle: Option<DutyCycle>,
    /// The power instrument, if one measures the energy.
    pub metering: Option<Metering>,
    /// The commit of the user's project; without one what CI or git says.
    pub commit: Option<String>,
}

/// What to measure.
#[derive(Clone, Debug, Default)]
pub struct What {
    /// Workloads of the project, or of the suite.
    pub workloads: Vec<String>,
    /// A suite.
    pub suite: Option<String>,
    /// Folder or address where the suite's models are.
    pub from: Option<String>,
    /// Folder of data sets in place of the suite's vectors.
    pub data: Option<PathBuf>,
    /// Files of the user's own models.
    pub models: Vec<PathBuf>,
    /// What they are called, in their order; none: after their files.
    pub names: Vec<String>,
    /// Folder of reference vectors for them.
    pub reference: Option<PathBuf>,
    /// Folder of inputs for them, without outputs.
    pub inputs: Option<PathBuf>,
    /// Steps of each vector, if vectors are sequences.
    pub steps: Option<usize>,
    /// File of labels for their vectors, and how answers are judged by them.
    pub labels: Option<(PathBuf, Metric)>,
    /// A stream that they extract features of.
    pub stream: Option<PathBuf>,
    /// Names of inference engines; none: the one that reads a model.
    pub runtimes: Vec<String>,
    /// A program that was built before, in place of one with an inference engine.
    pub image: Option<PathBuf>,
    /// The function of it that is called, in place of a model that is in it.
    pub function: Option<function::Asked>,
}

/// The user's own models can't be called what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamesError {
    /// There are more or fewer names than models.
    #[error(
        "--name is given {names} times and --model {models} times: name every model, in their order, \
         or none"
    )]
    Count {
        /// How many names there are.
        names: usize,
        /// How many models.
        models: usize,
    },
    /// A name is that of something else too.
    #[error("--name {0}: two of what is measured would be called that")]
    Taken(String),
    /// A name is none.
    #[error("--name `{}` is no name: it needs 1 to {MAX_NAME} printable characters", printable(.0))]
    Unfit(String),
}

exits_with!(NamesError => Usage);

impl What {
    /// What each model of the user's own is called, besides what is `taken`: as [`Self::names`] says, or
    /// after its file, with as many of the folders above as tell it from others.
    ///
    /// # Errors
    /// Names that aren't one for each.
    pub(super) fn model_names(&self, taken: &[String]) -> Result<Vec<String>, NamesError> {
        if self.names.is_empty() {
            return Ok(names_of_files(&self.models, taken));
        }
        if self.names.len() != self.models.len() {
            return Err(NamesError::Count {
                names: self.names.len(),
                models: self.models.len(),
            });
        }
        for (at, name) in self.names.iter().enumerate() {
            if name.trim().is_empty() || name.len() > MAX_NAME || printable(name) != *name {
                return Err(NamesError::Unfit(name.clone()));
            }
            if taken.contains(name) || self.names[..at].contains(name) {
                return Err(NamesError::Taken(name.clone()));
            }
        }
        Ok(self.names.clone())
    }

    /// What is given with each model of the user's own, of which `vectors` are run.
    pub(super) fn given(&self, vectors: VectorCount) -> Given<'_> {
        let source = match (&self.reference, &self.inputs) {
            (Some(folder), _) => Source::Reference(folder),
            (None, Some(folder)) => Source::Inputs(folder),
            (None, None) => Source::Seed,
        };
        let labels = self.labels.as_ref();
        Given {
            source,
            steps: self.steps.unwrap_or(1),
            labels: labels.map(|(path, metric)| (path.as_path(), *metric)),
            vectors,
        }
    }
}

fn names_of_files(models: &[PathBuf], taken: &[String]) -> Vec<String> {
    let deepest = models.iter().map(|it| it.components().count()).max();
    let named = |depth: usize| -> Vec<String> {
        models
            .iter()
            .map(|path| name_of_file(path, depth))
            .collect()
    };
    let mut names = named(0);
    for depth in 1..deepest.unwrap_or(0) {
        let longer = named(depth);
        let before = names.clone();
        for (at, name) in names.iter_mut().enumerate() {
            let is_another = |(other, it): (usize, &String)| other != at && *it == before[at];
            if taken.contains(name) || before.iter().enumerate().any(is_another) {
                name.clone_from(&longer[at]);
            }
        }
    }
    names
}

/// The name of a model's file, with so many of the folders above it.
fn name_of_file(path: &Path, folders: usize) -> String {
    let stem = subject::name_of(path);
    let above = path.parent().into_iter().flat_map(Path::components);
    let above: Vec<_> = above
        .filter_map(|part| match part {
            std::path::Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    let above = &above[above.len().saturating_sub(folders)..];
    let name: Vec<_> = above.iter().map(|it| printable(it).into_owned()).collect();
    let name = [name, vec![stem.clone()]].concat().join("/");
    if name.len() > MAX_NAME { stem } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(models: &[&str], names: &[&str]) -> What {
        What {
            models: models.iter().map(PathBuf::from).collect(),
            names: names.iter().map(|it| (*it).to_owned()).collect(),
            ..What::default()
        }
    }

    #[test]
    fn models_of_one_file_name_are_told_apart_by_their_folders() {
        let named = |models: &[&str]| what(models, &[]).model_names(&["kws".to_owned()]).unwrap();
        assert_eq!(named(&["a/model.tflite", "b.tflite"]), ["model", "b"]);
        assert_eq!(
            named(&["a/model.tflite", "b/model.tflite", "c.tflite"]),
            ["a/model", "b/model", "c"]
        );
        assert_eq!(
            named(&["x/a/model.tflite", "y/a/model.tflite"]),
            ["x/a/model", "y/a/model"]
        );
        // What folders don't tell apart is refused later: it would be run twice.
        assert_eq!(named(&["m.tflite", "m.tflite"]), ["m", "m"]);
        // A workload of the project has its name already.
        assert_eq!(named(&["kws.tflite"]), ["kws"]);
        assert_eq!(named(&["mine/kws.tflite"]), ["mine/kws"]);
    }

    #[test]
    fn names_are_one_for_each_model() {
        let named =
            |models: &[&str], names: &[&str]| what(models, names).model_names(&["kws".to_owned()]);
        let two = ["a/model.tflite", "b/model.tflite"];
        assert_eq!(
            named(&two, &["first", "second"]).unwrap(),
            ["first", "second"]
        );
        assert_eq!(
            named(&two, &["first"]),
            Err(NamesError::Count {
                names: 1,
                models: 2
            })
        );
        let taken = |name: &str| Err(NamesError::Taken(name.to_owned()));
        assert_eq!(named(&two, &["x", "x"]), taken("x"));
        assert_eq!(named(&two, &["x", "kws"]), taken("kws"));
        for bad in ["", " ", "a\u{1b}[2J", &"x".repeat(MAX_NAME + 1)] {
            let refused = named(&["a.tflite"], &[bad]);
            assert!(matches!(refused, Err(NamesError::Unfit(_))), "{bad:?}");
        }
    }
}
