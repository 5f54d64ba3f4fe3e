//! What a record is called that others are compared with.

use std::str::FromStr;

/// Longest name.
const MAX_NAME: usize = 100;

/// The name of a baseline: letters, digits, `.`, `_` and `-`, and it begins with one of the first
/// two, so it is a file name on every system and never an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineName(String);

/// A name that can't be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has up to {MAX_NAME} letters, digits, `.`, `_` and `-`, and begins with a letter or digit"
)]
pub struct InvalidBaselineName;

impl FromStr for BaselineName {
    type Err = InvalidBaselineName;

    fn from_str(text: &str) -> Result<Self, InvalidBaselineName> {
        let valid = text.len() <= MAX_NAME
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidBaselineName)
        }
    }
}

impl std::fmt::Display for BaselineName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_file_names_and_nothing_else() {
        for good in ["main", "v1.2", "2026-11-22", "a_b"] {
            let name: BaselineName = good.parse().unwrap();
            assert_eq!(name.to_string(), good);
        }
        for bad in [
            "",
            ".",
            "../x",
            "a/b",
            "-x",
            ".git",
            "a b",
            "ü",
            &"x".repeat(101),
        ] {
            assert_eq!(
                bad.parse::<BaselineName>(),
                Err(InvalidBaselineName),
                "{bad}"
            );
        }
    }
}
