//! Compares modelled with published cycles: see `scripts/validate`.
//!
//! ```console
//! cargo run --release -p tinybench-virtual-board --example fidelity -- LIST FOLDER [--chip=CHIP] [--ablation] [--coverage] [--banks=1|2] [NAME=VALUE]...
//! cargo run --release -p tinybench-virtual-board --example fidelity -- programs LIST FOLDER [--ablation] [--coverage] [NAME=VALUE]...
//! cargo run --release -p tinybench-virtual-board --example fidelity -- program CHIP FILE.elf ENTRY CYCLES [--ablation] [--coverage] [NAME=VALUE]...
//! ```
//!
//! LIST is a CSV file with a line an image: its file in FOLDER, its SHA-256, the banks of the flash (nothing
//! where they make no difference), the cycles of an inference that were measured, and where the image is
//! from. They are for the STM32L4R5 unless `--chip` names another. NAME=VALUE sets a parameter of the cycle
//! model; `--banks` has all images run with so many banks.
//!
//! A list of programs has a line a function: its name, chip, ELF file in FOLDER, function, and the
//! cycles of a call that were measured. `program` takes one such line as arguments.

mod ablation;
#[path = "../../tests/support/device.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod device;
mod images;
mod problem;
mod programs;
mod table;

use std::path::Path;
use std::process::ExitCode;

use device::{Device, KINDS, Kind, STM32L4R5};
use images::Published;
use problem::Problem;
use programs::Program;
use table::Row;
use tinybench_virtual_board::timing::{Mix, Reference, TimingParameters};

/// Inferences that are timed: the device's clock counts µs.
const RUNS: u64 = 4;

/// What is modelled otherwise than by default.
#[derive(Clone, Copy)]
struct Setting<'a> {
    /// The board.
    kind: Kind,
    /// Parameters of the cycle model.
    changes: &'a [(&'a str, u32)],
    /// Instead of what the list says.
    dual_bank: Option<bool>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let (code, error) = problem.told();
            eprintln!("error: {error}");
            ExitCode::from(code)
        }
    }
}

