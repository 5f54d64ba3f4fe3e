//! Energy measured by a power instrument: the image runs windows of inferences without a debugger and
//! marks them on a pin, the instrument tells current and marks, and their sum is the energy.
//!
//! On a virtual board the instrument is emulated: at the other end of a pseudo-terminal, as far away as a
//! real one is, it measures the board's pin and a current that depends on whether the core sleeps.

mod bench;
mod error;
mod pin;
mod request;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tinybench_inputs::board::{Board, Memory};
use tinybench_inputs::subject::Subject;
use tinybench_instruments::trace::{self, Header};
use tinybench_instruments::{
    Event, Instrument, InstrumentError, Integral, Integration, Meter, Plan, TraceFile,
    TraceWriteError, statistics,
};
use tinybench_interface::{Command, energy as block};
use tinybench_record::{self as record, Fidelity, Other};
use tinybench_support::exit::Failure;
use tinybench_support::hash::{sha256_hex, sha256_of};
use tinybench_support::progress::Progress;

use crate::image::{Image, ImageError, UnreadableImage};
use crate::measure::PipelinePlan;
use crate::target::Target;
use crate::target::conversation::{Conversation, ImageView};
use crate::target::session::{Session, leave};
use pin::mark_pin;

pub use bench::{Bench, Passed, SharedBoard};
pub use error::MeteringError;
pub use request::{Metering, WINDOWS, default_window};

/// How long each rest is, ms, and how much of it the board may need to come to rest.
const REST_MS: u32 = 500;
const SETTLE_S: f64 = 0.002;
/// How long the warm-up is at least, and that of a virtual board.
const WARM_UP: Duration = Duration::from_secs(1);
const VIRTUAL_WARM_UP: Duration = Duration::from_millis(50);
/// How long the pin is low where a window begins, at least.
const MARK: Duration = Duration::from_micros(100);
/// For how much longer than expected the windows are waited for.
const PATIENCE: f64 = 1.5;
const MORE_PATIENCE: Duration = Duration::from_secs(10);
/// An instrument that says nothing for so long has stopped.
const SILENCE: Duration = Duration::from_secs(10);
/// How long to wait for samples at once.
const SLICE: Duration = Duration::from_millis(100);

/// What is measured.
pub struct Measured<'a> {
    /// The board.
    pub board: &'a Board,
    /// The subject.
    pub subject: &'a Subject,
    /// The ELF file of an image for power instruments.
    pub elf: &'a [u8],
    /// The same, read.
    pub image: &'a Image,
    /// The first of the vectors that were run, from 0, and its output.
    pub vector: usize,
    /// That output, as it was verified.
    pub output: &'a [u8],
    /// What is needed to run all stages from raw audio, if they are.
    pub pipeline: Option<PipelinePlan<'a>>,
    /// The latency of each stage of a run, s, in the order of [`block::stage`]; 0 for one that there isn't.
    pub latencies_s: [f64; block::STAGES],
    /// How long the target may take for an answer.
    pub timeout: Duration,
    /// The name of the trace's file, without what comes behind the point.
    pub name: &'a str,
}

