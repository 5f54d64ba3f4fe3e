//! Shapes of any rank, and how tensors of different shapes are walked together.

use crate::file::flatbuffer::Vector;

/// Most dimensions of a tensor that is walked element by element.
pub const MAX_RANK: usize = 8;

/// Dimensions of a tensor, outermost first; none for a scalar. A view of the file.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'m>(pub(crate) Vector<'m, i32>);

impl<'m> Shape<'m> {
    /// No dimensions: a scalar.
    pub const SCALAR: Self = Self(Vector::EMPTY);

    /// How many dimensions there are.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The dimension at `index`, [`None`] past the last.
    pub fn get(&self, index: usize) -> Option<usize> {
        self.0.get(index).map(|dimension| dimension as u32 as usize)
    }

    /// The innermost dimension, 1 for a scalar.
    pub fn last(&self) -> usize {
        let last = self.0.raw().last_chunk::<4>();
        last.map_or(1, |raw| u32::from_le_bytes(*raw) as usize)
    }

    /// All dimensions, outermost first.
    pub fn iter(&self) -> impl Iterator<Item = usize> + use<'m> {
        let (words, _) = self.0.raw().as_chunks::<4>();
        words.iter().map(|raw| u32::from_le_bytes(*raw) as usize)
    }

    /// Number of elements: 1 for a scalar.
    pub fn elements(&self) -> usize {
        self.iter()
            .fold(1, |product, dimension| product.wrapping_mul(dimension))
    }

    /// The dimensions if there are exactly `N`.
    pub fn exactly<const N: usize>(&self) -> Option<[usize; N]> {
        let (words, _) = self.0.raw().as_chunks::<4>();
        let words: &[[u8; 4]; N] = words.try_into().ok()?;
        Some(words.map(|raw| u32::from_le_bytes(raw) as usize))
    }

    /// The dimensions right-aligned in an array, 1 in front; [`None`] if there are more than `N`.
    pub fn padded<const N: usize>(&self) -> Option<[usize; N]> {
        let mut dimensions = [1; N];
        let front = N.checked_sub(self.rank())?;
        for (to, from) in dimensions.get_mut(front..)?.iter_mut().zip(self.iter()) {
            *to = from;
        }
        Some(dimensions)
    }
}

impl PartialEq for Shape<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.raw() == other.0.raw()
    }
}

impl Eq for Shape<'_> {}

/// Distances between neighbours along each axis of a dense tensor, in elements.
pub fn strides<const N: usize>(dimensions: &[usize; N]) -> [usize; N] {
    let mut strides = [1; N];
    let mut step = 1_usize;
    for (stride, dimension) in strides.iter_mut().zip(dimensions).rev() {
        *stride = step;
        step = step.wrapping_mul(*dimension);
    }
    strides
}

/// The dimensions of two tensors walked together, and the strides with which each of them is
/// walked: 0 along an axis on which it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// Dimensions of the result, right-aligned.
    pub dimensions: [usize; MAX_RANK],
    /// Strides of the two tensors, in elements.
    pub strides: [[usize; MAX_RANK]; 2],
}

impl Broadcast {
    /// NumPy's rule: shapes are aligned at the innermost axis, and an axis of 1 is repeated.
    /// [`None`] if the shapes don't fit each other, or have more than [`MAX_RANK`] dimensions.
    pub fn new(a: &Shape, b: &Shape) -> Option<Self> {
        let shapes = [a.padded::<MAX_RANK>()?, b.padded()?];
        let mut dimensions = [1; MAX_RANK];
        for (axis, dimension) in dimensions.iter_mut().enumerate() {
            let (a, b) = (*shapes[0].get(axis)?, *shapes[1].get(axis)?);
            *dimension = match (a, b) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        let strides = shapes.map(|shape| {
            let mut strides = strides(&shape);
            for (stride, dimension) in strides.iter_mut().zip(shape) {
                if dimension == 1 {
                    *stride = 0;
                }
            }
            strides
        });
        Some(Self {
            dimensions,
            strides,
        })
    }

    /// Whether the result has the dimensions of `shape`, leading ones apart.
    pub fn gives(&self, shape: &Shape) -> bool {
        shape.padded() == Some(self.dimensions)
    }

    /// Calls `visit` with the indices of the two elements of each element of the result, in order.
    pub fn each(&self, mut visit: impl FnMut(usize, usize)) {
        walk(&self.dimensions, &self.strides, |[a, b]| visit(a, b));
    }
}

/// Walks all elements of a tensor with `dimensions` in order and calls `visit` with the positions
/// in `M` tensors that are walked with their own strides.
pub fn walk<const N: usize, const M: usize>(
    dimensions: &[usize; N],
    strides: &[[usize; N]; M],
    mut visit: impl FnMut([usize; M]),
) {
    if dimensions.contains(&0) {
        return;
    }
    let mut index = [0; N];
    let mut at = [0; M];
    loop {
        visit(at);
        let mut done = true;
        for axis in (0..N).rev() {
            let (Some(index), Some(&dimension)) = (index.get_mut(axis), dimensions.get(axis))
            else {
                return;
            };
            *index += 1;
            let wraps = *index == dimension;
            for (at, strides) in at.iter_mut().zip(strides) {
                let stride = strides.get(axis).copied().unwrap_or(0);
                *at = if wraps {
                    at.wrapping_sub(stride.wrapping_mul(dimension - 1))
                } else {
                    at.wrapping_add(stride)
                };
            }
            if !wraps {
                done = false;
                break;
            }
            *index = 0;
        }
        if done {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn raw(dimensions: &[i32]) -> Vec<u8> {
        dimensions.iter().flat_map(|it| it.to_le_bytes()).collect()
    }

    #[test]
    fn shapes_are_broadcast_as_numpy_does() {
        let (a, b) = (raw(&[2, 1, 3]), raw(&[2, 1]));
        let (a, b) = (Shape(Vector::new(&a)), Shape(Vector::new(&b)));
        let broadcast = Broadcast::new(&a, &b).unwrap();
        assert_eq!(broadcast.dimensions, [1, 1, 1, 1, 1, 2, 2, 3]);
        let mut pairs = Vec::new();
        broadcast.each(|a, b| pairs.push((a, b)));
        let expected = [
            (0, 0),
            (1, 0),
            (2, 0),
            (0, 1),
            (1, 1),
            (2, 1),
            (3, 0),
            (4, 0),
            (5, 0),
            (3, 1),
            (4, 1),
            (5, 1),
        ];
        assert_eq!(pairs, expected);
        let c = raw(&[4]);
        assert_eq!(Broadcast::new(&a, &Shape(Vector::new(&c))), None);
        assert!(Broadcast::new(&a, &Shape::SCALAR).unwrap().gives(&a));
    }

    #[test]
    fn dimensions_are_aligned_to_the_right() {
        let shape = raw(&[5, 7]);
        let shape = Shape(Vector::new(&shape));
        assert_eq!(shape.padded(), Some([1, 5, 7]));
        assert_eq!(shape.padded::<1>(), None);
        assert_eq!(shape.exactly(), Some([5, 7]));
        assert_eq!(strides(&[2, 5, 7]), [35, 7, 1]);
        assert_eq!((shape.elements(), Shape::SCALAR.elements()), (35, 1));
    }
}
