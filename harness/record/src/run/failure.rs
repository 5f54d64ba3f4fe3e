//! What couldn't be measured, and why.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tinybench_support::printable::printable;

use crate::result::{Model, Runtime};
use crate::values::Other;

/// Longest message that [`Failure::new`] makes, bytes. A record may hold longer ones.
const MAX_MESSAGE: usize = 2_000;

/// A workload that gave no result on a runtime.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Name of the workload, or the stem of the file given with `--model`.
    pub workload: String,
    /// The model, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<Model>,
    /// The inference engine under test, where it was known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub runtime: Option<Runtime>,
    /// Kind of failure.
    pub kind: FailureKind,
    /// What happened, where, and what to do about it; one line.
    pub message: String,
    /// The exit code that it leads to.
    #[schemars(range(min = 1))]
    pub exit_code: u8,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl Failure {
    /// A failure of `workload` that leads to `exit_code`. `message` may have several lines and any
    /// length and content: the record has it as one line that is safe to print, cut if it is long.
    pub fn new(workload: &str, kind: FailureKind, message: &str, exit_code: u8) -> Self {
        Self {
            workload: workload.to_owned(),
            model: None,
            runtime: None,
            kind,
            message: one_line(message),
            exit_code,
            other: Other::new(),
        }
    }

    /// Name of the runtime, where it was known.
    pub fn runtime_name(&self) -> Option<&str> {
        self.runtime.as_ref().map(|runtime| runtime.name.as_str())
    }
}

/// The lines of `text` one behind the other, as one that is safe to print.
fn one_line(text: &str) -> String {
    let mut joined = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        if !joined.is_empty() {
            // Behind a line that doesn't end in a sign of its own.
            let is_ended = joined.ends_with([':', ',', ';', '.']);
            joined.push_str(if is_ended { " " } else { "; " });
        }
        joined.push_str(&words.join(" "));
    }
    let mut line = printable(&joined).into_owned();
    if line.len() > MAX_MESSAGE {
        let mut end = MAX_MESSAGE;
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push('…');
    }
    line
}

/// A kind of failure.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Features, outputs, answers or learning differ from the reference.
    Mismatch,
    /// The target faulted or locked up.
    Fault,
    /// The target didn't answer in time.
    Timeout,
    /// The target doesn't keep to the protocol, or its flash or counters can't be right.
    Misbehaviour,
    /// The model doesn't fit the board's flash or RAM.
    TooBig,
    /// The runtime can't run the model: it is damaged, or has what isn't supported.
    RefusedModel,
    /// An input file can't be read, or doesn't fit the model.
    UnreadableInput,
    /// What is asked for doesn't go with this workload.
    Usage,
    /// There is no such probe, or it was lost.
    ProbeLost,
    /// The firmware can't be built.
    Build,
    /// A file can't be written, the firmware's cache for example.
    Unwritable,
    /// A file can't be downloaded.
    Download,
    /// A kind of a newer version.
    #[serde(untagged)]
    Unknown(String),
}

impl FailureKind {
    /// The name that the record has.
    pub fn name(&self) -> &str {
        match self {
            Self::Mismatch => "mismatch",
            Self::Fault => "fault",
            Self::Timeout => "timeout",
            Self::Misbehaviour => "misbehaviour",
            Self::TooBig => "too-big",
            Self::RefusedModel => "refused-model",
            Self::UnreadableInput => "unreadable-input",
            Self::Usage => "usage",
            Self::ProbeLost => "probe-lost",
            Self::Build => "build",
            Self::Unwritable => "unwritable",
            Self::Download => "download",
            Self::Unknown(name) => name,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_called_the_same_everywhere_and_those_of_newer_versions_are_kept() {
        for kind in [
            FailureKind::Mismatch,
            FailureKind::Fault,
            FailureKind::Timeout,
            FailureKind::Misbehaviour,
            FailureKind::TooBig,
            FailureKind::RefusedModel,
            FailureKind::UnreadableInput,
            FailureKind::Usage,
            FailureKind::ProbeLost,
            FailureKind::Build,
            FailureKind::Unwritable,
            FailureKind::Download,
            FailureKind::Unknown("struck-by-lightning".to_owned()),
        ] {
            let value = serde_json::to_value(&kind).unwrap();
            assert_eq!(value, kind.name());
            assert_eq!(serde_json::from_value::<FailureKind>(value).unwrap(), kind);
        }
        assert!(serde_json::from_str::<FailureKind>("3").is_err());
    }

    #[test]
    fn a_message_is_one_line_that_is_safe_to_print() {
        let failure = |message: &str| Failure::new("kws", FailureKind::Fault, message, 6);
        assert_eq!(
            failure("kws: it faulted:\n  pc 0x1234 in \u{1b}[2Jmain\n\n  lr 0\n\n").message,
            r"kws: it faulted: pc 0x1234 in \u{1b}[2Jmain; lr 0"
        );
        let long = failure(&"é".repeat(5_000)).message;
        assert!(long.len() <= MAX_MESSAGE + '…'.len_utf8() && long.ends_with("é…"));
    }
}
