//! `tinybench boards`

use crate::stdout;
use tinybench_inputs::board::Boards;
use tinybench_inputs::project::Project;
use tinybench_support::exit::Failure;
use tinybench_support::listing;

/// Lists the boards.
pub fn list(project: &Project) -> Result<(), Failure> {
    let boards = Boards::open(&project.boards())?;
    let mut rows = Vec::new();
    for name in boards.names() {
        let board = boards.load(&name)?.told();
        let supplies = board.supplies().join(", ");
        rows.push([
            board.name,
            board.title,
            board.chip,
            board.core,
            format!("{} MHz", board.clock_hz as f64 / 1e6),
            format!("{} KiB", board.memory.flash.length / 1024),
            format!("{} KiB", board.memory.all_ram().length / 1024),
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
