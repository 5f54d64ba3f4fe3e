//! Calls a function through the debug port.

use std::ops::Range;
use std::time::Duration;

use tinybench_inputs::board::{Board, CycleCounter};
use tinybench_interface::{Fault, PAINT};
use tinybench_record::Settings;
use tinybench_support::progress::Progress;

use super::{Expected, FunctionError, How, Plan};
use crate::image::program::Initial;
use crate::run::images::place;
use crate::target::fault::{CodeAddress, FaultReport};
use crate::target::session::{DEMCR, Session, TRACE_ON};
use crate::target::{Target, TargetError, Wait, setup};

/// What calls a function: `dsb; isb; ldr r5, [r4]; blx r6; dsb; isb; ldr r7, [r4]; bkpt`, with the cycle
/// counter's address in r4. Behind it stand a function that does nothing, `bx lr`, and a breakpoint for faults.
const CODE: [u32; 7] = [
    0x8F4F_F3BF,
    0x8F6F_F3BF,
    0x47B0_6825,
    0x8F4F_F3BF,
    0x8F6F_F3BF,
    0xBE00_6827,
    0xBE00_4770,
];
/// Where in it the breakpoint is, the function that does nothing, and the breakpoint for faults.
const BREAKPOINT: u32 = 22;
const NOTHING: u32 = 24;
const FAULTED: u32 = 26;
/// Words of a vector table without interrupts, which stands before it, and what that is aligned to.
const VECTORS: usize = 16;
const ALIGNMENT: u32 = 128;

/// Words that are painted or looked at together.
const CHUNK: usize = 1_024;
/// The least stack with which a call is tried, bytes.
const LEAST_STACK: u32 = 256;

/// Core registers, as the debug core register selector numbers them (Armv7-M Architecture Reference Manual,
/// C1.6.3).
const SP: u16 = 13;
const LR: u16 = 14;
const PC: u16 = 15;
const XPSR: u16 = 16;
/// xPSR.T.
const THUMB: u32 = 1 << 24;
/// xPSR.IPSR.
const EXCEPTION: u32 = 0x1FF;

/// System control and debug registers (B3.2.2 and C1.6).
const VTOR: u32 = 0xE000_ED08;
const CFSR: u32 = 0xE000_ED28;
const HFSR: u32 = 0xE000_ED2C;
const MMFAR: u32 = 0xE000_ED34;
const BFAR: u32 = 0xE000_ED38;
const CPACR: u32 = 0xE000_ED88;
/// CPACR: full access to the floating-point unit.
const FPU_ON: u32 = 0xF << 20;
/// DEMCR: trace units on; a halt on entry to the handler of any fault.
const TRACE_AND_CATCH: u32 = TRACE_ON | 0x7F0;

/// The cycle counter and one comparator of the DWT (C1.8.6).
const DWT_CTRL: u32 = 0xE000_1000;
const CYCCNT: u32 = 0xE000_1004;
const COMP0: u32 = 0xE000_1020;
/// DWT_FUNCTION0: a match with the cycle counter sets MATCHED, which a reading clears.
const FUNCTION0: u32 = 0xE000_1028;
const MATCH_CYCLES: u32 = 1 << 7 | 0b1000;
const MATCHED: u32 = 1 << 24;

/// SysTick (B3.3): its control, what it begins with, and where it is. COUNTFLAG says that it came round.
const SYST_CSR: u32 = 0xE000_E010;
const SYST_RVR: u32 = 0xE000_E014;
const SYST_CVR: u32 = 0xE000_E018;
const SYST_ON: u32 = 0b101;
const COUNTFLAG: u32 = 1 << 16;
const SYST_BITS: u32 = 24;

/// What calls of a function cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Cycles of each call.
    pub cycles: Vec<u32>,
    /// Cycles of a call of a function that does nothing.
    pub overhead: u32,
    /// Instructions of the first call, where the target can count them.
    pub instructions: Option<u64>,
    /// How deep the stack was in the first call, bytes.
    pub stack_bytes: u32,
    /// The program's variables, bytes.
    pub static_bytes: u32,
    /// How the chip was set up behind the last call.
    pub settings: Option<Settings>,
}

