//! Whether the answers are right.

use crate::page::{Block, Cell, Column, Section, Table, Tone};
use crate::report::results::Results;
use tinybench_analysis::reference;
use tinybench_record::{Agreement, AgreementKind, Difference, FloatOutputs, Outputs};

/// Allowed where the answers alone have to agree.
const ANY: &str = "any";

/// How the outputs were checked, and what came of it.
pub fn section(results: &Results) -> Section {
    let mut section = Section::new("verification", "Outputs verified");
    let compared = || {
        let results = results.items.iter();
        results.filter_map(|item| item.result.outputs.as_ref())
    };
    if compared().any(|outputs| outputs.float.is_none() && outputs.agreement.is_none()) {
        section.text(
            "Every output byte of the vectors that were run is compared with the reference. Whole \
             numbers have no tolerance: one bit that differs is an error.",
        );
    }
    if compared().any(|outputs| outputs.agreement.is_some()) {
        section.text(
            "Where a runtime says that its outputs needn't be equal, they are compared in what it \
             promises: every value within some steps of the output's scale, or the answers alone, that \
             is where the largest value of the first output is, or how well anomalies are told: the \
             area under the ROC curve (AUC) of the same vectors.",
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
            Column::text("largest difference at"),
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
            match outputs.verified {
                true => reference::agreement(outputs)
                    .unwrap_or("equal".to_owned())
                    .into(),
                false => Cell::toned("differ", Tone::Worse),
            },
            place(outputs).into(),
        ]);
    }
    section.blocks.push(Block::Table(table));
    section
}

/// Where outputs differ most, and from what.
pub fn place(outputs: &Outputs) -> String {
    let Some(difference) = &outputs.largest_difference else {
        return "–".to_owned();
    };
    let Difference {
        vector,
        part,
        output,
        index,
        reference,
        found,
        ..
    } = difference;
    let mut words = vec![format!("vector {vector}")];
    words.extend(part.clone());
    words.extend(output.as_ref().map(|name| format!("output {name}")));
    words.push(format!("index {index}"));
    format!("{}: {found} for {reference}", words.join(", "))
}

/// The largest difference, and the largest that is allowed.
fn differences(outputs: &Outputs) -> (String, String) {
    let agreement = outputs.agreement.as_ref();
    let answers = agreement.and_then(any);
    let Some(float) = &outputs.float else {
        let steps = || agreement.and_then(|it| it.steps).unwrap_or(0).to_string();
        let allowed = answers.unwrap_or_else(steps);
        return (outputs.max_abs_diff.to_string(), allowed);
    };
    let FloatOutputs {
        max_abs_diff,
        tolerance,
        max_relative_diff,
        relative_tolerance,
        ..
    } = float;
    let relative = |share: f64| format!("{share:.2e} of the largest value");
    let absolute = format!("{max_abs_diff:.2e}");
    match (max_relative_diff, relative_tolerance) {
        (Some(found), Some(allowed)) => (
            format!("{absolute}, {}", relative(*found)),
            relative(*allowed),
        ),
        _ => (
            absolute,
            answers
                .or(tolerance.map(|most| format!("{most:.2e}")))
                .unwrap_or("not known".to_owned()),
        ),
    }
}

/// What is allowed where values may be any, and answers are compared.
fn any(agreement: &Agreement) -> Option<String> {
    match (agreement.kind, &agreement.auc) {
        (AgreementKind::Answer, _) | (AgreementKind::Auc, None) => Some(ANY.to_owned()),
        (AgreementKind::Auc, Some(areas)) => Some(format!(
            "{ANY}; AUC {:.4} for {:.4}",
            areas.found, areas.reference
        )),
        (AgreementKind::Steps, _) => None,
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
    fn what_needn_t_be_equal_is_told_with_how_closely_it_agrees() {
        let said_of = |agreement: serde_json::Value| {
            let mut record = example();
            let outputs = record.results[0].outputs.as_mut().unwrap();
            (outputs.mismatches, outputs.max_abs_diff) = (3, 2);
            outputs.agreement = Some(serde_json::from_value(agreement).unwrap());
            said(record)
        };
        let steps = said_of(serde_json::json!({ "kind": "steps", "steps": 4 }));
        assert!(steps.contains("| 3 | 2 | 4 | ±4 steps |"), "{steps}");
        let answers = said_of(serde_json::json!({ "kind": "answer", "answers": 48 }));
        assert!(
            answers.contains("| 3 | 2 | any | answers agree |"),
            "{answers}"
        );
        for text in [steps, answers] {
            assert!(text.contains("needn't be equal"), "{text}");
            assert!(!text.contains("no tolerance"), "{text}");
        }
    }

    #[test]
    fn whole_numbers_have_no_tolerance() {
        let text = said(example());
        assert!(text.contains("no tolerance"), "{text}");
        assert!(!text.contains("Float32"), "{text}");
    }
}
