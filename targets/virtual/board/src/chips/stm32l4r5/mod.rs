//! STMicroelectronics STM32L4R5 (reference manual RM0432), as on a Nucleo-L4R5ZI.
//!
//! A peripheral that isn't modelled reads as after a reset, takes every write and is reported once,
//! as is a register that isn't modelled of one that is. A peripheral that the RCC hasn't switched on
//! reads as zero, takes no write and is reported once. Where the chip has nothing there is a bus
//! fault.
//!
//! Time is counted in cycles of the core's clock, whatever its frequency; what runs on another clock
//! is converted. Of the low-power modes only sleep is modelled: stop and standby are sleep too.

mod clocks;
mod crc;
mod description;
mod flash_controller;
mod information;
mod map;
mod peripheral;
mod pins;
mod pwr;
mod rcc;
mod rng;
mod time;
mod usart;

pub use description::DESCRIPTION;

use super::{
    Chip, ChipContext, ChipDescription, FlashTiming, ResetReason, SerialLine, flash, unmodelled,
};
use crate::memory::{AccessSize, BusFault};
use clocks::Clocks;
use crc::Crc;
use description::{DUAL_BANK_READ, SINGLE_BANK_READ};
use flash_controller::FlashController;
use information::{DebugUnit, SYSTEM_MEMORY, system_memory};
use map::{Entry, Unit, line};
use peripheral::{Io, Peripheral, Write};
use pins::{Exti, Gpio};
use pwr::Pwr;
use rcc::{Rcc, Resetter};
use rng::Rng;
use time::{Iwdg, Timer, Wwdg};
use usart::Usart;

/// Option bytes of both banks.
const OPTION_BYTES: [u32; 2] = [0x1FF0_0000, 0x1FF0_1000];

/// The peripherals.
pub(crate) struct Stm32l4r5 {
    rcc: Rcc,
    /// What follows from the RCC.
    clocks: Clocks,
    pwr: Pwr,
    flash: FlashController,
    gpio: Gpio,
    exti: Exti,
    usarts: [Usart; 6],
    timers: [Timer; 4],
    crc: Crc,
    rng: Rng,
    iwdg: Iwdg,
    wwdg: Wwdg,
    debug_unit: DebugUnit,
    /// Who has just reset the chip.
    resetter: Option<Resetter>,
    /// When something next happens by itself.
    next: u64,
}

/// Fields of CCIPR that choose the clocks of LPUART1, USART1 to 3, UART4 and 5, and their buses.
const USART_CLOCKS: [(u32, usize); 6] = [(5, 0), (0, 1), (1, 0), (2, 0), (3, 0), (4, 0)];

impl Stm32l4r5 {
    pub fn new() -> Self {
        let rcc = Rcc::new();
        let clocks = rcc.clocks();
        Self {
            rcc,
            clocks,
            pwr: Pwr::new(),
            flash: FlashController::new(),
            gpio: Gpio::new(),
            exti: Exti::new(),
            usarts: [
                Usart::new("LPUART1", true),
                Usart::new("USART1", false),
                Usart::new("USART2", false),
                Usart::new("USART3", false),
                Usart::new("UART4", false),
                Usart::new("UART5", false),
            ],
            timers: [
                Timer::general("TIM2"),
                Timer::general("TIM5"),
                Timer::basic("TIM6"),
                Timer::basic("TIM7"),
            ],
            crc: Crc::new(),
            rng: Rng::new(0),
            iwdg: Iwdg::new(),
            wwdg: Wwdg::new(),
            debug_unit: DebugUnit::default(),
            resetter: None,
            next: u64::MAX,
        }
    }

    /// The peripherals that have [`Peripheral`]'s registers.
    fn peripheral(&mut self, unit: Unit) -> Option<&mut dyn Peripheral> {
        Some(match unit {
            Unit::Pwr => &mut self.pwr,
            Unit::Usart(number) => &mut self.usarts[number],
            Unit::Timer(number) => &mut self.timers[number],
            Unit::Crc => &mut self.crc,
            Unit::Rng => &mut self.rng,
            Unit::Iwdg => &mut self.iwdg,
            Unit::Wwdg => &mut self.wwdg,
            _ => return None,
        })
    }

    /// Those to which something happens by itself.
    fn in_time(&mut self) -> impl Iterator<Item = (Unit, &mut dyn Peripheral)> {
        let usarts = self.usarts.iter_mut().enumerate();
        let usarts = usarts.map(|(n, usart)| (Unit::Usart(n), usart as &mut dyn Peripheral));
        let timers = self.timers.iter_mut().enumerate();
        let timers = timers.map(|(n, timer)| (Unit::Timer(n), timer as &mut dyn Peripheral));
        usarts.chain(timers).chain([
            (Unit::Iwdg, &mut self.iwdg as &mut dyn Peripheral),
            (Unit::Wwdg, &mut self.wwdg),
        ])
    }