/// Calls functions of a program that was flashed.
pub struct Caller<'a> {
    session: &'a mut Session,
    plan: &'a Plan,
    board: &'a Board,
    how: How,
    /// Where the stack begins. Above it are a vector table and [`CODE`].
    top: u32,
    /// Where that is.
    code: u32,
    /// The lowest word that belongs to the stack: behind the variables, and what `--setup` took of a heap
    /// behind them.
    lowest: u32,
}

impl<'a> Caller<'a> {
    /// Resets the core, sets the chip up as the board file says, and fills the memory as start-up code does.
    ///
    /// # Errors
    /// If the target is lost; if there is no room for a stack.
    pub fn new(
        session: &'a mut Session,
        plan: &'a Plan,
        board: &'a Board,
        how: How,
    ) -> Result<Self, FunctionError> {
        let ram = board.memory.all_ram();
        let is_in_ram = |top: &u32| *top > ram.origin && u64::from(*top) <= ram.end();
        // A stack that is reserved among the variables lies where they are written.
        let is_reserved = |top: &u32| {
            let mut variables = plan.program.initial.iter();
            variables.any(|it| it.address < *top && u64::from(*top) <= it.end())
        };
        let top = plan.program.stack_top.filter(is_in_ram);
        let top = top.filter(|top| !is_reserved(top));
        // A RAM that ends with the address space has its last word below.
        let end = u32::try_from(ram.end()).unwrap_or(u32::MAX);
        let bytes = 4 * (VECTORS + CODE.len()) as u32;
        let top = top.unwrap_or(end).saturating_sub(bytes) & !(ALIGNMENT - 1);
        let below = plan.program.initial.iter().filter(|it| it.address < top);
        let lowest = below.map(Initial::end).max();
        let lowest = lowest.map_or(ram.origin, |it| u32::try_from(it).unwrap_or(u32::MAX));
        let lowest = lowest.checked_next_multiple_of(4).unwrap_or(u32::MAX);
        let room = top.saturating_sub(lowest);
        if room < LEAST_STACK {
            return Err(FunctionError::NoStack(room));
        }
        let mut caller = Self {
            session,
            plan,
            board,
            how,
            top,
            code: top + 4 * VECTORS as u32,
            lowest,
        };
        caller.begin()?;
        Ok(caller)
    }

    fn begin(&mut self) -> Result<(), FunctionError> {
        let session = &mut *self.session;
        session.reset()?;
        if let Some(setup) = self.board.target().setup {
            setup::set_up(session, setup)?;
        }
        for part in &self.plan.program.initial {
            session.write_bytes(part.address, &part.bytes)?;
            let behind = part.address + part.bytes.len() as u32;
            session.write_bytes(behind, &vec![0; part.zeros as usize])?;
        }
        // A program without a vector table has no handlers; the halt on a fault comes behind the vector.
        session.write_words(self.top, &[(self.code + FAULTED) | 1; VECTORS])?;
        let vectors = match self.plan.program.stack_top {
            Some(_) => self.board.memory.flash.origin,
            None => self.top,
        };
        session.write_words(VTOR, &[vectors])?;
        if self.board.rustc_target.ends_with("hf") {
            session.write_words(CPACR, &[FPU_ON])?;
        }
        session.write_words(self.code, &CODE)?;
        Ok(())
    }

    /// Has the counter begin at 0, whatever the program has done to it, and the core halt at faults.
    fn arm(&mut self) -> Result<(), TargetError> {
        let registers: &[[u32; 2]] = match self.board.cycle_counter {
            CycleCounter::Dwt => &[
                [DEMCR, TRACE_AND_CATCH],
                [DWT_CTRL, 1],
                [COMP0, u32::MAX],
                [FUNCTION0, MATCH_CYCLES],
                [CYCCNT, 0],
            ],
            CycleCounter::SysTick => &[
                [DEMCR, TRACE_AND_CATCH],
                [SYST_RVR, (1 << SYST_BITS) - 1],
                [SYST_CSR, SYST_ON],
                [SYST_CVR, 0],
            ],
        };
        for &[register, value] in registers {
            self.session.write_words(register, &[value])?;
        }
        // A reading forgets what happened before.
        self.came_round().map(drop)
    }

