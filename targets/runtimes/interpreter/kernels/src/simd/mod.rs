//! The Armv7E-M instructions that [`super::Dsp`] is made of, and the inner loops built from them.
//!
//! On Armv7E-M each function is inline assembly; elsewhere it is plain Rust with the same result,
//! so that the kernels are tested on any host. A packed word holds two 16-bit numbers, the lower
//! one in the lower half. Sources: Armv7-M Architecture Reference Manual (DDI 0403E), A7.7.

#![cfg_attr(armv7e_m, allow(unsafe_code))]

/// A sum times a multiplier as [`tile::Scale`] keeps it, ties away from zero; what is added before the
/// shift. All instructions are wide: a run of wide ones waits unless it begins at a word.
#[cfg(armv7e_m)]
macro_rules! rounded {
    ($sum:literal, $multiplier:literal, $add:literal) => {
        concat!(
            "smmlar ",
            $sum,
            ", ",
            $sum,
            ", ",
            $multiplier,
            ", ",
            $sum,
            "\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", ",
            $sum,
            ", asr #31\n",
            "add.w ",
            $sum,
            ", ",
            $sum,
            ", ",
            $add,
            "\n",
        )
    };
}

/// [`rounded`], shifted and limited to 8 bits: [`tile::Scale::apply`].
#[cfg(armv7e_m)]
macro_rules! scale {
    ($sum:literal, $multiplier:literal, $add:literal, $right:literal) => {
        concat!(
            rounded!($sum, $multiplier, $add),
            "asr ",
            $sum,
            ", ",
            $sum,
            ", ",
            $right,
            "\n",
            "ssat ",
            $sum,
            ", #8, ",
            $sum,
            "\n",
        )
    };
}

/// Stores r0 to r3 as four bytes.
#[cfg(armv7e_m)]
macro_rules! store_four {
    ($to:literal) => {
        concat!(
            "strb r0, [",
            $to,
            "]\n",
            "strb r1, [",
            $to,
            ", #1]\n",
            "strb r2, [",
            $to,
            ", #2]\n",
            "strb r3, [",
            $to,
            ", #3]\n",
        )
    };
}

pub mod blocks;
pub mod depthwise;
pub mod plane;
pub mod pool;
pub mod row;
pub mod rows;
pub mod steps;
pub mod sum;
pub mod tile;

#[cfg(armv7e_m)]
use core::arch::asm;

/// One block of two unfolded windows: elements 0 and 2, then 1 and 3, of the first window, and
/// the same of the second.
pub type Block = [u32; 4];

/// Defines a function of one instruction.
macro_rules! instruction {
    (
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $type:ty),*) -> $result:ty,
        $assembly:literal,
        $portable:expr
    ) => {
        $(#[$doc])*
        #[inline(always)]
        pub fn $name($($argument: $type),*) -> $result {
            #[cfg(armv7e_m)]
            {
                let result: $result;
                // SAFETY: computes a register from registers, touches no memory and no stack;
                // the build script sets `armv7e_m` only for cores that have the instruction.
                unsafe {
                    asm!(
                        $assembly,
                        result = lateout(reg) result,
                        $($argument = in(reg) $argument,)*
                        options(pure, nomem, nostack),
                    );
                }
                result
            }
            #[cfg(not(armv7e_m))]
            $portable
        }
    };
}

#[cfg(not(armv7e_m))]
fn halves(word: u32) -> (i32, i32) {
    (i32::from(word as i16), i32::from((word >> 16) as i16))
}

#[cfg(not(armv7e_m))]
fn packed(low: i32, high: i32) -> u32 {
    low as u32 & 0xffff | (high as u32) << 16
}

instruction!(
    /// Bytes 0 and 2, sign-extended, each added to a half of `add`.
    sxtab16(add: u32, word: u32) -> u32,
    "sxtab16 {result}, {add}, {word}",
    {
        let (low, high) = halves(add);
        packed(low + i32::from(word as i8), high + i32::from((word >> 16) as i8))
    }
);

instruction!(
    /// Bytes 1 and 3, sign-extended, each added to a half of `add`.
    sxtab16_odd(add: u32, word: u32) -> u32,
    "sxtab16 {result}, {add}, {word}, ror #8",
    sxtab16(add, word.rotate_right(8))
);

instruction!(
    /// Bytes 0 and 2, sign-extended.
    sxtb16(word: u32) -> u32,
    "sxtb16 {result}, {word}",
    sxtab16(0, word)
);

