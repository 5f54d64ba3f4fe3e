//! Fetching instructions.

use crate::cpu::decode::{self, Decoded, Undecodable};
use crate::cpu::{Core, Fault};
use crate::memory::{AccessSize, Place};
use crate::system::mpu::Access;

/// Whether the instruction at `pc` isn't to be executed like others: a breakpoint, an injected
/// hang, or a watchpoint on it.
pub(super) fn stops_at(core: &Core, pc: u32) -> bool {
    core.system.fpb.breaks_at(pc) || core.faults.hangs_at(pc) || core.watches_instruction(pc)
}

/// The memory an instruction at `pc` comes from.
pub(super) fn fetched_from(core: &Core, pc: u32) -> Result<Place, Fault> {
    let view = core.view(core.privileged());
    if !core.system.mpu.allows(pc, Access::Execute, view) {
        return Err(Fault::InstructionAccess);
    }
    core.memory.locate(pc).ok_or(Fault::InstructionBus)
}

/// Fetches and decodes the instruction at `pc`.
pub(super) fn fetch(core: &Core, pc: u32, it: u8) -> Result<Decoded, Fault> {
    let half = |address: u32| -> Result<u16, Fault> {
        let place = fetched_from(core, address)?;
        let value = core
            .memory
            .read(place, AccessSize::HalfWord)
            .ok_or(Fault::InstructionBus)?;
        Ok(value as u16)
    };
    let first = half(pc)?;
    let second = if decode::is_wide(first) {
        half(pc.wrapping_add(2))?
    } else {
        0
    };
    let place = decode::Place {
        pc,
        in_it: it != 0,
        last_in_it: it & 0xF == 8,
        mainline: core.architecture.mainline,
        armv8m: core.architecture.armv8m,
    };
    decode::decode(first, second, place).map_err(|Undecodable::Undefined| Fault::Undefined)
}
