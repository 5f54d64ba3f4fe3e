//! ELF files that are no programs for the board: each is refused with an error that says what to
//! do, and the board stays as it was. Damaged ones never panic.

#[path = "support/elf.rs"]
mod elf_file;

use elf_file::{Elf, HEADER, SEGMENT_HEADER};
use proptest::prelude::*;
use tinybench_virtual_board::{ElfError, Ended, Image, LoadError, Machine};

const THERMOSTAT: &[u8] = include_bytes!("../examples/thermostat.elf");
const RAM: u32 = 0x2000_0000;

fn machine() -> Machine {
    Machine::new("nrf52840").unwrap()
}

/// Why a file is refused; the board keeps the program it had.
fn refused(file: &[u8]) -> LoadError {
    let mut machine = machine();
    machine.load_elf(THERMOSTAT).unwrap();
    machine.run(1000);
    let before = (machine.pc(), machine.cycles());
    let error = machine.load_elf(file).unwrap_err();
    assert_eq!((machine.pc(), machine.cycles()), before);
    assert!(machine.address_of("thermostat::main").is_ok());
    let mut word = [0; 4];
    machine.read_bytes(4_u32, &mut word).unwrap();
    assert_ne!(word, [0xFF; 4]);
    error
}

fn refused_elf(elf: &Elf) -> LoadError {
    refused(&elf.bytes())
}

#[test]
fn a_small_program_runs() {
    let mut machine = machine();
    machine.load_elf(&Elf::default().bytes()).unwrap();
    assert_eq!(machine.run(1000), Ended::Budget);
    assert_eq!(machine.pc(), 8);
    let image = Image::parse(&Elf::default().bytes()).unwrap();
    assert_eq!(image.entry(), 9);
    assert_eq!(image.segments().len(), 1);
    assert_eq!(image.symbols().iter().count(), 0);
}

#[test]
fn loading_replaces_what_was_there() {
    let mut machine = machine();
    machine.load_elf(THERMOSTAT).unwrap();
    machine.load_elf(&Elf::default().bytes()).unwrap();
    assert!(machine.address_of("thermostat::main").is_err());
    let mut byte = [0];
    machine.read_bytes(0x100_u32, &mut byte).unwrap();
    assert_eq!(byte, [0xFF], "the flash is erased first");
}

#[test]
fn segments_go_to_flash_ram_and_code_ram() {
    let mut elf = Elf::default();
    elf.segments.push((RAM + 0x100, vec![1, 2, 3, 4]));
    elf.segments.push((0x0080_0200, vec![5, 6, 7, 8]));
    let mut machine = machine();
    machine.load_elf(&elf.bytes()).unwrap();
    assert_eq!(machine.read_word(RAM + 0x100), Ok(0x0403_0201));
    assert_eq!(machine.read_word(RAM + 0x200), Ok(0x0807_0605));
}

#[test]
fn what_is_no_elf_file_is_told() {
    for file in [&b""[..], b"\x7fEL", b"#!/bin/sh\n", &[0; 100]] {
        let error = refused(file);
        assert!(matches!(error, LoadError::Elf(ElfError::NotElf)));
        assert!(error.to_string().contains("not a .bin or .hex"), "{error}");
    }
}

#[test]
fn truncated_files_are_told() {
    let file = Elf::default().bytes();
    for length in 4..file.len() {
        let error = refused(&file[..length]);
        assert!(
            matches!(error, LoadError::Elf(ElfError::Truncated { .. })),
            "{length}: {error}"
        );
        let text = error.to_string();
        assert!(
            text.contains("truncated") && text.ends_with("again"),
            "{text}"
        );
    }
    let cut = |length| refused(&file[..length]).to_string();
    assert!(cut(20).contains("the header"));
    assert!(cut(HEADER + 5).contains("the table of segments"));
    assert!(cut(HEADER + SEGMENT_HEADER + 3).contains("the segment at 0x00000000"));
}

#[test]
fn a_truncated_program_with_symbols_is_told() {
    for length in 4..THERMOSTAT.len() {
        let error = refused(&THERMOSTAT[..length]);
        assert!(
            matches!(
                error,
                LoadError::Elf(ElfError::Truncated { .. } | ElfError::Damaged(_))
            ),
            "{length}: {error}"
        );
    }
}

