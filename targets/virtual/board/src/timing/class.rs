//! Kinds of instructions, as far as they decide how many cycles one takes.

/// Classes of instructions with timing of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// One cycle: data processing, multiplies, DSP, extends, saturation.
    Single,
    /// So many cycles, without any access.
    Several(u32),
    Nop,
    It,
    Load,
    /// Store with an immediate offset or with write-back.
    Store,
    StoreRegisterOffset,
    /// More than one word, or exclusive: cycles in all.
    LoadMultiple(u32),
    StoreMultiple(u32),
    /// The static part of a divide.
    Divide,
    /// Direct branch; the refill comes on top if it is taken.
    Branch,
    /// Branch whose target comes late.
    LateBranch,
    /// Table branch, load to PC: cycles before the refill.
    LoadBranch(u32),
    /// Floating point: cycles, and whether a result used at once costs another.
    Float(u32),
    /// Floating-point divide or square root, which integer instructions overtake.
    FloatDivide,
    FloatLoad,
    FloatStore,
}

impl Class {
    /// Whether it reads a single word or less, or several.
    pub const fn is_load(self) -> bool {
        matches!(
            self,
            Self::Load | Self::FloatLoad | Self::LoadMultiple(_) | Self::LoadBranch(_)
        )
    }

    /// Whether it writes a single word or less.
    pub const fn is_store(self) -> bool {
        matches!(
            self,
            Self::Store | Self::StoreRegisterOffset | Self::FloatStore
        )
    }

    /// Whether it reads or writes memory.
    pub const fn is_access(self) -> bool {
        self.is_load() || self.is_store() || matches!(self, Self::StoreMultiple(_))
    }
}
