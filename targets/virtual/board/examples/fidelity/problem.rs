//! Why nothing is compared.

/// Why, each with an exit code of its own.
#[derive(Debug)]
pub enum Problem {
    /// What was asked for.
    Usage(String),
    /// A file that can't be read, or not on this chip, or without the function.
    Input(String),
    /// A program that doesn't do what it should.
    Target(String),
    /// An image that doesn't run.
    Image(String),
}

impl Problem {
    /// The exit code, as `scripts/validate` documents it, and what is said.
    pub fn told(&self) -> (u8, &str) {
        match self {
            Self::Image(error) => (1, error),
            Self::Usage(error) => (2, error),
            Self::Target(error) => (6, error),
            Self::Input(error) => (7, error),
        }
    }
}
