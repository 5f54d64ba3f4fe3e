//! The stages before and behind the inference, in an image that has a front end.

use core::slice;

use tinybench_interface::{Error, Task};
use tinybench_pipeline::features::FrontEnd;
use tinybench_pipeline::parameters::Kind;
use tinybench_pipeline::{Quantisation, answer};

use crate::block::{Failure, get, set};
use crate::cycles;
use crate::cycles::stage::Cycles;
use crate::parts::{self, TINYBENCH_FRONT_END};

static PREPROCESS: Cycles = Cycles::new();
static POSTPROCESS: Cycles = Cycles::new();

fn parts() -> &'static parts::FrontEnd {
    // SAFETY: who links the program defines it.
    unsafe { &TINYBENCH_FRONT_END }
}

fn front_end() -> FrontEnd<'static> {
    let parts = parts();
    let dct = parts.dct.values();
    FrontEnd {
        kind: match dct {
            [] => Kind::LogMel,
            _ => Kind::Mfcc,
        },
        frames: parts.frames,
        hop_samples: parts.hop_samples,
        fft_samples: parts.fft_samples,
        fft: parts.fft,
        mel_bands: parts.mel_bands,
        log_floor: parts.log_floor,
        window: parts.window.values(),
        first_bin: parts.first_bin,
        edges: parts.edges.values(),
        weights: parts.weights.values(),
        dct,
    }
}

/// Bytes of raw audio that the front end takes.
pub fn audio_bytes() -> usize {
    2 * front_end().samples()
}

/// Tells the host where the cycles of these stages are.
pub fn describe() {
    set!(preprocess_address = PREPROCESS.address());
    set!(postprocess_address = POSTPROCESS.address());
}

/// Features of `audio`, quantised for the model's input, into `input`.
pub fn preprocess(run: usize, audio: &[i16], input: &mut [i8]) -> Result<(), Failure> {
    let quantisation = quantisation(get!(input_quantisation));
    let front_end = front_end();
    let parts = parts();
    // SAFETY: who links the program sets so many words aside, zero at first, and nobody else uses them.
    let work = unsafe { slice::from_raw_parts_mut(parts.work, parts.work_words) };
    let (cycles, computed) =
        cycles::timed(run, || front_end.compute(audio, quantisation, work, input))?;
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
    let output = unsafe { slice::from_raw_parts(output.as_ptr().cast(), output.len()) };
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
