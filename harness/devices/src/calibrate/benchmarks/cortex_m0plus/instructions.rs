//! What each instruction takes, and that nothing overlaps and no result is late.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::benchmarks::common::{in_a_row, memory};
use crate::calibrate::sequence::Sequence;
use crate::calibrate::thumb::{
    Code, FILL, NOP, adds, dmb, dsb, isb, join, ldm_narrow, ldr, ldr_register, ldrb, ldrh, lsls,
    mrs, msr, muls, pop, push, repeat, rev, sev, stm_narrow, str, str_register, strb, uxtb, wfe,
};

pub(super) fn add(table: &mut Table) {
    table.rule("single", "data processing, MULS with the fast multiplier");
    for (name, code) in [
        ("adds", adds(4, 1)),
        ("lsls", lsls(4, 4, 2)),
        ("uxtb", uxtb(4, 4)),
        ("rev", rev(4, 4)),
        ("mov", vec![FILL]),
        ("muls", muls(4, 3)),
        ("nop", vec![NOP]),
    ] {
        table.add(format!("{name} x4"), Sequence::new(repeat(&code, 4)));
    }

    table.rule("special", "MRS, MSR, barriers");
    for (name, code) in [
        ("mrs", mrs(4)),
        ("msr", msr(4)),
        ("dsb", dsb()),
        ("dmb", dmb()),
        ("isb", isb()),
    ] {
        table.add(name, Sequence::new(code));
    }
    table.rule("special", "WFE with an event waiting");
    table.add("sev, wfe", Sequence::new(join(&[&sev(), &wfe()])));

    accesses(table);
    memory::late_addresses(table);
    multiple(table);
}

fn accesses(table: &mut Table) {
    table.rule("access", "load or store");
    for count in [1, 2, 4, 8] {
        let stores: Code = (0..count).flat_map(|i| str(4, 0, 4 * i)).collect();
        table.add(
            format!("{count} loads in a row"),
            Sequence::new(in_a_row(count, 0)),
        );
        table.add(format!("{count} stores in a row"), Sequence::new(stores));
    }
    for (name, code) in [
        ("ldrh", ldrh(4, 0, 2)),
        ("ldrb", ldrb(4, 0, 3)),
        ("strb", strb(4, 0, 3)),
        ("ldr, register offset", ldr_register(4, 0, 3)),
        ("str, register offset", str_register(4, 0, 3)),
        ("ldr, then nop", join(&[&ldr(4, 0, 0), &[NOP]])),
        ("ldr, str", join(&[&ldr(4, 0, 0), &str(4, 0, 8)])),
        ("str, ldr", join(&[&str(4, 0, 8), &ldr(4, 1, 0)])),
        (
            "str, ldr, the same word",
            join(&[&str(4, 0, 8), &ldr(4, 0, 8)]),
        ),
        ("ldr, used at once", join(&[&ldr(4, 0, 0), &adds(4, 1)])),
    ] {
        table.add(name, Sequence::new(code));
    }
}

fn multiple(table: &mut Table) {
    table.rule("multiple", "LDM, STM, PUSH, POP of n registers");
    for (count, registers) in [(1, 0x10), (2, 0x18), (3, 0x1C), (4, 0x1E)] {
        for (name, code) in [
            ("ldm", ldm_narrow(0, registers)),
            ("stm", stm_narrow(0, registers)),
            ("push and pop", join(&[&push(registers), &pop(registers)])),
        ] {
            table.add(format!("{name} of {count}"), Sequence::new(code));
        }
    }
}
