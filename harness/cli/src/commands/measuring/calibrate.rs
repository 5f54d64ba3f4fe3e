//! `tinybench calibrate`

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use probe_rs::probe::Probe;
use probe_rs::probe::list::Lister;
use tinybench_virtual_board::timing::TimingParameters;

use crate::args::{CalibrateArgs, Format};
use crate::stdout;
use tinybench_devices::calibrate::CalibrateError;
use tinybench_devices::calibrate::benchmarks::{self, Benchmark, Features};
use tinybench_devices::calibrate::board_file;
use tinybench_devices::calibrate::chip::Chip;
use tinybench_devices::calibrate::cores::Core;
use tinybench_devices::calibrate::counts::Counts;
use tinybench_devices::calibrate::fit::{self, Measured, Simulate};
use tinybench_devices::calibrate::layout::Layout;
use tinybench_devices::calibrate::measure::{check_counter, check_model, check_stability, measure};
use tinybench_devices::calibrate::model::Model;
use tinybench_devices::calibrate::report::{self, Report, ReportedBoard, ReportedTarget};
use tinybench_devices::calibrate::runner::{Counters, Expected, Runner};
use tinybench_execution::build::{self, CalibrationRequest, Event, Firmware};
use tinybench_execution::image::Image;
use tinybench_execution::image::UnreadableImage;
use tinybench_execution::run::images::place;
use tinybench_execution::target::conversation::ImageView;
use tinybench_execution::target::select::{self, Choice};
use tinybench_execution::target::session::Session;
use tinybench_execution::target::virtual_board::{self, OpenVirtual};
use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::project::Project;
use tinybench_inputs::workload::MAX_DATA_BYTES;
use tinybench_record::{ExecutionKind, Fidelity};
use tinybench_support::exit::Failure;
use tinybench_support::files;
use tinybench_support::interrupt;
use tinybench_support::json;
use tinybench_support::progress::Progress;

/// How long one sequence may take before the target counts as hung.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where probes come from.
#[derive(Clone, Copy)]
pub struct Openers<'a> {
    /// What stands in for a probe that is attached, if anything does.
    pub target: Option<OpenVirtual<'a>>,
    /// Makes the virtual board that is the model.
    pub model: OpenVirtual<'a>,
}

/// Calibrates as the command line asks.
pub fn run(args: &CalibrateArgs, project: &Project) -> Result<(), Failure> {
    let openers = Openers {
        target: None,
        model: &virtual_board::open,
    };
    let (report, files) = calibrate(args, project, openers)?;
    match args.format {
        Format::Json => stdout::print(json::text(&report)?.trim_end())?,
        Format::Table => stdout::print(&report.table())?,
    }
    for path in files {
        eprintln!("written: {}", path.display());
    }
    Ok(())
}

/// Calibrates, writes what was asked for, and returns the report and the files' paths.
pub fn calibrate(
    args: &CalibrateArgs,
    project: &Project,
    openers: Openers,
) -> Result<(Report, Vec<PathBuf>), Failure> {
    if let Some(path) = &args.fit {
        board_file::name_of(path)?;
    }
    let board = Boards::open(&project.boards())?.load(&args.board)?.told();
    let Some(core) = Core::named(&board.core) else {
        let (board, core) = (board.name, board.core);
        return Err(CalibrateError::OtherCore { board, core }.into());
    };
    if board.virtual_board.is_none() {
        return Err(CalibrateError::NoModel { board: board.name }.into());
    }
    let target = Target::choose(args, &board, openers.target)?;
    if args.fit.is_some() && target.is_none() {
        return Err(CalibrateError::NothingToFit.into());
    }
    if let Some(path) = &args.fit {
        files::try_write(path)?;
    }
    if let Some(folder) = &args.out {
        files::try_write_new(folder)?;
    }
    // A probe that isn't there is told before anything is built.
    let probe = target
        .as_ref()
        .map(|target| target.open(&board))
        .transpose()?;

    let mut progress = Progress::stderr();
    progress.set_subject(&board.name);
    let bench = Bench::new(project, &board, core, &mut progress)?;
    let mut notes = Vec::new();
    let measured = match (&target, probe) {
        (Some(target), Some(probe)) => {
            let (mut counts, kind) = bench.run(probe, "measuring", &mut progress)?;
            notes = report::drop_dead_counters(&mut counts);
            check_stability(&bench.benchmarks, &counts)?;
            let reported = ReportedTarget {
                probe: target.name(),
                fidelity: match kind {
                    ExecutionKind::Probe => Fidelity::Measured,
                    ExecutionKind::Virtual => Fidelity::Modelled,
                },
            };
            Some((counts, reported))
        }
        _ => None,
    };
    let probe = (openers.model)(&board)?;
    let (modelled, _) = bench.run(probe, "modelling", &mut progress)?;
    check_model(&bench.benchmarks, &modelled)?;

    let counts = measured.as_ref().map(|(counts, _)| counts.as_slice());
    let rows = report::rows(&bench.benchmarks, counts, &modelled);
    let fit = match (&args.fit, counts) {
        (Some(_), Some(counts)) => Some(bench.fit(counts, &mut progress)?),
        _ => None,
    };
    progress.end();
    let report = Report {
        schema: report::SCHEMA.to_owned(),
        tinybench: env!("CARGO_PKG_VERSION").to_owned(),
        board: ReportedBoard {
            name: board.name.clone(),
            chip: board.chip.clone(),
            clock_hz: board.clock_hz,
        },
        firmware_sha256: bench.firmware.sha256.clone(),
        target: measured.map(|(_, reported)| reported),
        rules: report::rules(&rows),
        benchmarks: rows,
        notes,
        fit: fit.as_ref().map(|fit| fit.report.clone()),
    };
    let files = write(args, project, &board, &report)?;
    Ok((report, files))
}

