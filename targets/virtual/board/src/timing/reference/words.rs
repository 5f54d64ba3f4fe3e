//! One bus for the words of instructions and for data, in front of a flash that reads ahead: the accesses of a
//! Cortex-M0+ in turn.

use super::lines::Lines;
use crate::timing::port::{Port, Reading};

/// Bytes of a word.
const WORD: u32 = 4;

/// What an instruction does on the bus.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    /// Its first byte in the flash.
    pub at: u32,
    /// Its bytes.
    pub size: u32,
    /// Cycles that it takes if nothing waits, its jump included.
    pub cycles: u32,
    /// Words of data that it reads or writes, and for how long the flash has each waiting.
    pub data: (u32, u32),
    /// Whether it jumps.
    pub jumps: bool,
}

/// The bus, and the words that the core has fetched.
pub(super) struct Words {
    port: Port,
    /// The number of a word, and the cycle from which the core has it.
    here: (u32, i64),
    next: (u32, i64),
    /// The word that is asked for next, unless the core jumps before it needs it, and the cycle in which its
    /// address could be on the bus.
    asked: Option<(u32, i64)>,
    /// The cycle behind the latest transfer.
    free: i64,
    /// When the latest instruction was done.
    now: i64,
    jumped: bool,
}

/// No word.
const NONE: (u32, i64) = (u32::MAX, 0);

impl Words {
    /// Nothing has been fetched.
    pub const NEW: Self = Self {
        port: Port::NEW,
        here: NONE,
        next: NONE,
        asked: None,
        free: 0,
        now: 0,
        jumped: true,
    };

    /// So many cycles pass in which the core fetches nothing, and behind which it jumps.
    pub fn pass(&mut self, cycles: u64) {
        self.now += cycles as i64;
        self.jumped = true;
    }

    /// The cycles that an instruction takes.
    pub fn step(&mut self, flash: &mut Flash<'_>, it: &Use) -> u32 {
        let (before, word) = (self.now, it.at / WORD);
        let first_half = it.at.is_multiple_of(WORD);
        let (count, waits) = it.data;
        // Its target takes the place of the next word.
        let goes = it.jumps && count == 0;
        if self.jumped {
            self.here = self.fetch(flash, word, before - 2);
            self.next = NONE;
            self.asked = (!first_half).then_some((word + 1, before - 1));
        }
        if let Some((word, asked)) = self.asked.take()
            && (first_half || !goes)
        {
            self.next = self.fetch(flash, word, asked);
        }
        if self.here.0 != word {
            self.here = match self.next {
                next if next.0 == word => next,
                _ => self.fetch(flash, word, before - 2),
            };
            self.next = NONE;
        }
        let mut start = before.max(self.here.1);
        let reaches_over = it.size > 2 && !first_half;
        if reaches_over {
            start = start.max(self.next.1 - 1);
        }
        if first_half && count == 0 && !goes {
            self.asked = Some((word + 1, start));
        }
        for part in 0..i64::from(count) {
            self.free = self.free.max(start + 1 + part) + 1 + i64::from(waits);
        }
        let cycles = i64::from(it.cycles);
        self.now = start + cycles;
        if count != 0 {
            // The cycles that it takes behind its last transfer.
            self.now = self.now.max(self.free + cycles - 1 - i64::from(count));
            if first_half && !it.jumps {
                self.asked = Some((word + 1, self.free - 1));
            }
        }
        if reaches_over {
            self.here = self.next;
            self.next = NONE;
            if !goes {
                self.asked = Some((word + 2, start + 1));
            }
        }
        self.jumped = it.jumps;
        (self.now - before) as u32
    }

    /// A word whose address the core has for the bus in the cycle `asked`.
    fn fetch(&mut self, flash: &mut Flash<'_>, word: u32, asked: i64) -> (u32, i64) {
        let begin = self.free.max(asked + 1);
        let cache = &mut flash.cache.as_deref_mut();
        let sector = word * WORD / flash.sector_bytes;
        self.free = self.port.fetch(cache, flash.reading, sector, begin) + 1;
        (word, self.free)
    }
}

/// The flash behind the bus.
pub(super) struct Flash<'a> {
    pub reading: Reading,
    pub sector_bytes: u32,
    /// The cache for instructions, if it is on.
    pub cache: Option<&'a mut Lines>,
}
