//! The instruction cache: which sectors of flash are in it. It has no contents of its own.

use crate::chips::InstructionCacheShape;

/// One line: its tag and which of its sectors are filled.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    tag: u32,
    sectors: u32,
    /// Order of filling within the set; the lowest is evicted first.
    age: u32,
}

/// The cache, with first-in first-out replacement.
pub(crate) struct InstructionCache {
    /// Lines in a set.
    ways: usize,
    /// Base-2 logarithms of sets, line and sector bytes: all are powers of two.
    set_bits: u32,
    line_shift: u32,
    sector_shift: u32,
    lines: Vec<Line>,
    clock: u32,
    /// Changes whenever something was evicted: blocks that were all hits before still are while
    /// it stays the same.
    pub epoch: u32,
}

impl InstructionCache {
    pub fn new(shape: InstructionCacheShape) -> Self {
        Self {
            ways: shape.ways as usize,
            set_bits: shape.sets.ilog2(),
            line_shift: shape.line_bytes.ilog2(),
            sector_shift: shape.sector_bytes.ilog2(),
            lines: vec![Line::default(); (shape.sets * shape.ways) as usize],
            clock: 0,
            epoch: 1,
        }
    }

    /// Empties the cache.
    pub fn clear(&mut self) {
        self.lines.fill(Line::default());
        self.epoch = self.epoch.wrapping_add(1).max(1);
    }

    /// Looks up the sectors of the flash bytes `start..end`, fills what is missing, and returns
    /// the number of sectors that were. `start` is below `end`.
    pub fn touch(&mut self, start: u32, end: u32) -> u32 {
        let mut misses = 0;
        let line_sectors = self.line_shift - self.sector_shift;
        for sector in start >> self.sector_shift..=(end - 1) >> self.sector_shift {
            let line = sector >> line_sectors;
            let bit = 1 << (sector & ((1 << line_sectors) - 1));
            let (set, tag) = (line & ((1 << self.set_bits) - 1), line >> self.set_bits);
            let first = set as usize * self.ways;
            let ways = &mut self.lines[first..first + self.ways];
            if let Some(found) = ways.iter_mut().find(|l| l.sectors != 0 && l.tag == tag) {
                if found.sectors & bit == 0 {
                    found.sectors |= bit;
                    misses += 1;
                }
                continue;
            }
            misses += 1;
            self.clock = self.clock.wrapping_add(1);
            let fresh = Line {
                tag,
                sectors: bit,
                age: self.clock,
            };
            let oldest = ways
                .iter_mut()
                .min_by_key(|l| if l.sectors == 0 { 0 } else { l.age });
            if let Some(slot) = oldest {
                if slot.sectors != 0 {
                    self.epoch = self.epoch.wrapping_add(1).max(1);
                }
                *slot = fresh;
            }
        }
        misses
    }
}