instruction!(
    /// Bytes 1 and 3, sign-extended.
    sxtb16_odd(word: u32) -> u32,
    "sxtb16 {result}, {word}, ror #8",
    sxtab16(0, word.rotate_right(8))
);

instruction!(
    /// The lower halves: of `low` in the lower one, of `high` in the upper one.
    pack_low(low: u32, high: u32) -> u32,
    "pkhbt {result}, {low}, {high}, lsl #16",
    low & 0xffff | high << 16
);

instruction!(
    /// The upper halves: of `high` in the upper one, of `low` in the lower one.
    pack_high(high: u32, low: u32) -> u32,
    "pkhtb {result}, {high}, {low}, asr #16",
    high & 0xffff_0000 | low >> 16
);

instruction!(
    /// `sum` plus the products of the lower and of the upper halves.
    smlad(a: u32, b: u32, sum: i32) -> i32,
    "smlad {result}, {a}, {b}, {sum}",
    {
        let ((a, c), (b, d)) = (halves(a), halves(b));
        sum.wrapping_add(a * b).wrapping_add(c * d)
    }
);

instruction!(
    /// `sum` plus the product of the lower halves.
    smlabb(a: u32, b: u32, sum: i32) -> i32,
    "smlabb {result}, {a}, {b}, {sum}",
    sum.wrapping_add(halves(a).0 * halves(b).0)
);

instruction!(
    /// `sum` plus the product of the lower half of `a` and the upper half of `b`.
    smlabt(a: u32, b: u32, sum: i32) -> i32,
    "smlabt {result}, {a}, {b}, {sum}",
    sum.wrapping_add(halves(a).0 * halves(b).1)
);

instruction!(
    /// `sum` plus the product of the upper halves.
    smlatt(a: u32, b: u32, sum: i32) -> i32,
    "smlatt {result}, {a}, {b}, {sum}",
    sum.wrapping_add(halves(a).1 * halves(b).1)
);

instruction!(
    /// The upper half of a · b, rounded to nearest, ties upwards.
    smmulr(a: i32, b: i32) -> i32,
    "smmulr {result}, {a}, {b}",
    ((i64::from(a) * i64::from(b) + (1 << 31)) >> 32) as i32
);

instruction!(
    /// `add` plus the upper half of a · b, rounded to nearest, ties upwards.
    smmlar(a: i32, b: i32, add: i32) -> i32,
    "smmlar {result}, {a}, {b}, {add}",
    smmulr(a, b).wrapping_add(add)
);

instruction!(
    /// `value` limited to -128..=127.
    ssat8(value: i32) -> i32,
    "ssat {result}, #8, {value}",
    value.clamp(-128, 127)
);

instruction!(
    /// `value` / 2^`shift`, rounded down; `shift` in 0..=31.
    asr(value: i32, shift: i32) -> i32,
    "asr {result}, {value}, {shift}",
    value >> (shift & 31)
);

instruction!(
    /// `value` · 2^`shift`; `shift` in 0..=31.
    lsl(value: i32, shift: i32) -> i32,
    "lsl {result}, {value}, {shift}",
    value << (shift & 31)
);

/// The larger of each two signed bytes.
#[cfg(not(armv7e_m))]
pub fn max8(a: u32, b: u32) -> u32 {
    let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
    let larger = |at: usize| (a[at] as i8).max(b[at] as i8) as u8;
    u32::from_le_bytes(core::array::from_fn(larger))
}

