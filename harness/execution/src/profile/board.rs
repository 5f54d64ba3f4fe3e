//! The profile of a real board: operators by marks in the image, each with two readings of the cycle counter,
//! whose cost is subtracted; functions and lines by samples of the program counter.

use std::cmp::Reverse;

use tinybench_inputs::board::Board;
use tinybench_inputs::runtimes::description::{Description, Operator};
use tinybench_interface::operators::CAPACITY;
use tinybench_record::{FunctionProfile, Other, PartProfile, Profile};
use tinybench_support::number::grouped;
use tinybench_virtual_board::{BlockCost, SegmentCost, WindowProfile};

use super::functions::of_segment;
use super::{energy_of, main_operators, of_operator, unknown};
use crate::image::Image;
use crate::measure::operators::MarkedRun;
use crate::target::PcSamples;

/// By how much the operators of a run with marks may be off one without, as part of the whole, before that
/// is told as a fault of the profile.
pub const BOUND: f64 = 0.01;

/// What was found on a board.
pub struct OnBoard<'a> {
    /// Cycles of the inference without marks: the last one that was timed.
    pub cycles: u64,
    /// What its operators took, if the runtime marks them.
    pub marked: Option<&'a MarkedRun>,
    /// Where the core was, if the probe could tell.
    pub pcs: Option<&'a PcSamples>,
}

/// The profile, for a record. `description` is that of the model.
pub fn profile(
    found: &OnBoard,
    description: Option<&Description>,
    image: &Image,
    board: &Board,
) -> Profile {
    let known = main_operators(description);
    let part = |cycles: u64| PartProfile {
        cycles,
        energy_uj: energy_of(cycles, board),
        ..PartProfile::default()
    };
    let mut notes = Vec::new();
    let mut operators = Vec::new();
    if let Some(marked) = found.marked {
        for (index, cycles, nested) in marked.each() {
            operators.push(match known.get(index as usize) {
                Some(operator) => of_operator(operator, nested, part(cycles), &board.core),
                None => unknown(index, nested, part(cycles)),
            });
        }
        notes.extend(of_marks(marked, &known, found.cycles));
    } else {
        notes.extend(super::of_indices(&[], known.len()));
    }
    let of_operators = operators.iter().map(|it| it.cost.cycles).sum::<u64>();
    // Without marks there is hardly less between them than there was with them.
    let cycles = found.cycles.max(of_operators);
    let functions = match found.pcs {
        Some(pcs) => functions(pcs, image, cycles),
        None => Vec::new(),
    };
    let samples = functions.iter().filter_map(|it| it.samples);
    let taken = found.pcs.map(|_| samples.sum::<u64>());
    notes.extend(of_samples(found.pcs, taken));
    Profile {
        fidelity: tinybench_record::Fidelity::Measured,
        cycles,
        instructions: None,
        operators,
        between: part(cycles - of_operators),
        functions,
        samples: taken,
        missed_samples: found.pcs.map(|pcs| pcs.missed).filter(|&missed| missed > 0),
        notes,
        other: Other::new(),
    }
}

/// What is to be said of operators that were measured by marks.
fn of_marks(marked: &MarkedRun, known: &[&Operator], cycles: u64) -> Vec<String> {
    let mut notes = Vec::new();
    let with = u64::from(marked.cycles);
    let left = with.saturating_sub(marked.of_marks());
    let off = left as f64 / cycles.max(1) as f64 - 1.0;
    let mut text = format!(
        "operators are of an inference with marks, {} cycles, of which {} are the marks' own: the rest is \
         {:+.2} % off the inference without them",
        grouped(with),
        grouped(marked.of_marks()),
        100.0 * off
    );
    if off.abs() > BOUND {
        text += &format!(
            ", more than {} %: take their shares for rough",
            100.0 * BOUND
        );
    }
    notes.push(text);
    let count = marked.operators.count as usize;
    if count > CAPACITY {
        notes.push(format!(
            "{count} operators ran, and the image keeps {CAPACITY}: the last are between operators"
        ));
    }
    let indices: Vec<u32> = marked.each().map(|(index, ..)| index).collect();
    let nested: u32 = marked.each().map(|(_, _, nested)| nested).sum();
    notes.extend(super::of_indices(&indices, known.len()));
    notes.extend(super::of_nested(nested));
    if marked.operators.open > 0 || marked.operators.stray > 0 {
        notes.push(format!(
            "the runtime's marks don't match: {} operators began and didn't end, {} ended that hadn't begun",
            marked.operators.open, marked.operators.stray
        ));
    }
    notes
}

/// What is to be said of samples.
fn of_samples(pcs: Option<&PcSamples>, taken: Option<u64>) -> Option<String> {
    let (pcs, taken) = (pcs?, taken?);
    let missed = match pcs.missed {
        0 => String::new(),
        missed => format!(" ({} more gave nothing)", grouped(missed)),
    };
    Some(match taken {
        0 => format!(
            "the probe saw the program counter in no sample{missed}, so there are no functions"
        ),
        _ => format!(
            "functions and lines are by {} samples of the program counter{missed}: a share of 10 % is \
             known to {:.1} %, 95 times of 100",
            grouped(taken),
            100.0 * error(0.1, taken)
        ),
    })
}

