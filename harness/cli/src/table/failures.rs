//! What failed, beside what was measured.

use owo_colors::OwoColorize;

use super::{NONE, Property, wrap};
use tinybench_record::Failure;

/// A cell of the main table for each of the properties that it shows: names, and that it failed.
pub(super) fn row(failure: &Failure, shown: &[&Property], colour: bool) -> Vec<String> {
    let cell = |heading: &str| match heading {
        "workload" => failure.workload.clone(),
        "runtime" => failure.runtime_name().unwrap_or(NONE).to_owned(),
        "verified" => {
            let text = format!("failed: {}", failure.kind);
            match colour {
                true => text.red().bold().to_string(),
                false => text,
            }
        }
        _ => NONE.to_owned(),
    };
    shown
        .iter()
        .map(|property| cell(property.heading))
        .collect()
}

/// Why each of `failures` failed, a paragraph each; `None` if there are none.
pub(super) fn messages(failures: &[Failure], width: usize) -> Option<String> {
    let paragraphs: Vec<_> = failures
        .iter()
        .map(|failure| {
            let name = match failure.runtime_name() {
                Some(runtime) => format!("{} on {runtime}", failure.workload),
                None => failure.workload.clone(),
            };
            let text = format!(
                "{name} failed ({}, exit code {}): {}",
                failure.kind, failure.exit_code, failure.message
            );
            wrap(&text, width)
        })
        .collect();
    (!paragraphs.is_empty()).then(|| paragraphs.join("\n"))
}
