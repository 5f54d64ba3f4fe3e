//! Speed of the virtual core: instructions of the target executed a second, with the whole cycle
//! model and counting instructions only, beside QEMU running the same program on the same host.
//!
//! ```text
//! cargo bench --bench virtual_core
//! ```
//! All times are processor time. First comes a table in which the three are measured in turn, so
//! that the ratio holds on a busy host too; then criterion's own figures, whose `elem/s` are instructions of the target a second.
//! QEMU is left out where `qemu-system-arm` isn't installed, and the inference of visual wake words
//! where its model isn't at hand (`TINYBENCH_SHARED`), as are published images
//! (`TINYBENCH_IMAGES`).

mod cpu_time;
mod program;
mod qemu;

use std::time::Duration;

use cpu_time::CpuTime;
use criterion::{Criterion, Throughput};
use program::Program;
use qemu::Qemu;
use tinybench_virtual_board::Timing;

/// Rounds of the table: the median of an odd number is one of them.
const ROUNDS: usize = 7;
/// Instructions that one measurement of the table should take at least.
const ENOUGH: u64 = 100_000_000;

fn main() {
    let mut criterion = Criterion::default()
        .with_measurement(CpuTime)
        .sample_size(20)
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    let mut programs = vec![
        Program::floats_and_calls(),
        Program::kws_float32(),
        Program::kws(),
        Program::kws_on_l4r5(),
        Program::kws_on_m33(),
        Program::kws_on_m0plus(),
    ];
    programs.extend(Program::vww());
    programs.extend(Program::images());
    println!("million instructions a second (median of {ROUNDS}), and QEMU's over ours:");
    println!(
        "{:<18} {:>12} {:>18} {:>8} {:>12} {:>18}",
        "program", "full timing", "instructions only", "QEMU", "full timing", "instructions only"
    );
    for program in &mut programs {
        let qemu = program
            .is_for_qemu()
            .then(|| Qemu::start(program))
            .flatten();
        print_row(program, qemu.as_ref());
        measure(&mut criterion, program, qemu.as_ref());
    }
    criterion.final_summary();
}

/// Measures the three in turn and prints medians and ratios.
fn print_row(program: &mut Program, qemu: Option<&Qemu>) {
    let runs = ENOUGH.div_ceil(program.instructions());
    let million = (runs * program.instructions()) as f64 / 1e6;
    let (mut full, mut only, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        full.push(million / seconds(program, Timing::Full, runs));
        only.push(million / seconds(program, Timing::InstructionsOnly, runs));
        other.extend(qemu.map(|qemu| million / qemu.time(runs).as_secs_f64()));
    }
    let (full, only) = (median(full), median(only));
    print!("{:<18} {full:>12.0} {only:>18.0}", program.name);
    if qemu.is_some() {
        let other = median(other);
        print!(
            " {other:>8.0} {:>12.2} {:>18.2}",
            other / full,
            other / only
        );
    }
    println!();
}

fn seconds(program: &mut Program, timing: Timing, runs: u64) -> f64 {
    program.set_timing(timing);
    let start = cpu_time::spent();
    for _ in 0..runs {
        program.run();
    }
    (cpu_time::spent() - start).as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(criterion: &mut Criterion<CpuTime>, program: &mut Program, qemu: Option<&Qemu>) {
    let mut group = criterion.benchmark_group(program.name);
    group.throughput(Throughput::Elements(program.instructions()));
    for (name, timing) in [
        ("full timing", Timing::Full),
        ("instructions only", Timing::InstructionsOnly),
    ] {
        program.set_timing(timing);
        group.bench_function(name, |bencher| bencher.iter(|| program.run()));
    }
    if let Some(qemu) = qemu {
        group.bench_function("QEMU", |bencher| {
            bencher.iter_custom(|runs| qemu.time(runs));
        });
    }
    group.finish();
}
