//! Sections that are made for an image, not compiled. Each has a symbol for its beginning.

use object::elf::{R_ARM_ABS32, STT_OBJECT};

use super::LinkError;
use super::objects::{Kind, Objects, Relocation, Section, Symbol};

/// A word of a constant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word {
    /// A value.
    Number(u32),
    /// The address of a symbol, by its index.
    Address(u32),
}

impl Objects {
    /// Adds constants: their symbol.
    pub(crate) fn add_bytes(&mut self, name: &str, align: u32, bytes: Vec<u8>) -> u32 {
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.add_section(name, Kind::Constants, align, bytes, size)
    }

    /// Adds words, some of which are addresses: their symbol.
    pub(crate) fn add_words(&mut self, name: &str, words: &[Word]) -> u32 {
        let value = |word: &Word| match word {
            Word::Number(value) => *value,
            Word::Address(_) => 0,
        };
        let bytes = words.iter().flat_map(|word| value(word).to_le_bytes());
        let made = self.add_bytes(name, 4, bytes.collect());
        if let Some(section) = self.sections.last_mut() {
            for (offset, word) in (0..).step_by(4).zip(words) {
                if let Word::Address(symbol) = *word {
                    section.relocations.push(Relocation {
                        offset,
                        kind: R_ARM_ABS32,
                        symbol,
                    });
                }
            }
        }
        made
    }

    /// Adds memory of so many words, zero at first: its symbol.
    ///
    /// # Errors
    /// [`LinkError::Damaged`] for more than an address space has.
    pub(crate) fn add_memory(&mut self, name: &str, words: u32) -> Result<u32, LinkError> {
        let size = words.checked_mul(4);
        let size = size.ok_or(LinkError::Damaged("more room than an address space has"))?;
        Ok(self.add_section(name, Kind::Zeroed, 4, Vec::new(), size))
    }

    /// Gives a global name, if anything refers to it, the place of a symbol.
    pub(crate) fn call(&mut self, made: u32, name: &str) {
        if let Some(known) = self.global(name) {
            self.symbols[known as usize] = Symbol {
                name: name.to_owned(),
                global: true,
                ..self.symbols[made as usize].clone()
            };
        }
    }

    fn add_section(
        &mut self,
        name: &str,
        kind: Kind,
        align: u32,
        bytes: Vec<u8>,
        size: u32,
    ) -> u32 {
        self.sections.push(Section {
            origin: String::new(),
            name: name.to_owned(),
            kind,
            align,
            bytes,
            size,
            keep: false,
            merge: false,
            relocations: Vec::new(),
        });
        self.symbols.push(Symbol {
            name: String::new(),
            section: Some(self.sections.len() as u32 - 1),
            value: 0,
            size,
            kind: STT_OBJECT,
            global: false,
        });
        self.symbols.len() as u32 - 1
    }
}
