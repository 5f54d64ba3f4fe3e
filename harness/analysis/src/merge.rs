//! One record from those of parallel jobs.

use std::collections::{BTreeSet, HashMap};
use tinybench_support::exits_with;

use jiff::Timestamp;

use tinybench_record::reading::Loaded;
use tinybench_record::{Asked, Failure, RunRecord, RunResult, Shard};
use tinybench_support::printable::{printable, printable_path};

/// Records can't be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There are none.
    #[error("there is nothing to merge")]
    Nothing,
    /// They are of different runs.
    #[error(
        "{first} and {other} differ in `{field}`, so they are not parts of one run; keep them in \
         one folder instead, which compare, report and export take as well"
    )]
    Different {
        /// A file.
        first: String,
        /// Another file.
        other: String,
        /// The field that differs.
        field: &'static str,
    },
    /// A result or failure is in two of them.
    #[error("the workload `{workload}`{} is in {first} and in {other}", on_runtime(runtime.as_deref()))]
    Twice {
        /// The workload.
        workload: String,
        /// The runtime, where it was known.
        runtime: Option<String>,
        /// A file.
        first: String,
        /// Another file.
        other: String,
    },
    /// Some are shards and some aren't, or they are of different splits.
    #[error("{first} and {other} are not shards of the same run")]
    OtherSplit {
        /// A file.
        first: String,
        /// Another file.
        other: String,
    },
    /// A shard isn't there.
    #[error("not all of the {count} shards are there: {} missing", shards(missing))]
    Missing {
        /// Which.
        missing: Vec<u32>,
        /// Of how many.
        count: u32,
    },
    /// A shard is there, but has neither result nor failure of what it should have run.
    #[error("the shards lack the workload `{workload}` on the runtime `{runtime}`")]
    Incomplete {
        /// The workload.
        workload: String,
        /// The runtime.
        runtime: String,
    },
}

exits_with!(MergeError => Input);

fn on_runtime(name: Option<&str>) -> String {
    name.map_or(String::new(), |name| format!(" on the runtime `{name}`"))
}

fn shards(missing: &[u32]) -> String {
    let numbers: Vec<_> = missing.iter().map(u32::to_string).collect();
    match numbers.as_slice() {
        [one] => format!("shard {one}"),
        several => format!("shards {}", several.join(", ")),
    }
}

/// The record that one run of everything would have written, but for its time, which is that of the
/// first job.
///
/// Everything but the results and failures has to be equal, except for the probes, which are all
/// named. Shards (`run --shard`) have to be complete, and their results and failures get the order
/// of the whole run. Those of other records follow each other.
pub fn merge(records: &[Loaded]) -> Result<RunRecord, MergeError> {
    let first = records.first().ok_or(MergeError::Nothing)?;
    let mut merged = first.record.clone();
    let mut probes = BTreeSet::new();
    let mut from: HashMap<(String, Option<String>), &Loaded> = HashMap::new();
    merged.results.clear();
    merged.failures.clear();
    // A job in which everything failed may not know the toolchain.
    let mut with_results = records.iter().filter(|it| !it.record.results.is_empty());
    let reference = with_results.next().unwrap_or(first);
    merged.toolchain.clone_from(&reference.record.toolchain);
    for loaded in records {
        let record = &loaded.record;
        if let Some(field) = difference(&reference.record, record) {
            return Err(MergeError::Different {
                first: printable_path(&reference.path),
                other: printable_path(&loaded.path),
                field,
            });
        }
        if split(&first.record) != split(record) {
            return Err(MergeError::OtherSplit {
                first: printable_path(&first.path),
                other: printable_path(&loaded.path),
            });
        }
        probes.insert(record.execution.probe.as_str());
        if time(record) < time(&merged) {
            merged.started_at.clone_from(&record.started_at);
        }
        let results = record.results.iter();
        let results = results.map(|it| (&it.workload, Some(it.runtime.name.as_str())));
        let failures = record.failures.iter();
        let failures = failures.map(|it| (&it.workload, it.runtime_name()));
        for (workload, runtime) in results.chain(failures) {
            let key = (workload.clone(), runtime.map(str::to_owned));
            if let Some(before) = from.insert(key, loaded) {
                return Err(MergeError::Twice {
                    workload: printable(workload).into_owned(),
                    runtime: runtime.map(|it| printable(it).into_owned()),
                    first: printable_path(&before.path),
                    other: printable_path(&loaded.path),
                });
            }
        }
        merged.results.extend_from_slice(&record.results);
        merged.failures.extend_from_slice(&record.failures);
    }
    merged.asked = asked(records);
    merged.execution.probe = probes.into_iter().collect::<Vec<_>>().join(", ");
    if let Some(shard) = merged.shard.take() {
        check_complete(&shard, records)?;
        put_in_order(&shard, &mut merged)?;
    }
    Ok(merged)
}

