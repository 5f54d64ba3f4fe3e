//! Records in the order of their commits, and the steps in what they say.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::commits::{Commit, commits, id_of, time};
use super::failures::{self, ByKey, Failed, MODELLED};
use super::reports::Sides;

use tinybench_analysis::compare::{Aspect, Context, Gate, OperatorChanges, operator_changes};
use tinybench_analysis::metrics::{Direction, METRICS, Metric, Rank, Unit, energy_follows_latency};
use tinybench_analysis::{quality, reference, stated_error, statistics};
use tinybench_record::{ExecutionKind, Fidelity, Profile, RunRecord, RunResult};

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The figure is still on a worse level than before it.
    Open,
    /// It came back to the level before, at the commit of this index.
    Fixed(usize),
    /// The project has accepted it, for this reason.
    Accepted(String),
    /// A new baseline began at the commit of this index, so that nobody can tell.
    Outdated(usize),
}

/// A value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Index of the commit.
    pub commit: usize,
    /// The value, in the metric's unit.
    pub value: f64,
    /// Whether it is modelled.
    pub is_modelled: bool,
}

/// A stretch of a series on one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Index of its first commit.
    pub from: usize,
    /// Index of its last commit.
    pub to: usize,
    /// The level.
    pub level: f64,
}

/// A change of level inside of one context.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Index of the first commit on the new level.
    pub commit: usize,
    /// Index of the commit measured before that.
    pub previous: usize,
    /// The level before.
    pub before: f64,
    /// The level since.
    pub after: f64,
    /// Whether the new level is worse.
    pub is_worse: bool,
    /// What became of it; none if it was for the better.
    pub state: Option<State>,
}

impl Step {
    /// The change in percent of the level before, as text.
    pub fn size(&self) -> String {
        if self.before == 0.0 {
            return "from 0".to_owned();
        }
        let percent = (self.after / self.before - 1.0) * 100.0;
        // Small changes of exact figures are steps too: 4 bytes shall not be +0.0 %.
        if percent.abs() < 0.05 {
            format!("{percent:+.4} %")
        } else {
            format!("{percent:+.1} %")
        }
    }
}

/// The history of one metric of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The metric.
    pub metric: &'static Metric,
    /// The unit in which its values are shown.
    pub unit: Unit,
    /// Its values, in order of commits.
    pub samples: Vec<Sample>,
    /// Its levels.
    pub stretches: Vec<Stretch>,
    /// Where the level changed.
    pub steps: Vec<Step>,
    /// Changes up to this share are noise.
    pub floor: f64,
}

impl Series {
    /// Whether every commit has the same value.
    pub fn is_constant(&self) -> bool {
        self.samples
            .windows(2)
            .all(|pair| pair[0].value == pair[1].value)
    }
}

/// From a commit on results were obtained in another way, and have a new baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextChange {
    /// Index of the first commit that was measured in the new way.
    pub commit: usize,
    /// What changed, and from what to what.
    pub changes: Vec<(Aspect, String, String)>,
}

impl ContextChange {
    /// What changed, in a line.
    pub fn describe(&self) -> String {
        let texts: Vec<_> = self
            .changes
            .iter()
            .map(|(aspect, from, to)| format!("{aspect}: {from} → {to}"))
            .collect();
        texts.join("; ")
    }
}

/// Everything about one workload on one runtime and board.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The board; a virtual one says so.
    pub board: String,
    /// The workload.
    pub workload: String,
    /// The runtime.
    pub runtime: String,
    /// A series a metric that has values.
    pub series: Vec<Series>,
    /// Where the context changed.
    pub context_changes: Vec<ContextChange>,
    /// Index of the last commit that was measured.
    pub last: usize,
    /// Whether the outputs of that commit were verified.
    pub is_verified: bool,
    /// The same in words, with how closely they agree with the reference.
    pub verdict: String,
    /// How good the answers were there, with how sure that is.
    pub quality: Option<String>,
    /// Which operators make up its steps of latency, where both sides were profiled: with the commit,
    /// the oldest first.
    pub operators: Vec<(usize, OperatorChanges)>,
    /// The profile of the last commit, if it has one.
    pub profile: Option<Profile>,
    /// Both sides of each step of a headline figure, the oldest first.
    pub sides: Vec<Sides>,
}

impl Group {
    /// Its name for people.
    pub fn title(&self) -> String {
        format!("{} on {}, {}", self.workload, self.board, self.runtime)
    }

    /// The series that stand for the group.
    pub fn headline(&self) -> impl Iterator<Item = &Series> {
        self.series
            .iter()
            .filter(|series| series.metric.rank == Rank::Headline)
    }
}

