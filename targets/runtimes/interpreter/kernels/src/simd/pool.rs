//! The inner loops of pools: a word is four channels of an element of a window.

#[cfg(armv7e_m)]
use core::arch::asm;

#[cfg(not(armv7e_m))]
use super::{load, max8, sxtab16, sxtab16_odd};

/// Most elements whose sums surely fit 16 bits.
pub const MOST: usize = 255;

/// Elements of a window, four channels of each.
#[derive(Clone, Copy, Debug)]
pub struct Elements<'e> {
    /// The image, from the first channel of the first element on.
    image: &'e [i8],
    /// Rows and columns.
    count: [usize; 2],
    /// From one row to the next, and from one column to the next.
    steps: [usize; 2],
}

/// One loop over all elements, two at a time: what is done with one word, and with two.
#[cfg(armv7e_m)]
macro_rules! each {
    ($one:literal, $two:literal) => {
        concat!(
            ".p2align 2\n",
            "2:\n",
            "lsrs.w {left}, {columns}, #1\n",
            "bcc.w 3f\n",
            "ldr.w {first}, [{at}]\n",
            "add.w {at}, {at}, {step}\n",
            $one,
            "3:\n",
            "cmp.w {left}, #0\n",
            "beq.w 5f\n",
            "4:\n",
            "ldr.w {first}, [{at}]\n",
            "ldr.w {second}, [{at}, {step}]\n",
            "add.w {at}, {at}, {step}, lsl #1\n",
            $one,
            $two,
            "subs.w {left}, {left}, #1\n",
            "bne.w 4b\n",
            "5:\n",
            "add.w {at}, {at}, {skip}\n",
            "subs.w {rows}, {rows}, #1\n",
            "bne.w 2b\n",
        )
    };
}

impl<'e> Elements<'e> {
    /// Rows and columns of elements, so many `steps` apart; [`None`] if there are none, or they don't lie
    /// inside the image.
    pub fn new(image: &'e [i8], count: [usize; 2], steps: [usize; 2]) -> Option<Self> {
        let [rows, columns] = [count[0].checked_sub(1)?, count[1].checked_sub(1)?];
        let last = rows * steps[0] + columns * steps[1];
        (image.len() >= last + 4).then_some(Self {
            image,
            count,
            steps,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count[0] * self.count[1]
    }

    /// Sums of channels 0 and 2, then 1 and 3, in halves of 16 bits.
    #[inline(never)]
    pub fn sums(&self) -> [u32; 2] {
        let [mut even, mut odd] = [0; 2];
        #[cfg(armv7e_m)]
        {
            let ([rows, columns], [below, next]) = (self.count, self.steps);
            // SAFETY: reads a word of each element, all inside the slice, as `new` checked.
            unsafe {
                asm!(
                    each!(
                        "sxtab16 {even}, {even}, {first}\nsxtab16 {odd}, {odd}, {first}, ror #8\n",
                        "sxtab16 {even}, {even}, {second}\nsxtab16 {odd}, {odd}, {second}, ror #8\n"
                    ),
                    even = inout(reg) even,
                    odd = inout(reg) odd,
                    at = inout(reg) self.image.as_ptr() => _,
                    step = in(reg) next,
                    skip = in(reg) below.wrapping_sub(columns * next),
                    columns = in(reg) columns,
                    rows = inout(reg) rows => _,
                    left = out(reg) _,
                    first = out(reg) _,
                    second = out(reg) _,
                    options(readonly, nostack),
                );
            }
        }
        #[cfg(not(armv7e_m))]
        self.each(|word| {
            (even, odd) = (sxtab16(even, word), sxtab16_odd(odd, word));
        });
        [even, odd]
    }

    /// The largest element of each channel.
    #[inline(never)]
    pub fn largest(&self) -> u32 {
        let mut largest = 0x8080_8080_u32;
        #[cfg(armv7e_m)]
        {
            let ([rows, columns], [below, next]) = (self.count, self.steps);
            // SAFETY: reads a word of each element, all inside the slice, as `new` checked.
            unsafe {
                asm!(
                    each!(
                        "ssub8 {less}, {largest}, {first}\nsel {largest}, {largest}, {first}\n",
                        "ssub8 {less}, {largest}, {second}\nsel {largest}, {largest}, {second}\n"
                    ),
                    largest = inout(reg) largest,
                    less = out(reg) _,
                    at = inout(reg) self.image.as_ptr() => _,
                    step = in(reg) next,
                    skip = in(reg) below.wrapping_sub(columns * next),
                    columns = in(reg) columns,
                    rows = inout(reg) rows => _,
                    left = out(reg) _,
                    first = out(reg) _,
                    second = out(reg) _,
                    options(readonly, nostack),
                );
            }
        }
        #[cfg(not(armv7e_m))]
        self.each(|word| largest = max8(largest, word));
        largest
    }

    #[cfg(not(armv7e_m))]
    fn each(&self, mut visit: impl FnMut(u32)) {
        for row in 0..self.count[0] {
            for column in 0..self.count[1] {
                visit(load(
                    self.image,
                    row * self.steps[0] + column * self.steps[1],
                ));
            }
        }
    }
}
