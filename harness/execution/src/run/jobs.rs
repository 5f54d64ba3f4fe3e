//! Taking the subjects of one or several runs: virtual boards side by side, each real probe with a queue
//! of its own. The order of what comes out doesn't depend on how many are at work.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tinybench_support::exit::Failure;
use tinybench_support::interrupt;
use tinybench_support::overall::Overall;
use tinybench_support::progress::Progress;

use super::ending::{self, Ending, SubjectFailed};
use super::journal::{Entry, Journal};
use super::planned::Planned;
use super::setting::Setting;
use super::subjects::Subjects;
use crate::target::select::Choice;

/// A board and what is measured on it.
pub struct Run<'a> {
    /// What it is called among several.
    pub label: String,
    /// The board.
    pub setting: Setting<'a>,
    /// The subjects.
    pub subjects: Subjects,
}

/// How subjects are taken.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many virtual boards run side by side.
    pub jobs: NonZeroUsize,
    /// Whether nothing is begun any more once a subject has failed.
    pub fail_fast: bool,
}

/// What came out.
pub struct Endings {
    /// Of each run, of each of its subjects; none of those that weren't begun.
    pub of_runs: Vec<Vec<Option<Ending>>>,
    /// The first failure in the order of the subjects, if there is one.
    pub failed: Option<SubjectFailed>,
}

impl Endings {
    /// How many subjects failed.
    pub fn failures(&self) -> usize {
        let all = self.of_runs.iter().flatten().flatten();
        all.filter(|ending| ending.failure().is_some()).count()
    }
}

/// A subject of a run, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Task {
    /// Its place among those of all runs.
    order: usize,
    run: usize,
    subject: usize,
}

/// What those at work share.
struct Shared<'a> {
    journal: &'a mut Journal,
    endings: Vec<Option<Ending>>,
    /// The first subject that failed, and why.
    failed: Option<(usize, SubjectFailed)>,
    /// What ends everything.
    fatal: Option<Failure>,
}

/// Measures what `kept` doesn't have yet, which comes from the journal, and keeps it there.
///
/// # Errors
/// What isn't one subject's: an interruption, a compiler that isn't there.
pub fn measure(
    runs: &[Run],
    pace: Pace,
    kept: Vec<Entry>,
    journal: &mut Journal,
    progress: &mut Progress,
) -> Result<Endings, Failure> {
    let tasks = tasks(runs);
    let endings = take_over(runs, &tasks, kept, progress);
    let failed = first_failure(&endings);
    let open = tasks.iter().filter(|task| endings[task.order].is_none());
    let mut queues: BTreeMap<Option<String>, Vec<Task>> = BTreeMap::new();
    for task in open {
        let probe = match &runs[task.run].setting.choice {
            Choice::Probe { selector, .. } => Some(selector.to_string()),
            Choice::Virtual(_) => None,
        };
        queues.entry(probe).or_default().push(*task);
    }
    if pace.jobs.get() > 1
        && !pace.fail_fast
        && let Some(tasks) = queues.get_mut(&None)
    {
        // The longest first, so that none is left alone at the end.
        let length = |it: &Task| runs[it.run].subjects.planned[it.subject].length();
        tasks.sort_by_cached_key(|it| Reverse(length(it)));
    }
    let done = endings.iter().flatten().count();
    let shared = Mutex::new(Shared {
        journal,
        endings,
        failed,
        fatal: None,
    });
    let work = Work {
        runs,
        total: tasks.len(),
        fail_fast: pace.fail_fast,
        shared: &shared,
    };
    let workers = |(probe, tasks): (&Option<String>, &Vec<Task>)| match probe {
        Some(_) => 1,
        None => pace.jobs.get().min(tasks.len()),
    };
    match queues.iter().map(workers).sum::<usize>() {
        0 => {}
        1 => {
            for tasks in queues.values() {
                work.one_by_one(tasks, progress);
            }
        }
        _ => {
            let overall = Arc::new(Overall::begin(tasks.len(), done));
            thread::scope(|scope| {
                let mut handles = Vec::new();
                for queue in &queues {
                    let next = Arc::new(AtomicUsize::new(0));
                    for _ in 0..workers(queue) {
                        let (next, overall, work) = (Arc::clone(&next), &overall, &work);
                        handles
                            .push(scope.spawn(move || work.beside_others(queue.1, &next, overall)));
                    }
                }
                for handle in handles {
                    if let Err(panicked) = handle.join() {
                        panic::resume_unwind(panicked);
                    }
                }
            });
        }
    }
    progress.end();
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(fatal) = shared.fatal {
        return Err(fatal);
    }
    interrupt::check()?;
    let mut endings = shared.endings;
    if let (true, Some((first, _))) = (pace.fail_fast, &shared.failed) {
        // Others may have come further; one at a time they wouldn't have.
        endings.truncate(first + 1);
        endings.resize(tasks.len(), None);
    }
    let mut endings = endings.into_iter();
    let of_runs = runs.iter().map(|run| {
        let count = run.subjects.planned.len();
        endings.by_ref().take(count).collect()
    });
    Ok(Endings {
        of_runs: of_runs.collect(),
        failed: shared.failed.map(|(_, failed)| failed),
    })
}

