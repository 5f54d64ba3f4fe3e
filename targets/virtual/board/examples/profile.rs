//! Runs a program on a virtual board and prints what each of its functions costs.
//!
//! ```console
//! cargo run --release -p tinybench-virtual-board --example profile -- PROGRAM.elf [CYCLES] [CHIP]
//! ```
//!
//! Without a program it takes the thermostat beside it.

use std::error::Error;
use std::process::ExitCode;

use tinybench_virtual_board::{Ended, Machine};

const THERMOSTAT: &[u8] = include_bytes!("thermostat.elf");

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = match arguments.next() {
        Some(path) => std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?,
        None => THERMOSTAT.to_vec(),
    };
    let cycles = match arguments.next() {
        Some(cycles) => cycles
            .parse()
            .map_err(|_| format!("{cycles} is no number of cycles"))?,
        None => 64_000_000,
    };
    let chip = arguments.next();

    let mut machine = Machine::new(chip.as_deref().unwrap_or("nrf52840"))?;
    machine.load_elf(&file)?;
    machine.start_profile();
    let ended = machine.run(cycles);
    let profile = machine.stop_profile();

    println!(
        "{:>12} {:>6} {:>12} {:>12} {:>9}  function",
        "cycles", "%", "inclusive", "instructions", "calls"
    );
    for function in &profile.functions {
        println!(
            "{:>12} {:>6.1} {:>12} {:>12} {:>9}  {}",
            function.self_cycles,
            100.0 * function.self_cycles as f64 / profile.cycles.max(1) as f64,
            function.inclusive_cycles,
            function.self_instructions,
            function.calls,
            function.name,
        );
    }
    println!(
        "{:>12}        entering and leaving exceptions",
        profile.exception_cycles
    );
    println!("{:>12}        asleep", profile.sleep_cycles);
    println!(
        "{:>12} cycles, {} instructions",
        profile.cycles, profile.instructions
    );

    // Standard output is the table; the rest is told beside it.
    if ended != Ended::Budget {
        eprintln!("the program ended: {ended:?}");
    }
    if let Some(fault) = machine.last_fault() {
        eprintln!("{fault}");
    }
    for diagnostic in machine.diagnostics() {
        eprintln!("note: {diagnostic}");
    }
    Ok(())
}
