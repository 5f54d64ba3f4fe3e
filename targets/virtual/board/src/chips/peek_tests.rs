//! The quick way of reading registers against the ordinary one: whatever a program does, both leave
//! the same chip behind.

use super::nrf52840::Nrf52840;
use super::random::Random;
use super::stm32l4r5::Stm32l4r5;
use super::{CacheCounters, Chip, ChipContext};
use crate::memory::AccessSize;

/// A chip with what is around it.
struct Bench {
    chip: Box<dyn Chip>,
    flash: Vec<u8>,
    ram: Vec<u8>,
    interrupts: [u32; 8],
    reports: Vec<String>,
}

impl Bench {
    fn new(chip: Box<dyn Chip>) -> Self {
        let description = chip.description();
        Self {
            flash: vec![0xFF; description.flash.length as usize],
            ram: vec![0; description.ram.length as usize],
            chip,
            interrupts: [0; 8],
            reports: Vec::new(),
        }
    }

    fn with<R>(
        &mut self,
        now: u64,
        call: impl FnOnce(&mut dyn Chip, &mut ChipContext<'_>) -> R,
    ) -> R {
        let context = &mut ChipContext {
            now,
            flash: &mut self.flash,
            flash_changed: &mut None,
            timing_changed: &mut false,
            cache_counters: &mut CacheCounters::default(),
            ram: &mut self.ram,
            ram_changed: &mut None,
            interrupts: &mut self.interrupts,
            stall: &mut 0,
            reset: &mut None,
            reports: &mut self.reports,
        };
        call(self.chip.as_mut(), context)
    }

    fn read(&mut self, address: u32, now: u64) -> u32 {
        self.with(now, |chip, context| {
            chip.read(address, AccessSize::Word, context).unwrap()
        })
    }

    fn write(&mut self, address: u32, value: u32, now: u64) {
        self.with(now, |chip, context| {
            chip.write(address, AccessSize::Word, value, context)
                .unwrap();
        });
    }

    fn sends(&mut self, number: usize) -> Vec<u8> {
        let line = self.chip.serial_line(number).unwrap();
        line.from_chip.drain(..).collect()
    }

    fn receive(&mut self, number: usize, byte: u8, now: u64) {
        let line = self.chip.serial_line(number).unwrap();
        line.to_chip.push_back(byte);
        self.with(now, |chip, context| chip.serial_input(context));
    }
}

/// Does the same at random to both chips, of which only `quick` is peeked at. Returns how often that
/// gave something.
fn compare(
    mut quick: Bench,
    mut ordinary: Bench,
    uarts: [usize; 2],
    written: &[(u32, &[u32])],
    read: &[u32],
) -> u32 {
    let mut random = Random(1);
    let mut below = move |limit: usize| (random.next() as u32 as usize) % limit;
    let (mut now, mut peeked) = (0, 0);
    for step in 0..200_000 {
        // Close polls, and now and then some bytes' time.
        now += match below(50) {
            0 => below(200_000),
            _ => below(40),
        } as u64;
        match below(20) {
            0 | 1 => {
                let (address, values) = written[below(written.len())];
                let value = values[below(values.len())];
                quick.write(address, value, now);
                ordinary.write(address, value, now);
            }
            2 => {
                let (number, byte) = (uarts[below(2)], step as u8);
                quick.receive(number, byte, now);
                ordinary.receive(number, byte, now);
            }
            _ => {
                let address = read[below(read.len())];
                let value = quick.chip.peek(address, now);
                peeked += u32::from(value.is_some());
                let value = value.unwrap_or_else(|| quick.read(address, now));
                assert_eq!(
                    value,
                    ordinary.read(address, now),
                    "step {step}: {address:#x}"
                );
            }
        }
        assert_eq!(
            quick.chip.next_event(),
            ordinary.chip.next_event(),
            "{step}"
        );
        assert_eq!(quick.interrupts, ordinary.interrupts, "{step}");
        for number in uarts {
            assert_eq!(quick.sends(number), ordinary.sends(number), "{step}");
        }
    }
    peeked
}

#[test]
fn on_the_stm32l4r5() {
    let bench = || {
        let mut bench = Bench::new(Box::new(Stm32l4r5::new()));
        // The clocks of GPIOA, GPIOC, USART2, USART3 and TIM2.
        bench.write(0x4002_104C, 0x5, 0);
        bench.write(0x4002_1058, 0x6_0001, 0);
        bench
    };
    let mut written: Vec<(u32, &[u32])> = vec![
        (0x4800_0000, &[0xABFF_FFFF, 0xABFF_FFFD]),
        (0x4800_0018, &[1, 1 << 16]),
        // TIM2: CR1, DIER, SR, ARR.
        (0x4000_0000, &[0, 1]),
        (0x4000_000C, &[0, 1]),
        (0x4000_0010, &[0]),
        (0x4000_002C, &[100, 100_000]),
        // The clock of USART3 goes off and on.
        (0x4002_1058, &[0x6_0001, 0x6_0001, 0x2_0001]),
    ];
    let mut read = vec![0x4800_0010, 0x4800_0014, 0x4800_0810, 0x4000_0010];
    for usart in [0x4000_4400, 0x4000_4800] {
        let on: &[u32] = &[0, 0xD, 0xD, 0xFD, 0x2D, 0x2000_000D];
        written.extend([
            (usart, on),
            (usart + 0x08, &[0, 1 << 28]),
            (usart + 0x0C, &[35, 434]),
            (usart + 0x20, &[0x50, 0x10]),
            (usart + 0x28, &[0x55]),
        ]);
        read.extend([0, 0x08, 0x0C, 0x1C, 0x1C, 0x1C, 0x24].map(|offset| usart + offset));
    }
    let peeked = compare(bench(), bench(), [2, 3], &written, &read);
    assert!(peeked > 50_000, "{peeked}");
}

#[test]
fn on_the_nrf52840() {
    let bench = || Bench::new(Box::new(Nrf52840::new()));
    let mut written: Vec<(u32, &[u32])> = vec![
        // TIMER0: start, stop, COMPARE[0] and its interrupt, CC[0].
        (0x4000_8000, &[1]),
        (0x4000_8004, &[1]),
        (0x4000_8140, &[0]),
        (0x4000_8304, &[1 << 16]),
        (0x4000_8540, &[100, 10_000]),
        // A PPI channel from TIMER0's COMPARE[0] to the start of UART0's transmitter.
        (0x4001_F510, &[0x4000_8140]),
        (0x4001_F514, &[0x4000_2008]),
        (0x4001_F504, &[0, 1]),
    ];
    let mut read = vec![0x4000_8140, 0x5000_0510];
    for uart in [0x4000_2000, 0x4002_8000] {
        let tasks = [0x00, 0x00, 0x04, 0x08, 0x0C].map(|offset| (uart + offset, &[1][..]));
        written.extend(tasks);
        let events = [0x108, 0x110, 0x11C, 0x120].map(|offset| (uart + offset, &[0][..]));
        written.extend(events);
        written.extend([
            (uart + 0x200, &[0, 1 << 5][..]),
            (uart + 0x304, &[1 << 2, 1 << 4]),
            (uart + 0x308, &[1 << 2, 1 << 4]),
            (uart + 0x500, &[0, 4, 8, 8, 4]),
            (uart + 0x51C, &[0x55]),
            (uart + 0x524, &[0x01D6_0000]),
            (uart + 0x534, &[0x2000_0000]),
            (uart + 0x538, &[4]),
            (uart + 0x544, &[0x2000_0100]),
            (uart + 0x548, &[3]),
        ]);
        read.extend([0x108, 0x108, 0x110, 0x11C, 0x120, 0x144, 0x518, 0x53C].map(|at| uart + at));
    }
    let peeked = compare(bench(), bench(), [0, 1], &written, &read);
    assert!(peeked > 50_000, "{peeked}");
}
