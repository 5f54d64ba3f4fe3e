//! PWM: sequences of duty cycles from the RAM (Product Specification, 6.17), with their events in
//! time.
//!
//! Simplified: what happens is when a program is told, not what is on the pins: those don't follow.
//! A sequence is read as a whole when it starts, and where its values say how long a period is (the
//! load mode WaveForm), each of them does.

use crate::chips::nrf52840::peripheral::{CORE_HZ, Common, Io, Peripheral};

const STOP: u32 = 1;
const SEQSTART: u32 = 2;
const SEQSTART_1: u32 = 3;
const NEXTSTEP: u32 = 4;

const STOPPED: u32 = 1;
const SEQSTARTED: u32 = 2;
const SEQEND: u32 = 4;
const PWMPERIODEND: u32 = 6;
const LOOPSDONE: u32 = 7;

const SEQEND_STOP: u32 = 1;
const LOOPSDONE_SEQSTART: u32 = 1 << 2;
const LOOPSDONE_STOP: u32 = 1 << 4;

/// Before the prescaler.
const CLOCK_HZ: u64 = 16_000_000;

/// DECODER: how many values a step has, and whether RefreshCount or NextStep leads to the next.
const LOAD: u32 = 0b11;
const WAVE_FORM: u32 = 3;
const NEXT_STEP: u32 = 1 << 8;

#[derive(Clone, Copy, Debug, Default)]
struct Sequence {
    pointer: u32,
    count: u32,
    refresh: u32,
    end_delay: u32,
}

/// Where the unit is in a sequence.
#[derive(Clone, Copy, Debug)]
struct Playing {
    sequence: usize,
    /// Periods of this step that have passed.
    periods: u32,
    step: u32,
    /// SEQEND is over: the last values stay.
    ended: bool,
    /// End of the current period.
    period_end: u64,
}

/// One unit.
#[derive(Clone, Debug)]
pub(in crate::chips::nrf52840) struct Pwm {
    common: Common,
    enabled: bool,
    up_and_down: bool,
    top: u32,
    prescaler: u32,
    decoder: u32,
    loops: u32,
    loops_left: u32,
    sequences: [Sequence; 2],
    pins: [u32; 4],
    playing: Option<Playing>,
    stopping: bool,
    /// NEXTSTEP was triggered.
    step_wanted: bool,
}

impl Pwm {
    pub fn new() -> Self {
        let sequence = Sequence {
            refresh: 1,
            ..Sequence::default()
        };
        Self {
            common: Common::default(),
            enabled: false,
            up_and_down: false,
            top: 0x3FF,
            prescaler: 0,
            decoder: 0,
            loops: 0,
            loops_left: 0,
            sequences: [sequence; 2],
            pins: [u32::MAX; 4],
            playing: None,
            stopping: false,
            step_wanted: false,
        }
    }

    /// Half-words of a step.
    fn width(&self) -> u32 {
        [1, 2, 4, 4][(self.decoder & LOAD) as usize]
    }

    /// Core clock cycles of one period in a step of a sequence.
    fn period(&self, sequence: usize, step: u32, io: &Io<'_>) -> u64 {
        let mut top = self.top;
        if self.decoder & LOAD == WAVE_FORM {
            let Sequence { pointer, count, .. } = self.sequences[sequence];
            let step = step.min((count / self.width()).saturating_sub(1));
            let address = pointer.wrapping_add(8 * step + 6);
            if let Some(at) = io.dma(address, 2) {
                top = u32::from(io.ram[at]) | u32::from(io.ram[at + 1]) << 8;
            }
        }
        // 3 is the least that COUNTERTOP may be.
        let counts = u64::from((top & 0x7FFF).max(3)) << u32::from(self.up_and_down);
        (counts << self.prescaler) * (CORE_HZ / CLOCK_HZ)
    }

    fn start(&mut self, sequence: usize, io: &mut Io<'_>) {
        if !self.enabled || self.sequences[sequence].count == 0 {
            return;
        }
        self.stopping = false;
        self.playing = Some(Playing {
            sequence,
            periods: 0,
            step: 0,
            ended: false,
            period_end: io.now + self.period(sequence, 0, io),
        });
        io.raise(&mut self.common, SEQSTARTED + sequence as u32);
    }

    fn stop(&mut self, io: &mut Io<'_>) {
        if self.playing.is_some() {
            self.stopping = true;
        } else {
            io.raise(&mut self.common, STOPPED);
        }
    }

    fn has_short(&self, short: u32) -> bool {
        self.common.shorts & short != 0
    }

