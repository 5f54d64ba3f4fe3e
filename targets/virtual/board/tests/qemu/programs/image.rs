//! A program in flash that both machines run from reset.

/// Start of the RAM both machines have, 128 KiB; those with a Cortex-M4F have 256 KiB.
pub const RAM: u32 = 0x2000_0000;

/// The virtual chip with a Cortex-M33.
pub const M33: &str = "generic-m33";

/// A flash image with its exit stub left blank.
#[derive(Clone, Debug)]
pub struct Image {
    /// The virtual chip whose core runs it here.
    pub chip: &'static str,
    /// The flash from address 0 on.
    pub flash: Vec<u8>,
    /// Address of the exit stub, [`Image::EXIT_BYTES`] long.
    pub exit: u32,
    /// Bytes of RAM from [`RAM`] on that are the result.
    pub result_bytes: u32,
}

impl Image {
    /// Room for what ends a run: differs between the machines.
    pub const EXIT_BYTES: u32 = 16;

    /// The flash with `stub` as exit.
    pub fn with_exit(&self, stub: &[u8]) -> Vec<u8> {
        assert!(stub.len() <= Self::EXIT_BYTES as usize, "the stub fits");
        let mut flash = self.flash.clone();
        let start = self.exit as usize;
        flash[start..start + stub.len()].copy_from_slice(stub);
        flash
    }
}
