//! `tinybench serve`

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tinybench_virtual_board::glasgow::Server;

use super::boards::warn_of_unknown_keys;
use crate::board::Boards;
use crate::cli::ServeArgs;
use crate::error::Error;
use crate::interrupt;
use crate::project::Project;
use crate::stdout;
use crate::virtual_board;

/// How often the server looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(100);

/// Serves a virtual board until Ctrl-C.
pub fn serve(args: &ServeArgs, project: &Project) -> Result<(), Error> {
    let loaded = Boards::open(&project.boards())?.load(&args.board)?;
    warn_of_unknown_keys(&loaded.board.name, &loaded.unknown_keys);
    let board = Arc::new(Mutex::new(virtual_board::make(&loaded.board)?));
    let server = match &args.unix {
        Some(path) => Server::unix(path),
        None => Server::tcp(("127.0.0.1", args.port)),
    }?;
    let selector = server.selector();
    let chip = &loaded.board.chip;
    eprintln!(
        "virtual {}, reached by every tool of probe-rs, e.g.:\n  \
         probe-rs run --chip {chip} --probe {selector} firmware.elf\n  \
         PROBE_RS_PROBE={selector} cargo run\n\
         Ctrl-C ends it.",
        args.board
    );
    stdout::print(&selector)?;
    let stop = server.stop_handle().map_err(Error::Listen)?;
    thread::spawn(move || {
        while interrupt::check().is_ok() {
            thread::sleep(LOOK);
        }
        stop.stop();
    });
    server.run(&board);
    Ok(())
}