    fn kernel_hz(&self, unit: Unit) -> u64 {
        match unit {
            Unit::Usart(number) => {
                let (field, bus) = USART_CLOCKS[number];
                self.rcc.usart_clock(field, bus)
            }
            _ => 0,
        }
    }

    /// Calls `act` on a peripheral at time `now`.
    fn with<R>(
        &mut self,
        unit: Unit,
        now: u64,
        reports: &mut Vec<String>,
        act: impl FnOnce(&mut dyn Peripheral, &mut Io<'_>) -> R,
    ) -> Option<R> {
        let mut io = Io {
            now,
            clocks: self.clocks,
            kernel_hz: self.kernel_hz(unit),
            reports,
        };
        self.peripheral(unit)
            .map(|peripheral| act(peripheral, &mut io))
    }

    /// Lets time pass to `now`, one event after the other.
    fn advance_to(&mut self, now: u64, context: &mut ChipContext<'_>) {
        loop {
            let next = self
                .in_time()
                .map(|(unit, peripheral)| (peripheral.next_event(), unit))
                .min_by_key(|&(time, _)| time);
            self.next = next.map_or(u64::MAX, |(time, _)| time);
            let Some((time, unit)) = next.filter(|&(time, _)| time <= now) else {
                return;
            };
            self.with(unit, time, context.reports, |peripheral, io| {
                peripheral.advance(io);
            });
        }
    }

    /// Brings what follows from the peripherals' state up to date.
    fn refresh(&mut self, context: &mut ChipContext<'_>) {
        self.advance_to(context.now, context);
        self.exti.see(&self.gpio);
        let by = if self.iwdg.take_reset() {
            Some(Resetter::IndependentWatchdog)
        } else if self.wwdg.take_reset() {
            Some(Resetter::WindowWatchdog)
        } else if self.flash.take_launch() {
            Some(Resetter::OptionBytes)
        } else {
            None
        };
        if by.is_some() {
            // The RCC tells the chip's own resets apart.
            self.resetter = by;
            *context.reset = Some(ResetReason::Watchdog);
        }
        *context.interrupts = self.interrupts();
    }

    /// The interrupt lines that are asserted.
    fn interrupts(&self) -> [u32; 8] {
        let usarts = line::USARTS.into_iter().zip(&self.usarts);
        let usarts = usarts.map(|(line, usart)| (line, usart.interrupt()));
        let timers = line::TIMERS.into_iter().zip(&self.timers);
        let timers = timers.map(|(line, timer)| (line, timer.interrupt()));
        let others = [
            (line::WWDG, self.wwdg.interrupt()),
            (line::FLASH, self.flash.interrupt()),
            (line::RNG, self.rng.interrupt()),
        ];
        let asserted = usarts
            .chain(timers)
            .chain(others)
            .filter_map(|(line, asserted)| asserted.then_some(line))
            .chain(self.exti.interrupts());
        let mut lines = [0; 8];
        for line in asserted {
            lines[line as usize >> 5] |= 1 << (line & 31);
        }
        lines
    }

    fn catch_up(&mut self, context: &mut ChipContext<'_>) {
        if self.next <= context.now {
            self.refresh(context);
        }
    }

    /// The clock tree, the voltage or the wait states may have changed.
    fn follow_clocks(&mut self, context: &mut ChipContext<'_>) {
        let clocks = self.rcc.clocks();
        if clocks != self.clocks {
            let old = self.clocks;
            for (_, peripheral) in self.in_time() {
                let mut io = Io {
                    now: context.now,
                    clocks: old,
                    kernel_hz: 0,
                    reports: context.reports,
                };
                peripheral.clock_changes(&clocks, &mut io);
            }
            self.clocks = clocks;
        }
        let (fastest, range) = self.pwr.fastest();
        let needed = self.pwr.wait_states(clocks.core);
        let report = &mut *context.reports;
        if clocks.core > fastest {
            report.push(format!(
                "the core runs at {} Hz: {range} allows {fastest} Hz",
                clocks.core
            ));
        }
        if self.flash.latency() < needed {
            report.push(format!(
                "{} flash wait states at {} Hz: {needed} are needed",
                self.flash.latency(),
                clocks.core
            ));
        }
    }

    /// Whether the RCC lets a peripheral work.
    fn works(&self, entry: &Entry) -> bool {
        entry
            .gate
            .is_none_or(|gate| self.rcc.is_enabled(gate) && !self.rcc.is_reset(gate))
    }

    /// Whether the RCC lets a peripheral work. If not, that is reported.
    fn is_clocked(&self, entry: &Entry, context: &mut ChipContext<'_>) -> bool {
        let works = self.works(entry);
        if !works {
            context.reports.push(format!(
                "{} is used while its clock is off or it is held in reset",
                entry.name
            ));
        }
        works
    }

    fn read_word(&mut self, address: u32, context: &mut ChipContext<'_>) -> Result<u32, BusFault> {
        if let Some(value) = self.read_information(address, context) {
            return Ok(value);
        }
        let entry = map::find(address).ok_or(BusFault)?;
        if !self.is_clocked(entry, context) {
            return Ok(0);
        }
        self.catch_up(context);
        let offset = address - entry.start;
        let now = context.now;
        let value = match entry.unit {
            Unit::Rcc => self.rcc.read(offset),
            Unit::Flash => self.flash.read(offset),
            Unit::Syscfg => self.exti.read_syscfg(offset),
            Unit::Exti => self.exti.read(offset),
            Unit::Gpio(port) => self.gpio.read(port, offset),
            Unit::Unmodelled => None,
            unit => self
                .with(unit, now, context.reports, |peripheral, io| {
                    peripheral.read(offset, io)
                })
                .flatten(),
        };
        // Reading a byte from a UART makes room for the next.
        if matches!(entry.unit, Unit::Usart(_)) {
            self.refresh(context);
        }
        Ok(value.unwrap_or_else(|| {
            report(entry, offset, context);
            0
        }))
    }

    /// Reads what isn't a peripheral: factory values and option bytes.
    fn read_information(&self, address: u32, context: &mut ChipContext<'_>) -> Option<u32> {
        if SYSTEM_MEMORY.contains(&address) {
            let (value, known) = system_memory(address);
            if !known {
                context
                    .reports
                    .push("the bootloader in system memory is not modelled".to_owned());
            }
            return Some(value);
        }
        let bank = OPTION_BYTES
            .iter()
            .position(|&start| address.wrapping_sub(start) < 0x800)?;
        let value = self
            .flash
            .option_byte(bank, address - OPTION_BYTES[bank])
            .unwrap_or(u32::MAX);
        Some(value)
    }

    fn write_word(
        &mut self,
        address: u32,
        write: Write,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        let entry = map::find(address).ok_or(BusFault)?;
        if !self.is_clocked(entry, context) {
            return Ok(());
        }
        self.catch_up(context);
        let offset = address - entry.start;
        let now = context.now;
        let known = match entry.unit {
            Unit::Rcc => {
                let known = self.rcc.write(offset, write, self.pwr.backup_access());
                if Rcc::resets_peripherals(offset) {
                    self.reset_held();
                }
                known
            }
            Unit::Flash => self.flash.write(offset, write, self.clocks.core, context)?,
            Unit::Syscfg => self.exti.write_syscfg(offset, write, context.reports),
            Unit::Exti => self.exti.write(offset, write),
            Unit::Gpio(port) => self.gpio.write(port, offset, write),
            Unit::Unmodelled => None,
            unit => self
                .with(unit, now, context.reports, |peripheral, io| {
                    peripheral.write(offset, write, io)
                })
                .flatten(),
        };
        if matches!(entry.unit, Unit::Rcc | Unit::Pwr | Unit::Flash) {
            self.follow_clocks(context);
        }
        if known.is_none() {
            report(entry, offset, context);
        }
        self.refresh(context);
        Ok(())
    }

    /// Resets the peripherals that the RCC holds in reset.
    fn reset_held(&mut self) {
        for entry in &map::MAP {
            if !entry.gate.is_some_and(|gate| self.rcc.is_reset(gate)) {
                continue;
            }
            match entry.unit {
                Unit::Gpio(port) => self.gpio.reset_port(port),
                Unit::Syscfg => self.exti.reset_syscfg(),
                unit => {
                    if let Some(peripheral) = self.peripheral(unit) {
                        peripheral.reset();
                    }
                }
            }
        }
    }
}

/// Reports what isn't modelled of a peripheral.
fn report(entry: &Entry, offset: u32, context: &mut ChipContext<'_>) {
    context.reports.push(match entry.unit {
        Unit::Unmodelled => unmodelled::peripheral(entry.name),
        _ => unmodelled::register(entry.name, offset),
    });
}

impl Chip for Stm32l4r5 {
    fn description(&self) -> &'static ChipDescription {
        &DESCRIPTION
    }

