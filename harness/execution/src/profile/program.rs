//! The profile of a program of the user's own on a virtual board: function by function, exactly.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use tinybench_inputs::board::Board;
use tinybench_record::schema;
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::printable::printable;
use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};
use tinybench_virtual_board::{Ended, LoadError, Machine, Profile};

use super::stacks::Stack;
use crate::image::file::{self, FirmwareFileError};
use crate::target::virtual_board;

/// Name and major version of the format.
pub const SCHEMA: &str = "tinybench.program-profile/1";

/// DHCSR with its key and C_DEBUGEN: a breakpoint then halts the core (Armv7-M ARM, C1.6.2).
const DHCSR: u32 = 0xE000_EDF0;
const ENABLE_DEBUG: u32 = 0xA05F_0001;
/// What BKPT is with, if it asks a host for a service (Arm, Semihosting for AArch32 and AArch64).
const SEMIHOSTING: u16 = 0xBEAB;

/// A program can't be put on the board.
#[derive(Debug, thiserror::Error)]
#[error("{path} doesn't run on {board}: {source}")]
pub struct NotLoaded {
    path: PathBuf,
    board: String,
    source: LoadError,
}

/// What is profiled has no symbols.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path} is no ELF file, so nothing tells its functions; give the .elf or .axf that it was made of"
)]
pub struct NoElf {
    path: PathBuf,
}

exits_with!(NotLoaded => Input, NoElf => Input);

/// Where the cycles of a program went.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProgramProfile {
    /// [`SCHEMA`].
    pub schema: String,
    /// The file.
    pub file: String,
    /// Name of the board whose virtual counterpart it ran on.
    pub board: String,
    /// Clock of its core, Hz.
    pub clock_hz: u64,
    /// Cycles in all: those of all functions, of exceptions and of sleep.
    pub cycles: u64,
    /// Instructions in all.
    pub instructions: u64,
    /// Cycles for entering and leaving exceptions.
    pub exception_cycles: u64,
    /// Cycles asleep.
    pub sleep_cycles: u64,
    /// The functions, the most expensive first.
    pub functions: Vec<Function>,
    /// Paths of calls, outermost function first.
    pub paths: Vec<CallPath>,
    /// How it ended, and what can't be shown.
    pub notes: Vec<String>,
}

/// What a function cost.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// How often it was entered.
    pub calls: u64,
    /// Cycles of its own instructions.
    pub cycles: u64,
    /// Cycles from its call to its return.
    pub inclusive_cycles: u64,
    /// Instructions of its own.
    pub instructions: u64,
}

/// A path of calls.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CallPath {
    /// The functions, outermost first.
    pub functions: Vec<String>,
    /// Cycles of the last one's own instructions on this path.
    pub cycles: u64,
    /// How deep the stack was at most when a run of its instructions began, bytes.
    pub stack_bytes: u32,
}

impl ProgramProfile {
    /// The JSON Schema of the format.
    pub fn json_schema() -> String {
        schema::text::<Self>("tinybench program profile")
    }

    /// The paths as stacks.
    pub fn stacks(&self) -> Vec<Stack> {
        let stacks = self.paths.iter().map(|path| Stack {
            frames: path.functions.clone(),
            cycles: path.cycles,
        });
        stacks.collect()
    }
}

/// Runs the program in a file for `cycles` on the virtual counterpart of a board, and profiles it.
///
/// # Errors
/// A file that isn't a program for that chip; a board without a virtual counterpart.
pub fn profile(path: &Path, board: &Board, cycles: u64) -> Result<ProgramProfile, Failure> {
    let firmware = file::read(path, board.memory.flash.origin).map_err(|error| match error {
        FirmwareFileError::UnknownKind { path } => Failure::from(NoElf { path }),
        error => error.into(),
    })?;
    let mut machine = virtual_board::make(board)?.machine;
    machine.load(&firmware.image).map_err(|source| NotLoaded {
        path: path.to_owned(),
        board: board.name.clone(),
        source,
    })?;
    let top = machine.read_word(board.memory.flash.origin).unwrap_or(0);
    // So that a breakpoint halts the core, as with any debugger, and isn't a fault.
    let _ = machine.debug_write(DHCSR, AccessSize::Word, ENABLE_DEBUG);
    machine.start_profile();
    let ended = machine.run(cycles);
    let profile = machine.stop_profile();
    let mut notes = vec![ending(&machine, ended, cycles)];
    if machine.symbols().functions().next().is_none() {
        notes.push("the file has no symbols: link it without stripping them".to_owned());
    }
    notes.extend(machine.diagnostics().map(str::to_owned));
    let notes = notes.iter().map(|note| printable(note).into_owned());
    Ok(of(profile, path, board, top, notes.collect()))
}

fn of(
    profile: Profile,
    path: &Path,
    board: &Board,
    top: u32,
    notes: Vec<String>,
) -> ProgramProfile {
    let name = |name: &str| printable(name).into_owned();
    let functions = profile.functions.iter().map(|it| Function {
        name: name(&it.name),
        calls: it.calls,
        cycles: it.self_cycles,
        inclusive_cycles: it.inclusive_cycles,
        instructions: it.self_instructions,
    });
    let paths = profile.paths.iter().map(|it| CallPath {
        functions: it.functions.iter().map(|it| name(it)).collect(),
        cycles: it.self_cycles,
        stack_bytes: top.saturating_sub(it.lowest_stack),
    });
    ProgramProfile {
        schema: SCHEMA.to_owned(),
        file: name(&path.display().to_string()),
        board: board.name.clone(),
        clock_hz: board.clock_hz,
        functions: functions.collect(),
        paths: paths.collect(),
        cycles: profile.cycles,
        instructions: profile.instructions,
        exception_cycles: profile.exception_cycles,
        sleep_cycles: profile.sleep_cycles,
        notes,
    }
}

/// How a program ended, in words.
fn ending(machine: &Machine, ended: Ended, cycles: u64) -> String {
    let function = machine.function();
    let place = match function {
        Some(function) => format!("{:#010x} in {}", machine.pc(), function.name),
        None => format!("{:#010x}", machine.pc()),
    };
    match ended {
        Ended::Budget => format!("it still ran after {cycles} cycles; --cycles lets it run longer"),
        Ended::Halted => halted(machine, &place),
        Ended::Lockup => match machine.last_fault() {
            Some(fault) => format!("it locked up at {place}: {fault}"),
            None => format!("it locked up at {place}"),
        },
        Ended::Asleep => format!("it sleeps at {place}, and nothing wakes it"),
        Ended::Reached => format!("it stopped at {place}"),
    }
}

fn halted(machine: &Machine, place: &str) -> String {
    let mut half = [0; 2];
    let _ = machine.read_bytes(machine.pc(), &mut half);
    let instruction = u16::from_le_bytes(half);
    match instruction {
        SEMIHOSTING => format!(
            "it waits at a breakpoint for a host, at {place}: the semihosting call {:#04x} (BKPT \
             0xab), which nobody answers; link it without semihosting, or profile what comes before",
            machine.register(0)
        ),
        0xBE00..=0xBEFF => format!(
            "it waits at a breakpoint for a host, at {place} (BKPT {:#04x}): what comes behind it isn't \
             profiled",
            instruction & 0xFF
        ),
        _ => format!("it halted at {place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_file_is_up_to_date() {
        schema::assert_published(
            "program-profile.schema.json",
            &ProgramProfile::json_schema(),
        );
    }
}
