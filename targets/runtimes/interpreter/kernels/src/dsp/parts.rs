//! Outputs by the part of their windows that is inside the image: those with the same part are
//! computed together.

use core::ops::Range;

use crate::Window;

/// Most parts along an axis.
const MOST: usize = 7;

/// Neighbouring rows or columns of outputs whose windows have the same part inside the image.
#[derive(Clone, Copy, Default)]
pub(super) struct Part {
    /// Outputs along the axis.
    pub count: usize,
    /// The first row or column of the window that is inside.
    pub first: usize,
    /// How many are inside.
    pub size: usize,
    /// Where the first window begins in the image, in elements of it.
    pub image: usize,
    /// Where the first output lies, in elements.
    pub output: usize,
}

/// The parts along an axis.
#[derive(Default)]
pub(super) struct Parts {
    parts: [Part; MOST],
    count: usize,
    /// Elements of the image from one window to the next.
    pub distance: usize,
    /// Elements of the image from one row or column of a window to the next.
    pub step: usize,
    /// Elements from one output to the next.
    pub stride: usize,
}

/// Gives `visit` each part along an axis: what of the window is inside, and how many outputs have it.
/// [`None`] if an output has no part at all, or `visit` says so.
#[inline(never)]
fn each(
    window: &Window,
    axis: usize,
    visit: &mut dyn FnMut(&Range<usize>, usize) -> Option<()>,
) -> Option<()> {
    let axis = axis & 1;
    let (mut last, mut count) = (0..0, 0);
    let (filter, outputs) = (window.filter[axis], window.output[axis]);
    let whole = (outputs.wrapping_sub(1)).wrapping_mul(window.stride[axis]);
    let reach = whole.saturating_add(filter.wrapping_sub(1).wrapping_mul(window.dilation[axis]));
    if window.padding[axis] == 0 && filter > 0 && outputs > 0 && reach < window.input[axis] {
        return visit(&(0..filter), outputs);
    }
    for position in 0..outputs {
        let inside = window.inside(axis, window.origin(axis, position));
        if inside.is_empty() {
            return None;
        }
        if count > 0 && inside != last {
            visit(&last, count)?;
            count = 0;
        }
        (last, count) = (inside, count + 1);
    }
    if count > 0 {
        visit(&last, count)?;
    }
    Some(())
}

impl Parts {
    /// Whether [`Self::fill`] finds room for all.
    #[inline(never)]
    pub fn fit(window: &Window) -> bool {
        (0..2).all(|axis| {
            let mut left = MOST;
            let mut count = |_: &Range<usize>, _| {
                left = left.checked_sub(1)?;
                Some(())
            };
            each(window, axis, &mut count).is_some()
        })
    }

    /// Fills in those of rows and of columns, in the place where they stay; [`None`] unless they
    /// [fit](Self::fit).
    #[inline(never)]
    pub fn fill(both: &mut [Self; 2], window: &Window) -> Option<()> {
        let [_, width, depth] = window.input;
        let [_, columns, channels] = window.output;
        let elements = [(width * depth, columns * channels), (depth, channels)];
        for (axis, (parts, (element, stride))) in both.iter_mut().zip(elements).enumerate() {
            parts.distance = window.stride[axis] * element;
            parts.step = window.dilation[axis] * element;
            parts.stride = stride;
            let before = window.padding[axis] * element;
            let mut position = 0;
            each(window, axis, &mut |inside, count| {
                let begin = position * parts.distance + inside.start * parts.step;
                *parts.parts.get_mut(parts.count)? = Part {
                    count,
                    first: inside.start,
                    size: inside.len(),
                    image: begin.wrapping_sub(before),
                    output: position * stride,
                };
                parts.count += 1;
                position += count;
                Some(())
            })?;
        }
        Some(())
    }

    /// The part, if there is but one.
    pub fn only(&self) -> Option<&Part> {
        let [first, ..] = &self.parts;
        (self.count == 1).then_some(first)
    }

    /// The parts in order.
    pub fn iter(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().take(self.count)
    }
}
