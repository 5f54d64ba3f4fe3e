//! Builds real firmware and reads the image. Skipped, saying so, where no toolchain can build it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::support::calls::callers;
use crate::support::{NANO33, copy_sources, project_root, runtime_of, toolchain_is_there};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tempfile::TempDir;
use tinybench_execution::build::{BuildError, Engine, Event, Firmware, Opt, Request, build};
use tinybench_execution::image::{Image, ImageError};
use tinybench_inputs::board::target::{Memory, Setup, Target};
use tinybench_inputs::runtimes::manifest::Crate;

/// A file of `bytes` bytes to be linked in the place of a model.
fn model(folder: &TempDir, bytes: usize) -> PathBuf {
    let path = folder.path().join("model.tflite");
    let bytes: Vec<u8> = (0..bytes).map(|i| (i * 31 % 251) as u8).collect();
    fs::write(&path, bytes).unwrap();
    path
}

fn build_in(
    root: &Path,
    target: Target,
    model: &Path,
) -> Result<(Firmware, Vec<Event>), BuildError> {
    build_for("interpreter", root, target, model)
}

fn build_for(
    runtime: &str,
    root: &Path,
    target: Target,
    model: &Path,
) -> Result<(Firmware, Vec<Event>), BuildError> {
    build_with((runtime, &[], Opt::Speed), root, target, model)
}

/// A runtime with features and what it is built for.
fn build_with(
    (runtime, features, opt): (&str, &[&str], Opt),
    root: &Path,
    target: Target,
    model: &Path,
) -> Result<(Firmware, Vec<Event>), BuildError> {
    let runtime = runtime_of(root, runtime);
    let request = Request {
        project_root: root,
        target,
        engine: Engine::of_crates(&runtime).unwrap(),
        features,
        operators: &[],
        room_words: 0,
        model,
        front_end: None,
        learning: false,
        mlperf_model: None,
        mark_pin: None,
        code_offset: 0,
        opt,
        from_source: true,
        profile: false,
    };
    let mut events = Vec::new();
    let firmware = build(&request, &mut |event| events.push(event))?;
    Ok((firmware, events))
}

#[test]
fn an_image_has_a_block_and_parts_that_add_up() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let model = model(&folder, 5003);
    let (firmware, _) = build_in(&project_root(), NANO33, &model).unwrap();
    let elf = fs::read(&firmware.elf).unwrap();
    let image = Image::load(&elf).unwrap();

    let ram = NANO33.ram.origin..NANO33.ram.origin + NANO33.ram.length;
    assert!(
        ram.contains(&image.block_address),
        "{:#x}",
        image.block_address
    );

    let flash = image.flash;
    assert_eq!(
        flash.total,
        flash.model + flash.runtime + flash.pipeline + flash.harness + flash.system
    );
    // Signal operators use what a pipeline is made of, here those of an image with all operators.
    assert!((1..32 * 1024).contains(&flash.pipeline), "{flash:?}");
    assert_eq!(image.ram.pipeline, 0);
    // Padded to whole words.
    assert_eq!(flash.model, 5004);
    assert!(flash.runtime > 1000, "{flash:?}");
    assert!((500..8 * 1024).contains(&flash.harness), "{flash:?}");
    assert!((1000..16 * 1024).contains(&flash.system), "{flash:?}");

    assert_eq!(
        image.static_ram,
        image.ram.runtime + image.ram.harness + image.ram.system
    );
    assert!(
        image.ram.harness >= 1024,
        "the array of cycles is in {:?}",
        image.ram
    );

    // The reset vector, the word after the initial stack pointer.
    let reset = loaded_word(&elf, NANO33.flash.origin + 4);
    assert_eq!(image.symbolise(reset).unwrap().function, "Reset");
    assert_eq!(image.symbolise(NANO33.ram.origin), None);
}

/// Whatever operators an image links, nothing of its runtime can end in a panic.
#[test]
fn no_function_of_the_runtime_can_panic() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let features = &["huffman", "state"];
    let (root, model) = (project_root(), model(&folder, 16));
    for opt in [Opt::Speed, Opt::Size] {
        let runtime = ("interpreter", &features[..], opt);
        let (firmware, _) = build_with(runtime, &root, NANO33, &model).unwrap();
        let elf = fs::read(&firmware.elf).unwrap();
        let callers = |section| callers(&elf, section, "4core9panicking");
        assert_eq!(callers(".tinybench.runtime"), BTreeSet::new(), "{opt:?}");
        // The measuring program does panic, on a stack that overflows.
        assert_ne!(callers(".tinybench.harness"), BTreeSet::new(), "{opt:?}");
    }
}

