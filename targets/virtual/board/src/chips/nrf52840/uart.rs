//! UARTE and UART, which share their registers (Product Specification, 6.33 and 6.34).
//!
//! The other end is a [`SerialLine`]: bytes leave and arrive one frame time after the other.
//! Simplified: the pins play no part, the other end always takes what is sent and holds back what
//! isn't asked for, so that there are no errors and flow control makes no difference.

use super::peripheral::{self, CORE_HZ, Common, Io, Peripheral};
use crate::chips::SerialLine;

const STARTRX: u32 = 0;
const STOPRX: u32 = 1;
const STARTTX: u32 = 2;
const STOPTX: u32 = 3;
const SUSPEND: u32 = 7;
const FLUSHRX: u32 = 11;
const CTS: u32 = 0;
const NCTS: u32 = 1;
const RXDRDY: u32 = 2;
const ENDRX: u32 = 4;
const TXDRDY: u32 = 7;
const ENDTX: u32 = 8;
const ERROR: u32 = 9;
const RXTO: u32 = 17;
const RXSTARTED: u32 = 19;
const TXSTARTED: u32 = 20;
const TXSTOPPED: u32 = 22;
const ENDRX_STARTRX: u32 = 1 << 5;
const ENDRX_STOPRX: u32 = 1 << 6;
const ALL_EVENTS: u32 = 1 << CTS
    | 1 << NCTS
    | 1 << RXDRDY
    | 1 << ENDRX
    | 1 << TXDRDY
    | 1 << ENDTX
    | 1 << ERROR
    | 1 << RXTO
    | 1 << RXSTARTED
    | 1 << TXSTARTED
    | 1 << TXSTOPPED;

const ENABLED_UART: u32 = 4;
const ENABLED_UARTE: u32 = 8;
/// BAUDRATE after reset: 250,000 baud.
const BAUDRATE_RESET: u32 = 0x0400_0000;
/// The clock that is divided, by 2^32 / BAUDRATE rounded down: this gives the actual rates that
/// the Product Specification lists for each value.
const BAUDRATE_CLOCK: u64 = 16_000_000;

/// A buffer for EasyDMA.
#[derive(Clone, Copy, Debug, Default)]
struct Buffer {
    pointer: u32,
    length: u32,
    /// Bytes moved by the latest transfer.
    amount: u32,
}

/// One direction's transfer in progress.
#[derive(Clone, Copy, Debug, Default)]
struct Transfer {
    /// Where the next byte is, and where the buffer ends, in the RAM.
    at: usize,
    end: usize,
    moved: u32,
}

/// One UART.
#[derive(Clone, Debug)]
pub(super) struct Uart {
    common: Common,
    pub line: SerialLine,
    has_legacy: bool,
    enable: u32,
    pins: [u32; 4],
    baud: u32,
    config: u32,
    transmit: Buffer,
    receive: Buffer,
    sending: Option<Transfer>,
    receiving: Option<Transfer>,
    /// UART without DMA: the transmitter is started, a byte is on its way, one waits behind it.
    transmitter_on: bool,
    shifting: Option<u8>,
    waiting: Option<u8>,
    receiver_on: bool,
    received: Option<u8>,
    /// When the byte on its way out or in is through.
    sent_at: Option<u64>,
    received_at: Option<u64>,
}

impl Uart {
    /// UARTE0 can also be used as the UART without DMA, UARTE1 can't.
    pub fn new(has_legacy: bool) -> Self {
        Self {
            common: Common::default(),
            line: SerialLine::default(),
            has_legacy,
            enable: 0,
            pins: [u32::MAX; 4],
            baud: BAUDRATE_RESET,
            config: 0,
            transmit: Buffer::default(),
            receive: Buffer::default(),
            sending: None,
            receiving: None,
            transmitter_on: false,
            shifting: None,
            waiting: None,
            receiver_on: false,
            received: None,
            sent_at: None,
            received_at: None,
        }
    }

    /// The UART after a reset; the line stays.
    pub fn after_reset(&mut self) -> Self {
        Self {
            line: std::mem::take(&mut self.line),
            ..Self::new(self.has_legacy)
        }
    }

    fn is_uarte(&self) -> bool {
        self.enable == ENABLED_UARTE
    }

    fn is_uart(&self) -> bool {
        self.enable == ENABLED_UART && self.has_legacy
    }

