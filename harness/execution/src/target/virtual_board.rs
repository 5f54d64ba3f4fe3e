//! Virtual boards as probes.

use std::sync::{Arc, Mutex};
use tinybench_support::exits_with;

use probe_rs::probe::Probe;
use tinybench_virtual_board::VirtualBoard;

use tinybench_inputs::board::Board;

/// A board file asks for a virtual board that there isn't.
#[derive(Debug, thiserror::Error)]
#[error(
    "the board file of {board} asks for a virtual board that this version doesn't have: {reason}"
)]
pub struct VirtualBoardError {
    /// The board.
    pub board: String,
    /// What is missing.
    pub reason: String,
}

exits_with!(VirtualBoardError => NoTarget);

/// Makes the virtual counterpart of a board and opens a probe on it, as [`open`] does. Boards that run
/// side by side are opened from several threads.
pub type OpenVirtual<'a> = &'a (dyn Fn(&Board) -> Result<Probe, VirtualBoardError> + Sync);

/// Makes the virtual counterpart of `board`, fresh from the factory.
pub fn make(board: &Board) -> Result<VirtualBoard, VirtualBoardError> {
    let error = |reason| VirtualBoardError {
        board: board.name.clone(),
        reason,
    };
    let description = board
        .virtual_board
        .as_ref()
        .ok_or_else(|| error("it names no chip".to_owned()))?;
    let mut made = VirtualBoard::new(&description.chip).map_err(|e| error(e.to_string()))?;
    let mut timing = made.machine.timing_parameters();
    for (name, &value) in &description.timing {
        timing.set(name, value).map_err(|e| error(e.to_string()))?;
    }
    made.machine.set_timing_parameters(timing);
    if let Some(dual_bank) = board.memory_system.dual_bank
        && !made.machine.set_dual_bank(dual_bank)
    {
        let chip = &description.chip;
        return Err(error(format!("{chip} has no dual_bank to set")));
    }
    Ok(made)
}

/// Makes the virtual counterpart of `board` and opens a probe on it.
pub fn open(board: &Board) -> Result<Probe, VirtualBoardError> {
    Ok(tinybench_virtual_probe::open(Arc::new(Mutex::new(make(
        board,
    )?))))
}
