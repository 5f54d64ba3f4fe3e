//! Where everything goes.
//!
//! As `link.x` of cortex-m-rt 0.7 and `targets/firmware/tinybench.x` have it:
//!
//! ```text
//! flash  vector table | model | runtime | pipeline | learning | harness | other code | other constants | initial data
//! RAM    data | runtime's, harness's data | zeroed | runtime's, pipeline's, learning's, harness's | uninitialised | heap
//! ```

use std::collections::BTreeMap;

use super::objects::{Kind, Objects, Section};
use super::{LinkError, Memory, Place};

/// An output section.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub name: &'static str,
    /// Address while the program runs.
    pub address: u32,
    /// Address in flash, of what is loaded from there.
    pub load_address: u32,
    pub size: u32,
    pub align: u32,
    /// What is in it: index of the input section, and offset from the output's beginning.
    pub inputs: Vec<(u32, u32)>,
    pub kind: Kind,
}

/// The image's memory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub outputs: Vec<Output>,
    /// Address of each input section that is kept.
    pub addresses: BTreeMap<u32, u32>,
    /// Names that stand for places, and their values.
    pub names: BTreeMap<&'static str, u32>,
}

/// The section that holds the vectors.
pub(crate) const VECTORS: &str = ".vector_table";

/// Whose bytes an output section holds, in the order in which they lie in it.
struct Rule<'a> {
    name: &'static str,
    kind: Kind,
    /// Least alignment, bytes.
    align: u32,
    parts: Vec<Part<'a>>,
}

/// Sections of one origin, or of any, whose names begin as said.
struct Part<'a> {
    origin: Option<&'a str>,
    names: &'a [&'static str],
}

const CODE: &[&str] = &[".text", ".rodata"];
const DATA: &[&str] = &[".data"];
const ZEROED: &[&str] = &[".bss"];
/// The sections made for a model have no crate.
const OF_PARTS: &str = "";

fn of<'a>(origins: &[&'a str], names: &'a [&'static str]) -> Vec<Part<'a>> {
    let part = |origin: &&'a str| Part {
        origin: Some(*origin),
        names,
    };
    origins.iter().map(part).collect()
}

fn any<'a>(names: &'a [&'static str]) -> Part<'a> {
    Part {
        origin: None,
        names,
    }
}

/// All output sections, in the order of their addresses. A section goes to the first that takes it, but
/// those of crates and parts before those of what is left.
fn rules<'a>(runtime: &[&'a str]) -> Vec<Rule<'a>> {
    let rule = |name, kind, align, parts| Rule {
        name,
        kind,
        align,
        parts,
    };
    let harness = ["tinybench_firmware", "tinybench_interface"];
    let mut pipeline = vec![any(&[".tinybench.pipeline."])];
    pipeline.extend(of(&["tinybench_pipeline", "microfft", "libm"], CODE));
    let mut with_runtime = vec![any(&[".bss.tinybench_runtime"])];
    with_runtime.extend(of(runtime, ZEROED));
    let mut of_harness = of(&[OF_PARTS], CODE);
    of_harness.extend(of(&harness, CODE));
    vec![
        rule(
            VECTORS,
            Kind::Constants,
            4,
            vec![
                any(&[".vector_table.reset_vector"]),
                any(&[".vector_table.exceptions"]),
                any(&[".vector_table.interrupts"]),
            ],
        ),
        rule(
            ".tinybench.model",
            Kind::Constants,
            16,
            vec![any(&[".tinybench.model"])],
        ),
        rule(RUNTIME, Kind::Code, 16, of(runtime, CODE)),
        rule(".tinybench.pipeline", Kind::Code, 16, pipeline),
        rule(
            ".tinybench.learning",
            Kind::Code,
            16,
            of(&["tinybench_learning"], CODE),
        ),
        rule(".tinybench.harness", Kind::Code, 16, of_harness),
        rule(
            ".text",
            Kind::Code,
            16,
            vec![
                any(&[".Reset"]),
                any(&[".text"]),
                any(&[".HardFaultTrampoline"]),
                any(&[".HardFault."]),
            ],
        ),
        rule(".rodata", Kind::Constants, 4, vec![any(&[".rodata"])]),
        rule(".data", Kind::Data, 4, vec![any(DATA)]),
        rule(".tinybench.runtime.data", Kind::Data, 4, of(runtime, DATA)),
        rule(
            ".tinybench.harness.data",
            Kind::Data,
            4,
            of(&harness[..1], DATA),
        ),
        rule(".bss", Kind::Zeroed, 4, vec![any(ZEROED)]),
        rule(".tinybench.runtime.bss", Kind::Zeroed, 4, with_runtime),
        rule(
            ".tinybench.pipeline.bss",
            Kind::Zeroed,
            4,
            vec![any(&[".bss.tinybench_pipeline"])],
        ),
        rule(
            ".tinybench.learning.bss",
            Kind::Zeroed,
            4,
            vec![any(&[".bss.tinybench_learning"])],
        ),
        rule(
            ".tinybench.harness.bss",
            Kind::Zeroed,
            4,
            of(&harness[..1], ZEROED),
        ),
        rule(".uninit", Kind::Zeroed, 4, vec![any(&[".uninit"])]),
    ]
}

