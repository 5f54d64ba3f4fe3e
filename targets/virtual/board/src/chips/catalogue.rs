//! Which chips there are.

use super::chip::Chip;
use super::nrf52840::Nrf52840;
use super::stm32l4r5::Stm32l4r5;

/// The virtual chips there are, as board files name them.
pub const CHIPS: [&str; 2] = ["nrf52840", "stm32l4r5"];

/// There is no virtual chip of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no virtual chip \"{name}\"; there are: {}", CHIPS.join(", "))]
pub struct UnknownChip {
    /// The name that was asked for.
    pub name: String,
}

/// The chip of this name, as power comes up.
///
/// # Errors
/// [`UnknownChip`] if the name isn't one of [`CHIPS`].
pub(crate) fn chip_named(name: &str) -> Result<Box<dyn Chip>, UnknownChip> {
    Ok(match name {
        "nrf52840" => Box::new(Nrf52840::new()),
        "stm32l4r5" => Box::new(Stm32l4r5::new()),
        _ => {
            return Err(UnknownChip {
                name: name.to_owned(),
            });
        }
    })
}
