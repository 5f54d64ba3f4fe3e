//! A cache as a plain list of its lines.

use std::collections::{HashMap, VecDeque};

use crate::chips::CacheShape;
use crate::timing::port::Held;

/// Lines of a cache: the oldest of a set goes first.
pub(super) struct Lines {
    shape: CacheShape,
    sector_bytes: u32,
    /// Of each set, the lines with the sectors that are filled.
    sets: HashMap<u32, VecDeque<(u32, Vec<u32>)>>,
}

impl Lines {
    pub fn new(shape: CacheShape, sector_bytes: u32) -> Self {
        Self {
            shape,
            sector_bytes: sector_bytes.min(shape.line_bytes),
            sets: HashMap::new(),
        }
    }

    /// Whether the sector of a byte of the flash wasn't there; now it is.
    pub fn misses(&mut self, byte: u32) -> bool {
        let (line, sector) = (byte / self.shape.line_bytes, byte / self.sector_bytes);
        let set = self.sets.entry(line % self.shape.sets).or_default();
        if let Some((_, sectors)) = set.iter_mut().find(|(there, _)| *there == line) {
            let misses = !sectors.contains(&sector);
            if misses {
                sectors.push(sector);
            }
            return misses;
        }
        set.push_back((line, vec![sector]));
        if set.len() > self.shape.ways as usize {
            set.pop_front();
        }
        true
    }
}

impl Held for Lines {
    fn holds(&self, sector: u32) -> bool {
        let line = sector * self.sector_bytes / self.shape.line_bytes;
        let set = self.sets.get(&(line % self.shape.sets));
        set.is_some_and(|set| {
            set.iter()
                .any(|(there, sectors)| *there == line && sectors.contains(&sector))
        })
    }

    fn fill(&mut self, sector: u32) {
        self.misses(sector * self.sector_bytes);
    }
}
