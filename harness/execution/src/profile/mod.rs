//! From what a target counted to the profile of a record: which operator, function and cause the
//! cycles belong to. `docs/profile.md` explains every figure.

mod advice;
pub mod board;
mod bound;
pub mod document;
pub mod functions;
pub mod lines;
pub mod program;
pub mod stacks;
pub mod trace;

use tinybench_inputs::board::Board;
use tinybench_inputs::runtimes::HostRuntime;
use tinybench_inputs::runtimes::description::{Description, Operator, OperatorTensor};
use tinybench_record::{Fidelity, OperatorProfile, Other, PartProfile, Profile, Stalls};
use tinybench_support::printable::printable;
use tinybench_virtual_board::timing::{Cause, Causes};
use tinybench_virtual_board::{SegmentCost, WindowProfile};

use crate::image::Image;
use crate::power::energy;

/// The profile of an inference by `engine`, for a record. `description` is that of its model.
pub fn of_window(
    window: &WindowProfile,
    engine: &dyn HostRuntime,
    description: Option<&Description>,
    image: &Image,
    board: &Board,
    fidelity: Fidelity,
) -> Profile {
    // Otherwise operators are told by marks, with their indices, and not by how they are called.
    let marked = engine.calls_operators_in().is_empty();
    let operators = main_operators(description);
    let profiles = window.calls.iter().enumerate().map(|(order, call)| {
        let cost = part(call, board);
        let index = match marked {
            true => call.argument as usize,
            false => order,
        };
        match operators.get(index) {
            Some(operator) => {
                let mut profile = of_operator(operator, call.nested, cost, &board.core);
                if let Some(bound) = profile.bound_cycles {
                    profile.causes = advice::counted(&profile.cost, bound);
                    // What shapes cost is known of the project's own kernels alone.
                    if !engine.slow_code().is_empty() {
                        let functions = functions::of_segment(call, image);
                        let slow = engine.slow_code();
                        let more =
                            advice::of_engine(slow, &functions, operator, &profile.cost, bound);
                        profile.causes.extend(more);
                    }
                }
                profile
            }
            None => unknown(index as u32, call.nested, cost),
        }
    });
    let indices: Vec<u32> = window.calls.iter().map(|call| call.argument).collect();
    Profile {
        fidelity,
        cycles: window.cycles,
        instructions: Some(window.instructions),
        operators: profiles.collect(),
        between: part(&window.between, board),
        functions: functions::of_window(window, image),
        samples: None,
        missed_samples: None,
        notes: match marked {
            true => {
                let nested = window.calls.iter().map(|call| call.nested).sum();
                of_indices(&indices, operators.len())
                    .into_iter()
                    .chain(of_nested(nested))
                    .collect()
            }
            false => notes(window, operators.len()),
        },
        other: Other::new(),
    }
}

/// The operators of the subgraph that is run.
fn main_operators(description: Option<&Description>) -> Vec<&Operator> {
    let operators = description.map_or(&[][..], |it| &it.operators);
    let main = operators.iter().filter(|operator| operator.subgraph == 0);
    main.collect()
}

/// What can't be shown.
fn notes(window: &WindowProfile, operators: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let called = window.calls.len();
    if called == 0 && operators > 0 {
        notes.push(
            "the image has no one place from which operators are called, so they can't be told apart"
                .to_owned(),
        );
    } else if called == 0 {
        notes.extend(of_indices(&[], operators));
    } else if called < operators {
        notes.push(format!(
            "{called} of the model's {operators} operators ran: one of them ended the inference"
        ));
    } else if called > operators {
        notes.push(format!(
            "operators were called {called} times, and the model has {operators}: the last have no names"
        ));
    }
    let nested: u32 = window.calls.iter().map(|call| call.nested).sum();
    notes.extend(of_nested(nested));
    notes
}

/// What is to be said of operators that are part of others.
fn of_nested(nested: u32) -> Option<String> {
    (nested > 0).then(|| {
        format!("{nested} operators of other subgraphs are part of those that called them")
    })
}

