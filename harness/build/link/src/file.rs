//! The image as an ELF file.

use object::Endianness;
use object::elf::{
    EF_ARM_ABI_FLOAT_HARD, EF_ARM_EABI_VER5, ELFOSABI_NONE, EM_ARM, ET_EXEC, PF_R, PF_W, PF_X,
    PT_LOAD, SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHN_ABS, SHT_NOBITS, SHT_PROGBITS, STB_GLOBAL,
    STB_LOCAL, STT_NOTYPE, STT_SECTION,
};
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Sym, Writer};
use object::write::{Error, StringId};

use super::debug::Debug;
use super::layout::{Layout, Output, VECTORS};
use super::names::ENTRY;
use super::objects::{Kind, Objects};
use super::relocate::Values;
use super::{LinkError, objects};

/// What fills the gaps between instructions: an undefined one, UDF #0xD4.
const GAP: u8 = 0xD4;

impl From<Error> for LinkError {
    fn from(_: Error) -> Self {
        Self::Damaged("too large for an ELF file")
    }
}

/// A section of the file.
struct Written {
    name: Option<StringId>,
    kind: u32,
    flags: u32,
    address: u32,
    align: u32,
    size: u32,
    offset: usize,
    bytes: Vec<u8>,
}

/// Bytes that are loaded one after the other: first and last section, both counted from 0.
struct Segment {
    first: usize,
    last: usize,
    flags: u32,
}

