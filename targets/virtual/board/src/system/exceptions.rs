//! Exceptions: pending, active, enabled, priorities (B1.5 and B3.4).

/// Exception numbers (table B1-4).
pub mod number {
    pub const RESET: u32 = 1;
    pub const NMI: u32 = 2;
    pub const HARD_FAULT: u32 = 3;
    pub const MEM_MANAGE: u32 = 4;
    pub const BUS_FAULT: u32 = 5;
    pub const USAGE_FAULT: u32 = 6;
    pub const SVCALL: u32 = 11;
    pub const DEBUG_MONITOR: u32 = 12;
    pub const PEND_SV: u32 = 14;
    pub const SYS_TICK: u32 = 15;
    /// First external interrupt.
    pub const EXTERNAL: u32 = 16;
}

/// Priority of code outside any exception.
pub const THREAD_PRIORITY: i32 = 256;

type Bits = [u32; 8];

/// The state of all exceptions. Bits are indexed by exception number.
pub(crate) struct Exceptions {
    pub pending: Bits,
    pub active: Bits,
    pub enabled: Bits,
    pub priority: [u8; 256],
    /// AIRCR.PRIGROUP.
    pub group: u32,
    /// Set when a new look for an exception to take is due.
    pub check: bool,
    /// SCR.SEVONPEND: an exception that becomes pending is an event.
    pub send_event_on_pend: bool,
    /// Such an event came.
    pub event: bool,
    /// DHCSR.C_MASKINTS: a debugger holds back PendSV, SysTick and external interrupts.
    pub held_back: bool,
    interrupts: u32,
    priority_mask: u8,
    /// Armv7-M's: MemManage, BusFault, UsageFault and DebugMonitor exist.
    mainline: bool,
    /// External interrupt lines as the chip drives them.
    levels: [u32; 8],
}

/// Exceptions below 16 that are always enabled: reset, NMI, HardFault, SVCall, DebugMonitor,
/// PendSV, SysTick. The three configurable faults are enabled through SHCSR.
const ALWAYS: u32 = 1 << number::RESET
    | 1 << number::NMI
    | 1 << number::HARD_FAULT
    | 1 << number::SVCALL
    | 1 << number::DEBUG_MONITOR
    | 1 << number::PEND_SV
    | 1 << number::SYS_TICK;

/// What C_MASKINTS holds back of the first 32 exceptions (C1.6.2).
const HELD_BACK: u32 = !0 << number::PEND_SV;

impl Exceptions {
    pub fn new(interrupts: u32, priority_bits: u32, mainline: bool) -> Self {
        let mut enabled = [0; 8];
        enabled[0] = ALWAYS;
        Self {
            pending: [0; 8],
            active: [0; 8],
            enabled,
            priority: [0; 256],
            group: 0,
            check: false,
            send_event_on_pend: false,
            event: false,
            held_back: false,
            interrupts,
            priority_mask: !(0xFF_u32 >> priority_bits) as u8,
            mainline,
            levels: [0; 8],
        }
    }

    pub fn reset(&mut self) {
        let bits = self.priority_mask.count_ones();
        *self = Self {
            held_back: self.held_back,
            ..Self::new(self.interrupts, bits, self.mainline)
        };
    }

    pub fn is(bits: &Bits, number: u32) -> bool {
        bits[(number >> 5) as usize & 7] & (1 << (number & 31)) != 0
    }

    pub fn put(bits: &mut Bits, number: u32, value: bool) {
        let word = &mut bits[(number >> 5) as usize & 7];
        if value {
            *word |= 1 << (number & 31);
        } else {
            *word &= !(1 << (number & 31));
        }
    }

    pub fn pend(&mut self, number: u32) {
        self.event |= self.send_event_on_pend && !Self::is(&self.pending, number);
        Self::put(&mut self.pending, number, true);
        self.check = true;
    }

    /// The levels of the external interrupt lines, one bit a line.
    pub fn levels(&self) -> &[u32; 8] {
        &self.levels
    }

    /// Takes over the levels of the external interrupt lines; a line that rises pends its
    /// interrupt (B3.4.1).
    pub fn set_levels(&mut self, levels: &[u32; 8]) {
        let old = std::mem::replace(&mut self.levels, *levels);
        for ((new, old), first) in levels.iter().zip(old).zip((0..).step_by(32)) {
            let mut rising = new & !old;
            while rising != 0 {
                let line = first + rising.trailing_zeros();
                rising &= rising - 1;
                if line < self.interrupts {
                    self.pend(number::EXTERNAL + line);
                }
            }
        }
    }

    /// The handler of `exception` returned: if its line is still asserted, it is pending again.
    pub fn deactivate(&mut self, exception: u32) {
        Self::put(&mut self.active, exception, false);
        if self.is_asserted(exception) {
            self.pend(exception);
        }
        self.check = true;
    }

    fn is_asserted(&self, exception: u32) -> bool {
        exception
            .checked_sub(number::EXTERNAL)
            .is_some_and(|line| self.levels[(line >> 5) as usize & 7] & (1 << (line & 31)) != 0)
    }

