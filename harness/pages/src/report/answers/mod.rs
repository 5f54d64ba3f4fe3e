//! What the answers are worth: whether they are right, how good they are, and what became of variants.

mod compression;
mod quality;
mod verification;

use super::results::Results;
use crate::page::Section;

pub use verification::{place, section as verification};

/// Quality, then variants of the models.
pub fn sections(results: &Results) -> Vec<Section> {
    let quality = quality::section(results).into_iter();
    quality.chain(compression::section(results)).collect()
}
