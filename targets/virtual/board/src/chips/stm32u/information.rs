//! What is at fixed addresses for software to read: the system memory with its factory values (RM0456 and
//! RM0487, chapter "Device electronic signature").

/// One-time programmable bytes and factory values.
const ONE_TIME: std::ops::Range<u32> = 0x0BFA_0000..0x0BFA_0800;
const END: u32 = 0x0BFB_0000;

/// Reads the system memory, which begins at `start`: one-time programmable bytes, factory values, bootloader.
/// The bootloader isn't there: false with its value.
pub(super) fn system_memory(address: u32, start: u32, flash_bytes: u32) -> Option<(u32, bool)> {
    if !(start..END).contains(&address) {
        return None;
    }
    let value = match address {
        // UID: that of no real chip. Position on the wafer, its number and lot.
        0x0BFA_0700 => 0x0001_0001,
        0x0BFA_0704 => 0x6E69_7401,
        0x0BFA_0708 => 0x6863_6E65,
        // Flash size in KB.
        0x0BFA_07A0 => 0xFFFF_0000 | (flash_bytes / 1024),
        _ => u32::MAX,
    };
    Some((value, ONE_TIME.contains(&address)))
}
