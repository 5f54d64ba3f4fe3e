//! Checks of whole models.

use crate::error::{Fault, ModelError, fault};
use crate::file::schema;
use crate::model::Model;
use crate::model::operator::Operator;
use crate::operators::called;

/// Whether the subgraphs that an operator runs are all among those of a mask.
fn ends(operator: &Operator, mask: u64) -> bool {
    let mut called = called(operator).into_iter().flatten();
    called.all(|number| number < 64 && mask >> number & 1 == 1)
}

impl<'m> Model<'m> {
    /// Checks that all lists of all subgraphs lie in the file.
    pub(crate) fn check_graphs(&self) -> Result<(), Fault> {
        for index in 0..self.graph_count() {
            let Some(table) = self.graph_table(index)? else {
                continue;
            };
            table.tables(schema::subgraph::TENSORS)?;
            table.tables(schema::subgraph::OPERATORS)?;
            table.vector::<i32>(schema::subgraph::INPUTS)?;
            table.vector::<i32>(schema::subgraph::OUTPUTS)?;
        }
        Ok(())
    }

    /// Checks that the scales of an operator can be expressed, for one that
    /// [`Self::check_operator`] has found sound. `constants` has at least as many words as it
    /// [`needs`](Self::needs).
    ///
    /// # Errors
    /// [`ModelError::Multiplier`] if they are too far apart.
    pub fn check_scales(
        &self,
        operator: &Operator<'_, 'm>,
        constants: &mut [u32],
    ) -> Result<(), Fault> {
        let (index, needs) = self.needs(operator)?;
        let constants = constants.get_mut(..needs.constants);
        let registration = self.resolved(index);
        let prepared = registration
            .zip(constants)
            .and_then(|(it, constants)| (it.prepare)(operator, constants));
        let operator = operator.index;
        prepared.ok_or(fault(ModelError::Multiplier { operator }))?;
        Ok(())
    }

    /// Checks the model's inputs and outputs, and how subgraphs run each other.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check_ends(&self) -> Result<(), Fault> {
        let main = self.main();
        let [inputs, outputs] = main.arity();
        if inputs == 0 {
            return Err(fault(ModelError::Inputs { found: 0 }));
        }
        if outputs == 0 {
            return Err(fault(ModelError::Outputs { found: 0 }));
        }
        for graph in self.graphs() {
            for index in graph.inputs().chain(graph.outputs()) {
                if index as usize >= graph.tensor_count() {
                    return Err(fault(ModelError::NoSuchTensor { tensor: index }));
                }
                graph.tensor(index).check()?;
            }
        }
        for index in main.inputs().chain(main.outputs()) {
            let tensor = main.tensor(index);
            tensor.expect_arena()?;
            if tensor.element_type().is_none() {
                return tensor.expect_type(schema::tensor_type::INT8);
            }
        }
        for tensor in main.outputs() {
            if main.writer(tensor).is_none() && !main.is_input(tensor) {
                return Err(fault(ModelError::OutputNotWritten { tensor }));
            }
        }
        self.check_calls()
    }

    /// Checks that no subgraph leads to itself.
    fn check_calls(&self) -> Result<(), Fault> {
        // Bits of the subgraphs that end: those that run only others that do.
        let mut ending = 0_u64;
        for _ in 0..self.graph_count() {
            for graph in self.graphs() {
                if graph.operators().all(|it| ends(&it, ending)) {
                    ending |= 1 << (graph.number & 63);
                }
            }
        }
        for graph in self.graphs() {
            let mut operators = graph.operators();
            if let Some(operator) = operators.find(|it| !ends(it, ending)) {
                return Err(operator.option_error("subgraph, which runs itself"));
            }
        }
        Ok(())
    }

    /// Checks an operator by itself and its place among the others.
    ///
    /// # Errors
    /// What keeps it from running, save that its scales may be too far apart:
    /// [`Self::check_scales`].
    pub fn check_operator(&self, operator: &Operator<'_, 'm>) -> Result<(), Fault> {
        let graph = operator.graph;
        let at = (operator.index - graph.first_operator) as usize;
        operator.check()?;
        self.check_code(operator)?;
        let (_, registration) = self.registration(operator)?;
        // The tensors first, so that the registration can rely on them.
        for tensor in operator.inputs().flatten().chain(operator.outputs()) {
            graph.tensor(tensor).check()?;
        }
        (registration.check)(operator)?;
        for input in operator.inputs().flatten() {
            let tensor = graph.tensor(input);
            let given = tensor.is_constant() || tensor.is_variable() || graph.is_input(input);
            let written = || matches!(graph.writer(input), Some([writer, _]) if writer < at);
            if !given && !written() {
                return Err(fault(ModelError::ReadBeforeWrite {
                    operator: operator.index,
                    tensor: input,
                }));
            }
        }
        for (position, output) in operator.outputs().enumerate() {
            let tensor = graph.tensor(output);
            // Any second writer would be found as the first one.
            let first = graph.writer(output) == Some([at, position]);
            let read = operator.inputs().any(|input| input == Some(output));
            if !first || read || graph.is_input(output) {
                return Err(fault(ModelError::WriteConflict {
                    operator: operator.index,
                    tensor: output,
                }));
            }
            tensor.expect_arena()?;
        }
        Ok(())
    }
}
