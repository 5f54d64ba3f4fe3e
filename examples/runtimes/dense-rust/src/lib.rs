//! An inference engine in Rust, as small as can be: chains of fully connected int8 layers, read in place
//! from a TensorFlow Lite file. An example of the trait `Runtime`; `docs/runtimes.md` walks through it.

#![no_std]

use tinybench_interface::{PrepareError, Runtime};

/// Codes of its own, which tinybench reports.
const DAMAGED: u32 = 100;
const TOO_MANY_LAYERS: u32 = 101;
const OTHER_OPERATOR: u32 = 102;
const OTHER_TYPE: u32 = 103;

const MOST_LAYERS: usize = 16;
const FULLY_CONNECTED: u8 = 9;
const INT8: u8 = 9;
const RELU: u8 = 1;

/// A place in a FlatBuffer.
#[derive(Clone, Copy)]
struct At(&'static [u8], usize);

impl At {
    fn bytes<const N: usize>(self) -> Option<[u8; N]> {
        self.0.get(self.1..)?.first_chunk().copied()
    }

    fn word(self) -> Option<i32> {
        self.bytes().map(i32::from_le_bytes)
    }

    fn byte(self) -> Option<u8> {
        self.0.get(self.1).copied()
    }

    /// What the reference here leads to.
    fn follow(self) -> Option<At> {
        Some(At(self.0, self.1.checked_add(self.word()? as usize)?))
    }

    /// A field of the table here.
    fn field(self, index: usize) -> Option<At> {
        let fields = At(self.0, self.1.wrapping_sub(self.word()? as usize));
        let offset = At(self.0, fields.1.wrapping_add(4 + 2 * index));
        let within = 4 + 2 * index < u16::from_le_bytes(fields.bytes()?) as usize;
        let offset = if within {
            u16::from_le_bytes(offset.bytes()?)
        } else {
            0
        };
        (offset != 0).then_some(At(self.0, self.1 + offset as usize))
    }

    fn table(self, index: usize) -> Option<At> {
        self.field(index)?.follow()
    }

    /// The element of the vector here.
    fn element(self, index: usize) -> Option<At> {
        (index < self.word()? as usize).then_some(At(self.0, self.1 + 4 + 4 * index))
    }
}

/// Scale and zero point of a tensor.
fn quantisation(tensor: At) -> Option<(f32, i32)> {
    let of_tensor = tensor.table(4)?;
    let scale = f32::from_bits(of_tensor.table(2)?.element(0)?.word()? as u32);
    let zero = of_tensor.table(3).and_then(|it| it.element(0)?.word());
    Some((scale, zero.unwrap_or(0)))
}

#[derive(Clone, Copy)]
struct Layer {
    weights: &'static [u8],
    bias: Option<At>,
    inputs: usize,
    outputs: usize,
    zeros: [i32; 3],
    multiplier: i32,
    shift: i32,
    least: i32,
}

impl Layer {
    fn read(model: At, operator: At) -> Result<Self, u32> {
        Self::parse(model, operator).ok_or(DAMAGED)?
    }

    /// None of a damaged file.
    fn parse(model: At, operator: At) -> Option<Result<Self, u32>> {
        let graph = model.table(2)?.element(0)?.follow()?;
        let code = operator.field(0).and_then(At::word).unwrap_or(0) as usize;
        let code = model.table(1)?.element(code)?.follow()?;
        if code.field(0).and_then(At::byte) != Some(FULLY_CONNECTED) {
            return Some(Err(OTHER_OPERATOR));
        }
        let tensor = |list: At, at: usize| {
            let index = list.element(at)?.word()?;
            graph.table(0)?.element(index as usize)?.follow()
        };
        let data = |tensor: At| {
            let buffer = tensor.field(2).and_then(At::word).unwrap_or(0) as usize;
            model.table(4)?.element(buffer)?.follow()?.table(0)
        };
        let from = operator.table(1)?;
        let [input, weights] = [tensor(from, 0)?, tensor(from, 1)?];
        let output = tensor(operator.table(2)?, 0)?;
        if [input, weights, output]
            .iter()
            .any(|it| it.field(1).and_then(|it| it.byte()) != Some(INT8))
        {
            return Some(Err(OTHER_TYPE));
        }
        let shape = weights.table(0)?;
        let [outputs, inputs] = [
            shape.element(0)?.word()? as usize,
            shape.element(1)?.word()? as usize,
        ];
        let values = data(weights)?;
        let bytes = outputs.checked_mul(inputs)?;
        let (from_scale, by_scale, to_scale) = (
            quantisation(input)?,
            quantisation(weights)?,
            quantisation(output)?,
        );
        let scale = f64::from(from_scale.0 * by_scale.0) / f64::from(to_scale.0);
        let (multiplier, shift) = fixed_point(scale);
        let activation = operator.table(4).and_then(|it| it.field(0)?.byte());
        Some(Ok(Self {
            weights: values.0.get(values.1 + 4..)?.get(..bytes)?,
            bias: tensor(from, 2).and_then(data),
            inputs,
            outputs,
            zeros: [from_scale.1, by_scale.1, to_scale.1],
            multiplier,
            shift,
            least: if activation == Some(RELU) {
                to_scale.1
            } else {
                -128
            },
        }))
    }

    fn run(&self, input: &[u8], output: &mut [u8]) {
        let [from, by, to] = self.zeros;
        let rows = self.weights.chunks_exact(self.inputs);
        for (row, (weights, output)) in rows.zip(output).enumerate() {
            let bias = self
                .bias
                .and_then(|it| it.element(row)?.word())
                .unwrap_or(0);
            let products = input.iter().zip(weights).map(|(&input, &weight)| {
                (i32::from(input.cast_signed()) - from) * (i32::from(weight.cast_signed()) - by)
            });
            let value = rescale(bias + products.sum::<i32>(), self.multiplier, self.shift) + to;
            *output = (value.max(self.least).min(127) as i8).cast_unsigned();
        }
    }
}

/// A scale as multiplier / 2^31 * 2^shift, rounded.
fn fixed_point(scale: f64) -> (i32, i32) {
    let bits = scale.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32 - 1022;
    // The 53 bits of the fraction become 31.
    let fraction = bits & ((1 << 52) - 1) | 1 << 52;
    let rounded = (fraction + (1 << 21)) >> 22;
    match rounded == 1 << 31 {
        true => (1 << 30, exponent + 1),
        false => (rounded as i32, exponent),
    }
}

/// Multiplies by multiplier / 2^31 * 2^shift, rounding twice, as TensorFlow Lite does.
fn rescale(value: i32, multiplier: i32, shift: i32) -> i32 {
    let product = i64::from(value << shift.max(0)) * i64::from(multiplier);
    let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
    let high = ((product + nudge) / (1 << 31)) as i32;
    let right = (-shift).max(0);
    let mask = (1 << right) - 1;
    let threshold = (mask >> 1) + i32::from(high < 0);
    (high >> right) + i32::from(high & mask > threshold)
}

/// The engine.
pub struct Dense {
    layers: [Option<Layer>; MOST_LAYERS],
    count: usize,
    widest: usize,
    arena: &'static mut [u8],
}

impl Dense {
    fn layer(&self, index: usize) -> &Layer {
        self.layers[index].as_ref().expect("prepare has read it")
    }
}

impl Runtime for Dense {
    const NAME: &'static str = "dense-rust";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn prepare(model: &'static [u8], arena: &'static mut [u8]) -> Result<Self, PrepareError> {
        let refused = |code| PrepareError::Model {
            code,
            operator: u32::MAX,
        };
        let damaged = || refused(DAMAGED);
        let root = At(model, 0).follow().ok_or_else(damaged)?;
        let graph = root.table(2).and_then(|it| it.element(0)?.follow());
        let operators = graph.and_then(|it| it.table(3)).ok_or_else(damaged)?;
        let count = operators.word().ok_or_else(damaged)? as usize;
        if count == 0 || count > MOST_LAYERS {
            return Err(refused(TOO_MANY_LAYERS));
        }
        let mut layers = [None; MOST_LAYERS];
        let mut widest = 0;
        for (index, place) in layers.iter_mut().take(count).enumerate() {
            let operator = operators
                .element(index)
                .and_then(At::follow)
                .ok_or_else(damaged)?;
            let layer = Layer::read(root, operator).map_err(refused)?;
            widest = widest.max(layer.inputs).max(layer.outputs);
            *place = Some(layer);
        }
        // Layers read from one half of the arena and write to the other.
        match arena.len() >= 2 * widest {
            true => Ok(Self {
                layers,
                count,
                widest,
                arena,
            }),
            false => Err(PrepareError::ArenaTooSmall { needed: 2 * widest }),
        }
    }

    fn input(&mut self) -> &mut [u8] {
        let inputs = self.layer(0).inputs;
        &mut self.arena[..inputs]
    }

    fn output(&self) -> &[u8] {
        let half = if self.count % 2 == 0 { 0 } else { self.widest };
        &self.arena[half..][..self.layer(self.count - 1).outputs]
    }

    fn invoke(&mut self) -> Result<(), u32> {
        let (first, second) = self.arena.split_at_mut(self.widest);
        for (index, layer) in self.layers.iter().take(self.count).flatten().enumerate() {
            let (input, output) = match index % 2 {
                0 => (&*first, &mut *second),
                _ => (&*second, &mut *first),
            };
            layer.run(&input[..layer.inputs], &mut output[..layer.outputs]);
        }
        Ok(())
    }

    fn arena_used(&self) -> usize {
        2 * self.widest
    }
}
