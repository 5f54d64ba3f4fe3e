//! The operators: a registration for each operator and family of types, in files of their own.
//!
//! A model is run with a [`Resolver`], a slice of registrations. The host has [`ALL`] of them; an
//! image names those that its model needs, and the linker drops the rest.

mod add;
mod conv_2d;
mod depthwise_conv_2d;
mod fully_connected;
mod movement;
mod pool_2d;
mod softmax;
mod weights;
mod window;

pub(crate) use weights::decode;

use core::marker::PhantomData;

use crate::error::ModelError;
use crate::kernels::Kernels;
use crate::operator::Operator;
use crate::run::Run;

#[cfg(armv7e_m)]
use crate::kernels::Dsp as Best;
#[cfg(not(armv7e_m))]
use crate::kernels::Portable as Best;

/// The registrations that a model is run with. Of two for the same operator and types the first
/// counts.
pub type Resolver = &'static [&'static Registration];

/// An operator on tensors of certain types.
#[derive(Debug)]
pub struct Registration {
    /// Name of the `static` in this module, by which an image refers to it.
    #[cfg(feature = "names")]
    pub name: &'static str,
    /// Value of `BuiltinOperator`.
    pub builtin: i32,
    /// Name of a custom operator; empty for all others.
    pub custom: &'static str,
    /// Newest version that is known.
    pub newest: i32,
    /// Types that decide whether this is the registration.
    pub types: &'static [Typed],
    /// Checks an operator's tensors and options against each other, and says what it needs. All
    /// its tensors exist and are sound by themselves.
    pub check: fn(&Operator) -> Result<Needs, ModelError>,
    /// Computes the constants, as many words as [`Needs::constants`]. The answer is
    /// [`Run::flag`]; [`None`] if the scales are too far apart.
    pub prepare: fn(&Operator, &mut [u32]) -> Option<bool>,
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
}

/// What an operator needs of the arena, and what it consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Words of constants that preparation computes once.
    pub constants: usize,
    /// Bytes that only a run of this operator uses.
    pub scratch: usize,
    /// Weights that are decoded at a time, if they are coded; 0 otherwise.
    pub decoded: usize,
    /// Weights, decoded or not.
    pub weights: usize,
    /// Biases.
    pub biases: usize,
    /// How many products each weight is part of, padding included.
    pub uses: usize,
}

impl Needs {
    /// Multiply-accumulate operations.
    pub fn macs(&self) -> u64 {
        self.uses as u64 * self.weights as u64
    }

    /// Weights and biases.
    pub fn parameters(&self) -> u64 {
        self.weights as u64 + self.biases as u64
    }
}

impl Registration {
    /// Whether the types are the operator's. If not: how many are, and what is wrong with the next.
    pub(crate) fn types_of(&self, operator: &Operator) -> Result<(), (usize, ModelError)> {
        for (fitting, &typed) in self.types.iter().enumerate() {
            let (tensor, expected) = match typed {
                Typed::Input(at, expected) => (operator.input(at.into()), expected),
                Typed::Output(at, expected) => (operator.output(at.into()), expected),
            };
            tensor
                .map_err(|_| ModelError::Arity {
                    operator: operator.index,
                })
                .and_then(|tensor| tensor.expect_type(expected))
                .map_err(|error| (fitting, error))?;
        }
        Ok(())
    }
}

/// [`Registration::prepare`] of operators without constants.
fn no_constants(_: &Operator, _: &mut [u32]) -> Option<bool> {
    Some(false)
}

/// Names registrations as statics, with the fastest kernels for the machine, and lists all of
/// them for any kernels.
macro_rules! registrations {
    ($($name:ident = $registration:expr;)*) => {
        $(
            #[doc = concat!("The registration `", stringify!($name), "`.")]
            pub static $name: Registration = {
                #[allow(dead_code, reason = "not every operator has kernels")]
                type K = Best;
                Registration {
                    #[cfg(feature = "names")]
                    name: stringify!($name),
                    ..$registration
                }
            };
        )*

        /// All registrations, with the fastest kernels for the machine.
        pub const ALL: Resolver = &[$(&$name),*];

        impl<K: Kernels> With<K> {
            /// All registrations, with the kernels `K`.
            pub const ALL: Resolver = &[$(&Registration {
                #[cfg(feature = "names")]
                name: stringify!($name),
                ..$registration
            }),*];
        }
    };
}