/// All records of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The commits, the oldest first.
    pub commits: Vec<Commit>,
    /// The groups, by name.
    pub groups: Vec<Group>,
    /// What failed, the newest commit first.
    pub failures: Vec<Failed>,
    /// How many records there are.
    pub records: usize,
    /// How far off modelled cycles of the last results are, in words.
    pub stated_error: String,
}

/// What makes a group: figures of different boards, or modelled and measured ones, never share a
/// series.
type Key = (String, String, String);

/// The results of a group, by index of the commit.
type Results<'a> = BTreeMap<usize, (&'a RunRecord, &'a RunResult)>;

impl History {
    /// Whether any figure is modelled.
    pub fn is_modelled(&self) -> bool {
        self.groups
            .iter()
            .flat_map(|group| &group.series)
            .any(|series| series.samples.iter().any(|sample| sample.is_modelled))
    }

    /// The history that `records` tell. Where a commit was measured several times, the last run
    /// counts; of those that began at the same time, the last in `records`. What is noise, `gate` says.
    pub fn new(records: &[RunRecord], gate: &Gate) -> Self {
        let mut by_start: Vec<(Timestamp, &RunRecord)> = records
            .iter()
            .map(|record| (time(&record.started_at).unwrap_or_default(), record))
            .collect();
        by_start.sort_by_key(|(started, _)| *started);
        let commits = commits(&by_start);
        let index: HashMap<&str, usize> = commits
            .iter()
            .enumerate()
            .map(|(index, commit)| (commit.id.as_str(), index))
            .collect();
        let mut groups: BTreeMap<Key, Results> = BTreeMap::new();
        let mut failed = ByKey::new();
        for (_, record) in &by_start {
            let Some(&commit) = index.get(id_of(record)) else {
                continue;
            };
            // The last run of a commit counts, whether it gave a result or failed.
            for result in &record.results {
                let key = key(record, result);
                for (failed, at) in &mut failed {
                    if failures::covers(failed, names(&key)) {
                        at.remove(&commit);
                    }
                }
                groups
                    .entry(key)
                    .or_default()
                    .insert(commit, (record, result));
            }
            for failure in &record.failures {
                let key = failures::Key::of(record, failure);
                for (group, results) in &mut groups {
                    if failures::covers(&key, names(group)) {
                        results.remove(&commit);
                    }
                }
                failed.entry(key).or_default().insert(commit, failure);
            }
        }
        let last_measured = |failed: &failures::Key| {
            let covered = groups
                .iter()
                .filter(|(key, _)| failures::covers(failed, names(key)));
            covered
                .filter_map(|(_, results)| results.keys().last())
                .copied()
                .max()
        };
        Self {
            failures: failures::failed(&failed, last_measured),
            stated_error: stated_error::sentences(
                groups
                    .values()
                    .filter_map(|results| results.last_key_value())
                    .map(|(_, (_, result))| *result),
            ),
            groups: groups
                .into_iter()
                .filter_map(|(key, results)| group(key, &results, gate))
                .collect(),
            commits,
            records: records.len(),
        }
    }

    /// What failed when it was last run.
    pub fn current_failures(&self) -> impl Iterator<Item = &Failed> {
        self.failures.iter().filter(|failed| failed.is_current)
    }

    /// What failed of a group, the newest commit first.
    pub fn failures_of<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = &'a Failed> {
        let names = (
            group.board.as_str(),
            group.workload.as_str(),
            group.runtime.as_str(),
        );
        self.failures.iter().filter(move |failed| {
            let key = failures::Key {
                board: failed.board.clone(),
                workload: failed.workload.clone(),
                runtime: failed.runtime.clone(),
            };
            failures::covers(&key, names)
        })
    }

    /// All steps of headline metrics with their group and series, the newest commit first.
    pub fn steps(&self) -> Vec<(&Group, &Series, &Step)> {
        let mut steps: Vec<_> = self
            .groups
            .iter()
            .flat_map(|group| group.headline().map(move |series| (group, series)))
            .flat_map(|(group, series)| series.steps.iter().map(move |step| (group, series, step)))
            .collect();
        steps.sort_by_key(|(.., step)| std::cmp::Reverse(step.commit));
        steps
    }
}

fn names((board, workload, runtime): &Key) -> (&str, &str, &str) {
    (board, workload, runtime)
}

fn key(record: &RunRecord, result: &RunResult) -> Key {
    let board = &record.board.name;
    let modelled = result.latency.fidelity == Fidelity::Modelled;
    let board = match record.execution.kind {
        ExecutionKind::Virtual => format!("virtual {board}"),
        ExecutionKind::Probe if modelled => format!("{board}{MODELLED}"),
        ExecutionKind::Probe => board.clone(),
    };
    (board, result.workload.clone(), result.runtime.name.clone())
}