    /// Exceptions that exist on this chip.
    pub fn exists(&self, number: u32) -> bool {
        let reserved = matches!(number, 0 | 7..=10 | 13);
        let missing = !self.mainline && matches!(number, 4..=6 | number::DEBUG_MONITOR);
        !reserved && !missing && number < number::EXTERNAL + self.interrupts
    }

    /// Priority of an exception, without grouping: lower is more urgent.
    pub fn priority_of(&self, number: u32) -> i32 {
        match number {
            number::RESET => -3,
            number::NMI => -2,
            number::HARD_FAULT => -1,
            _ => i32::from(self.priority[number as usize & 0xFF]),
        }
    }

    /// The part of an exception's priority that decides preemption.
    pub fn group_priority_of(&self, number: u32) -> i32 {
        self.group_priority(self.priority_of(number))
    }

    /// The part of a priority that decides preemption.
    fn group_priority(&self, priority: i32) -> i32 {
        if priority < 0 {
            return priority;
        }
        let sub_bits = self.group + 1;
        priority >> sub_bits << sub_bits
    }

    /// What a priority register or BASEPRI keeps of a value: bits that aren't implemented are zero.
    pub fn implemented(&self, value: u8) -> u8 {
        value & self.priority_mask
    }

    /// Sets a priority.
    pub fn set_priority(&mut self, number: u32, value: u8) {
        if self.exists(number) && number > number::HARD_FAULT {
            self.priority[number as usize & 0xFF] = self.implemented(value);
            self.check = true;
        }
    }

    fn numbers(bits: &Bits) -> impl Iterator<Item = u32> + '_ {
        bits.iter().zip(0_u32..).flat_map(|(&word, index)| {
            std::iter::successors((word != 0).then_some(word), |&rest| {
                let rest = rest & (rest - 1);
                (rest != 0).then_some(rest)
            })
            .map(move |rest| index * 32 + rest.trailing_zeros())
        })
    }

    /// The highest priority among the active exceptions, grouped.
    pub fn active_priority(&self) -> i32 {
        Self::numbers(&self.active)
            .map(|number| self.group_priority_of(number))
            .min()
            .unwrap_or(THREAD_PRIORITY)
    }

    /// Execution priority: active exceptions and the mask registers (B1.5.4).
    pub fn execution_priority(&self, primask: bool, faultmask: bool, basepri: u8) -> i32 {
        let mut priority = self.active_priority();
        if basepri != 0 {
            priority = priority.min(self.group_priority(i32::from(basepri)));
        }
        if primask {
            priority = priority.min(0);
        }
        if faultmask {
            priority = priority.min(-1);
        }
        priority
    }

    /// The pending and enabled exception with the highest priority, if that beats `current`.
    pub fn next(&self, current: i32) -> Option<u32> {
        let mut ready = [0; 8];
        for (ready, (pending, enabled)) in
            ready.iter_mut().zip(self.pending.iter().zip(&self.enabled))
        {
            *ready = pending & enabled;
        }
        if self.held_back {
            ready = [ready[0] & !HELD_BACK, 0, 0, 0, 0, 0, 0, 0];
        }
        let best =
            Self::numbers(&ready).min_by_key(|&number| (self.priority_of(number), number))?;
        (self.group_priority_of(best) < current).then_some(best)
    }

    /// Whether NMI or HardFault is active: the execution priority is negative.
    pub fn in_fault_handler(&self) -> bool {
        self.active[0] & (1 << number::NMI | 1 << number::HARD_FAULT) != 0
    }

    /// Number of active exceptions.
    pub fn active_count(&self) -> u32 {
        self.active.iter().map(|word| word.count_ones()).sum()
    }

    /// A word of NVIC_ISER and its relatives: bits of external interrupts `32 × index…`.
    pub fn lines(bits: &Bits, index: u32) -> u32 {
        let low = bits[index as usize & 7] >> 16;
        let high = bits.get(index as usize + 1).map_or(0, |word| word << 16);
        low | high
    }

    /// Sets or clears external interrupts `32 × index + n` for each bit `n` of `lines`.
    pub fn set_lines(&mut self, which: Which, index: u32, lines: u32, value: bool) {
        for bit in (0..32).filter(|bit| lines & (1 << bit) != 0) {
            let exception = number::EXTERNAL + 32 * index + bit;
            if self.exists(exception) {
                match which {
                    Which::Pending if value => self.pend(exception),
                    Which::Pending => Self::put(&mut self.pending, exception, false),
                    Which::Enabled => Self::put(&mut self.enabled, exception, value),
                }
                let held = matches!(which, Which::Pending)
                    && !Self::is(&self.active, exception)
                    && self.is_asserted(exception);
                if held {
                    // Clearing doesn't help while the line is asserted.
                    Self::put(&mut self.pending, exception, true);
                }
            }
        }
        self.check = true;
    }

    /// Number of external interrupts.
    pub fn interrupts(&self) -> u32 {
        self.interrupts
    }
}

/// Which of an exception's bits [`Exceptions::set_lines`] changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    Pending,
    Enabled,
}
