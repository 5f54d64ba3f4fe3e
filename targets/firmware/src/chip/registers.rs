//! Registers that a chip's set-up reads and writes.

/// Reads a register.
pub fn read(register: *mut u32) -> u32 {
    // SAFETY: the register exists on the chip this image is built for, and reading it has no
    // effect.
    unsafe { register.read_volatile() }
}

/// Writes a register.
pub fn write(register: *mut u32, value: u32) {
    // SAFETY: the register exists on the chip this image is built for. The values are those of
    // [`configure`](super::configure), in the order that the reference manual asks for; no memory is affected.
    unsafe { register.write_volatile(value) }
}
