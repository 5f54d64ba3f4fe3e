//! A flash with wait states: what it reads for instructions, ahead of them, and as data.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::benchmarks::common::{STATES, fetch, in_a_row};
use crate::calibrate::sequence::{Cache, Sequence};
use crate::calibrate::thumb::{
    Code, adds, b, bne_back_narrow, fill, join, ldr, pop, push, repeat, subs,
};

pub(super) fn add(table: &mut Table) {
    straight(table);
    let states = [
        ("on", Cache::Warm),
        ("off", Cache::PrefetchAlone),
        ("and prefetch off", Cache::Off),
    ];
    let states = states.map(|(state, cache)| (state, "instruction cache", cache));
    fetch::loops(table, &states, &[8, 16, 24, 32, 64, 128], loop_of);
    data(table);
    in_ram(table);
}

fn straight(table: &mut Table) {
    table.rule("fetch", "wait states of the flash");
    for (name, code) in [
        ("64 narrow", fill(64)),
        ("branch over 64 bytes", join(&[&b(32), &fill(34)])),
    ] {
        for (state, cache) in STATES {
            let sequence = Sequence::new(code.clone()).cached(cache);
            table.add(format!("{name}, cache {state}"), sequence);
        }
    }
    table.rule("fetch", "one bus");
    // What is executed slowly leaves the flash time to read ahead.
    let slow = repeat(&join(&[&push(0x10), &pop(0x10)]), 8);
    for (state, cache) in STATES {
        let sequence = Sequence::new(slow.clone()).cached(cache);
        table.add(format!("16 push and pop, cache {state}"), sequence);
    }
}

/// A loop of so many bytes that begins at a flash read and runs r4 times.
fn loop_of(bytes: usize) -> Code {
    let body = fill(bytes / 2 - 2);
    let back = body.len() + 1;
    // Two instructions lie between the start of a flash read and the first under test.
    join(&[&fill(2), &body, &subs(4, 1), &bne_back_narrow(back)])
}

fn data(table: &mut Table) {
    table.rule("flash data", "data");
    for count in [1, 2, 4] {
        table.add(
            format!("{count} loads in a row"),
            Sequence::new(in_a_row(count, 2)),
        );
    }
    for distance in 1..=7 {
        let apart = join(&[&ldr(4, 2, 0), &fill(distance)]);
        table.add(
            format!("4 loads, {distance} instructions behind each"),
            Sequence::new(repeat(&apart, 4)),
        );
    }
    let then = join(&[&ldr(4, 2, 0), &adds(4, 1)]);
    for (state, cache) in STATES {
        let sequence = Sequence::new(then.clone()).cached(cache);
        table.add(format!("ldr, adds; cache {state}"), sequence);
    }
}

fn in_ram(table: &mut Table) {
    table.rule(
        "code in RAM",
        "data processing, MULS with the fast multiplier",
    );
    table.add("32 narrow", Sequence::new(repeat(&adds(4, 1), 32)).in_ram());
    table.rule("code in RAM", "data");
    for count in [1, 2, 4] {
        table.add(
            format!("{count} loads from flash in a row"),
            Sequence::new(in_a_row(count, 2)).in_ram(),
        );
    }
    let mixed = join(&[&ldr(4, 2, 0), &ldr(4, 0, 0), &ldr(4, 2, 0), &adds(4, 1)]);
    table.add("loads from flash and RAM", Sequence::new(mixed).in_ram());
}
