//! Outputs whose windows have the same part inside the image.

use core::ops::Range;

use crate::Window;

/// Neighbouring rows and columns of outputs.
pub struct Region {
    /// Rows and columns of outputs.
    pub count: [usize; 2],
    /// The first output.
    pub output: usize,
    /// How many rows and columns of the window are inside.
    pub inside: [usize; 2],
    /// The first element of the window that is inside.
    pub element: usize,
    /// Where it lies in the image, in pixels, for the first output.
    pub pixel: usize,
}

/// Neighbouring outputs along an axis.
struct Part {
    count: usize,
    /// The elements of the window that are inside.
    inside: Range<usize>,
    /// Where the first of them lies for the first output.
    at: usize,
}

impl Part {
    /// The outputs from `position` on whose windows have the same part inside.
    #[inline(never)]
    fn from(window: &Window, axis: usize, position: usize) -> Self {
        let axis = axis & 1;
        let origin = window.origin(axis, position);
        let inside = window.inside(axis, origin);
        let (filter, stride) = (window.filter[axis], window.stride[axis]);
        // How far the window's last element may move before it leaves the image.
        let span = filter.wrapping_sub(1).wrapping_mul(window.dilation[axis]) as isize;
        let room = window.input[axis] as isize - 1 - span - origin;
        let more = match inside.len() == filter && room > 0 {
            true => (room as usize).checked_div(stride).unwrap_or(0),
            false => 0,
        };
        let left = window.output[axis].saturating_sub(position);
        let first = inside.start.wrapping_mul(window.dilation[axis]) as isize;
        Self {
            count: (more + 1).min(left.max(1)),
            at: origin.wrapping_add(first) as usize,
            inside,
        }
    }
}

/// Calls `visit` for all outputs of an image.
#[inline(never)]
pub fn each_region(window: &Window, visit: &mut dyn FnMut(&Region)) {
    let [height, width, _] = window.output;
    let mut y = 0;
    while y < height {
        let rows = Part::from(window, 0, y);
        let mut x = 0;
        while x < width {
            let columns = Part::from(window, 1, x);
            visit(&Region {
                count: [rows.count, columns.count],
                output: y * width + x,
                inside: [rows.inside.len(), columns.inside.len()],
                element: rows.inside.start * window.filter[1] + columns.inside.start,
                pixel: rows
                    .at
                    .wrapping_mul(window.input[1])
                    .wrapping_add(columns.at),
            });
            x += columns.count;
        }
        y += rows.count;
    }
}

/// How the windows and outputs of a region lie, each pair rows first.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Rows and columns.
    pub count: [usize; 2],
    /// Words of the image from window to window.
    pub words: [usize; 2],
    /// Elements from output to output.
    pub elements: [usize; 2],
}

impl Grid {
    /// That of a region.
    pub fn new(window: &Window, region: &Region) -> Self {
        let words = window.input[2] / 4;
        let channels = window.output[2];
        Self {
            count: region.count,
            words: [
                window.stride[0] * window.input[1] * words,
                window.stride[1] * words,
            ],
            elements: [window.output[1] * channels, channels],
        }
    }

    /// Where the last window begins, in words, and the last output, in elements; [`None`] if there are no outputs.
    pub fn last(&self) -> Option<[usize; 2]> {
        let [above, before] = [self.count[0].checked_sub(1)?, self.count[1].checked_sub(1)?];
        Some([self.words, self.elements].map(|[down, across]| above * down + before * across))
    }

    /// From the end of a row to the begin of the next: words and elements.
    #[cfg(armv6m)]
    pub fn skip(&self) -> [usize; 2] {
        let columns = self.count[1];
        [self.words, self.elements].map(|[down, across]| down.wrapping_sub(columns * across))
    }
}
