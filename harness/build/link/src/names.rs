//! What `cortex-m-rt`'s linker script says of names.

use object::elf::STT_NOTYPE;

use super::objects::Objects;

/// Names that are wanted though nothing may refer to them (`EXTERN` and `ENTRY` of the script).
pub const ROOTS: [&str; 6] = [
    ENTRY,
    "__RESET_VECTOR",
    "__EXCEPTIONS",
    "__INTERRUPTS",
    "DefaultHandler",
    "HardFaultTrampoline",
];

/// Where the program begins.
pub(crate) const ENTRY: &str = "Reset";

/// Names that stand for another where nothing defines them, in the order in which that is found
/// (`PROVIDE` of the script).
const PROVIDED: [(&str, &str); 13] = [
    ("DefaultHandler", "DefaultHandler_"),
    ("HardFault", "HardFault_"),
    ("NonMaskableInt", "DefaultHandler"),
    ("MemoryManagement", "DefaultHandler"),
    ("BusFault", "DefaultHandler"),
    ("UsageFault", "DefaultHandler"),
    ("SecureFault", "DefaultHandler"),
    ("SVCall", "DefaultHandler"),
    ("DebugMonitor", "DefaultHandler"),
    ("PendSV", "DefaultHandler"),
    ("SysTick", "DefaultHandler"),
    ("__pre_init", "DefaultPreInit"),
    ("HardFaultTrampoline", "HardFault"),
];

/// Gives names that are referred to, and that nothing defines, the place of those that stand for them.
pub(crate) fn provide(objects: &mut Objects) {
    for (name, other) in PROVIDED {
        let Some(at) = objects.global(name) else {
            continue;
        };
        if objects.symbols[at as usize].section.is_some() {
            continue;
        }
        if let Some(other) = objects.global(other) {
            let stand_in = objects.symbols[other as usize].clone();
            // It names no function of its own.
            objects.symbols[at as usize] = super::Symbol {
                name: name.to_owned(),
                size: 0,
                kind: STT_NOTYPE,
                ..stand_in
            };
        }
    }
}
