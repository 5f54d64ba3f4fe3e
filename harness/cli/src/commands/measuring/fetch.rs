//! `tinybench fetch`

use crate::args::FetchArgs;
use crate::stdout;
use tinybench_inputs::fetch::{self, Cache, Origin};
use tinybench_inputs::project::Project;
use tinybench_inputs::suite::Suite;
use tinybench_support::exit::Failure;
use tinybench_support::progress::Progress;

/// Brings the models of a suite into the cache and prints where they are.
pub fn fetch(args: &FetchArgs, project: &Project) -> Result<(), Failure> {
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
