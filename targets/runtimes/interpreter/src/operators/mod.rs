//! The operators: a registration for each operator and family of types, in files of their own.
//!
//! A model is run with a [`Resolver`], a slice of registrations. The host has [`ALL`] of them; an
//! image names those that its model needs, and the linker drops the rest.

mod add;
mod batch_matmul;
mod conv_2d;
mod dense;
mod depthwise_conv_2d;
mod detection;
mod elementwise;
mod fully_connected;
mod grouped_conv_2d;
mod int16;
mod l2_normalization;
mod movement;
mod pool_2d;
mod pools;
mod reduce;
mod signal;
mod softmax;
mod softmax_int16;
mod state;
mod transpose_conv;
mod weights;
mod window;

#[cfg(feature = "checks")]
pub(crate) use state::call::called;
pub(crate) use weights::decode;

use core::marker::PhantomData;

use crate::error::Fault;
#[cfg(feature = "checks")]
use crate::error::{ModelError, fault};
use crate::kernels::Kernels;
use crate::operator::Operator;
use crate::run::Run;
use crate::tensor::RawTensor;

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
    fn kept(operator: &Operator, bytes: usize) -> Self {
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
                    #[cfg(feature = "checks")]
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
                #[cfg(feature = "checks")]
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
    ABS_FLOAT32 = elementwise::functions::abs_float32();
    ABS_INT16 = elementwise::functions::abs_int16();
    ABS_INT8 = elementwise::functions::abs_int8();
    ADD_FLOAT32 = elementwise::arithmetic::add_float32();
    ADD_INT16 = elementwise::quantised::add_int16();
    ADD_INT32 = elementwise::arithmetic::add_int32();
    ADD_INT8 = add::int8::<K>();
    ADD_N_FLOAT32 = elementwise::add_n::float32();
    ADD_N_INT8 = elementwise::add_n::int8();
    ARG_MAX_FLOAT32 = movement::extreme::max_float32();
    ARG_MAX_INT8 = movement::extreme::max_int8();
    ARG_MIN_FLOAT32 = movement::extreme::min_float32();
    ARG_MIN_INT8 = movement::extreme::min_int8();
    ASSIGN_VARIABLE = state::variable::assign();
    AVERAGE_POOL_2D_FLOAT32 = pool_2d::average_float32();
    AVERAGE_POOL_2D_INT16 = int16::pool_2d::average();
    AVERAGE_POOL_2D_INT8 = pool_2d::average_int8::<K>();
    BATCH_MATMUL_FLOAT32 = batch_matmul::float32();
    BATCH_MATMUL_INT16 = batch_matmul::int16();
    BATCH_MATMUL_INT8 = batch_matmul::int8();
    BATCH_TO_SPACE_ND = movement::blocks::batch_to_space_nd();
    BROADCAST_ARGS = movement::filled::broadcast_args();
    BROADCAST_TO = movement::arrangement::broadcast_to();
    CALL_ONCE = state::call::once();
    CAST_BOOL = elementwise::cast::bool();
    CAST_FLOAT32 = elementwise::cast::float32();
    CAST_INT16 = elementwise::cast::int16();
    CAST_INT32 = elementwise::cast::int32();
    CAST_INT8 = elementwise::cast::int8();
    CAST_UINT32 = elementwise::cast::uint32();
    CEIL_FLOAT32 = elementwise::functions::ceil_float32();
    CIRCULAR_BUFFER_INT8 = state::circular_buffer::int8();
    CONCATENATION = movement::join::concatenation();
    CONV_2D_FLOAT32 = conv_2d::float32();
    CONV_2D_FLOAT32_GROUPED = grouped_conv_2d::float32();
    CONV_2D_INT16 = int16::conv_2d::with_int8();
    CONV_2D_INT8 = conv_2d::int8::<K>();
    CONV_2D_INT8_GROUPED = grouped_conv_2d::int8();
    COS_FLOAT32 = elementwise::functions::cos_float32();
    CUMSUM_FLOAT32 = movement::cumsum::float32();
    CUMSUM_INT8 = movement::cumsum::int8();
    DEPTHWISE_CONV_2D_FLOAT32 = depthwise_conv_2d::float32();
    DEPTHWISE_CONV_2D_INT16 = int16::depthwise_conv_2d::with_int8();
    DEPTHWISE_CONV_2D_INT8 = depthwise_conv_2d::int8::<K>();
    DEPTH_TO_SPACE = movement::blocks::depth_to_space();
    DEQUANTIZE_INT16 = elementwise::quantize::int16_to_float32();
    DEQUANTIZE_INT8 = elementwise::quantize::int8_to_float32();
    DEQUANTIZE_UINT8 = elementwise::quantize::uint8_to_float32();
    DETECTION_POST_PROCESS_FLOAT32 = detection::float32();
    DIV_FLOAT32 = elementwise::arithmetic::div_float32();
    DIV_INT32 = elementwise::arithmetic::div_int32();
    DIV_INT8 = elementwise::quantised::div_int8();
    DYNAMIC_UPDATE_SLICE = movement::slice::dynamic_update_slice();
    ELU_FLOAT32 = elementwise::rectifiers::elu_float32();
    ELU_INT8 = elementwise::rectifiers::elu_int8();
    EMBEDDING_LOOKUP = movement::gather::embedding_lookup();
    EQUAL_BOOL = elementwise::comparison::equal_bool();
    EQUAL_FLOAT32 = elementwise::comparison::equal_float32();
    EQUAL_INT32 = elementwise::comparison::equal_int32();
    EQUAL_INT64 = elementwise::comparison::equal_int64();
    EQUAL_INT8 = elementwise::comparison::equal_int8();
    EXPAND_DIMS = movement::reshape::expand_dims();
    EXP_FLOAT32 = elementwise::functions::exp_float32();
    FILL = movement::filled::fill();
    FLOOR_DIV_FLOAT32 = elementwise::arithmetic::floor_div_float32();
    FLOOR_FLOAT32 = elementwise::functions::floor_float32();
    FLOOR_MOD_FLOAT32 = elementwise::arithmetic::floor_mod_float32();
    FULLY_CONNECTED_FLOAT32 = fully_connected::float32();
    FULLY_CONNECTED_FLOAT32_COMPUTED = dense::float32();
    FULLY_CONNECTED_INT16 = int16::fully_connected::with_int8();
    FULLY_CONNECTED_INT8 = fully_connected::int8::<K>();
    FULLY_CONNECTED_INT8_COMPUTED = dense::int8();
    GATHER = movement::gather::gather();
    GATHER_ND = movement::gather::gather_nd();
    GREATER_EQUAL_FLOAT32 = elementwise::comparison::greater_equal_float32();
    GREATER_EQUAL_INT32 = elementwise::comparison::greater_equal_int32();
    GREATER_EQUAL_INT64 = elementwise::comparison::greater_equal_int64();
    GREATER_EQUAL_INT8 = elementwise::comparison::greater_equal_int8();
    GREATER_FLOAT32 = elementwise::comparison::greater_float32();
    GREATER_INT32 = elementwise::comparison::greater_int32();
    GREATER_INT64 = elementwise::comparison::greater_int64();
    GREATER_INT8 = elementwise::comparison::greater_int8();
    HARD_SWISH_FLOAT32 = elementwise::hard_swish::float32();
    HARD_SWISH_INT8 = elementwise::hard_swish::int8();
    IF = state::call::if_else();
    L2_NORMALIZATION_FLOAT32 = l2_normalization::float32();
    L2_NORMALIZATION_INT8 = l2_normalization::int8();
    L2_POOL_2D_FLOAT32 = pools::l2_float32();
    LEAKY_RELU_FLOAT32 = elementwise::rectifiers::leaky_relu_float32();
    LEAKY_RELU_INT16 = elementwise::rectifiers::leaky_relu_int16();
    LEAKY_RELU_INT8 = elementwise::rectifiers::leaky_relu_int8();
    LESS_EQUAL_FLOAT32 = elementwise::comparison::less_equal_float32();
    LESS_EQUAL_INT32 = elementwise::comparison::less_equal_int32();
    LESS_EQUAL_INT64 = elementwise::comparison::less_equal_int64();
    LESS_EQUAL_INT8 = elementwise::comparison::less_equal_int8();
    LESS_FLOAT32 = elementwise::comparison::less_float32();
    LESS_INT32 = elementwise::comparison::less_int32();
    LESS_INT64 = elementwise::comparison::less_int64();
    LESS_INT8 = elementwise::comparison::less_int8();
    LOGICAL_AND_BOOL = elementwise::comparison::logical_and_bool();
    LOGICAL_NOT_BOOL = elementwise::functions::logical_not_bool();
    LOGICAL_OR_BOOL = elementwise::comparison::logical_or_bool();
    LOGISTIC_FLOAT32 = elementwise::sigmoid::logistic_float32();
    LOGISTIC_INT16 = elementwise::sigmoid::logistic_int16();
    LOGISTIC_INT8 = elementwise::sigmoid::logistic_int8();
    LOG_FLOAT32 = elementwise::functions::log_float32();
    LOG_SOFTMAX_FLOAT32 = elementwise::log_softmax::float32();
    LOG_SOFTMAX_INT8 = elementwise::log_softmax::int8();
    MAXIMUM_FLOAT32 = elementwise::arithmetic::maximum_float32();
    MAXIMUM_INT16 = elementwise::arithmetic::maximum_int16();
    MAXIMUM_INT32 = elementwise::arithmetic::maximum_int32();
    MAXIMUM_INT64 = elementwise::arithmetic::maximum_int64();
    MAXIMUM_INT8 = elementwise::arithmetic::maximum_int8();
    MAX_POOL_2D_FLOAT32 = pools::max_float32();
    MAX_POOL_2D_INT16 = int16::pool_2d::max();
    MAX_POOL_2D_INT8 = pool_2d::max_int8::<K>();
    MEAN_FLOAT32 = reduce::mean_float32();
    MEAN_INT16 = reduce::mean_int16();
    MEAN_INT8 = reduce::mean_int8();
    MINIMUM_FLOAT32 = elementwise::arithmetic::minimum_float32();
    MINIMUM_INT16 = elementwise::arithmetic::minimum_int16();
    MINIMUM_INT32 = elementwise::arithmetic::minimum_int32();
    MINIMUM_INT64 = elementwise::arithmetic::minimum_int64();
    MINIMUM_INT8 = elementwise::arithmetic::minimum_int8();
    MIRROR_PAD = movement::pad::mirror_pad();
    MUL_FLOAT32 = elementwise::arithmetic::mul_float32();
    MUL_INT16 = elementwise::quantised::mul_int16();
    MUL_INT32 = elementwise::arithmetic::mul_int32();
    MUL_INT8 = elementwise::quantised::mul_int8();
    NEG_FLOAT32 = elementwise::functions::neg_float32();
    NOT_EQUAL_BOOL = elementwise::comparison::not_equal_bool();
    NOT_EQUAL_FLOAT32 = elementwise::comparison::not_equal_float32();
    NOT_EQUAL_INT32 = elementwise::comparison::not_equal_int32();
    NOT_EQUAL_INT64 = elementwise::comparison::not_equal_int64();
    NOT_EQUAL_INT8 = elementwise::comparison::not_equal_int8();
    PACK = movement::join::pack();
    PAD = movement::pad::pad();
    PADV2 = movement::pad::pad_v2();
    PRELU_FLOAT32 = elementwise::rectifiers::prelu_float32();
    PRELU_INT16 = elementwise::rectifiers::prelu_int16();
    PRELU_INT8 = elementwise::rectifiers::prelu_int8();
    QUANTIZE_FLOAT32_TO_INT16 = elementwise::quantize::float32_to_int16();
    QUANTIZE_FLOAT32_TO_INT8 = elementwise::quantize::float32_to_int8();
    QUANTIZE_INT16_TO_INT16 = elementwise::quantize::int16_to_int16();
    QUANTIZE_INT16_TO_INT32 = elementwise::quantize::int16_to_int32();
    QUANTIZE_INT16_TO_INT8 = elementwise::quantize::int16_to_int8();
    QUANTIZE_INT32_TO_INT16 = elementwise::quantize::int32_to_int16();
    QUANTIZE_INT32_TO_INT8 = elementwise::quantize::int32_to_int8();
    QUANTIZE_INT8_TO_INT16 = elementwise::quantize::int8_to_int16();
    QUANTIZE_INT8_TO_INT32 = elementwise::quantize::int8_to_int32();
    QUANTIZE_INT8_TO_INT8 = elementwise::quantize::int8_to_int8();
    QUANTIZE_INT8_TO_UINT8 = elementwise::quantize::int8_to_uint8();
    QUANTIZE_UINT8_TO_INT8 = elementwise::quantize::uint8_to_int8();
    READ_VARIABLE = state::variable::read();
    REDUCE_ALL_BOOL = reduce::all_bool();
    REDUCE_MAX_FLOAT32 = reduce::max_float32();
    REDUCE_MAX_INT8 = reduce::max_int8();
    REDUCE_MIN_FLOAT32 = reduce::min_float32();
    REDUCE_MIN_INT8 = reduce::min_int8();
    RELU6_FLOAT32 = elementwise::rectifiers::relu6_float32();
    RELU6_INT16 = elementwise::rectifiers::relu6_int16();
    RELU6_INT8 = elementwise::rectifiers::relu6_int8();
    RELU_FLOAT32 = elementwise::rectifiers::relu_float32();
    RELU_INT16 = elementwise::rectifiers::relu_int16();
    RELU_INT8 = elementwise::rectifiers::relu_int8();
    RESHAPE = movement::reshape::reshape();
    RESIZE_BILINEAR_FLOAT32 = movement::resize::bilinear_float32();
    RESIZE_BILINEAR_INT8 = movement::resize::bilinear_int8();
    RESIZE_NEAREST_NEIGHBOR = movement::resize::nearest_neighbor();
    REVERSE_V2 = movement::arrangement::reverse_v2();
    ROUND_FLOAT32 = elementwise::functions::round_float32();
    RSQRT_FLOAT32 = elementwise::functions::rsqrt_float32();
    RSQRT_INT16 = elementwise::functions::rsqrt_int16();
    RSQRT_INT8 = elementwise::functions::rsqrt_int8();
    SELECT_V2_FLOAT32 = elementwise::select::float32();
    SELECT_V2_INT16 = elementwise::select::int16();
    SELECT_V2_INT8 = elementwise::select::int8();
    SHAPE = movement::filled::shape();
    SIGNAL_DELAY = signal::frames::delay();
    SIGNAL_ENERGY = signal::spectrum::energy();
    SIGNAL_FFT_AUTO_SCALE = signal::spectrum::auto_scale();
    SIGNAL_FILTER_BANK = signal::filter_bank::filter_bank();
    SIGNAL_FILTER_BANK_LOG = signal::filter_bank::log();
    SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION = signal::gain::spectral_subtraction();
    SIGNAL_FILTER_BANK_SQUARE_ROOT = signal::filter_bank::square_root();
    SIGNAL_FRAMER = signal::frames::framer();
    SIGNAL_IRFFT_FLOAT32 = signal::fft::backward_float32();
    SIGNAL_IRFFT_INT16 = signal::fft::backward_int16();
    SIGNAL_IRFFT_INT32 = signal::fft::backward_int32();
    SIGNAL_OVERLAP_ADD_FLOAT32 = signal::frames::overlap_add_float32();
    SIGNAL_OVERLAP_ADD_INT16 = signal::frames::overlap_add_int16();
    SIGNAL_PCAN = signal::gain::pcan();
    SIGNAL_RFFT_FLOAT32 = signal::fft::forward_float32();
    SIGNAL_RFFT_INT16 = signal::fft::forward_int16();
    SIGNAL_RFFT_INT32 = signal::fft::forward_int32();
    SIGNAL_STACKER = signal::frames::stacker();
    SIGNAL_WINDOW = signal::spectrum::window();
    SIN_FLOAT32 = elementwise::functions::sin_float32();
    SLICE = movement::slice::slice();
    SOFTMAX_FLOAT32 = softmax::float32();
    SOFTMAX_INT16 = softmax_int16::int16();
    SOFTMAX_INT8 = softmax::int8::<K>();
    SOFTMAX_INT8_TO_INT16 = softmax_int16::int8();
    SPACE_TO_BATCH_ND = movement::blocks::space_to_batch_nd();
    SPACE_TO_DEPTH = movement::blocks::space_to_depth();
    SPLIT = movement::split::split();
    SPLIT_V = movement::split::split_v();
    SQRT_FLOAT32 = elementwise::functions::sqrt_float32();
    SQUARED_DIFFERENCE_FLOAT32 = elementwise::arithmetic::squared_difference_float32();
    SQUARED_DIFFERENCE_INT16 = elementwise::quantised::squared_difference_int16();
    SQUARED_DIFFERENCE_INT32 = elementwise::arithmetic::squared_difference_int32();
    SQUARED_DIFFERENCE_INT8 = elementwise::quantised::squared_difference_int8();
    SQUARE_FLOAT32 = elementwise::functions::square_float32();
    SQUEEZE = movement::reshape::squeeze();
    STRIDED_SLICE = movement::slice::strided_slice();
    SUB_FLOAT32 = elementwise::arithmetic::sub_float32();
    SUB_INT16 = elementwise::quantised::sub_int16();
    SUB_INT32 = elementwise::arithmetic::sub_int32();
    SUB_INT8 = elementwise::quantised::sub_int8();
    SUM_FLOAT32 = reduce::sum_float32();
    SUM_INT16 = reduce::sum_int16();
    SUM_INT8 = reduce::sum_int8();
    SVDF_FLOAT32 = state::svdf::float32();
    SVDF_INT8 = state::svdf::int8();
    SVDF_INT8_WITH_INT16 = state::svdf::int8_with_int16();
    TANH_FLOAT32 = elementwise::sigmoid::tanh_float32();
    TANH_INT16 = elementwise::sigmoid::tanh_int16();
    TANH_INT8 = elementwise::sigmoid::tanh_int8();
    TILE = movement::arrangement::tile();
    TRANSPOSE = movement::arrangement::transpose();
    TRANSPOSE_CONV_FLOAT32 = transpose_conv::float32();
    TRANSPOSE_CONV_INT16 = transpose_conv::int16();
    TRANSPOSE_CONV_INT8 = transpose_conv::int8();
    UNIDIRECTIONAL_SEQUENCE_LSTM_FLOAT32 = state::lstm::float32();
    UNIDIRECTIONAL_SEQUENCE_LSTM_INT16 = state::lstm::int16();
    UNIDIRECTIONAL_SEQUENCE_LSTM_INT8 = state::lstm::int8();
    UNPACK = movement::split::unpack();
    VAR_HANDLE = state::variable::handle();
    WHILE = state::call::while_loop();
    ZEROS_LIKE = movement::filled::zeros_like();
}

/// A registration that has neither needs nor constants.
#[cfg_attr(
    not(feature = "checks"),
    expect(unused_variables, reason = "an image checks nothing")
)]
const fn registration(
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
        run,
    }
}

/// Checks that the first input and the first output are quantised alike, for operators that don't
/// rescale.
fn expect_same_quantisation(operator: &Operator) -> Result<(), Fault> {
    let [input, output] = operator.ends();
    if input.expect_quantisation()? == output.expect_quantisation()? {
        return Ok(());
    }
    Err(operator.quantisation_error("output"))
}