/// Adds to `sums` the products of two rows of weights and two unfolded windows, over all
/// `blocks` or as many as both rows have words for. Order of the sums: row 0 with window 0, row 0
/// with window 1, row 1 with window 0, row 1 with window 1.
#[inline(always)]
pub fn dot_2x2(rows: [&[i8]; 2], blocks: &[Block], sums: [i32; 4]) -> [i32; 4] {
    let count = blocks.len().min(rows[0].len() / 4).min(rows[1].len() / 4);
    #[cfg(armv7e_m)]
    {
        let [mut s0, mut s1, mut s2, mut s3] = sums;
        // SAFETY: reads `count` words of each row and `count` blocks, all inside the slices.
        // r6 and r7, which can't be named as operands, are saved and restored.
        unsafe {
            asm!(
                "push {{r6, r7}}",
                "lsrs r12, r9, #1",
                "bcc 2f",
                // One block on its own if their number is odd.
                "ldr r12, [r4], #4",
                "ldm r8!, {{r6, r7, r10, r11}}",
                "sxtb16 lr, r12",
                "sxtb16 r12, r12, ror #8",
                "smlad r0, lr, r6, r0",
                "smlad r0, r12, r7, r0",
                "smlad r1, lr, r10, r1",
                "smlad r1, r12, r11, r1",
                "ldr r12, [r5], #4",
                "sxtb16 lr, r12",
                "sxtb16 r12, r12, ror #8",
                "smlad r2, lr, r6, r2",
                "smlad r2, r12, r7, r2",
                "smlad r3, lr, r10, r3",
                "smlad r3, r12, r11, r3",
                "2:",
                "lsrs r9, r9, #1",
                "beq 4f",
                ".p2align 2",
                "3:",
                "ldr r12, [r4], #4",
                "ldm r8!, {{r6, r7, r10, r11}}",
                "sxtb16 lr, r12",
                "sxtb16 r12, r12, ror #8",
                "smlad r0, lr, r6, r0",
                "smlad r0, r12, r7, r0",
                "smlad r1, lr, r10, r1",
                "smlad r1, r12, r11, r1",
                "ldr r12, [r5], #4",
                "sxtb16 lr, r12",
                "sxtb16 r12, r12, ror #8",
                "smlad r2, lr, r6, r2",
                "smlad r2, r12, r7, r2",
                "smlad r3, lr, r10, r3",
                "smlad r3, r12, r11, r3",
                "ldr r12, [r4], #4",
                "ldm r8!, {{r6, r7, r10, r11}}",
                "sxtb16 lr, r12",
                "sxtb16 r12, r12, ror #8",
                "smlad r0, lr, r6, r0",
                "smlad r0, r12, r7, r0",
                "smlad r1, lr, r10, r1",
                "smlad r1, r12, r11, r1",
                "ldr r12, [r5], #4",
                "sxtb16 lr, r12",
                "sxtb16 r12, r12, ror #8",
                "smlad r2, lr, r6, r2",
                "smlad r2, r12, r7, r2",
                "smlad r3, lr, r10, r3",
                "smlad r3, r12, r11, r3",
                "subs r9, r9, #1",
                "bne 3b",
                "4:",
                "pop {{r6, r7}}",
                inout("r0") s0,
                inout("r1") s1,
                inout("r2") s2,
                inout("r3") s3,
                inout("r4") rows[0].as_ptr() => _,
                inout("r5") rows[1].as_ptr() => _,
                inout("r8") blocks.as_ptr() => _,
                inout("r9") count => _,
                out("r10") _,
                out("r11") _,
                out("r12") _,
                out("lr") _,
                options(readonly),
            );
        }
        [s0, s1, s2, s3]
    }
    #[cfg(not(armv7e_m))]
    {
        let mut sums = sums;
        for (index, &block) in blocks.iter().take(count).enumerate() {
            let words = rows.map(|row| load(row, 4 * index));
            sums = dot_2x2_block(words, block, sums);
        }
        sums
    }
}

/// [`dot_2x2`] for one block, with the weights in words.
#[inline(always)]
pub fn dot_2x2_block(words: [u32; 2], block: Block, sums: [i32; 4]) -> [i32; 4] {
    let [even_0, odd_0, even_1, odd_1] = block;
    let [s0, s1, s2, s3] = sums;
    let ([e0, e1], [o0, o1]) = (words.map(sxtb16), words.map(sxtb16_odd));
    [
        smlad(o0, odd_0, smlad(e0, even_0, s0)),
        smlad(o0, odd_1, smlad(e0, even_1, s1)),
        smlad(o1, odd_0, smlad(e1, even_0, s2)),
        smlad(o1, odd_1, smlad(e1, even_1, s3)),
    ]
}

/// Adds to `sums` the products of four channels' inputs, with the halves of `offset` added, and
/// weights.
#[inline(always)]
pub fn depthwise_tap(input: u32, weights: u32, offset: u32, sums: [i32; 4]) -> [i32; 4] {
    let (even, odd) = (sxtab16(offset, input), sxtab16_odd(offset, input));
    let (even_weights, odd_weights) = (sxtb16(weights), sxtb16_odd(weights));
    [
        smlabb(even, even_weights, sums[0]),
        smlabb(odd, odd_weights, sums[1]),
        smlatt(even, even_weights, sums[2]),
        smlatt(odd, odd_weights, sums[3]),
    ]
}

/// The word of four elements at `at`, which must exist; 0 otherwise.
#[inline(always)]
pub fn load(elements: &[i8], at: usize) -> u32 {
    elements
        .get(at..)
        .and_then(|rest| rest.first_chunk::<4>())
        .map_or(0, |bytes| u32::from_le_bytes(bytes.map(|byte| byte as u8)))
}
