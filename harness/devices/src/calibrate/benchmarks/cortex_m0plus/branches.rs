//! Branches. The flash has their targets at once: those that go there lie in one word with what stands behind
//! the branch, or are in its cache.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::benchmarks::common::fetch;
use crate::calibrate::sequence::{Sequence, Value};
use crate::calibrate::thumb::{
    Code, Condition, FILL, adds, b, b_if, bl, blx, bne_back_narrow, bx, cmp, dmb, fill, join,
    mov_pc, pop_pc, push, subs,
};

const TAKEN: &str = "taken branch, BX, BLX, MOV or ADD to the PC";

pub(super) fn add(table: &mut Table) {
    let over = [FILL, FILL];
    table.rule("branch", "conditional branch that isn't taken");
    let not_taken = join(&[&cmp(3, 4), &b_if(Condition::NotEqual, 1), &over]);
    table.add("not taken", Sequence::new(not_taken));

    table.rule("branch", TAKEN);
    table.add("taken", Sequence::new(join(&[&b(1), &over])));
    table.add(
        "two in a row",
        Sequence::new(join(&[&b(1), &[FILL], &b(1), &over])),
    );
    // Taken right behind the comparison, and later.
    for between in 0..=3 {
        let body = join(&[
            &cmp(3, 4),
            &fill(between),
            &b_if(Condition::Equal, 1),
            &over,
        ]);
        // The target lies at a word, however far the comparison is.
        table.add(
            format!("taken, {between} behind cmp"),
            Sequence::new(body).shifted(1 - between % 2),
        );
    }

    table.rule("target", "`FETCH_AHEAD`, `FETCH_LATENCY`");
    for (name, target) in [("narrow", adds(4, 1)), ("wide", dmb())] {
        for (place, shift) in [("a word", 0), ("a half-word", 1)] {
            let body = join(&[&b(1), &[FILL], &target]);
            table.add(
                format!("{name} at {place}"),
                Sequence::new(body).shifted(shift),
            );
        }
    }
    for count in 1..=4 {
        for (place, shift) in [("aligned", 0), ("misaligned", 1)] {
            table.add(
                format!("{count} {place} dmb"),
                Sequence::new(dmb().repeat(count)).shifted(shift),
            );
        }
    }

    table.rule("register target", TAKEN);
    let over_one = |branch: Code| join(&[&branch, &over]);
    for (name, branch) in [("bx", bx(8)), ("blx", blx(8)), ("mov pc", mov_pc(8))] {
        table.add(
            name,
            Sequence::new(over_one(branch)).with(8, Value::Code(2)),
        );
    }
    table.rule("call", "BL");
    let call = join(&[&bl(2), &[FILL], &b(2), &[FILL], &bx(14), &[FILL]]);
    table.add("bl and bx lr", Sequence::new(call));
    table.add("bl", Sequence::new(join(&[&bl(1), &over])));
    table.rule("loaded target", "POP of n registers with the PC");
    let pop = join(&[&push(1 << 4), &pop_pc(), &over]);
    table.add("push, pop {pc}", Sequence::new(pop).with(4, Value::Code(2)));

    table.rule("short loop", TAKEN);
    for (name, count) in [
        ("subs, bne", 0),
        ("subs, mov, bne", 1),
        ("subs, 2 mov, bne", 2),
    ] {
        let code = join(&[&subs(4, 1), &fill(count), &bne_back_narrow(count + 1)]);
        fetch::pass(table, name, &code);
    }
}
