//! What the power of published images depends on, of what a virtual board counts: see
//! `scripts/validate --power`.
//!
//! ```console
//! cargo run --release -p tinybench-virtual-board --example power -- LIST FOLDER POWERS
//! ```
//!
//! LIST and FOLDER are those of the example `fidelity`. POWERS is a CSV file with a line an image: its
//! name, `fit` or `check`, the mean power that was measured in mW, and where that is from.

#[path = "../../tests/support/device.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod device;
mod fetches;
mod fit;
#[path = "../fidelity/images.rs"]
#[allow(dead_code, reason = "the comparison of cycles uses more of it")]
mod images;

use std::path::Path;
use std::process::ExitCode;

use device::{Device, STM32L4R5};
use fetches::Fetches;
use fit::{fit, predicted};
use images::Published;
use tinybench_virtual_board::timing::{Mix, Reference};

/// Places of an inference in which instructions are looked at, and how many there.
const PLACES: u32 = 61;
const LOOKED_AT: u32 = 20_000;
/// Words of a line of the caches.
const WORDS_A_LINE: f64 = 8.0;
/// Cycles by which an image is within its inferences.
const BEHIND_ANSWERS: u64 = 3_000_000;

/// What a virtual board counts, for each cycle of an inference.
#[derive(Clone, Copy, Debug)]
struct Counts {
    instructions: f64,
    flash_loads: f64,
    ram_loads: f64,
    stores: f64,
    /// Lines of flash that the caches fetched.
    lines: f64,
}

/// An image, what was measured of it and what was counted.
struct Image {
    name: String,
    is_check: bool,
    measured_mw: f64,
    counts: Counts,
}

/// A feature of a model: its name, and its value.
type Feature = (&'static str, fn(&Counts) -> f64);

const CYCLES: Feature = ("cycles", |_| 1.0);
const INSTRUCTIONS: Feature = ("instructions", |it| it.instructions);
const FLASH_LOADS: Feature = ("loads of flash", |it| it.flash_loads);
const RAM_LOADS: Feature = ("loads of RAM", |it| it.ram_loads);
const STORES: Feature = ("stores", |it| it.stores);
const LINES: Feature = ("lines of flash", |it| it.lines);
const NO_MEMORY: Feature = ("instructions without memory", |it| {
    it.instructions - it.flash_loads - it.ram_loads - it.stores
});

/// The models that are tried: the constant, and what is added to it.
const MODELS: [&[Feature]; 12] = [
    &[CYCLES],
    &[CYCLES, INSTRUCTIONS],
    &[CYCLES, RAM_LOADS],
    &[CYCLES, STORES],
    &[CYCLES, FLASH_LOADS],
    &[CYCLES, NO_MEMORY],
    &[CYCLES, INSTRUCTIONS, FLASH_LOADS],
    &[CYCLES, RAM_LOADS, STORES],
    &[CYCLES, STORES, FLASH_LOADS],
    &[CYCLES, LINES],
    &[CYCLES, STORES, LINES],
    &[INSTRUCTIONS, LINES],
];

/// What is tried beside the constant with parameters of each supply's own.
const OWN: [Feature; 5] = [INSTRUCTIONS, FLASH_LOADS, RAM_LOADS, STORES, LINES];

/// The voltages of the two rounds, V. The flash takes its current from them directly, the core its own
/// through a regulator.
const FITTED_V: f64 = 1.8;
const CHECKED_V: f64 = 3.0;
/// Currents of one line of flash in each cycle that are tried, mA.
const LINE_MA: [f64; 4] = [0.0, 20.0, 80.0, 200.0];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, folder, powers] = &arguments[..] else {
        eprintln!("error: usage: power LIST FOLDER POWERS");
        return ExitCode::from(2);
    };
    match run(Path::new(list), Path::new(folder), Path::new(powers)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(7)
        }
    }
}

