//! Small models with the outputs of TensorFlow Lite Micro, run on the chip: every byte has to be
//! equal. They are those that the interpreter is tested with on the host.

#![no_std]
#![no_main]

// The start-up code.
use cortex_m_rt as _;

#[cfg(test)]
#[embedded_test::tests]
mod tests {
    use tinybench_interpreter::kernels::{Dsp, Kernels, Portable};
    use tinybench_interpreter::operators::With;
    use tinybench_interpreter::{Interpreter, Model};

    /// A file at an address as a model needs it.
    #[repr(C, align(16))]
    struct Aligned<T: ?Sized>(T);

    struct Fixture {
        name: &'static str,
        model: &'static Aligned<[u8]>,
        inputs: &'static [u8],
        outputs: &'static [u8],
    }

    macro_rules! fixture {
        ($name:literal, $model:literal, $inputs:literal, $outputs:literal) => {
            Fixture {
                name: $name,
                model: &Aligned(*include_bytes!($model)),
                inputs: include_bytes!($inputs),
                outputs: include_bytes!($outputs),
            }
        };
    }

    static FIXTURES: &[Fixture] = &include!(concat!(env!("OUT_DIR"), "/fixtures.rs"));

    /// Bytes of the largest arena that a fixture may need.
    const ARENA: usize = 16 * 1024;

    fn run<K: Kernels>() {
        let mut arena = Aligned([0_u8; ARENA]);
        let mut vectors = 0;
        for fixture in FIXTURES {
            let model = Model::with(&fixture.model.0, With::<K>::ALL).unwrap();
            let (input, output) = (model.input().bytes, model.output().bytes);
            let mut interpreter = Interpreter::new(&model, &mut arena.0).unwrap();
            let pairs = fixture.inputs.chunks_exact(input);
            for (given, expected) in pairs.zip(fixture.outputs.chunks_exact(output)) {
                for (to, from) in interpreter.input_mut().iter_mut().zip(given) {
                    *to = from.cast_signed();
                }
                interpreter.invoke().unwrap();
                let actual = interpreter.output().iter().map(|byte| byte.cast_unsigned());
                assert!(actual.eq(expected.iter().copied()), "{}", fixture.name);
                vectors += 1;
            }
        }
        assert!(FIXTURES.len() >= 30 && vectors >= 4 * FIXTURES.len());
    }

    #[test]
    fn portable_kernels_equal_tensorflow_lite_micro() {
        run::<Portable>();
    }

    #[test]
    fn dsp_kernels_equal_tensorflow_lite_micro() {
        run::<Dsp>();
    }
}
