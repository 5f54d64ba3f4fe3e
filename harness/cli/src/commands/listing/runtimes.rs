//! `tinybench runtimes`

use crate::args::{Format, ListArgs};
use crate::stdout;
use serde::Serialize;
use tinybench_inputs::project::Project;
use tinybench_inputs::runtimes::Runtime;
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

impl ListedRuntime {
    fn of(runtime: &Runtime) -> Self {
        let host = runtime.host();
        Self {
            name: host.name().to_owned(),
            version: host.version().to_owned(),
            summary: match &runtime.manifest {
                Ok(_) => host.summary().to_owned(),
                Err(error) => format!("can't be used: {error}"),
            },
        }
    }
}

/// Lists the runtimes of the project and of the user.
pub fn list(args: &ListArgs, project: &Project) -> Result<(), Failure> {
    let all = project.runtimes().all();
    let runtimes: Vec<_> = all.iter().map(ListedRuntime::of).collect();
    match args.format {
        Format::Table => {
            let rows = runtimes
                .into_iter()
                .map(|it| [it.name, it.version, it.summary]);
            let headings = ["runtime", "version", "what it is"];
            let width = stdout::terminal_width();
            stdout::print(&listing::fitting(headings, rows, &["version"], width))
        }
        Format::Json => {
            let document = Listed {
                schema: "tinybench.runtimes/1",
                runtimes,
            };
            stdout::print(json::text(&document)?.trim_end())
        }
    }
}
