//! The float32 kernels against plain sums in double precision, and float32 models as a whole.

use proptest::prelude::*;
use tinybench_interpreter::kernels::Window;
use tinybench_interpreter::kernels::float::{
    Conv2d, FullyConnected, Pool2d, average_pool_2d, conv_2d, depthwise_conv_2d, exp,
    fully_connected, softmax,
};
use tinybench_interpreter::{ElementType, Interpreter, Model, arena_needed};

mod common;

const ANY: [f32; 2] = [f32::NEG_INFINITY, f32::INFINITY];

/// What a sum of `terms` products of magnitudes up to 1 may be off by.
fn tolerance(terms: usize) -> f64 {
    1e-6 * (terms as f64 + 4.0)
}

fn close(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (index, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let difference = (f64::from(found) - expected).abs();
        assert!(
            difference <= tolerance,
            "{index}: {found} is not {expected}"
        );
    }
}

fn values() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-1.0..1.0_f32, 997)
}

/// As many values as wanted, over and over.
fn take(values: &[f32], skip: usize, count: usize) -> Vec<f32> {
    values
        .iter()
        .copied()
        .cycle()
        .skip(skip)
        .take(count)
        .collect()
}

fn window() -> impl Strategy<Value = Window> {
    let axis = || {
        (
            1..8_usize,
            1..4_usize,
            1..3_usize,
            1..3_usize,
            any::<bool>(),
        )
    };
    (1..3_usize, axis(), axis(), 1..6_usize, 1..11_usize).prop_map(
        |(batches, rows, columns, depth, channels)| {
            let place =
                |(length, filter, stride, dilation, same): (usize, usize, usize, usize, bool)| {
                    let span = (filter - 1) * dilation + 1;
                    if same {
                        let output: usize = length.div_ceil(stride);
                        (
                            length,
                            output,
                            ((output - 1) * stride + span).saturating_sub(length) / 2,
                        )
                    } else {
                        let length = length + span - 1;
                        (length, (length - span) / stride + 1, 0)
                    }
                };
            let (height, down, top) = place(rows);
            let (width, across, left) = place(columns);
            Window {
                batches,
                input: [height, width, depth],
                output: [down, across, channels],
                filter: [rows.1, columns.1],
                stride: [rows.2, columns.2],
                dilation: [rows.3, columns.3],
                padding: [top, left],
            }
        },
    )
}

/// Calls `visit` for each element of each window: index of the first channel of the output, of
/// the element in the filter, and of the first channel of the input.
fn each(window: &Window, mut visit: impl FnMut(usize, usize, usize)) {
    let [height, width, depth] = window.input.map(|length| length as isize);
    let mut at = 0;
    for batch in 0..window.batches as isize {
        for y in 0..window.output[0] {
            for x in 0..window.output[1] {
                for row in 0..window.filter[0] {
                    for column in 0..window.filter[1] {
                        let y = window.origin(0, y) + (row * window.dilation[0]) as isize;
                        let x = window.origin(1, x) + (column * window.dilation[1]) as isize;
                        if (0..height).contains(&y) && (0..width).contains(&x) {
                            let first = ((batch * height + y) * width + x) * depth;
                            visit(at, row * window.filter[1] + column, first as usize);
                        }
                    }
                }
                at += window.output[2];
            }
        }
    }
}

fn elements(window: &Window, image: [usize; 3]) -> usize {
    window.batches * image.iter().product::<usize>()
}