    /// A period of `playing` is over.
    fn next_period(&mut self, mut playing: Playing, io: &mut Io<'_>) {
        let sequence = self.sequences[playing.sequence];
        playing.periods += 1;
        let next_step = if self.decoder & NEXT_STEP == 0 {
            playing.periods > sequence.refresh
        } else {
            std::mem::take(&mut self.step_wanted)
        };
        if !playing.ended && next_step {
            playing.periods = 0;
            playing.step += 1;
            playing.ended = playing.step >= sequence.count / self.width();
            if playing.ended {
                io.raise(&mut self.common, SEQEND + playing.sequence as u32);
                if self.has_short(SEQEND_STOP << playing.sequence) {
                    self.stopping = true;
                }
            }
        }
        playing.period_end = io.now + self.period(playing.sequence, playing.step, io);
        self.playing = Some(playing);
        if playing.ended
            && !self.stopping
            && self.loops_left > 0
            && playing.periods >= sequence.end_delay
        {
            self.next_sequence(playing.sequence, io);
        }
    }

    /// What follows a sequence that is played in a loop.
    fn next_sequence(&mut self, sequence: usize, io: &mut Io<'_>) {
        if sequence == 0 {
            self.start(1, io);
            return;
        }
        self.loops_left -= 1;
        if self.loops_left > 0 {
            self.start(0, io);
            return;
        }
        io.raise(&mut self.common, LOOPSDONE);
        for sequence in 0..2 {
            if self.has_short(LOOPSDONE_SEQSTART << sequence) {
                self.loops_left = self.loops;
                self.start(sequence, io);
            }
        }
        if self.has_short(LOOPSDONE_STOP) {
            self.stopping = true;
        }
    }
}

impl Peripheral for Pwm {
    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }

    fn events(&self) -> u32 {
        0xFE
    }

    fn shorts(&self) -> u32 {
        0x1F
    }

    fn task(&mut self, number: u32, io: &mut Io<'_>) {
        match number {
            STOP => self.stop(io),
            SEQSTART | SEQSTART_1 => {
                self.loops_left = self.loops;
                self.start((number - SEQSTART) as usize, io);
            }
            NEXTSTEP => self.step_wanted = true,
            _ => {}
        }
    }

    fn read(&mut self, offset: u32, _now: u64) -> Option<u32> {
        Some(match offset {
            0x500 => self.enabled.into(),
            0x504 => self.up_and_down.into(),
            0x508 => self.top,
            0x50C => self.prescaler,
            0x510 => self.decoder,
            0x514 => self.loops,
            0x520..0x560 => {
                let sequence = self.sequences[(offset as usize - 0x520) / 0x20];
                match offset & 0x1F {
                    0x00 => sequence.pointer,
                    0x04 => sequence.count,
                    0x08 => sequence.refresh,
                    0x0C => sequence.end_delay,
                    _ => return None,
                }
            }
            0x560..0x570 => self.pins[(offset as usize - 0x560) / 4],
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, value: u32, _io: &mut Io<'_>) -> Option<()> {
        match offset {
            0x500 => {
                self.enabled = value & 1 != 0;
                if !self.enabled {
                    self.playing = None;
                }
            }
            0x504 => self.up_and_down = value & 1 != 0,
            0x508 => self.top = value & 0x7FFF,
            0x50C => self.prescaler = value & 7,
            0x510 => self.decoder = value & (LOAD | NEXT_STEP),
            0x514 => self.loops = value & 0xFFFF,
            0x520..0x560 => {
                let sequence = &mut self.sequences[(offset as usize - 0x520) / 0x20];
                match offset & 0x1F {
                    0x00 => sequence.pointer = value,
                    0x04 => sequence.count = value & 0x7FFF,
                    0x08 => sequence.refresh = value & 0xFF_FFFF,
                    0x0C => sequence.end_delay = value & 0xFF_FFFF,
                    _ => return None,
                }
            }
            0x560..0x570 => self.pins[(offset as usize - 0x560) / 4] = value,
            _ => return None,
        }
        Some(())
    }

    fn next_event(&self) -> u64 {
        self.playing.map_or(u64::MAX, |playing| playing.period_end)
    }

    fn advance(&mut self, io: &mut Io<'_>) {
        let Some(playing) = self.playing.filter(|playing| playing.period_end <= io.now) else {
            return;
        };
        io.raise(&mut self.common, PWMPERIODEND);
        if !self.stopping {
            self.next_period(playing, io);
        }
        if self.stopping {
            self.stopping = false;
            self.playing = None;
            io.raise(&mut self.common, STOPPED);
        }
    }
}
