//! A program that isn't tinybench's own, as far as one of its functions is to be called: symbols, and what its
//! memory holds when it begins.

use object::LittleEndian;
use object::elf::{ET_EXEC, PT_LOAD};
use object::read::elf::ProgramHeader;
use object::{Architecture, Object, ObjectSymbol, SymbolKind};
use tinybench_inputs::board::Region;
use tinybench_support::suggest;

use super::symbols::{Symbols, demangle};
use super::{Elf, ImageError, Location};

/// A part of RAM that start-up code fills: bytes, and zeros behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initial {
    /// Where it begins.
    pub address: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many zeros follow.
    pub zeros: u32,
}

impl Initial {
    /// Where it ends.
    pub fn end(&self) -> u64 {
        u64::from(self.address) + self.bytes.len() as u64 + u64::from(self.zeros)
    }
}

/// A variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Where it is.
    pub address: u32,
    /// Its size.
    pub bytes: u32,
}

/// A program.
pub struct Program {
    /// What of RAM start-up code fills, in the order of the file.
    pub initial: Vec<Initial>,
    /// The stack pointer that the core begins with, if flash begins with a vector table.
    pub stack_top: Option<u32>,
    /// Functions by the names of the symbol table, with bit 0 as it is there.
    functions: Vec<(String, u32)>,
    variables: Vec<(String, Variable)>,
    symbols: Symbols,
}

/// A symbol isn't what it is taken for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its text says")]
pub enum SymbolError {
    #[error("it has no {what} `{name}`; {hint}")]
    None {
        what: &'static str,
        name: String,
        hint: String,
    },
    #[error("`{name}` can be each of several symbols: {list}{hint}")]
    Several {
        name: String,
        list: String,
        hint: &'static str,
    },
    #[error("it has no symbols: link it without stripping them")]
    Stripped,
    #[error("`{0}` is a variable, and no function")]
    Variable(String),
    #[error("`{0}` is a function, and no variable")]
    Function(String),
    #[error(
        "`{name}` at {address:#010x} is Arm code, which a Cortex-M can't execute: compile it with -mthumb"
    )]
    NotThumb { name: String, address: u32 },
}

impl Program {
    /// Reads the ELF file `elf`, for a board with this flash and this RAM.
    ///
    /// # Errors
    /// It is no sound Arm executable.
    pub fn load(elf: &[u8], flash: Region, ram: Region) -> Result<Self, ImageError> {
        let file = Elf::parse(elf)?;
        if file.architecture() != Architecture::Arm
            || file.elf_header().e_type.get(LittleEndian) != ET_EXEC
        {
            return Err(ImageError::NotArmExecutable);
        }
        let (mut initial, mut vectors) = (Vec::new(), [None; 4]);
        for header in file.elf_program_headers() {
            if header.p_type(LittleEndian) != PT_LOAD {
                continue;
            }
            let outside = || ImageError::Inconsistent("a segment lies outside the file".to_owned());
            let bytes = header.data(LittleEndian, elf).map_err(|()| outside())?;
            let begin = header.p_paddr(LittleEndian);
            for (number, vector) in vectors.iter_mut().enumerate() {
                let at = (flash.origin + 4 * number as u32).checked_sub(begin);
                let word = at.and_then(|at| bytes.get(at as usize..)?.first_chunk());
                *vector = vector.or(word.map(|word| u32::from_le_bytes(*word)));
            }
            let part = Initial {
                address: header.p_vaddr(LittleEndian),
                bytes: bytes.to_vec(),
                zeros: header
                    .p_memsz(LittleEndian)
                    .saturating_sub(bytes.len() as u32),
            };
            if ram.origin <= part.address && u64::from(part.address) < ram.end() {
                if part.end() > ram.end() {
                    return Err(ImageError::Inconsistent(format!(
                        "a segment from {:#010x} on goes beyond the end of RAM",
                        part.address
                    )));
                }
                initial.push(part);
            }
        }
        let (mut functions, mut variables) = (Vec::new(), Vec::new());
        for symbol in file.symbols().filter(ObjectSymbol::is_definition) {
            let (Ok(name), Ok(address)) = (symbol.name(), u32::try_from(symbol.address())) else {
                continue;
            };
            match symbol.kind() {
                SymbolKind::Text => functions.push((name.to_owned(), address)),
                SymbolKind::Data => {
                    let bytes = u32::try_from(symbol.size()).unwrap_or(0);
                    variables.push((name.to_owned(), Variable { address, bytes }));
                }
                _ => {}
            }
        }
        // What isn't a table is code, which may look like a stack pointer, but hardly like the addresses of
        // the handlers of reset, NMI and HardFault as well.
        let is_handler =
            |it: &Option<u32>| it.is_some_and(|it| it & 1 == 1 && flash.contains(it, 1));
        let is_table = vectors[1..].iter().all(is_handler);
        Ok(Self {
            initial,
            stack_top: vectors[0].filter(|_| is_table),
            functions,
            variables,
            symbols: Symbols::of(&file)?,
        })
    }

