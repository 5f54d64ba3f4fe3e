//! The engine against the slow reference, on firmware images that others have published: in a few
//! windows of an inference both count the same instructions, and their cycles are within 2 %.
//!
//! The images aren't part of the repository: `scripts/validate` says where they are from. They are
//! looked for in `images/bosch` in the shared folder, or where `TINYBENCH_IMAGES` points; without
//! them this test is skipped.

#[path = "support/device.rs"]
#[allow(dead_code, reason = "what the device answers is not looked at here")]
mod device;

use std::path::{Path, PathBuf};

use device::{Device, STM32L4R5};
use tinybench_virtual_board::timing::Reference;

/// Instructions for which the caches fill, and instructions that are compared.
const WARM_UP: u64 = 20_000;
const COMPARED: u64 = 60_000;

fn image(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("TINYBENCH_IMAGES").map_or_else(
        || {
            let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared");
            std::env::var_os("TINYBENCH_SHARED")
                .map_or(default, PathBuf::from)
                .join("images/bosch")
        },
        PathBuf::from,
    );
    let path = folder.join(name);
    let found = std::fs::read(&path).ok();
    if found.is_none() {
        eprintln!("skipped: there is no {}", path.display());
    }
    found
}

/// A device so many cycles into its inferences.
fn inferring(image: &[u8], cycles: u64) -> Device {
    let mut device = Device::boot(STM32L4R5, image, |_| {}).expect("it boots");
    device.send("infer 2 0");
    device.machine.run(cycles);
    device
}

/// Cycles of the engine and of the reference in a window.
fn window(image: &[u8], start: u64) -> (u64, u64) {
    let mut fast = inferring(image, start);
    let mut slow = inferring(image, start);
    let begin = fast.machine.instructions();
    assert_eq!(begin, slow.machine.instructions(), "both run alike");
    let marks = [WARM_UP, WARM_UP + COMPARED].map(|instructions| {
        while fast.machine.instructions() < begin + instructions {
            fast.machine.run(1);
        }
        (fast.machine.instructions(), fast.machine.cycles())
    });
    let mut reference = Reference::new(&slow.machine);
    let counted = marks.map(|(instructions, _)| {
        while slow.machine.instructions() < instructions {
            reference.step(&mut slow.machine);
        }
        reference.cycles()
    });
    (marks[1].1 - marks[0].1, counted[1] - counted[0])
}

#[test]
fn the_engine_is_within_two_percent_of_the_reference_on_published_images() {
    // Cycles to the first window: behind the answers to the command, which are sent at 115,200 baud.
    let first = 1_000_000;
    for (name, cycles) in [
        ("l4r5_ad.bin", 680_000),
        ("l4r5_ic.bin", 21_000_000),
        ("l4r5_kws.bin", 7_500_000),
        ("l4r5_vww.bin", 21_000_000),
    ] {
        let Some(image) = image(name) else { return };
        let windows = (0..8).map(|part| window(&image, first + cycles * part / 8));
        let (fast, slow) = windows.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let off = 100.0 * (fast as f64 / slow as f64 - 1.0);
        println!("{name}: {fast} cycles, the reference {slow}, {off:+.2} %");
        assert!(off.abs() <= 2.0, "{name}: {off:+.2} %");
    }
}
