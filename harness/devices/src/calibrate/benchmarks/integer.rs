//! Data processing, multiplies, divides and conditional execution.

use super::Table;
use crate::calibrate::sequence::{Sequence, Value};
use crate::calibrate::thumb::{
    Condition, NOP, add_wide, adds, cmp, cmp_wide, it, join, ldm, ldr, mla, movs, muls, repeat,
    sdiv, smlad, smlal, udiv,
};

pub(super) fn add(table: &mut Table) {
    table.rule("single", "data processing, multiply, DSP");
    for (name, code) in [
        ("adds", adds(4, 1)),
        ("add.w", add_wide(4, 4, 1)),
        ("muls", muls(4, 3)),
        ("mla", mla(4, 3, 3, 4)),
        ("smlad", smlad(4, 3, 3, 4)),
        ("smlal", smlal(4, 8, 3, 3)),
        ("nop", vec![NOP]),
    ] {
        table.add(format!("{name} x4"), Sequence::new(repeat(&code, 4)));
    }

    table.rule(
        "divide",
        "`DIVIDE`, `DIVIDE_SHORT`, `DIVIDE_LONG`, `DIVIDE_BITS`",
    );
    let operands: [(u32, u32); 12] = [
        (3, 5),
        (0, 7),
        (1, 0),
        (5, 5),
        (0x10, 1),
        (0xFF, 1),
        (0xFFFF, 1),
        (0xFF_FFFF, 1),
        (u32::MAX, 1),
        (u32::MAX, 0xFFFF),
        (0x8000_0000, 3),
        (1000, 10),
    ];
    for (dividend, divisor) in operands {
        table.add(
            format!("udiv {dividend:#x} by {divisor:#x}"),
            Sequence::new(udiv(4, 8, 9))
                .with(8, Value::Word(dividend))
                .with(9, Value::Word(divisor)),
        );
    }
    for (dividend, divisor) in [(-16, 1), (i32::MIN, -1), (-1000, 10), (7, -9)] {
        table.add(
            format!("sdiv {dividend} by {divisor}"),
            Sequence::new(sdiv(4, 8, 9))
                .with(8, Value::Word(dividend as u32))
                .with(9, Value::Word(divisor as u32)),
        );
    }

    table.rule("it", "IT");
    for (name, compare) in [("narrow", cmp(3, 4)), ("wide", cmp_wide(3, 4))] {
        for count in 1..=4 {
            let body = join(&[
                &compare,
                &it(Condition::Equal, count),
                &repeat(&movs(4, 1), count.into()),
            ]);
            table.add(
                format!("behind {name}, {count} executed"),
                Sequence::new(body),
            );
        }
    }

    table.rule("skipped", "skipped in an IT block");
    for (name, skipped, count) in [
        ("movs", movs(4, 1), 1),
        ("movs x4", repeat(&movs(4, 1), 4), 4),
        ("ldr", ldr(4, 0, 0), 1),
        ("ldm of 4", ldm(0, 0xF00), 1),
        ("udiv", udiv(4, 8, 9), 1),
    ] {
        let body = join(&[&cmp(3, 4), &it(Condition::NotEqual, count), &skipped]);
        table.add(name, Sequence::new(body));
    }
}
