//! The conversation with a calibration image through its block
//! (`tinybench_interface::calibration`).

use std::mem::offset_of;
use std::time::Duration;

use tinybench_interface::Status;
use tinybench_interface::calibration::{
    Block, COUNTER_COUNT, MAGIC, REPETITIONS, VERSION, checksum,
};

use super::chip::{Chip, Component, Field, Identity};
use super::cores::{Core, CycleCounter};
use super::counts::Readings;
use super::error::CalibrateError;
use super::layout::Layout;
use super::sequence::{Clock, Home, Places, Sequence};
use tinybench_execution::target::conversation::ImageView;
use tinybench_execution::target::fault::FaultReport;
use tinybench_execution::target::{Target, TargetError, Wait};

/// CPUID (Armv7-M Architecture Reference Manual, B3.2.3).
const CPUID: u32 = 0xE000_ED00;
/// PIDR4 and PIDR0 to PIDR2 of the ROM table at 0xE00F_F000.
const ROM_PIDR4: u32 = 0xE00F_FFD0;
const ROM_PIDR0: u32 = 0xE00F_FFE0;

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counters {
    /// The cycle counter alone, once: enough of a model, which always gives the same.
    Cycles,
    /// In all repetitions, with the event counters that the core has.
    All,
}

impl Counters {
    /// How many counters of a core, and how many repetitions of each.
    fn amount(self, core: &Core) -> [usize; 2] {
        match (self, core.counter) {
            (Self::Cycles, _) => [1, 1],
            (Self::All, CycleCounter::Dwt) => [COUNTER_COUNT, REPETITIONS],
            (Self::All, CycleCounter::SysTick) => [1, REPETITIONS],
        }
    }
}

/// What a target must be.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Its core.
    pub core: &'static Core,
    /// Its chip, if that is known.
    pub chip: Option<&'static Chip>,
}

/// What runs sequences: an image on a target, between whose answers the core is halted.
pub struct Runner<'a, T: Target + ?Sized> {
    target: &'a mut T,
    image: ImageView<'a>,
    layout: &'a Layout,
    core: &'static Core,
    chip: Option<&'static Chip>,
    timeout: Duration,
    counters: Counters,
    /// What the core runs at.
    clock: Clock,
    /// The image's description of itself.
    block: Block,
    request: u32,
}

impl<'a, T: Target + ?Sized> Runner<'a, T> {
    /// Resets the target, which holds the image and `layout`, and lets the image initialise
    /// itself.
    pub fn start(
        target: &'a mut T,
        image: ImageView<'a>,
        layout: &'a Layout,
        Expected { core, chip }: Expected,
        timeout: Duration,
        counters: Counters,
    ) -> Result<Self, CalibrateError> {
        target.reset()?;
        check_core(target, core)?;
        if let Some(chip) = chip {
            check_chip(target, chip)?;
        }
        let mut runner = Self {
            target,
            image,
            layout,
            core,
            chip,
            timeout,
            counters,
            clock: Clock::Full,
            block: Block::INITIAL,
            request: 0,
        };
        runner.block = runner.resume(Status::Ready)?;
        let Block {
            code_address,
            code_capacity,
            data_address,
            data_capacity,
            ..
        } = runner.block;
        for (address, bytes) in [(code_address, code_capacity), (data_address, data_capacity)] {
            let ram = runner.image.memory.ram;
            if bytes == 0 || !ram.contains(address, bytes as usize) {
                return Err(TargetError::Protocol(format!(
                    "a buffer of {bytes} bytes at {address:#010x} is not in the board's RAM"
                ))
                .into());
            }
        }
        Ok(runner)
    }

