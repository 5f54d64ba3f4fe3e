//! `tinybench dashboard`

use crate::cli::DashboardArgs;
use crate::dashboard::{self, History, Options};
use crate::error::Error;
use crate::files::ReadError;
use crate::progress::Progress;
use crate::records;

/// Writes the site that the command line asks for.
pub fn dashboard(args: &DashboardArgs) -> Result<(), Error> {
    if args.history.is_file() {
        return Err(ReadError {
            path: args.history.clone(),
            reason: "it is a file; a dashboard needs a folder of run records".to_owned(),
        }
        .into());
    }
    let mut progress = Progress::stderr();
    progress.set_subject("dashboard");
    progress.begin("reading records", Some(1));
    let found = records::load_folder(&args.history, |done, total| progress.set(done, total))?;
    for skipped in &found.skipped {
        tracing::warn!("{skipped}");
    }
    progress.begin("finding steps", None);
    let records: Vec<_> = found.loaded.into_iter().map(|it| it.record).collect();
    let history = History::new(&records);
    progress.begin("writing pages", None);
    let options = Options {
        title: args.title.clone(),
        commit_url: args.commit_url.clone(),
        site_url: args.site_url.clone(),
    };
    dashboard::write(&history, &options, &args.out)?;
    progress.end();
    eprintln!(
        "dashboard: {} ({} runs, {} commits, {} steps)",
        args.out.join("index.html").display(),
        history.records,
        history.commits.len(),
        history.steps().len()
    );
    Ok(())
}