/// The commands of all records, each once; that of shards is the command of the whole run. None if it
/// isn't known of all.
fn asked(records: &[Loaded]) -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    for Loaded { record, .. } in records {
        if record.asked.is_empty() {
            return Vec::new();
        }
        for asked in &record.asked {
            let asked = match record.shard {
                Some(_) => asked.clone().without("--shard"),
                None => asked.clone(),
            };
            if !all.contains(&asked) {
                all.push(asked);
            }
        }
    }
    all
}

/// The field in which two records differ that has to be equal.
fn difference(a: &RunRecord, b: &RunRecord) -> Option<&'static str> {
    let fields = [
        (a.tinybench != b.tinybench, "tinybench"),
        (a.board != b.board, "board"),
        (a.execution.kind != b.execution.kind, "execution.kind"),
        (a.execution.other != b.execution.other, "execution"),
        (toolchains_differ(a, b), "toolchain"),
        (a.other != b.other, "other fields"),
    ];
    fields
        .into_iter()
        .find_map(|(differs, field)| differs.then_some(field))
}

/// Whether what was built was built in different ways.
fn toolchains_differ(a: &RunRecord, b: &RunRecord) -> bool {
    let nothing_built =
        |record: &RunRecord| record.toolchain.is_none() && record.results.is_empty();
    a.toolchain != b.toolchain && !nothing_built(a) && !nothing_built(b)
}

/// What all shards of one run have in common.
fn split(record: &RunRecord) -> Option<(u32, &[tinybench_record::ShardSubject])> {
    let shard = record.shard.as_ref()?;
    Some((shard.count, &shard.subjects))
}

fn time(record: &RunRecord) -> Option<Timestamp> {
    record.started_at.parse().ok()
}

