//! The flash interface: wait states, caches, programming, erasing, option bytes (of the STM32L4R5:
//! RM0432, chapter 3).
//!
//! Simplified: operations take no time unless that is asked for; then they stall the core, also when
//! it runs from RAM and could have polled BSY. Fast programming is the standard one without its check
//! for erased words. Read-out protection, PCROP and the ECC aren't modelled: their option bytes can
//! be read and programmed and do nothing.

use super::clocks::core_cycles;
use super::peripheral::Write;
use crate::chips::{ChipContext, flash};
use crate::memory::{AccessSize, BusFault};

const ACR: u32 = 0x00;

/// Offsets of registers. ACR is the first in all chips.
#[derive(Debug)]
pub(in crate::chips) struct Offsets {
    pub key: u32,
    pub option_key: u32,
    pub status: u32,
    pub control: u32,
    pub ecc: u32,
    /// Those that read as zero and take every write: power-down keys and the like.
    pub ignored: &'static [u32],
}

/// Bits of a register.
#[derive(Debug)]
pub(in crate::chips) struct Bits {
    pub from: u32,
    pub count: u32,
}

impl Bits {
    fn of(&self, word: u32) -> u32 {
        word >> self.from & ((1 << self.count) - 1)
    }
}

/// A flash controller as data.
#[derive(Debug)]
pub(in crate::chips) struct FlashModel {
    pub offsets: Offsets,
    /// ACR after a reset, what can be written of it, and where the wait states are.
    pub acr_reset: u32,
    pub acr_writable: u32,
    pub latency: Bits,
    /// The page in CR, and the bit that says that it is one of the second bank.
    pub page: Bits,
    pub second_bank: u32,
    /// What can be written of CR while it is unlocked.
    pub control_writable: u32,
    /// Bytes of one bank of two, of a page where there are two banks, and of one where there is one.
    pub bank_bytes: u32,
    pub page_bytes: [u32; 2],
    /// Bytes that are programmed at once.
    pub program_bytes: u32,
    /// Option registers, the first of which is OPTR: offset, factory value.
    pub options: &'static [(u32, u32)],
    /// The bit of OPTR that divides the flash into two banks.
    pub dual_bank: u32,
    /// Among [`Self::options`] those of each bank with write-protected areas, whose pages have so many bits.
    pub protected: [[usize; 2]; 2],
    pub protected_pages: u32,
    /// Which of [`Self::options`] lie in the option bytes of each bank.
    pub option_banks: [&'static [usize]; 2],
    /// Times of the operations, µs: programming, erasing a page, and a bank.
    pub program_us: u64,
    pub erase_page_us: u64,
    pub erase_bank_us: u64,
}

const KEYS: [u32; 2] = [0x4567_0123, 0xCDEF_89AB];
const OPTION_KEYS: [u32; 2] = [0x0819_2A3B, 0x4C5D_6E7F];

/// What empties the caches, ICRST and DCRST.
const CACHE_RESETS: u32 = 1 << 11 | 1 << 12;

/// CR.
mod cr {
    pub const PG: u32 = 1 << 0;
    pub const PER: u32 = 1 << 1;
    pub const MER1: u32 = 1 << 2;
    pub const MER2: u32 = 1 << 15;
    pub const STRT: u32 = 1 << 16;
    pub const OPTSTRT: u32 = 1 << 17;
    pub const FSTPG: u32 = 1 << 18;
    pub const EOPIE: u32 = 1 << 24;
    pub const ERRIE: u32 = 1 << 25;
    pub const OBL_LAUNCH: u32 = 1 << 27;
    pub const OPTLOCK: u32 = 1 << 30;
    pub const LOCK: u32 = 1 << 31;
}

/// SR.
mod sr {
    pub const EOP: u32 = 1 << 0;
    pub const OPERR: u32 = 1 << 1;
    pub const PROGERR: u32 = 1 << 3;
    pub const WRPERR: u32 = 1 << 4;
    pub const PGAERR: u32 = 1 << 5;
    pub const SIZERR: u32 = 1 << 6;
    pub const PGSERR: u32 = 1 << 7;
    /// What is cleared by writing ones.
    pub const FLAGS: u32 = 0xC3FB;
}

/// How far the two keys have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    Locked,
    /// The first key was right.
    Half,
    Open,
    /// A key was wrong: closed until the next reset.
    Jammed,
}

