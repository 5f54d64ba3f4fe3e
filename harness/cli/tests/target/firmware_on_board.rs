//! Runs real firmware on the virtual nano33 and talks to it through its block. Skipped, saying
//! so, where no toolchain can build it or the shared models are absent.

use std::fs;
use std::path::Path;

use crate::support::{NANO33, runtime_of, shared};
use object::read::elf::{ElfFile32, ProgramHeader};
use object::{Endianness, Object, ObjectSegment};
use tinybench_execution::build::{Engine, Opt, Request, build, find_toolchain};
use tinybench_execution::image::Image;
use tinybench_interface::{Block, CYCLES_CAPACITY, Command, Error, Stages, Status};
use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{AccessSize, Ended, Machine};

const DHCSR: u32 = 0xE000_EDF0;
const DHCSR_KEY: u32 = 0xA05F_0000;
const C_DEBUGEN: u32 = 1;
const C_HALT: u32 = 2;
const DWT_CTRL: u32 = 0xE000_1000;
const DWT_CYCCNT: u32 = 0xE000_1004;
const DWT_COMP0: u32 = 0xE000_1020;
const NVMC_CONFIG: u32 = 0x4001_E504;
const WRITE_ENABLED: u32 = 1;
const ICACHECNF: u32 = 0x4001_E540;
const PC: u32 = 15;

/// A board that runs an image, with the debugger's view of it.
struct Board {
    machine: Machine,
    image: Image,
}

impl Board {
    /// Programs the firmware with the model at `path` and runs it to its first halt.
    fn with_model(path: &Path) -> Option<Self> {
        Self::with_runtime("interpreter", path)
    }

