//! `tinybench clean`

use crate::args::CleanArgs;
use crate::stdout;
use tinybench_execution::build;
use tinybench_inputs::project::Project;
use tinybench_support::exit::Failure;
use tinybench_support::number::grouped;
use tinybench_support::printable::printable_path;

/// Removes what was made from the project, and prints what that was and its size.
pub fn clean(args: &CleanArgs, project: &Project) -> Result<(), Failure> {
    let cleared = build::clean(project.root(), args.dry_run)?;
    let bytes: u64 = cleared.iter().map(|it| it.bytes).sum();
    let lines: Vec<_> = cleared
        .iter()
        .map(|it| format!("{:>16}  {}", grouped(it.bytes), printable_path(&it.path)))
        .collect();
    if !lines.is_empty() {
        stdout::print(&lines.join("\n"))?;
    }
    eprintln!(
        "{} bytes {}",
        grouped(bytes),
        match args.dry_run {
            true => "would be freed",
            false => "freed",
        }
    );
    Ok(())
}
