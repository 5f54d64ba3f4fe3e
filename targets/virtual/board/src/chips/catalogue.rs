//! Which chips there are.

use super::chip::Chip;
use super::nrf52840::Nrf52840;
use super::stm32g0b1::Stm32g0b1;
use super::stm32l4r5::Stm32l4r5;
use super::stm32u::{Stm32u385, Stm32u575};
use crate::core_model::CoreModel;

/// The virtual chips there are, as board files name them.
pub const CHIPS: [&str; 5] = [
    "nrf52840",
    "stm32g0b1",
    "stm32l4r5",
    "stm32u385",
    "stm32u575",
];

/// What board files call chips that are made from a description, a
/// [`GenericChip`](super::GenericChip): a core and its memories.
pub const GENERIC_CHIPS: [(&str, CoreModel); 3] = [
    named(CoreModel::CortexM0Plus),
    named(CoreModel::CortexM4F),
    named(CoreModel::CortexM33F),
];

const fn named(core: CoreModel) -> (&'static str, CoreModel) {
    (generic_name(core), core)
}

/// What board files call a generic chip with this core.
pub(super) const fn generic_name(core: CoreModel) -> &'static str {
    match core {
        CoreModel::CortexM0Plus => "generic-m0plus",
        CoreModel::CortexM4F => "generic-m4f",
        CoreModel::CortexM33F => "generic-m33",
    }
}

/// There is no virtual chip of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no virtual chip \"{name}\"; there are: {}, and {}, which are made from a description",
    CHIPS.join(", "),
    GENERIC_CHIPS.map(|(name, _)| name).join(", ")
)]
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
        "stm32g0b1" => Box::new(Stm32g0b1::new()),
        "stm32l4r5" => Box::new(Stm32l4r5::new()),
        "stm32u385" => Box::new(Stm32u385::new()),
        "stm32u575" => Box::new(Stm32u575::new()),
        _ => {
            return Err(UnknownChip {
                name: name.to_owned(),
            });
        }
    })
}
