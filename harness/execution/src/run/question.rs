//! What a run was asked, and what answers: whether a journal belongs to a run is told by these.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tinybench_inputs::subject::{Metric, VectorCount};
use tinybench_support::hash::sha256_hex;

use super::request::{Request, What};
use super::setting::Setting;
use crate::build;
use crate::power::{self, DutyCycle};
use crate::target::select::{Choice, On};

/// One board's part of a run, as a journal holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Name of the board.
    board: String,
    /// Its power option.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    power: Option<String>,
    /// The debug probe; none for a virtual board.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    probe: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    workloads: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    suite: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    from: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    models: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reference: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    inputs: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    data: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    steps: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    labels: Option<PathBuf>,
    /// As `--metric` names it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    metric: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    stream: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    runtimes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    shard: Option<String>,
    runs: u32,
    vectors: Vectors,
    timeout: Duration,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    every: Option<Duration>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    cell: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    commit: Option<String>,
    #[serde(skip_serializing_if = "is_false", default)]
    profile: bool,
    /// What it runs on, as the record names it.
    target: String,
    /// SHA-256 of the board's description.
    board_sha256: String,
    /// SHA-256 of the firmware's sources and its compiler; none where there is no compiler.
    firmware_sha256: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Vectors {
    Default,
    All,
    Count(usize),
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Question {
    /// What `setting` is about.
    pub fn of(setting: &Setting) -> Self {
        let Request {
            board,
            power,
            what,
            shard,
            runs,
            vectors,
            timeout,
            profile,
            duty_cycle,
            commit,
            ..
        } = setting.request;
        let probe = match &setting.choice {
            Choice::Probe { selector, .. } => Some(selector.to_string()),
            Choice::Virtual(_) => None,
        };
        let what = what.clone();
        let firmware = build::identity(setting.project.root(), setting.board.target());
        Self {
            board: board.clone(),
            power: power.clone(),
            probe,
            workloads: what.workloads,
            suite: what.suite,
            from: what.from,
            models: what.models,
            reference: what.reference,
            inputs: what.inputs,
            data: what.data,
            steps: what.steps,
            metric: what.labels.as_ref().and_then(|(_, metric)| {
                let value = metric.to_possible_value()?;
                Some(value.get_name().to_owned())
            }),
            labels: what.labels.map(|(path, _)| path),
            stream: what.stream,
            runtimes: what.runtimes,
            shard: shard.map(|shard| shard.to_string()),
            runs: *runs,
            vectors: match vectors {
                VectorCount::Default => Vectors::Default,
                VectorCount::All => Vectors::All,
                VectorCount::Count(count) => Vectors::Count(*count),
            },
            timeout: *timeout,
            every: duty_cycle.map(|it| it.every),
            cell: duty_cycle.and_then(|it| Some(it.cell?.name.to_owned())),
            commit: commit.clone(),
            profile: *profile,
            target: setting.choice.probe_name(&setting.board),
            board_sha256: sha256_hex(format!("{:?}", setting.board).as_bytes()),
            firmware_sha256: firmware.ok(),
        }
    }

    /// The request that asks this again. Paths of the journal are from `folder`.
    ///
    /// # Errors
    /// The field that makes no sense.
    pub fn request(&self, folder: &Path) -> Result<Request, &'static str> {
        let text = self.probe.as_deref();
        let probe = text.map(|text| text.parse().map_err(|_| "probe"));
        let shard = self.shard.as_deref().map(str::parse).transpose();
        let cell = self.cell.as_deref();
        let cell = cell.map(|name| power::find(name).ok_or("cell")).transpose();
        let here = |path: &PathBuf| folder.join(path);
        let metric = self.metric.as_deref();
        let metric = metric.map(|name| Metric::from_str(name, false).map_err(|_| "metric"));
        let labels = self.labels.as_ref().map(here).zip(metric.transpose()?);
        Ok(Request {
            board: self.board.clone(),
            power: self.power.clone(),
            on: match self.probe {
                Some(_) => On::Probe,
                None => On::Virtual,
            },
            probe: probe.transpose()?,
            what: What {
                workloads: self.workloads.clone(),
                suite: self.suite.clone(),
                from: self.from.clone(),
                models: self.models.iter().map(here).collect(),
                reference: self.reference.as_ref().map(here),
                inputs: self.inputs.as_ref().map(here),
                data: self.data.as_ref().map(here),
                steps: self.steps,
                labels,
                stream: self.stream.as_ref().map(here),
                runtimes: self.runtimes.clone(),
            },
            shard: shard.map_err(|_| "shard")?,
            runs: self.runs,
            vectors: match self.vectors {
                Vectors::Default => VectorCount::Default,
                Vectors::All => VectorCount::All,
                Vectors::Count(count) => VectorCount::Count(count),
            },
            timeout: self.timeout,
            profile: self.profile,
            duty_cycle: match (self.every, cell?) {
                (Some(every), cell) => Some(DutyCycle { every, cell }),
                (None, _) => None,
            },
            commit: self.commit.clone(),
        })
    }

    /// The fields in which two questions differ, by the names that a journal has.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let fields = |it: &Self| match serde_json::to_value(it) {
            Ok(Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let (mine, theirs) = (fields(self), fields(other));
        let names: BTreeSet<&String> = mine.keys().chain(theirs.keys()).collect();
        let differ = names
            .into_iter()
            .filter(|name| mine.get(*name) != theirs.get(*name));
        differ.cloned().collect()
    }
}
