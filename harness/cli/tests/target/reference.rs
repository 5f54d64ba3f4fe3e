//! The engine of the virtual boards against its slow reference, on our own workloads: in a few
//! windows of an inference both count the same instructions, and their cycles are within 2 %.
//! Skipped, saying so, where firmware can't be built.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{project_root, runtime_of, toolchain_is_there};
use tinybench_execution::build::{self, Engine, Opt, Request};
use tinybench_execution::image::Image;
use tinybench_execution::target::conversation::{Conversation, ImageView};
use tinybench_execution::target::session::Session;
use tinybench_execution::target::virtual_board;
use tinybench_inputs::board::{Board, Boards};
use tinybench_support::progress::Progress;
use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::timing::Reference;
use tinybench_virtual_board::{AccessSize, Machine, VirtualBoard};

/// Instructions for which the caches fill, and instructions that are compared.
const WARM_UP: u64 = 20_000;
const COMPARED: u64 = 40_000;
/// Windows of an inference.
const WINDOWS: u64 = 2;

const DHCSR: u32 = 0xE000_EDF0;
/// DHCSR's key and C_DEBUGEN: run, with halting debug on.
const RUN: u32 = 0xA05F_0001;
/// The PC in the numbering of DCRSR.
const PC: u32 = 15;

/// An image on a board that has just finished an inference and stands on its breakpoint.
fn after_inference(board: &Board, elf: &[u8]) -> Arc<Mutex<VirtualBoard>> {
    let image = Image::load(elf).unwrap();
    let shared = Arc::new(Mutex::new(virtual_board::make(board).unwrap()));
    let probe = tinybench_virtual_probe::open(Arc::clone(&shared));
    let mut session = Session::attach(probe, board).unwrap();
    session.flash(elf, &mut Progress::stderr()).unwrap();
    let symbolise = |_| None;
    let view = ImageView {
        block_address: image.block_address,
        memory: board.memory,
        symbolise: &symbolise,
    };
    let mut conversation =
        Conversation::start(&mut session, view, Duration::from_secs(60)).unwrap();
    conversation.prepare(None).unwrap();
    conversation.run(1, Duration::ZERO).unwrap();
    shared
}

/// Lets the next inference begin.
fn go_on(machine: &mut Machine) {
    let pc = machine.register(PC);
    machine.set_register(PC, pc + 2);
    machine.debug_write(DHCSR, AccessSize::Word, RUN).unwrap();
}

/// Cycles of the engine and of the reference in a window that begins so many cycles after an
/// inference.
fn window(board: &Board, elf: &[u8], start: u64) -> (u64, u64) {
    let [fast, slow] = [(); 2].map(|()| after_inference(board, elf));
    let (mut fast, mut slow) = (fast.lock().unwrap(), slow.lock().unwrap());
    let (fast, slow) = (&mut fast.machine, &mut slow.machine);
    for machine in [&mut *fast, &mut *slow] {
        go_on(machine);
        machine.run(start);
    }
    let begin = fast.instructions();
    assert_eq!(begin, slow.instructions(), "both run alike");
    let marks = [WARM_UP, WARM_UP + COMPARED].map(|instructions| {
        while fast.instructions() < begin + instructions {
            fast.run(1);
        }
        (fast.instructions(), fast.cycles())
    });
    let mut reference = Reference::new(slow);
    let counted = marks.map(|(instructions, _)| {
        while slow.instructions() < instructions {
            reference.step(slow);
        }
        reference.cycles()
    });
    (marks[1].1 - marks[0].1, counted[1] - counted[0])
}

#[test]
fn the_engine_is_within_two_percent_of_the_reference_on_every_workload() {
    if !toolchain_is_there() {
        return;
    }
    let root = project_root();
    let boards = Boards::open(&[root.join("targets/boards")]).unwrap();
    // Runtime, model, and cycles of which an inference takes more. What learns has the network of
    // kws, but for its last layer.
    let models = [
        ("interpreter", "ad/ad.tflite", 500_000),
        ("interpreter", "ic/ic.tflite", 10_000_000),
        ("interpreter", "kws/kws.tflite", 5_000_000),
        ("interpreter", "sww/sww.tflite", 1_500_000),
        ("interpreter", "vww/vww.tflite", 10_000_000),
        ("classical", "forest/forest.tbcm", 40_000),
        ("classical", "centroid/centroid.tbcm", 80_000),
    ];
    // Of the Cortex-M33 the rules alone are others. Where a flash with wait states has no cache the engine adds
    // a fetch's waits where a block begins, and finds up to 5.2 % less (docs/timing-rules.md).
    let some = [models[2], models[6]];
    for (name, models, most) in [
        ("nano33", &models[..], 2.0),
        ("nucleo-l4r5zi", &models, 2.0),
        ("nucleo-u575zi-q", &some, 2.0),
        ("pico2", &some, 2.0),
        ("nrf5340-dk", &some, 5.2),
        ("nucleo-g0b1re", &some, 2.0),
    ] {
        let board = boards.load(name).unwrap().board;
        for &(runtime, model, cycles) in models {
            let runtime = runtime_of(&root, runtime);
            let request = Request {
                project_root: &root,
                target: board.target(),
                engine: Engine::of_crates(&runtime).unwrap(),
                model: &root.join("workloads/models").join(model),
                features: &[],
                operators: &[],
                room_words: 0,
                front_end: None,
                learning: false,
                mlperf_model: None,
                mark_pin: None,
                code_offset: 0,
                opt: Opt::Speed,
                from_source: false,
                profile: false,
            };
            let firmware = build::build(&request, &mut |_| {}).unwrap();
            let elf = std::fs::read(&firmware.elf).unwrap();
            let windows =
                (1..=WINDOWS).map(|part| window(&board, &elf, cycles * part / (WINDOWS + 1)));
            let (fast, slow) = windows.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            let off = 100.0 * (fast as f64 / slow as f64 - 1.0);
            println!("{name} {model}: {fast} cycles, the reference {slow}, {off:+.2} %");
            assert!(off.abs() <= most, "{name} {model}: {off:+.2} %");
        }
    }
}
