//! Variants of a workload: how their weights are held, what that saves and what decoding costs.

use crate::page::{Block, Cell, Column, Section, Table, Tone};
use crate::report::results::{Item, Results, mark};
use tinybench_analysis::metrics::Unit;
use tinybench_analysis::quality;
use tinybench_record::{Compression, Quality};
use tinybench_support::number::grouped;

/// A section on variants, with those that don't fit the board; none if there are none.
pub fn section(results: &Results) -> Option<Section> {
    let mut table = Table::new(
        "How the weights are held, and what it costs",
        vec![
            Column::text("variant"),
            Column::text("weights"),
            Column::number("pruned"),
            Column::text("coding"),
            Column::number("model, bytes"),
            Column::number("decoding"),
            Column::number("share of the latency"),
            Column::text("whole test set"),
            Column::text("outcome"),
        ],
    );
    for item in &results.items {
        let Some(compression) = &item.result.compression else {
            continue;
        };
        let [decoding, share] = decoding(item);
        let mut cells = held(results.full_label(item), compression);
        cells.extend([
            item.result
                .model
                .bytes
                .map_or("–".to_owned(), grouped)
                .into(),
            decoding.into(),
            share.into(),
            whole(item.result.test_set()).into(),
            "measured".into(),
        ]);
        table.push(cells);
    }
    for run in results.runs {
        for left_out in &run.record.left_out {
            let name = match results.has_several_runs() {
                true => format!("{} · {}", left_out.workload, run.label),
                false => left_out.workload.clone(),
            };
            let mut cells = held(name, &left_out.compression);
            cells.extend([
                grouped(left_out.model_bytes).into(),
                "–".into(),
                "–".into(),
                whole(left_out.compression.test_set.as_ref()).into(),
                Cell::toned(format!("left out: {}", left_out.reason), Tone::Worse),
            ]);
            table.push(cells);
        }
    }
    if table.rows.is_empty() {
        return None;
    }
    let mut section = Section::new("compression", "Variants of the models");
    section.text(
        "Pruned is the share of the weights that were set to 0. Decoding is the time of one inference \
         in which coded weights are decoded; it is part of the latency. docs/compression.md explains \
         the experiment.",
    );
    section.blocks.push(Block::Table(table));
    Some(section)
}

fn held(name: String, compression: &Compression) -> Vec<Cell> {
    vec![
        name.into(),
        compression.weights.as_str().into(),
        format!("{:.0} %", compression.sparsity * 100.0).into(),
        compression.coding.as_str().into(),
    ]
}

/// The time of decoding, and its share of the latency.
fn decoding(item: &Item) -> [String; 2] {
    let latency = &item.result.latency;
    let Some(decode) = &latency.decode else {
        return ["–".to_owned(), "–".to_owned()];
    };
    let mark = mark(Some(latency.fidelity));
    [
        format!("{mark}{}", Unit::Microseconds.show(decode.median_us)),
        format!(
            "{mark}{:.1} %",
            decode.median_us / latency.median_us * 100.0
        ),
    ]
}

fn whole(test_set: Option<&Quality>) -> String {
    test_set.map_or("–".to_owned(), quality::figure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;
    use tinybench_record::example::example;
    use tinybench_record::{LeftOut, Other, Stage};

    #[test]
    fn sparsity_decoding_and_what_was_left_out_are_shown() {
        let mut record = example();
        let compression = Compression {
            workload: "kws".to_owned(),
            weights: "int8".to_owned(),
            sparsity: 0.8,
            coding: "huffman".to_owned(),
            test_set: Some(Quality::new("top1", 0.874, 1_800)),
            other: Other::new(),
        };
        let result = &mut record.results[0];
        result.test_set = None;
        result.compression = Some(compression.clone());
        result.latency.decode = Some(Stage {
            cycles: vec![900_020],
            median_cycles: 900_020.0,
            median_us: 14_062.812_5,
            other: Other::new(),
        });
        record.left_out = vec![LeftOut {
            workload: "kws-float32".to_owned(),
            reason: "it needs 2 MB of flash".to_owned(),
            model_bytes: 2_000_000,
            compression,
            other: Other::new(),
        }];
        let runs = [Run {
            label: "run".to_owned(),
            record,
        }];
        let section = section(&Results::new(&runs)).unwrap();
        let Some(Block::Table(table)) = section.blocks.last() else {
            panic!("{section:?}");
        };
        let row = |index: usize| -> Vec<&str> {
            let cells = table.rows[index].cells.iter();
            cells.map(|it| &*it.text).collect()
        };
        let whole = "top-1 87.4 % of 1,800 samples (95 % interval 85.8 to 88.9 %)";
        assert_eq!(
            row(0),
            [
                "kws",
                "int8",
                "80 %",
                "huffman",
                "53,936",
                "≈ 14.06 ms",
                "≈ 10.0 %",
                whole,
                "measured"
            ]
        );
        assert_eq!(row(1)[4], "2,000,000");
        assert_eq!(row(1)[8], "left out: it needs 2 MB of flash");
    }

    #[test]
    fn a_run_without_variants_has_no_such_section() {
        let runs = [Run {
            label: "run".to_owned(),
            record: example(),
        }];
        assert!(section(&Results::new(&runs)).is_none());
    }
}
