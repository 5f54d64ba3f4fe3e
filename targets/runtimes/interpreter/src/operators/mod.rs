//! The operators: a registration for each operator and family of types, in files of their own.
//!
//! A model is run with a [`Resolver`], a slice of registrations. The host has [`ALL`] of them; an
//! image names those that its model needs, and the linker drops the rest.

mod detection;
mod elementwise;
mod l2_normalization;
mod movement;
mod pools;
mod products;
mod reduce;
mod signal;
mod softmax;
mod state;

pub(crate) use products::weights::decode;
#[cfg(feature = "checks")]
pub(crate) use state::call::called;

use core::marker::PhantomData;

use crate::kernels::Kernels;
pub use crate::registration::{Kept, Needs, Registration, Resolver, Typed};
pub(crate) use crate::registration::{expect_same_quantisation, registration};

#[cfg(all(armv7e_m, feature = "size"))]
use crate::kernels::Compact as Best;
#[cfg(all(armv7e_m, not(feature = "size")))]
use crate::kernels::Dsp as Best;
#[cfg(not(any(armv6m, armv7e_m)))]
use crate::kernels::Portable as Best;
#[cfg(armv6m)]
use crate::kernels::Thumb as Best;

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
    ADD_INT8 = elementwise::add::int8::<K>();
    ADD_N_FLOAT32 = elementwise::add_n::float32();
    ADD_N_INT8 = elementwise::add_n::int8();
    ARG_MAX_FLOAT32 = movement::extreme::max_float32();
    ARG_MAX_INT8 = movement::extreme::max_int8();
    ARG_MIN_FLOAT32 = movement::extreme::min_float32();
    ARG_MIN_INT8 = movement::extreme::min_int8();
    ASSIGN_VARIABLE = state::variable::assign();
    AVERAGE_POOL_2D_FLOAT32 = pools::average_float32();
    AVERAGE_POOL_2D_INT16 = pools::int16::average();
    AVERAGE_POOL_2D_INT8 = pools::average_int8::<K>();
    BATCH_MATMUL_FLOAT32 = products::batch_matmul::float32();
    BATCH_MATMUL_INT16 = products::batch_matmul::int16();
    BATCH_MATMUL_INT8 = products::batch_matmul::int8();
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
    CONV_2D_FLOAT32 = products::conv_2d::float32();
    CONV_2D_FLOAT32_GROUPED = products::grouped_conv_2d::float32();
    CONV_2D_INT16 = products::int16::conv_2d::with_int8();
    CONV_2D_INT8 = products::conv_2d::int8::<K>();
    CONV_2D_INT8_ANY = products::conv_2d::any_int8::<K>();
    CONV_2D_INT8_GROUPED = products::grouped_conv_2d::int8();
    COS_FLOAT32 = elementwise::functions::cos_float32();
    CUMSUM_FLOAT32 = movement::cumsum::float32();
    CUMSUM_INT8 = movement::cumsum::int8();
    DEPTHWISE_CONV_2D_FLOAT32 = products::depthwise_conv_2d::float32();
    DEPTHWISE_CONV_2D_INT16 = products::int16::depthwise_conv_2d::with_int8();
    DEPTHWISE_CONV_2D_INT8 = products::depthwise_conv_2d::int8::<K>();
    DEPTHWISE_CONV_2D_INT8_ANY = products::depthwise_conv_2d::any_int8::<K>();
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
    FULLY_CONNECTED_FLOAT32 = products::fully_connected::float32();
    FULLY_CONNECTED_FLOAT32_COMPUTED = products::dense::float32();
    FULLY_CONNECTED_INT16 = products::int16::fully_connected::with_int8();
    FULLY_CONNECTED_INT8 = products::fully_connected::int8::<K>();
    FULLY_CONNECTED_INT8_COMPUTED = products::dense::int8();
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
    L2_POOL_2D_FLOAT32 = pools::float32::l2();
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
    MAX_POOL_2D_FLOAT32 = pools::float32::max();
    MAX_POOL_2D_INT16 = pools::int16::max();
    MAX_POOL_2D_INT8 = pools::max_int8::<K>();
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
    SOFTMAX_INT16 = softmax::int16::int16();
    SOFTMAX_INT8 = softmax::int8::<K>();
    SOFTMAX_INT8_TO_INT16 = softmax::int16::int8();
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
    TRANSPOSE_CONV_FLOAT32 = products::transpose_conv::float32();
    TRANSPOSE_CONV_INT16 = products::transpose_conv::int16();
    TRANSPOSE_CONV_INT8 = products::transpose_conv::int8();
    UNIDIRECTIONAL_SEQUENCE_LSTM_FLOAT32 = state::lstm::float32();
    UNIDIRECTIONAL_SEQUENCE_LSTM_INT16 = state::lstm::int16();
    UNIDIRECTIONAL_SEQUENCE_LSTM_INT8 = state::lstm::int8();
    UNPACK = movement::split::unpack();
    VAR_HANDLE = state::variable::handle();
    WHILE = state::call::while_loop();
    ZEROS_LIKE = movement::filled::zeros_like();
}
