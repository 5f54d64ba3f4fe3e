//! `tinybench runtimes`

use crate::error::Error;
use crate::listing;
use crate::runtimes::RUNTIMES;
use crate::stdout;

/// Lists the runtimes.
pub fn list() -> Result<(), Error> {
    let rows = RUNTIMES
        .map(|runtime| [runtime.name(), runtime.version(), runtime.summary()].map(str::to_owned));
    stdout::print(&listing::table(["runtime", "version", "what it is"], rows))
}
