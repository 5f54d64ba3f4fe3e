//! `tinybench runtimes`

use crate::args::{Format, ListArgs};
use crate::stdout;
use serde::Serialize;
use tinybench_inputs::runtimes::RUNTIMES;
use tinybench_support::exit::Failure;
use tinybench_support::{json, listing};

/// The runtimes, as a document.
#[derive(Serialize)]
struct Listed {
    schema: &'static str,
    runtimes: Vec<ListedRuntime>,
}

/// A runtime.
#[derive(Serialize)]
struct ListedRuntime {
    name: String,
    version: String,
    summary: String,
}

/// Lists the runtimes.
pub fn list(args: &ListArgs) -> Result<(), Failure> {
    let runtimes = RUNTIMES.map(|runtime| ListedRuntime {
        name: runtime.name().to_owned(),
        version: runtime.version().to_owned(),
        summary: runtime.summary().to_owned(),
    });
    match args.format {
        Format::Table => {
            let rows = runtimes.map(|it| [it.name, it.version, it.summary]);
            stdout::print(&listing::table(["runtime", "version", "what it is"], rows))
        }
        Format::Json => {
            let document = Listed {
                schema: "tinybench.runtimes/1",
                runtimes: runtimes.into(),
            };
            stdout::print(json::text(&document)?.trim_end())
        }
    }
}
