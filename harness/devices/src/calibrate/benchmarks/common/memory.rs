//! Loads and stores.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::sequence::Sequence;
use crate::calibrate::thumb::{
    FILL, adds, join, ldr, ldr_register, ldr_wide, ldrex, ldrh_wide, movs, str, str_wide, strex,
};

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

/// Addresses that the instruction before has written, and the one before that.
pub(in super::super) fn late_addresses(table: &mut Table) {
    table.rule("late address", "`LATE_ADDRESS`");
    for (name, body) in [
        ("base from adds", join(&[&adds(0, 4), &ldr(4, 0, 0)])),
        (
            "base from adds, one between",
            join(&[&adds(0, 4), &[FILL], &ldr(4, 0, 0)]),
        ),
        (
            "other register from adds",
            join(&[&adds(1, 4), &ldr(4, 0, 0)]),
        ),
        (
            "offset from movs",
            join(&[&movs(3, 4), &ldr_register(4, 0, 3)]),
        ),
        // r0 points to a word that holds the same address.
        (
            "base from ldr",
            join(&[&str(0, 0, 0), &[FILL], &ldr(0, 0, 0), &ldr(4, 0, 0)]),
        ),
        (
            "base from ldr, one between",
            join(&[
                &str(0, 0, 0),
                &[FILL],
                &ldr(0, 0, 0),
                &[FILL],
                &ldr(4, 0, 0),
            ]),
        ),
        (
            "base of a store from adds",
            join(&[&adds(0, 4), &str(4, 0, 8)]),
        ),
        (
            "data of a store from adds",
            join(&[&adds(4, 4), &str(4, 0, 8)]),
        ),
    ] {
        table.add(name, Sequence::new(body));
    }
}
