//! A validated, zero-copy view of a model file.

use core::fmt;

use crate::error::ModelError;
use crate::flatbuffer::{Table, Tables};
use crate::graph::Graph;
use crate::operator::Operator;
use crate::operators::{Needs, Registration, Resolver};
use crate::schema::{self, builtin};
use crate::shape::Shape;
use crate::tensor::{ElementType, RawTensor};

/// Most operators a model may have, those of all subgraphs together.
pub const MAX_OPERATORS: usize = 16_383;
/// Most subgraphs.
const MAX_GRAPHS: usize = 64;

/// A model file that was found to be sound: no access to it can fail any more.
#[derive(Clone, Copy)]
pub struct Model<'m> {
    graphs: Tables<'m>,
    codes: Tables<'m>,
    buffers: Tables<'m>,
    compressed: bool,
    resolver: Resolver,
    main: Graph<'m>,
}

/// One of the model's inputs or outputs.
#[derive(Clone, Copy, Debug)]
pub struct Tensor<'m> {
    /// Name in the file, may be empty.
    pub name: &'m str,
    /// Dimensions.
    pub shape: Shape<'m>,
    /// Type of the elements.
    pub element_type: ElementType,
    /// Real value of one step; 1 for what isn't quantised.
    pub scale: f32,
    /// The element that stands for 0.0.
    pub zero_point: i32,
    /// Size in bytes.
    pub bytes: usize,
}

/// What keeps a model from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The operator that is in the way, counted over all subgraphs, if it is one operator.
    pub operator: Option<u32>,
    /// What is wrong with it.
    pub error: ModelError,
}

impl<'m> Model<'m> {
    /// Checks the whole file against all operators there are, with the fastest kernels for the
    /// machine: structure, version, types, shapes, quantisation and the order of the operators.
    /// The file stays where it is.
    ///
    /// # Errors
    /// Says what is damaged or not supported, and where.
    pub fn parse(bytes: &'m [u8]) -> Result<Self, ModelError> {
        Self::with(bytes, crate::operators::ALL)
    }

    /// [`Self::parse`] with the operators of `resolver` alone.
    ///
    /// # Errors
    /// Says what is damaged or not supported, and where.
    pub fn with(bytes: &'m [u8], resolver: Resolver) -> Result<Self, ModelError> {
        let model = Self::open(bytes, resolver)?;
        for index in 0..model.operator_count() {
            model.check_operator(index)?;
        }
        model.check_ends()?;
        Ok(model)
    }

    /// Reads a file's structure and checks no operator: for those who describe models that may
    /// not run. [`Self::obstacles`] says what is in the way.
    ///
    /// # Errors
    /// If the file is damaged so that its operators can't be told.
    pub fn open(bytes: &'m [u8], resolver: Resolver) -> Result<Self, ModelError> {
        let compressed = is_compressed(bytes)?;
        let root = Table::root(bytes)?;
        let version = root.scalar(schema::model::VERSION, 0)?;
        if version != schema::VERSION {
            return Err(ModelError::SchemaVersion { found: version });
        }
        let graphs = root.tables(schema::model::SUBGRAPHS)?;
        let buffers = root.tables(schema::model::BUFFERS)?;
        let found = graphs.len() as u32;
        let main = match graphs.get(0)? {
            Some(main) if graphs.len() <= MAX_GRAPHS => main,
            _ => return Err(ModelError::Subgraphs { found }),
        };
        let model = Self {
            graphs,
            codes: root.tables(schema::model::OPERATOR_CODES)?,
            buffers,
            compressed,
            resolver,
            main: Graph::read(&main, 0, buffers, compressed)?,
        };
        let mut operators = 0_usize;
        for index in 0..graphs.len() {
            operators = operators.saturating_add(model.graph(index)?.operator_count());
        }
        if !(1..=MAX_OPERATORS).contains(&operators) || model.main.operator_count() == 0 {
            return Err(ModelError::Operators {
                found: operators as u32,
                limit: MAX_OPERATORS as u32,
            });
        }
        Ok(model)
    }

