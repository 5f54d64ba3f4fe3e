//! What is at fixed addresses for software to read: the system memory with its factory values, and the
//! identity in DBGMCU (RM0432, chapters 57 "Debug support" and 58 "Device electronic signature").

/// The system memory: bootloader, one-time programmable bytes, factory values.
const SYSTEM_MEMORY: std::ops::Range<u32> = 0x1FFF_0000..0x1FFF_8000;
const ONE_TIME: std::ops::Range<u32> = 0x1FFF_7000..0x1FFF_7400;

/// Reads the system memory. The bootloader isn't there: false with its value.
pub(super) fn system_memory(address: u32) -> Option<(u32, bool)> {
    if !SYSTEM_MEMORY.contains(&address) {
        return None;
    }
    let known = address >= ONE_TIME.start;
    let value = match address {
        // UID: that of no real chip. Position on the wafer, its number and lot.
        0x1FFF_7590 => 0x0001_0001,
        0x1FFF_7594 => 0x6E69_7401,
        0x1FFF_7598 => 0x6863_6E65,
        // Flash size in KB. The package: LQFP144.
        0x1FFF_75E0 => 0xFFFF_0000 | 2048,
        0x1FFF_7500 => 0xFFFF_FFE0 | 0x12,
        _ => u32::MAX,
    };
    Some((value, known))
}

/// Device and revision: STM32L4Rxx, revision W.
pub(super) const IDCODE: u32 = 0x100F_6470;
