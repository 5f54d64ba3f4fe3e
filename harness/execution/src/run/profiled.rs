//! One subject with its profile, for who wants more of it than a record holds.

use tinybench_inputs::runtimes::description::Description;
use tinybench_record::{Profile, RunResult};
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::progress::Progress;
use tinybench_virtual_board::WindowProfile;

use super::planned::Planned;
use super::result;
use super::setting::Setting;
use crate::image::Image;
use crate::profile::board;

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
    /// What is in the model, if it can be described.
    pub description: Option<Description>,
}

/// The target can't count where cycles go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{target} can't tell where its cycles go: it is a virtual board of an older version, or its model is a \
     sequence, begins with raw audio or is too large for buffers beside it: there the program counter isn't \
     looked at; take --on virtual"
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
        let (board, runtime) = (&self.board, &planned.runtime);
        let counted = measured.measurement.profile.clone();
        let pcs = measured.measurement.pcs.clone();
        let outcome = result::outcome(board, None, runtime, &subject, &built, measured)?;
        let mut result = outcome.result;
        let Some(profile) = result.profile.take() else {
            let target = self.choice.probe_name(board);
            return Err(CantProfile { target }.into());
        };
        let window = counted.unwrap_or_else(|| {
            board::window(&pcs.unwrap_or_default(), &built.image, profile.cycles)
        });
        Ok(Profiled {
            description: runtime.host().describe(&subject.model).ok(),
            profile,
            window,
            result,
            image: built.image,
        })
    }
}