/// The registrations with chosen kernels, for tests: see [`With::ALL`].
#[derive(Clone, Copy, Debug)]
pub struct With<K>(PhantomData<K>);

registrations! {
    ADD_INT8 = add::int8::<K>();
    ARG_MAX_FLOAT32 = movement::extreme::max_float32();
    ARG_MAX_INT8 = movement::extreme::max_int8();
    ARG_MIN_FLOAT32 = movement::extreme::min_float32();
    ARG_MIN_INT8 = movement::extreme::min_int8();
    AVERAGE_POOL_2D_FLOAT32 = pool_2d::average_float32();
    AVERAGE_POOL_2D_INT8 = pool_2d::average_int8::<K>();
    BATCH_TO_SPACE_ND = movement::blocks::batch_to_space_nd();
    BROADCAST_ARGS = movement::filled::broadcast_args();
    BROADCAST_TO = movement::arrangement::broadcast_to();
    CONCATENATION = movement::join::concatenation();
    CONV_2D_FLOAT32 = conv_2d::float32();
    CONV_2D_INT8 = conv_2d::int8::<K>();
    CUMSUM_FLOAT32 = movement::cumsum::float32();
    CUMSUM_INT8 = movement::cumsum::int8();
    DEPTH_TO_SPACE = movement::blocks::depth_to_space();
    DEPTHWISE_CONV_2D_FLOAT32 = depthwise_conv_2d::float32();
    DEPTHWISE_CONV_2D_INT8 = depthwise_conv_2d::int8::<K>();
    DYNAMIC_UPDATE_SLICE = movement::slice::dynamic_update_slice();
    EMBEDDING_LOOKUP = movement::gather::embedding_lookup();
    EXPAND_DIMS = movement::reshape::expand_dims();
    FILL = movement::filled::fill();
    FULLY_CONNECTED_FLOAT32 = fully_connected::float32();
    FULLY_CONNECTED_INT8 = fully_connected::int8::<K>();
    GATHER = movement::gather::gather();
    GATHER_ND = movement::gather::gather_nd();
    MAX_POOL_2D_INT8 = pool_2d::max_int8::<K>();
    MIRROR_PAD = movement::pad::mirror_pad();
    PACK = movement::join::pack();
    PAD = movement::pad::pad();
    PADV2 = movement::pad::pad_v2();
    RESHAPE = movement::reshape::reshape();
    RESIZE_BILINEAR_FLOAT32 = movement::resize::bilinear_float32();
    RESIZE_BILINEAR_INT8 = movement::resize::bilinear_int8();
    RESIZE_NEAREST_NEIGHBOR = movement::resize::nearest_neighbor();
    REVERSE_V2 = movement::arrangement::reverse_v2();
    SHAPE = movement::filled::shape();
    SLICE = movement::slice::slice();
    SOFTMAX_FLOAT32 = softmax::float32();
    SOFTMAX_INT8 = softmax::int8::<K>();
    SPACE_TO_BATCH_ND = movement::blocks::space_to_batch_nd();
    SPACE_TO_DEPTH = movement::blocks::space_to_depth();
    SPLIT = movement::split::split();
    SPLIT_V = movement::split::split_v();
    SQUEEZE = movement::reshape::squeeze();
    STRIDED_SLICE = movement::slice::strided_slice();
    TILE = movement::arrangement::tile();
    TRANSPOSE = movement::arrangement::transpose();
    UNPACK = movement::split::unpack();
    ZEROS_LIKE = movement::filled::zeros_like();
}

/// What a registration has if nothing else is said.
const fn registration(
    builtin: i32,
    newest: i32,
    types: &'static [Typed],
    check: fn(&Operator) -> Result<Needs, ModelError>,
    run: fn(&mut Run) -> Option<()>,
) -> Registration {
    Registration {
        #[cfg(feature = "names")]
        name: "",
        builtin,
        custom: "",
        newest,
        types,
        check,
        prepare: no_constants,
        run,
    }
}

/// Checks that the first input and the first output are quantised alike, for operators that don't
/// rescale.
fn same_quantisation(operator: &Operator) -> Result<(), ModelError> {
    if operator.input(0)?.quantisation()? == operator.output(0)?.quantisation()? {
        return Ok(());
    }
    Err(operator.quantisation_error("output"))
}