#[test]
fn an_address_is_found_in_the_source() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (firmware, _) = build_in(&project_root(), NANO33, &model(&folder, 16)).unwrap();
    let elf = fs::read(&firmware.elf).unwrap();
    let image = Image::load(&elf).unwrap();
    for (mangled, function, file) in [
        (
            "18tinybench_firmware5fault6record",
            "tinybench_firmware::fault::record",
            "/tinybench/targets/firmware/src/fault.rs",
        ),
        (
            "18tinybench_firmware6cycles5check",
            "tinybench_firmware::cycles::check",
            "/tinybench/targets/firmware/src/cycles/mod.rs",
        ),
    ] {
        // The second instruction: neither end of the function.
        let location = image.symbolise(address_of(&elf, mangled) + 2).unwrap();
        assert_eq!(location.function, function);
        assert_eq!(location.file.as_deref(), Some(file));
        assert!(location.line.unwrap() > 1);
    }
    // Vector 3 is HardFault, vector 4 shares the handler of everything else; both are naked
    // assembly.
    for (vector, name) in [(3, "HardFault"), (4, "DefaultHandler")] {
        let handler = loaded_word(&elf, NANO33.flash.origin + 4 * vector);
        let function = image.symbolise(handler).unwrap().function;
        assert!(function.ends_with(name), "{function}");
    }
}

#[test]
fn a_second_build_comes_from_the_cache_and_another_model_does_not() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = model(&folder, 4001);
    let (first, _) = build_in(&project_root(), NANO33, &path).unwrap();
    let (second, events) = build_in(&project_root(), NANO33, &path).unwrap();
    assert!(second.from_cache);
    assert_eq!(events, [Event::Cached]);
    assert_eq!((&first.elf, &first.sha256), (&second.elf, &second.sha256));

    let (other, _) = build_in(&project_root(), NANO33, &model(&folder, 4002)).unwrap();
    assert_ne!(other.sha256, first.sha256);
    let (uncached, _) = build_in(
        &project_root(),
        Target {
            setup: Some(Setup::Nrf52 {
                instruction_cache: false,
            }),
            ..NANO33
        },
        &path,
    )
    .unwrap();
    assert_ne!(uncached.sha256, first.sha256);
}

