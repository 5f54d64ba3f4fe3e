//! Nordic nRF52840 (nRF52840 Product Specification v1.1).
//!
//! A peripheral that isn't modelled reads as after a reset, takes every write and is reported once,
//! as is a register that isn't modelled of one that is. Where the chip has nothing there is a bus fault.
//!
//! A locked-up core stays locked up, as in debug interface mode; without a debugger the real chip
//! resets.

mod description;
mod events;
mod information;
mod map;
mod nvmc;
mod peripheral;
mod pins;
mod power;
mod reset_values;
mod rng;
mod temp;
mod time;
mod uart;

pub use description::DESCRIPTION;

use super::{
    Chip, ChipContext, ChipDescription, FlashTiming, ResetReason, SerialLine, flash, unmodelled,
};
use crate::memory::{AccessSize, BusFault};
use description::SECTOR_BYTES;
use events::{Egu, Ppi};
use information::{Uicr, ficr};
use map::{APB, PAGES, Place, page, place};
use nvmc::Nvmc;
use peripheral::{Io, Peripheral};
use pins::{Gpio, Gpiote};
use power::Power;
use rng::Rng;
use temp::Temp;
use time::{Clock, Pwm, Rtc, Timer, Wdt};
use uart::Uart;

/// Tasks that one event may set off through the PPI before it counts as a loop without end.
const LONGEST_CHAIN: usize = 1000;

/// The peripherals.
pub(crate) struct Nrf52840 {
    nvmc: Nvmc,
    uicr: Uicr,
    clock: Clock,
    gpio: Gpio,
    gpiote: Gpiote,
    timers: [Timer; 5],
    rtcs: [Rtc; 3],
    uarts: [Uart; 2],
    rng: Rng,
    temp: Temp,
    pwms: [Pwm; 4],
    wdt: Wdt,
    egus: [Egu; 6],
    ppi: Ppi,
    /// When something next happens by itself.
    next: u64,
}

impl Nrf52840 {
    pub fn new() -> Self {
        let timer = Timer::new(4);
        let long_timer = Timer::new(6);
        Self {
            nvmc: Nvmc::default(),
            uicr: Uicr::new(),
            clock: Clock::new(Power::new()),
            gpio: Gpio::new(),
            gpiote: Gpiote::default(),
            timers: [
                timer.clone(),
                timer.clone(),
                timer,
                long_timer.clone(),
                long_timer,
            ],
            rtcs: [Rtc::new(3), Rtc::new(4), Rtc::new(4)],
            uarts: [Uart::new(true), Uart::new(false)],
            rng: Rng::new(0),
            temp: Temp::default(),
            pwms: std::array::from_fn(|_| Pwm::new()),
            wdt: Wdt::new(),
            egus: Default::default(),
            ppi: Ppi::default(),
            next: u64::MAX,
        }
    }

    fn peripheral(&mut self, page: u32) -> Option<&mut dyn Peripheral> {
        Some(match page {
            page::CLOCK => &mut self.clock,
            page::UART0 => &mut self.uarts[0],
            page::UART1 => &mut self.uarts[1],
            page::GPIOTE => &mut self.gpiote,
            page::TIMER0..page::RTC0 => &mut self.timers[(page - page::TIMER0) as usize],
            page::TIMER3 => &mut self.timers[3],
            page::TIMER4 => &mut self.timers[4],
            page::RTC0 => &mut self.rtcs[0],
            page::RTC1 => &mut self.rtcs[1],
            page::RTC2 => &mut self.rtcs[2],
            page::TEMP => &mut self.temp,
            page::PWM0 => &mut self.pwms[0],
            page::PWM1 => &mut self.pwms[1],
            page::PWM2 => &mut self.pwms[2],
            page::PWM3 => &mut self.pwms[3],
            page::RNG => &mut self.rng,
            page::WDT => &mut self.wdt,
            page::EGU0..=page::EGU5 => &mut self.egus[(page - page::EGU0) as usize],
            _ => return None,
        })
    }

