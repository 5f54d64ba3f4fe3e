//! The target's RAM as the linker lays it out, and the paint that shows which of it was used.
//!
//! ```text
//! RAM origin  .data .bss .uninit | arena ... | learning | output | input | audio | stack reserve  RAM end
//!                                ^ __sheap                                       ^ _stack_end     ^ _stack_start
//! ```

use core::arch::asm;
use core::ops::Range;
use core::slice;

use tinybench_interface::PAINT;

/// Alignment of the arena and of the buffers, bytes.
const ALIGNMENT: usize = 16;

unsafe extern "C" {
    static _ram_start: u8;
    static _ram_end: u8;
    static __sheap: u8;
    static _stack_end: u8;
    static _stack_start: u8;
}

/// The address of a symbol that the linker script defines.
macro_rules! address {
    ($symbol:ident) => {
        (&raw const $symbol) as usize
    };
}

/// The addresses the stack may use.
pub fn stack() -> Range<usize> {
    address!(_stack_end)..address!(_stack_start)
}

/// Whether `bytes` bytes at `address` are in RAM.
pub fn in_ram(address: u32, bytes: u32) -> bool {
    let address = address as usize;
    let end = address.saturating_add(bytes as usize);
    address >= address!(_ram_start) && end <= address!(_ram_end)
}

/// Paints the part of the stack that is not in use.
#[inline(never)]
pub fn paint_stack() {
    // SAFETY: writes words between the lowest address of the stack and the stack pointer. There
    // is no red zone on this architecture, and assembly keeps the compiler from using the stack
    // in between.
    unsafe {
        asm!(
            "2:",
            "cmp {at}, sp",
            "bhs 3f",
            "str {paint}, [{at}]",
            "adds {at}, #4",
            "b 2b",
            "3:",
            at = inout(reg) stack().start => _,
            paint = in(reg) PAINT,
        );
    }
}

/// Bytes of stack that were ever in use.
pub fn stack_peak() -> usize {
    let stack = stack();
    let mut at = stack.start;
    // SAFETY: reads words of the stack that no variable lives in, or, past them, one that does.
    while at < stack.end && unsafe { (at as *const u32).read_volatile() } == PAINT {
        at += size_of::<u32>();
    }
    stack.end - at
}

/// Faults, as a panic, if the stack has reached its last word: what lies below may be damaged.
pub fn check_stack() {
    if stack_peak() == stack().len() {
        panic!("stack overflow");
    }
}

/// The memory between static data and the stack: the arena from below, the buffers for audio,
/// input and output and the memory of a learner from above.
#[derive(Clone, Copy)]
pub struct Layout {
    /// Lowest address of the arena.
    pub arena: usize,
    /// Address of the learner's memory, which is where the arena ends.
    pub learning: usize,
    /// Address of the output buffer.
    pub output: usize,
    /// Address of the input buffer.
    pub input: usize,
    /// Address of the audio buffer.
    pub audio: usize,
}

impl Layout {
    /// With buffers for `audio`, `input` and `output` bytes, and `learning` bytes for a learner. The
    /// error is the room there is for them, and the arena, in bytes.
    pub fn new(audio: usize, input: usize, output: usize, learning: usize) -> Result<Self, usize> {
        let start = address!(__sheap).next_multiple_of(ALIGNMENT);
        let end = stack().start & !(ALIGNMENT - 1);
        let below = |end: usize, bytes: usize| {
            end.checked_sub(bytes)
                .map(|at| at & !(ALIGNMENT - 1))
                .filter(|&at| at >= start)
        };
        let room = end.saturating_sub(start);
        let audio = below(end, audio).ok_or(room)?;
        let input = below(audio, input).ok_or(room)?;
        let output = below(input, output).ok_or(room)?;
        let learning = below(output, learning).ok_or(room)?;
        Ok(Self {
            arena: start,
            learning,
            output,
            input,
            audio,
        })
    }

    /// Bytes that can serve as the arena.
    pub fn arena_capacity(&self) -> usize {
        self.learning - self.arena
    }

    /// The first `bytes` bytes of the arena, painted.
    ///
    /// # Safety
    /// `bytes` is at most `arena_capacity()`, and nobody holds the slice of an earlier call.
    pub unsafe fn paint_arena(&self, bytes: usize) -> &'static mut [u8] {
        let whole = self.arena_capacity() / size_of::<u32>();
        // SAFETY: the memory belongs to nothing else, and the caller says nobody holds it.
        unsafe { slice::from_raw_parts_mut(self.arena as *mut u32, whole) }.fill(PAINT);
        // SAFETY: likewise, and `fill` has initialised it.
        unsafe { slice::from_raw_parts_mut(self.arena as *mut u8, bytes) }
    }

    /// Bytes of the arena from the first to the last word that was written since it was painted.
    pub fn arena_touched(&self) -> usize {
        let word = |index: usize| {
            // SAFETY: the word lies in the arena. The runtime that has borrowed it isn't
            // running, and a volatile read changes nothing for it.
            unsafe { (self.arena as *const u32).add(index).read_volatile() }
        };
        let words = self.arena_capacity() / size_of::<u32>();
        let touched = |&index: &usize| word(index) != PAINT;
        match ((0..words).find(touched), (0..words).rfind(touched)) {
            (Some(first), Some(last)) => (last - first + 1) * size_of::<u32>(),
            _ => 0,
        }
    }
}
