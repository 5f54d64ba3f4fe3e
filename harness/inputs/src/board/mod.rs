//! Board descriptions: `targets/boards/NAME.toml`.

mod covered;
mod folder;
pub mod target;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use tinybench_support::exit::{Exit, Exits};

use serde::Deserialize;
use tinybench_virtual_board::{GenericMemory, timing::TimingParameters};

use tinybench_support::files::ReadError;
use tinybench_support::suggest;

pub use covered::{Covered, Outside};
pub use folder::Boards;
use target::{FlashSetup, Setup, Target};

/// Largest board file that is read, bytes. A board file is a page of text.
pub const MAX_FILE_BYTES: u64 = 64 * 1024;

/// A board, as its file describes it. Every value has been checked to be in range.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Board {
    /// Short name, as `--board` takes it; also the file's name.
    pub name: String,
    /// The board's full name.
    pub title: String,
    /// Chip name as probe-rs spells it.
    pub chip: String,
    /// Processor core, such as `cortex-m4f`.
    pub core: String,
    /// Clock of the core while it is measured, Hz.
    pub clock_hz: u64,
    /// Target triple the firmware is compiled for.
    pub rustc_target: String,
    /// How cycles are counted on the target.
    pub cycle_counter: CycleCounter,
    /// Where flash and RAM are.
    pub memory: Memory,
    /// Whose clocks and memory system the firmware sets up; it leaves a chip alone otherwise.
    pub setup: Option<SetupKind>,
    /// The pin on which firmware marks windows for a power instrument, as the chip's maker names it.
    pub mark_pin: Option<String>,
    /// How the firmware sets the memory system up.
    #[serde(default)]
    pub memory_system: MemorySystem,
    /// The virtual board that stands in for this one, if there is one.
    #[serde(rename = "virtual")]
    pub virtual_board: Option<VirtualBoard>,
    /// Supply and currents, if they are known. Without them there are no energy figures.
    pub power: Option<Power>,
    /// Other ways to supply the board, by their names.
    #[serde(default)]
    pub power_options: BTreeMap<String, Power>,
}

/// A way to count cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CycleCounter {
    /// DWT_CYCCNT (Armv7-M Architecture Reference Manual, C1.8.8).
    Dwt,
    /// SysTick and its exception, which extends it (Armv6-M Architecture Reference Manual, B3.3).
    SysTick,
}

/// Memories an image can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Memory {
    /// Code flash.
    pub flash: Region,
    /// Data RAM that all images use.
    pub ram: Region,
    /// The same RAM with slower banks behind it, for images that need more.
    pub whole_ram: Option<Region>,
}

impl Memory {
    /// All RAM there is.
    pub fn all_ram(&self) -> Region {
        self.whole_ram.unwrap_or(self.ram)
    }
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Region {
    /// First address.
    pub origin: u32,
    /// Size, bytes.
    pub length: u32,
}

impl Region {
    /// One past the last address.
    pub fn end(&self) -> u64 {
        u64::from(self.origin) + u64::from(self.length)
    }

    /// Whether `length` bytes from `address` on lie in this region.
    pub fn contains(&self, address: u32, length: usize) -> bool {
        address >= self.origin && u64::from(address) + length as u64 <= self.end()
    }
}

/// A chip that the firmware can set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SetupKind {
    /// nRF52: the instruction cache.
    Nrf52,
    /// STM32G0B1: 64 MHz, wait states, prefetch and instruction cache.
    Stm32g0b1,
    /// STM32L4R5: 120 MHz, wait states, prefetch and caches.
    Stm32l4r5,
    /// STM32U385: 96 MHz, wait states, prefetch and ICACHE.
    Stm32u385,
    /// STM32U575: 160 MHz, wait states, prefetch and ICACHE.
    Stm32u575,
}

