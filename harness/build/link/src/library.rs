//! Static libraries, as `rustc` writes them.

use std::collections::BTreeMap;

use object::elf::{
    FileHeader32, SHF_ALLOC, SHF_EXECINSTR, SHF_GNU_RETAIN, SHF_MERGE, SHF_STRINGS, SHF_WRITE,
    SHN_ABS, SHN_COMMON, SHN_UNDEF, SHT_NOBITS, SHT_PROGBITS, STB_LOCAL, STB_WEAK, STT_NOTYPE,
    STT_SECTION,
};
use object::read::archive::ArchiveFile;
use object::read::elf::{ElfFile32, Rel, SectionHeader, Sym, SymbolTable};
use object::{LittleEndian, SectionIndex};

use super::LinkError;
use super::objects::{Kind, Objects, Relocation, Section, Symbol};
use super::{pieces, relocate};

type Elf<'data> = ElfFile32<'data, LittleEndian>;
type Table<'data> = SymbolTable<'data, FileHeader32<LittleEndian>>;

const ENDIAN: LittleEndian = LittleEndian;

/// An object of a library that hasn't been taken yet.
struct Member<'data> {
    origin: String,
    file: Elf<'data>,
}

/// Reads the objects of a static library that define what `roots` name, and what those need in turn,
/// in the order that they have in the library. Debug information is left out unless `debug` is set.
///
/// # Errors
/// [`LinkError::Library`] if it isn't one, or holds what isn't 32-bit Arm.
pub fn read(library: &[u8], roots: &[&str], debug: bool) -> Result<Objects, LinkError> {
    let members = members(library)?;
    let taken = needed(&members, roots)?;
    let mut reading = Reading {
        objects: Objects::default(),
        globals: BTreeMap::new(),
        debug,
    };
    for at in taken {
        reading.add(&members[at])?;
    }
    Ok(reading.objects)
}

fn members(library: &[u8]) -> Result<Vec<Member<'_>>, LinkError> {
    let archive = ArchiveFile::parse(library)?;
    let mut members = Vec::new();
    for member in archive.members() {
        let member = member?;
        let bytes = member.data(library)?;
        if !bytes.starts_with(b"\x7fELF") {
            continue;
        }
        members.push(Member {
            origin: origin(&String::from_utf8_lossy(member.name())).to_owned(),
            file: Elf::parse(bytes)?,
        });
    }
    Ok(members)
}

/// The crate of an object called `tinybench_kernels-0123456789abcdef.tinybench_kernels.….o`.
fn origin(member: &str) -> &str {
    member.split(['-', '.']).next().unwrap_or(member)
}

/// The members that are needed, by their indices.
fn needed(members: &[Member], roots: &[&str]) -> Result<Vec<usize>, LinkError> {
    let mut definitions: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    let mut references: Vec<Vec<&str>> = Vec::new();
    for (at, member) in members.iter().enumerate() {
        let table = member.file.elf_symbol_table();
        let mut wanted = Vec::new();
        for symbol in table.symbols() {
            if symbol.st_bind() == STB_LOCAL {
                continue;
            }
            let name = name(table, symbol)?;
            if symbol.st_shndx(ENDIAN) == SHN_UNDEF {
                wanted.push(name);
                continue;
            }
            let weak = symbol.st_bind() == STB_WEAK;
            let known = definitions.entry(name).or_insert((at, weak));
            // The first definition counts, but for one that gives way.
            if known.1 && !weak {
                *known = (at, weak);
            }
        }
        references.push(wanted);
    }
    let mut taken = vec![false; members.len()];
    let mut open: Vec<&str> = roots.to_vec();
    while let Some(name) = open.pop() {
        if let Some(&(at, _)) = definitions.get(name)
            && !taken[at]
        {
            taken[at] = true;
            open.extend(&references[at]);
        }
    }
    Ok((0..members.len()).filter(|&at| taken[at]).collect())
}

