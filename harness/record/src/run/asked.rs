//! How a record was asked for, so that it can be asked for again.

use std::fmt::Display;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tinybench_support::printable::is_hazard;

use crate::values::Other;

/// Longest argument that a record can hold, bytes.
const MAX_ARGUMENT: usize = 4_096;

/// A command of tinybench whose results a record holds, or that has to come before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// The command, such as `run`.
    pub command: String,
    /// Its arguments, a word each. Options that were left at their defaults aren't among them; paths
    /// begin in the folder where it was given, and of files elsewhere there is the end alone.
    pub arguments: Vec<String>,
    /// Fields of a newer version.
    #[serde(flatten)]
    pub other: Other,
}

impl Asked {
    /// A command without arguments.
    pub fn new(command: &str) -> Self {
        Self {
            command: command.to_owned(),
            arguments: Vec::new(),
            other: Other::new(),
        }
    }

    /// Adds an argument that is no option.
    pub fn argument(&mut self, value: impl Display) -> &mut Self {
        self.arguments.push(value.to_string());
        self
    }

    /// Adds an option with its value.
    pub fn option(&mut self, name: &str, value: impl Display) -> &mut Self {
        let value = value.to_string();
        // A value that looks like an option is taken for one, unless it is joined to its own.
        match value.starts_with('-') {
            true => self.arguments.push(format!("{name}={value}")),
            false => self.arguments.extend([name.to_owned(), value]),
        }
        self
    }

    /// Adds an option for each of the values.
    pub fn options(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = impl Display>,
    ) -> &mut Self {
        for value in values {
            self.option(name, value);
        }
        self
    }

    /// Adds an option for each of the paths. What isn't Unicode can't be kept, and is refused by
    /// [`Self::kept`].
    pub fn paths<'a>(
        &mut self,
        name: &str,
        paths: impl IntoIterator<Item = &'a Path>,
    ) -> &mut Self {
        self.options(name, paths.into_iter().map(Path::to_string_lossy))
    }

    /// The command, if a record can hold it and a shell give it again.
    pub fn kept(self) -> Option<Self> {
        let is_kept = |it: &String| {
            let replaced = char::REPLACEMENT_CHARACTER;
            it.len() <= MAX_ARGUMENT && !it.chars().any(|c| is_hazard(c) || c == replaced)
        };
        self.arguments.iter().all(is_kept).then_some(self)
    }

    /// The value of an option, the first if it is there several times.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut words = self.arguments.iter();
        words.find(|it| *it == name)?;
        words.next().map(String::as_str)
    }

    /// The command without an option and its value.
    pub fn without(mut self, name: &str) -> Self {
        while let Some(at) = self.arguments.iter().position(|it| it == name) {
            let end = (at + 2).min(self.arguments.len());
            self.arguments.drain(at..end);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_words_and_can_be_taken_out() {
        let mut asked = Asked::new("run");
        asked
            .option("--board", "nano33")
            .option("--shard", "1/2")
            .paths("--model", [Path::new("a b.tflite"), Path::new("-x.tflite")]);
        assert_eq!(
            asked.arguments,
            [
                "--board",
                "nano33",
                "--shard",
                "1/2",
                "--model",
                "a b.tflite",
                "--model=-x.tflite"
            ]
        );
        assert_eq!(asked.value("--shard"), Some("1/2"));
        let whole = asked.without("--shard");
        assert_eq!(whole.value("--shard"), None);
        assert_eq!(whole.arguments.len(), 5);
    }

    #[test]
    fn what_a_record_can_not_hold_is_not_kept() {
        let with = |value: &str| {
            let mut asked = Asked::new("run");
            asked.option("--model", value);
            asked.kept()
        };
        assert!(with("model.tflite").is_some());
        for bad in ["a\u{1b}[2J", "a\u{fffd}", &"a".repeat(5_000)] {
            assert_eq!(with(bad), None, "{bad:?}");
        }
    }
}
