//! The interpreter's operators that the model needs: only those are linked.

use tinybench_interpreter::operators::{self, Resolver};
use tinybench_interpreter::runtime::Operators;

/// The operators of TINYBENCH_OPERATORS, all if there is no such variable.
pub struct OfModel;

impl Operators for OfModel {
    const LIST: Resolver = include!(concat!(env!("OUT_DIR"), "/operators.rs"));
}
