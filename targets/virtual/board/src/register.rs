//! Numbers of the core's registers, for [`Machine::register`](crate::Machine::register): those of
//! DCRSR (Armv7-M Architecture Reference Manual, C1.6.3).

/// Argument or result 0. Registers up to R12 follow.
pub const R0: u32 = 0;
/// Argument or result 1.
pub const R1: u32 = 1;
/// Argument 2.
pub const R2: u32 = 2;
/// Argument 3.
pub const R3: u32 = 3;
/// The intra-procedure-call scratch register.
pub const R12: u32 = 12;
/// The stack pointer in use.
pub const SP: u32 = 13;
/// The link register: the return address.
pub const LR: u32 = 14;
/// The program counter.
pub const PC: u32 = 15;
/// The program status register.
pub const XPSR: u32 = 16;
/// The main stack pointer.
pub const MSP: u32 = 17;
/// The process stack pointer.
pub const PSP: u32 = 18;
/// CONTROL, FAULTMASK, BASEPRI and PRIMASK, from the top byte down.
pub const SPECIAL: u32 = 20;
/// The floating-point status and control register.
pub const FPSCR: u32 = 0x21;
/// Single-precision register 0. Registers up to S31 follow.
pub const S0: u32 = 0x40;
