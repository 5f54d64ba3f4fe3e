//! CAST between types of numbers, as C converts them.

use super::*;
use crate::file::schema::builtin::CAST;
use crate::file::schema::tensor_type::{BOOL, FLOAT32, INT8, INT16, INT32, UINT32};

macro_rules! cast {
    ($($name:ident: $type:ty, $tensor_type:ident, $widen:expr;)*) => {
        $(pub(crate) const fn $name() -> Registration {
            const TYPES: &[Typed] = &[Typed::Input(0, $tensor_type)];
            registration(CAST, VERSIONS, TYPES, check, |run| {
                let widen: fn($type) -> Number = $widen;
                cast(run, widen)
            })
        })*
    };
}

cast! {
    bool: u8, BOOL, |value| Number::Integer(i32::from(value != 0));
    int8: i8, INT8, |value| Number::Integer(value.into());
    int16: i16, INT16, |value| Number::Integer(value.into());
    int32: i32, INT32, Number::Integer;
    uint32: u32, UINT32, Number::Unsigned;
    float32: f32, FLOAT32, Number::Real;
}

/// A number of any type.
enum Number {
    Integer(i32),
    Unsigned(u32),
    Real(f32),
}

impl Number {
    /// The integer part, the nearest there is. Narrower types take its low bits.
    fn integer(self) -> i32 {
        match self {
            Self::Integer(integer) => integer,
            Self::Unsigned(integer) => integer as i32,
            Self::Real(real) => real as i32,
        }
    }

    /// The integer part as one without a sign, the nearest there is.
    fn unsigned(self) -> u32 {
        match self {
            Self::Real(real) => real as u32,
            other => other.integer() as u32,
        }
    }

    fn real(self) -> f32 {
        match self {
            Self::Integer(integer) => integer as f32,
            Self::Unsigned(integer) => integer as f32,
            Self::Real(real) => real,
        }
    }
}

fn check(operator: &Operator) -> Result<(), Fault> {
    check_unary(operator)?;
    let output = operator.output(0);
    match output.type_number() {
        INT8 | INT16 | INT32 | UINT32 | FLOAT32 => Ok(()),
        _ => output.expect_type(FLOAT32),
    }
}

fn cast<T: Pod>(run: &mut Run, widen: impl Fn(T) -> Number) -> Option<()> {
    match run.operator.output(0).type_number() {
        INT8 => map(run, |value| widen(value).integer() as i8),
        INT16 => map(run, |value| widen(value).integer() as i16),
        INT32 => map(run, |value| widen(value).integer()),
        UINT32 => map(run, |value| widen(value).unsigned()),
        FLOAT32 => map(run, |value| widen(value).real()),
        _ => None,
    }
}
