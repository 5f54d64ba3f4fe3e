//! The variables in the paths and flags of a `runtime.toml`.

use std::collections::BTreeMap;
use std::env;

use tinybench_support::exits_with;
use tinybench_support::printable::printable;

/// A variable has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// It isn't set.
    #[error(
        "runtime.toml uses ${{{name}}} in `{text}`, and there is no such variable: set it, for example \
         with `export {name}=/path/to/it`"
    )]
    Unset {
        /// The variable.
        name: String,
        /// Where it is used.
        text: String,
    },
    /// It has no end, or no name.
    #[error("runtime.toml has `{text}`, which isn't ${{NAME}}")]
    Malformed {
        /// The text.
        text: String,
    },
}

exits_with!(VariableError => Build);

/// What variables stand for: those of a build, then those of the environment.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<&'static str, String>);

impl Variables {
    /// With a variable of the build.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.0.insert(name, value);
        self
    }

    /// `text` with each `${NAME}` replaced.
    ///
    /// # Errors
    /// A variable that isn't set, or is none.
    pub fn expand(&self, text: &str) -> Result<String, VariableError> {
        self.expand_with(text, str::to_owned)
    }

    /// As [`Self::expand`], with what a variable stands for as `quote` writes it.
    ///
    /// # Errors
    /// As there.
    pub fn expand_with(
        &self,
        text: &str,
        quote: impl Fn(&str) -> String,
    ) -> Result<String, VariableError> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let malformed = || VariableError::Malformed {
                text: printable(text).into_owned(),
            };
            let (name, after) = behind.split_once('}').ok_or_else(malformed)?;
            let is_known = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(is_known) {
                return Err(malformed());
            }
            let of_environment = || env::var(name).ok().filter(|value| !value.is_empty());
            let value = self.0.get(name).cloned().or_else(of_environment);
            let value = value.ok_or_else(|| VariableError::Unset {
                name: name.to_owned(),
                text: printable(text).into_owned(),
            })?;
            expanded.push_str(before);
            expanded.push_str(&quote(&value));
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_and_missing_ones_told() {
        let variables = Variables::default().with("OUT", "/out".to_owned());
        let expand = |text: &str| variables.expand(text).map_err(|error| error.to_string());
        assert_eq!(expand("a${OUT}/b/${OUT}").unwrap(), "a/out/b//out");
        assert_eq!(expand("plain").unwrap(), "plain");
        assert_eq!(
            expand("${TINYBENCH_NO_SUCH}/x").unwrap_err(),
            "runtime.toml uses ${TINYBENCH_NO_SUCH} in `${TINYBENCH_NO_SUCH}/x`, and there is no such \
             variable: set it, for example with `export TINYBENCH_NO_SUCH=/path/to/it`"
        );
        for text in ["${", "${}", "${A B}"] {
            let error = expand(text).unwrap_err();
            assert!(error.contains("isn't ${NAME}"), "{error}");
        }
    }
}
