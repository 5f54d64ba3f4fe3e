//! The marks by which a runtime says where its operators begin and end (`tinybench_runtime.h`).

#[cfg(feature = "profile")]
pub use kept::start;

// They do nothing: a virtual board counts beside the run, and knows an operator by them. It takes operators
// to be called by the instruction before an address, to which they return; so the second begins where the
// only instruction of the first ends.
#[cfg(not(feature = "profile"))]
core::arch::global_asm!(
    ".pushsection .text.tinybench_operator, \"ax\", %progbits",
    ".p2align 2",
    ".global tinybench_operator_begins",
    ".type tinybench_operator_begins, %function",
    ".thumb_func",
    "tinybench_operator_begins:",
    "bx lr",
    ".size tinybench_operator_begins, . - tinybench_operator_begins",
    ".global tinybench_operator_ends",
    ".type tinybench_operator_ends, %function",
    ".thumb_func",
    "tinybench_operator_ends:",
    "bx lr",
    ".size tinybench_operator_ends, . - tinybench_operator_ends",
    ".popsection",
);

/// With the feature `profile` they read the counter, for boards where nothing else tells.
#[cfg(feature = "profile")]
mod kept {
    use core::cell::UnsafeCell;

    use tinybench_interface::operators::{CAPACITY, Operators};

    use crate::cycles;

    struct Kept(UnsafeCell<Operators>);

    // SAFETY: one thread of execution, and the host only looks while the core is halted.
    unsafe impl Sync for Kept {}

    #[unsafe(no_mangle)]
    static TINYBENCH_OPERATORS: Kept = Kept(UnsafeCell::new(Operators::NONE));

    /// The operator that runs, if one does.
    struct Running(UnsafeCell<[u32; 3]>);

    // SAFETY: as above.
    unsafe impl Sync for Running {}

    /// Its index, when it began, and how many were part of it.
    static RUNNING: Running = Running(UnsafeCell::new([0; 3]));

    fn kept() -> &'static mut Operators {
        // SAFETY: one thread of execution, and no reference outlives the function that asks for it.
        unsafe { &mut *TINYBENCH_OPERATORS.0.get() }
    }

    fn running() -> &'static mut [u32; 3] {
        // SAFETY: as above.
        unsafe { &mut *RUNNING.0.get() }
    }

    // Not inlined where they are measured, as they aren't elsewhere.
    #[inline(never)]
    #[unsafe(no_mangle)]
    extern "C" fn tinybench_operator_begins(index: u32) {
        let kept = kept();
        kept.open += 1;
        let running = running();
        if kept.open > 1 {
            running[2] += 1;
            return;
        }
        *running = [index, 0, 0];
        running[1] = cycles::now();
    }

    #[inline(never)]
    #[unsafe(no_mangle)]
    extern "C" fn tinybench_operator_ends() {
        let end = cycles::now();
        let kept = kept();
        if kept.open == 0 {
            kept.stray += 1;
            return;
        }
        kept.open -= 1;
        if kept.open > 0 {
            return;
        }
        let [index, begin, nested] = *running();
        let at = kept.count as usize;
        if at < CAPACITY {
            kept.entries[at] = [index, end.wrapping_sub(begin), nested];
        }
        kept.count += 1;
    }

    /// Before an inference: measures what the marks cost, and forgets the operators of the one before.
    pub fn start() {
        let (mut inside, mut whole) = (0, 0);
        // Twice, so that the code is in whatever cache there is.
        for _ in 0..2 {
            forget();
            let before = cycles::now();
            tinybench_operator_begins(0);
            tinybench_operator_ends();
            let behind = cycles::now();
            whole = behind.wrapping_sub(before);
            inside = kept().entries[0][1];
        }
        forget();
        let kept = kept();
        kept.inside = inside;
        kept.whole = whole.wrapping_sub(cycles::overhead());
    }

    fn forget() {
        let kept = kept();
        kept.open = 0;
        kept.stray = 0;
        kept.count = 0;
    }
}