    /// Address of the function of this name, without the bit that says that it is Thumb: as the symbol table
    /// or as the source has it.
    ///
    /// # Errors
    /// There is none, there are several, or it isn't for this core.
    pub fn function(&self, name: &str) -> Result<u32, SymbolError> {
        let found = find(&self.functions, name);
        let place = |address: &u32| match self.symbolise(*address) {
            Some(Location {
                file: Some(file),
                line,
                ..
            }) => match line {
                Some(line) => format!("{:#010x} ({file}:{line})", address & !1),
                None => format!("{:#010x} ({file})", address & !1),
            },
            _ => format!("{:#010x}", address & !1),
        };
        let Some(&address) = only(name, &found, place)? else {
            if !find(&self.variables, name).is_empty() {
                return Err(SymbolError::Variable(name.to_owned()));
            }
            return Err(self.none("function", name, &self.functions));
        };
        match address & 1 {
            1 => Ok(address & !1),
            _ => Err(SymbolError::NotThumb {
                name: name.to_owned(),
                address,
            }),
        }
    }

    /// The variable of this name.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub fn variable(&self, name: &str) -> Result<Variable, SymbolError> {
        let found = find(&self.variables, name);
        let place = |it: &Variable| format!("{:#010x}, {} bytes", it.address, it.bytes);
        if let Some(variable) = only(name, &found, place)? {
            return Ok(*variable);
        }
        if !find(&self.functions, name).is_empty() {
            return Err(SymbolError::Function(name.to_owned()));
        }
        Err(self.none("variable", name, &self.variables))
    }

    fn none<T>(&self, what: &'static str, name: &str, all: &[(String, T)]) -> SymbolError {
        if self.functions.is_empty() && self.variables.is_empty() {
            return SymbolError::Stripped;
        }
        let names: Vec<_> = all.iter().map(|(it, _)| demangle(it)).collect();
        let near = suggest::nearest(name, names.iter().map(String::as_str));
        SymbolError::None {
            what,
            name: name.to_owned(),
            hint: match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`arm-none-eabi-nm FILE` lists what it has; what nothing calls isn't linked, unless it \
                         is kept"
                    .to_owned(),
            },
        }
    }

    /// The function and source line of the instruction at `pc`.
    pub fn symbolise(&self, pc: u32) -> Option<Location> {
        self.symbols.find(pc)
    }
}

/// What has this name in the symbol table or, if nothing has, in the source: all that isn't the same.
fn find<'a, T: PartialEq>(all: &'a [(String, T)], name: &str) -> Vec<&'a (String, T)> {
    let different = |has_name: &dyn Fn(&str) -> bool| {
        let mut found: Vec<&(String, T)> = Vec::new();
        for one in all.iter().filter(|(it, _)| has_name(it)) {
            if found.iter().all(|it| it.1 != one.1) {
                found.push(one);
            }
        }
        found
    };
    let exact = different(&|it| it == name);
    match exact.is_empty() {
        true => different(&|it| demangle(it) == name),
        false => exact,
    }
}

/// The one of them, if there is any.
fn only<'a, T>(
    name: &str,
    found: &[&'a (String, T)],
    place: impl Fn(&T) -> String,
) -> Result<Option<&'a T>, SymbolError> {
    if let [] | [_] = found {
        return Ok(found.first().map(|(_, it)| it));
    }
    let list = found
        .iter()
        .map(|(symbol, it)| format!("`{symbol}` at {}", place(it)));
    let by_symbol = found.iter().all(|(symbol, _)| symbol != name);
    Err(SymbolError::Several {
        name: name.to_owned(),
        list: list.collect::<Vec<_>>().join("; "),
        hint: match by_symbol {
            true => "\n  help: give the symbol",
            false => "\n  help: a static one is only told by its name: rename it",
        },
    })
}
