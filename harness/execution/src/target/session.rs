//! A probe-rs session: flashing an image and running it. Whether the probe and the board behind it
//! are real is of no concern here, but for two things: the target itself tells, and on a virtual
//! board time only passes while it is looked at.

use std::error::Error;
use std::io::Cursor;
use std::thread;
use std::time::{Duration, Instant};

use probe_rs::architecture::arm::dp::DpAddress;
use probe_rs::architecture::arm::sequences::DefaultArmSequence;
use probe_rs::architecture::arm::{DapError, FullyQualifiedApAddress};
use probe_rs::flashing::{
    DownloadOptions, ElfLoader, ElfOptions, FileDownloadError, FlashError, FlashProgress,
    ProgressEvent, ProgressOperation,
};
use probe_rs::probe::{DebugProbeError, Probe};
use probe_rs::{Core, CoreStatus, MemoryInterface, Permissions};

use crate::target::chip::{self, CHIPS, VIRTUAL_AP, VIRTUAL_AP_ID, VIRTUAL_AP_IDR};
use crate::target::fault::{CodeAddress, Stopped};
use crate::target::patience::Patience;
use crate::target::{PcSamples, Target, TargetError, Wait};
use tinybench_inputs::board::Board;
use tinybench_record::ExecutionKind;
use tinybench_support::error_chain::{any, describe, root_cause};
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::interrupt;
use tinybench_support::progress::Progress;
use tinybench_virtual_board::WindowProfile;
use tinybench_virtual_board::timing::Mix;

/// Registers of the access port that only virtual boards have: the instructions of the latest measured
/// window.
const VIRTUAL_AP_WINDOW_LOW: u64 = 0x0C;
const VIRTUAL_AP_WINDOW_HIGH: u64 = 0x10;
/// More of them: cycles behind each sample, the instructions of a sample, and what they were.
const VIRTUAL_AP_SAMPLE_CYCLES: u64 = 0x14;
const VIRTUAL_AP_SAMPLE: u64 = 0x18;
const VIRTUAL_AP_MIX: u64 = 0x20;
/// More of them: addresses behind calls of operators, counting, and the words of what was counted.
const VIRTUAL_AP_VERSION: u64 = 0x00;
const VIRTUAL_AP_CALL: u64 = 0x60;
const VIRTUAL_AP_COUNT: u64 = 0x64;
const VIRTUAL_AP_WORD: u64 = 0x68;
/// The first version that has these.
const VERSION_WITH_COUNT: u32 = 4;
/// Words of a profile at most: a few hundred operators, each with some hundred blocks.
const MOST_WORDS: u32 = 1 << 22;
/// The debug exception and monitor control register, and its bit that turns the trace units on (Armv7-M
/// Architecture Reference Manual, C1.6.5).
pub const DEMCR: u32 = 0xE000_EDFC;
/// DEMCR.TRCENA.
pub const TRACE_ON: u32 = 1 << 24;
/// DWT_PCSR: the address of an instruction that was executed recently, or all ones where the core is halted
/// or can't tell (Armv7-M Architecture Reference Manual, C1.8.13; Armv6-M, C1.8.6).
const DWT_PCSR: u64 = 0xE000_101C;
const NO_PC: u32 = u32::MAX;
/// So many samples in a row may fail before the probe counts as lost.
const MOST_FAILED: u64 = 64;
/// So many may give nothing before it is looked whether the core has halted, and so many may be taken at all:
/// there are chips on which a core that has halted gives its last address again and again.
const MOST_EMPTY: u64 = 4;
const MOST_UNCHECKED: u32 = 256;
/// Instructions of a sample.
const SAMPLE_INSTRUCTIONS: u32 = 1_000;

/// How long a halt or a reset may take.
const HALT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long to wait between two looks at a real target.
const POLL_INTERVAL: Duration = Duration::from_millis(2);
/// How often to look for Ctrl-C while the target is left alone.
const QUIET_SLICE: Duration = Duration::from_millis(50);

/// Core registers of Armv7-M, as the debug core register selector numbers them.
const SP: u16 = 13;
const LR: u16 = 14;
const PC: u16 = 15;
const XPSR: u16 = 16;

