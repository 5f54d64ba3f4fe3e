//! Debug information: its sections, those of one name after another.

use std::collections::BTreeMap;

use super::objects::{Kind, Objects};

/// The sections of debug information.
#[derive(Debug, Default)]
pub(crate) struct Debug<'a> {
    /// Name, input sections with their offsets, and size in bytes.
    pub outputs: BTreeMap<&'a str, (Vec<(u32, u32)>, u32)>,
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
            let (inputs, size) = debug.outputs.entry(&section.name).or_default();
            let offset = size.next_multiple_of(section.align);
            inputs.push((index, offset));
            debug.offsets.insert(index, offset);
            *size = offset + section.size;
        }
        debug
    }
}

/// What stands for an address of what was left out, as lld has it: in lists of ranges and places, two
/// zeros would be the list's end.
pub(crate) fn tombstone(section: &str) -> u32 {
    u32::from(matches!(section, ".debug_loc" | ".debug_ranges"))
}
