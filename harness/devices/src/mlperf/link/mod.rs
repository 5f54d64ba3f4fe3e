//! The way to a device: bytes, and time.

pub mod board;
pub mod emulated;
pub mod framing;
pub mod metered;
pub mod shared;

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};
use tinybench_support::exits_with;

use serialport::{ClearBuffer, SerialPort};

use super::energy::sampler::SamplerError;
use tinybench_support::interrupt::{self, Interrupted};

/// How often a wait for bytes looks whether the user wants to stop.
const LOOK: Duration = Duration::from_millis(100);

/// The way to a device is blocked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The port can't be opened.
    #[error(
        "can't open {port} at {baud} baud: {reason}; is the device attached, the port free, and \
         may you use it?"
    )]
    Open {
        /// The port.
        port: String,
        /// The speed that was asked for.
        baud: u32,
        /// What the operating system says.
        reason: String,
    },
    /// It was there, and is no longer.
    #[error("{port} was lost: {source}; is the cable still in?")]
    Lost {
        /// The port.
        port: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// The core of a virtual board doesn't run any more.
    #[error("the image doesn't run any more on {board}: {reason}")]
    Stopped {
        /// The board.
        board: String,
        /// How it stands.
        reason: String,
    },
    /// The instrument that supplies the device.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// The user asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

exits_with!(LinkError => NoTarget);

/// A way to a device.
pub trait Link {
    /// Sends bytes.
    fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError>;

    /// Waits for bytes for at most `patience`, and appends what has come to `buffer`: nothing if
    /// the time has passed. It may come back earlier with nothing.
    fn receive(&mut self, buffer: &mut Vec<u8>, patience: Duration) -> Result<(), LinkError>;

    /// Time at the device since the link was opened.
    fn now(&self) -> Duration;
}

/// A serial port of this machine.
pub struct SerialLink {
    port: Box<dyn SerialPort>,
    name: String,
    opened: Instant,
}

impl SerialLink {
    /// Opens a port, 8 data bits, no parity, 1 stop bit. What had arrived before is thrown away:
    /// it belongs to an earlier conversation.
    ///
    /// # Errors
    /// [`LinkError::Open`] if it isn't there, isn't free or doesn't know the speed.
    pub fn open(port: &str, baud: u32) -> Result<Self, LinkError> {
        let opened = serialport::new(port, baud)
            .timeout(LOOK)
            .open()
            .and_then(|opened| opened.clear(ClearBuffer::Input).map(|()| opened));
        Ok(Self {
            port: opened.map_err(|error| LinkError::Open {
                port: port.to_owned(),
                baud,
                reason: error.to_string(),
            })?,
            name: port.to_owned(),
            opened: Instant::now(),
        })
    }

    fn lost(&self, source: io::Error) -> LinkError {
        LinkError::Lost {
            port: self.name.clone(),
            source,
        }
    }
}

impl Link for SerialLink {
    fn send(&mut self, mut bytes: &[u8]) -> Result<(), LinkError> {
        while !bytes.is_empty() {
            interrupt::check()?;
            match self.port.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(self.lost(error)),
            }
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut Vec<u8>, patience: Duration) -> Result<(), LinkError> {
        interrupt::check()?;
        let mut bytes = [0; 1024];
        let wait = patience.clamp(Duration::from_millis(1), LOOK);
        self.port
            .set_timeout(wait)
            .map_err(|error| self.lost(error.into()))?;
        match self.port.read(&mut bytes) {
            Ok(0) => Err(self.lost(ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                buffer.extend(&bytes[..count]);
                Ok(())
            }
            Err(error) if is_wait(&error) => Ok(()),
            Err(error) => Err(self.lost(error)),
        }
    }

    fn now(&self) -> Duration {
        self.opened.elapsed()
    }
}

/// Whether it is only that nothing has come, or gone, yet.
fn is_wait(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
    )
}
