//! The loop that runs a machine.

use super::{Ended, Machine, Timing};
use crate::cpu::blocks::{Block, NoBlock};
use crate::cpu::decode::{advance_it, is_wide};
use crate::cpu::op::{Kind, Op};
use crate::cpu::run::counted::run_blocks_counted;
use crate::cpu::run::waiting::run_blocks_suspected;
use crate::cpu::run::{Left, run_blocks};
use crate::cpu::{Core, Fault, Stop};
use crate::faults::HANG;
use crate::memory::AccessSize;
use crate::system::debug::{C_HALT, DFSR_BKPT, DFSR_DWTTRAP, DFSR_HALTED};

impl Machine {
    /// Runs until `cycles` more have passed or the core stops.
    pub fn run(&mut self, cycles: u64) -> Ended {
        let limit = self.core.cycles.saturating_add(cycles);
        self.core.deadline = 0;
        match self.timing {
            Timing::Full => self.run_until::<true>(limit),
            Timing::InstructionsOnly => self.run_until::<false>(limit),
        }
    }

    fn run_until<const T: bool>(&mut self, limit: u64) -> Ended {
        loop {
            if self.core.cycles >= self.core.deadline
                && let Some(ended) = self.service::<T>(limit)
            {
                return ended;
            }
            let pc = self.core.next_pc;
            match self.code.at(&mut self.core, pc) {
                Ok(number) => self.run_blocks::<T>(number),
                Err(NoBlock::Fault(fault)) => self.core.raise(fault),
                Err(NoBlock::Mark) => {
                    if let Some(ended) = self.pass_mark::<T>(pc) {
                        return ended;
                    }
                }
                Err(NoBlock::Breakpoint) => self.stop_at(pc),
            }
        }
    }

    /// The core has come to an instruction with a breakpoint, a watchpoint or an injected hang.
    #[cold]
    fn stop_at(&mut self, pc: u32) {
        let core = &mut self.core;
        if core.faults.hangs_at(pc) {
            let passes = (core.deadline.saturating_sub(core.cycles)).div_ceil(HANG);
            core.pass_time_hanging(passes.max(1));
        } else if core.system.fpb.breaks_at(pc) {
            core.stop = Some(Stop::Breakpoint);
            self.handle_stop();
        } else {
            self.step();
        }
    }

    /// Runs blocks from block `number` on.
    fn run_blocks<const T: bool>(&mut self, number: usize) {
        let Self {
            core,
            code,
            counting,
            ..
        } = self;
        let left = match counting {
            None if core.waiting.is_suspected() => {
                run_blocks_suspected::<T>(core, code, &code.blocks[number])
            }
            None => run_blocks::<T>(core, code, &code.blocks[number]),
            Some(counting) => run_blocks_counted::<T>(core, code, number, &mut **counting),
        };
        if let Left::Inside(block, op) = left {
            Self::leave_block::<T>(core, block, op);
            self.handle_stop();
        }
    }

    /// Runs one block.
    #[cold]
    #[inline(never)]
    pub(super) fn run_one_block<const T: bool>(&mut self, number: usize) {
        // Any time is later than this deadline, and not what anything else sets.
        let deadline = std::mem::replace(&mut self.core.deadline, 1);
        self.run_blocks::<T>(number);
        if self.core.deadline == 1 {
            self.core.deadline = deadline;
        }
    }

    /// Accounts for a block that stopped at one of its instructions.
    #[cold]
    #[inline(never)]
    fn leave_block<const T: bool>(core: &mut Core, block: &Block, op: &Op) {
        let Some(stop) = core.stop else { return };
        // The instruction itself counts if it was completed.
        let completed = match stop {
            Stop::Supervisor | Stop::ExceptionReturn(_) | Stop::Sleep { .. } => true,
            Stop::Fault(Fault::InvalidState) => core.jumped,
            _ => false,
        };
        if !completed && block.float && !block.reaches_float(op) {
            core.unbegin_floating_point();
        }
        let executed = u64::from(op.index) + u64::from(completed);
        core.instructions += executed;
        if T {
            let cycles = if completed {
                block.cycles
            } else {
                u32::from(op.prefix)
            };
            core.cycles = core
                .cycles
                .wrapping_add(u64::from(cycles))
                .wrapping_add(core.extra);
            core.extra = 0;
        } else {
            core.cycles += executed + std::mem::take(&mut core.extra);
        }
        let address = block.start.wrapping_add(2 * u32::from(op.offset));
        if !completed {
            core.next_pc = address;
            core.it_state = it_state_at(core, block.start, address);
        } else if !core.jumped && !matches!(op.kind, Kind::LdmPc) {
            core.it_state = block.it_after;
        }
    }

