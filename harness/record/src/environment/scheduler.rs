//! Which part of a run a job is to do, by what its scheduler says in the environment.

use std::fmt;

use tinybench_support::exits_with;
use tinybench_support::printable::printable;

use crate::shard::Part;

/// Number of a job from 0, handed over by who starts it: of a GitHub matrix `strategy.job-index`.
const JOB_INDEX: &str = "TINYBENCH_JOB_INDEX";
/// How many jobs there are, handed over: of a GitHub matrix `strategy.job-total`, of a Kubernetes
/// job its `completions`.
const JOB_TOTAL: &str = "TINYBENCH_JOB_TOTAL";

/// What runs the parts of a run side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// An array of Slurm jobs.
    Slurm,
    /// An indexed job of Kubernetes.
    Kubernetes,
    /// A job of GitLab with `parallel`.
    GitLab,
    /// A step of Buildkite with `parallelism`.
    Buildkite,
    /// Anything that hands over number and count, such as a GitHub matrix.
    HandedOver,
}

impl Scheduler {
    const ALL: [Self; 5] = [
        Self::Slurm,
        Self::Kubernetes,
        Self::GitLab,
        Self::Buildkite,
        Self::HandedOver,
    ];

    /// The variable that says which job this is. Without it a job isn't one of several.
    fn index(self) -> &'static str {
        match self {
            Self::Slurm => "SLURM_ARRAY_TASK_ID",
            Self::Kubernetes => "JOB_COMPLETION_INDEX",
            Self::GitLab => "CI_NODE_INDEX",
            Self::Buildkite => "BUILDKITE_PARALLEL_JOB",
            Self::HandedOver => JOB_INDEX,
        }
    }

    /// The variable that says how many jobs there are.
    fn count(self) -> &'static str {
        match self {
            Self::Slurm => "SLURM_ARRAY_TASK_COUNT",
            Self::GitLab => "CI_NODE_TOTAL",
            Self::Buildkite => "BUILDKITE_PARALLEL_JOB_COUNT",
            Self::Kubernetes | Self::HandedOver => JOB_TOTAL,
        }
    }

    /// The index of the first job.
    fn first(self) -> u32 {
        u32::from(self == Self::GitLab)
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slurm => "the Slurm array",
            Self::Kubernetes => "the Kubernetes job",
            Self::GitLab => "GitLab",
            Self::Buildkite => "Buildkite",
            Self::HandedOver => "TINYBENCH_JOB_INDEX",
        })
    }
}

/// The part that a scheduler gives to this job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The part.
    pub part: Part,
    /// Who says so.
    pub scheduler: Scheduler,
}

/// The environment doesn't say which part to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// No scheduler says anything.
    #[error(
        "--shard auto finds none of {}: this is no job of an array, a matrix or an indexed job; \
         say which part with --shard I/N, or hand over {JOB_INDEX} (from 0) and {JOB_TOTAL}",
        Scheduler::ALL.map(Scheduler::index).join(", ")
    )]
    None,
    /// A variable is missing.
    #[error("--shard auto finds {there}, but not {missing}, which says {what}; set it")]
    Missing {
        /// What is there.
        there: &'static str,
        /// What is missing.
        missing: &'static str,
        /// What that says.
        what: &'static str,
    },
    /// A variable isn't a number.
    #[error(
        "--shard auto: {name} is `{}`, not a number from {least} on",
        printable(value)
    )]
    Value {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
        /// The least that it can say.
        least: u32,
    },
    /// The number of the job isn't among those that there are.
    #[error(
        "--shard auto: {name} is {index}, but {of} is {count}, so that it must be from {first} to \
         {last}"
    )]
    Beyond {
        /// The variable with the number.
        name: &'static str,
        /// The number.
        index: u32,
        /// The variable with the count.
        of: &'static str,
        /// How many there are.
        count: u32,
        /// The number of the first.
        first: u32,
        /// The number of the last.
        last: u32,
    },
    /// The numbers of the array leave some out, so a task's place among them can't be told.
    #[error(
        "--shard auto: the tasks of the Slurm array are not evenly numbered (task {id}, {count} \
         tasks from {min} to {max} in steps of {step}); use --array=1-{count}"
    )]
    Uneven {
        /// Number of this task.
        id: u32,
        /// How many there are.
        count: u32,
        /// The least number.
        min: u32,
        /// The largest.
        max: u32,
        /// The distance between two.
        step: u32,
    },
    /// Two schedulers say different things.
    #[error(
        "--shard auto: {} says shard {}, {} says shard {}; say which with --shard I/N",
        one.scheduler, one.part, other.scheduler, other.part
    )]
    Contradiction {
        /// What one says.
        one: Share,
        /// What another says.
        other: Share,
    },
}

