//! Options of a sweep: each one value, or a list of which every value is used.

use std::fmt::Display;
use std::time::Duration;

use serde::Deserialize;
use tinybench_inputs::subject::VectorCount;

use super::MAX_PARTS;
use crate::power::{self, DutyCycle, Fed};
use crate::run::limits::{self, MAX_INTERVAL, MAX_RUNS, MAX_TIMEOUT, RUNS};

/// One value or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Values<T> {
    One(T),
    Several(Vec<T>),
}

/// A number of vectors, or `all`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Vectors {
    Count(u32),
    Word(String),
}

/// What the file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileOptions {
    runs: Option<Values<u32>>,
    vectors: Option<Values<Vectors>>,
    power: Option<Values<String>>,
    every: Option<Values<String>>,
    cell: Option<Values<String>>,
    timeout: Option<String>,
}

/// One set of them.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// The options of which there are several values, with this set's.
    pub label: String,
    pub runs: u32,
    pub vectors: VectorCount,
    pub power: Option<String>,
    pub duty_cycle: Option<DutyCycle>,
    pub timeout: Duration,
}

/// An option's values, checked: each as it is shown, and what it is.
struct Choices<T> {
    name: &'static str,
    values: Vec<(String, T)>,
}

impl<T: Clone> Choices<T> {
    fn new<U: Display>(
        name: &'static str,
        given: Option<Values<U>>,
        default: T,
        check: impl Fn(&U) -> Result<T, String>,
    ) -> Result<Self, String> {
        let given = match given {
            None => {
                let values = vec![(String::new(), default)];
                return Ok(Self { name, values });
            }
            Some(Values::One(value)) => vec![value],
            Some(Values::Several(values)) => values,
        };
        let mut values: Vec<(String, T)> = Vec::new();
        for value in &given {
            let shown = value.to_string();
            if values.iter().any(|(it, _)| *it == shown) {
                return Err(format!("`{name}` has {shown} twice"));
            }
            let checked = check(value).map_err(|problem| format!("`{name}`: {problem}"))?;
            values.push((shown, checked));
        }
        if values.is_empty() {
            return Err(format!("`{name}` has no value"));
        }
        Ok(Self { name, values })
    }

    /// What a label says of one of them.
    fn label(&self, shown: &str) -> Option<String> {
        (self.values.len() > 1).then(|| format!("{} {shown}", self.name))
    }
}

impl Display for Vectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

fn vectors(value: &Vectors) -> Result<VectorCount, String> {
    match value {
        Vectors::Count(count) if *count > 0 => Ok(VectorCount::Count(*count as usize)),
        Vectors::Word(word) if word == "all" => Ok(VectorCount::All),
        _ => Err("it must be a number from 1 on, or \"all\"".to_owned()),
    }
}

fn runs(value: &u32) -> Result<u32, String> {
    match value {
        1..=MAX_RUNS => Ok(*value),
        _ => Err(format!("it must be from 1 to {MAX_RUNS}")),
    }
}

/// A time such as `100ms` or `5min`.
fn time(text: &str, longest: Duration) -> Result<Duration, String> {
    limits::time(text, longest).ok_or_else(|| {
        let days = longest.as_secs() / 86_400;
        format!("`{text}` is no time such as 100ms, 1s or 5min, up to {days} days")
    })
}

fn cell(text: &str) -> Result<Option<Fed>, String> {
    power::find(text)
        .map(Some)
        .map_err(|error| error.to_string())
}

impl Options {
    /// All sets, in the order of the values: the last option changes first.
    pub fn product(file: &FileOptions) -> Result<Vec<Self>, String> {
        let file = file.clone();
        let all_runs = Choices::new("runs", file.runs, RUNS, runs)?;
        let all_vectors = Choices::new("vectors", file.vectors, VectorCount::Default, vectors)?;
        let supplies = Choices::new("power", file.power, None, |name| Ok(Some(name.clone())))?;
        let with_cell = file.cell.is_some();
        let intervals = Choices::new("every", file.every, None, |text: &String| {
            time(text, MAX_INTERVAL).map(Some)
        })?;
        let cells = Choices::new("cell", file.cell, None, |name: &String| cell(name))?;
        let timeout = file.timeout.as_deref().unwrap_or(limits::TIMEOUT);
        let timeout = time(timeout, MAX_TIMEOUT).map_err(|it| format!("`timeout`: {it}"))?;
        if with_cell && intervals.values.iter().any(|(_, every)| every.is_none()) {
            return Err("`cell` needs `every`".to_owned());
        }
        let lengths = [
            all_runs.values.len(),
            all_vectors.values.len(),
            supplies.values.len(),
            intervals.values.len(),
            cells.values.len(),
        ];
        let count = lengths.into_iter().fold(1, usize::saturating_mul);
        if count > MAX_PARTS {
            return Err(format!(
                "`options` make {count} sets, and the limit is {MAX_PARTS}"
            ));
        }
        let mut sets = Vec::with_capacity(count);
        for (runs_shown, runs) in &all_runs.values {
            for (vectors_shown, vectors) in &all_vectors.values {
                for (power_shown, power) in &supplies.values {
                    for (every_shown, every) in &intervals.values {
                        for (cell_shown, cell) in &cells.values {
                            let label = [
                                all_runs.label(runs_shown),
                                all_vectors.label(vectors_shown),
                                supplies.label(power_shown),
                                intervals.label(every_shown),
                                cells.label(cell_shown),
                            ];
                            let label: Vec<_> = label.into_iter().flatten().collect();
                            sets.push(Self {
                                label: label.join(", "),
                                runs: *runs,
                                vectors: *vectors,
                                power: power.clone(),
                                duty_cycle: every.map(|every| DutyCycle { every, cell: *cell }),
                                timeout,
                            });
                        }
                    }
                }
            }
        }
        Ok(sets)
    }
}
