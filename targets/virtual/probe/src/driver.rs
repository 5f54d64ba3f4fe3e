//! The probe driver: probe-rs's traits on a board's debug port.

use std::{
    fmt, io,
    sync::{Arc, MutexGuard, PoisonError},
};

use probe_rs::{
    CoreStatus,
    architecture::arm::{
        ArmCommunicationInterface, ArmDebugInterface, ArmError, DapError, DapProbe, RawDapAccess,
        RegisterAddress, sequences::ArmDebugSequence,
    },
    probe::{DebugProbe, DebugProbeError, WireProtocol},
};
use tinybench_virtual_board::debug_port::{
    Ack, DebugPort, DebugTarget, Debuggable, Request, abort, ctrl_stat, register,
};

use crate::SharedBoard;

/// The speed a fresh probe claims, in kHz. Nothing is paced by it.
const DEFAULT_SPEED_KHZ: u32 = 4_000;

/// Bit of nRESET in the pins of [`RawDapAccess::swj_pins`].
const NRESET: u32 = 1 << 7;

/// The probe is gone: the fault injection of
/// [`DebugPort::disconnect_after`](tinybench_virtual_board::debug_port::DebugPort::disconnect_after).
/// It reaches the caller as the source of a [`DebugProbeError::Usb`], as it does when a probe on
/// USB is unplugged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the virtual probe was disconnected")]
pub struct ProbeLost;

impl From<ProbeLost> for DebugProbeError {
    fn from(lost: ProbeLost) -> Self {
        Self::Usb(io::Error::new(io::ErrorKind::NotConnected, lost))
    }
}

/// A probe on a virtual board.
pub struct VirtualProbe<B> {
    board: SharedBoard<B>,
    speed_khz: u32,
}

impl<B> fmt::Debug for VirtualProbe<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualProbe")
            .field("speed_khz", &self.speed_khz)
            .finish_non_exhaustive()
    }
}

impl<B: Debuggable> VirtualProbe<B> {
    /// A probe on `board`.
    pub fn new(board: SharedBoard<B>) -> Self {
        Self {
            board,
            speed_khz: DEFAULT_SPEED_KHZ,
        }
    }

    fn board(&self) -> MutexGuard<'_, B> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The board, if the probe is still connected to it.
    fn connected(&self) -> Result<MutexGuard<'_, B>, DebugProbeError> {
        let mut board = self.board();
        if board.debug_parts().0.is_connected() {
            Ok(board)
        } else {
            Err(ProbeLost.into())
        }
    }

    /// Does `operation` and turns its answer into probe-rs's errors. After a FAULT the sticky
    /// flags are cleared, as probe-rs expects of a driver.
    fn perform<R>(
        &mut self,
        operation: impl FnOnce(&mut DebugPort, &mut B::Target) -> (Ack, R),
    ) -> Result<R, ArmError> {
        let mut board = self.connected()?;
        let (port, target) = board.debug_parts();
        let (ack, result) = operation(port, target);
        let error = match ack {
            Ack::Ok => return Ok(result),
            Ack::Wait => DapError::WaitResponse,
            Ack::NoResponse if !port.is_connected() => {
                return Err(DebugProbeError::from(ProbeLost).into());
            }
            Ack::NoResponse => DapError::NoAcknowledge,
            Ack::Fault => {
                clear_sticky_flags(port, target);
                DapError::FaultResponse
            }
        };
        Err(error.into())
    }

    fn set_reset(&mut self, asserted: bool) -> Result<(), DebugProbeError> {
        let mut board = self.connected()?;
        let (port, target) = board.debug_parts();
        port.set_reset(target, asserted);
        Ok(())
    }
}

fn clear_sticky_flags(port: &mut DebugPort, target: &mut impl DebugTarget) {
    let (_, status) = port.transfer(target, Request::dp_read(register::CTRL_STAT), 0);
    if status & (ctrl_stat::STICKYERR | ctrl_stat::STICKYORUN) != 0 {
        let clear = abort::STKERRCLR | abort::ORUNERRCLR;
        port.transfer(target, Request::dp_write(register::ABORT), clear);
    }
}

