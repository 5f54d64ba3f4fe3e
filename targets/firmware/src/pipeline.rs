//! The stages before and behind the inference, in an image that has a front end.

use core::cell::UnsafeCell;

use tinybench_interface::{Error, Task};
use tinybench_pipeline::features::{self, FrontEnd};
use tinybench_pipeline::parameters::Kind;
use tinybench_pipeline::{Quantisation, answer};

use crate::block::{Failure, get, set};
use crate::cycles;
use crate::cycles::stage::Cycles;

include!(concat!(env!("OUT_DIR"), "/front_end.rs"));

/// Bytes of raw audio that the front end takes.
pub const AUDIO_BYTES: usize = 2 * FRONT_END.samples();

static PREPROCESS: Cycles = Cycles::new();
static POSTPROCESS: Cycles = Cycles::new();

struct Work(UnsafeCell<[f32; FRONT_END.work_words()]>);

// SAFETY: one thread of execution, and only `preprocess` uses it.
unsafe impl Sync for Work {}

#[unsafe(link_section = ".bss.tinybench_pipeline")]
static WORK: Work = Work(UnsafeCell::new([0.0; FRONT_END.work_words()]));

/// Tells the host where the cycles of these stages are.
pub fn describe() {
    set!(preprocess_address = PREPROCESS.address());
    set!(postprocess_address = POSTPROCESS.address());
}

/// Features of `audio`, quantised for the model's input, into `input`.
pub fn preprocess(run: usize, audio: &[i16], input: &mut [i8]) -> Result<(), Failure> {
    if input.len() != FEATURES {
        return Err(Failure::new(Error::BadStages));
    }
    let quantisation = quantisation(get!(input_quantisation));
    // SAFETY: nobody else uses it meanwhile.
    let work = unsafe { &mut *WORK.0.get() };
    let (cycles, computed) =
        cycles::timed(run, || FRONT_END.compute(audio, quantisation, work, input))?;
    PREPROCESS.set(run, cycles);
    computed.ok_or(Failure::new(Error::BadStages))
}

/// The answer that `output` gives to `input`, into the block.
pub fn postprocess(run: usize, input: &[i8], output: &[u8]) -> Result<(), Failure> {
    let task = Task::from_u32(get!(task)).ok_or(Failure::new(Error::BadStages))?;
    let (from, to) = (
        quantisation(get!(input_quantisation)),
        quantisation(get!(output_quantisation)),
    );
    // SAFETY: any byte is an int8, and the two have one size and alignment.
    let output = unsafe { core::slice::from_raw_parts(output.as_ptr().cast(), output.len()) };
    let (cycles, answer) = cycles::timed(run, || match task {
        Task::Classification => answer::largest(output) as u32,
        Task::Anomaly => answer::mean_squared_error(input, from, output, to).to_bits(),
    })?;
    POSTPROCESS.set(run, cycles);
    set!(answer = answer);
    Ok(())
}

fn quantisation([scale, zero_point]: [u32; 2]) -> Quantisation {
    Quantisation {
        scale: f32::from_bits(scale),
        zero_point: zero_point.cast_signed(),
    }
}
