//! The symbols of a program: from names to addresses and back.

use object::LittleEndian;
use object::elf::{FileHeader32, SHN_UNDEF, SHT_SYMTAB, STT_FUNC, STT_NOTYPE, STT_OBJECT, Sym32};
use object::read::elf::{FileHeader, Sym};

use super::error::ElfError;
use super::segments::Segment;

/// Names that an error proposes at most.
const PROPOSALS: usize = 5;

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// A function.
    Function,
    /// A variable or constant.
    Data,
    /// An address that the linker script or assembly names.
    Label,
}

/// One symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name as in the source: demangled, without the compiler's hash.
    pub name: String,
    /// The name as in the symbol table.
    pub mangled: String,
    /// Address, without the Thumb bit.
    pub address: u32,
    /// Bytes; 0 if the symbol table doesn't say.
    pub size: u32,
    /// What it stands for.
    pub kind: SymbolKind,
}

/// The symbols of a program, by ascending address.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    all: Vec<Symbol>,
    /// Addresses of each function with its number in `all`; they don't overlap.
    functions: Vec<(std::ops::Range<u32>, usize)>,
}

/// A place in a program: an address, or what a symbol stands for. Both convert into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location<'a> {
    /// An address; a Thumb bit is ignored where code is meant.
    Address(u32),
    /// A symbol: mangled, demangled, or the end of a demangled path (`main` for `blinky::main`).
    Symbol(&'a str),
}

impl From<u32> for Location<'_> {
    fn from(address: u32) -> Self {
        Self::Address(address)
    }
}

impl<'a> From<&'a str> for Location<'a> {
    fn from(name: &'a str) -> Self {
        Self::Symbol(name)
    }
}

impl<'a> From<&'a String> for Location<'a> {
    fn from(name: &'a String) -> Self {
        Self::Symbol(name)
    }
}

/// A name doesn't lead to one symbol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SymbolError {
    /// There is no such symbol.
    #[error("the program has no symbol `{name}`{}", proposals(.similar))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names that contain it.
        similar: Vec<String>,
    },
    /// The name is the end of several symbols' paths.
    #[error("`{name}` is ambiguous: write more of the path, as one of {}", .candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Some of the symbols.
        candidates: Vec<String>,
    },
}

fn proposals(similar: &[String]) -> String {
    if similar.is_empty() {
        return "; was it stripped, or the function inlined?".to_owned();
    }
    format!("; there are {}", similar.join(", "))
}

impl Symbols {
    pub(super) fn read(
        header: &FileHeader32<LittleEndian>,
        file: &[u8],
        segments: &[Segment],
    ) -> Result<Self, ElfError> {
        let sections = header.sections(LittleEndian, file)?;
        let table = sections.symbols(LittleEndian, file, SHT_SYMTAB)?;
        let mut all = Vec::new();
        for symbol in table.iter() {
            let name = table.symbol_name(LittleEndian, symbol)?;
            all.extend(one(symbol, &String::from_utf8_lossy(name)));
        }
        // Of several names of one function the longest and then the first comes first.
        all.sort_by(|a: &Symbol, b: &Symbol| {
            (a.address, b.size, &a.name).cmp(&(b.address, a.size, &b.name))
        });
        let functions = functions(&all, segments);
        Ok(Self { all, functions })
    }

    /// All symbols, by ascending address.
    pub fn iter(&self) -> impl Iterator<Item = &Symbol> {
        self.all.iter()
    }

    /// The functions that have an address of their own, by ascending address.
    pub fn functions(&self) -> impl Iterator<Item = &Symbol> {
        self.functions.iter().map(|&(_, number)| &self.all[number])
    }

