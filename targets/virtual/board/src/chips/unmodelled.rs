//! How a chip answers for what isn't modelled: with reset values, and a report.

/// Registers with a reset value other than zero: offset and value.
pub(super) type ResetValues = [(u32, u32)];

/// The reset value of the register at `offset`.
pub(super) fn reset_value(values: &ResetValues, offset: u32) -> u32 {
    let value = values.iter().find(|&&(at, _)| at == offset);
    value.map_or(0, |&(_, value)| value)
}

/// The report of a peripheral that isn't modelled.
pub(super) fn peripheral(name: &str) -> String {
    format!("{name} is not modelled: it reads as after a reset")
}

/// The report of a register that isn't modelled of a peripheral that is.
pub(super) fn register(name: &str, offset: u32) -> String {
    format!("register {offset:#05x} of {name} is not modelled")
}
