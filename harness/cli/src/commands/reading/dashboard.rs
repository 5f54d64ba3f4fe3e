//! `tinybench dashboard`

use crate::args::DashboardArgs;
use tinybench_analysis::config;
use tinybench_pages::dashboard::{self, History, Options};
use tinybench_record::reading;
use tinybench_support::exit::Failure;
use tinybench_support::files::ReadError;
use tinybench_support::printable::printable;
use tinybench_support::progress::Progress;

/// Writes the site that the command line asks for.
pub fn dashboard(args: &DashboardArgs) -> Result<(), Failure> {
    if args.history.is_file() {
        return Err(ReadError {
            path: args.history.clone(),
            reason: "it is a file; a dashboard needs a folder of run records".to_owned(),
        }
        .into());
    }
    let current = std::env::current_dir().unwrap_or_default();
    let config::Loaded { config, gate, .. } = config::load(args.config.as_deref(), &current)?;
    let accepted = config.accept;
    let mut progress = Progress::stderr();
    progress.set_subject("dashboard");
    progress.begin("reading records", Some(1));
    let found = reading::load_folder(&args.history, |done, total| progress.set(done, total))?;
    for skipped in &found.skipped {
        tracing::warn!("{skipped}");
    }
    progress.begin("finding steps", None);
    let records: Vec<_> = found.loaded.into_iter().map(|it| it.record).collect();
    let mut history = History::new(&records, &gate);
    for unused in dashboard::accept(&mut history, &accepted) {
        tracing::warn!(
            "no step is accepted by commit {}, metric {} of the settings",
            printable(&unused.commit),
            printable(&unused.metric)
        );
    }
    progress.begin("writing pages", None);
    let options = Options {
        title: args.title.clone(),
        commit_url: args.commit_url.clone(),
        site_url: args.site_url.clone(),
    };
    dashboard::write(&history, &options, &args.out)?;
    progress.end();
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    let failures = match history.current_failures().count() {
        0 => String::new(),
        failures => format!(", {}", count(failures, "failure")),
    };
    eprintln!(
        "dashboard: {} ({}, {}, {}{failures})",
        args.out.join("index.html").display(),
        count(history.records, "run"),
        count(history.commits.len(), "commit"),
        count(history.steps().len(), "step")
    );
    Ok(())
}