    /// Acts on [`Core::stop`].
    fn handle_stop(&mut self) {
        let core = &mut self.core;
        let Some(stop) = core.stop.take() else { return };
        core.deadline = 0;
        match stop {
            Stop::Fault(fault) => core.raise(fault),
            Stop::Supervisor => core.supervisor_call(),
            Stop::Breakpoint | Stop::Watchpoint => {
                let reason = if stop == Stop::Breakpoint {
                    DFSR_BKPT
                } else {
                    DFSR_DWTTRAP
                };
                if core.system.debug.enabled() {
                    core.system.debug.halt(reason);
                } else {
                    core.debug_event(reason);
                }
            }
            Stop::LockUp => core.lock_up(),
            Stop::ExceptionReturn(value) => core.return_from_exception(value),
            Stop::Sleep { event } => {
                core.system.debug.sleeping = true;
                core.sleeps_for_event = event;
            }
        }
    }

    /// Everything that is not the straight execution of blocks. Returns why the run ends, or
    /// sets the next deadline.
    #[cold]
    #[inline(never)]
    fn service<const T: bool>(&mut self, limit: u64) -> Option<Ended> {
        loop {
            self.tidy_code();
            self.handle_stop();
            if let Some(reason) = self.core.reset_requested.take() {
                self.reset_for(reason);
                continue;
            }
            if self.core.core_reset_requested {
                self.reset_core();
                continue;
            }
            let now = self.core.cycles;
            self.core.pass_events(now);
            if !self.core.system.debug.sleeping {
                self.core.tell_asleep(false);
            }
            let core = &mut self.core;
            if core.system.dwt.cycle_match_due(now) && core.system.debug.takes_watchpoints() {
                core.stop = Some(Stop::Watchpoint);
                self.handle_stop();
                continue;
            }
            if core.system.debug.halted {
                return Some(Ended::Halted);
            }
            if core.system.debug.lockup && !core.leaves_lockup() {
                return Some(Ended::Lockup);
            }
            if std::mem::take(&mut core.step_requested) {
                // Entering a pending exception is a step of its own.
                let entered = core.system.exceptions.check && core.take_pending_exception();
                if !entered {
                    // Stopping here is the debugger's business.
                    let _ = self.act_at_mark(self.core.next_pc);
                    self.step();
                }
                if !self.core.system.debug.halted {
                    self.core.system.debug.halt(DFSR_HALTED);
                }
                continue;
            }
            if core.cycles >= limit {
                return Some(Ended::Budget);
            }
            if core.system.debug.sleeping {
                if core.wakes() {
                    core.system.debug.sleeping = false;
                    core.tell_asleep(false);
                } else if !core.told_asleep {
                    core.tell_asleep(true);
                    continue;
                } else {
                    let next = core
                        .system
                        .systick
                        .next_event()
                        .min(core.chip.next_event())
                        .min(core.system.dwt.next_cycle_match());
                    if next == u64::MAX {
                        return Some(Ended::Asleep);
                    }
                    let until = next.min(limit).max(core.cycles);
                    core.sleep_cycles += until - core.cycles;
                    core.cycles = until;
                    continue;
                }
            }
            if core.system.exceptions.check && core.take_pending_exception() {
                continue;
            }
            let monitored = core.steps_for_monitor();
            if core.it_state != 0 || core.arm_state || core.system.dwt.watches_data() || monitored {
                let pc = core.next_pc;
                if let Some(ended) = self.act_at_mark(pc) {
                    return Some(ended);
                }
                if self.core.next_pc != pc {
                    continue;
                }
                self.step();
                if monitored {
                    self.core.pend_monitor();
                }
                continue;
            }
            if core.faults.hang_due(core.cycles, core.next_pc) {
                core.flush_code = true;
                continue;
            }
            core.deadline = limit
                .min(core.system.systick.next_event())
                .min(core.chip.next_event())
                .min(core.system.dwt.next_cycle_match())
                .min(core.faults.next_hang());
            core.waiting.run_on(!core.faults.watches_data());
            return None;
        }
    }

    /// Throws away decoded code that is out of date.
    pub(super) fn tidy_code(&mut self) {
        let core = &mut self.core;
        // A change of privilege can change that.
        let allowed = core.floats_allowed();
        let changed = std::mem::replace(&mut self.floats_allowed, allowed) != allowed;
        if std::mem::take(&mut core.flush_code) || changed {
            core.stale_code.clear();
            self.code.flush(core);
        }
        while let Some(place) = core.stale_code.pop() {
            self.code.invalidate(place, core);
        }
        self.code.switch_to(core.view(core.privileged()));
    }

