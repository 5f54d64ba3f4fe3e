//! The flash interface: wait states, caches, programming, erasing, option bytes (RM0432, chapter 3).
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
const KEYR: u32 = 0x08;
const OPTKEYR: u32 = 0x0C;
const SR: u32 = 0x10;
const CR: u32 = 0x14;
const ECCR: u32 = 0x18;
const OPTR: u32 = 0x20;

/// Halves of the flash in dual-bank mode, and the pages of both modes.
const BANK: u32 = 0x10_0000;
const DUAL_BANK_PAGE: u32 = 0x1000;
const SINGLE_BANK_PAGE: u32 = 0x2000;

const KEYS: [u32; 2] = [0x4567_0123, 0xCDEF_89AB];
const OPTION_KEYS: [u32; 2] = [0x0819_2A3B, 0x4C5D_6E7F];

/// ACR after reset: both caches on, no wait states, no prefetch.
const ACR_RESET: u32 = 0x600;
const ICRST: u32 = 1 << 11;
const DCRST: u32 = 1 << 12;

/// CR.
mod cr {
    pub const PG: u32 = 1 << 0;
    pub const PER: u32 = 1 << 1;
    pub const MER1: u32 = 1 << 2;
    pub const BKER: u32 = 1 << 11;
    pub const MER2: u32 = 1 << 15;
    pub const STRT: u32 = 1 << 16;
    pub const OPTSTRT: u32 = 1 << 17;
    pub const FSTPG: u32 = 1 << 18;
    pub const EOPIE: u32 = 1 << 24;
    pub const ERRIE: u32 = 1 << 25;
    pub const OBL_LAUNCH: u32 = 1 << 27;
    pub const OPTLOCK: u32 = 1 << 30;
    pub const LOCK: u32 = 1 << 31;
    /// What can be written while unlocked: PG to MER2, FSTPG, and the interrupts.
    pub const WRITABLE: u32 = 0x8FFF | FSTPG | 7 << 24;
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

/// Option registers, from OPTR on: offset, factory value.
const OPTIONS: [(u32, u32); 9] = [
    (OPTR, 0xFFEF_F8AA),
    (0x24, u32::MAX),
    (0x28, 0xFFFF_0000),
    (0x2C, 0xFF00_FFFF),
    (0x30, 0xFF00_FFFF),
    (0x44, u32::MAX),
    (0x48, 0xFFFF_0000),
    (0x4C, 0xFF00_FFFF),
    (0x50, 0xFF00_FFFF),
];
const DBANK: u32 = 1 << 22;
/// WRP1AR, WRP1BR, WRP2AR and WRP2BR among [`OPTIONS`].
const PROTECTED: [[usize; 2]; 2] = [[3, 4], [7, 8]];

/// Times of the operations, µs (STM32L4R5xx data sheet, flash memory characteristics, typical).
const PROGRAM_US: u64 = 82;
const ERASE_PAGE_US: u64 = 22_020;
const ERASE_BANK_US: u64 = 22_130;

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
pub(super) struct FlashController {
    acr: u32,
    lock: Lock,
    option_lock: Lock,
    status: u32,
    control: u32,
    eccr: u32,
    /// The option registers, and the option bytes that they are loaded from.
    options: [u32; OPTIONS.len()],
    stored_options: [u32; OPTIONS.len()],
    /// The first half of a double word.
    first: Option<(u32, u32)>,
    takes_time: bool,
    launch: bool,
}

impl FlashController {
    pub fn new() -> Self {
        let options = OPTIONS.map(|(_, value)| value);
        Self {
            acr: ACR_RESET,
            lock: Lock::Locked,
            option_lock: Lock::Locked,
            status: 0,
            control: 0,
            eccr: 0,
            options,
            stored_options: options,
            first: None,
            takes_time: false,
            launch: false,
        }
    }

    /// The registers after a reset; the option bytes are loaded.
    pub fn reset(&mut self) {
        *self = Self {
            options: self.stored_options,
            stored_options: self.stored_options,
            takes_time: self.takes_time,
            ..Self::new()
        };
    }

    pub fn set_takes_time(&mut self, takes_time: bool) {
        self.takes_time = takes_time;
    }

    /// Sets the bank mode as an option byte that was programmed before power-up.
    pub fn set_dual_bank(&mut self, dual_bank: bool) {
        for options in [&mut self.options, &mut self.stored_options] {
            options[0] = options[0] & !DBANK | if dual_bank { DBANK } else { 0 };
        }
    }

    pub fn dual_bank(&self) -> bool {
        self.options[0] & DBANK != 0
    }