    /// Everything that keeps the model from running, in the order of the operators.
    pub fn obstacles(&self) -> impl Iterator<Item = Obstacle> + use<'m> {
        let model = *self;
        let operators = (0..model.operator_count()).filter_map(move |index| {
            let error = model.check_operator(index).err()?;
            let operator = Some(index as u32);
            Some(Obstacle { operator, error })
        });
        let ends = model.check_ends().err().map(|error| Obstacle {
            operator: None,
            error,
        });
        operators.chain(ends)
    }

    /// Checks the model's inputs and outputs.
    fn check_ends(&self) -> Result<(), ModelError> {
        let [inputs, outputs] = self.main.arity();
        if inputs == 0 {
            return Err(ModelError::Inputs { found: 0 });
        }
        if outputs == 0 {
            return Err(ModelError::Outputs { found: 0 });
        }
        for index in self.main.inputs().chain(self.main.outputs()) {
            let tensor = self.main.tensor(index)?;
            tensor.check()?;
            tensor.expect_arena()?;
            if tensor.element_type().is_none() {
                return tensor.expect_type(schema::tensor_type::INT8);
            }
        }
        for tensor in self.main.outputs() {
            if self.main.writer(tensor).is_none() && !self.main.is_input(tensor) {
                return Err(ModelError::OutputNotWritten { tensor });
            }
        }
        Ok(())
    }

    /// Checks an operator by itself and its place among the others.
    #[inline(never)]
    fn check_operator(&self, index: usize) -> Result<(), ModelError> {
        let operator = self.operator(index)?;
        let at = operator.index - operator.graph.first_operator;
        let graph = operator.graph;
        let (_, registration) = self.registration(&operator)?;
        // The tensors before all else, so that registrations can rely on them.
        for position in 0..operator.input_count() {
            if let Some(tensor) = operator.optional_input(position)? {
                tensor.check()?;
            }
        }
        for position in 0..operator.output_count() {
            operator.output(position)?.check()?;
        }
        (registration.check)(&operator)?;
        for position in 0..operator.input_count() {
            let Some(tensor) = operator.optional_input(position)? else {
                continue;
            };
            let given = tensor.is_constant() || tensor.is_variable();
            let written = || {
                let writer = graph.writer(tensor.index);
                writer.is_some_and(|[writer, _]| writer < at as usize)
            };
            if !given && !graph.is_input(tensor.index) && !written() {
                return Err(ModelError::ReadBeforeWrite {
                    operator: operator.index,
                    tensor: tensor.index,
                });
            }
        }
        for position in 0..operator.output_count() {
            let tensor = operator.output(position)?;
            // Any second writer would be found as the first one.
            let first = graph.writer(tensor.index) == Some([at as usize, position]);
            if !first || graph.is_input(tensor.index) || tensor.is_variable() {
                return Err(ModelError::WriteConflict {
                    operator: operator.index,
                    tensor: tensor.index,
                });
            }
            tensor.expect_arena()?;
        }
        Ok(())
    }

    /// The model's first input.
    pub fn input(&self) -> Tensor<'m> {
        self.described(self.main.inputs().next())
    }

    /// The model's first output.
    pub fn output(&self) -> Tensor<'m> {
        self.described(self.main.outputs().next())
    }

    /// The model's inputs, in order.
    pub fn inputs(&self) -> impl Iterator<Item = Tensor<'m>> + use<'m> {
        let model = *self;
        let inputs = self.main.inputs();
        inputs.map(move |input| model.described(Some(input)))
    }

    /// The model's outputs, in order.
    pub fn outputs(&self) -> impl Iterator<Item = Tensor<'m>> + use<'m> {
        let model = *self;
        let outputs = self.main.outputs();
        outputs.map(move |output| model.described(Some(output)))
    }

    fn described(&self, index: Option<u32>) -> Tensor<'m> {
        let tensor = index.and_then(|index| self.main.tensor(index).ok());
        let described = tensor.and_then(|tensor| {
            let (mut scale, mut zero_point) = (1.0, 0);
            if let (true, Ok(found)) = (is_quantised(&tensor), tensor.quantisation()) {
                (scale, zero_point) = (found.scale, found.zero_point);
            }
            Some(Tensor {
                name: tensor.name(),
                shape: tensor.shape(),
                element_type: tensor.element_type()?,
                scale,
                zero_point,
                bytes: tensor.bytes(),
            })
        });
        // `parse` has checked all that can be asked for.
        described.unwrap_or(Tensor {
            name: "",
            shape: Shape::SCALAR,
            element_type: ElementType::Int8,
            scale: 0.0,
            zero_point: 0,
            bytes: 0,
        })
    }

    /// The operators of all subgraphs, those of the first one in the order in which they run.
    pub fn operators(&self) -> impl Iterator<Item = Operator<'m>> + use<'m> {
        let model = *self;
        (0..self.operator_count()).map_while(move |index| model.operator(index).ok())
    }

    /// Whether the file is a compressed model, in which weights may be coded.
    pub fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// How many operators there are, those of all subgraphs together.
    pub fn operator_count(&self) -> usize {
        if self.graphs.len() == 1 {
            return self.main.operator_count();
        }
        self.graphs()
            .map(|graph| graph.operator_count())
            .sum::<usize>()
    }

    /// Multiply-accumulate operations of one inference: convolutions and fully connected layers,
    /// padding included.
    pub fn macs(&self) -> u64 {
        self.needs().map(|needs| needs.macs()).sum()
    }

    /// Weights and biases.
    pub fn parameters(&self) -> u64 {
        self.needs().map(|needs| needs.parameters()).sum()
    }

    fn needs(&self) -> impl Iterator<Item = Needs> + use<'m> {
        let model = *self;
        let operators = self.operators();
        operators.filter_map(move |operator| {
            let (_, registration) = model.registration(&operator).ok()?;
            (registration.check)(&operator).ok()
        })
    }

    /// How many subgraphs there are.
    pub fn graph_count(&self) -> usize {
        self.graphs.len()
    }

    /// The subgraph that is run.
    pub(crate) fn main(&self) -> &Graph<'m> {
        &self.main
    }

    /// The subgraphs, the one that is run first.
    pub fn graphs(&self) -> impl Iterator<Item = Graph<'m>> + use<'m> {
        let model = *self;
        (0..self.graphs.len()).map_while(move |index| model.graph(index).ok())
    }

    /// The subgraph at `index`.
    pub fn graph(&self, index: usize) -> Result<Graph<'m>, ModelError> {
        if index == 0 {
            return Ok(self.main);
        }
        let mut first_operator = 0_u32;
        for before in 0..index {
            if let Some(table) = self.graphs.get(before)? {
                let operators = table.tables(schema::subgraph::OPERATORS)?.len();
                first_operator = first_operator.saturating_add(operators as u32);
            }
        }
        match self.graphs.get(index)? {
            Some(table) => Graph::read(&table, first_operator, self.buffers, self.compressed),
            None => Err(ModelError::Subgraphs {
                found: self.graphs.len() as u32,
            }),
        }
    }

    /// The operator at `index`, counted over all subgraphs.
    pub fn operator(&self, index: usize) -> Result<Operator<'m>, ModelError> {
        let mut graph = self.main;
        let mut number = 0;
        loop {
            let at = index.wrapping_sub(graph.first_operator as usize);
            number += 1;
            if at < graph.operator_count() || number >= self.graphs.len() {
                return graph.operator(at);
            }
            graph = self.graph(number)?;
        }
    }

    /// What a registration is found by: builtin code, version and, for custom operators, name.
    pub fn code(&self, operator: &Operator<'m>) -> Result<Code<'m>, ModelError> {
        use schema::operator_code::{BUILTIN_CODE, CUSTOM_CODE, DEPRECATED_BUILTIN_CODE, VERSION};
        let index = operator
            .table
            .scalar(schema::operator::OPCODE_INDEX, 0_u32)?;
        let code = self.codes.get(index as usize)?;
        let code = code.ok_or(ModelError::Malformed {
            at: operator.table.position(),
        })?;
        // The newer field counts unless it can't hold the value that the older one has.
        let builtin = code
            .scalar::<i32>(BUILTIN_CODE, 0)?
            .max(code.scalar::<i8>(DEPRECATED_BUILTIN_CODE, 0)?.into());
        Ok(Code {
            builtin,
            version: code.scalar(VERSION, 1)?,
            custom: code.bytes(CUSTOM_CODE)?,
        })
    }

    /// The registration that runs an operator, with its index in the resolver.
    pub fn registration(
        &self,
        operator: &Operator<'m>,
    ) -> Result<(usize, &'static Registration), ModelError> {
        let code = self.code(operator)?;
        let mut nearest = ModelError::UnsupportedOperator {
            operator: operator.index,
            builtin: code.builtin,
        };
        let mut furthest = 0;
        for (index, registration) in self.resolver.iter().copied().enumerate() {
            let custom = code.builtin == builtin::CUSTOM;
            if registration.builtin != code.builtin
                || custom && registration.custom.as_bytes() != code.custom
            {
                continue;
            }
            match registration.types_of(operator) {
                Ok(()) if (1..=registration.newest).contains(&code.version) => {
                    return Ok((index, registration));
                }
                Ok(()) => {
                    return Err(ModelError::OperatorVersion {
                        operator: operator.index,
                        builtin: code.builtin,
                        version: code.version,
                    });
                }
                // The registration that fits most of the types says what is wrong.
                Err((fitting, error)) if furthest <= fitting => {
                    furthest = fitting + 1;
                    nearest = error;
                }
                Err(_) => {}
            }
        }
        Err(nearest)
    }

    /// The registration at `index` of the resolver.
    pub(crate) fn resolved(&self, index: usize) -> Option<&'static Registration> {
        self.resolver.get(index).copied()
    }
}

