//! Reductions along axes: sums, means, extremes.

use crate::Multiplier;

/// Most dimensions of a tensor that is reduced.
pub const MAX_RANK: usize = 8;

/// Groups of neighbouring axes of which all are reduced or none is; they alternate.
const GROUPS: usize = MAX_RANK / 2;

/// A group of axes that are walked as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    length: usize,
    /// Elements from one position to the next.
    stride: usize,
}

/// Which elements of a tensor are reduced to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduction {
    /// Outermost first; those that aren't needed have the length 1.
    kept: [Line; GROUPS],
    reduced: [Line; GROUPS],
}

impl Reduction {
    /// For a tensor with `dimensions`, outermost first, and a mask of the axes that are reduced,
    /// that of the outermost in bit 0.
    pub fn new(dimensions: &[usize; MAX_RANK], mask: u32) -> Self {
        const ONE: Line = Line {
            length: 1,
            stride: 0,
        };
        let mut groups = [[ONE; GROUPS]; 2];
        let mut used = [0_usize; 2];
        let (mut stride, mut last) = (1_usize, usize::MAX);
        for (axis, &length) in dimensions.iter().enumerate().rev() {
            // An axis of 1 belongs to any group.
            if length == 1 {
                continue;
            }
            let kind = (mask >> axis & 1) as usize;
            let (Some(lines), Some(used)) = (groups.get_mut(kind), used.get_mut(kind)) else {
                continue;
            };
            if kind != last {
                *used += 1;
            }
            if let Some(line) = lines.get_mut(GROUPS.wrapping_sub(*used)) {
                if kind == last {
                    line.length = line.length.wrapping_mul(length);
                } else {
                    *line = Line { length, stride };
                }
            }
            last = kind;
            stride = stride.wrapping_mul(length);
        }
        let [kept, reduced] = groups;
        Self { kept, reduced }
    }

    /// How many elements there are in the result.
    pub fn elements(&self) -> usize {
        product(&self.kept)
    }

    /// How many elements are reduced to one.
    pub fn count(&self) -> usize {
        product(&self.reduced)
    }

    /// Reduces in the order of the elements: `step` takes what the elements before have given,
    /// `start` at first, and `finish` makes an element of the result of the last.
    pub fn run<T: Copy, A: Copy, U>(
        &self,
        input: &[T],
        output: &mut [U],
        start: A,
        step: impl Fn(A, T) -> A,
        finish: impl Fn(A) -> U,
    ) {
        let mut output = output.iter_mut();
        each(&self.kept, 0, &mut |first| {
            let Some(output) = output.next() else {
                return;
            };
            let [outer @ .., inner] = self.reduced;
            let mut value = start;
            each(&outer, first, &mut |mut at| {
                for _ in 0..inner.length {
                    if let Some(&element) = input.get(at) {
                        value = step(value, element);
                    }
                    at = at.wrapping_add(inner.stride);
                }
            });
            *output = finish(value);
        });
    }
}

/// Integers that are summed.
pub trait Summand: Copy + Into<i32> + Sized {
    /// Makes each element of the `output` of a sum that `reduction` tells the elements of.
    fn sums(
        reduction: &Reduction,
        input: &[Self],
        output: &mut [Self],
        finish: &dyn Fn(i32) -> Self,
    );
}

macro_rules! summand {
    ($type:ident) => {
        impl Summand for $type {
            fn sums(
                reduction: &Reduction,
                input: &[Self],
                output: &mut [Self],
                finish: &dyn Fn(i32) -> Self,
            ) {
                let add = |sum: i32, it: Self| sum.wrapping_add(it.into());
                reduction.run(input, output, 0, add, finish);
            }
        }
    };
}

summand!(i8);
summand!(i16);

fn product(lines: &[Line]) -> usize {
    lines
        .iter()
        .fold(1, |product, line| product.wrapping_mul(line.length))
}

