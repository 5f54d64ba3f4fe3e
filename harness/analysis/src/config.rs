//! `tinybench.toml`: what a project wants of comparisons. `docs/config.md` describes it for people,
//! `results/config.schema.json` for programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tinybench_support::exits_with;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::compare::{Aspect, Gate, Limit, LimitError, percentage};
use crate::metrics::{Metric, UnknownMetric};
use tinybench_support::SETTINGS;
use tinybench_support::files::{self, ReadError};
use tinybench_support::printable::{printable, printable_path};

/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// What is in `tinybench.toml`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How records are compared.
    #[serde(default)]
    pub compare: Compare,
    /// What is special about single workloads, by name.
    #[serde(default)]
    pub workload: BTreeMap<String, Workload>,
    /// Steps for the worse that the project accepts, so that its dashboard doesn't show them as open.
    #[serde(default)]
    pub accept: Vec<Accepted>,
    /// Folders of inference engines that `--runtime` then knows by name, from that of the file: each is one, or
    /// holds some.
    #[serde(default)]
    pub runtimes: Vec<PathBuf>,
}

/// A step for the worse that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The commit that brought it, or the first seven characters of its id or more.
    pub commit: String,
    /// The metric's slug.
    pub metric: String,
    /// The workload; without one all of them.
    pub workload: Option<String>,
    /// Why.
    pub reason: String,
}

/// How records are compared.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// The limit of each metric, as `--limit` takes it: `latency = "2%"`, `flash = "1%|400KB"`,
    /// `energy = "off"`.
    #[serde(default)]
    pub limits: BTreeMap<String, String>,
    /// The share up to which changes of a metric are noise: `latency = "1%"`.
    #[serde(default)]
    pub noise: BTreeMap<String, String>,
    /// What may differ between base and new.
    #[serde(default)]
    pub allow: Vec<Aspect>,
    /// How often a regression of a measured metric is run again before it counts.
    #[serde(default)]
    pub confirm: u32,
}

/// What is special about one workload.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// The limits of its metrics, which come before those of all workloads.
    #[serde(default)]
    pub limits: BTreeMap<String, String>,
}

/// The configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It isn't TOML, or has something in it that isn't known.
    #[error("{}: {reason}", printable_path(path))]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        reason: String,
    },
    /// What is accepted isn't clear.
    #[error("{}: accept: {problem}", printable_path(path))]
    Accept {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A folder of inference engines isn't there.
    #[error(
        "{}: runtimes has `{}`: there is no such folder beside the file",
        printable_path(path),
        printable_path(folder)
    )]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// What it says.
        folder: PathBuf,
    },
    /// A limit or noise floor isn't one.
    #[error("{}: {place}: {source}", printable_path(path))]
    Limit {
        /// The file.
        path: PathBuf,
        /// Where in it.
        place: String,
        /// What is wrong.
        source: LimitError,
    },
}

exits_with!(ConfigError => Input);

/// The configuration of a folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// What is in the file; nothing if there is none.
    pub config: Config,
    /// The limits and noise floors in it.
    pub gate: Gate,
    /// The file.
    pub path: Option<PathBuf>,
}

impl Loaded {
    /// The folders of inference engines.
    ///
    /// # Errors
    /// One that isn't there.
    pub fn runtimes(&self) -> Result<Vec<PathBuf>, ConfigError> {
        let file = self.path.as_deref().unwrap_or(Path::new(""));
        let here = file.parent().unwrap_or(Path::new(""));
        let folders = self.config.runtimes.iter().map(|folder| {
            let path = here.join(folder);
            match path.is_dir() {
                true => Ok(path),
                false => Err(ConfigError::NoFolder {
                    path: file.to_owned(),
                    folder: folder.clone(),
                }),
            }
        });
        folders.collect()
    }
}

/// The nearest `tinybench.toml` at or above `folder`, if there is one.
pub fn find(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join(SETTINGS))
        .find(|path| path.is_file())
}

/// Loads `explicit`, or the nearest `tinybench.toml` at or above `folder`, or what holds without
/// one.
pub fn load(explicit: Option<&Path>, folder: &Path) -> Result<Loaded, ConfigError> {
    let Some(path) = explicit.map(Path::to_owned).or_else(|| find(folder)) else {
        return Ok(Loaded::default());
    };
    parse(&files::read_text(&path, MAX_FILE_BYTES)?, path)
}

