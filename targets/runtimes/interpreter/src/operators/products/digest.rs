//! What an int8 layer takes from the file, in few words: they can be kept, so that the file is read
//! but once.

use super::weights::Layer;
use crate::kernels::{Bias, Conv2d, Window};
use crate::model::operator::Operator;
use crate::run::Digest;

/// What stands for biases that aren't there.
const NONE: u32 = u32::MAX;

/// Two numbers of 16 bits.
fn both([low, high]: [usize; 2]) -> u32 {
    low as u32 & 0xffff | (high as u32) << 16
}

fn halves(word: u32) -> [usize; 2] {
    [word as usize & 0xffff, (word >> 16) as usize]
}

/// The digest of a layer with a sliding window and so many `scales`. Its extents, strides and the like
/// fit 16 bits, zero points and bounds 8.
#[inline(never)]
pub(super) fn digest(
    operator: &Operator,
    layer: &Layer,
    window: &Window,
    scales: usize,
    activation: usize,
) -> Digest {
    let [from, to] = layer.quantisation();
    let bounds = operator.bounds(activation, to);
    let file = operator.graph.file.bytes.as_ptr().addr();
    let place = |data: &[u8]| match data.is_empty() {
        true => NONE,
        false => data.as_ptr().addr().wrapping_sub(file) as u32,
    };
    let [height, width, depth] = window.input;
    let [rows, columns, channels] = window.output;
    let small = [from.zero_point, to.zero_point, bounds[0], bounds[1]];
    [
        both([height, width]),
        depth as u32,
        window.batches as u32,
        both([rows, columns]),
        channels as u32,
        both(window.filter),
        both(window.stride),
        both(window.dilation),
        both(window.padding),
        u32::from_le_bytes(small.map(|number| number as u8)),
        place(layer.weights.data()),
        place(layer.bias_data()),
        scales as u32,
    ]
}

/// A layer as its digest has it, and how many scales there are. The weights are all that follows in
/// the file.
#[inline(never)]
pub(super) fn layer<'m>(digest: &Digest, file: &'m [u8]) -> (Conv2d<'m>, usize) {
    let &[
        input,
        depth,
        batches,
        output,
        channels,
        filter,
        stride,
        dilation,
        padding,
        small,
        weights,
        biases,
        scales,
    ] = digest;
    let ([height, width], [rows, columns]) = (halves(input), halves(output));
    let window = Window {
        batches: batches as usize,
        input: [height, width, depth as usize],
        output: [rows, columns, channels as usize],
        filter: halves(filter),
        stride: halves(stride),
        dilation: halves(dilation),
        padding: halves(padding),
    };
    let behind = |place: u32| file.get(place as usize..).unwrap_or(&[]);
    let bias = behind(biases).get(..(channels as usize).wrapping_mul(4));
    let [from, to, low, high] = small.to_le_bytes().map(|byte| i32::from(byte as i8));
    let layer = Conv2d {
        window,
        filter: bytemuck::cast_slice(behind(weights)),
        bias: Bias::new(bias.unwrap_or(&[])),
        input_offset: from.wrapping_neg(),
        output_offset: to,
        bounds: [low, high],
    };
    (layer, scales as usize)
}

/// Bytes of the input and of the output.
pub(super) fn sizes(window: &Window) -> [usize; 2] {
    [window.input, window.output].map(|[height, width, depth]| {
        let image = height.wrapping_mul(width).wrapping_mul(depth);
        image.wrapping_mul(window.batches)
    })
}
