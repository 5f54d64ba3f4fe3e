//! How the measurement of a subject ends: with a result, or with a failure that the others needn't
//! share.

use tinybench_inputs::subject::SubjectError;
use tinybench_interface::Error as CommandError;
use tinybench_record::{self as record, ExecutionKind, FailureKind, Other, RunResult, Toolchain};
use tinybench_support::exit::{Exit, Exits, Failure};

use super::measurements::NotMeasured;
use super::planned::Planned;
use super::result::Outcome;
use crate::build::{self, BuildError};
use crate::function::{FunctionError, NotCalled};
use crate::measure::MeasureError;
use crate::target::TargetError;

/// What a record says of a subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// It was measured.
    Result {
        /// The figures.
        result: Box<RunResult>,
        /// What its image was built with; none of one that was built before.
        toolchain: Option<Toolchain>,
        /// What it ran on.
        kind: ExecutionKind,
    },
    /// It wasn't.
    Failure(Box<record::Failure>),
}

/// Subjects couldn't be measured; the first of them says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct SubjectFailed {
    text: String,
    exit: Exit,
}

impl Exits for SubjectFailed {
    fn exit(&self) -> Exit {
        self.exit
    }
}

impl SubjectFailed {
    /// Of an error of this run.
    pub fn now(error: &Failure) -> Self {
        Self {
            text: error.to_string(),
            exit: error.exit(),
        }
    }

    /// As a journal has it.
    pub fn recorded(failure: &record::Failure) -> Self {
        Self {
            text: failure.message.clone(),
            exit: Exit::from_code(failure.exit_code.into()).unwrap_or(Exit::Target),
        }
    }
}

impl Ending {
    pub(super) fn of_outcome(outcome: Outcome) -> Self {
        Self::Result {
            result: Box::new(outcome.result),
            toolchain: outcome.toolchain.as_ref().map(recorded),
            kind: outcome.kind,
        }
    }

    /// Of an error that only `subject` has.
    pub(super) fn of_failure(subject: &Planned, error: &Failure) -> Self {
        let exit = error.exit() as u8;
        let failure = record::Failure::new(&subject.name, kind(error), &error.to_string(), exit);
        Self::Failure(Box::new(record::Failure {
            model: subject.model(),
            runtime: Some(record::Runtime {
                name: subject.runtime.name().to_owned(),
                version: subject.runtime.host().version().to_owned(),
                license: None,
                build: None,
                other: Other::new(),
            }),
            ..failure
        }))
    }

    /// What failed, if it did.
    pub fn failure(&self) -> Option<&record::Failure> {
        match self {
            Self::Failure(failure) => Some(failure),
            Self::Result { .. } => None,
        }
    }
}

fn recorded(toolchain: &build::CompiledBy) -> Toolchain {
    Toolchain {
        rustc: toolchain.rustc.clone(),
        target: toolchain.target.clone(),
        opt_level: toolchain.opt_level.clone(),
        flags: toolchain.flags.clone(),
        other: Other::new(),
    }
}

/// Whether an error isn't one subject's: the next one would end the same.
pub(super) fn is_of_all(error: &Failure) -> bool {
    let of_the_build = error.error().downcast_ref::<BuildError>();
    let of_the_build = of_the_build.is_some_and(|error| {
        matches!(
            error,
            BuildError::Toolchain(_)
                | BuildError::NoSources(_)
                | BuildError::Configuration(_)
                | BuildError::NoPlace { .. }
                | BuildError::DiskFull(_)
        )
    });
    of_the_build || error.exit() == Exit::Interrupted
}

/// The kind of a subject's error.
fn kind(error: &Failure) -> FailureKind {
    let measuring = error.error().downcast_ref::<NotMeasured>();
    let of_the_target = measuring.and_then(|error| match &error.source {
        MeasureError::Target(error) => Some(error),
        _ => None,
    });
    let called = error.error().downcast_ref::<NotCalled>();
    let of_the_call = called.and_then(|error| match &error.source {
        FunctionError::Target(error) => Some(error),
        _ => None,
    });
    match of_the_target.or(of_the_call) {
        Some(TargetError::Fault(_) | TargetError::LockedUp(_)) => return FailureKind::Fault,
        Some(TargetError::Hung { .. }) => return FailureKind::Timeout,
        Some(TargetError::Failed {
            error: CommandError::ArenaTooSmall | CommandError::BufferTooSmall,
            ..
        }) => return FailureKind::TooBig,
        Some(TargetError::Failed {
            error: CommandError::BadModel,
            ..
        }) => return FailureKind::RefusedModel,
        _ => {}
    }
    match error.error().downcast_ref::<SubjectError>() {
        Some(SubjectError::LearnerTooBigForRam { .. }) => return FailureKind::TooBig,
        Some(error) if error.is_too_big() => return FailureKind::TooBig,
        Some(SubjectError::Model { .. } | SubjectError::Compress { .. }) => {
            return FailureKind::RefusedModel;
        }
        _ => {}
    }
    if let Some(BuildError::ModelTooBig { .. } | BuildError::ImageTooBig { .. }) =
        error.error().downcast_ref::<BuildError>()
    {
        return FailureKind::TooBig;
    }
    match error.exit() {
        Exit::Mismatch => FailureKind::Mismatch,
        Exit::NoTarget => FailureKind::ProbeLost,
        Exit::Build => FailureKind::Build,
        Exit::Input => FailureKind::UnreadableInput,
        Exit::Output => FailureKind::Unwritable,
        Exit::Download => FailureKind::Download,
        Exit::Usage => FailureKind::Usage,
        Exit::Success | Exit::Regression | Exit::Target | Exit::Interrupted => {
            FailureKind::Misbehaviour
        }
    }
}
