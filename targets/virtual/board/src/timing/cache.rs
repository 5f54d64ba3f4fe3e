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
    shape: InstructionCacheShape,
    lines: Vec<Line>,
    clock: u32,
    /// Changes whenever something was evicted: blocks that were all hits before still are while
    /// it stays the same.
    pub epoch: u32,
}

impl InstructionCache {
    pub fn new(shape: InstructionCacheShape) -> Self {
        let lines = vec![Line::default(); (shape.sets * shape.ways) as usize];
        Self {
            shape,
            lines,
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
    /// hits and misses.
    pub fn touch(&mut self, start: u32, end: u32) -> (u32, u32) {
        let shape = self.shape;
        let (mut hits, mut misses) = (0, 0);
        let mut sector = start / shape.sector_bytes;
        while sector * shape.sector_bytes < end {
            let address = sector * shape.sector_bytes;
            let line = address / shape.line_bytes;
            let bit = 1 << (address % shape.line_bytes / shape.sector_bytes);
            let (set, tag) = (line % shape.sets, line / shape.sets);
            let first = (set * shape.ways) as usize;
            let ways = &mut self.lines[first..first + shape.ways as usize];
            sector += 1;
            if let Some(found) = ways.iter_mut().find(|l| l.sectors != 0 && l.tag == tag) {
                if found.sectors & bit != 0 {
                    hits += 1;
                } else {
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
        (hits, misses)
    }
}
