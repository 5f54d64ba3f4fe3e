//! Loads and stores.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::benchmarks::common::{in_a_row, memory};
use crate::calibrate::sequence::{Cache, Clock, Sequence};
use crate::calibrate::thumb::{
    Code, FILL, NOP, adds, fill, join, ldm, ldr, ldr_post, ldr_pre, ldr_wide, ldrd, pop, push,
    repeat, stm, str, str_post, str_register, strd,
};

pub(super) fn add(table: &mut Table) {
    loads(table);
    memory::late_addresses(table);
    stores(table);
    multiple(table);
    memory::exclusive(table);
    memory::unaligned(table);
    memories(table);
    flash_data(table);
}

fn loads(table: &mut Table) {
    table.rule("load", "`LOAD`, `CHAINED_LOAD`");
    for count in [1, 2, 3, 4, 8] {
        table.add(
            format!("{count} in a row"),
            Sequence::new(in_a_row(count, 0)),
        );
    }
    for count in 1..=6 {
        let code: Code = (0..count).flat_map(|i| ldr_wide(4, 0, 4 * i)).collect();
        for (name, shift) in [("word", 0), ("half-word", 1)] {
            table.add(
                format!("{count} wide at a {name}"),
                Sequence::new(code.clone()).shifted(shift),
            );
        }
    }
    let apart = join(&[&ldr(4, 0, 0), &[FILL], &ldr(4, 0, 4), &[FILL]]);
    table.add("2 with an instruction behind each", Sequence::new(apart));
    table.add("then nop", Sequence::new(join(&[&ldr(4, 0, 0), &[NOP]])));

    table.rule("write-back", "loads with write-back on one base");
    for count in 2..=8 {
        let one = repeat(&ldr_post(4, 0, 4), count);
        table.add(
            format!("{count} post-indexed, one base"),
            Sequence::new(one),
        );
        let two: Code = (0..count)
            .flat_map(|i| ldr_post(4, (i % 2) as u16, 4))
            .collect();
        table.add(
            format!("{count} post-indexed, two bases"),
            Sequence::new(two),
        );
    }
    table.add(
        "2 pre-indexed, one base",
        Sequence::new(repeat(&ldr_pre(4, 0, 4), 2)),
    );
}

fn stores(table: &mut Table) {
    table.rule("store", "`STORE`");
    for count in [1, 2, 4] {
        let code: Code = (0..count).flat_map(|i| str(4, 0, 4 * i)).collect();
        table.add(format!("{count} in a row"), Sequence::new(code));
    }
    table.add(
        "2 post-indexed",
        Sequence::new(repeat(&str_post(4, 0, 4), 2)),
    );
    for gap in 0..=2 {
        let code = join(&[&ldr(4, 0, 0), &fill(gap), &str(4, 0, 8)]);
        table.add(format!("{gap} behind a load"), Sequence::new(code));
    }

    table.rule("store, register offset", "`STORE_REGISTER_OFFSET`");
    let store = str_register(4, 0, 3);
    table.add("1", Sequence::new(store.clone()));
    table.add("2 in a row", Sequence::new(repeat(&store, 2)));
    table.add(
        "behind a load",
        Sequence::new(join(&[&ldr(4, 0, 0), &store])),
    );
    table.add("then nop", Sequence::new(join(&[&store, &[NOP]])));

    table.rule("load after store", "`LOAD_AFTER_STORE`");
    for gap in 0..=3 {
        let code = join(&[&str(4, 0, 8), &fill(gap), &ldr(4, 1, 0)]);
        table.add(format!("{gap} between"), Sequence::new(code));
    }
    table.add(
        "the same word",
        Sequence::new(join(&[&str(4, 0, 8), &ldr(4, 0, 8)])),
    );
    table.add(
        "ldm of 2",
        Sequence::new(join(&[&str(4, 0, 8), &ldm(0, 0x300)])),
    );
    table.add(
        "ldrd",
        Sequence::new(join(&[&str(4, 0, 8), &ldrd(8, 9, 0)])),
    );
}

fn multiple(table: &mut Table) {
    table.rule("multiple", "LDM, STM, PUSH, POP, LDRD, STRD");
    for (count, registers) in [(2, 0x300), (3, 0x700), (4, 0xF00)] {
        table.add(format!("ldm of {count}"), Sequence::new(ldm(0, registers)));
        table.add(format!("stm of {count}"), Sequence::new(stm(0, registers)));
    }
    let stack = join(&[&push(0x1F), &pop(0x1F)]);
    table.add("push and pop of 5", Sequence::new(stack));
    table.add("ldrd", Sequence::new(ldrd(8, 9, 0)));
    table.add("strd", Sequence::new(strd(8, 9, 0)));
    let between = join(&[&ldr(4, 0, 0), &ldrd(8, 9, 0), &ldr(4, 0, 0)]);
    table.add("ldrd between loads", Sequence::new(between));
}

fn memories(table: &mut Table) {
    table.rule("memories", "`LOST_OVERLAP`");
    // The data of flash is in the cache, if it has one.
    for (name, body) in [
        ("RAM, RAM", join(&[&ldr(4, 0, 0), &ldr(4, 1, 0)])),
        ("flash, flash", join(&[&ldr(4, 2, 0), &ldr(4, 2, 4)])),
        ("flash, RAM", join(&[&ldr(4, 2, 0), &ldr(4, 0, 0)])),
        ("RAM, flash", join(&[&ldr(4, 0, 0), &ldr(4, 2, 0)])),
        (
            "RAM, flash, RAM",
            join(&[&ldr(4, 0, 0), &ldr(4, 2, 0), &ldr(4, 0, 0)]),
        ),
        ("flash, store to RAM", join(&[&ldr(4, 2, 0), &str(4, 0, 8)])),
    ] {
        table.add(name, Sequence::new(body));
    }
}

/// One read of flash out of a cache that is full, empty and off.
pub(super) fn flash_reads(table: &mut Table, clock: Clock) {
    let topic = match clock {
        Clock::Full => "flash data",
        Clock::Slow => "flash data, no wait states",
    };
    table.rule(topic, "data read of flash");
    let then = join(&[&ldr(4, 2, 0), &adds(4, 1)]);
    for (name, cache) in [
        ("warm", Cache::Warm),
        ("cold", Cache::Cold),
        ("off", Cache::Off),
    ] {
        table.add(
            format!("ldr, adds; cache {name}"),
            Sequence::new(then.clone()).cached(cache).clocked(clock),
        );
    }
}

/// Bytes between the reads of [`flash_data`]: more than any flash read brings.
const STRIDE: u16 = 64;

fn flash_data(table: &mut Table) {
    flash_reads(table, Clock::Full);
    let one = in_a_row(4, 2);
    table.add(
        "4 words of 16 bytes, cache off",
        Sequence::new(one.clone()).cached(Cache::Off),
    );
    table.add(
        "4 words of 16 bytes, cache cold",
        Sequence::new(one).cached(Cache::Cold),
    );
    // Read once, and again: the second time shows what the cache has kept.
    for lines in [1, 2, 4, 8, 16, 32] {
        let once: Code = (0..lines)
            .flat_map(|i| ldr_wide(4, 2, STRIDE * i))
            .collect();
        let twice = repeat(&once, 2);
        table.difference(
            format!("{lines} lines again"),
            Sequence::new(twice),
            Sequence::new(once),
        );
    }
}