/// Writes the image.
pub(crate) fn write(
    objects: &Objects,
    layout: &Layout,
    debug: &Debug,
    values: &Values,
) -> Result<Vec<u8>, LinkError> {
    let segments = segments(&layout.outputs);
    let symbols = symbols(objects, layout, values);
    let mut file = Vec::new();
    let mut writer = Writer::new(Endianness::Little, false, &mut file);
    let mut written = Vec::new();
    for output in &layout.outputs {
        written.push(Written {
            name: Some(writer.add_section_name(output.name.as_bytes())),
            ..loaded(objects, layout, values, output)?
        });
    }
    for (name, joined) in &debug.outputs {
        let mut bytes = vec![0; joined.size as usize];
        for &(index, offset) in &joined.inputs {
            let section = &objects.sections[index as usize];
            put(&mut bytes, offset, &values.write(objects, section, 0)?)?;
        }
        written.push(Written {
            name: Some(writer.add_section_name(name.as_bytes())),
            kind: SHT_PROGBITS,
            flags: 0,
            address: 0,
            align: 1,
            size: joined.size,
            offset: 0,
            bytes,
        });
    }
    lay_out(&mut writer, &mut written, &segments, &layout.outputs);

    let ids: Vec<StringId> = symbols
        .iter()
        .map(|symbol| writer.add_string(symbol.name.as_bytes()))
        .collect();
    writer.reserve_null_section_index();
    let indices: Vec<_> = written
        .iter()
        .map(|_| writer.reserve_section_index())
        .collect();
    writer.reserve_null_symbol_index();
    for symbol in &symbols {
        writer.reserve_symbol_index(symbol.section.map(|at| indices[at]));
    }
    writer.reserve_symtab_section_index();
    writer.reserve_symtab();
    writer.reserve_strtab_section_index();
    writer.reserve_strtab();
    writer.reserve_shstrtab_section_index();
    writer.reserve_shstrtab();
    writer.reserve_section_headers();

    let entry = objects
        .global(ENTRY)
        .and_then(|at| values.get(at))
        .unwrap_or(0);
    writer.write_file_header(&FileHeader {
        os_abi: ELFOSABI_NONE,
        abi_version: 0,
        e_type: ET_EXEC,
        e_machine: EM_ARM,
        e_entry: entry.into(),
        e_flags: EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_HARD,
    })?;
    writer.write_align_program_headers();
    for segment in &segments {
        let (first, last) = (
            &layout.outputs[segment.first],
            &layout.outputs[segment.last],
        );
        let in_memory = last.address + last.size - first.address;
        let in_file = if first.kind == Kind::Zeroed {
            0
        } else {
            in_memory
        };
        writer.write_program_header(&ProgramHeader {
            p_type: PT_LOAD,
            p_flags: segment.flags,
            p_offset: written[segment.first].offset as u64,
            p_vaddr: first.address.into(),
            p_paddr: first.load_address.into(),
            p_filesz: in_file.into(),
            p_memsz: in_memory.into(),
            p_align: 4,
        });
    }
    for section in &written {
        if section.kind == SHT_PROGBITS {
            writer.pad_until(section.offset);
            writer.write(&section.bytes);
        }
    }
    writer.write_null_symbol();
    for (symbol, &name) in symbols.iter().zip(&ids) {
        writer.write_symbol(&Sym {
            name: Some(name),
            section: symbol.section.map(|at| indices[at]),
            st_info: symbol.binding << 4 | symbol.kind,
            st_other: 0,
            st_shndx: if symbol.section.is_none() { SHN_ABS } else { 0 },
            st_value: symbol.value.into(),
            st_size: symbol.size.into(),
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();
    writer.write_null_section_header();
    for section in &written {
        writer.write_section_header(&SectionHeader {
            name: section.name,
            sh_type: section.kind,
            sh_flags: section.flags.into(),
            sh_addr: section.address.into(),
            sh_offset: section.offset as u64,
            sh_size: section.size.into(),
            sh_link: 0,
            sh_info: 0,
            sh_addralign: section.align.into(),
            sh_entsize: 0,
        });
    }
    let locals = symbols.iter().filter(|it| it.binding == STB_LOCAL).count();
    writer.write_symtab_section_header(locals as u32 + 1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    Ok(file)
}

/// A section of the target's memory with its bytes.
fn loaded(
    objects: &Objects,
    layout: &Layout,
    values: &Values,
    output: &Output,
) -> Result<Written, LinkError> {
    let (kind, flags) = match output.kind {
        Kind::Code => (SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR),
        Kind::Data => (SHT_PROGBITS, SHF_ALLOC | SHF_WRITE),
        Kind::Zeroed => (SHT_NOBITS, SHF_ALLOC | SHF_WRITE),
        Kind::Constants | Kind::Debug => (SHT_PROGBITS, SHF_ALLOC),
    };
    let mut bytes = Vec::new();
    if kind == SHT_PROGBITS {
        let gap = if output.kind == Kind::Code { GAP } else { 0 };
        bytes = vec![gap; output.size as usize];
        if output.name == VECTORS {
            let stack = layout.names.get("_stack_start").copied().unwrap_or(0);
            put(&mut bytes, 0, &(stack & !7).to_le_bytes())?;
        }
        for &(index, offset) in &output.inputs {
            let section = &objects.sections[index as usize];
            let address = output.address.wrapping_add(offset);
            put(
                &mut bytes,
                offset,
                &values.write(objects, section, address)?,
            )?;
        }
    }
    Ok(Written {
        name: None,
        kind,
        flags,
        address: output.address,
        align: output.align,
        size: output.size,
        offset: 0,
        bytes,
    })
}

fn put(bytes: &mut [u8], offset: u32, part: &[u8]) -> Result<(), LinkError> {
    let place = bytes
        .get_mut(offset as usize..)
        .and_then(|it| it.get_mut(..part.len()));
    place
        .ok_or(LinkError::Damaged("a section that is longer than it says"))?
        .copy_from_slice(part);
    Ok(())
}

/// The parts of memory that are loaded, or zeroed, in one go.
fn segments(outputs: &[Output]) -> Vec<Segment> {
    let flags = |output: &Output| match output.kind {
        Kind::Code | Kind::Constants | Kind::Debug => PF_R | PF_X,
        Kind::Data | Kind::Zeroed => PF_R | PF_W,
    };
    let group = |output: &Output| (flags(output), output.kind == Kind::Zeroed);
    let mut segments: Vec<Segment> = Vec::new();
    for (at, output) in outputs.iter().enumerate() {
        match segments.last_mut() {
            Some(last) if group(&outputs[last.first]) == group(output) => last.last = at,
            _ => segments.push(Segment {
                first: at,
                last: at,
                flags: flags(output),
            }),
        }
    }
    segments.retain(|it| {
        outputs[it.first..=it.last]
            .iter()
            .any(|output| output.size > 0)
    });
    segments
}

/// Gives every section its place in the file: within a segment as far apart as in memory.
fn lay_out(
    writer: &mut Writer<'_>,
    written: &mut [Written],
    segments: &[Segment],
    outputs: &[Output],
) {
    writer.reserve_file_header();
    writer.reserve_program_headers(segments.len() as u32);
    for (at, section) in written.iter_mut().enumerate() {
        if section.kind == SHT_NOBITS {
            section.offset = writer.reserved_len();
            continue;
        }
        let within = segments.iter().find(|it| it.first < at && at <= it.last);
        match within {
            Some(_) => {
                let before = &outputs[at - 1];
                let gap = section.address - (before.address + before.size);
                writer.reserve(gap as usize, 1);
                section.offset = writer.reserve(section.size as usize, 1);
            }
            None => section.offset = writer.reserve(section.size as usize, 4),
        }
    }
}

/// A symbol of the file.
struct Chosen {
    name: String,
    /// Index among the sections that are written; none of a plain value.
    section: Option<usize>,
    value: u32,
    size: u32,
    kind: u8,
    binding: u8,
}

/// The names of what is in the image, those that no other object saw first.
fn symbols(objects: &Objects, layout: &Layout, values: &Values) -> Vec<Chosen> {
    let mut of_section = std::collections::BTreeMap::new();
    for (at, output) in layout.outputs.iter().enumerate() {
        of_section.extend(output.inputs.iter().map(|&(index, _)| (index, at)));
    }
    let chosen = |(index, symbol): (u32, &objects::Symbol)| {
        let section = *of_section.get(&symbol.section?)?;
        let named = !symbol.name.is_empty() && symbol.kind != STT_SECTION;
        let value = values.get(index).filter(|_| named)?;
        Some(Chosen {
            name: symbol.name.clone(),
            section: Some(section),
            value,
            size: symbol.size,
            kind: symbol.kind,
            binding: if symbol.global { STB_GLOBAL } else { STB_LOCAL },
        })
    };
    let mut all: Vec<Chosen> = (0..).zip(&objects.symbols).filter_map(chosen).collect();
    all.extend(layout.names.iter().map(|(name, &value)| Chosen {
        name: (*name).to_owned(),
        section: None,
        value,
        size: 0,
        kind: STT_NOTYPE,
        binding: STB_GLOBAL,
    }));
    all.sort_by_key(|symbol| symbol.binding != STB_LOCAL);
    all
}
