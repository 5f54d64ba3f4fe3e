//! What the tests of the debug port and of the Glasgow server have in common.

mod ram_chip;

use tinybench_virtual_board::debug_port::{Ack, Debuggable, Request, abort, ctrl_stat, register};

pub use ram_chip::*;

/// One transfer.
pub fn transfer(board: &mut Board, request: Request, data: u32) -> (Ack, u32) {
    let (port, target) = board.debug_parts();
    port.transfer(target, request, data)
}

/// Selects SWD, resets the line, reads DPIDR, powers up: what every debugger does first.
pub fn connect(board: &mut Board) {
    board.port.sequence(51, 0x0007_FFFF_FFFF_FFFF);
    board.port.sequence(16, 0xE79E);
    board.port.sequence(54, 0x0007_FFFF_FFFF_FFFF);
    assert_eq!(
        transfer(board, Request::dp_read(register::DPIDR), 0),
        (Ack::Ok, 0x2BA0_1477)
    );
    let all = abort::STKCMPCLR | abort::STKERRCLR | abort::WDERRCLR | abort::ORUNERRCLR;
    write_dp(board, register::ABORT, all);
    write_dp(board, register::SELECT, 0);
    write_dp(
        board,
        register::CTRL_STAT,
        ctrl_stat::CDBGPWRUPREQ | ctrl_stat::CSYSPWRUPREQ,
    );
}

/// A connected board.
pub fn connected() -> Board {
    let mut board = board();
    connect(&mut board);
    board
}

/// A write to the debug port that must be accepted.
pub fn write_dp(board: &mut Board, address: u8, value: u32) {
    assert_eq!(
        transfer(board, Request::dp_write(address), value),
        (Ack::Ok, 0)
    );
}
