//! What takes up flash and RAM, and for whom.

use object::LittleEndian;
use object::elf::{PT_LOAD, SHF_ALLOC, SHF_WRITE, SHT_NOBITS};
use object::read::elf::{ProgramHeader, SectionHeader};
use tinybench_interface::{
    HARNESS_SECTION, LEARNING_SECTION, MODEL_SECTION, PIPELINE_SECTION, RUNTIME_SECTION,
};

use super::{Elf, ImageError};

/// What takes up flash, bytes. The parts add up to the total exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlashSizes {
    /// All that is programmed: the file sizes of the loadable segments.
    pub total: u32,
    /// The model file.
    pub model: u32,
    /// Code, constants and initial data of the runtime under test, with what the compiler
    /// generated for it from generic library code.
    pub runtime: u32,
    /// The same of the stages before and behind the inference, tables included; 0 in an image
    /// that has none.
    pub pipeline: u32,
    /// The same of the measuring program.
    pub harness: u32,
    /// The same of learning; 0 in an image that can't.
    pub learning: u32,
    /// The rest: vector table, start-up, the compiler's and the standard library, padding.
    pub system: u32,
}

/// What takes up RAM from start to end, bytes: initialised, zeroed and uninitialised data. The
/// parts add up to the total exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RamSizes {
    /// All of it.
    pub total: u32,
    /// The model, if it is in RAM.
    pub model: u32,
    /// Data of the runtime under test outside its arena.
    pub runtime: u32,
    /// Working memory of the stages before and behind the inference.
    pub pipeline: u32,
    /// Data of the measuring program: block, cycle counts, the fault handler's stack.
    pub harness: u32,
    /// Variables of a learner. Its memory is not part of it.
    pub learning: u32,
    /// The rest.
    pub system: u32,
}

/// A loadable section.
struct Section<'data> {
    name: &'data str,
    /// Where its bytes are in the file; an empty range if it has none.
    file: std::ops::Range<u64>,
    address: u64,
    size: u64,
    writable: bool,
}

impl FlashSizes {
    pub(super) fn of(file: &Elf) -> Result<Self, ImageError> {
        let mut segments = Vec::new();
        for header in file.elf_program_headers() {
            if header.p_type(LittleEndian) == PT_LOAD {
                // Also checks that the bytes are in the file.
                header.data(LittleEndian, file.data()).map_err(|()| {
                    ImageError::Inconsistent("a segment lies outside the file".to_owned())
                })?;
                let (offset, size) = header.file_range(LittleEndian);
                segments.push(offset..offset.saturating_add(size));
            }
        }
        let sections: Vec<_> = sections(file)?
            .into_iter()
            .filter(|section| !section.file.is_empty())
            .collect();
        let mut ranges: Vec<_> = sections
            .iter()
            .map(|section| section.file.clone())
            .collect();
        ranges.sort_by_key(|range| range.start);
        if ranges.windows(2).any(|pair| pair[0].end > pair[1].start) {
            return Err(ImageError::Inconsistent(
                "two sections share bytes".to_owned(),
            ));
        }
        for section in &sections {
            let within = |segment: &std::ops::Range<u64>| {
                segment.start <= section.file.start && section.file.end <= segment.end
            };
            if !segments.iter().any(within) {
                return Err(ImageError::Inconsistent(format!(
                    "section {} is in no loadable segment",
                    section.name
                )));
            }
        }
        let total: u64 = segments
            .iter()
            .map(|segment| segment.end - segment.start)
            .try_fold(0, u64::checked_add)
            .unwrap_or(u64::MAX);
        let [model, runtime, pipeline, harness, learning, system] = split(
            total,
            sections.iter().map(|section| (section.name, section.size)),
        )?;
        Ok(Self {
            total: narrow(total)?,
            model,
            runtime,
            pipeline,
            harness,
            learning,
            system,
        })
    }
}

impl RamSizes {
    pub(super) fn of(file: &Elf) -> Result<Self, ImageError> {
        let sections: Vec<_> = sections(file)?
            .into_iter()
            .filter(|section| section.writable)
            .collect();
        let mut ranges: Vec<_> = sections
            .iter()
            .filter(|section| section.size > 0)
            .map(|section| section.address..section.address.saturating_add(section.size))
            .collect();
        ranges.sort_by_key(|range| range.start);
        if ranges.windows(2).any(|pair| pair[0].end > pair[1].start) {
            return Err(ImageError::Inconsistent(
                "two sections share RAM".to_owned(),
            ));
        }
        let total: u64 = sections
            .iter()
            .map(|section| section.size)
            .try_fold(0, u64::checked_add)
            .unwrap_or(u64::MAX);
        let [model, runtime, pipeline, harness, learning, system] = split(
            total,
            sections.iter().map(|section| (section.name, section.size)),
        )?;
        Ok(Self {
            total: narrow(total)?,
            model,
            runtime,
            pipeline,
            harness,
            learning,
            system,
        })
    }
}

/// Sums the sizes of sections into model, runtime, pipeline, harness, learning and what is left of
/// `total`.
fn split<'a>(
    total: u64,
    sections: impl Iterator<Item = (&'a str, u64)>,
) -> Result<[u32; 6], ImageError> {
    const PARTS: [&str; 5] = [
        MODEL_SECTION,
        RUNTIME_SECTION,
        PIPELINE_SECTION,
        HARNESS_SECTION,
        LEARNING_SECTION,
    ];
    let mut sizes = [0u64; PARTS.len()];
    for (name, size) in sections {
        if let Some(part) = PARTS.iter().position(|part| belongs(name, part)) {
            sizes[part] = sizes[part].saturating_add(size);
        }
    }
    let parts = sizes
        .iter()
        .fold(0u64, |sum, size| sum.saturating_add(*size));
    let system = total.checked_sub(parts).ok_or_else(|| {
        ImageError::Inconsistent("its parts are larger than the whole".to_owned())
    })?;
    let [model, runtime, pipeline, harness, learning] = sizes;
    Ok([
        narrow(model)?,
        narrow(runtime)?,
        narrow(pipeline)?,
        narrow(harness)?,
        narrow(learning)?,
        narrow(system)?,
    ])
}

/// Whether a section is `part`'s main section or one beside it, such as `.tinybench.runtime.data`.
fn belongs(name: &str, part: &str) -> bool {
    name.strip_prefix(part)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The sections that are in the target's memory.
fn sections<'data>(file: &Elf<'data>) -> Result<Vec<Section<'data>>, ImageError> {
    let table = file.elf_section_table();
    let mut sections = Vec::new();
    for header in table.iter() {
        let flags = header.sh_flags.get(LittleEndian);
        if flags & SHF_ALLOC == 0 {
            continue;
        }
        let name = std::str::from_utf8(table.section_name(LittleEndian, header)?)
            .map_err(|_| ImageError::Inconsistent("a section's name is not text".to_owned()))?;
        let offset = u64::from(header.sh_offset.get(LittleEndian));
        let size = u64::from(header.sh_size.get(LittleEndian));
        let in_file = header.sh_type(LittleEndian) != SHT_NOBITS;
        sections.push(Section {
            name,
            file: offset..if in_file { offset + size } else { offset },
            address: u64::from(header.sh_addr.get(LittleEndian)),
            size,
            writable: flags & SHF_WRITE != 0,
        });
    }
    Ok(sections)
}

/// A size as the record holds it; the address space of the target has no larger one.
fn narrow(size: u64) -> Result<u32, ImageError> {
    u32::try_from(size)
        .map_err(|_| ImageError::Inconsistent(format!("{size} bytes are more than 4 GB")))
}