fn run() -> Result<(), Problem> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [how, chip, file, entry, cycles, rest @ ..] if how == "program" => {
            let published = published(cycles)?;
            let (chip, file, entry) = (chip.clone(), file.clone(), entry.clone());
            compare_programs(
                &[Program {
                    name: entry.clone(),
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
             FILE.elf ENTRY CYCLES, with [--ablation] [--coverage] [--banks=1|2] [NAME=VALUE]..."
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
        let [name, chip, file, entry, cycles] = line.split(',').collect::<Vec<_>>()[..] else {
            return Err(Problem::Input(format!("{list}: not five columns: {line}")));
        };
        Ok(Program {
            name: name.to_owned(),
            file: Path::new(folder).join(file).display().to_string(),
            chip: chip.to_owned(),
            entry: entry.to_owned(),
            published: published(cycles)?,
        })
    };
    text.lines().skip(1).map(program).collect()
}

fn has(rest: &[String], option: &str) -> bool {
    rest.iter().any(|argument| argument == option)
}

/// Prints measured, modelled and error of functions of programs.
fn compare_programs(programs: &[Program], rest: &[String]) -> Result<(), Problem> {
    let changes = changes(rest)?;
    let rows = program_rows(programs, &changes)?;
    table::print_comparison("function", &rows);
    if has(rest, "--coverage") {
        let mixes = programs.iter().map(|program| {
            let mix = programs::mix(program)?;
            Ok((program.name.clone(), mix))
        });
        table::print_mixes(&mixes.collect::<Result<Vec<_>, Problem>>()?);
    }
    if has(rest, "--ablation") {
        ablate(&rows, |values| {
            program_rows(programs, &[&changes, values].concat())
        })?;
    }
    Ok(())
}

/// Functions of programs: of the second call, if the program makes one.
fn program_rows(programs: &[Program], changes: &[(&str, u32)]) -> Result<Vec<Row>, Problem> {
    let row = |program: &Program| {
        let modelled = programs::run(program, changes, programs::LIMIT)?;
        Ok(Row {
            name: program.name.clone(),
            banks: None,
            measured: program.published,
            modelled: modelled.second.unwrap_or(modelled.first) as f64,
            first: Some(modelled.first as f64),
        })
    };
    programs.iter().map(row).collect()
}

/// Prints what each rule contributes to the errors of `rows`, which `with` makes anew with changes.
fn ablate(
    rows: &[Row],
    with: impl Fn(ablation::Changes) -> Result<Vec<Row>, Problem>,
) -> Result<(), Problem> {
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    table::print_ablation_heading(&names);
    for (rule, values) in ablation::RULES {
        let errors: Vec<f64> = with(values)?.iter().map(Row::error).collect();
        table::print_ablation(rule, &errors);
    }
    Ok(())
}

/// The parameters that NAME=VALUE set.
fn changes(rest: &[String]) -> Result<Vec<(&str, u32)>, Problem> {
    rest.iter()
        .filter(|argument| !argument.starts_with("--"))
        .map(|argument| {
            let (name, value) = argument
                .split_once('=')
                .ok_or_else(|| Problem::Usage(format!("{argument} is no NAME=VALUE")))?;
            let value = value
                .parse()
                .map_err(|_| Problem::Usage(format!("{value} is no number of cycles")))?;
            Ok((name, value))
        })
        .collect()
}

/// The board that `--chip` names.
fn kind(rest: &[String]) -> Result<Kind, Problem> {
    let named = rest.iter().find_map(|it| it.strip_prefix("--chip="));
    let Some(chip) = named else {
        return Ok(STM32L4R5);
    };
    Kind::of(chip).ok_or_else(|| {
        let known = KINDS.map(|kind| kind.chip).join(", ");
        Problem::Usage(format!("--chip is {chip}: there are images for {known}"))
    })
}

fn compare_images(list: &str, folder: &str, rest: &[String]) -> Result<(), Problem> {
    let images = images::read(Path::new(list), Path::new(folder)).map_err(Problem::Input)?;
    let dual_bank = match (has(rest, "--banks=1"), has(rest, "--banks=2")) {
        (false, false) => None,
        (single, _) => Some(!single),
    };
    let changes = changes(rest)?;
    let kind = kind(rest)?;
    let setting = Setting {
        kind,
        changes: &changes,
        dual_bank,
    };
    let rows = image_rows(&images, setting)?;
    table::print_comparison("image", &rows);
    if has(rest, "--coverage") {
        let mix_of = |image| mix(kind, image).map_err(Problem::Image);
        let mixes = images
            .iter()
            .map(|image| Ok((image.name(), mix_of(image)?)));
        table::print_mixes(&mixes.collect::<Result<Vec<_>, Problem>>()?);
    }
    if has(rest, "--ablation") {
        ablate(&rows, |values| {
            let changes = &[setting.changes, values].concat()[..];
            image_rows(&images, Setting { changes, ..setting })
        })?;
    }
    Ok(())
}

/// Images, with the cycles of an inference.
fn image_rows(images: &[Published], setting: Setting<'_>) -> Result<Vec<Row>, Problem> {
    let row = |image: &Published| {
        let dual_bank = setting.dual_bank.or(image.dual_bank);
        Ok(Row {
            name: image.name(),
            banks: dual_bank.map(|dual_bank| if dual_bank { 2 } else { 1 }),
            measured: image.cycles,
            modelled: cycles(
                image,
                Setting {
                    dual_bank,
                    ..setting
                },
            )?,
            first: None,
        })
    };
    images.iter().map(row).collect()
}

/// Instructions that are looked at in eight places of an image's inferences.
const LOOKED_AT: u64 = 200_000;

/// What an image's inferences consist of.
fn mix(kind: Kind, image: &Published) -> Result<Mix, String> {
    let failed = |error| format!("{}: {error}", image.file);
    let mut device = Device::boot(kind, &image.binary, |machine| {
        if let Some(dual_bank) = image.dual_bank {
            machine.set_dual_bank(dual_bank);
        }
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
fn cycles(image: &Published, setting: Setting<'_>) -> Result<f64, Problem> {
    let mut problem = Ok(());
    let device = Device::boot(setting.kind, &image.binary, |machine| {
        let mut parameters: TimingParameters = machine.timing_parameters();
        for (name, value) in setting.changes {
            if let Err(error) = parameters.set(name, *value) {
                problem = Err(Problem::Usage(error.to_string()));
            }
        }
        machine.set_timing_parameters(parameters);
        if let Some(dual_bank) = setting.dual_bank {
            machine.set_dual_bank(dual_bank);
        }
    });
    problem?;
    device
        .and_then(|mut device| device.infer(RUNS))
        .map_err(|error| Problem::Image(format!("{}: {error}", image.file)))
}