    /// The same with another runtime.
    fn with_runtime(runtime: &str, path: &Path) -> Option<Self> {
        if let Err(error) = find_toolchain(NANO33.rustc_target) {
            eprintln!("skipped: {error}");
            return None;
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let runtime = runtime_of(&root, runtime);
        let request = Request {
            project_root: &root,
            target: NANO33,
            engine: Engine::of_crates(&runtime)?,
            features: &[],
            operators: &[],
            room_words: 0,
            model: path,
            front_end: None,
            learning: false,
            mlperf_model: None,
            mark_pin: None,
            code_offset: 0,
            opt: Opt::Speed,
            from_source: false,
            profile: false,
        };
        let elf = fs::read(build(&request, &mut |_| ()).unwrap().elf).unwrap();
        let mut machine = Machine::new("nrf52840").unwrap();
        machine
            .debug_write(DHCSR, AccessSize::Word, DHCSR_KEY | C_DEBUGEN | C_HALT)
            .unwrap();
        machine
            .debug_write(NVMC_CONFIG, AccessSize::Word, WRITE_ENABLED)
            .unwrap();
        for (address, bytes) in programmed(&elf) {
            for (word, address) in bytes.chunks(4).zip((address..).step_by(4)) {
                let mut padded = [0xFF; 4];
                padded[..word.len()].copy_from_slice(word);
                let word = u32::from_le_bytes(padded);
                machine
                    .debug_write(address, AccessSize::Word, word)
                    .unwrap();
            }
        }
        let image = Image::load(&elf).unwrap();
        let mut board = Self { machine, image };
        board.write_word(DHCSR, DHCSR_KEY | C_DEBUGEN);
        board.machine.reset();
        board.run_to_halt();
        Some(board)
    }

    /// With the keyword-spotting model of MLPerf Tiny, and that model's first golden vector.
    fn with_kws() -> Option<(Self, Vec<u8>, Vec<u8>)> {
        let shared = shared()?;
        let board = Self::with_model(&shared.join("mlperf-tiny/kws_ref_model.tflite"))?;
        let golden = |end: &str| fs::read(shared.join("mlperf-tiny/golden").join(end)).unwrap();
        let input = golden("kws_ref_model.inputs.i8")[..490].to_vec();
        let output = golden("kws_ref_model.outputs.i8")[..12].to_vec();
        Some((board, input, output))
    }

    /// With bytes in the place of a model.
    fn with_bytes(bytes: &[u8]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.tflite");
        fs::write(&path, bytes).unwrap();
        Self::with_model(&path)
    }

    fn read_word(&mut self, address: u32) -> u32 {
        self.machine.debug_read(address, AccessSize::Word).unwrap()
    }

    fn write_word(&mut self, address: u32, value: u32) {
        self.machine
            .debug_write(address, AccessSize::Word, value)
            .unwrap();
    }

    fn read(&self, address: u32, length: u32) -> Vec<u8> {
        let mut bytes = vec![0; length as usize];
        self.machine.read_memory(address, &mut bytes).unwrap();
        bytes
    }

    fn block(&self) -> Block {
        let bytes = self.read(self.image.block_address, size_of::<Block>() as u32);
        let mut words = [0; Block::WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes(bytes.try_into().unwrap());
        }
        Block::from_words(&words)
    }

    fn set(&mut self, offset: usize, value: u32) {
        self.write_word(self.image.block_address + offset as u32, value);
    }

    fn run_to_halt(&mut self) {
        let ended = self.machine.run(10_000_000_000);
        let diagnostics: Vec<_> = self.machine.diagnostics().collect();
        assert_eq!(ended, Ended::Halted, "{diagnostics:?}");
    }

    /// Leaves the breakpoint instruction the core is halted on.
    fn resume(&mut self) {
        let pc = self.machine.register(PC);
        let halted_on = self.read(pc, 2);
        assert_eq!(halted_on, [0x00, 0xBE], "not BKPT #0 at {pc:#x}");
        self.machine.set_register(PC, pc + 2);
        self.write_word(DHCSR, DHCSR_KEY | C_DEBUGEN);
    }

    fn command(&mut self, command: u32) -> Block {
        self.set(std::mem::offset_of!(Block, command), command);
        self.resume();
        self.run_to_halt();
        self.block()
    }

    fn prepare(&mut self, limit: u32) -> Block {
        self.set(std::mem::offset_of!(Block, arena_limit), limit);
        self.command(Command::Prepare as u32)
    }

    fn run(&mut self, count: u32) -> Block {
        self.set(std::mem::offset_of!(Block, run_count), count);
        self.command(Command::Run as u32)
    }
}

/// What is programmed, with its addresses in flash.
fn programmed(elf: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let file = ElfFile32::<Endianness>::parse(elf).unwrap();
    file.segments()
        .map(|it| {
            let address = it.elf_program_header().p_paddr(Endianness::Little);
            (address, it.data().unwrap().to_vec())
        })
        .filter(|(_, data)| !data.is_empty())
        .collect()
}

fn status(block: &Block) -> (Status, Error, [u32; 2]) {
    (
        Status::from_u32(block.status).unwrap(),
        Error::from_u32(block.error).unwrap(),
        block.error_detail,
    )
}

const DONE: (Status, Error, [u32; 2]) = (Status::Done, Error::None, [0; 2]);

#[test]
fn after_reset_the_image_describes_itself() {
    let Some(mut board) = Board::with_bytes(b"not a model") else {
        return;
    };
    let block = board.block();
    assert_eq!(status(&block), (Status::Ready, Error::None, [0; 2]));
    assert_eq!(block.magic, tinybench_interface::MAGIC);
    assert_eq!(block.version, tinybench_interface::VERSION);
    assert_eq!(block.cycles_capacity as usize, CYCLES_CAPACITY);
    assert_eq!(block.stack_high, NANO33.ram.origin + NANO33.ram.length);
    assert_eq!(block.stack_high - block.stack_low, 8192);
    let arena_end = block.arena_address + block.arena_capacity;
    assert!(arena_end <= block.stack_low && block.arena_capacity > 240_000);
    assert_eq!(block.arena_address % 16, 0);
    let [name, length] = block.runtime_name;
    assert_eq!(board.read(name, length), b"interpreter");
    assert_eq!(board.read_word(ICACHECNF) & 1, 1);
}

#[test]
fn the_counter_is_checked_against_a_known_loop() {
    let Some(mut board) = Board::with_bytes(b"not a model") else {
        return;
    };
    let block = board.command(Command::CheckCounter as u32);
    assert_eq!(status(&block), DONE);
    assert!((1..100).contains(&block.counter_overhead), "{block:?}");
    // SUBS and a taken BNE from the cache: at least two cycles.
    assert!((2048..5000).contains(&block.counter_check), "{block:?}");

    board.write_word(DWT_CTRL, 0);
    let block = board.command(Command::CheckCounter as u32);
    assert_eq!(
        status(&block),
        (Status::Failed, Error::CounterStuck, [0, 1024])
    );
}

#[test]
fn a_model_is_prepared_run_and_measured() {
    let Some((mut board, input, expected)) = Board::with_kws() else {
        return;
    };
    let before = board.block();
    let block = board.prepare(0);
    assert_eq!(status(&block), DONE);
    assert_eq!((block.input_bytes, block.output_bytes), (490, 12));
    assert!(block.arena_used > 490 && block.arena_used < block.arena_capacity);
    assert!(block.arena_tensors > 490 && block.arena_tensors < block.arena_used);
    assert_eq!((block.audio_bytes, block.preprocess_address), (0, 0));
    // Arena, output and input lie in this order, apart, below the stack.
    assert_eq!(block.arena_address, before.arena_address);
    assert_eq!(
        block.arena_address + block.arena_capacity,
        block.output_address
    );
    assert!(block.output_address + block.output_bytes <= block.input_address);
    assert!(block.input_address + block.input_bytes <= block.stack_low);

    board
        .machine
        .write_memory(block.input_address, &input)
        .unwrap();
    let block = board.run(3);
    assert_eq!(status(&block), DONE);
    assert_eq!(
        board.read(block.output_address, block.output_bytes),
        expected
    );
    let cycles: Vec<u32> = (0..3)
        .map(|i| board.read_word(block.cycles_address + 4 * i))
        .collect();
    eprintln!(
        "cycles {cycles:?} instructions {} {block:?}",
        board.machine.instructions_in_window()
    );
    assert!(cycles.iter().all(|&it| it > 1_000_000), "{cycles:?}");
    assert_eq!(cycles[1], cycles[2]);
    assert!(board.machine.instructions_in_window() > 1_000_000);
    assert!(block.arena_touched <= block.arena_used, "{block:?}");
    assert!(block.arena_touched > 490);
    assert!((100..4096).contains(&block.stack_peak), "{block:?}");
}

#[test]
fn the_arena_the_host_planned_is_the_one_that_works() {
    let Some((mut board, input, expected)) = Board::with_kws() else {
        return;
    };
    let needed = board.prepare(0).arena_used;
    let block = board.prepare(needed - 16);
    assert_eq!(
        status(&block),
        (Status::Failed, Error::ArenaTooSmall, [needed, needed - 16])
    );
    // A model that isn't prepared can't run.
    assert_eq!(board.run(1).error, Error::BadCommand as u32);

    let block = board.prepare(needed);
    assert_eq!(status(&block), DONE);
    board
        .machine
        .write_memory(block.input_address, &input)
        .unwrap();
    let block = board.run(1);
    assert_eq!(status(&block), DONE);
    assert_eq!(
        board.read(block.output_address, block.output_bytes),
        expected
    );

    // With the memory of the buffers, too: then the input lies in the arena itself.
    let capacity = block.arena_capacity;
    let block = board.prepare(capacity + 1);
    assert_eq!(status(&block), DONE);
    let arena = block.arena_address..block.arena_address + block.arena_capacity;
    assert!(block.arena_capacity > capacity && arena.contains(&block.input_address));
    board
        .machine
        .write_memory(block.input_address, &input)
        .unwrap();
    let block = board.run(1);
    assert_eq!(status(&block), DONE);
    assert_eq!(
        board.read(block.output_address, block.output_bytes),
        expected
    );

    let more = capacity + 1024;
    let (failed, error, [asked, there]) = status(&board.prepare(more));
    assert_eq!(
        (failed, error, asked),
        (Status::Failed, Error::ArenaTooSmall, more)
    );
    assert!((capacity + 490 + 12..more).contains(&there), "{there}");
}

#[test]
fn what_cannot_be_done_is_refused() {
    let Some((mut board, ..)) = Board::with_kws() else {
        return;
    };
    assert_eq!(status(&board.command(99)).1, Error::BadCommand);
    assert_eq!(status(&board.command(Command::None as u32)), DONE);
    assert_eq!(status(&board.prepare(0)), DONE);
    for count in [0, CYCLES_CAPACITY as u32 + 1] {
        let expected = [count, CYCLES_CAPACITY as u32];
        assert_eq!(
            status(&board.run(count)),
            (Status::Failed, Error::BadRunCount, expected)
        );
    }
    assert_eq!(status(&board.run(1)), DONE);
    // An image without a front end runs the inference alone, and nobody knows a third choice.
    for stages in [Stages::All as u32, 2] {
        board.set(std::mem::offset_of!(Block, stages), stages);
        assert_eq!(
            status(&board.run(1)),
            (Status::Failed, Error::BadStages, [0, 0])
        );
    }

    let Some(mut board) = Board::with_bytes(b"not a model") else {
        return;
    };
    let block = board.prepare(0);
    assert_eq!(
        (block.status, block.error),
        (Status::Failed as u32, Error::BadModel as u32)
    );
}

#[test]
fn a_corrupt_forest_is_refused_on_the_target_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let good = fs::read(root.join("workloads/models/forest/forest.tbcm")).unwrap();
    let mut flipped = good.clone();
    flipped[5_000] ^= 1;
    // A cycle, with a checksum that fits: the right child of the first tree's root is the root.
    let mut cycle = good[..good.len() - 4].to_vec();
    cycle[20 + 2 * 24 + 1] = 0;
    cycle.extend(tinybench_classical::crc32(&cycle).to_le_bytes());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.tbcm");
    for (bytes, expected) in [
        (flipped, (Status::Failed, Error::BadModel, [4, u32::MAX])),
        (cycle, (Status::Failed, Error::BadModel, [11, u32::MAX])),
    ] {
        fs::write(&path, bytes).unwrap();
        let Some(mut board) = Board::with_runtime("classical", &path) else {
            return;
        };
        assert_eq!(status(&board.prepare(0)), expected);
    }
}

