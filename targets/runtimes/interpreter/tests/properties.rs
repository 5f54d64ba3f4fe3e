//! Properties over random geometries and damaged files.

use proptest::prelude::*;
use tinybench_interpreter::kernels::{
    Add, Bias, Compact, Conv2d, Dsp, FullyConnected, Kernels, Pool2d, Portable, Requantisation,
    Thumb, Window, conv_2d_scratch, conv_2d_suits, depthwise_conv_2d_suits,
};
use tinybench_interpreter::operators::With;
use tinybench_interpreter::{Interpreter, Model, Multiplier, arena_needed};

mod common;

/// One axis: input length, filter, stride, dilation, whether padded.
type Axis = (usize, usize, usize, usize, bool);

fn axis() -> impl Strategy<Value = Axis> {
    (
        1..9_usize,
        1..5_usize,
        1..4_usize,
        1..3_usize,
        any::<bool>(),
    )
}

/// Input length (made to fit where not padded), output length and padding before.
fn extent((input, filter, stride, dilation, same): Axis) -> (usize, usize, usize) {
    let span = (filter - 1) * dilation + 1;
    if same {
        let output = input.div_ceil(stride);
        let total = ((output - 1) * stride + span).saturating_sub(input);
        (input, output, total / 2)
    } else {
        let input = input + span - 1;
        (input, (input - span) / stride + 1, 0)
    }
}

fn window(batches: usize, rows: Axis, columns: Axis, channels: [usize; 2]) -> Window {
    let (height, output_height, top) = extent(rows);
    let (width, output_width, left) = extent(columns);
    Window {
        batches,
        input: [height, width, channels[0]],
        output: [output_height, output_width, channels[1]],
        filter: [rows.1, columns.1],
        stride: [rows.2, columns.2],
        dilation: [rows.3, columns.3],
        padding: [top, left],
    }
}

/// Channels of an input: any few, or a number that fills words.
fn depth() -> impl Strategy<Value = usize> {
    prop_oneof![1..10_usize, (1..6_usize).prop_map(|words| 4 * words)]
}

/// Random bytes, more than any of the tests needs.
fn bytes() -> impl Strategy<Value = Vec<i8>> {
    prop::collection::vec(any::<i8>(), 4096)
}

/// As many elements as wanted, over and over.
fn take(bytes: &[i8], skip: usize, count: usize) -> Vec<i8> {
    bytes
        .iter()
        .copied()
        .cycle()
        .skip(skip)
        .take(count)
        .collect()
}

/// Multipliers, shifts, biases, zero points and bounds of an operator with weights.
#[derive(Clone, Debug)]
struct Scaling {
    multipliers: Vec<i32>,
    shifts: Vec<i8>,
    biases: Option<Vec<u8>>,
    offsets: [i32; 2],
    bounds: [i32; 2],
    narrow: bool,
}

/// Of three kinds: none that could overflow, any, and mostly such as layers have, of which few
/// can't be scaled the fast way.
fn scaling(channels: usize) -> impl Strategy<Value = Scaling> {
    let small = || (-100_000..100_000_i32).boxed();
    let wide = || (-31..5_i8).boxed();
    let kinds = [
        (true, (-31..0_i8).boxed(), small()),
        (false, wide(), any::<i32>().boxed()),
        (
            false,
            prop_oneof![8 => -12..=0_i8, 1 => wide()].boxed(),
            prop_oneof![8 => small(), 1 => any::<i32>()].boxed(),
        ),
    ];
    let kind = prop::sample::select(kinds.to_vec());
    kind.prop_flat_map(move |(narrow, shift, bias)| {
        (
            prop::collection::vec(1 << 30..=i32::MAX, channels),
            prop::collection::vec(shift, channels),
            prop::option::of(prop::collection::vec(bias, channels)),
            [-127..=128_i32, -128..=127],
            prop_oneof![
                Just([-128, 127]),
                (-128..0, 0..=127).prop_map(|(a, b)| [a, b])
            ],
        )
            .prop_map(
                move |(multipliers, shifts, biases, offsets, bounds)| Scaling {
                    multipliers,
                    shifts,
                    biases: biases.map(|biases| bytemuck::cast_slice(&biases).to_vec()),
                    offsets,
                    bounds,
                    narrow,
                },
            )
    })
}

impl Scaling {
    fn truncate(&mut self, channels: usize) {
        self.multipliers.truncate(channels);
        self.shifts.truncate(channels);
    }

    fn requantisation(&self) -> Requantisation<'_> {
        Requantisation {
            multipliers: &self.multipliers,
            shifts: &self.shifts,
            narrow: self.narrow,
        }
    }

    fn bias(&self) -> Bias<'_> {
        Bias::new(self.biases.as_deref().unwrap_or(&[]))
    }

    fn convolution<'a>(&'a self, window: Window, filter: &'a [i8]) -> Conv2d<'a> {
        Conv2d {
            window,
            filter,
            bias: self.bias(),
            input_offset: self.offsets[0],
            output_offset: self.offsets[1],
            bounds: self.bounds,
        }
    }
}

