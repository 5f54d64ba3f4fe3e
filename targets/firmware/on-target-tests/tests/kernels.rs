//! The DSP kernels against the portable ones on the chip itself, where the first use the core's
//! own instructions: random operators of many shapes, and the extremes of every operand.

#![no_std]
#![no_main]

// The start-up code.
use cortex_m_rt as _;

#[cfg(test)]
#[embedded_test::tests]
mod tests {
    use tinybench_interpreter::kernels::{
        Add, Bias, Conv2d, Dsp, FullyConnected, Kernels, Pool2d, Portable, Requantisation, Softmax,
        Window, conv_2d_scratch, conv_2d_suits, depthwise_conv_2d_suits,
    };
    use tinybench_interpreter::{Multiplier, SoftmaxScale};
    use tinybench_on_target_tests::Noise;

    /// Operators tried by each test.
    const ROUNDS: u32 = 200;
    /// Most channels.
    const CHANNELS: usize = 24;
    /// Bytes of the largest tensor.
    const BYTES: usize = 6 * 1024;
    /// Words of the largest scratch.
    const SCRATCH: usize = 512;

    /// Everything an operator works on.
    struct Bench {
        noise: Noise,
        filter: [i8; BYTES],
        input: [i8; BYTES],
        second: [i8; BYTES],
        portable: [i8; BYTES],
        dsp: [i8; BYTES],
        scratch: [u32; SCRATCH],
        biases: [u8; 4 * CHANNELS],
        multipliers: [i32; CHANNELS],
        shifts: [i8; CHANNELS],
    }

    impl Bench {
        fn new(seed: u32) -> Self {
            Self {
                noise: Noise::new(seed),
                filter: [0; BYTES],
                input: [0; BYTES],
                second: [0; BYTES],
                portable: [0; BYTES],
                dsp: [0; BYTES],
                scratch: [0; SCRATCH],
                biases: [0; 4 * CHANNELS],
                multipliers: [0; CHANNELS],
                shifts: [0; CHANNELS],
            }
        }

        fn size(&mut self, low: usize, high: usize) -> usize {
            self.noise.between(low as i32, high as i32) as usize
        }

        /// A depth: one up to `most`, in every second pair of rounds one that fills words.
        fn depth(&mut self, round: u32, most: usize) -> usize {
            if (round / 2).is_multiple_of(2) {
                self.size(1, most)
            } else {
                4 * self.size(1, 3)
            }
        }

        /// New contents for everything; `narrow` as in [`Requantisation`]. In one round of four
        /// all weights and inputs are at one of their extremes.
        fn fill(&mut self, narrow: bool) {
            let noise = &mut self.noise;
            for bytes in [&mut self.filter, &mut self.input, &mut self.second] {
                match noise.between(0, 7) {
                    0 => bytes.fill(-128),
                    1 => bytes.fill(127),
                    _ => noise.fill(bytes),
                }
            }
            let bias = if narrow { 100_000 } else { 1 << 28 };
            for raw in self.biases.chunks_exact_mut(4) {
                raw.copy_from_slice(&noise.between(-bias, bias).to_le_bytes());
            }
            for (multiplier, shift) in self.multipliers.iter_mut().zip(&mut self.shifts) {
                *multiplier = noise.between(1 << 30, i32::MAX);
                *shift = noise.between(-20, if narrow { -1 } else { 3 }) as i8;
            }
            self.portable.fill(1);
            self.dsp.fill(2);
        }

        /// Bounds of an output: all there is, or a fused activation's.
        fn bounds(&mut self) -> [i32; 2] {
            match self.noise.between(0, 2) {
                0 => [self.noise.between(-128, 0), self.noise.between(0, 127)],
                _ => [-128, 127],
            }
        }

        fn zero_points(&mut self) -> [i32; 2] {
            [self.noise.between(-127, 128), self.noise.between(-128, 127)]
        }

        /// Length of one axis of the input, of the output, and what is padded before it.
        fn extent(&mut self, filter: usize, stride: usize, dilation: usize) -> [usize; 3] {
            let span = (filter - 1) * dilation + 1;
            let length = self.size(1, 7);
            if self.noise.between(0, 1) == 0 {
                let output = length.div_ceil(stride);
                let total = ((output - 1) * stride + span).saturating_sub(length);
                [length, output, total / 2]
            } else {
                let length = length + span - 1;
                [length, (length - span) / stride + 1, 0]
            }
        }