fn check_complete(shard: &Shard, records: &[Loaded]) -> Result<(), MergeError> {
    let there: BTreeSet<u32> = records
        .iter()
        .filter_map(|loaded| Some(loaded.record.shard.as_ref()?.index))
        .collect();
    // Shards without anything to do don't exist.
    let last = shard.count.min(shard.subjects.len() as u32);
    let missing: Vec<u32> = (1..=last).filter(|index| !there.contains(index)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(MergeError::Missing {
        missing,
        count: shard.count,
    })
}

/// Puts results and failures in the order of the whole run, of which none may be missing.
fn put_in_order(shard: &Shard, merged: &mut RunRecord) -> Result<(), MergeError> {
    let mut results = std::mem::take(&mut merged.results);
    let mut failures = std::mem::take(&mut merged.failures);
    for subject in &shard.subjects {
        let is_result = |result: &RunResult| {
            (&result.workload, &result.runtime.name) == (&subject.workload, &subject.runtime)
        };
        let is_failure = |failure: &Failure| {
            let runtime = failure.runtime_name();
            failure.workload == subject.workload
                && runtime.is_none_or(|runtime| runtime == subject.runtime)
        };
        if let Some(at) = results.iter().position(is_result) {
            merged.results.push(results.remove(at));
        } else if let Some(at) = failures.iter().position(is_failure) {
            merged.failures.push(failures.remove(at));
        } else {
            return Err(MergeError::Incomplete {
                workload: subject.workload.clone(),
                runtime: subject.runtime.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;
    use tinybench_record::{FailureKind, ShardSubject, shard};

    /// A record of a run of five workloads.
    fn whole() -> RunRecord {
        let mut record = example();
        let result = record.results.remove(0);
        for workload in ["vww", "ad", "kws", "ic", "sww"] {
            let mut result = result.clone();
            result.workload = workload.to_owned();
            record.results.push(result);
        }
        record
    }

    /// What shard `index` of `count` of that run writes.
    fn part(index: u32, count: u32) -> Loaded {
        let mut record = whole();
        record.started_at = format!("2026-01-02T04:0{index}:00Z");
        let part = format!("{index}/{count}").parse().unwrap();
        record.asked[0].option("--shard", part);
        (record.results, record.shard) =
            shard::select(Some(part), record.results, |result| ShardSubject {
                workload: result.workload.clone(),
                runtime: result.runtime.name.clone(),
            })
            .unwrap();
        Loaded {
            path: format!("{index}.json").into(),
            record,
        }
    }

    #[test]
    fn shards_in_any_order_make_the_record_of_one_run() {
        let merged = merge(&[part(3, 3), part(1, 3), part(2, 3)]).unwrap();
        let mut expected = whole();
        expected.started_at = "2026-01-02T04:01:00Z".to_owned();
        assert_eq!(merged, expected);
    }

    #[test]
    fn records_that_are_no_shards_are_asked_for_by_all_their_commands() {
        let alone = |workload: &str, knows: bool| {
            let mut record = example();
            record.results[0].workload = workload.to_owned();
            record.asked[0].option("--workload", workload);
            record.asked.truncate(knows.into());
            Loaded {
                path: format!("{workload}.json").into(),
                record,
            }
        };
        let merged = merge(&[alone("ad", true), alone("ic", true)]).unwrap();
        assert_eq!(merged.asked.len(), 2);
        let merged = merge(&[alone("ad", true), alone("ic", false)]).unwrap();
        assert_eq!(merged.asked, []);
    }

    /// The part in which `workload` failed.
    fn failing(mut part: Loaded, workload: &str) -> Loaded {
        let record = &mut part.record;
        let at = record.results.iter().position(|it| it.workload == workload);
        let result = record.results.remove(at.unwrap());
        let mut failure = Failure::new(workload, FailureKind::Timeout, "no answer", 6);
        failure.runtime = Some(result.runtime);
        record.failures.push(failure);
        part
    }

    #[test]
    fn what_failed_in_a_shard_failed_in_the_run() {
        let mut second = failing(failing(part(2, 2), "ic"), "ad");
        // Nothing was built there, so it doesn't say how.
        second.record.toolchain = None;
        let merged = merge(&[second, failing(part(1, 2), "sww")]).unwrap();
        let results: Vec<_> = merged
            .results
            .iter()
            .map(|it| it.workload.as_str())
            .collect();
        let failures: Vec<_> = merged
            .failures
            .iter()
            .map(|it| it.workload.as_str())
            .collect();
        assert_eq!(
            (results, failures),
            (vec!["vww", "kws"], vec!["ad", "ic", "sww"])
        );
        assert_eq!(merged.toolchain, whole().toolchain);
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let mut other_board = part(2, 2);
        other_board.record.board.clock_hz = 1_000_000;
        let mut lacking = part(2, 2);
        lacking.record.results.pop();
        let plain = Loaded {
            path: "plain.json".into(),
            record: whole(),
        };
        let mut second = plain.clone();
        second.path = "second.json".into();
        let texts: Vec<_> = [
            &[][..],
            &[part(1, 3), part(3, 3)],
            &[part(1, 4)],
            &[part(1, 2), part(1, 2)],
            &[part(1, 2), part(2, 3)],
            &[part(1, 2), plain.clone()],
            &[part(1, 2), other_board],
            &[part(1, 2), lacking],
            &[plain, second],
            &[failing(part(1, 2), "vww"), failing(part(1, 2), "vww")],
        ]
        .iter()
        .map(|records| merge(records).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn records_of_several_probes_name_them_all() {
        let mut one = part(1, 2);
        let mut two = part(2, 2);
        one.record.execution.probe = "J-Link 2".to_owned();
        two.record.execution.probe = "J-Link 1".to_owned();
        assert_eq!(
            merge(&[one, two]).unwrap().execution.probe,
            "J-Link 1, J-Link 2"
        );
    }
}