/// Measures the energy of an inference.
///
/// # Errors
/// Of instrument and target, and whatever makes the measurement worthless.
pub fn measure(
    metering: &Metering,
    bench: &mut Bench,
    measured: &Measured,
    progress: &mut Progress,
) -> Result<record::Energy, Failure> {
    let board = measured.board;
    let asked = windows(metering, measured.latencies_s, bench.is_virtual());
    let image = measured.image;
    let no_block = ImageError::NoBlock {
        symbol: block::SYMBOL,
    };
    let address = image.energy_address.ok_or(UnreadableImage(no_block))?;
    let symbolise = |address| image.symbolise(address).map(|it| it.function);
    let view = ImageView {
        block_address: image.block_address,
        memory: Memory {
            ram: board.memory.all_ram(),
            ..board.memory
        },
        symbolise: &symbolise,
    };

    let mut session = Session::attach(bench.probe(board)?, board)?;
    session.flash(measured.elf, progress)?;
    begin(&mut session, view, address, &asked, measured)?;
    session.run_on().map_err(MeteringError::from)?;
    leave(bench.probe(board)?).map_err(MeteringError::from)?;

    let path = metering.traces.join(trace_name(measured.name));
    let kind = metering.meter.kind();
    let header = Header {
        schema: trace::SCHEMA.to_owned(),
        instrument: kind.title().to_owned(),
        sample_rate_hz: bench.instrument.capability().sample_rate_hz,
        supply_v: metering.supply_v,
        mark_input: kind.mark_input(),
    };
    let integration = sample(
        &mut *bench.instrument,
        &header,
        &asked,
        measured.latencies_s,
        &path,
        progress,
    )?;

    progress.begin("attaching again", None);
    let mut session = Session::attach(bench.probe(board)?, board)?;
    let ended = end(&mut session, view, address, measured);
    let expected_s = stages(&asked).map(|stage| {
        let latency_s = match &ended {
            Ok(block) => {
                let warm_up_s = f64::from(block.warm_up_cycles[stage]) / board.clock_hz as f64;
                warm_up_s / f64::from(asked.warm_up_runs[stage])
            }
            Err(_) => measured.latencies_s[stage],
        };
        latency_s * f64::from(asked.runs[stage])
    });
    let integral = integration.finish(&expected_s.collect::<Vec<_>>());
    // An inference that ended early leaves no marks: that it did is what has to be told.
    if let Err(error) = ended {
        return Err(error.into());
    }
    if !integral.flaws.is_empty() {
        let (flaws, trace) = (integral.flaws, path);
        return Err(MeteringError::Worthless { flaws, trace }.into());
    }
    progress.end();
    let energy = energy(metering, bench, &header, &asked, &integral, &path);
    Ok(energy.map_err(TraceWriteError::of(&path))?)
}

/// The name of the trace of what is called `name`, which may have come from outside: letters and digits,
/// and with others in it something that tells it from what looks alike.
fn trace_name(name: &str) -> String {
    let known = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.chars().all(known) {
        return format!("{name}.trace.gz");
    }
    let plain: String = name
        .chars()
        .map(|c| if known(c) { c } else { '-' })
        .take(60)
        .collect();
    format!("{plain}-{}.trace.gz", &sha256_hex(name.as_bytes())[..8])
}

/// How many runs make windows of the length that is asked for.
fn windows(
    metering: &Metering,
    latencies_s: [f64; block::STAGES],
    is_virtual: bool,
) -> block::Block {
    let runs = |time: Duration| {
        latencies_s.map(|latency_s| {
            if latency_s > 0.0 {
                (time.as_secs_f64() / latency_s).ceil().clamp(1.0, 1e9) as u32
            } else {
                0
            }
        })
    };
    let mark_runs = runs(MARK);
    let mut of_window = runs(metering.window);
    for (runs, mark_runs) in of_window.iter_mut().zip(mark_runs) {
        if *runs > 0 {
            *runs = (*runs).max(mark_runs + 1);
        }
    }
    let warm_up = if is_virtual { VIRTUAL_WARM_UP } else { WARM_UP };
    block::Block {
        windows: metering.windows,
        runs: of_window,
        mark_runs,
        warm_up_runs: runs(warm_up),
        rest_ms: REST_MS,
        ..block::Block::INITIAL
    }
}

/// The stages that have windows, in order.
fn stages(asked: &block::Block) -> impl Iterator<Item = usize> {
    let runs = asked.runs;
    (0..block::STAGES).filter(move |&stage| runs[stage] > 0)
}

/// Has the image begin its windows. The core is left halted.
fn begin(
    session: &mut Session,
    view: ImageView,
    address: u32,
    asked: &block::Block,
    measured: &Measured,
) -> Result<(), Failure> {
    let subject = measured.subject;
    let mut conversation =
        Conversation::start(session, view, measured.timeout).map_err(MeteringError::from)?;
    let mut words = [0; block::Block::WORDS];
    conversation
        .target()
        .read_words(address, &mut words)
        .map_err(MeteringError::from)?;
    let found = block::Block::from_words(&words);
    if (found.magic, found.version) != (block::MAGIC, block::VERSION) {
        let (found, expected) = (found.version, block::VERSION);
        return Err(MeteringError::Version { found, expected }.into());
    }
    let set_up = |conversation: &mut Conversation<Session>| {
        conversation.prepare(None)?;
        match &measured.pipeline {
            None => {
                let bytes = subject.facts.input_bytes;
                let input = &subject.inputs[measured.vector * bytes..][..bytes];
                conversation.write_input(input)?;
            }
            Some(plan) => {
                conversation.begin_pipeline(plan.task, plan.input, plan.output)?;
                let audio = &plan.audio[measured.vector * plan.vector_bytes..];
                conversation.write_audio(&audio[..plan.vector_bytes])?;
            }
        }
        conversation
            .target()
            .write_words(address + block::Block::HOSTS as u32, &asked.hosts_words())?;
        conversation.begin(Command::Run)
    };
    set_up(&mut conversation).map_err(|error| MeteringError::from(error).into())
}

