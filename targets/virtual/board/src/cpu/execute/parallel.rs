//! Parallel addition and subtraction (A7.7, SADD16 and its relatives).

/// Result of `prefix << 3 | operation` (as in [`crate::cpu::op::Kind::Parallel`]), and the new GE
/// flags for the plain signed and unsigned forms.
pub(super) fn parallel(code: u32, n: u32, m: u32) -> (u32, Option<u32>) {
    let (prefix, operation) = (code >> 3, code & 7);
    let unsigned = prefix & 4 != 0;
    if matches!(operation, 0 | 4) {
        let subtract = operation == 4;
        let mut result = 0;
        let mut ge = 0;
        for i in 0..4 {
            let pick = |value: u32| {
                let byte = (value >> (8 * i)) as u8;
                if unsigned {
                    i32::from(byte)
                } else {
                    i32::from(byte as i8)
                }
            };
            let value = if subtract {
                pick(n) - pick(m)
            } else {
                pick(n) + pick(m)
            };
            let (part, flag) = finish(prefix, value, 8, subtract);
            result |= (part & 0xFF) << (8 * i);
            ge |= u32::from(flag) << i;
        }
        return (result, plain(prefix).then_some(ge));
    }
    // Half-words: ADD16, ASX, SUB16, SAX.
    let pick = |value: u32, top: bool| {
        let half = if top {
            (value >> 16) as u16
        } else {
            value as u16
        };
        if unsigned {
            i32::from(half)
        } else {
            i32::from(half as i16)
        }
    };
    let exchange = matches!(operation, 2 | 6);
    // ASX adds the top and subtracts the bottom, SAX the other way round.
    let (subtract_low, subtract_high) = match operation {
        1 => (false, false),
        2 => (true, false),
        5 => (true, true),
        _ => (false, true),
    };
    let mut result = 0;
    let mut ge = 0;
    for (top, subtract) in [(false, subtract_low), (true, subtract_high)] {
        let (a, b) = (pick(n, top), pick(m, top != exchange));
        let value = if subtract { a - b } else { a + b };
        let (part, flag) = finish(prefix, value, 16, subtract);
        let shift = if top { 16 } else { 0 };
        result |= (part & 0xFFFF) << shift;
        if flag {
            ge |= 3 << (shift >> 3);
        }
    }
    (result, plain(prefix).then_some(ge))
}

/// Whether the form sets the GE flags: neither saturating nor halving.
const fn plain(prefix: u32) -> bool {
    prefix & 3 == 0
}

/// The part of the result and its GE flag.
fn finish(prefix: u32, value: i32, bits: u32, subtract: bool) -> (u32, bool) {
    let unsigned = prefix & 4 != 0;
    match prefix & 3 {
        0 => {
            let flag = if unsigned && !subtract {
                value >= 1 << bits
            } else {
                value >= 0
            };
            (value as u32, flag)
        }
        1 => {
            let (low, high) = if unsigned {
                (0, (1 << bits) - 1)
            } else {
                (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
            };
            (value.clamp(low, high) as u32, false)
        }
        _ => ((value >> 1) as u32, false),
    }
}
