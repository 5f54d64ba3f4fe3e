//! A validated, zero-copy view of a model file.

#[cfg(feature = "checks")]
mod checks;
pub mod graph;
pub mod operator;
pub mod shape;
pub mod tensor;

use core::fmt;

use crate::error::{Fault, ModelError, fault};
use crate::file::flatbuffer::Table;
use crate::file::schema::{self, builtin};
use crate::registration::{Needs, Registration, Resolver};
use graph::{Code, File, Graph};
use operator::Operator;
use shape::Shape;
use tensor::ElementType;

/// Most operators a model may have, those of all subgraphs together.
pub const MAX_OPERATORS: usize = 16_383;
/// Most subgraphs.
pub const MAX_GRAPHS: usize = if cfg!(feature = "state") { 64 } else { 1 };

/// A model file that was found to be sound: no access to it can fail any more.
#[derive(Clone, Copy)]
pub struct Model<'m> {
    resolver: Resolver,
    /// Whether any tensor is a variable.
    variables: bool,
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

impl<'m> Model<'m> {
    /// Reads a file with all operators there are, and the fastest kernels for the machine. The file
    /// stays where it is.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn parse(bytes: &'m [u8]) -> Result<Self, Fault> {
        Self::with(bytes, crate::operators::ALL)
    }

    /// Reads a file with the operators of `resolver` alone.
    ///
    /// With the feature `checks` the whole file is checked: structure, version, types, shapes,
    /// quantisation and the order of the operators. Without, nothing but the structure is: an operator
    /// that has no registration is refused when the model is prepared, and what a damaged file gives is
    /// undefined, but neither a panic nor an access outside the file and the arena.
    ///
    /// # Errors
    /// Says what is damaged or not supported, and where.
    pub fn with(bytes: &'m [u8], resolver: Resolver) -> Result<Self, Fault> {
        let model = Self::open(bytes, resolver)?;
        #[cfg(feature = "checks")]
        {
            model.each_operator(&mut |_, operator| model.check_operator(operator))?;
            model.check_ends()?;
        }
        Ok(model)
    }

    /// Reads a file's structure and checks no operator: for those who describe models that may
    /// not run.
    ///
    /// # Errors
    /// If the file is damaged so that its operators can't be told.
    pub fn open(bytes: &'m [u8], resolver: Resolver) -> Result<Self, Fault> {
        let compressed = is_compressed(bytes)?;
        let root = Table::root(bytes)?;
        let version = root.scalar(schema::model::VERSION, 0)?;
        if version != schema::VERSION {
            return Err(fault(ModelError::SchemaVersion { found: version }));
        }
        let graphs = root.tables(schema::model::SUBGRAPHS)?;
        let found = graphs.len() as u32;
        if !(1..=MAX_GRAPHS).contains(&graphs.len()) {
            return Err(fault(ModelError::Subgraphs { found }));
        }
        let file = File {
            bytes,
            graphs,
            codes: root.tables(schema::model::OPERATOR_CODES)?,
            buffers: root.tables(schema::model::BUFFERS)?,
            compressed,
        };
        let mut model = Self {
            resolver,
            variables: false,
            main: file.graph([0; 2]),
        };
        #[cfg(feature = "checks")]
        model.check_graphs()?;
        let operators = model.operator_count();
        if !(1..=MAX_OPERATORS).contains(&operators) || model.main.operator_count() == 0 {
            return Err(fault(ModelError::Operators {
                found: operators as u32,
                limit: MAX_OPERATORS as u32,
            }));
        }
        model.variables = cfg!(feature = "state")
            && model.graphs().any(|graph| {
                let mut tensors = 0..graph.tensor_count() as u32;
                tensors.any(|tensor| graph.tensor(tensor).is_variable())
            });
        Ok(model)
    }

    /// The model's first input.
    pub fn input(&self) -> Tensor<'m> {
        self.described(self.main.end(0, 0).unwrap_or(u32::MAX))
    }

    /// The model's first output.
    pub fn output(&self) -> Tensor<'m> {
        self.described(self.main.end(0, 1).unwrap_or(u32::MAX))
    }

    /// The model's inputs, in order.
    pub fn inputs(&self) -> impl Iterator<Item = Tensor<'m>> + use<'m> {
        let model = *self;
        let inputs = self.main.inputs();
        inputs.map(move |input| model.described(input))
    }

    /// The model's outputs, in order.
    pub fn outputs(&self) -> impl Iterator<Item = Tensor<'m>> + use<'m> {
        let model = *self;
        let outputs = self.main.outputs();
        outputs.map(move |output| model.described(output))
    }

    fn described(&self, index: u32) -> Tensor<'m> {
        let tensor = self.main.tensor(index);
        let mut quantisation = tensor.quantisation();
        if quantisation.scale == 0.0 {
            quantisation.scale = 1.0;
        }
        Tensor {
            name: tensor.name(),
            shape: tensor.shape(),
            element_type: tensor.element_type().unwrap_or(ElementType::Int8),
            scale: quantisation.scale,
            zero_point: quantisation.zero_point,
            bytes: tensor.bytes(),
        }
    }

    /// Whether the file is a compressed model, in which weights may be coded.
    pub fn is_compressed(&self) -> bool {
        self.main.file.compressed
    }

    /// How many operators there are, those of all subgraphs together.
    pub fn operator_count(&self) -> usize {
        if self.graph_count() == 1 {
            return self.main.operator_count();
        }
        self.graphs()
            .map(|graph| graph.operator_count())
            .sum::<usize>()
    }

    /// Multiply-accumulate operations of one inference: convolutions and fully connected layers,
    /// padding included.
    pub fn macs(&self) -> u64 {
        self.sum(Needs::macs)
    }

    /// Weights and biases.
    pub fn parameters(&self) -> u64 {
        self.sum(Needs::parameters)
    }

    fn sum(&self, of: impl Fn(&Needs) -> u64) -> u64 {
        let mut sum = 0;
        let summed = self.each_operator(&mut |_, operator| {
            sum += of(&self.needs(operator)?.1);
            Ok(())
        });
        summed.map_or(0, |()| sum)
    }

    /// Calls `visit` with each operator of each subgraph, and its position there.
    #[inline(never)]
    pub(crate) fn each_operator(
        &self,
        visit: &mut dyn FnMut(usize, &Operator<'_, 'm>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for number in 0..self.graph_count() {
            let other;
            let graph = if number == 0 {
                &self.main
            } else {
                other = self.graph(number);
                &other
            };
            for (position, operator) in graph.operators().enumerate() {
                visit(position, &operator)?;
            }
        }
        Ok(())
    }

    /// The subgraph at `number`, the main one past the last.
    #[inline(never)]
    pub(crate) fn graph(&self, number: usize) -> Graph<'m> {
        self.graphs().nth(number).unwrap_or(self.main)
    }

    /// Whether the model needs the feature `state`: because it has more than one subgraph, or keeps
    /// anything from one inference to the next.
    pub fn is_stateful(&self) -> bool {
        let kept = |operator: &Operator<'_, 'm>| {
            let needs = self.needs(operator);
            needs.is_ok_and(|(_, needs)| needs.kept.is_some())
        };
        let mut graphs = self.graphs();
        self.has_variables()
            || self.graph_count() > 1
            || graphs.any(|graph| graph.operators().any(|operator| kept(&operator)))
    }

    /// The index in the resolver of the registration that runs an operator, and what the operator
    /// needs.
    ///
    /// # Errors
    /// There is no such registration.
    #[inline(never)]
    pub fn needs(&self, operator: &Operator<'_, 'm>) -> Result<(usize, Needs), Fault> {
        let (index, registration) = self.registration(operator)?;
        Ok((index, (registration.needs)(operator)))
    }

    /// Whether any tensor is a variable.
    pub(crate) fn has_variables(&self) -> bool {
        cfg!(feature = "state") && self.variables
    }

    /// How many subgraphs there are.
    pub fn graph_count(&self) -> usize {
        self.main.file.graph_count()
    }

    /// The subgraph that is run.
    pub(crate) fn main(&self) -> &Graph<'m> {
        &self.main
    }

    /// The subgraphs, the one that is run first.
    pub fn graphs(&self) -> impl Iterator<Item = Graph<'m>> + use<'m> {
        self.main.file.graphs()
    }

    /// The table of a subgraph.
    #[cfg(feature = "checks")]
    pub(crate) fn graph_table(&self, index: usize) -> Result<Option<Table<'m>>, Fault> {
        Ok(self.main.file.graphs.get(index)?)
    }

    /// Checks that the operator's code lies in the file.
    #[cfg(feature = "checks")]
    pub(crate) fn check_code(&self, operator: &Operator<'_, 'm>) -> Result<(), Fault> {
        match self.main.file.codes.get(operator.code_index() as usize)? {
            Some(code) => {
                code.vector::<u8>(schema::operator_code::CUSTOM_CODE)?;
                Ok(())
            }
            None => Err(fault(ModelError::Malformed {
                at: operator.table.position(),
            })),
        }
    }

    /// What a registration is found by: builtin code, version and, for custom operators, name.
    pub fn code(&self, operator: &Operator<'_, 'm>) -> Code<'m> {
        self.main.file.code(operator.code_index())
    }

    /// The registration that runs an operator, with its index in the resolver.
    #[inline(never)]
    pub fn registration(
        &self,
        operator: &Operator<'_, 'm>,
    ) -> Result<(usize, &'static Registration), Fault> {
        let code = self.code(operator);
        let custom: &[u8] = match code.builtin {
            builtin::CUSTOM => code.custom,
            _ => &[],
        };
        #[cfg_attr(not(feature = "checks"), expect(unused_mut, reason = "says no more"))]
        let mut unsupported = fault(ModelError::UnsupportedOperator {
            operator: operator.index,
            builtin: code.builtin,
        });
        #[cfg(feature = "checks")]
        let mut furthest = 0;
        for (index, &registration) in self.resolver.iter().enumerate() {
            if registration.builtin != code.builtin || registration.custom.as_bytes() != custom {
                continue;
            }
            let fitting = registration.fitting_types(operator);
            if fitting == registration.types.len() {
                if (1..=registration.newest).contains(&code.version) {
                    return Ok((index, registration));
                }
                #[cfg(feature = "checks")]
                {
                    unsupported = fault(ModelError::OperatorVersion {
                        operator: operator.index,
                        builtin: code.builtin,
                        version: code.version,
                    });
                    furthest = usize::MAX;
                }
                continue;
            }
            #[cfg(feature = "checks")]
            if furthest <= fitting {
                // The registration that fits most of the types says what is wrong.
                furthest = fitting + 1;
                unsupported = registration.type_error(operator, fitting);
            }
        }
        Err(unsupported)
    }

    /// The registration at `index` of the resolver.
    pub(crate) fn resolved(&self, index: usize) -> Option<&'static Registration> {
        self.resolver.get(index).copied()
    }
}

impl fmt::Debug for Model<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter
            .debug_struct("Model")
            .field("graphs", &self.main.file.graphs.len())
            .field("operators", &self.operator_count())
            .finish_non_exhaustive()
    }
}

/// Whether a file is a compressed model, by its identifier.
fn is_compressed(bytes: &[u8]) -> Result<bool, Fault> {
    let identifier = bytes.get(4..8).and_then(|it| it.first_chunk::<4>());
    let [name @ .., version] = schema::COMPRESSED_IDENTIFIER;
    match identifier {
        Some(schema::IDENTIFIER) => Ok(false),
        Some([found @ .., found_version]) if cfg!(feature = "huffman") && found == name => {
            if found_version == version {
                Ok(true)
            } else {
                let found = *found_version;
                Err(fault(ModelError::CompressedVersion { found }))
            }
        }
        _ => Err(fault(ModelError::NotAModel)),
    }
}
