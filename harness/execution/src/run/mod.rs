//! A run, from what is asked to the record. Each stage is a type, in the order of the files:
//!
//! [`Request`] (what is asked) → [`Setting`] (board and target) → [`Subjects`] (models, inputs,
//! references) → [`images::Built`] → [`measurements::Measured`] → [`result::Outcome`] (verified) →
//! [`RunRecord`].

pub mod images;
pub mod measurements;
mod record;
mod request;
pub mod result;
mod setting;
mod subjects;

pub use request::{Request, What};
pub use setting::Setting;
pub use subjects::{NotFetched, NothingToRun, Selected, Selection, Subjects};

use tinybench_record::RunRecord;
use tinybench_support::exit::Failure;
use tinybench_support::progress::Progress;

use result::Outcome;

impl Setting<'_> {
    /// Reads and checks everything that is to be measured.
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

    /// Builds, flashes, measures and verifies one subject.
    ///
    /// # Errors
    /// Of any of these.
    pub fn outcome(
        &self,
        (runtime, subject): &Selected,
        progress: &mut Progress,
    ) -> Result<Outcome, Failure> {
        // A probe that isn't there is told before a minute's build.
        let probe = self.open()?;
        let board = &self.board;
        let built = images::of_subject(self.project, board, *runtime, subject, progress)?;
        let measured =
            measurements::of_subject(self.request, board, probe, subject, &built, progress)?;
        let duty_cycle = self.request.duty_cycle.as_ref();
        result::outcome(board, duty_cycle, *runtime, subject, built, measured)
    }

    /// Measures all subjects, one after the other, and makes the record.
    ///
    /// # Errors
    /// The first of a subject.
    pub fn record(
        &self,
        subjects: &Subjects,
        progress: &mut Progress,
    ) -> Result<RunRecord, Failure> {
        let count = subjects.subjects.len();
        let mut outcomes = Vec::new();
        for (index, selected) in subjects.subjects.iter().enumerate() {
            let name = &selected.1.name;
            progress.set_subject(&match count {
                1 => name.clone(),
                _ => format!("{} of {count}, {name}", index + 1),
            });
            outcomes.push(self.outcome(selected, progress)?);
        }
        progress.end();
        Ok(record::of_run(self, subjects, outcomes)?)
    }
}