    /// Wait states of a read.
    pub fn latency(&self) -> u32 {
        self.acr & 0xF
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
        let registers: &[usize] = if bank == 0 {
            &[0, 1, 2, 3, 4]
        } else {
            &[5, 6, 7, 8]
        };
        let &register = registers.get(offset as usize / 8)?;
        let value = self.stored_options[register];
        Some(if offset & 4 == 0 { value } else { !value })
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            ACR => self.acr,
            // The keys can't be read.
            0x04 | KEYR | OPTKEYR => 0,
            SR => self.status,
            CR => {
                let locks = [(self.lock, cr::LOCK), (self.option_lock, cr::OPTLOCK)];
                locks
                    .iter()
                    .filter(|(lock, _)| *lock != Lock::Open)
                    .fold(self.control, |word, (_, bit)| word | bit)
            }
            ECCR => self.eccr,
            0x130 => 0,
            _ => self.options[option(offset)?],
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
        match offset {
            ACR => {
                write.to(&mut self.acr, 0x6FFF);
                // The reset bits are for caches that are off, and those are empty here anyway.
                self.acr &= !(ICRST | DCRST);
                *context.timing_changed = true;
            }
            0x04 | 0x130 => {}
            KEYR => self.lock.turn(write.bits(), KEYS)?,
            OPTKEYR if self.lock != Lock::Open => return Err(BusFault),
            OPTKEYR => self.option_lock.turn(write.bits(), OPTION_KEYS)?,
            SR => self.status &= !(write.bits() & sr::FLAGS),
            CR => self.write_control(write, core_hz, context),
            ECCR => write.to(&mut self.eccr, 1 << 24),
            _ => {
                let Some(index) = option(offset) else {
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
        write.to(&mut self.control, cr::WRITABLE);
        self.first = None;
        let bits = write.bits();
        if bits & cr::STRT != 0 {
            self.erase(core_hz, context);
        }
        if self.option_lock == Lock::Open {
            if bits & cr::OPTSTRT != 0 {
                self.stored_options = self.options;
                self.stall(ERASE_PAGE_US, core_hz, context);
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

    fn page(&self) -> u32 {
        if self.dual_bank() {
            DUAL_BANK_PAGE
        } else {
            SINGLE_BANK_PAGE
        }
    }

    /// Whether some page of a range is write-protected.
    fn is_protected(&self, start: u32, length: u32) -> bool {
        let page = self.page();
        let (bank, bank_start) = if self.dual_bank() && start >= BANK {
            (1, BANK)
        } else {
            (0, 0)
        };
        let first = (start - bank_start) / page;
        let last = (start - bank_start + length - 1) / page;
        // In single-bank mode the areas of both banks are areas of the one.
        let areas = if self.dual_bank() {
            &PROTECTED[bank..=bank]
        } else {
            &PROTECTED[..]
        };
        areas.iter().flatten().any(|&area| {
            let (from, to) = (self.options[area] & 0xFF, self.options[area] >> 16 & 0xFF);
            // An area that ends before it starts is none.
            from <= to && from <= last && first <= to
        })
    }

    /// CR.STRT: erases what CR says.
    fn erase(&mut self, core_hz: u64, context: &mut ChipContext<'_>) {
        let banks = self.control & (cr::MER1 | cr::MER2);
        let range = if self.control & cr::PER != 0 && banks == 0 {
            let mut page = self.control >> 3 & 0xFF;
            if self.dual_bank() && self.control & cr::BKER != 0 {
                page += 0x100;
            }
            Some((page * self.page(), self.page()))
        } else if self.control & cr::PER != 0 {
            None
        } else {
            match (banks, self.dual_bank()) {
                (0, _) => None,
                (cr::MER1, true) => Some((0, BANK)),
                (cr::MER2, true) => Some((BANK, BANK)),
                // Of a single bank both bits are needed.
                (both, _) if both == cr::MER1 | cr::MER2 => Some((0, 2 * BANK)),
                _ => None,
            }
        };
        let Some((start, length)) = range.filter(|_| self.control & (cr::PG | cr::FSTPG) == 0)
        else {
            return self.fail(sr::PGSERR);
        };
        let halves = [
            (start, length.min(BANK)),
            (BANK, length.saturating_sub(BANK)),
        ];
        if halves
            .iter()
            .any(|&(start, length)| length != 0 && self.is_protected(start, length))
        {
            return self.fail(sr::WRPERR);
        }
        flash::erase(context, start, length);
        let time = if banks == 0 {
            ERASE_PAGE_US
        } else {
            ERASE_BANK_US
        };
        self.stall(time, core_hz, context);
        self.done();
    }

    /// A write to the flash: the second of two words programs both. What is refused sets a flag and
    /// does nothing.
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
        let Some((start, first)) = self.first.take() else {
            if offset.is_multiple_of(8) {
                self.first = Some((offset, value));
            } else {
                self.fail(sr::PGAERR);
            }
            return;
        };
        if offset != start + 4 {
            return self.fail(sr::PGAERR);
        }
        if self.is_protected(start, 8) {
            return self.fail(sr::WRPERR);
        }
        let double_word = u64::from(value) << 32 | u64::from(first);
        let cells = context.flash.get(start as usize..start as usize + 8);
        let erased = cells.is_some_and(|cells| cells.iter().all(|&byte| byte == 0xFF));
        // Zeros can be written over anything.
        if mode == cr::PG && !erased && double_word != 0 {
            return self.fail(sr::PROGERR);
        }
        if flash::program(context, start, &double_word.to_le_bytes()).is_none() {
            return self.fail(sr::PGAERR);
        }
        self.stall(PROGRAM_US, core_hz, context);
        self.done();
    }
}

fn option(offset: u32) -> Option<usize> {
    OPTIONS.iter().position(|&(at, _)| at == offset)
}