    fn flash_timing(&self) -> FlashTiming {
        FlashTiming {
            wait_states: self.flash.latency(),
            sector_bytes: if self.flash.dual_bank() {
                DUAL_BANK_READ
            } else {
                SINGLE_BANK_READ
            },
            instruction_cache: self.flash.instruction_cache(),
            data_cache: self.flash.data_cache(),
            prefetch: self.flash.prefetch(),
            counts_cache: false,
        }
    }

    fn peek(&self, address: u32, now: u64) -> Option<u32> {
        if self.next <= now {
            return None;
        }
        let entry = map::find(address).filter(|entry| self.works(entry))?;
        let offset = address - entry.start;
        match entry.unit {
            Unit::Usart(number) => self.usarts[number].peek(offset),
            Unit::Gpio(port) => self.gpio.read(port, offset),
            _ => None,
        }
    }

    fn read(
        &mut self,
        address: u32,
        size: AccessSize,
        context: &mut ChipContext<'_>,
    ) -> Result<u32, BusFault> {
        let word = self.read_word(address & !3, context)?;
        Ok(word >> (8 * (address & 3)) & size.mask())
    }

    fn write(
        &mut self,
        address: u32,
        size: AccessSize,
        value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        let shift = 8 * (address & 3);
        let write = Write {
            value: value << shift,
            mask: size.mask() << shift,
        };
        self.write_word(address & !3, write, context)
    }

