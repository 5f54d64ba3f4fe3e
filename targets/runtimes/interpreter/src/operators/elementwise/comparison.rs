//! EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, LOGICAL_AND and LOGICAL_OR.

use super::quantised::below_one;
use super::*;
use crate::file::schema::builtin;
use crate::file::schema::tensor_type::{BOOL, FLOAT32, INT8, INT32, INT64};

macro_rules! plain {
    ($($name:ident: $builtin:ident, $type:ty, $tensor_type:ident, $compute:expr;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            registration(
                builtin::$builtin,
                VERSIONS,
                Types::<$tensor_type, BOOL>::BINARY,
                check,
                |run| {
                    let compute: fn($type, $type) -> bool = $compute;
                    zip(run, |a, b| u8::from(compute(a, b)))
                },
            )
        })*
    };
}

macro_rules! comparisons {
    ($($builtin:ident $compare:tt: $float32:ident $int32:ident $int64:ident $int8:ident;)*) => {
        plain! {
            $(
                $float32: $builtin, f32, FLOAT32, |a, b| a $compare b;
                $int32: $builtin, i32, INT32, |a, b| a $compare b;
                $int64: $builtin, [u8; 8], INT64, |a, b| {
                    i64::from_le_bytes(a) $compare i64::from_le_bytes(b)
                };
            )*
        }

        $(pub(crate) const fn $int8() -> Registration {
            Registration {
                needs: words::<4>,
prepare: prepare_quantised,
                ..registration(
                    builtin::$builtin,
                    VERSIONS,
                    Types::<INT8, BOOL>::BINARY,
                    check_quantised,
                    |run| run_quantised(run, |a, b| a $compare b),
                )
            }
        })*
    };
}

comparisons! {
    EQUAL ==: equal_float32 equal_int32 equal_int64 equal_int8;
    NOT_EQUAL !=: not_equal_float32 not_equal_int32 not_equal_int64 not_equal_int8;
    LESS <: less_float32 less_int32 less_int64 less_int8;
    LESS_EQUAL <=: less_equal_float32 less_equal_int32 less_equal_int64 less_equal_int8;
    GREATER >: greater_float32 greater_int32 greater_int64 greater_int8;
    GREATER_EQUAL >=: greater_equal_float32 greater_equal_int32 greater_equal_int64
        greater_equal_int8;
}

plain! {
    equal_bool: EQUAL, u8, BOOL, |a, b| (a != 0) == (b != 0);
    not_equal_bool: NOT_EQUAL, u8, BOOL, |a, b| (a != 0) != (b != 0);
    logical_and_bool: LOGICAL_AND, u8, BOOL, |a, b| a != 0 && b != 0;
    logical_or_bool: LOGICAL_OR, u8, BOOL, |a, b| a != 0 || b != 0;
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_binary(operator)?;
    Ok(())
}

fn check_quantised(operator: &Operator) -> Result<(), Fault> {
    check_binary(operator)?;
    expect_from(operator, 0)?;
    expect_from(operator, 1)?;
    Ok(())
}

/// The scales themselves, so that real values are compared: in units of 2^-8.
fn prepare_quantised(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    let scales = [from(operator, 0).scale, from(operator, 1).scale];
    store(constants, scales.map(|scale| below_one(scale.into())))
}

fn run_quantised(run: &mut Run, compare: impl Fn(i32, i32) -> bool) -> Option<()> {
    let [a, b] = [from(run.operator, 0), from(run.operator, 1)];
    let [for_a, for_b] = load(run.memory.constants)?;
    zip(run, |left: i8, right: i8| {
        let left = for_a.apply((i32::from(left) - a.zero_point) << 8);
        let right = for_b.apply((i32::from(right) - b.zero_point) << 8);
        u8::from(compare(left, right))
    })
}
