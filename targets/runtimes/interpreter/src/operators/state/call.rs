//! CALL_ONCE, IF and WHILE: operators that run subgraphs.
//!
//! As in TensorFlow Lite Micro the tensors of subgraphs lie apart from those of their callers, and
//! inputs and results are copied.

use super::super::{Needs, Registration, Typed, registration};
use crate::error::Fault;
use crate::file::schema::tensor_type::{BOOL, INT8};
use crate::file::schema::{builtin, call_once, if_else, while_loop};
use crate::model::graph::Graph;
use crate::model::operator::Operator;
use crate::model::tensor::RawTensor;
use crate::run::{Place, Run};

pub(in super::super) const fn once() -> Registration {
    Registration {
        needs: needs_once,
        ..registration(builtin::CALL_ONCE, 1, &[], check_once, run_once)
    }
}

pub(in super::super) const fn if_else() -> Registration {
    let types = &[Typed::Input(0, BOOL)];
    registration(builtin::IF, 1, types, check_if, run_if)
}

pub(in super::super) const fn while_loop() -> Registration {
    registration(builtin::WHILE, 1, &[], check_while, run_while)
}

/// The subgraphs that an operator runs.
#[cfg(feature = "checks")]
pub(crate) fn called(operator: &Operator) -> [Option<usize>; 2] {
    match operator.graph.file.code(operator.code_index()).builtin {
        builtin::CALL_ONCE => [Some(initial(operator)), None],
        builtin::IF => branches(operator).map(Some),
        builtin::WHILE => loop_parts(operator).map(Some),
        _ => [None; 2],
    }
}

fn initial(operator: &Operator) -> usize {
    operator.size_option(call_once::INIT_SUBGRAPH, 0)
}

/// The subgraphs for a condition that is true, and for one that isn't.
fn branches(operator: &Operator) -> [usize; 2] {
    [if_else::THEN_SUBGRAPH, if_else::ELSE_SUBGRAPH].map(|id| operator.size_option(id, 0))
}

/// Condition and body.
fn loop_parts(operator: &Operator) -> [usize; 2] {
    let ids = [while_loop::CONDITION_SUBGRAPH, while_loop::BODY_SUBGRAPH];
    ids.map(|id| operator.size_option(id, 0))
}

/// The subgraph at `number`, and a check that its results are there.
fn graph<'m>(operator: &Operator<'_, 'm>, number: usize) -> Result<Graph<'m>, Fault> {
    let missing = operator.option_error("subgraph");
    let graph = operator.graph.file.graphs().nth(number).ok_or(missing)?;
    for input in graph.inputs() {
        if input as usize >= graph.tensor_count() {
            return Err(missing);
        }
        graph.tensor(input).expect_arena()?;
    }
    for output in graph.outputs() {
        if output as usize >= graph.tensor_count() {
            return Err(missing);
        }
        let tensor = graph.tensor(output);
        let mut operators = graph.operators();
        let written = operators.any(|it| it.outputs().any(|written| written == output));
        let given = graph.inputs().any(|input| input == output);
        if !(written || given || tensor.is_constant() || tensor.is_variable()) {
            return Err(missing);
        }
    }
    Ok(graph)
}

/// Checks that a tensor of the operator is like one of a subgraph.
fn expect_same(operator: &Operator, own: RawTensor, other: RawTensor) -> Result<(), Fault> {
    if own.element_type().is_none() {
        return own.expect_type(INT8);
    }
    if own.type_number() != other.type_number() || own.bytes() != other.bytes() {
        return Err(operator.shape_error("a tensor of the subgraph"));
    }
    Ok(())
}

/// Checks that the inputs of the operator from `first` on are those of the subgraph.
fn expect_inputs(operator: &Operator, graph: &Graph, first: usize) -> Result<(), Fault> {
    if graph.arity()[0] != operator.input_count() - first {
        return Err(operator.shape_error("inputs of the subgraph"));
    }
    for (position, input) in graph.inputs().enumerate() {
        let own = operator.optional_input(first + position);
        let own = own.ok_or(operator.shape_error("an input that is left out"))?;
        expect_same(operator, own, graph.tensor(input))?;
    }
    Ok(())
}

