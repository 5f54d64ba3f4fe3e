//! Data processing, multiplies, divides and conditional execution.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::benchmarks::common::divides;
use crate::calibrate::sequence::Sequence;
use crate::calibrate::thumb::{
    Condition, NOP, add_wide, adds, cmp, cmp_wide, it, join, ldm, ldr, mla, movs, muls, repeat,
    smlad, smlal, udiv,
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

    divides::add(table);

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
