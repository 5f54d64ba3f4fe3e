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
use crate::build::{self, Opt};
use crate::function;
use crate::power::metered::Metering;
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
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    names: Vec<String>,
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
    image: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    entry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    setup: Option<String>,
    /// A variable and a file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    result: Option<(String, PathBuf)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    shard: Option<String>,
    runs: u32,
    vectors: Vectors,
    timeout: Duration,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    layouts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    every: Option<Duration>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    cell: Option<String>,
    /// As `--power-meter` names it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    power_meter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    supply: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    windows: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    window: Option<Duration>,
    /// The folder of traces.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    traces: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    commit: Option<String>,
    #[serde(skip_serializing_if = "is_default", default)]
    opt: Opt,
    #[serde(skip_serializing_if = "is_default", default)]
    from_source: bool,
    #[serde(skip_serializing_if = "is_default", default)]
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

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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
            layouts,
            opt,
            from_source,
            profile,
            duty_cycle,
            metering,
            commit,
            ..
        } = setting.request;
        let metering = metering.as_ref();
        let probe = match &setting.choice {
            Choice::Probe { selector, .. } => Some(selector.to_string()),
            Choice::Virtual(_) => None,
        };
        let what = what.clone();
        let firmware =
            build::identity(setting.project.root(), setting.board.target(), *from_source);
        Self {
            board: board.clone(),
            power: power.clone(),
            probe,
            workloads: what.workloads,
            suite: what.suite,
            from: what.from,
            models: what.models,
            names: what.names,
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
            image: what.image,
            entry: what.function.as_ref().map(|it| it.entry.clone()),
            setup: what.function.as_ref().and_then(|it| it.setup.clone()),
            result: what.function.and_then(|it| it.result),
            shard: shard.map(|shard| shard.to_string()),
            runs: *runs,
            vectors: match vectors {
                VectorCount::Default => Vectors::Default,
                VectorCount::All => Vectors::All,
                VectorCount::Count(count) => Vectors::Count(*count),
            },
            timeout: *timeout,
            layouts: *layouts,
            every: duty_cycle.map(|it| it.every),
            cell: duty_cycle.and_then(|it| Some(it.cell?.to_string())),
            power_meter: metering.map(|it| it.meter.to_string()),
            supply: metering.map(|it| it.supply_v),
            windows: metering.map(|it| it.windows),
            window: metering.map(|it| it.window),
            traces: metering.map(|it| it.traces.clone()),
            commit: commit.clone(),
            opt: *opt,
            from_source: *from_source,
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
        let cell = cell
            .map(|name| power::find(name).map_err(|_| "cell"))
            .transpose();
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
                names: self.names.clone(),
                reference: self.reference.as_ref().map(here),
                inputs: self.inputs.as_ref().map(here),
                data: self.data.as_ref().map(here),
                steps: self.steps,
                labels,
                stream: self.stream.as_ref().map(here),
                runtimes: self.runtimes.clone(),
                image: self.image.as_ref().map(here),
                function: self.entry.as_ref().map(|entry| function::Asked {
                    entry: entry.clone(),
                    setup: self.setup.clone(),
                    result: (self.result.as_ref()).map(|(name, path)| (name.clone(), here(path))),
                }),
            },
            shard: shard.map_err(|_| "shard")?,
            runs: self.runs,
            vectors: match self.vectors {
                Vectors::Default => VectorCount::Default,
                Vectors::All => VectorCount::All,
                Vectors::Count(count) => VectorCount::Count(count),
            },
            timeout: self.timeout,
            layouts: self.layouts,
            opt: self.opt,
            from_source: self.from_source,
            profile: self.profile,
            duty_cycle: match (self.every, cell?) {
                (Some(every), cell) => Some(DutyCycle { every, cell }),
                (None, _) => None,
            },
            metering: self.metering(&here)?,
            commit: self.commit.clone(),
        })
    }

    /// Where its traces go, if an instrument measures energy.
    pub fn traces(&self) -> Option<&Path> {
        self.traces.as_deref()
    }

    /// How energy was to be measured. Paths of the journal are made by `here`.
    fn metering(
        &self,
        here: &dyn Fn(&PathBuf) -> PathBuf,
    ) -> Result<Option<Metering>, &'static str> {
        let Some(meter) = &self.power_meter else {
            return Ok(None);
        };
        Ok(Some(Metering {
            meter: meter.parse().map_err(|_| "power_meter")?,
            supply_v: self.supply.ok_or("supply")?,
            windows: self.windows.ok_or("windows")?,
            window: self.window.ok_or("window")?,
            traces: here(self.traces.as_ref().ok_or("traces")?),
        }))
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