/// What an operator code of the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code<'m> {
    /// Value of `BuiltinOperator`.
    pub builtin: i32,
    /// Version of the operator.
    pub version: i32,
    /// Name of a custom operator.
    pub custom: &'m [u8],
}

/// Whether a tensor's elements stand for real numbers by scale and zero point.
fn is_quantised(tensor: &RawTensor) -> bool {
    let quantised = |kind| {
        matches!(
            kind,
            ElementType::Int8 | ElementType::UInt8 | ElementType::Int16
        )
    };
    tensor.element_type().is_some_and(quantised)
}

impl fmt::Debug for Model<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter
            .debug_struct("Model")
            .field("graphs", &self.graphs.len())
            .field("operators", &self.operator_count())
            .finish_non_exhaustive()
    }
}

/// Whether a file is a compressed model, by its identifier.
fn is_compressed(bytes: &[u8]) -> Result<bool, ModelError> {
    let identifier = bytes.get(4..8).and_then(|it| it.first_chunk::<4>());
    let [name @ .., version] = schema::COMPRESSED_IDENTIFIER;
    match identifier {
        Some(schema::IDENTIFIER) => Ok(false),
        Some([found @ .., found_version]) if cfg!(feature = "huffman") && found == name => {
            if found_version == version {
                Ok(true)
            } else {
                let found = *found_version;
                Err(ModelError::CompressedVersion { found })
            }
        }
        _ => Err(ModelError::NotAModel),
    }
}
