//! What the tests with probe-rs have in common: a board within reach of both of its probes.

use std::sync::{Arc, Mutex};

use probe_rs::{
    Permissions, Session,
    probe::{DebugProbeInfo, DebugProbeSelector, Probe, list::Lister},
};
use tinybench_virtual_board::debug_port::Debuggable;
use tinybench_virtual_board::glasgow::{Server, Stop};

pub fn attach(probe: Probe, chip: &str) -> Session {
    probe
        .attach(chip, Permissions::new().allow_erase_all())
        .expect("probe-rs attaches")
}

/// A server on a thread, stopped when dropped.
pub struct Running {
    selector: String,
    stop: Stop,
}

impl Running {
    pub fn new<B: Debuggable + Send + 'static>(board: &Arc<Mutex<B>>) -> Self {
        let server = Server::tcp("127.0.0.1:0").unwrap();
        let running = Self {
            selector: server.selector(),
            stop: server.stop_handle().unwrap(),
        };
        let board = Arc::clone(board);
        std::thread::spawn(move || server.run(&board));
        running
    }

    /// The list entry that the `probe-rs` command opens for this selector.
    pub fn info(&self) -> DebugProbeInfo {
        let selector: DebugProbeSelector = self.selector.parse().unwrap();
        Lister::new()
            .list(Some(&selector))
            .pop()
            .expect("probe-rs's Glasgow driver takes it")
    }

    pub fn probe(&self) -> Probe {
        self.info()
            .open()
            .expect("probe-rs's Glasgow driver connects")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
    }
}
