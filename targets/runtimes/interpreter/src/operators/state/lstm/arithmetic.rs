//! The arithmetic of the gates: integers with sums of 32 and 64 bits, and float32.

use bytemuck::Pod;

use super::{BIASES, CELL, GATES, HIDDEN, INPUT, INPUT_WEIGHTS, RECURRENT_WEIGHTS};
use crate::file::flatbuffer::Vector;
use crate::file::schema::unidirectional_sequence_lstm as field;
use crate::kernels::dot::Value;
use crate::kernels::products::{dot_float32, multiply_wide};
use crate::kernels::{Bias, Multiplier};
use crate::model::operator::Operator;
use crate::operators::elementwise::sigmoid::{logistic, logistic_in_q15, tanh_in_q15};
use crate::run::Run;

/// The candidate among the gates, the one whose nonlinearity is a hyperbolic tangent.
const CANDIDATE: usize = 2;

/// A row of weights, and the values that it is multiplied with.
type Product<'a, W, V> = (&'a [W], &'a [V]);

/// What happens to the elements of one unit.
pub(super) trait Gates {
    /// Inputs, outputs, and the hidden state.
    type Value: Pod;
    /// Weights.
    type Weight: Pod;
    /// Gates and the cell state.
    type Cell: Pod;

    /// What a gate lets through: the nonlinearity of both products and the bias.
    fn gate(
        &self,
        gate: usize,
        unit: usize,
        products: [Product<Self::Weight, Self::Value>; 2],
    ) -> Self::Cell;

    /// The new cell state, from input gate, forget gate and candidate.
    fn cell(&self, gates: [Self::Cell; 3], old: Self::Cell) -> Self::Cell;

    /// The new hidden state, from the output gate.
    fn hidden(&self, gate: Self::Cell, cell: Self::Cell) -> Self::Value;
}

/// Float32.
pub(super) struct Float<'m> {
    biases: [&'m [f32]; GATES],
    clip: f32,
}

impl<'m> Float<'m> {
    pub fn new(run: &Run<'_, '_, 'm>) -> Option<Self> {
        Some(Self {
            biases: [0, 1, 2, 3].map(|gate| run.operator.input(BIASES + gate).floats()),
            clip: run.operator.option(field::CELL_CLIP, 0.0),
        })
    }
}

/// A number that is finite, or NaN.
fn finite(value: f32) -> f32 {
    value.clamp(f32::MIN, f32::MAX)
}

impl Gates for Float<'_> {
    type Value = f32;
    type Weight = f32;
    type Cell = f32;

    fn gate(&self, gate: usize, unit: usize, [input, hidden]: [Product<f32, f32>; 2]) -> f32 {
        let bias = self.biases.get(gate).and_then(|biases| biases.get(unit));
        let input = dot_float32(0.0, input.0, input.1) + bias.copied().unwrap_or(0.0);
        let sum = finite(input) + finite(dot_float32(0.0, hidden.0, hidden.1));
        match gate {
            CANDIDATE => libm::tanhf(sum),
            _ => logistic(sum),
        }
    }

    fn cell(&self, [input, forget, candidate]: [f32; 3], old: f32) -> f32 {
        let cell = finite(forget * old) + finite(input * candidate);
        if self.clip > 0.0 {
            return self.clip.min(cell).max(-self.clip);
        }
        cell
    }

    fn hidden(&self, gate: f32, cell: f32) -> f32 {
        finite(libm::tanhf(cell) * gate)
    }
}

/// Words of constants: multiplier and shift of both products of each gate, and of the three
/// products of states; factor and shift of the cell state's hyperbolic tangent, and the bound of
/// the cell state.
pub(super) const WORDS: usize = 2 * PRODUCTS + 3;

/// Products that are scaled: of the inputs by gate, of the hidden state by gate, of the forget gate
/// and the cell, of the input gate and the candidate, of the output gate and the cell.
const PRODUCTS: usize = 2 * GATES + 3;

/// As [`prepare`], with shifts for which [`multiply_wide`] is defined.
pub(super) fn prepare_wide(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    prepare(operator, constants)?;
    let (pairs, _) = constants.as_chunks::<2>();
    let gates = pairs.get(..2 * GATES)?;
    gates
        .iter()
        .all(|&[_, shift]| (shift as i32) < 15)
        .then_some(false)
}

