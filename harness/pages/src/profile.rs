//! The page of one profile: what takes the time, and why; where in the code; what lies in the memory.

use crate::page::{Block, Column, Document, Plot, Section, Table};
use crate::plot::{Flame, Mark, Roof, Span, flame, roofline, spans};
use crate::report::{MODELLED, operators};
use tinybench_analysis::profile::worst_first;
use tinybench_record::{Fidelity, OperatorProfile, Profile};
use tinybench_support::number::grouped;

/// How many functions are listed.
const FUNCTIONS: usize = 40;
/// How many dots of the roofline have their name beside them.
const NAMED_DOTS: usize = 5;

/// What there is to show.
#[derive(Clone, Debug, Default)]
pub struct Page<'a> {
    /// Its title.
    pub title: String,
    /// What stands below it, a line each.
    pub lead: Vec<String>,
    /// The operators of an inference.
    pub profile: Option<&'a Profile>,
    /// Stacks, outermost frame first, with cycles.
    pub stacks: Vec<(Vec<String>, u64)>,
    /// What lies in the arena.
    pub memory: Option<Memory>,
    /// The functions, the most expensive first.
    pub functions: Vec<Function>,
    /// What can't be shown, and how it ended.
    pub notes: Vec<String>,
}

/// The part of an arena that holds tensors and scratch.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Everything that lies in it at some time.
    pub buffers: Vec<Buffer>,
    /// The operators, in their order.
    pub operators: Vec<String>,
    /// The first operator at which the memory is used up to its end.
    pub peak: Option<u32>,
}

/// What lies in the arena for some time.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    /// Its name, or that of the operator whose scratch it is.
    pub name: String,
    /// What it is, such as `input` or `scratch`.
    pub content: String,
    /// Its length.
    pub bytes: u64,
    /// Where it lies.
    pub offset: u64,
    /// The first operator that needs it.
    pub first: u32,
    /// The last one; the number of operators for what is needed behind the last.
    pub last: u32,
}

/// What a function cost.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Cycles of its own.
    pub cycles: u64,
    /// Cycles from call to return, if that is known.
    pub inclusive: Option<u64>,
    /// Its instructions.
    pub instructions: Option<u64>,
    /// How often it was called, if that is known.
    pub calls: Option<u64>,
}

/// What a name is known by: the end of a tensor's or function's path.
fn short(name: &str) -> String {
    /// Longest name, characters.
    const LONGEST: usize = 40;
    // A tensor that was fused of several has all their names.
    let first = name.split(';').next().unwrap_or(name);
    let separator = if first.contains("::") { "::" } else { "/" };
    // Of `<a::b::Type as a::Trait>::method` the end of each path.
    let mut whole = String::new();
    for word in first.split_inclusive([' ', '<', '>', ',', '&', '(', ')']) {
        let parts: Vec<&str> = word.split(separator).collect();
        whole += &parts[parts.len().saturating_sub(2)..].join(separator);
    }
    match whole.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}

/// The page as a document.
pub fn document(page: &Page) -> Document {
    let mut sections = Vec::new();
    let profile = page.profile.filter(|it| !it.operators.is_empty());
    if let Some(profile) = profile {
        let mut section = Section::new("operators", "Operators");
        let plot = operators::plot("operators-plot", "The worst operators", profile);
        section.blocks.push(Block::Plot(plot));
        operators::explain(profile, &mut section);
        sections.push(section);
        sections.extend(roof(profile));
    }
    sections.extend(stacks(page));
    sections.extend(page.memory.as_ref().and_then(memory));
    sections.extend(functions(page));
    let mut methods = Section::new("methods", "How to read this");
    for note in &page.notes {
        methods.text(format!("Note: {note}."));
    }
    methods.text(
        "≈ marks cycles that come from a model of the hardware: they were not measured. \
         docs/profile.md explains every figure, docs/fidelity.md how far off modelled cycles are known \
         to be.",
    );
    sections.push(methods);
    Document {
        title: page.title.clone(),
        lead: page.lead.clone(),
        sections,
        ..Document::default()
    }
}

/// What stands before cycles: a program is always one on a virtual board.
fn mark(page: &Page) -> &'static str {
    match page.profile.map(|it| it.fidelity) {
        Some(Fidelity::Measured) => "",
        Some(Fidelity::Modelled) | None => MODELLED,
    }
}