    /// Runs a sequence and returns what its window counted.
    pub fn run(&mut self, sequence: &Sequence) -> Result<Readings, CalibrateError> {
        self.change_clock(sequence.clock)?;
        let code = sequence.code();
        let address = match sequence.home {
            Home::Ram => self.write_code(&code)?,
            Home::Flash => self.layout.find(&code).ok_or_else(|| {
                TargetError::Protocol("a sequence was not put into flash".to_owned())
            })?,
        };
        let places = Places {
            code: address,
            ram: self.block.data_address,
            flash: self.layout.address,
            other_ram: self.chip.and_then(|chip| chip.other_ram),
        };
        let before = match self.chip {
            Some(chip) => chip
                .writes(sequence.cache, sequence.clock)
                .ok_or_else(|| TargetError::Protocol("the chip can't be set so".to_owned()))?,
            None => &[],
        };
        self.request += 1;
        // The host's part of the block, in its order.
        let [counters, repetitions] = self.counters.amount(self.core);
        let mut words = vec![
            self.request,
            counters as u32,
            repetitions as u32,
            address | 1,
        ];
        words.extend(sequence.registers(places));
        words.push(before.len() as u32);
        words.extend(before.as_flattened());
        let offset = offset_of!(Block, request) as u32;
        self.target
            .write_words(self.image.block_address + offset, &words)?;
        let block = self.resume(Status::Done)?;
        if block.answered != self.request
            || block.checksum != checksum(block.answered, &block.readings)
        {
            return Err(CalibrateError::Damaged);
        }
        let readings = |counter: usize| -> Vec<u32> {
            let readings = block.readings[counter].iter().take(repetitions);
            readings
                .map(|reading| {
                    let (from, to) = sequence.window.bounds(reading);
                    self.core.counter.elapsed(counter, from, to)
                })
                .collect()
        };
        let events = (counters > 1).then(|| [readings(1), readings(2), readings(3), readings(4)]);
        Ok(Readings::new(readings(0), events))
    }

    /// Leaves the chip as the firmware has set it up.
    pub fn back_to_full_clock(&mut self) -> Result<(), CalibrateError> {
        self.change_clock(Clock::Full)
    }

    /// Has the core run at `clock`. The core is halted meanwhile.
    fn change_clock(&mut self, clock: Clock) -> Result<(), CalibrateError> {
        if clock == self.clock {
            return Ok(());
        }
        let slow = self
            .chip
            .and_then(|chip| chip.slow.as_ref())
            .ok_or_else(|| {
                TargetError::Protocol("the chip can't run without wait states".to_owned())
            })?;
        let fields = match clock {
            Clock::Slow => slow.enter,
            Clock::Full => slow.leave,
        };
        for &Field {
            address,
            mask,
            value,
        } in fields
        {
            let mut register = [0];
            self.target.read_words(address, &mut register)?;
            let wanted = register[0] & !mask | value;
            self.target.write_words(address, &[wanted])?;
            self.target.read_words(address, &mut register)?;
            let [found] = register;
            if found & mask != value {
                return Err(CalibrateError::Clock {
                    address,
                    mask,
                    value,
                    found,
                });
            }
        }
        self.clock = clock;
        Ok(())
    }

    /// Puts a sequence into the image's RAM and returns its address.
    fn write_code(&mut self, code: &[u16]) -> Result<u32, CalibrateError> {
        let Block {
            code_address,
            code_capacity,
            ..
        } = self.block;
        let bytes: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).collect();
        if bytes.len() > code_capacity as usize {
            return Err(TargetError::Protocol(format!(
                "the image has {code_capacity} bytes for sequences, {} are needed",
                bytes.len()
            ))
            .into());
        }
        self.target.write_bytes(code_address, &bytes)?;
        Ok(code_address)
    }

    /// Lets the core run to its next halt and reads the block, whose status must be `expected`.
    fn resume(&mut self, expected: Status) -> Result<Block, CalibrateError> {
        let run = self.target.run(Wait {
            quiet: Duration::ZERO,
            timeout: self.timeout,
        });
        run.map_err(|error| self.image.locate(error))?;
        let mut words = [0; Block::WORDS];
        self.target
            .read_words(self.image.block_address, &mut words)?;
        let block = Block::from_words(&words);
        if block.magic != MAGIC {
            return Err(TargetError::NoBlock {
                address: self.image.block_address,
                found: block.magic,
            }
            .into());
        }
        if block.version != VERSION {
            return Err(TargetError::Version {
                found: block.version,
                expected: VERSION,
            }
            .into());
        }
        match Status::from_u32(block.status) {
            Some(Status::Fault) => Err(TargetError::Fault(Box::new(FaultReport {
                fault: block.fault,
                pc: self.image.code_address(block.fault.pc),
                lr: self.image.code_address(block.fault.lr),
                panic: None,
            }))
            .into()),
            Some(status) if status == expected => Ok(block),
            _ => Err(TargetError::Protocol(format!(
                "status {}, expected {expected:?}",
                block.status
            ))
            .into()),
        }
    }
}

