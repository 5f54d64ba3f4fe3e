//! `tinybench mlperf`

use super::run::RESULTS;
use crate::args::{BAUD, ENERGY_BAUD, Format, MlperfArgs, PATIENCE};
use crate::{stdout, table};
use clap::ValueEnum;
use jiff::Timestamp;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::PoisonError;
use std::time::Duration;
use tinybench_devices::mlperf;
use tinybench_devices::mlperf::device::Patience;
use tinybench_devices::mlperf::energy::TRACE;
use tinybench_devices::mlperf::energy::sampler::Sampler;
use tinybench_devices::mlperf::link::board::BoardLink;
use tinybench_devices::mlperf::link::metered::{MeteredLink, SharedSampler};
use tinybench_devices::mlperf::link::shared::SharedBoardLink;
use tinybench_devices::mlperf::link::{Link, SerialLink};
use tinybench_devices::mlperf::log::SessionLog;
use tinybench_devices::mlperf::record::{self, Target};
use tinybench_devices::mlperf::session::{self, Found, Plan, SessionError};
use tinybench_devices::mlperf::submission::{Mode, OFFICIAL_WINDOW, folder};
use tinybench_execution::build::{self, Engine, Opt};
use tinybench_execution::image::file::{self, FirmwareFile};
use tinybench_execution::power::metered::{self, Bench, Metering};
use tinybench_execution::run::{NothingToRun, images, limits};
use tinybench_execution::target::select::Choice;
use tinybench_execution::target::virtual_board;
use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::dataset::Task;
use tinybench_inputs::project::Project;
use tinybench_inputs::subject::VectorCount;
use tinybench_inputs::workload::Workloads;
use tinybench_instruments::emulated::Emulated;
use tinybench_instruments::{Instrument, TraceWriteError, open as open_meter};
use tinybench_record::{Asked, ExecutionKind, Places, RunRecord};
use tinybench_support::exit::{Exit, Exits, Failure};
use tinybench_support::number::{decimal, grouped};
use tinybench_support::printable::{printable, printable_path};
use tinybench_support::progress::Progress;
use tinybench_support::{exits_with, files, interrupt, listing};
use tinybench_virtual_board::{LoadError, Machine};

/// The shortest window on a virtual board, whose cycles are the same in every one: long enough for
/// the microsecond of the device's clock to be a millionth.
const VIRTUAL_WINDOW: Duration = Duration::from_secs(1);

/// The record's file in the folder of results.
const RECORD: &str = "record.json";

/// A session ended early.
#[derive(Debug, thiserror::Error)]
#[error("{source}\nthe log up to there: {}", log.display())]
struct Ended {
    source: SessionError,
    log: PathBuf,
}

impl Exits for Ended {
    fn exit(&self) -> Exit {
        self.source.exit()
    }
}

/// An image isn't one for the board.
#[derive(Debug, thiserror::Error)]
#[error("{} is no image for {board}: {source}", path.display())]
struct NoImage {
    path: PathBuf,
    board: String,
    source: LoadError,
}

/// There is no firmware of tinybench's own that runs a workload and speaks the protocol.
#[derive(Debug, thiserror::Error)]
#[error(
    "tinybench has no firmware for the MLPerf Tiny protocol with {workload}: it can do kws, vww, ic \
     and sww"
)]
struct NoFirmware {
    workload: String,
}

/// A board has fewer UARTs.
#[derive(Debug, thiserror::Error)]
#[error("{board} has no UART {uart}: --uart counts from 0")]
struct NoUart {
    board: String,
    uart: usize,
}

exits_with!(NoImage => Input, NoFirmware => Usage, NoUart => Usage);

