//! Debug information: its sections, those of one name after another.

use std::collections::BTreeMap;

use super::objects::{Kind, Objects};

/// All sections of one name.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    /// Input sections, and where each begins.
    pub inputs: Vec<(u32, u32)>,
    /// Size, bytes.
    pub size: u32,
}

/// The sections of debug information.
#[derive(Debug, Default)]
pub(crate) struct Debug<'a> {
    /// By their names.
    pub outputs: BTreeMap<&'a str, Joined>,
    /// Offset of each input section in its output.
    pub offsets: BTreeMap<u32, u32>,
}

impl<'a> Debug<'a> {
    pub fn new(objects: &'a Objects) -> Self {
        let mut debug = Self::default();
        for (index, section) in (0..).zip(&objects.sections) {
            if section.kind != Kind::Debug {
                continue;
            }
            let joined = debug.outputs.entry(&section.name).or_default();
            let offset = joined.size.next_multiple_of(section.align);
            joined.inputs.push((index, offset));
            joined.size = offset + section.size;
            debug.offsets.insert(index, offset);
        }
        debug
    }
}

/// What stands for an address of what was left out, as lld has it: in lists of ranges and places, two
/// zeros would be the list's end.
pub(crate) fn tombstone(section: &str) -> u32 {
    u32::from(matches!(section, ".debug_loc" | ".debug_ranges"))
}