fn images(window: &Window) -> [usize; 2] {
    [window.input, window.output].map(|image| window.batches * image.iter().product::<usize>())
}

/// A window without gaps.
fn close((input, filter, stride, _, same): Axis) -> Axis {
    (input, filter, stride, 1, same)
}

/// What the kinds of kernels give for a convolution: the portable ones, those for any window, and,
/// if `suits`, the fast ones. `zeros` has a bit for each channel whose weights are all zero.
fn convolved(
    window: Window,
    mut scaling: Scaling,
    zeros: u8,
    bytes: &[i8],
    suits: bool,
) -> Vec<Vec<i8>> {
    let [input, output] = images(&window);
    let channels = window.output[2];
    let size = window.filter[0] * window.filter[1] * window.input[2];
    let mut filter = take(bytes, 7, channels * size);
    if zeros & 1 == 0 {
        // As models have them.
        for weight in &mut filter {
            *weight = (*weight).max(-127);
        }
    }
    for (channel, weights) in filter.chunks_mut(size).enumerate() {
        if zeros >> channel & 1 == 1 {
            weights.fill(0);
        }
    }
    scaling.truncate(channels);
    let op = scaling.convolution(window, &filter);
    let input = take(bytes, 99, input);
    let scale = scaling.requantisation();
    let kernels = [
        Portable::conv_2d,
        Dsp::conv_2d_any,
        Thumb::conv_2d,
        Dsp::conv_2d,
    ];
    let kernels = kernels.iter().take(if suits { 4 } else { 3 });
    let outputs = kernels.enumerate().map(|(at, kernel)| {
        let mut scratch = vec![0; conv_2d_scratch(&window).unwrap()];
        let mut output = vec![at as i8; output];
        kernel(&op, &scale, &input, &mut output, &mut scratch);
        output
    });
    outputs.collect()
}

/// The same for a depthwise convolution.
fn convolved_depthwise(
    window: Window,
    mut scaling: Scaling,
    bytes: &[i8],
    suits: bool,
) -> Vec<Vec<i8>> {
    let [input, output] = images(&window);
    let channels = window.output[2];
    let filter = take(bytes, 7, channels * window.filter.iter().product::<usize>());
    scaling.truncate(channels);
    let op = scaling.convolution(window, &filter);
    let input = take(bytes, 99, input);
    let scale = scaling.requantisation();
    let kernels = [
        Portable::depthwise_conv_2d,
        Dsp::depthwise_conv_2d_any,
        Thumb::depthwise_conv_2d,
        Dsp::depthwise_conv_2d,
        Compact::depthwise_conv_2d,
    ];
    let kernels = kernels.iter().take(if suits { 5 } else { 3 });
    let outputs = kernels.enumerate().map(|(at, kernel)| {
        let mut output = vec![at as i8; output];
        kernel(&op, &scale, &input, &mut output);
        output
    });
    outputs.collect()
}

