//! What the tests of STM32 chips share: the chips, a program for each, and their flash.

use std::sync::{Arc, Mutex};

use probe_rs::Session;
use probe_rs::flashing::DownloadOptions;
use tinybench_virtual_board::VirtualBoard;

pub const FLASH: u32 = 0x0800_0000;
/// Where the program leaves the flash size in KB.
pub const RESULT: u32 = 0x2000_0400;

pub type Shared = Arc<Mutex<VirtualBoard>>;

/// A chip.
pub struct Stm32 {
    /// probe-rs's name.
    pub name: &'static str,
    /// The virtual board's.
    pub board: &'static str,
    pub ram_end: u32,
    /// The register with the size of the flash in KB, and what it says.
    pub flash_size: (u32, u32),
}

pub const L4R5: Stm32 = Stm32 {
    name: "STM32L4R5ZITx",
    board: "stm32l4r5",
    ram_end: 0x2003_0000,
    flash_size: (0x1FFF_75E0, 2048),
};

impl Stm32 {
    pub fn board(&self) -> Shared {
        let board = VirtualBoard::new(self.board).expect("there is such a chip");
        Arc::new(Mutex::new(board))
    }

    /// A program that stores the flash size at [`RESULT`] and stops.
    pub fn program(&self) -> Vec<u8> {
        const CODE: u32 = 0x100;
        let mut words = vec![(FLASH + CODE + 10) | 1; CODE as usize / 4];
        words[0] = self.ram_end;
        words[1] = (FLASH + CODE) | 1;
        let register = self.flash_size.0;
        let code: [u16; 10] = [
            0x4802, // 100: ldr  r0, [pc, #8]
            0x8801, // 102: ldrh r1, [r0]
            0x4A02, // 104: ldr  r2, [pc, #8]
            0x6011, // 106: str  r1, [r2]
            0xBE00, // 108: bkpt 0
            0xE7FE, // 10a: b    10a
            register as u16,
            (register >> 16) as u16, // 10c
            RESULT as u16,
            (RESULT >> 16) as u16, // 110
        ];
        let table = words.into_iter().flat_map(u32::to_le_bytes);
        table
            .chain(code.iter().flat_map(|half| half.to_le_bytes()))
            .collect()
    }
}

/// `bytes` that start with the program of `chip` and go on with words that all differ.
pub fn large(chip: &Stm32, bytes: usize) -> Vec<u8> {
    let mut image = chip.program();
    let first = image.len() as u32 / 4;
    image.extend((first..bytes as u32 / 4).flat_map(|i| i.wrapping_mul(0x9E37_79B9).to_le_bytes()));
    image
}

/// Puts bytes into the flash as `probe-rs download --verify` does.
pub fn flash(session: &mut Session, offset: u32, bytes: &[u8]) {
    let mut loader = session.target().flash_loader();
    loader
        .add_data(u64::from(FLASH + offset), bytes)
        .expect("it fits");
    let mut options = DownloadOptions::default();
    options.verify = true;
    loader
        .commit(session, options)
        .expect("it is flashed and verified");
}

/// What is in the flash of a board.
pub fn contents(board: &Shared, offset: u32, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let board = board.lock().unwrap();
    board
        .machine
        .read_memory(FLASH + offset, &mut bytes)
        .expect("it is flash");
    bytes
}
