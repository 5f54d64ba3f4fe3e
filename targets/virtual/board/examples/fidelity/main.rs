//! Compares modelled with published cycles: see `scripts/validate`.
//!
//! ```console
//! cargo run --release -p tinybench-virtual-board --example fidelity -- LIST FOLDER [--ablation] [--banks=1|2] [NAME=VALUE]...
//! cargo run --release -p tinybench-virtual-board --example fidelity -- programs LIST FOLDER [--ablation] [NAME=VALUE]...
//! cargo run --release -p tinybench-virtual-board --example fidelity -- program CHIP FILE.elf ENTRY CYCLES [--ablation] [NAME=VALUE]...
//! ```
//!
//! LIST is a CSV file with a line an image: its file in FOLDER, its SHA-256, the banks of the flash,
//! the cycles of an inference that were measured, and where the image is from. NAME=VALUE sets a
//! parameter of the cycle model; `--banks` has all images run with so many banks.
//!
//! A list of programs has a line a function: chip, ELF file in FOLDER, function, and the cycles of a
//! call that were measured. `program` takes one such line as arguments.

#[path = "../../tests/support/device.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod device;
mod images;
mod programs;

use std::path::Path;
use std::process::ExitCode;

use device::Device;
use images::Published;
use programs::Program;
use tinybench_virtual_board::timing::{Mix, Reference, TimingParameters};

/// Inferences that are timed: the device's clock counts µs.
const RUNS: u64 = 4;

/// Alternative values by which `--ablation` weighs the rules.
const ABLATION: [(&str, &[(&str, u32)]); 16] = [
    ("all banks of RAM are granted at once", &[("bank_grant", 0)]),
    ("overlap across memories is kept", &[("lost_overlap", 0)]),
    (
        "the prefetch unit never waits",
        &[("fetch_restart", 0), ("fetch_latency", 0)],
    ),
    (
        "the prefetch unit needs no restart",
        &[("fetch_restart", 0)],
    ),
    ("loads never overlap", &[("chained_load", 2)]),
    (
        "a load behind a store waits for nothing",
        &[("load_after_store", 0)],
    ),
    ("a late address costs nothing", &[("late_address", 0)]),
    (
        "a register offset costs a store nothing",
        &[("store_register_offset", 1)],
    ),
    ("a taken branch refills in 2", &[("refill", 2)]),
    ("a late target refills in 1", &[("late_refill", 1)]),
    (
        "unaligned data costs nothing",
        &[("unaligned", 0), ("unaligned_odd_word", 0)],
    ),
    (
        "divides take 2 or 3 cycles",
        &[("divide_long", 1), ("divide_bits", 32)],
    ),
    (
        "a miss of instructions takes 1 more",
        &[("instruction_miss", 1)],
    ),
    ("a miss of data takes 1 more", &[("data_miss", 1)]),
    (
        "float results are there at once",
        &[("float_result_latency", 0)],
    ),
    (
        "the flash's own wait states are one more or 1",
        &[("flash_wait", 1)],
    ),
];

/// What is modelled otherwise than by default.
#[derive(Clone, Copy)]
struct Setting<'a> {
    /// Parameters of the cycle model.
    changes: &'a [(&'a str, u32)],
    /// Instead of what the list says.
    dual_bank: Option<bool>,
}

/// Why nothing is compared.
pub enum Problem {
    /// What was asked for: exit code 2.
    Usage(String),
    /// A file that can't be read, or not on this chip: exit code 7.
    Input(String),
    /// A program that doesn't do what it should: exit code 6.
    Target(String),
    /// An image that doesn't run: exit code 1.
    Image(String),
}

impl From<String> for Problem {
    fn from(error: String) -> Self {
        Self::Image(error)
    }
}

fn main() -> ExitCode {
    let (code, error) = match run() {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Problem::Image(error)) => (1, error),
        Err(Problem::Usage(error)) => (2, error),
        Err(Problem::Target(error)) => (6, error),
        Err(Problem::Input(error)) => (7, error),
    };
    eprintln!("error: {error}");
    ExitCode::from(code)
}

fn run() -> Result<(), Problem> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [how, chip, file, entry, cycles, rest @ ..] if how == "program" => {
            let published = published(cycles)?;
            let (chip, file, entry) = (chip.clone(), file.clone(), entry.clone());
            compare_programs(
                &[Program {
                    file,
                    chip,
                    entry,
                    published,
                }],
                rest,
            )
        }
        [how, list, folder, rest @ ..] if how == "programs" => {
            compare_programs(&read_programs(list, folder)?, rest)
        }
        [list, folder, rest @ ..] => compare_images(list, folder, rest),
        _ => Err(Problem::Usage(
            "usage: fidelity LIST FOLDER, fidelity programs LIST FOLDER or fidelity program CHIP \
             FILE.elf ENTRY CYCLES, with [--ablation] [--banks=1|2] [NAME=VALUE]..."
                .to_owned(),
        )),
    }
}

