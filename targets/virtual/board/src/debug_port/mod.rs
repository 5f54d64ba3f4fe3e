//! The debug port of a virtual board: an SW-DP with its access ports.
//!
//! [`DebugPort::transfer`] is the single seam through which everything goes that a debugger does,
//! one SWD transaction a call; the block functions do the same as so many transfers, faster. The
//! model follows the Arm Debug Interface Architecture Specification ADIv5.2 (IHI 0031) for a
//! DPv1 SW-DP with posted AP reads and sticky flags.
//!
//! Not modelled: pushed transfers and the transaction counter (CTRL/STAT.TRNMODE and TRNCNT read
//! as zero), parity errors, and JTAG.

mod counter_ap;
mod ctrl_ap;
mod line;
mod mem_ap;
mod target;
mod transfer;

pub use crate::memory::{AccessSize, BusFault};
pub use counter_ap::{COUNTER_AP, COUNTER_AP_IDR, COUNTER_AP_VERSION};
pub use ctrl_ap::CTRL_AP_IDR;
pub use mem_ap::{MEM_AP_BASE, MEM_AP_IDR};
pub use target::DebugTarget;
pub use transfer::{Ack, Request};

use counter_ap::CounterAp;
use ctrl_ap::CtrlAp;
use line::Line;
use mem_ap::MemAp;

/// Value of DPIDR: the SW-DP, version 1, of a Cortex-M4.
pub const DPIDR: u32 = 0x2BA0_1477;

/// Addresses of the debug port's registers, as [`Request`] takes them.
pub mod register {
    /// Read: DPIDR.
    pub const DPIDR: u8 = 0x0;
    /// Write: ABORT.
    pub const ABORT: u8 = 0x0;
    /// CTRL/STAT in bank 0, DLCR in bank 1.
    pub const CTRL_STAT: u8 = 0x4;
    /// Write: SELECT.
    pub const SELECT: u8 = 0x8;
    /// Read: RESEND.
    pub const RESEND: u8 = 0x8;
    /// Read: RDBUFF.
    pub const RDBUFF: u8 = 0xC;
}

/// Bits of ABORT.
pub mod abort {
    /// Clears CTRL/STAT.STICKYCMP.
    pub const STKCMPCLR: u32 = 1 << 1;
    /// Clears CTRL/STAT.STICKYERR.
    pub const STKERRCLR: u32 = 1 << 2;
    /// Clears CTRL/STAT.WDATAERR.
    pub const WDERRCLR: u32 = 1 << 3;
    /// Clears CTRL/STAT.STICKYORUN.
    pub const ORUNERRCLR: u32 = 1 << 4;
}

/// Bits of CTRL/STAT.
pub mod ctrl_stat {
    /// Overrun detection is on.
    pub const ORUNDETECT: u32 = 1 << 0;
    /// There was an overrun.
    pub const STICKYORUN: u32 = 1 << 1;
    /// An AP access failed.
    pub const STICKYERR: u32 = 1 << 5;
    /// The latest AP or RDBUFF read was accepted.
    pub const READOK: u32 = 1 << 6;
    /// Byte lanes for pushed transfers.
    pub const MASKLANE: u32 = 0xF << 8;
    /// Debug reset is requested, and acknowledged one bit higher.
    pub const CDBGRSTREQ: u32 = 1 << 26;
    /// Debug power is requested.
    pub const CDBGPWRUPREQ: u32 = 1 << 28;
    /// Debug power is up.
    pub const CDBGPWRUPACK: u32 = 1 << 29;
    /// System power is requested.
    pub const CSYSPWRUPREQ: u32 = 1 << 30;
    /// System power is up.
    pub const CSYSPWRUPACK: u32 = 1 << 31;
}

/// Number of the AHB-AP.
const MEM_AP: u8 = 0;
/// Number of the CTRL-AP.
const CTRL_AP: u8 = 1;

/// DLCR after reset: turnaround of one cycle; bit 6 reads as one.
const DLCR_RESET: u32 = 1 << 6;
const DLCR_TURNROUND: u32 = 0x300;

