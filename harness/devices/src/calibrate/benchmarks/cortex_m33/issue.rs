//! Which instructions are issued together, and which take two cycles.

use super::between;
use crate::calibrate::benchmarks::Table;
use crate::calibrate::thumb::{
    Condition, NOP, SHIFTED, add_wide, adds, adds_constant, adds_shifted, cmp, it, ldm, ldr, mla,
    mul_wide, muls, nop_wide, str,
};

pub(super) fn add(table: &mut Table) {
    // The loaded and stored register isn't the one that is added to.
    let (ldr, str) = (ldr(4, 0, 0), str(4, 0, 0));
    let (adds, other, wide) = (adds(4, 1), adds(3, 1), add_wide(4, 4, 1));
    let nop = [NOP];

    table.rule("pair", "two 16-bit instructions together");
    for (name, body) in [
        ("adds", &[&adds[..]][..]),
        ("nop", &[&nop]),
        ("adds, nop", &[&adds, &nop]),
        ("nop, adds", &[&nop, &adds]),
        ("nop, nop", &[&nop, &nop]),
        ("adds, nop, nop", &[&adds, &nop, &nop]),
        ("ldr, nop", &[&ldr, &nop]),
        ("str, nop", &[&str, &nop]),
        ("muls, nop", &[&muls(4, 3), &nop]),
        ("adds, adds", &[&adds, &other]),
        ("ldr, adds", &[&ldr, &other]),
        ("adds, ldr", &[&other, &ldr]),
        ("str, adds", &[&str, &other]),
        ("adds, str", &[&other, &str]),
        ("ldr, str", &[&ldr, &str]),
        ("add.w, nop", &[&wide, &nop]),
        ("adds, nop.w", &[&adds, &nop_wide()]),
    ] {
        between(table, name, body);
    }

    table.rule("two cycles", "MULS; a shifted constant that sets flags");
    for (name, body) in [
        ("muls", muls(4, 3)),
        ("mul.w", mul_wide(4, 4, 3)),
        ("mla", mla(4, 3, 3, 4)),
        ("adds.w, shifted constant", adds_constant(4, 3, SHIFTED)),
        ("adds.w, shifted register", adds_shifted(4, 3, 3, 2)),
    ] {
        between(table, name, &[&body]);
    }

    let (equal, different) = (it(Condition::Equal, 1), it(Condition::NotEqual, 1));
    table.rule("it", "two 16-bit instructions together");
    between(table, "behind cmp, executed", &[&cmp(3, 4), &equal, &adds]);
    between(
        table,
        "behind add.w, executed",
        &[&cmp(3, 4), &wide, &equal, &adds],
    );
    table.rule("skipped", "skipped in an IT block");
    for (name, skipped) in [
        ("adds", &adds),
        ("ldr", &ldr),
        ("muls", &muls(4, 3)),
        ("ldm of 4", &ldm(0, 0xF00)),
    ] {
        between(table, name, &[&cmp(3, 4), &different, skipped]);
    }
}
