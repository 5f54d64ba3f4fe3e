//! Divides.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::sequence::{Sequence, Value};
use crate::calibrate::thumb::{sdiv, udiv};

pub(in super::super) fn add(table: &mut Table) {
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
}
