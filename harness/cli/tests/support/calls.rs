//! Who calls whom in an image, by its branch instructions.

use std::collections::{BTreeMap, BTreeSet};

use object::{Object, ObjectSection, ObjectSymbol, SectionIndex, SymbolKind};

/// A function of an image.
struct Function {
    name: String,
    section: SectionIndex,
    /// Where branches from it lead.
    targets: Vec<u64>,
}

/// Mangled names of the functions of a section from which calls lead to a function whose name has
/// `part` in it, by whatever way but pointers.
pub fn callers(elf: &[u8], section: &str, part: &str) -> BTreeSet<String> {
    let file = object::File::parse(elf).unwrap();
    let functions = functions(&file);
    let named = functions
        .iter()
        .filter(|(_, function)| function.name.contains(part));
    let mut found: BTreeSet<u64> = named.map(|(&address, _)| address).collect();
    loop {
        let before = found.len();
        for (&address, function) in &functions {
            if function.targets.iter().any(|target| found.contains(target)) {
                found.insert(address);
            }
        }
        if found.len() == before {
            break;
        }
    }
    let section = file.section_by_name(section).unwrap().index();
    let functions = found.iter().map(|address| &functions[address]);
    let inside = functions.filter(|function| function.section == section);
    inside.map(|function| function.name.clone()).collect()
}

/// The functions by their addresses.
fn functions(file: &object::File) -> BTreeMap<u64, Function> {
    let mut functions = BTreeMap::new();
    for symbol in file.symbols().filter(|it| it.kind() == SymbolKind::Text) {
        let Some(section) = symbol.section_index() else {
            continue;
        };
        let code = file.section_by_index(section).unwrap();
        // The lowest bit says that the code is Thumb.
        let address = symbol.address() & !1;
        let code = code.data_range(address, symbol.size()).unwrap();
        let function = Function {
            name: symbol.name().unwrap().to_owned(),
            section,
            targets: code.map_or(vec![], |code| branches(address, code)),
        };
        functions.insert(address, function);
    }
    functions
}

/// Where BL, B.W and B lead, wherever their bits are: what stands between the instructions may
/// name a place by chance, but nothing is missed (Armv7-M Architecture Reference Manual, A7.7.12
/// and A7.7.18).
fn branches(address: u64, code: &[u8]) -> Vec<u64> {
    let words: Vec<u32> = code
        .chunks_exact(2)
        .map(|it| u16::from_le_bytes([it[0], it[1]]).into())
        .collect();
    let mut targets = Vec::new();
    for (index, &first) in words.iter().enumerate() {
        let from = address + 2 * index as u64 + 4;
        if first >> 11 == 0b11100 {
            // Eleven bits with a sign, in halfwords.
            let distance = ((first << 21) as i32) >> 20;
            targets.push(from.wrapping_add_signed(distance.into()));
        }
        let second = words.get(index + 1).copied().unwrap_or(0);
        if first >> 11 == 0b11110 && second & 0x9000 == 0x9000 {
            let sign = first >> 10 & 1;
            let bit = |at: u32| !(second >> at ^ sign) & 1;
            let distance = sign << 24
                | bit(13) << 23
                | bit(11) << 22
                | (first & 0x3ff) << 12
                | (second & 0x7ff) << 1;
            let distance = ((distance << 7) as i32) >> 7;
            targets.push(from.wrapping_add_signed(distance.into()));
        }
    }
    targets
}