/// The section whose beginning is moved.
const RUNTIME: &str = ".tinybench.runtime";
/// The sections that take what no other does.
const REST: [&str; 4] = [".text", ".rodata", ".data", ".bss"];

impl Part<'_> {
    fn takes(&self, section: &Section) -> bool {
        let begins = |name: &&str| {
            let rest = section.name.strip_prefix(*name);
            rest.is_some_and(|rest| rest.is_empty() || name.ends_with('.') || rest.starts_with('.'))
        };
        self.origin.is_none_or(|origin| section.origin == origin) && self.names.iter().any(begins)
    }
}

impl Layout {
    /// Gives every section that is kept its address.
    ///
    /// # Errors
    /// [`LinkError::TooBig`] if a memory is too small, [`LinkError::Damaged`] for a section that belongs
    /// nowhere.
    pub fn new(objects: &Objects, kept: &[bool], place: &Place) -> Result<Self, LinkError> {
        let rules = rules(place.runtime);
        let inputs = sorted(objects, kept, &rules)?;
        let mut layout = Self {
            outputs: Vec::new(),
            addresses: BTreeMap::new(),
            names: BTreeMap::new(),
        };
        let mut flash = Taken::at(place.flash);
        let mut ram = Taken::at(place.ram);
        for (rule, inputs) in rules.iter().zip(inputs) {
            let mut output = Output {
                name: rule.name,
                address: 0,
                load_address: 0,
                size: 0,
                align: rule.align,
                inputs: Vec::new(),
                kind: rule.kind,
            };
            let mut at: u64 = match rule.name {
                VECTORS => 4,
                RUNTIME => place.code_offset.into(),
                _ => 0,
            };
            let mut merged = BTreeMap::new();
            let mut repeated = Vec::new();
            for index in inputs {
                let section = &objects.sections[index as usize];
                output.align = output.align.max(section.align);
                let same = (section.align, &section.bytes);
                if section.merge
                    && let Some(&known) = merged.get(&same)
                {
                    repeated.push((index, known));
                    continue;
                }
                at = at.next_multiple_of(section.align.into());
                if section.merge {
                    merged.insert(same, narrow(at)?);
                }
                output.inputs.push((index, narrow(at)?));
                at += u64::from(section.size);
            }
            output.size = narrow(at.next_multiple_of(4))?;
            let in_flash = matches!(rule.kind, Kind::Code | Kind::Constants);
            let memory = if in_flash { &mut flash } else { &mut ram };
            output.address = memory.take(output.align, output.size)?;
            output.load_address = match rule.kind {
                Kind::Data => flash.take(output.align.min(4), output.size)?,
                _ => output.address,
            };
            for &(index, offset) in output.inputs.iter().chain(&repeated) {
                layout
                    .addresses
                    .insert(index, output.address.wrapping_add(offset));
            }
            layout.outputs.push(output);
        }
        layout.name(place, ram.next)?;
        flash.check("FLASH", 0)?;
        ram.check("RAM", place.stack_bytes)?;
        Ok(layout)
    }

