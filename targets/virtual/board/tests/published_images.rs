//! Firmware that others have published runs on the virtual STM32L4R5 as it is and answers on its
//! serial port: the MLPerf Tiny images of Bosch's round 1.1 submission (mlcommons/tiny_results_v1.1,
//! `closed/bosch/code/NUCLEO_L4R5ZI/*/Release/l4r5_*.bin`).
//!
//! The images aren't part of the repository. They are looked for in `images/bosch` in the shared
//! folder, or where `TINYBENCH_IMAGES` points; without them these tests are skipped.

#[path = "support/stm32l4r5.rs"]
mod support;

use std::path::{Path, PathBuf};

use tinybench_virtual_board::{Machine, Timing};

const LPUART1: usize = 0;

/// The machine with an image in its flash; `None` where the image isn't there.
fn with_image(name: &str) -> Option<Machine> {
    let shared = || {
        let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared");
        let shared = std::env::var_os("TINYBENCH_SHARED").map_or(default, PathBuf::from);
        shared.join("images/bosch")
    };
    let folder = std::env::var_os("TINYBENCH_IMAGES").map_or_else(shared, PathBuf::from);
    let path = folder.join(name);
    let Ok(image) = std::fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    };
    let mut machine = support::blank();
    support::program(&mut machine, &image);
    machine.reset();
    Some(machine)
}

/// Sends a command and waits for the `m-ready` that ends every answer.
fn ask(machine: &mut Machine, command: &str) -> String {
    assert!(machine.serial_input(LPUART1, command.as_bytes()));
    answer(machine)
}

fn answer(machine: &mut Machine) -> String {
    let mut text = Vec::new();
    for _ in 0..1_000 {
        machine.run(1_000_000);
        text.extend(machine.serial_output(LPUART1));
        if text.ends_with(b"m-ready\r\n") {
            break;
        }
    }
    String::from_utf8(text).expect("it is ASCII")
}

/// Loads an input of zeros.
fn load_zeros(machine: &mut Machine, bytes: usize) {
    let answer = ask(machine, &format!("db load {bytes}%"));
    assert!(
        answer.contains(&format!("m-[Expecting {bytes} bytes]")),
        "{answer}"
    );
    let mut last = String::new();
    let mut left = bytes;
    while left > 0 {
        let now = left.min(31);
        last = ask(machine, &format!("db {}%", "00".repeat(now)));
        left -= now;
    }
    assert!(last.contains("m-load-done"), "{last}");
}

/// Infers so many times; microseconds between the two time stamps. The first of them is sent while
/// time is measured.
fn infer(machine: &mut Machine, times: u32) -> u64 {
    let answer = ask(machine, &format!("infer {times} 1%"));
    let laps: Vec<u64> = answer
        .lines()
        .filter_map(|line| line.strip_prefix("m-lap-us-")?.parse().ok())
        .collect();
    let [start, end] = laps[..] else {
        panic!("two time stamps in: {answer}");
    };
    assert!(answer.contains("m-results-["), "{answer}");
    end - start
}

/// Without the cycle model each instruction takes a cycle, so that time stamps count instructions.
#[test]
fn each_image_boots_and_infers() {
    // Instructions of an inference, in millions.
    let images = [
        ("l4r5_ad.bin", "ad01", 2_560, 0.35..0.50),
        ("l4r5_ic.bin", "ic01", 3_072, 15.0..18.0),
        ("l4r5_kws.bin", "kws01", 490, 5.0..5.7),
        ("l4r5_vww.bin", "vww01", 27_648, 14.0..17.0),
    ];
    for (image, model, input_bytes, instructions) in images {
        let Some(mut machine) = with_image(image) else {
            return;
        };
        machine.set_timing(Timing::InstructionsOnly);
        let start = answer(&mut machine);
        assert!(start.contains("m-init-done"), "{image}: {start}");
        let name = ask(&mut machine, "name%");
        assert!(name.contains("m-name-dut-["), "{image}: {name}");
        let profile = ask(&mut machine, "profile%");
        assert!(profile.contains(&format!("m-model-[{model}]")), "{profile}");
        // The chip's own timer measures, at 120 MHz.
        load_zeros(&mut machine, input_bytes);
        let once = infer(&mut machine, 1);
        let microseconds = infer(&mut machine, 2) - once;
        let counted = microseconds as f64 * 120.0 / 1e6;
        assert!(instructions.contains(&counted), "{image}: {counted} M");
        let reports: Vec<_> = machine.diagnostics().collect();
        assert_eq!(reports, [] as [&str; 0], "{image}");
    }
}