#[test]
fn files_for_other_machines_are_told() {
    let of = |change: fn(&mut Elf)| {
        let mut elf = Elf::default();
        change(&mut elf);
        let error = refused_elf(&elf);
        assert!(matches!(
            error,
            LoadError::Elf(ElfError::Architecture { .. })
        ));
        let text = error.to_string();
        assert!(text.contains("thumbv7em-none-eabihf"), "{text}");
        text
    };
    assert!(of(|elf| elf.class = 2).contains("a 64-bit machine"));
    assert!(of(|elf| elf.byte_order = 2).contains("a big-endian machine"));
    assert!(of(|elf| elf.machine = 243).contains("RISC-V"));
    assert!(of(|elf| elf.machine = 0x1234).contains("processor number 4660"));
    // The test itself is for the machine it runs on.
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    if own.starts_with(b"\x7fELF") {
        assert!(refused(&own).to_string().contains("64-bit"));
    }
}

#[test]
fn what_is_not_linked_is_told() {
    for (kind, words) in [(1, "an object file"), (3, "of type 3"), (4, "of type 4")] {
        let error = refused_elf(&Elf {
            kind,
            ..Elf::default()
        });
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().contains("the linker's output"), "{error}");
    }
    let error = refused_elf(&Elf {
        segments: Vec::new(),
        ..Elf::default()
    });
    assert!(error.to_string().contains("link.x"), "{error}");
}

#[test]
fn segments_outside_the_memory_map_are_told() {
    for (address, length) in [
        (0x0010_0000, 4),
        (0x000F_FFFE, 4),
        (0x0800_0000, 16),
        (RAM - 4, 4),
        (RAM - 2, 4),
        (RAM + 0x3_FFFE, 4),
        (0x4000_0000, 4),
        (0x0083_FFFC, 8),
        (u32::MAX - 3, 4),
    ] {
        let mut elf = Elf::default();
        elf.segments.push((address, vec![0; length]));
        let error = refused_elf(&elf);
        let LoadError::OutsideMemory { start, .. } = error else {
            panic!("{address:#x}: {error}")
        };
        assert_eq!(start, u64::from(address));
        let text = error.to_string();
        assert!(
            text.contains("flash from 0x00000000 to 0x00100000 and RAM from 0x20000000"),
            "{text}"
        );
        assert!(text.contains("memory.x"), "{text}");
    }
    let mut elf = Elf::default();
    elf.segments.push((u32::MAX - 2, vec![0; 4]));
    let error = refused_elf(&elf);
    assert!(matches!(
        error,
        LoadError::Elf(ElfError::AddressSpace { .. })
    ));
}

#[test]
fn overlapping_segments_are_told() {
    let mut elf = Elf::default();
    elf.segments.push((8, vec![0; 4]));
    let error = refused_elf(&elf);
    assert!(matches!(error, LoadError::Elf(ElfError::Overlap { .. })));
    let text = error.to_string();
    assert!(
        text.contains("0x00000000..0x0000000c and 0x00000008..0x0000000c"),
        "{text}"
    );
    // Side by side is fine, in any order.
    elf.segments[1].0 = 12;
    elf.segments.reverse();
    machine().load_elf(&elf.bytes()).unwrap();
}

#[test]
fn a_program_without_a_vector_table_is_told() {
    let mut elf = Elf::default();
    elf.segments[0].0 = 0x2_7000;
    elf.entry = 0x2_7009;
    let error = refused_elf(&elf);
    assert!(matches!(error, LoadError::NoVectorTable { address: 0 }));
    assert!(error.to_string().contains("bootloader"), "{error}");
    let mut short = Elf {
        entry: 0,
        ..Elf::default()
    };
    short.segments[0].1.truncate(6);
    assert!(matches!(
        refused_elf(&short),
        LoadError::NoVectorTable { address: 0 }
    ));
}

