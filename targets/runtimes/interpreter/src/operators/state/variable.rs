//! VAR_HANDLE, READ_VARIABLE and ASSIGN_VARIABLE: variables that all subgraphs share.
//!
//! A variable is found by its name, is as long as what is assigned to it, and begins as what stands
//! for 0 in the first such tensor: `MicroResourceVariables` of TensorFlow Lite Micro. It lies in the
//! scratch of the first VAR_HANDLE with its name. A handle is its offset in the arena.

use super::super::{Kept, Needs, Registration, Typed, registration};
use crate::error::Fault;
use crate::file::schema::tensor_type::RESOURCE;
use crate::file::schema::{builtin, var_handle as field};
use crate::model::graph::Graph;
use crate::model::operator::Operator;
use crate::model::tensor::RawTensor;
use crate::run::Run;

pub(in super::super) const fn handle() -> Registration {
    Registration {
        needs,
        ..registration(
            builtin::VAR_HANDLE,
            1,
            &[Typed::Output(0, RESOURCE)],
            check_handle,
            run_handle,
        )
    }
}

pub(in super::super) const fn read() -> Registration {
    let types = &[Typed::Input(0, RESOURCE)];
    registration(builtin::READ_VARIABLE, 1, types, check_read, run_read)
}

pub(in super::super) const fn assign() -> Registration {
    let types = &[Typed::Input(0, RESOURCE)];
    registration(builtin::ASSIGN_VARIABLE, 1, types, check_assign, run_assign)
}

fn is(operator: &Operator, builtin: i32) -> bool {
    operator.graph.file.code(operator.code_index()).builtin == builtin
}

/// Whether two handles are of one variable. A handle without a container is of any.
fn same(a: &Operator, b: &Operator) -> bool {
    let [a_container, b_container] = [a, b].map(|it| it.option_vector::<u8>(field::CONTAINER));
    let [a_name, b_name] = [a, b].map(|it| it.option_vector::<u8>(field::SHARED_NAME));
    let anywhere = a_container.is_empty() || b_container.is_empty();
    a_name.raw() == b_name.raw() && (anywhere || a_container.raw() == b_container.raw())
}

/// The first VAR_HANDLE of the variable, and the first tensor that is assigned to it.
fn find<'m>(handle: &Operator<'_, 'm>) -> (u32, Option<RawTensor<'m>>) {
    let mut owner = None;
    for graph in handle.graph.file.graphs() {
        for operator in graph.operators() {
            if !is(&operator, builtin::VAR_HANDLE) || !same(handle, &operator) {
                continue;
            }
            owner.get_or_insert(operator.index);
            if let Some(value) = assigned(&graph, operator.outputs().next()) {
                return (owner.unwrap_or(handle.index), Some(value));
            }
        }
    }
    (owner.unwrap_or(handle.index), None)
}

/// The first tensor that is assigned to the variable of a handle.
fn assigned<'m>(graph: &Graph<'m>, handle: Option<u32>) -> Option<RawTensor<'m>> {
    let mut operators = graph.operators();
    operators.find_map(|operator| {
        let assigns =
            operator.inputs().next().flatten() == handle && is(&operator, builtin::ASSIGN_VARIABLE);
        assigns.then(|| operator.input(1))
    })
}

fn needs(operator: &Operator) -> Needs {
    let (owner, value) = find(operator);
    let zero = value.map_or(0, |it| it.quantisation().zero_point);
    Needs {
        scratch: value.map_or(0, |it| it.bytes()),
        kept: Some(Kept {
            owner,
            first: zero as u8,
        }),
        ..Needs::default()
    }
}

fn check_handle(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(0..=0, 1)?;
    operator.expect_options(field::OPTIONS_TYPE)?;
    if operator.output(0).shape().elements() != 1 {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

/// Checks the handle, and that `tensor` is as long as its variable.
fn check(operator: &Operator, tensor: RawTensor, name: &'static str) -> Result<(), Fault> {
    let handle = operator.input(0);
    if handle.shape().elements() != 1 {
        return Err(operator.shape_error("handle"));
    }
    handle.expect_arena()?;
    if tensor.element_type().is_none() {
        return tensor.expect_type(crate::file::schema::tensor_type::INT8);
    }
    let fits = |handle: &Operator| needs(handle).scratch == tensor.bytes();
    let mut operators = operator.graph.operators();
    let writer = operators.find(|it| it.outputs().any(|output| output == handle.index));
    let fit = match writer.filter(|it| is(it, builtin::VAR_HANDLE)) {
        Some(writer) => fits(&writer),
        // The handle is of any variable: all have to be alike.
        None => operator.graph.file.graphs().all(|graph| {
            let mut operators = graph.operators();
            operators.all(|it| !is(&it, builtin::VAR_HANDLE) || fits(&it))
        }),
    };
    if fit && tensor.bytes() > 0 {
        return Ok(());
    }
    Err(operator.shape_error(name))
}

fn check_read(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(1..=1, 1)?;
    check(operator, operator.output(0), "output")
}

fn check_assign(operator: &Operator) -> Result<(), Fault> {
    operator.expect_arity(2..=2, 0)?;
    check(operator, operator.input(1), "value")
}

fn run_handle(run: &mut Run) -> Option<()> {
    let offset = run.scratch_offset();
    let (_, handle) = run.output()?;
    *handle.first_chunk_mut()? = offset.to_le_bytes();
    Some(())
}

/// The handle that is the first input.
fn offset(run: &mut Run) -> Option<u32> {
    let (inputs, []) = run.borrow([])?;
    Some(u32::from_le_bytes(*inputs.bytes(0)?.first_chunk()?))
}

fn run_read(run: &mut Run) -> Option<()> {
    let offset = offset(run)?;
    run.load(offset)
}

fn run_assign(run: &mut Run) -> Option<()> {
    let offset = offset(run)?;
    run.store(1, offset)
}