fn group((board, workload, runtime): Key, results: &Results, gate: &Gate) -> Option<Group> {
    let (&last, (_, last_result)) = results.last_key_value()?;
    let mut context_changes = Vec::new();
    let mut previous: Option<Context> = None;
    for (&commit, (record, result)) in results {
        let context = Context::of(record, result);
        if let Some(previous) = &previous {
            let changes: Vec<_> = previous
                .differences(&context)
                .into_iter()
                .map(|aspect| {
                    let text = |context: &Context| context.get(aspect).to_owned();
                    (aspect, text(previous), text(&context))
                })
                .collect();
            if !changes.is_empty() {
                context_changes.push(ContextChange { commit, changes });
            }
        }
        previous = Some(context);
    }
    let starts: Vec<usize> = context_changes.iter().map(|change| change.commit).collect();
    let of_latency = energy_follows_latency(results.values().map(|(_, result)| *result));
    let series = METRICS.iter().filter_map(|metric| {
        let mut is_exact = true;
        let samples: Vec<Sample> = results
            .iter()
            .filter_map(|(&commit, (record, result))| {
                let reading = metric.read(&record.board, result)?;
                is_exact &= reading.fidelity.is_none();
                Some(Sample {
                    commit,
                    value: reading.value,
                    is_modelled: reading.is_modelled(),
                })
            })
            .collect();
        let floor = if is_exact {
            0.0
        } else {
            gate.floor(metric, true, results.values().map(|(_, result)| *result))
        };
        let unit = metric.unit_in(last_result);
        let mut series =
            (!samples.is_empty()).then(|| series(metric, unit, samples, floor, &starts))?;
        if metric.slug == "energy" && of_latency {
            // Its steps are those of the latency.
            series.steps.clear();
        }
        Some(series)
    });
    let series: Vec<Series> = series.collect();
    Some(Group {
        operators: operators(&series, results),
        sides: sides(&series, results),
        profile: last_result.profile.clone(),
        series,
        board,
        workload,
        runtime,
        context_changes,
        last,
        quality: last_result.quality.as_ref().map(quality::figure),
        is_verified: last_result
            .outputs
            .as_ref()
            .is_none_or(|outputs| outputs.verified),
        verdict: last_result
            .outputs
            .as_ref()
            .map_or("not compared".to_owned(), reference::verdict),
    })
}

/// What was run on both sides of the steps of headline figures, each commit once.
fn sides(series: &[Series], results: &Results) -> Vec<Sides> {
    let shown = series.iter().filter(|it| it.metric.rank == Rank::Headline);
    let steps: BTreeMap<usize, usize> = shown
        .flat_map(|series| &series.steps)
        .map(|step| (step.commit, step.previous))
        .collect();
    let sides = steps.into_iter().filter_map(|(commit, previous)| {
        let (before, after) = (results.get(&previous)?, results.get(&commit)?);
        Some(Sides::new((previous, *before), (commit, *after)))
    });
    sides.collect()
}

/// Which operators make up the steps of latency.
fn operators(series: &[Series], results: &Results) -> Vec<(usize, OperatorChanges)> {
    let latency = series
        .iter()
        .filter(|series| series.metric.slug == "latency");
    let steps = latency.flat_map(|series| &series.steps);
    let changes = steps.filter_map(|step| {
        let profile = |commit| results.get(commit)?.1.profile.as_ref();
        let (before, after) = (profile(&step.previous)?, profile(&step.commit)?);
        Some((step.commit, operator_changes(before, after)))
    });
    changes.collect()
}