    /// Core clock cycles of a byte with its start, parity and stop bits.
    fn frame(&self) -> u64 {
        let parity = u64::from(self.config >> 1 & 7 == 7);
        let stop = 1 + u64::from(self.config >> 4 & 1);
        let bits = 1 + 8 + parity + stop;
        let divider = (1 << 32) / u64::from(self.baud.max(1));
        bits * divider * (CORE_HZ / BAUDRATE_CLOCK)
    }

    fn start(&mut self, buffer: Buffer, io: &mut Io<'_>) -> Transfer {
        let Some(at) = io.dma(buffer.pointer, buffer.length) else {
            io.reports.push(format!(
                "EasyDMA buffer of a UARTE outside the RAM: {} bytes at {:#010x}",
                buffer.length, buffer.pointer
            ));
            return Transfer::default();
        };
        Transfer {
            at,
            end: at + buffer.length as usize,
            moved: 0,
        }
    }

    fn start_receiving(&mut self, io: &mut Io<'_>) {
        self.receiving = Some(self.start(self.receive, io));
        io.raise(&mut self.common, RXSTARTED);
        self.expect_byte(io);
    }

    fn stop_receiving(&mut self, io: &mut Io<'_>) {
        if let Some(transfer) = self.receiving.take() {
            self.receive.amount = transfer.moved;
            io.raise(&mut self.common, ENDRX);
        }
        self.received_at = None;
        io.raise(&mut self.common, RXTO);
    }

    /// Whether a byte is to start on its way in: there is one, and it is wanted.
    pub fn wants_byte(&self) -> bool {
        let room = match self.receiving {
            Some(transfer) => transfer.at < transfer.end,
            None => self.receiver_on && self.received.is_none(),
        };
        room && self.received_at.is_none() && !self.line.to_chip.is_empty()
    }

    /// Starts the next byte on its way in, if there is one and it is wanted.
    fn expect_byte(&mut self, io: &mut Io<'_>) {
        if self.wants_byte() {
            self.received_at = Some(io.now + self.frame());
        }
    }

    /// An event register: those that programs wait for, and that reading doesn't change.
    pub fn peek(&self, offset: u32) -> Option<u32> {
        peripheral::event(&self.common, offset)
    }

    /// New bytes are on the line.
    pub fn input(&mut self, io: &mut Io<'_>) {
        self.expect_byte(io);
    }

    fn byte_sent(&mut self, io: &mut Io<'_>) {
        self.sent_at = None;
        if let Some(mut transfer) = self.sending {
            if let Some(&byte) = io
                .ram
                .get(transfer.at)
                .filter(|_| transfer.at < transfer.end)
            {
                self.line.from_chip.push_back(byte);
                transfer.at += 1;
                transfer.moved += 1;
                io.raise(&mut self.common, TXDRDY);
            }
            self.sending = Some(transfer);
            self.send_on(io);
        } else if let Some(byte) = self.shifting.take() {
            self.line.from_chip.push_back(byte);
            io.raise(&mut self.common, TXDRDY);
            self.shifting = self.waiting.take();
            self.shift(io);
        }
    }

    /// Sends the next byte of the buffer, or ends the transfer.
    fn send_on(&mut self, io: &mut Io<'_>) {
        let Some(transfer) = self.sending else { return };
        if transfer.at < transfer.end {
            self.sent_at = Some(io.now + self.frame());
        } else {
            self.transmit.amount = transfer.moved;
            self.sending = None;
            io.raise(&mut self.common, ENDTX);
        }
    }

    fn shift(&mut self, io: &mut Io<'_>) {
        if self.transmitter_on && self.shifting.is_some() && self.sent_at.is_none() {
            self.sent_at = Some(io.now + self.frame());
        }
    }

    fn byte_received(&mut self, io: &mut Io<'_>) {
        self.received_at = None;
        let Some(byte) = self.line.to_chip.pop_front() else {
            return;
        };
        let Some(mut transfer) = self.receiving else {
            self.received = Some(byte);
            io.raise(&mut self.common, RXDRDY);
            return;
        };
        io.store(transfer.at, byte);
        transfer.at += 1;
        transfer.moved += 1;
        self.receiving = Some(transfer);
        io.raise(&mut self.common, RXDRDY);
        if transfer.at == transfer.end {
            self.receiving = None;
            self.receive.amount = transfer.moved;
            io.raise(&mut self.common, ENDRX);
            if self.common.shorts & ENDRX_STARTRX != 0 {
                self.start_receiving(io);
            } else if self.common.shorts & ENDRX_STOPRX != 0 {
                self.stop_receiving(io);
            }
        }
        self.expect_byte(io);
    }