exits_with!(ShareError => Usage);

/// The part that the environment gives to this job. `variable` reads an environment variable.
///
/// # Errors
/// If no scheduler, or two different ones say which part it is, or one says nonsense.
pub fn share(variable: impl Fn(&str) -> Option<String>) -> Result<Share, ShareError> {
    let mut found: Option<Share> = None;
    for scheduler in Scheduler::ALL {
        // GitLab tells a count of 1 to jobs that aren't parallel.
        let Some(index) = variable(scheduler.index()) else {
            continue;
        };
        let part = match scheduler {
            Scheduler::Slurm => slurm(&variable, &index)?,
            other => numbered(&variable, other, &index)?,
        };
        let share = Share { part, scheduler };
        match found {
            Some(one) if one.part != part => {
                return Err(ShareError::Contradiction { one, other: share });
            }
            Some(_) => {}
            None => found = Some(share),
        }
    }
    found.ok_or(ShareError::None)
}

/// A task of an array `MIN-MAX:STEP`.
fn slurm(variable: &impl Fn(&str) -> Option<String>, id: &str) -> Result<Part, ShareError> {
    let [index, of] = [Scheduler::Slurm.index(), Scheduler::Slurm.count()];
    let read = |name, least, what| needed(variable, index, name, least, what);
    let id = number(index, id, 0)?;
    let count = read(of, 1, "how many tasks there are")?;
    let min = read("SLURM_ARRAY_TASK_MIN", 0, "the number of the first task")?;
    let max = read("SLURM_ARRAY_TASK_MAX", 0, "the number of the last task")?;
    let step = read("SLURM_ARRAY_TASK_STEP", 1, "the distance between tasks")?;
    let uneven = ShareError::Uneven {
        id,
        count,
        min,
        max,
        step,
    };
    let place = |number: u32| {
        let distance = number.checked_sub(min)?;
        (distance % step == 0).then_some(distance / step)
    };
    if place(max) != Some(count - 1) {
        return Err(uneven);
    }
    let part = place(id).and_then(|place| Part::new(place.checked_add(1)?, count));
    part.ok_or(uneven)
}

/// One of several jobs that are numbered one after the other.
fn numbered(
    variable: &impl Fn(&str) -> Option<String>,
    scheduler: Scheduler,
    index: &str,
) -> Result<Part, ShareError> {
    let (name, of) = (scheduler.index(), scheduler.count());
    let first = scheduler.first();
    let index = number(name, index, first)?;
    let count = needed(variable, name, of, 1, "how many jobs there are")?;
    let part = (index - first)
        .checked_add(1)
        .and_then(|place| Part::new(place, count));
    part.ok_or(ShareError::Beyond {
        name,
        index,
        of,
        count,
        first,
        last: count - 1 + first,
    })
}

fn needed(
    variable: &impl Fn(&str) -> Option<String>,
    there: &'static str,
    name: &'static str,
    least: u32,
    what: &'static str,
) -> Result<u32, ShareError> {
    let value = variable(name).ok_or(ShareError::Missing {
        there,
        missing: name,
        what,
    })?;
    number(name, &value, least)
}

