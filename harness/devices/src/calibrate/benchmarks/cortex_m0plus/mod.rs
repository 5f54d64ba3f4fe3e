//! The Cortex-M0+.

mod branches;
mod flash;
mod instructions;

use super::Table;
use super::common::exceptions;

pub(super) fn add(table: &mut Table) {
    instructions::add(table);
    branches::add(table);
    exceptions::add(table, "exception entry");
    flash::add(table);
}
