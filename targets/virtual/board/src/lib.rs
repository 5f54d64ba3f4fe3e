//! A virtual board: a Cortex-M core and chip behind a real debug port.

pub mod debug_port;
pub mod glasgow;
