//! A flash with wait states behind one cache for instructions and data.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::benchmarks::common::{STATES, fetch};
use crate::calibrate::sequence::{Cache, Sequence};
use crate::calibrate::thumb::{Code, add_wide, b, fill, join, ldr, repeat};

const WAIT_STATES: &str = "wait states of the flash";

pub(super) fn add(table: &mut Table) {
    fetch::cache_off(table, WAIT_STATES);
    for (topic, rule, name, code) in [
        ("fetch, states", "prefetch", "64 narrow", fill(64)),
        (
            "fetch, states",
            "prefetch",
            "40 wide",
            repeat(&add_wide(4, 4, 1), 40),
        ),
        (
            "fetch, states",
            "prefetch",
            "branch over 64 bytes",
            join(&[&b(32), &fill(34)]),
        ),
        (
            "flash data",
            "`INSTRUCTION_MISS`, `DATA_MISS`",
            "4 reads of 16 bytes",
            reads(),
        ),
    ] {
        table.rule(topic, rule);
        for (state, cache) in STATES {
            // The model adds what a straight run waits for its lines before its first instruction: a branch
            // brings the reading before that.
            let body = join(&[&b(0), &code]);
            table.add(
                format!("{name}, cache {state}"),
                Sequence::new(body).cached(cache),
            );
        }
    }
    let one = "one cache";
    let states = [
        ("on", one, Cache::Warm),
        ("on, no prefetch", one, Cache::ColdWithoutPrefetch),
        ("off", WAIT_STATES, Cache::Off),
    ];
    let sizes = [1024, 4096, 8192, 12288];
    fetch::loops(table, &states, &sizes, fetch::loop_of);
}

/// Loads from different flash reads, so that none finds what the one before it has read.
fn reads() -> Code {
    (0..4)
        .flat_map(|i| join(&[&ldr(4, 2, 32 * i), &fill(1)]))
        .collect()
}
