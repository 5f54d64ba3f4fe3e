//! Suites: what is measured together. `workloads/suites/NAME.toml` lists workloads of the project,
//! or models that others publish and that are fetched from there.

mod inputs;
pub mod variants;

use crate::fetch::Wanted;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::files::{self, ReadError};
use tinybench_support::hash::sha256_hex;
use tinybench_support::printable::printable;
use tinybench_support::suggest;
use variants::{Variant, Variants};

pub use inputs::alternating;

/// The suite that is run if nothing else is asked for.
pub const STANDARD: &str = "standard";

/// Largest suite file that is read, bytes.
const MAX_SUITE_BYTES: u64 = 256 * 1024;

/// Longest name of a suite.
const MAX_NAME: usize = 100;

/// Most bytes of inputs that are made from a seed.
const MAX_SEEDED_BYTES: usize = 64 * 1024 * 1024;

/// Workloads that are measured together.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// Short name, as `--suite` takes it.
    pub name: String,
    /// Name in words.
    pub title: String,
    /// What is in it.
    pub contents: Contents,
}

/// What is in a suite.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// Workloads of the project, by name.
    Workloads(Vec<String>),
    /// Models of others.
    Models(Models),
    /// Variants of workloads.
    Variants(Variants),
}

/// Models that are fetched from where they are published.
#[derive(Clone, Debug, PartialEq)]
pub struct Models {
    /// Where they are: the address before each model's path.
    pub url: String,
    /// The licence they are published under.
    pub licence: String,
    /// File of published results, in `results/published`.
    pub published: Option<String>,
    /// How their inputs are made.
    pub vectors: SeededVectors,
    /// The models, in the order in which they run.
    pub models: Vec<FetchedModel>,
    /// The folder with their reference outputs.
    pub folder: PathBuf,
}

/// How inputs are made from a seed: uniform values and random walks in turn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SeededVectors {
    /// How many there are.
    pub count: usize,
    /// The seed.
    pub seed: u64,
    /// What made the reference outputs.
    pub reference: String,
}

/// A model that is fetched.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FetchedModel {
    /// Name as a workload.
    pub name: String,
    /// Name in words.
    pub title: String,
    /// Path behind the suite's address.
    pub path: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// Multiply-accumulate operations of one inference.
    pub macs: u64,
    /// Weights and biases.
    pub parameters: u64,
    /// SHA-256 of the inputs that are made from the seed.
    pub inputs_sha256: String,
    /// File of the reference outputs for them, int8.
    pub outputs: String,
    /// SHA-256 of that file.
    pub outputs_sha256: String,
    /// What the model is called in the columns of the published results.
    pub published: Option<String>,
}

impl FetchedModel {
    /// The file's own name.
    pub fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A suite's file.
#[derive(Deserialize)]
struct File {
    name: String,
    title: String,
    workloads: Option<Vec<String>>,
    source: Option<Source>,
    published: Option<String>,
    vectors: Option<SeededVectors>,
    #[serde(default)]
    models: Vec<FetchedModel>,
    reference: Option<String>,
    #[serde(default)]
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Source {
    url: String,
    licence: String,
}

/// Why a suite can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// There is no such suite.
    #[error("there is no suite `{name}`; {hint}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The nearest name, or all names.
        hint: String,
    },
    /// It has nothing to fetch.
    #[error("the suite `{0}` is part of the project: there is nothing to fetch")]
    NothingToFetch(String),
    /// Its vectors are its own.
    #[error("the suite `{0}` has vectors of its own: there is no data set for it")]
    NoDatasets(String),
    /// It has no such model.
    #[error("the suite `{suite}` has no `{name}`; {hint}")]
    NoSuchModel {
        /// The suite.
        suite: String,
        /// The name that was asked for.
        name: String,
        /// The nearest name, or all names.
        hint: String,
    },
    /// A file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file isn't TOML, lacks something or contradicts itself.
    #[error("{path} is not a suite: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

impl Exits for SuiteError {
    fn exit(&self) -> Exit {
        match self {
            Self::Unknown { .. }
            | Self::NothingToFetch(_)
            | Self::NoDatasets(_)
            | Self::NoSuchModel { .. } => Exit::Usage,
            _ => Exit::Input,
        }
    }
}

impl Suite {
    /// Reads the suite called `name` in the folder of suites.
    pub fn load(folder: &Path, name: &str) -> Result<Self, SuiteError> {
        let names = names(folder)?;
        if !names.iter().any(|known| known == name) {
            return Err(SuiteError::Unknown {
                name: name.to_owned(),
                hint: suggest::hint(name, &names),
            });
        }
        let path = folder.join(format!("{name}.toml"));
        files::check_regular(&path)?;
        let text = files::read_text(&path, MAX_SUITE_BYTES)?;
        Self::parse(&text, &path)
    }