#[test]
fn another_checkout_gives_the_same_bytes() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = model(&folder, 4001);
    let (here, _) = build_in(&project_root(), NANO33, &path).unwrap();

    let elsewhere = copy_of_the_project();
    // Whatever cargo is told in a folder above, the image is what the record says.
    let configuration = elsewhere.path.join(".cargo/config.toml");
    fs::create_dir_all(configuration.parent().unwrap()).unwrap();
    let settings = "[profile.release]\nopt-level = 0\nlto = \"fat\"\ndebug-assertions = true\n\
                    [profile.release.package.tinybench-firmware]\nopt-level = 1\n\
                    [profile.release.build-override]\nopt-level = 3\n\
                    [build]\nrustc-wrapper = \"no-such-wrapper\"\nincremental = true\n\
                    rustflags = [\"-g\"]\ntarget = \"no-such-target\"\n\
                    [target.thumbv7em-none-eabihf]\nrustflags = [\"-Copt-level=0\"]\n\
                    runner = \"no-such-runner\"\n";
    fs::write(&configuration, settings).unwrap();
    let (there, events) = build_in(&elsewhere.path, NANO33, &path).unwrap();
    assert!(!there.from_cache);
    assert_eq!(there.sha256, here.sha256);
    let Some(Event::Compiling { done, total, .. }) = events.iter().rev().nth(1) else {
        panic!("no progress was told: {events:?}")
    };
    assert_eq!(done, total);
    assert_eq!(events.last(), Some(&Event::Finished));

    // A setting that can't be overruled.
    let everything = "[profile.release.package.\"*\"]\nopt-level = 0\n";
    fs::write(&configuration, everything).unwrap();
    let with_state = ("interpreter", &["state"][..], Opt::Speed);
    let refused = build_with(with_state, &elsewhere.path, NANO33, &path).unwrap_err();
    let key = "profile.release.package.\"*\".opt-level";
    assert!(refused.to_string().contains(key), "{refused}");
    fs::remove_file(&configuration).unwrap();

    // A change that, by the time of the file, is older than what was compiled.
    let source = elsewhere.path.join("targets/firmware/src/cycles/mod.rs");
    let time = fs::metadata(&source).unwrap().modified().unwrap();
    let text = fs::read_to_string(&source).unwrap();
    let changed = text.replace(
        "CHECK_ITERATIONS: u32 = 1024",
        "CHECK_ITERATIONS: u32 = 2048",
    );
    assert_ne!(text, changed);
    fs::write(&source, changed).unwrap();
    let file = fs::File::options().write(true).open(&source).unwrap();
    file.set_modified(time).unwrap();
    let (changed, _) = build_in(&elsewhere.path, NANO33, &path).unwrap();
    assert_ne!(changed.sha256, there.sha256);

    // A build for another runtime leaves what was compiled for this one.
    let compiled = compiled_libraries(&elsewhere.path, "tinybench_interpreter");
    assert!(!compiled.is_empty());
    build_for("classical", &elsewhere.path, NANO33, &path).unwrap();
    build_in(&elsewhere.path, NANO33, &model(&folder, 4002)).unwrap();
    let now = compiled_libraries(&elsewhere.path, "tinybench_interpreter");
    assert_eq!(now, compiled);
}

#[test]
fn a_model_or_an_image_that_does_not_fit_is_told_with_both_figures() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let flash = Memory {
        origin: 0,
        length: 0x1000,
    };
    let target = Target { flash, ..NANO33 };
    let error = build_in(&project_root(), target, &model(&folder, 5000)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model is too big for flash: it has 5000 bytes, flash has 4096"
    );
    let error = build_in(&project_root(), target, &model(&folder, 4000)).unwrap_err();
    let BuildError::ImageTooBig {
        memory,
        needed,
        available,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!((memory.as_str(), available), ("FLASH", 4096));
    assert!((8000..512 * 1024).contains(&needed), "{needed}");
}

#[test]
fn a_failed_build_says_what_the_compiler_said() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = copy_of_the_project();
    let script = elsewhere.path.join("targets/firmware/build.rs");
    fs::write(&script, "fn main() { no_such_function() }").unwrap();
    let error = build_in(&elsewhere.path, NANO33, &model(&folder, 16))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("cannot find function `no_such_function`"),
        "{error}"
    );
    assert!(error.contains("build.rs:1:13"), "{error}");

    // Cargo gives up before it starts a compiler.
    fs::write(
        elsewhere.path.join("targets/firmware/Cargo.toml"),
        "[package",
    )
    .unwrap();
    let error = build_in(&elsewhere.path, NANO33, &model(&folder, 16))
        .unwrap_err()
        .to_string();
    assert!(error.contains("Cargo.toml"), "{error}");
}

#[test]
fn an_unknown_runtime_and_a_missing_model_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let root = project_root();
    for runtime in ["no-such", "", "../runtimes/interpreter"] {
        let model = model(&folder, 16);
        let crates = [Crate {
            name: runtime.to_owned(),
            folder: runtime.into(),
        }];
        let request = Request {
            project_root: &root,
            target: NANO33,
            engine: Engine::Crates {
                feature: runtime,
                crates: &crates,
                folder: &root.join("targets/runtimes"),
            },
            features: &[],
            operators: &[],
            room_words: 0,
            model: &model,
            front_end: None,
            learning: false,
            mlperf_model: None,
            mark_pin: None,
            code_offset: 0,
            opt: Opt::Speed,
            from_source: false,
            profile: false,
        };
        let error = build(&request, &mut |_| ()).unwrap_err();
        assert!(
            matches!(error, BuildError::Runtime { .. }),
            "{runtime}: {error}"
        );
    }
    let missing = folder.path().join("none.tflite");
    let error = build_in(&root, NANO33, &missing).unwrap_err().to_string();
    assert!(error.contains("none.tflite"), "{error}");
}

