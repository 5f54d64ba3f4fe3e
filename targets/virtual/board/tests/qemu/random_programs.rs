//! Random programs of every encoding give equal registers, flags, floating-point state and memory
//! here and on QEMU.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::machines::emulator::{self, Path};
use crate::machines::oracle;
use crate::programs::encodings::table;
use crate::programs::generator::{self, Case, Program, candidates, result_name};

/// Images one QEMU process runs.
const BATCH: u64 = 16;
const LIMIT: Duration = Duration::from_secs(120);
/// Mismatches that are printed in full, of each encoding.
const SHOWN: usize = 2;

/// What a run covered and found.
#[derive(Debug, Default)]
struct Tally {
    /// Instances of each encoding outside IT blocks.
    instances: BTreeMap<usize, u64>,
    cases: u64,
    instructions: u64,
    /// Mismatching cases of each encoding.
    mismatches: BTreeMap<usize, Vec<String>>,
}

impl Tally {
    fn least(&self, chip: &str) -> u64 {
        let count = |encoding| self.instances.get(encoding).copied().unwrap_or(0);
        candidates(chip).iter().map(count).min().unwrap_or(0)
    }

    fn batch(&mut self, chip: &'static str, seed: u64, first: u64, paths: &[Path], count: u64) {
        let programs: Vec<Program> = (first..first + count)
            .map(|index| generator::program(chip, seed, index))
            .collect();
        let images: Vec<_> = programs
            .iter()
            .map(|program| program.image.clone())
            .collect();
        let outcome = oracle::run(&images, LIMIT);
        assert_eq!(
            outcome.results.len(),
            images.len(),
            "QEMU: {}",
            outcome.messages
        );
        for (i, (program, expected)) in programs.iter().zip(&outcome.results).enumerate() {
            let index = first + i as u64;
            for &path in paths {
                let run = emulator::run(&program.image, path);
                if path == paths[0] {
                    self.instructions += run.instructions;
                }
                let mut place = format!("seed {seed} image {index} {path:?}");
                if let Some(problem) = &run.problem {
                    place += &format!(" (ended early: {problem})");
                    self.unfinished(program, &run.result, &place);
                }
                self.compare(
                    program,
                    expected,
                    &run.result,
                    &place,
                    run.problem.is_some(),
                );
            }
            self.cases += program.cases.len() as u64;
            for case in &program.cases {
                *self.instances.entry(case.encoding).or_default() += case.unconditional;
            }
        }
    }

    fn compare(
        &mut self,
        program: &Program,
        expected: &[u8],
        found: &[u8],
        place: &str,
        first_only: bool,
    ) {
        if expected == found {
            return;
        }
        let halves = program
            .split(expected)
            .into_iter()
            .zip(program.split(found));
        for (number, (case, (expected, found))) in program.cases.iter().zip(halves).enumerate() {
            if expected != found {
                let text = explain(case, expected, found, &format!("{place} case {number}"));
                self.mismatches.entry(case.encoding).or_default().push(text);
                if first_only {
                    break;
                }
            }
        }
    }

    /// Notes the case in which a run ended: the first without a result.
    fn unfinished(&mut self, program: &Program, found: &[u8], place: &str) {
        let results = program.split(found);
        let mut cases = program.cases.iter().zip(results).enumerate();
        // The SP is never zero.
        let empty = cases.find(|(_, (_, result))| result[4 * 48..4 * 49] == [0; 4]);
        if let Some((number, (case, result))) = empty {
            let text = explain(case, result, result, &format!("{place} in case {number}"));
            self.mismatches.entry(case.encoding).or_default().push(text);
        }
    }

    fn check(&self) {
        let mut text = String::new();
        for (&encoding, cases) in &self.mismatches {
            text += &format!(
                "\n=== {}: {} cases differ\n",
                table()[encoding].name,
                cases.len()
            );
            for case in cases.iter().take(SHOWN) {
                text += case;
            }
        }
        assert!(text.is_empty(), "{text}");
    }
}

/// A mismatch in words.
fn explain(case: &Case, expected: &[u8], found: &[u8], place: &str) -> String {
    let mut text = format!("--- {place}\n");
    for line in &case.listing {
        text += &format!("    {line}\n");
    }
    let inputs = &case.inputs;
    text += &format!(
        "  in: APSR {:08x} FPSCR {:08x}\n",
        inputs.apsr, inputs.fpscr
    );
    text += &format!("  in: R {:08x?}\n", inputs.registers);
    if case.listing.iter().any(|line| line.contains(" V")) {
        text += &format!("  in: S {:08x?}\n", inputs.singles);
    }
    let words = |bytes: &[u8]| -> Vec<u32> {
        let word = |chunk: &[u8]| u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        bytes.chunks_exact(4).map(word).collect()
    };
    for (i, (expected, found)) in words(expected).into_iter().zip(words(found)).enumerate() {
        if expected != found {
            text += &format!(
                "  {}: QEMU {expected:08x}, here {found:08x}\n",
                result_name(i)
            );
        }
    }
    text
}

/// A setting of the long runs.
pub fn environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// A few of each encoding on every path through the machine.
pub fn compare_on_all_paths(chip: &'static str) {
    if !oracle::installed() {
        return;
    }
    let paths = [Path::Blocks, Path::Untimed, Path::Watched, Path::Stepped];
    let mut tally = Tally::default();
    tally.batch(chip, 1, 0, &paths, 6);
    tally.check();
}

/// The whole run: `TINYBENCH_SEED`, and `TINYBENCH_COUNT` instances of every encoding.
pub fn compare_every_encoding(chip: &'static str) {
    if !oracle::installed() {
        return;
    }
    let seed = environment("TINYBENCH_SEED", 1);
    let count = environment("TINYBENCH_COUNT", 2000);
    let mut tally = Tally::default();
    let mut image = 0;
    while tally.least(chip) < count {
        tally.batch(chip, seed, image, &[Path::Blocks], BATCH);
        image += BATCH;
        eprintln!(
            "{chip}: {image} images, {} cases, {} instructions, at least {} of each of {} encodings, {} encodings \
             differ",
            tally.cases,
            tally.instructions,
            tally.least(chip),
            candidates(chip).len(),
            tally.mismatches.len(),
        );
    }
    tally.check();
}

#[test]
fn a_seeded_part_is_equal_on_all_paths() {
    compare_on_all_paths("nrf52840");
}

#[test]
#[ignore = "takes minutes; scripts/emulator-vs-qemu runs it"]
fn every_encoding_is_equal() {
    compare_every_encoding("nrf52840");
}
