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

/// The static cycle of a divide. *Dynamic*: 1 more if the dividend is below the divisor or the
/// divisor is 0; else 2 more and 1 for each 4 bits, or part of them, by which the dividend is
/// longer: 2 to 11 in all. The TRM gives 2 to 12 and that it depends on the leading zeros; the
/// steps of 4 bits are an assumption.
pub const DIVIDE: u32 = 1;

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
