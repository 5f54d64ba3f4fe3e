//! The two machines that are compared.

pub mod emulator;
pub mod oracle;
