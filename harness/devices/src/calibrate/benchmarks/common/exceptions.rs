//! Exceptions. The image's handlers of SVCall and PendSV read the counter, that of SysTick uses the
//! floating-point unit if there is one.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::sequence::{Sequence, Value, Window};
use crate::calibrate::thumb::{Code, b, dsb, fill, isb, join, str, svc, vmov_to};

/// ICSR, and its bits that make PendSV and SysTick pending (Armv7-M Architecture Reference Manual,
/// B3.2.4).
const ICSR: u32 = 0xE000_ED04;
const PENDSVSET: u32 = 1 << 28;
const PENDSTSET: u32 = 1 << 26;

/// Writes r4 to ICSR and waits until what that makes pending has been taken: behind a DSB and an
/// ISB the architecture promises it (A3.8.3), and the virtual board takes it at the latest at a
/// branch.
fn set_pending() -> Code {
    join(&[&str(4, 3, 0), &dsb(), &isb(), &b(0), &fill(4)])
}

fn pend(bits: u32) -> Sequence {
    Sequence::new(set_pending())
        .with(3, Value::Word(ICSR))
        .with(4, Value::Word(bits))
}

/// Entry, return, and from one to the next, by these rules.
pub(in super::super) fn add(table: &mut Table, entry_and_return: &'static str) {
    table.rule("exception", entry_and_return);
    table.add("svc, entry", Sequence::new(svc()).counting(Window::Entry));
    table.add("svc, exit", Sequence::new(svc()).counting(Window::Exit));
    table.add("svc, whole", Sequence::new(svc()));
    table.add("PendSV, whole", pend(PENDSVSET));

    table.rule("tail-chain", "`TAIL_CHAIN`");
    table.difference(
        "SysTick behind PendSV",
        pend(PENDSVSET | PENDSTSET),
        pend(PENDSVSET),
    );
}

/// The floating-point context.
pub(in super::super) fn float_context(table: &mut Table) {
    table.rule("float context", "`FLOAT_CONTEXT`");
    let float = join(&[&vmov_to(0, 4), &svc()]);
    table.add("svc, stacked lazily", Sequence::new(float));
    let used = Sequence {
        body: join(&[&vmov_to(0, 4), &set_pending()]),
        ..pend(PENDSTSET)
    };
    table.difference("SysTick uses it", used, pend(PENDSTSET));
}
