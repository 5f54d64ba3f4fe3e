//! Runs in which something fails, is interrupted, or is done side by side.

mod broken_boards;
mod failures;
#[cfg(unix)]
mod killed;
#[cfg(unix)]
mod repeated;
mod sweep;