/// Talks to a device and measures it.
pub fn mlperf(args: &MlperfArgs, project: &Project) -> Result<(), Failure> {
    let started = Timestamp::now();
    let board = match &args.board {
        Some(name) => {
            let mut board = Boards::open(&project.boards())?.load(name)?.told();
            if let Some(banks) = args.flash_banks {
                board.memory_system.dual_bank = Some(banks == 2);
            }
            Some(board)
        }
        None => None,
    };
    let Opened {
        mut link,
        target,
        window,
        kind,
        firmware_sha256,
        sampler,
    } = open(args, board.as_ref(), project)?;
    eprintln!("target: {target}");

    let out = args.out.clone().unwrap_or_else(|| {
        Path::new(RESULTS).join(format!("mlperf-{}", started.strftime("%Y%m%dT%H%M%SZ")))
    });
    let mut log = SessionLog::create(&out)?;
    let plan = Plan {
        task: args.task,
        data: args.data.as_deref(),
        modes: &modes(args),
        kind,
        samples: args.samples.map_or(VectorCount::All, |samples| samples.0),
        windows: args.windows,
        window: args.window.unwrap_or(window),
        patience: Patience {
            command: args.timeout,
            inference: args.timeout.saturating_mul(12),
        },
        sampler: sampler.as_ref(),
        out: &out,
    };
    let mut progress = Progress::stderr();
    progress.set_subject("mlperf");
    let found = session::run(link.as_mut(), &mut log, &plan, &mut progress);
    progress.end();
    let found = found.map_err(|source| Ended {
        source,
        log: log.path().to_owned(),
    })?;
    for warning in found.performance.iter().flat_map(|p| &p.warnings) {
        tracing::warn!("{warning}");
    }

    let record = match &board {
        Some(board) => {
            let energy = energy_record(&found, args, kind, &out)?;
            let target = Target {
                energy,
                board,
                kind,
                firmware_sha256,
                asked: published(asked(args)).kept(),
            };
            let record = record::record(&found, &target, started, project);
            record.map_err(|error| Ended {
                source: error.into(),
                log: log.path().to_owned(),
            })?
        }
        None => None,
    };
    let json = record.as_ref().map(RunRecord::to_json).transpose()?;
    interrupt::check()?;
    if let Some(json) = &json {
        files::write(&out.join(RECORD), json.as_bytes())?;
    }
    match (args.format, &json) {
        (Format::Json, Some(json)) => stdout::print(json.trim_end())?,
        _ => stdout::print(&text(&found, &target, kind, board.as_ref()))?,
    }
    eprintln!("results: {}", printable_path(&out));
    if json.is_some() {
        eprintln!("record: {}", printable_path(&out.join(RECORD)));
    }
    Ok(())
}

/// The command that asks for this again, with the options that were used.
fn asked(args: &MlperfArgs) -> Asked {
    let MlperfArgs {
        port,
        baud,
        board,
        firmware,
        workload,
        uart,
        flash_banks,
        task,
        data,
        mode,
        energy,
        power_meter,
        supply,
        samples,
        windows,
        window,
        timeout,
        out: _,
        format: _,
    } = args;
    let mut asked = Asked::new("mlperf");
    asked
        .options("--port", port)
        .options("--board", board)
        .paths("--firmware", firmware.as_deref())
        .options("--workload", workload)
        .options("--flash-banks", flash_banks)
        .options("--task", named(task.as_ref()))
        .paths("--data", data.as_deref())
        .options("--mode", named(mode.as_ref()))
        .options(
            "--samples",
            samples.map(|samples| match samples.0 {
                VectorCount::Count(count) => count.to_string(),
                VectorCount::Default | VectorCount::All => "all".to_owned(),
            }),
        )
        .options("--window", window.map(limits::time_text));
    asked.options("--baud", baud.filter(|baud| *baud != default_baud(args)));
    if *energy {
        asked
            .argument("--energy")
            .options("--power-meter", power_meter)
            .options("--supply", supply.map(|volts| format!("{volts}V")));
    }
    if *uart != 0 {
        asked.option("--uart", uart);
    }
    if *windows != mlperf::performance::WINDOWS {
        asked.option("--windows", windows);
    }
    if Some(*timeout) != limits::time(PATIENCE, limits::MAX_TIMEOUT) {
        asked.option("--timeout", limits::time_text(*timeout));
    }
    asked
}

/// A command as a record has it.
fn published(asked: Asked) -> Asked {
    Places::here(std::slice::from_ref(&asked)).command(&asked)
}

/// A value as the command line names it.
fn named(value: Option<&impl ValueEnum>) -> Option<String> {
    Some(value?.to_possible_value()?.get_name().to_owned())
}

/// A way to a device.
struct Opened {
    link: Box<dyn Link>,
    /// What it leads to, for people.
    target: String,
    /// How long a window is there.
    window: Duration,
    /// Whether it is a real one.
    kind: ExecutionKind,
    /// SHA-256 of the image, where it isn't on the device yet.
    firmware_sha256: Option<String>,
    /// The instrument that supplies it, if its energy is measured.
    sampler: Option<SharedSampler>,
}

/// The modes that the command line asks for: accuracy too, where there is a data set.
fn modes(args: &MlperfArgs) -> Vec<Mode> {
    if args.energy {
        return vec![Mode::Energy];
    }
    match (args.mode, &args.data) {
        (Some(mode), _) => vec![mode],
        (None, Some(_)) => vec![Mode::Performance, Mode::Accuracy],
        (None, None) => vec![Mode::Performance],
    }
}

/// The speed of a port unless the user says.
fn default_baud(args: &MlperfArgs) -> u32 {
    if args.energy { ENERGY_BAUD } else { BAUD }
}