impl Lock {
    /// One key is written.
    fn turn(&mut self, key: u32, keys: [u32; 2]) -> Result<(), BusFault> {
        *self = match *self {
            Self::Locked if key == keys[0] => Self::Half,
            Self::Half if key == keys[1] => Self::Open,
            Self::Open => Self::Open,
            _ => Self::Jammed,
        };
        if *self == Self::Jammed {
            Err(BusFault)
        } else {
            Ok(())
        }
    }
}

/// The controller.
#[derive(Clone, Debug)]
pub(in crate::chips) struct FlashController {
    model: &'static FlashModel,
    acr: u32,
    lock: Lock,
    option_lock: Lock,
    status: u32,
    control: u32,
    eccr: u32,
    /// The option registers, and the option bytes that they are loaded from.
    options: Vec<u32>,
    stored_options: Vec<u32>,
    /// Where what is programmed at once begins, and the first of its words.
    first: Option<(u32, Vec<u8>)>,
    takes_time: bool,
    launch: bool,
}

impl FlashController {
    pub fn new(model: &'static FlashModel) -> Self {
        let options: Vec<u32> = model.options.iter().map(|&(_, value)| value).collect();
        Self {
            model,
            acr: model.acr_reset,
            lock: Lock::Locked,
            option_lock: Lock::Locked,
            status: 0,
            control: 0,
            eccr: 0,
            stored_options: options.clone(),
            options,
            first: None,
            takes_time: false,
            launch: false,
        }
    }

    /// The registers after a reset; the option bytes are loaded.
    pub fn reset(&mut self) {
        *self = Self {
            options: self.stored_options.clone(),
            stored_options: std::mem::take(&mut self.stored_options),
            takes_time: self.takes_time,
            ..Self::new(self.model)
        };
    }

    pub fn set_takes_time(&mut self, takes_time: bool) {
        self.takes_time = takes_time;
    }

    /// Sets the bank mode as an option byte that was programmed before power-up. False if there is no
    /// choice.
    pub fn set_dual_bank(&mut self, dual_bank: bool) -> bool {
        let bit = self.model.dual_bank;
        for options in [&mut self.options, &mut self.stored_options] {
            options[0] = options[0] & !bit | if dual_bank { bit } else { 0 };
        }
        bit != 0
    }

    pub fn dual_bank(&self) -> bool {
        self.model.dual_bank == 0 || self.options[0] & self.model.dual_bank != 0
    }

    /// Wait states of a read.
    pub fn latency(&self) -> u32 {
        self.model.latency.of(self.acr)
    }

    pub fn instruction_cache(&self) -> bool {
        self.acr >> 9 & 1 != 0
    }

    pub fn data_cache(&self) -> bool {
        self.acr >> 10 & 1 != 0
    }

    /// Whether the flash reads on behind the sector fetched last.
    pub fn prefetch(&self) -> bool {
        self.acr >> 8 & 1 != 0
    }

    /// Whether the option bytes are to be loaded, which resets the chip, once.
    pub fn take_launch(&mut self) -> bool {
        std::mem::take(&mut self.launch)
    }

    /// Whether the interrupt line is asserted.
    pub fn interrupt(&self) -> bool {
        self.control & cr::EOPIE != 0 && self.status & sr::EOP != 0
            || self.control & cr::ERRIE != 0 && self.status & sr::OPERR != 0
    }

