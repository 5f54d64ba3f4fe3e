//! `tinybench runtimes`

use crate::stdout;
use tinybench_inputs::runtimes::RUNTIMES;
use tinybench_support::exit::Failure;
use tinybench_support::listing;

/// Lists the runtimes.
pub fn list() -> Result<(), Failure> {
    let rows = RUNTIMES
        .map(|runtime| [runtime.name(), runtime.version(), runtime.summary()].map(str::to_owned));
    stdout::print(&listing::table(["runtime", "version", "what it is"], rows))
}
