//! Fetching instructions: the prefetch unit, wait states, and the cache.

use super::Table;
use crate::calibrate::sequence::{Cache, Clock, Sequence, Value};
use crate::calibrate::thumb::{
    Code, FILL, add_wide, adds, b, bne_back, fill, join, ldr, mla, repeat, subs,
};

pub(super) fn add(table: &mut Table) {
    prefetch(table);
    wait_states(table);
    cache(table);
}

fn prefetch(table: &mut Table) {
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

fn wait_states(table: &mut Table) {
    table.rule("fetch, cache off", "fetch from flash, cache off");
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
    table.rule("code in RAM", "data processing, multiply, DSP");
    table.add("32 narrow", Sequence::new(repeat(&adds(4, 1), 32)).in_ram());
    table.add("16 wide", Sequence::new(repeat(&wide, 16)).in_ram());
    let load = join(&[&ldr(4, 0, 0), &adds(4, 1), &ldr(4, 2, 0), &adds(4, 1)]);
    table.add("loads from RAM and flash", Sequence::new(load).in_ram());
}

/// A loop of `bytes` bytes at the start of a flash sector that runs r4 times.
fn loop_of(bytes: usize) -> Code {
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

fn cache(table: &mut Table) {
    misses(table, Clock::Full);
    // One pass in the steady state: three passes less two.
    for (state, cache) in [("on", Cache::Warm), ("off", Cache::Off)] {
        table.rule(
            "loop",
            if cache == Cache::Off {
                "fetch from flash, cache off"
            } else {
                "cache capacity"
            },
        );
        for bytes in [512, 1024, 1536, 2048, 3072, 4096] {
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