fn name<'data, S>(table: &Table<'data>, symbol: &S) -> Result<&'data str, LinkError>
where
    S: Sym<Endian = LittleEndian>,
{
    let bytes = symbol.name(ENDIAN, table.strings())?;
    std::str::from_utf8(bytes).map_err(|_| LinkError::Damaged("a symbol's name is no text"))
}

/// A section of a member, as it was taken: in pieces, if it is of constants to be merged.
struct Taken {
    /// Index of its first piece among all sections.
    first: u32,
    /// Where each piece begins.
    starts: Vec<u32>,
}

impl Taken {
    /// The piece in which an offset is, and where in that.
    fn find(&self, offset: u32) -> (u32, u32) {
        let piece = self.starts.partition_point(|&start| start <= offset);
        let piece = piece.saturating_sub(1);
        let start = self.starts.get(piece).copied().unwrap_or(0);
        (self.first + piece as u32, offset.wrapping_sub(start))
    }
}

/// A symbol as a member's relocations refer to it.
#[derive(Clone, Copy)]
struct Referred {
    /// Its index among all symbols.
    index: u32,
    /// The section that is in pieces, if it is the symbol of one: what is added then tells which.
    pieces: Option<usize>,
}

/// What has been read.
struct Reading {
    objects: Objects,
    /// Global names, and which symbol each is.
    globals: BTreeMap<String, u32>,
    debug: bool,
}

impl Reading {
    fn add(&mut self, member: &Member) -> Result<(), LinkError> {
        let file = &member.file;
        let headers = file.elf_section_table();
        let mut sections: BTreeMap<usize, Taken> = BTreeMap::new();
        for (index, header) in headers.enumerate() {
            let name = std::str::from_utf8(headers.section_name(ENDIAN, header)?)
                .map_err(|_| LinkError::Damaged("a section's name is no text"))?;
            let Some(kind) = kind(header, name).filter(|&it| self.debug || it != Kind::Debug)
            else {
                continue;
            };
            let first = number(self.objects.sections.len())?;
            let bytes = header.data(ENDIAN, file.data())?.to_vec();
            let flags = header.sh_flags(ENDIAN);
            let section = Section {
                origin: member.origin.clone(),
                name: name.to_owned(),
                kind,
                align: align(header)?,
                size: header.sh_size(ENDIAN),
                bytes,
                keep: flags & SHF_GNU_RETAIN != 0,
                merge: kind == Kind::Constants
                    && flags & SHF_MERGE != 0
                    && header.sh_entsize(ENDIAN) > 0,
                relocations: Vec::new(),
            };
            let mut starts = vec![0];
            if section.merge {
                let entry = header.sh_entsize(ENDIAN);
                starts = pieces::starts(&section.bytes, entry, flags & SHF_STRINGS != 0);
                self.objects
                    .sections
                    .extend(pieces::split(&section, &starts));
            } else {
                self.objects.sections.push(section);
            }
            sections.insert(index.0, Taken { first, starts });
        }
        let symbols = self.symbols(file, &sections)?;
        for header in headers.iter() {
            let Some((relocations, _)) = header.rel(ENDIAN, file.data())? else {
                if header.rela(ENDIAN, file.data())?.is_some() {
                    return Err(LinkError::Damaged(
                        "relocations with addends beside the code",
                    ));
                }
                continue;
            };
            let of = header.info_link(ENDIAN).0;
            let Some(taken) = sections.get(&of) else {
                continue;
            };
            if taken.starts.len() > 1 {
                return Err(LinkError::Damaged("relocations in constants to be merged"));
            }
            let at = taken.first as usize;
            for relocation in relocations {
                let symbol = relocation.r_sym(ENDIAN) as usize;
                let symbol = *symbols
                    .get(symbol)
                    .ok_or(LinkError::Damaged("a relocation to no symbol"))?;
                let relocation = Relocation {
                    offset: relocation.r_offset(ENDIAN),
                    kind: relocation.r_type(ENDIAN),
                    symbol: symbol.index,
                };
                let relocation = match symbol.pieces.and_then(|index| sections.get(&index)) {
                    Some(pieces) => self.referring_to_piece(at, relocation, pieces)?,
                    None => relocation,
                };
                self.objects.sections[at].relocations.push(relocation);
            }
        }
        Ok(())
    }

