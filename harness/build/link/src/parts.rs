//! What differs from model to model.

use std::collections::BTreeMap;

use object::elf::{R_ARM_ABS32, STT_OBJECT};

use super::LinkError;
use super::objects::{Kind, Objects, Relocation, Section, Symbol};

/// The name by which the firmware finds its parts: `tinybench_interface::parts::Parts`.
const NAME: &str = "TINYBENCH_PARTS";

/// What an image holds beside the objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// The model file.
    pub model: &'a [u8],
    /// The runtime's operators that the model needs, by the names of their statics; none for all there are.
    pub operators: Option<&'a [&'a str]>,
    /// Memory that the runtime wants beside its arena, words.
    pub room_words: u32,
}

impl Parts<'_> {
    /// Adds the parts as sections of their own.
    ///
    /// # Errors
    /// [`LinkError::NoOperator`] for an operator that the objects don't have.
    pub(crate) fn add_to(&self, objects: &mut Objects) -> Result<(), LinkError> {
        let registrations = self.registrations(objects)?;
        let model = add(
            objects,
            ".tinybench.model",
            Kind::Constants,
            16,
            self.model.to_vec(),
        );
        let operators = add(
            objects,
            ".rodata.operators",
            Kind::Constants,
            4,
            vec![0; 4 * registrations.len()],
        );
        for (offset, &symbol) in (0..).step_by(4).zip(&registrations) {
            refer(objects, operators, offset, symbol);
        }
        let room = add(
            objects,
            ".bss.tinybench_runtime",
            Kind::Zeroed,
            4,
            Vec::new(),
        );
        let bytes = self.room_words.checked_mul(4);
        objects.sections[room as usize].size =
            bytes.ok_or(LinkError::Damaged("more room than an address space has"))?;

        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let words = [
            0,
            count(self.model.len()),
            0,
            count(registrations.len()),
            0,
            self.room_words,
        ];
        let bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let parts = add(objects, ".rodata.parts", Kind::Constants, 4, bytes);
        for (offset, section) in [(0, model), (8, operators), (16, room)] {
            let symbol = define(objects, section);
            refer(objects, parts, offset, symbol);
        }
        // There is none in a program without a model.
        if let Some(known) = objects.global(NAME) {
            let symbol = &mut objects.symbols[known as usize];
            symbol.section = Some(parts);
            symbol.size = 4 * words.len() as u32;
            symbol.kind = STT_OBJECT;
        }
        Ok(())
    }

    /// The symbols of the operators.
    fn registrations(&self, objects: &Objects) -> Result<Vec<u32>, LinkError> {
        let mut known = BTreeMap::new();
        for (index, symbol) in (0..).zip(&objects.symbols) {
            if symbol.section.is_some() && symbol.kind == STT_OBJECT {
                let path = format!("{:#}", rustc_demangle::demangle(&symbol.name));
                if let Some((folder, name)) = path.rsplit_once("::")
                    && folder.ends_with("::operators")
                {
                    known.insert(name.to_owned(), index);
                }
            }
        }
        let find = |name: &&str| {
            let found = known.get(*name).copied();
            found.ok_or_else(|| LinkError::NoOperator((*name).to_owned()))
        };
        match self.operators {
            Some(names) => names.iter().map(find).collect(),
            None => Ok(known.into_values().collect()),
        }
    }
}

fn add(objects: &mut Objects, name: &str, kind: Kind, align: u32, bytes: Vec<u8>) -> u32 {
    objects.sections.push(Section {
        origin: String::new(),
        name: name.to_owned(),
        kind,
        align,
        size: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        bytes,
        keep: false,
        merge: false,
        relocations: Vec::new(),
    });
    objects.sections.len() as u32 - 1
}

/// A symbol for the beginning of a section.
fn define(objects: &mut Objects, section: u32) -> u32 {
    objects.symbols.push(Symbol {
        name: String::new(),
        section: Some(section),
        value: 0,
        size: 0,
        kind: STT_OBJECT,
        global: false,
    });
    objects.symbols.len() as u32 - 1
}

/// Has the word at `offset` of a section hold the address of a symbol.
fn refer(objects: &mut Objects, section: u32, offset: u32, symbol: u32) {
    objects.sections[section as usize]
        .relocations
        .push(Relocation {
            offset,
            kind: R_ARM_ABS32,
            symbol,
        });
}
