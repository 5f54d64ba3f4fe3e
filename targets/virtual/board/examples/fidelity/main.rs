//! Compares modelled with published cycles of firmware images: see `scripts/validate`.
//!
//! ```console
//! cargo run --release -p tinybench-virtual-board --example fidelity -- LIST FOLDER [--ablation] [--banks=1|2] [NAME=VALUE]...
//! ```
//!
//! LIST is a CSV file with a line an image: its file in FOLDER, its SHA-256, the banks of the flash,
//! the cycles of an inference that were measured, and where the image is from. NAME=VALUE sets a
//! parameter of the cycle model; `--banks` has all images run with so many banks.

#[path = "../../tests/support/device.rs"]
#[allow(dead_code, reason = "tests use more of it")]
mod device;
mod images;

use std::path::Path;
use std::process::ExitCode;

use device::Device;
use images::Published;
use tinybench_virtual_board::timing::TimingParameters;

/// Inferences that are timed: the device's clock counts µs.
const RUNS: u64 = 4;

/// Alternative values by which `--ablation` weighs the rules.
const ABLATION: [(&str, &[(&str, u32)]); 15] = [
    ("no slow banks of RAM", &[("slow_ram", 0)]),
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
        "divides take 2 cycles",
        &[("divide_long", 1), ("divide_bits", 32)],
    ),
    (
        "a miss of instructions takes 1 more",
        &[("instruction_miss", 1)],
    ),
    ("a miss of data takes 1 more", &[("data_miss", 1)]),
    ("6 wait states instead of 5", &[("flash_wait", 1)]),
];

/// What is modelled otherwise than by default.
#[derive(Clone, Copy)]
struct Setting<'a> {
    /// Parameters of the cycle model.
    changes: &'a [(&'a str, u32)],
    /// Instead of what the list says.
    dual_bank: Option<bool>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, folder, rest @ ..] = &arguments[..] else {
        return Err(
            "usage: fidelity LIST FOLDER [--ablation] [--banks=1|2] [NAME=VALUE]...".to_owned(),
        );
    };
    let images = images::read(Path::new(list), Path::new(folder))?;
    let has = |option: &str| rest.iter().any(|argument| argument == option);
    let dual_bank = match (has("--banks=1"), has("--banks=2")) {
        (false, false) => None,
        (single, _) => Some(!single),
    };
    let mut changes = Vec::new();
    for change in rest.iter().filter(|argument| !argument.starts_with("--")) {
        let (name, value) = change
            .split_once('=')
            .ok_or_else(|| format!("{change} is no NAME=VALUE"))?;
        let value = value
            .parse()
            .map_err(|_| format!("{value} is no number of cycles"))?;
        changes.push((name, value));
    }
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