/// Cycles of a call that were measured.
fn published(text: &str) -> Result<f64, Problem> {
    match text.parse::<u64>() {
        Ok(cycles) if cycles > 0 => Ok(cycles as f64),
        _ => Err(Problem::Usage(format!(
            "--published is `{text}`, which is no number of cycles above 0"
        ))),
    }
}

fn read_programs(list: &str, folder: &str) -> Result<Vec<Program>, Problem> {
    let text = std::fs::read_to_string(list)
        .map_err(|error| Problem::Input(format!("{list}: {error}")))?;
    let program = |line: &str| {
        let [chip, file, entry, cycles] = line.split(',').collect::<Vec<_>>()[..] else {
            return Err(Problem::Input(format!("{list}: not four columns: {line}")));
        };
        Ok(Program {
            file: Path::new(folder).join(file).display().to_string(),
            chip: chip.to_owned(),
            entry: entry.to_owned(),
            published: published(cycles)?,
        })
    };
    text.lines().skip(1).map(program).collect()
}

/// Prints measured, modelled and error of functions of programs.
fn compare_programs(programs: &[Program], rest: &[String]) -> Result<(), Problem> {
    let changes = changes(rest)?;
    println!(
        "{:<34} {:>12} {:>12} {:>9} {:>12}",
        "function", "measured", "modelled", "error", "first call"
    );
    let errors = program_errors(programs, &changes, true)?;
    println!(
        "\nmean absolute error {:.2} %, largest {:.2} %",
        mean(&errors),
        largest(&errors)
    );
    if rest.iter().any(|argument| argument == "--coverage") {
        print_mix_heading();
        for program in programs {
            print_mix(&program.entry, &programs::mix(program)?);
        }
    }
    if rest.iter().any(|argument| argument == "--ablation") {
        println!("\nerror in percent with a rule switched off or with another value:\n");
        for (rule, values) in ABLATION {
            let errors = program_errors(programs, &[&changes, values].concat(), false)?;
            print!("{rule:<46}");
            for error in &errors {
                print!(" {error:>+7.2}");
            }
            println!(" {:>7.2}", mean(&errors));
        }
    }
    Ok(())
}

/// Errors of functions of programs, percent: of the second call, if the program makes one.
fn program_errors(
    programs: &[Program],
    changes: &[(&str, u32)],
    print: bool,
) -> Result<Vec<f64>, Problem> {
    let mut errors = Vec::new();
    for program in programs {
        let modelled = programs::run(program, changes)?;
        let cycles = modelled.second.unwrap_or(modelled.first);
        let error = 100.0 * (cycles as f64 / program.published - 1.0);
        if print {
            println!(
                "{:<34} {:>12.0} {cycles:>12} {error:>+7.2} % {:>12}",
                program.entry, program.published, modelled.first
            );
        }
        errors.push(error);
    }
    Ok(errors)
}

/// The parameters that NAME=VALUE set.
fn changes(rest: &[String]) -> Result<Vec<(&str, u32)>, Problem> {
    let change = |argument: &'_ String| -> Result<(String, u32), Problem> {
        let (name, value) = argument
            .split_once('=')
            .ok_or_else(|| Problem::Usage(format!("{argument} is no NAME=VALUE")))?;
        let value = value
            .parse()
            .map_err(|_| Problem::Usage(format!("{value} is no number of cycles")))?;
        Ok((name.to_owned(), value))
    };
    rest.iter()
        .filter(|argument| !argument.starts_with("--"))
        .map(|argument| {
            let (name, value) = change(argument)?;
            Ok((&argument[..name.len()], value))
        })
        .collect()
}

