//! What an image is asked that is measured by a power instrument: windows of inferences that it runs
//! without a debugger, marked on a pin.
//!
//! Such an image has a [`Block`] beside the usual one. If the host has asked for windows there,
//! [`Command::Run`](crate::Command::Run) is carried out like this: the image waits until no debugger is
//! attached any more, rests, warms up, and then rests and runs a window by turns. It pulls its pin low
//! where a window begins and where it ends, and lets it go a little later. Behind the last window it
//! rests until a debugger is back, and answers. Each stage has windows of its own, in which it alone is
//! run over and over: the answer from an output takes less time than an instrument can tell apart.

use core::mem::offset_of;

/// Name of the ELF symbol of the [`Block`].
pub const SYMBOL: &str = "TINYBENCH_ENERGY";

/// First word of the block: `TBEN` in ASCII, little-endian.
pub const MAGIC: u32 = u32::from_le_bytes(*b"TBEN");

/// Version of this layout. An image of another version is refused by the host.
pub const VERSION: u32 = 2;

/// How many stages there can be.
pub const STAGES: usize = 3;

/// Their places in the block, in the order in which they are run.
pub mod stage {
    /// Features from raw audio.
    pub const PREPROCESS: usize = 0;
    /// The model.
    pub const INFERENCE: usize = 1;
    /// The answer from the model's output.
    pub const POSTPROCESS: usize = 2;
}

/// The block. Written by the image: I; by the host: H.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// I: [`MAGIC`], from the start.
    pub magic: u32,
    /// I: [`VERSION`], from the start.
    pub version: u32,
    /// H: how many windows each stage has; 0 for none.
    pub windows: u32,
    /// H: runs of each stage in a window; 0 for a stage that isn't measured.
    pub runs: [u32; STAGES],
    /// H: runs behind which the pin is let go that was pulled where the window began, less than
    /// `runs`.
    pub mark_runs: [u32; STAGES],
    /// H: runs of each stage before the first window, at least 1. They are timed by the cycle counter,
    /// which then is off, because it takes power.
    pub warm_up_runs: [u32; STAGES],
    /// H: how long each rest is, ms.
    pub rest_ms: u32,
    /// I: rounds of windows, one of each stage, that were run.
    pub done: u32,
    /// I: cycles of the warm-up of each stage.
    pub warm_up_cycles: [u32; STAGES],
}

impl Block {
    /// The block as the image holds it at link time.
    pub const INITIAL: Self = Self {
        magic: MAGIC,
        version: VERSION,
        windows: 0,
        runs: [0; STAGES],
        mark_runs: [0; STAGES],
        warm_up_runs: [0; STAGES],
        rest_ms: 0,
        done: 0,
        warm_up_cycles: [0; STAGES],
    };

    /// Size of the block in words.
    pub const WORDS: usize = size_of::<Self>() / 4;

    /// Where what the host writes begins, bytes.
    pub const HOSTS: usize = offset_of!(Self, windows);

    /// What the host writes, in address order.
    pub const fn hosts_words(&self) -> [u32; 2 + 3 * STAGES] {
        let [r0, r1, r2] = self.runs;
        let [m0, m1, m2] = self.mark_runs;
        let [w0, w1, w2] = self.warm_up_runs;
        [
            self.windows,
            r0,
            r1,
            r2,
            m0,
            m1,
            m2,
            w0,
            w1,
            w2,
            self.rest_ms,
        ]
    }

    /// Builds the block from the words read out of a target, in address order.
    pub const fn from_words(words: &[u32; Self::WORDS]) -> Self {
        let [
            magic,
            version,
            windows,
            r0,
            r1,
            r2,
            m0,
            m1,
            m2,
            w0,
            w1,
            w2,
            rest_ms,
            done,
            c0,
            c1,
            c2,
        ] = *words;
        Self {
            magic,
            version,
            windows,
            runs: [r0, r1, r2],
            mark_runs: [m0, m1, m2],
            warm_up_runs: [w0, w1, w2],
            rest_ms,
            done,
            warm_up_cycles: [c0, c1, c2],
        }
    }
}
