//! The emulated core against QEMU.

mod assembler;
mod emulator;
mod encodings;
mod generator;
mod image;
mod operands;
mod oracle;
mod random_programs;
mod rng;
mod undefined;
