//! Products of values and weights that lie apart, one by one, for what is rare: short rather than fast.

#[cfg(armv7e_m)]
use core::arch::asm;

/// Adds to `sum` the products of `count` values, with `offset` added, and weights, each so many `steps`
/// after the last; none if they don't all lie inside the slices.
#[inline(never)]
pub fn dot(
    sum: i32,
    values: &[i8],
    offset: i32,
    weights: &[i8],
    steps: [usize; 2],
    count: usize,
) -> i32 {
    let Some(before) = count.checked_sub(1) else {
        return sum;
    };
    if values.len() <= before * steps[0] || weights.len() <= before * steps[1] {
        return sum;
    }
    #[cfg(armv7e_m)]
    {
        let mut sum = sum;
        // SAFETY: reads `count` elements of both slices, so many steps apart, as was checked.
        unsafe {
            asm!(
                "2:",
                "ldrsb {a}, [{value}]",
                "ldrsb {b}, [{weight}]",
                "add {value}, {value}, {step}",
                "add {weight}, {weight}, {weight_step}",
                "add {a}, {a}, {offset}",
                "mla {sum}, {a}, {b}, {sum}",
                "subs {count}, {count}, #1",
                "bne 2b",
                value = inout(reg) values.as_ptr() => _,
                weight = inout(reg) weights.as_ptr() => _,
                step = in(reg) steps[0],
                weight_step = in(reg) steps[1],
                offset = in(reg) offset,
                count = inout(reg) count => _,
                sum = inout(reg) sum,
                a = out(reg) _,
                b = out(reg) _,
                options(readonly, nostack),
            );
        }
        sum
    }
    #[cfg(not(armv7e_m))]
    (0..count).fold(sum, |sum, at| {
        let value = i32::from(values[at * steps[0]]) + offset;
        sum.wrapping_add(value * i32::from(weights[at * steps[1]]))
    })
}
