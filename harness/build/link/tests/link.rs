//! A small program is linked, and what is damaged is refused.

use object::elf::{R_ARM_ABS32, R_ARM_THM_PC22};
use object::write::{
    Object as Made, Relocation, SectionId, StandardSegment, Symbol, SymbolId, SymbolSection,
};
use object::{
    Architecture, BinaryFormat, Endianness, File, Object, ObjectSection, ObjectSymbol,
    RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};
use proptest::prelude::*;
use tinybench_link::{
    LinkError, Memory, Objects, Parts, Place, ROOTS, Unit, join, link, read, split,
};
use tinybench_pipeline::tables::Tables;

const NOWHERE: Parts = Parts {
    model: b"a model",
    operators: None,
    room_words: 3,
    front_end: None,
};

const PLACE: Place = Place {
    flash: Memory {
        origin: 0x0800_0000,
        length: 0x1000,
    },
    ram: Memory {
        origin: 0x2000_0000,
        length: 0x800,
    },
    stack_bytes: 0x400,
    runtime: &["engine"],
    code_offset: 0,
};

/// An object that is being written.
struct Writing(Made<'static>);

impl Writing {
    fn new() -> Self {
        Self(Made::new(
            BinaryFormat::Elf,
            Architecture::Arm,
            Endianness::Little,
        ))
    }

    fn section(&mut self, name: &str, kind: SectionKind, bytes: &[u8]) -> SectionId {
        let segment = self.0.segment_name(StandardSegment::Text).to_vec();
        let section = self.0.add_section(segment, name.as_bytes().to_vec(), kind);
        self.0.append_section_data(section, bytes, 4);
        section
    }

    fn symbol(&mut self, name: &str, of: Option<SectionId>, kind: SymbolKind) -> SymbolId {
        let thumb = u64::from(kind == SymbolKind::Text);
        self.0.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: if of.is_some() { thumb } else { 0 },
            size: 4,
            kind,
            scope: SymbolScope::Dynamic,
            weak: false,
            section: of.map_or(SymbolSection::Undefined, SymbolSection::Section),
            flags: SymbolFlags::None,
        })
    }

    /// A function, or a constant, in a section of its own.
    fn code(&mut self, name: &str, bytes: &[u8]) -> SectionId {
        let section = self.section(&format!(".text.{name}"), SectionKind::Text, bytes);
        self.symbol(name, Some(section), SymbolKind::Text);
        section
    }

    fn refer(&mut self, section: SectionId, offset: u64, symbol: SymbolId, kind: u32) {
        let relocation = Relocation {
            offset,
            symbol,
            // What is added is in the bytes.
            addend: 0,
            flags: RelocationFlags::Elf { r_type: kind },
        };
        self.0.add_relocation(section, relocation).unwrap();
    }
}

/// BL to somewhere.
const BL: [u8; 4] = [0xFF, 0xF7, 0xFE, 0xFF];

/// Vectors, a function that calls the engine, what is found beside the model, and what nobody needs.
fn program() -> Vec<u8> {
    let mut object = Writing::new();
    let reset = object.code("Reset", &BL);
    let engine = object.symbol("engine", None, SymbolKind::Unknown);
    object.refer(reset, 0, engine, R_ARM_THM_PC22);
    let handler = object.code("DefaultHandler", &[0xFE, 0xE7, 0, 0]);
    let parts = object.symbol("TINYBENCH_PARTS", None, SymbolKind::Unknown);
    object.refer(handler, 0, parts, R_ARM_ABS32);
    for (name, symbol) in [
        ("reset_vector", "__RESET_VECTOR"),
        ("exceptions", "__EXCEPTIONS"),
        ("interrupts", "__INTERRUPTS"),
    ] {
        let name = format!(".vector_table.{name}");
        let section = object.section(&name, SectionKind::ReadOnlyData, &[0; 4]);
        object.symbol(symbol, Some(section), SymbolKind::Data);
        let target = object.symbol(&format!("of{symbol}"), Some(reset), SymbolKind::Text);
        object.refer(section, 0, target, R_ARM_ABS32);
    }
    object.code("nobody_needs_this", &[0; 64]);
    object.0.write().unwrap()
}