    fn uarte_task(&mut self, number: u32, io: &mut Io<'_>) {
        match number {
            STARTRX if self.receiving.is_none() => self.start_receiving(io),
            STOPRX => self.stop_receiving(io),
            STARTTX if self.sending.is_none() => {
                self.sending = Some(self.start(self.transmit, io));
                io.raise(&mut self.common, TXSTARTED);
                self.send_on(io);
            }
            STOPTX => {
                if let Some(transfer) = self.sending.take() {
                    self.transmit.amount = transfer.moved;
                    self.sent_at = None;
                    io.raise(&mut self.common, ENDTX);
                }
                io.raise(&mut self.common, TXSTOPPED);
            }
            // What arrives while nothing is started stays on the line: there is nothing to flush.
            FLUSHRX => {
                self.receive.amount = 0;
                io.raise(&mut self.common, ENDRX);
            }
            _ => {}
        }
    }

    fn uart_task(&mut self, number: u32, io: &mut Io<'_>) {
        match number {
            STARTRX => {
                self.receiver_on = true;
                self.expect_byte(io);
            }
            STOPRX if self.receiver_on => {
                self.receiver_on = false;
                self.received_at = None;
                io.raise(&mut self.common, RXTO);
            }
            STARTTX => {
                self.transmitter_on = true;
                self.shift(io);
            }
            STOPTX => self.transmitter_on = false,
            SUSPEND => {
                self.transmitter_on = false;
                self.receiver_on = false;
                self.received_at = None;
            }
            _ => {}
        }
    }
}

impl Peripheral for Uart {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        ALL_EVENTS
    }

    fn shorts(&self) -> u32 {
        // CTS_STARTRX and NCTS_STOPRX belong to the UART.
        1 << 3 | 1 << 4 | ENDRX_STARTRX | ENDRX_STOPRX
    }

    fn task(&mut self, number: u32, io: &mut Io<'_>) {
        if self.is_uarte() {
            self.uarte_task(number, io);
        } else if self.is_uart() {
            self.uart_task(number, io);
        }
    }

    fn read(&mut self, offset: u32, _now: u64) -> Option<u32> {
        Some(match offset {
            0x480 => 0,
            0x500 => self.enable,
            0x508..0x518 => self.pins[(offset as usize - 0x508) / 4],
            // RXD: reading makes room for the next byte.
            0x518 => u32::from(self.received.take().unwrap_or(0)),
            0x51C => 0,
            0x524 => self.baud,
            0x534 => self.receive.pointer,
            0x538 => self.receive.length,
            0x53C => self.receive.amount,
            0x544 => self.transmit.pointer,
            0x548 => self.transmit.length,
            0x54C => self.transmit.amount,
            0x56C => self.config,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, value: u32, io: &mut Io<'_>) -> Option<()> {
        match offset {
            0x480 | 0x518 | 0x53C | 0x54C => {}
            0x500 => self.enable = value & 0xF,
            0x508..0x518 => self.pins[(offset as usize - 0x508) / 4] = value,
            0x51C => {
                if self.shifting.is_none() {
                    self.shifting = Some(value as u8);
                } else {
                    self.waiting = Some(value as u8);
                }
                self.shift(io);
            }
            0x524 => self.baud = value,
            0x534 => self.receive.pointer = value,
            0x538 => self.receive.length = value & 0xFFFF,
            0x544 => self.transmit.pointer = value,
            0x548 => self.transmit.length = value & 0xFFFF,
            0x56C => self.config = value & 0x1F,
            _ => return None,
        }
        Some(())
    }

    fn next_event(&self) -> u64 {
        self.sent_at
            .unwrap_or(u64::MAX)
            .min(self.received_at.unwrap_or(u64::MAX))
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        let now = io.now;
        loop {
            let next = self.next_event();
            if next > now {
                break;
            }
            // Frames follow each other without a gap, however late this is called.
            io.now = next;
            if self.sent_at == Some(next) {
                self.byte_sent(io);
            }
            if self.received_at == Some(next) {
                self.byte_received(io);
            }
        }
        io.now = now;
    }
}
