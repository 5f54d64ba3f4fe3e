//! One subject with its profile, for who wants more of it than a record holds.

use tinybench_record::{Profile, RunResult};
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::progress::Progress;
use tinybench_virtual_board::WindowProfile;

use super::planned::Planned;
use super::result;
use super::setting::Setting;
use crate::image::Image;

/// A subject that was measured and profiled.
pub struct Profiled {
    /// Where its cycles went.
    pub profile: Profile,
    /// The rest of its entry of a record.
    pub result: RunResult,
    /// What was counted.
    pub window: WindowProfile,
    /// The image.
    pub image: Image,
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
        let (subject, built, measured) = self.measured(planned, progress)?;
        let (board, runtime) = (&self.board, planned.runtime);
        let window = measured.measurement.profile.clone();
        let outcome = result::outcome(board, None, runtime, &subject, &built, measured)?;
        let mut result = outcome.result;
        let Some((profile, window)) = result.profile.take().zip(window) else {
            let target = self.choice.probe_name(board);
            return Err(CantProfile { target }.into());
        };
        Ok(Profiled {
            profile,
            window,
            result,
            image: built.image,
        })
    }
}