fn number(name: &'static str, value: &str, least: u32) -> Result<u32, ShareError> {
    let number = value.parse().ok().filter(|&number| number >= least);
    number.ok_or_else(|| ShareError::Value {
        name,
        value: value.chars().take(40).collect(),
        least,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken from an environment of `NAME=VALUE`s.
    fn told(environment: &str) -> Result<Share, ShareError> {
        share(|name| {
            let mut pairs = environment
                .split(' ')
                .filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(found, _)| *found == name)?;
            Some(value.to_owned())
        })
    }

    fn slurm(id: &str, count: u32, min: u32, max: u32, step: u32) -> String {
        format!(
            "SLURM_ARRAY_TASK_ID={id} SLURM_ARRAY_TASK_COUNT={count} SLURM_ARRAY_TASK_MIN={min} \
             SLURM_ARRAY_TASK_MAX={max} SLURM_ARRAY_TASK_STEP={step}"
        )
    }

    #[test]
    fn each_scheduler_gives_a_part() {
        for (environment, expected) in [
            (slurm("1", 4, 1, 4, 1).as_str(), "1/4 Slurm"),
            (&slurm("0", 3, 0, 2, 1), "1/3 Slurm"),
            (&slurm("15", 3, 5, 15, 5), "3/3 Slurm"),
            (
                "JOB_COMPLETION_INDEX=0 TINYBENCH_JOB_TOTAL=8",
                "1/8 Kubernetes",
            ),
            (
                "JOB_COMPLETION_INDEX=7 TINYBENCH_JOB_TOTAL=8",
                "8/8 Kubernetes",
            ),
            ("CI_NODE_INDEX=1 CI_NODE_TOTAL=5", "1/5 GitLab"),
            ("CI_NODE_INDEX=5 CI_NODE_TOTAL=5", "5/5 GitLab"),
            (
                "BUILDKITE_PARALLEL_JOB=1 BUILDKITE_PARALLEL_JOB_COUNT=2",
                "2/2 Buildkite",
            ),
            (
                "TINYBENCH_JOB_INDEX=2 TINYBENCH_JOB_TOTAL=3",
                "3/3 HandedOver",
            ),
            // Both say the same.
            (
                "BUILDKITE_PARALLEL_JOB=1 BUILDKITE_PARALLEL_JOB_COUNT=2 TINYBENCH_JOB_INDEX=1 \
                 TINYBENCH_JOB_TOTAL=2",
                "2/2 Buildkite",
            ),
        ] {
            let Share { part, scheduler } = told(environment).unwrap();
            assert_eq!(format!("{part} {scheduler:?}"), expected, "{environment}");
        }
    }

    #[test]
    fn contradictions_and_nonsense_are_told() {
        let texts: Vec<_> = [
            "",
            "CI_NODE_TOTAL=1",
            "JOB_COMPLETION_INDEX=3",
            "SLURM_ARRAY_TASK_ID=3",
            "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=4",
            &slurm("x", 4, 1, 4, 1),
            &slurm("5", 4, 1, 4, 1),
            &slurm("3", 3, 1, 7, 1),
            &slurm("6", 3, 5, 15, 5),
            &slurm("1", 4, 1, 4, 0),
            &slurm("1", 0, 1, 1, 1),
            "CI_NODE_INDEX=0 CI_NODE_TOTAL=5",
            "CI_NODE_INDEX=6 CI_NODE_TOTAL=5",
            "CI_NODE_INDEX=4294967295 CI_NODE_TOTAL=5",
            "BUILDKITE_PARALLEL_JOB=2 BUILDKITE_PARALLEL_JOB_COUNT=2",
            "BUILDKITE_PARALLEL_JOB=-1 BUILDKITE_PARALLEL_JOB_COUNT=2",
            "TINYBENCH_JOB_INDEX=4294967295 TINYBENCH_JOB_TOTAL=4294967295",
            "TINYBENCH_JOB_INDEX=\u{1b}[2J TINYBENCH_JOB_TOTAL=3",
            "CI_NODE_INDEX=1 CI_NODE_TOTAL=5 TINYBENCH_JOB_INDEX=1 TINYBENCH_JOB_TOTAL=5",
        ]
        .into_iter()
        .map(|environment| told(environment).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(texts.join("\n"));
    }
}
