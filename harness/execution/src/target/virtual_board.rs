//! Virtual boards as probes.

use std::sync::{Arc, Mutex};
use tinybench_support::exits_with;

use probe_rs::probe::Probe;
use tinybench_virtual_board::{AddressRange, CoreModel, GENERIC_CHIPS, GenericChip, VirtualBoard};

use tinybench_inputs::board::{Board, Region};

/// A board file asks for a virtual board that there isn't, or can't be.
#[derive(Debug, thiserror::Error)]
#[error("the board file of {board} asks for a virtual board that can't be made: {reason}")]
pub struct VirtualBoardError {
    /// The board.
    pub board: String,
    /// What is missing or wrong.
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
    let mut made = match generic_chip(board).map_err(error)? {
        Some(chip) => VirtualBoard::generic(&chip).map_err(|e| error(e.to_string())),
        None => VirtualBoard::new(&description.chip).map_err(|e| error(e.to_string())),
    }?;
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

/// Whether the virtual counterpart of `board` is a core with memories alone, without the chip's
/// peripherals.
pub fn is_generic(board: &Board) -> bool {
    generic_core(board).is_some()
}

/// The core of the generic chip that the board file asks for, if it does.
pub(super) fn generic_core(board: &Board) -> Option<CoreModel> {
    let chip = &board.virtual_board.as_ref()?.chip;
    let generic = GENERIC_CHIPS.iter().find(|(name, _)| name == chip);
    generic.map(|&(_, core)| core)
}

/// The chip that the board file describes, if it is a generic one.
fn generic_chip(board: &Board) -> Result<Option<GenericChip>, String> {
    let memory = board
        .virtual_board
        .as_ref()
        .and_then(|it| it.generic.clone());
    let Some(core) = generic_core(board) else {
        let names = GENERIC_CHIPS.map(|(name, _)| name).join(" and ");
        return match memory {
            Some(_) => Err(format!(
                "virtual.generic is for the virtual chips {names} alone"
            )),
            None => Ok(None),
        };
    };
    if board.core != core.name() {
        return Err(format!(
            "core is `{}`, and virtual.chip is a {}",
            board.core,
            core.name()
        ));
    }
    if board.setup.is_some() {
        return Err(
            "setup writes to registers of a chip, and a generic one has none: leave it out and say \
             in virtual.generic how the memories are after reset"
                .to_owned(),
        );
    }
    let range = |region: Region| AddressRange {
        origin: region.origin,
        length: region.length,
    };
    Ok(Some(GenericChip {
        core,
        flash: range(board.memory.flash),
        ram: range(board.memory.all_ram()),
        clock_hz: board.clock_hz,
        memory: memory.unwrap_or_default(),
    }))
}

/// Makes the virtual counterpart of `board` and opens a probe on it.
pub fn open(board: &Board) -> Result<Probe, VirtualBoardError> {
    Ok(tinybench_virtual_probe::open(Arc::new(Mutex::new(make(
        board,
    )?))))
}