/// Why there is no session, or no image in flash.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The probe is there, the chip doesn't answer.
    #[error(
        "can't attach to {chip}: {reason}; check that the board has power and that SWDIO, SWCLK \
         and ground are connected"
    )]
    Attach {
        /// The chip, as probe-rs spells it.
        chip: String,
        /// What probe-rs says.
        reason: String,
    },
    /// The chip is read-protected.
    #[error(
        "{chip} is locked ({reason}); `probe-rs erase --chip {chip} --allow-erase-all` unlocks it \
         and erases all it holds"
    )]
    Locked {
        /// The chip.
        chip: String,
        /// What probe-rs says.
        reason: String,
    },
    /// probe-rs doesn't know the chip of the board file.
    #[error("{0}; the board file must name the chip as `probe-rs chip list` does")]
    UnknownChip(String),
    /// What was read back from flash isn't what was written.
    #[error(
        "flash doesn't verify: what was read back is not what was written; the flash is worn out \
         or protected, or the connection is bad"
    )]
    Verify,
    /// Erasing or programming failed.
    #[error("can't flash the image: {0}")]
    Flash(String),
    /// The probe was lost while flashing.
    #[error("lost the target while flashing: {0}; check the probe's cable and the board's power")]
    Lost(String),
    /// The user asked to stop.
    #[error(transparent)]
    Interrupted(#[from] interrupt::Interrupted),
}

impl Exits for SessionError {
    fn exit(&self) -> Exit {
        match self {
            Self::Attach { .. } | Self::Locked { .. } | Self::Lost(_) => Exit::NoTarget,
            Self::UnknownChip(_) => Exit::Input,
            Self::Verify | Self::Flash(_) => Exit::Target,
            Self::Interrupted(_) => Exit::Interrupted,
        }
    }
}

/// A session with one board.
#[derive(Debug)]
pub struct Session {
    session: probe_rs::Session,
    kind: ExecutionKind,
    /// Whether the instructions are looked at while the core runs.
    samples: bool,
    /// Where the core was seen while it ran, if that is looked at.
    pcs: Option<PcSamples>,
}

impl Session {
    /// Attaches to the chip of `board` behind `probe`.
    pub fn attach(probe: Probe, board: &Board) -> Result<Self, SessionError> {
        let attached = chip::selector(probe, board).and_then(|(probe, selector)| {
            probe.attach_with_registry(selector, Permissions::new(), &CHIPS)
        });
        let mut session = attached.map_err(|error| {
            let chip = board.chip.clone();
            let reason = describe(&error);
            match error {
                probe_rs::Error::ChipNotFound(_) => SessionError::UnknownChip(reason),
                probe_rs::Error::MissingPermissions(_) => SessionError::Locked { chip, reason },
                other => SessionError::Attach {
                    chip,
                    reason: sentence(root_cause(&other)),
                },
            }
        })?;
        let kind = match read_virtual_ap(&mut session, VIRTUAL_AP_IDR) {
            Ok(VIRTUAL_AP_ID) => ExecutionKind::Virtual,
            _ => ExecutionKind::Probe,
        };
        Ok(Self {
            session,
            kind,
            samples: false,
            pcs: None,
        })
    }

    /// Whether the board is a real one. It says so itself, whatever the probe is.
    pub fn kind(&self) -> ExecutionKind {
        self.kind
    }

    /// Writes an ELF image to flash and reads it back to compare.
    pub fn flash(&mut self, elf: &[u8], progress: &mut Progress) -> Result<(), SessionError> {
        self.flash_with(elf, &[], progress)
    }