proptest! {
    #[test]
    fn convolutions_are_sums(window in window(), values in values(), biased in any::<bool>()) {
        let [_, _, depth] = window.input;
        let channels = window.output[2];
        let size = window.filter.iter().product::<usize>() * depth;
        let input = take(&values, 0, elements(&window, window.input));
        let filter = take(&values, 11, size * channels);
        let bias = take(&values, 5, if biased { channels } else { 0 });
        let mut expected = vec![0.0; elements(&window, window.output)];
        for (index, sum) in expected.iter_mut().enumerate() {
            *sum = bias.get(index % channels).map_or(0.0, |&bias| bias.into());
        }
        each(&window, |at, element, first| {
            for channel in 0..channels {
                for from in 0..depth {
                    let weight = filter[channel * size + element * depth + from];
                    expected[at + channel] += f64::from(weight) * f64::from(input[first + from]);
                }
            }
        });
        let op = Conv2d { window, filter: &filter, bias: &bias, bounds: ANY };
        let mut output = vec![f32::NAN; expected.len()];
        conv_2d(&op, &input, &mut output);
        close(&output, &expected, tolerance(size));
    }

    #[test]
    fn depthwise_convolutions_are_sums(
        mut window in window(),
        multiplier in 1..4_usize,
        values in values(),
    ) {
        let [_, _, depth] = window.input;
        let channels = depth * multiplier;
        window.output[2] = channels;
        let size: usize = window.filter.iter().product();
        let input = take(&values, 0, elements(&window, window.input));
        let filter = take(&values, 11, size * channels);
        let bias = take(&values, 5, channels);
        let mut expected: Vec<f64> = (0..elements(&window, window.output))
            .map(|index| bias[index % channels].into())
            .collect();
        each(&window, |at, element, first| {
            for channel in 0..channels {
                let value = f64::from(input[first + channel / multiplier]);
                expected[at + channel] += f64::from(filter[element * channels + channel]) * value;
            }
        });
        let op = Conv2d { window, filter: &filter, bias: &bias, bounds: [0.0, 6.0] };
        for value in &mut expected {
            *value = value.clamp(0.0, 6.0);
        }
        let mut output = vec![f32::NAN; expected.len()];
        depthwise_conv_2d(&op, &input, &mut output);
        close(&output, &expected, tolerance(size));
    }

    #[test]
    fn dense_layers_are_sums(
        batches in 1..4_usize,
        depth in 1..40_usize,
        channels in 1..13_usize,
        values in values(),
    ) {
        let input = take(&values, 0, batches * depth);
        let filter = take(&values, 11, depth * channels);
        let bias = take(&values, 5, channels);
        let expected: Vec<f64> = (0..batches * channels)
            .map(|index| {
                let (row, channel) = (index / channels, index % channels);
                let inputs = &input[row * depth..][..depth];
                let weights = &filter[channel * depth..][..depth];
                let products = inputs.iter().zip(weights);
                let sum: f64 = products.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
                (sum + f64::from(bias[channel])).max(0.0)
            })
            .collect();
        let bounds = [0.0, f32::INFINITY];
        let op = FullyConnected { batches, depth, filter: &filter, bias: &bias, bounds };
        let mut output = vec![f32::NAN; expected.len()];
        fully_connected(&op, &input, &mut output);
        close(&output, &expected, tolerance(depth));
    }

    #[test]
    fn pools_are_means(mut window in window(), values in values()) {
        window.dilation = [1, 1];
        window.output[2] = window.input[2];
        // What a window covers must not be padding alone.
        prop_assume!(window.padding.iter().zip(window.filter).all(|(&before, it)| before < it));
        let input = take(&values, 0, elements(&window, window.input));
        let mut sums = vec![(0.0_f64, 0.0_f64); elements(&window, window.output)];
        each(&window, |at, _, first| {
            for channel in 0..window.input[2] {
                sums[at + channel].0 += f64::from(input[first + channel]);
                sums[at + channel].1 += 1.0;
            }
        });
        let expected: Vec<f64> = sums.iter().map(|(sum, count)| sum / count.max(1.0)).collect();
        let mut output = vec![f32::NAN; expected.len()];
        average_pool_2d(&Pool2d { window, bounds: ANY }, &input, &mut output);
        close(&output, &expected, 1e-5);
    }

    #[test]
    fn exponentials_are_within_two_units_in_the_last_place(x in -87.0..88.0_f32) {
        let expected = f64::from(x).exp();
        let unit = 2.0_f64.powi(expected.log2().floor() as i32 - 23);
        let difference = (f64::from(exp(x)) - expected).abs();
        prop_assert!(difference <= 2.0 * unit, "{x}: {} units", difference / unit);
    }

    #[test]
    fn softmax_is_a_distribution(values in prop::collection::vec(-50.0..50.0_f32, 1..30)) {
        let real: Vec<f64> = values.iter().map(|&value| f64::from(value).exp()).collect();
        let sum: f64 = real.iter().sum();
        let expected: Vec<f64> = real.iter().map(|value| value / sum).collect();
        let mut output = vec![f32::NAN; values.len()];
        softmax(values.len(), 1.0, &values, &mut output);
        close(&output, &expected, 1e-6);
    }
}

