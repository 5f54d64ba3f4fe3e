//! `tinybench mlperf`

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::boards::warn_of_unknown_keys;
use super::run::RESULTS;
use crate::board::{Board, Boards};
use crate::cli::MlperfArgs;
use crate::error::Error;
use crate::firmware_file;
use crate::listing;
use crate::mlperf::board_link::BoardLink;
use crate::mlperf::device::Patience;
use crate::mlperf::link::{Link, SerialLink};
use crate::mlperf::log::SessionLog;
use crate::mlperf::session::{self, Found, Plan};
use crate::mlperf::submission::{Mode, OFFICIAL_WINDOW};
use crate::printable::printable;
use crate::progress::Progress;
use crate::project::Project;
use crate::stdout;
use crate::subject::VectorCount;
use crate::table::{decimal, grouped};
use crate::virtual_board;

/// The shortest window on a virtual board, whose cycles are the same in every one: long enough for
/// the microsecond of the device's clock to be a millionth.
const VIRTUAL_WINDOW: Duration = Duration::from_secs(1);

/// Talks to a device and measures it.
pub fn mlperf(args: &MlperfArgs, project: &Project) -> Result<(), Error> {
    let started = Timestamp::now();
    let board = match &args.board {
        Some(name) => {
            let loaded = Boards::open(&project.boards())?.load(name)?;
            warn_of_unknown_keys(name, &loaded.unknown_keys);
            Some(loaded.board)
        }
        None => None,
    };
    let (mut link, target, window) = open(args, board.as_ref())?;
    eprintln!("target: {target}");

    let out = args.out.clone().unwrap_or_else(|| {
        Path::new(RESULTS).join(format!("mlperf-{}", started.strftime("%Y%m%dT%H%M%SZ")))
    });
    let mut log = SessionLog::create(&out).map_err(Error::MlperfLog)?;
    let plan = Plan {
        task: args.task,
        data: args.data.as_deref(),
        modes: &modes(args),
        samples: args.samples.map_or(VectorCount::All, |samples| samples.0),
        window: args.window.unwrap_or(window),
        patience: Patience {
            command: args.timeout,
            inference: args.timeout.saturating_mul(12),
        },
        out: &out,
    };
    let mut progress = Progress::stderr();
    progress.set_subject("mlperf");
    let found = session::run(link.as_mut(), &mut log, &plan, &mut progress);
    progress.end();
    let found = found.map_err(|source| Error::Mlperf {
        source,
        log: log.path().to_owned(),
    })?;
    stdout::print(&text(&found, &target, board.as_ref()))?;
    eprintln!("results: {}", out.display());
    Ok(())
}

/// The modes that the command line asks for: accuracy too, where there is a data set.
fn modes(args: &MlperfArgs) -> Vec<Mode> {
    match (args.mode, &args.data) {
        (Some(mode), _) => vec![mode],
        (None, Some(_)) => vec![Mode::Performance, Mode::Accuracy],
        (None, None) => vec![Mode::Performance],
    }
}

/// Opens the way to the device. Also says where that is, and how long a window is there.
fn open(
    args: &MlperfArgs,
    board: Option<&Board>,
) -> Result<(Box<dyn Link>, String, Duration), Error> {
    match (&args.port, &args.firmware, board) {
        (Some(port), ..) => {
            let link = SerialLink::open(port, args.baud).map_err(Error::MlperfLink)?;
            let target = format!("{} at {} baud", printable(port), args.baud);
            Ok((Box::new(link), target, OFFICIAL_WINDOW))
        }
        (None, Some(firmware), Some(board)) => {
            let link = boot(firmware, board, args.uart)?;
            let target = format!("virtual {}", board.name);
            Ok((Box::new(link), target, VIRTUAL_WINDOW))
        }
        (None, ..) => Err(Error::NothingToRun),
    }
}

/// Puts an image on the virtual counterpart of a board.
fn boot(firmware: &PathBuf, board: &Board, uart: usize) -> Result<BoardLink, Error> {
    let image = firmware_file::read(firmware, board.memory.flash.origin)?;
    let mut machine = virtual_board::make(board)?.machine;
    machine.load(&image).map_err(|source| Error::FirmwareLoad {
        path: firmware.clone(),
        board: board.name.clone(),
        source,
    })?;
    if !machine.serial_input(uart, &[]) {
        return Err(Error::NoUart {
            board: board.name.clone(),
            uart,
        });
    }
    Ok(BoardLink::new(machine, &board.name, uart, board.clock_hz))
}

/// What was found, for people.
fn text(found: &Found, target: &str, board: Option<&Board>) -> String {
    let mut text = format!(
        "{} ({}) on {target}\n",
        printable(&found.identity.model),
        printable(&found.identity.name)
    );
    if let Some(performance) = &found.performance {
        let windows = performance.windows.iter().enumerate();
        let rows = windows.map(|(index, window)| {
            let us = window.us_per_inference();
            let cycles = board.map(|board| us * board.clock_hz as f64 / 1e6);
            [
                (index + 1).to_string(),
                grouped(window.inferences.into()),
                decimal(f64::from(window.elapsed_us()) / 1e6),
                decimal(us / 1e3),
                cycles.map_or_else(|| "-".to_owned(), |cycles| grouped(cycles.round() as u64)),
                decimal(1e6 / us),
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
            "\n{}\n\nMedian: {:.3} inferences/s\n",
            listing::table(headings, rows),
            performance.median_throughput()
        );
        if performance.window < OFFICIAL_WINDOW {
            text += "A submission needs windows of at least 10 s.\n";
        }
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