    /// Reads a suite from its text. `path` is the file it is from, whose name is the suite's, and
    /// beside which a folder of the same name holds reference outputs.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SuiteError> {
        let problem = |problem: String| SuiteError::File {
            path: path.to_owned(),
            problem,
        };
        let file: File = toml::from_str(text)
            .map_err(|error| problem(error.to_string().trim_end().to_owned()))?;
        if path.file_stem().and_then(|stem| stem.to_str()) != Some(&file.name) {
            return Err(problem(format!(
                "name is `{}`, which must be the file's own name",
                file.name
            )));
        }
        // It is a folder's name in the cache, beside the cache's own.
        let reserved = ["lock", "partial"].contains(&file.name.as_str());
        let is_name = file.name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && file.name.len() <= MAX_NAME
            && file
                .name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if reserved || !is_name {
            return Err(problem(format!(
                "`{}` is no name for a suite: it has up to {MAX_NAME} letters, digits, `.`, `_` and \
                 `-`, begins with a letter or digit, and isn't `lock` or `partial`",
                printable(&file.name)
            )));
        }
        let contents = match (file.workloads, file.source, file.vectors) {
            (None, None, None) if !file.variants.is_empty() && file.models.is_empty() => {
                let variants = Variants {
                    suite: file.name.clone(),
                    reference: file
                        .reference
                        .ok_or_else(|| problem("[[variants]] need `reference`".to_owned()))?,
                    variants: file.variants,
                    folder: path.with_extension(""),
                };
                variants.check().map_err(problem)?;
                Contents::Variants(variants)
            }
            (Some(workloads), None, None) if file.models.is_empty() => {
                if workloads.is_empty() {
                    return Err(problem("workloads is empty".to_owned()));
                }
                Contents::Workloads(workloads)
            }
            (None, Some(source), Some(vectors)) if !file.models.is_empty() => {
                let models = Models {
                    url: source.url,
                    licence: source.licence,
                    published: file.published,
                    vectors,
                    models: file.models,
                    folder: path.with_extension(""),
                };
                models.check().map_err(problem)?;
                Contents::Models(models)
            }
            _ => {
                return Err(problem(
                    "it needs either `workloads`, or [source], [vectors] and [[models]], or \
                     [[variants]]"
                        .to_owned(),
                ));
            }
        };
        Ok(Self {
            name: file.name,
            title: file.title,
            contents,
        })
    }

    /// The models to fetch.
    pub fn models(&self) -> Result<&Models, SuiteError> {
        match &self.contents {
            Contents::Models(models) => Ok(models),
            Contents::Workloads(_) | Contents::Variants(_) => {
                Err(SuiteError::NothingToFetch(self.name.clone()))
            }
        }
    }

    /// A model as a file to be fetched; it is published at `url`.
    pub fn wanted<'a>(&'a self, model: &'a FetchedModel, url: &'a str) -> Wanted<'a> {
        Wanted {
            suite: &self.name,
            file: model.file(),
            sha256: &model.sha256,
            bytes: model.bytes,
            url,
        }
    }

    /// The models that are called `names`; all if there are no names.
    pub fn select(&self, names: &[String]) -> Result<Vec<&FetchedModel>, SuiteError> {
        let all = &self.models()?.models;
        if names.is_empty() {
            return Ok(all.iter().collect());
        }
        let find = |name: &String| {
            all.iter()
                .find(|model| model.name == *name)
                .ok_or_else(|| SuiteError::NoSuchModel {
                    suite: self.name.clone(),
                    name: name.clone(),
                    hint: suggest::hint(
                        name,
                        &all.iter().map(|it| it.name.clone()).collect::<Vec<_>>(),
                    ),
                })
        };
        names.iter().map(find).collect()
    }
}

