//! Whether the answers are right.

use crate::page::{Block, Cell, Column, Section, Table, Tone};
use crate::report::results::Results;
use tinybench_record::{FloatOutputs, Outputs};

/// How the outputs were checked, and what came of it.
pub fn section(results: &Results) -> Section {
    let mut section = Section::new("verification", "Outputs verified");
    let compared = || {
        let results = results.items.iter();
        results.filter_map(|item| item.result.outputs.as_ref())
    };
    if compared().any(|outputs| outputs.float.is_none()) {
        section.text(
            "Every output byte of the vectors that were run is compared with the reference. Whole \
             numbers have no tolerance: one bit that differs is an error.",
        );
    }
    if compared().any(|outputs| outputs.float.is_some()) {
        section.text(
            "Float32 outputs are compared value by value. They may differ from the reference by as \
             much as the table allows, as the order of additions changes the last digits.",
        );
    }
    let mut table = Table::new(
        "Outputs on the target against the reference",
        vec![
            Column::text("workload"),
            Column::text("reference"),
            Column::number("vectors"),
            Column::number("bytes compared"),
            Column::number("bytes that differ"),
            Column::number("largest difference"),
            Column::number("allowed"),
            Column::text("outputs"),
        ],
    );
    for item in &results.items {
        let Some(outputs) = &item.result.outputs else {
            let mut cells = vec![Cell::from(results.full_label(item)), "none".into()];
            cells.resize(table.columns.len(), "–".into());
            table.push(cells);
            continue;
        };
        let (largest, allowed) = differences(outputs);
        table.push([
            results.full_label(item).into(),
            Cell::from(outputs.reference.as_str()),
            format!("{} of {}", outputs.vectors, item.result.inputs.available).into(),
            outputs.bytes_compared.to_string().into(),
            outputs.mismatches.to_string().into(),
            largest.into(),
            allowed.into(),
            match (outputs.verified, &outputs.float) {
                (true, None) => "equal".into(),
                (true, Some(_)) => "within what is allowed".into(),
                (false, _) => Cell::toned("differ", Tone::Worse),
            },
        ]);
    }
    section.blocks.push(Block::Table(table));
    section
}

/// The largest difference, and the largest that is allowed.
fn differences(outputs: &Outputs) -> (String, String) {
    let Some(float) = &outputs.float else {
        return (outputs.max_abs_diff.to_string(), "0".to_owned());
    };
    let FloatOutputs {
        max_abs_diff,
        tolerance,
        max_relative_diff,
        relative_tolerance,
        ..
    } = float;
    let relative = |share: f64| format!("{share:.2e} of the largest value");
    match (max_relative_diff, relative_tolerance) {
        (Some(found), Some(allowed)) => (
            format!("{max_abs_diff:.2e}, {}", relative(*found)),
            relative(*allowed),
        ),
        _ => (
            format!("{max_abs_diff:.2e}"),
            tolerance.map_or("not known".to_owned(), |most| format!("{most:.2e}")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::markdown;
    use crate::report::{Extras, Run, document};
    use tinybench_record::example::example;
    use tinybench_record::{Other, RunRecord};

    /// What a report on the record says of its outputs.
    fn said(record: RunRecord) -> String {
        let runs = [Run {
            label: "run".to_owned(),
            record,
        }];
        let text = markdown(&document(&runs, Extras::default()).unwrap(), 60_000);
        let start = text.find("## Outputs verified").unwrap();
        let end = text[start + 5..].find("\n## ").unwrap();
        text[start..start + 5 + end].to_owned()
    }

    #[test]
    fn the_tolerance_of_float32_is_that_of_the_record() {
        let mut record = example();
        let outputs = record.results[0].outputs.as_mut().unwrap();
        outputs.float = Some(FloatOutputs {
            values_compared: 144,
            max_abs_diff: 5.96e-8,
            tolerance: None,
            max_relative_diff: Some(1.25e-6),
            relative_tolerance: Some(1e-5),
            other: Other::new(),
        });
        let text = said(record.clone());
        assert!(!text.contains("no tolerance"), "{text}");
        for figure in ["5.96e-8", "1.25e-6", "1.00e-5"] {
            assert!(text.contains(figure), "{figure}: {text}");
        }
        // Records of before had an absolute one.
        let outputs = record.results[0].outputs.as_mut().unwrap();
        let float = outputs.float.as_mut().unwrap();
        (float.max_relative_diff, float.relative_tolerance) = (None, None);
        float.tolerance = Some(3e-4);
        let text = said(record);
        assert!(
            text.contains("3.00e-4") && text.contains("5.96e-8"),
            "{text}"
        );
    }

    #[test]
    fn whole_numbers_have_no_tolerance() {
        let text = said(example());
        assert!(text.contains("no tolerance"), "{text}");
        assert!(!text.contains("Float32"), "{text}");
    }
}
