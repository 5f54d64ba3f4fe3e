//! `tinybench serve`

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tinybench_virtual_board::VirtualBoard;
use tinybench_virtual_board::glasgow::Server;

use super::boards::warn_of_unknown_keys;
use crate::board::Boards;
use crate::cli::ServeArgs;
use crate::error::Error;
use crate::interrupt;
use crate::project::Project;
use crate::served::{Line, SerialError, SerialPlace, ServedBoard, run_in_real_time};
use crate::stdout;
use crate::virtual_board;

/// How often the server looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(100);

/// Serves a virtual board until Ctrl-C.
pub fn serve(args: &ServeArgs, project: &Project) -> Result<(), Error> {
    let loaded = Boards::open(&project.boards())?.load(&args.board)?;
    warn_of_unknown_keys(&loaded.board.name, &loaded.unknown_keys);
    let mut board = virtual_board::make(&loaded.board)?;
    let lines = open_lines(&args.serial, &mut board, &args.board)?;
    let server = match &args.unix {
        Some(path) => Server::unix(path),
        None => Server::tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))),
    }?;
    let selector = server.selector();
    let chip = &loaded.board.chip;
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
    let stop = server.stop_handle().map_err(Error::Listen)?;
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
