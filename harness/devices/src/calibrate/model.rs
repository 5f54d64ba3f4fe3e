//! A virtual board without its debug port: a target on which a fit tries parameters quickly.

use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::timing::TimingParameters;
use tinybench_virtual_board::{AccessSize, Ended, Machine, register};

use super::error::CalibrateError;
use super::layout::Layout;
use tinybench_execution::target::fault::{CodeAddress, Stopped};
use tinybench_execution::target::virtual_board;
use tinybench_execution::target::{Target, TargetError, Wait};
use tinybench_inputs::board::Board;

/// DHCSR, its key, and C_DEBUGEN and C_HALT (Armv7-M Architecture Reference Manual, C1.6.2).
const DHCSR: u32 = 0xE000_EDF0;
const KEY: u32 = 0xA05F_0000;
const DEBUGEN: u32 = 1;
const HALT: u32 = 2;

/// BKPT, whatever its number (A7.7.17).
const BKPT: u16 = 0xBE00;
const BKPT_MASK: u16 = 0xFF00;

/// Cycles after which a sequence hangs: each takes some thousands.
const BUDGET: u64 = 100_000_000;

/// The virtual counterpart of a board, with a calibration image and its sequences in flash.
pub struct Model {
    machine: Machine,
}

impl Model {
    /// That of `board`, with what is put into its flash.
    pub fn new(board: &Board, elf: &[u8], layout: &Layout) -> Result<Self, CalibrateError> {
        let error = |reason: String| CalibrateError::Model(reason);
        let mut machine = virtual_board::make(board)
            .map_err(|e| error(e.to_string()))?
            .machine;
        machine.load_elf(elf).map_err(|e| error(e.to_string()))?;
        machine
            .write_bytes(layout.address, &layout.bytes)
            .map_err(|e| error(e.to_string()))?;
        Ok(Self { machine })
    }

    /// The parameters of its cycle model.
    pub fn parameters(&self) -> TimingParameters {
        self.machine.timing_parameters()
    }

    /// Sets them; the next conversation begins with a reset.
    pub fn set_parameters(&mut self, parameters: TimingParameters) {
        self.machine.set_timing_parameters(parameters);
    }

    /// A core that goes on from a BKPT would halt there again; debuggers skip it.
    fn step_over_breakpoint(&mut self) -> Result<(), TargetError> {
        let pc = self.machine.pc();
        let mut bytes = [0; 2];
        self.read_bytes(pc, &mut bytes)?;
        if u16::from_le_bytes(bytes) & BKPT_MASK == BKPT {
            self.machine.set_register(register::PC, pc + 2);
        }
        Ok(())
    }

    fn control(&mut self, bits: u32) -> Result<(), TargetError> {
        self.machine
            .debug_write(DHCSR, AccessSize::Word, KEY | DEBUGEN | bits)
            .map_err(|_| refused(DHCSR))
    }
}

fn refused(address: u32) -> TargetError {
    TargetError::Refused(format!("bus fault at {address:#010x}"))
}

impl Target for Model {
    fn read_words(&mut self, address: u32, words: &mut [u32]) -> Result<(), TargetError> {
        for (word, address) in words.iter_mut().zip((address..).step_by(4)) {
            *word = self
                .machine
                .debug_read(address, AccessSize::Word)
                .map_err(|_| refused(address))?;
        }
        Ok(())
    }

    fn write_words(&mut self, address: u32, words: &[u32]) -> Result<(), TargetError> {
        for (&word, address) in words.iter().zip((address..).step_by(4)) {
            self.machine
                .debug_write(address, AccessSize::Word, word)
                .map_err(|_| refused(address))?;
        }
        Ok(())
    }

    fn read_bytes(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), TargetError> {
        self.machine
            .read_bytes(address, bytes)
            .map_err(|error| TargetError::Refused(error.to_string()))
    }

    fn write_bytes(&mut self, address: u32, bytes: &[u8]) -> Result<(), TargetError> {
        self.machine
            .write_bytes(address, bytes)
            .map_err(|error| TargetError::Refused(error.to_string()))
    }

    fn reset(&mut self) -> Result<(), TargetError> {
        self.control(HALT)?;
        self.machine.reset();
        self.control(HALT)
    }

    fn run(&mut self, wait: Wait) -> Result<(), TargetError> {
        self.step_over_breakpoint()?;
        self.control(0)?;
        match self.machine.run(BUDGET) {
            Ended::Halted => Ok(()),
            _ => {
                let at = |address| CodeAddress {
                    address,
                    location: None,
                };
                Err(TargetError::Hung {
                    timeout: wait.timeout,
                    stopped: Box::new(Stopped {
                        pc: at(self.machine.pc()),
                        lr: at(self.machine.register(register::LR)),
                        sp: self.machine.register(register::SP),
                        xpsr: self.machine.register(register::XPSR),
                    }),
                })
            }
        }
    }

    fn instructions_in_window(&mut self) -> Result<Option<u64>, TargetError> {
        Ok(Some(self.machine.instructions_in_window()))
    }
}
