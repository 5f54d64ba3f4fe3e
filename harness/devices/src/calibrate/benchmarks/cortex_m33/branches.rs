//! Branches.

use super::between;
use crate::calibrate::benchmarks::Table;
use crate::calibrate::benchmarks::common::fetch;
use crate::calibrate::sequence::{Sequence, Value};
use crate::calibrate::thumb::{
    Code, Condition, FILL, add_wide, adds, b, b_if, b_if_wide, b_wide, bl, blx, bne_back_narrow,
    bx, cbnz, cbz, cmp, fill, join, ldm, ldr_pc, mov_pc, pop_pc, push, str, subs, tbb, tbh,
};

/// A branch, whatever comes behind it.
const BRANCH: &str = "branch";

pub(super) fn add(table: &mut Table) {
    let over = [FILL, FILL];
    let (equal, different) = (b_if(Condition::Equal, 1), b_if(Condition::NotEqual, 1));
    let (narrow, wide) = (adds(4, 1), add_wide(4, 4, 1));

    table.rule("branch", BRANCH);
    for (name, body) in [
        ("cmp, bne, not taken", &[&cmp(3, 4)[..], &different][..]),
        (
            "cmp, bne.w, not taken",
            &[&cmp(3, 4), &b_if_wide(Condition::NotEqual, 1)],
        ),
        ("mov, cbz, not taken", &[&[FILL], &cbz(3, 1)]),
        ("mov, cbnz, taken", &[&[FILL], &cbnz(3, 1)]),
        ("cmp, beq, taken", &[&cmp(3, 4), &equal]),
        ("cmp, mov, beq, taken", &[&cmp(3, 4), &[FILL], &equal]),
        ("cmp, add.w, beq, taken", &[&cmp(3, 4), &wide, &equal]),
        ("mov, b", &[&[FILL], &b(1)]),
        ("adds, b", &[&narrow, &b(1)]),
        ("add.w, b", &[&wide, &b(1)]),
        ("adds, b.w", &[&narrow, &b_wide(1)]),
        ("ldm of 4, b", &[&ldm(0, 0xF00), &b(1)]),
        ("b, mov, b", &[&b(1), &[FILL], &b(1)]),
    ] {
        between(table, name, &[body, &[&over]].concat());
    }

    table.rule("target", BRANCH);
    for (name, target) in [("narrow", &narrow), ("wide", &wide)] {
        for (place, shift) in [("a word", 0), ("a half-word", 1)] {
            let body = join(&[&b(1), &[FILL], target]);
            table.add(
                format!("{name} at {place}"),
                Sequence::new(body).shifted(shift),
            );
        }
    }

    let over_one = |branch: Code| join(&[&branch, &over]);
    table.rule("register target", BRANCH);
    for (name, branch) in [("bx", bx(8)), ("blx", blx(8)), ("mov pc", mov_pc(8))] {
        table.add(
            name,
            Sequence::new(over_one(branch)).with(8, Value::Code(2)),
        );
    }
    let call = join(&[&bl(2), &[FILL], &b(2), &[FILL], &bx(14), &[FILL]]);
    table.add("bl and bx lr", Sequence::new(call));

    table.rule("loaded target", "loads to the PC");
    let pop = join(&[&push(1 << 4), &pop_pc(), &over]);
    table.add("push, pop {pc}", Sequence::new(pop).with(4, Value::Code(2)));
    // The address is stored first, long before it is read.
    let load = join(&[&str(4, 0, 0), &fill(3), &ldr_pc(0), &over]);
    table.add("ldr pc", Sequence::new(load).with(4, Value::Code(6)));
    // The table in flash holds zeros: the instruction behind the branch.
    table.add("tbb", Sequence::new(over_one(tbb(2, 3))));
    table.add("tbh", Sequence::new(over_one(tbh(2, 3))));

    table.rule("short loop", BRANCH);
    for (name, body) in [
        ("subs, bne", Code::new()),
        ("subs, mov, bne", vec![FILL]),
        ("subs, add.w, bne", add_wide(9, 9, 1)),
    ] {
        let back = body.len() + 1;
        let code = join(&[&subs(4, 1), &body, &bne_back_narrow(back)]);
        fetch::pass(table, name, &code);
    }
}
