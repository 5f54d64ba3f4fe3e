//! The floating-point unit.

use super::between;
use crate::calibrate::benchmarks::Table;
use crate::calibrate::thumb::{
    add_wide, repeat, vadd, vdiv, vfma, vldm, vldr, vldr_double, vmla, vmov_from, vmov_from_pair,
    vmov_to, vmov_to_pair, vmul, vsqrt, vstr,
};

pub(super) fn add(table: &mut Table) {
    let other = add_wide(10, 10, 1);
    let (sum, use_of_sum) = (vadd(0, 1, 2), vmul(3, 0, 5));
    let product = vfma(0, 1, 2);

    table.rule("float result", "VADD, VMUL and others that compute");
    for (name, body) in [
        ("vadd", &[&sum[..]][..]),
        ("two, independent", &[&sum, &vmul(3, 4, 5)]),
        ("used at once", &[&sum, &use_of_sum]),
        ("used one later", &[&sum, &other, &use_of_sum]),
        ("chain of 4", &[&repeat(&vadd(0, 0, 2), 4)]),
        ("moved to r4 at once", &[&sum, &vmov_from(4, 0)]),
        ("stored at once", &[&sum, &vstr(0, 0, 0)]),
    ] {
        between(table, name, body);
    }

    table.rule("multiply-accumulate", "VMLA, VFMA");
    for (name, body) in [
        ("vmla", &[&vmla(0, 1, 2)[..]][..]),
        ("vfma", &[&product]),
        ("chain of 2 by the addend", &[&repeat(&product, 2)]),
        ("chain of 3 by the addend", &[&repeat(&product, 3)]),
        ("others between", &[&product, &other, &other, &product]),
        ("result as a factor", &[&product, &vfma(3, 0, 2)]),
        ("result added", &[&product, &vadd(3, 0, 5)]),
        ("independent vadd", &[&product, &vadd(3, 4, 5)]),
        ("integer behind it", &[&product, &other]),
    ] {
        between(table, name, body);
    }

    table.rule("float divide", "`FLOAT_DIVIDE`");
    for integers in [0, 4, 8, 12, 16] {
        let between_them = repeat(&other, integers);
        let name = format!("vdiv, {integers} integer instructions, vadd");
        between(
            table,
            &name,
            &[&vdiv(0, 1, 2), &between_them, &vadd(3, 4, 5)],
        );
    }
    for (name, body) in [
        ("vdiv alone", &[&vdiv(0, 1, 2)[..]][..]),
        ("result used at once", &[&vdiv(0, 1, 2), &use_of_sum]),
        ("vsqrt, vadd", &[&vsqrt(0, 1), &vadd(3, 4, 5)]),
        ("vdiv, vstr", &[&vdiv(0, 1, 2), &vstr(4, 0, 0)]),
    ] {
        between(table, name, body);
    }

    table.rule("float load", "VLDR");
    for (name, body) in [
        ("vldr", &[&vldr(0, 0, 0)[..]][..]),
        ("used at once", &[&vldr(0, 0, 0), &use_of_sum]),
        ("vstr", &[&vstr(0, 0, 0)]),
        ("vldr of a double", &[&vldr_double(0, 0)]),
        ("vldm of 4", &[&vldm(0, 4)]),
    ] {
        between(table, name, body);
    }

    table.rule("float transfer", "VMOV of one register to the core");
    for (name, body) in [
        (
            "to the core, used",
            &[&vmov_from(4, 0)[..], &add_wide(4, 4, 1)][..],
        ),
        ("from the core, used", &[&vmov_to(0, 4), &use_of_sum]),
        ("there and back", &[&vmov_from(4, 0), &vmov_to(2, 4)]),
        ("two to the core", &[&vmov_from_pair(4, 8, 0)]),
        ("two from the core", &[&vmov_to_pair(0, 4, 8)]),
        (
            "two from the core, used",
            &[&vmov_to_pair(0, 4, 8), &use_of_sum],
        ),
    ] {
        between(table, name, body);
    }
}