/// How fast each operator is, against what the core could do.
fn roof(profile: &Profile) -> Option<Section> {
    let mut table = Table::new(
        "Operators with multiply-accumulates",
        vec![
            Column::text("operator"),
            Column::number("MACs / byte"),
            Column::number("MACs / cycle"),
            Column::number("the core's bound"),
            Column::number("of the bound, %"),
        ],
    );
    let (mut marks, mut roofs) = (Vec::new(), Vec::<Roof>::new());
    for (place, operator) in worst_first(profile).into_iter().enumerate() {
        let Some((macs, bytes, bound)) = work(operator) else {
            continue;
        };
        let roof = Roof {
            // What is left of the bound without what the bytes take.
            cycles_per_work: (bound - bytes / 4.0).max(0.0) / macs,
            cycles_per_byte: 0.25,
        };
        let is_known = |it: &Roof| (it.cycles_per_work - roof.cycles_per_work).abs() < 0.1;
        if !roofs.iter().any(is_known) {
            // Rounded up bytes and products are no roof of their own.
            roofs.push(Roof {
                cycles_per_work: (roof.cycles_per_work * 4.0).round() / 4.0,
                ..roof
            });
        }
        let speed = macs / operator.cost.cycles.max(1) as f64;
        let name = operator.label();
        let bound_speed = macs / bound;
        table.push([
            name.clone(),
            format!("{:.2}", macs / bytes),
            format!("{speed:.3}"),
            format!("{bound_speed:.3}"),
            format!("{:.1}", 100.0 * speed / bound_speed),
        ]);
        marks.push(Mark {
            intensity: macs / bytes,
            speed,
            class: match profile.fidelity {
                Fidelity::Modelled => "dot modelled",
                Fidelity::Measured => "dot",
            },
            tip: format!(
                "{name}: {speed:.3} MACs a cycle, {:.1} % of what the core could do",
                100.0 * speed / bound_speed
            ),
            label: if place < NAMED_DOTS {
                name
            } else {
                String::new()
            },
        });
    }
    if marks.is_empty() {
        return None;
    }
    let id = "roofline-plot";
    let mut section = Section::new("roofline", "Roofline");
    section.blocks.push(Block::Plot(Plot {
        id: id.to_owned(),
        title: "Speed against what the core could do".to_owned(),
        note: "Multiply-accumulates a cycle (up) over multiply-accumulates for each byte of weights, \
               inputs and outputs (across), both logarithmic. The line is the core's bound: no code \
               reaches it."
            .to_owned(),
        legend: Vec::new(),
        svg: roofline(
            &marks,
            &roofs,
            id,
            "A dot for each operator below the line of what the core could do.",
        ),
        table,
    }));
    Some(section)
}

/// Multiply-accumulates, bytes and bound of an operator that has all of them.
fn work(operator: &OperatorProfile) -> Option<(f64, f64, f64)> {
    let macs = operator.macs.filter(|&it| it > 0)?;
    let bytes = operator
        .weight_bytes
        .saturating_add(operator.activation_bytes);
    let bound = operator.bound_cycles.filter(|&it| it > 0)?;
    (bytes > 0).then_some((macs as f64, bytes as f64, bound as f64))
}

fn stacks(page: &Page) -> Option<Section> {
    if page.stacks.is_empty() {
        return None;
    }
    let root = Flame::of("all", &page.stacks);
    let mark = mark(page);
    let percent = |cycles: u64| 100.0 * cycles as f64 / root.value.max(1) as f64;
    let mut table = Table::new(
        "The most expensive stacks",
        vec![
            Column::text("stack"),
            Column::number("cycles"),
            Column::number("%"),
        ],
    );
    let mut worst: Vec<_> = page.stacks.iter().collect();
    worst.sort_by_key(|(_, cycles)| std::cmp::Reverse(*cycles));
    for (frames, cycles) in worst.into_iter().take(FUNCTIONS) {
        table.push([
            frames
                .iter()
                .map(|it| short(it))
                .collect::<Vec<_>>()
                .join(" › "),
            format!("{mark}{}", grouped(*cycles)),
            format!("{:.1}", percent(*cycles)),
        ]);
    }
    let id = "flame-plot";
    let mut section = Section::new("flame", "Flame graph");
    section.blocks.push(Block::Plot(Plot {
        id: id.to_owned(),
        title: "Where in the code".to_owned(),
        note: "The width of a frame is its cycles, with those of all that it called or that was inlined \
               into it. What is too narrow to be seen isn't drawn."
            .to_owned(),
        legend: Vec::new(),
        svg: flame(
            &root,
            &|name| name.rsplit("::").next().unwrap_or(name).to_owned(),
            &|name, cycles| {
                format!("{name}: {mark}{} cycles, {:.1} %", grouped(cycles), percent(cycles))
            },
            id,
            "Frames below those that called them, as wide as what they cost.",
        ),
        table,
    }));
    Some(section)
}