    /// Calls `act` on the chip at time `now` and lets everything follow that it sets off.
    fn act<R>(
        &mut self,
        now: u64,
        context: &mut ChipContext<'_>,
        act: impl FnOnce(&mut Self, &mut Io<'_>) -> R,
    ) -> R {
        let mut raised = Vec::new();
        let mut io = Io {
            now,
            page: 0,
            raised: &mut raised,
            ram: context.ram,
            ram_changed: context.ram_changed,
            reports: context.reports,
        };
        let result = act(self, &mut io);
        self.follow(&mut io);
        if self.wdt.take_reset() {
            *context.reset = Some(ResetReason::Watchdog);
        }
        result
    }

    /// Carries events through the PPI to tasks, and pins to GPIOTE and back.
    fn follow(&mut self, io: &mut Io<'_>) {
        let mut handled = 0;
        loop {
            io.page = page::GPIOTE;
            self.gpiote.settle(&mut self.gpio, io);
            if handled == io.raised.len() {
                break;
            }
            if handled >= LONGEST_CHAIN {
                io.reports
                    .push("PPI channels trigger each other without end".into());
                break;
            }
            let (page, number) = io.raised[handled];
            handled += 1;
            if !self.ppi.is_active() {
                continue;
            }
            for (page, task) in self.ppi.route(page, number) {
                io.page = page;
                if page == page::PPI {
                    self.ppi.task(task);
                } else if let Some(peripheral) = self.peripheral(page) {
                    peripheral.task(task, io);
                }
            }
        }
        if self.wdt.is_running() {
            self.clock.force_low_frequency();
        }
        let clocked = self.clock.low_frequency_runs();
        for rtc in &mut self.rtcs {
            rtc.set_clocked(clocked, io.now);
        }
    }

    /// Lets time pass to `now`, one event after the other.
    fn advance_to(&mut self, now: u64, context: &mut ChipContext<'_>) {
        loop {
            let next = PAGES
                .into_iter()
                .filter_map(|page| Some((self.peripheral(page)?.next_event(), page)))
                .min();
            self.next = next.map_or(u64::MAX, |(time, _)| time);
            let Some((time, page)) = next.filter(|&(time, _)| time <= now) else {
                return;
            };
            self.act(time, context, |chip, io| {
                io.page = page;
                if let Some(peripheral) = chip.peripheral(page) {
                    peripheral.advance(io);
                }
            });
        }
    }

    /// Brings what follows from the peripherals' state up to date.
    fn refresh(&mut self, context: &mut ChipContext<'_>) {
        self.advance_to(context.now, context);
        let mut lines = [0; 8];
        for page in PAGES {
            if self
                .peripheral(page)
                .is_some_and(|peripheral| peripheral.common().interrupt())
            {
                lines[page as usize >> 5] |= 1 << (page & 31);
            }
        }
        *context.interrupts = lines;
    }

    fn catch_up(&mut self, context: &mut ChipContext<'_>) {
        if self.next <= context.now {
            self.refresh(context);
        }
    }

    fn read_word(&mut self, address: u32, context: &mut ChipContext<'_>) -> Result<u32, BusFault> {
        let offset = address & 0xFFC;
        let place = place(address).ok_or(BusFault)?;
        let value = match place {
            Place::Ficr => return ficr(offset).ok_or(BusFault),
            Place::Uicr => return self.uicr.read(offset).ok_or(BusFault),
            Place::Nvmc => self.nvmc.read(offset, context),
            Place::Gpio => {
                self.catch_up(context);
                self.gpio.read(offset)
            }
            Place::Ppi => {
                self.catch_up(context);
                self.ppi.read(offset)
            }
            Place::Modelled(page) => {
                self.catch_up(context);
                let now = context.now;
                let value = self
                    .peripheral(page)
                    .and_then(|peripheral| peripheral::read(peripheral, offset, now));
                if page == page::UART0 || page == page::UART1 {
                    self.serial_input(context);
                }
                value
            }
            Place::Unmodelled(_) => None,
        };
        Ok(value.unwrap_or_else(|| {
            report(&place, address, context);
            reset_values::reset_value(address.wrapping_sub(APB) >> 12, offset)
        }))
    }

    fn write_word(
        &mut self,
        address: u32,
        value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        let offset = address & 0xFFC;
        let place = place(address).ok_or(BusFault)?;
        let known = match place {
            Place::Ficr => return Err(BusFault),
            Place::Uicr if self.nvmc.may_write() => {
                self.nvmc.stall_for_uicr(false, context);
                return self.uicr.write(offset, value).ok_or(BusFault);
            }
            Place::Uicr => return Err(BusFault),
            Place::Nvmc => {
                let known = self.nvmc.write(offset, value, context);
                if self.nvmc.take_erase_uicr() {
                    if offset == nvmc::ERASEUICR {
                        self.nvmc.stall_for_uicr(true, context);
                    }
                    self.uicr = Uicr::new();
                }
                known
            }
            Place::Unmodelled(_) => None,
            Place::Gpio | Place::Ppi | Place::Modelled(_) => {
                self.catch_up(context);
                let known = self.act(context.now, context, |chip, io| match place {
                    Place::Gpio => chip.gpio.write(offset, value),
                    Place::Modelled(page) => {
                        io.page = page;
                        chip.write_peripheral(page, offset, value, io)
                    }
                    _ => chip.ppi.write(offset, value),
                });
                self.refresh(context);
                known
            }
        };
        if known.is_none() {
            report(&place, address, context);
        }
        Ok(())
    }

    fn write_peripheral(
        &mut self,
        page: u32,
        offset: u32,
        value: u32,
        io: &mut Io<'_>,
    ) -> Option<()> {
        if page == page::GPIOTE
            && let Some(channel) = Gpiote::config_channel(offset)
        {
            self.gpiote.configure(channel, value, &mut self.gpio);
            return Some(());
        }
        peripheral::write(self.peripheral(page)?, offset, value, io)
    }
}

/// Reports what isn't modelled at an address.
fn report(place: &Place, address: u32, context: &mut ChipContext<'_>) {
    let offset = address & 0xFFC;
    let text = match place {
        Place::Unmodelled(name) => unmodelled::peripheral(name),
        Place::Gpio => unmodelled::register("GPIO", offset),
        _ => {
            let name = map::name(address.wrapping_sub(APB) >> 12).unwrap_or("the chip");
            unmodelled::register(name, offset)
        }
    };
    context.reports.push(text);
}

impl Chip for Nrf52840 {
    fn description(&self) -> &ChipDescription {
        &DESCRIPTION
    }