/// Settings of flash and caches, which the firmware makes before it measures; none for what the
/// chip doesn't have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct MemorySystem {
    /// Whether the instruction cache is on.
    pub instruction_cache: Option<bool>,
    /// Whether the cache of data in flash is on.
    pub data_cache: Option<bool>,
    /// Whether the flash is read ahead.
    pub prefetch: Option<bool>,
    /// Wait states of the flash.
    pub wait_states: Option<u8>,
    /// Whether the flash is two banks, or one that is read at twice the width. The chip's option
    /// bytes say so; the virtual board is made so.
    pub dual_bank: Option<bool>,
}

/// What the virtual board is made of.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct VirtualBoard {
    /// Name of the virtual chip.
    pub chip: String,
    /// Of a generic chip: how its memories are reached, and the core's options.
    pub generic: Option<GenericMemory>,
    /// Parameters of the cycle model that differ from the chip's, by the names of
    /// [`TimingParameters`].
    #[serde(default)]
    pub timing: BTreeMap<String, u32>,
    /// How far off its cycles are, where that was established.
    pub error: Option<StatedError>,
}

/// How far modelled figures were off, compared with measurements.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StatedError {
    /// Mean of the absolute errors, percent.
    pub mean_percent: f64,
    /// The largest of them, percent.
    pub worst_percent: f64,
    /// Where it says how that was established.
    pub source: String,
    /// What the programs do that were compared.
    pub covered: Option<Covered>,
}

impl StatedError {
    fn check(&self, key: &str) -> Result<(), String> {
        let (mean, worst) = (self.mean_percent, self.worst_percent);
        check_range(&format!("{key}.mean_percent"), mean, 0.0..=100.0)?;
        check_range(&format!("{key}.worst_percent"), worst, mean..=1_000.0)
    }
}

/// Supply voltage and currents, each with where the figure is from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Power {
    /// What this way to supply the board is called, where there are several.
    pub name: Option<String>,
    /// Supply voltage, V.
    pub supply_v: f64,
    /// Current while the core runs, mA.
    pub active_ma: f64,
    /// Where `active_ma` is from.
    pub active_source: String,
    /// Current while the core sleeps, µA.
    pub idle_ua: f64,
    /// Where `idle_ua` is from.
    pub idle_source: String,
    /// How long the board takes to wake up and to fall asleep again, µs, for each run; left out if it isn't known.
    pub wake_us: Option<f64>,
    /// Where `wake_us` is from.
    pub wake_source: Option<String>,
    /// How far the active power is off, where that was established.
    pub error: Option<StatedError>,
}

impl Power {
    fn check(&self, key: &str) -> Result<(), String> {
        let within =
            |field: &str, value, range| check_range(&format!("{key}.{field}"), value, range);
        if let Some(name) = &self.name {
            check_word(&format!("{key}.name"), name)?;
        }
        within("supply_v", self.supply_v, 0.5..=60.0)?;
        within("active_ma", self.active_ma, 0.001..=10_000.0)?;
        if let Some(error) = &self.error {
            error.check(&format!("{key}.error"))?;
        }
        within("idle_ua", self.idle_ua, 0.0..=10_000_000.0)?;
        match (self.wake_us, &self.wake_source) {
            (Some(wake_us), Some(_)) => within("wake_us", wake_us, 0.0..=10_000_000.0),
            (None, None) => Ok(()),
            _ => Err(format!(
                "{key}.wake_us and {key}.wake_source belong together"
            )),
        }
    }
}

/// Why a board can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// The board has no supply of this name.
    #[error("board {board} has no power option `{name}`; {hint}")]
    UnknownPower {
        /// The board.
        board: String,
        /// The name that was asked for.
        name: String,
        /// The nearest name, or all names.
        hint: String,
    },
    /// There is no such board.
    #[error("there is no board `{name}`; {hint} (`tinybench boards` lists them)")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The nearest name, or all names.
        hint: String,
    },
    /// A file or folder can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// One of the user's is called like one that there is.
    #[error("{path}: tinybench brings a board of this name; give the file another")]
    Taken {
        /// The user's board file.
        path: PathBuf,
    },
    /// The file isn't TOML, or lacks something.
    #[error("{path} is not a board file: {message}")]
    Syntax {
        /// The board file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// A value is out of range.
    #[error("{path}: {problem}")]
    Value {
        /// The board file.
        path: PathBuf,
        /// Which value, what it is, and what it may be.
        problem: String,
    },
}

