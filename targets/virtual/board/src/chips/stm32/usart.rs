//! USART, UART and LPUART (of the STM32L4R5: RM0432, chapters 50 and 51): asynchronous, with and without FIFOs.
//!
//! The other end is a [`SerialLine`]: bytes leave and arrive one frame time after the other.
//! Simplified: the pins play no part, the other end always takes what is sent and holds back what
//! there is no room for, so that there are no errors and flow control makes no difference. DMA and
//! the synchronous, smart card, LIN, IrDA and RS-485 modes aren't modelled.

use std::collections::VecDeque;

use super::clocks::{Clocks, core_cycles, rescale};
use super::family::SerialLayout;
use super::peripheral::{Io, Peripheral, Write};
use crate::chips::SerialLine;

const CR1: u32 = 0x00;
const CR2: u32 = 0x04;
const CR3: u32 = 0x08;
const BRR: u32 = 0x0C;
const RQR: u32 = 0x18;
const ISR: u32 = 0x1C;
const ICR: u32 = 0x20;
const RDR: u32 = 0x24;
const TDR: u32 = 0x28;
const PRESC: u32 = 0x2C;

/// CR1.
mod cr1 {
    pub const UE: u32 = 1 << 0;
    pub const RE: u32 = 1 << 2;
    pub const TE: u32 = 1 << 3;
    pub const IDLEIE: u32 = 1 << 4;
    pub const RXNEIE: u32 = 1 << 5;
    pub const TCIE: u32 = 1 << 6;
    pub const TXEIE: u32 = 1 << 7;
    pub const M0: u32 = 1 << 12;
    pub const OVER8: u32 = 1 << 15;
    pub const M1: u32 = 1 << 28;
    pub const FIFOEN: u32 = 1 << 29;
    pub const TXFEIE: u32 = 1 << 30;
    pub const RXFFIE: u32 = 1 << 31;
}

/// CR3.
mod cr3 {
    pub const DMAR: u32 = 1 << 6;
    pub const DMAT: u32 = 1 << 7;
    pub const TXFTIE: u32 = 1 << 23;
    pub const RXFTIE: u32 = 1 << 28;
}

/// ISR.
mod isr {
    pub const IDLE: u32 = 1 << 4;
    pub const RXNE: u32 = 1 << 5;
    pub const TC: u32 = 1 << 6;
    pub const TXE: u32 = 1 << 7;
    pub const BUSY: u32 = 1 << 16;
    pub const TEACK: u32 = 1 << 21;
    pub const REACK: u32 = 1 << 22;
    pub const TXFE: u32 = 1 << 23;
    pub const RXFF: u32 = 1 << 24;
    pub const RXFT: u32 = 1 << 26;
    pub const TXFT: u32 = 1 << 27;
}

const FIFO: usize = 8;
/// Bytes behind which a FIFO reaches its threshold (CR3.RXFTCFG and TXFTCFG).
const THRESHOLDS: [usize; 8] = [1, 2, 4, 6, 7, 8, 8, 8];
/// Divisors of PRESC.
const PRESCALERS: [u64; 12] = [1, 2, 4, 6, 8, 10, 12, 16, 32, 64, 128, 256];
const MODES_CR2: u32 = 1 << 11 | 1 << 14;
const MODES_CR3: u32 = 1 << 1 | 1 << 5 | 1 << 14;

/// One UART.
#[derive(Clone, Debug)]
pub(super) struct Usart {
    pub line: SerialLine,
    layout: &'static SerialLayout,
    cr1: u32,
    cr2: u32,
    cr3: u32,
    brr: u32,
    /// GTPR and RTOR, which do nothing here.
    unused: [u32; 2],
    presc: u32,
    idle: bool,
    /// Transmission is complete.
    complete: bool,
    waiting: VecDeque<u8>,
    shifting: Option<u8>,
    received: VecDeque<u8>,
    /// When the byte on its way out or in is through, and when the line has been idle for a frame.
    sent_at: Option<u64>,
    received_at: Option<u64>,
    idle_at: Option<u64>,
}

impl Usart {
    /// A USART or LPUART.
    pub fn new(layout: &'static SerialLayout) -> Self {
        Self {
            line: SerialLine::default(),
            layout,
            cr1: 0,
            cr2: 0,
            cr3: 0,
            brr: 0,
            unused: [0; 2],
            presc: 0,
            idle: false,
            complete: true,
            waiting: VecDeque::new(),
            shifting: None,
            received: VecDeque::new(),
            sent_at: None,
            received_at: None,
            idle_at: None,
        }
    }