/// What is to be said of the indices by which a runtime has marked its operators, where the model has
/// `operators`.
fn of_indices(indices: &[u32], operators: usize) -> Vec<String> {
    if indices.is_empty() {
        return vec!["the runtime doesn't say where operators begin and end".to_owned()];
    }
    let mut notes = Vec::new();
    let mut sorted = indices.to_vec();
    sorted.sort_unstable();
    let marked = sorted.len();
    sorted.dedup();
    if sorted.len() < marked {
        notes.push(format!(
            "the runtime marked {marked} operators by {} indices: some have one in common",
            sorted.len()
        ));
    }
    let unknown = sorted
        .iter()
        .filter(|&&it| it as usize >= operators)
        .count();
    if unknown > 0 && operators > 0 {
        notes.push(format!(
            "{unknown} of the marked operators have an index that the model, which has {operators}, hasn't"
        ));
    }
    let known = sorted.len() - unknown;
    if known < operators {
        notes.push(format!(
            "the runtime marked {known} of the model's {operators} operators: the others are part of them, \
             or between operators"
        ));
    }
    notes
}

/// An operator that took `cost`, without its causes.
fn of_operator(operator: &Operator, nested: u32, cost: PartProfile, core: &str) -> OperatorProfile {
    let shape = |tensor: Option<&OperatorTensor>| tensor.map_or(Vec::new(), |it| it.shape.clone());
    let inputs = || operator.inputs.iter().flatten();
    let activation_bytes = inputs()
        .chain(&operator.outputs)
        .filter(|tensor| !tensor.constant)
        .map(bound::bytes)
        .fold(0, u64::saturating_add);
    let bound_cycles = bound::cycles(core, operator, activation_bytes);
    OperatorProfile {
        index: operator.index,
        name: printable(&operator.name).into_owned(),
        options: operator
            .options
            .iter()
            .map(|it| printable(it).into_owned())
            .collect(),
        input_shape: shape(inputs().next()),
        output_shape: shape(operator.outputs.first()),
        macs: operator.macs,
        weight_bytes: operator.weight_bytes,
        activation_bytes,
        arena_bytes: operator.live_bytes,
        causes: Vec::new(),
        bound_cycles,
        nested,
        cost,
        other: Other::new(),
    }
}

/// An operator of which no more is known than its place.
fn unknown(index: u32, nested: u32, cost: PartProfile) -> OperatorProfile {
    OperatorProfile {
        index,
        name: format!("operator {index}"),
        options: Vec::new(),
        input_shape: Vec::new(),
        output_shape: Vec::new(),
        macs: None,
        weight_bytes: 0,
        activation_bytes: 0,
        arena_bytes: None,
        bound_cycles: None,
        nested,
        cost,
        causes: Vec::new(),
        other: Other::new(),
    }
}

fn part(segment: &SegmentCost, board: &Board) -> PartProfile {
    PartProfile {
        cycles: segment.cycles,
        instructions: Some(segment.instructions),
        stalls: Some(stalls(&segment.causes)),
        energy_uj: energy_of(segment.cycles, board),
        other: Other::new(),
    }
}

/// Gives each part the energy of its cycles, at so much a cycle, µJ: an instrument measures whole runs, so that
/// a part has its share of the time.
pub fn share_energy(profile: &mut Profile, uj_per_cycle: f64) {
    let operators = profile.operators.iter_mut().map(|it| &mut it.cost);
    for part in operators.chain([&mut profile.between]) {
        part.energy_uj = Some(part.cycles as f64 * uj_per_cycle).filter(|it| it.is_finite());
    }
}

/// The energy of so many cycles, where the board's currents are known, µJ.
fn energy_of(cycles: u64, board: &Board) -> Option<f64> {
    let energy = |it| energy::model(cycles as f64, board.clock_hz, it).uj_per_inference;
    board.power.as_ref().map(energy)
}

fn stalls(causes: &Causes) -> Stalls {
    let of = |cause| u64::try_from(causes.of(cause)).unwrap_or(0);
    Stalls {
        load_use: of(Cause::LoadUse),
        flash_data: of(Cause::FlashData),
        memory_change: of(Cause::MemoryChange),
        unaligned: of(Cause::Unaligned),
        fetch: of(Cause::Fetch),
        alignment: of(Cause::Alignment),
        refill: of(Cause::Refill),
        divide: of(Cause::Divide),
        float: of(Cause::Float),
        other: Other::new(),
    }
}
