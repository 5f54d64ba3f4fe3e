//! When the results of instructions can be used: by any other, as an accumulator, or to be stored.

use super::between;
use crate::calibrate::benchmarks::Table;
use crate::calibrate::thumb::{
    Code, Condition, REPEATED, SHIFTED, add_shifted, add_wide, adds, adds_shifted, asr_wide,
    b_if_wide, bfi, eor_constant, ldr, ldr_register, lsls, mla, movs, qadd, repeat, str, sxtah,
};

/// Instructions with a result in r4, by their rule.
fn results() -> Vec<(&'static str, &'static str, &'static str, Code)> {
    let loads = "load";
    let multiplies = "multiply, multiply-accumulate, extend and add";
    let shifts = "shifts by a constant or a register";
    let shifted = "shifted operand, shifted constant";
    vec![
        ("load use", loads, "ldr", ldr(4, 0, 0)),
        (
            "load use",
            loads,
            "ldr, register offset",
            ldr_register(4, 0, 3),
        ),
        ("multiply use", multiplies, "mla", mla(4, 3, 3, 4)),
        ("multiply use", multiplies, "sxtah", sxtah(4, 4, 3)),
        (
            "DSP use",
            "DSP and SIMD instructions",
            "qadd",
            qadd(4, 4, 3),
        ),
        ("shift use", shifts, "lsls", lsls(4, 3, 2)),
        ("shift use", shifts, "asr.w", asr_wide(4, 3, 3)),
        (
            "operand use",
            shifted,
            "add.w, shifted register",
            add_shifted(4, 3, 3, 2),
        ),
        (
            "operand use",
            shifted,
            "eor.w, shifted constant",
            eor_constant(4, 3, SHIFTED),
        ),
        (
            "operand use",
            shifted,
            "eor.w, repeated constant",
            eor_constant(4, 3, REPEATED),
        ),
        ("operand use", shifted, "bfi", bfi(4, 3, 3, 4)),
    ]
}

pub(super) fn add(table: &mut Table) {
    for (topic, rule, name, code) in results() {
        table.rule(topic, rule);
        // One that has nothing to do with it.
        let other = add_wide(10, 10, 1);
        for (use_of, then) in [
            ("used at once", &[&adds(4, 1)[..]][..]),
            ("used one later", &[&other, &adds(4, 1)]),
            ("used as an accumulator", &[&mla(4, 3, 3, 4)]),
            ("used as a factor", &[&mla(8, 4, 3, 8)]),
            ("stored", &[&str(4, 1, 0)]),
        ] {
            let body = [&[&code[..]], then].concat();
            between(table, &format!("{name}, {use_of}"), &body);
        }
    }

    table.rule("load use", "load");
    // r0 points to a word that holds the same address.
    between(
        table,
        "ldr, used as an address",
        &[&str(0, 0, 0), &ldr(0, 0, 0), &ldr(4, 0, 0)],
    );
    between(
        table,
        "movs, used as an address",
        &[&movs(3, 4), &ldr_register(4, 0, 3)],
    );
    table.rule(
        "multiply use",
        "multiply, multiply-accumulate, extend and add",
    );
    for count in [2, 3, 6] {
        let chain = repeat(&mla(4, 3, 3, 4), count);
        between(table, &format!("chain of {count} mla"), &[&chain]);
    }

    table.rule("flags", "shifted operand, shifted constant");
    let over_nothing = b_if_wide(Condition::Equal, 0);
    between(table, "adds, beq.w", &[&adds(4, 1), &over_nothing]);
    between(
        table,
        "adds.w, shifted register, beq.w",
        &[&adds_shifted(4, 3, 3, 2), &over_nothing],
    );
}
