//! A program that somebody has built, and the cycles of one of its functions.

use std::path::Path;

use tinybench_virtual_board::timing::{Mix, Reference, TimingParameters};
use tinybench_virtual_board::{Ended, Machine};

use super::problem::Problem;

/// Cycles after which a program is taken never to come to the function, or never to return from it.
pub const LIMIT: u64 = 4_000_000_000;

/// A program, a function of it, and what was measured.
pub struct Program {
    /// What tables call it.
    pub name: String,
    /// Its ELF file.
    pub file: String,
    /// Chip of the virtual board.
    pub chip: String,
    /// Name of the function.
    pub entry: String,
    /// Cycles of a call on a board.
    pub published: f64,
}

/// Modelled cycles of a call: of the first one, whose caches are cold, and of the second.
#[derive(Debug)]
pub struct Modelled {
    /// Of the first call.
    pub first: u64,
    /// Of the second one, if the program makes one.
    pub second: Option<u64>,
}

/// Runs a program until the function has returned twice. It may take `limit` cycles up to each call and
/// in it.
pub fn run(program: &Program, changes: &[(&str, u32)], limit: u64) -> Result<Modelled, Problem> {
    let mut machine = load(program, changes)?;
    let first = call(&mut machine, program, limit)?;
    // Some programs call it only once.
    let second = call(&mut machine, program, limit).ok();
    Ok(Modelled { first, second })
}

/// What the first call of the function consists of.
pub fn mix(program: &Program) -> Result<Mix, Problem> {
    let mut machine = load(program, &[])?;
    come_to(&mut machine, program, LIMIT)?;
    let (back, stack) = (machine.register(14) & !1, machine.register(13));
    let mut reference = Reference::new(&machine);
    while machine.pc() != back || machine.register(13) != stack {
        if reference.step(&mut machine) != Ended::Budget || machine.cycles() > LIMIT {
            let what = "the program never returned from";
            return Err(stopped(&machine, program, Ended::Budget, what));
        }
    }
    Ok(reference.mix())
}

/// A machine with the program on it.
fn load(program: &Program, changes: &[(&str, u32)]) -> Result<Machine, Problem> {
    let file = &program.file;
    let elf = std::fs::read(Path::new(file))
        .map_err(|error| Problem::Input(format!("{file}: {error}")))?;
    let mut machine =
        Machine::new(&program.chip).map_err(|error| Problem::Usage(error.to_string()))?;
    machine.load_elf(&elf).map_err(|error| {
        Problem::Input(format!(
            "{file} can't be loaded on a {}: {error}; --chip names another chip",
            program.chip
        ))
    })?;
    let mut parameters: TimingParameters = machine.timing_parameters();
    for (name, value) in changes {
        parameters
            .set(name, *value)
            .map_err(|error| Problem::Usage(error.to_string()))?;
    }
    machine.set_timing_parameters(parameters);
    Ok(machine)
}

/// Why a program didn't come to where it was to come.
fn stopped(machine: &Machine, program: &Program, ended: Ended, what: &str) -> Problem {
    let mut told = format!(
        "{}: {what} `{}`: it ended with {ended:?} at {:#010x}",
        program.file,
        program.entry,
        machine.pc()
    );
    if let Some(fault) = machine.last_fault() {
        told.push_str(&format!("; {fault}"));
    }
    for diagnostic in machine.diagnostics() {
        told.push_str(&format!("; {diagnostic}"));
    }
    Problem::Target(told)
}

/// Runs to the function.
fn come_to(machine: &mut Machine, program: &Program, limit: u64) -> Result<(), Problem> {
    let Program { file, entry, .. } = program;
    let ended = machine
        .run_to(entry.as_str(), limit)
        .map_err(|error| Problem::Input(format!("{file}: {error}; --entry names a function")))?;
    if ended != Ended::Reached {
        let what = "the program never came to";
        return Err(stopped(machine, program, ended, what));
    }
    Ok(())
}

/// Cycles of the next call.
fn call(machine: &mut Machine, program: &Program, limit: u64) -> Result<u64, Problem> {
    let file = &program.file;
    come_to(machine, program, limit)?;
    let (back, stack) = (machine.register(14), machine.register(13));
    let begin = machine.cycles();
    loop {
        let left = (begin + limit).saturating_sub(machine.cycles());
        let ended = machine
            .run_to(back & !1, left)
            .map_err(|error| Problem::Input(format!("{file}: {error}")))?;
        if ended != Ended::Reached {
            let what = "the program never returned from";
            return Err(stopped(machine, program, ended, what));
        }
        // Else a call of itself has returned, or something that never leads back runs there.
        if machine.register(13) == stack {
            return Ok(machine.cycles() - begin);
        }
    }
}
