//! Sections and symbols of relocatable objects, of whichever file they come from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::LinkError;

/// What a linker takes: the sections of some objects, in order, and their symbols.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// The sections, objects one after the other.
    pub sections: Vec<Section>,
    /// The symbols. A global name is there once, and so is one that nothing defines.
    pub symbols: Vec<Symbol>,
}

/// An input section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The crate it comes from, such as `tinybench_kernels`.
    pub origin: String,
    /// Its name, such as `.text.main`.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Alignment, bytes: a power of two.
    pub align: u32,
    /// Its bytes; none of what is zeroed.
    pub bytes: Vec<u8>,
    /// Size, bytes.
    pub size: u32,
    /// Whether it stays although nothing refers to it.
    pub keep: bool,
    /// Whether it can lie where another one of the same bytes does.
    pub merge: bool,
    /// What is to be written into its bytes.
    pub relocations: Vec<Relocation>,
}

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Instructions.
    Code,
    /// Constants.
    Constants,
    /// Variables with initial values.
    Data,
    /// Variables that are zero at first.
    Zeroed,
    /// Debug information, which isn't loaded.
    Debug,
}

/// An address to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relocation {
    /// Where in the section.
    pub offset: u32,
    /// `R_ARM_…` (ELF for the Arm Architecture, 5.6.1).
    pub kind: u32,
    /// Index of the symbol in [`Objects::symbols`].
    pub symbol: u32,
}

/// A symbol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// Its name; that of a section has none.
    pub name: String,
    /// Index of its section; none if nothing here defines it.
    pub section: Option<u32>,
    /// Offset in the section, with bit 0 set for a Thumb function.
    pub value: u32,
    /// Size, bytes.
    pub size: u32,
    /// `STT_…`
    pub kind: u8,
    /// Whether other objects see it.
    pub global: bool,
}

impl Objects {
    /// Adds a symbol, or has a global name mean it, if that has no place yet: its index.
    ///
    /// # Errors
    /// [`LinkError::Twice`] if it has, unless the new one gives way (`weak`).
    pub(crate) fn add(
        &mut self,
        globals: &mut BTreeMap<String, u32>,
        symbol: Symbol,
        weak: bool,
    ) -> Result<u32, LinkError> {
        let next = u32::try_from(self.symbols.len());
        let next = next.map_err(|_| LinkError::Damaged("too many symbols"))?;
        if !symbol.global {
            self.symbols.push(symbol);
            return Ok(next);
        }
        let Some(&known) = globals.get(&symbol.name) else {
            globals.insert(symbol.name.clone(), next);
            self.symbols.push(symbol);
            return Ok(next);
        };
        let before = &mut self.symbols[known as usize];
        if before.section.is_none() && symbol.section.is_some() {
            *before = symbol;
        } else if symbol.section.is_some() && !weak {
            return Err(LinkError::Twice(symbol.name));
        }
        Ok(known)
    }

    /// Index of the global symbol `name`, if there is one.
    pub(crate) fn global(&self, name: &str) -> Option<u32> {
        let found = |it: &Symbol| it.global && it.name == name;
        let at = self.symbols.iter().position(found)?;
        u32::try_from(at).ok()
    }

    /// What the objects define in modules whose paths end so, of one kind (`STT_…`): names and symbols.
    pub(crate) fn of_module(&self, module: &str, kind: u8) -> impl Iterator<Item = (String, u32)> {
        let defined =
            move |(_, symbol): &(u32, &Symbol)| symbol.section.is_some() && symbol.kind == kind;
        let symbols = (0..).zip(&self.symbols).filter(defined);
        symbols.filter_map(move |(index, symbol)| {
            let path = format!("{:#}", rustc_demangle::demangle(&symbol.name));
            let (folder, name) = path.rsplit_once("::")?;
            folder.ends_with(module).then(|| (name.to_owned(), index))
        })
    }
}
