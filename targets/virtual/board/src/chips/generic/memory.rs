//! What a generic chip is made of, and what of that can't be.

use serde::Deserialize;

use crate::chips::CacheShape;
use crate::core_model::CoreModel;

/// The most that a memory or the reach of a cache may be, bytes: a virtual board keeps it all.
const MOST_BYTES: u32 = 32 << 20;
/// The most wait states of flash.
const MOST_WAIT_STATES: u32 = 100;
/// The most bytes of a cache.
const MOST_CACHE_BYTES: u64 = 1 << 20;

/// Where the core has no memory (Armv7-M Architecture Reference Manual, B3.1): first address, address
/// behind the last, and what is there.
const NO_MEMORY: [(u64, u64, &str); 3] = [
    (0x4000_0000, 0x6000_0000, "peripherals"),
    (0xA000_0000, 0xE000_0000, "external devices"),
    (0xE000_0000, 1 << 32, "its own registers"),
];

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    /// First address.
    pub origin: u32,
    /// Size, bytes.
    pub length: u32,
}

impl AddressRange {
    fn end(self) -> u64 {
        u64::from(self.origin) + u64::from(self.length)
    }
}

/// A chip that is a core and its memories, without any peripherals: there is nothing of which a
/// manual would have to be known.
#[derive(Clone, Debug, PartialEq)]
pub struct GenericChip {
    /// The core.
    pub core: CoreModel,
    /// Flash, or the RAM that stands in its place.
    pub flash: AddressRange,
    /// RAM.
    pub ram: AddressRange,
    /// The clock of the core, Hz.
    pub clock_hz: u64,
    /// How the memories are reached, and the core's options.
    pub memory: GenericMemory,
}

/// How the memories of a generic chip are reached, and the core's options, as board files give them
/// (`[virtual.generic]`). What isn't given is as in [`GenericMemory::default`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GenericMemory {
    /// Cycles that a read of flash takes beyond one: 0 to 100.
    pub wait_states: u32,
    /// Bytes of one read of flash: 4, 8, 16, 32 or 64.
    pub read_bytes: u32,
    /// Whether the flash is read ahead.
    pub prefetch: bool,
    /// The cache for instructions fetched from flash, if there is one.
    pub instruction_cache: Option<CacheShape>,
    /// The cache for data read from flash, if there is one.
    pub data_cache: Option<CacheShape>,
    /// External interrupt lines: 1 to 240 (all are there if nothing is said), on a Cortex-M0+ to 32.
    pub interrupts: Option<u32>,
    /// Bits of priority: 3 to 8 (4 if nothing is said), on a Cortex-M0+ 2.
    pub priority_bits: Option<u32>,
    /// Regions of the MPU: 0 or 8 (8 if nothing is said), on a Cortex-M33 0, 4, 8, 12 or 16, on a Cortex-M0+ 0,
    /// for its MPU isn't modelled.
    pub mpu_regions: Option<u32>,
    /// Whether the bit-band regions are there, which a Cortex-M0+ and a Cortex-M33 don't have.
    pub bit_band: bool,
}

/// The options of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub interrupts: u32,
    pub priority_bits: u32,
    pub mpu_regions: u32,
}

impl GenericMemory {
    /// The core's options, with what isn't given.
    pub(super) fn options(&self, core: CoreModel) -> Options {
        let (interrupts, priority_bits, mpu_regions) = match core {
            CoreModel::CortexM0Plus => (32, 2, 0),
            CoreModel::CortexM4F | CoreModel::CortexM33F => (240, 4, 8),
        };
        Options {
            interrupts: self.interrupts.unwrap_or(interrupts),
            priority_bits: self.priority_bits.unwrap_or(priority_bits),
            mpu_regions: self.mpu_regions.unwrap_or(mpu_regions),
        }
    }
}

impl Default for GenericMemory {
    /// Memories without wait states and caches, no bit-band regions, and the core's own options.
    fn default() -> Self {
        Self {
            wait_states: 0,
            read_bytes: 16,
            prefetch: false,
            instruction_cache: None,
            data_cache: None,
            interrupts: None,
            priority_bits: None,
            mpu_regions: None,
            bit_band: false,
        }
    }
}

/// A generic chip can't be made as it is described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImpossibleChip {
    /// A memory lies where the core has none.
    #[error(
        "{memory} from {start:#010x} to {end:#010x} reaches where a Cortex-M has {what}; memories \
         lie below 0x40000000 or from 0x60000000 to 0xa0000000"
    )]
    NoMemoryThere {
        /// Flash or RAM.
        memory: &'static str,
        /// First address.
        start: u64,
        /// Address behind the last byte.
        end: u64,
        /// What is there.
        what: &'static str,
    },
    /// A memory is empty, too large, or isn't whole words.
    #[error("{memory} of {length:#x} bytes at {origin:#010x}: {must}")]
    Size {
        /// Flash or RAM.
        memory: &'static str,
        /// First address.
        origin: u32,
        /// Size, bytes.
        length: u32,
        /// What it must be.
        must: &'static str,
    },
    /// Flash and RAM overlap.
    #[error("flash and RAM overlap")]
    Overlap,
    /// There is RAM where the core looks for its vector table.
    #[error(
        "RAM lies at address 0, where the core looks for its vector table after reset, which is in \
         flash"
    )]
    RamAtZero,
    /// A number is out of range.
    #[error("{what} is {value}, which must be {must}")]
    Value {
        /// Which.
        what: String,
        /// The value.
        value: u64,
        /// What it may be.
        must: &'static str,
    },
}

