//! The Cortex-M4.

mod banks;
mod branches;
mod cache;
mod float;
mod integer;
mod memory;

use super::Table;
use super::common::{exceptions, fetch};
use crate::calibrate::sequence::{Cache, Clock};

const CACHE_OFF: &str = "fetch from flash, cache off";

pub(super) fn add(table: &mut Table) {
    integer::add(table);
    memory::add(table);
    branches::add(table);
    fetch::prefetch_unit(table);
    fetch::cache_off(table, CACHE_OFF);
    fetch::in_ram(table, "data processing, multiply, DSP");
    cache::misses(table, Clock::Full);
    let states = [
        ("on", "cache capacity", Cache::Warm),
        ("off", CACHE_OFF, Cache::Off),
    ];
    let sizes = [512, 1024, 1536, 2048, 3072, 4096];
    fetch::loops(table, &states, &sizes, fetch::loop_of);
    float::add(table);
    exceptions::add(table, "`EXCEPTION_ENTRY`, `EXCEPTION_RETURN`");
    exceptions::float_context(table);
    banks::add(table, Clock::Full);
    // All of them behind the others, so that the clock is changed once.
    banks::add(table, Clock::Slow);
    cache::misses(table, Clock::Slow);
    memory::flash_reads(table, Clock::Slow);
}
