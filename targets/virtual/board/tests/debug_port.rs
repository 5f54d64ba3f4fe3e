//! The debug port, transfer by transfer, in front of a chip that is little more than RAM.

mod support;

use proptest::prelude::*;
use support::*;
use tinybench_virtual_board::debug_port::{
    AccessSize, Ack, Debuggable, Request, abort, ctrl_stat, register,
};

const CSW: u8 = 0x00;
const TAR: u8 = 0x04;
const DRW: u8 = 0x0C;
const SINGLE: u32 = 0x10;
const PACKED: u32 = 0x20;
const BYTE: u32 = 0;
const HALF_WORD: u32 = 1;
const WORD: u32 = 2;

/// A read of the debug port that must be accepted.
fn read_dp(board: &mut Board, address: u8) -> u32 {
    let (ack, value) = transfer(board, Request::dp_read(address), 0);
    assert_eq!(ack, Ack::Ok);
    value
}

/// Selects the access port and bank, and writes.
fn write_ap(board: &mut Board, ap: u8, address: u8, value: u32) {
    write_dp(
        board,
        register::SELECT,
        u32::from(ap) << 24 | u32::from(address & 0xF0),
    );
    assert_eq!(
        transfer(board, Request::ap_write(address), value),
        (Ack::Ok, 0)
    );
}

/// Selects the access port and bank, reads, and fetches the posted result.
fn read_ap(board: &mut Board, ap: u8, address: u8) -> u32 {
    write_dp(
        board,
        register::SELECT,
        u32::from(ap) << 24 | u32::from(address & 0xF0),
    );
    assert_eq!(transfer(board, Request::ap_read(address), 0).0, Ack::Ok);
    read_dp(board, register::RDBUFF)
}

/// Sets the AHB-AP up and leaves its bank 0 selected.
fn set_up(board: &mut Board, csw: u32, address: u32) {
    write_ap(board, 0, CSW, csw);
    write_ap(board, 0, TAR, address);
}

fn sticky_error(board: &mut Board) -> bool {
    read_dp(board, register::CTRL_STAT) & ctrl_stat::STICKYERR != 0
}

#[test]
fn identification_registers() {
    let mut board = connected();
    assert_eq!(read_ap(&mut board, 0, 0xFC), 0x2477_0011);
    assert_eq!(read_ap(&mut board, 0, 0xF8), 0xE00F_F003);
    assert_eq!(read_ap(&mut board, 0, 0xF4), 0);
    assert_eq!(read_ap(&mut board, 1, 0xFC), 0x0288_0000);
    assert_eq!(read_ap(&mut board, 2, 0xFC), 0x5442_0001);
    assert_eq!(read_ap(&mut board, 3, 0xFC), 0);
}

#[test]
fn power_up_is_acknowledged_and_needed() {
    let mut board = board();
    board.port.sequence(51, u64::MAX);
    board.port.sequence(16, 0xE79E);
    board.port.sequence(54, 0x0007_FFFF_FFFF_FFFF);
    read_dp(&mut board, register::DPIDR);
    assert_eq!(read_dp(&mut board, register::CTRL_STAT) >> 28, 0);
    assert_eq!(transfer(&mut board, Request::ap_read(0xC), 0).0, Ack::Ok);
    assert!(sticky_error(&mut board), "no AP access without debug power");
    write_dp(&mut board, register::ABORT, abort::STKERRCLR);
    write_dp(&mut board, register::CTRL_STAT, 0x5000_0000);
    assert_eq!(read_dp(&mut board, register::CTRL_STAT) >> 28, 0xF);
    assert_eq!(read_ap(&mut board, 0, 0xFC), 0x2477_0011);
    write_dp(&mut board, register::CTRL_STAT, 0);
    assert_eq!(read_dp(&mut board, register::CTRL_STAT) >> 28, 0);
}

