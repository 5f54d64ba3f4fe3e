//! One subject with its profile, for who wants more of it than a record holds.

use tinybench_inputs::runtimes::description::Description;
use tinybench_record::RunResult;
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::progress::Progress;
use tinybench_virtual_board::WindowProfile;

use super::planned::Planned;
use super::setting::Setting;
use super::{images, measurements, result};
use crate::image::Image;

/// A subject that was measured and profiled.
pub struct Profiled {
    /// Its entry of a record, with the profile.
    pub result: RunResult,
    /// What was counted.
    pub window: WindowProfile,
    /// The image.
    pub image: Image,
    /// The model.
    pub description: Option<Description>,
}

/// The target can't count where cycles go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{target} can't tell where its cycles go: so far only virtual boards of this version can; take \
     --on virtual"
)]
pub struct CantProfile {
    /// The target.
    pub target: String,
}

exits_with!(CantProfile => Usage);

impl Setting<'_> {
    /// Measures one subject and profiles it. The request has to ask for a profile.
    ///
    /// # Errors
    /// Of a run; a target that can't be profiled.
    pub fn profiled(
        &self,
        planned: &Planned,
        progress: &mut Progress,
    ) -> Result<Profiled, Failure> {
        let (board, runtime) = (&self.board, planned.runtime);
        let subject = planned.load(self, progress)?;
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
        let window = measured.measurement.profile.clone();
        let outcome = result::outcome(board, None, runtime, &subject, &built, measured)?;
        let target = || self.choice.probe_name(board);
        Ok(Profiled {
            window: window.ok_or_else(|| CantProfile { target: target() })?,
            result: outcome.result,
            image: built.image,
            description: runtime.describe(&subject.model).ok(),
        })
    }
}
