//! `tinybench fetch`

use crate::cli::FetchArgs;
use crate::error::Error;
use crate::fetch::{self, Cache, Origin};
use crate::progress::Progress;
use crate::project::Project;
use crate::stdout;
use crate::suite::Suite;

/// Brings the models of a suite into the cache and prints where they are.
pub fn fetch(args: &FetchArgs, project: &Project) -> Result<(), Error> {
    let suite = Suite::load(&project.suites(), &args.suite)?;
    let models = suite.models()?;
    let cache = Cache::of_the_user()?;
    let origin = args.from.as_deref().map_or(Origin::Upstream, Origin::from);
    let mut progress = Progress::stderr();
    let mut paths = Vec::new();
    for model in &models.models {
        progress.set_subject(model.file());
        let url = models.url_of(model);
        let wanted = suite.wanted(model, &url);
        let path = fetch::fetch(&cache, &wanted, &origin, args.timeout, &mut progress)?;
        paths.push(path.display().to_string());
    }
    progress.end();
    stdout::print(&paths.join("\n"))
}
