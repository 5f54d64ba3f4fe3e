//! Sums of products: convolutions, fully connected layers, products of matrices.

pub(super) mod batch_matmul;
pub(super) mod conv_2d;
pub(super) mod dense;
pub(super) mod depthwise_conv_2d;
mod digest;
pub(super) mod fully_connected;
pub(super) mod grouped_conv_2d;
pub(super) mod int16;
pub(super) mod transpose_conv;
pub(super) mod weights;
pub(super) mod window;
