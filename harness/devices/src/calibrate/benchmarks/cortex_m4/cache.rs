//! The cache for instructions.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::sequence::{Cache, Clock, Sequence};
use crate::calibrate::thumb::{add_wide, fill, repeat};

/// What an empty cache adds.
pub(super) fn misses(table: &mut Table, clock: Clock) {
    let topic = match clock {
        Clock::Full => "cache miss",
        Clock::Slow => "cache miss, no wait states",
    };
    table.rule(topic, "cache miss, hit");
    for (name, code) in [
        ("256 bytes, cold against warm", fill(128)),
        (
            "256 bytes of wide, cold against warm",
            repeat(&add_wide(4, 4, 1), 64),
        ),
    ] {
        let [cold, warm] = [Cache::Cold, Cache::Warm]
            .map(|cache| Sequence::new(code.clone()).cached(cache).clocked(clock));
        table.difference(name, cold, warm);
    }
}