/// Refuses a target with another core.
fn check_core<T: Target + ?Sized>(target: &mut T, core: &Core) -> Result<(), CalibrateError> {
    let mut cpuid = [0];
    target.read_words(CPUID, &mut cpuid)?;
    let part = cpuid[0] >> 4 & 0xFFF;
    if part == core.part {
        return Ok(());
    }
    Err(CalibrateError::Core {
        found: part,
        name: core.name,
        part: core.part,
    })
}

/// Refuses a target that isn't the chip that the board file names.
fn check_chip<T: Target + ?Sized>(target: &mut T, chip: &Chip) -> Result<(), CalibrateError> {
    let (right, known, found) = match chip.identity {
        Identity::RomTable(component) => {
            let (mut fourth, mut first) = ([0], [0; 3]);
            target.read_words(ROM_PIDR4, &mut fourth)?;
            target.read_words(ROM_PIDR0, &mut first)?;
            let found = Component::of(fourth[0], first);
            let known = Chip::with_component(found);
            (found == component, known, found.to_string())
        }
        Identity::Device {
            register,
            id,
            clock,
        } => {
            let mut word = [0];
            if let Some(clock) = clock {
                target.read_words(clock.address, &mut word)?;
                let on = word[0] & !clock.mask | clock.value;
                target.write_words(clock.address, &[on])?;
            }
            target.read_words(register, &mut word)?;
            let found = word[0] & 0xFFF;
            let known = Chip::with_device(found);
            (found == id, known, format!("device {found:#05x}"))
        }
    };
    if right {
        return Ok(());
    }
    Err(CalibrateError::Chip {
        expected: chip.name,
        found: known.map_or(found, |known| known.name.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tinybench_interface::calibration::Reading;

    use super::*;
    use crate::calibrate::benchmarks::{Benchmark, Features, all};
    use crate::calibrate::measure::{check_counter, check_model, check_stability, measure};
    use tinybench_inputs::board::{Memory, Region};
    use tinybench_support::exit::{Exit, Exits};

    const BLOCK: u32 = 0x2000_0000;
    const MEMORY: Memory = Memory {
        flash: Region {
            origin: 0,
            length: 0x10_0000,
        },
        ram: Region {
            origin: BLOCK,
            length: 0x1_0000,
        },
        whole_ram: None,
    };

    /// An image that answers every request with sequences of so many cycles.
    struct Image {
        block: Block,
        cycles: u32,
        /// Added to the cycles of every other repetition of benchmarks that aren't the first few.
        jitter: u32,
        /// So many requests are answered without jitter.
        steady: u32,
        cpuid: u32,
        /// Core and chip of the board file.
        core: &'static str,
        chip: &'static str,
        /// PIDR4 and PIDR0 to PIDR2.
        rom: [u32; 4],
        /// Added to the checksum.
        damage: u32,
        started: bool,
        /// The chip's registers that were written, and what was written in turn.
        registers: HashMap<u32, u32>,
        written: Vec<(u32, u32)>,
        /// A register that keeps its value.
        stuck: Option<u32>,
    }

    impl Image {
        fn new() -> Self {
            Self {
                block: Block {
                    code_address: BLOCK + 0x1000,
                    code_capacity: 0x800,
                    data_address: BLOCK + 0x2000,
                    data_capacity: 0x400,
                    ..Block::INITIAL
                },
                cycles: 70,
                jitter: 0,
                steady: 0,
                cpuid: 0x410F_C241,
                core: "cortex-m4f",
                chip: "nRF52840_xxAA",
                rom: [2, 0x008, 0x40, 0x0C],
                damage: 0,
                started: false,
                registers: HashMap::new(),
                written: Vec::new(),
                stuck: None,
            }
        }

        fn words(&self) -> Vec<u32> {
            let mut words = vec![0; Block::WORDS];
            let mut put = |offset: usize, value: u32| words[offset / 4] = value;
            let block = &self.block;
            put(offset_of!(Block, magic), block.magic);
            put(offset_of!(Block, version), block.version);
            put(offset_of!(Block, status), block.status);
            put(offset_of!(Block, code_address), block.code_address);
            put(offset_of!(Block, code_capacity), block.code_capacity);
            put(offset_of!(Block, data_address), block.data_address);
            put(offset_of!(Block, data_capacity), block.data_capacity);
            put(offset_of!(Block, answered), block.answered);
            put(offset_of!(Block, checksum), block.checksum);
            let first = offset_of!(Block, readings);
            for (i, reading) in block.readings.as_flattened().iter().enumerate() {
                put(first + 12 * i, reading.between);
                put(first + 12 * i + 4, reading.end);
                put(first + 12 * i + 8, reading.start);
            }
            words
        }
    }

    impl Target for Image {
        fn read_words(&mut self, address: u32, words: &mut [u32]) -> Result<(), TargetError> {
            match address {
                CPUID => words[0] = self.cpuid,
                ROM_PIDR4 => words[0] = self.rom[0],
                ROM_PIDR0 => words.copy_from_slice(&self.rom[1..]),
                BLOCK => words.copy_from_slice(&self.words()),
                _ => words[0] = self.registers.get(&address).copied().unwrap_or_default(),
            }
            Ok(())
        }

        fn write_words(&mut self, address: u32, words: &[u32]) -> Result<(), TargetError> {
            if address == BLOCK + offset_of!(Block, request) as u32 {
                self.block.request = words[0];
            } else {
                self.written.push((address, words[0]));
                if self.stuck != Some(address) {
                    self.registers.insert(address, words[0]);
                }
            }
            Ok(())
        }

        fn read_bytes(&mut self, _: u32, _: &mut [u8]) -> Result<(), TargetError> {
            unreachable!("nothing is read as bytes")
        }

        fn write_bytes(&mut self, _: u32, _: &[u8]) -> Result<(), TargetError> {
            Ok(())
        }

        fn reset(&mut self) -> Result<(), TargetError> {
            Ok(())
        }

        fn run(&mut self, _: Wait) -> Result<(), TargetError> {
            let block = &mut self.block;
            if !self.started {
                self.started = true;
                block.status = Status::Ready as u32;
                return Ok(());
            }
            let jitter = if block.request > self.steady {
                self.jitter
            } else {
                0
            };
            for (i, reading) in block.readings.as_flattened_mut().iter_mut().enumerate() {
                let start = u32::MAX - 10 * i as u32;
                let cycles = self.cycles + jitter * (i as u32 % 2);
                *reading = Reading {
                    between: start,
                    end: start.wrapping_add(cycles),
                    start,
                };
            }
            block.status = Status::Done as u32;
            block.answered = block.request;
            block.checksum = checksum(block.answered, &block.readings).wrapping_add(self.damage);
            Ok(())
        }

        fn instructions_in_window(&mut self) -> Result<Option<u64>, TargetError> {
            Ok(None)
        }
    }

    /// Starts a conversation and has `act` go on with it.
    fn with_runner<R>(
        image: &mut Image,
        benchmarks: &[Benchmark],
        act: impl FnOnce(&mut Runner<Image>) -> Result<R, CalibrateError>,
    ) -> Result<R, CalibrateError> {
        let layout = Layout::new(benchmarks, MEMORY.flash).unwrap();
        let view = ImageView {
            block_address: BLOCK,
            memory: MEMORY,
            symbolise: &|_| None,
        };
        let timeout = Duration::from_secs(1);
        let expected = Expected {
            core: Core::named(image.core).unwrap(),
            chip: Chip::of(image.chip),
        };
        let mut runner = Runner::start(image, view, &layout, expected, timeout, Counters::All)?;
        act(&mut runner)
    }

    /// Starts a conversation and checks the cycle counter.
    fn check(image: &mut Image) -> Result<(), CalibrateError> {
        with_runner(image, &[], check_counter)
    }

    #[test]
    fn an_image_that_answers_is_believed() {
        check(&mut Image::new()).unwrap();
    }

    #[test]
    fn a_counter_that_stands_still_or_runs_too_fast_is_refused() {
        for cycles in [0, 63, 1_000_000] {
            let mut image = Image::new();
            image.cycles = cycles;
            let error = check(&mut image).unwrap_err();
            assert!(matches!(error, CalibrateError::Counter { .. }), "{error}");
            assert_eq!(error.exit(), Exit::Target);
            assert!(
                error.to_string().contains(&format!("took {cycles}")),
                "{error}"
            );
        }
    }

    #[test]
    fn counts_that_vary_are_refused_if_they_are_many_and_never_of_a_model() {
        let benchmarks = all(
            Core::named("cortex-m4f").unwrap(),
            Features::of(Chip::of("nRF52840_xxAA")),
        );
        let counts = |steady| {
            let mut image = Image::new();
            image.jitter = 3;
            image.steady = steady;
            with_runner(&mut image, &benchmarks, |runner| {
                measure(runner, &benchmarks, || ())
            })
            .unwrap()
        };
        let varying = counts(10);
        let error = check_stability(&benchmarks, &varying).unwrap_err();
        assert_eq!(error.exit(), Exit::Target);
        assert!(error.to_string().contains("to 3 cycles"), "{error}");
        // The last few sequences alone.
        let hardly = counts(250);
        assert!(hardly.iter().any(|counts| !counts.stable()));
        check_stability(&benchmarks, &hardly).unwrap();
        let error = check_model(&benchmarks, &hardly).unwrap_err();
        assert!(
            matches!(error, CalibrateError::ModelVaries { .. }),
            "{error}"
        );
    }

    /// RCC_CFGR and FLASH_ACR of an STM32L4R5 (RM0432, 6.4.3 and 3.7.1).
    const CFGR: u32 = 0x4002_1008;
    const ACR: u32 = 0x4002_2000;

    /// An STM32L4R5 at 120 MHz: its PLL is the clock, and its flash has 5 wait states.
    fn l4r5() -> Image {
        let mut image = Image::new();
        image.chip = "STM32L4R5ZITx";
        image.rom = [0, 0x70, 0x04, 0x0A];
        image.registers = [(CFGR, 0xF), (ACR, 0x705)].into();
        image
    }

    /// Runs one sequence at each of these clocks.
    fn clocked(image: &mut Image, clocks: &[Clock]) -> Result<(), CalibrateError> {
        let check = Sequence::check;
        with_runner(image, &[], |runner| {
            for &clock in clocks {
                runner.run(&check().clocked(clock))?;
            }
            Ok(())
        })
    }

    #[test]
    fn the_clock_changes_with_the_sequences_and_other_bits_stay() {
        let mut image = l4r5();
        clocked(&mut image, &[Clock::Full, Clock::Slow, Clock::Slow]).unwrap();
        assert_eq!(image.written, [(CFGR, 0xAF), (ACR, 0x700)]);
        let mut image = l4r5();
        clocked(&mut image, &[Clock::Slow, Clock::Full]).unwrap();
        assert_eq!(
            image.written[2..],
            [(ACR, 0x705), (CFGR, 0x8F), (CFGR, 0xF)]
        );
    }

    #[test]
    fn a_clock_that_does_not_change_is_told() {
        let mut image = l4r5();
        image.stuck = Some(CFGR);
        let error = clocked(&mut image, &[Clock::Slow]).unwrap_err();
        assert_eq!(error.exit(), Exit::Target);
        assert_eq!(
            error.to_string(),
            "the target's clock can't be changed: the register at 0x40021008 holds 0x0000000f \
             where its bits 0xf0 were set to 0xa0; check that the firmware has set the chip up and \
             that nothing else holds its clock"
        );
        // The flash is not made fast for a core that is.
        assert_eq!(image.written, [(CFGR, 0xAF)]);
    }

    #[test]
    fn a_damaged_answer_is_refused() {
        let mut image = Image::new();
        image.damage = 1;
        let error = check(&mut image).unwrap_err();
        assert!(matches!(error, CalibrateError::Damaged), "{error}");
    }

    #[test]
    fn another_core_and_another_chip_are_refused_with_what_they_are() {
        let mut image = Image::new();
        image.cpuid = 0x410F_D214;
        let error = check(&mut image).unwrap_err();
        assert_eq!(error.exit(), Exit::NoTarget);
        assert!(error.to_string().contains("part number 0xd21"), "{error}");
        let mut image = Image::new();
        image.rom[1] = 0x006;
        assert_eq!(
            check(&mut image).unwrap_err().to_string(),
            "the target is not the nRF52840 of the board file, but part 0x006 of designer \
             2/0x44; connect the right board, or name the one that is connected with --board"
        );
    }

    /// IDCODE of an STM32U5, and DBG_IDCODE of an STM32G0 with RCC_APBENR1, which switches it on.
    const U5_IDCODE: u32 = 0xE004_4000;
    const G0_IDCODE: u32 = 0x4001_5800;
    const APBENR1: u32 = 0x4002_103C;

    #[test]
    fn other_cores_and_chips_are_known_by_their_debug_units() {
        let mut image = Image::new();
        image.core = "cortex-m33f";
        image.chip = "STM32U575ZITxQ";
        let error = check(&mut image).unwrap_err().to_string();
        assert!(
            error.contains("part number 0xc24, not a Cortex-M33's 0xd21"),
            "{error}"
        );
        image.cpuid = 0x410F_D214;
        image.registers = [(U5_IDCODE, 0x2001_6482)].into();
        check(&mut image).unwrap();
        image.started = false;
        image.registers = [(U5_IDCODE, 0x1000_6454)].into();
        let error = check(&mut image).unwrap_err().to_string();
        assert!(
            error.contains("not the STM32U575 of the board file, but STM32U385"),
            "{error}"
        );

        let mut image = Image::new();
        image.cpuid = 0x410C_C601;
        image.core = "cortex-m0plus";
        image.chip = "STM32G0B1RETx";
        image.registers = [(G0_IDCODE, 0x1000_6460), (APBENR1, 1)].into();
        let error = check(&mut image).unwrap_err().to_string();
        assert!(error.contains("but device 0x460"), "{error}");
        assert_eq!(image.written, [(APBENR1, 1 << 27 | 1)]);
    }

    #[test]
    fn systick_is_read_backwards() {
        let mut image = Image::new();
        image.cpuid = 0x410C_C601;
        image.core = "cortex-m0plus";
        image.chip = "RP2040";
        image.cycles = 70_u32.wrapping_neg();
        check(&mut image).unwrap();
        image.started = false;
        image.cycles = 70;
        let error = check(&mut image).unwrap_err();
        assert!(matches!(error, CalibrateError::Counter { .. }), "{error}");
    }

    #[test]
    fn an_image_of_another_kind_version_or_layout_is_refused() {
        let mut image = Image::new();
        image.block.magic = 0;
        let error = check(&mut image).unwrap_err().to_string();
        assert!(error.starts_with("there is no tinybench block"), "{error}");
        let mut image = Image::new();
        image.block.version = 9;
        let error = check(&mut image).unwrap_err().to_string();
        assert!(error.contains("interface version 9"), "{error}");
        let mut image = Image::new();
        image.block.data_address = 0x4000_0000;
        let error = check(&mut image).unwrap_err().to_string();
        assert!(error.contains("not in the board's RAM"), "{error}");
    }
}
