//! What differs from model to model.

use std::collections::BTreeMap;

use object::elf::STT_OBJECT;
use tinybench_pipeline::tables::Tables;

use super::LinkError;
use super::front_end;
use super::made::Word::{Address, Number};
use super::objects::Objects;

/// The name by which the firmware finds its parts: `Parts` in `targets/firmware/src/parts.rs`.
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
    /// The front end, if the model's input is computed from raw audio.
    pub front_end: Option<&'a Tables>,
}

impl Parts<'_> {
    /// Adds the parts as sections of their own.
    ///
    /// # Errors
    /// [`LinkError::NoOperator`] for an operator that the objects don't have, [`LinkError::Damaged`] for
    /// another part.
    pub(crate) fn add_to(&self, objects: &mut Objects) -> Result<(), LinkError> {
        let registrations = self.registrations(objects)?;
        let count = |length: usize| Number(u32::try_from(length).unwrap_or(u32::MAX));
        let model = objects.add_bytes(".tinybench.model", 16, self.model.to_vec());
        let operators: Vec<_> = registrations.into_iter().map(Address).collect();
        let table = objects.add_words(".rodata.operators", &operators);
        let room = objects.add_memory(".bss.tinybench_runtime", self.room_words)?;
        let words = [
            Address(model),
            count(self.model.len()),
            Address(table),
            count(operators.len()),
            Address(room),
            Number(self.room_words),
        ];
        let parts = objects.add_words(".rodata.parts", &words);
        objects.call(parts, NAME);
        match self.front_end {
            Some(tables) => front_end::add_to(objects, tables),
            None => Ok(()),
        }
    }

    /// The symbols of the operators.
    fn registrations(&self, objects: &Objects) -> Result<Vec<u32>, LinkError> {
        let known: BTreeMap<_, _> = operators(objects).collect();
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

/// The registrations of operators in the objects, by their symbols.
fn operators(objects: &Objects) -> impl Iterator<Item = (String, u32)> {
    objects.of_module("::operators", STT_OBJECT)
}

/// Adds what refers to all that the parts of an image may refer to, and stays.
pub(crate) fn add_all_to(objects: &mut Objects) {
    let all = operators(objects).chain(front_end::transforms(objects));
    let words: Vec<_> = all.map(|(_, symbol)| Address(symbol)).collect();
    objects.add_words(".rodata.all", &words);
    if let Some(section) = objects.sections.last_mut() {
        section.keep = true;
    }
}
