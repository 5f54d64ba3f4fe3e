//! `tinybench serve`

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tinybench_support::exits_with;
use tinybench_virtual_board::VirtualBoard;
use tinybench_virtual_board::glasgow::{ServeError, Server};

use crate::args::ServeArgs;
use crate::stdout;
use tinybench_devices::serving::{Line, SerialError, SerialPlace, ServedBoard, run_in_real_time};
use tinybench_execution::target::{chip, virtual_board};
use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::project::Project;
use tinybench_support::exit::Failure;
use tinybench_support::files;
use tinybench_support::interrupt;

/// How often the server looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(100);

/// The virtual board can't be reached.
#[derive(Debug, thiserror::Error)]
enum Unreachable {
    /// Its address can't be had.
    #[error(transparent)]
    Address(#[from] ServeError),
    /// Nothing can connect to it.
    #[error("can't serve the virtual board: {0}")]
    Listen(io::Error),
}

/// probe-rs needs no description of this chip.
#[derive(Debug, thiserror::Error)]
#[error(
    "--chip-description is for generic boards: probe-rs knows {0}, and the board is flashed like one"
)]
struct NotGeneric(String);

exits_with!(Unreachable => NoTarget, NotGeneric => Usage);

/// Serves a virtual board until Ctrl-C.
pub fn serve(args: &ServeArgs, project: &Project) -> Result<(), Failure> {
    let description = Boards::open(&project.boards())?.load(&args.board)?.told();
    let mut board = virtual_board::make(&description)?;
    if let Some(path) = &args.chip_description {
        if !virtual_board::is_generic(&description) {
            return Err(NotGeneric(description.chip).into());
        }
        files::write(path, chip::description(&description).as_bytes())?;
    }
    let lines = open_lines(&args.serial, &mut board, &args.board)?;
    let server = match &args.unix {
        Some(path) => Server::unix(path),
        None => Server::tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))),
    }
    .map_err(Unreachable::Address)?;
    let selector = server.selector();
    let chip = chip_for_probe_rs(&description, args.chip_description.as_deref());
    eprintln!(
        "virtual {}, reached by every tool of probe-rs, e.g.:\n  \
         probe-rs run --chip {chip} --probe {selector} firmware.elf\n  \
         PROBE_RS_PROBE={selector} cargo run",
        args.board
    );
    for (number, line) in lines.iter().enumerate() {
        let name = board.machine.serial_name(number).unwrap_or("?");
        eprintln!("UART {number}, {name}: {}", line.address());
    }
    eprintln!("Ctrl-C ends it.");
    let addresses = lines.iter().map(Line::address);
    let places: Vec<&str> = [selector.as_str()].into_iter().chain(addresses).collect();
    stdout::print(&places.join("\n"))?;

    let board = Arc::new(Mutex::new(ServedBoard::new(board)));
    let stop = server.stop_handle().map_err(Unreachable::Listen)?;
    thread::spawn(move || {
        while interrupt::check().is_ok() {
            thread::sleep(LOOK);
        }
        stop.stop();
    });
    let running = Arc::clone(&board);
    thread::spawn(move || {
        run_in_real_time(&running, &lines, || interrupt::check().is_ok());
    });
    server.run(&board);
    Ok(())
}

/// What follows `--chip` in the arguments of probe-rs's tools.
fn chip_for_probe_rs(board: &Board, description: Option<&Path>) -> String {
    if !virtual_board::is_generic(board) {
        return board.chip.clone();
    }
    let file = description.map_or_else(
        || "FILE.yaml (which --chip-description FILE.yaml of this command writes)".to_owned(),
        |path| path.display().to_string(),
    );
    format!(
        "{} --chip-description-path {file}",
        chip::described_name(board)
    )
}

/// Offers the board's UARTs at `places`, in order.
fn open_lines(
    places: &[SerialPlace],
    board: &mut VirtualBoard,
    name: &str,
) -> Result<Vec<Line>, SerialError> {
    let uarts = (0..places.len())
        .take_while(|number| board.machine.serial_input(*number, &[]))
        .count();
    if uarts < places.len() {
        return Err(SerialError::TooMany {
            board: name.to_owned(),
            uarts,
        });
    }
    places.iter().map(|place| Line::open(*place)).collect()
}