fn run(list: &Path, folder: &Path, powers: &Path) -> Result<(), String> {
    let published = images::read(list, folder)?;
    let text = std::fs::read_to_string(powers);
    let text = text.map_err(|error| format!("{}: {error}", powers.display()))?;
    let mut images = Vec::new();
    for line in text.lines().skip(1) {
        let wrong = || format!("{}: makes no sense: {line}", powers.display());
        let [name, part, measured_mw, _] = line.split(',').collect::<Vec<_>>()[..] else {
            return Err(wrong());
        };
        let of_name = |it: &&Published| it.name() == name;
        let image = published.iter().find(of_name).ok_or_else(wrong)?;
        images.push(Image {
            name: name.to_owned(),
            is_check: part == "check",
            measured_mw: measured_mw.parse().map_err(|_| wrong())?,
            counts: counts(image)?,
        });
    }
    print_counts(&images);
    print_models(&images);
    print_own(&images);
    print_rails(&images);
    Ok(())
}

/// What an inference of an image consists of.
fn counts(image: &Published) -> Result<Counts, String> {
    let mut device = Device::boot(STM32L4R5, &image.binary, |machine| {
        if let Some(dual_bank) = image.dual_bank {
            machine.set_dual_bank(dual_bank);
        }
    })?;
    device.send("infer 40 0");
    let machine = &mut device.machine;
    machine.run(BEHIND_ANSWERS);
    let cycles = image.cycles as u64;
    let [instructions, begin] = [machine.instructions(), machine.cycles()];
    machine.run(cycles);
    let executed = (machine.instructions() - instructions) as f64;
    let instructions = executed / (machine.cycles() - begin) as f64;
    let mut mix = Mix::default();
    let mut code_lines = 0;
    for _ in 0..PLACES {
        let mut reference = Reference::new(machine);
        let mut fetches = Fetches::default();
        for step in 0..LOOKED_AT {
            let missed = fetches.misses(machine.pc());
            // What the cache held before isn't known.
            code_lines += u64::from(missed && step >= LOOKED_AT / 2);
            reference.step(machine);
        }
        mix += reference.mix();
        // So that the places move through the inference.
        machine.run(cycles / u64::from(PLACES) * 26 / 25);
    }
    let share =
        |counts: &[u64]| instructions * counts.iter().sum::<u64>() as f64 / mix.instructions as f64;
    let flash_loads = share(&mix.loads[..1]);
    Ok(Counts {
        instructions,
        flash_loads,
        ram_loads: share(&mix.loads[1..]),
        stores: share(&mix.stores),
        // Half of the instructions were watched. Weights are read word by word, one after the other.
        lines: 2.0 * share(&[code_lines]) + flash_loads / WORDS_A_LINE,
    })
}

fn print_counts(images: &[Image]) {
    println!(
        "| image | measured | instructions | loads of flash | loads of RAM | stores | lines of flash |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for image in images {
        let it = &image.counts;
        println!(
            "| {} | {:.1} mW | {:.2} | {:.3} | {:.3} | {:.3} | {:.3} |",
            image.name,
            image.measured_mw,
            it.instructions,
            it.flash_loads,
            it.ram_loads,
            it.stores,
            it.lines
        );
    }
    println!();
}

fn print_models(images: &[Image]) {
    println!(
        "| model | mW by feature | of those fitted | each left out | of the checks | largest |"
    );
    println!("|---|---|---:|---:|---:|---:|");
    let (checks, fitted): (Vec<_>, Vec<_>) = images.iter().partition(|image| image.is_check);
    for model in MODELS {
        let coefficients = fit_to(model, &fitted);
        let left_out = left_out(model, &fitted);
        // Another regulator has a constant of its own, by which all is multiplied.
        let ratios = checks
            .iter()
            .map(|it| 1.0 + error(model, &coefficients, it) / 100.0);
        let ratios: Vec<f64> = ratios.collect();
        let squares: f64 = ratios.iter().map(|it| it * it).sum();
        let factor = ratios.iter().sum::<f64>() / squares;
        let of_checks: Vec<f64> = ratios
            .iter()
            .map(|it| (it * factor - 1.0) * 100.0)
            .collect();
        let of_fitted = fitted.iter().map(|it| error(model, &coefficients, it));
        let names: Vec<&str> = model.iter().map(|(name, _)| *name).collect();
        let values: Vec<String> = coefficients.iter().map(|it| format!("{it:.1}")).collect();
        let largest = of_checks
            .iter()
            .fold(0.0_f64, |most, it| most.max(it.abs()));
        println!(
            "| {} | {} | {:.1} % | {:.1} % | {:.1} % | {largest:.1} % |",
            names.join(", "),
            values.join(", "),
            mean(&of_fitted.collect::<Vec<_>>()),
            mean(&left_out),
            mean(&of_checks)
        );
    }
}

