//! Our machine running an image, on each of the paths that instructions can take through it.

use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{
    AccessSize, AddressRange, CoreModel, Ended, GenericChip, GenericMemory, Machine, Timing,
};

use crate::programs::image::{Image, M33, RAM};

/// How the machine gets through the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Blocks with the cycle model.
    Blocks,
    /// Blocks, instructions only.
    Untimed,
    /// A debugger steps every instruction.
    Stepped,
    /// A watchpoint is set, so every access takes the checked path.
    Watched,
}

const BKPT: [u8; 2] = [0x00, 0xBE];
const DHCSR: u32 = 0xE000_EDF0;
const DEBUG_ENABLE: u32 = 0xA05F_0001;
const DEBUG_STEP: u32 = 0xA05F_0005;
/// Instructions after which a program is taken to hang.
const PATIENCE: u64 = 1 << 26;

/// A machine with the image in its flash, reset.
pub fn load(image: &Image) -> Machine {
    let mut machine = if image.chip == M33 {
        Machine::generic(&GenericChip {
            core: CoreModel::CortexM33F,
            flash: AddressRange {
                origin: 0,
                length: 1 << 20,
            },
            ram: AddressRange {
                origin: RAM,
                length: 128 << 10,
            },
            clock_hz: 20_000_000,
            memory: GenericMemory {
                mpu_regions: Some(16),
                ..GenericMemory::default()
            },
        })
        .expect("it is possible")
    } else {
        Machine::new(image.chip).expect("the chip exists")
    };
    machine
        .write_bytes(0, &image.with_exit(&BKPT))
        .expect("it fits the flash");
    machine.reset();
    machine
}

/// What became of a run.
pub struct Run {
    /// The RAM that is the image's result.
    pub result: Vec<u8>,
    /// Instructions executed.
    pub instructions: u64,
    /// How the run ended, if not at the exit.
    pub problem: Option<String>,
}

/// Runs an image to its end.
pub fn run(image: &Image, path: Path) -> Run {
    let mut machine = load(image);
    write(&mut machine, DHCSR, DEBUG_ENABLE);
    let mut ended = Ended::Halted;
    match path {
        Path::Blocks => ended = machine.run(PATIENCE),
        Path::Untimed => {
            machine.set_timing(Timing::InstructionsOnly);
            ended = machine.run(PATIENCE);
        }
        Path::Watched => {
            // A comparator on a word of the vector table that nothing reads: FUNCTION, on Armv8-M MATCH with
            // a debug event.
            write(&mut machine, 0xE000_EDFC, 1 << 24);
            write(&mut machine, 0xE000_1020, 0x0000_001C);
            let reads = if image.chip == M33 { 0x816 } else { 5 };
            write(&mut machine, 0xE000_1028, reads);
            ended = machine.run(PATIENCE);
        }
        Path::Stepped => {
            write(&mut machine, DHCSR, DEBUG_ENABLE | 2);
            machine.run(0);
            let mut steps = 0;
            while machine.pc() != image.exit && steps < PATIENCE {
                write(&mut machine, DHCSR, DEBUG_STEP);
                steps += 1;
            }
        }
    }
    let exited = machine.pc() == image.exit;
    let problem =
        (ended != Ended::Halted || !exited).then(|| format!("{ended:?} {}", state(&mut machine)));
    let mut result = vec![0; image.result_bytes as usize];
    machine.read_memory(RAM, &mut result).expect("RAM");
    Run {
        result,
        instructions: machine.instructions(),
        problem,
    }
}

/// Where the machine is and why, for messages.
fn state(machine: &mut Machine) -> String {
    let mut text = format!("at {:#010x}", machine.pc());
    for (name, number) in [("LR", 14), ("xPSR", 16), ("SP", 13)] {
        text += &format!(", {name} {:#010x}", machine.register(number));
    }
    for (name, address) in [
        ("CFSR", 0xE000_ED28),
        ("HFSR", 0xE000_ED2C),
        ("BFAR", 0xE000_ED38),
    ] {
        text += &format!(
            ", {name} {:#010x}",
            machine.debug_read(address, AccessSize::Word).unwrap_or(0)
        );
    }
    let mut frame = [0; 32];
    let sp = machine.register(13);
    if machine.read_memory(sp, &mut frame).is_some() {
        text += &format!(", frame {frame:02x?}");
    }
    let diagnostics: Vec<&str> = machine.diagnostics().collect();
    text + &format!(", {diagnostics:?}")
}

fn write(machine: &mut Machine, address: u32, value: u32) {
    machine
        .debug_write(address, AccessSize::Word, value)
        .expect("a system register written");
}
