//! The block through which the host talks to this program, and the halt that hands it over.

use core::arch::asm;
use core::cell::UnsafeCell;
use core::ptr::NonNull;

use tinybench_interface::calibration::Block;
use tinybench_interface::{Fault, Status};

/// Room for a sequence in RAM, bytes.
const CODE_BYTES: usize = 2048;
/// Room for what sequences read and write, bytes.
const DATA_BYTES: usize = 1024;

#[repr(transparent)]
struct Shared(UnsafeCell<Block>);

// SAFETY: one thread of execution, and the host only looks while the core is halted.
unsafe impl Sync for Shared {}

#[used]
#[unsafe(no_mangle)]
static TINYBENCH_CALIBRATION: Shared = Shared(UnsafeCell::new(Block::INITIAL));

/// Memory that the host and the sequences use.
#[repr(C, align(64))]
struct Buffer<const BYTES: usize>(UnsafeCell<[u8; BYTES]>);

// SAFETY: this program never looks inside.
unsafe impl<const BYTES: usize> Sync for Buffer<BYTES> {}

static CODE: Buffer<CODE_BYTES> = Buffer(UnsafeCell::new([0; CODE_BYTES]));
static DATA: Buffer<DATA_BYTES> = Buffer(UnsafeCell::new([0; DATA_BYTES]));

/// Reads a field of the block.
macro_rules! get {
    ($field:ident) => {
        // SAFETY: the pointer is that of a static, which nobody else changes while this runs.
        unsafe { (&raw const (*crate::block::pointer().as_ptr()).$field).read_volatile() }
    };
}

/// Writes a field of the block.
macro_rules! set {
    ($field:ident = $value:expr) => {{
        let value = $value;
        // SAFETY: the pointer is that of a static, which nobody else changes while this runs.
        unsafe { (&raw mut (*crate::block::pointer().as_ptr()).$field).write_volatile(value) }
    }};
}

pub(crate) use {get, set};

/// Where the block is.
pub fn pointer() -> NonNull<Block> {
    NonNull::from(&TINYBENCH_CALIBRATION).cast()
}

/// Tells the host where there is room.
pub fn describe() {
    set!(code_address = CODE.0.get() as u32);
    set!(code_capacity = CODE_BYTES as u32);
    set!(data_address = DATA.0.get() as u32);
    set!(data_capacity = DATA_BYTES as u32);
}

/// Sets the status and halts until the host lets the core run on.
pub fn finish(status: Status) {
    set!(status = status as u32);
    halt();
    set!(status = Status::Busy as u32);
}

/// Leaves a fault in the block and halts for good.
pub fn fault(fault: &Fault) -> ! {
    set!(fault = *fault);
    set!(status = Status::Fault as u32);
    loop {
        halt();
    }
}

/// Hands over to the host. DSB: what was written is in memory when the host looks.
#[inline(never)]
fn halt() {
    // SAFETY: halts for the debugger, which resumes behind the instruction. The block changes
    // meanwhile, hence no `nomem`.
    unsafe { asm!("dsb", "bkpt #0", options(nostack)) };
}
