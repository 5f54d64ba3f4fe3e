//! The objects that the program brings: nobody needs a compiler for them, and they are what the sources give.

use std::process::Command;

use object::{Object, ObjectSection};
use tinybench_execution::build::{ToolchainSource, find_toolchain};
use tinybench_execution::pin;
use tinybench_inputs::project::Project;
use tinybench_pipeline::tables::Tables;
use tinybench_record::RunRecord;
use tinybench_support::progress::Progress;

use crate::support::{Tinybench, project_root};
use crate::vectors::anomaly;

/// The release that compiled them, as `scripts/images` names it.
fn pinned_release() -> String {
    let script = std::fs::read_to_string(project_root().join("scripts/images")).unwrap();
    let line = script
        .lines()
        .find_map(|line| line.strip_prefix("release="));
    line.unwrap().to_owned()
}

/// Whether the compiler here is the one that made them; says so if not.
fn pinned_toolchain_is_there() -> bool {
    let release = pinned_release();
    match find_toolchain("thumbv7em-none-eabihf") {
        Ok(it)
            if it.source == ToolchainSource::Rustup
                && it.compiled_by.rustc.starts_with(&release) =>
        {
            true
        }
        _ => {
            eprintln!("skipped: rustc {release} by rustup isn't here");
            false
        }
    }
}