    /// Reads an option byte at `offset` in a bank's area: double words of a value and its
    /// complement.
    pub fn option_byte(&self, bank: usize, offset: u32) -> Option<u32> {
        let registers = self.model.option_banks.get(bank)?;
        let &register = registers.get(offset as usize / 8)?;
        let value = self.stored_options[register];
        Some(if offset & 4 == 0 { value } else { !value })
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        let at = &self.model.offsets;
        Some(match offset {
            ACR => self.acr,
            // The keys can't be read.
            _ if offset == at.key || offset == at.option_key => 0,
            _ if at.ignored.contains(&offset) => 0,
            _ if offset == at.status => self.status,
            _ if offset == at.control => {
                let locks = [(self.lock, cr::LOCK), (self.option_lock, cr::OPTLOCK)];
                locks
                    .iter()
                    .filter(|(lock, _)| *lock != Lock::Open)
                    .fold(self.control, |word, (_, bit)| word | bit)
            }
            _ if offset == at.ecc => self.eccr,
            _ => self.options[self.option(offset)?],
        })
    }

    /// Writes a register.
    ///
    /// # Errors
    /// [`BusFault`] for a wrong key.
    pub fn write(
        &mut self,
        offset: u32,
        write: Write,
        core_hz: u64,
        context: &mut ChipContext<'_>,
    ) -> Result<Option<()>, BusFault> {
        let at = &self.model.offsets;
        match offset {
            ACR => {
                write.to(&mut self.acr, self.model.acr_writable);
                // The reset bits are for caches that are off, and those are empty here anyway.
                self.acr &= !CACHE_RESETS;
                *context.timing_changed = true;
            }
            _ if at.ignored.contains(&offset) => {}
            _ if offset == at.key => self.lock.turn(write.bits(), KEYS)?,
            _ if offset == at.option_key => {
                if self.lock != Lock::Open {
                    return Err(BusFault);
                }
                self.option_lock.turn(write.bits(), OPTION_KEYS)?;
            }
            _ if offset == at.status => self.status &= !(write.bits() & sr::FLAGS),
            _ if offset == at.control => self.write_control(write, core_hz, context),
            _ if offset == at.ecc => write.to(&mut self.eccr, 1 << 24),
            _ => {
                let Some(index) = self.option(offset) else {
                    return Ok(None);
                };
                if self.option_lock == Lock::Open {
                    write.to(&mut self.options[index], u32::MAX);
                }
            }
        }
        Ok(Some(()))
    }

    fn write_control(&mut self, write: Write, core_hz: u64, context: &mut ChipContext<'_>) {
        if self.lock != Lock::Open {
            return;
        }
        write.to(&mut self.control, self.model.control_writable);
        self.first = None;
        let bits = write.bits();
        if bits & cr::STRT != 0 {
            self.erase(core_hz, context);
        }
        if self.option_lock == Lock::Open {
            if bits & cr::OPTSTRT != 0 {
                self.stored_options.clone_from(&self.options);
                self.stall(self.model.erase_page_us, core_hz, context);
                self.done();
            }
            self.launch |= bits & cr::OBL_LAUNCH != 0;
        }
        if bits & cr::OPTLOCK != 0 {
            self.option_lock = Lock::Locked;
        }
        if bits & cr::LOCK != 0 {
            (self.lock, self.option_lock) = (Lock::Locked, Lock::Locked);
        }
    }

    fn stall(&self, microseconds: u64, core_hz: u64, context: &mut ChipContext<'_>) {
        if self.takes_time {
            *context.stall += core_cycles(microseconds, 1_000_000, core_hz).unwrap_or(0);
        }
    }

    fn done(&mut self) {
        if self.control & cr::EOPIE != 0 {
            self.status |= sr::EOP;
        }
    }

    fn fail(&mut self, error: u32) {
        self.first = None;
        self.status |= error;
        if self.control & cr::ERRIE != 0 {
            self.status |= sr::OPERR;
        }
    }

    /// Bytes of a page.
    fn page(&self) -> u32 {
        let [dual_bank, single_bank] = self.model.page_bytes;
        if self.dual_bank() {
            dual_bank
        } else {
            single_bank
        }
    }