proptest! {
    #[test]
    fn convolutions_are_equal(
        (batches, rows, columns, depth, channels) in
            (1..3_usize, axis(), axis(), depth(), 1..7_usize),
        scaling in scaling(6),
        zeros in prop_oneof![Just(0_u8), any::<u8>()],
        bytes in bytes(),
    ) {
        let window = window(batches, rows, columns, [depth, channels]);
        let outputs = convolved(window, scaling, zeros, &bytes, false);
        prop_assert_eq!(&outputs[0], &outputs[1]);
        prop_assert_eq!(&outputs[0], &outputs[2]);
    }

    #[test]
    fn suited_convolutions_are_equal(
        (batches, rows, columns, depth, channels) in
            (1..3_usize, axis(), axis(), depth(), 1..7_usize),
        scaling in scaling(6),
        zeros in prop_oneof![Just(0_u8), any::<u8>()],
        bytes in bytes(),
    ) {
        let window = window(batches, close(rows), close(columns), [depth, channels]);
        prop_assume!(conv_2d_suits(&window));
        let outputs = convolved(window, scaling, zeros, &bytes, true);
        for output in &outputs[1..] {
            prop_assert_eq!(&outputs[0], output);
        }
    }

    #[test]
    fn depthwise_convolutions_are_equal(
        (batches, rows, columns, depth, multiplier) in
            (1..3_usize, axis(), axis(), depth(), prop_oneof![3 => Just(1), 1 => Just(2), 1 => Just(4)]),
        scaling in scaling(80),
        bytes in bytes(),
    ) {
        let window = window(batches, rows, columns, [depth, depth * multiplier]);
        let outputs = convolved_depthwise(window, scaling, &bytes, false);
        prop_assert_eq!(&outputs[0], &outputs[1]);
        prop_assert_eq!(&outputs[0], &outputs[2]);
    }

    #[test]
    fn suited_depthwise_convolutions_are_equal(
        (batches, rows, columns, words) in (1..3_usize, axis(), axis(), 1..6_usize),
        scaling in scaling(20),
        bytes in bytes(),
    ) {
        let window = window(batches, rows, columns, [4 * words; 2]);
        prop_assume!(depthwise_conv_2d_suits(&window));
        let outputs = convolved_depthwise(window, scaling, &bytes, true);
        for output in &outputs[1..] {
            prop_assert_eq!(&outputs[0], output);
        }
    }

    #[test]
    fn depthwise_convolutions_of_three_by_three_are_equal(
        (batches, height, width, same) in (1..3_usize, 2..40_usize, 2..40_usize, any::<bool>()),
        scaling in scaling(4),
        bytes in bytes(),
    ) {
        let window = window(batches, (height, 3, 1, 1, same), (width, 3, 1, 1, same), [4; 2]);
        prop_assume!(depthwise_conv_2d_suits(&window));
        let outputs = convolved_depthwise(window, scaling, &bytes, true);
        for output in &outputs[1..] {
            prop_assert_eq!(&outputs[0], output);
        }
    }

    #[test]
    fn fully_connected_layers_are_equal(
        (batches, depth, channels) in (1..4_usize, 1..40_usize, 1..14_usize),
        scaling in scaling(14),
        one_for_all in any::<bool>(),
        bytes in bytes(),
    ) {
        let mut scaling = scaling;
        let scales = if one_for_all { 1 } else { channels };
        scaling.truncate(scales);
        let filter = take(&bytes, 7, channels * depth);
        let op = FullyConnected {
            batches,
            depth,
            filter: &filter,
            bias: scaling.bias(),
            input_offset: scaling.offsets[0],
            output_offset: scaling.offsets[1],
            bounds: scaling.bounds,
        };
        let input = take(&bytes, 99, batches * depth);
        let output = batches * channels;
        let [mut portable, mut dsp, mut thumb] = [1, 2, 3].map(|value| vec![value; output]);
        let scale = scaling.requantisation();
        Portable::fully_connected(&op, &scale, &input, &mut portable);
        Dsp::fully_connected(&op, &scale, &input, &mut dsp);
        Thumb::fully_connected(&op, &scale, &input, &mut thumb);
        prop_assert_eq!(&portable, &dsp);
        prop_assert_eq!(portable, thumb);
    }

    #[test]
    fn pools_are_equal(
        (batches, rows, columns, depth) in (1..3_usize, axis(), axis(), depth()),
        // At times a window of more elements than 16 bits surely hold the sum of.
        tall in prop_oneof![3 => Just(1), 1 => 60..90_usize],
        bytes in bytes(),
    ) {
        let (rows, columns) = ((rows.0, tall * rows.1, rows.2, 1, rows.4), close(columns));
        let window = window(batches, rows, columns, [depth, depth]);
        let [input, output] = images(&window);
        let op = Pool2d { window, bounds: [-100, 90] };
        let input = take(&bytes, 99, input);
        let (mut portable, mut dsp) = (vec![1; output], vec![2; output]);
        Portable::average_pool_2d(&op, &input, &mut portable);
        Dsp::average_pool_2d(&op, &input, &mut dsp);
        prop_assert_eq!(&portable, &dsp);
        Portable::max_pool_2d(&op, &input, &mut portable);
        Dsp::max_pool_2d(&op, &input, &mut dsp);
        prop_assert_eq!(portable, dsp);
    }

    #[test]
    fn sums_are_equal(
        multipliers in [(1 << 30..=i32::MAX, -31..=0_i8), (1 << 30..=i32::MAX, -31..=0_i8), (1 << 30..=i32::MAX, -31..=0_i8)],
        input_offsets in [-127..=128_i32, -127..=128],
        output_offset in -128..=127_i32,
        bytes in bytes(),
    ) {
        let multipliers = multipliers.map(|(multiplier, shift)| Multiplier { multiplier, shift });
        let op = Add { input_offsets, output_offset, bounds: [-128, 127] };
        let inputs = [take(&bytes, 1, 300), take(&bytes, 1000, 300)];
        let [mut portable, mut dsp, mut thumb] = [1, 2, 3].map(|value| vec![value; 300]);
        Portable::add(&op, &multipliers, [&inputs[0], &inputs[1]], &mut portable);
        Dsp::add(&op, &multipliers, [&inputs[0], &inputs[1]], &mut dsp);
        Thumb::add(&op, &multipliers, [&inputs[0], &inputs[1]], &mut thumb);
        prop_assert_eq!(&portable, &dsp);
        prop_assert_eq!(portable, thumb);
    }

    #[test]
    fn damaged_files_never_panic(
        model in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let models = common::models(&common::fixtures());
        let (_, mut file) = models[model.index(models.len())].clone();
        for (at, value) in edits {
            let at = at.index(file.len());
            file[at] = value;
        }
        if let Ok(model) = Model::with(&file, With::<Dsp>::ALL) {
            let needed = arena_needed(&model).unwrap_or(usize::MAX);
            if needed < 1 << 20 && model.macs() < 1 << 24 {
                let mut arena = common::arena(needed);
                let arena = bytemuck::cast_slice_mut(&mut arena);
                if let Ok(mut interpreter) = Interpreter::new(&model, arena) {
                    interpreter.input_mut().fill(3);
                    prop_assert_eq!(interpreter.invoke(), Ok(()));
                }
            }
        }
    }
}
