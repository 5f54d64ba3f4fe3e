//! What stays the same for all subjects of a run: the board, and what is run on.

use jiff::Timestamp;
use probe_rs::probe::Probe;
use probe_rs::probe::list::Lister;
use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::project::Project;
use tinybench_record::commit;
use tinybench_support::exit::Failure;
use tinybench_support::progress::Progress;

use super::request::Request;
use crate::power::PowerError;
use crate::power::metered::{self, Metering, MeteringError};
use crate::target::select::{self, Choice, SelectError};
use crate::target::virtual_board::OpenVirtual;

/// A request with its board loaded and its target chosen.
pub struct Setting<'a> {
    /// What is asked.
    pub request: &'a Request,
    /// Where boards, workloads and firmware are.
    pub project: &'a Project,
    /// The board.
    pub board: Board,
    /// What it is run on.
    pub choice: Choice,
    /// The power instrument, if one measures the energy, and the number of the pin that it listens to.
    pub metering: Option<(&'a Metering, u32)>,
    /// When the run began.
    pub started: Timestamp,
    open_virtual: OpenVirtual<'a>,
}

impl<'a> Setting<'a> {
    /// Loads the board and chooses between probes and the virtual board, and says which.
    ///
    /// # Errors
    /// A board that there isn't, no target, or a duty cycle without currents.
    pub fn new(
        request: &'a Request,
        project: &'a Project,
        open_virtual: OpenVirtual<'a>,
        progress: &mut Progress,
    ) -> Result<Self, Failure> {
        let started = Timestamp::now();
        let loaded = Boards::open(&project.boards())?.load(&request.board)?;
        let mut board = loaded.board.clone();
        if let Some(power) = &request.power {
            board.choose_power(power)?;
        }
        let choice = select::choose(
            request.on,
            request.probe.clone(),
            &board,
            &Lister::new().list_all_with_access(),
        )?;
        progress.note(&match &choice {
            Choice::Probe { name, .. } => format!("target: {} through {name}", board.name),
            Choice::Virtual(why) => format!("target: virtual {} ({why})", board.name),
        });
        loaded.told();
        commit::check(request.commit.as_deref())?;
        if request.duty_cycle.is_some() && board.power.is_none() {
            let board = board.name;
            return Err(PowerError::NoCurrents { board }.into());
        }
        let metering = match &request.metering {
            Some(_) if request.what.image.is_some() => return Err(MeteringError::OwnProgram.into()),
            Some(metering) => {
                let is_virtual = matches!(choice, Choice::Virtual(_));
                Some((metering, metered::check(metering, &board, is_virtual)?))
            }
            None => None,
        };
        Ok(Self {
            request,
            project,
            board,
            choice,
            metering,
            started,
            open_virtual,
        })
    }

    /// Opens the probe.
    ///
    /// # Errors
    /// If it is no longer there.
    pub fn open(&self) -> Result<Probe, SelectError> {
        let lister = Lister::new();
        self.choice.open(&self.board, &lister, self.open_virtual)
    }
}