    /// As [`Self::flash`], with more bytes: addresses, and what is to be there.
    pub fn flash_with(
        &mut self,
        elf: &[u8],
        data: &[(u32, &[u8])],
        progress: &mut Progress,
    ) -> Result<(), SessionError> {
        interrupt::check()?;
        let mut loader = self.session.target().flash_loader();
        loader
            .load_image(
                &mut self.session,
                &mut Cursor::new(elf),
                ElfLoader(ElfOptions::default()),
                None,
            )
            .map_err(|error| match error {
                FileDownloadError::Flash(error) => flash_error(&error),
                other => SessionError::Flash(describe(&other)),
            })?;
        for &(address, bytes) in data {
            loader
                .add_data(address.into(), bytes)
                .map_err(|error| SessionError::Flash(describe(&error)))?;
        }
        let mut totals = [None; 4];
        let mut options = DownloadOptions::new();
        options.verify = true;
        options.progress = FlashProgress::new(|event| match event {
            ProgressEvent::AddProgressBar { operation, total } => {
                totals[operation as usize] = total;
            }
            ProgressEvent::Started(operation) => {
                progress.begin(operation_name(operation), totals[operation as usize]);
            }
            ProgressEvent::Progress { size, .. } => progress.advance(size),
            ProgressEvent::Finished(_) | ProgressEvent::Failed(_) => progress.end(),
            ProgressEvent::DiagnosticMessage { message } => tracing::debug!("{message}"),
            ProgressEvent::FlashLayoutReady { .. } => {}
        });
        loader
            .commit(&mut self.session, options)
            .map_err(|error| flash_error(&error))?;
        interrupt::check()?;
        Ok(())
    }

    /// A register of the core, as the debug core register selector numbers it.
    ///
    /// # Errors
    /// If the target is lost.
    pub fn register(&mut self, number: u16) -> Result<u32, TargetError> {
        let value = self.core()?.read_core_reg(number);
        value.map_err(|error| target_error(&error))
    }

    /// Sets such a register.
    ///
    /// # Errors
    /// If the target is lost.
    pub fn set_register(&mut self, number: u16, value: u32) -> Result<(), TargetError> {
        let written = self.core()?.write_core_reg(number, value);
        written.map_err(|error| target_error(&error))
    }

    /// Lets the core run, and ends the session.
    ///
    /// # Errors
    /// If the target is lost.
    pub fn run_on(mut self) -> Result<(), TargetError> {
        self.core()?.run().map_err(|error| target_error(&error))
    }

    /// Takes samples of the instructions until the core stops. Those of a part of the time would be others than those
    /// of all of it: then there are none.
    fn sample(&mut self, patience: &mut Patience) -> Result<(), TargetError> {
        loop {
            write_virtual_ap(&mut self.session, VIRTUAL_AP_SAMPLE, SAMPLE_INSTRUCTIONS)?;
            if read_virtual_ap(&mut self.session, VIRTUAL_AP_SAMPLE)? == 0 {
                return Ok(());
            }
            wait_on(&mut self.core()?, patience)?;
        }
    }

    /// Looks where the core is until it stops.
    fn look(&mut self, patience: &mut Patience) -> Result<(), TargetError> {
        let Some(mut pcs) = self.pcs.take() else {
            return Ok(());
        };
        let (mut failed, mut empty, mut unchecked) = (0, 0, 0);
        let mut core = self.core()?;
        let ended = loop {
            match core.read_word_32(DWT_PCSR) {
                // Nothing comes of a core that has halted, and now and then of one that runs. At 0 no code is:
                // that is what a chip without the register, or a trace unit that is off, gives.
                Ok(NO_PC | 0) => empty += 1,
                Ok(pc) => {
                    *pcs.seen.entry(pc & !1).or_default() += 1;
                    pcs.missed += std::mem::take(&mut empty);
                    failed = 0;
                }
                Err(error) => {
                    pcs.missed += 1;
                    failed += 1;
                    if failed > MOST_FAILED {
                        break Err(target_error(&error));
                    }
                }
            }
            unchecked += 1;
            if empty == MOST_EMPTY || unchecked == MOST_UNCHECKED {
                let status = core.status().map_err(|error| target_error(&error))?;
                if !matches!(status, CoreStatus::Running | CoreStatus::Sleeping) {
                    break Ok(());
                }
                pcs.missed += std::mem::take(&mut empty);
                unchecked = 0;
            }
            if let Err(error) = wait_on(&mut core, patience) {
                break Err(error);
            }
        };
        drop(core);
        self.pcs = Some(pcs);
        ended
    }

