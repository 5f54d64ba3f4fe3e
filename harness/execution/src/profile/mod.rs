//! From what a target counted to the profile of a record: which operator, function and cause the
//! cycles belong to. `docs/profile.md` explains every figure.

mod advice;
mod bound;
pub mod document;
pub mod functions;
pub mod program;
pub mod stacks;

use tinybench_inputs::board::Board;
use tinybench_inputs::runtimes::description::{Description, Operator, OperatorTensor};
use tinybench_record::{Fidelity, OperatorProfile, Other, PartProfile, Profile, Stalls};
use tinybench_support::printable::printable;
use tinybench_virtual_board::timing::{Cause, Causes};
use tinybench_virtual_board::{SegmentCost, WindowProfile};

use crate::image::Image;
use crate::power::energy;

/// The profile of an inference, for a record. `description` is that of its model.
pub fn of_window(
    window: &WindowProfile,
    description: Option<&Description>,
    image: &Image,
    board: &Board,
    fidelity: Fidelity,
) -> Profile {
    let operators: Vec<&Operator> = description.map_or(Vec::new(), |it| {
        let main = it
            .operators
            .iter()
            .filter(|operator| operator.subgraph == 0);
        main.collect()
    });
    let profiles = window.calls.iter().enumerate().map(|(index, call)| {
        let cost = part(call, board);
        match operators.get(index) {
            Some(operator) => of_operator(operator, call, cost),
            None => unknown(index, call, cost),
        }
    });
    Profile {
        fidelity,
        cycles: window.cycles,
        instructions: Some(window.instructions),
        operators: profiles.collect(),
        between: part(&window.between, board),
        functions: functions::of_window(window, image),
        notes: notes(window, operators.len()),
        other: Other::new(),
    }
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
        notes.push("the runtime doesn't say where operators begin and end".to_owned());
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
    if nested > 0 {
        notes.push(format!(
            "{nested} operators of other subgraphs are part of those that called them"
        ));
    }
    notes
}

fn of_operator(operator: &Operator, call: &SegmentCost, cost: PartProfile) -> OperatorProfile {
    let shape = |tensor: Option<&OperatorTensor>| tensor.map_or(Vec::new(), |it| it.shape.clone());
    let inputs = || operator.inputs.iter().flatten();
    let activation_bytes = inputs()
        .chain(&operator.outputs)
        .filter(|tensor| !tensor.constant)
        .map(bound::bytes)
        .fold(0, u64::saturating_add);
    let bound_cycles = bound::cycles(operator, activation_bytes);
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
        causes: advice::causes(operator, &cost, bound_cycles),
        bound_cycles: Some(bound_cycles),
        nested: call.nested,
        cost,
        other: Other::new(),
    }
}

/// An operator of which no more is known than its place.
fn unknown(index: usize, call: &SegmentCost, cost: PartProfile) -> OperatorProfile {
    OperatorProfile {
        index: index as u32,
        name: format!("operator {index}"),
        options: Vec::new(),
        input_shape: Vec::new(),
        output_shape: Vec::new(),
        macs: None,
        weight_bytes: 0,
        activation_bytes: 0,
        arena_bytes: None,
        bound_cycles: None,
        nested: call.nested,
        cost,
        causes: Vec::new(),
        other: Other::new(),
    }
}

fn part(segment: &SegmentCost, board: &Board) -> PartProfile {
    let power = board.power.as_ref();
    let energy = power.map(|it| energy::model(segment.cycles as f64, board.clock_hz, it));
    PartProfile {
        cycles: segment.cycles,
        instructions: Some(segment.instructions),
        stalls: Some(stalls(&segment.causes)),
        energy_uj: energy.map(|it| it.uj_per_inference),
        other: Other::new(),
    }
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