fn engine() -> Vec<u8> {
    let mut object = Writing::new();
    let section = object.code("engine", &[0x70, 0x47, 0, 0, 0, 0, 0, 0]);
    // One text twice, and another, in a section of constants that can be merged.
    let texts = b"one\0two\0one\0";
    let merged = object.section(".rodata.str1.1", SectionKind::ReadOnlyString, texts);
    let symbol = object.0.section_symbol(merged);
    object.refer(section, 4, symbol, R_ARM_ABS32);
    object.0.write().unwrap()
}

/// An engine that finds its front end, and two of the transforms that front ends have.
fn engine_for_audio() -> Objects {
    let mut engine = Writing::new();
    let section = engine.code("engine", &[0; 8]);
    for (offset, name) in [(0, "TINYBENCH_FRONT_END"), (4, "compute")] {
        let symbol = engine.symbol(name, None, SymbolKind::Unknown);
        engine.refer(section, offset, symbol, R_ARM_ABS32);
    }
    let mut pipeline = Writing::new();
    for name in [
        "compute",
        "_ZN18tinybench_pipeline3fft8rfft_25617h0123456789abcdefE",
        "_ZN18tinybench_pipeline3fft8rfft_51217h0123456789abcdefE",
    ] {
        pipeline.code(name, &[0x70, 0x47, 0, 0]);
    }
    let members = [
        ("main-1.o", program()),
        ("engine-2.o", engine.0.write().unwrap()),
        ("pipeline-3.o", pipeline.0.write().unwrap()),
    ];
    read(&archive(&members), &ROOTS, false).unwrap()
}

/// With memory for a front end to work in.
const ROOMY: Place = Place {
    ram: Memory {
        length: 0x1000,
        ..PLACE.ram
    },
    ..PLACE
};

fn tables(fft: usize) -> Tables {
    let text = format!(
        "mfcc rate=8000 frames=5 window=200 hop=100 fft={fft} bands=10 low=20 high=4000 floor=0.00001 coefficients=3"
    );
    text.parse().and_then(Tables::new).unwrap()
}

/// Members as an archive has them.
fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, member) in members {
        let header = format!(
            "{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            format!("{name}/"),
            0,
            0,
            0,
            644,
            member.len()
        );
        bytes.extend(header.as_bytes());
        bytes.extend(member);
        if member.len() % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    bytes
}

fn library() -> Vec<u8> {
    archive(&[("main-1.o", program()), ("engine-2.o", engine())])
}

fn objects() -> Objects {
    read(&library(), &ROOTS, false).unwrap()
}

fn section(file: &File, name: &str) -> (u64, Vec<u8>) {
    let section = file.section_by_name(name).unwrap();
    (section.address(), section.data().unwrap().to_vec())
}

fn address(file: &File, name: &str) -> u64 {
    let mut symbols = file.symbols();
    symbols.find(|it| it.name() == Ok(name)).unwrap().address()
}

fn word(bytes: &[u8], at: usize) -> u64 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()).into()
}

#[test]
fn what_is_needed_is_in_its_place_and_the_rest_is_not() {
    let elf = link(objects(), &NOWHERE, &PLACE).unwrap();
    let file = File::parse(&*elf).unwrap();
    let (start, vectors) = section(&file, ".vector_table");
    assert_eq!((start, vectors.len()), (0x0800_0000, 16));
    assert_eq!(word(&vectors, 0), 0x2000_0800);
    let reset = address(&file, "Reset");
    assert_eq!(word(&vectors, 4), reset);
    assert_eq!(file.entry(), reset);

    let (model, bytes) = section(&file, ".tinybench.model");
    assert_eq!((model, &bytes[..7]), (0x0800_0010, &b"a model"[..]));
    let (engine, code) = section(&file, ".tinybench.runtime");
    assert_eq!(engine, 0x0800_0020);
    assert_eq!(address(&file, "engine"), engine + 1);
    // The engine and a text; that which nothing refers to isn't there.
    assert_eq!(word(&code, 4), engine + 8);
    assert_eq!(&code[8..], b"one\0");

    // bl engine
    let (text, code) = section(&file, ".text");
    let at = (reset - 1 - text) as usize;
    let halves = [0, 2].map(|it| u32::from(u16::from_le_bytes([code[at + it], code[at + it + 1]])));
    let offset = (halves[1] & 0x7FF) << 1 | (halves[0] & 0x3FF) << 12;
    let sign = if halves[0] & 0x400 != 0 {
        u64::MAX << 22
    } else {
        0
    };
    assert_eq!(
        (reset - 1 + 4).wrapping_add(u64::from(offset) | sign),
        engine
    );

    // The parts, which the handler's word leads to.
    let handler = address(&file, "DefaultHandler") - 1 - text;
    let (harness, parts) = section(&file, ".tinybench.harness");
    let at = (word(&code, handler as usize) - 0xE7FE - harness) as usize;
    let words: Vec<_> = (0..6).map(|it| word(&parts, at + 4 * it)).collect();
    assert_eq!(words[..2], [model, 7]);
    assert_eq!(words[3..], [0, 0x2000_0000, 3]);
    assert!(
        file.symbols()
            .all(|it| it.name() != Ok("nobody_needs_this"))
    );
}

