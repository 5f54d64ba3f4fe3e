//! Unmodified probe-rs in front of the virtual STM32 chips: its own debug sequences and its own flash algorithms,
//! which run on the emulated cores.

mod common;
#[path = "common/stm32.rs"]
mod stm32;

use std::sync::Arc;
use std::time::Duration;

use common::{Running, attach};
use probe_rs::MemoryInterface;
use probe_rs::flashing::{FlashProgress, erase, erase_all};
use stm32::{FLASH, L4R5, RESULT, Stm32, contents, flash, large};
use tinybench_virtual_probe::open;

const SECOND: Duration = Duration::from_secs(1);

const G0B1: Stm32 = Stm32 {
    name: "STM32G0B1RETx",
    board: "stm32g0b1",
    ram_end: 0x2002_4000,
    flash_size: (0x1FFF_75E0, 512),
};
const U575: Stm32 = Stm32 {
    name: "STM32U575ZITxQ",
    board: "stm32u575",
    ram_end: 0x200C_0000,
    flash_size: (0x0BFA_07A0, 2048),
};
const U385: Stm32 = Stm32 {
    name: "STM32U385RGTxQ",
    board: "stm32u385",
    ram_end: 0x2004_0000,
    flash_size: (0x0BFA_07A0, 1024),
};

#[test]
fn programs_are_flashed_and_run() {
    for chip in [L4R5, G0B1, U575, U385] {
        let (in_process, served) = (chip.board(), chip.board());
        let running = Running::new(&served);
        for (probe, board) in [
            (open(Arc::clone(&in_process)), &in_process),
            (running.probe(), &served),
        ] {
            let mut session = attach(probe, chip.name);
            let program = chip.program();
            flash(&mut session, 0, &program);
            assert_eq!(contents(board, 0, program.len()), program);
            let mut core = session.core(0).unwrap();
            let halted = core.reset_and_halt(SECOND).unwrap();
            assert_eq!(halted.pc, u64::from(FLASH + 0x100));
            core.run().unwrap();
            core.wait_for_core_halted(SECOND).unwrap();
            let found = core.read_word_32(RESULT.into()).unwrap();
            assert_eq!(found, chip.flash_size.1, "{}", chip.name);
            let board = board.lock().unwrap();
            assert_eq!(board.machine.diagnostics().next(), None);
        }
    }
}

#[test]
fn pages_are_flashed_verified_and_erased() {
    for (chip, offset, bytes, page) in [
        // On both sides of the banks' border.
        (G0B1, 0x4_0000 - 64 * 1024, 128 * 1024, 0x800),
        (U575, 0x10_0000 - 64 * 1024, 128 * 1024, 0x2000),
        // In the first 64 KB: probe-rs 0.32 has the second bank begin behind them.
        (U385, 0x4000, 32 * 1024, 0x1000),
    ] {
        let board = chip.board();
        let image = large(&chip, bytes);
        let mut session = attach(open(Arc::clone(&board)), chip.name);
        // Over what was there.
        flash(&mut session, offset, &vec![0x55; image.len()]);
        flash(&mut session, offset, &image);
        assert!(
            contents(&board, offset, image.len()) == image,
            "{}",
            chip.name
        );
        let is_erased = |offset: u32, length: u32| {
            let bytes = contents(&board, offset, length as usize);
            bytes.iter().all(|&byte| byte == 0xFF)
        };
        assert!(is_erased(0, page), "what is around it wasn't touched");

        let begin = u64::from(FLASH + offset + page);
        let end = begin + u64::from(page);
        let mut progress = FlashProgress::empty();
        erase(&mut session, &mut progress, begin, end, false).expect("it is erased");
        assert!(is_erased(offset + page, page), "{}", chip.name);
        let behind = 2 * page as usize..3 * page as usize;
        assert!(contents(&board, offset + 2 * page, behind.len()) == image[behind]);
    }
}

/// Of the STM32U5 and U3 probe-rs has no algorithm for one of their memories, so that they can't be erased whole.
#[test]
fn a_chip_is_erased_whole() {
    let board = G0B1.board();
    let mut session = attach(open(Arc::clone(&board)), G0B1.name);
    flash(&mut session, 0, &large(&G0B1, 16 * 1024));
    erase_all(&mut session, &mut FlashProgress::empty(), false).expect("it is erased");
    assert!(contents(&board, 0, 0x8_0000).iter().all(|&b| b == 0xFF));
}