pub(super) fn prepare(operator: &Operator, constants: &mut [u32]) -> Option<bool> {
    // Gates are in units of 2^-12 before their nonlinearity, 2^-15 after.
    const SUM: f64 = 1.0 / 4096.0;
    const GATE: f64 = 1.0 / 32768.0;
    let scale = |at| operator.input(at).quantisation().scale;
    let (cell, hidden) = (f64::from(scale(CELL)), f64::from(scale(HIDDEN)));
    let mut reals = [0.0; PRODUCTS];
    let (sums, products) = reals.split_at_mut_checked(2 * GATES)?;
    for (gate, real) in sums.iter_mut().enumerate() {
        // The product of the scales is a float32.
        let (from, weights) = match gate.checked_sub(GATES) {
            None => (INPUT, INPUT_WEIGHTS + gate),
            Some(gate) => (HIDDEN, RECURRENT_WEIGHTS + gate),
        };
        *real = f64::from(scale(from) * scale(weights)) / SUM;
    }
    let found = [GATE * cell / cell, GATE * GATE / cell, GATE * GATE / hidden];
    for (to, from) in products.iter_mut().zip(found) {
        *to = from;
    }
    let mut words = constants.iter_mut();
    for real in reals {
        let multiplier = Multiplier::from_real(real)?;
        *words.next()? = multiplier.multiplier as u32;
        *words.next()? = i32::from(multiplier.shift) as u32;
    }
    let [factor, shift] = tangent(scale(CELL));
    let clip = f64::from(operator.option(field::CELL_CLIP, 0.0_f32)) / cell;
    let clip = if clip > 0.0 {
        clip.min(32767.0) as u32
    } else {
        u32::MAX
    };
    for word in [factor, shift, clip] {
        *words.next()? = word;
    }
    Some(false)
}

/// Factor and right shift from a cell state to the argument of the hyperbolic tangent, in units of
/// 1/12288: the nearest power of two to the scale counts.
fn tangent(scale: f32) -> [u32; 2] {
    let bits = scale.to_bits();
    let mantissa = f32::from_bits(bits & 0x7f_ffff | 127 << 23);
    let up = i32::from(mantissa > core::f32::consts::SQRT_2);
    let left = (bits >> 23) as i32 - 127 + up + 12;
    match u32::try_from(left) {
        Ok(left) => [3_u32.wrapping_shl(left), 0],
        Err(_) => [3, left.unsigned_abs()],
    }
}

/// What the gates of all integers have in common.
struct Scales<'r> {
    products: &'r [[u32; 2]],
    tangent: [u32; 2],
    clip: i32,
    /// Zero points of the input and of the hidden state.
    zero_points: [i32; 2],
    /// Those of the weights: of inputs and of hidden states by gate.
    weights: [[i32; GATES]; 2],
}

impl<'r> Scales<'r> {
    fn new(run: &Run<'r, '_, '_>) -> Option<Self> {
        let constants = run.memory.constants.get(..WORDS)?;
        let (products, rest) = constants.as_chunks();
        let &[[factor, shift]] = products.get(PRODUCTS..)?.first_chunk()?;
        let zero_point = |at| run.operator.input(at).quantisation().zero_point;
        let weights = |first| [0, 1, 2, 3].map(|gate| zero_point(first + gate));
        Some(Self {
            products,
            tangent: [factor, shift],
            clip: *rest.first()? as i32,
            zero_points: [zero_point(INPUT), zero_point(HIDDEN)],
            weights: [weights(INPUT_WEIGHTS), weights(RECURRENT_WEIGHTS)],
        })
    }

    fn multiplier(&self, product: usize) -> Multiplier {
        let &[multiplier, shift] = self.products.get(product).unwrap_or(&[0, 0]);
        Multiplier {
            multiplier: multiplier as i32,
            shift: shift as i8,
        }
    }

    /// The sums of both products of a gate, the first with a bias.
    fn sums<V: Value>(
        &self,
        gate: usize,
        bias: i64,
        [input, hidden]: [Product<i8, V>; 2],
    ) -> [i64; 2] {
        let [input_zero, hidden_zero] = self.zero_points;
        let weights = self
            .weights
            .map(|zeros| zeros.get(gate).copied().unwrap_or(0));
        let sum = |start, product: Product<i8, V>, weight: i32, value: i32| {
            let weights = (product.0, weight.wrapping_neg());
            Value::dot(start, weights, (product.1, value.wrapping_neg()))
        };
        [
            sum(bias, input, weights[0], input_zero),
            sum(0, hidden, weights[1], hidden_zero),
        ]
    }