/// Something with a debug port: a board as a probe sees it.
pub trait Debuggable {
    /// What is behind the debug port.
    type Target: DebugTarget;

    /// The debug port and the chip behind it.
    fn debug_parts(&mut self) -> (&mut DebugPort, &mut Self::Target);
}

/// The simplest board: a debug port and a target behind it.
#[derive(Clone, Debug)]
pub struct Attached<T> {
    /// The debug port.
    pub port: DebugPort,
    /// What is behind it.
    pub target: T,
}

impl<T: DebugTarget> Attached<T> {
    /// Puts a fresh debug port in front of `target`.
    pub fn new(target: T) -> Self {
        Self {
            port: DebugPort::new(),
            target,
        }
    }
}

impl<T: DebugTarget> Debuggable for Attached<T> {
    type Target = T;

    fn debug_parts(&mut self) -> (&mut DebugPort, &mut T) {
        (&mut self.port, &mut self.target)
    }
}

/// The SW-DP and its access ports, as after power-on.
#[derive(Clone, Debug)]
pub struct DebugPort {
    line: Line,
    /// The stored bits of CTRL/STAT; the acknowledge bits follow from the request bits.
    ctrl_stat: u32,
    select: u32,
    dlcr: u32,
    /// Result of the latest AP read, given out by the next AP read or by RDBUFF.
    posted: u32,
    /// What the latest read that was answered gave, for RESEND.
    resend: u32,
    mem_ap: MemAp,
    ctrl_ap: CtrlAp,
    /// None of a board that passes for a real one.
    counter_ap: Option<CounterAp>,
    /// Whether the nRST pin is held low.
    reset_asserted: bool,
    /// Transfers left until the probe is lost, if a loss is planned.
    transfers_left: Option<u64>,
}

impl Default for DebugPort {
    fn default() -> Self {
        Self::new()
    }
}

impl DebugPort {
    /// A debug port after power-on: in JTAG mode, powered down, nothing selected.
    pub fn new() -> Self {
        Self {
            line: Line::new(),
            ctrl_stat: 0,
            select: 0,
            dlcr: DLCR_RESET,
            posted: 0,
            resend: 0,
            mem_ap: MemAp::new(),
            ctrl_ap: CtrlAp::default(),
            counter_ap: Some(CounterAp::default()),
            reset_asserted: false,
            transfers_left: None,
        }
    }

    /// Clocks out `count` bits (at most 64) of `bits` on SWDIO, the least significant first:
    /// line resets and the SWJ-DP's selection sequences.
    pub fn sequence(&mut self, count: u8, bits: u64) {
        if self.is_connected() && self.line.sequence(count, bits) {
            self.dlcr = DLCR_RESET;
        }
    }

    /// One SWD transaction. The value is what was read, and 0 for a write or where the answer is
    /// not [`Ack::Ok`].
    ///
    /// AP reads are posted: each gives the result of the one before, and RDBUFF the last. An AP
    /// access that fails is acknowledged and sets STICKYERR, which refuses what follows.
    pub fn transfer(
        &mut self,
        target: &mut impl DebugTarget,
        request: Request,
        data: u32,
    ) -> (Ack, u32) {
        if !self.spend_transfer() {
            return (Ack::NoResponse, 0);
        }
        let dpidr_read = request == Request::dp_read(register::DPIDR);
        if !self.line.request(dpidr_read) {
            return (Ack::NoResponse, 0);
        }
        if self.refuses(request) {
            if self.ctrl_stat & ctrl_stat::ORUNDETECT != 0 {
                self.ctrl_stat |= ctrl_stat::STICKYORUN;
            }
            if request.is_read() {
                self.ctrl_stat &= !ctrl_stat::READOK;
            }
            return (Ack::Fault, 0);
        }
        let value = match (request.is_ap(), request.is_read()) {
            (false, true) => self.dp_read(request.address()),
            (false, false) => {
                self.dp_write(request.address(), data);
                0
            }
            (true, true) => self.ap_read(target, request.address()),
            (true, false) => {
                self.ap_write(target, request.address(), data);
                0
            }
        };
        if request.is_read() && request.address() != register::RESEND {
            self.resend = value;
        }
        (Ack::Ok, value)
    }

