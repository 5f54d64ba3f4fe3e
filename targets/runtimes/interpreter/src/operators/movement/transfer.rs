//! Copies between two tensors that are walked with strides of their own: the one loop behind all
//! operators that move elements and don't compute.

/// Most axes of a copy, the bytes of an element among them, once neighbours are merged.
const MAX_AXES: usize = 13;

/// A copy of bytes, described axis by axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    axes: [Axis; MAX_AXES],
    count: usize,
    /// First byte of the source and of the target.
    first: [usize; 2],
}

/// How many steps there are along an axis, and how many bytes each is in source and target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Axis {
    length: usize,
    strides: [isize; 2],
}

impl Transfer {
    /// A copy of one byte, from and to these positions, until axes are added.
    pub fn new(first: [usize; 2]) -> Self {
        Self {
            axes: [Axis::default(); MAX_AXES],
            count: 0,
            first,
        }
    }

    /// Fills a dense tensor in order, with elements of `size` bytes from the element `first` on
    /// and with these strides, in elements.
    pub fn gather(first: usize, lengths: &[usize], strides: &[isize], size: usize) -> Self {
        let mut transfer = Self::new([first.wrapping_mul(size), 0]);
        transfer.walk(lengths, strides, size, |from, dense| [from, dense]);
        transfer
    }

    /// Reads a dense tensor in order and writes its elements of `size` bytes from the element
    /// `first` on with these strides, in elements.
    pub fn scatter(first: usize, lengths: &[usize], strides: &[isize], size: usize) -> Self {
        let mut transfer = Self::new([0, first.wrapping_mul(size)]);
        transfer.walk(lengths, strides, size, |to, dense| [dense, to]);
        transfer
    }

    #[inline(never)]
    fn walk(
        &mut self,
        lengths: &[usize],
        strides: &[isize],
        size: usize,
        order: fn(isize, isize) -> [isize; 2],
    ) {
        let bytes = lengths
            .iter()
            .fold(size, |product, length| product.wrapping_mul(*length));
        let mut dense = bytes;
        for (&length, &stride) in lengths.iter().zip(strides) {
            dense = dense.checked_div(length).unwrap_or(0);
            let stride = stride.wrapping_mul(size as isize);
            self.axis(length, order(stride, dense as isize));
        }
        self.axis(size, [1, 1]);
    }

    /// Adds an axis within those before: its length, and the bytes of a step in source and target.
    #[inline(never)]
    pub fn axis(&mut self, length: usize, strides: [isize; 2]) {
        if length == 1 {
            return;
        }
        let spans = strides.map(|stride| stride.wrapping_mul(length as isize));
        let outer = self.count.checked_sub(1);
        if let Some(outer) = outer.and_then(|outer| self.axes.get_mut(outer))
            && outer.strides == spans
        {
            outer.length = outer.length.wrapping_mul(length);
            outer.strides = strides;
            return;
        }
        if let Some(axis) = self.axes.get_mut(self.count) {
            *axis = Axis { length, strides };
        }
        self.count += 1;
    }

    /// Copies; [`None`] if anything lies outside, or there are too many axes.
    #[inline(never)]
    pub fn run(&self, input: &[u8], output: &mut [u8]) -> Option<()> {
        let axes = self.axes.get(..self.count)?;
        if axes.iter().any(|axis| axis.length == 0) {
            return Some(());
        }
        let (bytes, axes) = match axes.split_last() {
            Some((last, outer)) if last.strides == [1, 1] => (last.length, outer),
            _ => (1, axes),
        };
        let (row, outer) = match axes.split_last() {
            Some((row, outer)) => (*row, outer),
            None => (
                Axis {
                    length: 1,
                    strides: [0, 0],
                },
                axes,
            ),
        };
        let copy = match bytes {
            1 => copy_row::<1>,
            2 => copy_row::<2>,
            4 => copy_row::<4>,
            8 => copy_row::<8>,
            _ => copy_row::<0>,
        };
        let mut index = [0; MAX_AXES];
        let mut at = self.first;
        loop {
            copy(&row, at, bytes, input, output)?;
            let mut axes = outer.iter().zip(&mut index).rev();
            loop {
                let Some((axis, index)) = axes.next() else {
                    return Some(());
                };
                *index += 1;
                let goes_on = *index < axis.length;
                for (at, stride) in at.iter_mut().zip(axis.strides) {
                    let steps = if goes_on {
                        1
                    } else {
                        1_isize.wrapping_sub(axis.length as isize)
                    };
                    *at = at.wrapping_add_signed(stride.wrapping_mul(steps));
                }
                if goes_on {
                    break;
                }
                *index = 0;
            }
        }
    }
}

/// Copies pieces of `N` bytes along an axis; of `bytes` bytes for `N` = 0.
fn copy_row<const N: usize>(
    row: &Axis,
    [mut from, mut to]: [usize; 2],
    bytes: usize,
    input: &[u8],
    output: &mut [u8],
) -> Option<()> {
    for _ in 0..row.length {
        let (source, target) = (input.get(from..)?, output.get_mut(to..)?);
        if N == 0 {
            target
                .get_mut(..bytes)?
                .copy_from_slice(source.get(..bytes)?);
        } else {
            *target.first_chunk_mut::<N>()? = *source.first_chunk::<N>()?;
        }
        from = from.wrapping_add_signed(row.strides[0]);
        to = to.wrapping_add_signed(row.strides[1]);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_axes_are_merged() {
        let transfer = Transfer::gather(0, &[2, 1, 3, 4], &[12, 12, 4, 1], 2);
        assert_eq!(transfer.count, 1);
        assert_eq!(transfer.axes[0].length, 48);
        let transposed = Transfer::gather(0, &[2, 3], &[1, 2], 4);
        assert_eq!(transposed.count, 3);
    }

    #[test]
    fn elements_are_gathered_and_scattered() {
        let input = [0, 1, 2, 3, 4, 5];
        let mut output = [9; 6];
        let transposed = Transfer::gather(0, &[3, 2], &[1, 3], 1);
        assert_eq!(transposed.run(&input, &mut output), Some(()));
        assert_eq!(output, [0, 3, 1, 4, 2, 5]);
        let mut back = [9; 6];
        let scattered = Transfer::scatter(0, &[3, 2], &[1, 3], 1);
        assert_eq!(scattered.run(&output, &mut back), Some(()));
        assert_eq!(back, input);
        // Backwards, two bytes an element.
        let reversed = Transfer::gather(2, &[3], &[-1], 2);
        assert_eq!(reversed.run(&input, &mut output), Some(()));
        assert_eq!(output, [4, 5, 2, 3, 0, 1]);
    }

    #[test]
    fn nothing_outside_is_touched() {
        let mut output = [9; 4];
        let transfer = Transfer::gather(1, &[4], &[1], 1);
        assert_eq!(transfer.run(&[0; 4], &mut output), None);
        let backwards = Transfer::gather(0, &[2], &[-1], 1);
        assert_eq!(backwards.run(&[0; 4], &mut output), None);
        let mut nothing = Transfer::new([100, 100]);
        nothing.axis(0, [1, 1]);
        assert_eq!(nothing.run(&[], &mut []), Some(()));
        let mut many = Transfer::new([0, 0]);
        (0..20).for_each(|_| many.axis(2, [0, 0]));
        assert_eq!(many.run(&[0], &mut [0]), Some(()));
        (0..20).for_each(|_| many.axis(2, [1, 0]));
        assert_eq!(many.run(&[0], &mut [0]), None);
    }
}