/// Checks that the outputs of the operator are those of the subgraph.
fn expect_outputs(operator: &Operator, graph: &Graph) -> Result<(), Fault> {
    if graph.arity()[1] != operator.output_count() {
        return Err(operator.shape_error("outputs of the subgraph"));
    }
    for (position, output) in graph.outputs().enumerate() {
        expect_same(operator, operator.output(position), graph.tensor(output))?;
    }
    Ok(())
}

fn check_once(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(0..=0, 0)?;
    operator.expect_options(call_once::OPTIONS_TYPE)?;
    let graph = graph(operator, initial(operator))?;
    if graph.arity()[0] != 0 {
        return Err(operator.shape_error("inputs of the subgraph"));
    }
    Ok(())
}

/// Whether the subgraph has run.
fn needs_once(operator: &Operator) -> Needs {
    Needs::kept(operator, 1)
}

fn run_once(run: &mut Run) -> Option<()> {
    let (_, [done]) = run.borrow([Place::Scratch(1)])?;
    if done.first() != Some(&0) {
        return Some(());
    }
    run.call(initial(run.operator))?;
    let (_, [done]) = run.borrow([Place::Scratch(1)])?;
    done.fill(1);
    Some(())
}

fn check_if(operator: &Operator) -> Result<(), Fault> {
    operator.expect_options(if_else::OPTIONS_TYPE)?;
    if operator.input(0).shape().elements() != 1 {
        return Err(operator.shape_error("condition"));
    }
    for number in branches(operator) {
        let graph = graph(operator, number)?;
        expect_inputs(operator, &graph, 1)?;
        expect_outputs(operator, &graph)?;
    }
    Ok(())
}

fn run_if(run: &mut Run) -> Option<()> {
    let [then, otherwise] = branches(run.operator);
    let (inputs, []) = run.borrow([])?;
    let number = match inputs.bytes(0)?.first()? {
        0 => otherwise,
        _ => then,
    };
    for position in 1..run.operator.input_count() {
        run.give(Place::Input(position), number, position - 1)?;
    }
    run.call(number)?;
    for position in 0..run.operator.output_count() {
        run.take(number, position, Place::Output(position))?;
    }
    Some(())
}

fn check_while(operator: &Operator) -> Result<(), Fault> {
    operator.expect_options(while_loop::OPTIONS_TYPE)?;
    if operator.input_count() != operator.output_count() {
        return Err(operator.shape_error("outputs"));
    }
    let [condition, body] = loop_parts(operator);
    let condition = graph(operator, condition)?;
    expect_inputs(operator, &condition, 0)?;
    let result = condition.outputs().next().map(|it| condition.tensor(it));
    let result = result.ok_or(operator.option_error("condition without a result"))?;
    result.expect_type(BOOL)?;
    if result.shape().elements() == 0 {
        return Err(operator.shape_error("condition"));
    }
    let body = graph(operator, body)?;
    expect_inputs(operator, &body, 0)?;
    expect_outputs(operator, &body)?;
    for (input, output) in operator.inputs().flatten().zip(operator.outputs()) {
        let tensor = operator.graph.tensor(input);
        expect_same(operator, tensor, operator.graph.tensor(output))?;
    }
    Ok(())
}

/// Passes of a loop after which a host gives up. A pass costs a target thousands of cycles, so that it
/// would run for minutes, where one that counts up to a made-up number would take a host hours.
const MOST_PASSES: u32 = 1 << 20;

fn run_while(run: &mut Run) -> Option<()> {
    let [condition, body] = loop_parts(run.operator);
    let mut passes: u32 = 0;
    let positions = 0..run.operator.output_count();
    for position in positions.clone() {
        run.forward(position, position)?;
    }
    loop {
        for position in positions.clone() {
            run.give(Place::Output(position), condition, position)?;
        }
        run.call(condition)?;
        if run.result(condition, 0)? == 0 {
            return Some(());
        }
        for position in positions.clone() {
            run.give(Place::Output(position), body, position)?;
        }
        run.call(body)?;
        for position in positions.clone() {
            run.take(body, position, Place::Output(position))?;
        }
        if cfg!(feature = "checks") {
            passes = passes.wrapping_add(1);
            if passes > MOST_PASSES {
                return None;
            }
        }
    }
}
