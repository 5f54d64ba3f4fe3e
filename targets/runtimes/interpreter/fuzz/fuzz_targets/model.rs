//! Parses any bytes as a model and, if that succeeds and the model is small, runs it with both
//! kinds of kernels, whose outputs have to be equal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tinybench_interpreter::kernels::{Dsp, Kernels, Portable};
use tinybench_interpreter::operators::With;
use tinybench_interpreter::schema::builtin;
use tinybench_interpreter::{Interpreter, Model, PrepareError, arena_needed};

/// Largest arena and most multiply-accumulates of a model that is run.
const MAX_ARENA: usize = 1 << 20;
const MAX_MACS: u64 = 1 << 20;

fn run<K: Kernels>(file: &[u8], needed: usize) -> Option<Vec<u8>> {
    let model = Model::with(file, With::<K>::ALL).ok()?;
    let mut memory = vec![0_u64; needed.div_ceil(8)];
    let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
    let memory = &mut memory[..needed];
    let mut interpreter = match Interpreter::new(&model, memory) {
        Ok(interpreter) => interpreter,
        Err(PrepareError::Model(_)) => return None,
        Err(error) => panic!("{error}"),
    };
    for (index, value) in interpreter.input_bytes_mut().iter_mut().enumerate() {
        *value = (index * 37) as u8;
    }
    // Coded weights may turn out to be too few or too many.
    interpreter.invoke().ok()?;
    Some(interpreter.output_bytes().to_vec())
}

fuzz_target!(|file: &[u8]| {
    let Ok(model) = Model::parse(file) else {
        return;
    };
    let Ok(needed) = arena_needed(&model) else {
        return;
    };
    // A loop may never end.
    let loops = model.graphs().any(|graph| {
        let mut operators = graph.operators();
        operators.any(|it| model.code(&it).builtin == builtin::WHILE)
    });
    if needed < MAX_ARENA && model.macs() < MAX_MACS && !loops {
        assert_eq!(run::<Portable>(file, needed), run::<Dsp>(file, needed));
    }
});