/// Opens the way to the device, and has an instrument supply it if its energy is asked for.
fn open(args: &MlperfArgs, board: Option<&Board>, project: &Project) -> Result<Opened, Failure> {
    let metering = args.power_meter.as_ref().zip(args.supply);
    let metering = metering.map(|(meter, supply_v)| Metering {
        meter: meter.clone(),
        supply_v,
        windows: args.windows,
        window: args.window.unwrap_or(OFFICIAL_WINDOW),
        traces: PathBuf::new(),
    });
    match (&args.port, board) {
        (Some(port), _) => {
            let baud = args.baud.unwrap_or_else(|| default_baud(args));
            if let Some(metering) = &metering {
                metered::check_meter(metering, false)?;
            }
            let link: Box<dyn Link> = Box::new(SerialLink::open(port, baud)?);
            let (link, sampler) = match metering {
                None => (link, None),
                Some(metering) => {
                    let mut instrument = open_meter(metering.meter.kind(), metering.meter.port())?;
                    instrument.supply(metering.supply_v)?;
                    sampled(link, instrument, None, &metering)?
                }
            };
            Ok(Opened {
                link,
                target: format!("{} at {baud} baud", printable(port)),
                window: OFFICIAL_WINDOW,
                kind: ExecutionKind::Probe,
                firmware_sha256: None,
                sampler,
            })
        }
        (None, Some(board)) => {
            let metering = match metering {
                Some(metering) => {
                    let pin = metered::check(&metering, board, true)?;
                    Some((metering, pin))
                }
                None => None,
            };
            let pin = metering.as_ref().map(|(_, pin)| *pin);
            let path = match (&args.firmware, &args.workload) {
                (Some(path), _) => path.clone(),
                (None, Some(workload)) => build(workload, board, pin, project)?,
                (None, None) => return Err(NothingToRun.into()),
            };
            let image = file::read(&path, board.memory.flash.origin)?;
            let sha256 = image.sha256.clone();
            let (link, sampler) = match metering {
                None => {
                    let mut machine = virtual_board::make(board)?.machine;
                    boot(&mut machine, &path, &image, board, args.uart)?;
                    let link = BoardLink::new(machine, &board.name, args.uart, board.clock_hz);
                    (Box::new(link) as Box<dyn Link>, None)
                }
                Some((metering, pin)) => {
                    let choice = Choice::Virtual("--firmware or --workload".to_owned());
                    let bench = Bench::supplied(&metering, pin, &choice, board)?;
                    let (instrument, emulated, shared) = bench.into_parts();
                    // A choice of a virtual board gives one.
                    let shared = shared.ok_or(NothingToRun)?;
                    {
                        let mut board_in =
                            shared.board.lock().unwrap_or_else(PoisonError::into_inner);
                        boot(&mut board_in.machine, &path, &image, board, args.uart)?;
                    }
                    let link = SharedBoardLink::new(shared, &board.name, args.uart, board.clock_hz);
                    sampled(Box::new(link), instrument, emulated, &metering)?
                }
            };
            Ok(Opened {
                link,
                target: format!("virtual {}", board.name),
                window: VIRTUAL_WINDOW,
                kind: ExecutionKind::Virtual,
                firmware_sha256: Some(sha256),
                sampler,
            })
        }
        (None, None) => Err(NothingToRun.into()),
    }
}

/// A link beside which an instrument samples from now on.
fn sampled(
    link: Box<dyn Link>,
    instrument: Box<dyn Instrument>,
    emulated: Option<Emulated>,
    metering: &Metering,
) -> Result<(Box<dyn Link>, Option<SharedSampler>), Failure> {
    let kind = metering.meter.kind();
    let sampler = Sampler::start(instrument, emulated, kind, metering.supply_v, link.now())?;
    let sampler = SharedSampler(Rc::new(RefCell::new(sampler)));
    let link = MeteredLink::new(link, sampler.clone());
    Ok((Box::new(link), Some(sampler)))
}

/// The energy as the record has it, if it was measured.
fn energy_record(
    found: &Found,
    args: &MlperfArgs,
    kind: ExecutionKind,
    out: &Path,
) -> Result<Option<tinybench_record::Energy>, Failure> {
    let Some((energy, meter)) = found.energy.as_ref().zip(args.power_meter.as_ref()) else {
        return Ok(None);
    };
    let folder = folder(out, found.task, Mode::Energy);
    let source = metered::source(meter);
    let record = mlperf::energy::record::energy(energy, &source, kind.fidelity(), &folder, out);
    Ok(Some(
        record.map_err(TraceWriteError::of(&folder.join(TRACE)))?,
    ))
}

