//! Objects of one crate, as they are kept: without what no image needs, and free of the numbers that
//! other crates' objects have in a link.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::objects::{Kind, Objects, Relocation, Section, Symbol};
use super::{LinkError, kept, names, parts};

/// The objects of one crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// The crate.
    pub origin: String,
    sections: Vec<Section>,
    /// Its symbols, and those of others that it refers to. Relocations and sections refer to this list and
    /// the one above.
    symbols: Vec<Symbol>,
}

impl Unit {
    /// Its bytes for a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// The unit of these bytes.
    ///
    /// # Errors
    /// [`LinkError::Damaged`] if they are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LinkError> {
        postcard::from_bytes(bytes).map_err(|_| LinkError::Damaged("no objects"))
    }
}

/// What images may need of `objects`, whichever their parts are, crate by crate in the order of their code.
///
/// # Errors
/// As of a link.
pub fn split(objects: &Objects) -> Result<Vec<Unit>, LinkError> {
    let mut whole = objects.clone();
    parts::add_all_to(&mut whole);
    names::provide(&mut whole);
    // What is undefined here the link tells.
    let (kept, _) = kept::kept(&whole)?;
    let mut units: Vec<Unit> = Vec::new();
    // Where a section is: which unit, and which of its sections.
    let mut places: BTreeMap<u32, (usize, u32)> = BTreeMap::new();
    for (index, section) in (0..).zip(&objects.sections) {
        if section.kind == Kind::Debug || !kept[index as usize] {
            continue;
        }
        let known = units.iter().position(|unit| unit.origin == section.origin);
        let at = known.unwrap_or_else(|| {
            units.push(Unit {
                origin: section.origin.clone(),
                ..Unit::default()
            });
            units.len() - 1
        });
        places.insert(index, (at, units[at].sections.len() as u32));
        units[at].sections.push(Section {
            origin: String::new(),
            ..section.clone()
        });
    }
    let mut numbers: Vec<BTreeMap<u32, u32>> = vec![BTreeMap::new(); units.len()];
    // In an order that doesn't depend on what other crates refer to, or those would change the unit.
    let mut symbols: Vec<(u32, &Symbol)> = (0..).zip(&objects.symbols).collect();
    symbols.sort_by_key(|(_, it)| (it.section, it.value, &it.name));
    for (index, symbol) in symbols {
        if let Some(&(at, section)) = symbol.section.and_then(|it| places.get(&it)) {
            numbers[at].insert(index, units[at].symbols.len() as u32);
            units[at].symbols.push(Symbol {
                section: Some(section),
                ..symbol.clone()
            });
        }
    }
    for (unit, numbers) in units.iter_mut().zip(&mut numbers) {
        let Unit {
            sections, symbols, ..
        } = unit;
        for relocation in sections.iter_mut().flat_map(|it| &mut it.relocations) {
            relocation.symbol = *numbers.entry(relocation.symbol).or_insert_with(|| {
                let other = &objects.symbols[relocation.symbol as usize];
                symbols.push(Symbol {
                    section: None,
                    value: 0,
                    size: 0,
                    kind: 0,
                    ..other.clone()
                });
                symbols.len() as u32 - 1
            });
        }
    }
    Ok(units)
}

/// The objects of `units`, in their order.
///
/// # Errors
/// [`LinkError::Twice`] for a name that two define, [`LinkError::Damaged`] for numbers that lead nowhere.
pub fn join(units: Vec<Unit>) -> Result<Objects, LinkError> {
    let mut objects = Objects::default();
    let mut globals: BTreeMap<String, u32> = BTreeMap::new();
    for unit in units {
        let first = objects.sections.len() as u32;
        let count = unit.sections.len() as u32;
        let mut numbers = Vec::new();
        for mut symbol in unit.symbols {
            if symbol.section.is_some_and(|it| it >= count) {
                return Err(LinkError::Damaged("a symbol in no section"));
            }
            symbol.section = symbol.section.map(|it| first + it);
            numbers.push(objects.add(&mut globals, symbol, false)?);
        }
        for mut section in unit.sections {
            section.origin.clone_from(&unit.origin);
            if !section.align.is_power_of_two() || section.bytes.len() > section.size as usize {
                return Err(LinkError::Damaged("a section of no size or alignment"));
            }
            for Relocation { symbol, .. } in &mut section.relocations {
                let number = numbers.get(*symbol as usize);
                *symbol = *number.ok_or(LinkError::Damaged("a relocation to no symbol"))?;
            }
            objects.sections.push(section);
        }
    }
    Ok(objects)
}