    /// Whether some page of a range is write-protected.
    fn is_protected(&self, start: u32, length: u32) -> bool {
        let page = self.page();
        let bank_bytes = self.model.bank_bytes;
        let (bank, bank_start) = if self.dual_bank() && start >= bank_bytes {
            (1, bank_bytes)
        } else {
            (0, 0)
        };
        let first = (start - bank_start) / page;
        let last = (start - bank_start + length - 1) / page;
        // In single-bank mode the areas of both banks are areas of the one.
        let areas = if self.dual_bank() {
            &self.model.protected[bank..=bank]
        } else {
            &self.model.protected[..]
        };
        let pages = self.model.protected_pages;
        areas.iter().flatten().any(|&area| {
            let (from, to) = (self.options[area] & pages, self.options[area] >> 16 & pages);
            // An area that ends before it starts is none.
            from <= to && from <= last && first <= to
        })
    }

    /// CR.STRT: erases what CR says.
    fn erase(&mut self, core_hz: u64, context: &mut ChipContext<'_>) {
        let banks = self.control & (cr::MER1 | cr::MER2);
        let bank = self.model.bank_bytes;
        let range = if self.control & cr::PER != 0 && banks == 0 {
            let mut start = self.model.page.of(self.control) * self.page();
            if self.dual_bank() && self.control & self.model.second_bank != 0 {
                start += bank;
            }
            Some((start, self.page()))
        } else if self.control & cr::PER != 0 {
            None
        } else {
            match (banks, self.dual_bank()) {
                (0, _) => None,
                (cr::MER1, true) => Some((0, bank)),
                (cr::MER2, true) => Some((bank, bank)),
                // Of a single bank both bits are needed.
                (both, _) if both == cr::MER1 | cr::MER2 => Some((0, 2 * bank)),
                _ => None,
            }
        };
        let Some((start, length)) = range.filter(|_| self.control & (cr::PG | cr::FSTPG) == 0)
        else {
            return self.fail(sr::PGSERR);
        };
        let halves = [
            (start, length.min(bank)),
            (bank, length.saturating_sub(bank)),
        ];
        if halves
            .iter()
            .any(|&(start, length)| length != 0 && self.is_protected(start, length))
        {
            return self.fail(sr::WRPERR);
        }
        flash::erase(context, start, length);
        let time = if banks == 0 {
            self.model.erase_page_us
        } else {
            self.model.erase_bank_us
        };
        self.stall(time, core_hz, context);
        self.done();
    }

    /// A write to the flash: the last of the words that are programmed at once programs all of them. What is
    /// refused sets a flag and does nothing.
    pub fn program(
        &mut self,
        offset: u32,
        size: AccessSize,
        value: u32,
        core_hz: u64,
        context: &mut ChipContext<'_>,
    ) {
        let mode = self.control & (cr::PG | cr::FSTPG);
        let old_errors = self.status & sr::FLAGS & !(sr::EOP | sr::OPERR);
        if self.lock != Lock::Open || mode.count_ones() != 1 || old_errors != 0 {
            return self.fail(sr::PGSERR);
        }
        if size != AccessSize::Word {
            return self.fail(sr::SIZERR);
        }
        let at_once = self.model.program_bytes;
        let (start, mut bytes) = match self.first.take() {
            Some(begun) => begun,
            None if offset.is_multiple_of(at_once) => (offset, Vec::new()),
            None => return self.fail(sr::PGAERR),
        };
        if offset != start + bytes.len() as u32 {
            return self.fail(sr::PGAERR);
        }
        bytes.extend(value.to_le_bytes());
        if bytes.len() < at_once as usize {
            self.first = Some((start, bytes));
            return;
        }
        if self.is_protected(start, at_once) {
            return self.fail(sr::WRPERR);
        }
        let cells = context
            .flash
            .get(start as usize..(start + at_once) as usize);
        let erased = cells.is_some_and(|cells| cells.iter().all(|&byte| byte == 0xFF));
        // Zeros can be written over anything.
        if mode == cr::PG && !erased && bytes.iter().any(|&byte| byte != 0) {
            return self.fail(sr::PROGERR);
        }
        if flash::program(context, start, &bytes).is_none() {
            return self.fail(sr::PGAERR);
        }
        self.stall(self.model.program_us, core_hz, context);
        self.done();
    }

    /// The option register at an offset.
    fn option(&self, offset: u32) -> Option<usize> {
        let mut options = self.model.options.iter();
        options.position(|&(at, _)| at == offset)
    }
}