    pub fn name(&self) -> &'static str {
        self.layout.name
    }

    fn is_on(&self, direction: u32) -> bool {
        let bits = cr1::UE | direction;
        self.cr1 & bits == bits
    }

    fn depth(&self) -> usize {
        if self.cr1 & cr1::FIFOEN != 0 { FIFO } else { 1 }
    }

    /// The core clock cycles of a byte with its start, parity and stop bits; `None` without a
    /// clock or a baud rate.
    fn frame(&self, io: &Io<'_>) -> Option<u64> {
        // The parity bit is one of the data bits.
        let data = match (self.cr1 & cr1::M1 != 0, self.cr1 & cr1::M0 != 0) {
            (true, _) => 7,
            (_, true) => 9,
            _ => 8,
        };
        let half_stop = match self.cr2 >> 12 & 3 {
            0 => 2,
            1 => 1,
            2 => 4,
            _ => 3,
        };
        let half_bits = 2 * (1 + data) + half_stop;
        let brr = u64::from(self.brr);
        let prescaler = PRESCALERS.get((self.presc & 0xF) as usize);
        let prescaler = prescaler.copied().unwrap_or(256);
        // A bit takes BRR cycles of the prescaled clock: 1/256 of that in an LPUART, and half in
        // a USART that samples eight times, whose lowest four bits are shifted right by one.
        let (divider, part) = if self.layout.low_power {
            (brr, 256)
        } else if self.cr1 & cr1::OVER8 != 0 {
            (brr & !0xF | (brr & 7) << 1, 2)
        } else {
            (brr, 1)
        };
        if divider == 0 {
            return None;
        }
        let count = half_bits * divider * prescaler;
        core_cycles(count, io.kernel_hz * 2 * part, io.clocks.core)
    }

    /// Starts the next byte on its way in, if there is one and there is room for it.
    fn expect_byte(&mut self, io: &Io<'_>) {
        if self.is_on(cr1::RE)
            && self.received.len() < self.depth()
            && self.received_at.is_none()
            && !self.line.to_chip.is_empty()
        {
            self.received_at = self.frame(io).map(|frame| io.now + frame);
            self.idle_at = None;
        }
    }

    /// A register that reading doesn't change: those that programs wait for.
    pub fn peek(&self, offset: u32) -> Option<u32> {
        match offset {
            CR1 => Some(self.cr1),
            CR3 => Some(self.cr3),
            ISR => Some(self.status()),
            _ => None,
        }
    }

    /// New bytes are on the line.
    pub fn input(&mut self, io: &Io<'_>) {
        self.expect_byte(io);
    }

    /// Starts the next byte on its way out.
    fn shift(&mut self, io: &Io<'_>) {
        if !self.is_on(cr1::TE) || self.sent_at.is_some() {
            return;
        }
        if self.shifting.is_none() {
            self.shifting = self.waiting.pop_front();
        }
        if self.shifting.is_some() {
            self.sent_at = self.frame(io).map(|frame| io.now + frame);
        }
    }

    fn byte_sent(&mut self, io: &Io<'_>) {
        self.sent_at = None;
        if let Some(byte) = self.shifting.take() {
            self.line.from_chip.push_back(byte);
        }
        self.shift(io);
        self.complete |= self.shifting.is_none();
    }

    fn byte_received(&mut self, io: &Io<'_>) {
        self.received_at = None;
        self.received.extend(self.line.to_chip.pop_front());
        self.expect_byte(io);
        if self.received_at.is_none() && self.line.to_chip.is_empty() {
            self.idle_at = self.frame(io).map(|frame| io.now + frame);
        }
    }

    fn status(&self) -> u32 {
        let fifo = self.cr1 & cr1::FIFOEN != 0;
        let threshold = |from: u32| THRESHOLDS[(self.cr3 >> from & 7) as usize];
        let flags = [
            (self.idle, isr::IDLE),
            (!self.received.is_empty(), isr::RXNE),
            (self.complete, isr::TC),
            (self.waiting.len() < self.depth(), isr::TXE),
            (self.received_at.is_some(), isr::BUSY),
            (self.is_on(cr1::TE), isr::TEACK),
            (self.is_on(cr1::RE), isr::REACK),
            (fifo && self.waiting.is_empty(), isr::TXFE),
            (fifo && self.received.len() == FIFO, isr::RXFF),
            (fifo && self.received.len() >= threshold(25), isr::RXFT),
            (
                fifo && FIFO - self.waiting.len() >= threshold(29),
                isr::TXFT,
            ),
        ];
        flags
            .iter()
            .filter(|(set, _)| *set)
            .fold(0, |word, (_, bit)| word | bit)
    }

    fn report_modes(&self, io: &mut Io<'_>) {
        let dma = self.cr3 & (cr3::DMAR | cr3::DMAT) != 0;
        if dma {
            io.reports
                .push(format!("DMA of {} is not modelled", self.layout.name));
        }
        if self.cr2 & MODES_CR2 != 0 || self.cr3 & MODES_CR3 != 0 {
            io.reports.push(format!(
                "{} is modelled as an asynchronous UART only",
                self.layout.name
            ));
        }
    }
}