    /// Calls the function as often as is asked, each time behind the one that sets it up.
    ///
    /// # Errors
    /// A fault, a call that doesn't return, a result that isn't what is expected.
    pub fn measure(mut self, progress: &mut Progress) -> Result<Called, FunctionError> {
        let overhead = self.call(self.code + NOTHING)?;
        let (mut cycles, mut instructions, mut stack_bytes) = (Vec::new(), None, 0);
        progress.begin("calling", Some(self.how.calls.into()));
        self.paint(self.lowest..self.top)?;
        for call in 1..=self.how.calls {
            if let Some(setup) = self.plan.setup {
                match self.call(setup) {
                    // How long it takes is nobody's business.
                    Ok(_) | Err(FunctionError::TooLong(_)) => {}
                    Err(error) => return Err(error),
                }
                if call == 1 {
                    self.paint_over_stack()?;
                }
            }
            cycles.push(self.call(self.plan.entry)?);
            if call == 1 {
                instructions = self.session.instructions_in_window()?;
                stack_bytes = self.stack()?;
            }
            if let Some(expected) = &self.plan.expected {
                self.check(call, expected)?;
            }
            progress.advance(1);
        }
        progress.end();
        let initial = self.plan.program.initial.iter();
        let sizes = initial.map(|it| it.bytes.len() as u32 + it.zeros);
        Ok(Called {
            cycles,
            overhead,
            instructions,
            stack_bytes,
            static_bytes: sizes.sum(),
            settings: setup::read_back(self.session, self.board)?,
        })
    }

    /// Calls the function at `address`. Gives the cycles from reading the counter to reading it again.
    fn call(&mut self, address: u32) -> Result<u32, FunctionError> {
        let counter = match self.board.cycle_counter {
            CycleCounter::Dwt => CYCCNT,
            CycleCounter::SysTick => SYST_CVR,
        };
        self.arm()?;
        let session = &mut *self.session;
        // What a function hands on in registers isn't another's input.
        for number in 0..=12 {
            session.set_register(number, 0)?;
        }
        session.set_register(4, counter)?;
        session.set_register(6, address | 1)?;
        session.set_register(SP, self.top)?;
        session.set_register(LR, u32::MAX)?;
        session.set_register(XPSR, THUMB)?;
        session.set_register(PC, self.code)?;
        let timeout = self.how.timeout;
        let ran = self.session.run(Wait {
            quiet: Duration::ZERO,
            timeout,
        });
        ran.map_err(|error| error.located(|address| self.code_address(address)))?;
        let session = &mut *self.session;
        let pc = session.register(PC)?;
        if pc != self.code + BREAKPOINT {
            return Err(self.stopped(pc)?);
        }
        let (begin, end) = (session.register(5)?, session.register(7)?);
        let bits = match self.board.cycle_counter {
            CycleCounter::Dwt => 32,
            CycleCounter::SysTick => SYST_BITS,
        };
        if self.came_round()? {
            return Err(FunctionError::TooLong(bits));
        }
        Ok(match self.board.cycle_counter {
            CycleCounter::Dwt => end.wrapping_sub(begin),
            // It counts down.
            CycleCounter::SysTick => begin.wrapping_sub(end) & ((1 << SYST_BITS) - 1),
        })
    }

    /// Whether the counter came round since the last time.
    fn came_round(&mut self) -> Result<bool, TargetError> {
        let (register, flag) = match self.board.cycle_counter {
            CycleCounter::Dwt => (FUNCTION0, MATCHED),
            CycleCounter::SysTick => (SYST_CSR, COUNTFLAG),
        };
        let mut word = [0];
        self.session.read_words(register, &mut word)?;
        Ok(word[0] & flag != 0)
    }

    /// Fills memory.
    fn paint(&mut self, range: Range<u32>) -> Result<(), TargetError> {
        let mut at = range.start;
        while at < range.end {
            let words = (((range.end - at) / 4) as usize).min(CHUNK);
            self.session.write_words(at, &vec![PAINT; words])?;
            at += 4 * words as u32;
        }
        Ok(())
    }

    /// Paints over what `--setup` has left on the stack. What it took of a heap stays: that grows from the
    /// other end, and the longest stretch of paint lies between the two.
    fn paint_over_stack(&mut self) -> Result<(), TargetError> {
        let mut words = Vec::new();
        let mut at = self.lowest;
        while at < self.top {
            let mut chunk = vec![0; (((self.top - at) / 4) as usize).min(CHUNK)];
            self.session.read_words(at, &mut chunk)?;
            at += 4 * chunk.len() as u32;
            words.extend(chunk);
        }
        let paint = longest_paint(&words);
        let address = |index: usize| self.lowest + 4 * index as u32;
        let (lowest, stack) = (address(paint.start), address(paint.end));
        self.lowest = lowest;
        self.paint(stack..self.top)
    }