        fn window(&mut self, channels: [usize; 2], dilates: bool) -> Window {
            let filter = [self.size(1, 4), self.size(1, 4)];
            let stride = [self.size(1, 3), self.size(1, 3)];
            let most = if dilates { 2 } else { 1 };
            let dilation = [self.size(1, most), self.size(1, most)];
            let [height, output_height, top] = self.extent(filter[0], stride[0], dilation[0]);
            let [width, output_width, left] = self.extent(filter[1], stride[1], dilation[1]);
            Window {
                batches: self.size(1, 2),
                input: [height, width, channels[0]],
                output: [output_height, output_width, channels[1]],
                filter,
                stride,
                dilation,
                padding: [top, left],
            }
        }
    }

    /// Elements of the input and of the output.
    fn images(window: &Window) -> [usize; 2] {
        [window.input, window.output].map(|image| window.batches * image.iter().product::<usize>())
    }

    #[test]
    fn convolutions_are_equal() {
        let mut bench = Bench::new(1);
        let mut suited = 0;
        for round in 0..ROUNDS {
            let narrow = round % 2 == 0;
            bench.fill(narrow);
            let depth = bench.depth(round, 8);
            let channels = [depth, bench.size(1, 7)];
            let window = bench.window(channels, true);
            let [input, output] = images(&window);
            let [input_offset, output_offset] = bench.zero_points();
            let bounds = bench.bounds();
            let op = Conv2d {
                window,
                filter: &bench.filter
                    [..channels[0] * channels[1] * window.filter.iter().product::<usize>()],
                bias: Bias::new(&bench.biases[..4 * channels[1]]),
                input_offset,
                output_offset,
                bounds,
            };
            let scale = Requantisation {
                multipliers: &bench.multipliers[..channels[1]],
                shifts: &bench.shifts[..channels[1]],
                narrow,
            };
            let scratch = &mut bench.scratch[..conv_2d_scratch(&window).unwrap()];
            let input = &bench.input[..input];
            Portable::conv_2d(&op, &scale, input, &mut bench.portable[..output], scratch);
            Dsp::conv_2d_any(&op, &scale, input, &mut bench.dsp[..output], scratch);
            assert_eq!(bench.portable[..output], bench.dsp[..output], "{op:?}");
            if conv_2d_suits(&window) {
                suited += 1;
                bench.dsp.fill(2);
                Dsp::conv_2d(&op, &scale, input, &mut bench.dsp[..output], scratch);
                assert_eq!(bench.portable[..output], bench.dsp[..output], "{op:?}");
            }
        }
        assert!(suited > ROUNDS / 10, "{suited}");
    }

    #[test]
    fn depthwise_convolutions_are_equal() {
        let mut bench = Bench::new(2);
        let mut suited = 0;
        for round in 0..ROUNDS {
            let narrow = round % 2 == 0;
            bench.fill(narrow);
            let depth = bench.depth(round, 12);
            let channels = [depth, depth * bench.size(1, 2)];
            let window = bench.window(channels, true);
            let [input, output] = images(&window);
            let [input_offset, output_offset] = bench.zero_points();
            let bounds = bench.bounds();
            let op = Conv2d {
                window,
                filter: &bench.filter[..channels[1] * window.filter.iter().product::<usize>()],
                bias: Bias::new(&bench.biases[..4 * channels[1]]),
                input_offset,
                output_offset,
                bounds,
            };
            let scale = Requantisation {
                multipliers: &bench.multipliers[..channels[1]],
                shifts: &bench.shifts[..channels[1]],
                narrow,
            };
            let input = &bench.input[..input];
            Portable::depthwise_conv_2d(&op, &scale, input, &mut bench.portable[..output]);
            Dsp::depthwise_conv_2d_any(&op, &scale, input, &mut bench.dsp[..output]);
            assert_eq!(bench.portable[..output], bench.dsp[..output], "{op:?}");
            if depthwise_conv_2d_suits(&window) {
                suited += 1;
                bench.dsp.fill(2);
                Dsp::depthwise_conv_2d(&op, &scale, input, &mut bench.dsp[..output]);
                assert_eq!(bench.portable[..output], bench.dsp[..output], "{op:?}");
            }
        }
        assert!(suited > ROUNDS / 10, "{suited}");
    }

    #[test]
    fn fully_connected_layers_are_equal() {
        let mut bench = Bench::new(3);
        for round in 0..ROUNDS {
            let narrow = round % 2 == 0;
            bench.fill(narrow);
            // Also depths that leave a rest of 1, 2 and 3 behind words of four.
            let (batches, depth) = (bench.size(1, 3), bench.size(1, 80));
            let channels = bench.size(1, 18);
            let [input_offset, output_offset] = bench.zero_points();
            let bounds = bench.bounds();
            let op = FullyConnected {
                batches,
                depth,
                filter: &bench.filter[..channels * depth],
                bias: Bias::new(&bench.biases[..4 * channels]),
                input_offset,
                output_offset,
                bounds,
            };
            let scales = if round % 3 == 0 { 1 } else { channels };
            let scale = Requantisation {
                multipliers: &bench.multipliers[..scales],
                shifts: &bench.shifts[..scales],
                narrow,
            };
            let (input, output) = (&bench.input[..batches * depth], batches * channels);
            Portable::fully_connected(&op, &scale, input, &mut bench.portable[..output]);
            Dsp::fully_connected(&op, &scale, input, &mut bench.dsp[..output]);
            assert_eq!(bench.portable[..output], bench.dsp[..output], "{op:?}");
        }
    }

