//! Learning on the device: a stream of labelled samples, what a learner makes of it on the host,
//! and how that compares with what the target did. `docs/knn-benchmark.md` is the definition.

mod figures;
mod reference;
mod stream;

pub use figures::figures;
pub use reference::{LearningMismatch, Step, verify};
pub use stream::{Arrival, BENCHMARK, Drift, Stream, StreamError};

use tinybench_learning::Policy;

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
