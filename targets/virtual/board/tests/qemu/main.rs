//! The emulated core against QEMU.

mod assembler;
mod emulator;
mod encodings;
mod generator;
mod image;
mod operands;
mod oracle;
mod random_exceptions;
mod random_programs;
mod rng;
mod system_program;
mod undefined;
