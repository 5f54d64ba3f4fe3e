//! A cache between core and flash: which sectors of flash are in it. It has no contents of its own.

use super::port::Held;
use crate::chips::CacheShape;

/// No line.
const EMPTY: u32 = u32::MAX;

/// The cache, with first-in first-out replacement: hits leave no trace, so what was all there
/// stays all there until something is evicted.
pub(crate) struct Cache {
    /// Lines in a set.
    ways: usize,
    set_mask: u32,
    /// Base-2 logarithms of line and sector bytes: all are powers of two.
    line_shift: u32,
    sector_shift: u32,
    /// All sectors of a line, one bit each.
    whole_line: u8,
    /// Of each line of the flash, which of its sectors are in the cache, one bit each.
    present: Vec<u8>,
    /// The lines in the cache, set by set, and in each set the slot that is filled next.
    lines: Vec<u32>,
    next: Vec<u32>,
    /// Changes whenever something was evicted: blocks that were all hits before still are while
    /// it stays the same.
    pub epoch: u32,
}

impl Cache {
    /// An empty cache of a flash of `flash_bytes`, of which one read brings `sector_bytes`.
    pub fn new(shape: CacheShape, sector_bytes: u32, flash_bytes: u32) -> Self {
        let line_shift = shape.line_bytes.ilog2();
        let sector_shift = sector_bytes.min(shape.line_bytes).ilog2();
        Self {
            ways: shape.ways as usize,
            set_mask: shape.sets - 1,
            line_shift,
            sector_shift,
            whole_line: whole_line(line_shift, sector_shift),
            present: vec![0; flash_bytes.div_ceil(shape.line_bytes) as usize],
            lines: vec![EMPTY; (shape.sets * shape.ways) as usize],
            next: vec![0; shape.sets as usize],
            epoch: 1,
        }
    }

    /// Empties the cache, for a flash of which one read brings `sector_bytes`.
    pub fn clear(&mut self, sector_bytes: u32) {
        for line in &mut self.lines {
            if let Some(present) = self.present.get_mut(*line as usize) {
                *present = 0;
            }
            *line = EMPTY;
        }
        self.next.fill(0);
        self.sector_shift = sector_bytes.ilog2().min(self.line_shift);
        self.whole_line = whole_line(self.line_shift, self.sector_shift);
        self.evicted();
    }

    fn evicted(&mut self) {
        self.epoch = self.epoch.wrapping_add(1).max(1);
    }

    /// Looks up the sectors of the flash bytes `start..end`, fills what is missing, and returns
    /// the number of sectors that were. `start` is below `end`.
    pub fn touch(&mut self, start: u32, end: u32) -> u32 {
        let (first, last) = (start >> self.line_shift, (end - 1) >> self.line_shift);
        // Mostly it is all there.
        let lines = self.present.get(first as usize..=last as usize);
        if lines.is_some_and(|lines| lines.iter().all(|&present| present == self.whole_line)) {
            return 0;
        }
        let mut misses = 0;
        for line in first..=last {
            let begin = start.max(line << self.line_shift);
            let until = (end - 1).min((line << self.line_shift) + (1 << self.line_shift) - 1);
            misses += self.touch_line(line, begin >> self.sector_shift, until >> self.sector_shift);
        }
        misses
    }

    /// Looks up the sector of one flash byte, fills it if it is missing, and returns whether it
    /// was.
    #[inline]
    pub fn misses(&mut self, byte: u32) -> bool {
        let sector = byte >> self.sector_shift;
        self.touch_line(byte >> self.line_shift, sector, sector) != 0
    }

    /// The sectors `first..=last` of `line`; their number that was missing.
    #[inline]
    fn touch_line(&mut self, line: u32, first: u32, last: u32) -> u32 {
        let within = (1 << (self.line_shift - self.sector_shift)) - 1;
        let wanted = (2_u8 << (last & within)).wrapping_sub(1 << (first & within));
        let Some(present) = self.present.get_mut(line as usize) else {
            return 0;
        };
        let missing = wanted & !*present;
        if missing == 0 {
            return 0;
        }
        if *present == 0 {
            self.allocate(line);
        }
        self.present[line as usize] |= missing;
        missing.count_ones()
    }

    /// Makes room for a line.
    fn allocate(&mut self, line: u32) {
        let set = (line & self.set_mask) as usize;
        let slot = &mut self.lines[set * self.ways + self.next[set] as usize];
        let old = std::mem::replace(slot, line);
        self.next[set] += 1;
        if self.next[set] as usize == self.ways {
            self.next[set] = 0;
        }
        if let Some(present) = self.present.get_mut(old as usize) {
            *present = 0;
            self.evicted();
        }
    }
}

impl Held for Cache {
    fn holds(&self, sector: u32) -> bool {
        let within = (1 << (self.line_shift - self.sector_shift)) - 1;
        let present = self
            .present
            .get((sector << self.sector_shift >> self.line_shift) as usize);
        present.is_some_and(|present| present >> (sector & within) & 1 != 0)
    }

    fn fill(&mut self, sector: u32) {
        self.misses(sector << self.sector_shift);
    }
}

/// A bit for each sector of a line.
fn whole_line(line_shift: u32, sector_shift: u32) -> u8 {
    u8::MAX >> (8 - (1 << (line_shift - sector_shift)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two sets of two lines of four sectors of eight bytes.
    fn small() -> Cache {
        let shape = CacheShape {
            sets: 2,
            ways: 2,
            line_bytes: 32,
        };
        Cache::new(shape, 8, 0x1000)
    }

    #[test]
    fn a_miss_fills_a_sector_not_a_line() {
        let mut cache = small();
        assert!(cache.misses(0x44));
        assert!(!cache.misses(0x40));
        assert!(cache.misses(0x48));
        assert_eq!(cache.touch(0x3C, 0x62), 4, "0x38, 0x50, 0x58 and 0x60");
    }

    #[test]
    fn the_line_filled_first_goes_first_though_it_was_hit_since() {
        let mut cache = small();
        assert!(cache.misses(0x00));
        assert!(cache.misses(0x40));
        assert!(!cache.misses(0x00));
        let before = cache.epoch;
        assert!(cache.misses(0x80));
        assert_ne!(cache.epoch, before, "something was evicted");
        assert!(!cache.misses(0x40));
        assert!(cache.misses(0x00));
    }

    #[test]
    fn a_line_goes_with_all_its_sectors() {
        let mut cache = small();
        assert_eq!(cache.touch(0x00, 0x20), 4);
        assert_eq!(cache.touch(0x40, 0x41) + cache.touch(0x80, 0x81), 2);
        assert_eq!(cache.touch(0x00, 0x20), 4);
    }

    #[test]
    fn a_cleared_cache_is_empty_and_may_have_wider_sectors() {
        let mut cache = small();
        assert_eq!(cache.touch(0x00, 0x20), 4);
        cache.clear(16);
        assert_eq!(cache.touch(0x00, 0x20), 2);
    }
}
