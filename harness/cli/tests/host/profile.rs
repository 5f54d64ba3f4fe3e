//! `tinybench profile --image`: programs of others on the virtual board, and what can't be profiled.

use crate::support::{Ended, Tinybench, project_root};

const THERMOSTAT: &str = "targets/virtual/board/examples/thermostat.elf";

/// An ELF file without symbols: a vector table at 0, and behind it a program.
fn elf(program: &[u16]) -> Vec<u8> {
    let vectors = [0x2000_1000_u32, 0x0000_0009];
    let length = (8 + 2 * program.len()) as u32;
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
    let mut file = b"\x7fELF\x01\x01\x01".to_vec();
    file.resize(16, 0);
    // An executable for Arm, whose one segment is described behind this header.
    file.extend(halves(&[2, 40]));
    file.extend(words(&[1, 9, 52, 0, 0x0500_0000]));
    file.extend(halves(&[52, 32, 1, 0, 0, 0]));
    file.extend(words(&[1, 84, 0, 0, length, length, 5, 4]));
    file.extend(words(&vectors));
    file.extend(halves(program));
    file
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