#[test]
fn code_can_be_moved() {
    let moved = Place {
        code_offset: 12,
        ..PLACE
    };
    let elf = link(objects(), &NOWHERE, &moved).unwrap();
    let file = File::parse(&*elf).unwrap();
    assert_eq!(address(&file, "engine"), 0x0800_002C + 1);
}

#[test]
fn what_does_not_fit_is_told_with_both_sizes() {
    let told = |flash, ram| {
        let place = Place {
            flash: Memory {
                length: flash,
                ..PLACE.flash
            },
            ram: Memory {
                length: ram,
                ..PLACE.ram
            },
            ..PLACE
        };
        link(objects(), &NOWHERE, &place).unwrap_err().to_string()
    };
    assert_eq!(
        told(0x20, 0x800),
        "the firmware is too big for FLASH: it needs 88 bytes, the board has 32"
    );
    assert_eq!(
        told(0x1000, 0x408),
        "the firmware is too big for RAM: it needs 1036 bytes, the board has 1032"
    );
}

#[test]
fn names_that_are_missing_and_those_that_are_there_twice_are_told() {
    let alone = archive(&[("main-1.o", program())]);
    let alone = read(&alone, &ROOTS, false).unwrap();
    let Err(LinkError::Undefined(names)) = link(alone, &NOWHERE, &PLACE) else {
        panic!("it was linked without its engine")
    };
    assert!(names.contains("engine") && names.len() == 1, "{names:?}");
    // The second one is taken for a name that it alone has.
    let mut other = Writing::new();
    other.code("engine", &[0; 4]);
    other.code("HardFaultTrampoline", &[0; 4]);
    let members = [
        ("main-1.o", program()),
        ("engine-2.o", engine()),
        ("other-3.o", other.0.write().unwrap()),
    ];
    let twice = read(&archive(&members), &ROOTS, false);
    assert!(matches!(twice, Err(LinkError::Twice(name)) if name == "engine"));
}

#[test]
fn an_operator_that_no_runtime_has_is_refused() {
    let parts = Parts {
        operators: Some(&["CONV_2D_INT8"]),
        ..NOWHERE
    };
    let error = link(objects(), &parts, &PLACE).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the runtime has no operator `CONV_2D_INT8`"
    );
}

