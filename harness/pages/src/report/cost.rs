//! Flash and RAM in their parts.

use super::results::{Item, Results, metric};
use crate::page::{Block, Column, Plot, Section, Table};
use crate::plot::{Bar, BarGroup, Part, bars};
use tinybench_record::{Flash, Memory};
use tinybench_support::number::{decimal, grouped};

/// A part of a memory: its name, its class of the style sheet and how to read it.
type MemoryPart = (&'static str, &'static str, fn(&Item) -> u64);

/// What flash holds.
const FLASH: [MemoryPart; 6] = [
    ("model", "part1", |item| {
        optional(flash(item).map(|flash| flash.model_bytes))
    }),
    ("runtime", "part3", |item| {
        optional(flash(item).map(|flash| flash.runtime_bytes))
    }),
    ("system and libraries", "part4", |item| {
        optional(flash(item).map(|flash| flash.system_bytes))
    }),
    ("features and answers", "part2", |item| {
        optional(flash(item).and_then(|flash| flash.pipeline_bytes))
    }),
    ("learning", "part5", |item| {
        optional(flash(item).and_then(|flash| flash.learning_bytes))
    }),
    ("measuring program, not counted", "own", |item| {
        optional(flash(item).map(|flash| flash.harness_bytes))
    }),
];

/// What RAM holds.
const RAM: [MemoryPart; 7] = [
    ("model", "part1", |item| {
        optional(memory(item).and_then(|memory| memory.model_bytes))
    }),
    ("intermediate results", "part2", |item| {
        optional(memory(item).and_then(|memory| memory.intermediate_bytes))
    }),
    ("runtime", "part3", |item| {
        optional(memory(item).and_then(|memory| memory.runtime_bytes))
    }),
    ("system and libraries", "part4", |item| {
        optional(memory(item).and_then(|memory| memory.system_bytes))
    }),
    ("features and answers", "first", |item| {
        optional(memory(item).and_then(|memory| memory.pipeline_bytes))
    }),
    ("learning", "part5", |item| {
        optional(memory(item).and_then(|memory| memory.learning_bytes))
    }),
    ("measuring program, not counted", "own", |item| {
        optional(memory(item).map(|memory| memory.harness_bytes))
    }),
];

/// What RAM holds, as records tell it that don't know its parts.
const RAM_REGIONS: [MemoryPart; 4] = [
    ("arena", "part1", |item| {
        optional(memory(item).map(|memory| memory.arena_bytes))
    }),
    ("stack", "part2", |item| {
        optional(memory(item).map(|memory| memory.stack_peak_bytes))
    }),
    ("static", "part3", |item| {
        let own = |memory: &Memory| memory.static_bytes.saturating_sub(memory.harness_bytes);
        optional(memory(item).map(own))
    }),
    ("measuring program, not counted", "own", |item| {
        optional(memory(item).map(|memory| memory.harness_bytes))
    }),
];

fn flash<'a>(item: &Item<'a>) -> Option<&'a Flash> {
    item.result.flash.as_ref()
}

fn memory<'a>(item: &Item<'a>) -> Option<&'a Memory> {
    item.result.memory.as_ref()
}

fn optional(bytes: Option<u32>) -> u64 {
    bytes.unwrap_or(0).into()
}

/// Flash and RAM; none of a device with firmware of its own, of which nobody knows.
pub fn section(results: &Results) -> Option<Section> {
    let mut section = Section::new("memory", "Flash and RAM");
    let knows_parts =
        |item: &Item| memory(item).is_none_or(|memory| memory.intermediate_bytes.is_some());
    let ram: &[MemoryPart] = if results.items.iter().all(knows_parts) {
        &RAM
    } else {
        &RAM_REGIONS
    };
    for (id, title, parts, total) in [
        ("flash-plot", "Flash", &FLASH[..], "flash"),
        ("ram-plot", "RAM at its peak", ram, "ram"),
    ] {
        section
            .blocks
            .push(Block::Plot(stacked(results, id, title, parts, total)));
    }
    let known = |item: &Item| memory(item).is_some() || flash(item).is_some();
    results.items.iter().any(known).then_some(section)
}

fn stacked(results: &Results, id: &str, title: &str, parts: &[MemoryPart], total: &str) -> Plot {
    // What no result has need not be told.
    let parts: Vec<_> = parts
        .iter()
        .filter(|(_, _, read)| results.items.iter().any(|item| read(item) > 0))
        .collect();
    let mut columns = vec![Column::text("result")];
    columns.extend(parts.iter().map(|(name, ..)| Column::number(*name)));
    columns.push(Column::number("total"));
    let mut table = Table::new(format!("{title} by its parts, bytes"), columns);
    let mut shown = BarGroup::default();
    for item in &results.items {
        let label = results.full_label(item);
        let total = metric(total)
            .and_then(|metric| item.reading(metric))
            .map_or(0, |reading| reading.value as u64);
        let mut row = vec![label.clone()];
        let mut bar = Bar {
            label: label.clone(),
            figure: format!("{} KiB", decimal(total as f64 / 1024.0)),
            parts: Vec::new(),
        };
        for (name, class, read) in &parts {
            let bytes = read(item);
            row.push(grouped(bytes));
            bar.parts.push(Part {
                value: bytes as f64,
                class,
                tip: format!("{label}, {name}: {} bytes", grouped(bytes)),
            });
        }
        row.push(grouped(total));
        table.push(row);
        shown.bars.push(bar);
    }
    let description = format!(
        "Stacked bars of {} results. The table below has the figures.",
        table.rows.len()
    );
    Plot {
        id: id.to_owned(),
        title: title.to_owned(),
        note: "Shorter is better. One scale for all, from 0.".to_owned(),
        legend: parts
            .iter()
            .map(|(name, class, _)| (*class, (*name).to_owned()))
            .collect(),
        svg: bars(&[shown], false, id, &description),
        table,
    }
}
