//! Learning on the device: streams of labelled samples, and how they are learnt from. `docs/knn-benchmark.md` is the definition.

mod stream;

pub use stream::{Arrival, BENCHMARK, Drift, Stream, StreamError};

use tinybench_learning::{Policy, Prediction};

/// What became of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was predicted for it.
    pub prediction: Option<Prediction>,
    /// Whether it is remembered.
    pub stored: bool,
    /// How many samples are remembered after it.
    pub samples: usize,
    /// The first sample behind a change, if there was an alarm.
    pub alarm: Option<u32>,
}

/// The policy's name, in streams and records.
pub fn policy_name(policy: Policy) -> &'static str {
    match policy {
        Policy::Incremental => "incremental",
        Policy::CondensingInTime => "condensing-in-time",
        Policy::Hybrid => "hybrid",
    }
}

/// The sizes of memory at which condensing is timed, in samples: an eighth, a quarter, a half and
/// all of the `capacity`, as far as the stream has `samples`.
pub fn condensing_sizes(capacity: usize, samples: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = [8, 4, 2, 1]
        .into_iter()
        .map(|part| (capacity / part).min(samples))
        .filter(|&size| size > 1)
        .collect();
    sizes.dedup();
    sizes
}
