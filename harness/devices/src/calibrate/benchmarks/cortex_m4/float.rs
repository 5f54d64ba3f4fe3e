//! The floating-point unit.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::sequence::Sequence;
use crate::calibrate::thumb::{
    FILL, fill, join, ldr, repeat, vadd, vdiv, vfma, vldm, vldr, vldr_double, vmla, vmov_from,
    vmov_to, vmul, vsqrt, vstr,
};

pub(super) fn add(table: &mut Table) {
    table.rule("float result", "`FLOAT_RESULT_LATENCY`");
    for (name, body) in [
        ("vadd", vadd(0, 1, 2)),
        ("two, independent", join(&[&vadd(0, 1, 2), &vmul(3, 4, 5)])),
        ("used at once", join(&[&vadd(0, 1, 2), &vmul(3, 0, 5)])),
        (
            "used one later",
            join(&[&vadd(0, 1, 2), &[FILL], &vmul(3, 0, 5)]),
        ),
        ("chain of 4", repeat(&vadd(0, 0, 2), 4)),
        (
            "moved to r4 at once",
            join(&[&vadd(0, 1, 2), &vmov_from(4, 0)]),
        ),
    ] {
        table.add(name, Sequence::new(body));
    }

    table.rule("multiply-accumulate", "multiply-accumulate");
    for (name, body) in [
        ("vmla", vmla(0, 1, 2)),
        ("vfma", vfma(0, 1, 2)),
        ("chain of 3 by the addend", repeat(&vfma(0, 1, 2), 3)),
        (
            "result as a factor",
            join(&[&vfma(0, 1, 2), &vfma(3, 0, 2)]),
        ),
    ] {
        table.add(name, Sequence::new(body));
    }

    table.rule("float divide", "`FLOAT_DIVIDE`");
    for integers in [0, 4, 8, 12, 16] {
        let body = join(&[&vdiv(0, 1, 2), &fill(integers), &vadd(3, 4, 5)]);
        table.add(
            format!("vdiv, {integers} integer instructions, vadd"),
            Sequence::new(body),
        );
    }
    for (name, body) in [
        ("vdiv alone", vdiv(0, 1, 2)),
        (
            "result used at once",
            join(&[&vdiv(0, 1, 2), &vadd(3, 0, 5)]),
        ),
        ("vsqrt, vadd", join(&[&vsqrt(0, 1), &vadd(3, 4, 5)])),
        ("vdiv, vstr", join(&[&vdiv(0, 1, 2), &vstr(4, 0, 0)])),
    ] {
        table.add(name, Sequence::new(body));
    }

    table.rule("float transfer", "VLDR, VSTR, VLDM, VSTM, VMOV");
    for (name, body) in [
        ("vldr", vldr(0, 0, 0)),
        (
            "2 vldr and ldr",
            join(&[&vldr(0, 0, 0), &vldr(2, 0, 4), &ldr(4, 0, 0)]),
        ),
        (
            "vldr, used at once",
            join(&[&vldr(0, 0, 0), &vadd(3, 0, 5)]),
        ),
        ("vstr", vstr(0, 0, 0)),
        ("vldr of a double", vldr_double(0, 0)),
        ("vldm of 4", vldm(0, 4)),
        (
            "vmov there and back",
            join(&[&vmov_from(4, 0), &vmov_to(2, 4)]),
        ),
    ] {
        table.add(name, Sequence::new(body));
    }
}