fn compare_images(list: &str, folder: &str, rest: &[String]) -> Result<(), Problem> {
    let images = images::read(Path::new(list), Path::new(folder))?;
    let has = |option: &str| rest.iter().any(|argument| argument == option);
    let dual_bank = match (has("--banks=1"), has("--banks=2")) {
        (false, false) => None,
        (single, _) => Some(!single),
    };
    let changes = changes(rest)?;
    let setting = Setting {
        changes: &changes,
        dual_bank,
    };
    let errors = compare(&images, setting)?;
    println!(
        "\nmean absolute error {:.2} %, largest {:.2} %",
        mean(&errors),
        largest(&errors)
    );
    if has("--coverage") {
        print_mix_heading();
        for image in &images {
            print_mix(&image.file, &mix(image)?);
        }
    }
    if has("--ablation") {
        println!("\nerror in percent with a rule switched off or with another value:\n");
        ablation(&images, setting)?;
    }
    Ok(())
}

/// Prints measured, modelled and error of each image; the errors, percent.
fn compare(images: &[Published], setting: Setting<'_>) -> Result<Vec<f64>, String> {
    println!(
        "{:<20} {:>12} {:>12} {:>9}",
        "image", "measured", "modelled", "error"
    );
    let mut errors = Vec::new();
    for image in images {
        let modelled = cycles(image, setting)?;
        let error = image.error(modelled);
        println!(
            "{:<20} {:>12.0} {modelled:>12.0} {error:>+7.2} %",
            image.file, image.cycles
        );
        errors.push(error);
    }
    Ok(errors)
}

fn ablation(images: &[Published], setting: Setting<'_>) -> Result<(), String> {
    print!("{:<42}", "");
    for image in images {
        print!(" {:>12}", image.file);
    }
    println!(" {:>7}", "mean");
    for (rule, values) in ABLATION {
        let changes = &[setting.changes, values].concat()[..];
        let changed = Setting { changes, ..setting };
        let errors: Vec<f64> = images
            .iter()
            .map(|image| Ok(image.error(cycles(image, changed)?)))
            .collect::<Result<_, String>>()?;
        print!("{rule:<42}");
        for error in &errors {
            print!(" {error:>+12.2}");
        }
        println!(" {:>7.2}", mean(&errors));
    }
    Ok(())
}

fn mean(errors: &[f64]) -> f64 {
    errors.iter().map(|error| error.abs()).sum::<f64>() / errors.len().max(1) as f64
}

fn largest(errors: &[f64]) -> f64 {
    errors.iter().fold(0.0, |most, error| error.abs().max(most))
}

fn print_mix_heading() {
    println!(
        "\npercent of the instructions: loads of flash, of the first bank of RAM, of others; stores to the\n\
         same; unaligned accesses; misaligned 32-bit instructions; code in RAM; of the floating-point\n\
         unit, of these arithmetic; divides\n"
    );
}

fn print_mix(name: &str, mix: &Mix) {
    let percent = |count: u64| 100.0 * count as f64 / mix.instructions.max(1) as f64;
    print!("{name:<34}");
    let accesses = mix.loads[..3].iter().chain(&mix.stores[..3]).copied();
    let others = [
        mix.unaligned,
        mix.misaligned,
        mix.code_in_ram,
        mix.floats,
        mix.float_arithmetic,
        mix.divides,
    ];
    for count in accesses.chain(others) {
        print!(" {:>6.2}", percent(count));
    }
    println!();
}

/// Instructions that are looked at in eight places of an image's inferences.
const LOOKED_AT: u64 = 200_000;

/// What an image's inferences consist of.
fn mix(image: &Published) -> Result<Mix, String> {
    let failed = |error| format!("{}: {error}", image.file);
    let mut device = Device::boot(&image.binary, |machine| {
        machine.set_dual_bank(image.dual_bank);
    })
    .map_err(failed)?;
    device.send("infer 3 0");
    // Behind the answers to the command.
    device.machine.run(1_000_000);
    let mut all = Mix::default();
    for _ in 0..8 {
        let mut reference = Reference::new(&device.machine);
        for _ in 0..LOOKED_AT {
            reference.step(&mut device.machine);
        }
        all += reference.mix();
        device.machine.run(image.cycles as u64 / 8);
    }
    Ok(all)
}

/// Modelled cycles of an inference.
fn cycles(image: &Published, setting: Setting<'_>) -> Result<f64, String> {
    let mut problem = Ok(());
    let device = Device::boot(&image.binary, |machine| {
        let mut parameters: TimingParameters = machine.timing_parameters();
        for (name, value) in setting.changes {
            if let Err(error) = parameters.set(name, *value) {
                problem = Err(error.to_string());
            }
        }
        machine.set_timing_parameters(parameters);
        machine.set_dual_bank(setting.dual_bank.unwrap_or(image.dual_bank));
    });
    problem?;
    device
        .and_then(|mut device| device.infer(RUNS))
        .map_err(|error| format!("{}: {error}", image.file))
}