    /// Executes one instruction, or enters an exception that is pending, or lets the core sleep
    /// until something happens. A breakpoint doesn't stop it.
    pub fn step_instruction(&mut self) -> Ended {
        let was_halted = self.core.system.debug.halted;
        self.core.system.debug.halted = false;
        self.core.step_requested = true;
        let ended = self.run(0);
        let debug = &mut self.core.system.debug;
        if ended == Ended::Halted && !was_halted {
            debug.control &= !C_HALT;
            debug.halted = false;
            debug.dfsr &= !DFSR_HALTED;
            return Ended::Budget;
        }
        ended
    }

    /// Executes one instruction, whatever is pending.
    pub(super) fn step(&mut self) {
        self.tidy_code();
        let core = &mut self.core;
        let pc = core.next_pc;
        if core.faults.hangs_at(pc) {
            core.pass_time_hanging(1);
            core.system.debug.retired_since_read = true;
            return;
        }
        if core.arm_state {
            core.raise(Fault::InvalidState);
            return;
        }
        let it = core.it_state;
        match self.code.single(core, pc) {
            Ok(number) => {
                let block = &self.code.blocks[number];
                let after = advance_it(it);
                if it != 0 && !core.holds(it >> 4) {
                    core.next_pc = block.end;
                    core.jumped = false;
                    core.cycles += 1;
                    core.instructions += 1;
                    core.it_state = after;
                } else {
                    // A block of one instruction: what comes behind it is known here.
                    let is_it = block.it_after != 0 && it == 0;
                    let next_it = if is_it { block.it_after } else { after };
                    core.it_state = 0;
                    core.deadline = 0;
                    match self.timing {
                        Timing::Full => self.run_blocks::<true>(number),
                        Timing::InstructionsOnly => self.run_blocks::<false>(number),
                    }
                    let core = &mut self.core;
                    if !core.jumped && core.next_pc == self.code.blocks[number].end {
                        core.it_state = next_it;
                    }
                }
                self.code.drop_last();
            }
            Err(NoBlock::Fault(fault)) => core.raise(fault),
            Err(NoBlock::Breakpoint | NoBlock::Mark) => {}
        }
        let core = &mut self.core;
        core.system.debug.retired_since_read = true;
        // A watchpoint on an instruction acts behind it.
        if core.watches_instruction(pc) {
            core.system.dwt.instruction(pc);
            core.stop.get_or_insert(Stop::Watchpoint);
        }
        self.handle_stop();
    }
}