fn tasks(runs: &[Run]) -> Vec<Task> {
    let all = runs
        .iter()
        .enumerate()
        .flat_map(|(run, it)| (0..it.subjects.planned.len()).map(move |subject| (run, subject)));
    let tasks = all.enumerate().map(|(order, (run, subject))| Task {
        order,
        run,
        subject,
    });
    tasks.collect()
}

/// What the journal has of each task. A subject whose files have changed since is measured again.
fn take_over(
    runs: &[Run],
    tasks: &[Task],
    kept: Vec<Entry>,
    progress: &Progress,
) -> Vec<Option<Ending>> {
    let mut kept: HashMap<_, _> = kept
        .into_iter()
        .map(|it| {
            (
                (it.question, it.workload, it.runtime),
                (it.sha256, it.ending),
            )
        })
        .collect();
    let ending = |task: &Task| {
        let run = &runs[task.run];
        let planned = &run.subjects.planned[task.subject];
        let names = planned.names();
        let (sha256, ending) = kept.remove(&(task.run, names.workload, names.runtime))?;
        if sha256 != planned.fingerprint(&run.setting) {
            let name = &planned.name;
            progress.note(&format!(
                "{name}: its files have changed: it is measured again"
            ));
            return None;
        }
        Some(ending)
    };
    tasks.iter().map(ending).collect()
}

fn first_failure(endings: &[Option<Ending>]) -> Option<(usize, SubjectFailed)> {
    let failure =
        |ending: &Option<Ending>| Some(SubjectFailed::recorded(ending.as_ref()?.failure()?));
    let mut failures = endings.iter().map(failure).enumerate();
    failures.find_map(|(order, failed)| Some((order, failed?)))
}

/// What there is to do.
struct Work<'a, 'b> {
    runs: &'a [Run<'a>],
    total: usize,
    fail_fast: bool,
    shared: &'a Mutex<Shared<'b>>,
}

impl<'b> Work<'_, 'b> {
    fn shared(&self) -> MutexGuard<'_, Shared<'b>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn planned(&self, task: Task) -> (&Setting<'_>, &Planned) {
        let run = &self.runs[task.run];
        (&run.setting, &run.subjects.planned[task.subject])
    }

    /// Whether `task` isn't begun any more.
    fn is_over(&self, task: Task) -> bool {
        let shared = self.shared();
        let failed = shared.failed.as_ref();
        let behind = failed.is_some_and(|(first, _)| *first < task.order);
        shared.fatal.is_some() || self.fail_fast && behind
    }

    /// How `task` is called.
    fn name(&self, task: Task) -> String {
        let (_, planned) = self.planned(task);
        match self.runs {
            [_] => planned.name.clone(),
            runs => format!("{} on {}", planned.name, runs[task.run].label),
        }
    }

    /// Takes all tasks on this thread, with the progress of each.
    fn one_by_one(&self, tasks: &[Task], progress: &mut Progress) {
        for &task in tasks {
            if self.is_over(task) {
                break;
            }
            let name = self.name(task);
            progress.set_subject(&match self.total {
                1 => name,
                total => format!("{} of {total}, {name}", task.order + 1),
            });
            let problem = self.take(task, progress);
            progress.end();
            if let Some(problem) = problem
                && self.total > 1
            {
                progress.note(&format!("failed: {problem}"));
            }
        }
    }

    /// Takes tasks until there are none, beside others that do so.
    fn beside_others(&self, tasks: &[Task], next: &AtomicUsize, overall: &Arc<Overall>) {
        let mut progress = Progress::of(overall);
        while let Some(&task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            if self.is_over(task) {
                break;
            }
            let name = self.name(task);
            overall.start(&name);
            progress.set_subject(&name);
            let problem = self.take(task, &mut progress);
            overall.finish(&name, problem.as_deref());
        }
    }

    /// Measures one subject and keeps what came out. Returns what failed.
    fn take(&self, task: Task, progress: &mut Progress) -> Option<String> {
        let (setting, planned) = self.planned(task);
        // Of what it is made of now: what changes meanwhile is measured again.
        let sha256 = planned.fingerprint(setting);
        let (ending, failed) = match setting.outcome(planned, progress) {
            Ok(outcome) => (Ending::of_outcome(outcome), None),
            Err(error) if ending::is_of_all(&error) => {
                self.shared().fatal.get_or_insert(error);
                return None;
            }
            Err(error) => (
                Ending::of_failure(planned, &error),
                Some(SubjectFailed::now(&error)),
            ),
        };
        let entry = Entry {
            question: task.run,
            workload: planned.name.clone(),
            runtime: planned.runtime.name().to_owned(),
            sha256,
            ending: ending.clone(),
        };
        let mut shared = self.shared();
        let kept = shared.journal.keep(entry);
        shared.endings[task.order] = Some(ending);
        let problem = failed.as_ref().map(ToString::to_string);
        if let Some(failed) = failed {
            let first = shared
                .failed
                .as_ref()
                .map_or(usize::MAX, |(first, _)| *first);
            if task.order < first {
                shared.failed = Some((task.order, failed));
            }
        }
        match kept {
            Ok(()) => interrupt::set_farewell(shared.journal.farewell()),
            Err(error) => progress.note(&format!("no journal is kept any more: {error}")),
        }
        problem
    }
}
