//! A firmware image of MLPerf Tiny on a virtual board, spoken to through the device protocol.

use tinybench_virtual_board::{Ended, Machine, Timing};

/// Start of the flash of an STM32.
const FLASH: u32 = 0x0800_0000;
/// The serial line of the protocol, which a Nucleo's USB port shows: the first.
const LINE: usize = 0;
/// What a device ends every answer with.
const READY: &str = "m-ready";

/// A board whose firmware others have published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The virtual chip.
    pub chip: &'static str,
    /// Cycles in a microsecond at the clock at which the images run.
    pub cycles_per_us: u64,
}

/// That of the calibration.
pub const STM32L4R5: Kind = Kind {
    chip: "stm32l4r5",
    cycles_per_us: 120,
};

/// The boards there are.
pub const KINDS: [Kind; 4] = [
    STM32L4R5,
    Kind {
        chip: "stm32g0b1",
        cycles_per_us: 64,
    },
    Kind {
        chip: "stm32u575",
        cycles_per_us: 160,
    },
    Kind {
        chip: "stm32u385",
        cycles_per_us: 96,
    },
];

impl Kind {
    /// The board with this chip.
    pub fn of(chip: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.chip == chip)
    }
}

/// A device that has booted.
pub struct Device {
    kind: Kind,
    /// The board it runs on.
    pub machine: Machine,
    answer: String,
}

impl Device {
    /// Puts a raw binary at the start of the flash and lets it boot.
    ///
    /// # Errors
    /// What the device did instead of answering.
    pub fn boot(
        kind: Kind,
        binary: &[u8],
        prepare: impl FnOnce(&mut Machine),
    ) -> Result<Self, String> {
        let mut machine = Machine::new(kind.chip).map_err(|error| error.to_string())?;
        machine
            .write_bytes(FLASH, binary)
            .map_err(|error| error.to_string())?;
        machine.reset();
        prepare(&mut machine);
        let mut device = Self {
            kind,
            machine,
            answer: String::new(),
        };
        device.until_ready(10_000_000_000)?;
        Ok(device)
    }

    /// Sends a command and returns the answer.
    ///
    /// # Errors
    /// What the device did instead of answering.
    pub fn ask(&mut self, command: &str, cycles: u64) -> Result<String, String> {
        self.send(command);
        self.until_ready(cycles)
            .map_err(|error| format!("{command}: {error}"))
    }

    /// Sends a command.
    pub fn send(&mut self, command: &str) {
        self.machine.serial_input(LINE, command.as_bytes());
        self.machine.serial_input(LINE, b"%");
    }

    fn until_ready(&mut self, cycles: u64) -> Result<String, String> {
        let limit = self.machine.cycles() + cycles;
        self.answer.clear();
        while self.machine.cycles() < limit {
            let ended = self.machine.run(100_000);
            let bytes = self.machine.serial_output(LINE);
            self.answer.push_str(&String::from_utf8_lossy(&bytes));
            if self.answer.contains(READY) && self.answer.ends_with('\n') {
                return Ok(std::mem::take(&mut self.answer));
            }
            if !matches!(ended, Ended::Budget) {
                break;
            }
        }
        let told: Vec<_> = self.machine.diagnostics().collect();
        Err(format!(
            "no `{READY}`: the device said {:?} and stands at {:#010x}; {}",
            self.answer,
            self.machine.pc(),
            told.join("; ")
        ))
    }

    /// Cycles of an inference: what `runs` more of them add to the difference of the device's own
    /// time stamps. The first of these is sent while time is measured, so one run alone isn't
    /// enough.
    ///
    /// # Errors
    /// What the device did instead of answering.
    pub fn infer(&mut self, runs: u64) -> Result<f64, String> {
        let once = self.time(1)?;
        let more = self.time(1 + runs)?;
        Ok(((more - once) * self.kind.cycles_per_us) as f64 / runs as f64)
    }

    /// Microseconds between the time stamps around `runs` inferences.
    fn time(&mut self, runs: u64) -> Result<u64, String> {
        let answer = self.ask(&format!("infer {runs} 1"), runs * 1_000_000_000)?;
        let laps: Vec<u64> = answer
            .lines()
            .filter_map(|line| line.trim().strip_prefix("m-lap-us-")?.parse().ok())
            .collect();
        match laps[..] {
            [start, end] => Ok(end - start),
            _ => Err(format!("infer: {} time stamps in {answer:?}", laps.len())),
        }
    }

    /// How much is modelled from now on.
    pub fn set_timing(&mut self, timing: Timing) {
        self.machine.set_timing(timing);
    }
}
