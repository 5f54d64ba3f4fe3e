//! nRF52: the instruction cache of its flash (nRF52840 Product Specification, NVMC).

/// Whether the cache is to be on.
mod settings {
    include!(concat!(env!("OUT_DIR"), "/setup.rs"));
}

/// Sets the instruction cache as the board file says.
pub fn configure() {
    /// NVMC.ICACHECNF. Bit 0 enables the cache.
    const ICACHECNF: *mut u32 = 0x4001_E540 as *mut u32;
    let value = u32::from(settings::INSTRUCTION_CACHE);
    // SAFETY: the register exists on the chip this image is built for, and enabling or
    // disabling the cache has no effect but on time.
    unsafe { ICACHECNF.write_volatile(value) };
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}
