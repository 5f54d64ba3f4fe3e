//! `tinybench report`

use std::path::Path;

use super::compare::Settings;
use crate::args::ReportArgs;
use tinybench_pages::page::{self, Layout, MAX_COMMENT_BYTES, PageError};
use tinybench_pages::report::{self, Extras};
use tinybench_record::reading;
use tinybench_support::exit::Failure;
use tinybench_support::files;

/// A form of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Html,
    Markdown,
}

impl Form {
    /// The form that a file's ending asks for.
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "html" | "htm" => Some(Self::Html),
            "md" | "markdown" => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// Writes the report that the command line asks for.
pub fn report(args: &ReportArgs) -> Result<(), Failure> {
    let form = Form::of(&args.out).ok_or_else(|| PageError::Form(args.out.clone()))?;
    let mut loaded = Vec::new();
    for path in &args.records {
        let found = reading::load(path)?;
        for skipped in &found.skipped {
            tracing::warn!("{skipped}");
        }
        loaded.extend(found.loaded);
    }
    let current = std::env::current_dir().unwrap_or_default();
    let settings = Settings::load(&args.gate, &current)?;
    let labels = report::labels(&loaded);
    let extras = Extras {
        title: args.title.clone(),
        budget: args.budget.clone(),
        before_summary: report::changes(&labels, &loaded, &settings.gate, &settings.allowed),
    };
    let runs = report::runs(labels, loaded);
    let document = report::document(&runs, extras).map_err(PageError::from)?;
    let text = match form {
        Form::Html => page::html(&document, &Layout::default()).map_err(PageError::from)?,
        Form::Markdown => page::markdown(&document, MAX_COMMENT_BYTES),
    };
    files::write(&args.out, text.as_bytes())?;
    eprintln!("report: {}", args.out.display());
    Ok(())
}