    /// Takes an object's symbols: which of all symbols each of them is.
    fn symbols(
        &mut self,
        file: &Elf,
        sections: &BTreeMap<usize, Taken>,
    ) -> Result<Vec<Referred>, LinkError> {
        let table = file.elf_symbol_table();
        let mut indices = Vec::new();
        for (index, symbol) in table.enumerate() {
            let place = symbol.st_shndx(ENDIAN);
            if place == SHN_ABS && symbol.st_bind() != STB_LOCAL || place == SHN_COMMON {
                return Err(LinkError::Damaged("a common or absolute symbol"));
            }
            let of = table.symbol_section(ENDIAN, symbol, index)?;
            let taken = of.and_then(|SectionIndex(of)| sections.get(&of));
            let (section, value) = match taken {
                Some(taken) => {
                    let (section, value) = taken.find(symbol.st_value(ENDIAN));
                    (Some(section), value)
                }
                None => (None, symbol.st_value(ENDIAN)),
            };
            let split = taken.is_some_and(|it| it.starts.len() > 1);
            let pieces = of
                .map(|it| it.0)
                .filter(|_| split && symbol.st_type() == STT_SECTION);
            let global = symbol.st_bind() != STB_LOCAL;
            let made = Symbol {
                name: name(table, symbol)?.to_owned(),
                section,
                value,
                size: symbol.st_size(ENDIAN),
                kind: symbol.st_type(),
                global,
            };
            let index = self
                .objects
                .add(&mut self.globals, made, symbol.st_bind() == STB_WEAK)?;
            indices.push(Referred { index, pieces });
        }
        Ok(indices)
    }

    /// A reference to a split section, by its section's symbol and what is added, as one to the piece.
    fn referring_to_piece(
        &mut self,
        at: usize,
        relocation: Relocation,
        pieces: &Taken,
    ) -> Result<Relocation, LinkError> {
        let bytes = &mut self.objects.sections[at].bytes;
        let addend = relocate::addend(bytes, &relocation);
        let addend = addend.ok_or(LinkError::Damaged("a reference to constants"))?;
        let (section, rest) = pieces.find(addend.cast_unsigned());
        relocate::set_addend(bytes, &relocation, rest.cast_signed());
        let symbol = number(self.objects.symbols.len())?;
        self.objects.symbols.push(Symbol {
            name: String::new(),
            section: Some(section),
            value: 0,
            size: 0,
            kind: STT_NOTYPE,
            global: false,
        });
        Ok(Relocation {
            symbol,
            ..relocation
        })
    }
}

/// What a section holds, if it is one to link. Tables for unwinding aren't: nothing unwinds.
fn kind(
    header: &impl SectionHeader<Endian = LittleEndian, Word = u32>,
    name: &str,
) -> Option<Kind> {
    let flags: u32 = header.sh_flags(ENDIAN);
    let kind = header.sh_type(ENDIAN);
    if flags & SHF_ALLOC == 0 {
        return (kind == SHT_PROGBITS && name.starts_with(".debug_")).then_some(Kind::Debug);
    }
    match kind {
        SHT_NOBITS => Some(Kind::Zeroed),
        SHT_PROGBITS if flags & SHF_EXECINSTR != 0 => Some(Kind::Code),
        SHT_PROGBITS if flags & SHF_WRITE != 0 => Some(Kind::Data),
        SHT_PROGBITS => Some(Kind::Constants),
        _ => None,
    }
}

/// The alignment of a section, bytes.
fn align(header: &impl SectionHeader<Endian = LittleEndian, Word = u32>) -> Result<u32, LinkError> {
    let align = header.sh_addralign(ENDIAN).max(1);
    match align.is_power_of_two() && align <= 1 << 16 {
        true => Ok(align),
        false => Err(LinkError::Damaged("an alignment that is no power of two")),
    }
}

fn number(length: usize) -> Result<u32, LinkError> {
    u32::try_from(length).map_err(|_| LinkError::Damaged("too many sections or symbols"))
}