/// Calls `visit` with the index of each element, in order.
fn each<const N: usize>(lines: &[Line; N], first: usize, visit: &mut impl FnMut(usize)) {
    let mut index = [0_usize; N];
    let mut at = first;
    if product(lines) == 0 {
        return;
    }
    loop {
        visit(at);
        let mut done = true;
        for (index, line) in index.iter_mut().zip(lines).rev() {
            *index += 1;
            at = at.wrapping_add(line.stride);
            if *index < line.length {
                done = false;
                break;
            }
            at = at.wrapping_sub(line.stride.wrapping_mul(line.length));
            *index = 0;
        }
        if done {
            return;
        }
    }
}

/// What a sum of quantised elements is scaled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// From the step of the input to that of the output, for a mean divided by the count.
    pub multiplier: Multiplier,
    /// Zero point of the input times the count.
    pub offset: i64,
    /// Zero point of the output.
    pub zero_point: i32,
}

impl Scale {
    /// The multiplier of a mean of `count` elements, from that of a sum.
    ///
    /// TensorFlow Lite divides the multiplier, after a shift as far to the left as `count` is long,
    /// and truncates (`QuantizedMeanOrSum` of its reference kernels).
    pub fn of_mean(sum: Multiplier, count: usize) -> Multiplier {
        let Some(length) = count.checked_ilog2() else {
            return sum;
        };
        let shift = (length as i32).min(32).min(31 + i32::from(sum.shift));
        let shifted = i64::from(sum.multiplier) << (shift & 63);
        let quotient = shifted.checked_div(count as i64).unwrap_or(0);
        Multiplier {
            multiplier: quotient as i32,
            shift: (i32::from(sum.shift) - shift) as i8,
        }
    }

    /// The output for the sum of elements as they are.
    pub fn apply(&self, sum: i32) -> i32 {
        let sum = i64::from(sum).wrapping_sub(self.offset) as i32;
        self.multiplier.apply(sum).wrapping_add(self.zero_point)
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn sums(dimensions: [usize; MAX_RANK], mask: u32) -> Vec<i32> {
        let reduction = Reduction::new(&dimensions, mask);
        let input: Vec<i32> = (0..dimensions.iter().product::<usize>() as i32).collect();
        let mut output = std::vec![-1; reduction.elements()];
        reduction.run(&input, &mut output, 0, |sum, value| sum + value, |sum| sum);
        output
    }

    #[test]
    fn neighbours_are_walked_as_one() {
        let reduction = Reduction::new(&[1, 1, 1, 1, 2, 7, 5, 3], 0b0110_0000);
        assert_eq!((reduction.elements(), reduction.count()), (6, 35));
        assert_eq!(
            reduction.reduced[GROUPS - 1],
            Line {
                length: 35,
                stride: 3
            }
        );
    }

    #[test]
    fn any_axes_are_reduced() {
        assert_eq!(sums([1, 1, 1, 1, 1, 1, 2, 3], 0b1000_0000), [3, 12]);
        assert_eq!(sums([1, 1, 1, 1, 1, 1, 2, 3], 0b0100_0000), [3, 5, 7]);
        assert_eq!(sums([1, 1, 1, 1, 1, 1, 2, 3], 0b1100_0000), [15]);
        assert_eq!(sums([1, 1, 1, 1, 1, 2, 2, 2], 0b1010_0000), [10, 18]);
        assert_eq!(sums([2, 2, 2, 2, 2, 2, 2, 2], 0b0101_0101).len(), 16);
        assert_eq!(sums([1, 1, 1, 1, 1, 1, 2, 0], 0b1000_0000), [0, 0]);
        assert_eq!(sums([1, 1, 1, 1, 1, 1, 0, 2], 0b1000_0000), []);
    }

    #[test]
    fn multipliers_of_means_are_truncated() {
        let one = Multiplier::from_real(1.0).unwrap();
        let third = Scale::of_mean(one, 3);
        assert_eq!((third.multiplier, third.shift), (715_827_882, 0));
        assert_eq!(Scale::of_mean(one, 0), one);
    }
}
