//! Loads and stores.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::benchmarks::common::{in_a_row, memory};
use crate::calibrate::sequence::{Sequence, Value};
use crate::calibrate::thumb::{
    Code, adds, join, ldm, ldr, ldr_post, ldr_wide, ldrd, pop, push, repeat, stm, str,
    str_register, strd,
};

/// Each access is issued in a cycle of its own.
const ACCESS: &str = "load";

pub(super) fn add(table: &mut Table) {
    table.rule("access", ACCESS);
    for count in [1, 2, 4, 8] {
        table.add(
            format!("{count} loads in a row"),
            Sequence::new(in_a_row(count, 0)),
        );
        let stores: Code = (0..count).flat_map(|i| str(4, 0, 4 * i)).collect();
        table.add(format!("{count} stores in a row"), Sequence::new(stores));
    }
    let wide: Code = (0..4).flat_map(|i| ldr_wide(4, 0, 4 * i)).collect();
    for (name, body) in [
        ("4 wide loads", wide),
        ("4 post-indexed, one base", repeat(&ldr_post(4, 0, 4), 4)),
        ("adds to a base, ldr", join(&[&adds(0, 4), &ldr(4, 0, 0)])),
        ("str, ldr", join(&[&str(4, 0, 8), &ldr(4, 1, 0)])),
        (
            "str, ldr, the same word",
            join(&[&str(4, 0, 8), &ldr(4, 0, 8)]),
        ),
        (
            "2 stores, register offset",
            repeat(&str_register(4, 0, 3), 2),
        ),
        ("str, ldm of 2", join(&[&str(4, 0, 8), &ldm(0, 0x300)])),
    ] {
        table.add(name, Sequence::new(body));
    }

    table.rule("multiple", "LDRD, STRD; LDM, STM, PUSH, POP of *n*");
    for (count, registers) in [(2, 0x300), (3, 0x700), (4, 0xF00)] {
        table.add(format!("ldm of {count}"), Sequence::new(ldm(0, registers)));
        table.add(format!("stm of {count}"), Sequence::new(stm(0, registers)));
    }
    for (name, body) in [
        ("push and pop of 5", join(&[&push(0x1F), &pop(0x1F)])),
        ("ldrd", ldrd(8, 9, 0)),
        ("strd", strd(8, 9, 0)),
        (
            "ldrd between loads",
            join(&[&ldr(4, 0, 0), &ldrd(8, 9, 0), &ldr(4, 0, 0)]),
        ),
    ] {
        table.add(name, Sequence::new(body));
    }
    memory::exclusive(table);
    memory::unaligned(table);

    table.rule("memories", ACCESS);
    // The data of flash is in the cache, if it has one.
    for (name, first, second) in [
        ("flash, flash", ldr(4, 2, 0), ldr(4, 2, 4)),
        ("flash, RAM", ldr(4, 2, 0), ldr(4, 0, 0)),
        ("RAM, flash", ldr(4, 0, 0), ldr(4, 2, 0)),
        ("flash, store to RAM", ldr(4, 2, 0), str(4, 0, 8)),
    ] {
        table.add(name, Sequence::new(join(&[&first, &second])));
    }
    for (name, first, second) in [
        ("RAM, other RAM", ldr(4, 0, 0), ldr(4, 1, 0)),
        ("other RAM, RAM", ldr(4, 1, 0), ldr(4, 0, 0)),
        (
            "store to RAM, load of other RAM",
            str(4, 0, 8),
            ldr(4, 1, 0),
        ),
        (
            "4 loads of other RAM in a row",
            in_a_row(2, 1),
            in_a_row(2, 1),
        ),
    ] {
        let sequence = Sequence::new(join(&[&first, &second]));
        table.add(name, sequence.with(1, Value::OtherRam(0x40)));
    }
}
