//! The link to a device that a power instrument supplies: while the host waits for the device, it takes what
//! the instrument says.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::super::energy::sampler::Sampler;
use super::{Link, LinkError};

/// How long to wait at once: an instrument's port holds some tens of milliseconds of samples.
const SLICE: Duration = Duration::from_millis(2);

/// A sampler that a link and a session share.
#[derive(Clone)]
pub struct SharedSampler(pub Rc<RefCell<Sampler>>);

impl fmt::Debug for SharedSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSampler")
    }
}

/// A link beside which an instrument samples.
pub struct MeteredLink {
    link: Box<dyn Link>,
    sampler: SharedSampler,
}

impl MeteredLink {
    /// Of the link to the device.
    pub fn new(link: Box<dyn Link>, sampler: SharedSampler) -> Self {
        Self { link, sampler }
    }
}

impl Link for MeteredLink {
    fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.link.send(bytes)
    }

    fn receive(&mut self, buffer: &mut Vec<u8>, patience: Duration) -> Result<(), LinkError> {
        self.sampler.0.borrow_mut().sample(SLICE)?;
        self.link.receive(buffer, patience.min(SLICE))
    }

    fn now(&self) -> Duration {
        self.link.now()
    }
}
