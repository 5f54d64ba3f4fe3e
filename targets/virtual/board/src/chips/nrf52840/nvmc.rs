//! NVMC, the non-volatile memory controller, with the instruction cache's switch (Product
//! Specification, 4.3).
//!
//! Simplified: operations take no time unless that is asked for; then they stall the core, also
//! when it runs from RAM and could have polled READY. A page is filled with a pattern until its
//! partial erases add up to a whole one. IHIT counts a hit for each word of code that is executed,
//! but none for words that are fetched ahead and not executed; IMISS counts each cache line that is
//! filled.

use std::collections::BTreeMap;

use super::peripheral::microseconds;
use crate::chips::{ChipContext, flash};

/// ERASEUICR.
pub(super) const ERASEUICR: u32 = 0x514;

/// Bytes of a flash page.
const PAGE: u32 = 4096;

/// Times of the operations, in core clock cycles: the greatest of the electrical specification.
const WRITE_TIME: u64 = microseconds(41);
const ERASE_PAGE_TIME: u64 = microseconds(85_000);
const ERASE_ALL_TIME: u64 = microseconds(169_000);

/// Milliseconds of partial erases after which a page is erased: tERASEPAGE.
const WHOLE_ERASE: u32 = 85;
/// What a page is programmed with that is erased in part: its contents are undefined on the chip.
const UNDEFINED: u8 = 0xA5;

/// What CONFIG allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
    Erase,
}

/// The controller.
#[derive(Clone, Debug)]
pub(super) struct Nvmc {
    mode: Mode,
    cache: bool,
    profile: bool,
    partial_duration: u32,
    /// Milliseconds of partial erases so far, by page.
    partly_erased: BTreeMap<u32, u32>,
    erase_uicr: bool,
    /// Whether operations stall the core for as long as they last.
    takes_time: bool,
}

impl Default for Nvmc {
    fn default() -> Self {
        Self {
            mode: Mode::Read,
            cache: false,
            profile: false,
            partial_duration: 10,
            partly_erased: BTreeMap::new(),
            erase_uicr: false,
            takes_time: false,
        }
    }
}

impl Nvmc {
    pub fn cache_enabled(&self) -> bool {
        self.cache
    }

    pub fn counts_cache(&self) -> bool {
        self.profile
    }

    /// Whether operations stall the core for as long as they last.
    pub fn set_takes_time(&mut self, takes_time: bool) {
        self.takes_time = takes_time;
    }

    /// The registers after a reset.
    pub fn reset(&mut self) {
        *self = Self {
            takes_time: self.takes_time,
            partly_erased: std::mem::take(&mut self.partly_erased),
            ..Self::default()
        };
    }

    fn stall(&self, cycles: u64, context: &mut ChipContext<'_>) {
        if self.takes_time {
            *context.stall += cycles;
        }
    }

    pub fn may_write(&self) -> bool {
        self.mode == Mode::Write
    }

    /// Whether ERASEUICR was written since the last call.
    pub fn take_erase_uicr(&mut self) -> bool {
        std::mem::take(&mut self.erase_uicr)
    }

    pub fn read(&self, offset: u32, context: &ChipContext<'_>) -> Option<u32> {
        Some(match offset {
            // READY and READYNEXT: operations complete at once.
            0x400 | 0x408 => 1,
            0x504 => match self.mode {
                Mode::Read => 0,
                Mode::Write => 1,
                Mode::Erase => 2,
            },
            0x508 | 0x50C | 0x510 | ERASEUICR | 0x518 => 0,
            0x51C => self.partial_duration,
            0x540 => u32::from(self.cache) | u32::from(self.profile) << 8,
            0x548 if self.profile => context.cache_counters.hits,
            0x54C if self.profile => context.cache_counters.misses,
            0x548 | 0x54C => 0,
            _ => return None,
        })
    }

    pub fn write(&mut self, offset: u32, value: u32, context: &mut ChipContext<'_>) -> Option<()> {
        match offset {
            0x504 => {
                self.mode = match value & 3 {
                    1 => Mode::Write,
                    2 => Mode::Erase,
                    _ => Mode::Read,
                };
            }
            // ERASEPAGE, its older name ERASEPCR1, and ERASEPCR0.
            0x508 | 0x510 => self.erase(context, value & !(PAGE - 1), PAGE),
            0x50C if value & 1 != 0 => {
                self.erase(context, 0, context.flash.len() as u32);
                self.erase_uicr = self.mode == Mode::Erase;
            }
            ERASEUICR if value & 1 != 0 => self.erase_uicr = self.mode == Mode::Erase,
            0x50C | ERASEUICR => {}
            0x518 => self.erase_partly(context, value & !(PAGE - 1)),
            0x51C => self.partial_duration = value & 0x7F,
            0x540 => {
                self.cache = value & 1 != 0;
                self.profile = value & 0x100 != 0;
                *context.timing_changed = true;
            }
            0x548 => context.cache_counters.hits = 0,
            0x54C => context.cache_counters.misses = 0,
            _ => return None,
        }
        Some(())
    }

    /// Erases, if CONFIG enables it; otherwise nothing happens.
    fn erase(&mut self, context: &mut ChipContext<'_>, start: u32, length: u32) {
        if self.mode == Mode::Erase {
            flash::erase(context, start, length);
            self.partly_erased
                .retain(|&page, _| !(start..start + length).contains(&page));
            let time = if length == PAGE {
                ERASE_PAGE_TIME
            } else {
                ERASE_ALL_TIME
            };
            self.stall(time, context);
        }
    }

    /// A part of an erase: so long that the core needn't stand still for a whole one.
    fn erase_partly(&mut self, context: &mut ChipContext<'_>, page: u32) {
        if self.mode != Mode::Erase || page as usize >= context.flash.len() {
            return;
        }
        let done = self.partly_erased.entry(page).or_default();
        *done += self.partial_duration;
        if *done >= WHOLE_ERASE {
            self.partly_erased.remove(&page);
            flash::erase(context, page, PAGE);
        } else {
            flash::program(context, page, &[UNDEFINED; PAGE as usize]);
        }
        let time = microseconds(1000 * u64::from(self.partial_duration));
        self.stall(time, context);
    }

    /// The time of programming a word, or of erasing UICR.
    pub fn stall_for_uicr(&self, erase: bool, context: &mut ChipContext<'_>) {
        self.stall(if erase { ERASE_PAGE_TIME } else { WRITE_TIME }, context);
    }

    /// Programs a word: bits only fall. `None` if CONFIG doesn't enable it.
    pub fn program(&self, offset: u32, value: u32, context: &mut ChipContext<'_>) -> Option<()> {
        if !self.may_write() {
            return None;
        }
        flash::program(context, offset, &value.to_le_bytes())?;
        self.stall(WRITE_TIME, context);
        Some(())
    }
}
