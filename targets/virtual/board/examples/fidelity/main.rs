//! Compares modelled with published cycles of firmware images: see `scripts/validate`.
//!
//! ```console
//! cargo run --release -p tinybench-virtual-board --example fidelity -- LIST FOLDER [NAME=VALUE]... [--ablation]
//! ```
//!
//! LIST has a line an image: its file in FOLDER, and the cycles of an inference that were measured.
//! NAME=VALUE sets a parameter of the cycle model.

#[path = "../../tests/support/device.rs"]
#[allow(dead_code, reason = "the speed of the core is measured elsewhere")]
mod device;

use std::path::Path;
use std::process::ExitCode;

use device::Device;
use tinybench_virtual_board::timing::TimingParameters;

/// Inferences that are timed: the device's clock counts µs.
const RUNS: u64 = 4;

struct Published {
    file: String,
    binary: Vec<u8>,
    cycles: f64,
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
        return Err("usage: fidelity LIST FOLDER [NAME=VALUE]... [--ablation]".to_owned());
    };
    let images = read_list(Path::new(list), Path::new(folder))?;
    let mut changes = Vec::new();
    for change in rest {
        let (name, value) = change
            .split_once('=')
            .ok_or(format!("{change} is no NAME=VALUE"))?;
        let value = value.parse().map_err(|_| format!("{value} is no number"))?;
        changes.push((name.to_owned(), value));
    }
    let mut sum = 0.0;
    let mut worst = 0.0_f64;
    for image in &images {
        let modelled = cycles(image, &changes)?;
        let error = 100.0 * (modelled / image.cycles - 1.0);
        sum += error.abs();
        worst = worst.max(error.abs());
        println!(
            "{:<24} {:>12.0} {:>12.0} {error:>+7.2} %",
            image.file, image.cycles, modelled
        );
    }
    println!(
        "mean {:.2} %, worst {worst:.2} %",
        sum / images.len() as f64
    );
    Ok(())
}

fn read_list(list: &Path, folder: &Path) -> Result<Vec<Published>, String> {
    let read =
        |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let text = String::from_utf8(read(list)?).map_err(|error| error.to_string())?;
    text.lines()
        .map(|line| {
            let (file, cycles) = line.split_once(' ').ok_or(format!("{line}: no cycles"))?;
            Ok(Published {
                file: file.to_owned(),
                binary: read(&folder.join(file))?,
                cycles: cycles
                    .trim()
                    .parse()
                    .map_err(|_| format!("{line}: no number"))?,
            })
        })
        .collect()
}

fn cycles(image: &Published, changes: &[(String, u32)]) -> Result<f64, String> {
    let mut problem = Ok(());
    let device = Device::boot(&image.binary, |machine| {
        let mut parameters: TimingParameters = machine.timing_parameters();
        for (name, value) in changes {
            if let Err(error) = parameters.set(name, *value) {
                problem = Err(error.to_string());
            }
        }
        machine.set_timing_parameters(parameters);
    });
    problem?;
    device
        .and_then(|mut device| device.infer(RUNS))
        .map_err(|error| format!("{}: {error}", image.file))
}