impl GenericChip {
    /// Whether there can be such a chip.
    ///
    /// # Errors
    /// The first thing that can't be.
    pub fn check(&self) -> Result<(), ImpossibleChip> {
        check_range("flash", self.flash)?;
        check_range("RAM", self.ram)?;
        if u64::from(self.flash.origin) < self.ram.end()
            && u64::from(self.ram.origin) < self.flash.end()
        {
            return Err(ImpossibleChip::Overlap);
        }
        if self.ram.origin == 0 {
            return Err(ImpossibleChip::RamAtZero);
        }
        if self.clock_hz == 0 {
            return Err(value("clock_hz", 0, "more than 0"));
        }
        self.memory.check(self.core)
    }
}

impl GenericMemory {
    fn check(&self, core: CoreModel) -> Result<(), ImpossibleChip> {
        let of_core = self.options(core);
        let baseline = core == CoreModel::CortexM0Plus;
        let (mpu_regions, must_be_regions): (&[u32], _) = match core {
            CoreModel::CortexM0Plus => (&[0], "0 on a Cortex-M0+, whose MPU isn't modelled"),
            CoreModel::CortexM4F => (&[0, 8], "0 or 8"),
            CoreModel::CortexM33F => (&[0, 4, 8, 12, 16], "0, 4, 8, 12 or 16 on a Cortex-M33"),
        };
        let options = [
            (
                "wait_states",
                self.wait_states,
                (0..=MOST_WAIT_STATES).contains(&self.wait_states),
                "0 to 100",
            ),
            (
                "read_bytes",
                self.read_bytes,
                matches!(self.read_bytes, 4 | 8 | 16 | 32 | 64),
                "4, 8, 16, 32 or 64",
            ),
            (
                "interrupts",
                of_core.interrupts,
                (1..=if baseline { 32 } else { 240 }).contains(&of_core.interrupts),
                if baseline {
                    "1 to 32 on a Cortex-M0+"
                } else {
                    "1 to 240"
                },
            ),
            (
                "priority_bits",
                of_core.priority_bits,
                if baseline { 2..=2 } else { 3..=8 }.contains(&of_core.priority_bits),
                if baseline {
                    "2 on a Cortex-M0+"
                } else {
                    "3 to 8"
                },
            ),
            (
                "mpu_regions",
                of_core.mpu_regions,
                mpu_regions.contains(&of_core.mpu_regions),
                must_be_regions,
            ),
            (
                "bit_band",
                self.bit_band.into(),
                core == CoreModel::CortexM4F || !self.bit_band,
                "false (0) on a Cortex-M0+ or Cortex-M33, which have no bit-band regions",
            ),
        ];
        if let Some((what, number, _, must)) = options.into_iter().find(|it| !it.2) {
            return Err(value(what, number.into(), must));
        }
        for (name, cache) in [
            ("instruction_cache", self.instruction_cache),
            ("data_cache", self.data_cache),
        ] {
            if let Some(shape) = cache {
                self.check_cache(name, shape)?;
            }
        }
        Ok(())
    }

    fn check_cache(&self, name: &str, shape: CacheShape) -> Result<(), ImpossibleChip> {
        let wrong = |field: &str, number: u32, must| {
            Err(value(&format!("{name}.{field}"), number.into(), must))
        };
        if !shape.sets.is_power_of_two() || shape.sets > 1 << 16 {
            return wrong("sets", shape.sets, "a power of two, at most 65536");
        }
        if !(1..=1024).contains(&shape.ways) {
            return wrong("ways", shape.ways, "1 to 1024");
        }
        let reads = shape.line_bytes / self.read_bytes;
        if !shape.line_bytes.is_power_of_two() || !(1..=8).contains(&reads) {
            let must = "a power of two, and one to eight reads of flash (read_bytes)";
            return wrong("line_bytes", shape.line_bytes, must);
        }
        let bytes = u64::from(shape.sets) * u64::from(shape.ways) * u64::from(shape.line_bytes);
        if bytes > MOST_CACHE_BYTES {
            return Err(value(name, bytes, "at most 1048576 bytes in all"));
        }
        Ok(())
    }
}

fn value(what: &str, value: u64, must: &'static str) -> ImpossibleChip {
    ImpossibleChip::Value {
        what: what.to_owned(),
        value,
        must,
    }
}

fn check_range(memory: &'static str, range: AddressRange) -> Result<(), ImpossibleChip> {
    let AddressRange { origin, length } = range;
    let size = |must| ImpossibleChip::Size {
        memory,
        origin,
        length,
        must,
    };
    if length == 0 || !origin.is_multiple_of(4) || !length.is_multiple_of(4) {
        return Err(size("it must be whole words, and not empty"));
    }
    if length > MOST_BYTES {
        return Err(size("a virtual board models 32 MiB of it at most"));
    }
    let (start, end) = (u64::from(origin), range.end());
    let crossed = NO_MEMORY
        .iter()
        .find(|&&(first, behind, _)| start < behind && first < end);
    match crossed {
        Some(&(_, _, what)) => Err(ImpossibleChip::NoMemoryThere {
            memory,
            start,
            end,
            what,
        }),
        None => Ok(()),
    }
}