impl Exits for BoardError {
    fn exit(&self) -> Exit {
        match self {
            Self::Unknown { .. } | Self::UnknownPower { .. } => Exit::Usage,
            _ => Exit::Input,
        }
    }
}

/// A board and what was odd about its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The board.
    pub board: Board,
    /// Keys that mean nothing to this version, as dotted paths.
    pub unknown_keys: Vec<String>,
}

impl Loaded {
    /// The board, after a warning of each key that means nothing to this version.
    pub fn told(self) -> Board {
        let board = &self.board.name;
        for key in &self.unknown_keys {
            tracing::warn!("the board file of {board}: unknown key `{key}` is ignored");
        }
        self.board
    }
}

impl Board {
    /// Reads a board from the text of its file, `path`, which is named in errors and whose stem
    /// must be the board's name.
    pub fn parse(text: &str, path: &Path) -> Result<Loaded, BoardError> {
        let syntax = |error: toml::de::Error| BoardError::Syntax {
            path: path.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        };
        let mut unknown_keys = Vec::new();
        let document = toml::Deserializer::parse(text).map_err(syntax)?;
        let board: Self = serde_ignored::deserialize(document, |key| {
            // An optional table appears as `?` between its name and its key.
            unknown_keys.push(key.to_string().replace(".?.", "."));
        })
        .map_err(syntax)?;
        board
            .check(path.file_stem().and_then(|stem| stem.to_str()))
            .map_err(|problem| BoardError::Value {
                path: path.to_owned(),
                problem,
            })?;
        Ok(Loaded {
            board,
            unknown_keys,
        })
    }

