//! A Markdown table of the headline figures.

use super::{board, failed, readings};
use crate::compare::{Side, markdown::cell};
use crate::metrics::{METRICS, Metric, Rank};
use crate::{quality, reference};

/// One row a result or failure, one column a headline figure that one of them has.
pub fn render(side: &Side) -> String {
    let shown: Vec<&Metric> = METRICS
        .iter()
        .filter(|metric| metric.rank == Rank::Headline)
        .filter(|metric| {
            side.entries
                .iter()
                .any(|entry| entry.read(metric).is_some())
        })
        .collect();
    let titles: Vec<_> = shown.iter().map(|metric| metric.title).collect();
    let mut out = format!(
        "| board | workload | runtime | {} | outputs |\n|---|---|---|{}---|\n",
        titles.join(" | "),
        "--:|".repeat(shown.len())
    );
    let mut modelled = false;
    for entry in &side.entries {
        let figures: Vec<String> = shown
            .iter()
            .map(|metric| {
                let found = readings(entry).find(|(other, _)| other == metric);
                let judged = entry.result.quality.as_ref();
                if ["quality", "error"].contains(&metric.slug) && found.is_some() {
                    return judged.map_or("-".to_owned(), |it| cell(&quality::figure(it)));
                }
                found.map_or("-".to_owned(), |(metric, reading)| {
                    modelled |= reading.is_modelled();
                    let mark = if reading.is_modelled() { "≈ " } else { "" };
                    format!("{mark}{}", metric.unit.show(reading.value))
                })
            })
            .collect();
        let verified = match &entry.result.outputs {
            Some(outputs) if outputs.verified => {
                format!("{}, {}", reference::verdict(outputs), outputs.vectors)
            }
            Some(_) => "**NOT VERIFIED**".to_owned(),
            None => "-".to_owned(),
        };
        out += &format!(
            "| {} | {} | {} | {} | {verified} |\n",
            cell(&board(&entry.key)),
            cell(&entry.key.workload),
            cell(&entry.key.runtime),
            figures.join(" | "),
        );
    }
    for failure in &side.failures {
        let (workload, runtime, board) = failed(failure);
        let why = format!("{}: {}", failure.failure.kind, failure.failure.message);
        out += &format!(
            "| {} | {} | {} | {}**FAILED**, {} |\n",
            cell(&board),
            cell(workload),
            cell(runtime),
            "- | ".repeat(shown.len()),
            cell(&why),
        );
    }
    if modelled {
        out += "\n≈ modelled, not measured.\n";
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{side, with_failures};

    #[test]
    fn one_row_a_result() {
        insta::assert_snapshot!(render(&side()));
    }

    #[test]
    fn what_failed_is_a_row_too() {
        let side = Side::new("records", &with_failures());
        insta::assert_snapshot!(render(&side));
    }
}