#[test]
fn other_files_are_not_images() {
    assert!(matches!(Image::load(b""), Err(ImageError::Format(_))));
    assert!(matches!(
        Image::load(b"\x7fELF"),
        Err(ImageError::Format(_))
    ));
    // This test is an ELF file itself on the systems where that format is used.
    let own = fs::read(std::env::current_exe().unwrap()).unwrap();
    assert!(Image::load(&own).is_err());
}

/// Damaged images give an error or an image, but no panic, and sizes still add up.
#[test]
fn a_damaged_image_is_no_danger() {
    if !toolchain_is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (firmware, _) = build_in(&project_root(), NANO33, &model(&folder, 16)).unwrap();
    let intact = fs::read(&firmware.elf).unwrap();
    let size = intact.len();
    // Headers are at both ends, debug information in between.
    let place = prop_oneof![
        0..512usize,
        (0..4096usize).prop_map(move |from_end| size - 1 - from_end),
        0..size,
    ];
    let damage = prop::collection::vec((place, any::<u8>()), 1..24);
    let length = prop_oneof![4 => Just(size), 1 => 0..size];
    let mut runner = TestRunner::new(Config {
        cases: 96,
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&(damage, length, any::<u32>()), |(damage, length, pc)| {
        let mut elf = intact.clone();
        for (at, byte) in damage {
            elf[at] = byte;
        }
        elf.truncate(length);
        if let Ok(image) = Image::load(&elf) {
            let flash = image.flash;
            let parts = [
                flash.model,
                flash.runtime,
                flash.pipeline,
                flash.harness,
                flash.system,
            ];
            prop_assert_eq!(parts.iter().sum::<u32>(), flash.total);
            for pc in [pc, 0, 0x2000, 0x4000, 0x8000] {
                image.symbolise(pc);
            }
        }
        Ok(())
    });
    result.unwrap();
}

/// The firmware's sources somewhere else.
struct Elsewhere {
    path: PathBuf,
    /// One test at a time, of any process.
    _turn: fs::File,
}

/// The place is the same for all tests, because what is compiled for one, the core library above
/// all, then serves the next. Images of earlier tests are forgotten.
fn copy_of_the_project() -> Elsewhere {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("elsewhere");
    let turn = fs::File::create(path.with_extension("lock")).unwrap();
    turn.lock().unwrap();
    for part in [".cargo", "targets", "workloads"] {
        let _ = fs::remove_dir_all(path.join(part));
    }
    if let Ok(images) = fs::read_dir(path.join("target/tinybench/firmware")) {
        for image in images.map(Result::unwrap) {
            if image.file_name() != "build" && image.file_type().unwrap().is_dir() {
                fs::remove_dir_all(image.path()).unwrap();
            }
        }
    }
    let parts = [
        "targets/firmware",
        "targets/interface",
        "targets/runtimes/classical",
        "targets/runtimes/interpreter",
        "workloads/pipeline",
        "workloads/learning",
    ];
    copy_sources(&parts, &path);
    Elsewhere { path, _turn: turn }
}

/// The compiled libraries of a crate below a folder, and when each was written.
fn compiled_libraries(folder: &Path, name: &str) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            found.extend(compiled_libraries(&path, name));
        } else if path.extension().is_some_and(|it| it == "rlib")
            && entry.file_name().to_string_lossy().contains(name)
        {
            found.insert(path, entry.metadata().unwrap().modified().unwrap());
        }
    }
    found
}

/// The word that is programmed at `address`.
fn loaded_word(elf: &[u8], address: u32) -> u32 {
    use object::{Object, ObjectSegment};
    let file = object::File::parse(elf).unwrap();
    let segment = file
        .segments()
        .find_map(|it| it.data_range(u64::from(address), 4).unwrap());
    u32::from_le_bytes(segment.unwrap().try_into().unwrap())
}

/// Address of the function whose mangled name ends like this.
fn address_of(elf: &[u8], mangled: &str) -> u32 {
    use object::{Object, ObjectSymbol};
    let file = object::File::parse(elf).unwrap();
    let symbol = file
        .symbols()
        .find(|it| it.name().is_ok_and(|name| name.ends_with(mangled)));
    symbol.unwrap().address() as u32 & !1
}
