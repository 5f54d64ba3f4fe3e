//! The runtime under test, which the build chooses by a feature.

#[cfg(feature = "library")]
pub mod library;
#[cfg(any(feature = "library", feature = "profile"))]
pub mod marks;
#[cfg(feature = "interpreter")]
mod operators;

#[cfg(feature = "classical")]
pub use tinybench_classical::runtime::Classical as UnderTest;
/// The interpreter with the operators of the model.
#[cfg(feature = "interpreter")]
pub type UnderTest = tinybench_interpreter::runtime::Interpreter<operators::OfModel>;
#[cfg(feature = "library")]
pub use library::Library as UnderTest;

#[cfg(not(any(feature = "classical", feature = "interpreter", feature = "library")))]
compile_error!("choose the runtime under test by its feature, e.g. `--features interpreter`");