#[test]
fn ap_reads_are_posted() {
    let mut board = connected();
    board.target.ram[..12].copy_from_slice(&[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
    set_up(&mut board, WORD | SINGLE, RAM);
    let before = read_ap(&mut board, 0, CSW);
    let read = Request::ap_read(DRW);
    assert_eq!(transfer(&mut board, read, 0), (Ack::Ok, before));
    assert_eq!(transfer(&mut board, read, 0), (Ack::Ok, 1));
    assert_eq!(transfer(&mut board, read, 0), (Ack::Ok, 2));
    assert_eq!(read_dp(&mut board, register::RDBUFF), 3);
    assert_eq!(read_dp(&mut board, register::RESEND), 3);
    assert_eq!(read_ap(&mut board, 0, TAR), RAM + 12);
}

#[test]
fn a_bus_fault_sets_the_sticky_flag_and_refuses_what_follows() {
    let mut board = connected();
    set_up(&mut board, WORD | SINGLE, 0x6000_0000);
    let accesses = board.target.accesses.len();
    assert_eq!(transfer(&mut board, Request::ap_write(DRW), 7).0, Ack::Ok);
    assert_eq!(
        transfer(&mut board, Request::ap_write(DRW), 7),
        (Ack::Fault, 0)
    );
    assert_eq!(
        transfer(&mut board, Request::ap_read(DRW), 0),
        (Ack::Fault, 0)
    );
    assert_eq!(
        transfer(&mut board, Request::dp_read(register::RDBUFF), 0).0,
        Ack::Fault
    );
    assert_eq!(
        transfer(&mut board, Request::dp_write(register::SELECT), 0).0,
        Ack::Fault
    );
    assert_eq!(read_dp(&mut board, register::DPIDR), 0x2BA0_1477);
    assert!(sticky_error(&mut board));
    assert_eq!(
        board.target.accesses.len(),
        accesses + 1,
        "refused accesses never reach the bus"
    );
    write_dp(&mut board, register::ABORT, abort::STKERRCLR);
    assert!(!sticky_error(&mut board));
    assert_eq!(
        read_ap(&mut board, 0, TAR),
        0x6000_0000,
        "a failed access leaves TAR alone"
    );
}

#[test]
fn overrun_detection_adds_its_own_sticky_flag() {
    let mut board = connected();
    let power = ctrl_stat::CDBGPWRUPREQ | ctrl_stat::CSYSPWRUPREQ;
    write_dp(
        &mut board,
        register::CTRL_STAT,
        power | ctrl_stat::ORUNDETECT,
    );
    set_up(&mut board, WORD, 0x6000_0000);
    transfer(&mut board, Request::ap_read(DRW), 0);
    assert_eq!(transfer(&mut board, Request::ap_read(DRW), 0).0, Ack::Fault);
    write_dp(&mut board, register::ABORT, abort::STKERRCLR);
    assert_eq!(transfer(&mut board, Request::ap_read(TAR), 0).0, Ack::Fault);
    write_dp(&mut board, register::ABORT, abort::ORUNERRCLR);
    assert_eq!(transfer(&mut board, Request::ap_read(TAR), 0).0, Ack::Ok);
}

#[test]
fn auto_increment_wraps_within_four_kibibytes() {
    let mut board = connected();
    set_up(&mut board, WORD | SINGLE, RAM + 0x3FC);
    for _ in 0..2 {
        transfer(&mut board, Request::ap_write(DRW), 0);
    }
    assert_eq!(read_ap(&mut board, 0, TAR), RAM + 0x404);
    set_up(&mut board, WORD | SINGLE, RAM + 0xFFC);
    transfer(&mut board, Request::ap_write(DRW), 0);
    assert_eq!(read_ap(&mut board, 0, TAR), RAM);
}

#[test]
fn sizes_use_their_byte_lanes() {
    let mut board = connected();
    for (csw, step, size) in [
        (BYTE, 1, AccessSize::Byte),
        (HALF_WORD, 2, AccessSize::HalfWord),
    ] {
        board.target.ram[..4].copy_from_slice(&[0x11, 0x22, 0x33, 0x44]);
        set_up(&mut board, csw | SINGLE, RAM);
        board.target.accesses.clear();
        let whole = u32::from_le_bytes([0x11, 0x22, 0x33, 0x44]);
        let mut gathered = 0;
        for i in 0..4 / step {
            gathered |= read_ap(&mut board, 0, DRW);
            assert_eq!(board.target.accesses[i], (RAM + (i * step) as u32, size));
        }
        assert_eq!(
            gathered, whole,
            "every lane carries its own bytes and zeros elsewhere"
        );

        write_ap(&mut board, 0, TAR, RAM + step as u32);
        transfer(&mut board, Request::ap_write(DRW), 0xDDCC_BBAA);
        let mut expected = [0x11, 0x22, 0x33, 0x44];
        expected[step..2 * step].copy_from_slice(&[0xAA, 0xBB, 0xCC, 0xDD][step..2 * step]);
        assert_eq!(board.target.ram[..4], expected);
    }
}

#[test]
fn packed_transfers_fill_the_word() {
    let mut board = connected();
    set_up(&mut board, BYTE | PACKED, RAM);
    board.target.accesses.clear();
    transfer(&mut board, Request::ap_write(DRW), 0x4433_2211);
    assert_eq!(board.target.accesses.len(), 4);
    assert_eq!(board.target.ram[..4], [0x11, 0x22, 0x33, 0x44]);
    set_up(&mut board, HALF_WORD | PACKED, RAM);
    assert_eq!(read_ap(&mut board, 0, DRW), 0x4433_2211);
    assert_eq!(read_ap(&mut board, 0, TAR), RAM + 4);
}

#[test]
fn unaligned_accesses_fail_before_the_bus() {
    let mut board = connected();
    for (csw, address) in [(WORD, RAM + 2), (HALF_WORD, RAM + 1)] {
        set_up(&mut board, csw, address);
        board.target.accesses.clear();
        transfer(&mut board, Request::ap_read(DRW), 0);
        assert!(sticky_error(&mut board));
        assert!(board.target.accesses.is_empty());
        write_dp(&mut board, register::ABORT, abort::STKERRCLR);
    }
}

#[test]
fn banked_data_registers_reach_four_words_and_leave_tar_alone() {
    let mut board = connected();
    set_up(&mut board, WORD | SINGLE, RAM + 0x24);
    for i in 0..4 {
        write_ap(&mut board, 0, 0x10 + 4 * i, 0x100 + u32::from(i));
    }
    for i in 0..4 {
        assert_eq!(read_ap(&mut board, 0, 0x10 + 4 * i), 0x100 + u32::from(i));
    }
    assert_eq!(
        [board.target.ram[0x20], board.target.ram[0x2C]],
        [0x00, 0x03]
    );
    assert_eq!(read_ap(&mut board, 0, TAR), RAM + 0x24);
}

#[test]
fn csw_reads_back_what_is_used() {
    let mut board = connected();
    write_ap(&mut board, 0, CSW, 7 | 0x30);
    assert_eq!(read_ap(&mut board, 0, CSW) & 0x37, WORD);
    write_ap(&mut board, 0, CSW, HALF_WORD | SINGLE);
    let csw = read_ap(&mut board, 0, CSW);
    assert_eq!(csw & 0x37, HALF_WORD | SINGLE);
    assert_ne!(csw & 1 << 6, 0, "the AP says that it is enabled");
}

#[test]
fn the_data_link_register_is_in_bank_one() {
    let mut board = connected();
    write_dp(&mut board, register::SELECT, 1);
    write_dp(&mut board, register::CTRL_STAT, 0x100);
    assert_eq!(read_dp(&mut board, register::CTRL_STAT), 0x140);
    write_dp(&mut board, register::SELECT, 0);
    assert_eq!(read_dp(&mut board, register::CTRL_STAT) >> 28, 0xF);
}

#[test]
fn ctrl_ap_resets_and_erases() {
    let mut board = connected();
    assert_eq!(read_ap(&mut board, 1, 0x0C), 1, "not protected");
    write_ap(&mut board, 1, 0x00, 1);
    write_ap(&mut board, 1, 0x00, 1);
    assert_eq!(read_ap(&mut board, 1, 0x00), 1);
    assert_eq!(board.target.resets, 1);
    write_ap(&mut board, 1, 0x00, 0);
    assert_eq!(board.target.resets, 2);
    write_ap(&mut board, 1, 0x04, 0);
    assert_eq!(board.target.erases, 0);
    write_ap(&mut board, 1, 0x04, 1);
    assert_eq!(board.target.erases, 1);
    assert_eq!(read_ap(&mut board, 1, 0x08), 0, "the erase is complete");
}

#[test]
fn instruction_counts_are_latched_by_the_low_word() {
    let mut board = connected();
    assert_eq!(read_ap(&mut board, 2, 0x00), 4);
    board.target.retired = 0x1_FFFF_FFFF;
    board.target.window = 0x2_0000_0007;
    assert_eq!(read_ap(&mut board, 2, 0x04), 0xFFFF_FFFF);
    board.target.retired += 1;
    assert_eq!(read_ap(&mut board, 2, 0x08), 1);
    assert_eq!(read_ap(&mut board, 2, 0x04), 0);
    assert_eq!(read_ap(&mut board, 2, 0x08), 2);
    assert_eq!(read_ap(&mut board, 2, 0x0C), 7);
    assert_eq!(read_ap(&mut board, 2, 0x10), 2);
}

#[test]
fn nrst_resets_on_both_edges() {
    let mut board = connected();
    for asserted in [true, true, false, false] {
        let (port, target) = board.debug_parts();
        port.set_reset(target, asserted);
        assert_eq!(board.port.reset_asserted(), asserted);
    }
    assert_eq!(board.target.resets, 2);
}

#[test]
fn a_lost_probe_gets_no_response_any_more() {
    let mut board = connected();
    board.port.disconnect_after(2);
    read_dp(&mut board, register::DPIDR);
    assert!(board.port.is_connected());
    read_dp(&mut board, register::DPIDR);
    assert!(!board.port.is_connected());
    for _ in 0..3 {
        let dpidr = Request::dp_read(register::DPIDR);
        assert_eq!(transfer(&mut board, dpidr, 0), (Ack::NoResponse, 0));
    }
    board.port.reconnect();
    read_dp(&mut board, register::DPIDR);
}

#[test]
fn a_block_stops_where_the_bus_fails() {
    let mut board = connected();
    set_up(&mut board, WORD | SINGLE, RAM + 0xFF00);
    let mut values = [0; 8];
    let (port, target) = board.debug_parts();
    assert_eq!(port.read_block(target, DRW, &mut values), Ack::Ok);
    assert_eq!(port.write_block(target, DRW, &[1; 8]), Ack::Ok);
    set_up(&mut board, WORD, 0x6000_0000);
    let (port, target) = board.debug_parts();
    assert_eq!(port.read_block(target, DRW, &mut values), Ack::Fault);
    write_dp(&mut board, register::ABORT, abort::STKERRCLR);
    let (port, target) = board.debug_parts();
    assert_eq!(
        port.write_block(target, DRW, &[1]),
        Ack::Fault,
        "the last write is checked too"
    );
}

proptest! {
    /// A block is what as many single transfers are.
    #[test]
    fn blocks_equal_single_transfers(
        values in prop::collection::vec(any::<u32>(), 1..40),
        offset in 0u32..0x4000,
        csw in prop_oneof![Just(BYTE), Just(HALF_WORD), Just(WORD)],
        increment in prop_oneof![Just(0), Just(SINGLE), Just(PACKED)],
    ) {
        let address = RAM + (offset & !3);
        let mut single = connected();
        set_up(&mut single, csw | increment, address);
        let mut block = single.clone();

        for &value in &values {
            prop_assert_eq!(transfer(&mut single, Request::ap_write(DRW), value).0, Ack::Ok);
        }
        let (port, target) = block.debug_parts();
        prop_assert_eq!(port.write_block(target, DRW, &values), Ack::Ok);
        prop_assert_eq!(&single.target.ram, &block.target.ram);

        set_up(&mut single, csw | increment, address);
        set_up(&mut block, csw | increment, address);
        let one_by_one: Vec<u32> = values.iter().map(|_| read_ap(&mut single, 0, DRW)).collect();
        let mut at_once = vec![0; values.len()];
        let (port, target) = block.debug_parts();
        prop_assert_eq!(port.read_block(target, DRW, &mut at_once), Ack::Ok);
        prop_assert_eq!(one_by_one, at_once);
        prop_assert_eq!(&single.target.accesses, &block.target.accesses);
    }

    /// No sequence of transfers panics, and a line reset and DPIDR always lead back.
    #[test]
    fn any_transfers_leave_the_port_usable(
        steps in prop::collection::vec((any::<u8>(), any::<u32>(), any::<bool>()), 0..200),
    ) {
        let mut board = connected();
        for (bits, data, sequence) in steps {
            if sequence && bits > 0xE0 {
                board.port.sequence(bits, data.into());
            } else {
                transfer(&mut board, Request::from_bits(bits), data);
            }
        }
        connect(&mut board);
        prop_assert_eq!(read_ap(&mut board, 0, 0xFC), 0x2477_0011);
    }
}