    /// Waits until the core halts.
    fn wait_for_halt(&mut self, patience: &mut Patience) -> Result<(), TargetError> {
        let real = self.kind == ExecutionKind::Probe;
        let mut core = self.core()?;
        loop {
            match core.status().map_err(|error| target_error(&error))? {
                CoreStatus::Halted(_) => return Ok(()),
                CoreStatus::LockedUp => {
                    return Err(TargetError::LockedUp(Box::new(stop(&mut core)?)));
                }
                CoreStatus::Running | CoreStatus::Sleeping | CoreStatus::Unknown => {}
            }
            wait_on(&mut core, patience)?;
            if real {
                thread::sleep(POLL_INTERVAL);
            }
        }
    }

    /// Waits until a core that was left alone halts, for `timeout` at most.
    ///
    /// # Errors
    /// If it doesn't, or is lost.
    pub fn join(&mut self, timeout: Duration) -> Result<(), TargetError> {
        self.wait_for_halt(&mut Patience::new(self.kind, timeout))
    }

    fn core(&mut self) -> Result<Core<'_>, TargetError> {
        self.session.core(0).map_err(|error| target_error(&error))
    }
}

/// Stops the core if it is to be waited for no longer.
///
/// # Errors
/// Then.
fn wait_on(core: &mut Core, patience: &mut Patience) -> Result<(), TargetError> {
    if patience.is_over() {
        let timeout = patience.timeout();
        let stopped = Box::new(stop(core)?);
        return Err(TargetError::Hung { timeout, stopped });
    }
    if let Err(interrupted) = interrupt::check() {
        stop(core)?;
        return Err(interrupted.into());
    }
    Ok(())
}

/// The text of an error without the full stop that some of probe-rs's have.
fn sentence(error: &dyn Error) -> String {
    error.to_string().trim_end_matches('.').to_owned()
}

fn operation_name(operation: ProgressOperation) -> &'static str {
    match operation {
        ProgressOperation::Fill => "reading flash",
        ProgressOperation::Erase => "erasing flash",
        ProgressOperation::Program => "programming flash",
        ProgressOperation::Verify => "verifying flash",
    }
}

fn flash_error(error: &FlashError) -> SessionError {
    match error {
        FlashError::Verify => SessionError::Verify,
        error if any(error, is_disconnection) => SessionError::Lost(sentence(root_cause(error))),
        error => SessionError::Flash(describe(error)),
    }
}

/// Whether a probe's error means that the probe is gone.
fn is_disconnection(error: &DebugProbeError) -> bool {
    matches!(
        error,
        DebugProbeError::Usb(_)
            | DebugProbeError::ProbeSpecific(_)
            | DebugProbeError::ProbeCouldNotBeCreated(_)
            | DebugProbeError::TargetNotFound
            | DebugProbeError::NotAttached
    )
}

/// An error of probe-rs in the middle of a run. A FAULT response is the target's own refusal;
/// everything else means that the connection doesn't work any more.
fn target_error(error: &probe_rs::Error) -> TargetError {
    if any(error, |error: &DapError| {
        matches!(error, DapError::FaultResponse)
    }) {
        return TargetError::Refused(describe(error));
    }
    TargetError::Lost(sentence(root_cause(error)))
}

fn read_virtual_ap(session: &mut probe_rs::Session, register: u64) -> Result<u32, TargetError> {
    session
        .get_arm_interface()
        .and_then(|arm| arm.read_raw_ap_register(&VIRTUAL_AP, register))
        .map_err(|error| target_error(&error.into()))
}

fn write_virtual_ap(
    session: &mut probe_rs::Session,
    register: u64,
    value: u32,
) -> Result<(), TargetError> {
    session
        .get_arm_interface()
        .and_then(|arm| arm.write_raw_ap_register(&VIRTUAL_AP, register, value))
        .map_err(|error| target_error(&error.into()))
}

impl Target for Session {
    fn read_words(&mut self, address: u32, words: &mut [u32]) -> Result<(), TargetError> {
        self.core()?
            .read_32(address.into(), words)
            .map_err(|error| target_error(&error))
    }

    fn write_words(&mut self, address: u32, words: &[u32]) -> Result<(), TargetError> {
        self.core()?
            .write_32(address.into(), words)
            .map_err(|error| target_error(&error))
    }

    fn read_bytes(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), TargetError> {
        self.core()?
            .read(address.into(), bytes)
            .map_err(|error| target_error(&error))
    }