    /// Reads the AP register at `address` of the selected bank once for each of `values`, then
    /// RDBUFF: `values.len() + 1` transfers. Stops at the first answer that is not [`Ack::Ok`]
    /// and gives it.
    pub fn read_block(
        &mut self,
        target: &mut impl DebugTarget,
        address: u8,
        values: &mut [u32],
    ) -> Ack {
        let read = Request::ap_read(address);
        let mut previous: Option<&mut u32> = None;
        for value in values {
            let (ack, result) = self.transfer(target, read, 0);
            if ack != Ack::Ok {
                return ack;
            }
            if let Some(previous) = previous.replace(value) {
                *previous = result;
            }
        }
        let Some(last) = previous else { return Ack::Ok };
        let (ack, result) = self.transfer(target, Request::dp_read(register::RDBUFF), 0);
        if ack == Ack::Ok {
            *last = result;
        }
        ack
    }

    /// Writes `values` one after the other to the AP register at `address` of the selected bank,
    /// then reads RDBUFF so that a failure of the last is noticed: `values.len() + 1` transfers.
    /// Stops at the first answer that is not [`Ack::Ok`] and gives it.
    pub fn write_block(
        &mut self,
        target: &mut impl DebugTarget,
        address: u8,
        values: &[u32],
    ) -> Ack {
        let write = Request::ap_write(address);
        for &value in values {
            let (ack, _) = self.transfer(target, write, value);
            if ack != Ack::Ok {
                return ack;
            }
        }
        self.transfer(target, Request::dp_read(register::RDBUFF), 0)
            .0
    }

    /// Drives the nRST pin: `asserted` holds the chip in reset.
    pub fn set_reset(&mut self, target: &mut impl DebugTarget, asserted: bool) {
        if self.is_connected() && asserted != self.reset_asserted {
            self.reset_asserted = asserted;
            target.reset();
        }
    }

    /// Whether the nRST pin is held low.
    pub fn reset_asserted(&self) -> bool {
        self.reset_asserted
    }

    /// Takes the access port away that real boards don't have, by which a debugger knows a virtual one: for
    /// tests of what a tool does with a real board.
    pub fn pass_for_real(&mut self) {
        self.counter_ap = None;
    }

    /// Fault injection: after `transfers` more transfers every transfer fails, as if the probe
    /// had been unplugged.
    pub fn disconnect_after(&mut self, transfers: u64) {
        self.transfers_left = Some(transfers);
    }

    /// Ends what [`Self::disconnect_after`] began.
    pub fn reconnect(&mut self) {
        self.transfers_left = None;
    }

    /// Whether a probe is still there: false once a planned disconnection has come.
    pub fn is_connected(&self) -> bool {
        self.transfers_left != Some(0)
    }

