//! What became of a step for the worse: it stays open until it is fixed, accepted or outdated.

use tinybench_analysis::config::Accepted;

use super::history::{Group, History, Series, State};

/// Fewest characters of a commit's id by which it may be named.
const LEAST_ID: usize = 7;

/// Marks the open steps that `accepted` names. Gives those that name none.
pub fn accept<'a>(history: &mut History, accepted: &'a [Accepted]) -> Vec<&'a Accepted> {
    let mut unused = Vec::new();
    let commits = &history.commits;
    for it in accepted {
        let is_named = |commit: usize| {
            let id = &commits[commit].id;
            *id == it.commit || (it.commit.len() >= LEAST_ID && id.starts_with(&it.commit))
        };
        let mut any = false;
        for group in &mut history.groups {
            let is_group = it
                .workload
                .as_ref()
                .is_none_or(|name| *name == group.workload);
            if !is_group {
                continue;
            }
            let series = group.series.iter_mut();
            for series in series.filter(|series| series.metric.slug == it.metric) {
                let steps = series.steps.iter_mut();
                for step in steps.filter(|step| is_named(step.commit) && step.state.is_some()) {
                    any = true;
                    if step.state == Some(State::Open) {
                        step.state = Some(State::Accepted(it.reason.clone()));
                    }
                }
            }
        }
        if !any {
            unused.push(it);
        }
    }
    unused
}

/// The state in words.
pub fn describe(history: &History, state: Option<&State>) -> String {
    let commit = |index: &usize| history.commits[*index].short().to_owned();
    match state {
        None => String::new(),
        Some(State::Open) => "open".to_owned(),
        Some(State::Fixed(at)) => format!("fixed at {}", commit(at)),
        Some(State::Accepted(reason)) => format!("accepted: {reason}"),
        Some(State::Outdated(at)) => format!("outdated: new baseline at {}", commit(at)),
    }
}

/// Whether a step of the series is open.
pub fn is_open(series: &Series) -> bool {
    let mut steps = series.steps.iter();
    steps.any(|step| step.state == Some(State::Open))
}

/// The open steps of headline metrics, the newest first.
pub fn open(history: &History) -> Vec<(&Group, &Series, &super::Step)> {
    let mut steps = history.steps();
    steps.retain(|(.., step)| step.state == Some(State::Open));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::history::tests::record;
    use crate::dashboard::status::verdict;
    use tinybench_analysis::compare::Gate;

    /// A history in which the commits take so many cycles, in thousands.
    fn history(cycles: &[u32]) -> History {
        let records: Vec<_> = cycles
            .iter()
            .enumerate()
            .map(|(number, cycles)| record(number, cycles * 1_000))
            .collect();
        History::new(&records, &Gate::default())
    }

    fn states(history: &History) -> Vec<Option<State>> {
        let series = &history.groups[0].series[0];
        assert_eq!(series.metric.slug, "latency");
        series.steps.iter().map(|step| step.state.clone()).collect()
    }

    #[test]
    fn a_step_stays_open_at_the_commits_after_it() {
        let still = history(&[1_000, 1_000, 2_400, 2_400, 2_400]);
        assert_eq!(states(&still), [Some(State::Open)]);
        assert_eq!(verdict(&still), ("1 regression".to_owned(), true));
    }

    #[test]
    fn a_step_is_fixed_when_the_level_is_back() {
        let fixed = history(&[1_000, 1_000, 2_400, 2_400, 1_001, 1_001]);
        assert_eq!(states(&fixed), [Some(State::Fixed(4)), None]);
        assert!(!verdict(&fixed).1);
        let half = history(&[1_000, 1_000, 2_400, 2_400, 1_700, 1_700]);
        assert_eq!(states(&half), [Some(State::Open), None]);
        // What comes back later is a step of its own.
        let again = history(&[1_000, 1_000, 2_400, 2_400, 1_000, 1_000, 2_000, 2_000]);
        assert_eq!(
            states(&again),
            [Some(State::Fixed(4)), None, Some(State::Open)]
        );
    }

    #[test]
    fn a_new_baseline_outdates_a_step() {
        let mut records: Vec<_> = [1_000, 1_000, 2_400, 2_400, 2_400]
            .iter()
            .enumerate()
            .map(|(number, cycles)| record(number, cycles * 1_000))
            .collect();
        let toolchain = records[4].toolchain.as_mut().unwrap();
        toolchain.rustc = "1.99.0".to_owned();
        let history = History::new(&records, &Gate::default());
        assert_eq!(states(&history), [Some(State::Outdated(4))]);
        assert!(!verdict(&history).1);
    }

    #[test]
    fn a_step_is_accepted_by_commit_and_metric() {
        let accepted = |commit: &str, metric: &str, workload: Option<&str>| Accepted {
            commit: commit.to_owned(),
            metric: metric.to_owned(),
            workload: workload.map(str::to_owned),
            reason: "larger windows".to_owned(),
        };
        let state = |accepted: Accepted| {
            let mut history = history(&[1_000, 1_000, 2_400, 2_400]);
            let accepted = [accepted];
            let unused = accept(&mut history, &accepted).len();
            (states(&history).remove(0).unwrap(), unused)
        };
        let id = format!("{:040x}", 2);
        let yes = State::Accepted("larger windows".to_owned());
        assert_eq!(state(accepted(&id, "latency", None)), (yes.clone(), 0));
        assert_eq!(
            state(accepted(&id, "latency", Some("kws"))),
            (yes.clone(), 0)
        );
        for other in [
            accepted(&id, "flash", None),
            accepted(&id, "latency", Some("vww")),
            accepted(&format!("{:040x}", 1), "latency", None),
            accepted("0", "latency", None),
        ] {
            assert_eq!(state(other), (State::Open, 1));
        }
        // By the beginning of its id, if that is long enough; here all begin alike.
        assert_eq!(state(accepted("0000000", "latency", None)), (yes, 0));
    }
}
