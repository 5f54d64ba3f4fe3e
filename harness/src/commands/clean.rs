//! `tinybench clean`

use crate::cli::CleanArgs;
use crate::error::Error;
use crate::firmware_build;
use crate::printable::printable_path;
use crate::project::Project;
use crate::stdout;
use crate::table::grouped;

/// Removes what was made from the project, and prints what that was and its size.
pub fn clean(args: &CleanArgs, project: &Project) -> Result<(), Error> {
    let cleared = firmware_build::clean(project.root(), args.dry_run)?;
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