/// The constant and one more parameter, fitted to each round on its own: by how much each image is off that
/// was left out.
fn print_own(images: &[Image]) {
    println!();
    println!("| model | round 1.2, each left out | round 1.3, each left out |");
    println!("|---|---:|---:|");
    let (checks, fitted): (Vec<_>, Vec<_>) = images.iter().partition(|image| image.is_check);
    let mut models = vec![vec![CYCLES]];
    models.extend(OWN.map(|feature| vec![CYCLES, feature]));
    for model in models {
        let names: Vec<&str> = model.iter().map(|(name, _)| *name).collect();
        println!(
            "| {} | {:.1} % | {:.1} % |",
            names.join(", "),
            mean(&left_out(&model, &fitted)),
            mean(&left_out(&model, &checks))
        );
    }
}

/// Core and flash on rails of their own: the current of a line is the same at both voltages, and the power of
/// the core has one factor for its regulator.
fn print_rails(images: &[Image]) {
    println!();
    println!(
        "| core | a line of flash in each cycle | of those fitted | of the checks | largest |"
    );
    println!("|---|---:|---:|---:|---:|");
    let (checks, fitted): (Vec<_>, Vec<_>) = images.iter().partition(|image| image.is_check);
    for model in [&[CYCLES][..], &[CYCLES, STORES]] {
        for line_ma in LINE_MA {
            let flash = |image: &Image, volts: f64| line_ma * volts * image.counts.lines;
            let rows: Vec<_> = fitted.iter().map(|image| row(model, image)).collect();
            let left: Vec<_> = fitted
                .iter()
                .map(|image| image.measured_mw - flash(image, FITTED_V))
                .collect();
            let coefficients = fit(&rows, &left);
            let core = |image: &Image| predicted(&coefficients, &row(model, image));
            let off = |image: &Image, factor: f64, volts: f64| {
                let modelled = factor * core(image) + flash(image, volts);
                (modelled / image.measured_mw - 1.0) * 100.0
            };
            let of_fitted: Vec<_> = fitted.iter().map(|it| off(it, 1.0, FITTED_V)).collect();
            let [product, square] = checks.iter().fold([0.0, 0.0], |[product, square], image| {
                let core = core(image) / image.measured_mw;
                let rest = 1.0 - flash(image, CHECKED_V) / image.measured_mw;
                [product + core * rest, square + core * core]
            });
            let factor = product / square;
            let of_checks: Vec<_> = checks.iter().map(|it| off(it, factor, CHECKED_V)).collect();
            let largest = of_checks
                .iter()
                .fold(0.0_f64, |most, it| most.max(it.abs()));
            let names: Vec<&str> = model.iter().map(|(name, _)| *name).collect();
            println!(
                "| {} | {line_ma:.0} mA | {:.1} % | {:.1} % | {largest:.1} % |",
                names.join(", "),
                mean(&of_fitted),
                mean(&of_checks)
            );
        }
    }
}

/// By how much a model that is fitted to all others is off each image, percent.
fn left_out(model: &[Feature], images: &[&Image]) -> Vec<f64> {
    let own = |left: usize| {
        let others = images.iter().enumerate();
        let others = others.filter(|(index, _)| *index != left);
        let others: Vec<&Image> = others.map(|(_, image)| *image).collect();
        error(model, &fit_to(model, &others), images[left])
    };
    (0..images.len()).map(own).collect()
}

fn fit_to(model: &[Feature], images: &[&Image]) -> Vec<f64> {
    let rows: Vec<_> = images.iter().map(|image| row(model, image)).collect();
    let measured: Vec<_> = images.iter().map(|image| image.measured_mw).collect();
    fit(&rows, &measured)
}

fn row(model: &[Feature], image: &Image) -> Vec<f64> {
    model.iter().map(|(_, read)| read(&image.counts)).collect()
}

/// By how much a model is off, percent.
fn error(model: &[Feature], coefficients: &[f64], image: &Image) -> f64 {
    (predicted(coefficients, &row(model, image)) / image.measured_mw - 1.0) * 100.0
}

/// Mean of the absolute values.
fn mean(errors: &[f64]) -> f64 {
    errors.iter().map(|it| it.abs()).sum::<f64>() / errors.len() as f64
}
