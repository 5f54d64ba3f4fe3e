//! `tinybench boards new`

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use tinybench_execution::target::chip::{self, KnownChip};
use tinybench_inputs::board::{Board, Region};
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::files::{self, WriteError};

use tinybench_virtual_board::CoreModel;

use crate::args::NewBoardArgs;
use crate::stdout;

/// The file is there already.
#[derive(Debug, thiserror::Error)]
#[error("{path} is there already; name another file with --out, or remove it")]
struct Taken {
    path: String,
}

/// No board file is called so.
#[derive(Debug, thiserror::Error)]
#[error("{path}: the name of a board file ends with .toml")]
struct NotToml {
    path: String,
}

exits_with!(Taken => Output, NotToml => Usage);

/// Writes a board file from what probe-rs knows of a chip.
pub fn write(args: &NewBoardArgs) -> Result<(), Failure> {
    let chip = chip::known(&args.chip)?;
    let path = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.toml", chip.name.to_lowercase())));
    if path.extension().is_none_or(|it| it != "toml") {
        return Err(NotToml {
            path: path.display().to_string(),
        }
        .into());
    }
    let text = text(args, &chip, &path);
    // What the user has given is checked as any other file is.
    Board::parse(&text, &path)?;
    let above = path.parent().unwrap_or(Path::new(""));
    let made = files::make_folders(above).map_err(WriteError::of(above))?;
    if let Err(error) = files::create(&path, text.as_bytes()) {
        made.undo();
        if error.source.kind() == io::ErrorKind::AlreadyExists {
            let path = path.display().to_string();
            return Err(Taken { path }.into());
        }
        return Err(error.into());
    }
    eprintln!(
        "From probe-rs: where flash and RAM are. Given: the clock. Assumed, so look into the file: a \
         {}, {} wait states of flash, no caches.\n\
         Next: tinybench run --board {} --on virtual",
        chip.core.name(),
        args.wait_states,
        path.display()
    );
    stdout::print(&path.display().to_string())
}

/// The file's text.
fn text(args: &NewBoardArgs, chip: &KnownChip, path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let title = args.title.as_deref().unwrap_or(&chip.name);
    let (assumed, triple, counter, virtual_chip) = match chip.core {
        CoreModel::CortexM4F => (
            "probe-rs says Armv7E-M. That it is a Cortex-M4 with a floating-point unit is assumed.",
            "thumbv7em-none-eabihf",
            "dwt",
            "generic-m4f",
        ),
        CoreModel::CortexM33F => (
            "probe-rs says Armv8-M. That it is a Cortex-M33 with DSP extension and floating-point unit is assumed; \
             such a core\n# runs what is built for Armv7E-M.",
            "thumbv7em-none-eabihf",
            "dwt",
            "generic-m33",
        ),
        CoreModel::CortexM0Plus => (
            "probe-rs says Armv6-M. That it is a Cortex-M0+ with the fast multiplier is assumed.",
            "thumbv6m-none-eabi",
            "systick",
            "generic-m0plus",
        ),
    };
    let mut text = format!(
        "# From what probe-rs knows of the chip.\n\
         name = {name:?}\n\
         title = {title:?}\n\
         # As probe-rs spells it.\n\
         chip = {chip:?}\n\
         # {assumed}\n\
         core = {core:?}\n\
         # After reset, for nothing sets the clocks up.\n\
         clock_hz = {clock}\n\
         rustc_target = {triple:?}\n\
         # How the cycles are counted.\n\
         cycle_counter = {counter:?}\n\n\
         [memory]\n\
         flash = {flash}\n\
         ram = {ram}\n",
        chip = chip.name,
        core = chip.core.name(),
        clock = args.clock_hz,
        flash = inline(chip.flash),
        ram = inline(chip.ram),
    );
    for (name, region) in &chip.others {
        let _ = writeln!(text, "# Not used: {name}, {}", inline(*region));
    }
    let _ = write!(
        text,
        "\n# A core with these memories and without the chip's peripherals: no error is established for \
         its cycles.\n\
         [virtual]\n\
         chip = {virtual_chip:?}\n\n\
         # How the flash is read after reset; the reference manual says it. Caches that are off after \
         reset stay\n\
         # off, and so isn't there what is off. All keys: docs/virtual-board.md.\n\
         [virtual.generic]\n\
         wait_states = {}\n\
         # Bytes of one read of flash: a guess.\n\
         read_bytes = 16\n\
         # instruction_cache = {{ sets = 64, ways = 2, line_bytes = 16 }}\n\
         # data_cache = {{ sets = 8, ways = 1, line_bytes = 16 }}\n\
         # prefetch = true\n\n\
         # Supply and currents; without them there are no figures of energy.\n\
         # [power]\n\
         # supply_v = 3.3\n\
         # active_ma = 5.0\n\
         # active_source = \"data sheet, table ...\"\n\
         # idle_ua = 10.0\n\
         # idle_source = \"data sheet, table ...\"\n",
        args.wait_states
    );
    text
}

fn inline(region: Region) -> String {
    format!(
        "{{ origin = {:#010x}, length = {:#010x} }}",
        region.origin, region.length
    )
}