/// Writes the files that were asked for. What can fail without writing comes first.
fn write(
    args: &CalibrateArgs,
    project: &Project,
    board: &Board,
    report: &Report,
) -> Result<Vec<PathBuf>, Failure> {
    let mut contents: Vec<(PathBuf, String)> = Vec::new();
    if let (Some(path), Some(fit)) = (&args.fit, &report.fit) {
        let file = Boards::open(&project.boards())?.file(&args.board)?;
        let text = files::read_text(&file, tinybench_inputs::board::MAX_FILE_BYTES)?;
        let origin = match &report.target {
            Some(target) if target.fidelity == Fidelity::Measured => {
                format!("a {} through {}", board.name, target.probe)
            }
            _ => format!(
                "a virtual board through a probe, not to a real {}",
                board.name
            ),
        };
        let chip = chip_parameters(board)?;
        contents.push((
            path.clone(),
            board_file::fitted(&text, path, fit, chip, &origin)?,
        ));
    }
    if let Some(folder) = &args.out {
        let json = json::text(report)?;
        contents.push((folder.join("calibration.json"), json));
        contents.push((folder.join("calibration.md"), report.markdown()));
        fs::create_dir_all(folder).map_err(files::WriteError::of(folder))?;
    }
    interrupt::check()?;
    for (path, text) in &contents {
        files::write(path, text.as_bytes())?;
    }
    Ok(contents.into_iter().map(|(path, _)| path).collect())
}

/// The parameters of a board's virtual chip, without what the board file sets.
fn chip_parameters(board: &Board) -> Result<TimingParameters, Failure> {
    let mut plain = board.clone();
    if let Some(virtual_board) = &mut plain.virtual_board {
        virtual_board.timing.clear();
    }
    Ok(virtual_board::make(&plain)?.machine.timing_parameters())
}

/// What is measured.
enum Target<'a> {
    Probe {
        choice: Choice,
        lister: Lister,
        name: String,
    },
    /// What stands in for it.
    Stand(OpenVirtual<'a>),
}

impl<'a> Target<'a> {
    /// A probe, or nothing but the virtual board.
    fn choose(
        args: &CalibrateArgs,
        board: &Board,
        stand: Option<OpenVirtual<'a>>,
    ) -> Result<Option<Self>, Failure> {
        if let Some(open) = stand {
            return Ok(Some(Self::Stand(open)));
        }
        let lister = Lister::new();
        let choice = select::choose(
            args.on,
            args.probe.clone(),
            board,
            &lister.list_all_with_access(),
        )?;
        match &choice {
            Choice::Probe { name, .. } => {
                eprintln!("target: {} through {name}", board.name);
                let name = name.clone();
                Ok(Some(Self::Probe {
                    choice,
                    lister,
                    name,
                }))
            }
            Choice::Virtual(why) => {
                eprintln!("target: none ({why}); there will be modelled counts alone");
                Ok(None)
            }
        }
    }

    fn open(&self, board: &Board) -> Result<Probe, Failure> {
        Ok(match self {
            Self::Probe { choice, lister, .. } => {
                choice.open(board, lister, &virtual_board::open)?
            }
            Self::Stand(open) => open(board)?,
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Probe { name, .. } => name.clone(),
            Self::Stand(_) => "a virtual probe".to_owned(),
        }
    }
}

/// The image and the table of a board.
struct Bench<'a> {
    board: &'a Board,
    firmware: Firmware,
    elf: Vec<u8>,
    image: Image,
    expected: Expected,
    benchmarks: Vec<Benchmark>,
    layout: Layout,
}

