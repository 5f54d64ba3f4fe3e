//! Who resets a chip, and what the RCC says of it in CSR, whose flags are the same in all chips.

use crate::chips::ResetReason;

/// Who resets the chip from inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chips) enum Resetter {
    IndependentWatchdog,
    WindowWatchdog,
    OptionBytes,
}

const OPTION_BYTES: u32 = 1 << 25;
const PIN: u32 = 1 << 26;
const BROWN_OUT: u32 = 1 << 27;
const SOFTWARE: u32 = 1 << 28;
const INDEPENDENT_WATCHDOG: u32 = 1 << 29;
const WINDOW_WATCHDOG: u32 = 1 << 30;

/// All flags of CSR.
pub(super) const CAUSES: u32 = 0xFF00_0000;
/// CSR.RMVF, which clears them.
pub(super) const REMOVE_CAUSES: u32 = 1 << 23;

/// The flags behind a reset, before which they were `before`.
pub(super) fn causes(before: u32, reason: ResetReason, by: Option<Resetter>) -> u32 {
    let new = match (reason, by) {
        (ResetReason::PowerOn, _) => return PIN | BROWN_OUT,
        (ResetReason::Pin, _) => 0,
        (ResetReason::Software, _) => SOFTWARE,
        (ResetReason::Watchdog, Some(Resetter::WindowWatchdog)) => WINDOW_WATCHDOG,
        (ResetReason::Watchdog, Some(Resetter::OptionBytes)) => OPTION_BYTES,
        (ResetReason::Watchdog, _) => INDEPENDENT_WATCHDOG,
    };
    // Every reset pulls the pin down too.
    before & CAUSES | new | PIN
}
