//! The parameters of the rules, each with its source. All are cycles.
//!
//! Sources: *TRM* is the Cortex-M4 Technical Reference Manual r0p1 (DDI 0439D), chapter 3.3;
//! *compendium* the measurements of i-0.nl; *jnk0le* those on STM32F407 and F103.

/// Pipeline refill of a direct taken branch (compendium: a taken branch to an aligned target in
/// memory without wait states takes two cycles in all; TRM: P = 1 to 3).
pub const REFILL: u32 = 1;

/// Refill of a branch whose target is known late: BX, BLX, table branches, loads to the PC
/// (TRM: P = 1 to 3; the larger value where the target can't be speculated).
pub const LATE_REFILL: u32 = 2;

/// A load that doesn't follow another load (TRM, table 3-1).
pub const LOAD: u32 = 2;

/// A load right behind another load of the same memory: the address phase overlaps the data
/// phase (TRM, 3.3.3; n loads take n + 1 cycles).
pub const CHAINED_LOAD: u32 = 1;

/// A store with an immediate offset: the data goes to the write buffer (TRM, 3.3.3).
pub const STORE: u32 = 1;

/// A store with a register offset (TRM, 3.3.3).
pub const STORE_REGISTER_OFFSET: u32 = 2;

/// A load behind a store: nothing pipelines after a store (TRM, 3.3.3; jnk0le).
pub const LOAD_AFTER_STORE: u32 = 1;

/// An address register was written by the instruction before (TRM, 3.3.3).
pub const LATE_ADDRESS: u32 = 1;

/// *Dynamic*: a chained load reaches another memory than the one before it (jnk0le).
pub const LOST_OVERLAP: u32 = 1;

/// *Dynamic*: an access to a half-word or word that isn't aligned is split in two (TRM, 3.3.3).
pub const UNALIGNED: u32 = 1;

/// *Dynamic*: a word at an odd address is split in three (TRM, 3.3.3).
pub const UNALIGNED_ODD_WORD: u32 = 2;

/// The static cycle of a divide. The TRM, table 3-1, gives 2 to 12 in all, and that they depend on
/// the leading zeros of the operands.
pub const DIVIDE: u32 = 1;

/// *Dynamic*: what a divide adds if the dividend is below the divisor, or the divisor is 0: the
/// least of the TRM's range.
pub const DIVIDE_SHORT: u32 = 1;

/// *Dynamic*: what any other divide adds, before the bits by which the dividend is longer. An
/// assumption.
pub const DIVIDE_LONG: u32 = 2;

/// *Dynamic*: bits of the quotient that a divide finds in a cycle (an assumption: 4 of them make
/// 3 to 11 cycles in all of the TRM's range).
pub const DIVIDE_BITS: u32 = 4;

/// *Dynamic*: exception entry, with the stacking of eight words (TRM, 3.9.4: 12 cycles without
/// wait states).
pub const EXCEPTION_ENTRY: u32 = 12;

/// *Dynamic*: exception return, with the unstacking of eight words (TRM, 3.9.4).
pub const EXCEPTION_RETURN: u32 = 10;

/// *Dynamic*: from one handler to the next without unstacking and stacking (TRM, 3.9.4).
pub const TAIL_CHAIN: u32 = 6;

/// *Dynamic*: the floating-point context of 17 words, a cycle each, where it is stacked with the
/// rest or lazily, and where it is unstacked (TRM, 3.9.4: 29 cycles in, 27 out).
pub const FLOAT_CONTEXT: u32 = 17;

/// A floating-point result used by the next instruction (TRM, 7.2.3).
pub const FLOAT_RESULT_LATENCY: u32 = 1;

/// VDIV and VSQRT: the next floating-point instruction waits this long, integer instructions go on
/// (TRM, 7.2.3). What is left of it at the end of a block is waited for there.
pub const FLOAT_DIVIDE: u32 = 14;

/// A fetched word may be requested this many cycles after the word four before it was used up:
/// the depth of the prefetch unit (compendium: three or more misaligned 32-bit instructions in a
/// row take one more cycle each three).
pub const FETCH_LATENCY: u32 = 4;

/// Words that wait in the prefetch unit while the core keeps up.
pub const FETCH_AHEAD: u32 = 4;
