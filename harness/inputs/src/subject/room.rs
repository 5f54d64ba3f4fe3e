//! Whether a model can fit a board, as far as that can be told before firmware is built.

use std::fmt;

use crate::board::Board;
use crate::runtimes::{ModelFacts, TensorFacts};
use crate::subject::Subject;
use tinybench_support::number::grouped;

/// Bytes at the end of RAM that firmware keeps for its stack (`targets/firmware/build.rs`).
pub const STACK_BYTES: u64 = 8192;

/// Bytes of RAM that firmware's own data takes at most, arena, buffers and stack aside; what it
/// takes is known once it is built.
const STATIC_BYTES: u64 = 8192;

/// What a model needs of a board at the least: firmware's code, and its own data, come to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes of flash: the model.
    pub flash: u64,
    /// Bytes of RAM: the arena, the stack, and buffers for inputs or outputs if there are several; a
    /// single one can be in the arena.
    pub ram: u64,
}

/// What a board has too little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Which memory.
    pub memory: MemoryKind,
    /// Bytes that are needed at the least.
    pub needed: u64,
    /// Bytes the board has.
    pub available: u64,
}

/// A memory of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// Where the model and the code are.
    Flash,
    /// Where the arena is.
    Ram,
}

impl Footprint {
    /// What a model of `model_bytes` needs.
    pub fn of(model_bytes: usize, facts: &ModelFacts) -> Self {
        // As `Prepared::buffers` in `targets/firmware/src/commands.rs` does without buffers.
        let several = |tensors: &[TensorFacts]| tensors.len() > 1;
        let (input, output) = (
            several(&facts.input_tensors),
            several(&facts.output_tensors),
        );
        let buffers = match (input, output) {
            (false, false) => 0,
            (false, true) => facts.output_bytes,
            (true, _) => facts.input_bytes + facts.output_bytes,
        };
        Self {
            flash: model_bytes as u64,
            ram: (facts.arena_bytes + buffers) as u64 + STACK_BYTES,
        }
    }

    /// What `board` has too little of; flash first.
    pub fn shortage(&self, board: &Board) -> Option<Shortage> {
        let memory = &board.memory;
        [
            (MemoryKind::Flash, self.flash, memory.flash.length),
            (MemoryKind::Ram, self.ram, memory.all_ram().length),
        ]
        .into_iter()
        .map(|(memory, needed, available)| Shortage {
            memory,
            needed,
            available: available.into(),
        })
        .find(|shortage| shortage.needed > shortage.available)
    }

    /// What to do about a board that is too small: the names of those of `boards` that aren't.
    pub fn advice(&self, boards: &[Board]) -> String {
        let fitting = boards.iter().filter(|board| self.shortage(board).is_none());
        let names: Vec<_> = fitting.map(|board| board.name.as_str()).collect();
        match names.as_slice() {
            [] => "none of the known boards has room for it (`tinybench boards` lists them): make the \
                   model smaller; `tinybench inspect` shows what takes the room"
                .to_owned(),
            names => format!("it would fit {}", names.join(", ")),
        }
    }
}

impl Shortage {
    /// By how many bytes the board lacks.
    pub fn lacking(&self) -> u64 {
        self.needed - self.available
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, memory) = match self.memory {
            MemoryKind::Flash => ("the model has", "flash"),
            MemoryKind::Ram => ("arena, stack and necessary buffers take", "RAM"),
        };
        write!(
            f,
            "{what} {} bytes, {memory} has {}: {} too few",
            grouped(self.needed),
            grouped(self.available),
            grouped(self.lacking())
        )
    }
}

/// Bytes of RAM that are enough to measure `subject`.
pub fn ram_for(subject: &Subject) -> u64 {
    let facts = &subject.facts;
    let audio = subject
        .audio
        .as_ref()
        .map_or(0, |audio| audio.vector_bytes());
    let learner = subject
        .learning
        .as_ref()
        .map_or(0, |it| it.stream.memory_bytes);
    let buffers = [facts.input_bytes, facts.output_bytes, audio, learner];
    let buffers: u64 = buffers.iter().map(|&bytes| bytes as u64).sum();
    // Where the host has no planner, the first bank has to do: with others it would be slower.
    let arena = subject.arena_min_bytes.unwrap_or(0);
    u64::from(arena) + buffers + STACK_BYTES + STATIC_BYTES
}
