//! What failed, and why.

use super::results::Results;
use crate::page::{Block, Cell, Column, Section, Table, Tone};

/// A section on what failed, none if nothing did.
pub fn section(results: &Results) -> Option<Section> {
    let mut columns = vec![Column::text("workload")];
    if results.has_several_runs() {
        columns.push(Column::text("run"));
    }
    columns.extend(["runtime", "kind", "what happened"].map(Column::text));
    columns.push(Column::number("exit code"));
    let mut table = Table::new("Workloads that gave no result", columns);
    for run in results.runs {
        for failure in &run.record.failures {
            let mut cells = vec![Cell::from(failure.workload.as_str())];
            if results.has_several_runs() {
                cells.push(run.label.as_str().into());
            }
            cells.extend([
                failure.runtime_name().unwrap_or("–").into(),
                Cell::toned(failure.kind.name(), Tone::Worse),
                failure.message.as_str().into(),
                failure.exit_code.to_string().into(),
            ]);
            table.push(cells);
        }
    }
    if table.rows.is_empty() {
        return None;
    }
    let mut section = Section::new("failures", "What failed");
    section.blocks.push(Block::Notice(match table.rows.len() {
        1 => "1 workload failed and has no figures in this report.".to_owned(),
        count => format!("{count} workloads failed and have no figures in this report."),
    }));
    section.blocks.push(Block::Table(table));
    Some(section)
}

#[cfg(test)]
mod tests {
    use crate::page::markdown;
    use crate::report::{Extras, Run, changes, document};
    use tinybench_analysis::compare::Gate;
    use tinybench_record::RunRecord;
    use tinybench_record::example::{example, with_failures};
    use tinybench_record::reading::Loaded;

    fn report(runs: &[(&str, RunRecord)]) -> String {
        let labels: Vec<_> = runs.iter().map(|(label, _)| (*label).to_owned()).collect();
        let loaded: Vec<_> = runs
            .iter()
            .map(|(label, record)| Loaded {
                path: label.into(),
                record: record.clone(),
            })
            .collect();
        let extras = Extras {
            title: None,
            before_summary: changes(&labels, &loaded, &Gate::default(), &[]),
            ..Extras::default()
        };
        let runs: Vec<_> = runs
            .iter()
            .map(|(label, record)| Run {
                label: (*label).to_owned(),
                record: record.clone(),
            })
            .collect();
        markdown(&document(&runs, extras).unwrap(), usize::MAX)
    }

    /// The section of this heading.
    fn part<'a>(report: &'a str, heading: &str) -> &'a str {
        let start = report.find(&format!("## {heading}")).unwrap();
        let rest = &report[start..];
        let end = rest[3..].find("\n## ").map_or(rest.len(), |end| end + 3);
        rest[..end].trim_end()
    }

    #[test]
    fn a_report_says_what_failed_and_what_that_changes() {
        let text = report(&[("main", example()), ("new", with_failures())]);
        insta::assert_snapshot!(format!(
            "{}\n\n{}\n\n{}",
            part(&text, "Changes"),
            part(&text, "What failed"),
            part(&text, "How to repeat")
        ));
        assert!(!report(&[("main", example())]).contains("What failed"));
    }

    #[test]
    fn a_report_on_failures_alone_names_them() {
        let mut record = with_failures();
        record.results.clear();
        record.toolchain = None;
        let text = report(&[("main", record)]);
        assert!(text.starts_with("# ic and vww on nano33"), "{text}");
        assert!(text.contains("2 workloads failed"), "{text}");
        assert!(!text.contains("the firmware is not tinybench's"), "{text}");
        assert!(!text.contains("cargo run"), "{text}");
    }
}