fn memory(memory: &Memory) -> Option<Section> {
    let end = memory
        .buffers
        .iter()
        .map(|it| it.offset.saturating_add(it.bytes))
        .max()?;
    let operator = |at: u32| {
        let name = memory.operators.get(at as usize).cloned();
        name.unwrap_or_else(|| "behind the last".to_owned())
    };
    let is_in_peak = |it: &Buffer| {
        let peak = memory.peak;
        peak.is_some_and(|peak| (it.first..=it.last).contains(&peak))
    };
    let mut table = Table::new(
        "Tensors and scratch, the largest first",
        vec![
            Column::text("what"),
            Column::text("name"),
            Column::number("bytes"),
            Column::number("offset"),
            Column::text("first needed by"),
            Column::text("last needed by"),
            Column::text("at the peak"),
        ],
    );
    let mut largest: Vec<&Buffer> = memory.buffers.iter().collect();
    largest.sort_by_key(|it| std::cmp::Reverse(it.bytes));
    for it in largest {
        table.push([
            it.content.clone(),
            short(&it.name),
            grouped(it.bytes),
            grouped(it.offset),
            operator(it.first),
            operator(it.last),
            if is_in_peak(it) { "yes" } else { "" }.to_owned(),
        ]);
    }
    let drawn: Vec<Span> = memory
        .buffers
        .iter()
        .map(|it| Span {
            first: it.first,
            last: it.last,
            offset: it.offset,
            bytes: it.bytes,
            class: if is_in_peak(it) { "part3" } else { "part4" },
            label: short(&it.name),
            tip: format!(
                "{} {}: {} B at {}, {} to {}",
                it.content,
                it.name,
                grouped(it.bytes),
                grouped(it.offset),
                operator(it.first),
                operator(it.last)
            ),
        })
        .collect();
    let mut section = Section::new("memory", "Memory over time");
    if let Some(peak) = memory.peak {
        let mut at_peak: Vec<&Buffer> = memory.buffers.iter().filter(|it| is_in_peak(it)).collect();
        at_peak.sort_by_key(|it| std::cmp::Reverse(it.bytes));
        let needed: u64 = at_peak.iter().map(|it| it.bytes).sum();
        let names: Vec<_> = at_peak
            .iter()
            .take(3)
            .map(|it| {
                format!(
                    "{} {} ({} B)",
                    it.content,
                    short(&it.name),
                    grouped(it.bytes)
                )
            })
            .collect();
        section.text(format!(
            "Tensors and scratch take {} B, which are used up to the end at {}. What is needed there, \
             {} B, is above all {}: only what makes these smaller, or lets them not be needed at once, \
             lowers the peak.",
            grouped(end),
            operator(peak),
            grouped(needed),
            names.join(", ")
        ));
        if let Some((next, bytes)) = next_need(memory, peak).filter(|(_, it)| *it < needed) {
            section.text(format!(
                "The operator that needs most besides is {}, {} B: a change of {} alone saves {} B at most.",
                operator(next),
                grouped(bytes),
                operator(peak),
                grouped(needed - bytes)
            ));
        }
    }
    let id = "memory-plot";
    section.blocks.push(Block::Plot(Plot {
        id: id.to_owned(),
        title: "What lies where in the arena, and how long".to_owned(),
        note: "Operators from left to right, addresses upwards. The stroke is the operator at which the \
               arena is used up to its end."
            .to_owned(),
        legend: vec![
            ("part3", "needed at the peak".to_owned()),
            ("part4", "at other times".to_owned()),
        ],
        svg: spans(
            &drawn,
            memory.operators.len(),
            memory.peak,
            &|bytes| format!("{} B", grouped(bytes as u64)),
            id,
            "A rectangle for each tensor and scratch.",
        ),
        table,
    }));
    Some(section)
}

/// The operator other than `peak` that needs most of the arena at once, and how many bytes.
fn next_need(memory: &Memory, peak: u32) -> Option<(u32, u64)> {
    let need = |at: u32| -> u64 {
        let buffers = memory.buffers.iter();
        let live = buffers.filter(|it| (it.first..=it.last).contains(&at));
        live.map(|it| it.bytes).sum()
    };
    let others = (0..memory.operators.len() as u32).filter(|&at| at != peak);
    let needs = others.map(|at| (at, need(at)));
    // Of equals the first.
    needs.rev().max_by_key(|&(_, bytes)| bytes)
}

