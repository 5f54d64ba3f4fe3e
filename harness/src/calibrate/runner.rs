//! The conversation with a calibration image through its block
//! (`tinybench_interface::calibration`).

use std::mem::offset_of;
use std::time::Duration;

use tinybench_interface::Status;
use tinybench_interface::calibration::{Block, COUNTER_COUNT, MAGIC, VERSION, checksum};

use super::chip::{Chip, Identity};
use super::counts::Readings;
use super::error::CalibrateError;
use super::layout::Layout;
use super::sequence::{Home, Places, Sequence};
use crate::conversation::ImageView;
use crate::fault::FaultReport;
use crate::target::{Target, TargetError, Wait};

/// CPUID (Armv7-M Architecture Reference Manual, B3.2.3), and in it a Cortex-M4's part number.
const CPUID: u32 = 0xE000_ED00;
const CORTEX_M4: u32 = 0xC24;
/// PIDR4 and PIDR0 to PIDR2 of the ROM table at 0xE00F_F000.
const ROM_PIDR4: u32 = 0xE00F_FFD0;
const ROM_PIDR0: u32 = 0xE00F_FFE0;

/// Which counters are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counters {
    /// The cycle counter alone.
    Cycles,
    /// The event counters too.
    All,
}

/// What runs sequences: an image on a target, between whose answers the core is halted.
pub struct Runner<'a, T: Target + ?Sized> {
    target: &'a mut T,
    image: ImageView<'a>,
    layout: &'a Layout,
    chip: Option<&'static Chip>,
    timeout: Duration,
    counters: Counters,
    /// The image's description of itself.
    block: Block,
    request: u32,
}

impl<'a, T: Target + ?Sized> Runner<'a, T> {
    /// Resets the target, which holds the image and `layout`, and lets the image initialise
    /// itself. `chip` is what the target must be.
    pub fn start(
        target: &'a mut T,
        image: ImageView<'a>,
        layout: &'a Layout,
        chip: Option<&'static Chip>,
        timeout: Duration,
        counters: Counters,
    ) -> Result<Self, CalibrateError> {
        target.reset()?;
        check_identity(target, chip)?;
        let mut runner = Self {
            target,
            image,
            layout,
            chip,
            timeout,
            counters,
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
        let before = self
            .chip
            .map_or(&[][..], |chip| chip.writes(sequence.cache));
        self.request += 1;
        // The host's part of the block, in its order.
        let counters = match self.counters {
            Counters::Cycles => 1,
            Counters::All => COUNTER_COUNT as u32,
        };
        let mut words = vec![self.request, counters, address | 1];
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
        Ok(Readings::new(&block, sequence.window, self.counters))
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

/// Refuses a target that isn't the chip that the board file names.
fn check_identity<T: Target + ?Sized>(
    target: &mut T,
    chip: Option<&'static Chip>,
) -> Result<(), CalibrateError> {
    let mut cpuid = [0];
    target.read_words(CPUID, &mut cpuid)?;
    let part = cpuid[0] >> 4 & 0xFFF;
    if part != CORTEX_M4 {
        return Err(CalibrateError::Core { part });
    }
    let Some(chip) = chip else {
        return Ok(());
    };
    let (mut fourth, mut first) = ([0], [0; 3]);
    target.read_words(ROM_PIDR4, &mut fourth)?;
    target.read_words(ROM_PIDR0, &mut first)?;
    let found = Identity::of(fourth[0], first);
    if found == chip.identity {
        return Ok(());
    }
    Err(CalibrateError::Chip {
        expected: chip.name,
        found: match Chip::with_identity(found) {
            Some(other) => other.name.to_owned(),
            None => found.to_string(),
        },
    })
}
