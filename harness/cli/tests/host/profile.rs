//! `tinybench profile --image`: programs of others on the virtual board, and what can't be profiled.

use serde_json::{Value, json};

use crate::support::{Ended, Tinybench, project_root};

const THERMOSTAT: &str = "targets/virtual/board/examples/thermostat.elf";

/// An ELF file: a vector table at 0, of the initial stack pointer and these addresses, behind it a program, and
/// symbols of functions with their addresses and sizes, if there are any.
fn elf_with(vectors: &[u32], program: &[u16], symbols: &[(&str, u32, u32)]) -> Vec<u8> {
    let words = |words: &[u32]| {
        words
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let halves = |halves: &[u16]| {
        halves
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let mut data = words(&[&[0x2000_1000], vectors].concat());
    data.extend(halves(program));
    let length = data.len() as u32;
    data.resize(data.len().next_multiple_of(4), 0);
    // Of a symbol: name, value, size, that it is a global function, and a section that it is in.
    let (mut table, mut names) = (vec![0; 16], vec![0]);
    for &(name, address, size) in symbols {
        table.extend(words(&[names.len() as u32, address | 1, size]));
        table.extend([0x12, 0, 1, 0]);
        names.extend(name.bytes().chain([0]));
    }
    names.resize(names.len().next_multiple_of(4), 0);
    let at = |index: usize| {
        [84, data.len(), table.len(), names.len()][..index + 1]
            .iter()
            .sum::<usize>() as u32
    };
    let sections = if symbols.is_empty() { 0 } else { 3 };
    let mut file = b"\x7fELF\x01\x01\x01".to_vec();
    file.resize(16, 0);
    // An executable for Arm, whose one segment is described behind this header.
    file.extend(halves(&[2, 40]));
    let of_sections = if symbols.is_empty() { 0 } else { at(3) };
    file.extend(words(&[1, vectors[0], 52, of_sections, 0x0500_0000]));
    file.extend(halves(&[
        52,
        32,
        1,
        40,
        sections,
        sections.saturating_sub(1),
    ]));
    file.extend(words(&[1, 84, 0, 0, length, length, 5, 4]));
    file.extend([&data[..], &table, &names].concat());
    if !symbols.is_empty() {
        // None, a table of symbols whose names are in the next, and those.
        file.extend(words(&[0; 10]));
        file.extend(words(&[0, 2, 0, 0, at(1), table.len() as u32, 2, 1, 4, 16]));
        file.extend(words(&[0, 3, 0, 0, at(2), names.len() as u32, 0, 0, 1, 0]));
    }
    file
}

/// An ELF file without symbols: a vector table at 0, and behind it a program.
fn elf(program: &[u16]) -> Vec<u8> {
    elf_with(&[0x0000_0009], program, &[])
}

fn image(tinybench: &Tinybench, path: &str, more: &[&str]) -> Ended {
    let arguments = ["profile", "--board", "nano33", "--image", path];
    tinybench.run(&[&arguments, more].concat())
}

#[test]
fn a_program_is_profiled_function_by_function() {
    let tinybench = Tinybench::new();
    let path = project_root().join(THERMOSTAT);
    let path = path.to_str().unwrap();
    let table = image(&tinybench, path, &["--cycles", "1000000"]);
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    for part in [
        "thermostat::smooth",
        "The stack is deepest",
        "it still ran after 1000000 cycles",
    ] {
        assert!(table.stdout.contains(part), "{part}: {}", table.stdout);
    }
    let csv = image(
        &tinybench,
        path,
        &["--cycles", "1000000", "--format", "csv"],
    );
    assert!(
        csv.stdout.starts_with("function,cycles,inclusive_cycles,"),
        "{}",
        csv.stdout
    );
    assert!(csv.stderr.contains("note: it still ran"), "{}", csv.stderr);
    let folded = image(
        &tinybench,
        path,
        &["--cycles", "1000000", "--format", "folded"],
    );
    assert!(
        folded
            .stdout
            .contains("thermostat::smooth;thermostat::mean "),
        "{}",
        folded.stdout
    );
}

#[test]
fn a_profile_for_speedscope_is_as_its_schema_says() {
    let tinybench = Tinybench::new();
    let path = project_root().join(THERMOSTAT);
    let more = ["--cycles", "1000000", "--format", "speedscope"];
    let ended = image(&tinybench, path.to_str().unwrap(), &more);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let file: Value = serde_json::from_str(&ended.stdout).unwrap();
    // What https://www.speedscope.app/file-format-schema.json (1.22.2) asks of a sampled profile.
    let schema = json!({
        "type": "object",
        "required": ["$schema", "profiles", "shared"],
        "properties": {
            "$schema": { "enum": ["https://www.speedscope.app/file-format-schema.json"] },
            "activeProfileIndex": { "type": "number" },
            "exporter": { "type": "string" },
            "name": { "type": "string" },
            "shared": {
                "type": "object",
                "required": ["frames"],
                "properties": { "frames": { "type": "array", "items": {
                    "type": "object", "required": ["name"],
                    "properties": { "name": { "type": "string" } },
                } } },
            },
            "profiles": { "type": "array", "items": {
                "type": "object",
                "required": ["endValue", "name", "samples", "startValue", "type", "unit", "weights"],
                "properties": {
                    "type": { "enum": ["sampled"] },
                    "unit": { "enum": [
                        "bytes", "microseconds", "milliseconds", "nanoseconds", "none", "seconds"
                    ] },
                    "name": { "type": "string" },
                    "startValue": { "type": "number" },
                    "endValue": { "type": "number" },
                    "samples": { "type": "array",
                        "items": { "type": "array", "items": { "type": "number" } } },
                    "weights": { "type": "array", "items": { "type": "number" } },
                },
            } },
        },
    });
    let validator = jsonschema::validator_for(&schema).unwrap();
    if let Err(error) = validator.validate(&file) {
        panic!("{error}: {file}");
    }
    // And what it can't say: frames there are, and a weight a sample, which add up.
    let profile = &file["profiles"][0];
    let frames = file["shared"]["frames"].as_array().unwrap().len() as u64;
    let samples = profile["samples"].as_array().unwrap();
    let numbers = samples.iter().flat_map(|it| it.as_array().unwrap());
    assert!(numbers.clone().count() > samples.len());
    assert!(numbers.map(|it| it.as_u64().unwrap()).all(|it| it < frames));
    let weights = profile["weights"].as_array().unwrap();
    assert_eq!(weights.len(), samples.len());
    let sum: u64 = weights.iter().map(|it| it.as_u64().unwrap()).sum();
    assert_eq!(profile["endValue"], sum);
}

#[test]
fn a_program_that_waits_for_a_host_is_told() {
    let tinybench = Tinybench::new();
    // MOVS r0, #4 and BKPT 0xAB: the semihosting call SYS_WRITE0.
    let program = elf(&[0x2004, 0xBEAB]);
    let path = tinybench.file("waits.elf", &program);
    let Ended {
        code,
        stdout,
        stderr,
    } = image(&tinybench, path.to_str().unwrap(), &[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.contains("it waits at a breakpoint for a host"),
        "{stdout}"
    );
    assert!(stdout.contains("semihosting call 0x04"), "{stdout}");
    assert!(stdout.contains("the file has no symbols"), "{stdout}");
}

#[test]
fn exceptions_are_told_and_names_from_outside_are_harmless() {
    let tinybench = Tinybench::new();
    // SVC twice, BKPT; behind a NOP what handles SVC: BX lr.
    let mut vectors = [0x41; 15];
    vectors[10] = 0x49;
    let program = [0xDF00, 0xDF00, 0xBE00, 0xBF00, 0x4770];
    let names = [("evil\u{1b}[31m;main", 0x40, 6), ("on_call", 0x48, 2)];
    let path = tinybench.file("calls.elf", &elf_with(&vectors, &program, &names));
    let path = path.to_str().unwrap();
    let json = image(&tinybench, path, &["--format", "json"]);
    assert_eq!(json.code, Some(0), "{}", json.stderr);
    let profile: Value = serde_json::from_str(&json.stdout).unwrap();
    let functions = profile["functions"].as_array().unwrap();
    let calls = |name: &str| {
        let mut found = functions
            .iter()
            .filter(|it| it["name"].as_str().unwrap().contains(name));
        found.next().unwrap()["calls"].clone()
    };
    assert_eq!(calls("on_call"), 2);
    let own: u64 = functions
        .iter()
        .map(|it| it["cycles"].as_u64().unwrap())
        .sum();
    let exceptions = profile["exception_cycles"].as_u64().unwrap();
    assert!(exceptions > 0);
    assert_eq!(profile["cycles"], own + exceptions);
    let page = tinybench.path("calls.html");
    for (format, more) in [
        ("table", &["-o", page.to_str().unwrap()][..]),
        ("csv", &[]),
        ("folded", &[]),
        ("speedscope", &[]),
        ("json", &[]),
    ] {
        let ended = image(&tinybench, path, &[&["--format", format], more].concat());
        assert!(ended.stdout.contains("main"), "{format}: {}", ended.stdout);
        assert!(
            !ended.stdout.contains('\u{1b}'),
            "{format}: {}",
            ended.stdout
        );
        if format == "table" {
            assert!(
                ended.stdout.contains("entering and leaving exceptions"),
                "{}",
                ended.stdout
            );
        }
        if format == "folded" {
            // The semicolon of the name is no frame of its own.
            let line = ended
                .stdout
                .lines()
                .find(|it| it.contains("on_call"))
                .unwrap();
            assert_eq!(
                line.split(';').next_back().unwrap().split(' ').next(),
                Some("on_call")
            );
            assert!(line.matches(';').count() <= 1, "{line}");
        }
    }
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("main") && !page.contains('\u{1b}'));
}

#[test]
fn what_cannot_be_profiled_is_refused() {
    let tinybench = Tinybench::new();
    let text = tinybench.file("notes.txt", b"hello");
    let elf = tinybench.file("broken.elf", b"\x7fELF and no more");
    let missing = tinybench.path("missing.elf");
    for (path, code, said) in [
        (&text, 7, "is no ELF file"),
        (&elf, 7, "broken.elf"),
        (&missing, 7, "missing.elf"),
    ] {
        let ended = image(&tinybench, path.to_str().unwrap(), &[]);
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
    let nothing = tinybench.run(&["profile", "--board", "nano33"]);
    assert_eq!(nothing.code, Some(2), "{}", nothing.stderr);
}
