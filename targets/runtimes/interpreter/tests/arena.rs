//! The arena: exactly as large as `arena_needed` says, wherever it lies.

use tinybench_interpreter::{Interpreter, Model, PrepareError, arena_needed, planning_words};

mod common;

#[test]
fn exactly_the_bytes_needed_suffice() {
    for (name, file) in common::models(&common::fixtures()) {
        let model = Model::parse(&file).unwrap();
        let needed = arena_needed(&model).unwrap();
        let mut memory = common::arena(needed + 8);
        let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
        let interpreter = Interpreter::new(&model, &mut memory[..needed]);
        assert_eq!(interpreter.unwrap().arena_used(), needed, "{name}");
        for given in [0, 1, 4, needed / 2, needed - 1] {
            let interpreter = Interpreter::new(&model, &mut memory[..given]);
            let error = interpreter.err();
            assert_eq!(
                error,
                Some(PrepareError::ArenaTooSmall { needed, given }),
                "{name}"
            );
            // What is too small is planned anew in the room, which firmware has at hand.
            let mut room = vec![!0; planning_words(&model)];
            let interpreter = Interpreter::with_room(&model, &mut memory[..given], &mut room);
            assert_eq!(interpreter.err(), error, "{name}");
        }
    }
}

#[test]
fn an_unaligned_arena_needs_the_bytes_it_skips() {
    for (name, file) in common::models(&common::fixtures()) {
        let model = Model::parse(&file).unwrap();
        let needed = arena_needed(&model).unwrap();
        let mut memory = common::arena(needed + 8);
        let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
        for skipped in 1..=3 {
            let start = 4 - skipped;
            let enough = &mut memory[start..start + needed + skipped];
            assert!(Interpreter::new(&model, enough).is_ok(), "{name}");
            let given = needed + skipped - 1;
            let error = Interpreter::new(&model, &mut memory[start..start + given]);
            let needed = needed + skipped;
            let expected = PrepareError::ArenaTooSmall { needed, given };
            assert_eq!(error.err(), Some(expected), "{name}");
        }
    }
}

#[test]
fn nothing_outside_the_arena_is_written() {
    for (name, file) in common::models(&common::fixtures()) {
        let model = Model::parse(&file).unwrap();
        let needed = arena_needed(&model).unwrap();
        let mut memory = common::arena(needed + 64);
        let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
        let mut interpreter = Interpreter::new(&model, &mut memory[32..32 + needed]).unwrap();
        interpreter.invoke().unwrap();
        let outside = memory[..32].iter().chain(&memory[32 + needed..]);
        assert!(outside.into_iter().all(|&byte| byte == 0xa5), "{name}");
    }
}