impl Models {
    /// Where a model is published.
    pub fn url_of(&self, model: &FetchedModel) -> String {
        format!("{}/{}", self.url, model.path)
    }

    fn check(&self) -> Result<(), String> {
        if !self.url.starts_with("https://") {
            return Err("source.url must begin with https://".to_owned());
        }
        if self.vectors.count == 0 || self.vectors.count > 10_000 {
            return Err("vectors.count must be 1 to 10000".to_owned());
        }
        let is_name = |name: &str| Path::new(name).file_name().is_some_and(|file| file == name);
        for model in &self.models {
            let problem = |text: &str| Err(format!("model `{}`: {text}", model.name));
            if !is_name(model.file()) || !model.file().ends_with(".tflite") {
                return problem("path must end in the name of a .tflite file");
            }
            if !is_name(&model.outputs) {
                return problem("outputs must be the name of a file");
            }
            let hexadecimal = model.sha256.bytes().all(|c| c.is_ascii_hexdigit());
            if model.sha256.len() != 64 || !hexadecimal {
                return problem("sha256 must be 64 hexadecimal digits");
            }
            let same = self.models.iter().filter(|other| other.name == model.name);
            if same.count() > 1 {
                return problem("there are two of this name");
            }
        }
        Ok(())
    }

    /// The inputs of a model that takes `input_bytes`, made from the seed, and the reference
    /// outputs for them. The error says what doesn't fit.
    pub fn vectors(
        &self,
        model: &FetchedModel,
        input_bytes: usize,
    ) -> Result<(Vec<u8>, Vec<u8>), SuiteError> {
        let path = self.folder.join(&model.outputs);
        let problem = |problem: String| SuiteError::File {
            path: path.clone(),
            problem,
        };
        let length = self.vectors.count.saturating_mul(input_bytes);
        if length > MAX_SEEDED_BYTES {
            return Err(problem(format!(
                "{} inputs of {input_bytes} bytes are more than {MAX_SEEDED_BYTES} bytes",
                self.vectors.count
            )));
        }
        let inputs = alternating(self.vectors.seed, self.vectors.count, input_bytes);
        if sha256_hex(&inputs) != model.inputs_sha256 {
            return Err(problem(format!(
                "the inputs of `{}` are not those its reference outputs were computed for",
                model.name
            )));
        }
        let outputs = files::read(&path, MAX_SEEDED_BYTES as u64)?;
        let actual = sha256_hex(&outputs);
        if actual != model.outputs_sha256 {
            return Err(problem(format!(
                "it has SHA-256 {actual}, the suite says {}: the file was changed or is incomplete",
                model.outputs_sha256
            )));
        }
        Ok((inputs, outputs))
    }
}