    #[test]
    fn pools_are_equal() {
        let mut bench = Bench::new(4);
        for _ in 0..ROUNDS {
            bench.fill(true);
            let depth = bench.size(1, 9);
            let window = bench.window([depth, depth], false);
            let [input, output] = images(&window);
            let bounds = bench.bounds();
            let op = Pool2d { window, bounds };
            let input = &bench.input[..input];
            Portable::average_pool_2d(&op, input, &mut bench.portable[..output]);
            Dsp::average_pool_2d(&op, input, &mut bench.dsp[..output]);
            assert_eq!(bench.portable[..output], bench.dsp[..output], "{op:?}");
            Portable::max_pool_2d(&op, input, &mut bench.portable[..output]);
            bench.dsp.fill(3);
            Dsp::max_pool_2d(&op, input, &mut bench.dsp[..output]);
            assert_eq!(bench.portable[..output], bench.dsp[..output], "{op:?}");
        }
    }

    #[test]
    fn sums_are_equal_and_saturate() {
        let mut bench = Bench::new(5);
        let mut clamped = 0;
        for _ in 0..ROUNDS {
            bench.fill(true);
            let length = bench.size(1, 300);
            let scale = |noise: &mut Noise, low| Multiplier {
                multiplier: noise.between(1 << 30, i32::MAX),
                shift: noise.between(low, 0) as i8,
            };
            let noise = &mut bench.noise;
            let multipliers = [scale(noise, -4), scale(noise, -4), scale(noise, -20)];
            let op = Add {
                input_offsets: [noise.between(-127, 128), noise.between(-127, 128)],
                output_offset: noise.between(-128, 127),
                bounds: [-128, 127],
            };
            let inputs = [&bench.input[..length], &bench.second[..length]];
            Portable::add(&op, &multipliers, inputs, &mut bench.portable[..length]);
            Dsp::add(&op, &multipliers, inputs, &mut bench.dsp[..length]);
            assert_eq!(bench.portable[..length], bench.dsp[..length], "{op:?}");
            let extremes = bench.dsp[..length]
                .iter()
                .filter(|byte| [-128, 127].contains(*byte));
            clamped += extremes.count();
        }
        assert!(clamped > 0);
    }

    #[test]
    fn softmax_is_equal_and_sums_to_one() {
        let mut bench = Bench::new(6);
        for round in 0..ROUNDS {
            bench.fill(true);
            let depth = bench.size(1, 40);
            let scale = SoftmaxScale::new(1.0, 1.0 / (1 + round % 64) as f32).unwrap();
            let op = Softmax { depth };
            let (input, output) = (&bench.input[..3 * depth], 3 * depth);
            Portable::softmax(&op, scale, input, &mut bench.portable[..output]);
            Dsp::softmax(&op, scale, input, &mut bench.dsp[..output]);
            assert_eq!(bench.portable[..output], bench.dsp[..output], "{op:?}");
            for row in bench.dsp[..output].chunks_exact(depth) {
                let sum: i32 = row.iter().map(|byte| i32::from(*byte) + 128).sum();
                // In units of 1/256; each element is rounded, and 1 becomes 255/256.
                let error = 1 + depth as i32 / 2;
                assert!((256 - error..=256 + error).contains(&sum), "{sum}");
            }
        }
    }

    #[test]
    fn extreme_operands_reach_both_bounds() {
        let mut bench = Bench::new(7);
        bench.fill(true);
        let (depth, channels) = (79, 6);
        bench.biases.fill(0);
        for (weight, input, expected) in [(127, 127, 127), (-128, 127, -128), (-128, -128, 127)] {
            bench.filter.fill(weight);
            bench.input.fill(input);
            let op = FullyConnected {
                batches: 1,
                depth,
                filter: &bench.filter[..channels * depth],
                bias: Bias::new(&bench.biases[..4 * channels]),
                input_offset: 0,
                output_offset: 0,
                bounds: [-128, 127],
            };
            let scale = Requantisation {
                multipliers: &[1 << 30],
                shifts: &[-2],
                narrow: true,
            };
            let output = &mut bench.dsp[..channels];
            Dsp::fully_connected(&op, &scale, &bench.input[..depth], output);
            assert_eq!(output, [expected; 6]);
        }
    }
}
