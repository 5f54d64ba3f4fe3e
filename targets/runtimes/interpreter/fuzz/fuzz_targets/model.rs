//! Parses any bytes as a model and, if that succeeds and the model is small, runs some steps of it,
//! and again after a reset, with both kinds of kernels, whose outputs have to be equal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tinybench_interpreter::kernels::{Dsp, Kernels, Portable};
use tinybench_interpreter::operators::With;
use tinybench_interpreter::schema::builtin;
use tinybench_interpreter::{Interpreter, Model, PrepareError, arena_needed, room_needed};

/// Largest arena and most multiply-accumulates of a model that is run.
const MAX_ARENA: usize = 1 << 20;
const MAX_MACS: u64 = 1 << 20;

/// What one way of running a model gives: after each step all outputs, or that the inference ended
/// there.
type Steps = Vec<Option<Vec<u8>>>;

/// Feeds three steps, the inputs of each other than before.
fn steps(interpreter: &mut Interpreter, model: &Model) -> Steps {
    let mut steps = Steps::new();
    for step in 0..3_usize {
        for position in 0..model.inputs().count() {
            let input = interpreter.input_at_mut(position);
            for (index, value) in input.iter_mut().enumerate() {
                *value = (index * 37 + step * 101 + position) as u8;
            }
        }
        // Coded weights may turn out to be too few or too many, positions out of range.
        let ran = interpreter.invoke().is_ok();
        steps.push(ran.then(|| {
            let outputs = 0..model.outputs().count();
            outputs
                .flat_map(|position| interpreter.output_at(position).to_vec())
                .collect()
        }));
    }
    steps
}

fn run<K: Kernels>(file: &[u8], needed: usize, room: usize) -> Option<Steps> {
    let model = Model::with(file, With::<K>::ALL).ok()?;
    let mut memory = vec![0_u64; needed.div_ceil(8)];
    let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
    let memory = &mut memory[..needed];
    let mut room = vec![0; room];
    let mut interpreter = match Interpreter::with_room(&model, memory, &mut room) {
        Ok(interpreter) => interpreter,
        Err(PrepareError::Model(_)) => return None,
        Err(error) => panic!("{error}"),
    };
    let found = steps(&mut interpreter, &model);
    interpreter.reset();
    steps(&mut interpreter, &model);
    Some(found)
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
        let room = room_needed(file);
        assert_eq!(
            run::<Portable>(file, needed, 0),
            run::<Dsp>(file, needed, room)
        );
    }
});
