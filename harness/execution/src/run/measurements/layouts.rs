//! What the place of the code alone changes: the same objects, linked further on in flash, and timed again.

use tinybench_inputs::subject::{Subject, VectorCount};
use tinybench_record::{Latency, Layout, Layouts};
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::order::median;
use tinybench_support::progress::Progress;

use crate::build::Library;
use crate::run::images::{Parts, Purpose};
use crate::run::request::Request;
use crate::run::setting::Setting;
use crate::verify::TargetOutputs;

/// How much further on the code begins in each layout, bytes: a line of a cache and a word, so that it
/// comes to lie at every word of a line, each time in other lines.
const STEP: u32 = 36;

/// The image of a layout gives other outputs than the first one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{subject}: {offset} bytes further on in flash the same code gives other outputs: it depends on its \
     address, or on memory that nobody has written"
)]
pub struct OtherOutputs {
    /// The subject.
    pub subject: String,
    /// How much further on, bytes.
    pub offset: u32,
}

exits_with!(OtherOutputs => Mismatch);

/// What the first layout took and gave.
#[derive(Clone, Copy, Debug)]
pub struct First<'a> {
    /// Its latency.
    pub latency: &'a Latency,
    /// Its outputs, which were verified.
    pub outputs: &'a TargetOutputs,
}

/// Times the subject of `parts` in `count` layouts, of which the first is `first`; `library` holds its
/// runtime, where that isn't one of the project's own.
///
/// In the others the first vector alone is run. The same objects give the same outputs, to the bit.
///
/// # Errors
/// Of a build and a target; outputs that aren't those of the first layout.
pub fn measure(
    setting: &Setting,
    parts: Parts,
    library: Option<&Library>,
    first: First,
    count: u32,
    progress: &mut Progress,
) -> Result<Layouts, Failure> {
    let Parts { board, subject, .. } = parts;
    let request = Request {
        vectors: VectorCount::Count(1),
        profile: false,
        ..setting.request.clone()
    };
    // Learning doesn't count for the latency, and takes its time.
    let timed = Subject {
        learning: None,
        ..subject.clone()
    };
    let timed = Parts {
        subject: &timed,
        ..parts
    };
    let mut each = vec![Layout::new(0, first.latency.median_cycles)];
    for offset in (1..count).map(|it| it * STEP) {
        let built = parts.image(library, Purpose::Layout(offset), progress)?;
        let probe = setting.open()?;
        let measured = super::of_subject(&request, timed, probe, &built, progress)?;
        if !first
            .outputs
            .bytes
            .starts_with(&measured.measurement.outputs.bytes)
        {
            return Err(OtherOutputs {
                subject: subject.name.clone(),
                offset,
            }
            .into());
        }
        let cycles = median(&measured.measurement.cycles).unwrap_or_default();
        each.push(Layout::new(offset, cycles));
    }
    Ok(Layouts::new(each, board.clock_hz))
}