fn functions(page: &Page) -> Option<Section> {
    if page.functions.is_empty() {
        return None;
    }
    let whole: u64 = page.functions.iter().map(|it| it.cycles).sum();
    let mark = mark(page);
    let has_calls = page.functions.iter().any(|it| it.calls.is_some());
    let mut columns = vec![
        Column::text("function"),
        Column::number("cycles"),
        Column::number("%"),
        Column::number("instructions"),
    ];
    if has_calls {
        columns.push(Column::number("cycles with what it calls"));
        columns.push(Column::number("calls"));
    }
    let shown = page.functions.len().min(FUNCTIONS);
    let caption = format!("The first {shown} of {} functions", page.functions.len());
    let mut table = Table::new(caption, columns);
    let number = |value: Option<u64>| value.map_or("–".to_owned(), grouped);
    for it in page.functions.iter().take(FUNCTIONS) {
        let mut cells = vec![
            it.name.clone(),
            format!("{mark}{}", grouped(it.cycles)),
            format!("{:.1}", 100.0 * it.cycles as f64 / whole.max(1) as f64),
            number(it.instructions),
        ];
        if has_calls {
            cells.extend([number(it.inclusive), number(it.calls)]);
        }
        table.push(cells);
    }
    let mut section = Section::new("functions", "Functions");
    section.text(
        "By the symbol table: what was inlined belongs to the function that it was inlined into, and what \
         a function costs is without those that it calls.",
    );
    section.blocks.push(Block::Table(table));
    Some(section)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Layout, html};
    use serde_json::json;

    fn profile() -> Profile {
        serde_json::from_value(json!({
            "fidelity": "modelled", "cycles": 1_000,
            "operators": [
                { "index": 0, "name": "CONV_2D", "macs": 400, "weight_bytes": 40,
                  "activation_bytes": 360, "bound_cycles": 300, "cost": { "cycles": 900 } },
            ],
            "between": { "cycles": 100 },
        }))
        .unwrap()
    }

    fn page(profile: &Profile) -> Page<'_> {
        let buffer = |name: &str, offset, first, last| Buffer {
            name: name.to_owned(),
            content: "intermediate".to_owned(),
            bytes: 64,
            offset,
            first,
            last,
        };
        Page {
            title: "kws".to_owned(),
            profile: Some(profile),
            stacks: vec![(vec!["CONV_2D 0".to_owned(), "dot<T>".to_owned()], 900)],
            memory: Some(Memory {
                buffers: vec![buffer("a", 0, 0, 0), buffer("b", 64, 0, 1)],
                operators: vec!["CONV_2D 0".to_owned()],
                peak: Some(0),
            }),
            functions: vec![Function {
                name: "dot<T>".to_owned(),
                cycles: 900,
                ..Function::default()
            }],
            ..Page::default()
        }
    }

    #[test]
    fn a_page_has_a_section_for_all_that_there_is() {
        let profile = profile();
        let document = document(&page(&profile));
        let ids: Vec<_> = document.sections.iter().map(|it| it.id).collect();
        assert_eq!(
            ids,
            [
                "operators",
                "roofline",
                "flame",
                "memory",
                "functions",
                "methods"
            ]
        );
        let text = html(&document, &Layout::default()).unwrap();
        assert!(
            text.contains("dot&#60;T&#62;") || text.contains("dot&lt;T&gt;"),
            "{text}"
        );
        assert!(!text.contains("dot<T>") && !text.contains("NaN"));
        let words = format!("{:?}", document.sections[3].blocks[0]);
        assert!(
            words.contains("128 B") && words.contains("CONV_2D 0"),
            "{words}"
        );
    }

    #[test]
    fn the_roof_is_the_bound() {
        let profile = profile();
        let section = roof(&profile).unwrap();
        let Block::Plot(plot) = &section.blocks[0] else {
            panic!("{section:?}");
        };
        let cells: Vec<_> = plot.table.rows[0]
            .cells
            .iter()
            .map(|it| &*it.text)
            .collect();
        assert_eq!(cells, ["CONV_2D 0", "1.00", "0.444", "1.333", "33.3"]);
    }

    #[test]
    fn a_profile_without_operators_has_what_is_left() {
        let empty = Page {
            title: "x".to_owned(),
            notes: vec!["it still ran".to_owned()],
            ..Page::default()
        };
        let ids: Vec<_> = document(&empty).sections.iter().map(|it| it.id).collect();
        assert_eq!(ids, ["methods"]);
    }
}
