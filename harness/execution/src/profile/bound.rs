//! The least cycles that a Cortex-M4F could do with for an operator.
//!
//! By the Cortex-M4 Technical Reference Manual (DDI 0439D, 3.3.1 and 7.2.3): SMLAD multiplies and
//! adds two pairs of 16-bit values in a cycle; of float32 a product and a sum take a cycle each; a load or
//! store of a word takes a cycle at least where it overlaps with others. The core begins one instruction
//! a cycle, so that all of it adds up. Every weight and every input is read once and every output
//! written once, four bytes at a time.

use tinybench_inputs::runtimes::description::{Operator, OperatorTensor};
use tinybench_virtual_board::CoreModel;

/// Bytes of a tensor, by its shape and type.
pub(super) fn bytes(tensor: &OperatorTensor) -> u64 {
    let elements = tensor
        .shape
        .iter()
        .copied()
        .fold(1_u64, u64::saturating_mul);
    elements
        .saturating_mul(bits(&tensor.element_type))
        .div_ceil(8)
}

/// Bits of an element: the number at the end of its type's name.
fn bits(element_type: &str) -> u64 {
    let digits = element_type.trim_start_matches(|it: char| !it.is_ascii_digit());
    digits.parse().unwrap_or(8)
}

/// The least cycles for an operator that moves `activation_bytes` of inputs and outputs, on a `core` as board
/// files name it; none of one with other instructions.
pub(super) fn cycles(core: &str, operator: &Operator, activation_bytes: u64) -> Option<u64> {
    if core != CoreModel::CortexM4F.name() {
        return None;
    }
    let input = operator.inputs.iter().flatten().next();
    let float = input.is_some_and(|it| it.element_type.starts_with("float"));
    let macs = operator.macs.unwrap_or(0);
    let arithmetic = match float {
        true => macs.saturating_mul(2),
        false => macs.div_ceil(2),
    };
    let moved = operator.weight_bytes.saturating_add(activation_bytes);
    Some(arithmetic.saturating_add(moved.div_ceil(4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_bits_that_their_names_say() {
        let all = [
            "int8", "uint8", "int16", "float32", "int64", "int4", "bool", "string",
        ];
        assert_eq!(all.map(bits), [8, 8, 16, 32, 64, 4, 8, 8]);
    }

    #[test]
    fn two_products_a_cycle_and_four_bytes_a_cycle() {
        let tensor = |element_type: &str, shape: &[u64], constant| OperatorTensor {
            index: 0,
            name: String::new(),
            element_type: element_type.to_owned(),
            shape: shape.to_vec(),
            constant,
        };
        let operator = |element_type: &str| Operator {
            index: 0,
            subgraph: 0,
            name: "FULLY_CONNECTED".to_owned(),
            version: 1,
            options: Vec::new(),
            inputs: vec![
                Some(tensor(element_type, &[1, 16], false)),
                Some(tensor(element_type, &[4, 16], true)),
                None,
            ],
            outputs: vec![tensor(element_type, &[1, 4], false)],
            macs: Some(64),
            weight_bytes: 64,
            zero_channels: None,
            runs: true,
            high_water_bytes: None,
            live_bytes: None,
        };
        let on_m4f = |operator: &Operator, bytes| cycles("cortex-m4f", operator, bytes);
        assert_eq!(on_m4f(&operator("int8"), 20), Some(32 + 16 + 5));
        assert_eq!(on_m4f(&operator("float32"), 80), Some(128 + 16 + 20));
        // Of another core nothing is said, rather than something wrong.
        for core in ["cortex-m0plus", "cortex-m7", "cortex-m33"] {
            assert_eq!(cycles(core, &operator("int8"), 20), None);
        }
        assert_eq!(bytes(&operator("int16").outputs[0]), 8);
    }
}