    /// How deep the stack was, from the lowest word on that isn't as it was painted.
    fn stack(&mut self) -> Result<u32, FunctionError> {
        let mut at = self.lowest;
        while at < self.top {
            let mut words = vec![0; (((self.top - at) / 4) as usize).min(CHUNK)];
            self.session.read_words(at, &mut words)?;
            if let Some(place) = words.iter().position(|&word| word != PAINT) {
                at += 4 * place as u32;
                break;
            }
            at += 4 * words.len() as u32;
        }
        match at == self.lowest {
            true => Err(FunctionError::Stack(self.top - self.lowest)),
            false => Ok(self.top - at),
        }
    }

    fn check(&mut self, call: u32, expected: &Expected) -> Result<(), FunctionError> {
        let mut got = vec![0; expected.bytes.len()];
        self.session
            .read_bytes(expected.variable.address, &mut got)?;
        let pairs = got.iter().zip(&expected.bytes);
        let mut differing = pairs
            .enumerate()
            .filter(|(_, (got, expected))| got != expected);
        let Some((at, (&byte, &wanted))) = differing.next() else {
            return Ok(());
        };
        Err(FunctionError::Mismatch {
            symbol: expected.name.clone(),
            call,
            at,
            got: byte,
            expected: wanted,
            differing: 1 + differing.count(),
            bytes: expected.bytes.len(),
        })
    }

    fn code_address(&self, address: u32) -> CodeAddress {
        CodeAddress {
            address,
            location: self.plan.program.symbolise(address).map(|it| place(&it)),
        }
    }

    /// Why the core halted at `pc`, where it shouldn't have.
    fn stopped(&mut self, pc: u32) -> Result<FunctionError, TargetError> {
        let exception = self.session.register(XPSR)? & EXCEPTION;
        if !(2..=6).contains(&exception) {
            return Ok(FunctionError::Breakpoint(self.code_address(pc).to_string()));
        }
        let sp = self.session.register(SP)?;
        let mut frame = [0; 8];
        // Where the stack is no memory there is no frame to be read.
        let _ = self.session.read_words(sp & !3, &mut frame);
        let [r0, r1, r2, r3, r12, lr, pc, xpsr] = frame;
        let mut status = [0; 4];
        for (word, register) in status.iter_mut().zip([CFSR, HFSR, MMFAR, BFAR]) {
            self.session
                .read_words(register, std::slice::from_mut(word))?;
        }
        let mut r = [r0, r1, r2, r3, 0, 0, 0, 0, 0, 0, 0, 0, r12];
        for (number, value) in (4..12).zip(&mut r[4..12]) {
            *value = self.session.register(number)?;
        }
        let [cfsr, hfsr, mmfar, bfar] = status;
        let fault = Fault {
            exception,
            r,
            sp: sp.wrapping_add(4 * frame.len() as u32),
            lr,
            pc,
            xpsr,
            cfsr,
            hfsr,
            mmfar,
            bfar,
        };
        Ok(TargetError::Fault(Box::new(FaultReport {
            fault,
            pc: self.code_address(pc),
            lr: self.code_address(lr),
            panic: None,
        }))
        .into())
    }
}

/// Where the longest stretch of painted words is.
fn longest_paint(words: &[u32]) -> Range<usize> {
    let (mut longest, mut begin) = (0..0, 0);
    for stretch in words.chunk_by(|one, next| (*one == PAINT) == (*next == PAINT)) {
        let end = begin + stretch.len();
        if stretch[0] == PAINT && stretch.len() > longest.len() {
            longest = begin..end;
        }
        begin = end;
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_paint_is_between_heap_and_stack() {
        // A word of the heap, and one of the stack, that weren't written.
        let words = [1, PAINT, 2, PAINT, PAINT, PAINT, 3, PAINT, 4];
        assert_eq!(longest_paint(&words), 3..6);
        assert_eq!(longest_paint(&[PAINT; 3]), 0..3);
        assert!(longest_paint(&[1, 2]).is_empty());
    }
}
