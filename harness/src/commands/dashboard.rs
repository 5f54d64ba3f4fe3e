//! `tinybench dashboard`

use crate::cli::DashboardArgs;
use crate::error::Error;

/// Writes the site that the command line asks for.
pub fn dashboard(_args: &DashboardArgs) -> Result<(), Error> {
    Ok(())
}
