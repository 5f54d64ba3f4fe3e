//! Which sections an image keeps: those that something refers to, beginning with the vectors.

use std::collections::BTreeSet;

use super::LinkError;
use super::names::ROOTS;
use super::objects::{Kind, Objects};

/// For each section whether it is kept, and the names to which those refer that nothing here defines. Debug
/// information is kept.
///
/// # Errors
/// [`LinkError::Damaged`] for a relocation to no symbol.
pub(crate) fn kept(objects: &Objects) -> Result<(Vec<bool>, BTreeSet<String>), LinkError> {
    let sections = &objects.sections;
    let mut kept: Vec<bool> = sections
        .iter()
        .map(|section| section.kind == Kind::Debug)
        .collect();
    let mut undefined = BTreeSet::new();
    let mut open = Vec::new();
    for name in ROOTS {
        let root = objects.global(name).map(|at| &objects.symbols[at as usize]);
        match root.and_then(|root| root.section) {
            Some(section) => open.push(section as usize),
            // A program without the trampoline has its handler at that place.
            None if name == "HardFaultTrampoline" => {}
            None => {
                undefined.insert(name.to_owned());
            }
        }
    }
    let own = |at: &usize| sections[*at].keep || sections[*at].name.starts_with(".vector_table.");
    open.extend((0..sections.len()).filter(own));
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut kept[at], true) {
            continue;
        }
        for relocation in &sections[at].relocations {
            let Some(symbol) = objects.symbols.get(relocation.symbol as usize) else {
                return Err(LinkError::Damaged("a relocation to no symbol"));
            };
            match symbol.section {
                Some(section) => open.push(section as usize),
                None => {
                    undefined.insert(symbol.name.clone());
                }
            }
        }
    }
    Ok((kept, undefined))
}
