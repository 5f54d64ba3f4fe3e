//! Exceptions. The image's handlers of SVCall and PendSV read the counter, that of SysTick uses the
//! floating-point unit.

use super::Table;
use crate::calibrate::sequence::{Sequence, Value, Window};
use crate::calibrate::thumb::{Code, b, dsb, fill, isb, join, str_wide, svc, vmov_to};

/// ICSR, and its bits that make PendSV and SysTick pending (Armv7-M Architecture Reference Manual,
/// B3.2.4).
const ICSR: u32 = 0xE000_ED04;
const PENDSVSET: u32 = 1 << 28;
const PENDSTSET: u32 = 1 << 26;

/// Writes r9 to ICSR and waits until what that makes pending has been taken: behind a DSB and an
/// ISB the architecture promises it (A3.8.3), and the virtual board takes it at the latest at a
/// branch.
fn set_pending() -> Code {
    join(&[&str_wide(9, 8, 0), &dsb(), &isb(), &b(0), &fill(4)])
}

pub(super) fn add(table: &mut Table) {
    let pend = |bits| {
        Sequence::new(set_pending())
            .with(8, Value::Word(ICSR))
            .with(9, Value::Word(bits))
    };
    table.rule("exception", "`EXCEPTION_ENTRY`, `EXCEPTION_RETURN`");
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

    table.rule("float context", "`FLOAT_CONTEXT`");
    let float = join(&[&vmov_to(0, 4), &svc()]);
    table.add("svc, stacked lazily", Sequence::new(float));
    let used = Sequence {
        body: join(&[&vmov_to(0, 4), &set_pending()]),
        ..pend(PENDSTSET)
    };
    table.difference("SysTick uses it", used, pend(PENDSTSET));
}
