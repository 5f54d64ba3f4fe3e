//! An STM32: what a family has of its own, and the peripherals that all have.

use super::clocks::Clocks;
use super::crc::Crc;
use super::family::{Entry, Family, Unit};
use super::flash_controller::FlashController;
use super::peripheral::{Io, Peripheral, Write};
use super::pins::{Exti, Gpio};
use super::resets::Resetter;
use super::rng::Rng;
use super::time::{Iwdg, Timer, Wwdg};
use super::usart::Usart;
use crate::chips::{
    Chip, ChipContext, ChipDescription, FlashTiming, ResetReason, SerialLine, flash, unmodelled,
};
use crate::memory::{AccessSize, BusFault};

/// The chip.
pub(in crate::chips) struct Stm32<F> {
    /// Clocks, supply, and what else is the family's own.
    family: F,
    /// What follows from the RCC.
    clocks: Clocks,
    flash: FlashController,
    gpio: Gpio,
    exti: Exti,
    usarts: Vec<Usart>,
    timers: Vec<Timer>,
    crc: Crc,
    rng: Rng,
    iwdg: Iwdg,
    wwdg: Wwdg,
    /// Who has just reset the chip.
    resetter: Option<Resetter>,
    /// When something next happens by itself.
    next: u64,
}

impl<F: Family> Stm32<F> {
    pub fn new() -> Self {
        let family = F::new();
        let clocks = family.clocks();
        Self {
            family,
            clocks,
            flash: FlashController::new(F::LAYOUT.flash),
            gpio: Gpio::new(F::LAYOUT.ports),
            exti: Exti::new(F::LAYOUT.exti),
            usarts: F::LAYOUT.serial.iter().map(Usart::new).collect(),
            timers: F::LAYOUT.timers.iter().map(Timer::new).collect(),
            crc: Crc::new(),
            rng: Rng::new(0),
            iwdg: Iwdg::new(),
            wwdg: Wwdg::new(),
            resetter: None,
            next: u64::MAX,
        }
    }