fn record(tinybench: &Tinybench, workload: &str, more: &[&str], compilers: bool) -> RunRecord {
    let mut command = tinybench.command();
    command.args(["run", "--board", "nano33", "--on", "virtual"]);
    command.args(["--vectors", "2", "--runs", "2", "--format", "json"]);
    command.args(["--workload", workload]).args(more);
    command.env("TINYBENCH_TARGET", tinybench.path("made"));
    if !compilers {
        command.env("PATH", tinybench.path("nothing"));
    }
    let ended = tinybench.ended(&mut command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    RunRecord::parse(ended.stdout.as_bytes()).unwrap()
}

#[test]
fn the_standard_set_needs_no_compiler() {
    let tinybench = Tinybench::new();
    for workload in [
        "kws",
        "kws-audio",
        "ad-audio",
        "sww-audio",
        "vww",
        "forest",
        "knn",
    ] {
        let record = record(&tinybench, workload, &[], false);
        let toolchain = record.toolchain.unwrap();
        assert!(toolchain.rustc.starts_with(&pinned_release()));
        assert!(record.results[0].outputs.as_ref().unwrap().verified);
    }
}

#[test]
fn a_front_end_of_ones_own_needs_no_compiler() {
    let tinybench = Tinybench::new();
    anomaly::project(&tinybench, |_| ());
    let more = ["--project", "project"];
    let record = record(&tinybench, "anomaly-audio", &more, false);
    assert!(
        record
            .toolchain
            .unwrap()
            .rustc
            .starts_with(&pinned_release())
    );
    assert_eq!(record.results[0].features.as_ref().unwrap().differing, 0);
}

#[test]
fn what_is_compiled_here_is_what_the_program_brings() {
    if !pinned_toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    anomaly::project(&tinybench, |_| ());
    for (workload, project) in [
        ("kws", &[][..]),
        ("forest", &[]),
        ("anomaly-audio", &["--project", "project"]),
    ] {
        let [brought, built] = [&[][..], &["--build"]]
            .map(|more| record(&tinybench, workload, &[project, more].concat(), true));
        let [brought, built] = [brought, built].map(|mut record| {
            let mut result = record.results.remove(0);
            // The file of the second holds debug information as well.
            result.firmware = None;
            (
                record.toolchain,
                result.latency.cycles,
                result.latency.stages,
                result.flash,
                result.memory,
            )
        });
        assert_eq!(brought, built, "{workload}");
    }
}

/// All of them would take minutes; these are of each core and each runtime.
#[test]
fn the_objects_are_those_of_the_sources_bit_for_bit() {
    if !pinned_toolchain_is_there() {
        return;
    }
    let project = Project::find(Some(&project_root()), &project_root()).unwrap();
    let hint = "run scripts/images and commit what it writes";
    for boards in [&["nano33"][..], &["pico", "pico2"]] {
        let workloads: &[&str] = match boards.len() {
            1 => &["kws", "forest", "sww-audio"],
            _ => &["kws"],
        };
        let made = pin(&project, [boards, workloads], &mut Progress::hidden());
        let made = made.unwrap_or_else(|error| panic!("{}", error.error()));
        assert_eq!(made.differing(), Vec::<&str>::new(), "{hint}");
    }
}

/// One that no workload of the project has.
const FRONT_END: &str = "mfcc rate=16000 frames=49 window=200 hop=160 fft=256 bands=20 low=50 high=7000 floor=0.00001 coefficients=10";

#[test]
fn what_is_linked_here_is_as_large_as_what_lld_links() {
    if !pinned_toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let model = project_root().join("workloads/models/kws/kws.tflite");
    let cargo = |arguments: &[&str], elsewhere: bool| {
        let mut command = Command::new(project_root().join("scripts/firmware-cargo"));
        command
            .current_dir(project_root().join("targets/firmware"))
            .args(arguments)
            .args(["--release", "--locked", "--target", "thumbv7em-none-eabihf"])
            .args(["--features", "interpreter,pipeline", "--quiet"])
            .env("CARGO_TARGET_DIR", folder.path())
            .env("TINYBENCH_FLASH_ORIGIN", "0")
            .env("TINYBENCH_FLASH_LENGTH", "0x100000")
            .env("TINYBENCH_RAM_ORIGIN", "0x20000000")
            .env("TINYBENCH_RAM_LENGTH", "0x40000")
            .env("TINYBENCH_SETUP", "nrf52")
            .env("TINYBENCH_INSTRUCTION_CACHE", "1")
            .env("TINYBENCH_MODEL", &model)
            .env("TINYBENCH_FRONT_END", FRONT_END)
            .env_remove("RUSTFLAGS");
        if elsewhere {
            command.env("TINYBENCH_LINKED_ELSEWHERE", "1");
        }
        assert!(command.status().unwrap().success(), "{arguments:?}");
    };
    cargo(&["build", "--bin", "tinybench-firmware"], false);
    cargo(&["rustc", "--lib", "--crate-type", "staticlib"], true);
    let made = folder.path().join("thumbv7em-none-eabihf/release");
    let of_lld = std::fs::read(made.join("tinybench-firmware")).unwrap();
    let library = std::fs::read(made.join("libtinybench_firmware.a")).unwrap();
    let objects = tinybench_link::read(&library, &tinybench_link::ROOTS, false).unwrap();
    let model = std::fs::read(&model).unwrap();
    let front_end = FRONT_END.parse().and_then(Tables::new).unwrap();
    let memory = |origin, length| tinybench_link::Memory { origin, length };
    let parts = tinybench_link::Parts {
        model: &model,
        operators: None,
        room_words: 0,
        front_end: Some(&front_end),
    };
    let place = tinybench_link::Place {
        flash: memory(0, 0x10_0000),
        ram: memory(0x2000_0000, 0x4_0000),
        stack_bytes: 8192,
        runtime: &[
            "tinybench_classical",
            "tinybench_interpreter",
            "tinybench_kernels",
        ],
        code_offset: 0,
    };
    let ours = tinybench_link::link(objects, &parts, &place).unwrap();
    let [of_lld, ours] = [&of_lld, &ours].map(|elf| object::File::parse(&**elf).unwrap());
    let size = |file: &object::File, name: &str| {
        let section = file.section_by_name(name);
        section.map_or(0, |it| it.size())
    };
    for name in [
        ".vector_table",
        ".tinybench.model",
        ".tinybench.runtime",
        ".tinybench.pipeline",
        ".tinybench.harness.data",
        ".tinybench.pipeline.bss",
        ".tinybench.harness.bss",
    ] {
        assert_eq!(size(&ours, name), size(&of_lld, name), "{name}");
    }
    // The order of the library's objects moves some of them by their alignment.
    assert!(size(&ours, ".text").abs_diff(size(&of_lld, ".text")) <= 16);
    let bytes = |file: &object::File| {
        file.section_by_name(".tinybench.model")
            .unwrap()
            .data()
            .unwrap()
            .to_vec()
    };
    assert!(bytes(&ours) == bytes(&of_lld));
}
