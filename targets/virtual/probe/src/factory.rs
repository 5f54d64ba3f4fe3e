//! Virtual boards in probe-rs's list of probes.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use probe_rs::{
    plugin::{Plugin, register_plugin},
    probe::{
        DebugProbe, DebugProbeError, DebugProbeInfo, DebugProbeSelector, ProbeCreationError,
        ProbeFactory, list::ProbeListItem,
    },
};
use tinybench_virtual_board::debug_port::Debuggable;

use crate::{SharedBoard, VirtualProbe};

/// Stands in the place of a USB vendor: "TB". No such vendor is assigned.
pub const VENDOR_ID: u16 = 0x5442;

/// Stands in the place of a USB product.
pub const PRODUCT_ID: u16 = 0x0001;

/// Virtual boards that probe-rs lists and opens by `5442:0001:NAME`.
///
/// Programs that have a board in hand use [`open`](crate::open) and need no factory.
pub struct VirtualProbeFactory<B: 'static> {
    boards: Mutex<BTreeMap<String, SharedBoard<B>>>,
    /// This factory itself, once it is registered: probe-rs wants it in every list item.
    registered: OnceLock<&'static Self>,
}

impl<B: Debuggable + Send + 'static> VirtualProbeFactory<B> {
    /// Makes a factory without boards and makes it known to probe-rs, which keeps it for as long
    /// as the program runs. Call it once.
    pub fn register() -> &'static Self {
        let factory: &'static Self = Box::leak(Box::new(Self {
            boards: Mutex::default(),
            registered: OnceLock::new(),
        }));
        factory.registered.get_or_init(|| factory);
        register_plugin(Plugin {
            probe_drivers: &[factory],
            ..Plugin::default()
        });
        factory
    }

    /// Puts a board in, under the name that takes the place of a serial number. A board that had
    /// this name is put out.
    pub fn insert(&self, name: impl Into<String>, board: SharedBoard<B>) {
        self.boards().insert(name.into(), board);
    }

    /// Puts a board out. A probe that is open on it stays open.
    pub fn remove(&self, name: &str) -> Option<SharedBoard<B>> {
        self.boards().remove(name)
    }
}

impl<B> VirtualProbeFactory<B> {
    fn boards(&self) -> MutexGuard<'_, BTreeMap<String, SharedBoard<B>>> {
        self.boards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> fmt::Debug for VirtualProbeFactory<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualProbeFactory")
            .field("boards", &self.boards().keys())
            .finish()
    }
}

impl<B> fmt::Display for VirtualProbeFactory<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tinybench virtual board")
    }
}

impl<B: Debuggable + Send + 'static> ProbeFactory for VirtualProbeFactory<B> {
    fn open(&self, selector: &DebugProbeSelector) -> Result<Box<dyn DebugProbe>, DebugProbeError> {
        let not_found = DebugProbeError::ProbeCouldNotBeCreated(ProbeCreationError::NotFound);
        if (selector.vendor_id, selector.product_id) != (VENDOR_ID, PRODUCT_ID) {
            return Err(not_found);
        }
        let boards = self.boards();
        let board = match &selector.serial_number {
            Some(name) => boards.get(name),
            None => boards.values().next(),
        };
        let board = board.ok_or(not_found)?;
        Ok(Box::new(VirtualProbe::new(SharedBoard::clone(board))))
    }

    fn list_probes(&self) -> Vec<ProbeListItem> {
        let Some(&factory) = self.registered.get() else {
            return Vec::new();
        };
        let item = |name: &String| {
            ProbeListItem::accessible(DebugProbeInfo::new(
                "tinybench virtual board",
                VENDOR_ID,
                PRODUCT_ID,
                Some(name.clone()),
                factory,
                None,
                false,
            ))
        };
        self.boards().keys().map(item).collect()
    }
}