impl Peripheral for Usart {
    fn read(&mut self, offset: u32, io: &mut Io<'_>) -> Option<u32> {
        Some(match offset {
            CR1 => self.cr1,
            CR2 => self.cr2,
            CR3 => self.cr3,
            BRR => self.brr,
            0x10 | 0x14 => self.unused[offset as usize / 4 - 4],
            RQR | ICR => 0,
            ISR => self.status(),
            // Reading makes room for the next byte.
            RDR => {
                let byte = self.received.pop_front();
                self.expect_byte(io);
                byte.map_or(0, u32::from)
            }
            TDR => self.waiting.back().copied().map_or(0, u32::from),
            PRESC => self.presc,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, write: Write, io: &mut Io<'_>) -> Option<()> {
        match offset {
            CR1 => {
                let was_on = self.is_on(cr1::TE);
                self.cr1 = write.over(self.cr1);
                if self.cr1 & cr1::UE == 0 {
                    self.received.clear();
                    self.waiting.clear();
                    (self.shifting, self.sent_at, self.received_at) = (None, None, None);
                    (self.idle, self.idle_at, self.complete) = (false, None, true);
                }
                if !was_on && self.is_on(cr1::TE) {
                    self.complete = self.shifting.is_none() && self.waiting.is_empty();
                }
            }
            CR2 => self.cr2 = write.over(self.cr2),
            CR3 => self.cr3 = write.over(self.cr3),
            BRR => write.to(
                &mut self.brr,
                if self.layout.low_power {
                    0xF_FFFF
                } else {
                    0xFFFF
                },
            ),
            0x10 | 0x14 => {
                let register = &mut self.unused[offset as usize / 4 - 4];
                *register = write.over(*register);
            }
            // RXFRQ and TXFRQ empty the receiver and the transmitter.
            RQR => {
                if write.bits() & 1 << 3 != 0 {
                    self.received.clear();
                }
                if write.bits() & 1 << 4 != 0 {
                    self.waiting.clear();
                }
            }
            ICR => {
                self.idle &= write.bits() & isr::IDLE == 0;
                self.complete &= write.bits() & isr::TC == 0;
            }
            ISR | RDR => {}
            TDR => {
                if self.is_on(cr1::TE) {
                    if self.waiting.len() == self.depth() {
                        self.waiting.pop_back();
                    }
                    self.waiting.push_back(write.bits() as u8);
                    self.complete = false;
                }
            }
            PRESC => write.to(&mut self.presc, 0xF),
            _ => return None,
        }
        if matches!(offset, CR1 | CR2 | CR3) {
            self.report_modes(io);
        }
        self.shift(io);
        self.expect_byte(io);
        Some(())
    }

    fn interrupt(&self) -> bool {
        let enabled = [
            (self.cr1, cr1::IDLEIE, isr::IDLE),
            (self.cr1, cr1::RXNEIE, isr::RXNE),
            (self.cr1, cr1::TCIE, isr::TC),
            (self.cr1, cr1::TXEIE, isr::TXE),
            (self.cr1, cr1::TXFEIE, isr::TXFE),
            (self.cr1, cr1::RXFFIE, isr::RXFF),
            (self.cr3, cr3::RXFTIE, isr::RXFT),
            (self.cr3, cr3::TXFTIE, isr::TXFT),
        ];
        let status = self.status();
        self.cr1 & cr1::UE != 0
            && enabled
                .iter()
                .any(|&(register, enable, flag)| register & enable != 0 && status & flag != 0)
    }

    fn next_event(&self) -> u64 {
        [self.sent_at, self.received_at, self.idle_at]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(u64::MAX)
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        let is_due = |moment: Option<u64>| moment.is_some_and(|at| at <= io.now);
        if is_due(self.sent_at) {
            self.byte_sent(io);
        }
        if is_due(self.idle_at) {
            self.idle_at = None;
            self.idle = true;
        }
        if is_due(self.received_at) {
            self.byte_received(io);
        }
    }

    fn clock_changes(&mut self, clocks: &Clocks, io: &mut Io<'_>) {
        for moment in [&mut self.sent_at, &mut self.received_at, &mut self.idle_at] {
            rescale(moment, io.now, io.clocks.core, clocks.core);
        }
    }

    fn reset(&mut self) {
        let line = std::mem::take(&mut self.line);
        *self = Self {
            line,
            ..Self::new(self.layout)
        };
    }
}