    /// Checks every value, and that the board's name is that of its file.
    fn check(&self, stem: Option<&str>) -> Result<(), String> {
        if stem != Some(&self.name) {
            return Err(format!(
                "name is `{}`, which must be the file's own name",
                self.name
            ));
        }
        check_word("name", &self.name)?;
        check_word("chip", &self.chip)?;
        check_word("core", &self.core)?;
        check_word("rustc_target", &self.rustc_target)?;
        check_range("clock_hz", self.clock_hz, 1_000..=4_000_000_000)?;
        check_region("memory.flash", self.memory.flash)?;
        check_region("memory.ram", self.memory.ram)?;
        let (flash, ram) = (self.memory.flash, self.memory.all_ram());
        check_region("memory.whole_ram", ram)?;
        if ram.origin != self.memory.ram.origin || ram.length < self.memory.ram.length {
            return Err("memory.whole_ram must be memory.ram and what is behind it".to_owned());
        }
        if u64::from(flash.origin) < ram.end() && u64::from(ram.origin) < flash.end() {
            return Err("memory.flash and memory.ram overlap".to_owned());
        }
        if let Some(virtual_board) = &self.virtual_board {
            check_word("virtual.chip", &virtual_board.chip)?;
            let mut timing = TimingParameters::DEFAULT;
            for (name, &value) in &virtual_board.timing {
                timing
                    .set(name, value)
                    .map_err(|problem| format!("virtual.timing: {problem}"))?;
            }
            if let Some(error) = &virtual_board.error {
                error.check("virtual.error")?;
                if let Some(covered) = &error.covered {
                    covered.check()?;
                }
            }
        }
        self.setup()?;
        if let Some(power) = &self.power {
            power.check("power")?;
        }
        for (name, power) in &self.power_options {
            let key = format!("power_options.{name}");
            check_word(&key, name)?;
            if power.name.is_some() {
                return Err(format!(
                    "{key}.name has no place there: the table has the name"
                ));
            }
            power.check(&key)?;
        }
        let default = self.power.as_ref().and_then(|power| power.name.as_ref());
        match default {
            Some(name) if self.power_options.contains_key(name) => Err(format!(
                "power.name is `{name}`, which is one of power_options too"
            )),
            None if !self.power_options.is_empty() => {
                Err("power.name is missing, which tells [power] from power_options".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// What the firmware sets up, or which setting is missing or out of range.
    fn setup(&self) -> Result<Option<Setup>, String> {
        let settings = &self.memory_system;
        let Some(kind) = self.setup else {
            return if *settings == MemorySystem::default() {
                Ok(None)
            } else {
                Err(
                    "setup is missing, which says whose memory system it is: \"nrf52\", \
                     \"stm32g0b1\", \"stm32l4r5\", \"stm32u385\" or \"stm32u575\""
                        .to_owned(),
                )
            };
        };
        fn needed<T>(key: &str, value: Option<T>) -> Result<T, String> {
            value.ok_or_else(|| format!("memory_system.{key} is missing, which setup needs"))
        }
        let instruction_cache = needed("instruction_cache", settings.instruction_cache)?;
        let flash = |chip: &str, hz: u64, most: u8| {
            let wait_states = needed("wait_states", settings.wait_states)?;
            check_range("memory_system.wait_states", wait_states, 0..=most)?;
            self.check_clock(chip, hz)?;
            Ok::<_, String>(FlashSetup {
                wait_states,
                prefetch: needed("prefetch", settings.prefetch)?,
                instruction_cache,
            })
        };
        Ok(Some(match kind {
            SetupKind::Nrf52 => Setup::Nrf52 { instruction_cache },
            SetupKind::Stm32g0b1 => Setup::Stm32g0b1(flash("STM32G0B1", 64_000_000, 7)?),
            SetupKind::Stm32l4r5 => Setup::Stm32l4r5 {
                flash: flash("STM32L4R5", 120_000_000, 15)?,
                data_cache: needed("data_cache", settings.data_cache)?,
            },
            SetupKind::Stm32u385 => Setup::Stm32u385(flash("STM32U385", 96_000_000, 15)?),
            SetupKind::Stm32u575 => Setup::Stm32u575(flash("STM32U575", 160_000_000, 15)?),
        }))
    }

    /// Checks that the clock is the one that a chip's set-up makes.
    fn check_clock(&self, chip: &str, hz: u64) -> Result<(), String> {
        if self.clock_hz == hz {
            return Ok(());
        }
        Err(format!(
            "clock_hz is {}, but the set-up of an {chip} makes it {hz}",
            self.clock_hz
        ))
    }

    /// What firmware for this board has to know of it.
    pub fn target(&self) -> Target<'_> {
        self.target_for(0)
    }

    /// What firmware for this board has to know of it that needs `bytes` bytes of RAM: the whole RAM
    /// is told only to an image that needs it, for the banks behind the first may be slower.
    pub fn target_for(&self, bytes: u64) -> Target<'_> {
        let region = |region: Region| target::Memory {
            origin: region.origin,
            length: region.length,
        };
        let memory = &self.memory;
        let ram = match bytes <= memory.ram.length.into() {
            true => memory.ram,
            false => memory.all_ram(),
        };
        Target {
            rustc_target: &self.rustc_target,
            core: &self.core,
            flash: region(memory.flash),
            ram: region(ram),
            // Checked when the file was read.
            setup: self.setup().unwrap_or_default(),
        }
    }

    /// Names of the ways to supply the board, the default first; empty if there is one at most.
    pub fn supplies(&self) -> Vec<String> {
        let default = self.power.iter().filter_map(|power| power.name.clone());
        default.chain(self.power_options.keys().cloned()).collect()
    }

    /// Takes the supply of this name as the one that is measured with.
    ///
    /// # Errors
    /// [`BoardError::UnknownPower`] if the board has no such supply.
    pub fn choose_power(&mut self, name: &str) -> Result<(), BoardError> {
        let default = self.power.as_ref().and_then(|power| power.name.as_deref());
        if default == Some(name) {
            return Ok(());
        }
        let Some(power) = self.power_options.get(name) else {
            let names = self.supplies();
            return Err(BoardError::UnknownPower {
                board: self.name.clone(),
                name: name.to_owned(),
                hint: if names.is_empty() {
                    "its board file knows one supply at most".to_owned()
                } else {
                    suggest::hint(name, &names)
                },
            });
        };
        self.power = Some(Power {
            name: Some(name.to_owned()),
            ..power.clone()
        });
        Ok(())
    }
}

/// A name that goes into file names and compiler arguments.
fn check_word(key: &str, value: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if value.is_empty() || value.starts_with(['-', '.']) || !value.chars().all(allowed) {
        return Err(format!(
            "{key} is `{value}`, which must be letters, digits, `-`, `_` and `.`"
        ));
    }
    Ok(())
}

fn check_range<T: PartialOrd + std::fmt::Display>(
    key: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!(
        "{key} is {value}, which must be {} to {}",
        range.start(),
        range.end()
    ))
}

fn check_region(key: &str, region: Region) -> Result<(), String> {
    let Region { origin, length } = region;
    if length == 0 || origin % 4 != 0 || length % 4 != 0 {
        return Err(format!(
            "{key} has origin {origin:#010x} and length {length:#x}, which must be multiples of \
             four bytes, and not empty"
        ));
    }
    if region.end() > 1 << 32 {
        return Err(format!(
            "{key} ends at {:#x}, which is beyond the 32-bit address space",
            region.end()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANO33: &str = include_str!("../../../../targets/boards/nano33.toml");

    fn parse(text: &str) -> Result<Loaded, BoardError> {
        Board::parse(text, Path::new("nano33.toml"))
    }

    /// The message for the nano33's file with `from` replaced by `to`.
    fn message_with(from: &str, to: &str) -> String {
        assert!(NANO33.contains(from), "the board file has no `{from}`");
        parse(&NANO33.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn the_whole_ram_is_for_images_that_need_it() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets/boards");
        let boards = Boards::open(&[directory]).unwrap();
        let nucleo = boards.load("nucleo-l4r5zi").unwrap().board;
        for (bytes, length) in [
            (0, 192 << 10),
            (192 << 10, 192 << 10),
            ((192 << 10) + 1, 640 << 10),
        ] {
            let ram = nucleo.target_for(bytes).ram;
            assert_eq!((ram.origin, ram.length), (0x2000_0000, length), "{bytes}");
        }
        assert_eq!(nucleo.target(), nucleo.target_for(0));
        let nano33 = boards.load("nano33").unwrap().board;
        assert_eq!(nano33.target_for(u64::MAX), nano33.target());
        for (whole, told) in [
            (
                "0x2000_0000, length = 0x0003_0000",
                "memory.whole_ram must be memory.ram and what is behind it",
            ),
            (
                "0x2000_1000, length = 0x0008_0000",
                "memory.whole_ram must be memory.ram and what is behind it",
            ),
            (
                "0x2000_0000, length = 0x0004_0002",
                "memory.whole_ram has origin 0x20000000",
            ),
        ] {
            let ram = "ram = { origin = 0x2000_0000, length = 0x0004_0000 }";
            let with = format!("{ram}\nwhole_ram = {{ origin = {whole} }}");
            let told_is = message_with(ram, &with);
            assert!(told_is.contains(told), "{told_is}");
        }
    }

    #[test]
    fn every_board_of_the_project_is_read_without_a_warning() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets/boards");
        let boards = Boards::open(&[directory]).unwrap();
        assert!(boards.names().contains(&"nano33".to_owned()));
        for name in boards.names() {
            assert_eq!(boards.load(&name).unwrap().unknown_keys, [""; 0], "{name}");
        }
    }

    #[test]
    fn boards_with_the_same_modelled_chip_state_the_same_error() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets/boards");
        let boards = Boards::open(&[directory]).unwrap();
        let mut errors: BTreeMap<String, Vec<Option<StatedError>>> = BTreeMap::new();
        for name in boards.names() {
            let virtual_board = boards.load(&name).unwrap().board.virtual_board.unwrap();
            let of_chip = errors.entry(virtual_board.chip).or_default();
            of_chip.push(virtual_board.error);
        }
        let known = &errors["nrf52840"];
        assert!(known.len() > 1 && known[0].is_some(), "{known:?}");
        for (chip, errors) in errors {
            assert!(errors.iter().all(|it| *it == errors[0]), "{chip}");
        }
    }

    #[test]
    fn the_values_are_those_of_the_file() {
        let board = parse(NANO33).unwrap().board;
        assert_eq!(board.chip, "nRF52840_xxAA");
        assert_eq!(board.clock_hz, 64_000_000);
        assert_eq!(
            board.memory.ram,
            Region {
                origin: 0x2000_0000,
                length: 256 * 1024
            }
        );
        assert_eq!(board.memory_system.instruction_cache, Some(true));
        assert_eq!(board.virtual_board.unwrap().chip, "nrf52840");
        assert_eq!(board.power.unwrap().supply_v, 3.0);
    }

    #[test]
    fn unknown_keys_are_told_and_the_rest_is_read() {
        let text = NANO33.replace("[power]", "[power]\ncolour = \"blue\"");
        let loaded = parse(&format!("maker = \"x\"\n{text}")).unwrap();
        assert_eq!(loaded.unknown_keys, ["maker", "power.colour"]);
    }

    #[test]
    fn a_value_out_of_range_is_named_with_its_range() {
        assert_eq!(
            message_with("clock_hz = 64_000_000", "clock_hz = 0"),
            "nano33.toml: clock_hz is 0, which must be 1000 to 4000000000"
        );
        assert_eq!(
            message_with("supply_v = 3.0", "supply_v = nan"),
            "nano33.toml: power.supply_v is NaN, which must be 0.5 to 60"
        );
        assert_eq!(
            message_with("origin = 0x2000_0000", "origin = 0x0000_1000"),
            "nano33.toml: memory.flash and memory.ram overlap"
        );
        assert_eq!(
            message_with("origin = 0x2000_0000", "origin = 0xFFFF_0000"),
            "nano33.toml: memory.ram ends at 0x100030000, which is beyond the 32-bit address space"
        );
        assert_eq!(
            message_with("nRF52840_xxAA", "a b"),
            "nano33.toml: chip is `a b`, which must be letters, digits, `-`, `_` and `.`"
        );
    }

    const NUCLEO: &str = include_str!("../../../../targets/boards/nucleo-l4r5zi.toml");

    fn nucleo(from: &str, to: &str) -> Result<Board, String> {
        assert!(NUCLEO.contains(from), "the board file has no `{from}`");
        Board::parse(
            &NUCLEO.replacen(from, to, 1),
            Path::new("nucleo-l4r5zi.toml"),
        )
        .map(|loaded| loaded.board)
        .map_err(|error| error.to_string())
    }

    #[test]
    fn a_set_up_has_all_its_settings() {
        let board = nucleo("", "").unwrap();
        assert_eq!(
            board.target().setup,
            Some(Setup::Stm32l4r5 {
                flash: FlashSetup {
                    wait_states: 5,
                    prefetch: true,
                    instruction_cache: true,
                },
                data_cache: true,
            })
        );
        for (from, to, message) in [
            (
                "wait_states = 5",
                "",
                "memory_system.wait_states is missing, which setup needs",
            ),
            (
                "wait_states = 5",
                "wait_states = 16",
                "memory_system.wait_states is 16, which must be 0 to 15",
            ),
            (
                "setup = \"stm32l4r5\"",
                "",
                "setup is missing, which says whose memory system it is: \"nrf52\", \"stm32g0b1\", \
                 \"stm32l4r5\", \"stm32u385\" or \"stm32u575\"",
            ),
            (
                "clock_hz = 120_000_000",
                "clock_hz = 80_000_000",
                "clock_hz is 80000000, but the set-up of an STM32L4R5 makes it 120000000",
            ),
        ] {
            let error = nucleo(from, to).unwrap_err();
            assert_eq!(error, format!("nucleo-l4r5zi.toml: {message}"));
        }
    }

    #[test]
    fn a_supply_is_chosen_by_its_name() {
        let mut board = nucleo("", "").unwrap();
        board.choose_power("ldo-3v0").unwrap();
        assert_eq!(board.power.as_ref().unwrap().supply_v, 3.0);
        board.choose_power("ldo-1v8").unwrap();
        let power = board.power.as_ref().unwrap();
        assert_eq!(
            (power.name.as_deref(), power.supply_v),
            (Some("ldo-1v8"), 1.8)
        );

        let mut board = nucleo("", "").unwrap();
        assert_eq!(
            board.choose_power("ldo-1v9").unwrap_err().to_string(),
            "board nucleo-l4r5zi has no power option `ldo-1v9`; did you mean `ldo-1v8`?"
        );
        let mut nano33 = parse(NANO33).unwrap().board;
        assert_eq!(
            nano33.choose_power("usb").unwrap_err().to_string(),
            "board nano33 has no power option `usb`; its board file knows one supply at most"
        );
    }

    #[test]
    fn supplies_have_different_names() {
        for (from, to, message) in [
            (
                "name = \"ldo-3v0\"",
                "",
                "power.name is missing, which tells [power] from power_options",
            ),
            (
                "name = \"ldo-3v0\"",
                "name = \"ldo-1v8\"",
                "power.name is `ldo-1v8`, which is one of power_options too",
            ),
            (
                "supply_v = 1.8",
                "supply_v = 0.1",
                "power_options.ldo-1v8.supply_v is 0.1, which must be 0.5 to 60",
            ),
            (
                "supply_v = 1.8",
                "supply_v = 1.8\nname = \"x\"",
                "power_options.ldo-1v8.name has no place there: the table has the name",
            ),
        ] {
            let error = nucleo(from, to).unwrap_err();
            assert_eq!(error, format!("nucleo-l4r5zi.toml: {message}"));
        }
    }

    #[test]
    fn a_timing_parameter_that_is_not_one_is_refused_with_the_names_there_are() {
        let with =
            |text: &str| message_with("[power]", &format!("[virtual.timing]\n{text}\n[power]"));
        let unknown = with("refil = 1");
        assert!(
            unknown.starts_with(
                "nano33.toml: virtual.timing: there is no timing parameter `refil`; \
                 there are: refill, "
            ),
            "{unknown}"
        );
        assert_eq!(
            with("refill = 9"),
            "nano33.toml: virtual.timing: the timing parameter `refill` is 9, which must be 0 to 3"
        );
    }

    #[test]
    fn a_stated_error_is_a_mean_and_a_worst_that_is_not_less() {
        let with = |worst: &str| {
            NANO33
                .replace("mean_percent = 0.7", "mean_percent = 1.5")
                .replace("worst_percent = 1.6", &format!("worst_percent = {worst}"))
        };
        let error = parse(&with("3.0"))
            .unwrap()
            .board
            .virtual_board
            .unwrap()
            .error;
        assert_eq!(error.unwrap().worst_percent, 3.0);
        assert_eq!(
            parse(&with("1.0")).unwrap_err().to_string(),
            "nano33.toml: virtual.error.worst_percent is 1, which must be 1.5 to 1000"
        );
    }

    #[test]
    fn a_missing_key_and_a_wrong_type_are_errors_that_say_where() {
        let missing = message_with("clock_hz = 64_000_000", "");
        assert!(missing.contains("missing field `clock_hz`"), "{missing}");
        let wrong = message_with("clock_hz = 64_000_000", "clock_hz = \"fast\"");
        assert!(
            wrong.contains("expected u64") && wrong.contains("line 7"),
            "{wrong}"
        );
        let negative = message_with("length = 0x0004_0000", "length = -1");
        assert!(negative.contains("expected u32"), "{negative}");
    }

    #[test]
    fn the_name_is_that_of_the_file() {
        let message = message_with("name = \"nano33\"", "name = \"nano34\"");
        assert_eq!(
            message,
            "nano33.toml: name is `nano34`, which must be the file's own name"
        );
    }

    #[test]
    fn an_unknown_board_gets_the_nearest_name() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets/boards");
        let message = Boards::open(&[directory])
            .unwrap()
            .load("nano3")
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "there is no board `nano3`; did you mean `nano33`? (`tinybench boards` lists them)"
        );
    }
}
