//! Benchmarks of more than one core.

pub(super) mod divides;
pub(super) mod exceptions;
pub(super) mod fetch;
pub(super) mod memory;

use crate::calibrate::sequence::Cache;
use crate::calibrate::thumb::{Code, ldr};

/// All ways in which cache and prefetch can be set.
pub(super) const STATES: [(&str, Cache); 5] = [
    ("warm", Cache::Warm),
    ("cold", Cache::Cold),
    ("cold, no prefetch", Cache::ColdWithoutPrefetch),
    ("off, prefetch", Cache::PrefetchAlone),
    ("off", Cache::Off),
];

/// `count` loads, one after the other, from different words.
pub(super) fn in_a_row(count: u16, base: u16) -> Code {
    (0..count).flat_map(|i| ldr(4, base, 4 * i)).collect()
}
