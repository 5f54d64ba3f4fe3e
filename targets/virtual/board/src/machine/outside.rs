//! What is around a chip: its serial lines, its trace, its pins.

use super::Machine;

impl Machine {
    /// What UART `number` is called in the chip's manual. `None` if there is no such UART.
    pub fn serial_name(&self, number: usize) -> Option<&'static str> {
        self.core.chip.serial_name(number)
    }

    /// Takes what the chip has sent through UART `number`. Empty if there is no such UART.
    pub fn serial_output(&mut self, number: usize) -> Vec<u8> {
        self.core
            .chip
            .serial_line(number)
            .map(|line| line.from_chip.drain(..).collect())
            .unwrap_or_default()
    }

    /// Sends bytes to UART `number`, where they arrive at its baud rate. False if there is no such
    /// UART.
    pub fn serial_input(&mut self, number: usize, bytes: &[u8]) -> bool {
        let Some(line) = self.core.chip.serial_line(number) else {
            return false;
        };
        line.to_chip.extend(bytes);
        let now = self.core.cycles;
        self.core
            .with_chip(now, |chip, context| chip.serial_input(context));
        true
    }

    /// How many of the bytes sent to UART `number` it has yet to receive.
    pub fn serial_waiting(&mut self, number: usize) -> usize {
        self.core
            .chip
            .serial_line(number)
            .map_or(0, |line| line.to_chip.len())
    }

    /// Takes what the program has written to stimulus port `port` of the ITM: 0 to 31. The program
    /// or a debugger has to enable trace, the ITM and the port.
    pub fn itm_output(&mut self, port: usize) -> Vec<u8> {
        self.core.system.itm.take_output(port)
    }

    /// Drives a pin from outside, or lets it go. Pins of port P1 count from 32. False if there is
    /// no such pin.
    pub fn drive_pin(&mut self, pin: u32, level: Option<bool>) -> bool {
        let now = self.core.cycles;
        self.core
            .with_chip(now, |chip, context| chip.drive_pin(pin, level, context))
    }

    /// The level on a pin: what the chip drives, what is driven from outside, or the pull. `None`
    /// for a pin that floats or doesn't exist.
    pub fn pin(&self, pin: u32) -> Option<bool> {
        self.core.chip.pin(pin)
    }

    /// Sets what the chip's random number generator starts from. The same seed gives the same
    /// numbers.
    pub fn seed(&mut self, seed: u64) {
        self.core.chip.seed(seed);
    }
}
