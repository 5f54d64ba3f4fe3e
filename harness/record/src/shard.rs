//! Splitting a run over several machines.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use tinybench_support::exits_with;

use crate::{Shard, ShardSubject};
use tinybench_support::printable::printable;

/// Which part of a run to do: `I/N`, I from 1 to N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    index: u32,
    count: u32,
}

impl Part {
    /// Part `index`, from 1, of `count`; `None` if there is no such part.
    pub fn new(index: u32, count: u32) -> Option<Self> {
        (1 <= index && index <= count).then_some(Self { index, count })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (index, count) = text.split_once('/').unwrap_or_default();
        let numbers = index.parse().ok().zip(count.parse().ok());
        numbers
            .and_then(|(index, count)| Self::new(index, count))
            .ok_or_else(|| "it must be I/N with I from 1 to N, such as 2/3".to_owned())
    }
}

/// A run can't be split, or not like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// The part has nothing to do.
    #[error(
        "shard {index}/{count} has nothing to run: there are {subjects} in all; use at most as \
         many shards"
    )]
    Empty {
        /// The part.
        index: u32,
        /// Of how many.
        count: u32,
        /// How many things there are to run.
        subjects: usize,
    },
    /// Two results would have the same name.
    #[error(
        "`{}` on the runtime `{runtime}` would be run twice: give each --model another --name, or \
         name one of them only",
        printable(workload)
    )]
    Twice {
        /// The workload, or the model's file.
        workload: String,
        /// The runtime.
        runtime: String,
    },
}

exits_with!(ShardError => Usage);

/// The subjects of `part`, or all of them, and what the record says of it. `name` gives a subject's
/// workload and runtime, which no two may share.
///
/// The subjects are dealt out in turn, in the order in which the whole run would have them: shard I
/// of N does the I-th, the (I+N)-th and so on. So the command line alone decides who does what, the
/// shards have equally many to do, and nothing is done twice or left out.
pub fn select<T>(
    part: Option<Part>,
    subjects: Vec<T>,
    name: impl Fn(&T) -> ShardSubject,
) -> Result<(Vec<T>, Option<Shard>), ShardError> {
    let names: Vec<ShardSubject> = subjects.iter().map(name).collect();
    let mut seen = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(ShardError::Twice {
            workload: twice.workload.clone(),
            runtime: twice.runtime.clone(),
        });
    }
    let Some(Part { index, count }) = part else {
        return Ok((subjects, None));
    };
    let mine: Vec<T> = subjects
        .into_iter()
        .skip(index as usize - 1)
        .step_by(count as usize)
        .collect();
    if mine.is_empty() {
        return Err(ShardError::Empty {
            index,
            count,
            subjects: names.len(),
        });
    }
    let shard = Shard {
        index,
        count,
        subjects: names,
    };
    Ok((mine, Some(shard)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(workload: &&str) -> ShardSubject {
        ShardSubject {
            workload: (*workload).to_owned(),
            runtime: "interpreter".to_owned(),
        }
    }

    fn part(text: &str) -> Option<Part> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn every_subject_is_in_one_shard() {
        let all = vec!["ad", "ic", "kws", "sww", "vww"];
        let mine = |text| select(part(text), all.clone(), name).unwrap().0;
        assert_eq!(mine("1/2"), ["ad", "kws", "vww"]);
        assert_eq!(mine("2/2"), ["ic", "sww"]);
        assert_eq!(mine("1/1"), all);
        assert_eq!(select(None, all.clone(), name).unwrap(), (all, None));
    }

    #[test]
    fn a_shard_without_work_and_a_name_twice_are_refused() {
        let error = select(part("3/3"), vec!["ad", "ic"], name).unwrap_err();
        assert!(error.to_string().contains("there are 2 in all"), "{error}");
        let error = select(None, vec!["ad", "ad"], name).unwrap_err();
        assert!(error.to_string().contains("would be run twice"), "{error}");
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for bad in ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3"] {
            assert!(bad.parse::<Part>().is_err(), "{bad}");
        }
    }
}
