//! The Cortex-M33.

mod branches;
mod flash;
mod float;
mod issue;
mod memory;
mod results;

use super::Table;
use super::common::{divides, exceptions, fetch};
use crate::calibrate::sequence::Sequence;
use crate::calibrate::thumb::{Code, add_wide, join, repeat};

/// 32-bit instructions on either side of those under test.
const MARGIN: usize = 4;

pub(super) fn add(table: &mut Table) {
    issue::add(table);
    results::add(table);
    divides::add(table);
    memory::add(table);
    branches::add(table);
    fetch::prefetch_unit(table);
    fetch::in_ram(table, "multiply, multiply-accumulate, extend and add");
    flash::add(table);
    float::add(table);
    exceptions::add(table, "`EXCEPTION_ENTRY`, `EXCEPTION_RETURN`");
    exceptions::float_context(table);
}

/// Adds what `body` takes between 32-bit instructions, with which nothing is issued together.
fn between(table: &mut Table, name: &str, body: &[&[u16]]) {
    let margin: Code = repeat(&add_wide(9, 9, 1), MARGIN);
    let around = |body: &[u16]| Sequence::new(join(&[&margin, body, &margin]));
    table.difference(name, around(&join(body)), around(&[]));
}
