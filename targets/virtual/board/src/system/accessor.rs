//! Who asks.

/// Who accesses a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accessor {
    Debugger,
    Privileged,
    Unprivileged,
}