#[test]
fn a_counter_that_comes_round_is_noticed() {
    let Some((mut board, ..)) = Board::with_kws() else {
        return;
    };
    board.prepare(0);
    board.set(std::mem::offset_of!(Block, run_count), 1);
    board.set(std::mem::offset_of!(Block, command), Command::Run as u32);
    board.resume();
    assert_eq!(board.machine.run(500_000), Ended::Budget);
    // As if 2^32 cycles had nearly passed since the run began.
    let start = board.read_word(DWT_COMP0);
    board.write_word(DWT_CYCCNT, start.wrapping_sub(1000));
    board.run_to_halt();
    assert_eq!(
        status(&board.block()),
        (Status::Failed, Error::CounterWrapped, [0, 0])
    );
    // And not in a run of its own.
    assert_eq!(status(&board.run(2)), DONE);
}

#[test]
fn faults_are_recorded_with_the_registers() {
    for (code, exception, cfsr) in [
        // UDF #1; an undefined instruction
        (0xDE01_DE01, 6, 1 << 16),
        // LDR r0, [r1]; where nothing is: a precise bus fault with its address
        (0x6808_6808, 5, 1 << 15 | 1 << 9),
    ] {
        let Some(mut board) = Board::with_bytes(b"not a model") else {
            return;
        };
        let arena = board.block().arena_address;
        board.write_word(arena, code);
        let halted_at = board.machine.register(PC);
        board.resume();
        for register in 0..13 {
            board
                .machine
                .set_register(register, 0x6000_0000 + 4 * register);
        }
        board.machine.set_register(PC, arena);
        let sp = board.machine.register(13);
        board.run_to_halt();
        let block = board.block();
        assert_eq!(block.status, Status::Fault as u32);
        let fault = block.fault;
        assert_eq!(fault.exception, exception, "{fault:?}");
        assert_eq!((fault.pc, fault.cfsr), (arena, cfsr), "{fault:?}");
        assert_eq!(fault.sp, sp);
        for (register, &value) in fault.r.iter().enumerate() {
            assert_eq!(value, 0x6000_0000 + 4 * register as u32, "r{register}");
        }
        if exception == 5 {
            assert_eq!(fault.bfar, 0x6000_0004);
        }
        assert_ne!(board.machine.register(PC), halted_at.wrapping_sub(1));
        // It stays faulted.
        board.resume();
        board.run_to_halt();
        assert_eq!(board.block().status, Status::Fault as u32);
    }
}

#[test]
fn a_stack_that_overflows_is_a_panic_with_its_place() {
    let Some(mut board) = Board::with_bytes(b"not a model") else {
        return;
    };
    let low = board.block().stack_low;
    board.write_word(low, 0);
    let block = board.command(Command::None as u32);
    assert_eq!(block.status, Status::Fault as u32);
    let fault = block.fault;
    assert_eq!(fault.exception, 0);
    let file = String::from_utf8(board.read(fault.r[0], fault.r[1])).unwrap();
    assert!(file.ends_with("src/memory.rs"), "{file}");
    assert!(fault.r[2] > 1 && fault.r[3] > 1, "{fault:?}");
}