    fn write_bytes(&mut self, address: u32, bytes: &[u8]) -> Result<(), TargetError> {
        self.core()?
            .write(address.into(), bytes)
            .map_err(|error| target_error(&error))
    }

    fn reset(&mut self) -> Result<(), TargetError> {
        self.core()?
            .reset_and_halt(HALT_TIMEOUT)
            .map(drop)
            .map_err(|error| target_error(&error))
    }

    fn run(&mut self, wait: Wait) -> Result<(), TargetError> {
        let real = self.kind == ExecutionKind::Probe;
        let mut patience = Patience::new(self.kind, wait.timeout);
        self.core()?.run().map_err(|error| target_error(&error))?;
        self.look(&mut patience)?;
        if real {
            leave_alone(wait.quiet.min(wait.timeout))?;
        }
        if self.samples {
            self.sample(&mut patience)?;
        }
        self.wait_for_halt(&mut patience)
    }

    fn instructions_in_window(&mut self) -> Result<Option<u64>, TargetError> {
        if self.kind == ExecutionKind::Probe {
            return Ok(None);
        }
        // Reading the low word latches the high one.
        let low = read_virtual_ap(&mut self.session, VIRTUAL_AP_WINDOW_LOW)?;
        let high = read_virtual_ap(&mut self.session, VIRTUAL_AP_WINDOW_HIGH)?;
        Ok(Some(u64::from(high) << 32 | u64::from(low)))
    }

    fn sample_every(&mut self, cycles: Option<u32>) -> Result<bool, TargetError> {
        self.samples = cycles.is_some() && self.kind == ExecutionKind::Virtual;
        if let Some(cycles) = cycles.filter(|_| self.samples) {
            write_virtual_ap(&mut self.session, VIRTUAL_AP_SAMPLE_CYCLES, cycles)?;
            // No instructions: what was counted before is forgotten.
            write_virtual_ap(&mut self.session, VIRTUAL_AP_SAMPLE, 0)?;
        }
        Ok(self.samples)
    }

    fn sampled(&mut self) -> Result<Option<Mix>, TargetError> {
        if self.kind == ExecutionKind::Probe {
            return Ok(None);
        }
        let mut counts = [0; 15];
        for (register, count) in (VIRTUAL_AP_MIX..).step_by(4).zip(&mut counts) {
            *count = read_virtual_ap(&mut self.session, register)?.into();
        }
        Ok(Some(Mix::from_counts(counts)))
    }

    fn look_at_pc(&mut self) -> Result<bool, TargetError> {
        if self.kind != ExecutionKind::Probe {
            return Ok(false);
        }
        // The register with the program counter is one of the trace units, which firmware that counts by
        // SysTick leaves off.
        let mut word = [0];
        self.read_words(DEMCR, &mut word)?;
        self.write_words(DEMCR, &[word[0] | TRACE_ON])?;
        self.pcs = Some(PcSamples::default());
        Ok(true)
    }

    fn seen_pcs(&mut self) -> PcSamples {
        self.pcs.take().unwrap_or_default()
    }

    fn start_counting(&mut self, behind_calls: &[u32]) -> Result<bool, TargetError> {
        let session = &mut self.session;
        if self.kind == ExecutionKind::Probe
            || read_virtual_ap(session, VIRTUAL_AP_VERSION)? < VERSION_WITH_COUNT
        {
            return Ok(false);
        }
        write_virtual_ap(session, VIRTUAL_AP_CALL, 0)?;
        for &address in behind_calls {
            write_virtual_ap(session, VIRTUAL_AP_CALL, address)?;
        }
        let kept = read_virtual_ap(session, VIRTUAL_AP_CALL)?;
        if kept as usize != behind_calls.len() {
            return Err(TargetError::Protocol(format!(
                "operators are called from {} places, of which the board can tell {kept} apart",
                behind_calls.len()
            )));
        }
        write_virtual_ap(session, VIRTUAL_AP_COUNT, 1)?;
        Ok(true)
    }

