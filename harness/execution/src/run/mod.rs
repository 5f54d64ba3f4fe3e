//! A run, from what is asked to the record. Each stage is a type, in the order of the files:
//!
//! [`Request`] (what is asked) → [`Setting`] (board and target) → [`Subjects`] (what there is to
//! measure) → [`images::Built`] → [`measurements::Measured`] → [`result::Outcome`] (verified) →
//! [`Ending`] (a result or a failure, kept in the [`journal`]) → the [record].

mod ending;
pub mod images;
pub mod jobs;
pub mod journal;
pub mod limits;
pub mod measurements;
mod planned;
mod profiled;
mod question;
mod record;
mod request;
pub mod result;
mod setting;
mod subjects;

pub use ending::{Ending, SubjectFailed};
pub use planned::Planned;
pub use profiled::{CantProfile, Profiled};
pub use question::Question;
pub use record::of_run as record;
pub use request::{Request, What};
pub use setting::Setting;
pub use subjects::{NotFetched, NothingToRun, Selection, Subjects};

use jiff::Timestamp;
use std::borrow::Cow;
use std::path::Path;
use tinybench_inputs::project::Project;
use tinybench_inputs::subject::Subject;
use tinybench_record::commit;
use tinybench_record::{self as records, Other};
use tinybench_support::exit::Failure;
use tinybench_support::progress::Progress;

use images::Built;
use journal::Header;
use measurements::Measured;
use result::Outcome;

impl Setting<'_> {
    /// Lists everything that is to be measured.
    ///
    /// # Errors
    /// See [`subjects::subjects`].
    pub fn subjects(
        &self,
        selection: &Selection,
        progress: &mut Progress,
    ) -> Result<Subjects, Failure> {
        subjects::subjects(self.request, self.project, selection, &self.board, progress)
    }

    /// Reads, builds, flashes, measures and verifies one subject.
    ///
    /// # Errors
    /// Of any of these.
    pub fn outcome(&self, planned: &Planned, progress: &mut Progress) -> Result<Outcome, Failure> {
        let (subject, built, measured) = self.measured(planned, progress)?;
        let duty_cycle = self.request.duty_cycle.as_ref();
        let runtime = planned.runtime;
        result::outcome(&self.board, duty_cycle, runtime, &subject, &built, measured)
    }

    /// The stages before verification.
    fn measured<'a>(
        &self,
        planned: &'a Planned,
        progress: &mut Progress,
    ) -> Result<(Cow<'a, Subject>, Built, Measured), Failure> {
        let (board, runtime) = (&self.board, planned.runtime);
        let subject = planned.load(self, progress)?;
        // A probe that isn't there is told before a minute's build.
        let probe = self.open()?;
        let built = images::of_subject(self.project, board, runtime, &subject, progress)?;
        let measured = measurements::of_subject(
            self.request,
            board,
            runtime,
            probe,
            &subject,
            &built,
            progress,
        )?;
        Ok((subject, built, measured))
    }
}

/// The first line of the journal of a run that begins now, and of its record.
pub fn header(
    project: &Project,
    started: Timestamp,
    commit: Option<&str>,
    questions: Vec<Question>,
) -> Header {
    Header {
        schema: journal::SCHEMA.to_owned(),
        tinybench: records::Tinybench {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: project.commit(),
            other: Other::new(),
        },
        started_at: records::time_text(started),
        commit: commit::find(commit, Path::new(".")),
        folder: std::env::current_dir().unwrap_or_default(),
        out: None,
        save_baseline: None,
        sweep: None,
        questions,
    }
}
