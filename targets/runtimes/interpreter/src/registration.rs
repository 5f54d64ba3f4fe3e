//! What an operator on tensors of certain types consists of.

use crate::error::Fault;
#[cfg(feature = "checks")]
use crate::error::{ModelError, fault};
use crate::model::operator::Operator;
use crate::model::tensor::RawTensor;
use crate::run::{Digest, Run};

/// The registrations that a model is run with. Of two for the same operator and types the first
/// counts.
pub type Resolver = &'static [&'static Registration];

/// An operator on tensors of certain types.
#[derive(Debug)]
pub struct Registration {
    /// Name of the `static` in `operators`, by which an image refers to it.
    #[cfg(feature = "checks")]
    pub name: &'static str,
    /// Value of `BuiltinOperator`.
    pub builtin: i32,
    /// Name of a custom operator; empty for all others.
    pub custom: &'static str,
    /// Newest version that is known.
    pub newest: i32,
    /// Types that decide whether this is the registration.
    pub types: &'static [Typed],
    /// Checks an operator's tensors and options against each other. All its tensors exist and are
    /// sound by themselves. The other functions can rely on what this one has checked.
    #[cfg(feature = "checks")]
    pub check: fn(&Operator) -> Result<(), Fault>,
    /// Says what an operator needs.
    pub needs: fn(&Operator) -> Needs,
    /// Computes the constants, as many words as [`Needs::constants`]. The answer is
    /// [`Memory::flag`](crate::run::Memory::flag); [`None`] if the scales are too far apart.
    pub prepare: fn(&Operator, &mut [u32]) -> Option<bool>,
    /// What running takes from the file, of an operator that takes nothing else of it: its weights are
    /// constant, and it has one input in the arena.
    pub digest: Option<fn(&Operator) -> Digest>,
    /// Runs the operator; [`None`] if anything lies outside the arena.
    pub run: fn(&mut Run) -> Option<()>,
}

/// A tensor of an operator, and the type that it has to be of.
#[derive(Clone, Copy, Debug)]
pub enum Typed {
    /// The input at a position has elements of this `TensorType`.
    Input(u8, u8),
    /// The output at a position has elements of this `TensorType`.
    Output(u8, u8),
    /// Something else is true; where it isn't, a registration behind this one counts.
    If(fn(&Operator) -> bool),
}

/// What an operator needs of the arena, and what it consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Words of constants that preparation computes once.
    pub constants: usize,
    /// Bytes of scratch, for runs of this operator alone.
    pub scratch: usize,
    /// How the scratch keeps its content from run to run, if it does.
    pub kept: Option<Kept>,
    /// Weights that are decoded at a time, if they are coded; 0 otherwise.
    pub decoded: usize,
    /// Weights, decoded or not.
    pub weights: usize,
    /// Biases.
    pub biases: usize,
    /// How many products each weight is part of, padding included.
    pub uses: usize,
}

/// Scratch that keeps its content from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The operator, counted over all subgraphs, whose scratch it is: those with the same share it.
    pub owner: u32,
    /// Its bytes before the first run.
    pub first: u8,
}

impl Needs {
    /// Bytes of scratch that start as zeros and keep their content from run to run.
    pub(crate) fn kept(operator: &Operator, bytes: usize) -> Self {
        Self {
            scratch: bytes,
            kept: Some(Kept {
                owner: operator.index,
                first: 0,
            }),
            ..Self::default()
        }
    }

    /// Multiply-accumulate operations.
    pub fn macs(&self) -> u64 {
        self.uses as u64 * self.weights as u64
    }

    /// Weights and biases.
    pub fn parameters(&self) -> u64 {
        self.weights as u64 + self.biases as u64
    }
}

impl Typed {
    /// The tensor, [`None`] if the operator has none there, and the type it has to be of.
    fn tensor<'m>(self, operator: &Operator<'_, 'm>) -> (Option<RawTensor<'m>>, u8) {
        match self {
            Self::Input(at, expected) => (operator.optional_input(at.into()), expected),
            Self::Output(at, expected) => {
                let there = usize::from(at) < operator.output_count();
                (there.then(|| operator.output(at.into())), expected)
            }
            Self::If(_) => (None, 0),
        }
    }
}

impl Registration {
    /// How many of the types are the operator's, up to the first that isn't.
    pub(crate) fn fitting_types(&self, operator: &Operator) -> usize {
        let fits = |typed: &Typed| match (typed, typed.tensor(operator)) {
            (Typed::If(holds), _) => holds(operator),
            (_, (Some(tensor), expected)) => tensor.type_number() == expected,
            (_, (None, _)) => false,
        };
        let fitting = self.types.iter().position(|typed| !fits(typed));
        fitting.unwrap_or(self.types.len())
    }

    /// What is wrong with the type at `index`.
    #[cfg(feature = "checks")]
    #[cold]
    pub(crate) fn type_error(&self, operator: &Operator, index: usize) -> Fault {
        let typed = self.types.get(index);
        let tensor = typed.and_then(|typed| {
            let (tensor, expected) = typed.tensor(operator);
            tensor?.expect_type(expected).err()
        });
        tensor.unwrap_or(fault(ModelError::Arity {
            operator: operator.index,
        }))
    }
}

/// [`Registration::needs`] of operators that need nothing.
fn nothing(_: &Operator) -> Needs {
    Needs::default()
}

/// [`Registration::prepare`] of operators without constants.
fn no_constants(_: &Operator, _: &mut [u32]) -> Option<bool> {
    Some(false)
}

/// A registration that has neither needs nor constants.
#[cfg_attr(
    not(feature = "checks"),
    expect(unused_variables, reason = "an image checks nothing")
)]
pub(crate) const fn registration(
    builtin: i32,
    newest: i32,
    types: &'static [Typed],
    check: fn(&Operator) -> Result<(), Fault>,
    run: fn(&mut Run) -> Option<()>,
) -> Registration {
    Registration {
        #[cfg(feature = "checks")]
        name: "",
        builtin,
        custom: "",
        newest,
        types,
        #[cfg(feature = "checks")]
        check,
        needs: nothing,
        prepare: no_constants,
        digest: None,
        run,
    }
}

/// Checks that the first input and the first output are quantised alike, for operators that don't
/// rescale.
pub(crate) fn expect_same_quantisation(operator: &Operator) -> Result<(), Fault> {
    let [input, output] = operator.ends();
    if input.expect_quantisation()? == output.expect_quantisation()? {
        return Ok(());
    }
    Err(operator.quantisation_error("output"))
}
