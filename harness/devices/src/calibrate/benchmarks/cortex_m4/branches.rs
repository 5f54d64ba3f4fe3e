//! Branches.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::sequence::{Sequence, Value};
use crate::calibrate::thumb::{
    Code, Condition, FILL, add_wide, adds, b, b_if, b_wide, bl, blx, bx, cbnz, cbz, cmp, fill,
    join, ldr_pc, mov_pc, pop_pc, push, str, tbb, tbh,
};

/// What a branch leads to.
fn targets() -> [(&'static str, Code); 2] {
    [("narrow", adds(4, 1)), ("wide", add_wide(4, 4, 1))]
}

pub(super) fn add(table: &mut Table) {
    table.rule("branch", "`REFILL`");
    for (name, body) in [
        ("taken", join(&[&b(1), &[FILL, FILL]])),
        ("taken, wide", join(&[&b_wide(1), &[FILL, FILL]])),
        ("cbz not taken", join(&[&cbz(3, 1), &[FILL, FILL]])),
        ("cbnz taken", join(&[&cbnz(3, 1), &[FILL, FILL]])),
        (
            "not taken",
            join(&[&cmp(3, 4), &b_if(Condition::NotEqual, 1), &[FILL, FILL]]),
        ),
        (
            "two in a row",
            join(&[&b(1), &[FILL], &b(1), &[FILL, FILL]]),
        ),
    ] {
        table.add(name, Sequence::new(body));
    }
    // Taken right behind the comparison, and later.
    for between in 0..=3 {
        let body = join(&[
            &cmp(3, 4),
            &fill(between),
            &b_if(Condition::Equal, 1),
            &[FILL, FILL],
        ]);
        // The target lies at a word, however far the comparison is.
        table.add(
            format!("taken, {between} behind cmp"),
            Sequence::new(body).shifted(1 - between % 2),
        );
    }

    table.rule("target", "misaligned target");
    for (name, target) in targets() {
        for (place, shift) in [("a word", 0), ("a half-word", 1)] {
            let body = join(&[&b(1), &[FILL], &target]);
            table.add(
                format!("{name} at {place}"),
                Sequence::new(body).shifted(shift),
            );
            let body = join(&[&cmp(3, 4), &b_if(Condition::Equal, 1), &[FILL], &target]);
            table.add(
                format!("{name} at {place}, behind cmp"),
                Sequence::new(body).shifted(1 - shift),
            );
        }
    }

    table.rule("late target", "`LATE_REFILL`");
    let over_one = |branch: Code| join(&[&branch, &[FILL, FILL]]);
    table.add("bx", Sequence::new(over_one(bx(8))).with(8, Value::Code(2)));
    table.add(
        "blx",
        Sequence::new(over_one(blx(8))).with(8, Value::Code(2)),
    );
    table.add(
        "mov pc",
        Sequence::new(over_one(mov_pc(8))).with(8, Value::Code(2)),
    );
    let call = join(&[&bl(2), &[FILL], &b(2), &[FILL], &bx(14), &[FILL]]);
    table.add("bl and bx lr", Sequence::new(call));

    table.rule("loaded target", "loads to the PC and table branches");
    let pop = join(&[&push(1 << 4), &pop_pc(), &[FILL, FILL]]);
    table.add("push, pop {pc}", Sequence::new(pop).with(4, Value::Code(2)));
    // The address is stored first, long before it is read.
    let load = join(&[&str(4, 0, 0), &fill(3), &ldr_pc(0), &[FILL, FILL]]);
    table.add("ldr pc", Sequence::new(load).with(4, Value::Code(6)));
    // The table in flash holds zeros: the instruction behind the branch.
    table.add("tbb", Sequence::new(join(&[&tbb(2, 3), &[FILL, FILL]])));
    table.add("tbh", Sequence::new(join(&[&tbh(2, 3), &[FILL, FILL]])));
}
