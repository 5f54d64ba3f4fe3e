//! A server that speaks the protocol of the Glasgow Interface Explorer's `probe-rs` applet, so that
//! any program with probe-rs in it reaches a virtual board: `probe-rs`, `cargo embed`, gdb through
//! it, embedded-test.
//!
//! Each packet is COBS of a target number and bytes, ended by a zero. Target 0, root, identifies
//! the probe, sets its clock and drives nRST; target 1, swd, makes SWD transfers. To each target
//! the bytes are a stream; where packets begin and end means nothing, but for one thing: after a
//! FAULT the rest of the packet is dropped and the sticky flag cleared, because probe-rs doesn't
//! read the remaining answers.
//!
//! [`Session`] is the protocol, [`Server`] the sockets.

pub mod cobs;
mod server;
mod session;

pub use server::{ServeError, Server, Stop};
pub use session::{ProtocolError, Session};