/// Reads the text of the file at `path`.
pub fn parse(text: &str, path: PathBuf) -> Result<Loaded, ConfigError> {
    let config: Config = toml::from_str(text).map_err(|error| ConfigError::Syntax {
        path: path.clone(),
        reason: error
            .to_string()
            .trim_end()
            .lines()
            .map(|line| printable(line).into_owned())
            .collect::<Vec<_>>()
            .join("\n"),
    })?;
    let mut gate = Gate::default();
    let failed = |place: String| {
        let path = path.clone();
        move |source| ConfigError::Limit {
            path,
            place: printable(&place).into_owned(),
            source,
        }
    };
    for (name, text) in &config.compare.limits {
        let (metric, limit) =
            limit(name, text).map_err(failed(format!("compare.limits.{name}")))?;
        gate.set(metric, limit);
    }
    for (name, text) in &config.compare.noise {
        let (metric, floor) = floor(name, text).map_err(failed(format!("compare.noise.{name}")))?;
        gate.set_floor(metric, floor);
    }
    for (workload, settings) in &config.workload {
        for (name, text) in &settings.limits {
            let (metric, limit) =
                limit(name, text).map_err(failed(format!("workload.{workload}.limits.{name}")))?;
            gate.set_for(workload, metric, limit);
        }
    }
    for accepted in &config.accept {
        let problem = match metric(&accepted.metric) {
            Err(unknown) => unknown.to_string(),
            Ok(_) if accepted.reason.trim().is_empty() => {
                format!("{}: a reason is needed", printable(&accepted.commit))
            }
            Ok(_) => continue,
        };
        return Err(ConfigError::Accept { path, problem });
    }
    Ok(Loaded {
        config,
        gate,
        path: Some(path),
    })
}

fn metric(name: &str) -> Result<&'static Metric, UnknownMetric> {
    Metric::find(name)
}

fn limit(name: &str, text: &str) -> Result<(&'static Metric, Limit), LimitError> {
    let metric = metric(name)?;
    Ok((metric, Limit::parse(metric, text)?))
}

fn floor(name: &str, text: &str) -> Result<(&'static Metric, f64), LimitError> {
    let number = text
        .trim()
        .strip_suffix('%')
        .ok_or_else(|| LimitError::Percentage(printable(text).into_owned()))?;
    Ok((metric(name)?, percentage(number)?))
}

impl Config {
    /// The JSON Schema of the file, as JSON text.
    pub fn json_schema() -> String {
        tinybench_record::schema::text::<Self>("tinybench.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
        [compare]
        allow = ["compiler"]
        confirm = 2
        limits = { latency = "2%", flash = "1%|400KB", energy = "off" }
        noise = { latency = "1%" }

        [[accept]]
        commit = "0123abc"
        metric = "latency"
        workload = "kws"
        reason = "larger windows"

        [workload.kws.limits]
        latency = "150ms"
    "#;

    #[test]
    fn folders_of_runtimes_are_those_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("engines")).unwrap();
        let file = folder.path().join(SETTINGS);
        let runtimes = |text: &str| parse(text, file.clone()).unwrap().runtimes();
        let found = runtimes("runtimes = [\"engines\"]").unwrap();
        assert_eq!(found, [folder.path().join("engines")]);
        let error = runtimes("runtimes = [\"engine\"]").unwrap_err().to_string();
        assert!(error.ends_with("runtimes has `engine`: there is no such folder beside the file"));
        assert_eq!(Loaded::default().runtimes().unwrap(), Vec::<PathBuf>::new());
    }

    fn told(text: &str) -> String {
        parse(text, SETTINGS.into()).unwrap_err().to_string()
    }

    #[test]
    fn limits_floors_and_permissions_are_read() {
        let loaded = parse(EXAMPLE, SETTINGS.into()).unwrap();
        assert_eq!(loaded.config.compare.allow, [Aspect::Compiler]);
        assert_eq!(loaded.config.compare.confirm, 2);
        let latency = Metric::find("latency").unwrap();
        let limit = loaded.gate.limit("kws", latency);
        assert_eq!((limit.soft, limit.hard), (None, Some(150_000.0)));
        assert_eq!(loaded.gate.limit("vww", latency).soft, Some(0.02));
        assert_eq!(loaded.gate.floor(latency, false, []), 0.01);
        let energy = Metric::find("energy").unwrap();
        assert!(loaded.gate.limit("vww", energy).off);
        let [accepted] = loaded.config.accept.as_slice() else {
            panic!("{:?}", loaded.config.accept);
        };
        assert_eq!(accepted.workload.as_deref(), Some("kws"));
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let texts = [
            told("[compare\n"),
            told("[compare]\nlimts = {}"),
            told("[compare.limits]\nlatncy = \"2%\""),
            told("[compare.limits]\nflash = \"2kg\""),
            told("[compare.noise]\nlatency = \"2\""),
            told("[compare]\nallow = [\"moon\"]"),
            told("[workload.kws.limits]\nram = \"-2%\""),
            told("[[accept]]\ncommit = \"0123abc\"\nmetric = \"latncy\"\nreason = \"x\""),
            told("[[accept]]\ncommit = \"0123abc\"\nmetric = \"latency\"\nreason = \" \""),
            told("[[accept]]\ncommit = \"0123abc\"\nmetric = \"latency\""),
        ];
        insta::assert_snapshot!(texts.join("\n\n"));
    }

    #[test]
    fn the_nearest_file_is_taken_and_none_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(folder.path().join(SETTINGS), EXAMPLE).unwrap();
        let loaded = load(None, &inner).unwrap();
        assert_eq!(loaded.path, Some(folder.path().join(SETTINGS)));
        std::fs::write(folder.path().join("a").join(SETTINGS), "").unwrap();
        assert_eq!(load(None, &inner).unwrap().gate, Gate::default());
        let named = folder.path().join("none.toml");
        assert!(load(Some(&named), &inner).is_err());
    }

    #[test]
    fn the_schema_file_is_up_to_date() {
        tinybench_record::schema::assert_published("config.schema.json", &Config::json_schema());
    }
}
