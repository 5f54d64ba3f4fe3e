//! Fetching instructions: the prefetch unit, wait states, and the cache.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::sequence::{Cache, Sequence, Value};
use crate::calibrate::thumb::{
    Code, FILL, add_wide, adds, b, bne_back, fill, join, ldr, mla, repeat, subs,
};

/// Runs of 32-bit instructions at words and at half-words.
pub(in super::super) fn prefetch_unit(table: &mut Table) {
    table.rule("fetch", "`FETCH_AHEAD`, `FETCH_LATENCY`, `FETCH_RESTART`");
    for (name, code) in [("add.w", add_wide(4, 4, 1)), ("mla", mla(4, 3, 3, 4))] {
        for count in 1..=10 {
            let run = repeat(&code, count);
            table.add(
                format!("{count} misaligned {name}"),
                Sequence::new(run.clone()).shifted(1),
            );
            // One load before them moves them by a half-word.
            let behind_load = join(&[&ldr(8 - 4, 0, 0), &run]);
            table.add(
                format!("load and {count} misaligned {name}"),
                Sequence::new(behind_load),
            );
        }
        for count in [4, 10] {
            table.add(
                format!("{count} aligned {name}"),
                Sequence::new(repeat(&code, count)),
            );
            let behind_load = join(&[&ldr(4, 0, 0), &repeat(&code, count)]);
            table.add(
                format!("load and {count} aligned {name}"),
                Sequence::new(behind_load).shifted(1),
            );
        }
    }
    let mixed = repeat(&join(&[&adds(4, 1), &add_wide(4, 4, 1)]), 6);
    table.add("12 narrow and wide in turn", Sequence::new(mixed));
    let long = repeat(&add_wide(4, 4, 1), 30);
    table.add("30 misaligned add.w", Sequence::new(long).shifted(1));
}

/// Code that is fetched without a cache, by `rule`.
pub(in super::super) fn cache_off(table: &mut Table, rule: &'static str) {
    table.rule("fetch, cache off", rule);
    let wide = add_wide(4, 4, 1);
    for (name, code) in [
        ("64 narrow", fill(64)),
        ("16 wide", repeat(&wide, 16)),
        ("40 wide", repeat(&wide, 40)),
        ("branch", join(&[&b(1), &[FILL, FILL, FILL]])),
        ("branch over 64 bytes", join(&[&b(32), &fill(34)])),
    ] {
        table.add(name, Sequence::new(code).cached(Cache::Off));
    }
}

/// Code in RAM, by `rule`.
pub(in super::super) fn in_ram(table: &mut Table, rule: &'static str) {
    table.rule("code in RAM", rule);
    let wide = add_wide(4, 4, 1);
    let load = join(&[&ldr(4, 0, 0), &adds(4, 1), &ldr(4, 2, 0), &adds(4, 1)]);
    for (name, code) in [
        ("32 narrow", repeat(&adds(4, 1), 32)),
        ("16 wide", repeat(&wide, 16)),
        ("loads from RAM and flash", load),
    ] {
        table.add(name, Sequence::new(code).in_ram());
    }
}

/// A loop of `bytes` bytes at the start of a flash sector that runs r4 times.
pub(in super::super) fn loop_of(bytes: usize) -> Code {
    // Up to the next multiple of 64 bytes, and a branch so that the loop is entered as it is
    // repeated.
    const WAY_IN: usize = 32 - 10;
    const END: usize = 3;
    let body = fill(bytes / 2 - END);
    let back = body.len() + 1;
    join(&[
        &fill(WAY_IN - 1),
        &b(0),
        &body,
        &subs(4, 1),
        &bne_back(back),
    ])
}

/// One pass in the steady state of loops of so many bytes, which run r4 times: three passes less two, for each
/// of these states of the cache by its rule.
pub(in super::super) fn loops(
    table: &mut Table,
    states: &[(&str, &'static str, Cache)],
    sizes: &[usize],
    loop_of: fn(usize) -> Code,
) {
    for &(state, rule, cache) in states {
        table.rule("loop", rule);
        for &bytes in sizes {
            let passes = |count| {
                Sequence::new(loop_of(bytes))
                    .with(4, Value::Word(count))
                    .cached(cache)
            };
            table.difference(
                format!("pass of {bytes} bytes, cache {state}"),
                passes(3),
                passes(2),
            );
        }
    }
}

/// One pass of the loop `code`, which runs r4 times.
pub(in super::super) fn pass(table: &mut Table, name: &str, code: &[u16]) {
    let passes = |count| Sequence::new(code.to_vec()).with(4, Value::Word(count));
    table.difference(name, passes(3), passes(2));
}
