//! Floating-point arithmetic of FPv4-SP (A2.5): single precision, all rounding modes, flush to
//! zero, default NaN, cumulative exception flags.
//!
//! There are three ways, each shorter than the next. With IXC set and in round-to-nearest, ordinary
//! results are what the host's own arithmetic gives, and no flag changes. Without IXC an exact test for
//! inexactness comes to it. Everything else goes through a software implementation.

mod arithmetic;
mod conversion;
mod format;
mod instructions;

pub(super) use format::SIGN;
pub(super) use instructions::{chained, convert_fixed, convert_to_half, finite, plain, product};