    fn name(&mut self, place: &Place, heap: u64) -> Result<(), LinkError> {
        let output = |name: &str| {
            let found = self.outputs.iter().find(|it| it.name == name);
            found.map_or((0, 0, 0), |it| {
                (it.address, it.address + it.size, it.load_address)
            })
        };
        let (text, rodata, data) = (output(".text"), output(".rodata"), output(".data"));
        let (bss, uninit) = (output(".bss"), output(".uninit"));
        let ram_end = place.ram.origin.wrapping_add(place.ram.length);
        let values = [
            ("__vector_table", output(VECTORS).0),
            ("__stext", text.0),
            ("__etext", text.1),
            ("__srodata", rodata.0),
            ("__erodata", rodata.1),
            ("__sdata", data.0),
            ("__edata", output(".tinybench.harness.data").1),
            ("__sidata", data.2),
            ("__sbss", bss.0),
            ("__ebss", output(".tinybench.harness.bss").1),
            ("__suninit", uninit.0),
            ("__euninit", uninit.1),
            ("__sheap", narrow(heap.next_multiple_of(4))?),
            ("_ram_start", place.ram.origin),
            ("_ram_end", ram_end),
            ("_stack_end", ram_end.wrapping_sub(place.stack_bytes)),
            ("_stack_start", ram_end),
        ];
        self.names = BTreeMap::from(values);
        Ok(())
    }
}

/// The kept sections of each rule, in order.
fn sorted(objects: &Objects, kept: &[bool], rules: &[Rule]) -> Result<Vec<Vec<u32>>, LinkError> {
    let mut found: Vec<Vec<Vec<u32>>> = rules
        .iter()
        .map(|rule| vec![Vec::new(); rule.parts.len()])
        .collect();
    let (rest, own): (Vec<usize>, Vec<usize>) =
        (0..rules.len()).partition(|&at| REST.contains(&rules[at].name));
    for (index, section) in (0..).zip(&objects.sections) {
        if section.kind == Kind::Debug || !kept[index as usize] {
            continue;
        }
        let takes = |at: usize| {
            let part = rules[at].parts.iter().position(|part| part.takes(section));
            part.map(|part| (at, part))
        };
        let taker = own.iter().chain(&rest).find_map(|&at| takes(at));
        let Some((rule, part)) = taker else {
            return Err(LinkError::Damaged("a section of an unknown kind"));
        };
        found[rule][part].push(index);
    }
    Ok(found.into_iter().map(|parts| parts.concat()).collect())
}

/// How far a memory is taken.
struct Taken {
    memory: Memory,
    next: u64,
}

impl Taken {
    fn at(memory: Memory) -> Self {
        Self {
            memory,
            next: memory.origin.into(),
        }
    }

    /// The next `size` bytes, aligned. What lies outside of the address space is refused here, what is
    /// outside of the memory alone when all that is needed is known.
    fn take(&mut self, align: u32, size: u32) -> Result<u32, LinkError> {
        let at = self.next.next_multiple_of(align.into());
        self.next = at + u64::from(size);
        narrow(at)
    }

    /// That what is taken fits, with so many bytes to spare.
    fn check(&self, memory: &'static str, spare: u32) -> Result<(), LinkError> {
        let needed = self.next - u64::from(self.memory.origin) + u64::from(spare);
        let available = self.memory.length.into();
        match needed > available {
            true => Err(LinkError::TooBig {
                memory,
                needed,
                available,
            }),
            false => Ok(()),
        }
    }
}

fn narrow(address: u64) -> Result<u32, LinkError> {
    u32::try_from(address).map_err(|_| LinkError::Damaged("more than 32 bits of address"))
}