    /// Multiplies two elements.
    fn product(&self, product: usize, a: i16, b: i16) -> i32 {
        let multiplier = self.multiplier(2 * GATES + product);
        multiplier.apply(i32::from(a).wrapping_mul(b.into()))
    }

    /// A gate after its nonlinearity, from the scaled products.
    fn gate(&self, gate: usize, [input, hidden]: [i32; 2]) -> i16 {
        let sum = narrow(i32::from(narrow(input)) + i32::from(narrow(hidden)));
        // In units of 1/12288.
        let argument = 3 * i32::from(sum);
        match gate {
            CANDIDATE => tanh_in_q15(argument),
            _ => logistic_in_q15(argument),
        }
    }

    fn cell(&self, [input, forget, candidate]: [i16; 3], old: i16) -> i16 {
        let kept = narrow(self.product(0, forget, old));
        let new = narrow(self.product(1, input, candidate));
        let cell = narrow(i32::from(kept) + i32::from(new));
        if self.clip >= 0 {
            return i32::from(cell).min(self.clip).max(-self.clip) as i16;
        }
        cell
    }

    fn hidden(&self, gate: i16, cell: i16) -> i32 {
        let [factor, shift] = self.tangent;
        let shift = shift & 31;
        let half = if shift > 0 { 1 << (shift - 1) } else { 0 };
        let argument = i32::from(cell).wrapping_mul(factor as i32);
        let tangent = tanh_in_q15(argument.wrapping_add(half) >> shift);
        let product = self.product(2, tangent, gate);
        let [_, zero_point] = self.zero_points;
        product.wrapping_add(zero_point)
    }
}

fn narrow(value: i32) -> i16 {
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// Int8 with int8 weights: sums of 32 bits.
pub(super) struct Integer<'r, 'm> {
    scales: Scales<'r>,
    biases: [Bias<'m>; GATES],
}

impl<'r, 'm> Integer<'r, 'm> {
    pub fn new(run: &Run<'r, '_, 'm>) -> Option<Self> {
        Some(Self {
            scales: Scales::new(run)?,
            biases: [0, 1, 2, 3].map(|gate| Bias::new(run.operator.input(BIASES + gate).data())),
        })
    }
}

impl Gates for Integer<'_, '_> {
    type Value = i8;
    type Weight = i8;
    type Cell = i16;

    fn gate(&self, gate: usize, unit: usize, products: [Product<i8, i8>; 2]) -> i16 {
        let bias = self.biases.get(gate).map_or(0, |biases| biases.get(unit));
        let [input, hidden] = self.scales.sums(gate, bias.into(), products);
        let input = self.scales.multiplier(gate).apply(input as i32);
        let hidden = self.scales.multiplier(GATES + gate).apply(hidden as i32);
        self.scales.gate(gate, [input, hidden])
    }

    fn cell(&self, gates: [i16; 3], old: i16) -> i16 {
        self.scales.cell(gates, old)
    }

    fn hidden(&self, gate: i16, cell: i16) -> i8 {
        self.scales.hidden(gate, cell).clamp(-128, 127) as i8
    }
}

/// Int16 with int8 weights: sums of 64 bits.
pub(super) struct Wide<'r, 'm> {
    scales: Scales<'r>,
    biases: [Vector<'m, i64>; GATES],
}

impl<'r, 'm> Wide<'r, 'm> {
    pub fn new(run: &Run<'r, '_, 'm>) -> Option<Self> {
        Some(Self {
            scales: Scales::new(run)?,
            biases: [0, 1, 2, 3].map(|gate| Vector::new(run.operator.input(BIASES + gate).data())),
        })
    }
}

impl Gates for Wide<'_, '_> {
    type Value = i16;
    type Weight = i8;
    type Cell = i16;

    fn gate(&self, gate: usize, unit: usize, products: [Product<i8, i16>; 2]) -> i16 {
        let bias = self.biases.get(gate).and_then(|biases| biases.get(unit));
        let [input, hidden] = self.scales.sums(gate, bias.unwrap_or(0), products);
        let input = multiply_wide(self.scales.multiplier(gate), input);
        let hidden = multiply_wide(self.scales.multiplier(GATES + gate), hidden);
        self.scales.gate(gate, [input, hidden])
    }

    fn cell(&self, gates: [i16; 3], old: i16) -> i16 {
        self.scales.cell(gates, old)
    }

    fn hidden(&self, gate: i16, cell: i16) -> i16 {
        narrow(self.scales.hidden(gate, cell))
    }
}
