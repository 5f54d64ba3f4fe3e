//! An error with its causes on one line.

use std::error::Error;

/// The text of `error` and of everything that caused it, each once, separated by colons.
pub fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{}: {next}", text.trim_end_matches(['.', ' ']));
        }
        cause = error.source();
    }
    text
}

/// What caused everything else.
pub fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error
}

/// Whether `error` or one of its causes is a `T` for which `test` holds.
pub fn any<T: Error + 'static>(error: &(dyn Error + 'static), test: impl Fn(&T) -> bool) -> bool {
    let mut current = Some(error);
    while let Some(error) = current {
        if error.downcast_ref::<T>().is_some_and(&test) {
            return true;
        }
        current = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("flashing failed.")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_follow_in_order_and_once() {
        let outer = Outer(std::io::Error::other("cable unplugged"));
        assert_eq!(describe(&outer), "flashing failed: cable unplugged");
        assert_eq!(describe(&std::io::Error::other("x")), "x");
        assert_eq!(root_cause(&outer).to_string(), "cable unplugged");
        assert!(any(&outer, |error: &std::io::Error| error
            .to_string()
            .contains("cable")));
        assert!(!any(&outer, |_: &std::fmt::Error| true));
    }
}