    /// The peripherals that have [`Peripheral`]'s registers.
    fn peripheral(&mut self, unit: Unit) -> Option<&mut dyn Peripheral> {
        Some(match unit {
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

    /// The peripheral at an address.
    fn find(address: u32) -> Option<&'static Entry> {
        let map = F::LAYOUT.map;
        let behind = map.partition_point(|entry| entry.start <= address);
        let entry = &map[behind.checked_sub(1)?];
        (address - entry.start < entry.length).then_some(entry)
    }

    fn kernel_hz(&self, unit: Unit) -> u64 {
        match unit {
            Unit::Usart(number) => self.family.serial_clock(number),
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
        let layout = &F::LAYOUT;
        let usarts = layout.serial.iter().zip(&self.usarts);
        let usarts = usarts.map(|(of, usart)| (of.line, usart.interrupt()));
        let timers = layout.timers.iter().zip(&self.timers);
        let timers = timers.map(|(of, timer)| (of.line, timer.interrupt()));
        let others = [
            (layout.watchdog_line, self.wwdg.interrupt()),
            (layout.flash_line, self.flash.interrupt()),
        ];
        let random = layout.random_line.map(|line| (line, self.rng.interrupt()));
        let asserted = usarts
            .chain(timers)
            .chain(others)
            .chain(random)
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
        let clocks = self.family.clocks();
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
        let (fastest, range) = self.family.fastest();
        let needed = self.family.wait_states(clocks.core);
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
        entry.gate.is_none_or(|gate| {
            self.family.rcc().is_enabled(gate) && !self.family.rcc().is_reset(gate)
        })
    }

    /// Whether the RCC lets a peripheral work. If not, that is reported, but for the debug unit.
    fn is_clocked(&self, entry: &Entry, context: &mut ChipContext<'_>) -> bool {
        let works = self.works(entry);
        // probe-rs switches the debug unit off before it clears it, so that this is nothing to tell.
        if !works && entry.unit != Unit::Debug {
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
        let entry = Self::find(address).ok_or(BusFault)?;
        if !self.is_clocked(entry, context) {
            return Ok(0);
        }
        self.catch_up(context);
        let offset = address - entry.start;
        let now = context.now;
        let value = match entry.unit {
            Unit::Flash => self.flash.read(offset),
            Unit::Syscfg => self.exti.read_syscfg(offset),
            Unit::Exti => self.exti.read(offset),
            Unit::Gpio(port) => self.gpio.read(port, offset),
            Unit::Unmodelled => None,
            unit if Self::is_of_family(unit) => self.family.read(unit, offset),
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
            unmodelled::reset_value(entry.reset, offset)
        }))
    }

    /// Reads what isn't a peripheral: factory values and option bytes.
    fn read_information(&self, address: u32, context: &mut ChipContext<'_>) -> Option<u32> {
        if let Some((value, known)) = self.family.system_memory(address) {
            if !known {
                context
                    .reports
                    .push("the bootloader in system memory is not modelled".to_owned());
            }
            return Some(value);
        }
        let starts = F::LAYOUT.option_bytes;
        let bank = starts
            .iter()
            .position(|&start| address.wrapping_sub(start) < 0x800)?;
        let value = self
            .flash
            .option_byte(bank, address - starts[bank])
            .unwrap_or(u32::MAX);
        Some(value)
    }

    fn write_word(
        &mut self,
        address: u32,
        write: Write,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        let entry = Self::find(address).ok_or(BusFault)?;
        if !self.is_clocked(entry, context) {
            return Ok(());
        }
        self.catch_up(context);
        let offset = address - entry.start;
        let now = context.now;
        let known = match entry.unit {
            Unit::Flash => self.flash.write(offset, write, self.clocks.core, context)?,
            Unit::Syscfg => self.exti.write_syscfg(offset, write, context.reports),
            Unit::Exti => self.exti.write(offset, write),
            Unit::Gpio(port) => self.gpio.write(port, offset, write),
            Unit::Unmodelled => None,
            unit if Self::is_of_family(unit) => {
                let known = self.family.write(unit, offset, write);
                if unit == Unit::Rcc && self.family.rcc().resets_peripherals(offset) {
                    self.reset_held();
                }
                *context.timing_changed = true;
                known
            }
            unit => self
                .with(unit, now, context.reports, |peripheral, io| {
                    peripheral.write(offset, write, io)
                })
                .flatten(),
        };
        if entry.unit == Unit::Flash || Self::is_of_family(entry.unit) {
            self.follow_clocks(context);
        }
        if known.is_none() {
            report(entry, offset, context);
        }
        self.refresh(context);
        Ok(())
    }

    /// Whether the registers of a unit are the family's own.
    fn is_of_family(unit: Unit) -> bool {
        matches!(
            unit,
            Unit::Rcc | Unit::Pwr | Unit::Cache(_) | Unit::Adc(_) | Unit::Debug
        )
    }

    /// Resets the peripherals that the RCC holds in reset.
    fn reset_held(&mut self) {
        for entry in F::LAYOUT.map {
            if !entry
                .gate
                .is_some_and(|gate| self.family.rcc().is_reset(gate))
            {
                continue;
            }
            match entry.unit {
                Unit::Gpio(port) => self.gpio.reset_port(port),
                Unit::Syscfg => self.exti.reset_syscfg(),
                unit if Self::is_of_family(unit) => self.family.reset_unit(unit),
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

impl<F: Family> Chip for Stm32<F> {
    fn description(&self) -> &ChipDescription {
        F::LAYOUT.description
    }

    fn flash_timing(&self) -> FlashTiming {
        self.family.flash_timing(&self.flash)
    }

    fn peek(&self, address: u32, now: u64) -> Option<u32> {
        if self.next <= now {
            return None;
        }
        let entry = Self::find(address).filter(|entry| self.works(entry))?;
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
        flash::erase(context, 0, F::LAYOUT.description.flash.length);
    }

    fn next_event(&self) -> u64 {
        self.next
    }

    fn advance(&mut self, context: &mut ChipContext<'_>) {
        self.refresh(context);
    }

    fn reset(&mut self, reason: ResetReason, context: &mut ChipContext<'_>) {
        self.family.reset(reason, self.resetter.take());
        self.flash.reset();
        self.gpio.reset();
        self.exti.reset();
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
        *context.timing_changed = true;
        self.clocks = self.family.clocks();
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
        *context.timing_changed = true;
        self.flash.set_dual_bank(dual_bank)
    }

    fn read_debug_unit(&mut self, offset: u32) -> Option<u32> {
        self.family.read_debug_unit(offset)
    }

    fn write_debug_unit(&mut self, offset: u32, value: u32) -> bool {
        let write = Write {
            value,
            mask: u32::MAX,
        };
        self.family.write_debug_unit(offset, write)
    }
}
