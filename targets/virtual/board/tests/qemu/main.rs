//! The emulated cores against QEMU's (`qemu-system-arm -M mps2-an386`, a Cortex-M4F, and others), which runs
//! as a separate process; where it isn't installed the tests say so and pass.
//!
//! The same image runs on both; what it leaves in RAM must be equal. Seeded parts run by default,
//! `scripts/emulator-vs-qemu` runs everything.
//!
//! # Known differences
//!
//! Section numbers are those of the Armv7-M Architecture Reference Manual, DDI 0403E. Where the
//! two differ, the programs stay away from the difference:
//!
//! - LDREXD and STREXD execute on QEMU. Table A5-19 leaves these encodings UNDEFINED.
//! - SETEND executes on QEMU, and HLT #0x3C is a semihosting call there. Table A5-6 has neither.
//! - UNPREDICTABLE encodings (SP or PC where a general register is meant, should-be bits, an IT
//!   block around instructions that may not be in one) mostly execute on QEMU. Here they fault as
//!   UNDEFINED, which A5.1.1 allows.
//! - QEMU aligns an extended exception frame to 8 bytes only if CCR.STKALIGN is set. PushStack
//!   (B1.5.6) always aligns one.
//! - QEMU lets HardFault and NMI set FAULTMASK. CPS and MSR (B5.2) set it only at an execution
//!   priority number above -1.
//! - A new floating-point context starts with all of FPDSCR in the FPSCR and, where the old one
//!   was saved at once, with cleared registers on QEMU. ExecuteFPCheck (B1.5.7) copies bits 26:22
//!   of FPDSCR, and the registers are UNKNOWN.
//! - FPCCR has UFRDY on QEMU, a bit of Armv8-M.
//! - A division that faults (DIV_0_TRP) stacks registers from before its translation block on
//!   QEMU 7.2: its helper functions are declared not to read them.
//! - QEMU takes a pending interrupt at the end of a translation block, this core at the end of
//!   its own block, a stepped one at once. All are allowed without a barrier (B1.5.9), so the
//!   programs have one.
//! - A store-exclusive to another address than the load-exclusive's fails on QEMU; how much
//!   memory the local monitor tags is IMPLEMENTATION DEFINED (A3.4.1).
//! - QEMU asks the MPU once a KiB: it forgets regions and subregions that are smaller when it has
//!   found the page before. Those are looked at here alone.
//! - Returning to thread mode on the process stack with an exception number in the frame, QEMU
//!   puts the frame back onto the main stack. ExceptionReturn (B1.5.8) pushes it onto the stack of
//!   the mode that EXC_RETURN named.
//! - Lockup ends QEMU.

mod armv6m;
mod armv8m;
mod bit_band;
mod changed_code;
mod directed_exceptions;
mod machines;
mod memory_protection;
mod programs;
mod random_exceptions;
mod random_programs;
mod undefined;