#[test]
fn a_front_end_is_data_beside_the_one_transform_that_it_needs() {
    let tables = tables(256);
    let parts = Parts {
        front_end: Some(&tables),
        ..NOWHERE
    };
    let elf = link(engine_for_audio(), &parts, &ROOMY).unwrap();
    let file = File::parse(&*elf).unwrap();
    let (engine, code) = section(&file, ".tinybench.runtime");
    let (harness, constants) = section(&file, ".tinybench.harness");
    let structure = address(&file, "TINYBENCH_FRONT_END");
    assert_eq!((word(&code, 0), engine % 16), (structure, 0));
    let words: Vec<_> = (0..17)
        .map(|it| word(&constants, (structure - harness) as usize + 4 * it))
        .collect();
    let transform = "_ZN18tinybench_pipeline3fft8rfft_25617h0123456789abcdefE";
    assert_eq!(words[..4], [5, 100, 256, address(&file, transform)]);
    assert_eq!(words[4..7], [10, 1e-5_f32.to_bits().into(), 1]);
    // Addresses and lengths of window, edges, weights and DCT, in the pipeline's part of flash.
    let bins = tables.edges.len() as u64;
    let lengths = [8, 10, 12, 14].map(|it| words[it]);
    assert_eq!(lengths, [200, bins, bins, 30]);
    let (pipeline, bytes) = section(&file, ".tinybench.pipeline");
    let edges = (words[9] - pipeline) as usize;
    assert_eq!(bytes[edges..][..tables.edges.len()], tables.edges);
    let window = (words[7] - pipeline) as usize;
    assert_eq!(
        word(&bytes, window + 400),
        u64::from(tables.window[100].to_bits())
    );
    // Memory of its own to work in.
    assert_eq!(words[16], 256 + 10 + 2);
    let work = file.section_by_name(".tinybench.pipeline.bss").unwrap();
    assert_eq!((work.address(), work.size()), (words[15], 4 * words[16]));
    assert!(
        file.symbols()
            .all(|it| !it.name().unwrap().contains("rfft_512"))
    );
}

#[test]
fn a_front_end_that_is_not_there_is_told() {
    let error = |front_end| {
        let parts = Parts {
            front_end,
            ..NOWHERE
        };
        let linked = link(engine_for_audio(), &parts, &ROOMY);
        linked.unwrap_err().to_string()
    };
    assert_eq!(
        error(None),
        "the firmware can't be linked: nothing defines `TINYBENCH_FRONT_END`"
    );
    assert_eq!(
        error(Some(&tables(1024))),
        "the firmware's library can't be linked: it lacks a Fourier transform"
    );
}

#[test]
fn objects_that_were_kept_serve_every_front_end() {
    let units = split(&engine_for_audio()).unwrap();
    for size in [256, 512] {
        let tables = tables(size);
        let parts = Parts {
            front_end: Some(&tables),
            ..NOWHERE
        };
        let kept = join(units.clone()).unwrap();
        let [before, after] =
            [engine_for_audio(), kept].map(|it| link(it, &parts, &ROOMY).unwrap());
        let [before, after] = [&before, &after].map(|it| File::parse(&**it).unwrap());
        for name in [".tinybench.pipeline", ".tinybench.harness", ".text"] {
            assert_eq!(section(&before, name), section(&after, name), "{name}");
        }
    }
}

#[test]
fn objects_that_were_kept_give_the_same_image() {
    let bytes: Vec<_> = split(&objects())
        .unwrap()
        .iter()
        .map(Unit::to_bytes)
        .collect();
    assert_eq!(bytes.len(), 2);
    let units = bytes.iter().map(|it| Unit::from_bytes(it).unwrap());
    let kept = join(units.collect()).unwrap();
    let [before, after] = [objects(), kept].map(|it| link(it, &NOWHERE, &PLACE).unwrap());
    let [before, after] = [&before, &after].map(|it| File::parse(&**it).unwrap());
    for name in [
        ".vector_table",
        ".tinybench.runtime",
        ".text",
        ".tinybench.harness",
    ] {
        assert_eq!(section(&before, name), section(&after, name), "{name}");
    }
}

proptest! {
    #[test]
    fn a_damaged_library_is_linked_or_refused(at in 0_usize..4096, with: u8, length in 0_usize..4096) {
        let mut library = library();
        let at = at % library.len();
        library[at] = with;
        for bytes in [&library[..], &library[..length.min(library.len())]] {
            if let Ok(objects) = read(bytes, &ROOTS, true) {
                let _ = link(objects.clone(), &NOWHERE, &PLACE);
                let _ = split(&objects);
            }
        }
    }

    #[test]
    fn damaged_objects_are_linked_or_refused(at in 0_usize..2048, with: u8) {
        let mut all: Vec<_> = split(&objects()).unwrap().iter().map(Unit::to_bytes).collect();
        let last = all.len() - 1;
        let at = at % all[last].len();
        all[last][at] = with;
        let units: Result<Vec<_>, _> = all.iter().map(|it| Unit::from_bytes(it)).collect();
        if let Ok(objects) = units.and_then(join) {
            let _ = link(objects, &NOWHERE, &PLACE);
        }
    }
}
