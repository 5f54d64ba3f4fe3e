//! `tinybench boards`

use crate::board::{Boards, Loaded};
use crate::error::Error;
use crate::listing;
use crate::project::Project;
use crate::stdout;

/// Lists the boards.
pub fn list(project: &Project) -> Result<(), Error> {
    let boards = Boards::open(&project.boards())?;
    let mut rows = Vec::new();
    for name in boards.names() {
        let Loaded {
            board,
            unknown_keys,
        } = boards.load(&name)?;
        warn_of_unknown_keys(&name, &unknown_keys);
        let supplies = board.supplies().join(", ");
        rows.push([
            board.name,
            board.title,
            board.chip,
            board.core,
            format!("{} MHz", board.clock_hz as f64 / 1e6),
            format!("{} KiB", board.memory.flash.length / 1024),
            format!("{} KiB", board.memory.ram.length / 1024),
            if board.virtual_board.is_some() {
                "yes"
            } else {
                "no"
            }
            .to_owned(),
            if supplies.is_empty() {
                "-".to_owned()
            } else {
                supplies
            },
        ]);
    }
    let headings = [
        "board", "name", "chip", "core", "clock", "flash", "RAM", "virtual", "power",
    ];
    stdout::print(&listing::table(headings, rows))
}

/// Says which keys of a board file mean nothing to this version.
pub(super) fn warn_of_unknown_keys(board: &str, keys: &[String]) {
    for key in keys {
        tracing::warn!("targets/boards/{board}.toml: unknown key `{key}` is ignored");
    }
}