    /// The symbol of a name; see [`Location::Symbol`] for which names are understood.
    ///
    /// # Errors
    /// [`SymbolError`] if there is none, or more than one address comes into question.
    pub fn find(&self, name: &str) -> Result<&Symbol, SymbolError> {
        let exact = self.all.iter().find(|s| s.mangled == name);
        if let Some(symbol) = exact {
            return Ok(symbol);
        }
        let mut found = self.matching(|s| s.name == name);
        if found.is_empty() {
            found = self.matching(|s| {
                s.name
                    .strip_suffix(name)
                    .is_some_and(|path| path.ends_with("::"))
            });
        }
        match found[..] {
            [symbol] => Ok(symbol),
            [] => Err(SymbolError::Unknown {
                name: name.to_owned(),
                similar: self
                    .all
                    .iter()
                    .filter(|s| !name.is_empty() && s.name.contains(name))
                    .map(|s| s.name.clone())
                    .take(PROPOSALS)
                    .collect(),
            }),
            _ => Err(SymbolError::Ambiguous {
                name: name.to_owned(),
                candidates: found
                    .iter()
                    .map(|s| s.mangled.clone())
                    .take(PROPOSALS)
                    .collect(),
            }),
        }
    }

    /// The symbols that match, one for each address.
    fn matching(&self, matches: impl Fn(&Symbol) -> bool) -> Vec<&Symbol> {
        let mut found: Vec<_> = self.all.iter().filter(|s| matches(s)).collect();
        found.dedup_by_key(|symbol| symbol.address);
        found
    }

    /// The function that an address is in.
    pub fn function_at(&self, address: u32) -> Option<&Symbol> {
        let number = self.function_number(address)?;
        Some(&self.all[self.functions[number].1])
    }

    /// Its number in the order of [`Self::functions`].
    pub(crate) fn function_number(&self, address: u32) -> Option<usize> {
        let behind = self
            .functions
            .partition_point(|(range, _)| range.start <= address);
        let number = behind.checked_sub(1)?;
        self.functions[number]
            .0
            .contains(&address)
            .then_some(number)
    }

    /// The addresses of a function, by its number in the order of [`Self::functions`].
    pub(crate) fn function_range(&self, number: usize) -> std::ops::Range<u32> {
        self.functions[number].0.clone()
    }
}

/// A symbol of the table, if it names a place in the program.
fn one(symbol: &Sym32<LittleEndian>, name: &str) -> Option<Symbol> {
    let kind = match symbol.st_type() {
        STT_FUNC => SymbolKind::Function,
        STT_OBJECT => SymbolKind::Data,
        STT_NOTYPE => SymbolKind::Label,
        _ => return None,
    };
    // Names with $ mark where code and data begin (Arm ELF, "Mapping symbols").
    if name.is_empty() || name.starts_with('$') || symbol.st_shndx(LittleEndian) == SHN_UNDEF {
        return None;
    }
    let value = symbol.st_value.get(LittleEndian);
    Some(Symbol {
        name: format!("{:#}", rustc_demangle::demangle(name)),
        mangled: name.to_owned(),
        address: if kind == SymbolKind::Function {
            value & !1
        } else {
            value
        },
        size: symbol.st_size.get(LittleEndian),
        kind,
    })
}

/// The functions with different addresses, none reaching into the next. One without a size reaches
/// to the next, or to the end of its segment.
fn functions(all: &[Symbol], segments: &[Segment]) -> Vec<(std::ops::Range<u32>, usize)> {
    let mut functions: Vec<(std::ops::Range<u32>, usize)> = Vec::new();
    for (number, symbol) in all.iter().enumerate() {
        let start = symbol.address;
        let bytes_left = segments.iter().map(|s| s.bytes_behind(start)).max();
        let Some(bytes_left @ 1..) = bytes_left.filter(|_| symbol.kind == SymbolKind::Function)
        else {
            continue;
        };
        let length = match symbol.size {
            0 => bytes_left,
            size => size.min(bytes_left),
        };
        match functions.last_mut() {
            Some((previous, _)) if previous.start == start => continue,
            Some((previous, _)) => previous.end = previous.end.min(start),
            None => {}
        }
        functions.push((start..start.saturating_add(length), number));
    }
    functions
}
