//! `tinybench boards`

use super::new_board;
use crate::args::{BoardsArgs, BoardsCommand, Format, ListArgs};
use crate::stdout;
use serde::Serialize;
use tinybench_inputs::board::Boards;
use tinybench_inputs::project::{Project, ProjectError};
use tinybench_support::exit::Failure;
use tinybench_support::{json, listing};

/// The boards, as a document.
#[derive(Serialize)]
struct Listed {
    schema: &'static str,
    boards: Vec<ListedBoard>,
}

/// A board.
#[derive(Serialize)]
struct ListedBoard {
    name: String,
    title: String,
    chip: String,
    core: String,
    clock_hz: u64,
    flash_bytes: u64,
    ram_bytes: u64,
    #[serde(rename = "virtual")]
    is_virtual: bool,
    /// Names of the power options.
    power: Vec<String>,
}

/// Lists the boards, or writes a file for one.
pub fn run(
    args: &BoardsArgs,
    project: impl FnOnce() -> Result<Project, ProjectError>,
) -> Result<(), Failure> {
    match &args.command {
        Some(BoardsCommand::New(args)) => new_board::write(args),
        None => list(&args.list, &project()?),
    }
}

/// Lists the boards.
fn list(args: &ListArgs, project: &Project) -> Result<(), Failure> {
    let boards = Boards::open(&project.boards())?;
    let mut listed = Vec::new();
    for name in boards.names() {
        let board = boards.load(&name)?.told();
        listed.push(ListedBoard {
            flash_bytes: u64::from(board.memory.flash.length),
            ram_bytes: u64::from(board.memory.all_ram().length),
            is_virtual: board.virtual_board.is_some(),
            power: board.supplies(),
            name: board.name,
            title: board.title,
            chip: board.chip,
            core: board.core,
            clock_hz: board.clock_hz,
        });
    }
    match args.format {
        Format::Table => stdout::print(&table(listed)),
        Format::Json => {
            let document = Listed {
                schema: "tinybench.boards/1",
                boards: listed,
            };
            stdout::print(json::text(&document)?.trim_end())
        }
    }
}

fn table(boards: Vec<ListedBoard>) -> String {
    let rows = boards.into_iter().map(|board| {
        let supplies = board.power.join(", ");
        [
            board.name,
            board.title,
            board.chip,
            board.core,
            format!("{} MHz", board.clock_hz as f64 / 1e6),
            format!("{} KiB", board.flash_bytes / 1024),
            format!("{} KiB", board.ram_bytes / 1024),
            if board.is_virtual { "yes" } else { "no" }.to_owned(),
            if supplies.is_empty() {
                "-".to_owned()
            } else {
                supplies
            },
        ]
    });
    let headings = [
        "board", "name", "chip", "core", "clock", "flash", "RAM", "virtual", "power",
    ];
    let drop = ["power", "core", "virtual", "chip", "RAM", "flash"];
    listing::fitting(headings, rows, &drop, stdout::terminal_width())
}