/// Adds up what the instrument says until the last window has ended.
fn sample(
    instrument: &mut dyn Instrument,
    header: &Header,
    asked: &block::Block,
    latencies_s: [f64; block::STAGES],
    path: &Path,
    progress: &mut Progress,
) -> Result<Integration, Failure> {
    let mut trace = TraceFile::create(path, header)?;
    let rest_s = f64::from(REST_MS) / 1_000.0;
    let windows = f64::from(asked.windows);
    let of_stage = |stage: usize| {
        let latency_s = latencies_s[stage];
        let window_s = latency_s * f64::from(asked.runs[stage]);
        latency_s * f64::from(asked.warm_up_runs[stage]) + windows * (window_s + rest_s)
    };
    let all_s = rest_s + stages(asked).map(of_stage).sum::<f64>();
    let all_windows = asked.windows * stages(asked).count() as u32;
    let patience = Duration::from_secs_f64(all_s * PATIENCE) + MORE_PATIENCE;
    let mut integration = Integration::new(Plan {
        sample_rate_hz: header.sample_rate_hz,
        supply_v: header.supply_v,
        mark_input: header.mark_input,
        windows: all_windows,
        settle_s: SETTLE_S,
        late_s: instrument.capability().told_within_s,
    });

    progress.begin("measuring energy", Some(all_windows.into()));
    instrument.start().map_err(MeteringError::from)?;
    let mut heard = Instant::now();
    let mut events = Vec::new();
    let mut outcome = Ok(());
    // By the instrument's time: that of an emulated one doesn't pass as ours does.
    while !integration.is_settled()
        && !integration.has_ended()
        && (integration.samples() as f64) < patience.as_secs_f64() * header.sample_rate_hz
    {
        events.clear();
        outcome = instrument.read(&mut events, SLICE);
        if outcome.is_err() {
            break;
        }
        let taken = integration.feed_until_settled(&events);
        trace.write(&events[..taken])?;
        progress.set(integration.windows_done(), all_windows.into());
        if events.iter().any(|event| matches!(event, Event::Sample(_))) {
            heard = Instant::now();
        } else if heard.elapsed() > SILENCE {
            break;
        }
    }
    let mut last = Vec::new();
    if outcome.is_ok() {
        let stopped = instrument.stop(&mut last);
        // Before the last window there is more that is wrong, and is told.
        if integration.is_complete() {
            outcome = stopped;
        }
    }
    if !integration.is_settled() {
        trace.write(&last)?;
    }
    trace.keep()?;
    outcome.map_err(MeteringError::from)?;
    Ok(integration)
}

/// Reads what the image says behind its windows.
fn end(
    session: &mut Session,
    view: ImageView,
    address: u32,
    measured: &Measured,
) -> Result<block::Block, MeteringError> {
    session
        .join(measured.timeout)
        .map_err(|error| view.locate(error))?;
    let mut conversation = Conversation::resume(session, view, measured.timeout, Command::Run)?;
    let mut words = [0; block::Block::WORDS];
    conversation.target().read_words(address, &mut words)?;
    // What a run leaves in an input that is in the arena isn't the input any more.
    if !conversation.input_is_in_arena()
        && conversation.read_output(measured.output.len())? != measured.output
    {
        return Err(MeteringError::Output);
    }
    Ok(block::Block::from_words(&words))
}

