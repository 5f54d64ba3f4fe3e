//! Runs in which something fails, is interrupted, or is done side by side.

mod broken_boards;
#[cfg(unix)]
mod energy;
mod engines;
mod failures;
mod functions;
mod generic_board;
#[cfg(unix)]
mod killed;
mod own_runtimes;
#[cfg(unix)]
mod repeated;
mod sweep;