#[test]
fn the_ends_of_the_exponential() {
    assert_eq!(exp(0.0), 1.0);
    assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    assert_eq!(exp(f32::INFINITY), f32::INFINITY);
    assert_eq!(exp(-100.0), 0.0);
    assert!(exp(f32::NAN).is_nan());
}

/// The float32 models of the compression experiment against the outputs of TensorFlow Lite Micro.
#[test]
fn float_models_agree_with_tensorflow_lite_micro() {
    let workloads = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../workloads");
    for (name, tolerance) in [("ad", 1e-4), ("kws", 1e-5)] {
        let folder = workloads.join("suites/compression");
        let file = std::fs::read(folder.join(format!("{name}-float32.tflite"))).unwrap();
        let expected = std::fs::read(folder.join(format!("{name}-float32.outputs.f32"))).unwrap();
        let models = workloads.join("models").join(name);
        let int8 = std::fs::read(models.join(format!("{name}.tflite"))).unwrap();
        let int8 = Model::parse(&int8).unwrap().input();
        let inputs = std::fs::read(models.join("vectors.inputs.i8")).unwrap();
        let model = Model::parse(&file).unwrap();
        assert_eq!(model.input().element_type, ElementType::Float32);
        let mut arena = common::arena(arena_needed(&model).unwrap());
        let arena = bytemuck::cast_slice_mut(&mut arena);
        let mut interpreter = Interpreter::new(&model, arena).unwrap();
        let vectors = inputs
            .chunks_exact(int8.bytes)
            .zip(expected.chunks_exact(model.output().bytes));
        for (input, expected) in vectors.step_by(7) {
            let real = input.iter().flat_map(|&value| {
                let steps = f64::from(i32::from(value as i8) - int8.zero_point);
                ((f64::from(int8.scale) * steps) as f32).to_le_bytes()
            });
            let real: Vec<u8> = real.collect();
            interpreter.input_bytes_mut().copy_from_slice(&real);
            interpreter.invoke().unwrap();
            let read = |bytes: &[u8]| -> Vec<f32> {
                let values = bytes.as_chunks().0.iter();
                values.map(|raw| f32::from_le_bytes(*raw)).collect()
            };
            let found = read(interpreter.output_bytes());
            let expected: Vec<f64> = read(expected).into_iter().map(f64::from).collect();
            close(&found, &expected, tolerance);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damaged_float_models_never_panic(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../workloads/suites/compression/kws-float32.tflite");
        let mut file = std::fs::read(path).unwrap();
        // Tables stand before the buffers with the weights, or behind them.
        let length = file.len();
        let at = at.index(12_000);
        let at = if at < 6000 { at } else { length - (at - 6000) - 1 };
        file[at] = value;
        let Ok(model) = Model::parse(&file) else { return Ok(()) };
        let Ok(needed) = arena_needed(&model) else { return Ok(()) };
        if needed < 1 << 20 && model.macs() < 1 << 24 {
            let mut arena = common::arena(needed);
            let arena = bytemuck::cast_slice_mut(&mut arena);
            if let Ok(mut interpreter) = Interpreter::new(&model, arena) {
                interpreter.input_bytes_mut().fill(0);
                let _ = interpreter.invoke();
            }
        }
    }
}