impl<B: Debuggable + Send + 'static> DebugProbe for VirtualProbe<B> {
    fn get_name(&self) -> &str {
        "tinybench virtual probe"
    }

    fn speed_khz(&self) -> u32 {
        self.speed_khz
    }

    fn set_speed(&mut self, speed_khz: u32) -> Result<u32, DebugProbeError> {
        if speed_khz == 0 {
            return Err(DebugProbeError::UnsupportedSpeed(speed_khz));
        }
        self.speed_khz = speed_khz;
        Ok(speed_khz)
    }

    fn attach(&mut self) -> Result<(), DebugProbeError> {
        self.connected().map(drop)
    }

    fn detach(&mut self) -> Result<(), probe_rs::Error> {
        Ok(())
    }

    fn target_reset(&mut self) -> Result<(), DebugProbeError> {
        self.set_reset(true)?;
        self.set_reset(false)
    }

    fn target_reset_assert(&mut self) -> Result<(), DebugProbeError> {
        self.set_reset(true)
    }

    fn target_reset_deassert(&mut self) -> Result<(), DebugProbeError> {
        self.set_reset(false)
    }

    fn select_protocol(&mut self, protocol: WireProtocol) -> Result<(), DebugProbeError> {
        match protocol {
            WireProtocol::Swd => Ok(()),
            WireProtocol::Jtag => Err(DebugProbeError::UnsupportedProtocol(protocol)),
        }
    }

    fn active_protocol(&self) -> Option<WireProtocol> {
        Some(WireProtocol::Swd)
    }

    fn has_arm_interface(&self) -> bool {
        true
    }

    fn try_get_arm_debug_interface<'probe>(
        self: Box<Self>,
        sequence: Arc<dyn ArmDebugSequence>,
    ) -> Result<Box<dyn ArmDebugInterface + 'probe>, (Box<dyn DebugProbe>, ArmError)> {
        // Each answer is looked at before the next request, so there are no overruns to detect.
        let use_overrun_detect = false;
        Ok(ArmCommunicationInterface::create(
            self,
            sequence,
            use_overrun_detect,
        ))
    }

    fn into_probe(self: Box<Self>) -> Box<dyn DebugProbe> {
        self
    }

    fn try_as_dap_probe(&mut self) -> Option<&mut dyn DapProbe> {
        Some(self)
    }
}

impl<B: Debuggable + Send + 'static> DapProbe for VirtualProbe<B> {}

impl<B: Debuggable + Send + 'static> RawDapAccess for VirtualProbe<B> {
    fn raw_read_register(&mut self, address: RegisterAddress) -> Result<u32, ArmError> {
        if address.is_ap() {
            let mut value = [0];
            self.raw_read_block(address, &mut value)?;
            let [value] = value;
            return Ok(value);
        }
        self.perform(|port, target| port.transfer(target, Request::dp_read(address.lsb()), 0))
    }

    fn raw_read_block(
        &mut self,
        address: RegisterAddress,
        values: &mut [u32],
    ) -> Result<(), ArmError> {
        if !address.is_ap() {
            for value in values {
                *value = self.raw_read_register(address)?;
            }
            return Ok(());
        }
        self.perform(|port, target| (port.read_block(target, address.lsb(), values), ()))
    }

    fn raw_write_register(&mut self, address: RegisterAddress, value: u32) -> Result<(), ArmError> {
        if address.is_ap() {
            return self.raw_write_block(address, &[value]);
        }
        let request = Request::dp_write(address.lsb());
        self.perform(|port, target| port.transfer(target, request, value))
            .map(drop)
    }

    fn raw_write_block(
        &mut self,
        address: RegisterAddress,
        values: &[u32],
    ) -> Result<(), ArmError> {
        if !address.is_ap() {
            for &value in values {
                self.raw_write_register(address, value)?;
            }
            return Ok(());
        }
        self.perform(|port, target| (port.write_block(target, address.lsb(), values), ()))
    }

    fn jtag_sequence(&mut self, _: u8, _: bool, _: u64) -> Result<(), DebugProbeError> {
        Err(DebugProbeError::CommandNotSupportedByProbe {
            command_name: "jtag_sequence",
        })
    }

    fn swj_sequence(&mut self, bit_len: u8, bits: u64) -> Result<(), DebugProbeError> {
        self.connected()?.debug_parts().0.sequence(bit_len, bits);
        Ok(())
    }

    fn swj_pins(
        &mut self,
        pin_out: u32,
        pin_select: u32,
        _pin_wait: u32,
    ) -> Result<u32, DebugProbeError> {
        if pin_select & !NRESET != 0 {
            return Err(DebugProbeError::CommandNotSupportedByProbe {
                command_name: "swj_pins",
            });
        }
        if pin_select & NRESET != 0 {
            self.set_reset(pin_out & NRESET == 0)?;
        }
        let asserted = self.connected()?.debug_parts().0.reset_asserted();
        Ok(if asserted { 0 } else { NRESET })
    }

    fn into_probe(self: Box<Self>) -> Box<dyn DebugProbe> {
        self
    }

    fn core_status_notification(&mut self, _: CoreStatus) -> Result<(), DebugProbeError> {
        Ok(())
    }
}