/// By how much a share that `samples` tell may be off, at 95 % confidence, if each were drawn by itself: half
/// the normal approximation's interval.
pub fn error(share: f64, samples: u64) -> f64 {
    1.96 * (share * (1.0 - share) / samples.max(1) as f64).sqrt()
}

/// The samples without those of the measuring program itself, between inferences.
fn of_inference<'a>(
    pcs: &'a PcSamples,
    image: &'a Image,
) -> impl Iterator<Item = (u32, u64)> + use<'a> {
    let seen = pcs.seen.iter().map(|(&pc, &count)| (pc, count));
    seen.filter(|&(pc, _)| !image.is_of_harness(pc))
}

/// The samples as a window of `cycles`, which they share out, all between operators: whose they are isn't
/// known. A block is an address, executed as often as it was seen.
pub fn window(pcs: &PcSamples, image: &Image, cycles: u64) -> WindowProfile {
    let seen: Vec<(u32, u64)> = of_inference(pcs, image).collect();
    let all: u64 = seen.iter().map(|(_, count)| count).sum();
    let mut before = 0;
    let up_to = |count: u64| match all {
        0 => 0,
        all => (u128::from(cycles) * u128::from(count) / u128::from(all)) as u64,
    };
    let blocks = seen.iter().map(|&(address, count)| {
        let from = up_to(before);
        before += count;
        BlockCost {
            address,
            bytes: 2,
            executions: count,
            cycles: up_to(before) - from,
            instructions: 0,
        }
    });
    let blocks = blocks.collect();
    WindowProfile {
        cycles,
        between: SegmentCost {
            cycles,
            blocks,
            ..SegmentCost::default()
        },
        ..WindowProfile::default()
    }
}

/// The functions, the most expensive first.
fn functions(pcs: &PcSamples, image: &Image, cycles: u64) -> Vec<FunctionProfile> {
    let all = of_segment(&window(pcs, image, cycles).between, image);
    let functions = all.into_iter().map(|(name, cost)| FunctionProfile {
        name,
        cycles: cost.cycles,
        instructions: None,
        samples: Some(cost.executions),
        other: Other::new(),
    });
    let mut functions: Vec<_> = functions.collect();
    functions.sort_by_key(|function| Reverse(function.cycles));
    functions
}

#[cfg(test)]
mod tests {
    use tinybench_interface::operators::Operators;

    use super::*;

    fn marked(count: u32, entries: &[[u32; 3]]) -> MarkedRun {
        let mut operators = Operators {
            inside: 10,
            whole: 25,
            count,
            ..Operators::NONE
        };
        operators.entries[..entries.len()].copy_from_slice(entries);
        MarkedRun {
            cycles: 1_050,
            operators,
        }
    }

    #[test]
    fn the_cost_of_marks_is_subtracted() {
        let run = marked(2, &[[0, 610, 0], [1, 310, 2]]);
        let each: Vec<_> = run.each().collect();
        assert_eq!(each, [(0, 600, 0), (1, 300, 2)]);
        assert_eq!(run.of_marks(), 50);
        let [first, nested] = &of_marks(&run, &[], 1_000)[..] else {
            panic!("{:?}", of_marks(&run, &[], 1_000));
        };
        assert!(
            first.ends_with("the rest is +0.00 % off the inference without them"),
            "{first}"
        );
        assert!(nested.starts_with("2 operators"), "{nested}");
    }

    #[test]
    fn a_run_with_marks_that_is_another_one_is_told() {
        let mut run = marked(2, &[[0, 610, 0], [1, 310, 0]]);
        run.operators.open = 1;
        let notes = of_marks(&run, &[], 900).join("\n");
        assert!(notes.contains("+11.11 % off"), "{notes}");
        assert!(notes.contains("more than 1 %"), "{notes}");
        assert!(
            notes.contains("1 operators began and didn't end"),
            "{notes}"
        );
        let many = of_marks(&marked(300, &[[0, 11, 0]; CAPACITY]), &[], 1_000).join("\n");
        assert!(
            many.contains("300 operators ran, and the image keeps 256"),
            "{many}"
        );
    }

    #[test]
    fn a_probe_that_drops_samples_is_told() {
        let pcs = PcSamples {
            seen: [(0x100, 3_600)].into(),
            missed: 12,
        };
        let note = of_samples(Some(&pcs), Some(3_600)).unwrap();
        assert!(
            note.contains("3,600 samples of the program counter (12 more gave nothing)"),
            "{note}"
        );
        assert!(note.contains("known to 1.0 %"), "{note}");
        let none = of_samples(Some(&pcs), Some(0)).unwrap();
        assert!(
            none.contains("in no sample (12 more gave nothing)"),
            "{none}"
        );
        assert_eq!(of_samples(None, None), None);
    }
}