/// ITSTATE of the instruction at `target`, in a run that starts outside an IT block at `start`.
fn it_state_at(core: &Core, start: u32, target: u32) -> u8 {
    let half = |address: u32| {
        core.memory
            .locate(address)
            .and_then(|place| core.memory.read(place, AccessSize::HalfWord))
            .unwrap_or(0) as u16
    };
    let mut pc = start;
    let mut it = 0;
    while pc < target {
        let first = half(pc);
        it = if first & 0xFF00 == 0xBF00 && first & 0xF != 0 {
            first as u8
        } else {
            advance_it(it)
        };
        pc += if is_wide(first) { 4 } else { 2 };
    }
    it
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Accessor;

    const UART: u32 = 0x4000_2000;
    const RAM: u32 = 0x2000_0800;
    /// A word that ends the loop, and how often SysTick came.
    const FLAG: u32 = 0x2000_0900;
    const LOOP: u32 = 0x400;
    const END: u32 = 0x41E;
    const HANDLER: u32 = 0x440;

    /// Waits for r5 bytes or the word at r4, and keeps the bytes at r6: r7 is the UART.
    const RECEIVE: [u16; 16] = [
        0xF8D7, 0x0108, 0x6823, 0xB953, 0x2800, 0xD0F9, 0x2100, 0xF8C7, 0x1108, 0xF8D7, 0x2518,
        0xF806, 0x2B01, 0x3D01, 0xD1F0, 0xE7FE,
    ];
    /// Waits for a byte, and counts the passes in r8.
    const COUNT: [u16; 8] = [
        0xF8D7, 0x0108, 0xF108, 0x0801, 0x2800, 0xD0F9, 0xBF00, 0xE7FE,
    ];
    /// Waits for the word at r4.
    const AWAIT_FLAG: [u16; 4] = [0x6823, 0x2B00, 0xD0FC, 0xE7FE];
    /// Counts in the word behind the flag, and sets the flag at 50.
    const TICK: [u16; 8] = [
        0x6863, 0x3301, 0x6063, 0x2B32, 0xBF08, 0x6023, 0x4770, 0xBF00,
    ];

    fn machine(program: &[u16], sent: &[u8], tick: Option<u32>) -> Machine {
        let mut machine = Machine::new("nrf52840").unwrap();
        machine.write_word(0, 0x2000_4000).unwrap();
        machine.write_word(4, LOOP | 1).unwrap();
        machine.write_word(4 * 15, HANDLER | 1).unwrap();
        for (at, code) in [(LOOP, program), (HANDLER, &TICK)] {
            let bytes: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).collect();
            machine.write_bytes(at, &bytes).unwrap();
        }
        machine.reset();
        for (number, value) in [(4, FLAG), (5, sent.len() as u32), (6, RAM), (7, UART)] {
            machine.set_register(number, value);
        }
        // 115,200 baud, on, receiving.
        let core = &mut machine.core;
        for (offset, value) in [(0x524, 0x01D7_E000), (0x500, 4), (0x000, 1)] {
            core.write_bus(UART + offset, AccessSize::Word, value, 0)
                .unwrap();
        }
        if let Some(reload) = tick {
            for (address, value) in [(0xE000_E014, reload), (0xE000_E018, 0), (0xE000_E010, 7)] {
                core.write_ppb(
                    address,
                    AccessSize::Word,
                    value,
                    0,
                    None,
                    Accessor::Debugger,
                )
                .unwrap();
            }
        }
        assert!(machine.serial_input(0, sent));
        machine
    }

    /// All that can be seen of a machine at the end of the program.
    fn end(machine: &Machine) -> (u64, u64, Vec<u32>, Vec<u8>) {
        (
            machine.cycles(),
            machine.instructions(),
            (0..16).map(|number| machine.register(number)).collect(),
            machine.memory_from(RAM)[..0x200].to_vec(),
        )
    }

    /// Runs a program to its end, and once more while each block is counted, where no pass is passed
    /// over: both come to the same. Returns where it ended.
    fn both_ways(
        program: &[u16],
        to: u32,
        sent: &[u8],
        tick: Option<u32>,
        timing: Timing,
    ) -> Machine {
        let [machine, counted] = [false, true].map(|counted| {
            let mut machine = machine(program, sent, tick);
            machine.set_timing(timing);
            if counted {
                machine.start_counting(&[]);
            }
            assert_eq!(machine.run_to(to, 10_000_000), Ok(Ended::Reached));
            machine
        });
        assert_eq!(end(&machine), end(&counted));
        machine
    }

    #[test]
    fn passes_of_a_waiting_loop_count_as_if_they_had_been_executed() {
        for timing in [Timing::Full, Timing::InstructionsOnly] {
            let machine = both_ways(&RECEIVE, END, b"tinybench", None, timing);
            assert_eq!(&machine.memory_from(RAM)[..9], b"tinybench");
        }
    }

    #[test]
    fn interrupts_come_while_a_loop_waits_and_what_they_change_ends_it() {
        for reload in [97, 1000, 1003, 5557] {
            let machine = both_ways(&RECEIVE, END, b"", Some(reload), Timing::Full);
            assert_eq!(machine.read_word(FLAG + 4).ok(), Some(50));
            let machine = both_ways(&AWAIT_FLAG, LOOP + 6, b"", Some(reload), Timing::Full);
            assert_eq!(machine.read_word(FLAG + 4).ok(), Some(50));
        }
    }

    #[test]
    fn a_loop_that_counts_is_executed_pass_by_pass() {
        let machine = both_ways(&COUNT, LOOP + 12, b"t", None, Timing::Full);
        // 87 us and 64 MHz: some 800 passes of 7 cycles.
        assert!(machine.register(8) > 500, "{}", machine.register(8));
    }

    #[test]
    fn one_step_is_one_instruction_where_a_loop_is_sought() {
        // A store, a subtraction, a branch.
        let mut machine = machine(&[0x6025, 0x3D01, 0xE7FC], b"t", None);
        machine.core.waiting.run_on(true);
        for passes in 0..3 {
            for pc in [LOOP + 2, LOOP + 4, LOOP] {
                machine.step_instruction();
                assert_eq!(machine.pc(), pc, "{passes}");
                machine.core.waiting.run_on(true);
            }
        }
        assert_eq!(machine.register(5), 1_u32.wrapping_sub(3));
    }

    #[test]
    fn a_loop_that_waits_is_known_as_one_and_one_that_counts_is_not() {
        let waits = |program: &[u16]| {
            let mut machine = machine(program, b"t", None);
            machine.run(3000);
            machine.core.waiting.passes_over > 0
        };
        assert!(waits(&RECEIVE));
        assert!(waits(&AWAIT_FLAG));
        assert!(!waits(&COUNT));
    }
}
