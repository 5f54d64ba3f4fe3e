//! The report on one or several run records: what was found, how, and how to repeat it.
//!
//! [`document`] turns records into a document, free of I/O; `page` writes it as HTML or Markdown.

mod answers;
mod changes;
mod choice;
mod cost;
mod failures;
mod learning;
mod methods;
mod published;
mod repeat;
mod results;
mod runtimes;
mod summary;
mod timing;

use std::path::Path;

use crate::page::{Document, Section};
use tinybench_analysis::compare::NamedLimit;
use tinybench_record::RunRecord;
use tinybench_record::reading::Loaded;

pub use changes::changes;
pub use published::{Published, PublishedError, rows as published_rows};
pub use results::{Item, Results};
pub use timing::operators;

/// Stands before every number that comes from a model of the hardware.
pub const MODELLED: &str = "≈ ";

/// A record with a name for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// A name that no other run of the report has.
    pub label: String,
    /// The record.
    pub record: RunRecord,
}

/// What a report shows besides the records.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// The title, instead of one made from the records.
    pub title: Option<String>,
    /// Sections that come before the summary.
    pub before_summary: Vec<Section>,
    /// What a result may cost at most: hard limits.
    pub budget: Vec<NamedLimit>,
}

/// Names for the records: those of their files, or with the folders above where the files' names
/// are the same, or with a number where that doesn't tell them apart.
pub fn labels(loaded: &[Loaded]) -> Vec<String> {
    let stem = |path: &Path| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let with_folder = |path: &Path| {
        let folder = path.parent().and_then(|folder| folder.file_name());
        match folder {
            Some(folder) => format!("{}/{}", folder.to_string_lossy(), stem(path)),
            None => stem(path),
        }
    };
    let named = |name: &dyn Fn(&Path) -> String| -> Vec<String> {
        loaded.iter().map(|loaded| name(&loaded.path)).collect()
    };
    let mut labels = named(&stem);
    if has_duplicates(&labels) {
        labels = named(&with_folder);
    }
    if has_duplicates(&labels) {
        for (number, label) in (1..).zip(&mut labels) {
            *label += &format!(" ({number})");
        }
    }
    labels
}

/// The records under their names.
pub fn runs(labels: Vec<String>, loaded: Vec<Loaded>) -> Vec<Run> {
    labels
        .into_iter()
        .zip(loaded)
        .map(|(label, loaded)| Run {
            label,
            record: loaded.record,
        })
        .collect()
}

fn has_duplicates(labels: &[String]) -> bool {
    let mut sorted: Vec<_> = labels.iter().collect();
    sorted.sort();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

/// The report on `runs`, of which the first is the one that others are compared with.
pub fn document(runs: &[Run], extras: Extras) -> Result<Document, PublishedError> {
    let results = Results::new(runs);
    let title = extras.title.unwrap_or_else(|| summary::title(&results));
    let mut sections: Vec<Section> = choice::section(&results, &extras.budget)
        .into_iter()
        .collect();
    sections.extend(extras.before_summary);
    sections.extend(failures::section(&results));
    sections.push(summary::section(&results));
    sections.extend(runtimes::section(&results));
    sections.extend(timing::sections(&results));
    sections.extend(cost::section(&results));
    sections.extend(answers::sections(&results));
    sections.extend(learning::section(&results));
    sections.push(answers::verification(&results));
    sections.extend(published::section(&results)?);
    sections.push(methods::section(&results));
    sections.push(repeat::section(&results));
    Ok(Document {
        title,
        lead: summary::lead(&results),
        sections,
        ..Document::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;

    fn named(paths: &[&str]) -> Vec<String> {
        let loaded: Vec<_> = paths
            .iter()
            .map(|path| Loaded {
                path: Path::new(path).to_owned(),
                record: example(),
            })
            .collect();
        labels(&loaded)
    }

    #[test]
    fn runs_are_named_as_shortly_as_tells_them_apart() {
        assert_eq!(named(&["a/main.json", "b/new.json"]), ["main", "new"]);
        assert_eq!(named(&["a/run.json", "b/run.json"]), ["a/run", "b/run"]);
        assert_eq!(named(&["run.json", "run.json"]), ["run (1)", "run (2)"]);
    }
}