/// The figures.
fn energy(
    metering: &Metering,
    bench: &Bench,
    header: &Header,
    asked: &block::Block,
    integral: &Integral,
    path: &Path,
) -> io::Result<record::Energy> {
    // Windows of the stages come by turns.
    let of_stages: Vec<record::StageEnergy> = stages(asked)
        .enumerate()
        .map(|(place, stage)| {
            let runs = asked.runs[stage];
            let windows = integral.windows.iter().skip(place);
            let windows = windows.step_by(stages(asked).count());
            let windows_uj: Vec<f64> = windows.map(|it| it.energy_uj / f64::from(runs)).collect();
            let (uj, interval_uj) = statistics::mean_and_interval(&windows_uj).unwrap_or_default();
            record::StageEnergy {
                uj,
                interval_uj,
                runs: runs.into(),
                windows_uj,
                other: Other::new(),
            }
        })
        .collect();
    let rounds = 0..asked.windows as usize;
    let of_round = |round: usize| of_stages.iter().map(|it| it.windows_uj[round]).sum::<f64>();
    let windows_uj: Vec<f64> = rounds.map(of_round).collect();
    let (mean, interval_uj) = statistics::mean_and_interval(&windows_uj).unwrap_or_default();
    // Mean power is that of a whole run: the stages by their own times.
    let powers = integral
        .windows
        .iter()
        .zip(stages(asked).collect::<Vec<_>>().into_iter().cycle());
    let [energy, time] = powers.fold([0.0, 0.0], |[energy, time], (window, stage)| {
        let runs = f64::from(asked.runs[stage]);
        [
            energy + window.energy_uj / runs,
            time + window.duration_s / runs,
        ]
    });
    let peaks = integral.windows.iter().map(|it| it.peak_mw);
    let folder = metering.traces.file_name().map(Path::new);
    let file = path.file_name().map(Path::new);
    let file = folder.unwrap_or(Path::new("")).join(file.unwrap_or(path));
    Ok(record::Energy {
        uj_per_inference: mean,
        mean_mw: energy / time / 1_000.0,
        source: source(&metering.meter),
        supply: Some(format!("{} V", metering.supply_v)),
        fidelity: if bench.is_virtual() {
            Fidelity::Modelled
        } else {
            Fidelity::Measured
        },
        stated_error: None,
        metered: Some(record::Metered {
            instrument: header.instrument.clone(),
            supply_v: header.supply_v,
            sample_rate_hz: header.sample_rate_hz,
            samples: integral.samples,
            inferences: asked.runs[block::stage::INFERENCE].into(),
            windows_uj,
            interval_uj,
            peak_mw: peaks.fold(0.0, f64::max),
            idle_mw: integral.idle_mw,
            stages: <[_; block::STAGES]>::try_from(of_stages).ok().map(
                |[preprocess, inference, postprocess]| record::EnergyStages {
                    preprocess,
                    inference,
                    postprocess,
                    other: Other::new(),
                },
            ),
            trace: record::TraceFile {
                file: file.to_string_lossy().replace('\\', "/"),
                sha256: sha256_of(path)?,
                other: Other::new(),
            },
            course: course(integral),
            other: Other::new(),
        }),
        other: Other::new(),
    })
}

/// What a record says an energy is from.
pub fn source(meter: &Meter) -> String {
    match meter {
        Meter::Attached(kind, _) => kind.word().to_owned(),
        Meter::Emulated(kind) => format!("emulated-{}", kind.word()),
    }
}

/// The course of the power, with its windows, as a record has it.
pub fn course(integral: &Integral) -> record::Course {
    let overview = &integral.overview;
    record::Course {
        step_s: overview.step_s,
        mean_mw: overview.mean_mw.clone(),
        peak_mw: overview.peak_mw.clone(),
        windows: integral
            .windows
            .iter()
            .map(|it| [it.start_s, it.start_s + it.duration_s])
            .collect(),
        other: Other::new(),
    }
}

/// Refuses a subject whose windows the image can't run.
///
/// # Errors
/// What it is.
pub fn check_subject(subject: &Subject) -> Result<(), MeteringError> {
    let why = if subject.learning.is_some() {
        "it learns"
    } else if subject.samples.steps() > 1 {
        "its inferences are steps of a sequence"
    } else {
        return Ok(());
    };
    Err(MeteringError::Subject(subject.name.clone(), why))
}