    fn spend_transfer(&mut self) -> bool {
        match &mut self.transfers_left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    /// With a sticky flag set only DPIDR, CTRL/STAT and ABORT can be used (ADIv5.2, chapter B4).
    fn refuses(&self, request: Request) -> bool {
        if self.ctrl_stat & (ctrl_stat::STICKYERR | ctrl_stat::STICKYORUN) == 0 {
            return false;
        }
        let always = [
            Request::dp_read(register::DPIDR),
            Request::dp_read(register::CTRL_STAT),
            Request::dp_write(register::ABORT),
        ];
        !always.contains(&request)
    }

    fn dp_read(&mut self, address: u8) -> u32 {
        match address {
            register::DPIDR => DPIDR,
            register::CTRL_STAT => match self.select & 0xF {
                0 => self.ctrl_stat_value(),
                1 => self.dlcr,
                _ => 0,
            },
            register::RESEND => self.resend,
            _ => {
                self.ctrl_stat |= ctrl_stat::READOK;
                self.posted
            }
        }
    }

    fn ctrl_stat_value(&self) -> u32 {
        let requests = self.ctrl_stat
            & (ctrl_stat::CDBGRSTREQ | ctrl_stat::CDBGPWRUPREQ | ctrl_stat::CSYSPWRUPREQ);
        // Each acknowledge is one bit above its request and follows it at once; a debug reset
        // request is not acknowledged by this chip.
        let acknowledges = (requests & !ctrl_stat::CDBGRSTREQ) << 1;
        self.ctrl_stat | acknowledges
    }

    fn dp_write(&mut self, address: u8, data: u32) {
        match address {
            register::ABORT => {
                let clear = |bit: u32, flag: u32| if data & bit != 0 { flag } else { 0 };
                self.ctrl_stat &= !(clear(abort::STKERRCLR, ctrl_stat::STICKYERR)
                    | clear(abort::ORUNERRCLR, ctrl_stat::STICKYORUN));
            }
            register::CTRL_STAT => match self.select & 0xF {
                0 => self.write_ctrl_stat(data),
                1 => self.dlcr = DLCR_RESET | (data & DLCR_TURNROUND),
                _ => {}
            },
            register::SELECT => self.select = data & 0xFF00_00FF,
            _ => {}
        }
    }

    fn write_ctrl_stat(&mut self, data: u32) {
        const WRITABLE: u32 = ctrl_stat::ORUNDETECT
            | ctrl_stat::MASKLANE
            | ctrl_stat::CDBGRSTREQ
            | ctrl_stat::CDBGPWRUPREQ
            | ctrl_stat::CSYSPWRUPREQ;
        let powered = self.debug_power();
        self.ctrl_stat = (self.ctrl_stat & !WRITABLE) | (data & WRITABLE);
        if !powered && self.debug_power() {
            self.mem_ap = MemAp::new();
        }
    }

    fn debug_power(&self) -> bool {
        self.ctrl_stat & ctrl_stat::CDBGPWRUPREQ != 0
    }

    fn selected_ap(&self) -> u8 {
        (self.select >> 24) as u8
    }

    fn ap_address(&self, address: u8) -> u8 {
        (self.select as u8 & 0xF0) | address
    }

    fn ap_read(&mut self, target: &mut impl DebugTarget, address: u8) -> u32 {
        let address = self.ap_address(address);
        let result = if !self.debug_power() {
            Err(BusFault)
        } else {
            match self.selected_ap() {
                MEM_AP => self.mem_ap.read(target, address),
                CTRL_AP if target.has_ctrl_ap() => Ok(self.ctrl_ap.read(address)),
                COUNTER_AP => {
                    let read = |ap: &mut CounterAp| ap.read(target, address);
                    Ok(self.counter_ap.as_mut().map_or(0, read))
                }
                _ => Ok(0),
            }
        };
        self.ctrl_stat |= ctrl_stat::READOK;
        match result {
            Ok(value) => std::mem::replace(&mut self.posted, value),
            Err(BusFault) => {
                self.ctrl_stat |= ctrl_stat::STICKYERR;
                self.posted
            }
        }
    }

    fn ap_write(&mut self, target: &mut impl DebugTarget, address: u8, data: u32) {
        let address = self.ap_address(address);
        let result = if !self.debug_power() {
            Err(BusFault)
        } else {
            match self.selected_ap() {
                MEM_AP => self.mem_ap.write(target, address, data),
                CTRL_AP if target.has_ctrl_ap() => {
                    self.ctrl_ap.write(target, address, data);
                    Ok(())
                }
                COUNTER_AP => {
                    if let Some(ap) = &mut self.counter_ap {
                        ap.write(target, address, data);
                    }
                    Ok(())
                }
                _ => Ok(()),
            }
        };
        if result.is_err() {
            self.ctrl_stat |= ctrl_stat::STICKYERR;
        }
    }
}