    fn stop_counting(&mut self) -> Result<Option<WindowProfile>, TargetError> {
        let session = &mut self.session;
        write_virtual_ap(session, VIRTUAL_AP_COUNT, 0)?;
        let count = read_virtual_ap(session, VIRTUAL_AP_COUNT)?;
        if count > MOST_WORDS {
            return Err(TargetError::Protocol(format!(
                "the board's profile has {count} words"
            )));
        }
        let mut words = Vec::new();
        for number in 0..count {
            write_virtual_ap(session, VIRTUAL_AP_WORD, number)?;
            words.push(read_virtual_ap(session, VIRTUAL_AP_WORD)?);
        }
        let profile = WindowProfile::from_words(&words)
            .map_err(|error| TargetError::Protocol(error.to_string()))?;
        Ok(Some(profile))
    }
}

/// Leaves the core behind `probe` without a debugger: debugging is off, and the debug port's power domain
/// released. A session that ends doesn't see to that on every chip: on an STM32 it leaves debugging on.
///
/// # Errors
/// If the target is lost.
pub fn leave(mut probe: Probe) -> Result<(), TargetError> {
    /// DHCSR and its key (Armv7-M Architecture Reference Manual, C1.6.2).
    const DHCSR: u64 = 0xE000_EDF0;
    const KEY: u32 = 0xA05F_0000;
    const C_DEBUGEN: u32 = 1;
    let lost = |error: &dyn Error| TargetError::Lost(sentence(error));
    probe
        .attach_to_unspecified()
        .map_err(|error| lost(&error))?;
    let mut arm = probe
        .try_into_arm_debug_interface(DefaultArmSequence::create())
        .map_err(|(_, error)| lost(&error))?;
    arm.select_debug_port(DpAddress::Default)
        .map_err(|error| lost(&error))?;
    let core = FullyQualifiedApAddress::v1_with_default_dp(0);
    let mut memory = arm.memory_interface(&core).map_err(|error| lost(&error))?;
    // First out of debug state, then without debugging.
    let mut write = |value| memory.write_word_32(DHCSR, value);
    write(KEY | C_DEBUGEN).map_err(|error| lost(&error))?;
    write(KEY).map_err(|error| lost(&error))
}

/// Waits without touching the target, but not for Ctrl-C.
fn leave_alone(quiet: Duration) -> Result<(), TargetError> {
    let end = Instant::now() + quiet;
    loop {
        interrupt::check()?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(QUIET_SLICE));
    }
}

/// Halts the core and reads where it was.
fn stop(core: &mut Core) -> Result<Stopped, TargetError> {
    core.halt(HALT_TIMEOUT)
        .map_err(|error| target_error(&error))?;
    let mut register = |number: u16| {
        core.read_core_reg::<u32>(number)
            .map_err(|error| target_error(&error))
    };
    let at = |address| CodeAddress {
        address,
        location: None,
    };
    Ok(Stopped {
        pc: at(register(PC)?),
        lr: at(register(LR)?),
        sp: register(SP)?,
        xpsr: register(XPSR)?,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tinybench_inputs::board::Boards;

    use super::*;
    use crate::target::virtual_board;

    #[test]
    fn what_is_waited_for_no_longer_has_not_ended_whatever_came_of_it_since() {
        /// Counts R0 down to 0 and stops: `subs r0, #1`, `bne` to it, `bkpt`.
        const COUNT: [u8; 6] = [0x01, 0x38, 0xFD, 0xD1, 0x00, 0xBE];
        const RAM: u32 = 0x2000_0000;
        let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets/boards");
        let board = Boards::open(&[boards])
            .unwrap()
            .load("nano33")
            .unwrap()
            .board;
        let probe = virtual_board::open(&board).unwrap();
        let mut session = Session::attach(probe, &board).unwrap();
        session.samples = true;
        let mut ended = |timeout| {
            session.reset().unwrap();
            session.write_bytes(RAM, &COUNT).unwrap();
            session.set_register(0, 100_000).unwrap();
            session.set_register(15, RAM).unwrap();
            let quiet = Duration::ZERO;
            session.run(Wait { timeout, quiet })
        };
        ended(Duration::from_secs(60)).unwrap();
        // Samples of its first moments alone would differ.
        let hung = ended(Duration::ZERO).unwrap_err();
        assert!(matches!(hung, TargetError::Hung { .. }), "{hung}");
    }
}