/// Refuses what doesn't go together, before anything is built. Returns the number of the pin on which the
/// image marks its windows.
///
/// # Errors
/// A real instrument with a virtual board or the reverse; a voltage that isn't supplied; a board file
/// without what it needs.
pub fn check(metering: &Metering, board: &Board, is_virtual: bool) -> Result<u32, MeteringError> {
    check_meter(metering, is_virtual)?;
    if is_virtual && board.power.is_none() {
        return Err(MeteringError::NoCurrents(board.name.clone()));
    }
    mark_pin(board).map_err(|problem| MeteringError::Pin {
        board: board.name.clone(),
        problem,
    })
}

/// The same of the instrument alone, where no board is named.
///
/// # Errors
/// A real instrument with a virtual board or the reverse; a voltage that isn't supplied.
pub fn check_meter(metering: &Metering, is_virtual: bool) -> Result<(), MeteringError> {
    match (&metering.meter, is_virtual) {
        (Meter::Attached(..), true) => {
            return Err(MeteringError::Contradiction(
                "a power instrument measures a real board, and this one is virtual: run on the real \
                 one, or try the way with --power-meter emulated-ppk2",
            ));
        }
        (Meter::Emulated(_), false) => {
            return Err(MeteringError::Contradiction(
                "an emulated instrument measures virtual boards only: run on one, or name an \
                 instrument that is attached",
            ));
        }
        _ => {}
    }
    let kind = metering.meter.kind();
    let supplies = kind
        .capability()
        .check_supply(kind.title(), metering.supply_v);
    supplies.map_err(InstrumentError::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use tinybench_instruments::trace::Reader;
    use tinybench_instruments::{Capability, Kind, Sample};
    use tinybench_support::exit::Exit;
    use tinybench_support::interrupt::Interrupted;

    use super::*;

    /// An instrument that is at rest for a tenth of a second, and then ends like this.
    struct Ends(Option<InstrumentError>, u32);

    impl Instrument for Ends {
        fn capability(&self) -> Capability {
            Kind::Ppk2.capability()
        }

        fn supply(&mut self, _: f64) -> Result<(), InstrumentError> {
            Ok(())
        }

        fn start(&mut self) -> Result<(), InstrumentError> {
            Ok(())
        }

        fn read(&mut self, events: &mut Vec<Event>, _: Duration) -> Result<(), InstrumentError> {
            if self.1 == 100 {
                return self.0.take().map_or(Ok(()), Err);
            }
            self.1 += 1;
            let sample = Event::Sample(Sample {
                ma: 1.0,
                logic: u8::MAX,
                saturated: false,
            });
            events.extend(vec![sample; 100]);
            Ok(())
        }

        fn stop(&mut self, _: &mut Vec<Event>) -> Result<(), InstrumentError> {
            Ok(())
        }
    }

    #[test]
    fn nothing_of_a_measurement_that_is_interrupted_is_lost() {
        let lost = InstrumentError::Lost {
            instrument: "one that ends".to_owned(),
            source: io::ErrorKind::BrokenPipe.into(),
        };
        for (error, exit) in [
            (Interrupted.into(), Exit::Interrupted),
            (lost, Exit::NoTarget),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("new.traces/kws.trace.gz");
            let mut instrument = Ends(Some(error), 0);
            let header = Header {
                schema: trace::SCHEMA.to_owned(),
                instrument: "one that ends".to_owned(),
                sample_rate_hz: instrument.capability().sample_rate_hz,
                supply_v: 3.0,
                mark_input: 0,
            };
            let asked = block::Block {
                windows: 2,
                runs: [0, 10, 0],
                ..block::Block::INITIAL
            };
            let latencies_s = [0.0, 0.1, 0.0];
            let mut progress = Progress::hidden();
            let ended = sample(
                &mut instrument,
                &header,
                &asked,
                latencies_s,
                &path,
                &mut progress,
            );
            assert_eq!(ended.err().unwrap().exit(), exit);
            let mut reader = Reader::new(File::open(&path).unwrap()).unwrap();
            let mut events = Vec::new();
            while reader.read(&mut events).unwrap() {}
            assert_eq!(events.len(), 10_000);
            // Nothing half-done beside it.
            assert_eq!(
                std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
                1
            );
        }
    }
}