    fn flash_timing(&self) -> FlashTiming {
        FlashTiming {
            wait_states: 0,
            sector_bytes: SECTOR_BYTES,
            instruction_cache: self.nvmc.cache_enabled(),
            data_cache: false,
            prefetch: false,
            unified_cache: false,
            single_port: false,
            counts_cache: self.nvmc.counts_cache(),
        }
    }

    fn peek(&self, address: u32, now: u64) -> Option<u32> {
        let uart = match address.checked_sub(APB)? >> 12 {
            page::UART0 => &self.uarts[0],
            page::UART1 => &self.uarts[1],
            _ => return None,
        };
        let settled = now < self.next && !self.uarts.iter().any(Uart::wants_byte);
        settled.then(|| uart.peek(address & 0xFFC))?
    }

    fn read(
        &mut self,
        address: u32,
        size: AccessSize,
        context: &mut ChipContext<'_>,
    ) -> Result<u32, BusFault> {
        let word = self.read_word(address, context)?;
        Ok(word >> (8 * (address & 3)) & size.mask())
    }

    fn write(
        &mut self,
        address: u32,
        size: AccessSize,
        value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        if size != AccessSize::Word {
            return Err(BusFault);
        }
        self.write_word(address, value, context)
    }

    fn write_flash(
        &mut self,
        offset: u32,
        size: AccessSize,
        value: u32,
        context: &mut ChipContext<'_>,
    ) -> Result<(), BusFault> {
        if size != AccessSize::Word {
            return Err(BusFault);
        }
        self.nvmc.program(offset, value, context).ok_or(BusFault)
    }

    fn erase_all(&mut self, context: &mut ChipContext<'_>) {
        flash::erase(context, 0, DESCRIPTION.flash.length);
        self.uicr = Uicr::new();
    }

    fn next_event(&self) -> u64 {
        self.next
    }

    fn advance(&mut self, context: &mut ChipContext<'_>) {
        self.refresh(context);
    }

    /// What survives which reset: Product Specification, 5.3.6.8 "Reset behavior".
    fn reset(&mut self, reason: ResetReason, context: &mut ChipContext<'_>) {
        let new = Self::new();
        self.nvmc.reset();
        self.clock = Clock::new(self.clock.power.after_reset(reason));
        self.gpio = self.gpio.after_reset();
        self.gpiote = new.gpiote;
        self.timers = new.timers;
        self.rtcs = new.rtcs;
        for uart in &mut self.uarts {
            *uart = uart.after_reset();
        }
        self.rng = Rng::new(self.rng.state());
        self.temp = new.temp;
        self.pwms = new.pwms;
        self.egus = new.egus;
        self.ppi = new.ppi;
        if reason == ResetReason::Software && self.wdt.is_running() {
            self.wdt.keep();
        } else {
            self.wdt = new.wdt;
        }
        *context.timing_changed = true;
        self.act(context.now, context, |_, _| ());
        self.refresh(context);
    }

    fn set_asleep(&mut self, asleep: bool, context: &mut ChipContext<'_>) {
        self.catch_up(context);
        self.act(context.now, context, |chip, io| {
            io.page = page::CLOCK;
            chip.clock.note_sleep(asleep, io);
            chip.wdt.set_asleep(asleep, io.now);
        });
        self.refresh(context);
    }

    fn core_hz(&self) -> u64 {
        peripheral::CORE_HZ
    }

    fn serial_name(&self, number: usize) -> Option<&'static str> {
        ["UARTE0", "UARTE1"].get(number).copied()
    }

    fn serial_line(&mut self, number: usize) -> Option<&mut SerialLine> {
        Some(&mut self.uarts.get_mut(number)?.line)
    }

    fn serial_input(&mut self, context: &mut ChipContext<'_>) {
        self.act(context.now, context, |chip, io| {
            for (uart, page) in chip.uarts.iter_mut().zip([page::UART0, page::UART1]) {
                io.page = page;
                uart.input(io);
            }
        });
        self.refresh(context);
    }

    fn drive_pin(&mut self, pin: u32, level: Option<bool>, context: &mut ChipContext<'_>) -> bool {
        self.catch_up(context);
        let known = self.act(context.now, context, |chip, _| chip.gpio.drive(pin, level));
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
        self.nvmc.set_takes_time(takes_time);
    }
}