/// Builds the image that runs a workload and speaks the protocol. Gives its path.
fn build(
    workload: &str,
    board: &Board,
    mark_pin: Option<u32>,
    project: &Project,
) -> Result<PathBuf, Failure> {
    let workload = Workloads::open(&project.models())?.load(workload)?;
    // Of raw audio and of spectrograms as floats this firmware knows nothing.
    let task = Task::of_model(&workload.name).filter(|task| *task != Task::Ad);
    let task = task.ok_or_else(|| NoFirmware {
        workload: workload.name.clone(),
    })?;
    // It has a UART's driver for the chips that it sets up.
    if board.setup.is_none() {
        return Err(NoUart {
            board: board.name.clone(),
            uart: 0,
        }
        .into());
    }
    let runtime = project.runtimes().for_model(&workload.model)?;
    let engine = Engine::of_crates(&runtime).ok_or_else(|| NoFirmware {
        workload: workload.name.clone(),
    })?;
    let request = build::Request {
        project_root: project.root(),
        target: board.target(),
        engine,
        features: &[],
        operators: &runtime.host().operators(&workload.model),
        room_words: runtime.host().room_words(&workload.model),
        model: &workload.model_path,
        front_end: None,
        learning: false,
        mlperf_model: Some(task.data_folder()),
        mark_pin,
        code_offset: 0,
        opt: Opt::Speed,
        from_source: false,
        profile: false,
    };
    let mut progress = Progress::stderr();
    progress.set_subject(&workload.name);
    Ok(images::firmware(&request, &workload.name, &mut progress)?.elf)
}

/// Puts an image on the virtual counterpart of a board, which has the UART that is asked for.
fn boot(
    machine: &mut Machine,
    path: &Path,
    image: &FirmwareFile,
    board: &Board,
    uart: usize,
) -> Result<(), Failure> {
    machine.load(&image.image).map_err(|source| NoImage {
        path: path.to_owned(),
        board: board.name.clone(),
        source,
    })?;
    if machine.serial_input(uart, &[]) {
        return Ok(());
    }
    Err(NoUart {
        board: board.name.clone(),
        uart,
    }
    .into())
}

/// What was found, for people.
fn text(found: &Found, target: &str, kind: ExecutionKind, board: Option<&Board>) -> String {
    let mark = |number: &str| table::mark(kind.fidelity(), number);
    let mut text = format!(
        "{} ({}) on {target}\n",
        printable(&found.identity.model),
        printable(&found.identity.name)
    );
    let caveat = |window: Duration| match (kind, window < OFFICIAL_WINDOW) {
        (ExecutionKind::Virtual, _) => "≈ modelled, not measured: no result for a submission.\n",
        (ExecutionKind::Probe, true) => "A submission needs windows of at least 10 s.\n",
        (ExecutionKind::Probe, false) => "",
    };
    if let Some(performance) = &found.performance {
        let windows = performance.windows.iter().enumerate();
        let rows = windows.map(|(index, window)| {
            let us = window.us_per_inference();
            let cycles = board.map(|board| us * board.clock_hz as f64 / 1e6);
            [
                (index + 1).to_string(),
                grouped(window.inferences.into()),
                mark(&decimal(f64::from(window.elapsed_us()) / 1e6)),
                mark(&decimal(us / 1e3)),
                cycles.map_or_else(
                    || "-".to_owned(),
                    |cycles| mark(&grouped(cycles.round() as u64)),
                ),
                mark(&decimal(1e6 / us)),
            ]
        });
        let headings = [
            "window",
            "inferences",
            "time s",
            "latency ms",
            "cycles",
            "inferences/s",
        ];
        text += &format!(
            "\n{}\n\nMedian: {} inferences/s\n",
            listing::table(headings, rows),
            mark(&format!("{:.3}", performance.median_throughput()))
        );
        text += caveat(performance.window);
    }
    if let Some(energy) = &found.energy {
        let windows = energy.integral.windows.iter().zip(energy.windows_uj());
        let rows = windows.enumerate().map(|(index, (window, uj))| {
            [
                (index + 1).to_string(),
                grouped(energy.inferences.into()),
                mark(&decimal(window.duration_s)),
                mark(&decimal(window.mean_mw())),
                mark(&decimal(uj)),
            ]
        });
        let headings = ["window", "inferences", "time s", "power mW", "energy µJ"];
        text += &format!(
            "\n{}\n\nMedian: {} µJ an inference, by {} at {} V\n",
            listing::table(headings, rows),
            mark(&format!("{:.3}", energy.median_uj())),
            printable(&energy.header.instrument),
            energy.header.supply_v,
        );
        text += caveat(energy.window);
    }
    if let Some(accuracy) = &found.accuracy {
        let (run, all) = (accuracy.samples.len(), accuracy.available);
        text += &match run == all {
            true => format!("\nOf {all} samples:"),
            false => format!("\nOf {run} samples, out of {all}:"),
        };
        if let Some(top1) = accuracy.top1() {
            text += &format!(" top-1 {:.1} %", 100.0 * top1);
        }
        if let Some(auc) = accuracy.auc() {
            text += &format!(" AUC {auc:.3}");
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}
