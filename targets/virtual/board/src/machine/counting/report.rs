//! What was counted, and the words in which a debugger reads it.

use crate::timing::causes::{Cause, Causes};

/// Where the cycles of a window went. Those of all calls and of what is between add up to `cycles`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowProfile {
    /// Cycles between the two reads of CYCCNT.
    pub cycles: u64,
    /// Instructions between them.
    pub instructions: u64,
    /// The operators, in the order in which they were called.
    pub calls: Vec<SegmentCost>,
    /// All else.
    pub between: SegmentCost,
}

/// What one operator cost, or what is between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentCost {
    /// Cycles.
    pub cycles: u64,
    /// Instructions.
    pub instructions: u64,
    /// How many operators were called meanwhile. Their cost is part of this one.
    pub nested: u32,
    /// R0 when it was called: where a mark called it, the number of the operator.
    pub argument: u32,
    /// What the cycles went to. Exceptions and sleep are in none of the causes.
    pub causes: Causes,
    /// The straight runs of instructions that were executed, by address.
    pub blocks: Vec<BlockCost>,
}

/// What a straight run of instructions cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockCost {
    /// Its first address.
    pub address: u32,
    /// Bytes of its instructions.
    pub bytes: u32,
    /// How often it was executed.
    pub executions: u64,
    /// Cycles of all executions.
    pub cycles: u64,
    /// Instructions of all executions.
    pub instructions: u64,
}

/// Words don't make sense as a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// There are fewer than there should be.
    #[error("the profile ends after {0} words, in the middle of a figure")]
    Short(usize),
    /// There are more than there should be.
    #[error("the profile has {0} words too many")]
    Long(usize),
    /// It is of another version of the virtual board.
    #[error("the profile is of version {0}, this tinybench reads version {VERSION}")]
    Version(u32),
}

/// First word of a report.
const VERSION: u32 = 2;

impl WindowProfile {
    /// The profile as words, for [`Self::from_words`].
    pub fn to_words(&self) -> Vec<u32> {
        let mut words = vec![VERSION];
        let mut put = |value: u64| words.extend([value as u32, (value >> 32) as u32]);
        put(self.cycles);
        put(self.instructions);
        put(self.calls.len() as u64);
        for segment in self.calls.iter().chain([&self.between]) {
            put(segment.cycles);
            put(segment.instructions);
            put(u64::from(segment.nested) | u64::from(segment.argument) << 32);
            segment.causes.0.iter().for_each(|&it| put(it as u64));
            put(segment.blocks.len() as u64);
            for block in &segment.blocks {
                put(u64::from(block.address) | u64::from(block.bytes) << 32);
                put(block.executions);
                put(block.cycles);
                put(block.instructions);
            }
        }
        words
    }

    /// The profile whose [`Self::to_words`] these are.
    ///
    /// # Errors
    /// [`ReportError`] if they aren't one's.
    pub fn from_words(words: &[u32]) -> Result<Self, ReportError> {
        match words.first() {
            Some(&VERSION) => {}
            Some(&other) => return Err(ReportError::Version(other)),
            None => return Err(ReportError::Short(0)),
        }
        let mut reader = Reader { words, at: 1 };
        let (cycles, instructions) = (reader.take()?, reader.take()?);
        let count = reader.take()?;
        let mut calls = Vec::new();
        for _ in 0..count {
            calls.push(reader.segment()?);
        }
        let between = reader.segment()?;
        match words.len() - reader.at {
            0 => Ok(Self {
                cycles,
                instructions,
                calls,
                between,
            }),
            more => Err(ReportError::Long(more)),
        }
    }
}

struct Reader<'a> {
    words: &'a [u32],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self) -> Result<u64, ReportError> {
        match self.words.get(self.at..) {
            Some(&[low, high, ..]) => {
                self.at += 2;
                Ok(u64::from(high) << 32 | u64::from(low))
            }
            _ => Err(ReportError::Short(self.words.len())),
        }
    }

    fn segment(&mut self) -> Result<SegmentCost, ReportError> {
        let mut segment = SegmentCost {
            cycles: self.take()?,
            instructions: self.take()?,
            ..SegmentCost::default()
        };
        let called = self.take()?;
        segment.nested = called as u32;
        segment.argument = (called >> 32) as u32;
        let mut causes = [0; Cause::COUNT];
        for cycles in &mut causes {
            *cycles = self.take()? as i64;
        }
        segment.causes = Causes(causes);
        for _ in 0..self.take()? {
            let place = self.take()?;
            segment.blocks.push(BlockCost {
                address: place as u32,
                bytes: (place >> 32) as u32,
                executions: self.take()?,
                cycles: self.take()?,
                instructions: self.take()?,
            });
        }
        Ok(segment)
    }
}