impl<'a> Bench<'a> {
    fn new(
        project: &Project,
        board: &'a Board,
        core: &'static Core,
        progress: &mut Progress,
    ) -> Result<Self, Failure> {
        let chip = Chip::of(&board.chip);
        let benchmarks = benchmarks::all(core, Features::of(chip));
        let flash = board.memory.flash;
        let layout = Layout::new(&benchmarks, flash).ok_or(CalibrateError::TooSmall {
            bytes: flash.length,
        })?;
        let request = CalibrationRequest {
            project_root: project.root(),
            target: board.target(),
        };
        progress.begin("building firmware", Some(1));
        let built = build::build_calibration(&request, &mut |event| {
            if let Event::Compiling { done, total, .. } = event {
                progress.set(done as u64, total as u64);
            }
        });
        // Ctrl-C also ends the compiler, which is then no failure of the build.
        interrupt::check()?;
        let firmware = built?;
        let elf = files::read(&firmware.elf, MAX_DATA_BYTES)?;
        let image = Image::load_calibration(&elf).map_err(UnreadableImage)?;
        Ok(Self {
            board,
            firmware,
            elf,
            image,
            expected: Expected { core, chip },
            benchmarks,
            layout,
        })
    }

    /// Puts the image onto what is behind `probe` and runs every benchmark.
    fn run(
        &self,
        probe: Probe,
        step: &str,
        progress: &mut Progress,
    ) -> Result<(Vec<Counts>, ExecutionKind), Failure> {
        progress.begin("attaching", None);
        let mut session = Session::attach(probe, self.board)?;
        let data = [(self.layout.address, self.layout.bytes.as_slice())];
        session.flash_with(&self.elf, &data, progress)?;
        let kind = session.kind();
        progress.begin(step, Some(self.benchmarks.len() as u64));
        let symbolise = |address| Some(place(&self.image.symbolise(address)?));
        let mut runner = self.runner(&mut session, &symbolise, Counters::All)?;
        check_counter(&mut runner)?;
        let counts = measure(&mut runner, &self.benchmarks, || progress.advance(1))?;
        progress.end();
        Ok((counts, kind))
    }

    fn runner<'t, T: tinybench_execution::target::Target + ?Sized>(
        &'t self,
        target: &'t mut T,
        symbolise: &'t dyn Fn(u32) -> Option<String>,
        counters: Counters,
    ) -> Result<Runner<'t, T>, CalibrateError> {
        let view = ImageView {
            block_address: self.image.block_address,
            memory: self.board.memory,
            symbolise,
        };
        Runner::start(target, view, &self.layout, self.expected, TIMEOUT, counters)
    }

    /// Fits the virtual board's parameters to the stable ones of the measured counts.
    fn fit(&self, measured: &[Counts], progress: &mut Progress) -> Result<fit::Fit, Failure> {
        let stable = measured.iter().zip(&self.benchmarks);
        let stable: Vec<_> = stable.filter(|(counts, _)| counts.stable()).collect();
        let names: Vec<_> = stable.iter().map(|(_, it)| it.name.clone()).collect();
        let cycles: Vec<_> = stable.iter().map(|(counts, _)| counts.cycles).collect();
        let mut simulation = Simulation {
            bench: self,
            model: Model::new(self.board, &self.elf, &self.layout)?,
            benchmarks: stable.iter().map(|(_, benchmark)| *benchmark).collect(),
        };
        let start = simulation.model.parameters();
        progress.begin("fitting", None);
        let measured = Measured {
            names: &names,
            cycles: &cycles,
        };
        let parameters = self.expected.core.parameters;
        let fitted = fit::fit(&mut simulation, parameters, start, measured, &mut || {
            progress.advance(1);
        });
        interrupt::check()?;
        progress.end();
        Ok(fitted?)
    }
}

/// Runs benchmarks on a model with parameters that a fit tries.
struct Simulation<'a> {
    bench: &'a Bench<'a>,
    model: Model,
    benchmarks: Vec<&'a Benchmark>,
}

impl Simulate for Simulation<'_> {
    fn cycles(
        &mut self,
        parameters: TimingParameters,
        subset: &[usize],
    ) -> Result<Vec<i64>, CalibrateError> {
        interrupt::check().map_err(tinybench_execution::target::TargetError::from)?;
        self.model.set_parameters(parameters);
        let mut runner = self
            .bench
            .runner(&mut self.model, &|_| None, Counters::Cycles)?;
        let benchmarks = subset.iter().map(|&number| self.benchmarks[number]);
        let counts = measure(&mut runner, benchmarks, || ())?;
        Ok(counts.into_iter().map(|counts| counts.cycles).collect())
    }
}