#[test]
fn a_program_for_another_chip_is_told() {
    // The nRF52840's flash begins at 0, where the STM32L4R5 shows its own again.
    let nordic = Elf::default();
    let mut machine = Machine::new("stm32l4r5").unwrap();
    let error = machine.load_elf(&nordic.bytes()).unwrap_err();
    assert!(matches!(
        error,
        LoadError::NoVectorTable {
            address: 0x0800_0000
        }
    ));
    assert!(error.to_string().contains("another chip"), "{error}");

    let mut st = Elf {
        entry: 0x0800_0009,
        ..Elf::default()
    };
    st.segments[0].0 = 0x0800_0000;
    st.segments[0].1[4..8].copy_from_slice(&0x0800_0009_u32.to_le_bytes());
    let error = refused_elf(&st);
    assert!(matches!(
        error,
        LoadError::OutsideMemory {
            start: 0x0800_0000,
            ..
        }
    ));
    machine.load_elf(&st.bytes()).expect("it is at home there");
    assert_eq!(machine.pc(), 0x0800_0008);
}

#[test]
fn a_vector_table_that_is_none_is_told() {
    let with = |at: usize, value: u32| {
        let mut elf = Elf::default();
        elf.segments[0].1[at..at + 4].copy_from_slice(&value.to_le_bytes());
        elf.bytes()
    };
    for value in [0, 0x1000, RAM, RAM + 0x4_0004, u32::MAX] {
        let error = refused(&with(0, value));
        assert!(matches!(error, LoadError::StackPointer { value: v } if v == value));
    }
    machine().load_elf(&with(0, RAM + 0x4_0000)).unwrap();
    for value in [0, 8, 0xFFFF_FFFF, 0x101, RAM + 1] {
        let error = refused(&with(4, value));
        assert!(matches!(error, LoadError::ResetVector { value: v } if v == value));
        assert!(
            error.to_string().contains("first thing in flash"),
            "{error}"
        );
    }
}

#[test]
fn an_entry_point_outside_is_told() {
    for entry in [0xD, 0x100, RAM + 1, u32::MAX] {
        let error = refused_elf(&Elf {
            entry,
            ..Elf::default()
        });
        assert!(matches!(error, LoadError::Elf(ElfError::Entry { entry: e }) if e == entry));
    }
    // None was given.
    let elf = Elf {
        entry: 0,
        ..Elf::default()
    };
    machine().load_elf(&elf.bytes()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is changed in a file: a program, or an error.
    #[test]
    fn damaged_files_load_or_are_refused(
        changes in prop::collection::vec((0..THERMOSTAT.len(), any::<u8>()), 1..8),
        length in prop::option::of(0..THERMOSTAT.len()),
    ) {
        let mut file = THERMOSTAT.to_vec();
        for (at, value) in changes {
            file[at] = value;
        }
        file.truncate(length.unwrap_or(usize::MAX));
        let mut machine = machine();
        if machine.load_elf(&file).is_ok() {
            machine.run(2000);
            machine.start_profile();
            machine.run(2000);
            let profile = machine.stop_profile();
            prop_assert!(profile.cycles >= 2000 || machine.run(1) != Ended::Budget);
            let _ = machine.run_to("main", 1000);
        }
    }

    /// The headers are where damage matters most.
    #[test]
    fn damaged_headers_load_or_are_refused(
        changes in prop::collection::vec((0..HEADER + 4 * SEGMENT_HEADER, any::<u8>()), 1..6),
        symbols in prop::collection::vec((0x234..THERMOSTAT.len(), any::<u8>()), 0..6),
    ) {
        let mut file = THERMOSTAT.to_vec();
        for (at, value) in changes.into_iter().chain(symbols) {
            file[at] = value;
        }
        if let Ok(image) = Image::parse(&file) {
            let mut machine = machine();
            if machine.load(&image).is_ok() {
                machine.run(1000);
            }
            for symbol in image.symbols().iter() {
                let _ = image.symbols().find(&symbol.name);
                let _ = image.symbols().function_at(symbol.address);
            }
        }
    }

    /// Anything behind the magic number.
    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut file = b"\x7fELF\x01\x01\x01".to_vec();
        file.extend(bytes);
        prop_assert!(machine().load_elf(&file).is_err());
    }
}
