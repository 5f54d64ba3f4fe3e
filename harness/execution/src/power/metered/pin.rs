//! The pin on which an image marks its windows.

use tinybench_inputs::board::{Board, SetupKind};

/// The number of the board's marking pin, as firmware and virtual board count: 32 pins a port on an nRF52,
/// 16 on an STM32.
///
/// # Errors
/// What is wrong with the board file.
pub fn mark_pin(board: &Board) -> Result<u32, String> {
    let Some(setup) = board.setup else {
        return Err(
            "has no `setup`, and only chips that the firmware sets up can mark windows".to_owned(),
        );
    };
    let Some(name) = &board.mark_pin else {
        return Err(format!(
            "names no `mark_pin`, which has to be wired to the instrument: add one such as mark_pin = \
             {:?} to its file",
            example(setup)
        ));
    };
    number(setup, name).ok_or_else(|| {
        format!(
            "has mark_pin = {name:?}, which is no pin of its chip: it must be like {:?}",
            example(setup)
        )
    })
}

fn example(setup: SetupKind) -> &'static str {
    match setup {
        SetupKind::Nrf52 => "P1.11",
        SetupKind::Stm32g0b1 | SetupKind::Stm32u385 => "PA8",
        SetupKind::Stm32l4r5 | SetupKind::Stm32u575 => "PF13",
    }
}

fn number(setup: SetupKind, name: &str) -> Option<u32> {
    let rest = name.strip_prefix('P')?;
    let within = |text: &str, end: u32| text.parse().ok().filter(|&it: &u32| it < end);
    match setup {
        SetupKind::Nrf52 => {
            let (port, pin) = rest.split_once('.')?;
            let port = within(port, 2)?;
            Some(32 * port + within(pin, if port == 0 { 32 } else { 16 })?)
        }
        // Those of port G need a supply of their own to be switched on; an STM32G0B1 has none. An STM32U385 has
        // no port F.
        SetupKind::Stm32g0b1
        | SetupKind::Stm32l4r5
        | SetupKind::Stm32u385
        | SetupKind::Stm32u575 => {
            let last = if setup == SetupKind::Stm32u385 {
                'E'
            } else {
                'F'
            };
            let port = rest.chars().next().filter(|it| ('A'..=last).contains(it))?;
            Some(16 * (u32::from(port) - u32::from('A')) + within(&rest[1..], 16)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_named_as_their_makers_name_them() {
        let nrf52 = |name| number(SetupKind::Nrf52, name);
        assert_eq!(nrf52("P0.31"), Some(31));
        assert_eq!(nrf52("P1.11"), Some(43));
        for bad in ["P1.16", "P2.0", "P0.32", "PA1", "11", "P1", ""] {
            assert_eq!(nrf52(bad), None, "{bad}");
        }
        let stm32 = |name| number(SetupKind::Stm32l4r5, name);
        assert_eq!(stm32("PA0"), Some(0));
        assert_eq!(stm32("PF13"), Some(93));
        assert_eq!(number(SetupKind::Stm32u385, "PA8"), Some(8));
        assert_eq!(number(SetupKind::Stm32u385, "PF13"), None);
        for bad in ["PF16", "PG1", "P1.11", "PF", "F13", "Pé1", ""] {
            assert_eq!(stm32(bad), None, "{bad}");
        }
    }
}
