//! The subcommands, one module each, by what they do.

mod listing;
pub mod measuring;
mod reading;

use std::path::Path;

use crate::args::{Cli, Command};
use tinybench_analysis::config;
use tinybench_inputs::project::Project;
use tinybench_support::exit::Failure;

use listing::{
    boards, clean, completions, doctor, init, inspect, manual, meters, runtimes, workloads,
};
use measuring::{calibrate, compress, fetch, mlperf, profile, run, serve, sweep};
use reading::{compare, dashboard, export, merge, report};

/// Carries out what the command line asks for.
pub fn execute(cli: &Cli) -> Result<(), Failure> {
    let project = || {
        let current = std::env::current_dir().unwrap_or_default();
        Project::find(cli.global.project.as_deref(), Path::new(&current))
    };
    // With the runtimes that its tinybench.toml names.
    let with_runtimes = || -> Result<Project, Failure> {
        let project = project()?;
        let current = std::env::current_dir().unwrap_or_default();
        let folders = config::load(None, project.own().unwrap_or(&current))?.runtimes()?;
        Ok(project.with_runtimes(folders))
    };
    match &cli.command {
        Command::Run(args) => run::run(args, &with_runtimes()?),
        Command::Profile(args) => profile::run(args, &with_runtimes()?),
        Command::Sweep(args) => sweep::sweep(args, &with_runtimes()?),
        Command::Calibrate(args) => calibrate::run(args, &project()?),
        Command::Compare(args) => compare::run(args, cli.global.project.as_deref()),
        Command::Export(args) => export::run(args),
        Command::Report(args) => report::report(args),
        Command::Dashboard(args) => dashboard::dashboard(args),
        Command::Compress(args) => compress::run(args),
        Command::Merge(args) => merge::run(args),
        Command::Mlperf(args) => mlperf::mlperf(args, &project()?),
        Command::Inspect(args) => {
            let project = match project() {
                Ok(found) => Some(found),
                Err(error) if cli.global.project.is_some() => return Err(error.into()),
                Err(error) => {
                    tracing::warn!("no boards are known: {error}");
                    None
                }
            };
            inspect::run(args, project.as_ref())
        }
        Command::Boards(args) => boards::run(args, project),
        Command::Init(args) => init::run(args),
        Command::Workloads(args) => workloads::list(args, &project()?),
        Command::Meters(args) => meters::list(args),
        Command::Runtimes(args) => runtimes::list(args, &with_runtimes()?),
        Command::Fetch(args) => fetch::fetch(args, &project()?),
        Command::Clean(args) => clean::clean(args, &project()?),
        Command::Serve(args) => serve::serve(args, &project()?),
        Command::Doctor(args) => doctor::check(args, &project()?),
        Command::Completions { shell } => {
            // Settings that can't be read take away no names but those of runtimes.
            let found = with_runtimes().or_else(|_| project());
            completions::print(*shell, found.ok().as_ref())
        }
        Command::Manual { folder } => manual::write(folder),
    }
}
