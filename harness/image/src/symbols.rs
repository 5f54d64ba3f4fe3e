//! From addresses to functions and source lines.

use std::sync::Arc;

use gimli::{EndianArcSlice, LittleEndian};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

use super::{Elf, ImageError};

/// Where an instruction comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Name of the function, with its path.
    pub function: String,
    /// Source file, if the image has line information for the address.
    pub file: Option<String>,
    /// Line in that file, from 1.
    pub line: Option<u32>,
}

type Reader = EndianArcSlice<LittleEndian>;

/// What an image says about addresses.
pub(super) struct Symbols {
    lines: addr2line::Context<Reader>,
    /// Functions of the symbol table, sorted by address.
    functions: Vec<Function>,
}

/// A function of the symbol table.
struct Function {
    start: u32,
    size: u32,
    name: String,
}

impl Symbols {
    pub(super) fn of(file: &Elf) -> Result<Self, ImageError> {
        let section = |id: gimli::SectionId| -> Result<Reader, ImageError> {
            let data = match file.section_by_name(id.name()) {
                Some(section) => section.uncompressed_data()?,
                None => (&[]).into(),
            };
            Ok(EndianArcSlice::new(Arc::from(&*data), LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(section)?;
        let mut functions: Vec<_> = file
            .symbols()
            .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition())
            .filter_map(|symbol| {
                Some(Function {
                    // The lowest bit says that the code is Thumb.
                    start: u32::try_from(symbol.address()).ok()? & !1,
                    size: u32::try_from(symbol.size()).ok()?,
                    name: demangle(symbol.name().ok()?),
                })
            })
            .collect();
        // Aliases that a linker script makes have no size and would hide what they stand for.
        functions.retain(|function: &Function| function.size > 0);
        functions.sort_by_key(|function| function.start);
        Ok(Self {
            lines: addr2line::Context::from_dwarf(dwarf)?,
            functions,
        })
    }

    pub(super) fn find(&self, pc: u32) -> Option<Location> {
        let pc = pc & !1;
        self.in_debug_information(pc)
            .or_else(|| self.in_symbol_table(pc))
    }

    /// Name of the function of the symbol table that `pc` is in.
    pub(super) fn function_name(&self, pc: u32) -> Option<&str> {
        Some(&self.function(pc & !1)?.name)
    }

    /// All that is known of an address, innermost frame first.
    pub(super) fn frames(&self, pc: u32) -> Vec<Location> {
        let pc = pc & !1;
        let frames: Vec<_> = self.debug_frames(pc).collect();
        match frames.is_empty() {
            true => self.in_symbol_table(pc).into_iter().collect(),
            false => frames,
        }
    }

    /// The innermost frame of what the debug information says, if it is readable there.
    fn in_debug_information(&self, pc: u32) -> Option<Location> {
        self.debug_frames(pc).next()
    }

    /// The frames of what the debug information says, innermost first, as far as it is readable.
    fn debug_frames(&self, pc: u32) -> impl Iterator<Item = Location> {
        let found = self.lines.find_frames(u64::from(pc)).skip_all_loads();
        let mut frames = found.ok();
        std::iter::from_fn(move || {
            let frame = frames.as_mut()?.next().ok()??;
            let name = frame
                .function
                .and_then(|function| Some(demangle(&function.raw_name().ok()?)));
            let name = name.or_else(|| Some(self.function(pc)?.name.clone()))?;
            let (file, line) = match frame.location {
                Some(location) => (location.file.map(str::to_owned), location.line),
                None => (None, None),
            };
            Some(Location {
                function: name,
                file,
                line,
            })
        })
    }

    fn in_symbol_table(&self, pc: u32) -> Option<Location> {
        let function = self.function(pc)?.name.clone();
        Some(Location {
            function,
            file: None,
            line: None,
        })
    }

    /// The function of the symbol table that `pc` is in.
    fn function(&self, pc: u32) -> Option<&Function> {
        let behind = self
            .functions
            .partition_point(|function| function.start <= pc);
        let function = self.functions.get(behind.checked_sub(1)?)?;
        (pc - function.start < function.size).then_some(function)
    }
}

/// The name as it is in the source, without the compiler's hash.
pub(super) fn demangle(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
