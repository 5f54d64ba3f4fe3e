//! Rows of weights times a line of values, four products of each of two rows at a time.

#![cfg_attr(armv6m, allow(unsafe_code))]

#[cfg(armv6m)]
use core::arch::asm;

/// The sums of the products of two rows of weights and values, to which `offset` is added, all in words of four, the
/// first one lowest; `weights` has one row after the other, and no less of both than there are values.
#[inline(never)]
pub fn two_rows(values: &[u32], offset: i32, weights: &[u32]) -> [i32; 2] {
    let count = values.len();
    if count == 0 || weights.len() < 2 * count {
        return [0; 2];
    }
    #[cfg(armv6m)]
    {
        let (first, second);
        // SAFETY: reads all words of the values and as many of each row, which are inside the weights, as was checked.
        // r6 and r7, which can't be named as operands, are saved and restored.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                "mov r10, r3",
                "adds r4, r0, r2",
                "mov r11, r4",
                "movs r4, #0",
                "mov r8, r4",
                "mov r9, r4",
                "2:",
                "ldr r5, [r1, r2]",
                "ldm r1!, {{r4}}",
                "ldm r0!, {{r3}}",
                "sxtb r6, r3",
                "add r6, r10",
                "sxtb r7, r4",
                "muls r7, r6, r7",
                "add r8, r7",
                "sxtb r7, r5",
                "muls r7, r6, r7",
                "add r9, r7",
                "lsls r6, r3, #16",
                "asrs r6, r6, #24",
                "add r6, r10",
                "lsls r7, r4, #16",
                "asrs r7, r7, #24",
                "muls r7, r6, r7",
                "add r8, r7",
                "lsls r7, r5, #16",
                "asrs r7, r7, #24",
                "muls r7, r6, r7",
                "add r9, r7",
                "lsls r6, r3, #8",
                "asrs r6, r6, #24",
                "add r6, r10",
                "lsls r7, r4, #8",
                "asrs r7, r7, #24",
                "muls r7, r6, r7",
                "add r8, r7",
                "lsls r7, r5, #8",
                "asrs r7, r7, #24",
                "muls r7, r6, r7",
                "add r9, r7",
                "asrs r6, r3, #24",
                "add r6, r10",
                "asrs r7, r4, #24",
                "muls r7, r6, r7",
                "add r8, r7",
                "asrs r7, r5, #24",
                "muls r7, r6, r7",
                "add r9, r7",
                "cmp r0, r11",
                "bne 2b",
                "mov r0, r8",
                "mov r1, r9",
                "pop {{r6, r7}}",
                inout("r0") values.as_ptr() => first,
                inout("r1") weights.as_ptr() => second,
                inout("r2") 4 * count => _,
                inout("r3") offset => _,
                out("r4") _,
                out("r5") _,
                out("r8") _,
                out("r9") _,
                out("r10") _,
                out("r11") _,
            );
        }
        [first, second]
    }
    #[cfg(not(armv6m))]
    {
        let (first, second) = weights.split_at(count);
        [first, second].map(|row| {
            let bytes = |words| bytemuck::cast_slice::<u32, i8>(words).iter();
            let products = bytes(row).zip(bytes(values));
            let products =
                products.map(|(&weight, &value)| i32::from(weight) * (i32::from(value) + offset));
            products.fold(0, i32::wrapping_add)
        })
    }
}