/// Finds levels and steps, anew in each context: the first commit of one is in `starts`.
fn series(
    metric: &'static Metric,
    unit: Unit,
    samples: Vec<Sample>,
    floor: f64,
    starts: &[usize],
) -> Series {
    let (mut stretches, mut steps) = (Vec::new(), Vec::<Step>::new());
    if metric.rank == Rank::View {
        // Its steps are those of the figure that it is a view of.
        return Series {
            metric,
            unit,
            samples,
            stretches,
            steps,
            floor,
        };
    }
    let context_of = |sample: &Sample| starts.partition_point(|&start| start <= sample.commit);
    for part in samples.chunk_by(|one, other| context_of(one) == context_of(other)) {
        let values: Vec<f64> = part.iter().map(|sample| sample.value).collect();
        let segments = statistics::segments(&values, floor);
        stretches.extend(segments.iter().map(|segment| Stretch {
            from: part[segment.start].commit,
            to: part[segment.end - 1].commit,
            level: segment.level,
        }));
        let has_new_baseline = starts.iter().find(|start| {
            let last = part.last().map_or(0, |sample| sample.commit);
            **start > last
        });
        let is_back = |level: f64, before: f64| match metric.direction {
            Direction::SmallerIsBetter => level <= before * (1.0 + floor),
            Direction::BiggerIsBetter => level >= before / (1.0 + floor),
        };
        for step in statistics::steps(&values, floor) {
            let rises = step.after > step.before;
            let is_worse = rises == (metric.direction == Direction::SmallerIsBetter);
            let mut later = segments.iter().filter(|segment| segment.start > step.at);
            let fixed = later.find(|segment| is_back(segment.level, step.before));
            let state = match (fixed, has_new_baseline) {
                (Some(segment), _) => State::Fixed(part[segment.start].commit),
                (None, Some(&start)) => State::Outdated(start),
                (None, None) => State::Open,
            };
            steps.push(Step {
                state: is_worse.then_some(state),
                commit: part[step.at].commit,
                previous: part[step.at - 1].commit,
                before: step.before,
                after: step.after,
                is_worse,
            });
        }
    }
    Series {
        metric,
        unit,
        samples,
        stretches,
        steps,
        floor,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use tinybench_record as record;
    use tinybench_record::example::example;

    /// A record of commit `number` whose inference takes `cycles`.
    pub(crate) fn record(number: usize, cycles: u32) -> RunRecord {
        let mut record = example();
        let day = 1 + number % 28;
        let month = 1 + number / 28;
        record.started_at = format!("2026-{month:02}-{day:02}T12:00:00Z");
        record.commit = Some(record::Commit {
            id: format!("{number:040x}"),
            time: Some(format!("2026-{month:02}-{day:02}T10:00:00Z")),
            release: None,
            url: Some(format!("https://example.org/{number}")),
            other: Default::default(),
        });
        let latency = &mut record.results[0].latency;
        latency.cycles = vec![cycles; 3];
        (latency.min_cycles, latency.max_cycles) = (cycles, cycles);
        latency.median_cycles = cycles.into();
        latency.median_us = f64::from(cycles) / 64.0;
        record
    }

    fn latency(history: &History) -> &Series {
        let series = &history.groups[0].series[0];
        assert_eq!(series.metric.slug, "latency");
        series
    }

    #[test]
    fn a_step_is_found_at_its_commit() {
        let records: Vec<_> = (0..30)
            .map(|n| record(n, if n < 20 { 1_000_000 } else { 1_300_000 }))
            .rev()
            .collect();
        let history = History::new(&records, &Gate::default());
        assert_eq!(history.commits.len(), 30);
        let steps = &latency(&history).steps;
        assert_eq!(steps.len(), 1);
        assert_eq!((steps[0].commit, steps[0].previous), (20, 19));
        assert!(steps[0].is_worse);
        assert_eq!(steps[0].size(), "+30.0 %");
    }

    #[test]
    fn another_compiler_is_a_new_baseline_and_no_step() {
        let records: Vec<_> = (0..30)
            .map(|n| {
                let mut record = record(n, if n < 20 { 1_000_000 } else { 1_300_000 });
                if n >= 20 {
                    record.toolchain.as_mut().unwrap().rustc = "1.99.0".to_owned();
                }
                record
            })
            .collect();
        let history = History::new(&records, &Gate::default());
        assert_eq!(latency(&history).steps, []);
        assert_eq!(latency(&history).stretches.len(), 2);
        let changes = &history.groups[0].context_changes;
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].commit, 20);
        assert!(changes[0].describe().contains("1.99.0"), "{changes:?}");
    }

    #[test]
    fn virtual_and_real_boards_have_series_of_their_own() {
        let mut real = record(1, 2_000_000);
        real.execution.kind = ExecutionKind::Probe;
        real.results[0].latency.fidelity = Fidelity::Measured;
        let history = History::new(&[record(0, 1_000_000), real], &Gate::default());
        let boards: Vec<_> = history.groups.iter().map(|group| &group.board).collect();
        assert_eq!(boards, ["nano33", "virtual nano33"]);
    }

    #[test]
    fn the_last_run_of_a_commit_counts() {
        let mut again = record(0, 900_000);
        again.started_at = "2026-01-01T13:00:00Z".to_owned();
        let history = History::new(&[again, record(0, 1_000_000)], &Gate::default());
        assert_eq!(latency(&history).samples.len(), 1);
        assert_eq!(latency(&history).samples[0].value, 900_000.0 / 64.0);
    }

    #[test]
    fn a_record_without_a_commit_goes_by_its_time() {
        let mut record = record(0, 1_000_000);
        record.commit = None;
        let history = History::new(&[record.clone()], &Gate::default());
        assert_eq!(history.commits[0].id, "2026-01-01T12:00:00Z");
        record.tinybench.commit = Some("abc".to_owned());
        assert_eq!(
            History::new(&[record], &Gate::default()).commits[0].id,
            "abc"
        );
    }
}