    fn write_flash(
        &mut self,
        offset: u32,
        size: AccessSize,
        value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        self.flash
            .program(offset, size, value, self.clocks.core, context);
        self.refresh(context);
        Ok(())
    }

    fn erase_all(&mut self, context: &mut ChipContext<'_>) {
        flash::erase(context, 0, DESCRIPTION.flash.length);
    }

    fn next_event(&self) -> u64 {
        self.next
    }

    fn advance(&mut self, context: &mut ChipContext<'_>) {
        self.refresh(context);
    }

    fn reset(&mut self, reason: ResetReason, context: &mut ChipContext<'_>) {
        self.rcc.reset(reason, self.resetter.take());
        self.pwr.reset();
        self.flash.reset();
        self.gpio.reset();
        self.exti = Exti::new();
        for usart in &mut self.usarts {
            usart.reset();
        }
        for timer in &mut self.timers {
            timer.reset();
        }
        self.crc.reset();
        self.rng.reset();
        self.iwdg.reset();
        self.wwdg.reset();
        if reason == ResetReason::PowerOn {
            self.debug_unit = DebugUnit::default();
        }
        *context.timing_changed = true;
        self.clocks = self.rcc.clocks();
        self.refresh(context);
    }

    fn core_hz(&self) -> u64 {
        self.clocks.core
    }

    fn serial_name(&self, number: usize) -> Option<&'static str> {
        self.usarts.get(number).map(Usart::name)
    }

    fn serial_line(&mut self, number: usize) -> Option<&mut SerialLine> {
        Some(&mut self.usarts.get_mut(number)?.line)
    }

    fn serial_input(&mut self, context: &mut ChipContext<'_>) {
        for number in 0..self.usarts.len() {
            let unit = Unit::Usart(number);
            let io = Io {
                now: context.now,
                clocks: self.clocks,
                kernel_hz: self.kernel_hz(unit),
                reports: context.reports,
            };
            self.usarts[number].input(&io);
        }
        self.refresh(context);
    }

    fn drive_pin(&mut self, pin: u32, level: Option<bool>, context: &mut ChipContext<'_>) -> bool {
        self.catch_up(context);
        let known = self.gpio.drive(pin, level);
        self.refresh(context);
        known
    }

    fn pin(&self, pin: u32) -> Option<bool> {
        self.gpio.level(pin)
    }

    fn seed(&mut self, seed: u64) {
        self.rng.seed(seed);
    }

    fn set_flash_takes_time(&mut self, takes_time: bool) {
        self.flash.set_takes_time(takes_time);
    }

    fn set_dual_bank(&mut self, dual_bank: bool, context: &mut ChipContext<'_>) -> bool {
        self.flash.set_dual_bank(dual_bank);
        *context.timing_changed = true;
        true
    }

    fn read_debug_unit(&mut self, offset: u32) -> Option<u32> {
        self.debug_unit.read(offset)
    }

    fn write_debug_unit(&mut self, offset: u32, value: u32) -> bool {
        let write = Write {
            value,
            mask: u32::MAX,
        };
        self.debug_unit.write(offset, write).is_some()
    }
}