/// Names of all suites, sorted. A folder that isn't there has none.
pub fn names(folder: &Path) -> Result<Vec<String>, SuiteError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names: Vec<String> = files::list(folder)?
        .iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{AUDIO_SUFFIX, Workloads};

    fn project(folder: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../workloads")
            .join(folder)
    }

    #[test]
    fn a_name_that_leads_out_of_the_cache_or_into_its_own_files_is_refused() {
        for name in [
            "..", ".", "lock", "partial", "a/b", "-x", ".git", "a\u{1b}", "",
        ] {
            let path = PathBuf::from(format!("{name}.toml"));
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let quoted = toml::Value::from(name);
            let text = format!("name = {quoted}\ntitle = \"x\"\nworkloads = [\"kws\"]\n");
            let error = Suite::parse(&text, &path).unwrap_err().to_string();
            // Some are no name of a file in the first place.
            let refused = stem != Some(name) || error.contains("is no name for a suite");
            assert!(refused, "{name}: {error}");
        }
        let text = "name = \"v1.2-a_b\"\ntitle = \"x\"\nworkloads = [\"kws\"]\n";
        Suite::parse(text, Path::new("v1.2-a_b.toml")).unwrap();
    }

    #[test]
    fn the_standard_set_is_every_workload_once_and_from_audio_where_there_is_audio() {
        /// Takes longer than the standard set may; it is in the suite `learning`.
        const LONG: &str = "knn-vision";
        let suite = Suite::load(&project("suites"), STANDARD).unwrap();
        let Contents::Workloads(mut listed) = suite.contents else {
            panic!("{suite:?}");
        };
        listed.sort();
        let workloads = Workloads::open(&[project("models")]).unwrap();
        let mut expected = workloads.names();
        expected.retain(|name| name != LONG);
        let learning = Suite::load(&project("suites"), "learning").unwrap();
        let learning =
            Contents::Workloads(vec!["knn".to_owned(), LONG.to_owned()]) == learning.contents;
        assert!(learning);
        for name in workloads.names() {
            if workloads.card(&name).unwrap().audio.is_some() {
                expected.push(format!("{name}{AUDIO_SUFFIX}"));
            }
        }
        expected.sort();
        assert_eq!(listed, expected);
    }

    #[test]
    fn the_models_of_mlperf_tiny_have_the_published_sizes() {
        let suite = Suite::load(&project("suites"), "mlperf-tiny").unwrap();
        let macs: Vec<u64> = suite
            .models()
            .unwrap()
            .models
            .iter()
            .map(|it| it.macs)
            .collect();
        assert_eq!(macs, [2_656_768, 7_489_664, 12_501_632, 264_192, 826_368]);
        let models = suite.models().unwrap();
        for (model, input_bytes) in models.models.iter().zip([490, 27_648, 3_072, 640, 1_200]) {
            models.vectors(model, input_bytes).unwrap();
        }
        let selected = suite.select(&["mlperf-ad".to_owned()]).unwrap();
        assert_eq!(selected[0].file(), "ad01_int8.tflite");
        assert_eq!(
            suite
                .select(&["mlperf-add".to_owned()])
                .unwrap_err()
                .to_string(),
            "the suite `mlperf-tiny` has no `mlperf-add`; did you mean `mlperf-ad`?"
        );
    }

    #[test]
    fn a_suite_that_is_wrong_says_what_is() {
        let message = |text: &str| {
            Suite::parse(text, Path::new("s.toml"))
                .unwrap_err()
                .to_string()
        };
        let head = "name = \"s\"\ntitle = \"S\"\n";
        assert!(message("name = 1").starts_with("s.toml is not a suite: TOML parse error"));
        assert_eq!(
            message("name = \"t\"\ntitle = \"T\"\nworkloads = [\"kws\"]"),
            "s.toml is not a suite: name is `t`, which must be the file's own name"
        );
        assert_eq!(
            message(head),
            "s.toml is not a suite: it needs either `workloads`, or [source], [vectors] and \
             [[models]], or [[variants]]"
        );
        assert_eq!(
            message(&format!("{head}workloads = []")),
            "s.toml is not a suite: workloads is empty"
        );
        let official = std::fs::read_to_string(project("suites/mlperf-tiny.toml")).unwrap();
        let official = official.replace("name = \"mlperf-tiny\"", "name = \"s\"");
        for (from, to, expected) in [
            ("https://", "ftp://", "source.url must begin with https://"),
            (
                "trained_models/ad01_int8.tflite",
                "trained_models/..",
                "model `mlperf-ad`: path must end in the name of a .tflite file",
            ),
            (
                "\"ad01_int8.outputs.i8\"",
                "\"../ad01_int8.outputs.i8\"",
                "model `mlperf-ad`: outputs must be the name of a file",
            ),
            (
                "87cf2419",
                "87cf241",
                "model `mlperf-ad`: sha256 must be 64 hexadecimal digits",
            ),
            (
                "\"mlperf-ad\"",
                "\"mlperf-ic\"",
                "model `mlperf-ic`: there are two of this name",
            ),
        ] {
            assert!(official.contains(from), "{from}");
            let text = official.replace(from, to);
            assert_eq!(message(&text), format!("s.toml is not a suite: {expected}"));
        }
    }

    #[test]
    fn an_unknown_suite_gets_the_nearest_name() {
        let error = Suite::load(&project("suites"), "mlperf").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no suite `mlperf`; did you mean `mlperf-tiny`?"
        );
        assert_eq!(error.exit(), Exit::Usage);
    }
}
