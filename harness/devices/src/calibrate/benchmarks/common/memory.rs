//! Loads and stores.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::sequence::Sequence;
use crate::calibrate::thumb::{join, ldr, ldr_wide, ldrex, ldrh_wide, str_wide, strex};

pub(in super::super) fn exclusive(table: &mut Table) {
    table.rule("exclusive", "LDREX, STREX");
    let exclusive = join(&[&ldrex(4, 0), &strex(8, 4, 0)]);
    table.add("ldrex and strex", Sequence::new(exclusive));
}

pub(in super::super) fn unaligned(table: &mut Table) {
    table.rule("unaligned", "`UNALIGNED`, `UNALIGNED_ODD_WORD`");
    for (name, body) in [
        ("ldrh at 1", ldrh_wide(4, 0, 1)),
        ("ldrh at 2", ldrh_wide(4, 0, 2)),
        ("ldrh at 3", ldrh_wide(4, 0, 3)),
        ("ldr at 1", ldr_wide(4, 0, 1)),
        ("ldr at 2", ldr_wide(4, 0, 2)),
        ("ldr at 3", ldr_wide(4, 0, 3)),
        ("str at 1", str_wide(4, 0, 1)),
        ("str at 2", str_wide(4, 0, 2)),
        (
            "str at 2, then ldr",
            join(&[&str_wide(4, 0, 2), &ldr(4, 1, 0)]),
        ),
    ] {
        table.add(name, Sequence::new(body));
    }
}
