//! Catches processor exceptions and panics into the block's fault record.

use core::arch::naked_asm;
use core::cell::UnsafeCell;
use core::panic::PanicInfo;

use cortex_m::peripheral::SCB;
use tinybench_interface::Fault;

use crate::block;
use crate::memory;

/// The handler runs on a stack of its own: the other may be what went wrong.
const STACK_BYTES: usize = 512;

#[repr(C, align(8))]
struct Stack(UnsafeCell<[u8; STACK_BYTES]>);

// SAFETY: only the fault handler uses it, and it never returns.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; STACK_BYTES]));

/// Gives MemManage, BusFault and UsageFault their own exceptions instead of HardFault.
#[cfg(not(armv6m))]
pub fn enable() {
    const MEMFAULTENA: u32 = 1 << 16;
    const BUSFAULTENA: u32 = 1 << 17;
    const USGFAULTENA: u32 = 1 << 18;
    // SAFETY: the pointer is that of the architecture; the handlers are in the vector table.
    unsafe {
        (*SCB::PTR)
            .shcsr
            .modify(|value| value | MEMFAULTENA | BUSFAULTENA | USGFAULTENA);
    }
}

/// Armv6-M has no fault but HardFault.
#[cfg(armv6m)]
pub fn enable() {}

/// The handler of HardFault; cortex-m-rt names it so.
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn HardFault() -> ! {
    naked_asm!("b {handler}", handler = sym DefaultHandler)
}

/// The handler of every other exception and interrupt; cortex-m-rt names it so.
///
/// Keeps what the exception entry has not stacked and goes on in Rust, on a stack known good. The
/// instructions are those of Armv6-M, which every core has.
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn DefaultHandler() -> ! {
    naked_asm!(
        "mov r0, sp",
        "mov r1, lr",
        "ldr r2, 2f",
        "mov sp, r2",
        "mov r3, r11",
        "push {{r3}}",
        "mov r3, r10",
        "push {{r3}}",
        "mov r3, r9",
        "push {{r3}}",
        "mov r3, r8",
        "push {{r3}}",
        "push {{r4-r7}}",
        "mov r2, sp",
        "bl {record}",
        ".p2align 2",
        "2:",
        ".word {stack} + {size}",
        stack = sym STACK,
        size = const STACK_BYTES,
        record = sym record,
    )
}

/// The vectors of interrupts. There is one because cortex-m-rt wants a table; as every interrupt
/// is disabled at its source, none is ever used, and 239 more would only take up flash.
#[used]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".vector_table.interrupts")]
static __INTERRUPTS: [extern "C" fn() -> !; 1] = [DefaultHandler];

/// Fills the fault record and halts.
///
/// `frame` is the stack pointer at entry, `exc_return` the link register at entry, `registers`
/// points to R4-R11.
extern "C" fn record(frame: *const u32, exc_return: u32, registers: *const [u32; 8]) -> ! {
    // SAFETY: the pointer is that of the architecture; the registers only report.
    let scb = unsafe { &*SCB::PTR };
    let mut fault = Fault {
        exception: scb.icsr.read() & 0x1FF,
        // Armv6-M doesn't tell why.
        #[cfg(not(armv6m))]
        cfsr: scb.cfsr.read(),
        #[cfg(not(armv6m))]
        hfsr: scb.hfsr.read(),
        #[cfg(not(armv6m))]
        mmfar: scb.mmfar.read(),
        #[cfg(not(armv6m))]
        bfar: scb.bfar.read(),
        ..Fault::default()
    };
    // SAFETY: `DefaultHandler` has just pushed them.
    fault.r[4..12].copy_from_slice(unsafe { &*registers });

    // The processor may have failed to stack the frame, or have stacked it nowhere.
    const STACKING_FAILED: u32 = 1 << 4 | 1 << 12;
    const BASIC_FRAME_BYTES: u32 = 0x20;
    const EXTENDED_FRAME_BYTES: u32 = 0x68;
    fault.sp = frame as u32;
    if fault.cfsr & STACKING_FAILED == 0 && memory::in_ram(frame as u32, BASIC_FRAME_BYTES) {
        // SAFETY: the frame is in RAM; the exception entry has written its eight words (Armv7-M
        // Architecture Reference Manual, B1.5.6).
        let stacked = unsafe { &*frame.cast::<[u32; 8]>() };
        fault.r[..4].copy_from_slice(&stacked[..4]);
        fault.r[12] = stacked[4];
        fault.lr = stacked[5];
        fault.pc = stacked[6];
        fault.xpsr = stacked[7];
        let floating_point = exc_return & 1 << 4 == 0;
        let realigned = fault.xpsr & 1 << 9 != 0;
        fault.sp += if floating_point {
            EXTENDED_FRAME_BYTES
        } else {
            BASIC_FRAME_BYTES
        };
        fault.sp += if realigned { 4 } else { 0 };
    }
    block::fault(&fault)
}

/// Records where a Rust panic arose; formatting its message would cost more flash than the rest
/// of this program.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let mut fault = Fault::default();
    if let Some(location) = info.location() {
        let file = location.file();
        fault.r[0] = file.as_ptr() as u32;
        fault.r[1] = file.len() as u32;
        fault.r[2] = location.line();
        fault.r[3] = location.column();
    }
    fault.sp = cortex_m::register::msp::read();
    block::fault(&fault)
}
