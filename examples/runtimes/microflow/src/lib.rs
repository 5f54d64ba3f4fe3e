//! MicroFlow behind tinybench's trait. Its macro compiles the model, whose path `build.rs` knows, into
//! code; what lies between its layers is on the stack. Outputs are floats, and made integers again here.

#![no_std]

use microflow::buffer::Buffer2D;
use tinybench_interface::{PrepareError, Runtime};

include!(concat!(env!("OUT_DIR"), "/model.rs"));

/// The engine.
pub struct MicroFlow {
    input: &'static mut [u8],
    output: &'static mut [u8],
}

impl Runtime for MicroFlow {
    const NAME: &'static str = "microflow";
    const VERSION: &'static str = "0.1.3";

    fn prepare(_: &'static [u8], arena: &'static mut [u8]) -> Result<Self, PrepareError> {
        let needed = INPUTS + OUTPUTS;
        let Some((own, _)) = arena.split_at_mut_checked(needed) else {
            return Err(PrepareError::ArenaTooSmall { needed });
        };
        let (input, output) = own.split_at_mut(INPUTS);
        Ok(Self { input, output })
    }

    fn input(&mut self) -> &mut [u8] {
        self.input
    }

    fn output(&self) -> &[u8] {
        self.output
    }

    fn invoke(&mut self) -> Result<(), u32> {
        let input = self.input.iter().map(|byte| byte.cast_signed());
        let answer = Model::predict_quantized(Buffer2D::<i8, 1, INPUTS>::from_iterator(input));
        for (byte, value) in self.output.iter_mut().zip(answer.iter()) {
            let steps = value / SCALE + ZERO_POINT;
            // To nearest, halves away from zero, and limited to 8 bits.
            let rounded = (steps + 0.5_f32.copysign(steps)) as i8;
            *byte = rounded.cast_unsigned();
        }
        Ok(())
    }

    fn arena_used(&self) -> usize {
        INPUTS + OUTPUTS
    }
}
